//! All that is asked of git. Nothing else touches git2 or the files under `.git`.

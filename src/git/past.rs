//! What a file held in a commit.

use std::path::Path;

/// A repository that is asked about its past.
pub struct Past(git2::Repository);

impl Past {
    /// The repository that a folder is in; `None` where there is none, or none that may be read.
    pub fn of(folder: &Path) -> Option<Self> {
        git2::Repository::discover(folder).ok().map(Self)
    }

    /// The bytes that a file held in a commit, which may be abbreviated; `None` when either is not there.
    pub fn file(&self, commit: &str, path: &str) -> Option<Vec<u8>> {
        let commit = self.0.revparse_single(commit).ok()?.peel_to_commit().ok()?;
        let entry = commit.tree().ok()?.get_path(Path::new(path)).ok()?;
        Some(entry.to_object(&self.0).ok()?.as_blob()?.content().to_vec())
    }
}

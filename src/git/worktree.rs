//! Finds the work tree that a folder belongs to, by looking for `.git` upwards.
//!
//! `GIT_DIR` and its like are not consulted: what is scanned depends on the folder alone.

use std::fs;
use std::path::{Path, PathBuf};

/// A work tree and where its repository is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkTree {
    /// The folder that holds `.git`.
    pub root: PathBuf,
    /// The repository: `.git` itself, or what a `.git` file names (linked work trees, submodules).
    pub git_dir: PathBuf,
    /// Where what all linked work trees share is kept; `git_dir` when there are none.
    pub common_dir: PathBuf,
}

impl WorkTree {
    /// The work tree that `folder` (absolute, without links) is in, itself or a folder above it.
    ///
    /// What lies inside a `.git` is in no work tree.
    pub fn discover(folder: &Path) -> Option<Self> {
        let found = folder.ancestors().find_map(Self::at)?;
        let inside_git = folder.starts_with(&found.git_dir) || folder.starts_with(found.root.join(".git"));
        (!inside_git).then_some(found)
    }

    /// The work tree whose root is `folder`.
    pub fn at(folder: &Path) -> Option<Self> {
        let dot_git = folder.join(".git");
        let kind = fs::metadata(&dot_git).ok()?;
        let git_dir = if kind.is_dir() { dot_git } else { named_in(&dot_git, "gitdir: ")? };
        let common_dir = common_dir(&git_dir);
        is_repository(&git_dir, &common_dir).then(|| Self { root: folder.to_owned(), git_dir, common_dir })
    }
}

/// Where what linked work trees share is kept, for the repository `git_dir`.
pub(super) fn common_dir(git_dir: &Path) -> PathBuf {
    named_in(&git_dir.join("commondir"), "").unwrap_or_else(|| git_dir.to_owned())
}

/// Whether there is what makes a folder a repository.
pub(super) fn is_repository(git_dir: &Path, common_dir: &Path) -> bool {
    fs::symlink_metadata(git_dir.join("HEAD")).is_ok()
        && common_dir.join("objects").is_dir()
        && common_dir.join("refs").is_dir()
}

/// The path that stands in a one-line file after `prefix`, taken relative to that file's folder.
fn named_in(file: &Path, prefix: &str) -> Option<PathBuf> {
    let text = fs::read_to_string(file).ok()?;
    let path = text.strip_prefix(prefix)?.trim_end_matches(['\r', '\n']);
    Some(file.parent()?.join(path))
}

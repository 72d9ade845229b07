//! What git tells those that it runs: which repository it works in, and which index it commits.

use std::env;
use std::path::PathBuf;

use stanch::git::Given;

/// The repository, where it is not the one that the current folder is in: one that is kept elsewhere, such as that of
/// a home folder's settings.
pub fn repository() -> Option<Given> {
    let (work_tree, common_dir) = (path("GIT_WORK_TREE"), path("GIT_COMMON_DIR"));
    path("GIT_DIR").map(|git_dir| Given { git_dir, work_tree, common_dir })
}

/// The index: while git commits some files only, that is not the usual one.
pub fn index() -> Option<PathBuf> {
    path("GIT_INDEX_FILE")
}

fn path(variable: &str) -> Option<PathBuf> {
    env::var_os(variable).filter(|path| !path.is_empty()).map(PathBuf::from)
}

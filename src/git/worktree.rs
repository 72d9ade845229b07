//! Finds the work tree that a folder belongs to, by looking for `.git` upwards, or that of a repository which is named.
//!
//! `GIT_DIR` and its like are not consulted here: who runs for git says so with a [`Given`].

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

/// A repository that is named by itself and not by a folder that it is in, as git names it to what it runs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Given {
    /// `GIT_DIR`: the repository, or a file that names it.
    pub git_dir: PathBuf,
    /// `GIT_WORK_TREE`: the root of the work tree; the current folder if neither this nor the repository says.
    pub work_tree: Option<PathBuf>,
    /// `GIT_COMMON_DIR`: where what all linked work trees share is kept, if not where the repository says.
    pub common_dir: Option<PathBuf>,
}

impl Given {
    /// Where it is; relative paths begin at `folder`.
    pub(super) fn locate(&self, folder: &Path) -> Option<WorkTree> {
        let named = fs::canonicalize(folder.join(&self.git_dir)).ok()?;
        let git_dir = if named.is_file() { named_in(&named, "gitdir: ")? } else { named };
        let own = self.common_dir.as_ref().map(|shared| folder.join(shared));
        let common_dir = own.unwrap_or_else(|| common_dir(&git_dir));
        if !is_repository(&git_dir, &common_dir) {
            return None;
        }
        let config = git2::Config::open(&common_dir.join("config")).ok();
        let configured = || config.as_ref()?.get_path("core.worktree").ok().map(|path| git_dir.join(path));
        // A linked work tree is none of what is bare.
        let is_bare = git_dir == common_dir
            && config
                .as_ref()
                .is_some_and(|config| config.get_bool("core.bare").is_ok_and(|is_bare| is_bare));
        let root = match &self.work_tree {
            Some(root) => folder.join(root),
            None if is_bare => git_dir.clone(),
            None => configured().unwrap_or_else(|| folder.to_owned()),
        };
        Some(WorkTree { root: fs::canonicalize(root).ok()?, git_dir, common_dir })
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

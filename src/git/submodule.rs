//! Submodules that are here: their repositories below `modules`, or in the work tree.
//!
//! Where one stands in the work tree says its own configuration, or `.gitmodules`; a name below `modules` is only
//! what it was called when it was added.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Component, Path, PathBuf};

use git2::Config;

use super::worktree::{common_dir, is_repository};
use super::{Index, Store, WorkTree, os_path};

/// Names below `modules` are followed so deep: they may hold `/`.
const DEEPEST: usize = 16;

/// A repository that was put into another one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Submodule {
    /// Where it stands in the work tree, from its root.
    pub path: PathBuf,
    /// The repository, without links.
    pub git_dir: PathBuf,
}

impl Store {
    /// The submodules whose repositories are here, each once, in the order of their paths.
    pub fn submodules(&self) -> Vec<Submodule> {
        let mut found = Vec::new();
        let listed = Config::open(&self.root.join(".gitmodules")).ok();
        for git_dir in BTreeSet::from([&self.git_dir, &self.common_dir]) {
            let modules = git_dir.join("modules");
            let mut repositories = Vec::new();
            find_repositories(&modules, DEEPEST, &mut repositories);
            found.extend(repositories.into_iter().filter_map(|git_dir| {
                let name = git_dir.strip_prefix(&modules).ok()?;
                let listed = || {
                    let key = format!("submodule.{}.path", name.to_str()?);
                    listed.as_ref()?.get_path(&key).ok()
                };
                let path = work_tree_of(&git_dir)
                    .and_then(|folder| folder.strip_prefix(&self.root).ok().map(Path::to_owned))
                    .or_else(listed)
                    .unwrap_or_else(|| name.to_owned());
                Some(Submodule { path, git_dir: fs::canonicalize(&git_dir).ok()? })
            }));
        }
        if let Ok(index) = Index::open(&self.git_dir, self.format()) {
            found.extend(index.submodules().filter_map(|path| {
                let path = os_path(path);
                let git_dir = WorkTree::at(&self.root.join(path))?.git_dir;
                Some(Submodule { path: path.into(), git_dir: fs::canonicalize(git_dir).ok()? })
            }));
        }
        let mut known = BTreeSet::new();
        found.retain(|submodule| known.insert(submodule.git_dir.clone()));
        found.sort();
        found
    }
}

/// The repositories below a folder; those in one of them are its own business.
fn find_repositories(folder: &Path, depth: usize, found: &mut Vec<PathBuf>) {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let folders = entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()));
    for folder in folders.map(|entry| entry.path()) {
        if is_repository(&folder, &common_dir(&folder)) {
            found.push(folder);
        } else if depth > 0 {
            find_repositories(&folder, depth - 1, found);
        }
    }
}

/// The work tree that a repository says it has, be it there or not.
fn work_tree_of(git_dir: &Path) -> Option<PathBuf> {
    let config = Config::open(&git_dir.join("config")).ok()?;
    let folder = git_dir.join(config.get_path("core.worktree").ok()?);
    let mut plain = PathBuf::new();
    for part in folder.components() {
        match part {
            Component::ParentDir => drop(plain.pop()),
            Component::CurDir => {}
            other => plain.push(other),
        }
    }
    Some(plain)
}

//! What git itself says of a path: whether it would ignore it, and what it passes its contents through.

use std::cell::OnceCell;
use std::path::{Path, PathBuf};

use git2::{AttrCheckFlags, Repository};

use super::WorkTree;

/// The rules of a repository for paths, asked of libgit2 and read when first asked for.
pub struct PathRules {
    root: PathBuf,
    repository: OnceCell<Option<Repository>>,
}

impl PathRules {
    /// Those of a work tree; one that libgit2 cannot read answers nothing.
    pub fn of(work_tree: &WorkTree) -> Self {
        Self { root: work_tree.root.clone(), repository: OnceCell::new() }
    }

    fn repository(&self) -> Option<&Repository> {
        self.repository.get_or_init(|| Repository::open(&self.root).ok()).as_ref()
    }

    /// Whether a path from the root of the work tree is ignored; `None` when nobody knows.
    pub fn is_ignored(&self, path: &Path) -> Option<bool> {
        self.repository()?.is_path_ignored(path).ok()
    }

    /// The filter that `.gitattributes` names for a path.
    pub fn filter(&self, path: &Path) -> Option<String> {
        let found = self.repository()?.get_attr(path, "filter", AttrCheckFlags::default());
        found.ok().flatten().map(str::to_owned)
    }
}

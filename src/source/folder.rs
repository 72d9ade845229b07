//! Which entries of a folder are scanned: what git could commit, or everything.
//!
//! A folder knows the repository it is in and the ignore rules down to it. In an ignored folder only
//! tracked files count. A repository inside a work tree (a submodule, or one that happens to lie
//! there) is a tree of its own, with its own rules. Outside git no ignore file is obeyed.

use std::io::Read;
use std::path::Path;
use std::sync::Arc;

use super::coverage::{Coverage, Skip, Tally};
use super::file;
use super::root::Root;
use crate::git::{Excludes, Repository, WorkTree};

/// A folder that is walked.
pub(super) struct Folder {
    /// How many leading bytes of paths in it are not shown.
    pub shown_from: usize,
    /// Everything is scanned: no repository is looked for.
    no_ignore: bool,
    repository: Option<Arc<Repository>>,
    excludes: Option<Arc<Excludes>>,
    /// It is ignored, but something in it is tracked.
    is_ignored: bool,
}

impl Folder {
    /// A folder that was named: what is ignored in it stays ignored, but if the folder itself is,
    /// naming it asks for all of it.
    pub fn named(root: &Root, no_ignore: bool, coverage: &mut Coverage) -> Self {
        let plain = || Self {
            shown_from: root.shown_from,
            no_ignore,
            repository: None,
            excludes: None,
            is_ignored: false,
        };
        let Some(work_tree) = root.work_tree.clone().filter(|_| !no_ignore) else { return plain() };
        let mut folder = Self::of_repository(work_tree, &root.path, root.shown_from, coverage);
        let mut between: Vec<&Path> = root
            .path
            .ancestors()
            .take_while(|path| folder.root().is_some_and(|root| *path != root))
            .collect();
        between.reverse();
        for path in between {
            match folder.entered(path) {
                Some(inner) if !inner.is_ignored => folder = inner,
                _ => return plain(),
            }
        }
        folder
    }

    /// A folder met in this one, or why it is skipped.
    pub fn enter(&self, path: &Path, coverage: &mut Coverage) -> Result<Self, Skip> {
        let inner = self.entered(path).ok_or(Skip::Ignored)?;
        let is_submodule =
            || self.repository.as_ref().is_some_and(|outer| outer.index().tracks(&outer.relative(path)));
        let may_be_repository = !self.no_ignore && (!inner.is_ignored || is_submodule());
        match may_be_repository.then(|| WorkTree::at(path)).flatten() {
            Some(work_tree) => Ok(Self::of_repository(work_tree, path, self.shown_from, coverage)),
            None => Ok(inner),
        }
    }

    /// Whether git would not commit the file at `path` in this folder.
    pub fn ignores(&self, path: &Path) -> bool {
        self.repository.as_ref().is_some_and(|repository| {
            let relative = repository.relative(path);
            (self.is_ignored || self.excludes(&relative, false)) && !repository.index().tracks(&relative)
        })
    }

    /// The root of a work tree. Counts the submodules below `scope` that are not there.
    fn of_repository(work_tree: WorkTree, scope: &Path, shown_from: usize, coverage: &mut Coverage) -> Self {
        let repository = Arc::new(Repository::open(work_tree));
        coverage.notes.extend_from_slice(repository.notes());
        for submodule in repository.absent_submodules() {
            if submodule.starts_with(scope) {
                coverage.skipped(Skip::Submodule, Tally::file(0));
            }
        }
        let excludes = repository.excludes().cloned();
        let root =
            Self { shown_from, no_ignore: false, repository: Some(repository), excludes, is_ignored: false };
        root.with_own_excludes(None)
    }

    fn root(&self) -> Option<&Path> {
        self.repository.as_ref().map(|repository| repository.root())
    }

    /// A folder in this one by the rules of the same repository; `None` when it is ignored.
    fn entered(&self, path: &Path) -> Option<Self> {
        let inner = Self {
            shown_from: self.shown_from,
            no_ignore: self.no_ignore,
            repository: self.repository.clone(),
            excludes: self.excludes.clone(),
            is_ignored: self.is_ignored,
        };
        let Some(repository) = &self.repository else { return Some(inner) };
        let relative = repository.relative(path);
        if self.is_ignored || self.excludes(&relative, true) {
            return repository.index().tracks_below(&relative).then_some(Self { is_ignored: true, ..inner });
        }
        Some(inner.with_own_excludes(Some(path)))
    }

    /// Adds the rules of the folder's own `.gitignore`; `None` is the root of the work tree.
    fn with_own_excludes(self, path: Option<&Path>) -> Self {
        let Some(repository) = &self.repository else { return self };
        let path = path.unwrap_or(repository.root());
        let mut text = Vec::new();
        // Git, too, follows no link here. What cannot be read ignores nothing, so that more is scanned.
        let Ok(Some(mut file)) = file::open(&path.join(".gitignore")) else { return self };
        if file.read_to_end(&mut text).is_err() {
            return self;
        }
        let excludes = repository.excludes_in(&repository.relative(path), &text, self.excludes.clone());
        Self { excludes, ..self }
    }

    fn excludes(&self, relative: &[u8], is_folder: bool) -> bool {
        self.excludes.as_ref().and_then(|excludes| excludes.verdict(relative, is_folder)).unwrap_or(false)
    }
}

//! What was named to be scanned: which files and folders it is, and how their paths are shown.

use std::collections::{HashMap, HashSet};
use std::env;
use std::fs::{self, FileType};
use std::io;
use std::path::{Path, PathBuf};

use super::coverage::{Coverage, Skip, Tally, explain};
use crate::git::WorkTree;
use crate::path;

/// A file or folder that was named.
pub(super) struct Root {
    /// Absolute and without links: one that was named through a link is followed. A stream keeps the
    /// path it was named by.
    pub path: PathBuf,
    pub kind: Kind,
    /// The work tree it is in.
    pub work_tree: Option<WorkTree>,
    /// How many leading bytes of paths below it are not shown.
    pub shown_from: usize,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Folder,
    File,
    /// A pipe, or standard input by its name in the file system.
    Stream,
}

/// Resolves what was named, each file and folder once; what is not there becomes a problem.
///
/// Paths are shown relative to the root of the work tree when all that was named is in one, else to
/// the current folder, else they are absolute: so no two files of a scan are shown alike.
pub(super) fn resolve(named: &[PathBuf], coverage: &mut Coverage) -> Vec<Root> {
    let mut seen = HashSet::new();
    let mut finder = Finder::default();
    let mut roots = Vec::new();
    for name in named {
        match resolve_one(name, &mut finder) {
            Ok(Some(root)) if seen.insert(root.path.clone()) => roots.push(root),
            Ok(Some(_)) => {}
            Ok(None) => coverage.skipped(Skip::Special, Tally::file(0)),
            Err(error) => {
                coverage.problem(
                    Tally::file(0),
                    path::shown(name.as_os_str().as_encoded_bytes()),
                    explain(&error),
                );
            }
        }
    }
    let folder = base(&roots);
    for root in roots.iter_mut().filter(|root| root.kind != Kind::Stream) {
        root.shown_from = shown_from(&root.path, folder.as_deref());
    }
    roots
}

fn resolve_one(name: &Path, finder: &mut Finder) -> io::Result<Option<Root>> {
    let Some(kind) = kind_of(name, fs::metadata(name)?.file_type()) else { return Ok(None) };
    let path = if kind == Kind::Stream { name.to_owned() } else { fs::canonicalize(name)? };
    let work_tree = match kind {
        Kind::Folder => finder.find(&path),
        Kind::File => path.parent().and_then(|folder| finder.find(folder)),
        Kind::Stream => None,
    };
    Ok(Some(Root { path, kind, work_tree, shown_from: 0 }))
}

/// `None` for sockets and devices.
fn kind_of(name: &Path, file_type: FileType) -> Option<Kind> {
    if file_type.is_dir() {
        return Some(Kind::Folder);
    }
    if file_type.is_file() {
        return Some(Kind::File);
    }
    let is_stdin = name == Path::new("/dev/stdin");
    (is_stdin || is_pipe(file_type)).then_some(Kind::Stream)
}

#[cfg(unix)]
fn is_pipe(file_type: FileType) -> bool {
    std::os::unix::fs::FileTypeExt::is_fifo(&file_type)
}

#[cfg(not(unix))]
fn is_pipe(_: FileType) -> bool {
    false
}

/// The folder that paths are shown relative to.
fn base(roots: &[Root]) -> Option<PathBuf> {
    let mut work_trees = roots
        .iter()
        .filter(|root| root.kind != Kind::Stream)
        .map(|root| root.work_tree.as_ref().map(|work_tree| &work_tree.root));
    let first = work_trees.next()?;
    match first {
        Some(only) if work_trees.all(|other| other == first) => Some(only.clone()),
        _ => env::current_dir().and_then(fs::canonicalize).ok(),
    }
}

fn shown_from(path: &Path, base: Option<&Path>) -> usize {
    let Some(rest) = base.and_then(|base| path.strip_prefix(base).ok()) else { return 0 };
    path.as_os_str().len() - rest.as_os_str().len() + usize::from(rest.as_os_str().is_empty())
}

/// Remembers the work trees of folders: a hook names hundreds of files in a few.
#[derive(Default)]
struct Finder(HashMap<PathBuf, Option<WorkTree>>);

impl Finder {
    fn find(&mut self, folder: &Path) -> Option<WorkTree> {
        if let Some(found) = self.0.get(folder) {
            return found.clone();
        }
        let found = WorkTree::discover(folder);
        self.0.insert(folder.to_owned(), found.clone());
        found
    }
}

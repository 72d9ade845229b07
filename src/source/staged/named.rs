//! The files and folders that were named, as git calls them.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::fs;
use std::path::{Path, PathBuf};

use crate::git;

/// Files and folders that were named.
pub struct Named<'p> {
    /// As git writes them, from the root of the work tree; `None` for what is not in it.
    paths: Vec<(Option<Vec<u8>>, &'p Path)>,
    all: HashSet<Vec<u8>>,
}

impl<'p> Named<'p> {
    /// Those of a work tree.
    pub fn new(root: &Path, paths: &'p [PathBuf]) -> Self {
        let mut folders = HashMap::new();
        let paths: Vec<_> =
            paths.iter().map(|path| (in_work_tree(root, path, &mut folders), path.as_path())).collect();
        let all = paths.iter().filter_map(|(path, _)| path.clone()).collect();
        Self { paths, all }
    }

    /// Whether a file, or a folder that it is in, was named.
    pub fn holds(&self, file: &[u8]) -> bool {
        let folders = memchr::memchr_iter(b'/', file).map(|at| &file[..at]);
        self.all.contains(&b""[..]) || folders.chain([file]).any(|path| self.all.contains(path))
    }

    /// Those of which nothing is staged.
    pub fn untouched(&self, changes: &git::Staged) -> Vec<PathBuf> {
        let files = changes.files.iter().map(|file| &*file.path);
        let staged: BTreeSet<&[u8]> = files.chain(changes.moved.iter().map(|path| &**path)).collect();
        let is_touched = |path: &[u8]| {
            let below = if path.is_empty() { Vec::new() } else { [path, b"/"].concat() };
            staged.contains(path)
                || staged.range(&*below..).next().is_some_and(|file| file.starts_with(&below))
        };
        let untouched = self.paths.iter().filter(|(path, _)| !path.as_deref().is_some_and(is_touched));
        untouched.map(|(_, path)| (*path).to_owned()).collect()
    }
}

/// A path as git writes it, from the root of the work tree; `None` outside of it. What it names need not
/// be there any more; `folders` remembers what folders are called without links.
fn in_work_tree(root: &Path, path: &Path, folders: &mut HashMap<PathBuf, PathBuf>) -> Option<Vec<u8>> {
    let absolute = std::path::absolute(path).ok()?;
    let above = absolute.ancestors().skip(1).find(|above| {
        let is_known = folders.contains_key(*above);
        is_known
            || fs::canonicalize(above).is_ok_and(|real| folders.insert((*above).to_owned(), real).is_none())
    })?;
    let real = folders.get(above)?;
    let whole = real.join(absolute.strip_prefix(above).ok()?);
    let below = whole.strip_prefix(root).ok()?.as_os_str();
    Some(match cfg!(windows) {
        true => below.to_string_lossy().replace('\\', "/").into_bytes(),
        false => below.as_encoded_bytes().to_vec(),
    })
}

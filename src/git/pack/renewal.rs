//! Packs that came after the others were mapped: another process packs what was loose, and removes it.
//!
//! What is reachable would be missed, and told. What nothing leads to would be missed in silence, so a
//! walk asks at its end for new packs, and whoever finds a loose object gone does, too.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::SystemTime;

use super::PackError;
use super::objects::{Objects, Pack};
use crate::lock::lock;

/// The folders of packs as they were when they were last read.
pub(super) struct Renewal {
    /// When each was changed last, read before its names were.
    changed: Vec<Option<SystemTime>>,
    /// The indexes that the first reading found.
    first: BTreeSet<PathBuf>,
    /// What came later.
    later: Option<Arc<Objects>>,
    /// Packs that came later and cannot be read.
    unread: Vec<(PathBuf, PackError)>,
}

impl Renewal {
    /// Notes when folders were changed; to be called before they are read.
    pub fn begin(folders: &[PathBuf]) -> Self {
        Self { changed: changed(folders), first: BTreeSet::new(), later: None, unread: Vec::new() }
    }

    /// Notes what was found in them.
    pub fn found(mut self, indexes: impl Iterator<Item = PathBuf>) -> Mutex<Self> {
        self.first.extend(indexes);
        Mutex::new(self)
    }
}

impl Objects {
    /// The packs that came since these were opened; `None` when there are none.
    pub(super) fn renewed(&self) -> Option<Arc<Self>> {
        let mut renewal = lock(self.renewal.as_ref()?);
        let now = changed(&self.loose.folders);
        if now != renewal.changed {
            renewal.changed = now;
            let new = indexes(&self.loose.folders).into_iter().filter(|path| !renewal.first.contains(path));
            let (mut packs, mut unread) = (Vec::new(), Vec::new());
            for path in new {
                match Pack::open(&path, self.format) {
                    Ok(pack) => packs.push(pack),
                    // Else it was made and removed again: then another has what it had.
                    Err(error) if path.exists() => unread.push((path, error)),
                    Err(_) => {}
                }
            }
            renewal.unread = unread;
            renewal.later = (!packs.is_empty()).then(|| Arc::new(self.beside(packs)));
        }
        renewal.later.clone()
    }

    /// Takes out the packs that came later and cannot be read, and why, in the order of their names.
    pub fn later_problems(&self) -> Vec<(PathBuf, PackError)> {
        self.renewed();
        let Some(renewal) = &self.renewal else { return Vec::new() };
        std::mem::take(&mut lock(renewal).unread)
    }
}

/// All indexes of packs below folders of objects.
pub(super) fn indexes(folders: &[PathBuf]) -> BTreeSet<PathBuf> {
    let entries = folders.iter().filter_map(|folder| fs::read_dir(packs(folder)).ok()).flatten().flatten();
    entries
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|end| end == "idx"))
        .collect()
}

fn changed(folders: &[PathBuf]) -> Vec<Option<SystemTime>> {
    folders
        .iter()
        .map(|folder| fs::metadata(packs(folder)).and_then(|folder| folder.modified()).ok())
        .collect()
}

/// Where the packs of a folder of objects are.
pub(super) fn packs(folder: &Path) -> PathBuf {
    folder.join("pack")
}

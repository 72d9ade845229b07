//! What commits changed: versions of files that none of their parents has, and what those replaced.
//!
//! Trees are compared from the root down, and those that are equal are not opened, so the cost is that
//! of the change. What a merge took from either side is no change of its own.

use std::collections::{BTreeMap, BTreeSet};

use super::pack::{ObjectError, Reader};
use super::{EntryKind, Kind, ObjectFormat, ObjectId, TreeEntries};

/// Folders nested deeper than this are not followed: git itself refuses them.
const DEEPEST: usize = 2048;

/// What some commits changed.
#[derive(Debug, Default)]
pub struct Changes {
    /// Files and targets of links that are new.
    pub new: BTreeSet<ObjectId>,
    /// What stood at the same paths before, or was removed.
    pub replaced: BTreeSet<ObjectId>,
    /// New versions of files that were there before, one with each of those before.
    pub edits: BTreeSet<Edit>,
    /// Names of files and folders that are new where they stand.
    pub names: BTreeSet<Vec<u8>>,
    /// Paths of submodules that are new or changed.
    pub submodules: BTreeSet<Vec<u8>>,
    /// Trees that cannot be read, and why.
    pub problems: BTreeMap<ObjectId, ObjectError>,
    /// Whether folders were nested too deep to be followed.
    pub has_deep: bool,
}

/// A file that was there before, in another version.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Edit {
    /// Where it stands, from the root.
    pub path: Vec<u8>,
    /// What it holds now.
    pub now: ObjectId,
    /// What it held in one of the trees before.
    pub before: ObjectId,
}

/// An entry of a tree: what it names, and the id.
type Entry = (EntryKind, ObjectId);

/// What stands under a name in a tree and in those that it is compared with.
type Versions = (Option<Entry>, Vec<Option<Entry>>);

impl Changes {
    /// Adds what is in a tree and in none of the trees `before`.
    pub fn add(&mut self, reader: &mut Reader<'_>, tree: ObjectId, before: &[ObjectId]) {
        if !before.contains(&tree) {
            let before: Vec<_> = before.iter().copied().map(Some).collect();
            self.compare(reader, Some(tree), &before, &mut Vec::new(), 0);
        }
    }

    fn compare(
        &mut self,
        reader: &mut Reader<'_>,
        tree: Option<ObjectId>,
        before: &[Option<ObjectId>],
        folder: &mut Vec<u8>,
        depth: usize,
    ) {
        if depth > DEEPEST {
            self.has_deep = true;
            return;
        }
        // A file and a folder of the same name are apart.
        let mut names: BTreeMap<(Vec<u8>, bool), Versions> = BTreeMap::new();
        let trees = std::iter::once(&tree).chain(before).enumerate();
        for (number, id) in trees.filter_map(|(number, id)| Some((number, (*id)?))) {
            self.read(reader, &id, &mut |name, entry| {
                let key = (name.to_vec(), entry.0 == EntryKind::Tree);
                let (new, old) = names.entry(key).or_insert_with(|| (None, vec![None; before.len()]));
                match number {
                    0 => *new = Some(entry),
                    _ => old[number - 1] = Some(entry),
                }
            });
        }
        for ((name, is_tree), (new, old)) in names {
            if old.contains(&new) {
                continue;
            }
            if new.is_some() && old.iter().all(Option::is_none) {
                self.names.insert(name.clone());
            }
            let length = folder.len();
            folder.extend_from_slice(&name);
            if is_tree {
                folder.push(b'/');
                let below: Vec<_> = old.iter().map(|entry| entry.map(|(_, id)| id)).collect();
                self.compare(reader, new.map(|(_, id)| id), &below, folder, depth + 1);
            } else {
                self.note(folder, new, &old);
            }
            folder.truncate(length);
        }
    }

    /// Notes the versions of a file.
    fn note(&mut self, path: &[u8], new: Option<Entry>, old: &[Option<Entry>]) {
        let blobs = || old.iter().flatten().filter(|(kind, _)| *kind == EntryKind::Blob).map(|(_, id)| *id);
        match new {
            Some((EntryKind::Submodule, _)) => {
                self.submodules.insert(path.to_vec());
            }
            Some((_, id)) => {
                self.new.insert(id);
                self.edits.extend(blobs().map(|before| Edit { path: path.to_vec(), now: id, before }));
            }
            None => {}
        }
        self.replaced.extend(blobs());
    }

    fn read(&mut self, reader: &mut Reader<'_>, id: &ObjectId, entry: &mut dyn FnMut(&[u8], Entry)) {
        let format = id.format();
        let failed = match reader.read(id) {
            Ok(object) if object.kind == Kind::Tree => entries(format, object.bytes, entry),
            Ok(_) => Err(ObjectError::Header),
            Err(error) => Err(error),
        };
        if let Err(error) = failed {
            self.problems.insert(*id, error);
        }
    }
}

/// Hands on the entries of a tree.
fn entries(
    format: ObjectFormat,
    bytes: &[u8],
    entry: &mut dyn FnMut(&[u8], Entry),
) -> Result<(), ObjectError> {
    let mut entries = TreeEntries::new(format, bytes);
    for found in entries.by_ref() {
        entry(found.name, (found.kind, found.object(format)));
    }
    if entries.is_at_end() { Ok(()) } else { Err(ObjectError::Header) }
}

/// Visits trees and all below them, each once; those that cannot be read are left out.
pub fn each_tree(
    reader: &mut Reader<'_>,
    roots: impl IntoIterator<Item = ObjectId>,
    visit: &mut dyn FnMut(ObjectId, &[u8]),
) {
    let mut stack: Vec<ObjectId> = roots.into_iter().collect();
    let mut met = BTreeSet::new();
    while let Some(id) = stack.pop() {
        if !met.insert(id) {
            continue;
        }
        if let Ok(object) = reader.read(&id)
            && object.kind == Kind::Tree
        {
            let below = TreeEntries::new(id.format(), object.bytes);
            let below = below.filter(|entry| entry.kind == EntryKind::Tree);
            stack.extend(below.map(|entry| entry.object(id.format())));
            visit(id, object.bytes);
        }
    }
}

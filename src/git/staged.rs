//! What the next commit would change: the index beside the trees of the commits that it will follow.
//!
//! Folders whose tree is the same on both sides are not looked into, so the cost is that of what changed.
//! What only moved (a rename, a new mode) changes no contents and is left out. A file is also left out if
//! one of several parents has it as it is: what a merge brings in from there is in history already.

use std::collections::{BTreeMap, HashSet};
use std::ops::Range;

use super::pack::{ObjectError, Objects, Reader};
use super::{Entry, EntryKind, Index, Kind, ObjectId, TreeEntries};

/// What is staged, in the order of paths.
#[derive(Debug, Default)]
pub struct Staged {
    /// Files with contents that no parent has at their path.
    pub files: Vec<StagedFile>,
    /// Files of the first parent that are gone, and what they held.
    pub removed: Vec<(Vec<u8>, ObjectId)>,
    /// Trees that could not be read: what is in them is not known.
    pub failures: Vec<(ObjectId, ObjectError)>,
    /// Paths whose contents are not new, but their name or mode is.
    pub moved: Vec<Vec<u8>>,
    /// The files among them whose contents were at a path that is gone.
    pub renamed: Vec<StagedFile>,
}

/// A file that is staged.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct StagedFile {
    /// From the root of the work tree, `/` between its parts.
    pub path: Vec<u8>,
    /// 2 for ours and 3 for theirs in a conflict, else 0.
    pub stage: u8,
    /// What it holds.
    pub id: ObjectId,
    /// Whether it is a submodule; else it is a file or a link.
    pub is_submodule: bool,
    /// What the parents hold at its path.
    pub before: Vec<ObjectId>,
}

impl Staged {
    /// Compares an index with the trees of the commits that its commit would follow; none before the
    /// first commit.
    pub fn compare(index: &Index, parents: &[ObjectId], objects: &Objects) -> Self {
        let first = Comparison::run(index, parents.first().copied(), objects);
        let mut staged = parents.iter().skip(1).fold(first, |staged, parent| {
            let other = Comparison::run(index, Some(*parent), objects);
            staged.and(other)
        });
        let removed: HashSet<ObjectId> = staged.removed.iter().map(|(_, id)| *id).collect();
        let is_renamed = |file: &mut StagedFile| file.before.is_empty() && removed.contains(&file.id);
        staged.renamed = staged.files.extract_if(.., is_renamed).collect();
        staged.moved.extend(staged.renamed.iter().map(|file| file.path.clone()));
        staged.moved.sort();
        staged
    }

    /// Takes renamed files for new ones if nobody was told of what was in any of those that are gone: `is_silent`
    /// says of which paths that may be so.
    pub fn renew(&mut self, is_silent: impl Fn(&[u8]) -> bool) {
        let gone = &self.removed;
        let was_silent = |file: &mut StagedFile| {
            gone.iter().filter(|(_, id)| *id == file.id).all(|(path, _)| is_silent(path))
        };
        self.files.extend(self.renamed.extract_if(.., was_silent));
        self.files.sort();
    }

    /// What differs from the parents of both.
    fn and(mut self, other: Self) -> Self {
        let mut others: BTreeMap<_, _> =
            other.files.into_iter().map(|file| ((file.path, file.stage), file.before)).collect();
        let is_of_other = |file: &mut StagedFile| match others.remove(&(file.path.clone(), file.stage)) {
            Some(before) => {
                file.before.extend(before);
                false
            }
            None => true,
        };
        self.moved.extend(self.files.extract_if(.., is_of_other).map(|file| file.path));
        self.failures.extend(other.failures);
        self
    }
}

/// A folder that is still to be compared.
struct Folder {
    /// Its path, with a `/` at the end unless it is the root.
    path: Vec<u8>,
    /// What the parent has there.
    old: Option<ObjectId>,
    new: New,
}

/// What is staged of a folder.
enum New {
    /// The entries of the index in it.
    Entries(Range<usize>),
    /// A tree, for which a sparse index has one entry.
    Tree(ObjectId),
}

struct Comparison<'a> {
    index: &'a Index,
    reader: Reader<'a>,
    empty: ObjectId,
    folders: Vec<Folder>,
    staged: Staged,
}

impl<'a> Comparison<'a> {
    fn run(index: &'a Index, tree: Option<ObjectId>, objects: &'a Objects) -> Staged {
        let root = Folder { path: Vec::new(), old: tree, new: New::Entries(0..index.len()) };
        let mut comparison = Self {
            index,
            reader: objects.reader(),
            empty: ObjectId::of(objects.format(), Kind::Tree, b""),
            folders: vec![root],
            staged: Staged::default(),
        };
        while let Some(folder) = comparison.folders.pop() {
            if let Err(failure) = comparison.folder(folder) {
                comparison.staged.failures.push(failure);
            }
        }
        let mut staged = comparison.staged;
        staged.files.sort();
        staged.removed.sort();
        staged
    }

    fn folder(&mut self, folder: Folder) -> Result<(), (ObjectId, ObjectError)> {
        let old = match folder.old {
            Some(id) if self.is_same(&folder, &id) => return Ok(()),
            Some(id) => self.tree(id)?,
            None => Vec::new(),
        };
        match folder.new {
            New::Entries(range) => self.entries(&folder.path, &old, range),
            New::Tree(id) => {
                let new = self.tree(id)?;
                self.trees(&folder.path, &old, &new);
            }
        }
        Ok(())
    }

    /// Whether what is staged is known to be this tree.
    fn is_same(&self, folder: &Folder, id: &ObjectId) -> bool {
        match &folder.new {
            New::Entries(_) => self.index.written_tree(&folder.path) == Some(id.as_bytes()),
            New::Tree(new) => new == id,
        }
    }

    fn tree(&mut self, id: ObjectId) -> Result<Vec<u8>, (ObjectId, ObjectError)> {
        if id == self.empty {
            return Ok(Vec::new());
        }
        let object = self.reader.read(&id).map_err(|error| (id, error))?;
        let is_whole = object.kind == Kind::Tree && {
            let mut entries = TreeEntries::new(id.format(), object.bytes);
            entries.by_ref().for_each(drop);
            entries.is_at_end()
        };
        if is_whole { Ok(object.bytes.to_vec()) } else { Err((id, ObjectError::Header)) }
    }

    /// Goes through a tree and entries of the index side by side: both are in the same order.
    fn entries(&mut self, folder: &[u8], old: &[u8], range: Range<usize>) {
        let index = self.index;
        let mut at = range.start;
        for own in TreeEntries::new(self.empty.format(), old) {
            let is_folder = own.kind == EntryKind::Tree;
            let path = [folder, own.name, if is_folder { b"/" } else { b"" }].concat();
            while at < range.end && index.at(at).path < path.as_slice() {
                self.entry(index.at(at), None);
                at += 1;
            }
            let id = own.object(self.empty.format());
            if is_folder {
                let below = at..index.end_of(&path, at..range.end);
                at = below.end;
                let folded = (below.len() == 1).then(|| index.at(below.start)).filter(|it| it.path == path);
                let new = folded.map_or(New::Entries(below), |entry| New::Tree(self.id(entry)));
                self.folders.push(Folder { path, old: Some(id), new });
                continue;
            }
            let mut is_there = false;
            while at < range.end && index.at(at).path == path {
                let entry = index.at(at);
                is_there |= !entry.intent_to_add;
                self.entry(entry, Some((own.kind, id)));
                if own.id == entry.id && own.mode() != Some(entry.mode) {
                    self.staged.moved.push(path.clone());
                }
                at += 1;
            }
            if !is_there {
                self.remove(path, own.kind, id);
            }
        }
        (at..range.end).for_each(|at| self.entry(index.at(at), None));
    }

    /// Goes through two trees side by side.
    fn trees(&mut self, folder: &[u8], old: &[u8], new: &[u8]) {
        let format = self.empty.format();
        let mut olds: BTreeMap<_, _> =
            TreeEntries::new(format, old).map(|own| ((own.name, own.kind == EntryKind::Tree), own)).collect();
        for own in TreeEntries::new(format, new) {
            let before = olds.remove(&(own.name, own.kind == EntryKind::Tree));
            let path = [folder, own.name].concat();
            let id = own.object(format);
            match own.kind {
                EntryKind::Tree => {
                    let old = before.map(|before| before.object(format));
                    self.folders.push(Folder { path: [&path, &b"/"[..]].concat(), old, new: New::Tree(id) });
                }
                kind => {
                    if before.is_some_and(|before| before.id == own.id && before.mode != own.mode) {
                        self.staged.moved.push(path.clone());
                    }
                    self.file(path, 0, kind, id, before.map(|it| (it.kind, it.object(format))));
                }
            }
        }
        for ((name, is_folder), own) in olds {
            let path = [folder, name, if is_folder { b"/" } else { b"" }].concat();
            self.remove(path, own.kind, own.object(format));
        }
    }

    fn id(&self, entry: Entry<'_>) -> ObjectId {
        ObjectId::from_bytes(self.empty.format(), entry.id).expect("the index has the format of the objects")
    }

    fn entry(&mut self, entry: Entry<'_>, old: Option<(EntryKind, ObjectId)>) {
        let id = self.id(entry);
        // The content of an intent is not staged, and what both sides began with (1) they both had.
        if entry.intent_to_add || entry.stage == 1 {
            return;
        }
        match entry.kind() {
            EntryKind::Tree => {
                self.folders.push(Folder { path: entry.path.to_vec(), old: None, new: New::Tree(id) });
            }
            kind => self.file(entry.path.to_vec(), entry.stage, kind, id, old),
        }
    }

    fn file(
        &mut self,
        path: Vec<u8>,
        stage: u8,
        kind: EntryKind,
        id: ObjectId,
        old: Option<(EntryKind, ObjectId)>,
    ) {
        if old != Some((kind, id)) {
            let before = old.filter(|(old, _)| *old == EntryKind::Blob).map(|(_, id)| id);
            let is_submodule = kind == EntryKind::Submodule;
            self.staged.files.push(StagedFile {
                path,
                stage,
                id,
                is_submodule,
                before: Vec::from_iter(before),
            });
        }
    }

    fn remove(&mut self, path: Vec<u8>, kind: EntryKind, id: ObjectId) {
        match kind {
            EntryKind::Blob => self.staged.removed.push((path, id)),
            EntryKind::Submodule => {}
            EntryKind::Tree => {
                self.folders.push(Folder { path, old: Some(id), new: New::Tree(self.empty) });
            }
        }
    }
}

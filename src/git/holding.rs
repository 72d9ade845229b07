//! Which trees hold what is wanted, and at which paths.
//!
//! Every tree is read once, in any order, and of those that are stored as changes to others what changed. Then each is
//! reduced to what leads to a wanted object; trees that differ only in what nobody asked for become one and the same
//! [`Holding`], so whether a commit changed anything of interest is a comparison of two numbers.

mod known;
mod outline;

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

pub use known::{KnownEntry, KnownTrees};
pub use outline::{Outline, ReadTree};

use super::pack::Objects;
use super::{ByObject, EntryKind, IdTable, ObjectFormat, ObjectId, TreeEntry};

/// The number of a reduced tree; two of the same number hold the same.
pub type Holding = u32;
/// The number of a path.
pub type PathId = u32;
type NameId = u32;

/// Folders nested deeper than this are not followed: git itself refuses them.
const DEEPEST: usize = 2048;
/// A power of two: so many entries that were met are remembered.
const REMEMBERED: usize = 1 << 16;
/// Of so many missing objects every tree that names them is noted, of more only some.
const FEW_MISSING: usize = 1 << 14;
/// How many first two bytes of ids there are.
const MARKS: usize = 1 << 16;

/// What stands at a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Leaf {
    /// The wanted object of this number.
    Wanted(u32),
    /// Anything, under a name that is itself wanted.
    Named,
    /// A submodule.
    Submodule,
}

/// What is looked for in trees, by all threads that read them.
pub struct Wanted<'w> {
    format: ObjectFormat,
    blobs: &'w HashMap<ObjectId, u32>,
    /// One bit for the first two bytes of each wanted id: nearly all others are told by it.
    marks: Box<[u64; MARKS / 64]>,
    names: &'w BTreeSet<Vec<u8>>,
    objects: &'w Objects,
    /// Entries that were met before, by a hash of name and id: most entries of most trees are.
    met: Box<[AtomicU64]>,
    /// Whether so much is missing that not every tree that names it is noted.
    misses_much: AtomicBool,
}

/// Collects trees in any order.
pub struct HoldingsBuilder<'w> {
    wanted: &'w Wanted<'w>,
    names: Names,
    trees: TreeNumbers,
    edges: Vec<Edge>,
    /// Where in `edges` those of each tree stand; `None` for a tree that was named and not read.
    ranges: Vec<Option<(u32, u32)>>,
    /// Objects that are not there, with the tree that names them.
    missing: Vec<(u32, ObjectId)>,
    damaged: Vec<ObjectId>,
    /// Every name of an entry.
    all_names: HashSet<Box<[u8]>>,
    known: known::Known,
}

/// What an entry that was not copied leads to.
#[derive(Clone, Copy, Debug)]
enum Fresh {
    Tree(ObjectId),
    Leaf(Leaf),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Edge {
    name: NameId,
    to: To,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum To {
    Tree(u32),
    Leaf(Leaf),
}

#[derive(Default)]
struct Names {
    ids: HashMap<Box<[u8]>, NameId>,
    bytes: Vec<Box<[u8]>>,
}

impl Names {
    fn id(&mut self, name: &[u8]) -> NameId {
        if let Some(id) = self.ids.get(name) {
            return *id;
        }
        let id = self.bytes.len() as NameId;
        self.ids.insert(name.into(), id);
        self.bytes.push(name.into());
        id
    }
}

/// The numbers of trees: those that are known come first, in the order of their ids.
struct TreeNumbers {
    known: IdTable,
    /// Of `known`; nothing if none is.
    fan_out: Vec<u32>,
    new: ByObject<u32>,
}

impl TreeNumbers {
    fn new(format: ObjectFormat) -> Self {
        Self { known: IdTable::new(format, []), fan_out: Vec::new(), new: ByObject::default() }
    }

    fn with_known(known: &IdTable) -> Self {
        Self { known: known.clone(), fan_out: known.fan_out(), new: ByObject::default() }
    }

    fn known(&self, id: &ObjectId) -> Option<u32> {
        let number = usize::from(id.as_bytes().first_chunk().map_or(0, |bytes| u16::from_be_bytes(*bytes)));
        let range = self.fan_out.get(number)?..self.fan_out.get(number + 1)?;
        self.known.find(*range.start as usize..*range.end as usize, id).map(|place| place as u32)
    }

    fn find(&self, id: &ObjectId) -> Option<u32> {
        self.known(id).or_else(|| self.new.get(id).copied())
    }

    /// The number of a tree, which is `next` if it has none yet.
    fn number(&mut self, id: ObjectId, next: u32) -> u32 {
        self.known(&id).unwrap_or_else(|| *self.new.entry(id).or_insert(next))
    }
}

impl<'w> Wanted<'w> {
    /// Looks for these `blobs`, which have numbers, and for entries with one of these `names`; what is not among
    /// `objects` is missing.
    pub fn new(
        blobs: &'w HashMap<ObjectId, u32>,
        names: &'w BTreeSet<Vec<u8>>,
        objects: &'w Objects,
    ) -> Self {
        let mut marks = Box::new([0; MARKS / 64]);
        for id in blobs.keys() {
            let (word, bit) = mark(id.as_bytes());
            marks[word] |= bit;
        }
        Self {
            format: objects.format(),
            blobs,
            marks,
            names,
            objects,
            met: (0..REMEMBERED).map(|_| AtomicU64::new(0)).collect(),
            misses_much: AtomicBool::new(false),
        }
    }

    /// Notes what an entry of a tree is that was not copied, and begins at `at`.
    fn look<'b>(&self, at: u32, entry: &TreeEntry<'b>, read: &mut ReadTree<'b>) {
        let (key, slot) = remembered_at(entry.name, entry.id);
        let is_new = self.met[slot].load(Ordering::Relaxed) != key;
        let mut is_missing = false;
        if is_new {
            read.names.push(entry.name);
            is_missing = entry.kind == EntryKind::Blob && self.misses(entry, at, read);
        }
        // What is missing is told again by every tree that holds it.
        if is_new && (!is_missing || self.misses_much.load(Ordering::Relaxed)) {
            self.met[slot].store(key, Ordering::Relaxed);
        }
        if !self.names.is_empty() && self.names.contains(entry.name) {
            read.fresh.push((at, entry.name, Fresh::Leaf(Leaf::Named)));
        }
        let to = match entry.kind {
            EntryKind::Tree => Some(Fresh::Tree(entry.object(self.format))),
            EntryKind::Submodule => Some(Fresh::Leaf(Leaf::Submodule)),
            EntryKind::Blob => self.number(entry).map(|number| Fresh::Leaf(Leaf::Wanted(number))),
        };
        read.fresh.extend(to.map(|to| (at, entry.name, to)));
    }

    /// Notes a file if it is missing; answers whether it is.
    fn misses(&self, entry: &TreeEntry<'_>, at: u32, read: &mut ReadTree<'_>) -> bool {
        let object = entry.object(self.format);
        let is_missing = !self.objects.contains(&object);
        if is_missing {
            read.outline.miss(at, object);
        }
        is_missing
    }

    /// The number of a file that is wanted.
    fn number(&self, entry: &TreeEntry<'_>) -> Option<u32> {
        let (word, bit) = mark(entry.id);
        if self.marks[word] & bit == 0 {
            return None;
        }
        self.blobs.get(&entry.object(self.format)).copied()
    }
}

impl<'w> HoldingsBuilder<'w> {
    /// Begins to look for what is `wanted`.
    pub fn new(wanted: &'w Wanted<'w>) -> Self {
        Self {
            wanted,
            names: Names::default(),
            trees: TreeNumbers::new(wanted.format),
            edges: Vec::new(),
            ranges: Vec::new(),
            missing: Vec::new(),
            damaged: Vec::new(),
            all_names: HashSet::new(),
            known: known::Known::default(),
        }
    }

    /// What is looked for.
    pub fn wanted(&self) -> &'w Wanted<'w> {
        self.wanted
    }

    /// Adds a tree that was read; gives what trees need that are stored as changes to it.
    pub fn add(&mut self, id: ObjectId, read: ReadTree<'_>) -> Outline {
        let tree = self.tree(id);
        let ReadTree { mut outline, fresh, names, is_damaged } = read;
        for name in names {
            if !self.all_names.contains(name) {
                self.all_names.insert(name.into());
            }
        }
        for (at, name, to) in fresh {
            let to = match to {
                Fresh::Tree(id) => To::Tree(self.tree(id)),
                Fresh::Leaf(leaf) => To::Leaf(leaf),
            };
            outline.note(at, Edge { name: self.names.id(name), to });
        }
        outline.put_in_order();
        if is_damaged {
            self.damaged.push(id);
        }
        if self.missing.len() < FEW_MISSING {
            self.missing.extend(outline.missing().map(|object| (tree, object)));
        } else {
            self.wanted.misses_much.store(true, Ordering::Relaxed);
        }
        let start = self.edges.len() as u32;
        self.edges.extend(outline.edges());
        self.ranges[tree as usize] = Some((start, self.edges.len() as u32));
        outline
    }

    /// The number of a tree.
    fn tree(&mut self, id: ObjectId) -> u32 {
        let next = self.ranges.len() as u32;
        let tree = self.trees.number(id, next);
        if tree == next {
            self.ranges.push(None);
        }
        tree
    }

    /// Every name of a file or folder in any tree, sorted.
    pub fn names(&self) -> Vec<&[u8]> {
        let mut names: Vec<&[u8]> = self.all_names.iter().map(|name| &**name).collect();
        names.sort_unstable();
        names
    }

    /// Reduces all trees to what leads to something wanted.
    pub fn build(self) -> Holdings {
        let mut reduce = Reduce {
            builder: &self,
            holdings: vec![None; self.ranges.len()],
            known: HashMap::from([(Box::default(), Holdings::NOTHING)]),
            entries: vec![Box::default()],
            too_deep: Vec::new(),
        };
        reduce.take_known();
        for tree in 0..self.ranges.len() as u32 {
            reduce.tree(tree, 0);
        }
        let Reduce { holdings, entries, too_deep, .. } = reduce;
        Holdings {
            holdings: holdings.into_iter().map(|holding| holding.unwrap_or(Holdings::NOTHING)).collect(),
            entries,
            has_deep: !too_deep.is_empty(),
            names: self.names.bytes,
            edges: self.edges,
            ranges: self.ranges,
            missing: self.missing,
            damaged: self.damaged,
            trees: self.trees,
        }
    }
}

/// What a name and an id are remembered as, and where.
fn remembered_at(name: &[u8], id: &[u8]) -> (u64, usize) {
    let key = name.iter().fold(first_bytes(id), |hash, byte| {
        (hash.rotate_left(5) ^ u64::from(*byte)).wrapping_mul(0x517C_C1B7_2722_0A95)
    });
    (key, (key >> 40) as usize & (REMEMBERED - 1))
}

/// Where the first two bytes of an id have their bit: the word, and the bit in it.
fn mark(id: &[u8]) -> (usize, u64) {
    let number = id.first_chunk().map_or(0, |bytes| u16::from_le_bytes(*bytes));
    (usize::from(number / 64), 1 << (number % 64))
}

fn first_bytes(id: &[u8]) -> u64 {
    id.first_chunk().map_or(0, |bytes| u64::from_le_bytes(*bytes))
}

/// An entry of a reduced tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Held {
    Tree(Holding),
    Leaf(Leaf),
}

impl Held {
    /// Entries of one name that stand for different things are apart.
    fn class(self) -> u8 {
        match self {
            Self::Tree(_) => 0,
            Self::Leaf(Leaf::Wanted(_)) => 1,
            Self::Leaf(Leaf::Named) => 2,
            Self::Leaf(Leaf::Submodule) => 3,
        }
    }
}

type Entries = Box<[(NameId, Held)]>;

struct Reduce<'b, 'w> {
    builder: &'b HoldingsBuilder<'w>,
    holdings: Vec<Option<Holding>>,
    known: HashMap<Entries, Holding>,
    entries: Vec<Entries>,
    too_deep: Vec<u32>,
}

impl Reduce<'_, '_> {
    fn tree(&mut self, tree: u32, depth: usize) -> Holding {
        if let Some(holding) = self.holdings[tree as usize] {
            return holding;
        }
        if depth > DEEPEST {
            self.too_deep.push(tree);
            return Holdings::NOTHING;
        }
        // Until it is known it holds nothing: a tree that names itself cannot be made, only forged.
        self.holdings[tree as usize] = Some(Holdings::NOTHING);
        let builder = self.builder;
        let (start, end) = builder.ranges[tree as usize].unwrap_or((0, 0));
        let mut held = Vec::new();
        for edge in &builder.edges[start as usize..end as usize] {
            match edge.to {
                To::Leaf(leaf) => held.push((edge.name, Held::Leaf(leaf))),
                To::Tree(child) => match self.tree(child, depth + 1) {
                    Holdings::NOTHING => {}
                    holding => held.push((edge.name, Held::Tree(holding))),
                },
            }
        }
        let holding = self.intern(held);
        self.holdings[tree as usize] = Some(holding);
        holding
    }

    /// The number of the reduced tree with these entries.
    fn intern(&mut self, mut held: Vec<(NameId, Held)>) -> Holding {
        held.sort_by_key(|(name, held)| (*name, held.class()));
        held.dedup_by_key(|(name, held)| (*name, held.class()));
        let entries = held.into_boxed_slice();
        if let Some(holding) = self.known.get(&entries) {
            return *holding;
        }
        let holding = self.entries.len() as Holding;
        self.entries.push(entries.clone());
        self.known.insert(entries, holding);
        holding
    }
}

/// The trees of a repository, reduced to what is wanted.
pub struct Holdings {
    trees: TreeNumbers,
    /// The reduced tree of each tree.
    holdings: Vec<Holding>,
    entries: Vec<Entries>,
    names: Vec<Box<[u8]>>,
    edges: Vec<Edge>,
    ranges: Vec<Option<(u32, u32)>>,
    missing: Vec<(u32, ObjectId)>,
    /// Trees that are no trees from some place on.
    pub damaged: Vec<ObjectId>,
    /// Whether folders were nested too deep to be followed.
    pub has_deep: bool,
}

impl Holdings {
    /// Holds nothing that is wanted.
    pub const NOTHING: Holding = 0;

    /// What a tree holds.
    pub fn of(&self, tree: &ObjectId) -> Holding {
        self.trees.find(tree).map_or(Holdings::NOTHING, |tree| self.holdings[tree as usize])
    }

    /// Visits what stands in `new` and not, or not the same, in `old`, and the other way round:
    /// `true` for what is new.
    pub fn compare(
        &self,
        old: Holding,
        new: Holding,
        paths: &mut Paths,
        visit: &mut dyn FnMut(PathId, Leaf, bool),
    ) {
        self.compare_below(old, new, Paths::ROOT, paths, visit);
    }

    fn compare_below(
        &self,
        old: Holding,
        new: Holding,
        folder: PathId,
        paths: &mut Paths,
        visit: &mut dyn FnMut(PathId, Leaf, bool),
    ) {
        if old == new {
            return;
        }
        let (mut old, mut new) = (&*self.entries[old as usize], &*self.entries[new as usize]);
        let key = |entries: &[(NameId, Held)]| entries.first().map(|(name, held)| (*name, held.class()));
        loop {
            let (before, after) = (key(old), key(new));
            let Some(next) = [before, after].into_iter().flatten().min() else { return };
            let take = |entries: &mut &[(NameId, Held)], own: Option<(NameId, u8)>| {
                let (first, rest) = entries.split_first()?;
                (own == Some(next)).then(|| *entries = rest)?;
                Some(first.1)
            };
            let (before, after) = (take(&mut old, before), take(&mut new, after));
            if before == after {
                continue;
            }
            let path = paths.child(folder, next.0);
            match (before, after) {
                (Some(Held::Tree(before)), Some(Held::Tree(after))) => {
                    self.compare_below(before, after, path, paths, visit);
                }
                _ => {
                    for (held, is_new) in [(before, false), (after, true)] {
                        match held {
                            Some(Held::Leaf(leaf)) => visit(path, leaf, is_new),
                            Some(Held::Tree(tree)) if is_new => {
                                self.compare_below(Holdings::NOTHING, tree, path, paths, visit);
                            }
                            Some(Held::Tree(tree)) => {
                                self.compare_below(tree, Holdings::NOTHING, path, paths, visit)
                            }
                            None => {}
                        }
                    }
                }
            }
        }
    }

    /// Whether `leaf` stands at `path`.
    pub fn holds(&self, holding: Holding, paths: &Paths, path: PathId, leaf: Leaf) -> bool {
        self.at(holding, paths, path).any(|own| own == leaf)
    }

    /// What stands at a path: a version of a file, and what its name holds.
    pub fn at<'a>(
        &'a self,
        holding: Holding,
        paths: &Paths,
        path: PathId,
    ) -> impl Iterator<Item = Leaf> + use<'a> {
        let (folder, name) = paths.parts[path as usize];
        let folder = if path == Paths::ROOT { None } else { self.folder(holding, paths, folder) };
        let entries = folder.map_or([].as_slice(), |folder| &self.entries[folder as usize]);
        let first = entries.partition_point(|(own, _)| *own < name);
        entries[first..].iter().take_while(move |(own, _)| *own == name).filter_map(|(_, held)| match held {
            Held::Leaf(leaf) => Some(*leaf),
            Held::Tree(_) => None,
        })
    }

    /// The folder at a path.
    fn folder(&self, holding: Holding, paths: &Paths, path: PathId) -> Option<Holding> {
        if path == Paths::ROOT {
            return Some(holding);
        }
        let (folder, name) = paths.parts[path as usize];
        match self.entry(self.folder(holding, paths, folder)?, name, 0)? {
            Held::Tree(below) => Some(below),
            Held::Leaf(_) => None,
        }
    }

    fn entry(&self, holding: Holding, name: NameId, class: u8) -> Option<Held> {
        let entries = &self.entries[holding as usize];
        let at = entries.binary_search_by_key(&(name, class), |(name, held)| (*name, held.class())).ok()?;
        Some(entries[at].1)
    }

    /// The bytes of a path, `/` between its parts.
    pub fn path(&self, paths: &Paths, path: PathId) -> Vec<u8> {
        let names: Vec<&[u8]> = paths.names(path).iter().map(|name| &*self.names[*name as usize]).collect();
        names.join(&b'/')
    }

    /// What is named below these trees and is not there, sorted: blobs and trees.
    pub fn missing(&self, roots: impl Iterator<Item = ObjectId>) -> Vec<ObjectId> {
        let mut is_reached = vec![false; self.ranges.len()];
        let mut missing = Vec::new();
        let mut stack = Vec::new();
        for root in roots {
            match self.trees.find(&root) {
                Some(tree) => stack.push(tree),
                None => missing.push(root),
            }
        }
        while let Some(tree) = stack.pop() {
            if std::mem::replace(&mut is_reached[tree as usize], true) {
                continue;
            }
            let (start, end) = self.ranges[tree as usize].unwrap_or((0, 0));
            stack.extend(self.edges[start as usize..end as usize].iter().filter_map(|edge| match edge.to {
                To::Tree(tree) => Some(tree),
                To::Leaf(_) => None,
            }));
        }
        missing.extend(self.missing.iter().filter(|(tree, _)| is_reached[*tree as usize]).map(|(_, id)| *id));
        let unread = |(_, tree): &(&ObjectId, &u32)| {
            is_reached[**tree as usize] && self.ranges[**tree as usize].is_none()
        };
        missing.extend(self.trees.new.iter().filter(unread).map(|(id, _)| *id));
        missing.sort_unstable();
        missing.dedup();
        missing
    }
}

/// Numbers for the paths that were met.
#[derive(Debug)]
pub struct Paths {
    /// Folder and name of each path.
    parts: Vec<(PathId, NameId)>,
    known: HashMap<(PathId, NameId), PathId>,
}

impl Default for Paths {
    fn default() -> Self {
        Self { parts: vec![(Self::ROOT, 0)], known: HashMap::new() }
    }
}

impl Paths {
    /// The path of the root.
    pub const ROOT: PathId = 0;

    fn child(&mut self, folder: PathId, name: NameId) -> PathId {
        let parts = &mut self.parts;
        *self.known.entry((folder, name)).or_insert_with(|| {
            parts.push((folder, name));
            parts.len() as PathId - 1
        })
    }

    /// The names of a path, outermost first.
    fn names(&self, mut path: PathId) -> Vec<NameId> {
        let mut names = Vec::new();
        while path != Self::ROOT {
            let (folder, name) = self.parts[path as usize];
            names.push(name);
            path = folder;
        }
        names.reverse();
        names
    }
}

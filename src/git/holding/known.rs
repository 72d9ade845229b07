//! What was read of trees, kept from one scan to the next.
//!
//! Trees never change, so what one of them holds is known for good, as long as all that it names was
//! there. A tree below which something was missing is read again.

use super::{
    Entries, FEW_MISSING, Held, Holding, Holdings, HoldingsBuilder, Leaf, NameId, Reduce, To, TreeNumbers,
};
use crate::git::{IdTable, ObjectId};

/// Trees that were read before, reduced to what leads to something wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownTrees {
    /// Every tree.
    pub trees: IdTable,
    /// For each of them the place of its reduced one.
    pub places: Vec<u32>,
    /// What reduced trees hold; a folder stands before the one that it is in.
    pub reduced: Vec<Vec<(u32, KnownEntry)>>,
    /// The names of all entries.
    pub names: Vec<Box<[u8]>>,
}

/// What stands under a name in a reduced tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KnownEntry {
    /// The reduced tree at this place.
    Tree(u32),
    /// A wanted blob.
    Blob(ObjectId),
    /// A submodule.
    Submodule,
}

/// Known trees, in the numbers of a builder.
#[derive(Default)]
pub(super) struct Known {
    /// By the number of the tree: those that are known have the lowest.
    places: Vec<u32>,
    reduced: Vec<Vec<(NameId, Held)>>,
}

impl HoldingsBuilder<'_> {
    /// Takes trees that were read before, and need not be added; to be called first.
    #[must_use]
    pub fn with_known(mut self, known: &KnownTrees) -> Self {
        let names: Vec<NameId> = known.names.iter().map(|name| self.names.id(name)).collect();
        let entry = |(name, entry): &(u32, KnownEntry)| {
            let held = match entry {
                KnownEntry::Tree(place) => Held::Tree(*place),
                KnownEntry::Blob(id) => Held::Leaf(Leaf::Wanted(*self.wanted.blobs.get(id)?)),
                KnownEntry::Submodule => Held::Leaf(Leaf::Submodule),
            };
            Some((*names.get(*name as usize)?, held))
        };
        let reduced =
            known.reduced.iter().map(|entries| entries.iter().filter_map(entry).collect()).collect();
        self.trees = TreeNumbers::with_known(&known.trees);
        self.ranges = vec![Some((0, 0)); known.trees.len()];
        self.known = Known { places: known.places.clone(), reduced };
        self
    }
}

impl Reduce<'_, '_> {
    /// Gives the known trees their numbers.
    pub(super) fn take_known(&mut self) {
        let known = &self.builder.known;
        let mut holdings: Vec<Holding> = Vec::with_capacity(known.reduced.len());
        for entries in &known.reduced {
            let renumbered = entries.iter().filter_map(|(name, held)| match held {
                Held::Tree(place) => {
                    let holding = *holdings.get(*place as usize)?;
                    (holding != Holdings::NOTHING).then_some((*name, Held::Tree(holding)))
                }
                Held::Leaf(_) => Some((*name, *held)),
            });
            let entries = renumbered.collect();
            holdings.push(self.intern(entries));
        }
        for (tree, place) in known.places.iter().enumerate() {
            let holding = holdings.get(*place as usize).copied();
            self.holdings[tree] = Some(holding.unwrap_or(Holdings::NOTHING));
        }
    }
}

impl Holdings {
    /// Every tree for a later scan, and the ids of those that are to be read again; `blob` says which blob a
    /// number stands for.
    pub fn to_known(&self, blob: impl Fn(u32) -> Option<ObjectId>) -> (KnownTrees, Vec<ObjectId>) {
        let is_partial = self.partial();
        let mut new: Vec<(ObjectId, u32)> = self.trees.new.iter().map(|(id, tree)| (*id, *tree)).collect();
        new.sort_unstable();
        let (partial, new): (Vec<_>, Vec<_>) =
            new.into_iter().partition(|(_, tree)| is_partial[*tree as usize]);
        let partial = partial.into_iter().map(|(id, _)| id).collect();
        let (mut places, mut next) = (Vec::with_capacity(self.holdings.len()), 0);
        for (id, tree) in &new {
            let (Ok(before) | Err(before)) = self.trees.known.place(id);
            places.extend_from_slice(&self.holdings[next..before]);
            places.push(self.holdings[*tree as usize]);
            next = before;
        }
        places.extend_from_slice(&self.holdings[next..self.trees.known.len()]);
        let ids: Vec<ObjectId> = new.into_iter().map(|(id, _)| id).collect();
        let trees = self.trees.known.with(&ids);
        let entry = |(name, held): &(NameId, Held)| {
            let entry = match held {
                Held::Tree(holding) => KnownEntry::Tree(*holding),
                Held::Leaf(Leaf::Wanted(number)) => KnownEntry::Blob(blob(*number)?),
                Held::Leaf(Leaf::Submodule) => KnownEntry::Submodule,
                Held::Leaf(Leaf::Named) => return None,
            };
            Some((*name, entry))
        };
        let of = |entries: &Entries| entries.iter().filter_map(entry).collect();
        let reduced = self.entries.iter().map(of).collect();
        (KnownTrees { trees, places, reduced, names: self.names.clone() }, partial)
    }

    /// Trees below which something is missing or damaged, by their numbers.
    fn partial(&self) -> Vec<bool> {
        let unread = (0..self.ranges.len() as u32).filter(|tree| self.ranges[*tree as usize].is_none());
        let damaged = self.damaged.iter().filter_map(|id| self.trees.find(id));
        let mut stack: Vec<u32> =
            unread.chain(damaged).chain(self.missing.iter().map(|(tree, _)| *tree)).collect();
        let is_unclear = self.has_deep || self.missing.len() >= FEW_MISSING;
        let mut is_partial = vec![is_unclear; self.ranges.len()];
        if is_unclear || stack.is_empty() {
            return is_partial;
        }
        let mut around = vec![Vec::new(); self.ranges.len()];
        for (tree, range) in self.ranges.iter().enumerate() {
            let (start, end) = range.unwrap_or((0, 0));
            for edge in &self.edges[start as usize..end as usize] {
                if let To::Tree(child) = edge.to {
                    around[child as usize].push(tree as u32);
                }
            }
        }
        while let Some(tree) = stack.pop() {
            if !std::mem::replace(&mut is_partial[tree as usize], true) {
                stack.extend(&around[tree as usize]);
            }
        }
        is_partial
    }
}

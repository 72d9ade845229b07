//! What was read of a tree, kept until all that is stored as changes to it was read.
//!
//! Most trees differ from the one before them in one entry of many. What an entry says depends on its own bytes
//! alone, so where a copy begins at an entry of the base, all entries that lie in it are those of the base.

use super::{Edge, Fresh, ObjectId, Wanted};
use crate::git::TreeEntries;
use crate::git::pack::{Base, Copied};

/// The entries of a tree, and what of them is wanted.
#[derive(Debug, Default)]
pub struct Outline {
    /// Where entries begin, and at last where they end.
    bounds: Vec<u32>,
    /// What leads on, with where its entry begins; in this order.
    edges: Vec<(u32, Edge)>,
    /// What is named and not there, in the same way.
    missing: Vec<(u32, ObjectId)>,
}

/// A tree, read as far as can be without knowing what others hold.
#[derive(Debug, Default)]
pub struct ReadTree<'b> {
    /// What was copied, and what is missing.
    pub(super) outline: Outline,
    /// What leads on of the other entries: where each begins, and its name.
    pub(super) fresh: Vec<(u32, &'b [u8], Fresh)>,
    /// Names of entries that were not met lately.
    pub(super) names: Vec<&'b [u8]>,
    /// Whether it is no tree from some place on.
    pub(super) is_damaged: bool,
}

impl<'b> ReadTree<'b> {
    /// Reads a tree, given what it is stored as changes to.
    pub fn new(wanted: &Wanted<'_>, bytes: &'b [u8], base: Option<&Base<'_, Outline>>) -> Self {
        let mut read = Self::default();
        let (known, mut copied) = base.map_or((None, [].as_slice()), |base| (Some(base.kept), base.copied));
        let mut at = 0;
        loop {
            while let [passed, rest @ ..] = copied
                && passed.to + passed.length <= at
            {
                copied = rest;
            }
            let copy = copied.first().filter(|copy| copy.to <= at);
            if let Some(length) = known.zip(copy).and_then(|(known, copy)| read.outline.copy(known, copy, at))
            {
                at += length;
                continue;
            }
            let mut entries = TreeEntries::new(wanted.format, &bytes[at..]);
            let Some(entry) = entries.next() else { break };
            read.outline.bounds.push(number(at));
            wanted.look(number(at), &entry, &mut read);
            at = bytes.len() - entries.left();
        }
        read.outline.bounds.push(number(at));
        read.is_damaged = at < bytes.len();
        read
    }
}

impl Outline {
    /// Takes over the entries of a `known` tree that stand from `at` on, as many as a copy of it holds; answers with
    /// how many bytes they have, and with `None` if there are none.
    fn copy(&mut self, known: &Self, copy: &Copied, at: usize) -> Option<usize> {
        let from = number(at - copy.to + copy.from);
        let end = number(copy.from + copy.length);
        let first = known.bounds.binary_search(&from).ok()?;
        let last = known.bounds.partition_point(|bound| *bound <= end) - 1;
        let to = known.bounds[last];
        let moved = |place: u32| number(at) + (place - from);
        if self.bounds.capacity() == 0 {
            // Most trees have about as many entries as those before them.
            self.bounds.reserve(known.bounds.len() + 8);
            self.edges.reserve(known.edges.len() + 8);
        }
        self.bounds.extend(known.bounds[first..last].iter().map(|bound| moved(*bound)));
        self.edges.extend(within(&known.edges, from, to).iter().map(|(place, edge)| (moved(*place), *edge)));
        self.missing.extend(within(&known.missing, from, to).iter().map(|(place, id)| (moved(*place), *id)));
        (to > from).then_some((to - from) as usize)
    }

    /// Notes what the entry leads to that begins at `at`.
    pub(super) fn note(&mut self, at: u32, edge: Edge) {
        self.edges.push((at, edge));
    }

    /// Notes that what the entry names that begins at `at` is not there.
    pub(super) fn miss(&mut self, at: u32, object: ObjectId) {
        self.missing.push((at, object));
    }

    /// Puts what was noted among what was copied.
    pub(super) fn put_in_order(&mut self) {
        self.edges.sort_by_key(|(at, _)| *at);
        self.missing.sort_by_key(|(at, _)| *at);
    }

    /// What leads on, in the order of entries.
    pub(super) fn edges(&self) -> impl Iterator<Item = Edge> {
        self.edges.iter().map(|(_, edge)| *edge)
    }

    /// What is named and not there.
    pub(super) fn missing(&self) -> impl Iterator<Item = ObjectId> {
        self.missing.iter().map(|(_, object)| *object)
    }
}

/// What belongs to entries that begin at `from` or after it and before `to`.
fn within<T>(all: &[(u32, T)], from: u32, to: u32) -> &[(u32, T)] {
    let first = all.partition_point(|(place, _)| *place < from);
    let end = all.partition_point(|(place, _)| *place < to);
    &all[first..end.max(first)]
}

fn number(at: usize) -> u32 {
    u32::try_from(at).expect("what is held of an object is smaller")
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet, HashMap};

    use proptest::prelude::*;

    use super::*;
    use crate::git::holding::HoldingsBuilder;
    use crate::git::pack::Objects;
    use crate::git::{Kind, ObjectFormat};

    /// A change to a tree: which name, and what it stands for then, if it stays.
    type Change = (u8, Option<(u8, u8)>);

    fn bytes(entries: &BTreeMap<u8, (u8, u8)>) -> Vec<u8> {
        let entry = |(name, (kind, object)): (&u8, &(u8, u8))| {
            let mode = ["100644", "40000", "160000"][usize::from(kind % 3)];
            let id = ObjectId::of(ObjectFormat::Sha1, Kind::Blob, &[*object]);
            [format!("{mode} name {name}\0").as_bytes(), id.as_bytes()].concat()
        };
        entries.iter().flat_map(entry).collect()
    }

    /// What both begin and end with, cut into pieces that begin and end anywhere, some of which are left out.
    fn copied(base: &[u8], result: &[u8], cuts: &[u8]) -> Vec<Copied> {
        let same = |a: &mut dyn Iterator<Item = (&u8, &u8)>| a.take_while(|(a, b)| a == b).count();
        let head = same(&mut base.iter().zip(result));
        let tail = same(&mut base[head..].iter().rev().zip(result[head..].iter().rev()));
        let mut pieces = Vec::new();
        let mut cuts = cuts.iter().cycle();
        for (from, to, length) in [(0, 0, head), (base.len() - tail, result.len() - tail, tail)] {
            let mut at = 0;
            while at < length {
                let cut = *cuts.next().expect("it has no end");
                let piece = (usize::from(cut) * 4 + 1).min(length - at);
                if !cut.is_multiple_of(8) {
                    pieces.push(Copied { from: from + at, to: to + at, length: piece });
                }
                at += piece;
            }
        }
        pieces
    }

    proptest! {
        #[test]
        fn what_is_copied_is_what_would_be_read(
            versions in prop::collection::vec(
                prop::collection::vec((0_u8..40, prop::option::of((0_u8..6, any::<u8>()))), 0..6),
                1..20,
            ),
            cuts in prop::collection::vec(any::<u8>(), 1..40),
            cut_off in 0_usize..200,
        ) {
            let folder = tempfile::tempdir().expect("there is room");
            let objects = Objects::open(folder.path(), ObjectFormat::Sha1);
            let id = |byte: u8| ObjectId::of(ObjectFormat::Sha1, Kind::Blob, &[byte]);
            let wanted: HashMap<ObjectId, u32> = (0..20).map(|byte| (id(byte), byte.into())).collect();
            let names = BTreeSet::from([b"name 3".to_vec()]);
            let wanted = [(); 2].map(|()| Wanted::new(&wanted, &names, &objects));
            let [mut whole, mut copying] = wanted.each_ref().map(HoldingsBuilder::new);
            let mut entries: BTreeMap<u8, (u8, u8)> = (0..40).map(|name| (name, (name, name))).collect();
            let (mut base, mut outline) = (Vec::new(), Outline::default());
            for changes in &versions {
                for (name, change) in changes as &Vec<Change> {
                    entries.remove(name);
                    entries.extend(change.map(|to| (*name, to)));
                }
                let mut result = bytes(&entries);
                // One in the midst of which it ends is damaged.
                result.truncate(result.len().saturating_sub(cut_off / 4 * usize::from(cut_off.is_multiple_of(4))));
                let tree = ObjectId::of(ObjectFormat::Sha1, Kind::Tree, &result);
                whole.add(tree, ReadTree::new(&wanted[0], &result, None));
                let copied = copied(&base, &result, &cuts);
                let known = Base { kept: &outline, length: base.len(), copied: &copied };
                outline = copying.add(tree, ReadTree::new(&wanted[1], &result, Some(&known)));
                base = result;
            }
            prop_assert_eq!(&whole.edges, &copying.edges);
            prop_assert_eq!(&whole.ranges, &copying.ranges);
            prop_assert_eq!(&whole.missing, &copying.missing);
            prop_assert_eq!(&whole.damaged, &copying.damaged);
            prop_assert_eq!(whole.names(), copying.names());
        }
    }
}

//! The commits between two ends: what leads to one and not to the other, and what stood before.
//!
//! Both sides are walked back in the order of dates until one has swallowed the other, so the cost is
//! that of the difference and not of the history. Dates decide where to look next and when to stop,
//! never which side a commit is on: whatever is found late is passed on to all before it.

use std::collections::{BTreeSet, BinaryHeap, HashMap};

use super::pack::ObjectError;
use super::{Ancestry, ObjectId, Refs};

/// Leads to the end of the range.
const ENDS: u8 = 1;
/// Leads to its beginning.
const BEGINS: u8 = 2;
/// Leads to both.
const BOTH: u8 = ENDS | BEGINS;
/// Comes before a commit that leads to both.
const STALE: u8 = 4;
/// After all that is left comes before both sides, so many more commits are looked at: clocks are wrong.
const SLOP: usize = 64;

/// The commits between two ends.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Range {
    /// Those that lead to the end of the range and not to its beginning, the newest first.
    pub commits: Vec<ObjectId>,
    /// Those that they follow, without themselves.
    pub before: BTreeSet<ObjectId>,
    /// Where both sides meet: what stood before the range.
    pub bases: Vec<ObjectId>,
    /// Commits of the range that would have been, had the clone not ended with them: what they follow
    /// is not here, so nobody knows what they changed. They are among `before`.
    pub cut: Vec<ObjectId>,
    /// Commits that cannot be read, and why.
    pub problems: Vec<(ObjectId, ObjectError)>,
}

impl Range {
    /// Walks from both ends.
    pub fn between(ancestry: &mut Ancestry<'_>, refs: &Refs, begin: &[ObjectId], end: &[ObjectId]) -> Self {
        let mut walk = Walk {
            ancestry,
            sides: HashMap::new(),
            queue: BinaryHeap::new(),
            oldest: i64::MAX,
            problems: Vec::new(),
        };
        begin.iter().for_each(|id| walk.paint(*id, BEGINS));
        end.iter().for_each(|id| walk.paint(*id, ENDS));
        walk.run();
        let mut range = Self { problems: std::mem::take(&mut walk.problems), ..Self::default() };
        let mut commits: Vec<(i64, ObjectId)> = Vec::new();
        for (id, (time, sides)) in &walk.sides {
            match *sides {
                ENDS if refs.shallow.contains(id) => range.cut.push(*id),
                ENDS => commits.push((*time, *id)),
                BOTH => range.bases.push(*id),
                _ => {}
            }
        }
        commits.sort_by(|a, b| b.cmp(a));
        range.bases.sort();
        range.cut.sort();
        range.problems.sort_by_key(|(id, _)| *id);
        range.before = range.cut.iter().copied().collect();
        for (_, id) in commits {
            let parents = walk.parents(&id);
            let sides = parents.iter().map(|id| walk.sides.get(id).map(|(_, sides)| *sides));
            if sides.clone().any(|sides| sides.is_none()) {
                // What it follows cannot be read, so nobody knows what it changed.
                range.before.insert(id);
                continue;
            }
            range.commits.push(id);
            range.before.extend(
                parents.iter().zip(sides).filter(|(_, sides)| *sides != Some(ENDS)).map(|(id, _)| *id),
            );
        }
        if range.bases.is_empty() && range.cut.is_empty() && range.problems.is_empty() {
            // Histories that have nothing in common: one is all that there is to compare the other with.
            range.bases = begin.iter().copied().filter(|id| walk.sides.contains_key(id)).collect();
        }
        range
    }

    /// Whether the histories of both ends have nothing in common.
    pub fn is_unrelated(&self, begin: &[ObjectId]) -> bool {
        self.problems.is_empty()
            && !begin.is_empty()
            && self.bases.iter().all(|base| !self.before.contains(base))
            && !self.commits.is_empty()
    }
}

struct Walk<'w, 's> {
    ancestry: &'w mut Ancestry<'s>,
    /// Date and sides of each commit that was met.
    sides: HashMap<ObjectId, (i64, u8)>,
    /// Commits whose parents are to be told, the newest first.
    queue: BinaryHeap<(i64, ObjectId)>,
    /// The oldest date of a commit that was ever taken for one of the range.
    oldest: i64,
    problems: Vec<(ObjectId, ObjectError)>,
}

impl Walk<'_, '_> {
    /// Adds sides to a commit; one to which that is news passes them on.
    fn paint(&mut self, id: ObjectId, new: u8) {
        let time = match self.sides.get(&id) {
            Some((time, _)) => *time,
            None => match self.ancestry.read(&id) {
                Ok(commit) => commit.time,
                Err(error) => {
                    self.problems.push((id, error));
                    return;
                }
            },
        };
        let (_, sides) = self.sides.entry(id).or_insert((time, 0));
        if *sides | new != *sides {
            *sides |= new;
            if *sides == ENDS {
                self.oldest = self.oldest.min(time);
            }
            self.queue.push((time, id));
        }
    }

    fn run(&mut self) {
        let mut slop = SLOP;
        while let Some((time, id)) = self.queue.pop() {
            let sides = self.sides[&id].1;
            if sides & STALE != 0 && !self.may_change(time) {
                slop -= 1;
                if slop == 0 {
                    return;
                }
            }
            let passed = if sides & BOTH == BOTH { BOTH | STALE } else { sides };
            self.parents(&id).iter().for_each(|parent| self.paint(*parent, passed));
        }
    }

    /// The parents of a commit that was met.
    fn parents(&mut self, id: &ObjectId) -> Box<[ObjectId]> {
        self.ancestry.read(id).map(|commit| commit.parents.clone()).unwrap_or_default()
    }

    /// Whether something of the range, or of what leads to its beginning alone, may come before a commit
    /// of this time.
    fn may_change(&self, time: i64) -> bool {
        self.oldest <= time || self.queue.iter().any(|(_, id)| self.sides[id].1 & STALE == 0)
    }
}

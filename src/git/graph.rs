//! The commits of a repository in the order in which one follows the other.
//!
//! Parents are those that git itself shows: replacements and grafts are applied. What a replacement
//! hides is still stored, so the original stands in the graph beside it. Dates decide nothing about
//! order: clocks are wrong too often.

use std::borrow::Cow;
use std::mem;
use std::ops::Range;

use sha2::Digest;

use super::{Ancestor, ByObject, Commit, ObjectId, Refs};

/// The number of a commit in its graph: greater than those of its parents.
pub type CommitIndex = u32;

/// The commits of a repository, parents first; those that something leads to before those that
/// nothing does.
#[derive(Debug, Default)]
pub struct Graph {
    nodes: Vec<Node>,
    parents: Vec<CommitIndex>,
    by_id: ByObject<CommitIndex>,
    /// How many are reachable.
    reachable: usize,
    /// Parents and tips that are not there, without those that a shallow clone left out.
    pub missing: Vec<ObjectId>,
}

#[derive(Debug)]
struct Node {
    id: ObjectId,
    tree: ObjectId,
    /// When it was made, not before its parents.
    time: i64,
    parents: Range<u32>,
}

impl Graph {
    /// How many commits there are.
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// How many of them something leads to: those with lower numbers.
    pub fn reachable(&self) -> usize {
        self.reachable
    }

    /// Whether something leads to a commit.
    pub fn is_reachable(&self, commit: CommitIndex) -> bool {
        (commit as usize) < self.reachable
    }

    /// The number of a commit.
    pub fn find(&self, id: &ObjectId) -> Option<CommitIndex> {
        self.by_id.get(id).copied()
    }

    /// The id of a commit.
    pub fn id(&self, commit: CommitIndex) -> ObjectId {
        self.nodes[commit as usize].id
    }

    /// The tree of a commit.
    pub fn tree(&self, commit: CommitIndex) -> ObjectId {
        self.nodes[commit as usize].tree
    }

    /// When a commit was made, in Unix seconds: by its own clock, but not before its parents.
    pub fn time(&self, commit: CommitIndex) -> i64 {
        self.nodes[commit as usize].time
    }

    /// The commits that one follows.
    pub fn parents(&self, commit: CommitIndex) -> &[CommitIndex] {
        let range = &self.nodes[commit as usize].parents;
        &self.parents[range.start as usize..range.end as usize]
    }

    /// For each commit, which of these up to 64 sets of commits hold one of its ancestors or itself: a
    /// bit for each set.
    pub fn descendants(&self, of: &[Vec<CommitIndex>]) -> Vec<u64> {
        let mut bits = vec![0_u64; self.len()];
        for (bit, commits) in of.iter().enumerate().take(64) {
            for commit in commits {
                bits[*commit as usize] |= 1 << bit;
            }
        }
        for commit in 0..self.len() as CommitIndex {
            let inherited = self.parents(commit).iter().fold(0, |all, parent| all | bits[*parent as usize]);
            bits[commit as usize] |= inherited;
        }
        bits
    }

    /// A name for the graph: two of the same name hold the same commits under the same numbers.
    pub fn digest(&self) -> String {
        let mut hash = sha2::Sha256::new();
        self.nodes.iter().for_each(|node| hash.update(node.id.as_bytes()));
        hash.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect()
    }

    /// Whether one of these commits is `commit` or an ancestor of it.
    pub fn has_ancestor(&self, commit: CommitIndex, among: &[CommitIndex]) -> bool {
        let Some(first) = among.iter().copied().min().filter(|first| *first <= commit) else { return false };
        let mut is_seen = vec![false; (commit - first) as usize + 1];
        let mut stack = vec![commit];
        while let Some(next) = stack.pop() {
            if among.contains(&next) {
                return true;
            }
            // What comes before all of them leads to none of them.
            let on = self.parents(next).iter().copied().filter(|parent| *parent >= first);
            stack.extend(on.filter(|parent| !mem::replace(&mut is_seen[(parent - first) as usize], true)));
        }
        false
    }
}

/// Collects commits in any order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GraphBuilder {
    commits: Vec<Raw>,
    /// Where in `commits` each stands.
    by_id: ByObject<u32>,
    /// The parents of all.
    parents: Vec<ObjectId>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Raw {
    id: ObjectId,
    tree: ObjectId,
    time: i64,
    parents: Range<u32>,
}

/// What is kept of a commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RawCommit<'p> {
    /// Its name.
    pub id: ObjectId,
    /// The root of its files.
    pub tree: ObjectId,
    /// When it was made, in Unix seconds.
    pub time: i64,
    /// The commits it follows.
    pub parents: &'p [ObjectId],
}

impl GraphBuilder {
    /// Adds a commit.
    pub fn add(&mut self, id: ObjectId, commit: &Commit<'_>) {
        let time = commit.committer.seconds;
        self.insert(RawCommit { id, tree: commit.tree, time, parents: &commit.parents });
    }

    /// Adds a commit whose parents are settled.
    pub fn add_ancestor(&mut self, id: ObjectId, commit: &Ancestor) {
        self.insert(RawCommit { id, tree: commit.tree, time: commit.time, parents: &commit.parents });
    }

    /// Adds what was kept of a commit, or puts it in the place of what was known of it.
    pub fn insert(&mut self, commit: RawCommit<'_>) {
        let RawCommit { id, tree, time, parents } = commit;
        let parents = self.keep(parents);
        let raw = Raw { id, tree, time, parents };
        let next = self.commits.len() as u32;
        match *self.by_id.entry(id).or_insert(next) {
            at if at == next => self.commits.push(raw),
            at => self.commits[at as usize] = raw,
        }
    }

    /// What is kept of every commit, in the order of ids.
    pub fn sorted(&self) -> Vec<RawCommit<'_>> {
        let of = |raw: &Raw| RawCommit {
            id: raw.id,
            tree: raw.tree,
            time: raw.time,
            parents: &self.parents[raw.parents.start as usize..raw.parents.end as usize],
        };
        let mut commits: Vec<_> = self.commits.iter().map(of).collect();
        // Stable, since that takes what is in order already as it is.
        commits.sort_by_key(|commit| commit.id);
        commits
    }

    fn keep(&mut self, parents: &[ObjectId]) -> Range<u32> {
        let start = self.parents.len() as u32;
        self.parents.extend_from_slice(parents);
        start..self.parents.len() as u32
    }

    fn find(&self, id: &ObjectId) -> Option<usize> {
        self.by_id.get(id).map(|at| *at as usize)
    }

    /// Puts the commits in order: what `tips` lead to, then, if wanted, all others.
    pub fn build(&self, refs: &Refs, tips: &[ObjectId], with_unreachable: bool) -> Graph {
        let mut shown = Cow::Borrowed(self);
        let hidden = replace(&mut shown, refs);
        let mut ordering = Ordering::new(&shown);
        for tip in tips {
            ordering.visit(tip);
        }
        for raw in hidden {
            let replacement = ordering.graph.find(&raw.id).map(|commit| ordering.graph.tree(commit));
            if replacement.is_some_and(|tree| tree != raw.tree) {
                let parents = raw.parents.start as usize..raw.parents.end as usize;
                shown.parents[parents].iter().for_each(|parent| ordering.visit(parent));
                ordering.push(&raw);
            }
        }
        ordering.graph.reachable = ordering.graph.len();
        ordering.graph.missing.sort();
        ordering.graph.missing.dedup();
        if with_unreachable {
            let missing = ordering.graph.missing.len();
            let mut others: Vec<ObjectId> = ordering.others().collect();
            others.sort();
            others.iter().for_each(|id| ordering.visit(id));
            // What nothing leads to may well be half gone.
            ordering.graph.missing.truncate(missing);
        }
        ordering.graph
    }
}

/// Makes commits what git shows: replaced and grafted, and without what a shallow clone left out. Gives those that
/// a replacement hides.
fn replace(shown: &mut Cow<'_, GraphBuilder>, refs: &Refs) -> Vec<Raw> {
    let mut hidden = Vec::new();
    for (original, replacement) in &refs.replaced {
        let Some(at) = shown.find(replacement) else { continue };
        let raw = Raw { id: *original, ..shown.commits[at].clone() };
        match shown.find(original) {
            Some(at) => hidden.push(mem::replace(&mut shown.to_mut().commits[at], raw)),
            None => {
                let shown = shown.to_mut();
                shown.by_id.insert(*original, shown.commits.len() as u32);
                shown.commits.push(raw);
            }
        }
    }
    let grafts = refs.grafts.iter().map(|(commit, parents)| (commit, parents.as_slice()));
    for (commit, parents) in grafts.chain(refs.shallow.iter().map(|commit| (commit, [].as_slice()))) {
        if let Some(at) = shown.find(commit) {
            let shown = shown.to_mut();
            shown.commits[at].parents = shown.keep(parents);
        }
    }
    hidden
}

/// Puts commits in order.
struct Ordering<'b> {
    builder: &'b GraphBuilder,
    /// For each parent, where it stands among the commits; [`NONE`] if it is not there.
    parents: Vec<u32>,
    is_begun: Vec<bool>,
    /// The number of each commit in the graph, or [`NONE`].
    numbers: Vec<CommitIndex>,
    graph: Graph,
}

/// No commit.
const NONE: u32 = u32::MAX;

impl<'b> Ordering<'b> {
    fn new(builder: &'b GraphBuilder) -> Self {
        let number = builder.commits.len();
        let graph = Graph {
            nodes: Vec::with_capacity(number),
            parents: Vec::with_capacity(builder.parents.len()),
            by_id: ByObject::with_capacity_and_hasher(number, Default::default()),
            ..Graph::default()
        };
        let at = |id: &ObjectId| builder.by_id.get(id).copied().unwrap_or(NONE);
        let parents = builder.parents.iter().map(at).collect();
        Self { builder, parents, is_begun: vec![false; number], numbers: vec![NONE; number], graph }
    }

    /// Appends a commit after all that it follows.
    fn visit(&mut self, id: &ObjectId) {
        let builder = self.builder;
        let Some(first) = builder.find(id) else { return self.graph.missing.push(*id) };
        let mut stack = vec![(first, false)];
        while let Some((at, is_ready)) = stack.pop() {
            let raw = &builder.commits[at];
            if is_ready {
                let index = self.push(raw);
                self.numbers[at] = index;
                self.graph.by_id.insert(raw.id, index);
            } else if !mem::replace(&mut self.is_begun[at], true) {
                stack.push((at, true));
                for parent in raw.parents.clone().rev() {
                    match self.parents[parent as usize] {
                        NONE => self.graph.missing.push(builder.parents[parent as usize]),
                        at if self.is_begun[at as usize] => {}
                        at => stack.push((at as usize, false)),
                    }
                }
            }
        }
    }

    /// The commits that were not visited.
    fn others(&self) -> impl Iterator<Item = ObjectId> {
        let commits = self.builder.commits.iter().zip(&self.is_begun);
        commits.filter(|(_, is_begun)| !**is_begun).map(|(raw, _)| raw.id)
    }

    fn push(&mut self, raw: &Raw) -> CommitIndex {
        let graph = &mut self.graph;
        let start = graph.parents.len() as u32;
        let mut time = raw.time;
        for parent in &self.parents[raw.parents.start as usize..raw.parents.end as usize] {
            // One that is not there yet is missing, or follows its own descendant by a graft.
            let number = self.numbers.get(*parent as usize).copied().unwrap_or(NONE);
            if number != NONE {
                time = time.max(graph.nodes[number as usize].time);
                graph.parents.push(number);
            }
        }
        let parents = start..graph.parents.len() as u32;
        graph.nodes.push(Node { id: raw.id, tree: raw.tree, time, parents });
        graph.nodes.len() as CommitIndex - 1
    }
}

/// Numbers of commits or of refs, as ascending ranges that include both ends.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NumberSet(Vec<(CommitIndex, CommitIndex)>);

impl NumberSet {
    /// The set of these ascending numbers.
    pub fn of(numbers: impl Iterator<Item = CommitIndex>) -> Self {
        let mut ranges: Vec<(CommitIndex, CommitIndex)> = Vec::new();
        for number in numbers {
            match ranges.last_mut() {
                Some((_, end)) if *end + 1 == number => *end = number,
                _ => ranges.push((number, number)),
            }
        }
        Self(ranges)
    }

    /// Reads what [`Self::write`] wrote; what is no range is left out.
    pub fn read(text: &str) -> Self {
        let range = |text: &str| {
            let (start, end) = text.split_once('-').unwrap_or((text, text));
            Some((start.parse().ok()?, end.parse().ok()?))
        };
        Self(text.split(',').filter_map(range).collect())
    }

    /// The ranges as text: `0-12,15`.
    pub fn write(&self) -> String {
        let ranges: Vec<String> = self
            .0
            .iter()
            .map(|(start, end)| if start == end { start.to_string() } else { format!("{start}-{end}") })
            .collect();
        ranges.join(",")
    }

    /// How many numbers are in one or more of these sets.
    pub fn count_all(sets: &[Self]) -> usize {
        let mut ranges: Vec<_> = sets.iter().flat_map(|set| set.0.iter().copied()).collect();
        ranges.sort_unstable();
        let (mut count, mut next) = (0, 0);
        for (start, end) in ranges {
            let start = u64::from(start).max(next);
            let after = u64::from(end) + 1;
            count += after.saturating_sub(start);
            next = next.max(after);
        }
        usize::try_from(count).unwrap_or(usize::MAX)
    }

    /// Whether a number is in it.
    pub fn contains(&self, number: CommitIndex) -> bool {
        let at = self.0.partition_point(|(_, end)| *end < number);
        self.0.get(at).is_some_and(|(start, _)| *start <= number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_are_written_as_ranges() {
        let set = NumberSet::of([0, 1, 2, 5, 7, 8].into_iter());
        assert_eq!(set.write(), "0-2,5,7-8");
        assert_eq!(NumberSet::read("0-2,5,7-8"), set);
        let inside: Vec<CommitIndex> = (0..10).filter(|number| set.contains(*number)).collect();
        assert_eq!(inside, [0, 1, 2, 5, 7, 8]);
        assert!(!NumberSet::read("").contains(0));
        let other = NumberSet::of([2, 3, 8, 9].into_iter());
        assert_eq!(NumberSet::count_all(&[other, set]), 8);
    }
}

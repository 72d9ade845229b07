//! The commits of a repository in the order in which one follows the other.
//!
//! Parents are those that git itself shows: replacements and grafts are applied. What a replacement
//! hides is still stored, so the original stands in the graph beside it. Dates decide nothing about
//! order: clocks are wrong too often.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use sha2::Digest;

use super::{Ancestor, Commit, ObjectId, Refs};

/// The number of a commit in its graph: greater than those of its parents.
pub type CommitIndex = u32;

/// The commits of a repository, parents first; those that something leads to before those that
/// nothing does.
#[derive(Debug, Default)]
pub struct Graph {
    nodes: Vec<Node>,
    parents: Vec<CommitIndex>,
    by_id: HashMap<ObjectId, CommitIndex>,
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
        let Some(first) = among.iter().min() else { return false };
        let (mut seen, mut stack) = (HashSet::from([commit]), vec![commit]);
        while let Some(next) = stack.pop() {
            if among.contains(&next) {
                return true;
            }
            // What comes before all of them leads to none of them.
            let on = self.parents(next).iter().filter(|parent| *parent >= first);
            stack.extend(on.copied().filter(|parent| seen.insert(*parent)));
        }
        false
    }
}

/// Collects commits in any order.
#[derive(Clone, Debug, Default)]
pub struct GraphBuilder {
    commits: HashMap<ObjectId, Raw>,
}

/// What is kept of a commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Raw {
    /// The root of its files.
    pub tree: ObjectId,
    /// The commits it follows.
    pub parents: Box<[ObjectId]>,
    /// When it was made, in Unix seconds.
    pub time: i64,
}

impl GraphBuilder {
    /// Adds a commit.
    pub fn add(&mut self, id: ObjectId, commit: &Commit<'_>) {
        let parents = commit.parents.clone().into_boxed_slice();
        self.commits.insert(id, Raw { tree: commit.tree, parents, time: commit.committer.seconds });
    }

    /// Adds what was kept of commits.
    pub fn extend(&mut self, commits: impl IntoIterator<Item = (ObjectId, Raw)>) {
        self.commits.extend(commits);
    }

    /// What is kept of every commit.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&ObjectId, &Raw)> {
        self.commits.iter()
    }

    /// Adds a commit whose parents are settled.
    pub fn add_ancestor(&mut self, id: ObjectId, commit: &Ancestor) {
        let Ancestor { tree, parents, time } = commit.clone();
        self.commits.insert(id, Raw { tree, parents, time });
    }

    /// Puts the commits in order: what `tips` lead to, then, if wanted, all others.
    pub fn build(mut self, refs: &Refs, tips: &[ObjectId], with_unreachable: bool) -> Graph {
        let mut hidden = Vec::new();
        for (original, replacement) in &refs.replaced {
            if let Some(raw) = self.commits.get(replacement).cloned()
                && let Some(before) = self.commits.insert(*original, raw)
            {
                hidden.push((*original, before));
            }
        }
        for (commit, parents) in &refs.grafts {
            if let Some(raw) = self.commits.get_mut(commit) {
                raw.parents = parents.clone().into_boxed_slice();
            }
        }
        for commit in &refs.shallow {
            if let Some(raw) = self.commits.get_mut(commit) {
                raw.parents = Box::default();
            }
        }
        let mut graph = Graph::default();
        let mut state = HashMap::new();
        for tip in tips {
            self.visit(*tip, &mut state, &mut graph);
        }
        for (original, raw) in hidden {
            let replacement = graph.find(&original).map(|commit| graph.tree(commit));
            if replacement.is_some_and(|tree| tree != raw.tree) {
                raw.parents.iter().for_each(|parent| self.visit(*parent, &mut state, &mut graph));
                graph.push(original, &raw);
            }
        }
        graph.reachable = graph.len();
        graph.missing.sort();
        graph.missing.dedup();
        if with_unreachable {
            let missing = graph.missing.len();
            let mut others: Vec<_> =
                self.commits.keys().filter(|id| !state.contains_key(id)).copied().collect();
            others.sort();
            others.into_iter().for_each(|id| self.visit(id, &mut state, &mut graph));
            // What nothing leads to may well be half gone.
            graph.missing.truncate(missing);
        }
        graph
    }

    /// Appends a commit after all that it follows. `state` holds those that were begun.
    fn visit(&self, id: ObjectId, state: &mut HashMap<ObjectId, ()>, graph: &mut Graph) {
        let mut stack = vec![(id, false)];
        while let Some((id, is_ready)) = stack.pop() {
            let Some(raw) = self.commits.get(&id) else {
                graph.missing.push(id);
                continue;
            };
            if is_ready {
                let index = graph.push(id, raw);
                graph.by_id.insert(id, index);
            } else if state.insert(id, ()).is_none() {
                stack.push((id, true));
                stack.extend(
                    raw.parents.iter().rev().filter(|id| !state.contains_key(id)).map(|id| (*id, false)),
                );
            }
        }
    }
}

impl Graph {
    fn push(&mut self, id: ObjectId, raw: &Raw) -> CommitIndex {
        let start = self.parents.len() as u32;
        // One that is not there yet is missing, or follows its own descendant by a graft.
        let parents: Vec<_> = raw.parents.iter().filter_map(|parent| self.find(parent)).collect();
        let time = parents.iter().map(|parent| self.time(*parent)).fold(raw.time, i64::max);
        self.parents.extend(parents);
        let parents = start..self.parents.len() as u32;
        self.nodes.push(Node { id, tree: raw.tree, time, parents });
        self.nodes.len() as CommitIndex - 1
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

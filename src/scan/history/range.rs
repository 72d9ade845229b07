//! Scans what a range of commits brought, and says of each secret whether it is new.
//!
//! Only versions of files that no parent has are searched, with the messages of the commits and the
//! names of new files. Nearly always nothing is seen and that is all. Else what stood before is needed to
//! judge: first what the changes replaced, and when something still seems to be new, all that stood at
//! the beginning of the range. From there on a range is a short history whose first commits are those
//! that it follows.

use std::collections::BTreeSet;

use super::{
    HistoryScan, Holder, Seen, left_with_the_remote, masks, numbers,
    telling::{Before, Telling},
};
use crate::finding::Finding;
use crate::git::pack::ObjectError;
use crate::git::{
    Ancestor, Changes, CommitIndex, EntryKind, Graph, GraphBuilder, HoldingsBuilder, ObjectId, ReadTree,
    Refs, TreeEntries, Wanted, each_tree,
};
use crate::scan::chronicle::Chronicle;
use crate::scan::hygiene::left_in_clear;
use crate::source::{Asked, Skip, Tally};

impl<'r> HistoryScan<'_, 'r> {
    /// Scans a range of commits.
    pub(super) fn run_range(&mut self, asked: &Asked) -> Vec<Finding<'r>> {
        self.coverage.problems = asked.problems.clone();
        self.coverage.problems.extend(self.history.pack_problems());
        self.coverage.notes.clone_from(&asked.notes);
        let graph = self.graph_of(asked);
        let changes = self.changes(&graph, asked);
        let mut news: Vec<ObjectId> = changes.new.iter().copied().collect();
        news.extend(&asked.range.commits);
        news.extend(&asked.tags);
        let (mut seen, coverage, failures) = self.contents_of(&news);
        self.coverage.merge(coverage);
        self.lost(failures.into_iter().map(|failure| (failure.id, failure.error)).collect());
        seen.extend(changes.names.iter().filter_map(|name| self.name(Holder::Name(name.clone()))));
        if seen.is_empty() || self.progress.is_stopped() {
            return Vec::new();
        }
        let mut looked_at = changes.new;
        let mut findings = Vec::new();
        for is_last in [false, true] {
            let mut before = if is_last { self.all_before(asked) } else { changes.replaced.clone() };
            before.retain(|id| looked_at.insert(*id));
            if is_last && before.is_empty() {
                break;
            }
            // What of it is not here cannot speak for anything: then what was found counts as new.
            let before: Vec<ObjectId> = before.into_iter().collect();
            seen.extend(self.contents_of(&before).0);
            findings = self.tell(&seen, &graph, asked);
            if !findings.iter().any(Finding::counts) {
                break;
            }
        }
        findings
    }

    /// The commits of the range after those that they follow.
    fn graph_of(&mut self, asked: &Asked) -> Graph {
        let mut builder = GraphBuilder::default();
        let mut ancestry = self.history.ancestry();
        let range = &asked.range;
        let first: BTreeSet<&ObjectId> = range.before.iter().chain(&range.bases).collect();
        for id in range.commits.iter().chain(first.iter().copied()) {
            // Those that cannot be read are among the problems of the range.
            if let Ok(commit) = ancestry.read(id) {
                let parents = if first.contains(id) { Box::default() } else { commit.parents.clone() };
                builder.add_ancestor(*id, &Ancestor { parents, ..commit.clone() });
            }
        }
        let tips: Vec<_> = first.into_iter().chain(&asked.heads).copied().collect();
        builder.build(&Refs::default(), &tips, false)
    }

    /// What the commits changed.
    fn changes(&mut self, graph: &Graph, asked: &Asked) -> Changes {
        let mut changes = Changes::default();
        let mut reader = self.history.store.objects.reader();
        for id in &asked.range.commits {
            let Some(commit) = graph.find(id).filter(|_| !self.progress.is_stopped()) else { continue };
            let before: Vec<_> = graph.parents(commit).iter().map(|parent| graph.tree(*parent)).collect();
            changes.add(&mut reader, graph.tree(commit), &before);
        }
        // What a merge took from one side, though the other had removed it, is no change of its own.
        let trees = |ids: &[ObjectId]| -> Vec<ObjectId> {
            ids.iter().filter_map(|id| graph.find(id)).map(|commit| graph.tree(commit)).collect()
        };
        let bases = trees(&asked.range.bases);
        for head in trees(&asked.heads).into_iter().filter(|_| !bases.is_empty()) {
            changes.add(&mut reader, head, &bases);
        }
        let mut text = |id: &ObjectId| {
            let object = reader.read(id).ok()?;
            Some(String::from_utf8_lossy(object.bytes).into_owned())
        };
        let clear = changes
            .edits
            .iter()
            .filter_map(|edit| left_in_clear(&self.shown(&edit.path), &edit.now, &edit.before, &mut text))
            .collect::<BTreeSet<_>>();
        self.coverage.notes.extend(clear);
        let failed = std::mem::take(&mut changes.problems);
        self.lost(failed.into_iter().collect());
        if changes.has_deep {
            self.problem(self.history.name.clone(), "folders are nested too deep to be followed");
        }
        for path in &changes.submodules {
            self.coverage.skipped(Skip::Submodule, Tally::file(0));
            let path = self.shown(path);
            let note = format!("{path} is a repository of its own, which was not scanned: stanch git {path}");
            self.coverage.notes.push(note);
        }
        changes
    }

    /// All files that stood before the range.
    fn all_before(&self, asked: &Asked) -> BTreeSet<ObjectId> {
        let mut ancestry = self.history.ancestry();
        let roots: Vec<_> =
            asked.range.bases.iter().filter_map(|id| ancestry.read(id).ok().map(|base| base.tree)).collect();
        let mut blobs = BTreeSet::new();
        let format = self.history.store.format();
        each_tree(&mut self.history.store.objects.reader(), roots, &mut |_, bytes| {
            let entries = TreeEntries::new(format, bytes);
            let files = entries.filter(|entry| entry.kind == EntryKind::Blob);
            blobs.extend(files.map(|entry| entry.object(format)));
        });
        blobs
    }

    /// Tells of objects that were asked for and could not be read.
    fn lost(&mut self, objects: Vec<(ObjectId, ObjectError)>) {
        let is_left = |error: &ObjectError| *error == ObjectError::Missing && self.history.store.is_partial;
        let left = objects.iter().filter(|(_, error)| is_left(error)).count();
        for (id, error) in objects.iter().filter(|(_, error)| !is_left(error)) {
            let tally = Tally { objects: 1, ..Tally::default() };
            self.coverage.problem(tally, format!("object:{id}"), error.to_string());
        }
        if left > 0 {
            self.coverage.asked.objects += left as u64;
            self.problem(self.history.name.clone(), left_with_the_remote(left));
        }
    }

    /// Judges what was seen by where it stands.
    fn tell(&mut self, seen: &[Seen<'r>], graph: &Graph, asked: &Asked) -> Vec<Finding<'r>> {
        let objects = &self.history.store.objects;
        let wanted = numbers(seen);
        let names: BTreeSet<Vec<u8>> =
            seen.iter().filter_map(|seen| seen.holder.name().map(<[u8]>::to_vec)).collect();
        let wanted = Wanted::new(&wanted, &names, objects);
        let mut trees = HoldingsBuilder::new(&wanted);
        let roots = (0..graph.len() as CommitIndex).map(|commit| graph.tree(commit));
        // What a change touched was read before; of the rest nothing was asked for.
        each_tree(&mut objects.reader(), roots, &mut |id, bytes| {
            drop(trees.add(id, ReadTree::new(&wanted, bytes, None)))
        });
        // Names that are no news are told of as places of before.
        let named = trees.names().into_iter().filter_map(|name| self.name(Holder::Name(name.to_vec())));
        let named: Vec<_> = named.collect();
        let mut masks = masks(seen);
        masks.extend(super::masks(&named));
        let holdings = trees.build();
        let chronicle =
            Chronicle::new(self.inspector, self.options.confidence, seen, &masks, graph, &holdings);
        let first: BTreeSet<CommitIndex> =
            asked.range.before.iter().chain(&asked.range.bases).filter_map(|id| graph.find(id)).collect();
        let bases = asked.range.bases.iter().filter_map(|id| graph.find(id)).collect();
        Telling::new(self, chronicle, Some(Before { commits: first, bases })).findings()
    }
}

//! Scans all that a repository stores, each object once, and tells one story per secret.
//!
//! First every blob and message is scanned without a path. Then trees and commits say where what was
//! seen stands, each place is judged by its path, and what is left is folded: one finding for a secret
//! and rule. What a finding shows is read again at its own place by the same steps as for a file, so
//! both tell the same of the same bytes.

mod contents;
mod life;
mod place;
mod range;
mod recall;
mod telling;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::path::Path;
use std::sync::Mutex;

use contents::Contents;
use recall::{Recalled, Scanned};
use telling::Telling;
pub(super) use telling::in_order_of_history;

use super::chronicle::{Chronicle, Holder, Member, Seen};
use super::memory::{MemoryKey, memory_key};
use super::{Outcome, Progress, ScanOptions, Searched, Workers, interruption};
use crate::blob::{Blob, Provenance};
use crate::engine::{Scanner, Scratch};
use crate::finding::{Finding, Inspector, Sighting};
use crate::git::pack::{Base, Kinds};
use crate::git::{
    Commit, CommitIndex, Graph, GraphBuilder, Holdings, HoldingsBuilder, Kind, Object, ObjectFormat,
    ObjectId, Outline, ReadTree, Tag, Wanted,
};
use crate::lock::{into_inner, lock};
use crate::path::{self, FileKind};
use crate::secret::MASK;
use crate::source::{Coverage, History, Problem, Shard, Tally, unread};
use crate::span::Span;

/// What is scanned for secrets.
const CONTENTS: Kinds = Kinds::of(&[Kind::Blob, Kind::Commit, Kind::Tag]);

/// Scans a repository's history.
pub fn scan_history<'r>(
    history: &History,
    scanner: &'r Scanner,
    options: &ScanOptions,
    progress: &Progress,
) -> Outcome<'r> {
    let pool = crate::source::pool(history.options.jobs);
    pool.install(|| {
        let inspector = Inspector::new(scanner, options.inspect.clone());
        // Ranges are never remembered.
        let cache = history.options.cache.as_deref().filter(|_| history.range.is_none());
        let cache = cache.map(|file| (file, memory_key(scanner.rules(), history, options)));
        let coverage = Coverage::default();
        let mut scan = HistoryScan { history, inspector: &inspector, options, progress, cache, coverage };
        let findings = match &history.range {
            Some(asked) => scan.run_range(asked),
            None => {
                let recalled = scan.recall();
                scan.run(recalled)
            }
        };
        let mut coverage = scan.coverage;
        if history.tips.is_empty() && history.range.is_none() {
            coverage.notes.push("there is no commit yet, nor anything else that a ref leads to".to_owned());
        }
        coverage.problems.extend(history.later_pack_problems());
        let is_interrupted = progress.is_stopped();
        if is_interrupted {
            coverage.problems.push(interruption());
        }
        coverage.sort();
        Outcome { findings, coverage, notes: Vec::new(), is_interrupted }
    })
}

struct HistoryScan<'s, 'r> {
    history: &'s History,
    inspector: &'s Inspector<'r>,
    options: &'s ScanOptions,
    progress: &'s Progress,
    /// The file that remembers what was scanned, and what its outcome depends on.
    cache: Option<(&'s Path, MemoryKey)>,
    coverage: Coverage,
}

impl<'r> HistoryScan<'_, 'r> {
    fn run(&mut self, mut recalled: Option<Recalled<'r>>) -> Vec<Finding<'r>> {
        self.coverage.problems = self.history.problems();
        let Contents { mut seen, again, marked, commits } = self.contents(recalled.as_mut());
        let recalled = recalled.as_ref();
        let contents_covered = self.coverage.figures();
        let graph = self.graph(&commits);
        self.coverage.shard =
            self.history.options.shard.clone().map(|shard| Shard { of: graph.digest(), ..shard });
        let no_names = BTreeSet::new();
        let numbers: HashMap<ObjectId, u32> = numbers(&seen);
        let objects = &self.history.store.objects;
        let mut wanted = Wanted::new(&numbers, &no_names, objects);
        let mut trees = HoldingsBuilder::new(&wanted);
        if let Some(recalled) = recalled {
            trees = trees.with_known(&recalled.memory.trees);
        }
        let (coverage, problems) = self.read_trees(&mut trees, recalled);
        let read = coverage.scanned;
        // All shards read all trees, and the first counts them.
        if self.counts_for_all() {
            self.coverage.merge(coverage);
        }
        self.unreadable(problems);
        let names = trees.names().into_iter().map(|name| Holder::Name(name.to_vec()));
        let refs = self.history.tips.iter().filter(|tip| tip.is_ref).map(|tip| Holder::Ref(tip.name.clone()));
        let mut named: Vec<_> = names.chain(refs).filter_map(|holder| self.name(holder)).collect();
        // Every shard masks all names, whoever tells of them.
        let masks = masks(&named);
        named.retain(|seen| seen.holder.name().is_none_or(|name| self.owns(name)));
        seen.extend(named);
        let is_name = |seen: &&Seen<'_>| matches!(seen.holder, Holder::Name(_));
        let wanted_names: BTreeSet<Vec<u8>> =
            seen.iter().filter(is_name).filter_map(|seen| seen.holder.name().map(<[u8]>::to_vec)).collect();
        if !wanted_names.is_empty() {
            // Rare enough to read all trees again.
            wanted = Wanted::new(&numbers, &wanted_names, objects);
            trees = HoldingsBuilder::new(&wanted);
            self.read_trees(&mut trees, None);
        }
        let holdings = trees.build();
        if wanted_names.is_empty() {
            let scanned = Scanned { seen: &seen, again, marked, commits };
            self.remember(recalled, scanned, &holdings, (contents_covered, read));
        }
        self.miss(&graph, &holdings);
        let threshold = self.options.confidence;
        let chronicle = Chronicle::new(self.inspector, threshold, &seen, &masks, &graph, &holdings);
        Telling::new(self, chronicle, None).findings()
    }

    fn problem(&mut self, path: impl Into<String>, message: impl Into<String>) {
        self.coverage.problems.push(Problem { path: path.into(), message: message.into() });
    }

    /// Counts objects that could not be read, unless they were counted before.
    fn unreadable(&mut self, problems: Vec<Problem>) {
        let known: HashSet<Problem> = self.coverage.problems.iter().cloned().collect();
        for problem in problems {
            if !known.contains(&problem) {
                let tally = Tally { objects: 1, ..Tally::default() };
                self.coverage.problem(tally, problem.path, problem.message);
            }
        }
    }

    /// Keeps what of the candidates in bytes without a path may be told of.
    fn see(
        &self,
        holder: Holder,
        member: Option<Member>,
        blob: &Blob<'_>,
        searched: &Searched<'r>,
    ) -> Option<Seen<'r>> {
        let sightings = self.inspector.sightings(blob, searched.candidates(), self.options.confidence);
        (!sightings.is_empty()).then(|| Seen { holder, member, sightings: sightings.into() })
    }

    /// Whether what all shards see alike is counted here.
    fn counts_for_all(&self) -> bool {
        self.history.options.shard.as_ref().is_none_or(|shard| shard.number == 1)
    }

    /// Whether an object, or what has a name, is this shard's to scan.
    fn owns(&self, name: &[u8]) -> bool {
        self.history.options.shard.as_ref().is_none_or(|shard| shard.owns(name))
    }

    /// Looks at a name.
    fn name(&self, holder: Holder) -> Option<Seen<'r>> {
        let provenance = Provenance::Object { path: String::new(), kind: FileKind::Unknown };
        let name = holder.name()?.to_vec();
        let blob = Blob::whole(&name, &provenance);
        let searched = Searched::new(self.inspector.scanner(), &blob, None, &mut Scratch::default());
        let threshold = self.options.confidence;
        let sightings = self.inspector.sightings_without_path(&blob, searched.candidates(), threshold);
        (!sightings.is_empty()).then(|| Seen { holder, member: None, sightings: sightings.into() })
    }

    /// How a path is shown that the chronicle does not know.
    fn shown(&self, path: &[u8]) -> String {
        let names = path.split(|byte| *byte == b'/');
        let name = |name: &[u8]| {
            let seen = self.name(Holder::Name(name.to_vec()));
            seen.map_or_else(|| path::shown(name), |seen| masked(name, &seen.sightings))
        };
        names.map(name).collect::<Vec<_>>().join("/")
    }

    /// Puts the commits in order.
    fn graph(&mut self, commits: &GraphBuilder) -> Graph {
        let peeled = self.history.tips.iter().filter_map(|tip| tip.peeled);
        let tips: Vec<_> = peeled.filter(|(kind, _)| *kind == Kind::Commit).map(|(_, id)| id).collect();
        let with_unreachable = self.history.is_whole() && !self.history.options.no_unreachable;
        let graph = commits.build(&self.history.refs, &tips, with_unreachable);
        for tip in self.history.tips.iter().filter(|tip| tip.peeled.is_none() && tip.is_ref) {
            let message = format!("it leads to {}, which is not here", tip.target);
            self.problem(path::shown(&tip.name), message);
        }
        graph
    }

    /// Reads all trees that are not known; gives what was read and what could not be.
    fn read_trees(
        &self,
        trees: &mut HoldingsBuilder<'_>,
        recalled: Option<&Recalled<'r>>,
    ) -> (Coverage, Vec<Problem>) {
        let wanted = trees.wanted();
        let shared = Mutex::new((trees, Coverage::default()));
        let no_delta = self.history.options.no_delta;
        let add = |id: ObjectId, kind: Kind, blob: Blob<'_>, base: Option<Base<'_, Outline>>| {
            let base = base.filter(|_| !no_delta);
            let read = ReadTree::new(wanted, blob.bytes, base.as_ref());
            let (trees, coverage) = &mut *lock(&shared);
            coverage.scanned(tally(kind, &blob));
            trees.add(id, read)
        };
        let (kinds, stop) = (Kinds::of(&[Kind::Tree]), &self.progress.stop);
        let problems = match recalled {
            Some(known) => unread(self.history.each_of(&known.news, kinds, stop, &add, None, None)),
            None => self.history.each(kinds, stop, &add, None),
        };
        let mut coverage = into_inner(shared).1;
        if let Some(known) = recalled {
            coverage.scanned(known.memory.read);
        }
        (coverage, problems)
    }

    /// Tells of what commits and trees name and what is not there.
    fn miss(&mut self, graph: &Graph, holdings: &Holdings) {
        // What was not read yet is not missing.
        if self.progress.is_stopped() {
            return;
        }
        let roots = (0..graph.reachable() as CommitIndex).map(|commit| graph.tree(commit));
        let mut missing = holdings.missing(roots);
        missing.extend(&graph.missing);
        let known: HashSet<String> =
            self.coverage.problems.iter().map(|problem| problem.path.clone()).collect();
        missing.retain(|id| !known.contains(&format!("object:{id}")));
        if self.history.store.is_partial && !missing.is_empty() {
            self.coverage.asked.objects += missing.len() as u64;
            self.problem(self.history.name.clone(), left_with_the_remote(missing.len()));
        } else {
            for id in missing {
                let tally = Tally { objects: 1, ..Tally::default() };
                self.coverage.problem(tally, format!("object:{id}"), "it is missing");
            }
        }
        for id in &holdings.damaged {
            self.problem(format!("object:{id}"), "the tree is damaged");
        }
        if holdings.has_deep {
            self.problem(self.history.name.clone(), "folders are nested too deep to be followed");
        }
    }
}

/// Why objects are missing that a remote promised to keep.
fn left_with_the_remote(number: usize) -> String {
    let objects = if number == 1 { "an object was".to_owned() } else { format!("{number} objects were") };
    format!(
        "{objects} left with the remote: this is a partial clone (git fetch --refetch --no-filter brings them)"
    )
}

/// What an object, or a part of a large one, adds to what was scanned.
fn tally(kind: Kind, blob: &Blob<'_>) -> Tally {
    let bytes = blob.part.map_or(blob.bytes.len(), |part| part.owned.len()) as u64;
    let is_first = blob.part.is_none_or(|part| part.offset == 0);
    let commits = u64::from(kind == Kind::Commit);
    Tally { files: 0, objects: u64::from(is_first), bytes, commits }
}

/// Whether an object's bytes are what its id says; of a part alone that cannot be told.
fn is_intact(id: ObjectId, kind: Kind, blob: &Blob<'_>) -> bool {
    blob.part.is_some() || Object { id, kind, bytes: blob.bytes }.is_intact()
}

/// The number of each blob in what was seen.
fn numbers(seen: &[Seen<'_>]) -> HashMap<ObjectId, u32> {
    // Of the members of an archive the first stands for all.
    let number = |(number, seen): (usize, &Seen<'_>)| match seen.holder {
        Holder::Blob(id) => Some((id, number as u32)),
        _ => None,
    };
    seen.iter().enumerate().rev().filter_map(number).collect()
}

/// How names that hold secrets are shown.
fn masks(seen: &[Seen<'_>]) -> BTreeMap<Vec<u8>, String> {
    let mask = |seen: &Seen<'_>| match &seen.holder {
        Holder::Name(name) | Holder::Ref(name) => Some((name.clone(), masked(name, &seen.sightings))),
        _ => None,
    };
    seen.iter().filter_map(mask).collect()
}

/// A name with all that was seen in it hidden.
fn masked(name: &[u8], sightings: &[Sighting<'_>]) -> String {
    let (mut shown, mut from) = (String::new(), 0);
    for sighting in sightings {
        let Span { start, end } = sighting.span();
        if start >= from && end <= name.len() {
            shown.push_str(&String::from_utf8_lossy(&name[from..start]));
            shown.push_str(MASK);
            from = end;
        }
    }
    shown + &String::from_utf8_lossy(&name[from..])
}

/// What of an object was scanned.
fn text(format: ObjectFormat, object: Object<'_>) -> &[u8] {
    match object.kind {
        Kind::Commit => Commit::parse(format, object.bytes).map_or(object.bytes, |commit| commit.message),
        Kind::Tag => Tag::parse(object.bytes).map_or(object.bytes, |tag| tag.message),
        Kind::Blob | Kind::Tree => object.bytes,
    }
}

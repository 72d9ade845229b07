//! Scans all that a repository stores, each object once, and tells one story per secret.
//!
//! First every blob and message is scanned without a path. Then trees and commits say where what was
//! seen stands, each place is judged by its path, and what is left is folded: one finding for a secret
//! and rule. What a finding shows is read again at its own place by the same steps as for a file, so
//! both tell the same of the same bytes.

mod range;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::{Mutex, PoisonError};

use super::chronicle::{Chronicle, Holder, Place, SecretId, Seen};
use super::memory::{Memory, MemoryKey, memory_key};
use super::{Outcome, Progress, ScanOptions, Searched, Workers, interruption};
use crate::blob::{Blob, Provenance};
use crate::engine::{Candidate, Scanner, Scratch, Verdict};
use crate::finding::{
    self, BaselineState, Change, Finding, Inspector, Life, Location, Novelty, Reuse, Share, Sight, Sighting,
    Standing,
};
use crate::git::pack::{Base, Kinds, ObjectError, Reader};
use crate::git::{
    Commit, CommitIndex, Graph, GraphBuilder, Holdings, HoldingsBuilder, Kind, Object, ObjectFormat,
    ObjectId, People, Tag,
};
use crate::path::{self, FileKind};
use crate::source::{Coverage, History, Problem, Shard, Skip, Tally};
use crate::span::Span;

/// What is scanned for secrets.
const CONTENTS: Kinds = Kinds::of(&[Kind::Blob, Kind::Commit, Kind::Tag]);
/// Seconds of a day.
const DAY: i64 = 24 * 60 * 60;

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
        let mut scan =
            HistoryScan { history, inspector: &inspector, options, progress, coverage: Coverage::default() };
        let findings = match &history.range {
            Some(asked) => scan.run_range(asked),
            None => {
                let recalled = scan.recall();
                scan.run(recalled.as_ref())
            }
        };
        let mut coverage = scan.coverage;
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
    coverage: Coverage,
}

impl<'r> HistoryScan<'_, 'r> {
    fn run(&mut self, recalled: Option<&Recalled>) -> Vec<Finding<'r>> {
        self.coverage.problems = self.history.problems();
        let (mut seen, commits) = self.contents(recalled);
        let scanned = self.coverage.scanned;
        let raw = self.history.options.cache.is_some().then(|| commits.clone());
        let graph = self.graph(commits);
        self.coverage.shard =
            self.history.options.shard.clone().map(|shard| Shard { of: graph.digest(), ..shard });
        let no_names = BTreeSet::new();
        let wanted: HashMap<ObjectId, u32> = numbers(&seen);
        let objects = &self.history.store.objects;
        let mut trees = HoldingsBuilder::new(&wanted, &no_names, objects);
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
            trees = HoldingsBuilder::new(&wanted, &wanted_names, objects);
            self.read_trees(&mut trees, None);
        }
        let holdings = trees.build();
        if let Some(commits) = raw.filter(|_| wanted_names.is_empty()) {
            self.remember(recalled, &seen, &commits, &holdings, (scanned, read));
        }
        self.miss(&graph, &holdings);
        let threshold = self.options.confidence;
        let chronicle = Chronicle::new(self.inspector, threshold, &seen, &masks, &graph, &holdings);
        let telling = Telling {
            people: self.history.store.people(),
            reader: objects.reader(),
            scan: self,
            seen: &seen,
            masks: &masks,
            chronicle,
            before: None,
            changes: HashMap::new(),
        };
        telling.findings()
    }

    fn problem(&mut self, path: impl Into<String>, message: impl Into<String>) {
        self.coverage.problems.push(Problem { path: path.into(), message: message.into() });
    }

    /// Scans all blobs and messages; gives what was seen, sorted, and the commits.
    fn contents(&mut self, recalled: Option<&Recalled>) -> (Vec<Seen<'r>>, GraphBuilder) {
        let workers: Workers<Kept<'r>> = Workers::default();
        let commits = Mutex::new(recalled.map_or_else(GraphBuilder::default, |known| known.memory.graph()));
        let is_counted = |id: &ObjectId| recalled.is_some_and(|known| known.memory.is_held(id));
        let format = self.history.store.format();
        let options = &self.history.options;
        let look = |id: ObjectId, kind: Kind, blob: Blob<'_>, base: Option<Base<'_, _>>| {
            let (holder, bytes) = content(id, kind, blob.bytes, format, &commits)?;
            if !self.owns(id.as_bytes()) {
                return None;
            }
            // A message is only a part of what the base was.
            let base = base.filter(|_| kind == Kind::Blob && !options.no_delta);
            let mut searched = None;
            workers.guard(
                || format!("object:{id}"),
                |kept, scratch| {
                    let text = Blob { bytes, ..blob };
                    let found = Searched::new(self.inspector.scanner(), &text, base, scratch);
                    let seen = self.see(holder, &text, found.candidates());
                    // What is told of must be what its id says; of what was verified that is known.
                    if seen.is_some() && !options.verify && !is_intact(id, kind, &blob) {
                        let objects = Tally { objects: 1, ..Tally::default() };
                        kept.coverage.problem(
                            objects,
                            format!("object:{id}"),
                            ObjectError::Mismatch.to_string(),
                        );
                    } else {
                        if !is_counted(&id) {
                            kept.coverage.scanned(tally(kind, &blob));
                        }
                        kept.seen.extend(seen);
                    }
                    searched = Some(found);
                },
            );
            self.progress.scanned(blob.bytes.len());
            searched
        };
        let stop = &self.progress.stop;
        let problems = match recalled {
            Some(known) => {
                let again = [known.news.as_slice(), &known.memory.held].concat();
                self.history.each_of(&again, CONTENTS, stop, &look)
            }
            None => self.history.each(CONTENTS, stop, &look),
        };
        if let Some(known) = recalled {
            self.coverage.scanned(known.memory.contents);
        }
        let mut seen = Vec::new();
        for worker in workers.into_inner() {
            self.coverage.merge(worker.kept.coverage);
            self.coverage.problems.extend(worker.problems);
            seen.extend(worker.kept.seen);
        }
        self.unreadable(problems);
        seen.sort_by(|a, b| (&a.holder, a.offset()).cmp(&(&b.holder, b.offset())));
        (joined(seen), commits.into_inner().unwrap_or_else(PoisonError::into_inner))
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
        blob: &Blob<'_>,
        candidates: &[(Candidate<'r>, Verdict)],
    ) -> Option<Seen<'r>> {
        let sightings = self.inspector.sightings(blob, candidates, self.options.confidence);
        (!sightings.is_empty()).then(|| Seen { holder, sightings: sightings.into() })
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
        self.see(holder, &blob, searched.candidates())
    }

    /// Puts the commits in order.
    fn graph(&mut self, commits: GraphBuilder) -> Graph {
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

    /// What an earlier scan remembers, unless it is of no use, which is told.
    fn recall(&mut self) -> Option<Recalled> {
        let file = self.history.options.cache.as_deref()?;
        let useless = match Memory::load(file, &self.memory_key(), self.history.store.format()) {
            Ok(memory) => {
                let memory = memory?;
                match memory.news(&self.history.store.objects.ids()) {
                    // To look up so many one by one takes longer than to read everything.
                    Some(news) if news.len() > memory.objects.len() / 8 + 1024 => return None,
                    Some(news) => return Some(Recalled { memory, news }),
                    None => "objects that were scanned then are gone".to_owned(),
                }
            }
            Err(error) => error.to_string(),
        };
        let file = path::shown(file.as_os_str().as_encoded_bytes());
        self.coverage.notes.push(format!("{file}: the cache is made anew: {useless}"));
        None
    }

    fn memory_key(&self) -> MemoryKey {
        let rules = self.inspector.scanner().rules();
        memory_key(rules, self.options.confidence, self.history.store.format())
    }

    /// Remembers what was scanned for a later scan: how much of contents and of trees is given. What could
    /// not be read is not known, nor what cannot be read without it, so nothing is remembered then.
    fn remember(
        &mut self,
        recalled: Option<&Recalled>,
        seen: &[Seen<'r>],
        commits: &GraphBuilder,
        holdings: &Holdings,
        (contents, mut read): (Tally, Tally),
    ) {
        let is_unread = |problem: &Problem| problem.path.starts_with("object:");
        let Some(file) = self.history.options.cache.as_deref() else { return };
        if self.progress.is_stopped() || self.coverage.problems.iter().any(is_unread) {
            return;
        }
        let object = |seen: &Seen<'_>| match seen.holder {
            Holder::Blob(id) | Holder::Commit(id) | Holder::Tag(id) => Some(id),
            Holder::Ref(_) | Holder::Name(_) => None,
        };
        let (trees, partial) = holdings.to_known(|number| object(seen.get(number as usize)?));
        let mut reader = self.history.store.objects.reader();
        for tree in &partial {
            if let Ok(object) = reader.read(tree) {
                read.objects -= 1;
                read.bytes -= object.bytes.len() as u64;
            }
        }
        let mut objects = self.history.store.objects.ids();
        objects.retain(|id| partial.binary_search(id).is_err());
        let mut held: Vec<ObjectId> = seen.iter().filter_map(object).collect();
        held.sort_unstable();
        if recalled.is_some_and(|known| known.memory.objects == objects && known.memory.held == held) {
            return;
        }
        let mut commits: Vec<_> = commits.iter().map(|(id, raw)| (*id, raw.clone())).collect();
        commits.sort_unstable_by_key(|(id, _)| *id);
        let memory = Memory { objects, held, contents, read, commits, trees };
        if let Err(error) = memory.save(file, &self.memory_key()) {
            let file = path::shown(file.as_os_str().as_encoded_bytes());
            self.coverage.notes.push(format!("{file}: the cache cannot be written: {error}"));
        }
    }

    /// Reads all trees that are not known; gives what was read and what could not be.
    fn read_trees(
        &self,
        trees: &mut HoldingsBuilder<'_>,
        recalled: Option<&Recalled>,
    ) -> (Coverage, Vec<Problem>) {
        let shared = Mutex::new((trees, Coverage::default()));
        let add = |id: ObjectId, kind: Kind, blob: Blob<'_>, _: Option<Base<'_, ()>>| {
            let (trees, coverage) = &mut *shared.lock().unwrap_or_else(PoisonError::into_inner);
            trees.add(id, blob.bytes);
            coverage.scanned(tally(kind, &blob));
        };
        let (kinds, stop) = (Kinds::of(&[Kind::Tree]), &self.progress.stop);
        let problems = match recalled {
            Some(known) => self.history.each_of(&known.news, kinds, stop, &add),
            None => self.history.each(kinds, stop, &add),
        };
        let mut coverage = shared.into_inner().unwrap_or_else(PoisonError::into_inner).1;
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

/// What an earlier scan remembers, and what came since.
struct Recalled {
    memory: Memory,
    /// In the order of ids.
    news: Vec<ObjectId>,
}

/// Why objects are missing that a remote promised to keep.
fn left_with_the_remote(number: usize) -> String {
    let objects = if number == 1 { "an object was".to_owned() } else { format!("{number} objects were") };
    format!(
        "{objects} left with the remote: this is a partial clone (git fetch --refetch --no-filter brings them)"
    )
}

/// What one thread keeps of objects.
#[derive(Default)]
struct Kept<'r> {
    seen: Vec<Seen<'r>>,
    coverage: Coverage,
}

/// What an object, or a part of a large one, adds to what was scanned.
fn tally(kind: Kind, blob: &Blob<'_>) -> Tally {
    let bytes = blob.part.map_or(blob.bytes.len(), |part| part.owned.len()) as u64;
    let is_first = blob.part.is_none_or(|part| part.offset == 0);
    let commits = u64::from(kind == Kind::Commit);
    Tally { files: 0, objects: u64::from(is_first), bytes, commits }
}

/// Who holds what is to be scanned of an object, and that: contents or a message. Commits are collected.
fn content<'b>(
    id: ObjectId,
    kind: Kind,
    bytes: &'b [u8],
    format: ObjectFormat,
    commits: &Mutex<GraphBuilder>,
) -> Option<(Holder, &'b [u8])> {
    Some(match kind {
        Kind::Blob => (Holder::Blob(id), bytes),
        Kind::Commit => match Commit::parse(format, bytes) {
            Some(commit) => {
                commits.lock().unwrap_or_else(PoisonError::into_inner).add(id, &commit);
                (Holder::Commit(id), commit.message)
            }
            None => (Holder::Commit(id), bytes),
        },
        Kind::Tag => (Holder::Tag(id), Tag::parse(bytes).map_or(bytes, |tag| tag.message)),
        Kind::Tree => return None,
    })
}

/// Whether an object's bytes are what its id says; of a part alone that cannot be told.
fn is_intact(id: ObjectId, kind: Kind, blob: &Blob<'_>) -> bool {
    blob.part.is_some() || Object { id, kind, bytes: blob.bytes }.is_intact()
}

/// Joins the parts of large blobs; `seen` is sorted.
fn joined(seen: Vec<Seen<'_>>) -> Vec<Seen<'_>> {
    let mut whole: Vec<Seen<'_>> = Vec::new();
    for part in seen {
        match whole.last_mut() {
            Some(last) if last.holder == part.holder => {
                let sightings = std::mem::take(&mut last.sightings).into_iter().chain(part.sightings);
                last.sightings = sightings.collect();
            }
            _ => whole.push(part),
        }
    }
    whole
}

/// The number of each blob in what was seen.
fn numbers(seen: &[Seen<'_>]) -> HashMap<ObjectId, u32> {
    let number = |(number, seen): (usize, &Seen<'_>)| match seen.holder {
        Holder::Blob(id) => Some((id, number as u32)),
        _ => None,
    };
    seen.iter().enumerate().filter_map(number).collect()
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
            shown.push_str("********");
            from = end;
        }
    }
    shown + &String::from_utf8_lossy(&name[from..])
}

/// Turns secrets and their places into findings.
struct Telling<'t, 's, 'r> {
    scan: &'t mut HistoryScan<'s, 'r>,
    seen: &'t [Seen<'r>],
    masks: &'t BTreeMap<Vec<u8>, String>,
    chronicle: Chronicle<'t, 'r>,
    /// What stood before the range that was asked for.
    before: Option<Before>,
    people: People,
    reader: Reader<'t>,
    /// What was read of commits.
    changes: HashMap<CommitIndex, Change>,
}

/// What stood before a range of commits.
struct Before {
    /// The commits that those of the range follow.
    commits: BTreeSet<CommitIndex>,
    /// Those of them at which the range begins.
    bases: Vec<CommitIndex>,
}

impl<'r> Telling<'_, '_, 'r> {
    fn findings(mut self) -> Vec<Finding<'r>> {
        self.add_what_is_no_file();
        self.tell_submodules();
        let secrets: Vec<SecretId> = (0..self.chronicle.secrets.len()).collect();
        let mut findings: Vec<_> = secrets.into_iter().filter_map(|secret| self.finding(secret)).collect();
        findings.sort_by(|a, b| {
            let key = |finding: &Finding<'r>| {
                let life = finding.life.as_deref();
                let in_head = life.is_some_and(|life| life.in_head);
                let reachable = life.is_some_and(|life| life.is_reachable);
                (in_head, reachable, finding.severity, life.and_then(Life::since))
            };
            key(b).cmp(&key(a)).then_with(|| {
                (&*a.rule.id, &a.location, a.fingerprint).cmp(&(&*b.rule.id, &b.location, b.fingerprint))
            })
        });
        findings
    }

    /// Names the repositories that were put into this one: each has a history of its own.
    fn tell_submodules(&mut self) {
        if !self.scan.counts_for_all() || self.before.is_some() {
            return;
        }
        let paths: BTreeSet<String> =
            self.chronicle.submodules.iter().map(|path| self.chronicle.shown(*path)).collect();
        for path in paths {
            self.scan.coverage.skipped(Skip::Submodule, Tally::file(0));
            let note = format!("{path} is a repository of its own, which was not scanned: stanch git {path}");
            self.scan.coverage.notes.push(note);
        }
    }

    /// Messages, names of refs, and blobs that no tree holds.
    fn add_what_is_no_file(&mut self) {
        let has_path = std::mem::take(&mut self.chronicle.has_path);
        for (number, seen) in self.seen.iter().enumerate().filter(|(number, _)| !has_path[*number]) {
            let commit = match &seen.holder {
                Holder::Commit(id) => self.chronicle.graph.find(id),
                _ => None,
            };
            if !self.is_asked_for(&seen.holder, commit) {
                continue;
            }
            let (name, kind) = self.name_of(&Place { seen: number, sighting: 0, path: None, commit });
            self.chronicle.note_apart(number, &name, kind, commit);
        }
    }

    /// Whether bytes that stand in no tree are in what was asked for.
    fn is_asked_for(&self, holder: &Holder, commit: Option<CommitIndex>) -> bool {
        let history = self.scan.history;
        if history.is_whole() && !history.options.no_unreachable {
            return true;
        }
        match holder {
            Holder::Ref(_) => true,
            Holder::Name(_) => false,
            Holder::Commit(_) => commit.is_some_and(|commit| self.chronicle.graph.is_reachable(commit)),
            Holder::Blob(id) | Holder::Tag(id) => self.scan.history.tips.iter().any(|tip| tip.leads_to(id)),
        }
    }

    /// How a place is shown, and the kind of file that it counts as.
    fn name_of(&self, place: &Place) -> (String, FileKind) {
        if let Some(path) = place.path {
            let shown = self.chronicle.shown(path);
            let kind = match self.seen[place.seen].holder {
                Holder::Blob(_) => FileKind::of(&shown),
                _ => FileKind::Unknown,
            };
            return (shown, kind);
        }
        match &self.seen[place.seen].holder {
            Holder::Blob(id) => (format!("blob:{id}"), FileKind::Unknown),
            Holder::Commit(id) => (format!("commit:{id}"), FileKind::Prose),
            Holder::Tag(id) => (format!("tag:{id}"), FileKind::Prose),
            Holder::Ref(name) => (self.ref_name(name), FileKind::Unknown),
            Holder::Name(name) => (self.masks[name].clone(), FileKind::Unknown),
        }
    }

    fn ref_name(&self, name: &[u8]) -> String {
        self.masks.get(name).cloned().unwrap_or_else(|| path::shown(name))
    }

    fn finding(&mut self, secret: SecretId) -> Option<Finding<'r>> {
        let life = self.life(secret);
        let options = &self.scan.history.options;
        let is_asked = if options.branches.is_empty() {
            life.is_reachable || !options.no_unreachable
        } else {
            life.is_reachable
        };
        let within = |change: &Change| {
            options.since.is_none_or(|since| change.committed >= since)
                && options.until.is_none_or(|until| change.committed <= until)
        };
        let has_limits = options.since.is_some() || options.until.is_some();
        if !is_asked || has_limits && !life.introduced.iter().any(within) {
            return None;
        }
        let own = self.own_place(secret);
        let mut life = life;
        life.novelty = self.novelty(secret, &own);
        if life.novelty == Some(Novelty::AlreadyThere) && !options.with_known {
            return None;
        }
        life.is_note = match life.novelty {
            None | Some(Novelty::NewAtHead) => false,
            Some(Novelty::AddedThenRemoved) => options.removed_is_note,
            Some(Novelty::Moved | Novelty::AlreadyThere) => true,
        };
        let mut finding = self.show(&own)?;
        life.commit = own.commit.map(|commit| self.chronicle.graph.id(commit).to_string());
        life.also_at = self.also_at(secret, &finding.location);
        if self.scan.history.options.shard.is_some() {
            life.share = Some(self.share(secret, &own, &mut life));
        }
        finding.suppression = self.suppression(secret);
        finding.reused_in = reuse(&finding.location, &life.also_at);
        finding.state = BaselineState::New;
        // Of a history that was read in part nobody knows what leads where.
        finding.life = (!self.scan.progress.is_stopped()).then(|| Box::new(life));
        Some(finding)
    }

    /// What the other shards need to know; gives the changes and places of a life their numbers.
    fn share(&mut self, secret: SecretId, own: &Place, life: &mut Life) -> Share {
        let graph = self.chronicle.graph;
        let (held, ever) = self.chronicle.held_and_ever(secret);
        let told = self.chronicle.secrets[secret].told.clone();
        let lost = self.chronicle.secrets[secret].lost.clone();
        let mut lost: Vec<Change> = lost.into_iter().map(|commit| self.change(commit)).collect();
        let number = |commit: &str| commit.parse::<ObjectId>().ok().and_then(|id| graph.find(&id));
        let now = self.scan.options.inspect.now;
        for change in life.introduced.iter_mut().chain(&mut life.removed).chain(&mut lost) {
            change.standing = number(&change.commit).map(|index| Standing {
                index,
                parents: if told.contains(&index) { Vec::new() } else { graph.parents(index).to_vec() },
                days: days(now, graph.time(index)),
            });
        }
        for sight in &mut life.also_at {
            sight.index = sight.commit.as_deref().and_then(number);
        }
        Share {
            of: self.scan.coverage.shard.as_ref().map_or_else(String::new, |shard| shard.of.clone()),
            reachable: graph.reachable() as CommitIndex,
            held,
            ever,
            lost,
            in_head: self.is_in_head(own),
            index: own.commit,
        }
    }

    /// What the files of HEAD hold, or of all that counts as HEAD.
    fn heads(&self) -> impl Iterator<Item = u32> {
        let heads = self.scan.history.heads().iter().filter_map(|head| self.chronicle.graph.find(head));
        heads.map(|head| self.chronicle.held(head))
    }

    /// Whether HEAD holds a secret at this place.
    fn is_in_head(&self, place: &Place) -> bool {
        self.heads().any(|head| self.chronicle.holds_at(place, head))
    }

    /// Whether a place was there before the range.
    fn is_before(&self, place: &Place) -> bool {
        let before = self.before.as_ref();
        before.is_some_and(|before| place.commit.is_some_and(|commit| before.commits.contains(&commit)))
    }

    /// Whether the range brought a secret, whose own place this is.
    fn novelty(&self, secret: SecretId, own: &Place) -> Option<Novelty> {
        let before = self.before.as_ref()?;
        let chronicle = &self.chronicle;
        let story = &chronicle.secrets[secret];
        // Messages and tags are only those of the range.
        let is_introduced = story.introduced.iter().any(|commit| !before.commits.contains(commit))
            || story.places.iter().any(|place| place.path.is_none());
        let mut bases = before.bases.iter();
        let was_there = !is_introduced || bases.any(|base| chronicle.holds(secret, chronicle.held(*base)));
        let is_at_head = own.path.is_none() || self.is_in_head(own);
        let mut old = story.places.iter().filter(|place| self.is_before(place));
        Some(match (was_there, is_at_head) {
            (true, true) if !old.any(|place| place.path == own.path) => Novelty::Moved,
            (true, _) => Novelty::AlreadyThere,
            (false, true) => Novelty::NewAtHead,
            (false, false) => Novelty::AddedThenRemoved,
        })
    }

    /// The place that stands for a secret: one that is new, if a range was asked for; in HEAD if it is there,
    /// else where it came in first.
    fn own_place(&self, secret: SecretId) -> Place {
        let key = |place: &&Place| {
            let sighting = &self.seen[place.seen].sightings[place.sighting];
            let in_head = self.is_in_head(place);
            let first = if in_head { None } else { Some(place.commit.unwrap_or(CommitIndex::MAX)) };
            let is_old = self.is_before(place);
            (is_old, !in_head, sighting.suppression.is_some(), first, self.name_of(place).0, sighting.start)
        };
        let places = &self.chronicle.secrets[secret].places;
        *places.iter().min_by_key(key).expect("a secret was seen somewhere")
    }

    /// Reads a place again, as if it was a file.
    fn show(&mut self, place: &Place) -> Option<Finding<'r>> {
        let (path, kind) = self.name_of(place);
        let bytes = match &self.seen[place.seen].holder {
            Holder::Ref(name) | Holder::Name(name) => name.clone(),
            Holder::Blob(id) | Holder::Commit(id) | Holder::Tag(id) => {
                let format = self.scan.history.store.format();
                match self.reader.read(id) {
                    Ok(object) => text(format, object).to_vec(),
                    Err(error) => {
                        self.scan.problem(format!("object:{id}"), error.to_string());
                        return None;
                    }
                }
            }
        };
        let provenance = Provenance::Object { path: path.clone(), kind };
        let (mut found, mut notes) = (Vec::new(), Vec::new());
        let blob = Blob::whole(&bytes, &provenance);
        self.scan.inspector.findings(&blob, &mut Scratch::default(), &mut found, &mut notes);
        finding::pair(&mut found);
        let sighting = &self.seen[place.seen].sightings[place.sighting];
        let is_it = |finding: &Finding<'r>| {
            finding.location.byte_offset == sighting.byte_offset
                && finding.rule.id == sighting.rule().id
                && finding.fingerprint == sighting.fingerprint
        };
        let shown = found.into_iter().find(is_it);
        debug_assert!(shown.is_some(), "what was seen in {path} is found there");
        shown
    }

    /// A silenced place in HEAD speaks for all before it; else all places are to be silenced.
    fn suppression(&self, secret: SecretId) -> Option<finding::Suppression> {
        let places = &self.chronicle.secrets[secret].places;
        let in_head: Vec<_> = places.iter().filter(|place| self.is_in_head(place)).collect();
        let deciding = if in_head.is_empty() { places.iter().collect() } else { in_head };
        let of =
            |place: &&Place| self.seen[place.seen].sightings[place.sighting].suppression.as_deref().cloned();
        let suppressions: Option<Vec<_>> = deciding.iter().map(of).collect();
        suppressions?.into_iter().next()
    }

    /// All places but one, each once, with the first commit that shows it.
    fn also_at(&self, secret: SecretId, own: &Location) -> Vec<Sight> {
        let mut first: BTreeMap<(String, _, _), (Option<CommitIndex>, u64)> = BTreeMap::new();
        for place in &self.chronicle.secrets[secret].places {
            let sighting = &self.seen[place.seen].sightings[place.sighting];
            let key = (self.name_of(place).0, sighting.start, sighting.end);
            let commit = place.commit.unwrap_or(CommitIndex::MAX);
            let entry = first.entry(key).or_insert((Some(commit), sighting.byte_offset));
            if entry.0.is_some_and(|known| commit < known) {
                *entry = (Some(commit), sighting.byte_offset);
            }
        }
        let sights = first.into_iter().map(|((path, start, end), (commit, byte_offset))| {
            let commit = commit.filter(|commit| *commit != CommitIndex::MAX);
            let commit = commit.map(|commit| self.chronicle.graph.id(commit).to_string());
            Sight { location: Location { path, start, end, byte_offset }, commit, index: None }
        });
        let is_own = |sight: &Sight| (&sight.location.path, sight.location.start) == (&own.path, own.start);
        sights.filter(|sight| !is_own(sight)).collect()
    }

    /// All of a life but its places.
    fn life(&mut self, secret: SecretId) -> Life {
        let graph = self.chronicle.graph;
        let story = &self.chronicle.secrets[secret];
        let (mut introduced, mut removed) = (story.introduced.clone(), story.removed.clone());
        if introduced.iter().any(|commit| graph.is_reachable(*commit)) {
            introduced.retain(|commit| graph.is_reachable(*commit));
            removed.retain(|commit| graph.is_reachable(*commit));
        }
        let holders: BTreeSet<String> = story
            .places
            .iter()
            .filter_map(|place| match &self.seen[place.seen].holder {
                Holder::Blob(id) | Holder::Commit(id) | Holder::Tag(id) => Some(id.to_string()),
                _ => None,
            })
            .collect();
        let messages: BTreeSet<CommitIndex> = story
            .places
            .iter()
            .filter(|place| place.path.is_none())
            .filter_map(|place| place.commit)
            .collect();
        let named = self.named_directly(secret);
        let descends = graph.descendants(&[introduced.clone(), messages.into_iter().collect()]);
        let (mut refs, mut kept_by): (BTreeSet<String>, BTreeSet<String>) = (named.clone(), named);
        for tip in self.scan.history.tips.iter().filter(|tip| tip.is_ref) {
            let Some((kind, id)) = tip.peeled else { continue };
            let name = self.ref_name(&tip.name);
            match (kind, graph.find(&id)) {
                (Kind::Commit, Some(commit)) => {
                    let bits = descends[commit as usize];
                    if bits & 2 != 0 || self.chronicle.holds(secret, self.chronicle.held(commit)) {
                        refs.insert(name.clone());
                    }
                    if bits != 0 {
                        kept_by.insert(name);
                    }
                }
                (Kind::Tree, _) if self.chronicle.holds(secret, self.chronicle.holdings.of(&id)) => {
                    refs.insert(name.clone());
                    kept_by.insert(name);
                }
                _ => {}
            }
        }
        let mut heads = self.scan.history.heads().iter().filter_map(|head| graph.find(head));
        let in_head = self.heads().any(|head| self.chronicle.holds(secret, head))
            || heads.any(|head| descends[head as usize] & 2 != 0);
        // Where refs cannot be read, everything may be reachable.
        let is_reachable = introduced.iter().any(|commit| graph.is_reachable(*commit))
            || !kept_by.is_empty()
            || self.scan.history.store.ref_storage.is_some();
        let is_remote = |name: &String| name.starts_with("refs/remotes/") || name.starts_with("refs/pull/");
        let is_shared = kept_by.iter().any(|name| self.scan.history.store.is_bare || is_remote(name));
        if let Some(before) = &self.before {
            introduced.retain(|commit| !before.commits.contains(commit));
        }
        let first = introduced.iter().map(|commit| graph.time(*commit)).min();
        let now = self.scan.options.inspect.now;
        let mut changes = |commits: &[CommitIndex]| -> Vec<Change> {
            commits.iter().map(|commit| self.change(*commit)).collect()
        };
        Life {
            introduced: changes(&introduced),
            removed: changes(&removed),
            objects: holders,
            refs: refs.into_iter().collect(),
            kept_by: kept_by.into_iter().collect(),
            in_head,
            is_reachable,
            is_shared,
            exposed_days: first.map(|first| days(now, first)),
            ..Life::default()
        }
    }

    /// The refs that name one of a secret's objects themselves, or whose name it is in.
    fn named_directly(&self, secret: SecretId) -> BTreeSet<String> {
        let mut names = BTreeSet::new();
        for place in self.chronicle.secrets[secret].places.iter().filter(|place| place.path.is_none()) {
            match &self.seen[place.seen].holder {
                Holder::Blob(id) | Holder::Tag(id) => {
                    let tips = self.scan.history.tips.iter().filter(|tip| tip.is_ref);
                    let naming = tips.filter(|tip| tip.leads_to(id));
                    names.extend(naming.map(|tip| self.ref_name(&tip.name)));
                }
                Holder::Ref(name) => {
                    names.insert(self.ref_name(name));
                }
                Holder::Commit(_) | Holder::Name(_) => {}
            }
        }
        names
    }

    /// What a commit says of itself.
    fn change(&mut self, commit: CommitIndex) -> Change {
        if let Some(change) = self.changes.get(&commit) {
            return change.clone();
        }
        let format = self.scan.history.store.format();
        let id = self.chronicle.graph.id(commit);
        let mut change = Change { commit: id.to_string(), ..Change::default() };
        if let Ok(object) = self.reader.read(&id)
            && let Some(read) = Commit::parse(format, object.bytes)
        {
            let (name, email) = self.people.find(&read.author);
            change = Change {
                author: name,
                email,
                authored: read.author.seconds,
                committed: read.committer.seconds,
                ..change
            };
        }
        self.changes.insert(commit, change.clone());
        change
    }
}

/// What of an object was scanned.
fn text(format: ObjectFormat, object: Object<'_>) -> &[u8] {
    match object.kind {
        Kind::Commit => Commit::parse(format, object.bytes).map_or(object.bytes, |commit| commit.message),
        Kind::Tag => Tag::parse(object.bytes).map_or(object.bytes, |tag| tag.message),
        Kind::Blob | Kind::Tree => object.bytes,
    }
}

/// Whole days from one time to another; none when it has not come yet.
fn days(now: i64, then: i64) -> u64 {
    u64::try_from((now - then) / DAY).unwrap_or(0)
}

/// Other environments whose files hold the same value.
fn reuse(own: &Location, others: &[Sight]) -> Vec<Reuse> {
    let Some(environment) = path::environment(&own.path) else { return Vec::new() };
    let mut places = BTreeMap::new();
    for sight in others {
        if let Some(other) = path::environment(&sight.location.path).filter(|other| *other != environment) {
            places.entry(other).or_insert_with(|| sight.location.path.clone());
        }
    }
    places.into_iter().map(|(environment, path)| Reuse { environment, path }).collect()
}

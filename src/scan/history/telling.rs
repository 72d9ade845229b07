//! Tells of secrets whose places and commits are known: one finding for each, with its life.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io::Cursor;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use super::life::HoldingRef;
use super::{HistoryScan, text};
use crate::blob::{Blob, Provenance};
use crate::engine::Scratch;
use crate::finding::{
    self, BaselineState, Change, Finding, Inspector, Life, Location, Novelty, Reuse, Sight,
};
use crate::git::pack::Reader;
use crate::git::{CommitIndex, People};
use crate::path::{self, FileKind};
use crate::scan::chronicle::{Chronicle, Holder, Member, Place, SecretId, Seen};
use crate::source::archive::Input;
use crate::source::{Skip, Tally, archive_format, lend_members};

/// The order in which findings of history are told: what is in HEAD first, then by severity and date.
pub fn in_order_of_history(a: &Finding<'_>, b: &Finding<'_>) -> std::cmp::Ordering {
    let key = |finding: &Finding<'_>| {
        let life = finding.life.as_deref();
        let in_head = life.is_some_and(|life| life.in_head);
        let reachable = life.is_some_and(|life| life.is_reachable);
        (in_head, reachable, finding.severity, life.and_then(Life::since))
    };
    key(b).cmp(&key(a)).then_with(|| {
        (&*a.rule.id, &a.location, a.fingerprint).cmp(&(&*b.rule.id, &b.location, b.fingerprint))
    })
}

/// Turns secrets and their places into findings.
pub(super) struct Telling<'t, 's, 'r> {
    pub scan: &'t mut HistoryScan<'s, 'r>,
    pub seen: &'t [Seen<'r>],
    masks: &'t BTreeMap<Vec<u8>, String>,
    pub chronicle: Chronicle<'t, 'r>,
    /// All refs, in the order of their names.
    pub refs: Vec<HoldingRef>,
    /// What stood before the range that was asked for.
    pub before: Option<Before>,
    pub people: People,
    pub reader: Reader<'t>,
    /// What was read of commits.
    pub changes: HashMap<CommitIndex, Change>,
}

/// What stood before a range of commits.
pub(super) struct Before {
    /// The commits that those of the range follow.
    pub commits: BTreeSet<CommitIndex>,
    /// Those of them at which the range begins.
    pub bases: Vec<CommitIndex>,
}

impl<'t, 's, 'r> Telling<'t, 's, 'r> {
    /// Begins to tell of what a chronicle follows; `before` of a range.
    pub fn new(
        scan: &'t mut HistoryScan<'s, 'r>,
        chronicle: Chronicle<'t, 'r>,
        before: Option<Before>,
    ) -> Self {
        let history = scan.history;
        let masks = chronicle.masks;
        let refs = HoldingRef::all(&history.tips, &chronicle, |name| shown(masks, name));
        Self {
            people: history.store.people(),
            reader: history.store.objects.reader(),
            scan,
            seen: chronicle.seen,
            masks,
            chronicle,
            refs,
            before,
            changes: HashMap::new(),
        }
    }
}

impl<'r> Telling<'_, '_, 'r> {
    /// All findings: what is in HEAD first, then by severity and date.
    pub fn findings(mut self) -> Vec<Finding<'r>> {
        self.add_what_is_no_file();
        self.tell_submodules();
        let secrets: Vec<SecretId> = (0..self.chronicle.secrets.len()).collect();
        let mut findings: Vec<_> = secrets.into_iter().filter_map(|secret| self.finding(secret)).collect();
        findings.sort_by(in_order_of_history);
        findings
    }

    /// Names the repositories that were put into this one and are not scanned with it: each has a history of its
    /// own.
    fn tell_submodules(&mut self) {
        if !self.scan.counts_for_all() || self.before.is_some() {
            return;
        }
        let paths: BTreeSet<String> =
            self.chronicle.submodules.iter().map(|path| self.chronicle.shown(*path)).collect();
        let history = self.scan.history;
        for path in paths.difference(&history.submodules) {
            self.scan.coverage.skipped(Skip::Submodule, Tally::file(0));
            let why = if history.is_whole() { "is not here" } else { "was not asked for" };
            let note = format!("{path} is a repository of its own, which {why} and was not scanned");
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
            let (name, kind) = self.outer_name_of(&Place { seen: number, sighting: 0, path: None, commit });
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
        let (outer, kind) = self.outer_name_of(place);
        match &self.seen[place.seen].member {
            Some(member) => {
                let (shown, own) = member.at(&outer);
                (shown, FileKind::of(&own))
            }
            None => (outer, kind),
        }
    }

    /// The same of the archive that a place is in.
    fn outer_name_of(&self, place: &Place) -> (String, FileKind) {
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
            Holder::Ref(name) => (shown(self.masks, name), FileKind::Unknown),
            Holder::Name(name) => (self.masks[name].clone(), FileKind::Unknown),
        }
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
        // A shard does not know yet which commits brought it.
        let has_limits = (options.since.is_some() || options.until.is_some()) && options.shard.is_none();
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

    /// What the files of HEAD hold, or of all that counts as HEAD.
    pub(super) fn heads(&self) -> impl Iterator<Item = u32> {
        let heads = self.scan.history.heads().iter().filter_map(|head| self.chronicle.graph.find(head));
        heads.map(|head| self.chronicle.held(head))
    }

    /// Whether HEAD holds a secret at this place.
    pub(super) fn is_in_head(&self, place: &Place) -> bool {
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
        let (path, kind) = self.outer_name_of(place);
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
        let mut found = match &self.seen[place.seen].member {
            Some(member) => found_in_member(self.scan.inspector, member, &bytes, &provenance),
            None => found_in(self.scan.inspector, &Blob::whole(&bytes, &provenance)),
        };
        finding::pair(&mut found);
        finding::tell_apart(&mut found);
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
}

/// The findings in some bytes.
fn found_in<'r>(inspector: &Inspector<'r>, blob: &Blob<'_>) -> Vec<Finding<'r>> {
    let (mut found, mut notes) = (Vec::new(), Vec::new());
    inspector.findings(blob, &mut Scratch::default(), &mut found, &mut notes);
    found
}

/// The findings in a member of an archive.
fn found_in_member<'r>(
    inspector: &Inspector<'r>,
    member: &Member,
    bytes: &[u8],
    provenance: &Provenance,
) -> Vec<Finding<'r>> {
    let Some(format) = archive_format(bytes) else { return Vec::new() };
    let (found, stop) = (Mutex::new(Vec::new()), AtomicBool::new(false));
    let lend = |number: Option<u32>, blob: Blob<'_>| {
        let mut found = found.lock().unwrap_or_else(PoisonError::into_inner);
        if member.is(number) {
            found.extend(found_in(inspector, &blob));
        } else if !found.is_empty() {
            // What comes after it is of no interest.
            stop.store(true, Ordering::Relaxed);
        }
    };
    lend_members(format, Input::File(&mut Cursor::new(bytes)), provenance, &stop, &lend);
    found.into_inner().unwrap_or_else(PoisonError::into_inner)
}

/// How the name of a ref is shown.
fn shown(masks: &BTreeMap<Vec<u8>, String>, name: &[u8]) -> String {
    masks.get(name).cloned().unwrap_or_else(|| path::shown(name))
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

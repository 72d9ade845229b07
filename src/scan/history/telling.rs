//! Tells of secrets whose places and commits are known: one finding for each, with its life.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;

use super::HistoryScan;
use super::life::{Descendants, HoldingRef};
use super::place::shown;
use crate::finding::{BaselineState, Change, Environments, Finding, Life, Novelty};
use crate::git::pack::Reader;
use crate::git::{CommitIndex, ObjectId, PathId, People};
use crate::scan::chronicle::{Chronicle, Holder, Place, SecretId, Seen};
use crate::source::{Skip, Tally};

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
    pub masks: &'t BTreeMap<Vec<u8>, String>,
    pub chronicle: Chronicle<'t, 'r>,
    /// All refs, in the order of their names.
    pub refs: Vec<HoldingRef>,
    /// What stood before the range that was asked for.
    pub before: Option<Before>,
    pub people: People,
    pub reader: Reader<'t>,
    /// Commits in whose headers something was seen, and its number.
    pub headers: HashMap<ObjectId, usize>,
    /// What was read of commits.
    pub changes: HashMap<CommitIndex, Change>,
    /// Those that follow the commits of the secrets told last.
    pub descendants: Option<Rc<Descendants>>,
    /// The findings at the place that was shown last.
    pub shown: Option<Shown<'r>>,
}

/// What is to be seen in some bytes at a path.
pub(super) struct Shown<'r> {
    /// The number of what was seen, and the path.
    pub at: (usize, Option<PathId>),
    pub found: Vec<Finding<'r>>,
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
        let in_headers = |(number, seen): (usize, &Seen<'r>)| match &seen.holder {
            Holder::Commit(id) => seen.member.is_some().then_some((*id, number)),
            _ => None,
        };
        let headers = chronicle.seen.iter().enumerate().filter_map(in_headers).collect();
        Self {
            people: history.store.people(),
            reader: history.store.objects.reader(),
            scan,
            seen: chronicle.seen,
            masks,
            chronicle,
            refs,
            before,
            headers,
            changes: HashMap::new(),
            descendants: None,
            shown: None,
        }
    }
}

impl<'r> Telling<'_, '_, 'r> {
    /// All findings: what is in HEAD first, then by severity and date.
    pub fn findings(mut self) -> Vec<Finding<'r>> {
        self.name_archives();
        self.add_what_is_no_file();
        self.tell_submodules();
        let secrets: Vec<SecretId> = (0..self.chronicle.secrets.len()).collect();
        let mut findings: Vec<_> = secrets.into_iter().filter_map(|secret| self.finding(secret)).collect();
        findings.sort_by(in_order_of_history);
        findings
    }

    /// Calls archives that are not whole by their paths, which nobody knew when they were opened.
    fn name_archives(&mut self) {
        for problem in &mut self.scan.coverage.problems {
            let Some(own) = problem.path.strip_prefix("blob:") else { continue };
            let (id, inside) = own.split_at(own.find('!').unwrap_or(own.len()));
            let path = id.parse().ok().and_then(|id| self.chronicle.path_of(&id));
            if let Some(path) = path {
                problem.message = format!("{} (blob {id})", problem.message);
                problem.path = format!("{path}{inside}");
            }
        }
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
        let mut finding = self.show(&own)?;
        life.novelty = self.novelty(secret, &own, &finding);
        if life.novelty == Some(Novelty::AlreadyThere) && !options.with_known {
            return None;
        }
        life.is_note = match life.novelty {
            None | Some(Novelty::NewAtHead) => false,
            Some(Novelty::AddedThenRemoved) => options.removed_is_note,
            Some(Novelty::Moved | Novelty::AlreadyThere) => true,
        };
        life.commit =
            self.first_commit(secret, &own).map(|commit| self.chronicle.graph.id(commit).to_string());
        life.also_at = self.also_at(secret, &finding.location);
        if self.scan.history.options.shard.is_some() {
            life.share = Some(self.share(secret, &own, &mut life));
        }
        finding.suppression = self.suppression(secret);
        let places = life.also_at.iter().map(|sight| &*sight.location.path);
        finding.reused_in = places.collect::<Environments>().other_than(&finding.location.path);
        finding.state = BaselineState::New;
        // Of a history that was read in part nobody knows what leads where.
        finding.life = (!self.scan.progress.is_stopped()).then(|| Box::new(life));
        Some(finding)
    }

    /// Whether the range brought a secret, whose own place this is.
    fn novelty(&self, secret: SecretId, own: &Place, finding: &Finding<'r>) -> Option<Novelty> {
        let before = self.before.as_ref()?;
        let chronicle = &self.chronicle;
        let story = &chronicle.secrets[secret];
        // Messages and tags are only those of the range.
        let is_introduced = story.introduced.iter().any(|commit| !before.commits.contains(commit))
            || story.places.iter().any(|place| place.path.is_none());
        let mut old = story.places.iter().filter(|place| self.is_before(place));
        let rules = self.scan.inspector.scanner().rules();
        let is_told = |place: &Place| {
            let sighting = &self.seen[place.seen].sightings[place.sighting];
            let (path, line) = (self.name_of(place).0, sighting.start.line);
            sighting.suppression.is_none()
                && !self.scan.options.judgement.silences_elsewhere(finding, &path, line, rules)
        };
        // What was silenced there was no matter to anyone yet.
        let was_silenced = old.clone().next().is_some() && !old.clone().any(is_told);
        let is_at_head = own.path.is_none() || self.is_in_head(own);
        let holds = |base: &CommitIndex| chronicle.holds(secret, chronicle.held(*base));
        // Who merges may bring back what the others had removed: then no commit of the range introduced it.
        let is_back = is_at_head && !before.bases.is_empty();
        let was_there = before.bases.iter().any(holds) || !is_introduced && !is_back;
        let was_there = was_there && !was_silenced;
        Some(match (was_there, is_at_head) {
            (true, true) if !old.any(|place| place.path == own.path) => Novelty::Moved,
            (true, _) => Novelty::AlreadyThere,
            (false, true) => Novelty::NewAtHead,
            (false, false) => Novelty::AddedThenRemoved,
        })
    }
}

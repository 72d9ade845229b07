//! The places of a secret: what each is called, which of them stands for it, and what it shows.

use std::collections::BTreeMap;
use std::io::Cursor;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use super::telling::{Before, Shown, Telling};
use super::text;
use crate::blob::{Blob, Provenance};
use crate::engine::Scratch;
use crate::finding::{self, Finding, Inspector, Location, Sight};
use crate::git::pack::ObjectError;
use crate::git::{CommitIndex, ObjectId, header_text};
use crate::lock::{into_inner, lock};
use crate::path::{self, FileKind};
use crate::scan::chronicle::{HEADERS, Holder, Member, Place, SecretId, Seen};
use crate::source::archive::Input;
use crate::source::{archive_format, lend_large, lend_members};

/// What is told of a secret that two looks at the same bytes disagree about: it is not let go in silence.
const LOST: &str =
    "a secret was seen here and not found again to be shown; this is a defect of stanch, please report it";

impl<'r> Telling<'_, '_, 'r> {
    /// How a place is shown, and the kind of file that it counts as.
    pub(super) fn name_of(&self, place: &Place) -> (String, FileKind) {
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
    pub(super) fn outer_name_of(&self, place: &Place) -> (String, FileKind) {
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

    /// What the files of HEAD hold, or of all that counts as HEAD.
    pub(super) fn heads(&self) -> impl Iterator<Item = u32> {
        let heads = self.scan.history.heads().iter().filter_map(|head| self.chronicle.graph.find(head));
        heads.map(|head| self.chronicle.held(head))
    }

    /// Whether HEAD holds a secret at this place.
    pub(super) fn is_in_head(&self, place: &Place) -> bool {
        self.heads().any(|head| self.chronicle.holds_at(place, head))
    }

    /// Whether a place was there before the range, and still where it begins.
    pub(super) fn is_before(&self, place: &Place) -> bool {
        self.before.as_ref().is_some_and(|Before { commits, bases }| {
            let stands = |base: &CommitIndex| self.chronicle.holds_at(place, self.chronicle.held(*base));
            place.commit.is_some_and(|commit| commits.contains(&commit))
                && (bases.is_empty() || bases.iter().any(stands))
        })
    }

    /// The place that stands for a secret: one that is new, if a range was asked for; in HEAD if it is there,
    /// else where it came in first.
    pub(super) fn own_place(&self, secret: SecretId) -> Place {
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

    /// What is to be seen at a place.
    pub(super) fn show(&mut self, place: &Place) -> Option<Finding<'r>> {
        let at = (place.seen, place.path);
        let found = match self.shown.take().filter(|shown| shown.at == at) {
            Some(shown) => shown.found,
            None => self.find_again(place)?,
        };
        let sighting = &self.seen[place.seen].sightings[place.sighting];
        let is_it = |finding: &&Finding<'r>| {
            finding.location.byte_offset == sighting.byte_offset
                && finding.rule.id == sighting.rule().id
                && finding.fingerprint == sighting.fingerprint
        };
        let shown = found.iter().find(is_it).cloned();
        if shown.is_none() {
            let path = self.outer_name_of(place).0;
            self.scan.problem(path, LOST);
        }
        // Several secrets mostly stand in one file.
        self.shown = Some(Shown { at, found });
        shown
    }

    /// Reads the bytes of a place again, as if they were a file.
    fn find_again(&mut self, place: &Place) -> Option<Vec<Finding<'r>>> {
        let (path, kind) = self.outer_name_of(place);
        let Seen { holder, member, .. } = &self.seen[place.seen];
        let is_file = matches!(holder, Holder::Blob(_));
        let provenance = Provenance::Object { path: path.clone(), kind };
        let mut large = None;
        let bytes = match holder {
            Holder::Ref(name) | Holder::Name(name) => name.clone(),
            Holder::Blob(id) | Holder::Commit(id) | Holder::Tag(id) => {
                let format = self.scan.history.store.format();
                match self.reader.read(id) {
                    Ok(object) if member.is_some() && !is_file => header_text(object.bytes),
                    Ok(object) => text(format, object).to_vec(),
                    Err(ObjectError::TooLarge) if is_file => {
                        large = Some(self.found_in_large(id, member.as_ref(), &provenance)?);
                        Vec::new()
                    }
                    Err(error) => {
                        self.scan.problem(format!("object:{id}"), error.to_string());
                        return None;
                    }
                }
            }
        };
        let mut found = match member {
            _ if large.is_some() => large.unwrap_or_default(),
            Some(_) if !is_file => {
                let path = HEADERS.as_bytes().to_vec();
                let provenance = Provenance::Member { container: Arc::new(provenance), path };
                found_in(self.scan.inspector, &Blob::whole(&bytes, &provenance))
            }
            Some(member) => found_in_member(self.scan.inspector, member, &bytes, &provenance),
            None => found_in(self.scan.inspector, &Blob::whole(&bytes, &provenance)),
        };
        finding::pair(&mut found);
        finding::tell_apart(&mut found);
        Some(found)
    }

    /// The findings in an object that is too large to be held, or in a member of it.
    fn found_in_large(
        &mut self,
        id: &ObjectId,
        member: Option<&Member>,
        provenance: &Provenance,
    ) -> Option<Vec<Finding<'r>>> {
        let (inspector, stop) = (self.scan.inspector, AtomicBool::new(false));
        let found = Mutex::new(Vec::new());
        let lend = |number: Option<u32>, blob: Blob<'_>| {
            if member.is_none_or(|member| member.is(number)) {
                lock(&found).extend(found_in(inspector, &blob));
            }
        };
        let lent = self.reader.stream(id).and_then(|mut bytes| {
            let lent = lend_large(&mut bytes, provenance, member.is_some(), &stop, &lend);
            lent.map_err(|_| ObjectError::Inflate)
        });
        if let Err(error) = lent {
            self.scan.problem(format!("object:{id}"), error.to_string());
            return None;
        }
        Some(into_inner(found))
    }

    /// A silenced place in HEAD speaks for all before it; else all places are to be silenced.
    pub(super) fn suppression(&self, secret: SecretId) -> Option<finding::Suppression> {
        let places = &self.chronicle.secrets[secret].places;
        let in_head: Vec<_> = places.iter().filter(|place| self.is_in_head(place)).collect();
        let deciding = if in_head.is_empty() { places.iter().collect() } else { in_head };
        let of =
            |place: &&Place| self.seen[place.seen].sightings[place.sighting].suppression.as_deref().cloned();
        let suppressions: Option<Vec<_>> = deciding.iter().map(of).collect();
        suppressions?.into_iter().next()
    }

    /// The first commit that shows a secret where it stands: an earlier version of the file may have it there, too.
    pub(super) fn first_commit(&self, secret: SecretId, own: &Place) -> Option<CommitIndex> {
        let at = |place: &Place| {
            let sighting = &self.seen[place.seen].sightings[place.sighting];
            (self.name_of(place).0, sighting.start, sighting.end)
        };
        let (own_at, is_old) = (at(own), self.is_before(own));
        let places = self.chronicle.secrets[secret].places.iter();
        let alike = places.filter(|place| at(place) == own_at && self.is_before(place) == is_old);
        alike.filter_map(|place| place.commit).min().or(own.commit)
    }

    /// All places but one, each once, with the first commit that shows it.
    pub(super) fn also_at(&self, secret: SecretId, own: &Location) -> Vec<Sight> {
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
        let mut found = lock(&found);
        if member.is(number) {
            found.extend(found_in(inspector, &blob));
        } else if !found.is_empty() {
            // What comes after it is of no interest.
            stop.store(true, Ordering::Relaxed);
        }
    };
    lend_members(format, Input::File(&mut Cursor::new(bytes)), provenance, &stop, &lend);
    into_inner(found)
}

/// How the name of a ref is shown.
pub(super) fn shown(masks: &BTreeMap<Vec<u8>, String>, name: &[u8]) -> String {
    masks.get(name).cloned().unwrap_or_else(|| path::shown(name))
}

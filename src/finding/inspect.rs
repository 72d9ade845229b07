//! Everything between the engine's candidates of one blob and its findings.
//!
//! The engine judged bytes; here the path has its say, one of several rules for the same bytes is
//! chosen, and what is left gets a place, a frame and an identity. What depends on other blobs or on
//! the user's threshold is decided later, when all findings are known.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex};

use globset::GlobSet;
use regex::bytes::{Regex, RegexBuilder};

use super::document;
use super::frame::{Framer, Masked};
use super::line_hash::line_hashes;
use super::logged;
use super::resolve::winners_of;
use super::suppress::Allows;
use super::text::{Places, Text};
use super::{
    BaselineState, Beside, Finding, Fingerprint, Key, Location, Match, Note, Suppression, circumstances,
};
use crate::blob::{Blob, Content};
use crate::engine::{Candidate, Input, Proof, Reason, Scanner, Scratch, Verdict};
use crate::lock::lock;
use crate::path::FileKind;
use crate::rule::{RuleSpec, Severity, glob};
use crate::secret::Secret;
use crate::span::{Position, Span};

/// How the candidates of a blob are made into findings.
#[derive(Clone, Debug, Default)]
pub struct InspectOptions {
    /// The key of fingerprints.
    pub key: Key,
    /// Report what a comment allows.
    pub no_suppressions: bool,
    /// Do not honour the comments of other tools.
    pub own_comments_only: bool,
    /// The run's one clock, in seconds since 1970: what expired before is expired.
    pub now: i64,
}

/// Turns blobs into findings. Shared by all threads.
pub struct Inspector<'r> {
    pub(super) scanner: &'r Scanner,
    pub(super) options: InspectOptions,
    /// The rules about circumstances.
    about_circumstances: Vec<&'r RuleSpec>,
    paths: Mutex<HashMap<&'r str, Arc<Paths>>>,
}

/// A candidate and what became of it.
#[derive(Debug)]
pub struct Judged<'r> {
    /// The candidate.
    pub candidate: Candidate<'r>,
    /// What became of it.
    pub fate: Fate<'r>,
}

/// What became of a candidate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate<'r> {
    /// It is a finding.
    Kept,
    /// The filters dropped it.
    Dropped(Reason),
    /// It would be a secret in a file of another kind.
    OtherKind(FileKind),
    /// The rule does not hold for this path.
    OtherPath,
    /// Another rule speaks for the same bytes.
    Beaten(&'r str),
}

/// A candidate told to someone who asks why.
#[derive(Clone, Debug)]
pub struct Explained<'r> {
    /// Its rule.
    pub rule: &'r RuleSpec,
    /// Where it stands.
    pub location: Location,
    /// The value; hides itself.
    pub secret: Secret,
    /// What became of it.
    pub fate: Fate<'r>,
    /// The finding it became, with what silenced it.
    pub finding: Option<Finding<'r>>,
}

impl<'r> Inspector<'r> {
    /// Inspects with the rules of `scanner`.
    pub fn new(scanner: &'r Scanner, options: InspectOptions) -> Self {
        let rules = scanner.rules().iter();
        let about_circumstances = rules.filter(|rule| rule.detection.circumstance().is_some()).collect();
        Self { scanner, options, about_circumstances, paths: Mutex::default() }
    }

    /// What it searches with.
    pub fn scanner(&self) -> &'r Scanner {
        self.scanner
    }

    /// Appends the findings of a blob, in the order of their places, and what is to be told about it.
    pub fn findings(
        &self,
        blob: &Blob<'_>,
        scratch: &mut Scratch,
        found: &mut Vec<Finding<'r>>,
        notes: &mut Vec<Note>,
    ) {
        let text = Text::decode(blob);
        let candidates = self.candidates(&text, blob, scratch, false);
        if candidates.is_empty() {
            return;
        }
        let path = blob.provenance.display_path();
        let judged = self.judge(candidates, &blob.provenance.own_path(), blob.provenance.kind());
        self.place(&text, blob, &path, &judged, found, notes);
    }

    /// Everything the engine saw in a blob and what became of it, in the order of places.
    pub fn explain(&self, blob: &Blob<'_>, scratch: &mut Scratch) -> Vec<Explained<'r>> {
        let text = Text::decode(blob);
        let path = blob.provenance.display_path();
        let candidates = self.candidates(&text, blob, scratch, true);
        let judged = self.judge(candidates, &blob.provenance.own_path(), blob.provenance.kind());
        let (mut found, mut notes) = (Vec::new(), Vec::new());
        self.place(&text, blob, &path, &judged, &mut found, &mut notes);
        let mut places = text.places();
        let explain = |judged: Judged<'r>| {
            let span = judged.candidate.secret;
            let owned = places.owns(span.start);
            let (start, byte_offset) = places.place(span.start);
            let location = Location { path: path.clone(), start, end: places.place(span.end).0, byte_offset };
            let is_it = |finding: &&Finding<'r>| finding.location == location;
            let finding = found.iter().find(is_it).filter(|_| judged.fate == Fate::Kept).cloned();
            let secret = secret(&judged.candidate, &text);
            owned.then_some(Explained {
                rule: judged.candidate.rule,
                location,
                secret,
                fate: judged.fate,
                finding,
            })
        };
        judged.into_iter().filter_map(explain).collect()
    }

    /// What the engine finds, with its verdicts; what it drops only for those who ask.
    pub(super) fn candidates(
        &self,
        text: &Text<'_>,
        blob: &Blob<'_>,
        scratch: &mut Scratch,
        dropped: bool,
    ) -> Vec<(Candidate<'r>, Verdict)> {
        // Fresh spans name stored bytes; UTF-16 is scanned whole, since its decoded ones stand elsewhere.
        let input = Input {
            bytes: &text.bytes,
            binary: text.content == Content::Binary,
            fresh: blob.fresh.filter(|_| text.sections.are_as_stored()),
            landmarks: None,
        };
        let mut candidates = Vec::new();
        self.scanner.scan(input, scratch, &mut |candidate, verdict| {
            if dropped || !matches!(verdict, Verdict::Drop(_)) {
                candidates.push((candidate, verdict));
            }
        });
        document::judge(text, &mut candidates);
        candidates
    }

    /// Applies what depends on the path, and lets one rule speak for each secret.
    fn judge(
        &self,
        candidates: Vec<(Candidate<'r>, Verdict)>,
        path: &str,
        kind: FileKind,
    ) -> Vec<Judged<'r>> {
        let mut kept = Vec::new();
        let mut judged = Vec::new();
        for (candidate, verdict) in candidates {
            let fate = match verdict {
                Verdict::Drop(reason) => Fate::Dropped(reason),
                Verdict::KeepIf(kinds) if !kinds.contains(kind) => Fate::OtherKind(kind),
                Verdict::Keep | Verdict::KeepIf(_) if !self.holds_for(candidate.rule, path) => {
                    Fate::OtherPath
                }
                Verdict::Keep | Verdict::KeepIf(_) => {
                    kept.push(candidate);
                    continue;
                }
            };
            judged.push(Judged { candidate, fate });
        }
        let winners = winners_of(&mut kept);
        let fates: Vec<_> = winners
            .into_iter()
            .map(|winner| winner.map_or(Fate::Kept, |at| Fate::Beaten(&kept[at].rule.id)))
            .collect();
        judged.extend(kept.into_iter().zip(fates).map(|(candidate, fate)| Judged { candidate, fate }));
        judged.sort_by(|a, b| {
            let key = |judged: &Judged<'r>| (judged.candidate.secret, judged.candidate.matched);
            key(a).cmp(&key(b)).then_with(|| a.candidate.rule.id.cmp(&b.candidate.rule.id))
        });
        judged
    }

    /// Whether `path` is one that the rule is for.
    pub(super) fn holds_for(&self, rule: &'r RuleSpec, path: &str) -> bool {
        if rule.path.is_empty() && rule.freeform().is_none_or(|freeform| freeform.path.is_empty()) {
            return true;
        }
        let mut paths = lock(&self.paths);
        let paths = paths.entry(&rule.id).or_insert_with(|| Arc::new(Paths::of(rule))).clone();
        paths.hold(path)
    }

    /// What comments of a text allow, unless they do not count.
    pub(super) fn allows<'t>(
        &self,
        framer: &Framer<'t>,
        path: &str,
        notes: &mut Vec<Note>,
    ) -> Option<Allows<'t>> {
        (!self.options.no_suppressions).then(|| {
            let allows = Allows::read(framer, path, self.scanner.rules(), notes);
            if self.options.own_comments_only { allows } else { allows.with_others() }
        })
    }

    /// Makes findings of what was kept and begins in the bytes that this part owns.
    fn place(
        &self,
        text: &Text<'_>,
        blob: &Blob<'_>,
        path: &str,
        judged: &[Judged<'r>],
        found: &mut Vec<Finding<'r>>,
        notes: &mut Vec<Note>,
    ) {
        let secrets = judged.iter().filter(|judged| matches!(judged.fate, Fate::Kept | Fate::Beaten(_)));
        let masks: Vec<_> = secrets.map(|judged| masked(&judged.candidate)).collect();
        if masks.is_empty() {
            return;
        }
        let framer = Framer::new(text, masks);
        let allows = self.allows(&framer, path, notes);
        let is_log = matches!(blob.provenance.kind(), FileKind::Log | FileKind::Unknown)
            && text.content != Content::Binary;
        let first = found.len();
        let mut places = text.places();
        for Judged { candidate, .. } in judged.iter().filter(|judged| judged.fate == Fate::Kept) {
            let Some(placed) = self.placed(text, &mut places, allows.as_ref(), candidate) else { continue };
            let Placed { start, end, byte_offset, .. } = placed;
            let span = candidate.secret;
            let expired = candidate.expires.is_some_and(|date| date < self.options.now);
            found.push(Finding {
                fingerprint: placed.fingerprint,
                rule: candidate.rule,
                credential: None,
                beside: placed.beside,
                severity: if expired { candidate.severity.min(Severity::Low) } else { candidate.severity },
                confidence: candidate.confidence,
                proof: if expired { Proof::Expired } else { candidate.proof },
                expires: candidate.expires,
                facts: candidate.facts.clone(),
                decoded: candidate.decoding.as_ref().map_or_else(Vec::new, |it| it.encodings.clone()),
                location: Location { path: path.to_owned(), start, end, byte_offset },
                logged_at: is_log.then(|| logged_at(text, span)).flatten(),
                secret: placed.secret,
                matched: Match {
                    start: placed.matched,
                    text: Secret::password(candidate.matched.of(&text.bytes)),
                },
                frame: framer.frame(masked(candidate), start.line),
                provenance: blob.provenance.clone(),
                state: BaselineState::New,
                suppression: placed.suppression,
                paired_with: Vec::new(),
                reused_in: Vec::new(),
                line_hash: None,
                life: None,
            });
        }
        found[first..].iter_mut().for_each(super::exposure::raise);
        // A hash depends on all lines before, so only a whole file can be hashed.
        if blob.part.is_none() {
            hash_lines(&text.bytes, &mut found[first..]);
        }
    }
}

/// The place and identity of a candidate.
pub(super) struct Placed<'r> {
    pub secret: Secret,
    pub fingerprint: Fingerprint,
    pub start: Position,
    pub end: Position,
    /// Where it begins in the blob as it is stored.
    pub byte_offset: u64,
    /// Where what its rule matched begins.
    pub matched: Position,
    pub suppression: Option<Suppression>,
    pub beside: Vec<Beside<'r>>,
}

impl<'r> Inspector<'r> {
    /// Gives a candidate its place and identity, unless it begins in bytes which another part owns. Those of a text are asked for in
    /// the order of their places.
    pub(super) fn placed(
        &self,
        text: &Text<'_>,
        places: &mut Places<'_>,
        allows: Option<&Allows<'_>>,
        candidate: &Candidate<'r>,
    ) -> Option<Placed<'r>> {
        let span = candidate.secret;
        if !places.owns(span.start) {
            return None;
        }
        let (start, byte_offset) = places.place(span.start);
        let (end, _) = places.place(span.end);
        let secret = secret(candidate, text);
        let silenced = |rule: &RuleSpec| allows.and_then(|allows| allows.of(rule, span));
        let suppression = silenced(candidate.rule);
        // What silences the secret silences what is said of it, too.
        let mut beside = circumstances(self.about_circumstances.iter().copied(), &text.bytes, candidate);
        for Beside { rule, suppression: own, .. } in &mut beside {
            *own = suppression.clone().or_else(|| silenced(rule));
        }
        Some(Placed {
            fingerprint: Fingerprint::of(&secret, &self.options.key),
            secret,
            start,
            end,
            byte_offset,
            matched: text.before(candidate.matched.start, span.start, start),
            suppression,
            beside,
        })
    }
}

/// When the line was written on which a secret begins.
fn logged_at(text: &Text<'_>, secret: Span) -> Option<String> {
    let line = text.line(secret.start).span;
    let within = |at: usize| at.clamp(line.start, line.end) - line.start;
    logged::logged_at(line.of(&text.bytes), Span::new(within(secret.start), within(secret.end)))
}

/// Fills in the hashes of the lines at which findings of one file begin.
fn hash_lines(bytes: &[u8], found: &mut [Finding<'_>]) {
    let mut lines: Vec<u64> = found.iter().map(|finding| finding.location.start.line).collect();
    lines.sort_unstable();
    lines.dedup();
    let hashes = line_hashes(bytes, &lines);
    for finding in found {
        let index =
            lines.binary_search(&finding.location.start.line).expect("every finding's line was listed");
        finding.line_hash = hashes[index].clone();
    }
}

/// The secret of a candidate, and whether its mask may show some of it.
pub(super) fn masked(candidate: &Candidate<'_>) -> Masked {
    Masked { span: candidate.secret, password: candidate.rule.is_hidden() }
}

/// The secret of a candidate as it is used, however it is written.
pub(super) fn secret(candidate: &Candidate<'_>, text: &Text<'_>) -> Secret {
    let decoded = candidate.decoding.as_ref().map(|decoding| decoding.secret.clone());
    decoded.unwrap_or_else(|| masked(candidate).secret(text))
}

/// The paths of a rule: those of its globs and of its expression, where it has them.
struct Paths {
    globs: Option<GlobSet>,
    regex: Option<Regex>,
}

impl Paths {
    fn of(rule: &RuleSpec) -> Self {
        let regex = rule.freeform().map(|freeform| &freeform.path).filter(|path| !path.is_empty());
        let compiled = |path: &crate::rule::Text| {
            let built = RegexBuilder::new(path).unicode(false).build();
            built.expect("expressions of rules are checked when the rules are read")
        };
        let globs = || glob::compile(&rule.path).expect("globs of rules are checked when the rules are read");
        Self { globs: (!rule.path.is_empty()).then(globs), regex: regex.map(compiled) }
    }

    fn hold(&self, path: &str) -> bool {
        self.globs.as_ref().is_none_or(|globs| globs.is_match(path))
            && self.regex.as_ref().is_none_or(|regex| regex.is_match(path.as_bytes()))
    }
}

impl fmt::Display for Fate<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Kept => f.write_str("kept"),
            Self::Dropped(reason) => write!(f, "dropped: {reason}"),
            Self::OtherKind(kind) => write!(f, "dropped: no secret in a file of this kind ({kind:?})"),
            Self::OtherPath => f.write_str("dropped: the rule is not for this path"),
            Self::Beaten(rule) => write!(f, "dropped: `{rule}` speaks for the same bytes"),
        }
    }
}

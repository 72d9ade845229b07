//! Searches objects, each byte once.
//!
//! What an object copies from its base was searched with the base: only what is new in it is searched,
//! with the seams between copies, and the candidates of the base are carried over by where their bytes
//! stand now. What a candidate depends on is what the engine says of it; so what is found is what a
//! search of the whole object finds.
//!
//! Paths have no say here, since an object has many of them, or none that is known yet. What holds for an
//! object as a whole is decided for each anew: text or binary, and its encoding. Text that is in UTF-16, be it in
//! part, or that holds codes of a terminal, is always searched as a whole.

use crate::blob::{Blob, Content, Reading, WIDE_REACH, holds_wide};
use crate::engine::{Candidate, Input, Landmark, Scanner, Scratch, Verdict};
use crate::git::pack::{Base, Copied};
use crate::plain;
use crate::span::{self, Span};

/// What was found in an object or in a part of one, kept until all that is stored as changes to it was
/// searched.
#[derive(Debug)]
pub struct Searched<'r> {
    content: Content,
    /// Whether what is found depends on the stored bytes near it alone: what the engine read are those bytes, and no
    /// code of a terminal, which ends wherever its end stands, is among them.
    is_local: bool,
    /// Each with a verdict that is no [`Verdict::Drop`], in the order of what they depend on.
    candidates: Vec<(Candidate<'r>, Verdict)>,
    /// In the order of their places.
    landmarks: Vec<Landmark>,
}

impl<'r> Searched<'r> {
    /// Searches a blob, given what was found in what it is stored as changes to.
    pub fn new(
        scanner: &'r Scanner,
        blob: &Blob<'_>,
        base: Option<Base<'_, Option<Self>>>,
        scratch: &mut Scratch,
    ) -> Self {
        let content = blob.content();
        let known = base.as_ref().and_then(|base| Some((base, base.kept.as_ref()?)));
        let known = known.filter(|(_, searched)| searched.content == content && searched.is_local);
        let known =
            known.map(|(base, searched)| (base, searched, fresh(base.copied, base.length, blob.bytes.len())));
        let known = known.filter(|(.., fresh)| is_still_local(content, blob.bytes, fresh));
        let mut is_local = true;
        let mut candidates = Vec::new();
        let mut landmarks = Vec::new();
        if let Some((base, searched, fresh)) = known {
            landmarks = carry_landmarks(&searched.landmarks, base.copied);
            let input = Input::whole(blob.bytes, content == Content::Binary);
            let input = Input { fresh: Some(&fresh), landmarks: Some(&landmarks), ..input };
            search(scanner, input, scratch, &mut candidates);
            carry(&searched.candidates, base, blob.bytes.len(), &mut candidates);
        } else {
            let Reading { bytes, sections } = content.read(blob.bytes);
            is_local = sections.are_as_stored() && !holds_code(content, &bytes);
            let input = Input::whole(&bytes, content == Content::Binary);
            search(scanner, input, scratch, &mut candidates);
        }
        landmarks.extend_from_slice(scratch.landmarks());
        landmarks.sort_unstable();
        landmarks.dedup();
        Self { content, is_local, candidates: in_order(candidates), landmarks }
    }

    /// Searches a blob for what depends on bytes in some spans of what the engine reads of it, and for the rest, too,
    /// where it holds codes.
    pub fn around(
        scanner: &'r Scanner,
        blob: &Blob<'_>,
        spans: impl Iterator<Item = Span>,
        scratch: &mut Scratch,
    ) -> Self {
        let content = blob.content();
        let Reading { bytes, sections } = content.read(blob.bytes);
        let within = |span: Span| Span::new(span.start.min(bytes.len()), span.end.min(bytes.len()));
        let mut spans: Vec<Span> = spans.map(within).collect();
        spans.sort_unstable();
        let spans: Vec<Span> = span::covered(&spans, 0, bytes.len()).collect();
        let mut candidates = Vec::new();
        let is_local = !holds_code(content, &bytes);
        let fresh = is_local.then_some(&spans[..]);
        let input = Input { fresh, ..Input::whole(&bytes, content == Content::Binary) };
        search(scanner, input, scratch, &mut candidates);
        Self {
            content,
            is_local: is_local && sections.are_as_stored(),
            candidates: in_order(candidates),
            landmarks: Vec::new(),
        }
    }

    /// What a search of these bytes comes to, in which it is known that there is nothing.
    pub fn nothing(bytes: &[u8]) -> Self {
        let content = Content::sniff(bytes);
        let is_local = content.read(bytes).sections.are_as_stored() && !holds_code(content, bytes);
        Self { content, is_local, candidates: Vec::new(), landmarks: Vec::new() }
    }

    /// Whether nothing was found on which anything could depend that is stored as changes to it.
    pub fn is_nothing(&self) -> bool {
        self.candidates.is_empty() && self.landmarks.is_empty()
    }

    /// What was found, each with a verdict that is no [`Verdict::Drop`]; offsets are those of the decoded
    /// bytes.
    pub fn candidates(&self) -> &[(Candidate<'r>, Verdict)] {
        &self.candidates
    }
}

fn search<'r>(
    scanner: &'r Scanner,
    input: Input<'_>,
    scratch: &mut Scratch,
    candidates: &mut Vec<(Candidate<'r>, Verdict)>,
) {
    scanner.scan(input, scratch, &mut |candidate, verdict| {
        if !matches!(verdict, Verdict::Drop(_)) {
            candidates.push((candidate, verdict));
        }
    });
}

/// Candidates in their order, each once: tokens that several literals lead to are found more than once.
fn in_order<'r>(mut candidates: Vec<(Candidate<'r>, Verdict)>) -> Vec<(Candidate<'r>, Verdict)> {
    candidates.sort_by(|(a, _), (b, _)| key(a).cmp(&key(b)));
    candidates.dedup_by(|(a, _), (b, _)| key(a) == key(b));
    candidates
}

/// The order of candidates; what is equal in it is one.
fn key<'c>(candidate: &'c Candidate<'_>) -> (Span, Span, Span, &'c str) {
    (candidate.depends_on, candidate.secret, candidate.matched, &candidate.rule.id)
}

/// Whether what is found in an object depends on what stands near it alone, as it does in its base: else something in
/// the other encoding has come in, or a code.
fn is_still_local(content: Content, bytes: &[u8], fresh: &[Span]) -> bool {
    content == Content::Binary
        || !fresh.iter().any(|span| plain::holds_code(span.of(bytes)))
            && !span::covered(fresh, WIDE_REACH, bytes.len()).any(|span| holds_wide(span.of(bytes)))
}

/// Whether codes matter in bytes of a kind, and are there.
fn holds_code(content: Content, bytes: &[u8]) -> bool {
    content != Content::Binary && plain::holds_code(bytes)
}

/// What of an object is not copied, and the seams between copies; either end of the object, too, unless
/// it is that of the base.
fn fresh(copied: &[Copied], base_length: usize, length: usize) -> Vec<Span> {
    let mut fresh = Vec::with_capacity(copied.len() + 1);
    let mut at = 0;
    for copy in copied {
        if !begins(copy) {
            fresh.push(Span::new(at, copy.to));
        }
        at = copy.to + copy.length;
    }
    if !copied.last().is_some_and(|last| ends(last, base_length, length)) {
        fresh.push(Span::new(at, length));
    }
    fresh
}

/// Whether base and object begin with the same bytes.
fn begins(copy: &Copied) -> bool {
    copy.from == 0 && copy.to == 0
}

/// Whether base and object end with the same bytes.
fn ends(copy: &Copied, base_length: usize, length: usize) -> bool {
    copy.from + copy.length == base_length && copy.to + copy.length == length
}

/// The landmarks of the base that were copied, where they are now.
fn carry_landmarks(of_base: &[Landmark], copied: &[Copied]) -> Vec<Landmark> {
    let mut carried = Vec::new();
    for copy in copied.iter().filter(|_| !of_base.is_empty()) {
        let first = of_base.partition_point(|landmark| landmark.span.start < copy.from);
        let end = copy.from + copy.length;
        let begun = of_base[first..].iter().take_while(|landmark| landmark.span.start < end);
        let inside = begun.filter(|landmark| landmark.span.end <= end);
        carried.extend(inside.map(|landmark| landmark.at(landmark.span.start - copy.from + copy.to)));
    }
    carried
}

/// Adds the candidates of the base that depend on nothing but bytes inside one copy.
///
/// The ends of a copy are seams, which [`fresh`] names: what touches one is found there. So nothing is
/// found twice, and nothing is lost.
fn carry<'r>(
    of_base: &[(Candidate<'r>, Verdict)],
    base: &Base<'_, Option<Searched<'r>>>,
    length: usize,
    candidates: &mut Vec<(Candidate<'r>, Verdict)>,
) {
    if of_base.is_empty() {
        return;
    }
    for copy in base.copied {
        let first = of_base.partition_point(|(candidate, _)| candidate.depends_on.start < copy.from);
        let end = copy.from + copy.length;
        let inside = |span: Span| {
            (span.start > copy.from || begins(copy))
                && (span.end < end || ends(copy, base.length, length) && span.end == end)
        };
        let reached = of_base[first..].iter().take_while(|(candidate, _)| candidate.depends_on.start <= end);
        candidates.extend(reached.filter(|(candidate, _)| inside(candidate.depends_on)).map(
            |(candidate, verdict)| {
                let moved =
                    |span: Span| Span::new(span.start - copy.from + copy.to, span.end - copy.from + copy.to);
                let candidate = Candidate {
                    matched: moved(candidate.matched),
                    secret: moved(candidate.secret),
                    depends_on: moved(candidate.depends_on),
                    ..candidate.clone()
                };
                (candidate, *verdict)
            },
        ));
    }
}

//! Secrets that are written in another way than they are used: encoded, escaped, or put together.
//!
//! A decoder turns a stretch of bytes into the text that it stands for and remembers for each byte where
//! it came from; what the search finds in the text is carried back to the place in the blob. Three questions
//! are asked: is a whole run the encoding of a text ([`run`]), does one go on behind the end of its line
//! ([`line_end`]), and is a named value written with escapes, in pieces or encoded ([`named`])? The first bytes
//! answer for nearly all, so text without encodings costs nothing. How far a decoder looks is bounded
//! ([`LONGEST`], [`DEEPEST`]), and what it decodes depends on the stretch alone, so that a blob is judged alike
//! whichever parts of it are new.

mod base64;
mod concatenation;
mod escape;
mod hex;

use serde::Serialize;

use super::assignment::{Assignment, Operator, Quoting};
use super::{Candidate, byte, context};
use crate::secret::Secret;
use crate::span::Span;

/// The longest stretch that is decoded, in bytes. Longer than it, a run may be cut by the edge of a window.
pub const LONGEST: usize = 12 * 1024;

/// The lines before and behind one that tell what its end holds stand within so many bytes.
pub const LINES: usize = 512;

/// How many encodings are taken off, one inside the other.
pub const DEEPEST: u8 = 3;

/// How a stretch of bytes was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Encoding {
    /// Base64 with `+` and `/`, or with neither.
    Base64,
    /// Base64 with `-` and `_`.
    Base64url,
    /// Two hexadecimal digits a byte.
    Hex,
    /// `%2F`.
    Percent,
    /// `\u0026`, `\x26`, `\/`.
    Escape,
    /// `&amp;`, `&#38;`.
    Entity,
    /// `=3D`, with lines that go on behind a sign at their end.
    QuotedPrintable,
    /// Strings that are joined where they stand.
    Concatenation,
}

impl Encoding {
    /// The name used in reports.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Base64 => "base64",
            Self::Base64url => "base64url",
            Self::Hex => "hex",
            Self::Percent => "percent",
            Self::Escape => "escape",
            Self::Entity => "entity",
            Self::QuotedPrintable => "quoted-printable",
            Self::Concatenation => "concatenation",
        }
    }
}

/// How a candidate was written, and what it says.
#[derive(Clone, Debug)]
pub struct Decoding {
    /// What was taken off, the outermost first.
    pub encodings: Vec<Encoding>,
    /// The secret as it is used.
    pub secret: Secret,
}

/// The text that a stretch of bytes stands for.
#[derive(Debug)]
pub struct Decoded {
    /// The text, with what stands around it where that tells what it is.
    pub bytes: Vec<u8>,
    /// Where each of these bytes came from.
    origins: Vec<Span>,
    /// The part that was decoded.
    part: Span,
    /// What it is given as in the text, if signs that would end it were written so that they do not.
    pub named: Option<Assignment>,
    /// Whether the part is the end of a line, which a secret or what tells it goes over.
    is_line_end: bool,
    encoding: Encoding,
}

impl Decoded {
    fn new(encoding: Encoding) -> Self {
        Self {
            bytes: Vec::new(),
            origins: Vec::new(),
            part: Span::default(),
            named: None,
            is_line_end: false,
            encoding,
        }
    }

    /// Appends a byte that came from `origin`.
    fn push(&mut self, byte: u8, origin: Span) {
        self.bytes.push(byte);
        self.origins.push(origin);
    }

    /// Appends bytes as they stand.
    fn copy(&mut self, bytes: &[u8], span: Span) {
        (span.start..span.end).for_each(|at| self.push(bytes[at], Span::new(at, at + 1)));
    }

    /// All of it as the part that was decoded, if it is text.
    fn whole(mut self) -> Option<Self> {
        self.part = Span::new(0, self.bytes.len());
        is_text(&self.bytes).then_some(self)
    }

    /// Where a part of the text came from.
    fn origin(&self, span: Span) -> Span {
        let last = span.end.max(span.start + 1) - 1;
        Span::new(self.origins[span.start].start, self.origins[last].end)
    }

    /// A candidate of the text as one of the blob; `None` for what stands beside the decoded part.
    pub fn carry<'r>(&self, candidate: Candidate<'r>, depends_on: Span) -> Option<Candidate<'r>> {
        let told = if self.is_line_end { candidate.matched } else { candidate.secret };
        if !told.overlaps(self.part) {
            return None;
        }
        let mut decoding = candidate.decoding.unwrap_or_else(|| {
            let secret = candidate.secret.of(&self.bytes);
            let secret = if candidate.rule.is_hidden() { Secret::password } else { Secret::token }(secret);
            Box::new(Decoding { encodings: Vec::new(), secret })
        });
        decoding.encodings.insert(0, self.encoding);
        Some(Candidate {
            matched: self.origin(candidate.matched),
            secret: self.origin(candidate.secret),
            depends_on,
            decoding: Some(decoding),
            ..candidate
        })
    }
}

/// The text that a value inside a run encodes, if it does.
#[inline]
pub fn run(bytes: &[u8], value: Span) -> Option<Decoded> {
    /// Shorter ones hold no secret with its name.
    const SHORTEST: usize = 24;
    let end = byte::skip_back(bytes, value.end, value.start, |b| b == b'=');
    let value = Span::new(value.start, end);
    if !(SHORTEST..=LONGEST).contains(&value.len()) {
        return None;
    }
    let text = value.of(bytes);
    if base64::begins_text(text) {
        base64::decode(bytes, value)
    } else if base64::begins_wide_text(text) {
        base64::decode_wide(bytes, value)
    } else if hex::begins_text(text) {
        hex::decode(bytes, value)
    } else {
        None
    }
}

/// The text around the end of a line of base64 that goes on in the next one, as mail and `base64` wrap it. What
/// stands on one line alone is left to [`run`].
#[inline]
pub fn line_end(bytes: &[u8], line: Span) -> Option<Decoded> {
    let goes_on = matches!(bytes.get(line.end..)?, [b'\n', ..] | [b'\r', b'\n', ..]);
    let is_line = base64::WRAPPED.contains(&line.len()) && line.len().is_multiple_of(4);
    let is_text = goes_on && is_line && base64::begins_text(line.of(bytes));
    is_text.then(|| base64::decode_line_end(bytes, line))?
}

/// The assignment with its value as it is used, if that is written in another way.
pub fn named(bytes: &[u8], assignment: &Assignment) -> Option<Decoded> {
    /// The shortest value that is taken for an encoded one: by chance, shorter ones decode to text, too.
    const SHORTEST: usize = 12;
    let value = assignment.value;
    if let Quoting::Quoted { joined: true, .. } = assignment.quoting {
        return concatenation::decode(bytes, value).and_then(|read| beside(bytes, assignment, read));
    }
    let text = value.of(bytes);
    let read = escape::decode(bytes, assignment).or_else(|| {
        let digits = byte::skip_back(text, text.len(), 0, |b| b == b'=');
        let is_text = digits >= SHORTEST && base64::begins_text(text);
        is_text.then(|| base64::decode(bytes, Span::new(value.start, value.start + digits)))?
    })?;
    beside(bytes, assignment, read)
}

/// The decoded value behind its name and what else tells of it, in place of the one that stands there.
fn beside(bytes: &[u8], assignment: &Assignment, read: Decoded) -> Option<Decoded> {
    let value = assignment.value;
    // What joins the two may have been decoded as well.
    let from = read.origins.first()?.start;
    let start = assignment.name.start.saturating_sub(1).min(value.start.saturating_sub(context::REACH));
    let mut decoded = Decoded::new(read.encoding);
    decoded.copy(bytes, Span::new(start, from.max(start)));
    let first = decoded.bytes.len();
    decoded.bytes.extend_from_slice(&read.bytes);
    decoded.origins.extend_from_slice(&read.origins);
    decoded.part = Span::new(first, decoded.bytes.len());
    let is_escaped = matches!(read.encoding, Encoding::Percent | Encoding::Escape | Encoding::Entity);
    // A member of a section is none in this text, which may begin behind the section's name.
    let is_named = is_escaped || assignment.operator == Operator::Member;
    if is_named && from == value.start && (start..from).contains(&assignment.name.start) {
        let there = |span: Span| Span::new(span.start - start, span.end - start);
        let (name, wrapper) = (assignment.name, assignment.wrapper);
        decoded.named = Some(Assignment {
            name: there(name),
            value: decoded.part,
            wrapper: if wrapper.is_empty() { Span::default() } else { there(wrapper) },
            depends_on: Span::new(0, decoded.bytes.len()),
            ..*assignment
        });
    }
    // Signs that pad the value are no part of what it says.
    let end = read.origins.last()?.end.max(value.end);
    // The quote that closes it, and what tells whether it goes on.
    decoded.copy(bytes, Span::new(end, (end + 2).min(bytes.len())));
    (value.of(bytes) != read.bytes).then_some(decoded)
}

/// Whether all of it is text: UTF-8 without bytes that steer a terminal.
fn is_text(bytes: &[u8]) -> bool {
    bytes.iter().all(|&b| b >= b' ' && b != 0x7F || matches!(b, b'\t' | b'\n' | b'\r'))
        && std::str::from_utf8(bytes).is_ok()
}

/// Whether a byte is one that text in ASCII holds.
const fn is_plain(byte: u8) -> bool {
    matches!(byte, b' '..=b'~' | b'\t' | b'\n' | b'\r')
}

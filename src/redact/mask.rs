//! What to mask in a stretch of text, and how a mask is written.

use std::io::{self, Write};

use super::body::{self, Piece};
use super::early;
use crate::engine::{Candidate, Input, Reason, Scanner, Scratch, Verdict};
use crate::finding::{Fingerprint, Key, resolve};
use crate::path::FileKind;
use crate::plain::{self, Plain};
use crate::secret::Secret;
use crate::span::Span;

/// How a mask is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Style {
    /// `[stanch:RULE:fingerprint8]`.
    #[default]
    Named,
    /// A `*` for each byte, so that offsets stay what they were.
    Stars,
}

/// Bytes to mask, and the name that stands in their place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mask {
    /// What is masked, codes of the terminal within it included.
    pub span: Span,
    /// `[stanch:RULE:fingerprint8]`.
    pub name: String,
}

/// Finds masks.
pub struct Masker<'s> {
    scanner: &'s Scanner,
    scratch: Scratch,
    key: Key,
}

impl<'s> Masker<'s> {
    /// Masks what the rules of `scanner` find, with fingerprints under `key`.
    pub fn new(scanner: &'s Scanner, key: Key) -> Self {
        Self { scanner, scratch: Scratch::default(), key }
    }

    /// The masks of what `bytes` hold from `fresh` on, those of `pieces` included, in order and apart. Of
    /// the bytes before, which are there to be read, none may be masked any more.
    pub fn masks(&mut self, bytes: &[u8], fresh: usize, pieces: &[Piece]) -> Vec<Mask> {
        let mut found: Vec<_> = pieces.iter().map(|piece| (piece.span, piece.rule, piece.span)).collect();
        for candidate in self.candidates(bytes, fresh) {
            let secret = candidate.secret;
            each_line(bytes, secret, |line| found.push((line, &*candidate.rule.id, secret)));
        }
        early::each(bytes, fresh, |Piece { span, rule }| found.push((span, rule, span)));
        let names = names(bytes, fresh);
        let is_name = |span: Span| names.iter().any(|name| name.contains(span));
        found.retain(|(span, ..)| span.end > fresh && !is_name(*span));
        found.sort_by_key(|(span, ..)| (span.start, std::cmp::Reverse(span.end)));
        found.dedup_by(|next, kept| {
            let overlaps = next.0.overlaps(kept.0);
            if overlaps {
                kept.0 = kept.0.union(next.0);
            }
            overlaps
        });
        let mask = |(span, rule, secret): (Span, &str, Span)| Mask {
            span: Span::new(span.start.max(fresh), span.end),
            name: self.name(rule, secret.of(bytes)),
        };
        found.into_iter().map(mask).collect()
    }

    fn name(&self, rule: &str, secret: &[u8]) -> String {
        let value = Secret::password(&plain::value(secret));
        let fingerprint = Fingerprint::of(&value, &self.key).to_string();
        format!("[stanch:{rule}:{}]", &fingerprint[..SHOWN])
    }

    /// What the engine finds, winners first: in the text as it is, and in what is left without codes and
    /// carriage returns, whichever of both would be reported.
    fn candidates(&mut self, bytes: &[u8], fresh: usize) -> Vec<Candidate<'s>> {
        let mut candidates = Vec::new();
        self.scan(bytes, fresh, |candidate| candidates.push(candidate));
        if plain::is_steered(&bytes[fresh.saturating_sub(REACH)..]) {
            let plain = Plain::of(bytes);
            self.scan(&plain.bytes, plain.plain(fresh), |candidate| {
                let secret = plain.stored(candidate.secret);
                let matched = plain.stored(candidate.matched);
                candidates.push(Candidate { secret, matched, ..candidate });
            });
        }
        if candidates.len() < 2 {
            return candidates;
        }
        let mut winners = resolve(candidates.clone());
        winners.append(&mut candidates);
        winners
    }

    fn scan(&mut self, bytes: &[u8], fresh: usize, mut kept: impl FnMut(Candidate<'s>)) {
        let fresh = [Span::new(fresh, bytes.len())];
        // A NUL byte must not switch off what finds passwords.
        let input = Input { fresh: Some(&fresh), ..Input::whole(bytes, false) };
        self.scanner.scan(input, &mut self.scratch, &mut |candidate, verdict| {
            let keeps = match verdict {
                Verdict::Keep => true,
                Verdict::KeepIf(kinds) => kinds.contains(FileKind::Log) || kinds.contains(FileKind::Unknown),
                // Who reads the log has it all the same, and a mask too many does no harm.
                Verdict::Drop(Reason::Weak | Reason::Number) => candidate.rule.is_chosen(),
                Verdict::Drop(_) => false,
            };
            // The lines of a key are masked one by one, whether its end was seen or not.
            let by_lines = body::is_followed(&candidate.rule.id)
                && memchr::memchr(b'\n', candidate.secret.of(bytes)).is_some();
            if keeps && !by_lines {
                kept(candidate);
            }
        });
    }
}

/// How many digits of a fingerprint a mask shows.
const SHOWN: usize = 8;
/// Codes and masks further before what is new do not matter.
const REACH: usize = 1024;

/// Calls `each` with the part of `span` on each line, without the white space around it.
fn each_line(bytes: &[u8], span: Span, mut each: impl FnMut(Span)) {
    let mut at = span.start;
    for line in span.of(bytes).split_inclusive(|b| *b == b'\n') {
        let before = line.len() - line.trim_ascii_start().len();
        let length = line.trim_ascii().len();
        if length > 0 {
            each(Span::new(at + before, at + before + length));
        }
        at += line.len();
    }
}

const NAME: &[u8] = b"[stanch:";

/// The masks that stand in the text already from about `fresh` on: what was redacted stays as it is.
fn names(bytes: &[u8], fresh: usize) -> Vec<Span> {
    let from = fresh.saturating_sub(REACH);
    let name = |at: usize| {
        let rule = from + at + NAME.len();
        let end = rule
            + bytes[rule..]
                .iter()
                .position(|b| !(b.is_ascii_lowercase() || b.is_ascii_digit() || *b == b'-'))?;
        let [b':', fingerprint @ .., b']'] = bytes.get(end..end + SHOWN + 2)? else { return None };
        let hex = fingerprint.iter().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        (hex && end > rule).then_some(Span::new(from + at, end + SHOWN + 2))
    };
    memchr::memmem::find_iter(&bytes[from..], NAME).filter_map(name).collect()
}

/// Writes the bytes of `stretch` with `masks` in their places; codes of the terminal are kept behind theirs.
pub fn write(
    bytes: &[u8],
    stretch: Span,
    masks: &[Mask],
    style: Style,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut at = stretch.start;
    for Mask { span, name } in masks {
        out.write_all(&bytes[at..span.start])?;
        at = span.end;
        if style == Style::Named {
            out.write_all(name.as_bytes())?;
        }
        let (secret, mut from) = (span.of(bytes), 0);
        let mut codes = Vec::new();
        plain::each_code(secret, |code| codes.push(code));
        codes.push(Span::new(secret.len(), secret.len()));
        for code in codes {
            if style == Style::Stars {
                out.write_all(&vec![b'*'; code.start - from])?;
            }
            out.write_all(code.of(secret))?;
            from = code.end;
        }
    }
    out.write_all(&bytes[at..stretch.end])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_masks_are_taken_for_masks() {
        let text = b"a [stanch:generic-password:0123abcd] b [stanch:Hunter:0123abcd] [stanch::0123abcd] [stanch:a:0123";
        assert_eq!(names(text, 0), [Span::new(2, 36)]);
    }

    #[test]
    fn parts_of_lines_are_told_without_the_white_space() {
        let mut parts = Vec::new();
        each_line(b"x ab\r\n  cd\n\n ef", Span::new(2, 14), |part| parts.push((part.start, part.end)));
        assert_eq!(parts, [(2, 4), (8, 10), (13, 14)]);
    }
}

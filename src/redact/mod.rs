//! Keeps secrets out of a stream: bytes go in, the same bytes come out with secrets masked.
//!
//! A [`Redactor`] decides how much of what it holds may go, and masks it; [`copy`] reads a stream with
//! one in time: a line waits for the next one or for [`PATIENCE`], whichever comes first. Whoever
//! writes the stream must not be able to switch it off, so nothing that stands in it silences anything,
//! and every confidence counts.

mod body;
mod copy;
mod early;
mod held;
mod mask;
mod refusal;
#[cfg(test)]
mod stream_test;

pub use copy::{CopyError, PATIENCE, copy};
pub use mask::Style;

use std::io::{self, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::engine::Scanner;
use crate::finding::Key;
use crate::span::Span;
use body::{Bodies, Piece};
use mask::Masker;
use refusal::Lookout;

/// How much of what was let go is kept to be read with what follows.
const CONTEXT: usize = 16 * 1024;
/// A line longer than this is let go in parts.
const LONGEST_LINE: usize = 1024 * 1024;
/// How much of a line that is let go in parts is kept back: no token is longer.
const LOOKAHEAD: usize = 64 * 1024;

/// How a stream is redacted.
#[derive(Clone, Debug, Default)]
pub struct RedactOptions {
    /// The key of fingerprints.
    pub key: Key,
    /// How masks are written.
    pub style: Style,
}

/// How much is to be let go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Until {
    /// All lines but the last one that ended: what stands on the next line may say what is on it.
    LastLine,
    /// All but what could be the beginning of a secret: somebody waits.
    Now,
    /// All of it: nothing follows.
    End,
}

/// Masks the secrets of one stream.
///
/// What was let go cannot be masked any more, so bytes are held until it is known what they are. Holds
/// a few times 64 KiB and what was given to it since it last let go, at most [`LONGEST_LINE`] of a line.
pub struct Redactor<'s> {
    masker: Masker<'s>,
    style: Style,
    /// What was let go and may still be read, then what is held.
    bytes: Vec<u8>,
    /// Where the held bytes begin.
    held: usize,
    /// The pieces of private keys on the lines that are held.
    pieces: Vec<Piece>,
    /// Where the line begins on which they were not looked for yet.
    unread: usize,
    bodies: Bodies,
    lookout: Lookout,
    masked: u64,
}

impl<'s> Redactor<'s> {
    /// Masks what the rules of `scanner` find.
    pub fn new(scanner: &'s Scanner, options: RedactOptions) -> Self {
        Self {
            masker: Masker::new(scanner, options.key),
            style: options.style,
            bytes: Vec::new(),
            held: 0,
            pieces: Vec::new(),
            unread: 0,
            bodies: Bodies::default(),
            lookout: Lookout::default(),
            masked: 0,
        }
    }

    /// Takes the next bytes of the stream. After an error, which says why they cannot be redacted, nothing
    /// more is to be released.
    pub fn push(&mut self, bytes: &[u8]) -> Result<(), &'static str> {
        let fresh = self.bytes.len();
        self.bytes.extend_from_slice(bytes);
        self.lookout.refusal(&self.bytes, fresh).map_or(Ok(()), Err)
    }

    /// How many bytes are held.
    pub fn held(&self) -> usize {
        self.bytes.len() - self.held
    }

    /// How many masks were written.
    pub fn masked(&self) -> u64 {
        self.masked
    }

    /// Writes what may go, with its secrets masked.
    ///
    /// When the search fails nothing is written, and nothing ever will be: the error is all there is.
    pub fn release(&mut self, until: Until, out: &mut dyn Write) -> io::Result<()> {
        // Whether a private key was begun says what of the last line may go.
        self.read_lines(
            memchr::memrchr(b'\n', &self.bytes[self.unread..]).map_or(0, |last| self.unread + last + 1),
        );
        let mut end = self.end(until);
        if end <= self.held {
            return Ok(());
        }
        if until == Until::End || self.held() > LONGEST_LINE {
            self.read_lines(end);
        }
        let (masker, bytes, held, pieces) = (&mut self.masker, &self.bytes, self.held, &self.pieces);
        // A panic's message may hold bytes of the stream; what is left of it is where it happened.
        let masks = catch_unwind(AssertUnwindSafe(|| masker.masks(bytes, held, pieces)));
        let mut masks =
            masks.map_err(|_| io::Error::other("searching failed; this is a defect of stanch"))?;
        if let Some(cut) = masks.iter().find(|mask| mask.span.start < end && end < mask.span.end) {
            // Of an unfinished line, more may come that belongs to the secret; of one that is let go in
            // parts, far more is there than that.
            end = if until == Until::Now { cut.span.start } else { cut.span.end };
        }
        masks.retain(|mask| mask.span.start < end);
        mask::write(&self.bytes, Span::new(self.held, end), &masks, self.style, out)?;
        self.masked += masks.len() as u64;
        self.held = end;
        self.forget();
        Ok(())
    }

    /// Looks for the pieces of private keys up to `end`.
    fn read_lines(&mut self, end: usize) {
        let lines = Span::new(self.unread, end);
        self.bodies.read(&self.bytes, lines, |span, rule| self.pieces.push(Piece { span, rule }));
        self.unread = lines.end;
    }

    /// Up to where the held bytes may go.
    fn end(&self, until: Until) -> usize {
        let held = &self.bytes[self.held..];
        let line = |held: &[u8]| memchr::memrchr(b'\n', held).map_or(0, |end| end + 1);
        let last = line(held);
        let end = match until {
            Until::End => held.len(),
            Until::LastLine => line(&held[..last.saturating_sub(1)]),
            Until::Now => {
                let start = if last > 0 { self.held + last } else { self.line_start() };
                let free = if self.bodies.is_open() { 0 } else { held::free(&self.bytes[start..]) };
                (start + free).max(self.held) - self.held
            }
        };
        let too_long = held.len() > LONGEST_LINE;
        self.held + if too_long { end.max(held.len() - LOOKAHEAD) } else { end }
    }

    /// Where the line begins that the held bytes begin in.
    fn line_start(&self) -> usize {
        memchr::memrchr(b'\n', &self.bytes[..self.held]).map_or(0, |end| end + 1)
    }

    /// Forgets what is no longer needed, when it is worth moving the rest.
    fn forget(&mut self) {
        self.pieces.retain(|piece| piece.span.end > self.held);
        let keep_from = self.held.saturating_sub(CONTEXT).min(self.unread);
        if keep_from >= LOOKAHEAD.max(self.bytes.len() - keep_from) {
            self.bytes.drain(..keep_from);
            self.held -= keep_from;
            self.unread -= keep_from;
            for Piece { span, .. } in &mut self.pieces {
                *span = Span::new(span.start - keep_from, span.end - keep_from);
            }
        }
    }
}

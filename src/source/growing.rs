//! Text that is lent as it grows: line by line, each with as much of what went before as it may need.

use super::Flow;
use crate::blob::{Blob, Content, OVERLAP, Part, Provenance};
use crate::span::{Position, Span};

/// A line longer than this is lent in parts.
const LONGEST_LINE: usize = 1024 * 1024;

/// What was read of a text that has no end yet.
pub(super) struct Growing {
    provenance: Provenance,
    /// What was lent and may still be read with what follows, then what was not lent yet.
    bytes: Vec<u8>,
    lent: usize,
    /// Offset, line and column of the first byte in the whole.
    offset: u64,
    position: Position,
    /// How it is read from the first byte on; decided when the first lines are lent.
    content: Option<Content>,
}

impl Growing {
    pub fn new(provenance: Provenance) -> Self {
        Self { provenance, bytes: Vec::new(), lent: 0, offset: 0, position: Position::START, content: None }
    }

    /// What it is shown as.
    pub fn provenance(&self) -> &Provenance {
        &self.provenance
    }

    /// How many bytes it has.
    pub fn length(&self) -> u64 {
        self.offset + self.bytes.len() as u64
    }

    /// Takes the next bytes.
    pub fn push(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// Lends the lines that ended since the last time, or all that there is if it `has_ended`. The blob is
    /// fresh only where it is new, and owns what is there to be read with that, too: a secret may have
    /// begun before.
    pub fn lend(&mut self, has_ended: bool, sink: &mut dyn FnMut(Blob<'_>) -> Flow) -> Flow {
        let content = self.content.unwrap_or_else(|| Content::sniff(&self.bytes));
        let end = if has_ended || self.bytes.len() - self.lent > LONGEST_LINE {
            self.bytes.len()
        } else {
            self.lines_end(content)
        };
        if end <= self.lent {
            return Flow::Continue(());
        }
        self.content = Some(content);
        let fresh = [Span::new(self.lent, end)];
        let part = Part { offset: self.offset, position: self.position, owned: Span::new(0, end), content };
        let blob = Blob::whole(&self.bytes[..end], &self.provenance);
        let flow = sink(Blob { fresh: Some(&fresh), part: Some(part), ..blob });
        self.lent = end;
        self.forget(content);
        flow
    }

    /// Where the last line ends that has ended.
    fn lines_end(&self, content: Content) -> usize {
        let Some(at) = memchr::memrchr(b'\n', &self.bytes[self.lent..]) else { return self.lent };
        let (end, held) = (self.lent + at + 1, self.bytes.len());
        match content.at(&self.bytes, end - 1) {
            (_, Content::Text | Content::Binary) => end,
            // The second half of the line end may not be there yet.
            (section, Content::Utf16Le | Content::Utf16Be) => {
                section + (end - section).next_multiple_of(2).min((held - section) / 2 * 2)
            }
            (section, Content::Utf32Le | Content::Utf32Be) => {
                section + (end - section).next_multiple_of(4).min((held - section) / 4 * 4)
            }
        }
    }

    /// Forgets what is too far back to be read again, when it is worth moving the rest.
    fn forget(&mut self, content: Content) {
        let start = self.lent.saturating_sub(OVERLAP);
        if start <= OVERLAP.max(self.bytes.len() - start) {
            return;
        }
        // At a whole character, so that columns add up.
        let (start, next) = content.next_character(&self.bytes, start);
        self.position = self.position.advance(&content.read_until(&self.bytes, start).bytes);
        self.content = Some(next);
        self.bytes.drain(..start);
        self.offset += start as u64;
        self.lent -= start;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What is new in each blob that is lent, with its place and how it is read.
    fn lent(pieces: &[&[u8]]) -> Vec<(Vec<u8>, u64, Position, Content)> {
        let mut growing = Growing::new(Provenance::Stream { name: "-".into() });
        let mut lent = Vec::new();
        for index in 0..=pieces.len() {
            growing.push(pieces.get(index).unwrap_or(&&[][..]));
            let _ = growing.lend(index == pieces.len(), &mut |blob| {
                let (part, [fresh]) = (blob.part.expect("it is a part"), blob.fresh.expect("some is new"))
                else {
                    panic!("one stretch is new")
                };
                let position = part.position.advance(&part.content.read_until(blob.bytes, fresh.start).bytes);
                assert_eq!(fresh.end, blob.bytes.len());
                let offset = part.offset + fresh.start as u64;
                let (_, content) = part.content.at(blob.bytes, fresh.start);
                lent.push((fresh.of(blob.bytes).to_vec(), offset, position, content));
                Flow::Continue(())
            });
        }
        lent
    }

    #[test]
    fn lines_are_lent_when_they_end_and_the_rest_at_the_end() {
        let all = lent(&[b"one\ntw", b"o\n", b"th", b"ree"]);
        let texts: Vec<_> = all.iter().map(|(text, ..)| String::from_utf8_lossy(text)).collect();
        assert_eq!(texts, ["one\n", "two\n", "three"]);
        assert_eq!(all[2].1, 8);
        assert_eq!(all[2].2, Position { line: 3, column: 1 });
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn every_byte_is_lent_once_in_its_place(
            lines in prop::collection::vec("(é|😀|a|key = ){0,9}\n", 0..60),
            times in 1_usize..2000,
            cuts in prop::collection::vec(1_usize..9000, 1..20),
        ) {
            let text = lines.concat().repeat(times);
            for bytes in [text.clone().into_bytes(), text.encode_utf16().flat_map(u16::to_le_bytes).collect()] {
                let mut pieces = Vec::new();
                let mut rest = &bytes[..];
                for cut in cuts.iter().cycle() {
                    let (piece, after) = rest.split_at((*cut).min(rest.len()));
                    pieces.push(piece);
                    rest = after;
                    if rest.is_empty() {
                        break;
                    }
                }
                let mut at = 0;
                let mut position = Position::START;
                for (piece, offset, place, content) in lent(&pieces) {
                    prop_assert_eq!((offset, place), (at as u64, position));
                    prop_assert_eq!(&piece[..], &bytes[at..at + piece.len()]);
                    at += piece.len();
                    position = position.advance(&content.read(&piece).bytes);
                }
                prop_assert_eq!(at, bytes.len());
            }
        }
    }
}

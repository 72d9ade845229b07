//! The decoded bytes of a blob, and where in the stored ones and in the whole something stands.
//!
//! Every question costs in proportion to the bytes between it and the last one, so findings are
//! placed in the order of their spans.

use std::borrow::Cow;

use crate::blob::{Blob, Content, Part, Reading, Sections};
use crate::span::{Position, Span};

/// How far lines are followed when they are looked for; what is longer counts as cut off there.
const MAX_LINE_SEARCH: usize = 4 * 1024;

/// A blob as the engine reads it.
pub(super) struct Text<'b> {
    /// The decoded bytes.
    pub bytes: Cow<'b, [u8]>,
    /// How the stored bytes are read, as they begin.
    pub content: Content,
    /// Where the decoded bytes are stored.
    pub sections: Sections,
    part: Option<Part>,
}

impl<'b> Text<'b> {
    /// Decodes a blob; only UTF-16 is copied.
    pub fn decode(blob: &Blob<'b>) -> Self {
        let content = blob.content();
        let Reading { bytes, sections } = content.read(blob.bytes);
        Self { bytes, content, sections, part: blob.part }
    }

    /// Starts to answer places.
    pub fn places(&self) -> Places<'_> {
        // A byte order mark is no character of the first line.
        let mark = self.part.is_none_or(|part| part.offset == 0) && self.bytes.starts_with(b"\xEF\xBB\xBF");
        let offset = if mark { 3 } else { 0 };
        let position = self.part.map_or(Position::START, |part| part.position);
        let stored = self.sections.stored_length(&self.bytes, Span::new(0, offset));
        Places { text: self, offset, position, stored }
    }

    /// Its bytes from the beginning on, unless it is a later part of something larger.
    pub fn head(&self) -> Option<&[u8]> {
        self.part.is_none_or(|part| part.offset == 0).then_some(&self.bytes)
    }

    /// The line around `offset`, without its end; both ends are searched for only so far.
    pub fn line(&self, offset: usize) -> Line {
        let earliest = offset.saturating_sub(MAX_LINE_SEARCH);
        let before = memchr::memrchr(b'\n', &self.bytes[earliest..offset]).map(|at| earliest + at + 1);
        let latest = (offset + MAX_LINE_SEARCH).min(self.bytes.len());
        let after = memchr::memchr(b'\n', &self.bytes[offset..latest]).map(|at| offset + at);
        let start = before.unwrap_or(earliest);
        let mut end = after.unwrap_or(latest);
        if after.is_some() && end > start && self.bytes[end - 1] == b'\r' {
            end -= 1;
        }
        Line {
            span: Span::new(start, end),
            begins: before.is_some() || earliest == 0,
            ends: after.is_some() || latest == self.bytes.len(),
            next: after.map(|at| at + 1).filter(|at| *at < self.bytes.len()),
        }
    }

    /// The place of an offset that is not after `known`, whose place is `position`. What is asked for stands
    /// near it, so this costs less than to count from the beginning.
    pub fn before(&self, offset: usize, known: usize, position: Position) -> Position {
        let between = Position::START.advance(&self.bytes[offset.min(known)..known]);
        let lines = between.line - Position::START.line;
        if lines == 0 {
            let characters = between.column - Position::START.column;
            return Position { column: position.column.saturating_sub(characters).max(1), ..position };
        }
        let line = self.line(offset).span.start;
        let column = Position::START.advance(&self.bytes[line..offset]).column;
        Position { line: position.line.saturating_sub(lines).max(1), column }
    }

    /// The line that ends just before `line`.
    pub fn line_before(&self, line: &Line) -> Option<Line> {
        (line.begins && line.span.start > 0).then(|| self.line(line.span.start - 1))
    }
}

/// A line of a text, or as much of it as is looked at.
#[derive(Clone, Copy, Debug)]
pub(super) struct Line {
    /// Its bytes, without the end of the line.
    pub span: Span,
    /// Whether the span starts where the line does.
    pub begins: bool,
    /// Whether the span ends where the line does.
    pub ends: bool,
    /// Where the next line starts, when there is one within reach.
    pub next: Option<usize>,
}

/// Answers where offsets stand, at a cost that is small when they are asked in ascending order.
pub(super) struct Places<'t> {
    text: &'t Text<'t>,
    offset: usize,
    position: Position,
    stored: usize,
}

impl Places<'_> {
    /// Line and column in the whole, and the offset in its stored bytes.
    pub fn place(&mut self, offset: usize) -> (Position, u64) {
        if offset < self.offset {
            *self = self.text.places();
        }
        if let Some(between) = self.text.bytes.get(self.offset..offset) {
            self.position = self.position.advance(between);
            let span = Span::new(self.offset, offset);
            self.stored += self.text.sections.stored_length(&self.text.bytes, span);
            self.offset = offset;
        }
        (self.position, self.text.part.map_or(0, |part| part.offset) + self.stored as u64)
    }

    /// Whether what begins at `offset` is this part's to report; ends belong to neighbours otherwise.
    pub fn owns(&mut self, offset: usize) -> bool {
        let Some(part) = self.text.part else { return true };
        let (_, stored) = self.place(offset);
        let within = stored - part.offset;
        part.owned.start as u64 <= within && within < part.owned.end as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::blob::Provenance;

    fn stream() -> Provenance {
        Provenance::Stream { name: "-".into() }
    }

    #[test]
    fn a_mark_is_no_character_in_either_encoding() {
        let provenance = stream();
        let text = Text::decode(&Blob::whole("\u{feff}kéy".as_bytes(), &provenance));
        assert_eq!(text.content, Content::Text);
        assert_eq!(text.places().place(6), (Position { line: 1, column: 3 }, 6));
        let stored: Vec<u8> = "\u{feff}kéy😀z".encode_utf16().flat_map(u16::to_le_bytes).collect();
        let wide = Text::decode(&Blob::whole(&stored, &provenance));
        let z = wide.bytes.len() - 1;
        assert_eq!(wide.places().place(z), (Position { line: 1, column: 5 }, stored.len() as u64 - 2));
    }

    #[test]
    fn parts_add_their_offset_and_report_what_they_own() {
        let provenance = stream();
        let part = Part {
            offset: 100,
            position: Position { line: 7, column: 3 },
            owned: Span::new(0, 4),
            content: Content::Text,
        };
        let blob = Blob { part: Some(part), ..Blob::whole(b"ab\ncd", &provenance) };
        let text = Text::decode(&blob);
        let mut places = text.places();
        assert_eq!(places.place(1), (Position { line: 7, column: 4 }, 101));
        assert_eq!(places.place(4), (Position { line: 8, column: 2 }, 104));
        assert_eq!(places.place(1), (Position { line: 7, column: 4 }, 101), "asked again, it starts anew");
        assert!(places.owns(3) && !places.owns(4));
    }

    #[test]
    fn what_stands_before_a_known_place_is_placed_from_there() {
        let provenance = stream();
        let text = Text::decode(&Blob::whole("a\nké: |\n  value".as_bytes(), &provenance));
        let at = |word: &str| String::from_utf8_lossy(&text.bytes).find(word).expect("it is there");
        let value = Position { line: 3, column: 3 };
        assert_eq!(text.before(at("value"), at("value"), value), value);
        assert_eq!(text.before(at("  value"), at("value"), value), Position { line: 3, column: 1 });
        assert_eq!(text.before(at("é"), at("value"), value), Position { line: 2, column: 2 });
    }

    #[test]
    fn lines_end_before_crlf_and_know_their_neighbours() {
        let provenance = stream();
        let text = Text::decode(&Blob::whole(b"one\r\ntwo\n", &provenance));
        let two = text.line(6);
        assert_eq!((two.span, two.next), (Span::new(5, 8), None));
        let one = text.line_before(&two).expect("there is a line above");
        assert_eq!((one.span, one.next), (Span::new(0, 3), Some(5)));
        assert!(text.line_before(&one).is_none());
    }
}

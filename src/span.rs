//! Byte spans, and the line and column a person would give for them.
//!
//! Spans are half-open byte ranges into whatever buffer is at hand; they carry no buffer and no
//! encoding. A [`Position`] is a 1-based line and column, the latter counted in characters.

use std::ops::Range;

/// A half-open range of bytes, `start..end`, with `start <= end`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// Offset of the first byte.
    pub start: usize,
    /// Offset just past the last byte.
    pub end: usize,
}

impl Span {
    /// A span from `start` to `end`; an `end` before `start` gives an empty span at `start`.
    pub fn new(start: usize, end: usize) -> Self {
        Self { start, end: end.max(start) }
    }

    /// The number of bytes.
    pub fn len(self) -> usize {
        self.end - self.start
    }

    /// Whether the span holds no byte.
    pub fn is_empty(self) -> bool {
        self.start == self.end
    }

    /// Whether the two spans share at least one byte.
    pub fn overlaps(self, other: Self) -> bool {
        self.start < other.end && other.start < self.end
    }

    /// Whether `other` lies wholly inside this span.
    pub fn contains(self, other: Self) -> bool {
        self.start <= other.start && other.end <= self.end
    }

    /// The smallest span that holds both.
    pub fn union(self, other: Self) -> Self {
        Self { start: self.start.min(other.start), end: self.end.max(other.end) }
    }

    /// The span grown by `before` and `after` bytes, clipped to `0..len`.
    pub fn widen(self, before: usize, after: usize, len: usize) -> Self {
        Self { start: self.start.saturating_sub(before), end: self.end.saturating_add(after).min(len) }
    }

    /// The bytes of `buffer` that the span names. Panics when it reaches past the end.
    pub fn of(self, buffer: &[u8]) -> &[u8] {
        &buffer[self.start..self.end]
    }
}

/// What spans in the order of their starts cover when each is grown by `reach` bytes on either side and clipped to
/// `0..len`: ascending and apart.
pub fn covered(spans: &[Span], reach: usize, len: usize) -> impl Iterator<Item = Span> {
    let mut spans = spans.iter().map(move |span| span.widen(reach, reach, len)).peekable();
    std::iter::from_fn(move || {
        let mut covered = spans.next()?;
        while let Some(next) = spans.next_if(|next| next.start <= covered.end) {
            covered = covered.union(next);
        }
        Some(covered)
    })
}

/// The line, from 1, at an offset; at the end where the offset lies past it.
pub fn line_of(bytes: &[u8], offset: usize) -> usize {
    1 + memchr::memchr_iter(b'\n', &bytes[..offset.min(bytes.len())]).count()
}

impl From<Range<usize>> for Span {
    fn from(range: Range<usize>) -> Self {
        Self::new(range.start, range.end)
    }
}

/// A place in a text: 1-based line, 1-based column in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// Line, counted from 1; `\n` ends a line.
    pub line: u64,
    /// Column, counted from 1 in Unicode scalar values; a byte that is not UTF-8 counts as one.
    pub column: u64,
}

impl Position {
    /// The first character of a text.
    pub const START: Self = Self { line: 1, column: 1 };

    /// The place reached after reading `bytes` from here.
    pub fn advance(self, bytes: &[u8]) -> Self {
        match memchr::memrchr(b'\n', bytes) {
            None => Self { line: self.line, column: self.column + characters(bytes) },
            Some(last) => Self {
                line: self.line + memchr::memchr_iter(b'\n', bytes).count() as u64,
                column: 1 + characters(&bytes[last + 1..]),
            },
        }
    }
}

/// Counts characters: UTF-8 sequences, and every byte that belongs to none as one.
pub fn characters(bytes: &[u8]) -> u64 {
    bytes.utf8_chunks().map(|chunk| (chunk.valid().chars().count() + chunk.invalid().len()) as u64).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_characters_and_stray_bytes() {
        assert_eq!(Position::START.advance("é\nä=".as_bytes()), Position { line: 2, column: 3 });
        assert_eq!(Position::START.advance(b"a\xff\xfeb"), Position { line: 1, column: 5 });
    }

    #[test]
    fn widening_stops_at_both_ends() {
        assert_eq!(Span::new(3, 5).widen(10, 10, 8), Span::new(0, 8));
    }

    #[test]
    fn what_touches_is_covered_together() {
        let spans =
            [Span::new(2, 3), Span::new(5, 20), Span::new(6, 7), Span::new(23, 23), Span::new(30, 31)];
        let covered: Vec<_> = covered(&spans, 1, 31).collect();
        assert_eq!(covered, [Span::new(1, 21), Span::new(22, 24), Span::new(29, 31)]);
    }
}

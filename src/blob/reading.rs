//! Bytes decoded, also where they go on in another encoding.
//!
//! Programs append to files in their own encoding and not in that of the file: PowerShell 5 writes UTF-16
//! behind lines of UTF-8, and others the other way round. So bytes are read in sections. Each lasts until
//! something begins that is surely in the other encoding, told by NUL bytes: a character of Latin in
//! UTF-16 has one, text of 8 bits has none. That depends on the bytes nearby and on the encoding before
//! alone, so whoever begins within a text, at a whole character whose encoding is known, reads the same.
//!
//! What is binary is read as it is, and never has sections.

use std::borrow::Cow;

use super::Content;
use crate::span::Span;

/// So many characters of Latin in UTF-16 in a row are not there by chance.
const WIDE_CHARACTERS: usize = 8;
/// How many bytes [`holds_wide`] needs to see together.
pub const WIDE_BYTES: usize = 2 * WIDE_CHARACTERS;
/// So many bytes of text of 8 bits are not there by chance in UTF-16, where any two bytes are a character.
const NARROW_BYTES: usize = 24;
/// How far a line is followed that is shorter, to see whether it ends as one of 8 bits.
const LONGEST_SHORT_LINE: usize = 64;
/// How far a line in UTF-16 is followed back that begins in other letters than Latin.
const LONGEST_LEAD: usize = 1024;
/// The mark of UTF-16, little end first and big end first.
const MARKS: [&[u8]; 2] = [&[0xFF, 0xFE], &[0xFE, 0xFF]];

/// Bytes as the engine reads them.
#[derive(Clone, Debug)]
pub struct Reading<'b> {
    /// UTF-16 became UTF-8, all else stays as it is stored.
    pub bytes: Cow<'b, [u8]>,
    /// Where each of them is stored.
    pub sections: Sections,
}

/// The stretches of bytes that are in one encoding each.
#[derive(Clone, Debug)]
pub struct Sections(Vec<Section>);

#[derive(Clone, Copy, Debug)]
struct Section {
    content: Content,
    /// Where it begins in the stored bytes.
    stored: usize,
    /// Where it begins in the decoded ones.
    decoded: usize,
}

impl Content {
    /// Decodes bytes that begin in this encoding.
    pub fn read(self, bytes: &[u8]) -> Reading<'_> {
        self.read_until(bytes, bytes.len())
    }

    /// Decodes bytes up to `end` as they are read with those behind it.
    pub fn read_until(self, bytes: &[u8], end: usize) -> Reading<'_> {
        let mut starts = self.starts(bytes);
        starts.retain(|(start, _)| *start == 0 || *start < end);
        let mut sections = Vec::with_capacity(starts.len());
        if let [(stored, content @ (Self::Text | Self::Binary))] = starts[..] {
            sections.push(Section { content, stored, decoded: stored });
            return Reading { bytes: Cow::Borrowed(&bytes[..end]), sections: Sections(sections) };
        }
        let mut decoded = Vec::with_capacity(end);
        for (number, (stored, content)) in starts.iter().enumerate() {
            let next = starts.get(number + 1).map_or(end, |(next, _)| *next);
            sections.push(Section { content: *content, stored: *stored, decoded: decoded.len() });
            decoded.extend_from_slice(&content.decode(&bytes[*stored..next]));
        }
        Reading { bytes: Cow::Owned(decoded), sections: Sections(sections) }
    }

    /// The encoding at `offset` of bytes that begin in this one, and where it began.
    pub fn at(self, bytes: &[u8], offset: usize) -> (usize, Self) {
        let starts = self.starts(bytes);
        let before = starts.partition_point(|(start, _)| *start <= offset);
        starts[before - 1]
    }

    /// The first place from `offset` on at which a character begins, and how it is read from there on.
    pub fn next_character(self, bytes: &[u8], offset: usize) -> (usize, Self) {
        let (section, content) = self.at(bytes, offset);
        let start = match content {
            // A character holds at most three bytes that continue it.
            Self::Text | Self::Binary => {
                let rest = bytes[offset..].iter().take(3);
                offset + rest.take_while(|byte| **byte & 0xC0 == 0x80).count()
            }
            Self::Utf16Le | Self::Utf16Be => {
                let start = (offset + (offset - section) % 2).min(bytes.len());
                let high = if content == Self::Utf16Le { 1 } else { 0 };
                let is_second = matches!(bytes.get(start + high), Some(0xDC..=0xDF));
                if is_second { (start + 2).min(bytes.len()) } else { start }
            }
        };
        (start, self.at(bytes, start).1)
    }

    /// Where bytes that begin in this encoding go on in which one; the first is where they begin.
    pub(super) fn starts(self, bytes: &[u8]) -> Vec<(usize, Self)> {
        let mut starts = vec![(0, self)];
        let (mut from, mut content) = (0, self);
        loop {
            let next = match content {
                Self::Binary => None,
                Self::Text => next_wide(bytes, from),
                Self::Utf16Le | Self::Utf16Be => {
                    next_narrow(bytes, from, content).map(|start| (start, Self::Text))
                }
            };
            let Some(next) = next else { return starts };
            (from, content) = next;
            // It may begin otherwise than it seems to as a whole.
            if from == 0 {
                starts.clear();
            }
            starts.push(next);
        }
    }
}

impl Sections {
    /// Whether all bytes are as they are stored, and so both have the same offsets.
    pub fn are_as_stored(&self) -> bool {
        matches!(self.0[..], [Section { content: Content::Text | Content::Binary, .. }])
    }

    /// How many bytes are stored for a span of the decoded ones, which these are the sections of.
    pub fn stored_length(&self, decoded: &[u8], span: Span) -> usize {
        let first = self.0.partition_point(|section| section.decoded <= span.start).saturating_sub(1);
        let nexts = self.0[first..].iter().skip(1).map(Some).chain([None]);
        let reached = self.0[first..].iter().zip(nexts).take_while(|(it, _)| it.decoded < span.end);
        reached
            .map(|(section, next)| match next {
                Some(next) if section.decoded >= span.start && next.decoded <= span.end => {
                    next.stored - section.stored
                }
                next => {
                    let end = next.map_or(span.end, |next| next.decoded.min(span.end));
                    section.content.stored_length(&decoded[section.decoded.max(span.start)..end])
                }
            })
            .sum()
    }
}

/// Whether text of 8 bits goes on in UTF-16 somewhere, so that it is not read as it is stored.
pub fn holds_wide(bytes: &[u8]) -> bool {
    next_wide(bytes, 0).is_some()
}

/// Where text of 8 bits goes on in UTF-16, and in which.
fn next_wide(bytes: &[u8], from: usize) -> Option<(usize, Content)> {
    memchr::memchr_iter(0, &bytes[from..]).find_map(|at| {
        let at = from + at;
        let before = &bytes[from..at];
        let is_big = begins_wide(&bytes[at..], Content::Utf16Be);
        let is_little = !before.is_empty() && begins_wide(&bytes[at - 1..], Content::Utf16Le);
        // What precedes the NUL may be a character of its own: then it reads alike either way.
        let is_apart = before.is_empty() || before.ends_with(b"\n") || before.ends_with(MARKS[1]);
        let (start, content, mark) = match (is_little, is_big) {
            (true, big) if !(big && is_apart) => (at - 1, Content::Utf16Le, MARKS[0]),
            (_, true) => (at, Content::Utf16Be, MARKS[1]),
            (_, false) => return None,
        };
        let before = &bytes[from..start];
        let start = if before.ends_with(mark) { start - mark.len() } else { start - wide_at_end(before) };
        Some((start, content))
    })
}

/// How many bytes before the first characters of Latin are characters of their line, too: all behind the last line
/// of 8 bits if they could be and are no text otherwise.
fn wide_at_end(before: &[u8]) -> usize {
    let reach = before.len().saturating_sub(LONGEST_LEAD);
    let line = memchr::memrchr(b'\n', &before[reach..]).map_or(&[][..], |end| &before[reach + end + 1..]);
    let is_text = std::str::from_utf8(line).is_ok() && memchr::memchr(0, line).is_none();
    if is_text || line.len() % 2 == 1 { 0 } else { line.len() }
}

/// Whether bytes begin with enough characters of Latin in UTF-16.
fn begins_wide(bytes: &[u8], content: Content) -> bool {
    let is_latin = |pair: &[u8]| {
        let (high, low) = if content == Content::Utf16Le { (pair[1], pair[0]) } else { (pair[0], pair[1]) };
        high == 0 && matches!(low, b'\t' | b'\n' | b'\r' | 0x1B | b' '..=b'~' | 0xA0..)
    };
    bytes.len() >= WIDE_BYTES && bytes[..WIDE_BYTES].chunks_exact(2).all(is_latin)
}

/// Where UTF-16 goes on as text of 8 bits: at its beginning, or behind a character that has a NUL.
fn next_narrow(bytes: &[u8], from: usize, content: Content) -> Option<usize> {
    let is_little = content == Content::Utf16Le;
    let mut begins_line = MARKS.iter().any(|mark| bytes[from..].starts_with(mark));
    let mut start = if begins_line { from + 2 } else { from };
    loop {
        let rest = bytes.get(start..)?;
        let nul = memchr::memchr(0, rest);
        let stretch = match nul {
            // The byte before it is of the same character.
            Some(nul) if is_little => &rest[..nul.saturating_sub(1)],
            Some(nul) => &rest[..nul],
            None => rest,
        };
        if is_narrow(stretch, begins_line, nul.is_none()) {
            return Some(start);
        }
        let nul = start + nul?;
        let low = if is_little { nul.checked_sub(1) } else { Some(nul + 1) };
        begins_line = low.and_then(|low| bytes.get(low)) == Some(&b'\n');
        start = nul + if is_little { 1 } else { 2 };
    }
}

/// Whether bytes without a NUL are, or begin with, text of 8 bits: enough of it, or a whole line.
fn is_narrow(bytes: &[u8], begins_line: bool, is_last: bool) -> bool {
    if bytes.len() < NARROW_BYTES && !begins_line {
        return false;
    }
    let head = &bytes[..bytes.len().min(LONGEST_SHORT_LINE)];
    let valid = head.utf8_chunks().next().map_or("", |chunk| chunk.valid());
    let is_text = |byte: &u8| matches!(byte, b'\t' | b'\n' | b'\r' | 0x1B | b' '..=b'~' | 0x80..);
    let length = valid.bytes().take_while(is_text).count();
    let is_line = head[..length].contains(&b'\n') || is_last && length == bytes.len();
    // A single byte may be half a character whose other half was not read yet.
    length >= NARROW_BYTES || begins_line && length > 1 && is_line
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn wide(text: &str, content: Content) -> Vec<u8> {
        let bytes =
            |unit| if content == Content::Utf16Le { u16::to_le_bytes(unit) } else { u16::to_be_bytes(unit) };
        text.encode_utf16().flat_map(bytes).collect()
    }

    fn read(bytes: &[u8]) -> String {
        String::from_utf8_lossy(&Content::sniff(bytes).read(bytes).bytes).into_owned()
    }

    const LINE: &str = "user = 'b\u{e9}a', key = 'x'\r\n";

    #[test]
    fn what_is_appended_in_another_encoding_is_read_in_it() {
        for content in [Content::Utf16Le, Content::Utf16Be] {
            let line = wide(LINE, content);
            let mark = wide("\u{feff}", content);
            let short = b"a = b\n";
            assert_eq!(read(&[LINE.as_bytes(), &line].concat()), LINE.repeat(2), "{content:?}");
            assert_eq!(read(&[LINE.as_bytes(), &mark, &line].concat()), format!("{LINE}\u{feff}{LINE}"));
            assert_eq!(read(&[&mark[..], &line, LINE.as_bytes()].concat()), format!("\u{feff}{LINE}{LINE}"));
            assert_eq!(read(&[&mark[..], LINE.as_bytes()].concat()), format!("\u{feff}{LINE}"));
            assert_eq!(read(&[&mark[..], short].concat()), "\u{feff}a = b\n");
            assert_eq!(
                read(&[&mark[..], &line, short, &line].concat()),
                format!("\u{feff}{LINE}a = b\n{LINE}")
            );
            assert_eq!(read(&[&line[..], short, &line, b"end"].concat()), format!("{LINE}a = b\n{LINE}end"));
            assert_eq!(
                read(&[&vec![b'-'; 9000][..], b"\n", &line].concat()),
                format!("{}\n{LINE}", "-".repeat(9000))
            );
        }
    }

    #[test]
    fn text_of_one_encoding_is_one_section() {
        let text =
            "\u{feff}ключ = 值\r\n密码是 = 一二三四五六七八九十, \u{4141}\u{4242}\u{4343} b\u{4100} 😀\r\n"
                .repeat(30);
        for content in [Content::Utf16Le, Content::Utf16Be] {
            assert_eq!(read(&wide(&text, content)), text);
        }
        for bytes in
            [text.as_bytes(), b"caf\xe9\n", b"a\0b\0c\0d\0 is too short", b"\x7fELF\0\0\0\0\x01\x02\0\0"]
        {
            assert!(Content::sniff(bytes).read(bytes).sections.are_as_stored());
        }
    }

    proptest! {
        #[test]
        fn lengths_lead_back_to_the_stored_bytes_and_any_start_reads_the_same(
            parts in prop::collection::vec(("[a-z\u{e9}\u{20ac}]{0,4}[a-z =]{30,60}\r\n", any::<bool>()), 1..6),
            at in any::<prop::sample::Index>(),
        ) {
            let stored: Vec<Vec<u8>> = parts
                .iter()
                .map(|(text, is_wide)| if *is_wide { wide(text, Content::Utf16Le) } else { text.clone().into_bytes() })
                .collect();
            let bytes = stored.concat();
            let content = if parts[0].1 { Content::Utf16Le } else { Content::Text };
            let reading = content.read(&bytes);
            let decoded = parts.iter().map(|(text, _)| text.as_str()).collect::<String>();
            prop_assert_eq!(String::from_utf8_lossy(&reading.bytes), decoded.as_str());
            let cut = (0..=at.index(decoded.len())).rev().find(|at| decoded.is_char_boundary(*at)).expect("0 is one");
            let length = reading.sections.stored_length(&reading.bytes, Span::new(0, cut));
            prop_assert_eq!(&*content.read_until(&bytes, length).bytes, &decoded.as_bytes()[..cut]);
            let (_, there) = content.at(&bytes, length);
            prop_assert_eq!(&*there.read(&bytes[length..]).bytes, &decoded.as_bytes()[cut..]);
        }
    }
}

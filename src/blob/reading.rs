//! Bytes decoded, also where they go on in another encoding.
//!
//! Programs append to files in their own encoding and not in that of the file: PowerShell 5 writes UTF-16
//! behind lines of UTF-8, and others the other way round. So bytes are read in sections. Each lasts until
//! something begins that is surely in the other encoding, told by NUL bytes: a character of Latin in
//! UTF-16 has one, and the end of every line, text of 8 bits has none. That depends on the bytes nearby and
//! on the encoding before alone, so whoever begins within a text, at a whole character whose encoding is
//! known, reads the same. A stray byte within UTF-16 begins a section, too, or all behind it would be noise.
//!
//! What is binary is read as it is, and never has sections.

use std::borrow::Cow;

use super::Content;
use crate::span::Span;

/// The number of characters of Latin in UTF-16 in a row that are not there by chance.
const WIDE_CHARACTERS: usize = 8;
const WIDE_BYTES: usize = 2 * WIDE_CHARACTERS;
/// How many bytes [`holds_wide`] needs to see together.
pub const WIDE_REACH: usize = LONGEST_LEAD + WIDE_BYTES;
/// The number of bytes of text of 8 bits that are not there by chance in UTF-16, where any two bytes are a character.
const NARROW_BYTES: usize = 24;
/// The number that may be, if they are a line of their own.
const SHORT_LINE: usize = 8;
/// How far a line is followed that is shorter, to see whether it ends as one of 8 bits.
const LONGEST_SHORT_LINE: usize = 64;
/// Fewer characters before the last end of a line may be there by chance.
const LEAST_WRITTEN: usize = 6;
/// How far a line in UTF-16 is followed back that begins in other letters than Latin.
const LONGEST_LEAD: usize = 1024;
/// The mark of UTF-16, little end first and big end first.
const MARKS: [&[u8]; 2] = [&[0xFF, 0xFE], &[0xFE, 0xFF]];

/// Bytes as the engine reads them.
#[derive(Clone, Debug)]
pub struct Reading<'b> {
    /// UTF-16 and UTF-32 became UTF-8, all else stays as it is stored.
    pub bytes: Cow<'b, [u8]>,
    /// Where each of them is stored.
    pub sections: Sections,
}

/// The stretches of bytes that are in one encoding each.
#[derive(Clone, Debug)]
pub struct Sections {
    starts: Vec<Section>,
    /// How many bytes are stored in all.
    stored: usize,
    /// How many there are of the decoded ones.
    decoded: usize,
}

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
            let sections = Sections { starts: sections, stored: end, decoded: end };
            return Reading { bytes: Cow::Borrowed(&bytes[..end]), sections };
        }
        let mut decoded = Vec::with_capacity(end);
        for (number, (stored, content)) in starts.iter().enumerate() {
            let next = starts.get(number + 1).map_or(end, |(next, _)| *next);
            sections.push(Section { content: *content, stored: *stored, decoded: decoded.len() });
            decoded.extend_from_slice(&content.decode(&bytes[*stored..next]));
        }
        let sections = Sections { starts: sections, stored: end, decoded: decoded.len() };
        Reading { bytes: Cow::Owned(decoded), sections }
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
            Self::Utf32Le | Self::Utf32Be => {
                section + (offset - section).next_multiple_of(4).min(bytes.len() - section)
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
                Self::Binary | Self::Utf32Le | Self::Utf32Be => None,
                Self::Text => next_wide(bytes, from),
                Self::Utf16Le | Self::Utf16Be => next_narrow(bytes, from, content),
            };
            let Some(next) = next else { return starts };
            (from, content) = next;
            // What begins there may turn out to begin otherwise, and text then goes on as it was.
            starts.pop_if(|(start, _)| *start == from);
            if content != Self::Text || starts.last().is_none_or(|(_, before)| *before != Self::Text) {
                starts.push(next);
            }
        }
    }
}

impl Sections {
    /// Whether all bytes are as they are stored, and so both have the same offsets.
    pub fn are_as_stored(&self) -> bool {
        matches!(self.starts[..], [Section { content: Content::Text | Content::Binary, .. }])
    }

    /// How many bytes are stored for a span of the decoded ones, which these are the sections of.
    pub fn stored_length(&self, decoded: &[u8], span: Span) -> usize {
        let first = self.starts.partition_point(|section| section.decoded <= span.start).saturating_sub(1);
        let ends = self.starts[first..].iter().skip(1).map(|next| (next.stored, next.decoded));
        let ends = ends.chain([(self.stored, self.decoded)]);
        let reached = self.starts[first..].iter().zip(ends).take_while(|(it, _)| it.decoded < span.end);
        reached
            .map(|(section, (stored_end, decoded_end))| {
                let stored = |start, end| section.content.stored_length(&decoded[start..end]);
                let start = section.decoded.max(span.start);
                if span.end < decoded_end || start == span.end {
                    return stored(start, span.end);
                }
                // Half a character at the end is shown as a whole one: what is stored is counted from the beginning.
                (stored_end - section.stored).saturating_sub(stored(section.decoded, start))
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
        wide_latin(bytes, from, at).or_else(|| wide_line(bytes, from, at))
    })
}

/// Where text in UTF-16 begins whose first characters of Latin are those with the NUL at `at`.
fn wide_latin(bytes: &[u8], from: usize, at: usize) -> Option<(usize, Content)> {
    let before = &bytes[from..at];
    let is_big = begins_wide(&bytes[at..], Content::Utf16Be);
    let is_little = !before.is_empty() && begins_wide(&bytes[at - 1..], Content::Utf16Le);
    // What precedes the NUL may be a character of its own: then it reads alike either way.
    let is_apart = before.is_empty() || before.ends_with(b"\n") || before.ends_with(MARKS[1]);
    let (start, content) = match (is_little, is_big) {
        (true, big) if !(big && is_apart) => (at - 1, Content::Utf16Le),
        (_, true) => (at, Content::Utf16Be),
        (_, false) => return None,
    };
    let before = &bytes[from..start];
    if before.ends_with(mark(content)) {
        return Some((start - mark(content).len(), content));
    }
    // All behind the last line of 8 bits belongs to it if it could, and is no text otherwise.
    let lead = &before[last_line(before, content).unwrap_or(before.len())..];
    let is_lead = lead.len().is_multiple_of(2) && !is_narrow_text(lead);
    Some((if is_lead { start - lead.len() } else { start }, content))
}

/// Where a line in UTF-16 begins, whatever its letters, that ends with the NUL at `at`.
fn wide_line(bytes: &[u8], from: usize, at: usize) -> Option<(usize, Content)> {
    let (content, end) = match (&bytes[from..at], bytes.get(at + 1)) {
        ([.., b'\n'], _) => (Content::Utf16Le, at - 1),
        (_, Some(b'\n')) => (Content::Utf16Be, at),
        _ => return None,
    };
    let before = &bytes[from..end];
    let start = last_line(before, content)?;
    let line = &before[start..];
    let is_wide = line.starts_with(mark(content)) || !is_narrow_text(line) && !is_mostly_ascii(line);
    (is_wide && is_written(line, content)).then_some((from + start, content))
}

/// Where the last line begins that has not ended: behind the end of the one before, in either encoding, or with a
/// mark.
fn last_line(before: &[u8], content: Content) -> Option<usize> {
    let reach = before.len().saturating_sub(LONGEST_LEAD);
    let line = memchr::memrchr(b'\n', &before[reach..]).map(|end| reach + end + 1);
    let marked = memchr::memmem::rfind(&before[line.unwrap_or(reach)..], mark(content));
    let start = marked.map(|at| line.unwrap_or(reach) + at).or(line)?;
    let is_half = content == Content::Utf16Le && before.get(start) == Some(&0);
    Some(start + usize::from(is_half))
}

/// The mark of an encoding.
fn mark(content: Content) -> &'static [u8] {
    if content == Content::Utf16Be { MARKS[1] } else { MARKS[0] }
}

/// Whether bytes are text of 8 bits and nothing else.
fn is_narrow_text(bytes: &[u8]) -> bool {
    std::str::from_utf8(bytes).is_ok() && !bytes.iter().any(is_control)
}

/// Whether so many bytes are ASCII that it is some 8-bit encoding rather than UTF-16.
fn is_mostly_ascii(bytes: &[u8]) -> bool {
    3 * bytes.iter().filter(|byte| matches!(byte, b' '..=b'~')).count() > 2 * bytes.len()
}

/// Whether the first bytes of a whole are lines in UTF-16 of any script, and in which.
pub(super) fn begins_written(head: &[u8]) -> Option<Content> {
    let is_written_in = |content: &Content| {
        let end_of_line = if *content == Content::Utf16Le { b"\n\0" } else { b"\0\n" };
        let units = head.chunks_exact(2);
        let Some(last) = units.clone().rposition(|unit| unit == end_of_line) else { return false };
        let ends = units.enumerate().filter(|(_, unit)| unit == end_of_line).map(|(at, _)| 2 * at);
        let mut start = 0;
        last >= LEAST_WRITTEN
            && ends.into_iter().all(|end| {
                let line = &head[start..end];
                start = end + 2;
                line.is_empty() || is_written(line, *content)
            })
    };
    let encodings = [Content::Utf16Le, Content::Utf16Be];
    if is_mostly_ascii(head) { None } else { encodings.into_iter().find(is_written_in) }
}

/// Whether bytes are, in this encoding, what people write: letters of any script, and what stands between them.
fn is_written(bytes: &[u8], content: Content) -> bool {
    let text = content.decode(bytes);
    let is_written = |c: char| match c {
        '\t' | '\r' | '\u{1b}' | '\u{feff}' => true,
        '\u{fffd}' => false,
        _ => !c.is_control() && !matches!(c, '\u{d7fc}'..='\u{f8ff}'),
    };
    let (mut all, mut letters) = (0, 0);
    for c in String::from_utf8_lossy(&text).chars() {
        if !is_written(c) {
            return false;
        }
        all += 1;
        letters += usize::from(c.is_ascii() || c.is_alphanumeric() || c.is_whitespace());
    }
    all > 0 && bytes.len().is_multiple_of(2) && 4 * letters >= 3 * all
}

/// Whether a byte steers something, and is in no text: line ends, tabs and the codes of terminals are in many.
pub(super) fn is_control(byte: &u8) -> bool {
    !matches!(byte, b'\t' | b'\n' | b'\r' | 0x0C | 0x1B | b' '..=b'~' | 0x80..)
}

/// Whether bytes begin with enough characters of Latin in UTF-16.
fn begins_wide(bytes: &[u8], content: Content) -> bool {
    let is_latin = |pair: &[u8]| {
        let (high, low) = if content == Content::Utf16Le { (pair[1], pair[0]) } else { (pair[0], pair[1]) };
        high == 0 && matches!(low, b'\t' | b'\n' | b'\r' | 0x1B | b' '..=b'~' | 0xA0..)
    };
    bytes.len() >= WIDE_BYTES && bytes[..WIDE_BYTES].chunks_exact(2).all(is_latin)
}

/// Where UTF-16 goes on as text of 8 bits, at its beginning or behind a character that has a NUL, or behind a stray
/// byte in the same encoding.
fn next_narrow(bytes: &[u8], from: usize, content: Content) -> Option<(usize, Content)> {
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
            return Some((start, Content::Text));
        }
        let nul = start + nul?;
        let character = if is_little { nul.saturating_sub(1) } else { nul };
        if character > from && (character - from) % 2 == 1 && begins_wide(&bytes[character..], content) {
            // The first may have been taken for the second half of what is stray.
            let first = character.checked_sub(2).filter(|first| *first > from);
            let first = first.filter(|first| begins_wide(&bytes[*first..], content));
            return Some((first.unwrap_or(character), content));
        }
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
    let text = &head[..head.iter().take_while(|byte| !is_control(byte)).count()];
    let valid = text.utf8_chunks().next().map_or("", |chunk| chunk.valid()).as_bytes();
    let is_line = |text: &[u8]| text.contains(&b'\n') || is_last && text.len() == bytes.len();
    // A single byte may be half a character whose other half was not read yet.
    valid.len() >= NARROW_BYTES
        || begins_line && valid.len() > 1 && is_line(valid)
        || is_latin(text)
            && (text.len() >= NARROW_BYTES || begins_line && text.len() >= SHORT_LINE && is_line(text))
}

/// Whether bytes are Latin text of some 8-bit encoding: among the first and among the second halves of what would be
/// characters of UTF-16, at least every other one is a letter of ASCII or a blank. In no script are both.
fn is_latin(bytes: &[u8]) -> bool {
    let is_letter = |byte: &&u8| byte.is_ascii_alphabetic() || **byte == b' ';
    let half = |first: usize| bytes.iter().skip(first).step_by(2);
    [0, 1].iter().all(|first| 2 * half(*first).filter(is_letter).count() >= half(*first).len())
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
    fn lines_in_any_letters_and_short_ones_are_read_in_their_encoding() {
        for content in [Content::Utf16Le, Content::Utf16Be] {
            for line in [
                "A=1\r\n",
                "\u{41f}\u{430}\u{440}\u{43e}\u{43b}\u{44c} = 1\r\n",
                "日本語の設定 = 高\r\nключ = 7\r\n",
            ] {
                for mark in ["", "\u{feff}"] {
                    let line = format!("{mark}{line}");
                    let bytes = [LINE.as_bytes(), &wide(&line, content), LINE.as_bytes()].concat();
                    assert_eq!(read(&bytes), format!("{LINE}{line}{LINE}"), "{content:?}");
                }
            }
        }
    }

    #[test]
    fn stray_bytes_and_latin_of_8_bits_hide_nothing_that_follows() {
        let latin = b"Gr\xfc\xdfe aus K\xf6ln\r\nkey = 'x'\n";
        for content in [Content::Utf16Le, Content::Utf16Be] {
            let line = wide(LINE, content);
            let mark = wide("\u{feff}", content);
            for stray in [b"\n", b"\0"] {
                let text = read(&[&mark[..], &line, stray, &line].concat());
                assert!(text.ends_with(LINE), "{content:?} {text}");
                assert_eq!(text.matches("user").count(), 2, "{content:?} {text}");
            }
            let bytes = [&mark[..], &line, latin, &line].concat();
            let reading = Content::sniff(&bytes).read(&bytes);
            let expected = [format!("\u{feff}{LINE}").as_bytes(), latin, LINE.as_bytes()].concat();
            assert_eq!(reading.bytes, expected);
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

    #[test]
    fn what_seemed_to_go_on_in_another_encoding_is_no_section() {
        let bytes = "a\naaaaaaaéaaaaaaaaaaaaaééa\0b\0éé\0\n\0\n\0\n\0\0a\0b\0\0\n\0é\n\0a\0b\0éa\0b\0";
        let starts = Content::Text.starts(bytes.as_bytes());
        assert!(starts.windows(2).all(|pair| pair[0].0 < pair[1].0 && pair[0].1 != pair[1].1), "{starts:?}");
    }

    proptest! {
        #[test]
        fn lengths_add_up_whatever_is_stored(
            bytes in "(\0|\n\0|a\0b\0|[a-z]{1,9}|\n|é|\u{430}){0,80}",
            is_wide in any::<bool>(),
            at in any::<prop::sample::Index>(),
        ) {
            let bytes = bytes.as_bytes();
            let content = if is_wide { Content::Utf16Le } else { Content::Text };
            let Reading { bytes: decoded, sections } = content.read(bytes);
            let (at, end) = (at.index(decoded.len() + 1), decoded.len());
            let length = |start, end| sections.stored_length(&decoded, Span::new(start, end));
            prop_assume!(std::str::from_utf8(&decoded[at..]).is_ok());
            prop_assert_eq!(length(0, end), bytes.len());
            prop_assert_eq!(length(0, at) + length(at, end), bytes.len());
            let sniffed = Content::sniff(bytes);
            let starts = sniffed.starts(bytes);
            prop_assert!(starts.windows(2).all(|pair| pair[0].0 < pair[1].0), "{:?}", starts);
        }

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

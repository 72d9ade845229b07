//! Bytes to scan and where they came from.
//!
//! A source lends a [`Blob`] for the length of one call. This module also decides, once per blob,
//! whether bytes are text and in which encoding ([`Content`]); everything after works on UTF-8 or on
//! bytes that are compatible with ASCII. Text that goes on in another encoding is read by [`Reading`].

mod reading;

use std::borrow::Cow;
use std::path::PathBuf;
use std::sync::Arc;

pub use reading::{Reading, Sections, WIDE_REACH, holds_wide};

use crate::path::{self, FileKind};
use crate::span::{Position, Span};

/// How many bytes decide whether a blob is text or binary.
pub const SNIFF_BYTES: usize = 8 * 1024;

/// The number of NUL bytes in a row that are a hole, left when a file was cut off that is still written to, or when a
/// machine stopped before all was on the disk.
pub const HOLE_BYTES: usize = 16;
/// Pieces of text that NUL bytes divide, as in the environment of a process, are at least so long, with the NUL.
const DIVIDED_BYTES: usize = 4;

/// One byte of so many that steers something is a stray in text.
const FEW_STRAYS: usize = 64;
/// One of so many is too many even where most lines have none: of what is compressed it is every ninth.
const MANY_STRAYS: usize = 8;
/// The number of first bytes that show whether there is a header of numbers.
const HEADER_BYTES: usize = 32;

/// How many bytes a part holds before and after those it owns, where the whole has them.
///
/// No rule, filter or decoder may look further around the first byte of a match than this.
pub const OVERLAP: usize = 64 * 1024;

/// Bytes to scan, lent by a source for the length of one call.
#[derive(Clone, Copy, Debug)]
pub struct Blob<'a> {
    /// The bytes as stored.
    pub bytes: &'a [u8],
    /// Where they came from.
    pub provenance: &'a Provenance,
    /// Only these spans are new (added lines of a diff, inserted bytes of a delta); `None`: all of it.
    pub fresh: Option<&'a [Span]>,
    /// Which part of a larger whole the bytes are; `None`: the whole.
    pub part: Option<Part>,
}

impl<'a> Blob<'a> {
    /// A whole blob, all of it new.
    pub fn whole(bytes: &'a [u8], provenance: &'a Provenance) -> Self {
        Self { bytes, provenance, fresh: None, part: None }
    }

    /// How the bytes are to be read, as they begin; decided at the start of the whole and passed on to
    /// every part.
    pub fn content(&self) -> Content {
        self.part.map_or_else(|| Content::sniff(self.bytes), |part| part.content)
    }

    /// The bytes as the engine reads them.
    pub fn read(&self) -> Reading<'a> {
        self.content().read(self.bytes)
    }
}

/// Says which part of a file or stream a blob is that is too large to be held at once.
///
/// Neighbouring parts overlap, so that nothing is missed at their ends; each reports only what
/// begins in the bytes it owns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    /// Offset of the first byte in the whole.
    pub offset: u64,
    /// Line and column of the first byte in the whole.
    pub position: Position,
    /// The bytes of this part, relative to its first one, that no other part owns.
    pub owned: Span,
    /// How it is to be read from its first byte on.
    pub content: Content,
}

/// Where bytes came from.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Provenance {
    /// A file on disk.
    File {
        /// The path it was read by: absolute when a source made it.
        path: PathBuf,
        /// How many leading bytes of the path reports leave out: those of the folder that it is shown
        /// relative to, separator included. 0 shows all of it.
        shown_from: usize,
    },
    /// Standard input or another stream without a path.
    Stream {
        /// The name shown for it, `-` for standard input.
        name: String,
    },
    /// In an archive or a compressed file.
    Member {
        /// What it is in.
        container: Arc<Provenance>,
        /// Its path in there, as stored: any bytes, and not always unlike those of others.
        path: Vec<u8>,
    },
    /// An object of a git repository, or a name in one.
    Object {
        /// The path of the file that it is, as reports show it, or what else it is: `commit:…` and its id
        /// for a message. The same bytes may have many; the one that is given decides.
        path: String,
        /// The kind of file that it counts as.
        kind: FileKind,
    },
    /// The name of a file or folder.
    Name {
        /// The path that ends with it, as reports show it.
        path: String,
    },
}

impl Provenance {
    /// The path as reports show it ([`path::shown`]), or the name of a stream.
    pub fn display_path(&self) -> String {
        match self {
            Self::File { path, shown_from } => {
                let bytes = path.as_os_str().as_encoded_bytes();
                path::shown(bytes.get(*shown_from..).unwrap_or(&[]))
            }
            Self::Stream { name } => name.clone(),
            Self::Member { container, path } => format!("{}!{}", container.display_path(), path::shown(path)),
            Self::Object { path, .. } | Self::Name { path } => path.clone(),
        }
    }

    /// The path that says what kind of file it is: that of a member is the one within its container, and a name has
    /// none.
    pub fn own_path(&self) -> String {
        match self {
            Self::Member { path, .. } => path::shown(path),
            Self::Name { .. } => String::new(),
            Self::File { .. } | Self::Stream { .. } | Self::Object { .. } => self.display_path(),
        }
    }

    /// The kind of file that the bytes are judged as.
    pub fn kind(&self) -> FileKind {
        match self {
            Self::File { .. } | Self::Stream { .. } | Self::Member { .. } => FileKind::of(&self.own_path()),
            Self::Object { kind, .. } => *kind,
            Self::Name { .. } => FileKind::Unknown,
        }
    }

    /// The outermost file or stream that it is in; itself when it is in none.
    pub fn outermost(&self) -> &Self {
        match self {
            Self::Member { container, .. } => container.outermost(),
            Self::File { .. } | Self::Stream { .. } | Self::Object { .. } | Self::Name { .. } => self,
        }
    }
}

/// How the bytes of a blob are to be read, as they begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content {
    /// UTF-8, Latin-1 or any other text that agrees with ASCII; a UTF-8 mark may come first.
    Text,
    /// UTF-16, little end first.
    Utf16Le,
    /// UTF-16, big end first.
    Utf16Be,
    /// UTF-32, little end first: told by its mark, and never gone on in another encoding.
    Utf32Le,
    /// UTF-32, big end first.
    Utf32Be,
    /// Anything with NUL bytes that is neither UTF-16 nor text but for a few of them: searched for token rules only.
    Binary,
}

impl Content {
    /// Decides from the first [`SNIFF_BYTES`] of a whole blob, behind the hole that it may begin with.
    pub fn sniff(bytes: &[u8]) -> Self {
        if begins_with_hole(bytes) {
            let hole = bytes.iter().take_while(|byte| **byte == 0).count();
            let head = &bytes[hole..];
            return Self::text_or_binary(&head[..head.len().min(SNIFF_BYTES)]);
        }
        let head = &bytes[..bytes.len().min(SNIFF_BYTES)];
        match head {
            [0xFF, 0xFE, 0, 0, ..] if Self::Utf32Le.is_valid(head) => Self::Utf32Le,
            [0, 0, 0xFE, 0xFF, ..] if Self::Utf32Be.is_valid(head) => Self::Utf32Be,
            [0xFF, 0xFE, 0, 0, ..] => Self::Binary,
            [0xFF, 0xFE, ..] => Self::Utf16Le,
            [0xFE, 0xFF, ..] => Self::Utf16Be,
            _ if memchr::memchr(0, head).is_none() => Self::Text,
            _ => Self::sniff_unmarked_utf16(head)
                .or_else(|| reading::begins_written(head))
                .unwrap_or_else(|| Self::text_or_binary(&without_holes(head))),
        }
    }

    /// Text may hold stray bytes, and lines in UTF-16: it is text if it begins as one, and either few of its other
    /// bytes steer something or most stand in lines without any. What is compiled or compressed has a header of
    /// numbers, or much that steers behind one in letters.
    fn text_or_binary(head: &[u8]) -> Self {
        let starts = Self::Text.starts(head);
        let ends = starts[1..].iter().map(|(start, _)| *start).chain([head.len()]);
        let narrow = starts.iter().zip(ends).filter(|((_, content), _)| *content == Self::Text);
        let lines =
            narrow.flat_map(|((start, _), end)| head[*start..end].split_inclusive(|byte| *byte == b'\n'));
        let strays_in = |bytes: &[u8]| bytes.iter().filter(|byte| reading::is_control(byte)).count();
        let (mut bytes, mut clean, mut strays) = (0, 0, 0);
        for line in lines {
            let own = strays_in(line);
            bytes += line.len();
            strays += own;
            clean += if own == 0 { line.len() } else { 0 };
        }
        let is_lined = 2 * clean >= bytes && strays * MANY_STRAYS <= bytes;
        let is_text = is_lined || strays * FEW_STRAYS <= bytes;
        let nuls = memchr::memchr_iter(0, head).count();
        let is_divided = strays == nuls && nuls * DIVIDED_BYTES <= head.len();
        let header = &head[..head.len().min(HEADER_BYTES)];
        // Text that begins in UTF-16 has no header of 8 bits.
        let has_header = starts[0].1 == Self::Text && strays_in(header) > HEADER_BYTES / MANY_STRAYS;
        let is_text = is_text && !has_header || is_divided;
        if is_text && !head.is_empty() { Self::Text } else { Self::Binary }
    }

    /// UTF-16 without a mark: nearly every second byte is NUL and the others are ASCII text.
    fn sniff_unmarked_utf16(head: &[u8]) -> Option<Self> {
        let units = head.len() / 2;
        if units < 4 {
            return None;
        }
        let ascii = |index: usize| matches!(head[index], b'\t' | b'\n' | b'\r' | b' '..=b'~');
        let (mut little, mut big) = (0, 0);
        for unit in 0..units {
            little += usize::from(head[2 * unit + 1] == 0 && ascii(2 * unit));
            big += usize::from(head[2 * unit] == 0 && ascii(2 * unit + 1));
        }
        if little * 10 >= units * 9 {
            Some(Self::Utf16Le)
        } else if big * 10 >= units * 9 {
            Some(Self::Utf16Be)
        } else {
            None
        }
    }

    /// The characters of UTF-32; `None` where it holds a number that is none.
    fn characters(self, bytes: &[u8]) -> impl Iterator<Item = Option<char>> {
        let number = if self == Self::Utf32Be { u32::from_be_bytes } else { u32::from_le_bytes };
        bytes.as_chunks().0.iter().map(move |four| char::from_u32(number(*four)))
    }

    /// Whether all of UTF-32 are characters.
    fn is_valid(self, bytes: &[u8]) -> bool {
        self.characters(bytes).all(|character| character.is_some())
    }

    /// A stretch in this encoding as the engine reads it: UTF-16 and UTF-32 become UTF-8, all else stays as it is.
    fn decode(self, bytes: &[u8]) -> Cow<'_, [u8]> {
        let encoding = match self {
            Self::Text | Self::Binary => return Cow::Borrowed(bytes),
            Self::Utf32Le | Self::Utf32Be => {
                let characters = self.characters(bytes);
                let text: String =
                    characters.map(|character| character.unwrap_or(char::REPLACEMENT_CHARACTER)).collect();
                return Cow::Owned(text.into_bytes());
            }
            Self::Utf16Le => encoding_rs::UTF_16LE,
            Self::Utf16Be => encoding_rs::UTF_16BE,
        };
        Cow::Owned(encoding.decode_without_bom_handling(bytes).0.into_owned().into_bytes())
    }

    /// How many bytes are stored for these decoded ones of a stretch in this encoding.
    fn stored_length(self, decoded: &[u8]) -> usize {
        match self {
            Self::Text | Self::Binary => decoded.len(),
            Self::Utf16Le | Self::Utf16Be => 2 * String::from_utf8_lossy(decoded).encode_utf16().count(),
            Self::Utf32Le | Self::Utf32Be => 4 * String::from_utf8_lossy(decoded).chars().count(),
        }
    }
}

/// Bytes without their holes, which say nothing of what stands around them.
fn without_holes(bytes: &[u8]) -> Cow<'_, [u8]> {
    const HOLE: [u8; HOLE_BYTES] = [0; HOLE_BYTES];
    let (mut rest, mut kept) = (bytes, Vec::new());
    while let Some(hole) = memchr::memmem::find(rest, &HOLE) {
        kept.extend_from_slice(&rest[..hole]);
        let nuls = rest[hole..].iter().take_while(|byte| **byte == 0).count();
        rest = &rest[hole + nuls..];
    }
    if rest.len() == bytes.len() {
        return Cow::Borrowed(bytes);
    }
    kept.extend_from_slice(rest);
    Cow::Owned(kept)
}

/// Whether bytes begin with so many NUL bytes that they say nothing of what follows.
pub fn begins_with_hole(bytes: &[u8]) -> bool {
    bytes.len() >= HOLE_BYTES && bytes[..HOLE_BYTES].iter().all(|byte| *byte == 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utf16le(text: &str) -> Vec<u8> {
        text.encode_utf16().flat_map(u16::to_le_bytes).collect()
    }

    #[test]
    fn content_is_told_from_marks_and_from_nul_bytes() {
        assert_eq!(Content::sniff(b""), Content::Text);
        assert_eq!(Content::sniff(b"caf\xe9 = 1\n"), Content::Text);
        assert_eq!(Content::sniff(b"\x7fELF\0\0\0\0\x01\x02\0\0"), Content::Binary);
        assert_eq!(Content::sniff(&utf16le("key = value\r\n")), Content::Utf16Le);
        assert_eq!(Content::sniff(&utf16le("\u{feff}ключ = value")), Content::Utf16Le);
        assert_eq!(Content::sniff(b"x\0y\nkey = value\n"), Content::Text);
        let big: Vec<u8> = "key = value".encode_utf16().flat_map(u16::to_be_bytes).collect();
        assert_eq!(Content::sniff(&big), Content::Utf16Be);
    }

    #[test]
    fn a_mark_and_characters_make_utf_32() {
        let wide = |text: &str, bytes: fn(u32) -> [u8; 4]| -> Vec<u8> {
            text.chars().flat_map(|character| bytes(u32::from(character))).collect()
        };
        let text = "\u{feff}key = 'ключ 😀'\n";
        for (bytes, content) in [
            (wide(text, u32::to_le_bytes), Content::Utf32Le),
            (wide(text, u32::to_be_bytes), Content::Utf32Be),
        ] {
            assert_eq!(Content::sniff(&bytes), content);
            let reading = content.read(&bytes);
            assert_eq!(String::from_utf8_lossy(&reading.bytes), text);
            let all = Span::new(0, reading.bytes.len());
            assert_eq!(reading.sections.stored_length(&reading.bytes, all), bytes.len());
            assert_eq!(content.next_character(&bytes, 5), (8, content));
            assert_eq!(Content::sniff(&bytes[4..]), Content::Binary);
        }
        assert_eq!(Content::sniff(b"\xff\xfe\0\0a\0b\0c\0d\0"), Content::Binary);
    }

    #[test]
    fn a_hole_says_nothing_of_what_follows_it() {
        let after = |bytes: &[u8]| Content::sniff(&[&vec![0; 20_000][..], bytes].concat());
        assert_eq!(after(b"a line of a log\n"), Content::Text);
        assert_eq!(after(b"\x01CD001\x01\0 \0\0\0\0\0\0\0\0\0\0"), Content::Binary);
        assert_eq!(after(b""), Content::Binary);
    }

    #[test]
    fn holes_within_text_and_behind_it_say_nothing_of_it() {
        for length in [16, 100, 511, 4096, 20_000] {
            let hole = vec![0; length];
            let with_hole = |before: &[u8], after: &[u8]| Content::sniff(&[before, &hole, after].concat());
            assert_eq!(with_hole(b"a line\n", b""), Content::Text, "{length}");
            assert_eq!(with_hole(b"a line\n", b"another\n"), Content::Text, "{length}");
            assert_eq!(with_hole(b"\x01\x02\x03\x04\x05", b"\x06\x07"), Content::Binary, "{length}");
        }
    }

    #[test]
    fn nul_bytes_may_divide_text() {
        assert_eq!(Content::sniff(b"USER=b\0HOME=/\0LINES=two\nlines\0"), Content::Text);
        assert_eq!(Content::sniff(b"serve\0--port\x008080\0-v\0"), Content::Text);
        assert_eq!(Content::sniff(b"\0a\0\0\0b\0\0\0c\0\0\0d\0\0"), Content::Binary);
        assert_eq!(Content::sniff(b"USER=b\0HOME=/\0\x01\x02\x03\x04\0"), Content::Binary);
    }

    #[test]
    fn utf16_without_a_mark_may_be_in_any_script() {
        for line in ["ключ от дома", "密码存放在这里", "κλειδί"] {
            let text = format!("{line}\r\n\r\n{line}\nkey = value\n");
            assert_eq!(Content::sniff(&utf16le(&text)), Content::Utf16Le, "{line}");
            let big: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
            assert_eq!(Content::sniff(&big), Content::Utf16Be, "{line}");
        }
        assert_eq!(Content::sniff(b"\x01\x04\n\0"), Content::Binary);
    }

    #[test]
    fn what_is_compiled_is_binary_however_much_text_it_holds() {
        let prose = "what people write about it, at some length\n".repeat(100);
        let behind = |header: &[u8]| Content::sniff(&[header, prose.as_bytes()].concat());
        assert_eq!(behind(b"\xcb\r\r\n\0\0\0\0\x01\x02\x03\x04\x05\x06\0\0\xe3\0\0\0\0"), Content::Binary);
        assert_eq!(behind(b"\xde\x12\x04\x95\0\0\0\0\x07\0\0\0\x1c\0\0\0"), Content::Binary);
        let table: Vec<u8> = (0..250_u32).flat_map(u32::to_le_bytes).collect();
        assert_eq!(
            behind(
                &[&b"!<arch>\nnames are in letters first, and then numbers follow  `\n"[..], &table].concat()
            ),
            Content::Binary
        );
    }
}

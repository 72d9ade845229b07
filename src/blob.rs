//! Bytes to scan and where they came from.
//!
//! A source lends a [`Blob`] for the length of one call. This module also decides, once per blob,
//! whether bytes are text and in which encoding ([`Content`]); everything after works on UTF-8 or on
//! bytes that are compatible with ASCII. Text that goes on in another encoding is read by [`Reading`].

mod reading;

use std::borrow::Cow;
use std::path::PathBuf;
use std::sync::Arc;

pub use reading::{Reading, Sections, WIDE_BYTES, holds_wide};

use crate::path::{self, FileKind};
use crate::span::{Position, Span};

/// How many bytes decide whether a blob is text or binary.
pub const SNIFF_BYTES: usize = 8 * 1024;

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
    /// Anything with NUL bytes that is not UTF-16: searched for token rules only.
    Binary,
}

impl Content {
    /// Decides from the first [`SNIFF_BYTES`] of a whole blob.
    pub fn sniff(bytes: &[u8]) -> Self {
        let head = &bytes[..bytes.len().min(SNIFF_BYTES)];
        match head {
            [0xFF, 0xFE, 0, 0, ..] => Self::Binary,
            [0xFF, 0xFE, ..] => Self::Utf16Le,
            [0xFE, 0xFF, ..] => Self::Utf16Be,
            _ if memchr::memchr(0, head).is_none() => Self::Text,
            _ => Self::sniff_unmarked_utf16(head)
                .unwrap_or_else(|| if is_text_in_part(head) { Self::Text } else { Self::Binary }),
        }
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

    /// A stretch in this encoding as the engine reads it: UTF-16 becomes UTF-8, all else stays as it is.
    fn decode(self, bytes: &[u8]) -> Cow<'_, [u8]> {
        let encoding = match self {
            Self::Text | Self::Binary => return Cow::Borrowed(bytes),
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
        }
    }
}

/// Whether bytes are text of 8 bits but for stretches of UTF-16, which alone have NUL bytes.
fn is_text_in_part(head: &[u8]) -> bool {
    let starts = Content::Text.starts(head);
    let ends = starts[1..].iter().map(|(start, _)| *start).chain([head.len()]);
    // At the end of the head the first characters of such a stretch are not known for what they are.
    let known = if head.len() < SNIFF_BYTES { head.len() } else { head.len() - WIDE_BYTES };
    let is_wide = starts.iter().any(|(_, content)| *content != Content::Text);
    let mut narrow = starts.iter().zip(ends).filter(|((_, content), _)| *content == Content::Text);
    is_wide
        && narrow
            .all(|((start, _), end)| memchr::memchr(0, &head[(*start).min(known)..end.min(known)]).is_none())
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
        let big: Vec<u8> = "key = value".encode_utf16().flat_map(u16::to_be_bytes).collect();
        assert_eq!(Content::sniff(&big), Content::Utf16Be);
    }
}

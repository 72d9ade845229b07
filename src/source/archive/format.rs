//! Tells containers by their first bytes, and by their name only where those say nothing.

use crate::source::coverage::Skip;

/// How many first bytes tell what something is: a header of tar.
pub const HEAD_BYTES: usize = 512;

/// How many last bytes tell that a zip ends: one without a comment.
pub const TAIL_BYTES: usize = 22;

/// A container that is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// One compressed file.
    Compressed(Compression),
    /// Files one after the other, without compression.
    Tar,
    /// Files one after the other: Debian's packages and static libraries.
    Ar,
    /// Files with a directory at the end: also jar, apk, whl, docx and many more.
    Zip,
    /// A database of SQLite: its tables are its members.
    Sqlite,
    /// A source map: the sources in it are its members.
    SourceMap,
    /// One of those that are known and not opened: 7z, RAR, cabinets, RPM, `compress`. Their bytes are scanned
    /// as they are, and they are counted.
    Closed,
}

/// How one file is compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compression {
    /// RFC 1952.
    Gzip,
    /// bzip2.
    Bzip2,
    /// The format of the XZ utilities.
    Xz,
    /// The format before that.
    Lzma,
    /// RFC 8878.
    Zstd,
    /// Frames of LZ4.
    Lz4,
}

impl Format {
    /// The format of what begins with `head` and is called `name`; [`HEAD_BYTES`] of a head suffice.
    ///
    /// Costs a comparison with the first byte for nearly everything that is no container.
    pub fn of(head: &[u8], name: &[u8]) -> Option<Self> {
        use Compression::{Bzip2, Gzip, Lz4, Lzma, Xz, Zstd};
        match head {
            [0x1F, 0x8B, 8, flags, ..] if flags & 0xE0 == 0 => Some(Self::Compressed(Gzip)),
            [b'B', b'Z', b'h', b'1'..=b'9', rest @ ..] if is_bzip2_block(rest) => {
                Some(Self::Compressed(Bzip2))
            }
            [0xFD, b'7', b'z', b'X', b'Z', 0, ..] => Some(Self::Compressed(Xz)),
            [0x5D, 0, 0, ..] if super::xz::begins_lzma(head) => Some(Self::Compressed(Lzma)),
            [0x28, 0xB5, 0x2F, 0xFD, ..] => Some(Self::Compressed(Zstd)),
            [0x04, 0x22, 0x4D, 0x18, ..] | [0x02, 0x21, 0x4C, 0x18, ..] => Some(Self::Compressed(Lz4)),
            [b'P', b'K', 3, 4, ..] | [b'P', b'K', 5, 6, ..] => Some(Self::Zip),
            [b'7', b'z', 0xBC, 0xAF, 0x27, 0x1C, ..]
            | [b'R', b'a', b'r', b'!', 0x1A, 7, ..]
            | [b'M', b'S', b'C', b'F', 0, 0, 0, 0, ..]
            | [0xED, 0xAB, 0xEE, 0xDB, ..]
            | [0x1F, 0x9D, ..] => Some(Self::Closed),
            _ if head.starts_with(super::ar::MAGIC) => Some(Self::Ar),
            _ if head.starts_with(super::sqlite::MAGIC) => Some(Self::Sqlite),
            _ if super::source_map::is_map(head, name) => Some(Self::SourceMap),
            _ if is_tar(head, name) => Some(Self::Tar),
            _ => None,
        }
    }
}

impl Format {
    /// The format of a file of which all bytes are known, or its first and its last ones: programs have zips
    /// put after them, which only their end tells.
    pub fn of_whole(head: &[u8], tail: &[u8], name: &[u8]) -> Option<Self> {
        let ends_as_zip =
            || tail.len() >= TAIL_BYTES && tail[tail.len() - TAIL_BYTES..].starts_with(b"PK\x05\x06");
        Self::of(head, name).or_else(|| ends_as_zip().then_some(Self::Zip))
    }
}

impl Format {
    /// Why the bytes of such a container themselves count as left out.
    pub fn skip(self) -> Skip {
        if self == Self::Closed { Skip::Unopened } else { Skip::Archive }
    }
}

/// The first block of bzip2, or the end of a file without any.
fn is_bzip2_block(after: &[u8]) -> bool {
    after.starts_with(&[0x31, 0x41, 0x59, 0x26, 0x53, 0x59])
        || after.starts_with(&[0x17, 0x72, 0x45, 0x38, 0x50, 0x90])
}

/// The oldest tars have no mark: those are known by their name and the checksum of their first header.
fn is_tar(head: &[u8], name: &[u8]) -> bool {
    let Some(header) = head.first_chunk() else { return false };
    (header[257..262] == *b"ustar" || ends_with(name, b".tar")) && super::tar::has_checksum(header)
}

/// The name of what a compressed file called `name` holds: without the ending that says that it is
/// compressed, or the same name where there is none.
pub fn stem(name: &[u8]) -> Vec<u8> {
    const ENDINGS: &[(&[u8], &[u8])] = &[
        (b".tgz", b".tar"),
        (b".tbz2", b".tar"),
        (b".tbz", b".tar"),
        (b".txz", b".tar"),
        (b".tlz", b".tar"),
        (b".tzst", b".tar"),
        (b".svgz", b".svg"),
        (b".gz", b""),
        (b".bz2", b""),
        (b".xz", b""),
        (b".lzma", b""),
        (b".zst", b""),
        (b".lz4", b""),
    ];
    let last = name.rsplit(|byte| matches!(byte, b'/' | b'\\')).next().unwrap_or_default();
    for (ending, instead) in ENDINGS {
        if last.len() > ending.len() && ends_with(last, ending) {
            return [&last[..last.len() - ending.len()], instead].concat();
        }
    }
    last.to_vec()
}

fn ends_with(name: &[u8], ending: &[u8]) -> bool {
    name.len() >= ending.len() && name[name.len() - ending.len()..].eq_ignore_ascii_case(ending)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn text_that_begins_like_a_container_is_none() {
        assert_eq!(Format::of(b"PK is short for primary key", b"a"), None);
        assert_eq!(Format::of(b"BZh9 is a flight", b"a"), None);
        assert_eq!(Format::of(&[b'0'; 512], b"a.tar"), None);
        assert_eq!(Format::of(b"", b"a.zip"), None);
    }

    proptest! {
        #[test]
        fn any_bytes_are_of_some_format_or_none(
            mut head in prop::array::uniform32(any::<[u8; 16]>()).prop_map(|parts| parts.concat()), marked in any::<bool>(),
            first in prop::sample::select(vec![0, 0x80, b'0', b' ']), length in 0..=HEAD_BYTES,
        ) {
            if marked {
                head[257..262].copy_from_slice(b"ustar");
                head[148] = first;
            }
            let format = Format::of_whole(&head[..length], &head, b"any.tar");
            prop_assert!(length > 2 || matches!(format, None | Some(Format::Zip)));
        }
    }

    #[test]
    fn what_a_compressed_file_holds_has_a_name() {
        assert_eq!(stem(b"logs/app.log.gz"), b"app.log");
        assert_eq!(stem(b"Release.TGZ"), b"Release.tar");
        assert_eq!(stem(b"-"), b"-");
        assert_eq!(stem(b".gz"), b".gz");
    }
}

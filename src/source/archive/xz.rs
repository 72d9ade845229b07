//! The format of the XZ utilities, with the filters for machine code, the one before it, and the LZMA of zip.

use std::io::{self, BufReader, Read};

use lzma_rust2::{LzmaReader, XzReader};

/// The largest dictionary that is made, in KiB: that of `xz -9` and a bit.
const MOST_MEMORY_KIB: u32 = 68 * 1024;

/// The bytes of an xz file.
pub(super) fn decoder<R: Read>(reader: R) -> impl Read {
    XzReader::new_mem_limit(BufReader::new(reader), true, MOST_MEMORY_KIB)
}

/// The bytes of an lzma file, which came before xz.
pub(super) fn decoder_of_lzma<R: Read>(reader: R) -> io::Result<impl Read> {
    LzmaReader::new_mem_limit(BufReader::new(reader), MOST_MEMORY_KIB, None)
}

/// Whether bytes begin an lzma file, which has no mark: the usual properties, a dictionary that such files have, a size
/// that is unknown or could be, and the first byte of what is packed.
pub(super) fn begins_lzma(head: &[u8]) -> bool {
    let Some([0x5D, d0, d1, d2, d3, size @ .., 0]) = head.first_chunk::<14>() else { return false };
    let dictionary = u32::from_le_bytes([*d0, *d1, *d2, *d3]);
    let is_usual = dictionary >= 1 << 12 && dictionary.trailing_zeros() + 1 >= dictionary.ilog2();
    is_usual && (size.iter().all(|byte| *byte == 0xFF) || size.ends_with(&[0, 0, 0]))
}

/// The bytes of a member of a zip that is compressed by method 14: a version, the size of the
/// properties, and the properties come first.
pub(super) fn decoder_in_zip<R: Read>(mut reader: R, size: u64) -> io::Result<impl Read> {
    let mut head = [0; 9];
    reader.read_exact(&mut head)?;
    let dictionary = u32::from_le_bytes([head[5], head[6], head[7], head[8]]);
    if head[2..4] != [5, 0] || dictionary / 1024 > MOST_MEMORY_KIB {
        return Err(io::Error::new(
            io::ErrorKind::Unsupported,
            "unusual properties of LZMA are not supported",
        ));
    }
    LzmaReader::new_with_props(reader, size, head[4], dictionary, None)
}

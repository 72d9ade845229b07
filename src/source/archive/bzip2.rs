//! Bzip2: one stream after the other, each block with its checksum.

use std::io::{BufReader, Read};

use bzip2::bufread::MultiBzDecoder;

/// The bytes of a bzip2 file.
pub(super) fn decoder<R: Read>(reader: R) -> impl Read {
    MultiBzDecoder::new(BufReader::new(reader))
}

//! Inflates what packs and loose objects hold.
//!
//! Whole objects and deltas go through libdeflate, nearly twice as fast as anything that can stream.
//! The checksum of every stream is compared, and so is its length with what the header said.

use super::ObjectError;

/// No deflated byte makes more than so many: what claims more is not believed, before memory is
/// asked for.
const MOST_PER_BYTE: u64 = 1032;

/// Inflates into buffers; one for each thread.
pub struct Inflater(libdeflater::Decompressor);

impl Default for Inflater {
    fn default() -> Self {
        Self(libdeflater::Decompressor::new())
    }
}

impl Inflater {
    /// Inflates the stream that `deflated` begins with into `to`, which is `size` bytes long then.
    ///
    /// # Errors
    /// The stream is damaged, or holds more or fewer bytes.
    pub fn inflate(&mut self, deflated: &[u8], size: u64, to: &mut Vec<u8>) -> Result<(), ObjectError> {
        if size > (deflated.len() as u64).saturating_mul(MOST_PER_BYTE) {
            return Err(ObjectError::Size);
        }
        let size = usize::try_from(size).map_err(|_| ObjectError::Size)?;
        if size > to.capacity() {
            // Zeroed by the system where it is large, and then only as far as it is written to.
            *to = vec![0; size];
        } else {
            to.resize(size, 0);
        }
        match self.0.zlib_decompress(deflated, to) {
            Ok(written) if written == size => Ok(()),
            Ok(_) | Err(libdeflater::DecompressionError::InsufficientSpace) => Err(ObjectError::Size),
            Err(libdeflater::DecompressionError::BadData) => Err(ObjectError::Inflate),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn deflate(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
        encoder.write_all(bytes).expect("a vector takes all");
        encoder.finish().expect("a vector takes all")
    }

    #[test]
    fn sizes_and_checksums_are_checked() {
        let mut inflater = Inflater::default();
        let mut to = Vec::new();
        let mut deflated = deflate(b"twelve bytes");
        deflated.extend(b"what follows");
        let end = deflated.len() - 12;
        let mut inflate = |deflated: &[u8], size| inflater.inflate(deflated, size, &mut to);
        assert_eq!(inflate(&deflated, 12), Ok(()));
        assert_eq!(inflate(&deflated, 11), Err(ObjectError::Size));
        assert_eq!(inflate(&deflated, 13), Err(ObjectError::Size));
        assert_eq!(inflate(&deflated, 1 << 60), Err(ObjectError::Size), "nothing is allocated for it");
        assert_eq!(inflate(&deflated[..end - 1], 12), Err(ObjectError::Inflate), "cut off");
        deflated[end - 1] ^= 1;
        assert_eq!(inflate(&deflated, 12), Err(ObjectError::Inflate), "checksum");
    }
}

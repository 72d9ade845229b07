//! Gzip: one member after the other, as `cat a.gz b.gz` leaves them, each with its checksum.

use std::io::{self, BufReader, Read};

use flate2::bufread::GzDecoder;

use super::frames::{Lent, follows};

/// The bytes of a gzip file.
pub(super) struct Decoder<R: Read> {
    member: GzDecoder<Lent<BufReader<R>>>,
    has_ended: bool,
}

impl<R: Read> Decoder<R> {
    pub fn new(reader: R) -> Self {
        Self { member: GzDecoder::new(Lent(Some(BufReader::new(reader)))), has_ended: false }
    }
}

impl<R: Read> Read for Decoder<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while !self.has_ended && !buffer.is_empty() {
            let count = self.member.read(buffer)?;
            if count > 0 {
                return Ok(count);
            }
            if follows(self.member.get_mut(), |first| first == 0x1F)? {
                let reader = self.member.reset(Lent(None));
                self.member.reset(reader);
            } else {
                self.has_ended = true;
            }
        }
        Ok(0)
    }
}

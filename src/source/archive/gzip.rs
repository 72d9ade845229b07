//! Gzip: one member after the other, as `cat a.gz b.gz` leaves them, each with its checksum.

use std::io::{self, BufReader, Read};

use flate2::bufread::GzDecoder;

use super::frames::{Lent, follows};

/// The bytes of a gzip file.
pub(super) struct Decoder<R: Read> {
    member: GzDecoder<Lent<BufReader<R>>>,
    has_ended: bool,
    labels: Vec<u8>,
}

impl<R: Read> Decoder<R> {
    pub fn new(reader: R) -> Self {
        Self {
            member: GzDecoder::new(Lent(Some(BufReader::new(reader)))),
            has_ended: false,
            labels: Vec::new(),
        }
    }

    /// What the headers of all members that were read say beside their bytes: names and comments, one a line.
    pub fn labels(mut self) -> Vec<u8> {
        if !self.has_ended {
            self.read_header();
        }
        self.labels
    }

    fn read_header(&mut self) {
        let Some(header) = self.member.header() else { return };
        for text in [header.filename(), header.comment(), header.extra()].into_iter().flatten() {
            self.labels.extend_from_slice(text);
            self.labels.push(b'\n');
        }
    }
}

impl<R: Read> Read for Decoder<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while !self.has_ended && !buffer.is_empty() {
            let count = self.member.read(buffer)?;
            if count > 0 {
                return Ok(count);
            }
            self.read_header();
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

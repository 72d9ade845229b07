//! Frames of LZ4, one after the other, and the older frames of the kernel's images.

use std::io::{self, BufRead, BufReader, Read};

use lz4_flex::frame::FrameDecoder;

use super::frames::follows;

/// The bytes of an LZ4 file.
pub(super) struct Decoder<R: Read> {
    frames: FrameDecoder<Tail<BufReader<R>>>,
    has_ended: bool,
}

impl<R: Read> Decoder<R> {
    pub fn new(reader: R) -> Self {
        let tail = Tail { reader: BufReader::new(reader), last: [0; 8], first: None };
        Self { frames: FrameDecoder::new(tail), has_ended: false }
    }
}

impl<R: Read> Read for Decoder<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while !self.has_ended && !buffer.is_empty() {
            let count = self.frames.read(buffer)?;
            if count > 0 {
                return Ok(count);
            }
            // The decoder says the same of a frame that ended and of one that was cut between two blocks.
            let tail = self.frames.get_mut();
            if !tail.ends_a_frame() {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            let goes_on =
                follows(&mut tail.reader, |first| matches!(first, 0x02 | 0x04) || first & 0xF0 == 0x50)?;
            self.has_ended = !goes_on;
        }
        Ok(0)
    }
}

/// Remembers the last bytes that were read.
struct Tail<R> {
    reader: R,
    last: [u8; 8],
    first: Option<u8>,
}

impl<R> Tail<R> {
    /// Whether an end mark was read last, or one before a checksum; older frames have none.
    fn ends_a_frame(&self) -> bool {
        self.last[4..] == [0; 4] || self.last[..4] == [0; 4] || self.first == Some(0x02)
    }
}

impl<R: BufRead> Read for Tail<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.reader.read(buffer)?;
        let read = &buffer[..count];
        self.first = self.first.or(read.first().copied());
        let kept = count.min(8);
        self.last.copy_within(kept.., 0);
        self.last[8 - kept..].copy_from_slice(&read[count - kept..]);
        Ok(count)
    }
}

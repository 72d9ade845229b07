//! Zstandard: one frame after the other, each with its checksum if it has one. Frames that need a
//! dictionary of their own cannot be read.

use std::error::Error;
use std::io::{self, BufReader, Read};

use ruzstd::decoding::errors::{FrameDecoderError, ReadFrameHeaderError};
use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};

use super::frames::follows;

/// The bytes of a zstd file. Windows of more than 128 MiB are refused, as the tool does.
pub(super) struct Decoder<R: Read> {
    reader: BufReader<R>,
    frame: FrameDecoder,
    state: State,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    BeforeFrame,
    InFrame,
    Ended,
}

impl<R: Read> Decoder<R> {
    pub fn new(reader: R) -> Self {
        Self { reader: BufReader::new(reader), frame: FrameDecoder::new(), state: State::BeforeFrame }
    }

    /// Starts a frame; one of others' data is passed over.
    fn start(&mut self) -> io::Result<State> {
        let length = match self.frame.reset(&mut self.reader) {
            Ok(()) => return Ok(State::InFrame),
            Err(FrameDecoderError::ReadFrameHeaderError(ReadFrameHeaderError::SkipFrame {
                length, ..
            })) => length,
            Err(error) => return Err(broken(error)),
        };
        let length = u64::from(length);
        let passed = io::copy(&mut (&mut self.reader).take(length), &mut io::sink())?;
        if passed == length { self.after_frame() } else { Err(io::ErrorKind::UnexpectedEof.into()) }
    }

    fn end(&mut self) -> io::Result<State> {
        let stored = self.frame.get_checksum_from_data();
        if stored.is_some() && stored != self.frame.get_calculated_checksum() {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "its checksum is another"));
        }
        self.after_frame()
    }

    fn after_frame(&mut self) -> io::Result<State> {
        let goes_on = follows(&mut self.reader, |first| first == 0x28 || first & 0xF0 == 0x50)?;
        Ok(if goes_on { State::BeforeFrame } else { State::Ended })
    }
}

impl<R: Read> Read for Decoder<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        loop {
            match self.state {
                State::Ended => return Ok(0),
                State::BeforeFrame => self.state = self.start()?,
                State::InFrame if self.frame.can_collect() > 0 => return self.frame.read(buffer),
                State::InFrame if self.frame.is_finished() => self.state = self.end()?,
                State::InFrame => {
                    self.frame
                        .decode_blocks(&mut self.reader, BlockDecodingStrategy::UptoBlocks(1))
                        .map_err(broken)?;
                }
            }
        }
    }
}

/// The error of the reader below, if that is what went wrong.
fn broken(error: FrameDecoderError) -> io::Error {
    if let FrameDecoderError::WindowSizeTooBig { max, .. } = error {
        let message = format!("it needs a window of more than {} MiB", max >> 20);
        return io::Error::new(io::ErrorKind::Unsupported, message);
    }
    let mut cause: Option<&(dyn Error + 'static)> = Some(&error);
    while let Some(error) = cause {
        if let Some(below) = error.downcast_ref::<io::Error>() {
            let code = below.raw_os_error().map(io::Error::from_raw_os_error);
            return code.unwrap_or_else(|| io::Error::new(below.kind(), below.to_string()));
        }
        cause = error.source();
    }
    io::Error::new(io::ErrorKind::InvalidData, "its blocks cannot be decoded")
}

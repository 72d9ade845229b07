//! A reader whose first bytes were looked at, and which gives them nevertheless.

use std::io::{self, Read};

use super::format::HEAD_BYTES;

/// A reader with the first [`HEAD_BYTES`] known.
pub(in crate::source) struct Peeked<R> {
    head: [u8; HEAD_BYTES],
    length: usize,
    /// How many bytes of the head were given.
    given: usize,
    /// What went wrong after the head; told when it has been given.
    error: Option<io::Error>,
    reader: R,
}

impl<R: Read> Peeked<R> {
    pub fn new(mut reader: R) -> Self {
        let mut head = [0; HEAD_BYTES];
        let mut length = 0;
        let mut error = None;
        while length < HEAD_BYTES {
            match reader.read(&mut head[length..]) {
                Ok(0) => break,
                Ok(count) => length += count,
                Err(interrupted) if interrupted.kind() == io::ErrorKind::Interrupted => {}
                Err(failure) => {
                    error = Some(failure);
                    break;
                }
            }
        }
        Self { head, length, given: 0, error, reader }
    }

    /// The first bytes: fewer than [`HEAD_BYTES`] only where there are no more.
    pub fn head(&self) -> &[u8] {
        &self.head[..self.length]
    }
}

impl<R: Read> Read for Peeked<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.given < self.length {
            let count = (&self.head[self.given..self.length]).read(buffer)?;
            self.given += count;
            return Ok(count);
        }
        match self.error.take() {
            Some(error) => Err(error),
            // Whoever ended once may not be asked again: standard input would wait for another end.
            None if self.length < HEAD_BYTES => Ok(0),
            None => self.reader.read(buffer),
        }
    }
}

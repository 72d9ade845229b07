//! Compressed files that are joined by joining files: what may follow the end of one.

use std::io::{self, BufRead, Read};

/// Whether another one follows in `reader`, which begins with a byte that `begins` knows.
///
/// Zeros up to the end are padding, as tapes leave it. Anything else was hidden behind the end: an error,
/// because it is not read.
pub(super) fn follows(reader: &mut impl BufRead, begins: impl Fn(u8) -> bool) -> io::Result<bool> {
    loop {
        let bytes = reader.fill_buf()?;
        match bytes {
            [] => return Ok(false),
            [first, ..] if begins(*first) => return Ok(true),
            _ if bytes.iter().all(|byte| *byte == 0) => {
                let length = bytes.len();
                reader.consume(length);
            }
            _ => return Err(io::Error::new(io::ErrorKind::InvalidData, "other bytes follow its end")),
        }
    }
}

/// A reader that can be taken out of the decoder that holds it, so that the decoder can be used again.
pub(super) struct Lent<R>(pub Option<R>);

impl<R: Read> Read for Lent<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.as_mut().map_or(Ok(0), |reader| reader.read(buffer))
    }
}

impl<R: BufRead> BufRead for Lent<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.0.as_mut().map_or(Ok(&[]), R::fill_buf)
    }

    fn consume(&mut self, count: usize) {
        if let Some(reader) = &mut self.0 {
            reader.consume(count);
        }
    }
}

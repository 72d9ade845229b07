//! Standard input and other streams, of any size in constant memory.

use std::io::Read;
use std::sync::Mutex;
use std::sync::atomic::AtomicBool;

use super::archive::{self, Format, Input, Peeked};
use super::coverage::explain;
use super::{Coverage, Sink, Source, Tally, pool, window};
use crate::blob::Provenance;
use crate::lock::lock;

/// A stream that is read once, to its end.
///
/// What fits one window (2 MiB) is lent as a whole at the end of the stream, larger ones in parts as
/// soon as a window is full.
pub struct Stream<R> {
    name: String,
    jobs: usize,
    no_archives: bool,
    reader: Mutex<R>,
}

impl<R: Read + Send> Stream<R> {
    /// A stream shown as `name` in reports.
    pub fn new(name: impl Into<String>, reader: R) -> Self {
        Self { name: name.into(), jobs: 0, no_archives: false, reader: Mutex::new(reader) }
    }

    /// Uses so many threads; 0, which is where it starts, for one per core.
    pub fn jobs(self, jobs: usize) -> Self {
        Self { jobs, ..self }
    }

    /// Scans a stream that is an archive or compressed as the bytes that it is, and not what it holds.
    pub fn no_archives(self, no_archives: bool) -> Self {
        Self { no_archives, ..self }
    }
}

impl<R: Read + Send> Source for Stream<R> {
    fn visit(&self, sink: &Sink<'_>) -> Coverage {
        let mut coverage = Coverage::default();
        let provenance = Provenance::Stream { name: self.name.clone() };
        let stop = AtomicBool::new(false);
        let mut reader = lock(&self.reader);
        let mut whole = Peeked::new(&mut *reader);
        if let Some(format) = Format::of(whole.head(), self.name.as_bytes()).filter(|_| !self.no_archives) {
            return archive::lend(format, Input::Stream(&mut whole), &provenance, &stop, sink);
        }
        let reading = pool(self.jobs).install(|| {
            let spare = rayon::current_num_threads();
            window::lend(&mut whole, &provenance, spare, &stop, sink)
        });
        match reading.error {
            None => coverage.scanned(Tally::file(reading.bytes)),
            Some(error) => coverage.problem(Tally::file(reading.bytes), &*self.name, explain(&error)),
        }
        coverage
    }
}

#[cfg(test)]
mod tests {
    use std::ops::ControlFlow;

    use super::*;

    #[test]
    fn a_short_stream_is_lent_whole_and_a_long_one_in_parts() {
        for (length, whole) in [(0, true), (100, true), (9 << 20, false)] {
            let owned = Mutex::new(0);
            let text = b"a line\n".repeat(length / 7);
            let coverage = Stream::new("-", &text[..]).jobs(2).visit(&|blob| {
                assert_eq!(blob.part.is_none(), whole);
                *owned.lock().expect("no sink panics") +=
                    blob.part.map_or(blob.bytes.len(), |part| part.owned.len());
                ControlFlow::Continue(())
            });
            assert_eq!(*owned.lock().expect("no sink panics"), text.len());
            assert_eq!(coverage.scanned, Tally::file(text.len() as u64));
            assert!(coverage.is_complete());
        }
    }
}

//! Standard input and other streams.

use std::io::Read;
use std::sync::Mutex;

use super::{Coverage, Flow, Source, Tally};
use crate::blob::{Blob, Provenance};

/// A stream that is read once, to its end.
pub struct Stream<R> {
    name: String,
    reader: Mutex<R>,
}

impl<R: Read + Send> Stream<R> {
    /// A stream shown as `name` in reports.
    pub fn new(name: impl Into<String>, reader: R) -> Self {
        Self { name: name.into(), reader: Mutex::new(reader) }
    }
}

impl<R: Read + Send> Source for Stream<R> {
    fn visit(&self, sink: &(dyn Fn(Blob<'_>) -> Flow + Sync)) -> Coverage {
        let mut coverage = Coverage::default();
        let mut bytes = Vec::new();
        let mut reader = self.reader.lock().expect("a stream is visited once, by one thread");
        match reader.read_to_end(&mut bytes) {
            Ok(_) => coverage.scanned(Tally::file(bytes.len() as u64)),
            Err(error) => coverage.problem(Tally::file(bytes.len() as u64), &*self.name, error.to_string()),
        }
        let _ = sink(Blob::whole(&bytes, &Provenance::Stream { name: self.name.clone() }));
        coverage
    }
}

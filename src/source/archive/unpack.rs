//! The one loop that turns a container into blobs, and containers in it into more of them.
//!
//! The files of the formats call [`Unpack::member`] for each member, with a reader of its bytes; here is
//! decided whether that is a container again, what is lent, and how failures are told. What was read
//! before something failed is always lent.

use std::io::{self, BufReader, Cursor, Read, Seek};
use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::budget::{Budget, GivingOut};
use super::format::{Compression, Format, stem};
use super::peeked::Peeked;
use super::{ar, bzip2, gzip, lz4, source_map, sqlite, tar, xz, zip, zstd};
use crate::blob::{Blob, Provenance};
use crate::source::coverage::{Coverage, Skip, Tally, explain};
use crate::source::{Sink, window};

/// Members up to this size are lent whole from a buffer that is used again.
const SMALL: u64 = 1024 * 1024;
/// What is said of members, and of a container itself, is lent as the lines of this member: names, targets of links,
/// comments.
const LABELS: &str = "(names and comments)";
/// As much of that is collected before it is lent.
const MOST_OF_LABELS: usize = 64 * 1024;
/// What a panic leaves behind. Its own message may hold scanned bytes, so nobody ever sees it.
const DEFECT: &str = "opening it failed; this is a defect of stanch, please report it";
/// The largest number of problems of one container that are named; the others are counted.
const NAMED_PROBLEMS: u64 = 100;

/// Bytes that can be read in any order.
pub trait ReadSeek: Read + Seek {}
impl<T: Read + Seek> ReadSeek for T {}

/// The bytes of a container.
pub enum Input<'r> {
    /// To be read in order.
    Stream(&'r mut dyn Read),
    /// To be read in any order.
    File(&'r mut dyn ReadSeek),
}

/// Why a container was not read to its end.
pub(super) enum Failure {
    /// Something is wrong with it, in words.
    Damaged(String),
    /// It was told before, or nobody needs to be told.
    Told,
}

impl Failure {
    pub fn damaged(what: &str) -> Self {
        Self::Damaged(format!("damaged: {what}"))
    }

    pub fn cut_short() -> Self {
        Self::damaged("it is cut short")
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::UnexpectedEof => Self::cut_short(),
            // What the disk says, and what this program says, is no damage.
            _ if error.raw_os_error().is_some() => Self::Damaged(explain(&error)),
            io::ErrorKind::Other if error.get_ref().is_none() => Self::Damaged(explain(&error)),
            io::ErrorKind::OutOfMemory | io::ErrorKind::FileTooLarge | io::ErrorKind::Unsupported => {
                Self::Damaged(explain(&error))
            }
            _ => Self::damaged(&explain(&error)),
        }
    }
}

/// The work on one outermost container.
pub(super) struct Unpack<'a> {
    sink: &'a Sink<'a>,
    stop: &'a AtomicBool,
    pub budget: &'a Budget,
    pub coverage: Coverage,
    buffer: Vec<u8>,
    /// What was said of the members of the container that is being read.
    labels: Vec<u8>,
    has_lent: bool,
    depth: usize,
    problems: u64,
}

impl<'a> Unpack<'a> {
    pub fn new(budget: &'a Budget, stop: &'a AtomicBool, sink: &'a Sink<'a>) -> Self {
        Self {
            sink,
            stop,
            budget,
            coverage: Coverage::default(),
            buffer: Vec::new(),
            labels: Vec::new(),
            has_lent: false,
            depth: 0,
            problems: 0,
        }
    }

    /// Lends what a container holds. `at` is where it is shown to stand, `name` what it is called.
    ///
    /// A panic in the reader of one container is told of that one alone: what stands beside it is read.
    pub fn open(
        &mut self,
        format: Format,
        input: Input<'_>,
        at: &Arc<Provenance>,
        name: &[u8],
    ) -> Result<(), Failure> {
        let outer = mem::take(&mut self.labels);
        let read = guard(|| self.read(format, input, at, name));
        let labelled = guard(|| {
            self.lend_labels(at);
            Ok(())
        });
        self.labels = outer;
        read.and(labelled)
    }

    fn read(
        &mut self,
        format: Format,
        input: Input<'_>,
        at: &Arc<Provenance>,
        name: &[u8],
    ) -> Result<(), Failure> {
        match (format, input) {
            (Format::Compressed(compression), input) => {
                let reader = input.in_order();
                let name = stem(name);
                match compression {
                    Compression::Gzip => {
                        let mut decoder = gzip::Decoder::new(reader);
                        let outcome = self.content(at, &name, &mut decoder);
                        self.label(at, &decoder.labels());
                        outcome
                    }
                    Compression::Bzip2 => self.content(at, &name, &mut bzip2::decoder(reader)),
                    Compression::Xz => self.content(at, &name, &mut xz::decoder(reader)),
                    Compression::Lzma => self.content(at, &name, &mut xz::decoder_of_lzma(reader)?),
                    Compression::Zstd => self.content(at, &name, &mut zstd::Decoder::new(reader)),
                    Compression::Lz4 => self.content(at, &name, &mut lz4::Decoder::new(reader)),
                }
            }
            (Format::Tar, input) => tar::read(self, &mut BufReader::new(input.in_order()), at),
            (Format::Ar, input) => ar::read(self, &mut BufReader::new(input.in_order()), at),
            (Format::SourceMap, input) => source_map::read(self, input.in_order(), at),
            (Format::Closed, input) => self.lend_as_it_is(at, input.in_order()),
            (Format::Zip, Input::File(file)) => zip::read(self, file, at),
            (Format::Sqlite, Input::File(file)) => sqlite::read(self, file, at),
            (Format::Zip | Format::Sqlite, Input::Stream(reader)) => {
                let held = self.budget.hold(reader)?;
                self.read(format, Input::File(&mut Cursor::new(held.bytes())), at, name)
            }
        }
    }

    /// Lends a member, and says whether `reader` could be read as far as it was needed.
    pub fn member(&mut self, within: &Arc<Provenance>, path: &[u8], reader: &mut dyn Read) -> bool {
        self.label(within, path);
        let provenance = Arc::new(Provenance::Member { container: Arc::clone(within), path: path.to_vec() });
        let outcome = self.lend(&provenance, &provenance, path, reader);
        let was_read = outcome.is_ok();
        self.tell(outcome, &provenance);
        was_read
    }

    /// Lends what came out of a compressed file: the members of a container in it are shown as if they were
    /// in the compressed file itself.
    fn content(
        &mut self,
        within: &Arc<Provenance>,
        path: &[u8],
        decoder: &mut dyn Read,
    ) -> Result<(), Failure> {
        let provenance = Provenance::Member { container: Arc::clone(within), path: path.to_vec() };
        let mut decoder = GivingOut { reader: decoder, budget: self.budget };
        self.lend(&provenance, within, path, &mut decoder)
    }

    /// Lends bytes as `provenance`, or opens them as a container whose members are shown in `container`.
    fn lend(
        &mut self,
        provenance: &Provenance,
        container: &Arc<Provenance>,
        name: &[u8],
        reader: &mut dyn Read,
    ) -> Result<(), Failure> {
        self.goes_on()?;
        self.budget.open_member().map_err(|_| Failure::Told)?;
        let mut reader = Peeked::new(reader);
        match Format::of(reader.head(), name) {
            None => self.lend_bytes(provenance, &mut reader),
            Some(_) if self.depth == self.budget.limits.depth => {
                let depth = self.budget.limits.depth;
                Err(Failure::Damaged(format!("left: it is nested in more than {depth} others")))
            }
            Some(format) => {
                let mut counted = Counted { reader, count: 0 };
                self.depth += 1;
                let outcome = self.open(format, Input::Stream(&mut counted), container, name);
                self.depth -= 1;
                self.skip(format.skip(), Tally::file(counted.count));
                outcome
            }
        }
    }

    /// Lends bytes as a whole if they are few, else in windows.
    pub fn lend_bytes(&mut self, provenance: &Provenance, reader: &mut dyn Read) -> Result<(), Failure> {
        let mut buffer = mem::take(&mut self.buffer);
        buffer.clear();
        let read = (&mut *reader).take(SMALL).read_to_end(&mut buffer);
        self.has_lent |= !buffer.is_empty();
        let (bytes, error) = if (buffer.len() as u64) < SMALL {
            if !buffer.is_empty() && (self.sink)(Blob::whole(&buffer, provenance)).is_break() {
                self.stop.store(true, Ordering::Relaxed);
            }
            (buffer.len() as u64, read.err())
        } else {
            let reading =
                window::lend(&mut buffer.as_slice().chain(reader), provenance, 0, self.stop, self.sink);
            (reading.bytes, reading.error)
        };
        self.buffer = buffer;
        if let Some(error) = error {
            self.coverage.asked += Tally::file(bytes);
            return Err(error.into());
        }
        self.coverage.scanned(Tally::file(bytes));
        Ok(())
    }

    /// Lends the bytes of a container itself.
    pub fn lend_as_it_is(&mut self, at: &Provenance, reader: &mut dyn Read) -> Result<(), Failure> {
        self.has_lent = true;
        let reading = window::lend(reader, at, 0, self.stop, self.sink);
        reading.error.map_or(Ok(()), |error| Err(error.into()))
    }

    /// Lends bytes that stand beside the members of a container, as a member called `what`.
    pub fn lend_beside(
        &mut self,
        within: &Arc<Provenance>,
        what: &str,
        reader: &mut dyn Read,
    ) -> Result<(), Failure> {
        let provenance = Provenance::Member { container: Arc::clone(within), path: what.into() };
        let mut reader = Peeked::new(reader);
        if reader.head().is_empty() { Ok(()) } else { self.lend_as_it_is(&provenance, &mut reader) }
    }

    /// Takes a line of what is said of a container or its members, to be lent with the others.
    pub fn label(&mut self, within: &Arc<Provenance>, line: &[u8]) {
        if line.is_empty() {
            return;
        }
        self.labels.extend_from_slice(line);
        self.labels.push(b'\n');
        if self.labels.len() > MOST_OF_LABELS {
            self.lend_labels(within);
        }
    }

    fn lend_labels(&mut self, within: &Arc<Provenance>) {
        if self.labels.is_empty() {
            return;
        }
        let provenance = Provenance::Member { container: Arc::clone(within), path: LABELS.into() };
        if (self.sink)(Blob::whole(&self.labels, &provenance)).is_break() {
            self.stop.store(true, Ordering::Relaxed);
        }
        self.labels.clear();
    }

    /// Whether any byte was lent.
    pub fn has_lent(&self) -> bool {
        self.has_lent
    }

    /// An error when the work on the outermost container is over, for whatever reason.
    pub fn goes_on(&self) -> Result<(), Failure> {
        let is_over = self.stop.load(Ordering::Relaxed) || self.budget.hit().is_some();
        if is_over { Err(Failure::Told) } else { Ok(()) }
    }

    /// Counts a member that is left out by policy.
    pub fn skip(&mut self, reason: Skip, tally: Tally) {
        self.coverage.skipped(reason, tally);
    }

    /// Notes why a container or member was not read to its end, unless all of the work ended with it.
    pub fn tell(&mut self, outcome: Result<(), Failure>, at: &Provenance) {
        let Err(Failure::Damaged(message)) = outcome else { return };
        if self.goes_on().is_err() {
            return;
        }
        self.problems += 1;
        if self.problems <= NAMED_PROBLEMS {
            self.coverage.problem(Tally::default(), at.display_path(), message);
        }
    }

    /// Ends the work and says what was covered.
    pub fn finish(mut self, at: &Provenance) -> Coverage {
        if let Some(limit) = self.budget.hit() {
            self.coverage.problem(Tally::default(), at.display_path(), limit.to_string());
        }
        if self.problems > NAMED_PROBLEMS {
            let more = self.problems - NAMED_PROBLEMS;
            let message = format!("{more} more members could not be read");
            self.coverage.problem(Tally::default(), at.display_path(), message);
        }
        self.coverage
    }
}

/// Lets a panic be a failure.
fn guard(work: impl FnOnce() -> Result<(), Failure>) -> Result<(), Failure> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| Err(Failure::Damaged(DEFECT.to_owned())))
}

impl<'r> Input<'r> {
    fn in_order(self) -> &'r mut dyn Read {
        match self {
            Self::Stream(reader) => reader,
            Self::File(file) => file,
        }
    }
}

/// Counts what is read.
struct Counted<R> {
    reader: R,
    count: u64,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.reader.read(buffer)?;
        self.count += count as u64;
        Ok(count)
    }
}

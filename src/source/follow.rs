//! Files that are written to while they are read, and standard input, lent line by line as they come.
//!
//! A file is followed by its name. When another one comes into its place (rotation by renaming), that one
//! is read from its start, and the old one for a while longer, since whoever writes to it is told later
//! than we see it. When a file does not hold any more what was read of it last (`copytruncate`, or written
//! anew), it is read from its start again. Files are looked at ten times a second: that costs nothing, and
//! works on every file system; what comes and goes between two looks is not seen.

use std::fs::{self, File, Metadata};
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, TryRecvError, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use super::archive::{Format, HEAD_BYTES};
use super::coverage::explain;
use super::growing::Growing;
use super::{Coverage, Flow, Tally};
use crate::blob::{Blob, Provenance};

/// How long nothing is looked at when nothing came.
const POLL: Duration = Duration::from_millis(100);
/// How long a file that has lost its name is still read after its last byte.
const GRACE: Duration = Duration::from_secs(5);
/// The number of the last bytes read that tell whether a file was written anew.
const REMEMBERED: usize = 256;
/// The number of bytes that are read of one input before the next one has its turn.
const CHUNK: usize = 256 * 1024;

/// Inputs without an end.
pub struct Follow {
    files: Vec<Named>,
    stream: Option<Incoming>,
}

impl Follow {
    /// Follows the files at `paths`, from their start, and a `stream`, shown as `-`.
    pub fn new(paths: &[PathBuf], stream: Option<Box<dyn Read + Send>>) -> Self {
        Self { files: paths.iter().cloned().map(Named::new).collect(), stream: stream.map(Incoming::new) }
    }

    /// Lends what comes to `sink`, until that breaks, `stop` is set, or the stream has ended and there are
    /// no files; then also what of a line was not ended. Says what was covered.
    pub fn visit(mut self, stop: &AtomicBool, sink: &mut dyn FnMut(Blob<'_>) -> Flow) -> Coverage {
        let mut out = Out { sink, flow: Flow::Continue(()), coverage: Coverage::default() };
        let mut buffer = vec![0; CHUNK];
        while out.flow.is_continue() && !stop.load(Ordering::Relaxed) {
            let mut came = false;
            for file in &mut self.files {
                came |= file.read(&mut buffer, &mut out);
            }
            if let Some(stream) = &mut self.stream {
                came |= stream.read(&mut out);
            }
            if self.files.is_empty() && self.stream.as_ref().is_none_or(|stream| stream.chunks.is_none()) {
                break;
            }
            if !came {
                thread::sleep(POLL);
            }
        }
        for file in self.files {
            file.finish(&mut out);
        }
        if let Some(mut stream) = self.stream {
            stream.end(&mut out);
        }
        out.coverage.sort();
        out.coverage
    }
}

/// Where everything goes.
struct Out<'a> {
    sink: &'a mut dyn FnMut(Blob<'_>) -> Flow,
    flow: Flow,
    coverage: Coverage,
}

impl Out<'_> {
    fn lend(&mut self, text: &mut Growing, has_ended: bool) {
        if self.flow.is_continue() {
            self.flow = text.lend(has_ended, self.sink);
        }
    }

    /// Lends the rest of a text that grows no more, and counts all of it.
    fn end(&mut self, mut text: Growing, problem: Option<String>) {
        self.lend(&mut text, true);
        let tally = Tally::file(text.length());
        match problem {
            None => self.coverage.scanned(tally),
            Some(problem) => self.coverage.problem(tally, text.provenance().display_path(), problem),
        }
    }
}

/// A file that is followed by its name.
struct Named {
    path: PathBuf,
    now: Option<Opened>,
    /// The file that had the name before, and when something came from it last.
    before: Option<(Opened, Instant)>,
    /// The last reason why it could not be opened or read.
    problem: Option<String>,
}

impl Named {
    fn new(path: PathBuf) -> Self {
        Self { path, now: None, before: None, problem: None }
    }

    /// Reads what came and lends it; whether something came.
    fn read(&mut self, buffer: &mut [u8], out: &mut Out<'_>) -> bool {
        let mut came = false;
        if let Some((before, last)) = &mut self.before {
            if before.read(buffer, out) {
                *last = Instant::now();
                came = true;
            } else if last.elapsed() > GRACE
                && let Some((before, _)) = self.before.take()
            {
                before.finish(out);
            }
        }
        if let Some(now) = &mut self.now {
            came |= now.read(buffer, out);
            if came || !now.has_lost_its_name(&self.path) {
                return came;
            }
        }
        match Opened::new(&self.path) {
            Ok(opened) => {
                let old = self.now.replace(opened);
                let older = std::mem::replace(&mut self.before, old.map(|old| (old, Instant::now())));
                if let Some((older, _)) = older {
                    older.finish(out);
                }
                self.problem = None;
                true
            }
            // The old one is read on until there is a new one.
            Err(_) if self.now.is_some() => false,
            Err(error) => {
                self.problem = Some(explain(&error));
                false
            }
        }
    }

    fn finish(self, out: &mut Out<'_>) {
        if let Some((before, _)) = self.before {
            before.finish(out);
        }
        if let Some(now) = self.now {
            now.finish(out);
        } else if let Some(problem) = self.problem {
            out.coverage.problem(
                Tally::file(0),
                crate::path::shown(self.path.as_os_str().as_encoded_bytes()),
                problem,
            );
        }
    }
}

/// What is said of files of which nothing can be read before they have ended.
const PACKED: &str = "it is compressed or an archive, and cannot be followed: scan it without --follow";

fn is_packed(head: &[u8]) -> bool {
    let packed = Format::of(&head[..head.len().min(HEAD_BYTES)], b"");
    matches!(packed, Some(Format::Compressed(_) | Format::Zip | Format::Closed))
}

/// A file that is read as it grows.
struct Opened {
    file: File,
    identity: Option<(u64, u64)>,
    text: Growing,
    /// The last bytes that were read.
    last: Vec<u8>,
    problem: Option<String>,
}

impl Opened {
    fn new(path: &Path) -> io::Result<Self> {
        // Whoever names a link means what it leads to: so are the logs of containers named.
        if !fs::metadata(path)?.is_file() {
            return Err(io::Error::other("it is no file, and cannot be followed"));
        }
        let file = File::open(path)?;
        let identity = identity(&file.metadata()?);
        let provenance = Provenance::File { path: path.to_owned(), shown_from: 0 };
        Ok(Self { file, identity, text: Growing::new(provenance), last: Vec::new(), problem: None })
    }

    /// Reads what came and lends the lines that have ended; whether something came.
    fn read(&mut self, buffer: &mut [u8], out: &mut Out<'_>) -> bool {
        match self.file.read(buffer) {
            // What follows bytes that are not there any more is not what follows in the text.
            Ok(_) if !self.holds_what_was_read() => {
                let again = Growing::new(self.text.provenance().clone());
                out.end(std::mem::replace(&mut self.text, again), None);
                self.last.clear();
                self.file.rewind().is_ok()
            }
            Ok(0) => false,
            Ok(count) => {
                if self.text.length() == 0 && is_packed(&buffer[..count]) {
                    self.problem = Some(PACKED.to_owned());
                }
                self.text.push(&buffer[..count]);
                self.last.extend_from_slice(&buffer[count.saturating_sub(REMEMBERED)..count]);
                self.last.drain(..self.last.len().saturating_sub(REMEMBERED));
                out.lend(&mut self.text, false);
                true
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => true,
            Err(error) => {
                self.problem = Some(explain(&error));
                false
            }
        }
    }

    /// Whether the last bytes that were read stand where they stood.
    fn holds_what_was_read(&mut self) -> bool {
        let read = self.text.length();
        let mut now = vec![0; self.last.len()];
        let start = SeekFrom::Start(read - now.len() as u64);
        let same = self.file.stream_position().and_then(|at| {
            self.file.seek(start)?;
            let same = self.file.read_exact(&mut now).is_ok() && now == self.last;
            self.file.seek(SeekFrom::Start(at)).map(|_| same)
        });
        same.unwrap_or(false)
    }

    /// Whether the name belongs to another file now.
    fn has_lost_its_name(&self, path: &Path) -> bool {
        fs::metadata(path).is_ok_and(|now| identity(&now) != self.identity)
    }

    fn finish(self, out: &mut Out<'_>) {
        out.end(self.text, self.problem);
    }
}

#[cfg(unix)]
fn identity(metadata: &Metadata) -> Option<(u64, u64)> {
    use std::os::unix::fs::MetadataExt;
    Some((metadata.dev(), metadata.ino()))
}

/// The time at which it was made is the best that is known of it.
#[cfg(not(unix))]
fn identity(metadata: &Metadata) -> Option<(u64, u64)> {
    let made = metadata.created().ok()?.duration_since(std::time::UNIX_EPOCH).ok()?;
    Some((made.as_secs(), made.subsec_nanos().into()))
}

/// A stream that another thread reads.
struct Incoming {
    /// What was read; `None` when it has ended.
    chunks: Option<Receiver<io::Result<Vec<u8>>>>,
    text: Option<Growing>,
}

impl Incoming {
    fn new(mut reader: Box<dyn Read + Send>) -> Self {
        let (filled, chunks) = sync_channel(4);
        // Not joined: when the scan is ended, the reader may wait for ever.
        thread::spawn(move || {
            loop {
                let mut buffer = vec![0; CHUNK];
                let chunk = match reader.read(&mut buffer) {
                    Ok(0) => return,
                    Ok(count) => {
                        buffer.truncate(count);
                        Ok(buffer)
                    }
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                    Err(error) => Err(error),
                };
                let has_failed = chunk.is_err();
                if filled.send(chunk).is_err() || has_failed {
                    return;
                }
            }
        });
        let text = Growing::new(Provenance::Stream { name: "-".into() });
        Self { chunks: Some(chunks), text: Some(text) }
    }

    fn read(&mut self, out: &mut Out<'_>) -> bool {
        let (Some(chunks), Some(text)) = (&self.chunks, &mut self.text) else { return false };
        match chunks.try_recv() {
            Ok(Ok(chunk)) => {
                text.push(&chunk);
                out.lend(text, false);
            }
            Ok(Err(error)) => {
                self.chunks = None;
                if let Some(text) = self.text.take() {
                    out.end(text, Some(explain(&error)));
                }
            }
            Err(TryRecvError::Empty) => return false,
            Err(TryRecvError::Disconnected) => {
                self.chunks = None;
                self.end(out);
            }
        }
        true
    }

    fn end(&mut self, out: &mut Out<'_>) {
        if let Some(text) = self.text.take() {
            out.end(text, None);
        }
    }
}

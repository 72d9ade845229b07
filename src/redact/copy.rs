//! Reads a stream and writes it redacted, in time.
//!
//! One thread does nothing but read, so that the other knows when nothing came; two buffers go back and
//! forth between them, and memory stays bounded whatever the speed of either end.

use std::io::{self, Read, Write};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use super::{Redactor, Until};

/// How long a line waits for the next one before it is let go, and the unfinished one after it.
pub const PATIENCE: Duration = Duration::from_millis(50);

const BUFFER: usize = 256 * 1024;
const BUFFERS: usize = 4;
/// The number of bytes taken in before some are let go, if they are there at once.
const BATCH: usize = 1024 * 1024;

/// Why a stream was not redacted to its end.
#[derive(Debug, thiserror::Error)]
pub enum CopyError {
    /// It could not be read any further; what was read before was written.
    #[error("cannot read: {0}")]
    Read(io::Error),
    /// Its secrets cannot be seen in its bytes, so no more of it was written.
    #[error("not redacted: {0}")]
    Refused(&'static str),
    /// It could not be written, or not be searched.
    #[error("cannot write: {0}")]
    Write(io::Error),
}

/// What the reading thread hands over.
type Chunk = io::Result<Vec<u8>>;

/// Reads `reader` to its end and writes it to `out`, redacted.
pub fn copy(
    reader: impl Read + Send + 'static,
    redactor: &mut Redactor<'_>,
    out: &mut dyn Write,
) -> Result<(), CopyError> {
    let (filled, chunks) = sync_channel(BUFFERS);
    let (spare, emptied) = sync_channel(BUFFERS);
    // Not joined: when the other end of `out` is gone, the reader may wait for ever.
    thread::spawn(move || read(reader, &filled, &emptied));
    // When the oldest line that is held has to go.
    let mut due: Option<Instant> = None;
    loop {
        let chunk = match due {
            None => chunks.recv().map_err(|_| RecvTimeoutError::Disconnected),
            Some(due) => chunks.recv_timeout(due.saturating_duration_since(Instant::now())),
        };
        let ended = match chunk {
            Ok(chunk) => take(chunk, redactor, &spare).and_then(|()| take_more(&chunks, redactor, &spare)),
            Err(RecvTimeoutError::Timeout) => {
                release(redactor, Until::Now, out)?;
                due = None;
                continue;
            }
            Err(RecvTimeoutError::Disconnected) => return release(redactor, Until::End, out),
        };
        match ended {
            Ok(()) => {}
            Err(CopyError::Read(error)) => {
                release(redactor, Until::End, out)?;
                return Err(CopyError::Read(error));
            }
            Err(error) => return Err(error),
        }
        let held = redactor.held();
        release(redactor, Until::LastLine, out)?;
        // What is held now came with the last chunk, if anything went.
        if redactor.held() == 0 {
            due = None;
        } else if due.is_none() || redactor.held() < held {
            due = Some(Instant::now() + PATIENCE);
        }
    }
}

fn read(mut reader: impl Read, filled: &SyncSender<Chunk>, emptied: &Receiver<Vec<u8>>) {
    loop {
        let mut buffer = emptied.try_recv().unwrap_or_default();
        buffer.resize(BUFFER, 0);
        match reader.read(&mut buffer) {
            Ok(0) => return,
            Ok(count) => buffer.truncate(count),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => {
                // Nobody listens any more: nothing is left to do.
                let _ = filled.send(Err(error));
                return;
            }
        }
        if filled.send(Ok(buffer)).is_err() {
            return;
        }
    }
}

fn take(chunk: Chunk, redactor: &mut Redactor<'_>, spare: &SyncSender<Vec<u8>>) -> Result<(), CopyError> {
    let chunk = chunk.map_err(CopyError::Read)?;
    redactor.push(&chunk).map_err(CopyError::Refused)?;
    // A buffer too many is dropped.
    let _ = spare.try_send(chunk);
    Ok(())
}

/// Takes what is there already.
fn take_more(
    chunks: &Receiver<Chunk>,
    redactor: &mut Redactor<'_>,
    spare: &SyncSender<Vec<u8>>,
) -> Result<(), CopyError> {
    while redactor.held() < BATCH
        && let Ok(chunk) = chunks.try_recv()
    {
        take(chunk, redactor, spare)?;
    }
    Ok(())
}

fn release(redactor: &mut Redactor<'_>, until: Until, out: &mut dyn Write) -> Result<(), CopyError> {
    redactor.release(until, out).and_then(|()| out.flush()).map_err(CopyError::Write)
}

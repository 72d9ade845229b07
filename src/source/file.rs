//! Reads one file: a small one into a buffer that is used again, a large one in windows.
//!
//! A small file costs four system calls: open, fstat, read, close. That it was changed while it was
//! read is noticed by its length; a large one, which takes longer, is looked at again at the end.

use std::fs::{File, Metadata, OpenOptions};
use std::io::{self, Read};
use std::path::Path;
use std::sync::atomic::AtomicBool;

use super::coverage::explain;
use super::{Sink, window};
use crate::blob::Provenance;

/// Files up to this size are read whole.
const SMALL: u64 = 1024 * 1024;

/// What a small file holds, or why it is not read as one.
pub(super) enum Taken<'a> {
    /// All that could be read, and what went wrong if it is not all.
    Whole(&'a [u8], Option<String>),
    /// To be read by [`lend_large`]; it has so many bytes.
    Large(u64),
    /// It is no regular file any more.
    Special,
}

/// Opens a regular file without following a link or waiting for the other end of a pipe, which may
/// have come into its place since its folder was read; `None` when it is not a regular file.
pub(super) fn open(path: &Path) -> io::Result<Option<File>> {
    let file = open_anything(path)?;
    let is_file = file.metadata()?.is_file();
    Ok(is_file.then_some(file))
}

fn open_anything(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::custom_flags(&mut options, libc::O_NOFOLLOW | libc::O_NONBLOCK);
    options.open(path)
}

/// Reads the file at `path` into `buffer`, which only ever grows, if it is small.
pub(super) fn read_small<'a>(path: &Path, buffer: &'a mut Vec<u8>) -> io::Result<Taken<'a>> {
    let mut file = open_anything(path)?;
    let seen = file.metadata()?;
    if !seen.is_file() {
        return Ok(Taken::Special);
    }
    if seen.len() > SMALL {
        return Ok(Taken::Large(seen.len()));
    }
    // One byte more than it should hold tells with the same call that it holds no more.
    let size = seen.len() as usize;
    if buffer.len() <= size {
        buffer.resize(size + 1, 0);
    }
    let mut filled = 0;
    let mut problem = None;
    while filled < size.max(1) {
        match file.read(&mut buffer[filled..=size]) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => {
                problem = Some(explain(&error));
                break;
            }
        }
    }
    if filled > size {
        return Ok(Taken::Large(u64::MAX)); // It grew, or is one of those in /proc that do not tell their size.
    }
    if filled < size && problem.is_none() && has_changed(&seen, &file)? {
        problem = Some(CHANGED.to_owned());
    }
    Ok(Taken::Whole(&buffer[..filled], problem))
}

const CHANGED: &str = "it changed while it was read";

/// Reads a file of any size in windows, on the threads of the pool that this is called on, and says how
/// many bytes it held and what went wrong.
pub(super) fn lend_large(
    path: &Path,
    provenance: &Provenance,
    spare: usize,
    stop: &AtomicBool,
    sink: &Sink<'_>,
) -> io::Result<(u64, Option<String>)> {
    let (mut file, seen) = open_to_seek(path)?;
    let reading = window::lend(&mut file, provenance, spare, stop, sink);
    let problem = match reading.error {
        Some(error) => Some(explain(&error)),
        None => changed_since(&seen, &file),
    };
    Ok((reading.bytes, problem))
}

/// Opens a regular file to be read in any order, with what is known of it now.
pub(super) fn open_to_seek(path: &Path) -> io::Result<(File, Metadata)> {
    let Some(file) = open(path)? else { return Err(io::Error::other(CHANGED)) };
    let seen = file.metadata()?;
    Ok((file, seen))
}

/// What went wrong if a file is not as it was seen before.
pub(super) fn changed_since(seen: &Metadata, file: &File) -> Option<String> {
    match has_changed(seen, file) {
        Ok(false) => None,
        Ok(true) => Some(CHANGED.to_owned()),
        Err(error) => Some(explain(&error)),
    }
}

fn has_changed(seen: &Metadata, file: &File) -> io::Result<bool> {
    let now = file.metadata()?;
    Ok(now.len() != seen.len() || now.modified()? != seen.modified()?)
}

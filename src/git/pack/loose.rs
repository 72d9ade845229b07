//! Objects that are files of their own: `objects/ab/cdef…`, header and contents in one zlib stream.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read};
use std::path::PathBuf;
use std::sync::OnceLock;

use flate2::bufread::ZlibDecoder;

use super::inflate::Inflater;
use super::{LARGE_BYTES, ObjectError, explain};
use crate::git::{Kind, ObjectFormat, ObjectId};

/// A header is not longer than this: the word of the kind, a size and two separators.
const LONGEST_HEADER: usize = 32;

/// The loose objects of a repository and of its alternates.
pub(super) struct Loose {
    pub folders: Vec<PathBuf>,
    format: ObjectFormat,
    /// All ids, once somebody asked for them.
    listed: OnceLock<BTreeSet<ObjectId>>,
}

/// A loose object: held, or to be read on.
pub(super) enum Contents {
    /// All of its bytes were written to the buffer.
    Held,
    /// Its bytes, which are too many to be held; so many.
    Stream(Box<dyn BufRead + Send>, u64),
}

impl Loose {
    pub fn new(folders: Vec<PathBuf>, format: ObjectFormat) -> Self {
        Self { folders, format, listed: OnceLock::new() }
    }

    /// All ids, in order; as they were when somebody first asked, so that all who do mean the same.
    pub fn ids(&self) -> &BTreeSet<ObjectId> {
        self.listed.get_or_init(|| self.list())
    }

    fn list(&self) -> BTreeSet<ObjectId> {
        let mut ids = BTreeSet::new();
        for folder in &self.folders {
            for first in 0..=u8::MAX {
                let Ok(entries) = fs::read_dir(folder.join(format!("{first:02x}"))) else { continue };
                ids.extend(entries.flatten().filter_map(|entry| {
                    let id: ObjectId = format!("{first:02x}{}", entry.file_name().to_str()?).parse().ok()?;
                    (id.format() == self.format).then_some(id)
                }));
            }
        }
        ids
    }

    pub fn contains(&self, id: &ObjectId) -> bool {
        match self.listed.get() {
            Some(ids) => ids.contains(id),
            None => self.folders.iter().any(|folder| path(folder, id).is_file()),
        }
    }

    /// Reads an object: into `to` if it is of at most `most` bytes.
    pub fn read(
        &self,
        id: &ObjectId,
        most: u64,
        inflater: &mut Inflater,
        to: &mut Vec<u8>,
    ) -> Result<(Kind, Contents), ObjectError> {
        for folder in &self.folders {
            match File::open(path(folder, id)) {
                Ok(file) => return read(file, most, inflater, to),
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(ObjectError::Io(explain(&error))),
            }
        }
        Err(ObjectError::Missing)
    }
}

fn path(folder: &std::path::Path, id: &ObjectId) -> PathBuf {
    let hex = id.to_string();
    folder.join(&hex[..2]).join(&hex[2..])
}

fn read(
    file: File,
    most: u64,
    inflater: &mut Inflater,
    to: &mut Vec<u8>,
) -> Result<(Kind, Contents), ObjectError> {
    let failed = |error: io::Error| ObjectError::Io(explain(&error));
    let stored_bytes = file.metadata().map_err(failed)?.len();
    let mut file = BufReader::new(file);
    if stored_bytes > LARGE_BYTES {
        let mut decoder = ZlibDecoder::new(file);
        let (kind, size) = read_header(&mut decoder)?;
        return if size <= most {
            read_all(decoder, size, to).map(|()| (kind, Contents::Held))
        } else {
            Ok((kind, Contents::Stream(Box::new(BufReader::new(decoder)), size)))
        };
    }
    let mut deflated = Vec::with_capacity(stored_bytes as usize + 1);
    file.read_to_end(&mut deflated).map_err(failed)?;
    let mut decoder = ZlibDecoder::new(&deflated[..]);
    let (kind, size) = read_header(&mut decoder)?;
    if size > most {
        let mut decoder = ZlibDecoder::new(io::Cursor::new(deflated));
        read_header(&mut decoder)?;
        return Ok((kind, Contents::Stream(Box::new(BufReader::new(decoder)), size)));
    }
    let header = decoder.total_out();
    inflater.inflate(&deflated, size + header, to)?;
    to.drain(..header as usize);
    Ok((kind, Contents::Held))
}

fn read_all(decoder: impl Read, size: u64, to: &mut Vec<u8>) -> Result<(), ObjectError> {
    to.clear();
    decoder.take(size + 1).read_to_end(to).map_err(|_| ObjectError::Inflate)?;
    if to.len() as u64 == size { Ok(()) } else { Err(ObjectError::Size) }
}

/// Reads as far as the NUL that ends the header, byte by byte: it is short.
fn read_header(decoder: &mut impl Read) -> Result<(Kind, u64), ObjectError> {
    let mut header = Vec::with_capacity(LONGEST_HEADER);
    let mut byte = [0];
    loop {
        decoder.read_exact(&mut byte).map_err(|_| ObjectError::Inflate)?;
        match byte {
            [0] => break,
            _ if header.len() == LONGEST_HEADER => return Err(ObjectError::Header),
            [other] => header.push(other),
        }
    }
    let text = std::str::from_utf8(&header).map_err(|_| ObjectError::Header)?;
    let (kind, size) = text.split_once(' ').ok_or(ObjectError::Header)?;
    let kind = kind.parse().map_err(|()| ObjectError::Header)?;
    Ok((kind, size.parse().map_err(|_| ObjectError::Header)?))
}

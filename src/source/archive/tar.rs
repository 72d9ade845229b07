//! Tar, as POSIX (ustar, pax) and GNU write it, read in order and in constant memory.
//!
//! Own code, and not a crate: names and extended headers of any length must not be held, and of sparse
//! files only what is stored is read, never the zeros that they declare.

use std::io::{self, Read};
use std::sync::Arc;

use super::unpack::{Failure, Unpack};
use crate::blob::Provenance;
use crate::source::coverage::{Skip, Tally};

const BLOCK: usize = 512;
/// As much of a long name or an extended header is read; the rest is passed over.
const MOST_OF_A_NAME: u64 = 64 * 1024;

type Header = [u8; BLOCK];

/// Whether the checksum in a header is that of its bytes.
pub(super) fn has_checksum(header: &Header) -> bool {
    let sum: u64 = header.iter().map(|byte| u64::from(*byte)).sum();
    let own: u64 = header[148..156].iter().map(|byte| u64::from(*byte)).sum();
    number(&header[148..156]) == Some(sum - own + 8 * u64::from(b' '))
}

/// Lends the files of a tar.
pub(super) fn read(
    unpack: &mut Unpack<'_>,
    mut reader: &mut dyn Read,
    at: &Arc<Provenance>,
) -> Result<(), Failure> {
    let mut header = [0; BLOCK];
    let mut next = Next::default();
    let mut has_ended = false;
    loop {
        match fill(reader, &mut header)? {
            0 if has_ended => return Ok(()),
            BLOCK => {}
            _ => return Err(Failure::cut_short()),
        }
        if header.iter().all(|byte| *byte == 0) {
            // Tars are joined by joining files: what follows an end is read, too.
            has_ended = true;
            continue;
        }
        if !has_checksum(&header) {
            return Err(Failure::damaged("no header of tar where one is due"));
        }
        let declared =
            number(&header[124..136]).ok_or_else(|| Failure::damaged("a size that is no number"))?;
        let size = if is_extension(header[156]) { declared } else { next.size.unwrap_or(declared) };
        let padding = (BLOCK as u64 - size % BLOCK as u64) % BLOCK as u64;
        let mut was_read = true;
        let mut content = Read::take(&mut reader, size);
        match header[156] {
            b'L' => next.path = Some(until_nul(&beginning(&mut content)?).to_vec()),
            b'x' => {
                let records = beginning(&mut content)?;
                unpack.label(at, &records);
                next.read_records(&records);
            }
            b'K' | b'g' => unpack.label(at, until_nul(&beginning(&mut content)?)),
            kind => {
                let path = std::mem::take(&mut next).path.unwrap_or_else(|| path(&header));
                if matches!(kind, b'1'..=b'6') {
                    unpack.label(at, &path);
                    unpack.label(at, until_nul(&header[157..257]));
                }
                match kind {
                    b'2' => unpack.skip(Skip::SymbolicLink, Tally::file(0)),
                    b'3' | b'4' | b'6' => unpack.skip(Skip::Special, Tally::file(0)),
                    // Other names of files that are in it, folders, and the name of the whole.
                    b'1' | b'5' | b'D' | b'V' => {}
                    b'S' if header[482] != 0 => {
                        pass_sparse_map(content.get_mut())?;
                        was_read = unpack.member(at, &path, &mut content);
                    }
                    _ => was_read = unpack.member(at, &path, &mut content),
                }
            }
        }
        unpack.goes_on()?;
        let rest = content.limit() + padding;
        if io::copy(&mut Read::take(&mut reader, rest), &mut io::sink()).is_ok_and(|passed| passed == rest) {
            continue;
        }
        return Err(if was_read { Failure::cut_short() } else { Failure::Told });
    }
}

/// What extension headers say of the file that follows.
#[derive(Default)]
struct Next {
    path: Option<Vec<u8>>,
    size: Option<u64>,
}

impl Next {
    /// Reads records of pax: `length name=value`, each ended by a line feed that its length includes.
    fn read_records(&mut self, mut records: &[u8]) {
        while let Some(space) = records.iter().position(|byte| *byte == b' ') {
            let Some(length) = decimal(&records[..space]).filter(|length| *length > space as u64 + 1) else {
                return;
            };
            let Some((record, rest)) = records.split_at_checked(length as usize) else { return };
            let record = record[space + 1..].strip_suffix(b"\n").unwrap_or(&record[space + 1..]);
            if let Some(path) =
                record.strip_prefix(b"path=").or_else(|| record.strip_prefix(b"GNU.sparse.name="))
            {
                self.path = Some(path.to_vec());
            } else if let Some(size) = record.strip_prefix(b"size=") {
                self.size = decimal(size);
            }
            records = rest;
        }
    }
}

/// Headers that say something of the one after them.
fn is_extension(kind: u8) -> bool {
    matches!(kind, b'L' | b'K' | b'x' | b'g')
}

fn path(header: &Header) -> Vec<u8> {
    let name = until_nul(&header[..100]);
    // GNU's own headers have times where POSIX has the front of the path.
    let front = if &header[257..265] == b"ustar\x0000" { until_nul(&header[345..500]) } else { &[] };
    if front.is_empty() { name.to_vec() } else { [front, b"/", name].concat() }
}

/// The map of a sparse file goes on in blocks before its data.
fn pass_sparse_map(reader: &mut dyn Read) -> Result<(), Failure> {
    let mut block = [1; BLOCK];
    while block[504] != 0 {
        if fill(reader, &mut block)? < BLOCK {
            return Err(Failure::cut_short());
        }
    }
    Ok(())
}

fn beginning(content: &mut dyn Read) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    content.take(MOST_OF_A_NAME).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Fills as much as there is.
pub(super) fn fill(reader: &mut dyn Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match reader.read(&mut buffer[filled..]) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

fn until_nul(bytes: &[u8]) -> &[u8] {
    &bytes[..bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len())]
}

/// A number in a header: octal digits, or GNU's eight bytes after a first one of 0x80, for which a checksum has no room.
fn number(field: &[u8]) -> Option<u64> {
    if field[0] == 0x80 {
        let (front, last) = field[1..].split_last_chunk()?;
        return front.iter().all(|byte| *byte == 0).then(|| u64::from_be_bytes(*last));
    }
    let digits = until_nul(field).trim_ascii();
    digits.iter().try_fold(0_u64, |number, digit| match digit {
        b'0'..=b'7' => number.checked_mul(8)?.checked_add(u64::from(digit - b'0')),
        _ => None,
    })
}

pub(super) fn decimal(digits: &[u8]) -> Option<u64> {
    std::str::from_utf8(digits).ok()?.parse().ok()
}

//! Zip, by the directory at its end, as APPNOTE.TXT describes it.
//!
//! Own code, and not a crate: every entry of the directory counts, also one of several with the same name
//! (what unpackers choose among differs, so secrets hide there), the directory is not turned into
//! something larger than itself, and a damaged member leaves the others readable. What the directory does not
//! name is read as well (`uncovered`).

mod uncovered;

use std::io::{self, BufReader, Read, SeekFrom};
use std::sync::Arc;

use flate2::bufread::DeflateDecoder;

use super::budget::GivingOut;
use super::tar::fill;
use super::unpack::{Failure, ReadSeek, Unpack};
use super::{bzip2, xz, zstd};
use crate::blob::Provenance;
use crate::source::coverage::{Skip, Tally};
use uncovered::Covered;

/// The end of the directory without its comment, and the longest comment.
const END: usize = 22;
const LONGEST_COMMENT: u64 = 0xFFFF;
/// What an entry of the directory has before its name, and the header of a member before its own.
const ENTRY: usize = 46;
const HEADER: usize = 30;

/// Lends the members of a zip.
pub(super) fn read(
    unpack: &mut Unpack<'_>,
    file: &mut dyn ReadSeek,
    at: &Arc<Provenance>,
) -> Result<(), Failure> {
    let directory = Directory::find(file)?;
    unpack.label(at, &directory.comment);
    let mut covered = Covered::default();
    let outcome = lend_all(unpack, file, &directory, &mut covered, at);
    for gap in covered.gaps(directory.start) {
        uncovered::lend(unpack, file, gap, at)?;
    }
    file.seek(SeekFrom::Start(directory.end))?;
    unpack.lend_beside(at, uncovered::BEHIND, file)?;
    outcome
}

/// Lends all members that the directory names.
fn lend_all(
    unpack: &mut Unpack<'_>,
    file: &mut dyn ReadSeek,
    directory: &Directory,
    covered: &mut Covered,
    at: &Arc<Provenance>,
) -> Result<(), Failure> {
    file.seek(SeekFrom::Start(directory.start))?;
    let budget = unpack.budget;
    let entries = budget.hold(&mut (&mut *file).take(directory.length))?;
    let mut rest = entries.bytes();
    if (rest.len() as u64) < directory.length {
        return Err(Failure::cut_short());
    }
    while !rest.is_empty() {
        let (entry, after) =
            Entry::read(rest).ok_or_else(|| Failure::damaged("its directory cannot be read"))?;
        rest = after;
        unpack.label(at, entry.comment);
        let header = directory.base.wrapping_add(entry.header);
        let data = seek_to_data(file, header);
        if let Ok(data) = data {
            covered.add(header, data.saturating_add(entry.stored_size), entry.has_descriptor());
        }
        lend(unpack, file, &entry, data, at);
        unpack.goes_on()?;
    }
    Ok(())
}

/// Lends one member whose bytes are next in `file` unless `data` says why not.
fn lend(
    unpack: &mut Unpack<'_>,
    file: &mut dyn ReadSeek,
    entry: &Entry<'_>,
    data: io::Result<u64>,
    at: &Arc<Provenance>,
) {
    if entry.name.ends_with(b"/") && entry.stored_size == 0 {
        return unpack.label(at, entry.name);
    }
    if entry.is_locked() {
        unpack.label(at, entry.name);
        return unpack.skip(Skip::Encrypted, Tally::file(entry.stored_size));
    }
    match data.and_then(|_| entry.decoder(file)) {
        Ok(decoder) => {
            let checked =
                Checked { reader: decoder, sum: crc32fast::Hasher::new(), expected: entry.checksum };
            let mut reader = GivingOut { reader: checked, budget: unpack.budget };
            unpack.member(at, entry.name, &mut reader);
        }
        Err(error) => {
            let member = Provenance::Member { container: Arc::clone(at), path: entry.name.to_vec() };
            unpack.tell(Err(error.into()), &member);
        }
    }
}

/// Goes to the bytes of a member, which follow its own header, and says where they begin.
fn seek_to_data(file: &mut dyn ReadSeek, header: u64) -> io::Result<u64> {
    file.seek(SeekFrom::Start(header))?;
    let mut bytes = [0; HEADER];
    if fill(file, &mut bytes)? < HEADER || !bytes.starts_with(b"PK\x03\x04") {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "it is not where the directory says"));
    }
    let names = u64::from(u16_at(&bytes, 26)) + u64::from(u16_at(&bytes, 28));
    file.seek_relative(names as i64)?;
    Ok(header.saturating_add(HEADER as u64 + names))
}

/// Where the directory is.
struct Directory {
    start: u64,
    length: u64,
    /// What to add to the offsets in it: bytes were put before the zip.
    base: u64,
    /// Of the whole zip.
    comment: Vec<u8>,
    /// Where the zip ends.
    end: u64,
}

impl Directory {
    fn find(file: &mut dyn ReadSeek) -> Result<Self, Failure> {
        let size = file.seek(SeekFrom::End(0))?;
        let tail_start = size.saturating_sub(END as u64 + LONGEST_COMMENT);
        file.seek(SeekFrom::Start(tail_start))?;
        let mut tail = Vec::new();
        (&mut *file).take(END as u64 + LONGEST_COMMENT).read_to_end(&mut tail)?;
        let mut ends = memchr::memmem::rfind_iter(&tail, b"PK\x05\x06");
        let end = ends.find(|at| {
            let end = &tail[*at..];
            end.len() >= END && end.len() - END >= usize::from(u16_at(end, 20))
        });
        let Some(end) = end else { return Err(Failure::cut_short()) };
        let end_start = tail_start + end as u64;
        let end = &tail[end..];
        let comment = &end[END..END + usize::from(u16_at(end, 20))];
        let zip_end = end_start + (END + comment.len()) as u64;
        let (mut length, mut start) = (u64::from(u32_at(end, 12)), u64::from(u32_at(end, 16)));
        let mut end_of_directory = end_start;
        if (u16_at(end, 10) == u16::MAX || length == u64::from(u32::MAX) || start == u64::from(u32::MAX))
            && let Some(large) = LargeEnd::find(file, end_start)?
        {
            (length, start, end_of_directory) = (large.length, large.start, large.at);
        }
        // It ends where its end begins; what its own offset says besides was put before the zip.
        let base = end_of_directory.checked_sub(length).and_then(|found| found.checked_sub(start));
        let base = base.ok_or_else(|| Failure::damaged("its directory is not where it should be"))?;
        Ok(Self { start: base + start, length, base, comment: comment.to_vec(), end: zip_end })
    }
}

/// The end of the directory of a zip with more than 65,535 members or 4 GiB.
struct LargeEnd {
    length: u64,
    start: u64,
    at: u64,
}

impl LargeEnd {
    fn find(file: &mut dyn ReadSeek, end: u64) -> io::Result<Option<Self>> {
        let Some(locator_start) = end.checked_sub(20) else { return Ok(None) };
        file.seek(SeekFrom::Start(locator_start))?;
        let mut locator = [0; 20];
        if fill(file, &mut locator)? < 20 || !locator.starts_with(b"PK\x06\x07") {
            return Ok(None);
        }
        // Where bytes were put before the zip, it still stands just before its locator.
        for at in [u64_at(&locator, 8), locator_start.saturating_sub(56)] {
            file.seek(SeekFrom::Start(at))?;
            let mut large = [0; 56];
            if fill(file, &mut large)? == 56 && large.starts_with(b"PK\x06\x06") {
                return Ok(Some(Self { length: u64_at(&large, 40), start: u64_at(&large, 48), at }));
            }
        }
        Ok(None)
    }
}

/// An entry of the directory.
struct Entry<'d> {
    name: &'d [u8],
    comment: &'d [u8],
    flags: u16,
    method: u16,
    checksum: u32,
    stored_size: u64,
    size: u64,
    header: u64,
}

impl<'d> Entry<'d> {
    /// Takes the first entry off.
    fn read(directory: &'d [u8]) -> Option<(Self, &'d [u8])> {
        let (head, rest) = directory.split_at_checked(ENTRY)?;
        if !head.starts_with(b"PK\x01\x02") {
            return None;
        }
        let (name, rest) = rest.split_at_checked(u16_at(head, 28).into())?;
        let (extra, rest) = rest.split_at_checked(u16_at(head, 30).into())?;
        let (comment, rest) = rest.split_at_checked(u16_at(head, 32).into())?;
        let mut entry = Self {
            name,
            comment,
            flags: u16_at(head, 8),
            method: u16_at(head, 10),
            checksum: u32_at(head, 16),
            stored_size: u32_at(head, 20).into(),
            size: u32_at(head, 24).into(),
            header: u32_at(head, 42).into(),
        };
        entry.read_large_numbers(extra);
        Some((entry, rest))
    }

    /// Whether it is under a password.
    fn is_locked(&self) -> bool {
        self.flags & 1 != 0
    }

    /// Whether its sizes and its checksum follow its bytes.
    fn has_descriptor(&self) -> bool {
        self.flags & 8 != 0
    }

    /// Numbers that need more than 32 bits stand in an extra field, in this order.
    fn read_large_numbers(&mut self, mut extra: &[u8]) {
        while let Some((head, rest)) = extra.split_at_checked(4) {
            let Some((mut field, rest)) = rest.split_at_checked(u16_at(head, 2).into()) else { return };
            extra = rest;
            if u16_at(head, 0) != 1 {
                continue;
            }
            for number in [&mut self.size, &mut self.stored_size, &mut self.header] {
                if *number == u64::from(u32::MAX)
                    && let Some((large, rest)) = field.split_at_checked(8)
                {
                    *number = u64_at(large, 0);
                    field = rest;
                }
            }
        }
    }

    /// Decodes the member whose bytes are next in `file`.
    fn decoder<'f>(&self, file: &'f mut dyn ReadSeek) -> io::Result<Box<dyn Read + 'f>> {
        let stored = file.take(self.stored_size);
        Ok(match self.method {
            0 => Box::new(stored),
            8 => Box::new(DeflateDecoder::new(BufReader::new(stored))),
            12 => Box::new(bzip2::decoder(stored)),
            14 => Box::new(xz::decoder_in_zip(BufReader::new(stored), self.size)?),
            93 => Box::new(zstd::Decoder::new(stored)),
            95 => Box::new(xz::decoder(stored)),
            method => {
                let message = format!("compression method {method} is not supported");
                return Err(io::Error::new(io::ErrorKind::Unsupported, message));
            }
        })
    }
}

/// Fails at the end if the checksum is not the expected one.
struct Checked<R> {
    reader: R,
    sum: crc32fast::Hasher,
    expected: u32,
}

impl<R: Read> Read for Checked<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.reader.read(buffer)?;
        self.sum.update(&buffer[..count]);
        if count == 0 && !buffer.is_empty() && self.sum.clone().finalize() != self.expected {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "its checksum is another"));
        }
        Ok(count)
    }
}

fn u16_at(bytes: &[u8], at: usize) -> u16 {
    u16::from_le_bytes([bytes[at], bytes[at + 1]])
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from(u16_at(bytes, at)) | u32::from(u16_at(bytes, at + 2)) << 16
}

fn u64_at(bytes: &[u8], at: usize) -> u64 {
    u64::from(u32_at(bytes, at)) | u64::from(u32_at(bytes, at + 4)) << 32
}

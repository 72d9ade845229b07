//! What stands in a zip and is named by no entry of its directory: members that were left out of it, what was put
//! before, between and behind the others.
//!
//! Members that still have their own header are opened; all other bytes are lent as they are. Programs that unpack
//! themselves, signatures of Android's packages and what aligns members stand there, too, so none of it is a problem.

use std::io::{self, Read, SeekFrom};
use std::sync::Arc;

use super::super::tar::fill;
use super::super::unpack::{Failure, ReadSeek, Unpack};
use super::{Entry, HEADER, u16_at, u32_at};
use crate::blob::Provenance;
use crate::source::archive::budget::GivingOut;

/// What stands behind the end of a zip is shown as this member.
pub(super) const BEHIND: &str = "(behind its end)";
const BETWEEN: &str = "(between its members)";
/// Sizes and checksum of a member behind its bytes are at most this long.
const DESCRIPTOR: u64 = 24;
/// The number of bytes that are searched for headers at once.
const CHUNK: usize = 32 * 1024;
const MAGIC: &[u8] = b"PK\x03\x04";
/// No member that was packed by accident has a longer name.
const LONGEST_NAME: usize = 4 * 1024;

/// The stretches of a zip that the members of its directory take.
#[derive(Default)]
pub(super) struct Covered(Vec<Stretch>);

#[derive(Clone, Copy)]
struct Stretch {
    start: u64,
    end: u64,
    /// How many bytes behind the end may belong to it.
    slack: u64,
}

impl Covered {
    /// Adds a member.
    pub fn add(&mut self, start: u64, end: u64, has_descriptor: bool) {
        let slack = if has_descriptor { DESCRIPTOR } else { 0 };
        match self.0.last_mut() {
            // Nearly always one follows the other.
            Some(last) if (last.start..=last.end.saturating_add(last.slack)).contains(&start) => {
                if end >= last.end {
                    (last.end, last.slack) = (end, slack);
                }
            }
            _ => self.0.push(Stretch { start, end, slack }),
        }
    }

    /// What no member takes before `end`, in order.
    pub fn gaps(mut self, end: u64) -> Vec<(u64, u64)> {
        self.0.sort_unstable_by_key(|stretch| stretch.start);
        self.0.push(Stretch { start: end, end, slack: 0 });
        let mut gaps = Vec::new();
        let (mut from, mut slack) = (0_u64, 0);
        for stretch in self.0 {
            let start = stretch.start.min(end);
            if start > from.saturating_add(slack) {
                gaps.push((from, start));
            }
            if stretch.end >= from {
                (from, slack) = (stretch.end, stretch.slack);
            }
        }
        gaps
    }
}

/// Lends what stands in a gap.
pub(super) fn lend(
    unpack: &mut Unpack<'_>,
    file: &mut dyn ReadSeek,
    (mut from, end): (u64, u64),
    at: &Arc<Provenance>,
) -> Result<(), Failure> {
    let mut search = from;
    let mut headers = Headers { bytes: Vec::new(), start: from };
    while let Some(start) = headers.next(file, search, end)? {
        unpack.goes_on()?;
        search = start + MAGIC.len() as u64;
        let Some(hidden) = Hidden::read(file, start, end)? else { continue };
        lend_as_it_is(unpack, file, from, start, at)?;
        hidden.lend(unpack, file, at);
        from = hidden.end;
        search = from;
    }
    lend_as_it_is(unpack, file, from, end, at)
}

fn lend_as_it_is(
    unpack: &mut Unpack<'_>,
    file: &mut dyn ReadSeek,
    from: u64,
    end: u64,
    at: &Arc<Provenance>,
) -> Result<(), Failure> {
    if from >= end {
        return Ok(());
    }
    file.seek(SeekFrom::Start(from))?;
    let mut bytes = file.take(end - from);
    // Lines of the beginning are those of the file.
    if from == 0 { unpack.lend_bytes(at, &mut bytes) } else { unpack.lend_beside(at, BETWEEN, &mut bytes) }
}

/// A search for headers, with the bytes of the file that were read last.
struct Headers {
    bytes: Vec<u8>,
    /// Where they stand in the file.
    start: u64,
}

impl Headers {
    /// Where the next header may begin, from `from` on and whole before `end`.
    fn next(&mut self, file: &mut dyn ReadSeek, mut from: u64, end: u64) -> io::Result<Option<u64>> {
        loop {
            let at = from.checked_sub(self.start).and_then(|at| usize::try_from(at).ok());
            let known = at.and_then(|at| self.bytes.get(at..)).unwrap_or_default();
            if let Some(at) = memchr::memmem::find(known, MAGIC) {
                return Ok(Some(from + at as u64));
            }
            // One may begin in the last bytes.
            from += known.len().saturating_sub(MAGIC.len() - 1) as u64;
            if from + MAGIC.len() as u64 > end {
                return Ok(None);
            }
            file.seek(SeekFrom::Start(from))?;
            self.start = from;
            self.bytes.resize(CHUNK.min((end - from) as usize), 0);
            let length = fill(file, &mut self.bytes)?;
            self.bytes.truncate(length);
            if length < MAGIC.len() {
                return Ok(None);
            }
        }
    }
}

/// A member that only its own header names.
struct Hidden {
    name: Vec<u8>,
    flags: u16,
    method: u16,
    checksum: u32,
    size: u64,
    stored_size: u64,
    /// Where its bytes begin.
    data: u64,
    /// Where what is known of it ends.
    end: u64,
}

impl Hidden {
    /// Reads the header at `start`; `None` if these bytes are none, or the member cannot lie before `limit`.
    fn read(file: &mut dyn ReadSeek, start: u64, limit: u64) -> io::Result<Option<Self>> {
        file.seek(SeekFrom::Start(start))?;
        let mut head = [0; HEADER];
        if fill(file, &mut head)? < HEADER {
            return Ok(None);
        }
        let (name, extra) = (usize::from(u16_at(&head, 26)), usize::from(u16_at(&head, 28)));
        let data = start + (HEADER + name + extra) as u64;
        if !(1..=LONGEST_NAME).contains(&name) || data > limit {
            return Ok(None);
        }
        let mut names = vec![0; name + extra];
        if fill(file, &mut names)? < names.len() {
            return Ok(None);
        }
        let (name, extra) = names.split_at(name);
        let mut entry = Entry {
            name,
            comment: &[],
            flags: u16_at(&head, 6),
            method: u16_at(&head, 8),
            checksum: u32_at(&head, 14),
            stored_size: u32_at(&head, 18).into(),
            size: u32_at(&head, 22).into(),
            header: 0,
        };
        entry.read_large_numbers(extra);
        let is_known = matches!(entry.method, 0 | 8 | 12 | 14 | 93 | 95) && head[4] < 64;
        let is_named = name.iter().all(|byte| *byte >= b' ' && *byte != 0x7F);
        if !is_known || !is_named {
            return Ok(None);
        }
        // How long it is stands behind it: it ends where its packed bytes say so.
        let end = if entry.has_descriptor() {
            if entry.method == 0 {
                return Ok(None);
            }
            entry.stored_size = limit - data;
            data
        } else {
            data.saturating_add(entry.stored_size)
        };
        let Entry { flags, method, checksum, size, stored_size, .. } = entry;
        let name = name.to_vec();
        Ok((end <= limit).then_some(Self { name, flags, method, checksum, size, stored_size, data, end }))
    }

    fn lend(&self, unpack: &mut Unpack<'_>, file: &mut dyn ReadSeek, at: &Arc<Provenance>) {
        let Self { flags, method, checksum, size, stored_size, .. } = *self;
        let name = &self.name[..];
        let entry = Entry { name, comment: &[], flags, method, checksum, stored_size, size, header: 0 };
        let data = file.seek(SeekFrom::Start(self.data));
        if !entry.has_descriptor() || entry.is_locked() {
            return super::lend(unpack, file, &entry, data, at);
        }
        // Nothing is known of it beforehand, so nothing can be checked.
        if let Ok(decoder) = data.and_then(|_| entry.decoder(file)) {
            unpack.member(at, name, &mut GivingOut { reader: decoder, budget: unpack.budget });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Counts the bytes that are read.
    struct Counting(io::Cursor<Vec<u8>>, usize);

    impl Read for Counting {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let count = self.0.read(buffer)?;
            self.1 += count;
            Ok(count)
        }
    }

    impl io::Seek for Counting {
        fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
            self.0.seek(to)
        }
    }

    #[test]
    fn all_headers_of_a_gap_are_found_and_its_bytes_read_once() {
        // Rows of headers, and one across the end of what is read at once.
        let mut bytes = MAGIC.repeat(CHUNK / 2);
        bytes.extend(vec![b'x'; CHUNK - 2]);
        bytes.extend([MAGIC, b"PK\x03PK", MAGIC, b"PK\x03"].concat());
        let expected: Vec<_> = memchr::memmem::find_iter(&bytes, MAGIC).map(|at| at as u64).collect();
        let (end, length) = (bytes.len() as u64, bytes.len());
        let mut file = Counting(io::Cursor::new(bytes), 0);
        let mut headers = Headers { bytes: Vec::new(), start: 0 };
        let (mut found, mut from) = (Vec::new(), 0);
        while let Some(at) = headers.next(&mut file, from, end).expect("memory can be read") {
            found.push(at);
            from = at + MAGIC.len() as u64;
        }
        assert_eq!(found, expected);
        assert!(file.1 < length + length / 100, "{} of {length} bytes were read", file.1);
    }

    #[test]
    fn gaps_are_what_no_member_takes() {
        let gaps = |members: &[(u64, u64, bool)], end| {
            let mut covered = Covered::default();
            members.iter().for_each(|(start, end, descriptor)| covered.add(*start, *end, *descriptor));
            covered.gaps(end)
        };
        assert_eq!(gaps(&[(0, 10, false), (10, 20, false)], 20), []);
        assert_eq!(gaps(&[(10, 20, false), (0, 10, false)], 20), []);
        assert_eq!(gaps(&[(0, 10, true), (26, 40, true)], 56), []);
        assert_eq!(gaps(&[(0, 10, false), (26, 40, true)], 65), [(10, 26), (40, 65)]);
        assert_eq!(gaps(&[(5, 10, false), (2, 40, false)], 40), [(0, 2)]);
        assert_eq!(gaps(&[(0, u64::MAX, true)], 40), []);
        assert_eq!(gaps(&[(50, 60, false)], 40), [(0, 40)]);
        assert_eq!(gaps(&[], 0), []);
    }
}

//! What a scan of a history remembers for the next one: objects never change, so what was found to hold
//! nothing need not be read again.
//!
//! Remembered are ids, the order of commits, which trees lead to objects that hold something, and where in them
//! ([`Trace`]); never what these hold, nor a hash of it. So of all that hold the same one is scanned again, as is
//! what is new. A file that is damaged, or was written by another version or with other rules, is of no use and is
//! made anew.
//!
//! The file belongs to whoever may write it: nothing in it proves that an object was scanned.

use std::fs;
use std::io::{self, Write};
use std::path::Path;

use sha2::Digest;
use tempfile::NamedTempFile;

use super::ScanOptions;
use crate::finding::Trace;
use crate::git::{GraphBuilder, IdTable, KnownEntry, KnownTrees, ObjectFormat, ObjectId, RawCommit};
use crate::rule::RuleSet;
use crate::source::{Coverage, History, Skip, Tally};

/// What a file begins with; the number is that of the form.
const MAGIC: &[u8; 16] = b"stanch history 6";
/// The length of a key in bytes.
const KEY_BYTES: usize = 32;

/// What the outcome of a scan depends on beside the objects.
pub type MemoryKey = [u8; KEY_BYTES];

/// The key of a scan of `history` with these rules.
pub fn memory_key(rules: &RuleSet, history: &History, options: &ScanOptions) -> MemoryKey {
    let ScanOptions { confidence, inspect, .. } = options;
    let (format, no_archives) = (history.store.format(), history.options.no_archives);
    let mut hash = sha2::Sha256::new();
    hash.update(format!("{} {confidence:?} {format:?} {no_archives}", env!("CARGO_PKG_VERSION")));
    hash.update(format!(" {} {}", inspect.no_suppressions, inspect.own_comments_only));
    for rule in rules.iter() {
        hash.update(format!("{rule:?}"));
    }
    hash.finalize().into()
}

/// Why a file is of no use.
#[derive(Debug, thiserror::Error)]
pub enum MemoryError {
    /// It cannot be read or written.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// It is cut short, changed, or something else.
    #[error("it is damaged, or no cache of stanch")]
    Damaged,
    /// Its findings would be others.
    #[error("it was made by another version or with other rules")]
    Outdated,
}

/// What is known of a repository.
#[derive(Debug, PartialEq, Eq)]
pub struct Memory {
    /// Every object that was scanned, in order.
    pub objects: IdTable,
    /// Those in which something was seen or could not be read, in order.
    pub held: Vec<ObjectId>,
    /// Where in some of them, each a file as a whole, something was seen; in order.
    pub traces: Vec<(ObjectId, Vec<Trace>)>,
    /// Those files in which anything was found, were it of no account, and archives; in order.
    pub marked: Vec<ObjectId>,
    /// How much was covered beside trees.
    pub contents: Coverage,
    /// How much was scanned of trees.
    pub read: Tally,
    /// All commits.
    pub commits: GraphBuilder,
    /// All trees.
    pub trees: KnownTrees,
}

impl Memory {
    /// Reads a file; `None` when there is none.
    ///
    /// # Errors
    /// It cannot be read, or is of no use.
    pub fn load(file: &Path, key: &MemoryKey, format: ObjectFormat) -> Result<Option<Self>, MemoryError> {
        match fs::read(file) {
            Ok(bytes) => Self::read_from(&bytes, key, format).map(Some),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Writes a file whole or not at all.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn save(&self, file: &Path, key: &MemoryKey) -> io::Result<()> {
        let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty());
        let folder = folder.unwrap_or(Path::new("."));
        fs::create_dir_all(folder)?;
        let mut new = NamedTempFile::new_in(folder)?;
        new.write_all(&self.written(key))?;
        new.persist(file)?;
        Ok(())
    }

    /// What is to be scanned again, since it is not known where in it something was seen.
    pub fn untraced(&self) -> impl Iterator<Item = ObjectId> {
        let is_traced = |id: &ObjectId| self.traces.binary_search_by_key(id, |(traced, _)| *traced).is_ok();
        self.held.iter().copied().filter(move |id| !is_traced(id))
    }

    /// Whether something was seen in an object.
    pub fn is_held(&self, id: &ObjectId) -> bool {
        self.held.binary_search(id).is_ok()
    }

    /// Whether a file was searched and nothing at all was found in it.
    pub fn held_nothing(&self, id: &ObjectId) -> bool {
        self.marked.binary_search(id).is_err() && self.objects.contains(id)
    }

    fn written(&self, key: &MemoryKey) -> Vec<u8> {
        // About as much as it comes to, so that it is not moved while it grows.
        let mut out = Out(Vec::with_capacity(self.objects.len() * 64));
        out.0.extend(MAGIC);
        out.0.extend(key);
        out.table(&self.objects);
        out.ids(&self.held);
        out.length(self.traces.len());
        for (id, traces) in &self.traces {
            out.id(id);
            out.length(traces.len());
            for Trace { value, numbers } in traces {
                out.short(*value);
                numbers.iter().for_each(|number| out.small(*number));
            }
        }
        out.ids(&self.marked);
        for tally in [&self.contents.asked, &self.contents.scanned, &self.read] {
            out.tally(tally);
        }
        out.length(self.contents.skipped.len());
        for (skip, tally) in &self.contents.skipped {
            out.0.push(*skip as u8);
            out.tally(tally);
        }
        let commits = self.commits.sorted();
        out.length(commits.len());
        for RawCommit { id, tree, parents, time } in commits {
            out.id(&id);
            out.id(&tree);
            out.number(time.cast_unsigned());
            out.ids(parents);
        }
        out.table(&self.trees.trees);
        self.trees.places.iter().for_each(|place| out.short(*place));
        out.length(self.trees.reduced.len());
        for entries in &self.trees.reduced {
            out.length(entries.len());
            for (name, entry) in entries {
                out.short(*name);
                out.entry(entry);
            }
        }
        out.length(self.trees.names.len());
        for name in &self.trees.names {
            out.length(name.len());
            out.0.extend(&**name);
        }
        let checksum = crc32fast::hash(&out.0);
        out.short(checksum);
        out.0
    }

    fn read_from(bytes: &[u8], key: &MemoryKey, format: ObjectFormat) -> Result<Self, MemoryError> {
        let (body, checksum) = bytes.split_last_chunk().ok_or(MemoryError::Damaged)?;
        let rest = body.strip_prefix(MAGIC).ok_or(MemoryError::Damaged)?;
        if crc32fast::hash(body) != u32::from_le_bytes(*checksum) {
            return Err(MemoryError::Damaged);
        }
        let (own, rest) = rest.split_first_chunk::<KEY_BYTES>().ok_or(MemoryError::Damaged)?;
        if own != key {
            return Err(MemoryError::Outdated);
        }
        In { rest, format }.memory().ok_or(MemoryError::Damaged)
    }
}

/// Writes numbers, the lowest byte first, and ids as they are.
struct Out(Vec<u8>);

impl Out {
    fn short(&mut self, number: u32) {
        self.0.extend(number.to_le_bytes());
    }

    fn number(&mut self, number: u64) {
        self.0.extend(number.to_le_bytes());
    }

    /// Writes a number that is mostly small: seven bits a byte, the lowest first.
    fn small(&mut self, mut number: u64) {
        while number >= 0x80 {
            self.0.push(number as u8 | 0x80);
            number >>= 7;
        }
        self.0.push(number as u8);
    }

    fn tally(&mut self, tally: &Tally) {
        for number in [tally.files, tally.objects, tally.bytes, tally.commits] {
            self.number(number);
        }
    }

    fn length(&mut self, length: usize) {
        self.number(length as u64);
    }

    fn id(&mut self, id: &ObjectId) {
        self.0.extend(id.as_bytes());
    }

    fn ids(&mut self, ids: &[ObjectId]) {
        self.length(ids.len());
        ids.iter().for_each(|id| self.id(id));
    }

    fn table(&mut self, ids: &IdTable) {
        self.length(ids.len());
        self.0.extend(ids.as_bytes());
    }

    fn entry(&mut self, entry: &KnownEntry) {
        match entry {
            KnownEntry::Tree(place) => {
                self.0.push(0);
                self.short(*place);
            }
            KnownEntry::Blob(id) => {
                self.0.push(1);
                self.id(id);
            }
            KnownEntry::Submodule => self.0.push(2),
        }
    }
}

/// Reads what [`Out`] wrote.
struct In<'b> {
    rest: &'b [u8],
    format: ObjectFormat,
}

impl In<'_> {
    fn memory(mut self) -> Option<Memory> {
        let (objects, held) = (self.table()?, self.ids()?);
        let traces = self.list(|own| Some((own.id()?, own.list(Self::trace)?)))?;
        let marked = self.ids()?;
        let (asked, scanned, read) = (self.tally()?, self.tally()?, self.tally()?);
        let skipped = self.list(|own| Some((Skip::of(*own.take(1)?.first()?)?, own.tally()?)))?;
        let skipped = skipped.into_iter().collect();
        let contents = Coverage { asked, scanned, skipped, ..Coverage::default() };
        let mut commits = GraphBuilder::default();
        let mut parents = Vec::new();
        self.list(|own| {
            let (id, tree, time) = (own.id()?, own.id()?, own.number()?.cast_signed());
            parents.clear();
            own.list(|own| own.id().map(|id| parents.push(id)))?;
            commits.insert(RawCommit { id, tree, time, parents: &parents });
            Some(())
        })?;
        let trees = self.table()?;
        let (places, _) = self.take(trees.len() * 4)?.as_chunks();
        let places = places.iter().map(|place| u32::from_le_bytes(*place)).collect();
        let reduced = self.list(|own| own.list(|own| Some((own.short()?, own.entry()?))))?;
        let names = self.list(|own| {
            let length = usize::try_from(own.number()?).ok()?;
            own.take(length).map(Box::from)
        })?;
        let trees = KnownTrees { trees, places, reduced, names };
        self.rest.is_empty().then_some(Memory {
            objects,
            held,
            traces,
            marked,
            contents,
            read,
            commits,
            trees,
        })
    }

    fn take(&mut self, length: usize) -> Option<&[u8]> {
        let (taken, rest) = self.rest.split_at_checked(length)?;
        self.rest = rest;
        Some(taken)
    }

    fn number(&mut self) -> Option<u64> {
        self.take(8)?.try_into().ok().map(u64::from_le_bytes)
    }

    fn short(&mut self) -> Option<u32> {
        self.take(4)?.try_into().ok().map(u32::from_le_bytes)
    }

    fn small(&mut self) -> Option<u64> {
        let (mut number, mut shift) = (0, 0);
        loop {
            let byte = *self.take(1)?.first()?;
            number |= u64::from(byte & 0x7F).checked_shl(shift)?;
            if byte < 0x80 {
                return Some(number);
            }
            shift += 7;
        }
    }

    fn trace(&mut self) -> Option<Trace> {
        let mut trace = Trace { value: self.short()?, numbers: Default::default() };
        for number in &mut trace.numbers {
            *number = self.small()?;
        }
        Some(trace)
    }

    fn id(&mut self) -> Option<ObjectId> {
        let format = self.format;
        ObjectId::from_bytes(format, self.take(format.id_bytes())?)
    }

    fn ids(&mut self) -> Option<Vec<ObjectId>> {
        self.list(Self::id)
    }

    fn table(&mut self) -> Option<IdTable> {
        let (format, length) = (self.format, usize::try_from(self.number()?).ok()?);
        IdTable::from_bytes(format, self.take(length.checked_mul(format.id_bytes())?)?)
    }

    /// As many as it says, each of which takes a byte or more, so that no more is believed than is there.
    fn list<T>(&mut self, mut item: impl FnMut(&mut Self) -> Option<T>) -> Option<Vec<T>> {
        let length = usize::try_from(self.number()?).ok().filter(|length| *length <= self.rest.len())?;
        (0..length).map(|_| item(self)).collect()
    }

    fn tally(&mut self) -> Option<Tally> {
        let mut next = || self.number();
        Some(Tally { files: next()?, objects: next()?, bytes: next()?, commits: next()? })
    }

    fn entry(&mut self) -> Option<KnownEntry> {
        let kind = *self.take(1)?.first()?;
        Some(match kind {
            0 => KnownEntry::Tree(self.short()?),
            1 => KnownEntry::Blob(self.id()?),
            2 => KnownEntry::Submodule,
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::git::Kind;

    fn memory() -> Memory {
        let id = |byte: u8| ObjectId::of(ObjectFormat::Sha1, Kind::Blob, &[byte]);
        let mut objects: Vec<_> = (0..5).map(id).collect();
        objects.sort_unstable();
        let mut commits = GraphBuilder::default();
        commits.insert(RawCommit { id: id(0), tree: id(2), parents: &[id(3)], time: -5 });
        let numbers = std::array::from_fn(|number| u64::MAX >> (4 * number));
        Memory {
            objects: IdTable::new(ObjectFormat::Sha1, objects),
            held: vec![id(1)],
            traces: vec![(id(1), vec![Trace { value: 7, numbers }])],
            marked: vec![id(4)],
            contents: Coverage {
                asked: Tally { files: 2, objects: 5, bytes: 1 << 41, commits: 1 },
                scanned: Tally { files: 2, objects: 4, bytes: 1 << 40, commits: 1 },
                skipped: [(Skip::Archive, Tally { objects: 1, ..Tally::default() })].into(),
                ..Coverage::default()
            },
            read: Tally { files: 0, objects: 1, bytes: 9, commits: 0 },
            commits,
            trees: KnownTrees {
                trees: IdTable::new(ObjectFormat::Sha1, [id(2)]),
                places: vec![1],
                reduced: vec![
                    vec![],
                    vec![(0, KnownEntry::Blob(id(1))), (0, KnownEntry::Tree(0)), (0, KnownEntry::Submodule)],
                ],
                names: vec![b"name".as_slice().into()],
            },
        }
    }

    #[test]
    fn what_was_written_is_read_and_nothing_else() {
        let (key, memory) = ([7; KEY_BYTES], memory());
        let bytes = memory.written(&key);
        let read = |bytes: &[u8], key| Memory::read_from(bytes, key, ObjectFormat::Sha1);
        assert_eq!(read(&bytes, &key).expect("it is sound"), memory);
        assert!(matches!(read(&bytes, &[8; KEY_BYTES]), Err(MemoryError::Outdated)));
        for cut in 0..bytes.len() {
            assert!(matches!(read(&bytes[..cut], &key), Err(MemoryError::Damaged)), "{cut} bytes");
            let mut changed = bytes.clone();
            changed[cut] ^= 1;
            assert!(matches!(read(&changed, &key), Err(MemoryError::Damaged)), "byte {cut}");
        }
    }
}

//! Reads the index: which paths git tracks, and which objects it would commit for them.
//!
//! All versions (2, 3, 4), both object formats, split and sparse indexes. Any bytes give an answer or
//! an error, never a panic. The checksum at the end is not computed: it costs more than all the rest.
//! The format is in git's `Documentation/gitformat-index.adoc`.

use std::cmp::Ordering;
use std::fs::File;
use std::io;
use std::path::Path;

use memmap2::Mmap;

use super::bitmap;
use super::cache_tree::CacheTree;
use super::{EntryKind, ObjectFormat};

/// The mode of a folder that a sparse index keeps as one entry.
const MODE_FOLDER: u32 = 0o040_000;
/// The mode of a submodule.
const MODE_GITLINK: u32 = 0o160_000;
const EXTENDED: u16 = 0x4000;
const SKIP_WORKTREE: u16 = 0x4000;
const INTENT_TO_ADD: u16 = 0x2000;
/// The times, device, inode, mode, owner and size of a file before its object's id.
const STAT_BYTES: usize = 40;
const MODE_AT: usize = 24;
/// In version 4 a few bytes can repeat a path of any length; this bounds what they unfold to.
const LONGEST_PATH: usize = 32 * 1024;

/// Why an index could not be read.
#[derive(Debug, thiserror::Error)]
pub enum IndexError {
    /// The file, or the shared index it refers to, could not be opened.
    #[error("cannot read the index: {0}")]
    Io(#[from] io::Error),
    /// The bytes are not what the format says.
    #[error("the index is damaged: {0}")]
    Damaged(&'static str),
    /// A version or extension that is not known.
    #[error("the index is of a kind that is not known: {0}")]
    Unknown(String),
}

use IndexError::Damaged;

/// The entries of an index in git's order: by path, then stage.
#[derive(Debug, Default)]
pub struct Index {
    slots: Vec<Slot>,
    /// Path and id of every entry, one after the other.
    arena: Vec<u8>,
    id_bytes: usize,
    cache_tree: CacheTree,
}

/// Where an entry stands in the arena.
#[derive(Clone, Copy, Debug)]
struct Slot {
    start: u32,
    path_bytes: u32,
    mode: u32,
    stage: u8,
    skip_worktree: bool,
    intent_to_add: bool,
}

/// What the index says of one path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry<'a> {
    /// From the root of the work tree, `/` between its parts; ends in `/` for a folder of a sparse index.
    pub path: &'a [u8],
    /// The object's id: 20 or 32 bytes.
    pub id: &'a [u8],
    /// The mode as git writes it, such as `0o100644`.
    pub mode: u32,
    /// 0, or 1 to 3 in a conflict.
    pub stage: u8,
    /// Not kept in the work tree (sparse checkout).
    pub skip_worktree: bool,
    /// Named by `git add --intent-to-add`; its content is not staged.
    pub intent_to_add: bool,
}

impl Entry<'_> {
    /// What it names: a folder only in a sparse index.
    pub fn kind(&self) -> EntryKind {
        match self.mode {
            MODE_FOLDER => EntryKind::Tree,
            MODE_GITLINK => EntryKind::Submodule,
            _ => EntryKind::Blob,
        }
    }
}

impl Index {
    /// Reads the index of a repository; one that has none tracks nothing.
    pub fn open(git_dir: &Path, format: ObjectFormat) -> Result<Self, IndexError> {
        Self::open_file(&git_dir.join("index"), git_dir, format)
    }

    /// Reads an index that stands elsewhere, as it does while git makes a commit of some files only.
    pub fn open_file(path: &Path, git_dir: &Path, format: ObjectFormat) -> Result<Self, IndexError> {
        if matches!(std::fs::metadata(path), Err(error) if error.kind() == io::ErrorKind::NotFound) {
            return Ok(Self::default());
        }
        Self::parse(&map(path)?, format, |id| Ok(map(&git_dir.join(format!("sharedindex.{id}")))?))
    }

    /// Reads an index from its bytes; `shared` opens the shared part of a split index by its id in hex.
    pub fn parse<B: AsRef<[u8]>>(
        bytes: &[u8],
        format: ObjectFormat,
        shared: impl FnOnce(&str) -> Result<B, IndexError>,
    ) -> Result<Self, IndexError> {
        let (index, link) = Self::parse_one(bytes, format)?;
        let Some(link) = link else { return Ok(index) };
        let (id, bitmaps) =
            link.split_at_checked(format.id_bytes()).ok_or(Damaged("a split index names no shared one"))?;
        if id.iter().all(|byte| *byte == 0) {
            return Ok(index);
        }
        let hex = data_encoding::HEXLOWER.encode(id);
        let (base, _) = Self::parse_one(shared(&hex)?.as_ref(), format)?;
        let whole = index.over(&base, bitmaps)?;
        Ok(Self { cache_tree: index.cache_tree, ..whole })
    }

    /// All entries, by path and stage.
    pub fn entries(&self) -> impl ExactSizeIterator<Item = Entry<'_>> {
        self.slots.iter().map(|slot| self.entry(slot))
    }

    /// Whether a file is tracked, or lies in a folder that a sparse index keeps as one entry (which
    /// files of it are tracked is then not known here, so all of them count).
    pub fn tracks(&self, path: &[u8]) -> bool {
        let at = self.slots.partition_point(|slot| self.path(slot) <= path);
        let before = at.checked_sub(1).map(|before| &self.slots[before]);
        before.is_some_and(|slot| {
            let found = self.path(slot);
            found == path || (slot.mode == MODE_FOLDER && path.starts_with(found))
        })
    }

    /// Whether anything in a folder is tracked, or the folder itself is a submodule.
    pub fn tracks_below(&self, folder: &[u8]) -> bool {
        let below = [folder, b"/"].concat();
        let at = self.slots.partition_point(|slot| self.path(slot) < below.as_slice());
        let first = self.slots.get(at).map(|slot| self.path(slot));
        first.is_some_and(|path| path.starts_with(&below)) || self.tracks(&below) || self.tracks(folder)
    }

    /// The paths of all submodules, ascending.
    pub fn submodules(&self) -> impl Iterator<Item = &[u8]> {
        self.slots.iter().filter(|slot| slot.mode == MODE_GITLINK).map(|slot| self.path(slot))
    }

    /// How many entries there are.
    pub(super) fn len(&self) -> usize {
        self.slots.len()
    }

    /// The entry at a place in the order of all.
    pub(super) fn at(&self, place: usize) -> Entry<'_> {
        self.entry(&self.slots[place])
    }

    /// Of the entries in `range`, the last of which begin with `folder` or come after it, the end of those
    /// that begin with it.
    pub(super) fn end_of(&self, folder: &[u8], range: std::ops::Range<usize>) -> usize {
        let is_in = |slot: &Slot| self.path(slot).starts_with(folder);
        range.start + self.slots[range].partition_point(is_in)
    }

    /// The tree that was written of a folder (empty for the root, else with a `/` at its end), if
    /// nothing in it has changed since.
    pub(super) fn written_tree(&self, folder: &[u8]) -> Option<&[u8]> {
        self.cache_tree.find(folder)
    }

    fn path(&self, slot: &Slot) -> &[u8] {
        &self.arena[slot.start as usize..][..slot.path_bytes as usize]
    }

    fn entry(&self, slot: &Slot) -> Entry<'_> {
        let (path, rest) = self.arena[slot.start as usize..].split_at(slot.path_bytes as usize);
        let Slot { mode, stage, skip_worktree, intent_to_add, .. } = *slot;
        Entry { path, id: &rest[..self.id_bytes], mode, stage, skip_worktree, intent_to_add }
    }

    /// Reads one file: its entries, and the extension that makes it a split index.
    fn parse_one(bytes: &[u8], format: ObjectFormat) -> Result<(Self, Option<&[u8]>), IndexError> {
        let id_bytes = format.id_bytes();
        let header = bytes.get(..12).ok_or(Damaged("it ends in its header"))?;
        let (version, count) = (number(&header[4..]), number(&header[8..]) as usize);
        if !header.starts_with(b"DIRC") {
            return Err(Damaged("it does not begin with DIRC"));
        }
        if !(2..=4).contains(&version) {
            return Err(IndexError::Unknown(format!("version {version}")));
        }
        if u32::try_from(bytes.len()).is_err() {
            return Err(IndexError::Unknown("more than 4 GiB".to_owned()));
        }
        let end = bytes.len().checked_sub(id_bytes).filter(|end| *end >= header.len());
        let end = end.ok_or(Damaged("it ends in its header"))?;
        let mut reader = EntryReader { bytes: &bytes[..end], at: 12, version, id_bytes };
        let most = bytes.len() / (STAT_BYTES + id_bytes);
        let mut index = Self {
            slots: Vec::with_capacity(count.min(most)),
            arena: Vec::with_capacity(bytes.len()),
            id_bytes,
            cache_tree: CacheTree::default(),
        };
        for _ in 0..count {
            let slot = reader.read(&mut index)?;
            index.slots.push(slot);
        }
        if !index.slots.is_sorted_by(|a, b| index.order(a, b).is_le()) {
            return Err(Damaged("its entries are not in order"));
        }
        // The NULs that fill the last entry may reach past the end of a damaged index.
        let extensions = bytes.get(reader.at..end).ok_or(Damaged("it ends in an entry"))?;
        let Extensions { link, tree } = Extensions::read(extensions)?;
        let cache_tree = tree.and_then(|tree| CacheTree::parse(tree, format)).unwrap_or_default();
        Ok((Self { cache_tree, ..index }, link))
    }

    fn order(&self, a: &Slot, b: &Slot) -> Ordering {
        self.path(a).cmp(self.path(b)).then(a.stage.cmp(&b.stage))
    }

    /// Lays the entries of a split index over those of the shared one, as its two bitmaps say: some are
    /// gone, some replaced by the nameless entries in turn, and those with names come in addition.
    fn over(&self, base: &Self, bitmaps: &[u8]) -> Result<Self, IndexError> {
        let (gone, replaced) = if bitmaps.is_empty() {
            (Vec::new(), Vec::new())
        } else {
            let cut_off = Damaged("a bitmap of a split index is cut off");
            let Some((gone, rest)) = bitmap::set_bits(bitmaps, base.slots.len()) else { return Err(cut_off) };
            let Some((replaced, _)) = bitmap::set_bits(rest, base.slots.len()) else { return Err(cut_off) };
            (gone, replaced)
        };
        let nameless = self.slots.iter().take_while(|slot| slot.path_bytes == 0).count();
        if nameless != replaced.len() {
            return Err(Damaged("a split index replaces other entries than it brings"));
        }
        let mut entries: Vec<Option<Entry<'_>>> = base.entries().map(Some).collect();
        for (position, slot) in replaced.into_iter().zip(&self.slots) {
            entries[position] = entries[position].map(|old| Entry { path: old.path, ..self.entry(slot) });
        }
        for position in gone {
            entries[position] = None;
        }
        let added = self.slots[nameless..].iter().map(|slot| self.entry(slot));
        // Those that come later win, so the added ones are put last and the last of equals is kept.
        let mut entries: Vec<Entry<'_>> = entries.into_iter().flatten().chain(added).collect();
        entries.sort_by_key(|entry| (entry.path, entry.stage));
        entries.reverse();
        entries.dedup_by_key(|entry| (entry.path, entry.stage));
        entries.reverse();
        Ok(Self::of(&entries, self.id_bytes))
    }

    fn of(entries: &[Entry<'_>], id_bytes: usize) -> Self {
        let slots = Vec::with_capacity(entries.len());
        let mut index = Self { slots, id_bytes, ..Self::default() };
        for entry in entries {
            index.slots.push(Slot {
                start: index.arena.len() as u32,
                path_bytes: entry.path.len() as u32,
                mode: entry.mode,
                stage: entry.stage,
                skip_worktree: entry.skip_worktree,
                intent_to_add: entry.intent_to_add,
            });
            index.arena.extend_from_slice(entry.path);
            index.arena.extend_from_slice(entry.id);
        }
        index
    }
}

/// Reads entry after entry.
struct EntryReader<'a> {
    bytes: &'a [u8],
    at: usize,
    version: u32,
    id_bytes: usize,
}

impl EntryReader<'_> {
    fn read(&mut self, index: &mut Index) -> Result<Slot, IndexError> {
        const CUT_OFF: IndexError = Damaged("it ends in an entry");
        let first = self.at;
        let fixed = self.bytes.get(first..first + STAT_BYTES + self.id_bytes + 2).ok_or(CUT_OFF)?;
        let mode = number(&fixed[MODE_AT..]);
        let id = &fixed[STAT_BYTES..STAT_BYTES + self.id_bytes];
        let flags = short(&fixed[STAT_BYTES + self.id_bytes..]);
        self.at += fixed.len();
        let mut extended = 0;
        if self.version >= 3 && flags & EXTENDED != 0 {
            extended = short(self.bytes.get(self.at..self.at + 2).ok_or(CUT_OFF)?);
            self.at += 2;
        }
        let start = index.arena.len();
        if self.version == 4 {
            let stripped = self.varint().ok_or(CUT_OFF)?;
            let previous = index
                .slots
                .last()
                .map_or(0..0, |slot| slot.start as usize..slot.start as usize + slot.path_bytes as usize);
            let kept =
                previous.len().checked_sub(stripped).ok_or(Damaged("a path takes off more than there is"))?;
            index.arena.extend_from_within(previous.start..previous.start + kept);
        }
        let rest = self.bytes.get(self.at..).ok_or(CUT_OFF)?;
        let length = memchr::memchr(0, rest).ok_or(CUT_OFF)?;
        index.arena.extend_from_slice(&rest[..length]);
        self.at += match self.version {
            4 => length + 1,
            // One to eight NULs fill the entry up to a multiple of eight.
            _ => length + 8 - (self.at - first + length) % 8,
        };
        let path_bytes = index.arena.len() - start;
        index.arena.extend_from_slice(id);
        if path_bytes > LONGEST_PATH || u32::try_from(index.arena.len()).is_err() {
            return Err(Damaged("a path is longer than any system allows"));
        }
        Ok(Slot {
            start: start as u32,
            path_bytes: path_bytes as u32,
            mode,
            stage: (flags >> 12 & 3) as u8,
            skip_worktree: extended & SKIP_WORKTREE != 0,
            intent_to_add: extended & INTENT_TO_ADD != 0,
        })
    }

    /// A number in groups of seven bits, each but the last with its top bit set and one added.
    fn varint(&mut self) -> Option<usize> {
        let mut value = 0_usize;
        loop {
            let byte = *self.bytes.get(self.at)?;
            self.at += 1;
            value |= usize::from(byte & 0x7F);
            if byte & 0x80 == 0 {
                return Some(value);
            }
            value = value.checked_add(1)?.checked_mul(128)?;
        }
    }
}

/// What follows the entries and has a meaning here.
#[derive(Default)]
struct Extensions<'a> {
    /// The shared part of a split index.
    link: Option<&'a [u8]>,
    /// The trees that are known.
    tree: Option<&'a [u8]>,
}

impl<'a> Extensions<'a> {
    /// An unknown extension that must be understood is an error.
    fn read(mut bytes: &'a [u8]) -> Result<Self, IndexError> {
        let mut found = Self::default();
        while let Some((header, rest)) = bytes.split_first_chunk::<8>() {
            let (name, size) = header.split_at(4);
            let (data, rest) =
                rest.split_at_checked(number(size) as usize).ok_or(Damaged("it ends in an extension"))?;
            match name {
                b"link" => found.link = Some(data),
                b"TREE" => found.tree = Some(data),
                // Says that there are entries for folders, which the entries say themselves.
                b"sdir" => {}
                [b'A'..=b'Z', ..] => {}
                _ => return Err(IndexError::Unknown(format!("extension {}", name.escape_ascii()))),
            }
            bytes = rest;
        }
        Ok(found)
    }
}

fn map(path: &Path) -> io::Result<Mmap> {
    let file = File::open(path)?;
    // SAFETY: git never writes into an index in place or truncates it: a new one replaces it by rename,
    // and the mapping keeps the old file, which does not change any more.
    unsafe { Mmap::map(&file) }
}

/// The big-endian number in the first four bytes, which the caller knows to be there.
fn number(bytes: &[u8]) -> u32 {
    u32::from_be_bytes([bytes[0], bytes[1], bytes[2], bytes[3]])
}

fn short(bytes: &[u8]) -> u16 {
    u16::from_be_bytes([bytes[0], bytes[1]])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parse(bytes: &[u8]) -> Result<Index, IndexError> {
        Index::parse(bytes, ObjectFormat::Sha1, |_| Ok(bytes.to_vec()))
    }

    /// An index of version 2 with these paths, and a checksum of zeros.
    fn index_of(paths: &[(&str, u32)], extensions: &[u8]) -> Vec<u8> {
        let mut bytes = b"DIRC\0\0\0\x02".to_vec();
        bytes.extend((paths.len() as u32).to_be_bytes());
        for (path, mode) in paths {
            let mut entry = [0; STAT_BYTES + 22].to_vec();
            entry[MODE_AT..MODE_AT + 4].copy_from_slice(&mode.to_be_bytes());
            entry.extend(path.as_bytes());
            entry.resize((entry.len() + 8) & !7, 0);
            bytes.extend(entry);
        }
        [&bytes, extensions, &[0; 20]].concat()
    }

    #[test]
    fn files_folders_and_sparse_folders_are_looked_up() {
        let file = 0o100_644;
        let entries =
            [("a-b", file), ("a.txt", file), ("a/x", file), ("lib", MODE_GITLINK), ("s/t/", MODE_FOLDER)];
        let index = parse(&index_of(&entries, b"")).expect("it is whole");
        assert!(index.tracks(b"a/x") && !index.tracks(b"a/y") && !index.tracks(b"a"));
        assert!(index.tracks_below(b"a") && !index.tracks_below(b"a-") && !index.tracks_below(b"b"));
        assert!(index.tracks(b"s/t/any/file") && index.tracks_below(b"s") && index.tracks_below(b"s/t/any"));
        assert!(!index.tracks(b"s/other"));
        assert_eq!(index.submodules().collect::<Vec<_>>(), [b"lib"]);
    }

    #[test]
    fn what_is_not_understood_is_an_error() {
        let message = |bytes: &[u8]| parse(bytes).expect_err("it is not an index").to_string();
        for cut_off in [&b"DIRC"[..], b"DIRC\0\0\0\x02\0\0\0\0\0"] {
            assert_eq!(message(cut_off), "the index is damaged: it ends in its header");
        }
        let unknown = index_of(&[], b"nope\0\0\0\0");
        assert_eq!(message(&unknown), "the index is of a kind that is not known: extension nope");
        assert!(parse(&index_of(&[("b", 0), ("a", 0)], b"")).is_err());
    }

    #[test]
    fn an_index_may_be_cut_off_anywhere() {
        let whole = index_of(&[("a", 0), ("b/c", 0)], b"");
        for length in 0..whole.len() - 8 {
            assert!(parse(&whole[..length]).is_err(), "cut off after {length} bytes");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_give_an_answer(
            noise in prop::collection::vec(any::<u8>(), 0..400), version in 2_u8..5, count in 0_u8..8,
            at in 0_usize..200, byte in any::<u8>(),
        ) {
            let header = [b"DIRC\0\0\0", &[version, 0, 0, 0, count][..]].concat();
            let _ = parse(&[&header, &noise[..]].concat());
            let link = [b"link\0\0\0\xff", &noise[..]].concat();
            let mut whole = index_of(&[("a", 0), ("b/c", 0)], &link);
            if let Some(slot) = whole.get_mut(at) {
                *slot = byte;
            }
            whole[7] = version;
            let _ = parse(&whole);
        }
    }
}

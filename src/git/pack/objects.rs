//! Where the objects of a repository are: its packs, its loose objects, and those of its alternates.
//!
//! Packs are mapped when this is opened and stay so: a repacking in another process takes nothing away.
//! A multi-pack-index is not needed, since every pack keeps its own index beside it.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock};

use memmap2::Mmap;

use super::PackError;
use super::entry::Entry;
use super::forest::Survey;
use super::idx::Idx;
use super::loose::Loose;
use super::renewal::{self, Renewal};
use crate::git::{IdTable, ObjectFormat, ObjectId};

/// Alternates of alternates are followed so far, as git does.
const DEEPEST_ALTERNATE: usize = 5;

/// The objects of a repository.
pub struct Objects {
    pub(super) packs: Vec<Pack>,
    pub(super) loose: Loose,
    pub(super) format: ObjectFormat,
    problems: Vec<(PathBuf, PackError)>,
    /// Finds packs that come later; `None` in what was found so.
    pub(super) renewal: Option<Mutex<Renewal>>,
    /// What the headers in the packs say; once somebody asked for it.
    survey: OnceLock<Survey>,
}

/// A mapped pack and its index.
pub(super) struct Pack {
    pub idx: Idx,
    map: Mmap,
    /// Where the objects end and the checksum of the pack begins.
    end: usize,
    /// The positions in the index, in the order of offsets; once somebody asked for it.
    by_offset: OnceLock<Vec<u32>>,
}

impl Pack {
    pub fn open(idx_path: &Path, format: ObjectFormat) -> Result<Self, PackError> {
        let idx = Idx::new(map(idx_path)?, format)?;
        let map = match map(&idx_path.with_extension("pack")) {
            Err(PackError::Io(error)) if error.kind() == std::io::ErrorKind::NotFound => {
                return Err(PackError::Alone("pack"));
            }
            other => other?,
        };
        let end = map.len().checked_sub(format.id_bytes()).ok_or(PackError::Truncated)?;
        match map[..end] {
            [b'P', b'A', b'C', b'K', 0, 0, 0, 2 | 3, ..] => {
                Ok(Self { idx, map, end, by_offset: OnceLock::new() })
            }
            _ => Err(PackError::NoPack),
        }
    }

    /// Everything before its checksum.
    pub fn bytes(&self) -> &[u8] {
        &self.map[..self.end]
    }

    /// The object that begins at `offset`.
    pub fn id_at(&self, offset: u64) -> Option<ObjectId> {
        let of = |position: &u32| self.idx.offset(*position).unwrap_or(u64::MAX);
        let positions = self.by_offset.get_or_init(|| {
            let mut positions: Vec<u32> = (0..self.idx.len()).collect();
            positions.sort_by_cached_key(of);
            positions
        });
        let at = positions.binary_search_by_key(&offset, of).ok()?;
        Some(self.idx.id(positions[at]))
    }

    /// Reads the header at `offset`.
    pub fn entry(&self, offset: u64, format: ObjectFormat) -> Result<Entry, super::ObjectError> {
        Entry::read(self.bytes(), offset, format)
    }
}

fn map(path: &Path) -> Result<Mmap, PackError> {
    let file = File::open(path)?;
    // SAFETY: git writes packs and indexes under a temporary name and never again under their own; it
    // removes them, which a mapping survives. Whoever writes to them on purpose may end this process,
    // as they would git's.
    Ok(unsafe { Mmap::map(&file)? })
}

impl Objects {
    /// Maps all packs below `folder` (the `objects` of a repository, where linked work trees share it)
    /// and below its alternates.
    ///
    /// Packs that cannot be read become [`Self::problems`].
    pub fn open(folder: &Path, format: ObjectFormat) -> Self {
        Self::open_all(vec![folder.to_owned()], format)
    }

    /// The same for several folders.
    pub fn open_all(folders: Vec<PathBuf>, format: ObjectFormat) -> Self {
        let mut problems = Vec::new();
        let folders = with_alternates(folders);
        let mut packs = Vec::new();
        let renewal = Renewal::begin(&folders);
        for folder in &folders {
            open_packs(&renewal::packs(folder), format, &mut packs, &mut problems);
        }
        // What came while they were read is as good as new.
        let found = packs.iter().map(|(path, _)| path).chain(problems.iter().map(|(path, _)| path));
        let renewal = Some(renewal.found(found.cloned()));
        let mut packs: Vec<Pack> = packs.into_iter().map(|(_, pack)| pack).collect();
        // The first copy of an object is the one that is read: most are in the largest pack then.
        packs.sort_by_key(|pack| std::cmp::Reverse(pack.idx.len()));
        Self { packs, loose: Loose::new(folders, format), format, problems, renewal, survey: OnceLock::new() }
    }

    /// The same loose objects with other packs.
    pub(super) fn beside(&self, packs: Vec<Pack>) -> Self {
        let loose = Loose::new(self.loose.folders.clone(), self.format);
        Self {
            packs,
            loose,
            format: self.format,
            problems: Vec::new(),
            renewal: None,
            survey: OnceLock::new(),
        }
    }

    /// What the headers in all packs say. Who asks first pays for reading them.
    pub(super) fn survey(&self) -> Result<&Survey, PackError> {
        if let Some(known) = self.survey.get() {
            return Ok(known);
        }
        let survey = Survey::new(self)?;
        Ok(self.survey.get_or_init(|| survey))
    }

    /// Packs and indexes that could not be read, and why, in the order of their names.
    pub fn problems(&self) -> &[(PathBuf, PackError)] {
        &self.problems
    }

    /// How their ids are computed.
    pub fn format(&self) -> ObjectFormat {
        self.format
    }

    /// Whether there is an object with this id, readable or not.
    pub fn contains(&self, id: &ObjectId) -> bool {
        self.is_packed(id)
            || self.loose.contains(id)
            || self.renewed().is_some_and(|later| later.is_packed(id))
    }

    /// The ids of all objects, in order, each once: of loose ones those that the first who asked found.
    pub fn ids(&self) -> Vec<ObjectId> {
        let mut ids: Vec<_> = self.packed_ids().chain(self.loose.ids().iter().copied()).collect();
        // Stable, since that takes what is in order already as it is.
        ids.sort();
        ids.dedup();
        ids
    }

    /// Which objects are not `known`, in the order of their ids; `None` when one that is known is not here.
    pub fn news(&self, known: &IdTable) -> Option<Vec<ObjectId>> {
        let mut is_here = vec![false; known.len()];
        let mut news = Vec::new();
        // Each source is in order, so that one pass tells.
        let mut add = |ids: &mut dyn Iterator<Item = &[u8]>| {
            let mut next = 0;
            for id in ids {
                while next < known.len() && known.at(next) < id {
                    next += 1;
                }
                if next < known.len() && known.at(next) == id {
                    is_here[next] = true;
                } else {
                    news.extend(ObjectId::from_bytes(self.format, id));
                }
            }
        };
        for pack in &self.packs {
            add(&mut (0..pack.idx.len()).map(|at| pack.idx.id_bytes(at)));
        }
        add(&mut self.loose.ids().iter().map(ObjectId::as_bytes));
        news.sort_unstable();
        news.dedup();
        is_here.iter().all(|is_here| *is_here).then_some(news)
    }

    /// Puts ids in the order in which objects stand in packs: mostly bases before what is stored as changes to them.
    pub fn sort_by_place(&self, ids: &mut [ObjectId]) {
        ids.sort_by_cached_key(|id| {
            let mut packs = self.packs.iter().enumerate();
            packs.find_map(|(number, pack)| Some((number, pack.idx.offset(pack.idx.find(id)?))))
        });
    }

    pub(super) fn packed_ids(&self) -> impl Iterator<Item = ObjectId> {
        self.packs.iter().flat_map(|pack| (0..pack.idx.len()).map(|at| pack.idx.id(at)))
    }

    pub(super) fn is_packed(&self, id: &ObjectId) -> bool {
        self.packs.iter().any(|pack| pack.idx.find(id).is_some())
    }
}

fn open_packs(
    folder: &Path,
    format: ObjectFormat,
    packs: &mut Vec<(PathBuf, Pack)>,
    problems: &mut Vec<(PathBuf, PackError)>,
) {
    let names = match fs::read_dir(folder) {
        Ok(entries) => entries.flatten().map(|entry| entry.path()).collect::<BTreeSet<_>>(),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return,
        Err(error) => return problems.push((folder.to_owned(), error.into())),
    };
    for path in &names {
        let is_pack = path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"pack-"));
        let extension = path.extension().and_then(|extension| extension.to_str());
        match extension.filter(|_| is_pack) {
            Some("idx") => match Pack::open(path, format) {
                Ok(pack) => packs.push((path.clone(), pack)),
                Err(error) => problems.push((path.clone(), error)),
            },
            Some("pack") if !names.contains(&path.with_extension("idx")) => {
                problems.push((path.clone(), PackError::Alone("index")));
            }
            _ => {}
        }
    }
}

/// The folders and all that `info/alternates` name, each once.
fn with_alternates(named: Vec<PathBuf>) -> Vec<PathBuf> {
    let mut folders: Vec<PathBuf> = Vec::new();
    for folder in named {
        let folder = folder.canonicalize().unwrap_or(folder);
        if !folders.contains(&folder) {
            folders.push(folder);
        }
    }
    let mut begin = 0;
    for _ in 0..DEEPEST_ALTERNATE {
        let end = folders.len();
        for index in begin..end {
            let folder = folders[index].clone();
            let text = fs::read_to_string(folder.join("info/alternates")).unwrap_or_default();
            for line in text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
                let alternate = folder.join(line);
                let alternate = alternate.canonicalize().unwrap_or(alternate);
                if !folders.contains(&alternate) {
                    folders.push(alternate);
                }
            }
        }
        begin = end;
    }
    folders
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::git::Kind;

    #[test]
    fn news_are_told_and_losses_too() {
        let folder = tempfile::tempdir().expect("there is room");
        let mut ids: Vec<_> =
            (0..9).map(|byte| ObjectId::of(ObjectFormat::Sha1, Kind::Blob, &[byte])).collect();
        ids.sort_unstable();
        for id in &ids {
            let (first, rest) = (&id.to_string()[..2], &id.to_string()[2..]);
            fs::create_dir_all(folder.path().join(first)).expect("there is room");
            fs::write(folder.path().join(first).join(rest), "").expect("there is room");
        }
        let objects = Objects::open(folder.path(), ObjectFormat::Sha1);
        let table = |ids: &[ObjectId]| IdTable::new(ObjectFormat::Sha1, ids.iter().copied());
        assert_eq!(objects.news(&table(&ids)), Some(Vec::new()));
        assert_eq!(objects.news(&table(&[])), Some(ids.clone()));
        assert_eq!(
            objects.news(&table(&[&ids[..2], &ids[5..8]].concat())),
            Some([&ids[2..5], &ids[8..]].concat())
        );
        let gone = ObjectId::of(ObjectFormat::Sha1, Kind::Blob, b"gone");
        assert_eq!(objects.news(&table(&ids).with(&[gone])), None);
    }
}

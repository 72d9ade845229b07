//! Looks single objects up by their ids.
//!
//! For a commit here and a tree there. Bases are kept for a while, since objects that are asked for one
//! after the other often share them; who wants all objects walks (`walk.rs`).

use std::collections::HashMap;
use std::io::{BufRead, BufReader};
use std::sync::Arc;

use flate2::bufread::ZlibDecoder;

use super::delta::{Copied, Delta};
use super::entry::Stored;
use super::inflate::Inflater;
use super::objects::Objects;
use super::{Kinds, LARGE_BYTES, LARGEST_HELD_BYTES, ObjectError};
use crate::git::{Kind, Object, ObjectId};

/// Git makes no chain of deltas longer than 4,095; one that is must be a loop.
const LONGEST_CHAIN: usize = 10_000;
/// The cache is emptied when it holds so many bytes.
const CACHE_BYTES: usize = 16 << 20;
/// What is larger is not kept.
const LARGEST_CACHED: usize = 1 << 20;

/// Where an object begins: pack and offset.
pub type Place = (usize, u64);

/// Reads objects by id; one for each thread.
pub struct Reader<'o> {
    objects: &'o Objects,
    inflater: Inflater,
    delta: Vec<u8>,
    copied: Vec<Copied>,
    /// The last object that was read.
    bytes: Vec<u8>,
    spare: Vec<u8>,
    /// What the last object that was read is stored as changes to, and was rebuilt from just now: then `spare`
    /// holds the bytes of that, and `copied` what was copied of them.
    base: Option<Place>,
    cache: HashMap<Place, (Kind, Arc<[u8]>)>,
    cached_bytes: usize,
}

/// An object, and what it was rebuilt from.
pub struct Rebuilt<'r> {
    /// The object.
    pub object: Object<'r>,
    /// What it is stored as changes to; `None` of what is stored whole, and where that was not at hand.
    pub base: Option<RebuiltBase<'r>>,
    /// What of the object are copies from it.
    pub copied: &'r [Copied],
}

/// What an object was rebuilt from.
pub struct RebuiltBase<'r> {
    /// Where it begins: [`Objects::id_at`] says which object that is.
    pub place: Place,
    /// Its bytes.
    pub bytes: &'r [u8],
}

impl Objects {
    /// The object that begins at a place. Who asks first pays for putting a pack in order.
    pub fn id_at(&self, (pack, offset): Place) -> Option<ObjectId> {
        self.packs[pack].id_at(offset)
    }

    /// Begins to look objects up.
    pub fn reader(&self) -> Reader<'_> {
        Reader {
            objects: self,
            inflater: Inflater::default(),
            delta: Vec::new(),
            copied: Vec::new(),
            bytes: Vec::new(),
            spare: Vec::new(),
            base: None,
            cache: HashMap::new(),
            cached_bytes: 0,
        }
    }

    /// Where the copies of an object begin.
    fn places<'a>(&'a self, id: &'a ObjectId) -> impl Iterator<Item = Place> + 'a {
        self.packs.iter().enumerate().filter_map(|(pack, packed)| {
            // An offset that the index does not say lies outside every pack.
            Some((pack, packed.idx.offset(packed.idx.find(id)?).unwrap_or(u64::MAX)))
        })
    }
}

impl Reader<'_> {
    /// Reads an object; does not compute its hash ([`Object::is_intact`]).
    ///
    /// # Errors
    /// It is missing, damaged, or larger than [`LARGEST_HELD_BYTES`].
    pub fn read(&mut self, id: &ObjectId) -> Result<Object<'_>, ObjectError> {
        let kind = self.load(id)?;
        Ok(Object { id: *id, kind, bytes: &self.bytes })
    }

    /// Reads an object with what it is stored as changes to; `None` when it is of none of these kinds, which
    /// costs no inflating.
    ///
    /// # Errors
    /// As for [`Self::read`].
    pub fn rebuild(&mut self, id: &ObjectId, kinds: Kinds) -> Result<Option<Rebuilt<'_>>, ObjectError> {
        if self.kind(id).is_some_and(|kind| !kinds.contains(kind)) {
            return Ok(None);
        }
        let kind = self.load(id)?;
        if !kinds.contains(kind) {
            return Ok(None);
        }
        let base = self.base.map(|place| RebuiltBase { place, bytes: &self.spare });
        let object = Object { id: *id, kind, bytes: &self.bytes };
        Ok(Some(Rebuilt { object, base, copied: &self.copied }))
    }

    /// The kind of an object, from headers alone; `None` where these do not tell, or another copy may tell
    /// otherwise.
    fn kind(&self, id: &ObjectId) -> Option<Kind> {
        let objects = self.objects;
        let mut places = objects.places(id);
        let mut at = places.next().filter(|_| places.next().is_none())?;
        for _ in 0..LONGEST_CHAIN {
            let pack = &objects.packs[at.0];
            match pack.entry(at.1, objects.format).ok()?.stored {
                Stored::Whole(kind) => return Some(kind),
                Stored::DeltaOf(offset) => at.1 = offset,
                Stored::DeltaOfId(id) => at.1 = pack.idx.find(&id).and_then(|at| pack.idx.offset(at))?,
            }
        }
        None
    }

    /// Reads an object that is too large to be held, piece by piece; it must be stored whole.
    ///
    /// # Errors
    /// It is missing, or stored as changes to another.
    pub fn stream(&mut self, id: &ObjectId) -> Result<Box<dyn BufRead + Send + '_>, ObjectError> {
        let objects = self.objects;
        for (pack, offset) in objects.places(id) {
            let pack = &objects.packs[pack];
            let entry = pack.entry(offset, objects.format)?;
            if matches!(entry.stored, Stored::Whole(_)) {
                return Ok(Box::new(BufReader::new(ZlibDecoder::new(&pack.bytes()[entry.data..]))));
            }
        }
        match objects.loose.read(id, LARGE_BYTES, &mut self.inflater, &mut self.bytes)? {
            (_, super::loose::Contents::Stream(stream, _)) => Ok(stream),
            (_, super::loose::Contents::Held) => Ok(Box::new(&*self.bytes)),
        }
    }

    /// Of several copies the first that can be read.
    fn load(&mut self, id: &ObjectId) -> Result<Kind, ObjectError> {
        let objects = self.objects;
        let mut first_error = None;
        for place in objects.places(id) {
            match self.load_packed(place) {
                Ok(kind) => return Ok(kind),
                Err(error) => first_error = first_error.or(Some(error)),
            }
        }
        self.load_elsewhere(id).map_err(|error| first_error.unwrap_or(error))
    }

    /// What is in no pack is loose, or was so until another process packed it.
    fn load_elsewhere(&mut self, id: &ObjectId) -> Result<Kind, ObjectError> {
        self.base = None;
        match self.load_loose(id) {
            Err(ObjectError::Missing) => {
                let later = self.objects.renewed().ok_or(ObjectError::Missing)?;
                let mut reader = later.reader();
                let kind = reader.load(id)?;
                self.bytes = reader.bytes;
                Ok(kind)
            }
            loaded => loaded,
        }
    }

    fn load_loose(&mut self, id: &ObjectId) -> Result<Kind, ObjectError> {
        let loose = &self.objects.loose;
        match loose.read(id, LARGEST_HELD_BYTES, &mut self.inflater, &mut self.bytes)? {
            (kind, super::loose::Contents::Held) => Ok(kind),
            (_, super::loose::Contents::Stream(..)) => Err(ObjectError::TooLarge),
        }
    }

    /// Reads what begins at a place of a pack, for those who know it.
    pub(super) fn read_packed(&mut self, place: Place) -> Result<Vec<u8>, ObjectError> {
        self.load_packed(place)?;
        Ok(std::mem::take(&mut self.bytes))
    }

    fn load_packed(&mut self, place: Place) -> Result<Kind, ObjectError> {
        self.base = None;
        // From the object down to what is stored whole, and back.
        let mut chain: Vec<(Place, usize, u64)> = Vec::new();
        let mut at = place;
        let kind = loop {
            if let Some((kind, bytes)) = self.cache.get(&at) {
                self.bytes.clear();
                self.bytes.extend_from_slice(bytes);
                break *kind;
            }
            let pack = &self.objects.packs[at.0];
            let entry = pack.entry(at.1, self.objects.format)?;
            let base = match entry.stored {
                Stored::Whole(kind) => {
                    if entry.size > LARGEST_HELD_BYTES {
                        return Err(ObjectError::TooLarge);
                    }
                    self.inflater.inflate(&pack.bytes()[entry.data..], entry.size, &mut self.bytes)?;
                    self.keep(at, kind);
                    break kind;
                }
                Stored::DeltaOf(offset) => (at.0, offset),
                Stored::DeltaOfId(id) => {
                    let own = pack.idx.find(&id).and_then(|position| pack.idx.offset(position));
                    let base = own.map(|offset| (at.0, offset));
                    match base.or_else(|| self.objects.places(&id).next()) {
                        Some(base) => base,
                        None => {
                            chain.push((at, entry.data, entry.size));
                            break self.load_elsewhere(&id).map_err(|_| ObjectError::Base)?;
                        }
                    }
                }
            };
            chain.push((at, entry.data, entry.size));
            if chain.len() > LONGEST_CHAIN {
                return Err(ObjectError::Loop);
            }
            at = base;
        };
        let mut base = at;
        for (at, data, size) in chain.into_iter().rev() {
            self.apply(at, data, size)?;
            self.keep(at, kind);
            self.base = Some(base).filter(|base| *base != at);
            base = at;
        }
        Ok(kind)
    }

    /// Turns the bytes at hand, a base, into what the delta at a place makes of it.
    fn apply(&mut self, (pack, _): Place, data: usize, size: u64) -> Result<(), ObjectError> {
        let deflated = &self.objects.packs[pack].bytes()[data..];
        if size > LARGEST_HELD_BYTES {
            return Err(ObjectError::TooLarge);
        }
        self.inflater.inflate(deflated, size, &mut self.delta)?;
        let delta = Delta::read(&self.delta)?;
        if delta.result_size > LARGEST_HELD_BYTES {
            return Err(ObjectError::TooLarge);
        }
        delta.apply(&self.bytes, &mut self.spare, &mut self.copied)?;
        std::mem::swap(&mut self.bytes, &mut self.spare);
        Ok(())
    }

    fn keep(&mut self, place: Place, kind: Kind) {
        if self.bytes.len() > LARGEST_CACHED {
            return;
        }
        if self.cached_bytes + self.bytes.len() > CACHE_BYTES {
            self.cache.clear();
            self.cached_bytes = 0;
        }
        self.cached_bytes += self.bytes.len();
        self.cache.insert(place, (kind, self.bytes.as_slice().into()));
    }
}

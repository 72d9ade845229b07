//! Damaged and forged packs: each costs what it damages, by name, and nothing else.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{self, Read, Write};
use std::path::Path;
use std::sync::Mutex;

use proptest::prelude::*;
use proptest::sample::Index;

use super::*;
use crate::git::{Object, ObjectFormat, ObjectId};

/// What a walk saw.
#[derive(Default)]
pub(super) struct Seen {
    pub intact: Mutex<BTreeSet<ObjectId>>,
    /// How many objects could not be visited.
    pub lost: Mutex<u64>,
    errors: Mutex<BTreeMap<ObjectId, ObjectError>>,
}

impl Visitor for Seen {
    type Kept = ();

    fn visit(&self, object: Object<'_>, base: Option<Base<'_, ()>>) {
        if let Some(Base { copied, length, .. }) = base {
            for copy in copied {
                assert!(copy.from + copy.length <= length && copy.to + copy.length <= object.bytes.len());
            }
        }
        if object.is_intact() {
            self.intact.lock().expect("no panic").insert(object.id);
        }
    }

    fn stream(&self, _: ObjectId, _: Kind, _: u64, reader: &mut dyn Read) -> io::Result<()> {
        io::copy(reader, &mut io::sink()).map(drop)
    }

    fn fail(&self, failure: Failure) {
        *self.lost.lock().expect("no panic") += u64::from(failure.lost);
        self.errors.lock().expect("no panic").insert(failure.id, failure.error);
    }
}

const ALL: Kinds = Kinds::of(&[Kind::Commit, Kind::Tree, Kind::Blob, Kind::Tag]);

/// Walks over all there is in a folder of objects.
pub(super) fn walk(folder: &Path, verify: bool) -> Seen {
    let seen = Seen::default();
    let objects = Objects::open(folder, ObjectFormat::Sha1);
    // One thread: a test has many cases, and a pool for each would cost more than the walk.
    objects.walk(Walk { verify, ..Walk::over(ALL) }, &seen).expect("it walks");
    seen
}

pub(super) fn deflate(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).expect("a vector takes all");
    encoder.finish().expect("a vector takes all")
}

pub(super) fn blob(bytes: &[u8]) -> ObjectId {
    ObjectId::of(ObjectFormat::Sha1, Kind::Blob, bytes)
}

/// A pack that is put together entry by entry.
pub(super) struct Forge {
    pack: Vec<u8>,
    /// Where each object begins.
    pub entries: BTreeMap<ObjectId, usize>,
    /// What objects are stored as changes to.
    bases: BTreeMap<ObjectId, ObjectId>,
}

impl Forge {
    pub fn new() -> Self {
        Self { pack: b"PACK\0\0\0\x02\0\0\0\0".to_vec(), entries: BTreeMap::new(), bases: BTreeMap::new() }
    }

    /// Adds an entry of a type and a size, which may be a lie; `base` stands before the stream.
    pub fn entry(&mut self, id: ObjectId, kind: u8, size: u64, base: &[u8], stream: &[u8]) -> usize {
        let offset = self.pack.len();
        self.entries.insert(id, offset);
        let mut rest = size >> 4;
        let mut byte = kind << 4 | (size & 15) as u8;
        while rest > 0 {
            self.pack.push(byte | 0x80);
            byte = (rest & 0x7F) as u8;
            rest >>= 7;
        }
        self.pack.push(byte);
        self.pack.extend(base);
        self.pack.extend(stream);
        offset
    }

    pub fn whole(&mut self, bytes: &[u8]) -> ObjectId {
        let id = blob(bytes);
        self.entry(id, 3, bytes.len() as u64, b"", &deflate(bytes));
        id
    }

    /// Adds a blob as changes to the object `base`: a copy of its first byte, and an insertion.
    fn delta(&mut self, id: ObjectId, base: ObjectId, base_bytes: u8) {
        let delta = [base_bytes, 2, 0x90, 1, 1, b'!'];
        self.entry(id, 7, delta.len() as u64, base.as_bytes(), &deflate(&delta));
    }

    /// Adds a blob as changes to another: the first byte of that, and `rest`. Answers with its bytes.
    fn derive(&mut self, base: &[u8], rest: &[u8]) -> Vec<u8> {
        let result = [&base[..1], rest].concat();
        let sizes = [base.len() as u8, result.len() as u8];
        let delta = [&sizes[..], &[0x90, 1, rest.len() as u8], rest].concat();
        let (id, base) = (blob(&result), blob(base));
        self.entry(id, 7, delta.len() as u64, base.as_bytes(), &deflate(&delta));
        self.bases.insert(id, base);
        result
    }

    /// An object, its base, and so on.
    fn chain(&self, id: ObjectId) -> impl Iterator<Item = ObjectId> + '_ {
        std::iter::successors(Some(id), |id| self.bases.get(id).copied())
    }

    fn write(&self, folder: &Path, name: &str) {
        fs::create_dir_all(folder.join("pack")).expect("a folder can be made");
        let path = folder.join("pack").join(name);
        let mut pack = self.pack.clone();
        pack.extend([0; 20]);
        fs::write(path.with_extension("pack"), pack).expect("it can be written");
        fs::write(path.with_extension("idx"), self.idx()).expect("it can be written");
    }

    fn idx(&self) -> Vec<u8> {
        let mut idx = b"\xFFtOc\0\0\0\x02".to_vec();
        for byte in 0..=u8::MAX {
            let up_to = self.entries.keys().filter(|id| id.as_bytes()[0] <= byte).count();
            idx.extend((up_to as u32).to_be_bytes());
        }
        self.entries.keys().for_each(|id| idx.extend(id.as_bytes()));
        idx.extend(vec![0; 4 * self.entries.len()]);
        self.entries.values().for_each(|offset| idx.extend((*offset as u32).to_be_bytes()));
        idx.extend([0; 40]);
        idx
    }
}

/// A folder of objects with one forged pack.
pub(super) fn forged(forge: &Forge) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder can be made");
    forge.write(folder.path(), "pack-1.pack");
    folder
}

#[test]
fn a_chain_that_loops_is_told_and_the_rest_is_visited() {
    let mut forge = Forge::new();
    let sound = forge.whole(b"sound");
    let [first, second, third] = [blob(b"1"), blob(b"2"), blob(b"3")];
    forge.delta(first, second, 2);
    forge.delta(second, first, 2);
    forge.delta(third, third, 2);
    let folder = forged(&forge);
    let seen = walk(folder.path(), true);
    assert_eq!(seen.intact.into_inner().expect("no panic"), [sound].into());
    let looped = [(first, ObjectError::Loop), (second, ObjectError::Loop), (third, ObjectError::Loop)];
    assert_eq!(seen.errors.into_inner().expect("no panic"), looped.into());
    let objects = Objects::open(folder.path(), ObjectFormat::Sha1);
    assert_eq!(objects.reader().read(&first).map(|object| object.kind), Err(ObjectError::Loop));
}

#[test]
fn bases_are_found_before_and_after_and_in_other_packs() {
    let (mut one, mut other) = (Forge::new(), Forge::new());
    let [near, far, middle] = [blob(b"n!"), blob(b"f!"), blob(b"m!")];
    one.delta(near, blob(b"next"), 4);
    one.whole(b"next");
    one.delta(far, blob(b"far away"), 8);
    // From the first pack to the other and back.
    one.delta(middle, blob(b"m?"), 2);
    one.whole(b"most");
    other.whole(b"far away");
    other.derive(b"most", b"?");
    let folder = forged(&one);
    other.write(folder.path(), "pack-2.pack");
    let seen = walk(folder.path(), true);
    assert_eq!(seen.errors.into_inner().expect("no panic"), BTreeMap::new());
    let expected = [near, far, middle, blob(b"next"), blob(b"far away"), blob(b"m?"), blob(b"most")];
    assert_eq!(seen.intact.into_inner().expect("no panic"), expected.into());
}

#[test]
fn a_sound_copy_stands_in_for_a_damaged_one() {
    let (mut damaged, mut sound) = (Forge::new(), Forge::new());
    let twice = sound.whole(b"twice");
    damaged.entry(twice, 3, 5, b"", b"no zlib stream");
    damaged.delta(blob(b"t!"), twice, 5);
    damaged.whole(b"so that this pack is the larger one");
    let folder = forged(&damaged);
    sound.write(folder.path(), "pack-2.pack");
    let seen = walk(folder.path(), true);
    assert_eq!(seen.errors.into_inner().expect("no panic"), BTreeMap::new());
    assert_eq!(seen.intact.into_inner().expect("no panic").len(), 3);
}

#[test]
fn absurd_sizes_are_not_believed() {
    let mut forge = Forge::new();
    let sound = forge.whole(b"sound");
    let deflated = deflate(b"small");
    for (name, kind, size) in [(b"a", 3, 1 << 40), (b"b", 3, (1 << 30) - 1), (b"c", 3, 6), (b"d", 5, 5)] {
        forge.entry(blob(name), kind, size, b"", &deflated);
    }
    // A result of a terabyte, of a delta that is small itself.
    let delta = [5, 0x80, 0x80, 0x80, 0x80, 0x80, 0x20, 0x90, 5];
    forge.entry(blob(b"e"), 7, delta.len() as u64, sound.as_bytes(), &deflate(&delta));
    forge.entry(blob(b"f"), 6, 1, &[0xFF, 0xFF, 0xFF, 0x7F], &deflated);
    let seen = walk(forged(&forge).path(), false);
    assert_eq!(seen.intact.into_inner().expect("no panic"), [sound].into());
    let errors = seen.errors.into_inner().expect("no panic");
    let error = |name: &[u8]| errors[&blob(name)].clone();
    // The first two are streamed, being large as they say, and end early.
    assert_eq!(
        [error(b"a"), error(b"b"), error(b"c")],
        [ObjectError::Size, ObjectError::Size, ObjectError::Size]
    );
    assert_eq!([error(b"d"), error(b"f")], [ObjectError::Header, ObjectError::Header]);
    assert_eq!(error(b"e"), ObjectError::TooLarge);
    assert_eq!(errors.len(), 6);
}

#[test]
fn what_is_not_what_its_id_says_is_told_when_asked() {
    let mut forge = Forge::new();
    forge.entry(blob(b"something"), 3, 5, b"", &deflate(b"other"));
    let folder = forged(&forge);
    assert_eq!(walk(folder.path(), false).errors.into_inner().expect("no panic"), BTreeMap::new());
    let errors = walk(folder.path(), true).errors.into_inner().expect("no panic");
    assert_eq!(errors, [(blob(b"something"), ObjectError::Mismatch)].into());
}

#[test]
fn packs_without_index_and_what_is_none_are_named() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let forge = Forge::new();
    forge.write(folder.path(), "pack-1.pack");
    forge.write(folder.path(), "pack-2.pack");
    forge.write(folder.path(), "pack-3.pack");
    let pack = folder.path().join("pack");
    fs::remove_file(pack.join("pack-1.idx")).expect("it is there");
    fs::remove_file(pack.join("pack-2.pack")).expect("it is there");
    fs::write(pack.join("pack-3.pack"), b"no pack, but as long as one is").expect("it can be written");
    fs::write(pack.join("pack-4.idx"), b"").expect("it can be written");
    let objects = Objects::open(folder.path(), ObjectFormat::Sha1);
    let told: Vec<_> = objects
        .problems()
        .iter()
        .map(|(path, error)| {
            (path.file_name().and_then(|name| name.to_str()).unwrap_or_default(), error.to_string())
        })
        .collect();
    let expected = [
        ("pack-1.pack", "its index is missing"),
        ("pack-2.idx", "its pack is missing"),
        ("pack-3.idx", "it is no pack of a known version"),
        ("pack-4.idx", "it is cut off"),
    ];
    assert_eq!(told, expected.map(|(name, error)| (name, error.to_owned())));
}

/// A pack with a chain of deltas, two that share a base, and objects that stand alone.
pub(super) fn sound() -> Forge {
    let mut forge = Forge::new();
    let mut base = b"a text that all the others in the chain begin like".to_vec();
    forge.whole(&base);
    for version in 0..6 {
        let next = forge.derive(&base, format!("version {version}").as_bytes());
        base = if version == 3 { base } else { next };
    }
    for alone in 0..4 {
        forge.whole(format!("alone, number {alone}").repeat(20).as_bytes());
    }
    forge
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn damage_to_a_pack_costs_only_what_is_made_of_it(
        damage in prop::collection::vec((any::<Index>(), 1..=u8::MAX), 0..3),
    ) {
        let mut forge = sound();
        let mut damaged = BTreeSet::new();
        for (at, bits) in damage {
            let at = 12 + at.index(forge.pack.len() - 12);
            forge.pack[at] ^= bits;
            let hit = forge.entries.iter().filter(|(_, offset)| **offset <= at).max_by_key(|(_, offset)| **offset);
            damaged.extend(hit.map(|(id, _)| *id));
        }
        let folder = forged(&forge);
        let seen = walk(folder.path(), true);
        let (intact, lost) = (seen.intact.into_inner().expect("no panic"), seen.lost.into_inner().expect("no panic"));
        prop_assert!(intact.len() as u64 + lost >= forge.entries.len() as u64, "something was lost in silence");
        let objects = Objects::open(folder.path(), ObjectFormat::Sha1);
        let mut reader = objects.reader();
        for id in forge.entries.keys() {
            let is_sound = !forge.chain(*id).any(|id| damaged.contains(&id));
            let is_read = reader.read(id).is_ok_and(|object| object.is_intact());
            prop_assert!(!is_sound || is_read && intact.contains(id));
        }
        walk(folder.path(), false);
    }

    #[test]
    fn no_file_makes_a_walk_panic(
        in_pack in prop::collection::vec((any::<Index>(), any::<u8>()), 0..3),
        in_idx in prop::collection::vec((any::<Index>(), any::<u8>()), 0..4),
        cut in prop::option::weighted(0.2, any::<Index>()),
    ) {
        let folder = forged(&sound());
        for (name, damage) in [("pack-1.pack", in_pack), ("pack-1.idx", in_idx)] {
            let path = folder.path().join("pack").join(name);
            let mut bytes = fs::read(&path).expect("it is there");
            let length = bytes.len();
            damage.iter().for_each(|(at, byte)| bytes[at.index(length)] = *byte);
            if let Some(cut) = cut {
                bytes.truncate(cut.index(bytes.len()));
            }
            fs::write(&path, bytes).expect("it can be written");
        }
        for verify in [true, false] {
            walk(folder.path(), verify);
        }
        let objects = Objects::open(folder.path(), ObjectFormat::Sha1);
        let mut reader = objects.reader();
        for id in sound().entries.keys() {
            let _ = reader.read(id);
        }
    }
}

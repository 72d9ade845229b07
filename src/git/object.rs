//! What git calls an object, and the hash that names it.

use std::collections::HashMap;
use std::fmt;
use std::hash::{BuildHasherDefault, Hash, Hasher};
use std::str::FromStr;

use sha1::Digest;

use super::ObjectFormat;

/// What an object is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// A commit.
    Commit,
    /// A folder: names, modes and ids.
    Tree,
    /// The contents of a file.
    Blob,
    /// An annotated tag.
    Tag,
}

impl Kind {
    /// The word that git writes before an object's bytes.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Commit => "commit",
            Self::Tree => "tree",
            Self::Blob => "blob",
            Self::Tag => "tag",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Kind {
    type Err = ();

    fn from_str(word: &str) -> Result<Self, ()> {
        let kinds = [Self::Commit, Self::Tree, Self::Blob, Self::Tag];
        kinds.into_iter().find(|kind| kind.as_str() == word).ok_or(())
    }
}

/// The hash that names an object: 20 bytes, or 32 in SHA-256 repositories.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct ObjectId {
    bytes: [u8; 32],
    format: ObjectFormat,
}

impl ObjectId {
    /// Takes an id as it stands in packs and trees; `None` unless it has the length of `format`.
    pub fn from_bytes(format: ObjectFormat, id: &[u8]) -> Option<Self> {
        let mut bytes = [0; 32];
        bytes.get_mut(..format.id_bytes()).filter(|to| to.len() == id.len())?.copy_from_slice(id);
        Some(Self { bytes, format })
    }

    /// The id that an object of this kind and these bytes has.
    pub fn of(format: ObjectFormat, kind: Kind, bytes: &[u8]) -> Self {
        let head = format!("{kind} {}\0", bytes.len());
        let mut id = [0; 32];
        match format {
            ObjectFormat::Sha1 => {
                let hash = sha1::Sha1::new().chain_update(head).chain_update(bytes).finalize();
                id[..20].copy_from_slice(&hash);
            }
            ObjectFormat::Sha256 => {
                let hash = sha2::Sha256::new().chain_update(head).chain_update(bytes).finalize();
                id.copy_from_slice(&hash);
            }
        }
        Self { bytes: id, format }
    }

    /// The id as it stands in packs and trees.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes[..self.format.id_bytes()]
    }

    /// How it was computed.
    pub fn format(&self) -> ObjectFormat {
        self.format
    }
}

impl Hash for ObjectId {
    /// Eight bytes of a hash tell it apart.
    fn hash<H: Hasher>(&self, state: &mut H) {
        let (first, _) = self.bytes.split_first_chunk().expect("an id has 32 bytes");
        state.write_u64(u64::from_le_bytes(*first));
    }
}

/// What is known of objects, by their ids. These are hashes already, and are not hashed again.
pub type ByObject<V> = HashMap<ObjectId, V, BuildHasherDefault<AsItIs>>;

/// Takes the one number that it is given for a hash.
#[derive(Clone, Copy, Debug, Default)]
pub struct AsItIs(u64);

impl Hasher for AsItIs {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, _: &[u8]) {
        unreachable!("ids are hashed as numbers");
    }

    fn write_u64(&mut self, number: u64) {
        self.0 = number;
    }
}

impl fmt::Display for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_bytes().iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for ObjectId {
    type Err = ();

    /// Reads 40 or 64 digits.
    fn from_str(text: &str) -> Result<Self, ()> {
        let bytes = data_encoding::HEXLOWER_PERMISSIVE.decode(text.as_bytes()).map_err(drop)?;
        let of = |format| Self::from_bytes(format, &bytes);
        of(ObjectFormat::Sha1).or_else(|| of(ObjectFormat::Sha256)).ok_or(())
    }
}

/// An object at hand.
#[derive(Clone, Copy, Debug)]
pub struct Object<'a> {
    /// Its name.
    pub id: ObjectId,
    /// What it is.
    pub kind: Kind,
    /// Its contents, without the header that is hashed with them.
    pub bytes: &'a [u8],
}

impl Object<'_> {
    /// Whether its bytes hash to its id.
    pub fn is_intact(&self) -> bool {
        ObjectId::of(self.id.format, self.kind, self.bytes) == self.id
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_those_of_git() {
        let empty = ObjectId::of(ObjectFormat::Sha1, Kind::Tree, b"");
        assert_eq!(empty.to_string(), "4b825dc642cb6eb9a060e54bf8d69288fbee4904");
        let empty = ObjectId::of(ObjectFormat::Sha256, Kind::Blob, b"");
        assert_eq!(empty.to_string(), "473a0f4c3be8a93681a267e3b1e9a7dcda1185436fe141f7749120a303721813");
        assert_eq!(empty.to_string().parse(), Ok(empty));
        assert_eq!("473a".parse::<ObjectId>(), Err(()));
    }
}

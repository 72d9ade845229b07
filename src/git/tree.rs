//! The entries of a tree object: names, modes and ids, read from its bytes.

use super::{ObjectFormat, ObjectId};

/// What an entry of a tree names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EntryKind {
    /// A folder.
    Tree,
    /// A file or the target of a symbolic link.
    Blob,
    /// A commit of another repository.
    Submodule,
}

/// An entry of a tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TreeEntry<'a> {
    /// What it names.
    pub kind: EntryKind,
    /// Its mode as written, in octal digits.
    pub mode: &'a [u8],
    /// Its name, without a folder.
    pub name: &'a [u8],
    /// The id of what it names, as it stands in the tree.
    pub id: &'a [u8],
}

/// The entries of a tree, in the order in which they stand; ends early, with `None`, at the first that
/// cannot be read.
pub struct TreeEntries<'a> {
    rest: &'a [u8],
    id_bytes: usize,
}

impl<'a> TreeEntries<'a> {
    /// Begins to read a tree.
    pub fn new(format: ObjectFormat, bytes: &'a [u8]) -> Self {
        Self { rest: bytes, id_bytes: format.id_bytes() }
    }

    /// How many bytes were not read yet.
    pub fn left(&self) -> usize {
        self.rest.len()
    }

    /// Whether all was read: `false` in the middle of a tree, or at a place that is damaged.
    pub fn is_at_end(&self) -> bool {
        self.rest.is_empty()
    }
}

impl<'a> Iterator for TreeEntries<'a> {
    type Item = TreeEntry<'a>;

    fn next(&mut self) -> Option<TreeEntry<'a>> {
        // Five or six digits of mode, a space, the name, a zero byte, the id.
        let space = self.rest.iter().take(8).position(|byte| *byte == b' ')?;
        let mode = &self.rest[..space];
        let kind = match mode {
            [b'4', ..] | [b'0', b'4', ..] => EntryKind::Tree,
            [b'1', b'6', ..] => EntryKind::Submodule,
            [b'1', ..] => EntryKind::Blob,
            _ => return None,
        };
        let after = &self.rest[space + 1..];
        let end = memchr::memchr(0, after)?;
        let id = after.get(end + 1..end + 1 + self.id_bytes)?;
        self.rest = &after[end + 1 + self.id_bytes..];
        Some(TreeEntry { kind, mode, name: &after[..end], id })
    }
}

impl TreeEntry<'_> {
    /// Its mode as a number; `None` when it is none.
    pub fn mode(&self) -> Option<u32> {
        u32::from_str_radix(std::str::from_utf8(self.mode).ok()?, 8).ok()
    }

    /// The id of what it names.
    pub fn object(&self, format: ObjectFormat) -> ObjectId {
        ObjectId::from_bytes(format, self.id).expect("an entry's id has the length of the format")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_are_read_and_damage_ends_them() {
        let (mut bytes, mut ends) = (Vec::new(), vec![0]);
        for (mode, name) in [("40000", "dir"), ("100644", "a file"), ("120000", "link"), ("160000", "sub")] {
            bytes.extend(format!("{mode} {name}\0").bytes());
            bytes.extend([7; 20]);
            ends.push(bytes.len());
        }
        let kinds: Vec<_> = TreeEntries::new(ObjectFormat::Sha1, &bytes).map(|entry| entry.kind).collect();
        assert_eq!(kinds, [EntryKind::Tree, EntryKind::Blob, EntryKind::Blob, EntryKind::Submodule]);
        for cut in 1..bytes.len() {
            let mut entries = TreeEntries::new(ObjectFormat::Sha1, &bytes[..cut]);
            assert!(entries.by_ref().count() < 4);
            assert_eq!(entries.is_at_end(), ends.contains(&cut), "{cut} bytes");
        }
    }
}

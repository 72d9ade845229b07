//! The header of an object in a pack: its kind or its base, and its size.

use super::ObjectError;
use crate::git::{Kind, ObjectFormat, ObjectId};

/// How an object is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stored {
    /// All of it.
    Whole(Kind),
    /// As changes to the object that begins at this offset of the same pack, always an earlier one.
    DeltaOf(u64),
    /// As changes to the object with this id.
    DeltaOfId(ObjectId),
}

/// What stands before the compressed bytes of an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// How it is stored.
    pub stored: Stored,
    /// How many bytes inflate from it: those of the object, or of the delta.
    pub size: u64,
    /// Where in the pack the compressed bytes begin.
    pub data: usize,
}

impl Entry {
    /// Reads the header at `offset` of a pack.
    ///
    /// # Errors
    /// It lies outside the pack, or is none.
    pub fn read(pack: &[u8], offset: u64, format: ObjectFormat) -> Result<Self, ObjectError> {
        let start = usize::try_from(offset).map_err(|_| ObjectError::OutsidePack)?;
        let mut bytes = pack.get(start..).ok_or(ObjectError::OutsidePack)?.iter().copied();
        let mut next = || bytes.next().ok_or(ObjectError::OutsidePack);
        let mut byte = next()?;
        let kind = byte >> 4 & 7;
        let (mut size, mut shift) = (u64::from(byte & 15), 4);
        while byte & 0x80 != 0 {
            byte = next()?;
            // Nine bytes more carry 63 bits: no object is larger.
            if shift > 60 {
                return Err(ObjectError::Header);
            }
            size |= u64::from(byte & 0x7F) << shift;
            shift += 7;
        }
        let stored = match kind {
            1 => Stored::Whole(Kind::Commit),
            2 => Stored::Whole(Kind::Tree),
            3 => Stored::Whole(Kind::Blob),
            4 => Stored::Whole(Kind::Tag),
            6 => {
                let mut byte = next()?;
                let mut distance = u64::from(byte & 0x7F);
                while byte & 0x80 != 0 {
                    byte = next()?;
                    if distance >= 1 << 55 {
                        return Err(ObjectError::Header);
                    }
                    distance = (distance + 1) << 7 | u64::from(byte & 0x7F);
                }
                let base = offset.checked_sub(distance).filter(|_| distance > 0);
                Stored::DeltaOf(base.ok_or(ObjectError::Header)?)
            }
            7 => {
                let mut id = [0; 32];
                let id = &mut id[..format.id_bytes()];
                id.iter_mut().try_for_each(|byte| next().map(|read| *byte = read))?;
                Stored::DeltaOfId(ObjectId::from_bytes(format, id).expect("an id has the format's length"))
            }
            _ => return Err(ObjectError::Header),
        };
        let data = pack.len() - bytes.len();
        Ok(Self { stored, size, data })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8], offset: u64) -> Result<Entry, ObjectError> {
        Entry::read(bytes, offset, ObjectFormat::Sha1)
    }

    #[test]
    fn sizes_and_distances_are_read() {
        let blob = Entry { stored: Stored::Whole(Kind::Blob), size: 0x2_5, data: 2 };
        assert_eq!(read(&[0xB5, 0x02, 0x78], 0), Ok(blob));
        // A distance of two bytes is one more than its bits say: 0x80 0x00 is 128.
        let mut pack = vec![0; 200];
        pack[130..133].copy_from_slice(&[0x61, 0x80, 0x00]);
        assert_eq!(read(&pack, 130), Ok(Entry { stored: Stored::DeltaOf(2), size: 1, data: 133 }));
    }

    #[test]
    fn what_is_no_header_is_an_error() {
        assert_eq!(read(&[0xB5], 0), Err(ObjectError::OutsidePack), "cut off");
        assert_eq!(read(&[0x31], 7), Err(ObjectError::OutsidePack), "past the end");
        assert_eq!(read(&[0x51, 0], 0), Err(ObjectError::Header), "no such kind");
        assert_eq!(read(&[0xFF; 40], 0), Err(ObjectError::Header), "a size without end");
        assert_eq!(read(&[0x61, 0x05], 0), Err(ObjectError::Header), "a base before the pack");
        assert_eq!(read(&[0x61, 0x00], 0), Err(ObjectError::Header), "its own base");
    }
}

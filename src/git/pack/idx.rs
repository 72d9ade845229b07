//! The index of a pack: ids in order, and where in the pack each object begins.
//!
//! Both versions of the format are read, with ids of 20 or 32 bytes, straight from the mapped file.
//! Its own checksum is not computed: what is wrong in it shows when an object does not inflate or
//! does not hash to its id.

use memmap2::Mmap;

use super::PackError;
use crate::git::{ObjectFormat, ObjectId};

/// First bytes of a second version; in the first one they would be an absurd count.
const MAGIC: [u8; 4] = [0xFF, b't', b'O', b'c'];
/// Entries of the fan-out: how many ids begin with at most this byte.
const FAN_OUT: usize = 256 * 4;
/// Set in an offset that stands in the table of large ones.
const IS_LARGE: u32 = 1 << 31;

/// A mapped `.idx`.
#[derive(Debug)]
pub struct Idx {
    map: Mmap,
    format: ObjectFormat,
    count: u32,
    layout: Layout,
}

/// Where its tables begin.
#[derive(Clone, Copy, Debug)]
enum Layout {
    /// Offset and id side by side.
    First { table: usize },
    /// A table of ids, one of checksums that is passed over, one of offsets, one of large offsets.
    Second { fan_out: usize, ids: usize, offsets: usize, large: usize, large_end: usize },
}

impl Idx {
    /// Checks that all tables lie inside the file.
    ///
    /// # Errors
    /// The file is too short for what it says it holds, or of a version that nobody knows.
    pub fn new(map: Mmap, format: ObjectFormat) -> Result<Self, PackError> {
        let id_bytes = format.id_bytes();
        let second = map.starts_with(&MAGIC);
        if second && read_u32(&map, 4) != Some(2) {
            return Err(PackError::IndexVersion);
        }
        let fan_out = if second { 8 } else { 0 };
        let mut count = 0;
        for byte in 0..256 {
            let up_to = read_u32(&map, fan_out + 4 * byte).ok_or(PackError::Truncated)?;
            if up_to < count {
                return Err(PackError::IndexDisorder);
            }
            count = up_to;
        }
        let ids = fan_out + FAN_OUT;
        let (objects, trailer) = (count as usize, 2 * id_bytes);
        let end = map.len().checked_sub(trailer).ok_or(PackError::Truncated)?;
        let (layout, needed) = if second {
            let offsets = ids + objects * (id_bytes + 4);
            let large = offsets + objects * 4;
            (Layout::Second { fan_out, ids, offsets, large, large_end: end }, large)
        } else {
            (Layout::First { table: ids }, ids + objects * (id_bytes + 4))
        };
        if needed > end {
            return Err(PackError::Truncated);
        }
        Ok(Self { map, format, count, layout })
    }

    /// How many objects the pack holds.
    pub fn len(&self) -> u32 {
        self.count
    }

    /// The id at a position below [`Self::len`], as it stands there.
    pub fn id_bytes(&self, position: u32) -> &[u8] {
        let id_bytes = self.format.id_bytes();
        let start = match self.layout {
            Layout::First { table } => table + position as usize * (4 + id_bytes) + 4,
            Layout::Second { ids, .. } => ids + position as usize * id_bytes,
        };
        &self.map[start..start + id_bytes]
    }

    /// The id at a position below [`Self::len`].
    pub fn id(&self, position: u32) -> ObjectId {
        ObjectId::from_bytes(self.format, self.id_bytes(position)).expect("an id has the format's length")
    }

    /// Where the object at a position below [`Self::len`] begins in the pack; `None` when the index
    /// does not say, being damaged.
    pub fn offset(&self, position: u32) -> Option<u64> {
        let position = position as usize;
        match self.layout {
            Layout::First { table } => {
                read_u32(&self.map, table + position * (4 + self.format.id_bytes())).map(u64::from)
            }
            Layout::Second { offsets, large, large_end, .. } => {
                let offset = read_u32(&self.map, offsets + 4 * position)?;
                if offset & IS_LARGE == 0 {
                    return Some(offset.into());
                }
                let at = large + 8 * (offset & !IS_LARGE) as usize;
                let bytes = self.map.get(at..at + 8).filter(|_| at + 8 <= large_end)?;
                Some(u64::from_be_bytes(bytes.try_into().expect("eight bytes were taken")))
            }
        }
    }

    /// The position of an id.
    pub fn find(&self, id: &ObjectId) -> Option<u32> {
        let id = id.as_bytes();
        let mut range = self.positions(id[0]);
        while !range.is_empty() {
            let middle = range.start + (range.end - range.start) / 2;
            match self.id_bytes(middle).cmp(id) {
                std::cmp::Ordering::Less => range.start = middle + 1,
                std::cmp::Ordering::Equal => return Some(middle),
                std::cmp::Ordering::Greater => range.end = middle,
            }
        }
        None
    }

    /// The positions of the ids that begin with `byte`.
    pub fn positions(&self, byte: u8) -> std::ops::Range<u32> {
        let fan_out = match self.layout {
            Layout::First { .. } => 0,
            Layout::Second { fan_out, .. } => fan_out,
        };
        let up_to =
            |byte: u8| read_u32(&self.map, fan_out + 4 * usize::from(byte)).expect("it was read before");
        byte.checked_sub(1).map_or(0, up_to)..up_to(byte)
    }
}

fn read_u32(bytes: &[u8], at: usize) -> Option<u32> {
    let bytes = bytes.get(at..at.checked_add(4)?)?;
    Some(u32::from_be_bytes(bytes.try_into().expect("four bytes were taken")))
}

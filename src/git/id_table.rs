//! Many ids in little room: side by side and in order, as the index of a pack has them.

use std::cmp::Ordering;
use std::ops::Range;

use super::{ObjectFormat, ObjectId};

/// Ids in order, each once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdTable {
    format: ObjectFormat,
    bytes: Vec<u8>,
}

impl IdTable {
    /// Takes ids that are in order.
    pub fn new(format: ObjectFormat, ids: impl IntoIterator<Item = ObjectId>) -> Self {
        let mut bytes = Vec::new();
        ids.into_iter().for_each(|id| bytes.extend_from_slice(id.as_bytes()));
        Self { format, bytes }
    }

    /// Takes ids in order, one behind the other; `None` if the last is cut off.
    pub fn from_bytes(format: ObjectFormat, bytes: &[u8]) -> Option<Self> {
        bytes.len().is_multiple_of(format.id_bytes()).then(|| Self { format, bytes: bytes.to_vec() })
    }

    /// All of them, one behind the other.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.bytes.len() / self.format.id_bytes()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// The one at a place below [`Self::len`], as it stands there.
    pub fn at(&self, place: usize) -> &[u8] {
        let length = self.format.id_bytes();
        &self.bytes[place * length..][..length]
    }

    /// Whether an id is among them.
    pub fn contains(&self, id: &ObjectId) -> bool {
        self.place(id).is_ok()
    }

    /// Where an id stands, if it is in this range of places.
    pub fn find(&self, range: Range<usize>, id: &ObjectId) -> Option<usize> {
        self.place_in(range, id).ok()
    }

    /// For each two bytes how many ids begin with lower ones, and at last how many there are.
    pub fn fan_out(&self) -> Vec<u32> {
        let mut fan_out = vec![0; (1 << 16) + 1];
        for id in self.bytes.chunks_exact(self.format.id_bytes()) {
            fan_out[usize::from(u16::from_be_bytes([id[0], id[1]])) + 1] += 1;
        }
        for at in 1..fan_out.len() {
            fan_out[at] += fan_out[at - 1];
        }
        fan_out
    }

    /// Where an id stands, or, as an error, would stand.
    ///
    /// # Errors
    /// It is not among them.
    pub fn place(&self, id: &ObjectId) -> Result<usize, usize> {
        self.place_in(0..self.len(), id)
    }

    fn place_in(&self, range: Range<usize>, id: &ObjectId) -> Result<usize, usize> {
        let Range { start: mut low, end: mut high } = range;
        while low < high {
            let middle = usize::midpoint(low, high);
            match self.at(middle).cmp(id.as_bytes()) {
                Ordering::Less => low = middle + 1,
                Ordering::Equal => return Ok(middle),
                Ordering::Greater => high = middle,
            }
        }
        Err(low)
    }

    /// The same with `more` ids, which are in order.
    #[must_use]
    pub fn with(&self, more: &[ObjectId]) -> Self {
        let length = self.format.id_bytes();
        let mut bytes = Vec::with_capacity(self.bytes.len() + more.len() * length);
        let mut from = 0;
        for id in more {
            if let Err(place) = self.place(id) {
                bytes.extend_from_slice(&self.bytes[from..place * length]);
                bytes.extend_from_slice(id.as_bytes());
                from = place * length;
            }
        }
        bytes.extend_from_slice(&self.bytes[from..]);
        Self { format: self.format, bytes }
    }

    /// The same without these ids.
    #[must_use]
    pub fn without(&self, ids: &[ObjectId]) -> Self {
        let mut left_out = vec![false; self.len()];
        ids.iter().filter_map(|id| self.place(id).ok()).for_each(|place| left_out[place] = true);
        let kept = (0..self.len()).filter(|place| !left_out[*place]).flat_map(|place| self.at(place));
        Self { format: self.format, bytes: kept.copied().collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::git::Kind;

    #[test]
    fn a_table_is_what_a_list_in_order_is() {
        let mut ids: Vec<_> =
            (0..60).map(|byte| ObjectId::of(ObjectFormat::Sha1, Kind::Blob, &[byte])).collect();
        ids.sort_unstable();
        let table = |ids: &mut dyn Iterator<Item = &ObjectId>| IdTable::new(ObjectFormat::Sha1, ids.copied());
        let (all, none) = (table(&mut ids.iter()), table(&mut [].iter()));
        let (third, others): (Vec<_>, Vec<_>) = ids.iter().enumerate().partition(|(at, _)| at % 3 == 0);
        let third: Vec<ObjectId> = third.into_iter().map(|(_, id)| *id).collect();
        let others = table(&mut others.into_iter().map(|(_, id)| id));
        assert_eq!((all.len(), others.len(), none.len()), (60, 40, 0));
        assert!(third.iter().all(|id| all.contains(id) && !others.contains(id) && !none.contains(id)));
        assert_eq!(others.with(&third), all);
        assert_eq!(none.with(&ids), all);
        assert_eq!(all.with(&third), all);
        assert_eq!(all.without(&third), others);
        assert_eq!(others.without(&third), others);
        assert_eq!(all.without(&ids), none);
        let fan_out = all.fan_out();
        for (place, id) in ids.iter().enumerate() {
            let first = usize::from(u16::from_be_bytes([id.as_bytes()[0], id.as_bytes()[1]]));
            let range = fan_out[first] as usize..fan_out[first + 1] as usize;
            assert_eq!(all.find(range, id), Some(place));
        }
        assert_eq!(IdTable::from_bytes(ObjectFormat::Sha1, all.as_bytes()), Some(all.clone()));
        assert_eq!(IdTable::from_bytes(ObjectFormat::Sha1, &all.as_bytes()[1..]), None);
    }
}

//! Things that are looked up by three bytes of a text.
//!
//! Nearly all places of a text hold none of them, so a bit for each of the places in a small table says no
//! at once; what is told by a place is compared by whoever asks.

/// A set of three bytes each, which may answer yes where the answer is no.
struct TripleSet(Box<[u64; PLACES / 64]>);

/// How many places there are.
const PLACES: usize = 1 << 15;

/// The place of three bytes: those with another place are others.
#[inline(always)]
fn place(triple: [u8; 3]) -> usize {
    let value = u32::from_le_bytes([triple[0], triple[1], triple[2], 0]);
    (value.wrapping_mul(0x9E37_79B1) >> (32 - 15)) as usize
}

/// Things by three bytes.
pub struct TripleMap<T> {
    known: TripleSet,
    /// By place, where its things begin; nothing is asked of a place that none has.
    first: Box<[u16]>,
    /// Each with its place, in the order of places.
    things: Vec<(u16, T)>,
}

impl<T> TripleMap<T> {
    /// Takes things, fewer than 65,536, each with its bytes; those of one place stay in their order.
    pub fn new(things: impl IntoIterator<Item = ([u8; 3], T)>) -> Self {
        let mut things: Vec<(u16, T)> =
            things.into_iter().map(|(triple, thing)| (place(triple) as u16, thing)).collect();
        things.sort_by_key(|(place, _)| *place);
        let mut known = TripleSet(Box::new([0; PLACES / 64]));
        let mut first = vec![0; PLACES].into_boxed_slice();
        for (index, (place, _)) in things.iter().enumerate().rev() {
            let place = usize::from(*place);
            known.0[place / 64] |= 1 << (place % 64);
            first[place] = u16::try_from(index).expect("there are fewer things than 65,536");
        }
        Self { known, first, things }
    }

    /// Whether there may be things of these bytes.
    #[inline(always)]
    pub fn contains(&self, triple: [u8; 3]) -> bool {
        let place = place(triple);
        self.known.0[place / 64] & (1 << (place % 64)) != 0
    }

    /// The things of these bytes, and perhaps of others that share their place; asked where it
    /// [contains](Self::contains) them.
    pub fn of(&self, triple: [u8; 3]) -> impl Iterator<Item = &T> {
        let place = place(triple);
        let first = usize::from(self.first[place]);
        self.things[first..]
            .iter()
            .take_while(move |(of, _)| usize::from(*of) == place)
            .map(|(_, thing)| thing)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn things_are_found_by_their_bytes_in_their_order() {
        let map = TripleMap::new((0..2_000_u32).map(|number| {
            let [a, b, ..] = (number % 700).to_le_bytes();
            ([a, b, b'x'], number)
        }));
        for number in 0..700_u32 {
            let [a, b, ..] = number.to_le_bytes();
            let triple = [a, b, b'x'];
            assert!(map.contains(triple));
            let found: Vec<u32> = map.of(triple).copied().filter(|other| other % 700 == number).collect();
            assert_eq!(found, (0..).map(|n| n * 700 + number).take_while(|n| *n < 2_000).collect::<Vec<_>>());
        }
        let absent = (0..=u8::MAX).filter(|&byte| map.contains([byte, b'y', b'z'])).count();
        assert!(absent < 50, "{absent} of 256 that are not there may be");
    }
}

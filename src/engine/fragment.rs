//! Finds a few short fragments in either case: stems of names, and what rare literals share.
//!
//! The three rarest bytes of each decide, compared by vectors where the processor has them: each of
//! them looks up, by its low and its high half, the groups of fragments that have such a byte there, and
//! where all three name one group a fragment may stand, if the byte behind them is one of its own. Where tables
//! have room for whole bytes, all four are looked up. This is the idea of Hyperscan's Teddy, with the case folded
//! and the bytes chosen: the packed search of aho-corasick takes each spelling by itself and its first bytes as
//! they are, which made it four times slower here. Elsewhere its automaton does the work.

use aho_corasick::AhoCorasick;

use super::byte::fold;
use super::group::{self, GROUPS, Group, Set};
use super::triple::TripleMap;
use super::vectors::Vectors;
use crate::span::Span;

/// How many bytes of a fragment are its key; none may be shorter.
const KEY: usize = 3;
/// So many bytes are looked at from each place on: a key, and the byte behind it.
const QUAD: usize = group::BYTES;
/// How many places are looked at together.
const STRIDE: usize = 64;

/// For eight groups in each table, one bit each: in which of them a byte of a key has this low and this high half.
type ByHalves = [[[[u8; 16]; 2]; KEY]; GROUPS / 8];
/// In which of them a byte is, by its number, with its case folded.
type ByBytes = [[[u8; 64]; QUAD]; GROUPS / 8];

/// Fragments, made ready to be searched for.
pub struct Fragments {
    /// What the keys begin, with the byte behind them.
    quads: Quads,
    /// The fragments by their keys.
    entries: TripleMap<Entry>,
    /// The same keys for vectors of either kind.
    by_halves: ByHalves,
    by_bytes: ByBytes,
    vectors: Vectors,
    automaton: Option<AhoCorasick>,
}

struct Entry {
    key: [u8; KEY],
    /// Where the key stands in the text.
    offset: usize,
    /// In small letters.
    text: Vec<u8>,
    /// The fragment's number.
    number: usize,
}

impl Fragments {
    /// Takes fragments of at least three bytes, numbered in their order; case does not count.
    pub fn new<'a>(fragments: impl IntoIterator<Item = &'a [u8]>) -> Self {
        let entries: Vec<Entry> = fragments.into_iter().enumerate().map(Entry::new).collect();
        let vectors = Vectors::of_this_processor();
        let groups = if vectors.have_tables_of_bytes() {
            group::groups(entries.iter().map(Entry::sets), |set| set)
        } else {
            let keys = entries.iter().map(Entry::sets).map(|[a, b, c, _]| [a, b, c, Set::MAX]);
            group::groups(keys, group::by_halves)
        };
        let (by_halves, by_bytes) = tables(&groups);
        let automaton =
            (vectors == Vectors::None).then(|| automaton(entries.iter().map(|entry| &entry.text)));
        Self {
            quads: Quads::new(&entries),
            entries: TripleMap::new(entries.into_iter().map(|entry| (entry.key, entry))),
            by_halves,
            by_bytes,
            vectors,
            automaton,
        }
    }

    /// Hands over every fragment inside `within`: its number and where it begins.
    pub fn find(&self, bytes: &[u8], within: Span, mut hit: impl FnMut(usize, usize)) {
        if let Some(automaton) = &self.automaton {
            let input = aho_corasick::Input::new(bytes).range(within.start..within.end);
            automaton.find_overlapping_iter(input).for_each(|found| {
                hit(found.pattern().as_usize(), found.start());
            });
            return;
        }
        let at = self.find_by_vectors(bytes, within, &mut hit);
        for (offset, key) in within.of(bytes)[at - within.start..].windows(KEY).enumerate() {
            self.compare(bytes, at + offset, within, [key[0], key[1], key[2]], &mut hit);
        }
    }

    /// Hands over the fragments of whole strides; answers with the place where the next would begin.
    fn find_by_vectors(&self, bytes: &[u8], within: Span, hit: &mut impl FnMut(usize, usize)) -> usize {
        match self.vectors {
            // SAFETY: the processor has what is asked of it, or these vectors were not chosen.
            #[cfg(target_arch = "x86_64")]
            Vectors::Avx2 => unsafe { self.find_avx2(bytes, within, hit) },
            // SAFETY: as above.
            #[cfg(target_arch = "x86_64")]
            Vectors::Avx512 => unsafe { self.find_avx512(bytes, within, hit) },
            Vectors::None => within.start,
        }
    }

    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx2,bmi1,popcnt")]
    fn find_avx2(&self, bytes: &[u8], within: Span, hit: &mut impl FnMut(usize, usize)) -> usize {
        self.find_strides(bytes, within, hit, |window| candidates_avx2(&self.by_halves, window))
    }

    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx2,avx512f,avx512bw,avx512vbmi,bmi1,popcnt")]
    fn find_avx512(&self, bytes: &[u8], within: Span, hit: &mut impl FnMut(usize, usize)) -> usize {
        self.find_strides(bytes, within, hit, |window| candidates_avx512(&self.by_bytes, window))
    }

    #[inline(always)]
    fn find_strides(
        &self,
        bytes: &[u8],
        within: Span,
        hit: &mut impl FnMut(usize, usize),
        candidates: impl Fn(&[u8; STRIDE + QUAD - 1]) -> u64,
    ) -> usize {
        let mut places = Places::default();
        let mut at = within.start;
        while at + STRIDE + QUAD <= within.end {
            places.clear();
            // The places of many strides are gathered first: to look at each as it comes would have the
            // processor guess, at every stride, how many there are.
            while at + STRIDE + QUAD <= within.end && places.have_room() {
                let window: &[u8; STRIDE + QUAD - 1] = bytes[at..]
                    .first_chunk()
                    .expect("the loop's condition says that so many bytes are there");
                places.add(at, candidates(window));
                at += STRIDE;
            }
            for &place in places.gathered() {
                let four: &[u8; QUAD] =
                    bytes[place..].first_chunk().expect("a stride ends before the last bytes");
                if self.quads.contains(*four) {
                    let [a, b, c, _] = *four;
                    self.compare(bytes, place, within, [a, b, c], hit);
                }
            }
        }
        at
    }

    /// Hands over the fragments whose key, of either case, is this and stands at `at`.
    #[inline(always)]
    fn compare(
        &self,
        bytes: &[u8],
        at: usize,
        within: Span,
        key: [u8; KEY],
        hit: &mut impl FnMut(usize, usize),
    ) {
        let key = key.map(fold);
        if self.entries.contains(key) {
            self.compare_texts(bytes, at, within, key, hit);
        }
    }

    #[inline(never)]
    fn compare_texts(
        &self,
        bytes: &[u8],
        at: usize,
        within: Span,
        key: [u8; KEY],
        hit: &mut impl FnMut(usize, usize),
    ) {
        for Entry { offset, text, number, .. } in self.entries.of(key).filter(|entry| entry.key == key) {
            let Some(start) = at.checked_sub(*offset).filter(|start| *start >= within.start) else {
                continue;
            };
            let there = bytes[start..within.end].get(..text.len());
            if there.is_some_and(|there| there.eq_ignore_ascii_case(text)) {
                hit(*number, start);
            }
        }
    }
}

impl Entry {
    fn new((number, text): (usize, &[u8])) -> Self {
        let text = text.to_ascii_lowercase();
        let folded: Vec<u8> = text.iter().copied().map(fold).collect();
        let rarity = |key: &[u8]| key.iter().map(|&byte| group::commonness(byte)).sum::<u32>();
        // Behind the key another byte of the text tells, if there is one.
        let keys = folded[..folded.len().max(KEY + 1) - 1].windows(KEY);
        let rarest = keys.enumerate().min_by_key(|(_, key)| rarity(key));
        let (offset, key) = rarest.expect("a fragment has three bytes");
        Self { key: key.try_into().expect("windows have that size"), offset, text, number }
    }

    /// The bytes of its key, and the one behind it; behind the end of the text any may stand.
    fn sets(&self) -> [Set; QUAD] {
        let [a, b, c] = self.key.map(group::set);
        [a, b, c, self.text.get(self.offset + KEY).map_or(Set::MAX, |&byte| group::set(byte))]
    }
}

/// A set of four bytes each, of any case: keys with the byte behind them. It may answer yes where the answer is no.
struct Quads(Box<[u64; Quads::PLACES / 64]>);

impl Quads {
    const PLACES: usize = 1 << 15;
    const FOLD: u32 = u32::from_le_bytes([fold(0); 4]);

    fn new(entries: &[Entry]) -> Self {
        let mut quads = Self(Box::new([0; Self::PLACES / 64]));
        for Entry { key: [a, b, c], offset, text, .. } in entries {
            // Behind the end of a text any byte may stand.
            let behind = text.get(offset + KEY).map_or(0..=u8::MAX, |&byte| byte..=byte);
            for place in behind.map(|byte| Self::place([*a, *b, *c, byte])) {
                quads.0[place / 64] |= 1 << (place % 64);
            }
        }
        quads
    }

    #[inline(always)]
    fn place(four: [u8; 4]) -> usize {
        let folded = u32::from_le_bytes(four) | Self::FOLD;
        (folded.wrapping_mul(0x9E37_79B1) >> (32 - Self::PLACES.ilog2())) as usize
    }

    #[inline(always)]
    fn contains(&self, four: [u8; 4]) -> bool {
        let place = Self::place(four);
        self.0[place / 64] & (1 << (place % 64)) != 0
    }
}

/// Places that are gathered before they are looked at.
struct Places {
    places: [usize; Self::ROOM],
    count: usize,
}

impl Default for Places {
    fn default() -> Self {
        Self { places: [0; Self::ROOM], count: 0 }
    }
}

impl Places {
    const ROOM: usize = 512;
    /// So many are written whether they are there or not: nearly all strides have fewer.
    const USUAL: u32 = 3;

    fn clear(&mut self) {
        self.count = 0;
    }

    /// Whether the places of one more stride find room.
    #[inline(always)]
    fn have_room(&self) -> bool {
        self.count + STRIDE <= Self::ROOM
    }

    /// Adds `base` plus the number of each bit that is set; there must be room.
    #[inline(always)]
    fn add(&mut self, base: usize, mut bits: u64) {
        let there = bits.count_ones();
        let room = &mut self.places[self.count..self.count + STRIDE];
        for place in &mut room[..Self::USUAL as usize] {
            *place = base + bits.trailing_zeros() as usize;
            bits &= bits.wrapping_sub(1);
        }
        if there > Self::USUAL {
            for place in &mut room[Self::USUAL as usize..there as usize] {
                *place = base + bits.trailing_zeros() as usize;
                bits &= bits - 1;
            }
        }
        self.count += there as usize;
    }

    fn gathered(&self) -> &[usize] {
        &self.places[..self.count]
    }
}

/// The tables of groups.
fn tables(groups: &[Group]) -> (ByHalves, ByBytes) {
    fn add(table: &mut [u8], bits: u64, group: usize) {
        for (number, groups) in table.iter_mut().enumerate() {
            *groups |= ((bits >> number & 1) as u8) << (group % 8);
        }
    }
    let mut by_halves = ByHalves::default();
    let mut by_bytes = [[[0; 64]; QUAD]; GROUPS / 8];
    for (index, group) in groups.iter().enumerate() {
        for (place, &set) in group.sets.iter().enumerate() {
            add(&mut by_bytes[index / 8][place], set, index);
        }
        for (tables, &set) in by_halves[index / 8].iter_mut().zip(&group.sets) {
            tables
                .iter_mut()
                .zip(group::halves(set))
                .for_each(|(table, halves)| add(table, halves.into(), index));
        }
    }
    (by_halves, by_bytes)
}

/// Searches for texts, in either case, that are numbered in their order.
fn automaton(texts: impl IntoIterator<Item = impl AsRef<[u8]>>) -> AhoCorasick {
    AhoCorasick::builder().ascii_case_insensitive(true).build(texts).expect("the fragments are few and short")
}

/// One bit for each of the first [`STRIDE`] bytes at which the key of some group may stand.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,bmi1,popcnt")]
#[inline]
fn candidates_avx2(tables: &ByHalves, window: &[u8; STRIDE + QUAD - 1]) -> u64 {
    use std::arch::x86_64::*;

    const WIDTH: usize = 32;
    // Closures that are called where they stand are compiled for the same processor as this function; handed
    // to `map`, they would not be, and vectors would pass through memory.
    let table = |half: &[u8; 16]| {
        // SAFETY: the pointer comes from an array of 16 bytes; the load asks for no alignment.
        _mm256_broadcastsi128_si256(unsafe { _mm_loadu_si128(half.as_ptr().cast()) })
    };
    let load = |from: usize| {
        let bytes: &[u8; WIDTH] =
            window[from..].first_chunk().expect("the window is longer by each offset of a key");
        // SAFETY: the pointer comes from an array of 32 bytes; the load asks for no alignment.
        unsafe { _mm256_loadu_si256(bytes.as_ptr().cast()) }
    };
    let low_half = _mm256_set1_epi8(0x0F);
    let mut places = 0;
    for half in 0..STRIDE / WIDTH {
        let mut passed = _mm256_setzero_si256();
        let mut groups = [_mm256_set1_epi8(-1); GROUPS / 8];
        for offset in 0..KEY {
            let bytes = load(half * WIDTH + offset);
            let high = _mm256_and_si256(_mm256_srli_epi16::<4>(bytes), low_half);
            for (groups, tables) in groups.iter_mut().zip(tables) {
                let [by_low, by_high] = &tables[offset];
                // The top bit of a byte that is no ASCII clears the look-up by itself; no key has such a byte.
                let by_low = _mm256_shuffle_epi8(table(by_low), bytes);
                let by_high = _mm256_shuffle_epi8(table(by_high), high);
                *groups = _mm256_and_si256(*groups, _mm256_and_si256(by_low, by_high));
            }
        }
        for groups in groups {
            passed = _mm256_or_si256(passed, groups);
        }
        let none = _mm256_cmpeq_epi8(passed, _mm256_setzero_si256());
        places |= u64::from(!(_mm256_movemask_epi8(none) as u32)) << (half * WIDTH);
    }
    places
}

/// The same by vectors of twice the width, whose tables have room for every byte of folded case, and with the byte behind
/// the key.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512bw,avx512vbmi,bmi1,popcnt")]
#[inline]
fn candidates_avx512(tables: &ByBytes, window: &[u8; STRIDE + QUAD - 1]) -> u64 {
    use std::arch::x86_64::*;

    let load = |bytes: &[u8; STRIDE]| {
        // SAFETY: the pointer comes from an array of 64 bytes; the load asks for no alignment.
        unsafe { _mm512_loadu_si512(bytes.as_ptr().cast()) }
    };
    let low = _mm512_set1_epi8(0x1F);
    let mut groups = [_mm512_set1_epi8(-1); GROUPS / 8];
    for offset in 0..QUAD {
        let bytes = load(window[offset..].first_chunk().expect("the window is longer by each offset"));
        // Five bits and the seventh, which becomes the sixth: that folds the case. The look-up ignores the others.
        let folded = _mm512_ternarylogic_epi32::<0xE4>(bytes, _mm512_srli_epi16::<1>(bytes), low);
        for (groups, tables) in groups.iter_mut().zip(tables) {
            *groups = _mm512_and_si512(*groups, _mm512_permutexvar_epi8(folded, load(&tables[offset])));
        }
    }
    let passed = _mm512_or_si512(_mm512_or_si512(groups[0], groups[1]), groups[2]);
    _mm512_test_epi8_mask(passed, passed)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const TEXTS: [&str; 5] = ["://", "pass", "key", "-----BEGIN ", "pwd"];

    fn found(fragments: &Fragments, bytes: &[u8], within: Span) -> Vec<(usize, usize)> {
        let mut found = Vec::new();
        fragments.find(bytes, within, |fragment, at| found.push((at, fragment)));
        found.sort_unstable();
        found
    }

    proptest! {
        #[test]
        fn places_are_those_of_the_automaton(text in "([ a-z]{0,40}|pass|KEY|Key|://|-----BEGIN |pW[dD]|é|\\x1A\\x0F\\x0F|[ðÐ]\u{a1}){0,12}", cut in 0usize..20) {
            let mut fragments = Fragments::new(TEXTS.iter().map(|text| text.as_bytes()));
            let within = Span::new(cut.min(text.len()), text.len());
            let mut by_each = Vec::new();
            for vectors in Vectors::all() {
                (fragments.vectors, fragments.automaton) = (vectors, None);
                by_each.push(found(&fragments, text.as_bytes(), within));
            }
            fragments.automaton = Some(automaton(TEXTS));
            let expected = found(&fragments, text.as_bytes(), within);
            by_each.iter().for_each(|by| assert_eq!(*by, expected));
        }
    }
}

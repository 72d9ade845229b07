//! Finds a few short fragments in either case: stems of names, and what rare literals share.
//!
//! Three bytes decide, compared by vectors where the processor has AVX2: each of them looks up, by its
//! low and its high half, the groups of fragments that have such a byte there, and where all three
//! name one group a fragment may begin. This is the idea of Hyperscan's Teddy, with the case folded:
//! the packed search of aho-corasick needs each spelling by itself, and is slowed down by their number.
//! Elsewhere its automaton does the work.

use aho_corasick::AhoCorasick;

use super::byte::{self, fold};
use crate::span::Span;

/// How many bytes of a fragment are compared by vectors; none may be shorter.
pub const SHORTEST: usize = 3;

const GROUPS: usize = 8;
const STRIDE: usize = 32;

/// Fragments, made ready to be searched for.
pub struct Fragments {
    /// In folded case, sorted.
    texts: Vec<Vec<u8>>,
    /// For each of three bytes, by its low and its high half: the groups that have it there, one bit each.
    masks: [[[u8; 16]; 2]; SHORTEST],
    /// Whether a fragment begins with three bytes of a hash.
    begins: byte::TripleSet,
    automaton: Option<AhoCorasick>,
}

impl Fragments {
    /// Takes fragments of at least three bytes; they are numbered in their order after sorting, which
    /// [`Fragments::texts`] shows. Duplicates but for case are one.
    pub fn new<'a>(fragments: impl IntoIterator<Item = &'a [u8]>) -> Self {
        let mut texts: Vec<Vec<u8>> =
            fragments.into_iter().map(|text| text.iter().copied().map(fold).collect()).collect();
        texts.sort();
        texts.dedup();
        let mut masks = [[[0; 16]; 2]; SHORTEST];
        let mut begins = byte::TripleSet::default();
        // Neighbours in order share their first bytes, which keeps the groups apart.
        for (index, text) in texts.iter().enumerate() {
            let group = 1 << (index * GROUPS / texts.len());
            for (mask, &folded) in masks.iter_mut().zip(text) {
                mask[0][usize::from(folded & 15)] |= group;
                mask[1][usize::from(folded >> 4)] |= group;
            }
            begins.insert([text[0], text[1], text[2]]);
        }
        let automaton = (!has_vectors()).then(|| {
            let folded = AhoCorasick::builder().ascii_case_insensitive(true).build(&texts);
            folded.expect("the fragments are few and short")
        });
        Self { texts, masks, begins, automaton }
    }

    /// The fragments in folded case, sorted.
    pub fn texts(&self) -> &[Vec<u8>] {
        &self.texts
    }

    /// Hands over every place inside `within` where a fragment begins, with the fragment's number.
    pub fn find(&self, bytes: &[u8], within: Span, mut hit: impl FnMut(usize, usize)) {
        if let Some(automaton) = &self.automaton {
            let input = aho_corasick::Input::new(bytes).range(within.start..within.end);
            automaton.find_overlapping_iter(input).for_each(|found| hit(found.pattern().as_usize(), found.start()));
            return;
        }
        let mut at = within.start;
        #[cfg(target_arch = "x86_64")]
        while at + STRIDE + SHORTEST - 1 <= within.end {
            let window: &[u8; STRIDE + SHORTEST - 1] =
                bytes[at..].first_chunk().expect("the loop's condition says that so many bytes are there");
            // SAFETY: without AVX2 there is an automaton.
            let mut places = unsafe { self.candidates(window) };
            while places != 0 {
                self.compare(bytes, at + places.trailing_zeros() as usize, within.end, &mut hit);
                places &= places - 1;
            }
            at += STRIDE;
        }
        for at in at..within.end.saturating_sub(SHORTEST - 1) {
            self.compare(bytes, at, within.end, &mut hit);
        }
    }

    /// One bit for each of the first 32 bytes at which the three bytes of some group may stand.
    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx2")]
    #[inline]
    fn candidates(&self, window: &[u8; STRIDE + SHORTEST - 1]) -> u32 {
        use std::arch::x86_64::*;

        let low_half = _mm256_set1_epi8(0x0F);
        let case = _mm256_set1_epi8(0x20);
        let mut groups = _mm256_set1_epi8(-1);
        for (offset, [low, high]) in self.masks.iter().enumerate() {
            let table = |half: &[u8; 16]| {
                // SAFETY: the pointer comes from an array of 16 bytes; the load asks for no alignment.
                _mm256_broadcastsi128_si256(unsafe { _mm_loadu_si128(half.as_ptr().cast()) })
            };
            let stride: &[u8; STRIDE] = window[offset..].first_chunk().expect("the window is longer by each offset");
            // SAFETY: the pointer comes from an array of 32 bytes; the load asks for no alignment.
            let bytes = _mm256_or_si256(unsafe { _mm256_loadu_si256(stride.as_ptr().cast()) }, case);
            let by_low = _mm256_shuffle_epi8(table(low), _mm256_and_si256(bytes, low_half));
            let by_high = _mm256_shuffle_epi8(table(high), _mm256_and_si256(_mm256_srli_epi16::<4>(bytes), low_half));
            groups = _mm256_and_si256(groups, _mm256_and_si256(by_low, by_high));
        }
        !(_mm256_movemask_epi8(_mm256_cmpeq_epi8(groups, _mm256_setzero_si256())) as u32)
    }

    /// Hands over the fragments that begin at `at`, of which at least three bytes are before `end`.
    #[inline]
    fn compare(&self, bytes: &[u8], at: usize, end: usize, hit: &mut impl FnMut(usize, usize)) {
        let first = [fold(bytes[at]), fold(bytes[at + 1]), fold(bytes[at + 2])];
        if !self.begins.contains(first) {
            return;
        }
        let begin = self.texts.partition_point(|text| text[..SHORTEST] < first[..]);
        for (index, text) in self.texts.iter().enumerate().skip(begin) {
            if text[..SHORTEST] != first[..] {
                return;
            }
            let there = bytes[at..end].iter().zip(text).filter(|(there, text)| fold(**there) == **text).count();
            if there == text.len() {
                hit(index, at);
            }
        }
    }
}

fn has_vectors() -> bool {
    #[cfg(target_arch = "x86_64")]
    return std::arch::is_x86_feature_detected!("avx2");
    #[cfg(not(target_arch = "x86_64"))]
    false
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
        fn places_are_those_of_the_automaton(text in "([ a-z]{0,40}|pass|KEY|Key|://|-----BEGIN |pW[dD]|é){0,12}", cut in 0usize..20) {
            let mut fragments = Fragments::new(TEXTS.iter().map(|text| text.as_bytes()));
            let within = Span::new(cut.min(text.len()), text.len());
            let by_vectors = found(&fragments, text.as_bytes(), within);
            let texts = fragments.texts().to_vec();
            fragments.automaton = Some(AhoCorasick::builder().ascii_case_insensitive(true).build(texts).expect("few and short"));
            prop_assert_eq!(by_vectors, found(&fragments, text.as_bytes(), within));
        }
    }
}

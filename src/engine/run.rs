//! Finds runs of at least [`SHORTEST`] token bytes, `[A-Za-z0-9_+/=.-]`.
//!
//! Nearly every token and every value that is found by its look contains such a run, and source text
//! holds few of them, so this search decides where the engine looks at all. Blocks of 64 bytes become
//! masks of one bit a byte, by vector compares where the processor has AVX2, else by table.

use super::byte;
use crate::span::Span;

/// The shortest run that is found, in bytes.
pub const SHORTEST: usize = 16;

const BLOCK: usize = 64;

/// The runs of one stretch of bytes, and where in them tokens can begin.
#[derive(Default)]
pub struct Runs {
    /// Every run of at least [`SHORTEST`] token bytes, in order.
    pub runs: Vec<Span>,
    /// Every place inside a run, its last two bytes left out, that does not follow a byte of a word.
    pub starts: Vec<usize>,
    /// Every `=` inside a run.
    pub signs: Vec<usize>,
}

/// Kinds of bytes of a block; bit 0 is the first byte.
#[derive(Clone, Copy, Default)]
struct Masks {
    token: u64,
    /// Those of them that belong to words.
    word: u64,
    /// Those of them that are equals signs.
    sign: u64,
}

impl Runs {
    /// Finds the runs inside `within`, in place of those found before.
    pub fn find(&mut self, bytes: &[u8], within: Span) {
        #[cfg(target_arch = "x86_64")]
        if std::arch::is_x86_feature_detected!("avx2") {
            // SAFETY: the processor has AVX2, as just asked.
            unsafe { self.find_avx2(bytes, within) };
            return;
        }
        self.find_with(bytes, within, masks_by_table);
    }

    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx2")]
    fn find_avx2(&mut self, bytes: &[u8], within: Span) {
        self.find_with(bytes, within, |block| masks_avx2(block));
    }

    #[inline(always)]
    fn find_with(&mut self, bytes: &[u8], within: Span, masks_of: impl Fn(&[u8; BLOCK]) -> Masks) {
        let Self { runs, starts, signs } = self;
        runs.clear();
        starts.clear();
        signs.clear();
        let (blocks, rest) = within.of(bytes).as_chunks::<BLOCK>();
        // Zeros are no token bytes, so the padding ends the last run.
        let mut last = [0; BLOCK];
        last[..rest.len()].copy_from_slice(rest);
        // Of each block the next one is known, too, when it is read.
        let (mut block, mut in_word, mut in_run, mut was_inside) = (Masks::default(), 0, 0, 0);
        let mut ended = 0;
        for index in 0..blocks.len() + 2 {
            let next = match blocks.get(index) {
                Some(next) => masks_of(next),
                None if index == blocks.len() => masks_of(&last),
                None => Masks::default(),
            };
            let token = u128::from(block.token) | u128::from(next.token) << BLOCK;
            let run = insides_of_runs(token) | in_run;
            let inside = run as u64;
            let before = inside << 1 | was_inside;
            let free = inside & !(block.word << 1 | in_word);
            // The first of these blocks is none, so what is told of it is nothing.
            let base = (within.start + index * BLOCK).wrapping_sub(BLOCK);
            append(starts, base, free & (token >> 1) as u64 & (token >> 2) as u64);
            append(signs, base, block.sign & inside);
            each_bit(inside & !before, |start| runs.push(Span::new(base + start, base + start)));
            each_bit(before & !inside, |end| {
                runs[ended].end = base + end;
                ended += 1;
            });
            (in_word, in_run, was_inside) = (block.word >> (BLOCK - 1), run >> BLOCK, inside >> (BLOCK - 1));
            block = next;
        }
    }
}

/// Calls `each` with the number of every bit that is set.
#[inline(always)]
fn each_bit(mut bits: u64, mut each: impl FnMut(usize)) {
    while bits != 0 {
        each(bits.trailing_zeros() as usize);
        bits &= bits - 1;
    }
}

/// Appends `base` plus the number of every bit that is set.
#[inline(always)]
fn append(places: &mut Vec<usize>, base: usize, bits: u64) {
    each_bit(bits, |bit| places.push(base + bit));
}

/// The bits of runs of at least [`SHORTEST`] bits that begin in the lower half; the upper half is what
/// they reach of the next block.
#[inline(always)]
fn insides_of_runs(token: u128) -> u128 {
    let mut firsts = token;
    // A bit stays where it and the fifteen above it are set, and sets those again.
    firsts &= firsts >> 1;
    firsts &= firsts >> 2;
    firsts &= firsts >> 4;
    firsts &= firsts >> 8;
    let mut run = firsts & u128::from(u64::MAX);
    run |= run << 1;
    run |= run << 2;
    run |= run << 4;
    run | run << 8
}

fn masks_by_table(block: &[u8; BLOCK]) -> Masks {
    let mask = |is: fn(u8) -> bool| block.iter().rev().fold(0, |mask, &b| (mask << 1) | u64::from(is(b)));
    Masks { token: mask(byte::is_token), word: mask(byte::is_word), sign: mask(|b| b == b'=') }
}

/// The low and the high half of each byte look up the rows and columns that it may lie in.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
#[inline]
fn masks_avx2(block: &[u8; BLOCK]) -> Masks {
    use std::arch::x86_64::*;

    // A row is a high half with its own set of low halves: signs, digits, and letters in three kinds
    // of row (4x and 6x without their first, 5x with the underscore, 7x).
    const SIGNS: u8 = 1;
    const ROWS: [u8; 16] = [0, 0, SIGNS, SIGNS << 5 | 2, 4, 8, 4, 16, 0, 0, 0, 0, 0, 0, 0, 0];
    const NO_WORD: u8 = SIGNS | SIGNS << 5;
    const COLUMNS: [u8; 16] = {
        let mut columns = [0; 16];
        let mut low = 0;
        while low < 16 {
            let mut high = 2;
            while high < 8 {
                let b = (high * 16 + low) as u8;
                if byte::is_word(b) {
                    columns[low] |= ROWS[high] & !NO_WORD;
                } else if byte::is_token(b) {
                    columns[low] |= ROWS[high] & NO_WORD;
                }
                high += 1;
            }
            low += 1;
        }
        columns
    };
    let load = |half: &[u8; 32]| {
        // SAFETY: the pointer comes from an array of 32 bytes; the load asks for no alignment.
        unsafe { _mm256_loadu_si256(half.as_ptr().cast()) }
    };
    let table = |row: &[u8; 16]| {
        // SAFETY: the pointer comes from an array of 16 bytes; the load asks for no alignment.
        _mm256_broadcastsi128_si256(unsafe { _mm_loadu_si128(row.as_ptr().cast()) })
    };
    let (rows, columns) = (table(&ROWS), table(&COLUMNS));
    let low_half = _mm256_set1_epi8(0x0F);
    let of_words = _mm256_set1_epi8(!NO_WORD as i8);
    let set = |bytes: __m256i| {
        let none = _mm256_cmpeq_epi8(bytes, _mm256_setzero_si256());
        u64::from(!(_mm256_movemask_epi8(none) as u32))
    };
    let classes = |bytes: __m256i| {
        let high = _mm256_and_si256(_mm256_srli_epi16::<4>(bytes), low_half);
        // A byte of 0x80 and above selects zero by itself: its top bit clears the look-up.
        _mm256_and_si256(_mm256_shuffle_epi8(rows, high), _mm256_shuffle_epi8(columns, bytes))
    };
    let (halves, _) = block.as_chunks::<32>();
    let (first, second) = (load(&halves[0]), load(&halves[1]));
    let sign = |bytes: __m256i| {
        let signs = _mm256_cmpeq_epi8(bytes, _mm256_set1_epi8(b'=' as i8));
        u64::from(_mm256_movemask_epi8(signs) as u32)
    };
    let sign = sign(first) | (sign(second) << 32);
    let (first, second) = (classes(first), classes(second));
    Masks {
        token: set(first) | (set(second) << 32),
        word: set(_mm256_and_si256(first, of_words)) | (set(_mm256_and_si256(second, of_words)) << 32),
        sign,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What `find` promises, said plainly.
    fn expected(bytes: &[u8], within: Span) -> Vec<Span> {
        let mut runs = Vec::new();
        let mut at = within.start;
        while at < within.end {
            let end = byte::skip(bytes, at, within.end, byte::is_token);
            if end - at >= SHORTEST {
                runs.push(Span::new(at, end));
            }
            at = end + 1;
        }
        runs
    }

    /// The starts and signs that `find` promises, said plainly.
    fn places(bytes: &[u8], within: Span, runs: &[Span]) -> (Vec<usize>, Vec<usize>) {
        let all = || runs.iter().flat_map(|run| run.start..run.end);
        let last_two = |at: usize| runs.iter().any(|run| (run.end - 2..run.end).contains(&at));
        let free = |at: usize| at == within.start || !byte::is_word(bytes[at - 1]);
        let starts = all().filter(|&at| free(at) && !last_two(at)).collect();
        (starts, all().filter(|&at| bytes[at] == b'=').collect())
    }

    #[test]
    fn every_byte_is_classed_alike_by_vector_and_by_table() {
        for byte in 0..=255 {
            let mut bytes = [b' '; 80];
            bytes[20..40].fill(byte);
            let within = Span::new(0, 80);
            let mut runs = Runs::default();
            runs.find(&bytes, within);
            assert_eq!(runs.runs, expected(&bytes, within), "byte {byte:#x}");
            let (starts, signs) = places(&bytes, within, &runs.runs);
            assert_eq!((&runs.starts, &runs.signs), (&starts, &signs), "byte {byte:#x}");
        }
    }

    proptest! {
        #[test]
        fn runs_are_those_of_the_plain_definition(
            pieces in prop::collection::vec((0usize..90, "[ !é]{0,3}"), 0..12), cut in 0usize..40
        ) {
            let text: String = pieces.iter().map(|(n, gap)| "aZ9_+/=.-".repeat(10)[..*n].to_owned() + gap).collect();
            let bytes = text.as_bytes();
            let within = Span::new(cut.min(bytes.len()), bytes.len());
            let (mut runs, mut by_table) = (Runs::default(), Runs::default());
            runs.find(bytes, within);
            by_table.find_with(bytes, within, masks_by_table);
            let expected = expected(bytes, within);
            let (starts, signs) = places(bytes, within, &expected);
            for found in [&runs, &by_table] {
                prop_assert_eq!(&found.runs, &expected);
                prop_assert_eq!(&found.starts, &starts);
                prop_assert_eq!(&found.signs, &signs);
            }
        }
    }
}

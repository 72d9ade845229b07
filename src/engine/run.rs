//! Finds runs of at least [`SHORTEST`] token bytes, `[A-Za-z0-9_+/=.-]`.
//!
//! Nearly every token and every value that is found by its look contains such a run, and source text
//! holds few of them, so this search decides where the engine looks at all. Blocks of 64 bytes become
//! a mask of one bit a byte, by vector compares where the processor has AVX2, else by table.

use super::byte;
use crate::span::Span;

/// The shortest run that is found, in bytes.
pub const SHORTEST: usize = 16;

const BLOCK: usize = 64;

/// The runs of one stretch of bytes, and where in it tokens can begin.
#[derive(Default)]
pub struct Runs {
    /// Every run of at least [`SHORTEST`] token bytes, in order.
    pub runs: Vec<Span>,
    /// One bit for each byte of the stretch that is a token byte and follows none of a word.
    starts: Vec<u64>,
    /// Where the stretch begins.
    offset: usize,
}

/// The token bytes of a block, and those of them that belong to words; bit 0 is the first byte.
struct Masks {
    token: u64,
    word: u64,
}

impl Runs {
    /// Finds the runs inside `within`, in place of those found before.
    pub fn find(&mut self, bytes: &[u8], within: Span) {
        self.runs.clear();
        self.starts.clear();
        self.offset = within.start;
        #[cfg(target_arch = "x86_64")]
        if std::arch::is_x86_feature_detected!("avx2") {
            // SAFETY: the processor has AVX2, as just asked.
            unsafe { self.find_avx2(within.of(bytes)) };
            return;
        }
        self.find_with(within.of(bytes), masks_by_table);
    }

    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx2")]
    fn find_avx2(&mut self, bytes: &[u8]) {
        self.find_with(bytes, |block| masks_avx2(block));
    }

    /// Walks the blocks, joining runs across them.
    #[inline(always)]
    fn find_with(&mut self, bytes: &[u8], masks_of: impl Fn(&[u8; BLOCK]) -> Masks) {
        let (blocks, rest) = bytes.as_chunks::<BLOCK>();
        // Zeros are no token bytes, so the padding ends the last run.
        let mut last = [0; BLOCK];
        last[..rest.len()].copy_from_slice(rest);
        let (mut carried, mut base, mut in_word) = (0, self.offset, 0);
        for block in blocks.iter().chain([&last]) {
            let Masks { token, word } = masks_of(block);
            self.starts.push(token & !(word << 1 | in_word));
            in_word = word >> (BLOCK - 1);
            carried = take_runs(token, base, carried, &mut self.runs);
            base += BLOCK;
        }
    }

    /// Calls `each` with every place inside `run` where a token can begin.
    #[inline(always)]
    pub fn each_start(&self, run: Span, mut each: impl FnMut(usize)) {
        let (from, to) = (run.start - self.offset, run.end - self.offset);
        for block in from / BLOCK..to.div_ceil(BLOCK) {
            let base = block * BLOCK;
            let mut bits = self.starts[block];
            if base < from {
                bits &= u64::MAX << (from - base);
            }
            if to - base < BLOCK {
                bits &= (1 << (to - base)) - 1;
            }
            while bits != 0 {
                each(self.offset + base + bits.trailing_zeros() as usize);
                bits &= bits - 1;
            }
        }
    }
}

/// Takes the runs of one block, given how many token bytes stand directly before it; returns how many
/// end it. Bit 0 of `mask` is the block's first byte.
#[inline(always)]
fn take_runs(mask: u64, base: usize, carried: usize, runs: &mut Vec<Span>) -> usize {
    let leading = mask.trailing_ones() as usize;
    if leading == BLOCK {
        return carried + BLOCK;
    }
    let mut mask = mask;
    if carried > 0 {
        if carried + leading >= SHORTEST {
            runs.push(Span::new(base - carried, base + leading));
        }
        mask &= !((1 << leading) - 1);
    }
    let ending = mask.leading_ones() as usize;
    if ending > 0 {
        mask &= u64::MAX >> ending;
    }
    // A bit stays where it and the fifteen above it are set.
    let mut starts = mask & (mask >> 1);
    starts &= starts >> 2;
    starts &= starts >> 4;
    starts &= starts >> 8;
    while starts != 0 {
        let start = starts.trailing_zeros() as usize;
        let length = (mask >> start).trailing_ones() as usize;
        runs.push(Span::new(base + start, base + start + length));
        starts &= u64::MAX << (start + length);
    }
    ending
}

fn masks_by_table(block: &[u8; BLOCK]) -> Masks {
    let mask = |is: fn(u8) -> bool| block.iter().rev().fold(0, |mask, &b| (mask << 1) | u64::from(is(b)));
    Masks { token: mask(byte::is_token), word: mask(byte::is_word) }
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
    let (first, second) = (classes(load(&halves[0])), classes(load(&halves[1])));
    Masks {
        token: set(first) | (set(second) << 32),
        word: set(_mm256_and_si256(first, of_words)) | (set(_mm256_and_si256(second, of_words)) << 32),
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

    fn starts(runs: &Runs, span: Span) -> Vec<usize> {
        let mut starts = Vec::new();
        runs.each_start(span, |at| starts.push(at));
        starts
    }

    #[test]
    fn every_byte_is_classed_alike_by_vector_and_by_table() {
        for byte in 0..=255 {
            let mut bytes = [b' '; 80];
            bytes[20..40].fill(byte);
            let mut runs = Runs::default();
            runs.find(&bytes, Span::new(0, 80));
            assert_eq!(runs.runs, expected(&bytes, Span::new(0, 80)), "byte {byte:#x}");
            let free =
                (20..40).filter(|_| byte::is_token(byte)).filter(|at| *at == 20 || !byte::is_word(byte));
            assert_eq!(starts(&runs, Span::new(0, 80)), free.collect::<Vec<_>>(), "byte {byte:#x}");
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
            let (mut runs, mut by_table) = (Runs::default(), Runs { offset: within.start, ..Runs::default() });
            runs.find(bytes, within);
            by_table.find_with(within.of(bytes), masks_by_table);
            prop_assert_eq!(&runs.runs, &expected(bytes, within));
            prop_assert_eq!(&by_table.runs, &runs.runs);
            prop_assert_eq!(&by_table.starts, &runs.starts);
            for &run in &runs.runs {
                let free = |at: &usize| *at == within.start || !byte::is_word(bytes[*at - 1]);
                prop_assert_eq!(starts(&runs, run), (run.start..run.end).filter(free).collect::<Vec<_>>());
            }
        }
    }
}

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

/// Appends to `runs` every run of at least [`SHORTEST`] token bytes inside `within`, in order.
pub fn find(bytes: &[u8], within: Span, runs: &mut Vec<Span>) {
    #[cfg(target_arch = "x86_64")]
    if std::arch::is_x86_feature_detected!("avx2") {
        // SAFETY: the processor has AVX2, as just asked.
        unsafe { find_avx2(within.of(bytes), within.start, runs) };
        return;
    }
    find_with(within.of(bytes), within.start, runs, mask_by_table);
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn find_avx2(bytes: &[u8], offset: usize, runs: &mut Vec<Span>) {
    find_with(bytes, offset, runs, |block| mask_avx2(block));
}

/// Walks the blocks, joining runs across them.
#[inline(always)]
fn find_with(bytes: &[u8], offset: usize, runs: &mut Vec<Span>, mask_of: impl Fn(&[u8; BLOCK]) -> u64) {
    let (blocks, rest) = bytes.as_chunks::<BLOCK>();
    let mut carried = 0;
    let mut base = offset;
    for block in blocks {
        carried = take_runs(mask_of(block), base, carried, runs);
        base += BLOCK;
    }
    // Zeros are no token bytes, so the padding ends the last run.
    let mut last = [0; BLOCK];
    last[..rest.len()].copy_from_slice(rest);
    take_runs(mask_of(&last), base, carried, runs);
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

/// One bit a byte, by table.
fn mask_by_table(block: &[u8; BLOCK]) -> u64 {
    block.iter().enumerate().fold(0, |mask, (index, &b)| mask | (u64::from(byte::is_token(b)) << index))
}

/// One bit a byte: the low and the high half of each byte look up the rows and columns it may lie in.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
#[inline]
fn mask_avx2(block: &[u8; BLOCK]) -> u64 {
    use std::arch::x86_64::*;

    // A row is a high half with its own set of low halves: 2x is + - . /, 3x the digits and =,
    // 4x and 6x letters without their first, 5x and 7x letters up to Z, 5x with the underscore.
    const ROWS: [u8; 16] = [0, 0, 1, 2, 4, 8, 4, 16, 0, 0, 0, 0, 0, 0, 0, 0];
    const COLUMNS: [u8; 16] = {
        let mut columns = [0; 16];
        let mut low = 0;
        while low < 16 {
            let mut high = 2;
            while high < 8 {
                if byte::is_token((high * 16 + low) as u8) {
                    columns[low] |= ROWS[high];
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
    let mask = |bytes: __m256i| {
        let high = _mm256_and_si256(_mm256_srli_epi16::<4>(bytes), low_half);
        // A byte of 0x80 and above selects zero by itself: its top bit clears the look-up.
        let column = _mm256_shuffle_epi8(columns, bytes);
        let row = _mm256_shuffle_epi8(rows, high);
        let none = _mm256_cmpeq_epi8(_mm256_and_si256(row, column), _mm256_setzero_si256());
        !(_mm256_movemask_epi8(none) as u32)
    };
    let (halves, _) = block.as_chunks::<32>();
    u64::from(mask(load(&halves[0]))) | (u64::from(mask(load(&halves[1]))) << 32)
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

    #[test]
    fn every_byte_is_classed_alike_by_vector_and_by_table() {
        for byte in 0..=255 {
            let mut bytes = [b' '; 80];
            bytes[20..40].fill(byte);
            let mut runs = Vec::new();
            find(&bytes, Span::new(0, 80), &mut runs);
            assert_eq!(runs, expected(&bytes, Span::new(0, 80)), "byte {byte:#x}");
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
            let mut runs = Vec::new();
            find(bytes, within, &mut runs);
            prop_assert_eq!(&runs, &expected(bytes, within));
            runs.clear();
            find_with(within.of(bytes), within.start, &mut runs, mask_by_table);
            prop_assert_eq!(runs, expected(bytes, within));
        }
    }
}

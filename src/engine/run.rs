//! Finds runs of at least [`SHORTEST`] token bytes, `[A-Za-z0-9_+/=.-]`.
//!
//! Nearly every token and every value that is found by its look contains such a run, and source text
//! holds few of them, so this search decides where the engine looks at all. Blocks of 64 bytes become
//! masks of one bit a byte, by vector compares where the processor has them, else by table.

#[cfg(target_arch = "x86_64")]
use std::arch::x86_64::*;

use super::byte;
use super::vectors::Vectors;
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

/// What else is asked of the bytes of a block that holds a part of a run, one bit each; bit 0 is the first byte.
#[derive(Clone, Copy)]
struct Kinds {
    /// Those that belong to words.
    word: u64,
    /// Those that are equals signs.
    sign: u64,
}

/// Where stretches of 2, 4, 8 and 16 token bytes and more end in a block: what the next block goes on with.
#[derive(Clone, Copy, Default)]
struct Ends([u64; 5]);

impl Ends {
    /// Those of a block with these token bytes; `before` are those of the block before it.
    #[inline(always)]
    fn of(token: u64, before: Self) -> Self {
        let mut ends = [token; 5];
        // Where a stretch ends and another one right before it, both together do.
        for level in 0..4 {
            let length = 1 << level;
            let earlier = ends[level] << length | before.0[level] >> (BLOCK - length);
            ends[level + 1] = ends[level] & earlier;
        }
        Self(ends)
    }

    /// Where [`SHORTEST`] token bytes and more end.
    #[inline(always)]
    fn of_runs(self) -> u64 {
        self.0[4]
    }
}

impl Runs {
    /// Finds the runs inside `within`, in place of those found before.
    pub fn find(&mut self, bytes: &[u8], within: Span) {
        self.find_by(Vectors::of_this_processor(), bytes, within);
    }

    /// Finds them by vectors that the processor must have.
    #[inline]
    fn find_by(&mut self, vectors: Vectors, bytes: &[u8], within: Span) {
        match vectors {
            // SAFETY: the processor has what is asked of it, or these vectors were not chosen.
            #[cfg(target_arch = "x86_64")]
            Vectors::Avx512 => unsafe { self.find_avx512(bytes, within) },
            // SAFETY: as above.
            #[cfg(target_arch = "x86_64")]
            Vectors::Avx2 => unsafe { self.find_avx2(bytes, within) },
            Vectors::None => self.find_with(bytes, within, tokens_by_table, kinds_by_table),
        }
    }

    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx2")]
    fn find_avx2(&mut self, bytes: &[u8], within: Span) {
        self.find_with(bytes, within, |block| tokens_avx2(block), |block| kinds_avx2(block));
    }

    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx512f,avx512bw")]
    fn find_avx512(&mut self, bytes: &[u8], within: Span) {
        self.find_with(bytes, within, |block| tokens_avx512(block), |block| kinds_avx512(block));
    }

    #[inline(always)]
    fn find_with(
        &mut self,
        bytes: &[u8],
        within: Span,
        tokens_of: impl Fn(&[u8; BLOCK]) -> u64,
        kinds_of: impl Fn(&[u8; BLOCK]) -> Kinds,
    ) {
        self.runs.clear();
        self.starts.clear();
        self.signs.clear();
        let (blocks, rest) = within.of(bytes).as_chunks::<BLOCK>();
        // Zeros are no token bytes, so the padding ends the last run.
        let mut last = [0; BLOCK];
        last[..rest.len()].copy_from_slice(rest);
        // A run is told where its first sixteen bytes end, and may have begun in the block before: so each block is looked
        // at when the next one is known.
        let (mut token, mut ends, mut was_inside) = (0, Ends::default(), 0);
        for index in 0..blocks.len() + 2 {
            let next = match blocks.get(index) {
                Some(next) => tokens_of(next),
                None if index == blocks.len() => tokens_of(&last),
                None => 0,
            };
            let next_ends = Ends::of(next, ends);
            let inside_by_next = next_ends.of_runs() << (BLOCK + 1 - SHORTEST);
            // Most blocks hold nothing of a run.
            if ends.of_runs() | inside_by_next | was_inside != 0 {
                let block = blocks.get(index - 1).unwrap_or(&last);
                let base = within.start + (index - 1) * BLOCK;
                let in_word = base > within.start && byte::is_word(bytes[base - 1]);
                let inside = insides(ends.of_runs(), next_ends.of_runs());
                let pairs = token >> 1 | next << (BLOCK - 1);
                let triples = pairs & (token >> 2 | next << (BLOCK - 2));
                self.note(base, kinds_of(block), in_word, triples, inside, was_inside);
                was_inside = inside >> (BLOCK - 1);
            }
            (token, ends) = (next, next_ends);
        }
    }

    /// Notes what the block at `base` holds of runs: of its bytes those `inside` of some are, and the last one before it
    /// if `was_inside`, or of a word if `in_word`; two more token bytes follow those of `followed`.
    #[inline(always)]
    fn note(
        &mut self,
        base: usize,
        kinds: Kinds,
        in_word: bool,
        followed: u64,
        inside: u64,
        was_inside: u64,
    ) {
        let before = inside << 1 | was_inside;
        let free = inside & !(kinds.word << 1 | u64::from(in_word));
        append(&mut self.starts, base, free & followed);
        append(&mut self.signs, base, kinds.sign & inside);
        let mut ended = self.runs.len() - was_inside as usize;
        each_bit(inside & !before, |start| self.runs.push(Span::new(base + start, base + start)));
        each_bit(before & !inside, |end| {
            self.runs[ended].end = base + end;
            ended += 1;
        });
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

/// The bytes of a block that lie in runs, by where [`SHORTEST`] bytes of these end in it and in the next one.
#[inline(always)]
fn insides(ends: u64, next: u64) -> u64 {
    let mut inside = u128::from(ends) | u128::from(next) << BLOCK;
    inside |= inside >> 1;
    inside |= inside >> 2;
    inside |= inside >> 4;
    (inside | inside >> 8) as u64
}

/// One bit for each byte that `is` of a kind.
#[inline(always)]
fn mask(block: &[u8; BLOCK], is: impl Fn(u8) -> bool) -> u64 {
    block.iter().rev().fold(0, |mask, &b| (mask << 1) | u64::from(is(b)))
}

fn tokens_by_table(block: &[u8; BLOCK]) -> u64 {
    mask(block, byte::is_token)
}

fn kinds_by_table(block: &[u8; BLOCK]) -> Kinds {
    Kinds { word: mask(block, byte::is_word), sign: mask(block, |b| b == b'=') }
}

/// The rows and columns that a byte may lie in, looked up by its high and its low half: a row is a high half with its
/// own set of low halves. These are signs, digits, and letters in three kinds of row (4x and 6x without their first, 5x
/// with the underscore, 7x).
#[cfg(target_arch = "x86_64")]
mod table {
    use super::byte;

    const SIGNS: u8 = 1;
    pub const ROWS: [u8; 16] = [0, 0, SIGNS, SIGNS << 5 | 2, 4, 8, 4, 16, 0, 0, 0, 0, 0, 0, 0, 0];
    pub const NO_WORD: u8 = SIGNS | SIGNS << 5;
    pub const COLUMNS: [u8; 16] = {
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
}

/// The token bytes of a block.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512bw")]
#[inline]
fn tokens_avx512(block: &[u8; BLOCK]) -> u64 {
    let classes = classes_avx512(bytes_avx512(block));
    _mm512_test_epi8_mask(classes, classes)
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512bw")]
#[inline]
fn kinds_avx512(block: &[u8; BLOCK]) -> Kinds {
    let bytes = bytes_avx512(block);
    Kinds {
        word: _mm512_test_epi8_mask(classes_avx512(bytes), _mm512_set1_epi8(!table::NO_WORD as i8)),
        sign: _mm512_cmpeq_epi8_mask(bytes, _mm512_set1_epi8(b'=' as i8)),
    }
}

/// The classes of bytes; none is zero.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512bw")]
#[inline]
fn classes_avx512(bytes: __m512i) -> __m512i {
    let table = |row: &[u8; 16]| {
        // SAFETY: the pointer comes from an array of 16 bytes; the load asks for no alignment.
        _mm512_broadcast_i32x4(unsafe { _mm_loadu_si128(row.as_ptr().cast()) })
    };
    let high = _mm512_and_si512(_mm512_srli_epi16::<4>(bytes), _mm512_set1_epi8(0x0F));
    // A byte of 0x80 and above selects zero by itself: its top bit clears the look-up.
    let columns = _mm512_shuffle_epi8(table(&table::COLUMNS), bytes);
    _mm512_and_si512(_mm512_shuffle_epi8(table(&table::ROWS), high), columns)
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f")]
#[inline]
fn bytes_avx512(block: &[u8; BLOCK]) -> __m512i {
    // SAFETY: the pointer comes from an array of 64 bytes; the load asks for no alignment.
    unsafe { _mm512_loadu_si512(block.as_ptr().cast()) }
}

/// The token bytes of a block.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
#[inline]
fn tokens_avx2(block: &[u8; BLOCK]) -> u64 {
    let (first, second) = classes_avx2(block);
    set_avx2(first) | set_avx2(second) << 32
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
#[inline]
fn kinds_avx2(block: &[u8; BLOCK]) -> Kinds {
    let (first, second) = classes_avx2(block);
    let of_words = _mm256_set1_epi8(!table::NO_WORD as i8);
    let word =
        set_avx2(_mm256_and_si256(first, of_words)) | set_avx2(_mm256_and_si256(second, of_words)) << 32;
    let (first, second) = halves_avx2(block);
    let no_sign = |bytes| set_avx2(_mm256_xor_si256(bytes, _mm256_set1_epi8(b'=' as i8)));
    Kinds { word, sign: !(no_sign(first) | no_sign(second) << 32) }
}

/// The classes of the bytes of both halves of a block; none is zero.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
#[inline]
fn classes_avx2(block: &[u8; BLOCK]) -> (__m256i, __m256i) {
    let table = |row: &[u8; 16]| {
        // SAFETY: the pointer comes from an array of 16 bytes; the load asks for no alignment.
        _mm256_broadcastsi128_si256(unsafe { _mm_loadu_si128(row.as_ptr().cast()) })
    };
    let (rows, columns) = (table(&table::ROWS), table(&table::COLUMNS));
    let low_half = _mm256_set1_epi8(0x0F);
    let classes = |bytes| {
        let high = _mm256_and_si256(_mm256_srli_epi16::<4>(bytes), low_half);
        // A byte of 0x80 and above selects zero by itself: its top bit clears the look-up.
        _mm256_and_si256(_mm256_shuffle_epi8(rows, high), _mm256_shuffle_epi8(columns, bytes))
    };
    let (first, second) = halves_avx2(block);
    (classes(first), classes(second))
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
#[inline]
fn halves_avx2(block: &[u8; BLOCK]) -> (__m256i, __m256i) {
    let half = |bytes: &[u8; 32]| {
        // SAFETY: the pointer comes from an array of 32 bytes; the load asks for no alignment.
        unsafe { _mm256_loadu_si256(bytes.as_ptr().cast()) }
    };
    let (halves, _) = block.as_chunks::<32>();
    (half(&halves[0]), half(&halves[1]))
}

/// One bit for each byte that is not zero.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
#[inline]
fn set_avx2(bytes: __m256i) -> u64 {
    let none = _mm256_cmpeq_epi8(bytes, _mm256_setzero_si256());
    u64::from(!(_mm256_movemask_epi8(none) as u32))
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
            for vectors in Vectors::all() {
                let mut runs = Runs::default();
                runs.find_by(vectors, &bytes, within);
                assert_eq!(runs.runs, expected(&bytes, within), "byte {byte:#x}, {vectors:?}");
                let (starts, signs) = places(&bytes, within, &runs.runs);
                assert_eq!((&runs.starts, &runs.signs), (&starts, &signs), "byte {byte:#x}, {vectors:?}");
            }
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
            let expected = expected(bytes, within);
            let (starts, signs) = places(bytes, within, &expected);
            for vectors in Vectors::all() {
                let mut found = Runs::default();
                found.find_by(vectors, bytes, within);
                prop_assert_eq!(&found.runs, &expected);
                prop_assert_eq!(&found.starts, &starts);
                prop_assert_eq!(&found.signs, &signs);
            }
        }
    }
}

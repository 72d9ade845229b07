//! The words of a short text, alone and joined, and the hashes that keywords are looked up by.
//!
//! A keyword is its letters and digits; in a text these may be divided, `one_password`, `onePassword`,
//! `one: password`. So from each word on as many are joined as a keyword may be divided into. Most words are those
//! with which no keyword begins, and the first four letters tell.

use super::byte::{self, Shape};
use crate::span::Span;

/// The longest text that is read, in bytes.
pub const LONGEST_TEXT: usize = 100;

/// The most words of a text that are joined to one keyword: `one_password`, `one password`.
const MOST_JOINED: usize = 4;

/// How many bytes may stand between words that are joined: `'acme' => ['key'`.
const FARTHEST: usize = 8;

/// How many letters of a word tell whether a keyword may begin with it.
const HEAD: usize = 4;

/// How many letters of joined words tell whether a keyword begins with them, if it is not shorter.
const LONG_HEAD: usize = 8;

/// The beginnings of keywords.
#[derive(Default)]
pub struct Phrases {
    /// The heads of all keywords.
    all: HeadSet,
    /// Of those that are shorter than a long head.
    short: HeadSet,
    /// These keywords themselves, and the long heads of the others.
    long: HeadSet,
}

/// A set of up to eight bytes each, which may answer yes where the answer is no, though seldom.
#[derive(Default)]
struct HeadSet {
    /// Two bits of one number for each head; none at all while nothing is in it.
    bits: Vec<u64>,
}

impl HeadSet {
    /// How many numbers there are, as a power of two.
    const PLACES: u32 = 10;

    /// In which number the bits of a head are, and these.
    #[inline(always)]
    fn place(head: u64) -> (usize, u64) {
        let hash = head.wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let place = hash >> (u64::BITS - Self::PLACES);
        (place as usize, 1 << ((hash >> 48) % 64) | 1 << ((hash >> 42) % 64))
    }

    fn insert(&mut self, head: u64) {
        self.bits.resize(1 << Self::PLACES, 0);
        let (place, bits) = Self::place(head);
        self.bits[place] |= bits;
    }

    #[inline(always)]
    fn contains(&self, head: u64) -> bool {
        let (place, bits) = Self::place(head);
        self.bits.get(place).is_some_and(|there| there & bits == bits)
    }

    /// Adds so many letters and, if they are too few for a head, those that begin with them: behind a short keyword any
    /// letter may follow, or none.
    fn insert_all(&mut self, letters: u64, length: usize) {
        self.insert(letters);
        if length < HEAD {
            for next in (b'0'..=b'9').chain(b'a'..=b'z') {
                self.insert_all(letters | u64::from(next) << (8 * length), length + 1);
            }
        }
    }
}

/// Up to eight letters as one number, those that there are not as zeros.
#[inline(always)]
fn head(letters: &[u8]) -> u64 {
    letters.iter().rev().fold(0, |head, &letter| head << 8 | u64::from(letter))
}

impl Phrases {
    /// Adds a keyword and answers with its hash.
    pub fn add(&mut self, keyword: &str) -> u64 {
        let significant = keyword.bytes().filter(u8::is_ascii_alphanumeric).take(LONGEST_TEXT);
        let letters: Vec<u8> = significant.map(byte::fold).collect();
        if !letters.is_empty() {
            let first = &letters[..letters.len().min(HEAD)];
            self.all.insert_all(head(first), first.len());
            if letters.len() < LONG_HEAD {
                self.short.insert_all(head(first), first.len());
            }
            let first = &letters[..letters.len().min(LONG_HEAD)];
            self.long.insert_all(head(first), first.len());
        }
        let mut hash = Hash::default();
        letters.iter().for_each(|&letter| hash.add(letter));
        hash.mixed()
    }

    /// Calls `each` with the hash and place of every word of `text`, at most [`LONGEST_TEXT`] bytes, that a keyword may begin
    /// with, and of up to four words joined from there that are not too far apart; in no particular order.
    pub fn each(&self, bytes: &[u8], text: Span, mut each: impl FnMut(u64, Span)) {
        let mut padded = [0; Shape::SIZE];
        let words = Words::of(bytes, text, &mut padded);
        let (mut starts, mut lasts) = ([0; LONGEST_TEXT], [0; LONGEST_TEXT]);
        let starts = places(words.begins, &mut starts);
        let lasts = places(words.lasts, &mut lasts);
        // From the last word to the first, so that the letters behind a short word are at hand when it comes.
        let mut head = 0;
        for (&start, &last) in starts.iter().zip(lasts).rev() {
            head = words.head(start.into(), usize::from(last) + 1, head);
            if self.may_begin(head) {
                words.joined(start.into(), &mut each);
            }
        }
    }

    /// Whether a keyword may begin with what begins with these eight letters.
    #[inline(always)]
    fn may_begin(&self, letters: u64) -> bool {
        let first = |count: usize| letters & u64::MAX >> (8 * (LONG_HEAD - count));
        self.all.contains(first(HEAD))
            && (self.long.contains(letters)
                || self.short.contains(first(HEAD))
                    && (HEAD..LONG_HEAD).any(|count| self.long.contains(first(count))))
    }
}

/// The numbers of the bits that are set, in `room` for them.
#[inline(always)]
fn places(bits: u128, room: &mut [u8; LONGEST_TEXT]) -> &[u8] {
    let mut count = 0;
    for (mut half, base) in [(bits as u64, 0), ((bits >> 64) as u64, 64)] {
        while half != 0 {
            room[count] = base + half.trailing_zeros() as u8;
            count += 1;
            half &= half - 1;
        }
    }
    &room[..count]
}

/// The words of a text, one bit for each byte.
struct Words<'a> {
    /// The text, and before it what fills it up.
    text: &'a [u8; Shape::SIZE],
    /// Where that begins; below zero, so to say, if the text stands near the beginning of all.
    offset: usize,
    /// Letters and digits of words.
    letters: u128,
    /// The first of each word.
    begins: u128,
    /// The last of each word.
    lasts: u128,
}

impl<'a> Words<'a> {
    /// The words that begin in `text`; a capital after a small letter begins a new one.
    #[inline(always)]
    fn of(bytes: &'a [u8], Span { start, end }: Span, padded: &'a mut [u8; Shape::SIZE]) -> Self {
        let text = bytes[..end].last_chunk().unwrap_or_else(|| {
            padded[Shape::SIZE - end..].copy_from_slice(&bytes[..end]);
            padded
        });
        let Shape { letters, small, capitals } = Shape::of(text);
        let mut letters = letters & !(u128::MAX >> (end - start));
        // A word that begins before the text is none of its words.
        if (1..end).contains(&start) && byte::is_word(bytes[start - 1]) {
            letters &= letters.wrapping_add(1 << (Shape::SIZE + start - end));
        }
        let humps = letters & capitals & small << 1;
        let begins = letters & !(letters << 1) | humps;
        let lasts = letters & !(letters >> 1) | humps >> 1;
        Self { text, offset: end.wrapping_sub(Shape::SIZE), letters, begins, lasts }
    }

    /// The first eight letters of the word from `start` to `end` and of those behind it, whose first eight are `behind`; the
    /// case is folded, and those that there are not are zeros.
    #[inline(always)]
    fn head(&self, start: usize, end: usize, behind: u64) -> u64 {
        let from = start.min(Shape::SIZE - LONG_HEAD);
        let eight = self.text[from..].first_chunk().expect("the text is longer than a head");
        let eight = u64::from_le_bytes(*eight) | u64::from_le_bytes([byte::fold(0); LONG_HEAD]);
        let (letters, length) = (eight >> (8 * (start - from)), end - start);
        if length >= LONG_HEAD {
            letters
        } else {
            letters & !(u64::MAX << (8 * length)) | behind << (8 * length)
        }
    }

    /// Calls `each` with the hash and place of the word at `start`, and of those that are joined to it.
    fn joined(&self, start: usize, each: &mut impl FnMut(u64, Span)) {
        let stops = !self.letters | self.begins;
        let place = |at: usize| self.offset.wrapping_add(at);
        let mut hash = Hash::default();
        let mut from = start;
        for _ in 0..MOST_JOINED {
            let end = (from + 1 + (stops >> from >> 1).trailing_zeros() as usize).min(Shape::SIZE);
            self.text[from..end].iter().for_each(|&letter| hash.add(byte::fold(letter)));
            each(hash.mixed(), Span::new(place(start), place(end)));
            let gap = (self.begins >> (end - 1) >> 1).trailing_zeros() as usize;
            // Words further apart are no parts of one keyword.
            if gap > FARTHEST {
                break;
            }
            from = end + gap;
        }
    }
}

/// Letters and digits in the order in which they are read, as the value of a polynomial.
#[derive(Clone, Copy, Default)]
struct Hash(u64);

const BASE: u64 = 0x9FB2_1C65_1E98_DF25;

impl Hash {
    /// Adds a letter or a digit.
    #[inline(always)]
    fn add(&mut self, letter: u8) {
        self.0 = self.0.wrapping_mul(BASE).wrapping_add(letter.into());
    }

    /// Their hash.
    #[inline(always)]
    fn mixed(self) -> u64 {
        let mixed = (self.0 ^ (self.0 >> 32)).wrapping_mul(BASE);
        mixed ^ (mixed >> 32)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The words of a text, said plainly.
    fn words(text: &str) -> Vec<Span> {
        let bytes = text.as_bytes();
        let mut words: Vec<Span> = Vec::new();
        for at in (0..bytes.len()).filter(|&at| bytes[at].is_ascii_alphanumeric()) {
            let goes_on = at > 0
                && bytes[at - 1].is_ascii_alphanumeric()
                && !(bytes[at].is_ascii_uppercase() && bytes[at - 1].is_ascii_lowercase());
            match words.last_mut() {
                Some(word) if goes_on => word.end = at + 1,
                _ => words.push(Span::new(at, at + 1)),
            }
        }
        words
    }

    /// Every stretch of up to four neighbouring words that has these letters, said plainly.
    fn expected(text: &str, keyword: &str) -> Vec<Span> {
        let words = words(text);
        let mut found = Vec::new();
        for first in 0..words.len() {
            for last in first..words.len().min(first + MOST_JOINED) {
                let stretch = &words[first..=last];
                let near = stretch.windows(2).all(|pair| pair[1].start - pair[0].end <= FARTHEST);
                let letters: String = stretch.iter().map(|word| &text[word.start..word.end]).collect();
                if near && letters.eq_ignore_ascii_case(keyword) {
                    found.push(Span::new(words[first].start, words[last].end));
                }
            }
        }
        found
    }

    fn found(text: &str, from: usize, keywords: &[&str]) -> Vec<Span> {
        let mut phrases = Phrases::default();
        let hashes: Vec<u64> = keywords.iter().map(|keyword| phrases.add(keyword)).collect();
        let mut found = Vec::new();
        phrases.each(text.as_bytes(), Span::new(from, text.len()), |hash, span| {
            if hashes.contains(&hash) {
                found.push(span);
            }
        });
        found.sort_unstable();
        found
    }

    proptest! {
        #[test]
        fn keywords_are_found_however_they_are_divided(
            text in "(one|One|ONE|pass|Word|aws|b2|x|7|[_ .\"-]{1,3}| {7,10}|é){0,16}",
            keyword in "onepassword|aws|b2|onepass|x|passwordone|word7",
        ) {
            prop_assume!(text.len() <= LONGEST_TEXT);
            prop_assert_eq!(found(&text, 0, &[&keyword]), expected(&text, &keyword));
            // Beside others.
            prop_assert_eq!(found(&text, 0, &["other", &keyword, "aw"]).len(), expected(&text, &keyword).len() + expected(&text, "aw").len());
        }
    }

    #[test]
    fn a_word_that_is_cut_is_none() {
        assert_eq!(found("myaws aws", 2, &["aws"]), [Span::new(6, 9)]);
        assert_eq!(found("_aws", 1, &["aws"]), []);
        assert_eq!(found(".aws", 1, &["aws"]), [Span::new(1, 4)]);
        assert_eq!(found("aws", 0, &["aws"]), [Span::new(0, 3)]);
    }
}

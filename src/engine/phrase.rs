//! The words of a short text, alone and joined, and the hashes that keywords are looked up by.
//!
//! A keyword is its letters and digits; in a text these may be divided, `one_password`, `onePassword`,
//! `one: password`. So from each word on as many are joined as a keyword may be divided into. Most words are those
//! with which no keyword begins, and the first four letters tell.

use super::byte;
use crate::span::Span;

/// The longest text that is read, in bytes.
pub const LONGEST_TEXT: usize = 100;

/// The most words of a text that are joined to one keyword: `one_password`, `one password`.
const MOST_JOINED: usize = 4;

/// How many bytes may stand between words that are joined: `'acme' => ['key'`.
const FARTHEST: u8 = 8;

/// How many letters of a word tell whether a keyword may begin with it.
const HEAD: usize = 4;

/// How many letters of joined words tell whether a keyword begins with them, if it is not shorter.
const LONG_HEAD: usize = 8;

/// The beginnings of keywords, four or eight letters long.
#[derive(Default)]
pub struct Phrases {
    /// Of all keywords.
    all: HeadSet,
    /// Of those that are shorter than a long head.
    short: HeadSet,
    /// Of the others, long ones.
    long: HeadSet,
}

/// A set of up to eight bytes each, which may answer yes where the answer is no.
#[derive(Default)]
struct HeadSet {
    /// One bit for each place; none at all while nothing is in it.
    bits: Vec<u64>,
}

impl HeadSet {
    /// How many places there are; a power of two.
    const PLACES: usize = 1 << 16;

    #[inline(always)]
    fn place(head: u64) -> usize {
        (head.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 48) as usize
    }

    fn insert(&mut self, head: u64) {
        self.bits.resize(Self::PLACES / 64, 0);
        let place = Self::place(head);
        self.bits[place / 64] |= 1 << (place % 64);
    }

    #[inline(always)]
    fn contains(&self, head: u64) -> bool {
        let place = Self::place(head);
        self.bits.get(place / 64).is_some_and(|bits| bits & (1 << (place % 64)) != 0)
    }

    /// Adds a head of so many letters and, if it is short, those that begin with it: behind a short keyword any
    /// letter may follow, or none.
    fn insert_all(&mut self, head: u64, length: usize) {
        self.insert(head);
        if length < HEAD {
            for next in (b'0'..=b'9').chain(b'a'..=b'z') {
                self.insert_all(head | u64::from(next) << (8 * length), length + 1);
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
        let first = |count: usize| (head(&letters[..count.min(letters.len())]), count.min(letters.len()));
        if !letters.is_empty() {
            let ((short, length), (long, long_length)) = (first(HEAD), first(LONG_HEAD));
            self.all.insert_all(short, length);
            match long_length {
                LONG_HEAD => self.long.insert(long),
                _ => self.short.insert_all(short, length),
            }
        }
        let mut hash = Letters::default();
        letters.iter().for_each(|&letter| hash.add(letter));
        hash.mixed()
    }

    /// Calls `each` with the hash and place of every word of `text`, at most [`LONGEST_TEXT`] bytes, that a keyword may begin
    /// with, and of up to four words joined from there that are not too far apart.
    pub fn each(&self, bytes: &[u8], text: Span, mut each: impl FnMut(u64, Span)) {
        let words = Words::of(bytes, text);
        for (number, first) in words.all().iter().enumerate() {
            if !self.may_begin(words.head(first)) {
                continue;
            }
            let mut letters = Letters::default();
            let mut end = first.start;
            for word in words.all()[number..].iter().take(MOST_JOINED) {
                // Words further apart are no parts of one keyword.
                if word.start > end + FARTHEST {
                    break;
                }
                end = word.end;
                words.letters_of(word).iter().for_each(|&letter| letters.add(letter));
                let span = Span::new(text.start + usize::from(first.start), text.start + usize::from(end));
                each(letters.mixed(), span);
            }
        }
    }

    /// Whether a keyword may begin with what begins with these eight letters.
    #[inline(always)]
    fn may_begin(&self, long_head: u64) -> bool {
        let head = long_head & FIRST;
        self.all.contains(head) && (self.long.contains(long_head) || self.short.contains(head))
    }
}

/// The bits of the first [`HEAD`] letters of a long head.
const FIRST: u64 = u64::MAX >> (8 * (LONG_HEAD - HEAD));

/// Where a word stands in a text, and from where on its letters stand among all.
#[derive(Clone, Copy, Default)]
struct Word {
    start: u8,
    end: u8,
    letters: u8,
}

/// The words of a text.
struct Words {
    words: [Word; LONGEST_TEXT],
    count: usize,
    /// The letters of all words, run together, with their case folded; zeros behind them.
    letters: [u8; LONGEST_TEXT + LONG_HEAD],
}

impl Words {
    /// The words that begin in `text`; a capital after a small letter begins a new one.
    #[inline(always)]
    fn of(bytes: &[u8], text: Span) -> Self {
        let byte::Shape { mut letters, small, capitals } = byte::Shape::of(text.of(bytes));
        // A word that begins before the text is none of its words.
        if text.start > 0 && byte::is_word(bytes[text.start - 1]) {
            letters &= letters.wrapping_add(1);
        }
        let humps = letters & capitals & small << 1;
        let mut words =
            Self { words: [Word::default(); LONGEST_TEXT], count: 0, letters: [0; LONGEST_TEXT + LONG_HEAD] };
        let mut starts = places(letters & !(letters << 1) | humps);
        let ends = places(!letters & letters << 1 | humps);
        let mut next = 0;
        for end in ends {
            let start = starts.next().expect("what ends has begun");
            words.words[words.count] = Word { start, end, letters: next };
            words.count += 1;
            let word = &text.of(bytes)[start.into()..end.into()];
            let folded = words.letters[next.into()..].iter_mut().zip(word);
            folded.for_each(|(folded, letter)| *folded = byte::fold(*letter));
            next += end - start;
        }
        words
    }

    fn all(&self) -> &[Word] {
        &self.words[..self.count]
    }

    /// The letters of a word.
    #[inline(always)]
    fn letters_of(&self, word: &Word) -> &[u8] {
        &self.letters[word.letters.into()..][..usize::from(word.end - word.start)]
    }

    /// The first eight letters of a word and those behind it.
    #[inline(always)]
    fn head(&self, word: &Word) -> u64 {
        let letters = self.letters[word.letters.into()..].first_chunk();
        u64::from_le_bytes(*letters.expect("there is room behind the last one"))
    }
}

/// The numbers of the bits that are set.
#[inline(always)]
fn places(bits: u128) -> impl Iterator<Item = u8> {
    let mut halves = [bits as u64, (bits >> 64) as u64];
    std::iter::from_fn(move || {
        let half = usize::from(halves[0] == 0);
        let place = halves[half].trailing_zeros() as u8 + 64 * half as u8;
        (halves[half] != 0).then(|| {
            halves[half] &= halves[half] - 1;
            place
        })
    })
}

/// Letters and digits in the order in which they are read, as the value of a polynomial.
#[derive(Clone, Copy, Default)]
struct Letters(u64);

const BASE: u64 = 0x9FB2_1C65_1E98_DF25;

impl Letters {
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
                let near = stretch.windows(2).all(|pair| pair[1].start - pair[0].end <= FARTHEST.into());
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

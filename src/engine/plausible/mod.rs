//! Does a value look like chance or like something that a person wrote?
//!
//! Letters that follow each other as in words are told from random ones by a table of bigrams; the
//! rest is counting. It judges single values and knows nothing of names, syntax or rules.

mod bigrams;

use bigrams::BIGRAMS;

/// Row and column of the table that stand for the edge of a word.
const EDGE: usize = 26;

/// What a value is made of, counted in one pass.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Look {
    /// Bytes in all.
    pub length: usize,
    /// Lower-case letters.
    pub lower: usize,
    /// Upper-case letters.
    pub upper: usize,
    /// Digits.
    pub digits: usize,
    /// Bytes that are neither letters nor digits nor one of `_-./ `, which join words.
    pub symbols: usize,
    /// Letters in stretches that read like words.
    pub worded: usize,
    /// Stretches of letters of one word's case.
    pub stretches: usize,
    /// Shannon entropy in bits per byte.
    pub entropy: f32,
}

impl Look {
    /// Looks at a value.
    pub fn at(value: &[u8]) -> Self {
        Self::with(value, Words::of(value))
    }

    fn with(value: &[u8], words: Words) -> Self {
        // So that no count of sixteen bits runs over.
        let value = &value[..value.len().min(u16::MAX.into())];
        let mut counts = [0_u16; 256];
        let mut kinds = 0_u64;
        for &byte in value {
            counts[usize::from(byte)] += 1;
            kinds += KINDS[usize::from(byte)];
        }
        let [lower, upper, digits, joints] = [0, 16, 32, 48].map(|shift| (kinds >> shift) as u16 as usize);
        Self {
            length: value.len(),
            lower,
            upper,
            digits,
            symbols: value.len() - lower - upper - digits - joints,
            worded: words.letters,
            stretches: words.stretches,
            entropy: entropy(&counts, value),
        }
    }

    /// Letters of either case.
    pub fn letters(&self) -> usize {
        self.lower + self.upper
    }

    /// The share of letters and digits that stand in words.
    pub fn worded_share(&self) -> f32 {
        self.worded as f32 / (self.letters() + self.digits).max(1) as f32
    }

    /// Whether it reads as words, perhaps numbered or joined: an identifier, a label, a phrase.
    pub fn is_worded(&self) -> bool {
        self.letters() > 0 && self.worded_share() >= 0.6
    }

    /// Whether it looks like the work of a random generator: long, varied and not made of words.
    pub fn is_random(&self) -> bool {
        let least = match self.length {
            0..12 => return false,
            12..16 => 2.8,
            16..24 => 3.0,
            _ => 3.2,
        };
        self.entropy >= least && self.worded_share() < 0.5 && self.symbols * 4 <= self.length
    }
}

fn count(value: &[u8], is: impl Fn(u8) -> bool) -> usize {
    value.iter().map(|&byte| usize::from(is(byte))).sum()
}

/// For each byte a one in the count of its kind, of sixteen bits each: small letters, capitals, digits,
/// and what joins words.
static KINDS: [u64; 256] = {
    let mut kinds = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        kinds[byte] = match byte as u8 {
            b'a'..=b'z' => 1,
            b'A'..=b'Z' => 1 << 16,
            b'0'..=b'9' => 1 << 32,
            b'_' | b'-' | b'.' | b'/' | b' ' => 1 << 48,
            _ => 0,
        };
        byte += 1;
    }
    kinds
};

/// Shannon entropy in bits per byte of a value whose bytes occur so often.
fn entropy(counts: &[u16; 256], value: &[u8]) -> f32 {
    /// log2 of small counts, which are nearly all, in units of 2^-16: whole numbers add up faster.
    static LOG2: std::sync::LazyLock<[u32; 64]> =
        std::sync::LazyLock::new(|| std::array::from_fn(|count| log2(count.max(1))));
    fn log2(count: usize) -> u32 {
        ((count as f32).log2() * 65_536.0) as u32
    }
    if value.is_empty() {
        return 0.0;
    }
    let table = &*LOG2;
    let spent: u64 = value
        .iter()
        .map(|&byte| usize::from(counts[usize::from(byte)]))
        .map(|count| u64::from(table.get(count).copied().unwrap_or_else(|| log2(count))))
        .sum();
    (value.len() as f32).log2() - spent as f32 / 65_536.0 / value.len() as f32
}

/// Whether letters that read as words make up most of the value: [`Look::is_worded`] without the rest
/// of the look, for the many values that are identifiers.
pub fn is_worded(value: &[u8]) -> bool {
    Words::of(value).make_up(value)
}

/// How much of a value is looked at where only its randomness counts.
const HEAD: usize = 128;

/// Whether a value looks random by its first [`HEAD`] bytes.
pub fn is_random(value: &[u8]) -> bool {
    let head = &value[..value.len().min(HEAD)];
    let words = Words::of(head);
    !words.make_up(head) && Look::with(head, words).is_random()
}

/// The stretches of letters of a value; a capital after a small letter begins a new one.
#[derive(Clone, Copy, Default)]
struct Words {
    /// Letters in stretches that read like words.
    letters: usize,
    /// Stretches of letters.
    stretches: usize,
}

impl Words {
    fn of(value: &[u8]) -> Self {
        /// The number of a letter, with a bit for capitals; [`EDGE`] for what is none.
        static LETTERS: [u8; 256] = {
            let mut letters = [EDGE as u8; 256];
            let mut letter = 0;
            while letter < EDGE {
                letters[b'a' as usize + letter] = letter as u8;
                letters[b'A' as usize + letter] = letter as u8 | CAPITAL;
                letter += 1;
            }
            letters
        };
        const CAPITAL: u8 = 32;

        let mut words = Self::default();
        let (mut length, mut eighths, mut before) = (0, 0_i32, EDGE as u8);
        let mut next = |kind: u8| {
            let letter = kind & (CAPITAL - 1);
            let follows_small = before < EDGE as u8;
            let begins = kind & CAPITAL != 0 && follows_small;
            if length > 0 && (letter == EDGE as u8 || begins) {
                eighths += i32::from(BIGRAMS[usize::from(before & (CAPITAL - 1))][EDGE]);
                words.letters += if length >= 3 && favours_word(eighths, length) { length } else { 0 };
                words.stretches += 1;
                (length, eighths, before) = (0, 0, EDGE as u8);
            }
            if letter < EDGE as u8 {
                eighths += i32::from(BIGRAMS[usize::from(before & (CAPITAL - 1))][usize::from(letter)]);
                length += 1;
                before = kind;
            }
        };
        value.iter().for_each(|&byte| next(LETTERS[usize::from(byte)]));
        next(EDGE as u8);
        words
    }

    /// Whether they hold most of the letters and digits of `value`.
    fn make_up(self, value: &[u8]) -> bool {
        self.letters * 5 >= count(value, |byte| byte.is_ascii_alphanumeric()) * 3
    }
}

/// Whether letters follow each other as in a word, rather than by chance.
pub fn reads_like_word(letters: &[u8]) -> bool {
    // A capital inside (`HTMLParser` after its run of capitals) is rare enough to be folded.
    let mut before = EDGE;
    let mut eighths = 0_i32;
    for letter in letters {
        let next = usize::from(letter.to_ascii_lowercase().wrapping_sub(b'a')).min(EDGE);
        eighths += i32::from(BIGRAMS[before][next]);
        before = next;
    }
    eighths += i32::from(BIGRAMS[before][EDGE]);
    favours_word(eighths, letters.len())
}

/// Whether the mean over all pairs of so many letters favours a word by a fifth of a bit.
fn favours_word(eighths: i32, letters: usize) -> bool {
    eighths * 5 >= 8 * (letters as i32 + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_told_from_random_letters() {
        for text in [
            "some_function_name",
            "MySecretValue",
            "application.settings.key",
            "CHANGE-THIS-NOW",
            "Passwort2",
        ] {
            assert!(Look::at(text.as_bytes()).is_worded(), "{text}");
        }
        for text in ["xkqjzwvbnq", "a8f3k2m9x7q1", "QmZtXwKpRv"] {
            assert!(!Look::at(text.as_bytes()).is_worded(), "{text}");
        }
    }

    #[test]
    fn the_quick_answer_is_the_whole_one() {
        for text in [
            "some_function_name",
            "XMLHttpRequest2",
            "a8f3k2m9x7q1",
            "xkqjzwvbnq",
            "x86_64",
            "é-word",
            "ABCdef",
            "_",
        ] {
            let look = Look::at(text.as_bytes());
            assert_eq!(
                is_worded(text.as_bytes()),
                look.is_worded() || look.letters() + look.digits == 0,
                "{text}"
            );
        }
    }

    #[test]
    fn random_values_need_neither_digits_nor_capitals() {
        for text in ["vqkzjxwrtpbnmgdh", "0f3a9c7e5b1d8246a0c4", "hX9vQ2mZk4Lw8RtY1bNc"] {
            assert!(Look::at(text.as_bytes()).is_random(), "{text}");
        }
        for text in ["configuration_file_name", "aaaaaaaaaaaaaaaaaaaa", "getElementsByClassName"] {
            assert!(!Look::at(text.as_bytes()).is_random(), "{text}");
        }
    }
}

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
    /// Different bytes.
    pub distinct: usize,
    /// Shannon entropy in bits per byte.
    pub entropy: f32,
}

impl Look {
    /// Looks at a value.
    pub fn at(value: &[u8]) -> Self {
        let mut look = Self { length: value.len(), ..Self::default() };
        let mut counts = [0_u16; 256];
        for &byte in value {
            let count = &mut counts[usize::from(byte)];
            look.distinct += usize::from(*count == 0);
            *count = count.saturating_add(1);
            match byte {
                b'a'..=b'z' => look.lower += 1,
                b'A'..=b'Z' => look.upper += 1,
                b'0'..=b'9' => look.digits += 1,
                b'_' | b'-' | b'.' | b'/' | b' ' => {}
                _ => look.symbols += 1,
            }
        }
        look.entropy = entropy(&counts, value);
        each_stretch(value, |stretch| {
            look.stretches += 1;
            if stretch.len() >= 3 && reads_like_word(stretch) {
                look.worded += stretch.len();
            }
        });
        look
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

/// Shannon entropy in bits per byte of a value whose bytes occur so often.
fn entropy(counts: &[u16; 256], value: &[u8]) -> f32 {
    /// log2 of small counts, which are nearly all.
    static LOG2: std::sync::LazyLock<[f32; 64]> =
        std::sync::LazyLock::new(|| std::array::from_fn(|count| (count.max(1) as f32).log2()));
    let log2 = |count: usize| LOG2.get(count).copied().unwrap_or_else(|| (count as f32).log2());
    if value.is_empty() {
        return 0.0;
    }
    let spent: f32 = value.iter().map(|&byte| log2(counts[usize::from(byte)].into())).sum();
    log2(value.len()) - spent / value.len() as f32
}

/// Whether letters that read as words make up most of the value: [`Look::is_worded`] without the rest
/// of the look, for the many values that are identifiers.
pub fn is_worded(value: &[u8]) -> bool {
    let (mut worded, mut counted) = (0, 0);
    let (mut length, mut eighths, mut before) = (0_usize, 0_i32, EDGE);
    let mut was_lower = false;
    for &byte in value.iter().chain(b" ") {
        let letter = usize::from((byte | 0x20).wrapping_sub(b'a'));
        let is_letter = letter < EDGE;
        let is_upper = is_letter && byte & 0x20 == 0;
        if length > 0 && (!is_letter || (is_upper && was_lower)) {
            eighths += i32::from(BIGRAMS[before][EDGE]);
            worded += if length >= 3 && favours_word(eighths, length) { length } else { 0 };
            (length, eighths, before) = (0, 0, EDGE);
        }
        if is_letter {
            eighths += i32::from(BIGRAMS[before][letter]);
            (length, before) = (length + 1, letter);
        }
        counted += usize::from(is_letter || byte.is_ascii_digit());
        was_lower = is_letter && !is_upper;
    }
    worded * 5 >= counted * 3
}

/// Calls `each` with every stretch of letters; a capital after a small letter begins a new one.
fn each_stretch(value: &[u8], mut each: impl FnMut(&[u8])) {
    let mut start = 0;
    for at in 0..=value.len() {
        let ends = match value.get(at) {
            None => true,
            Some(byte) if !byte.is_ascii_alphabetic() => true,
            Some(byte) => at > start && byte.is_ascii_uppercase() && value[at - 1].is_ascii_lowercase(),
        };
        if ends {
            if at > start {
                each(&value[start..at]);
            }
            start = if value.get(at).is_some_and(u8::is_ascii_alphabetic) { at } else { at + 1 };
        }
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

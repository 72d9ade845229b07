//! Does a value look like chance or like something that a person wrote?
//!
//! Letters that follow each other as in words are told from random ones by a table of bigrams. Among many
//! values drawn at random some seem to be mostly words by chance; so a long one is spelt out twice, as words
//! with joints and numbers between them, and as characters drawn from the smallest usual alphabet that holds
//! it, and only what takes fewer bits as words is taken for words: a spelling that saves `n` bits on what was
//! drawn is met once in 2^n draws. It judges single values and knows nothing of names, syntax or rules.

mod bigrams;

use bigrams::BIGRAMS;

use super::byte;

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
    /// How many bits the spelling as words saves against the draw, in eighths.
    pub saved: i32,
    /// It has the form of a name: see [`is_identifier`].
    identifier: bool,
    /// The least entropy that draws of this alphabet and length have.
    least_entropy: f32,
    /// Shannon entropy in bits per byte.
    pub entropy: f32,
}

impl Look {
    /// Looks at a value.
    pub fn at(value: &[u8]) -> Self {
        Self::with(value, Words::of(value))
    }

    fn with(value: &[u8], words: Words) -> Self {
        let kinds = Kinds::of(value);
        let Kinds { lower, upper, digits, symbols } = kinds;
        let alphabet = Alphabet::of(value);
        Self {
            length: value.len(),
            lower,
            upper,
            digits,
            symbols,
            worded: words.letters,
            stretches: words.stretches,
            saved: words.saved_of(value, lower + upper, digits, alphabet),
            identifier: is_identifier(value, &kinds),
            least_entropy: alphabet.least_entropy(value.len()),
            entropy: entropy(value),
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
        self.identifier || self.letters() > 0 && self.worded_share() >= 0.6 && !self.is_drawn()
    }

    /// Whether it looks like the work of a random generator: long, varied and not made of words.
    pub fn is_random(&self) -> bool {
        !self.identifier
            && self.length >= SHORTEST_RANDOM
            && self.entropy >= self.least_entropy
            && self.symbols * 4 <= self.length
            && (self.worded_share() < 0.5 || self.is_drawn())
    }

    /// Whether it looks random and has letters of both cases and digits, as what is drawn by a generator of passwords
    /// has: signs among them, and what they happen to form, are drawn, too.
    pub fn is_mixed(&self) -> bool {
        self.lower > 0 && self.upper > 0 && self.digits > 0 && self.saved <= -CLEAR && self.is_random()
    }

    /// Whether the bits say that it was drawn; where they are too few to tell, no.
    fn is_drawn(&self) -> bool {
        self.length >= LONG && self.saved <= 0
    }
}

/// From so many bytes on the bits that words save can tell; a shorter value has too few.
const LONG: usize = 16;

/// Eighths of bits that words cost more than the draw, where nothing is left to doubt.
const CLEAR: i32 = 20;

/// The fewest bytes of a value that looks random.
const SHORTEST_RANDOM: usize = 12;

/// The alphabets that secrets are drawn from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Alphabet {
    Hexadecimal,
    /// Letters of one case.
    Letters,
    /// Letters of one case and digits.
    Alphanumeric,
    /// Letters of both cases, digits, signs.
    Any,
}

impl Alphabet {
    /// The smallest that holds all of `value`.
    fn of(value: &[u8]) -> Self {
        const DIGITS: u16 = byte::class(b'0');
        // Dashes divide the groups of a UUID.
        const DASH: u16 = byte::class(b'-');
        const SMALL: u16 = byte::class(b'a') | byte::class(b'z');
        const CAPITALS: u16 = byte::class(b'A') | byte::class(b'Z');
        let classes = value.iter().fold(0, |classes, &b| classes | byte::class(b));
        let within = |alphabet: u16| classes & !alphabet == 0;
        if within(DIGITS | DASH | byte::class(b'a')) || within(DIGITS | DASH | byte::class(b'A')) {
            Self::Hexadecimal
        } else if within(SMALL) || within(CAPITALS) {
            Self::Letters
        } else if within(DIGITS | SMALL) || within(DIGITS | CAPITALS) {
            Self::Alphanumeric
        } else {
            Self::Any
        }
    }

    /// What one draw takes, in eighths of a bit.
    fn eighths(self) -> i32 {
        match self {
            Self::Hexadecimal => 32,
            Self::Letters => 38,
            Self::Alphanumeric => 41,
            Self::Any => 48,
        }
    }

    /// The entropy in bits per byte below which not one in a thousand draws of `length` bytes lies.
    fn least_entropy(self, length: usize) -> f32 {
        let of_hexadecimal = match length {
            0..16 => 2.1,
            16..20 => 2.35,
            20..24 => 2.6,
            24..32 => 2.8,
            _ => 3.0,
        };
        if self == Self::Hexadecimal { of_hexadecimal } else { of_hexadecimal + 0.4 }
    }
}

/// How many bytes of each kind a value has.
struct Kinds {
    lower: usize,
    upper: usize,
    digits: usize,
    /// Neither letters nor digits nor what joins words.
    symbols: usize,
}

impl Kinds {
    fn of(value: &[u8]) -> Self {
        let mut all = Self { lower: 0, upper: 0, digits: 0, symbols: value.len() };
        // So that no count of sixteen bits runs over.
        for part in value.chunks(usize::from(u16::MAX)) {
            let counts = part.iter().map(|&byte| KINDS[usize::from(byte)]).sum::<u64>();
            let [lower, upper, digits, joints] =
                [0, 16, 32, 48].map(|shift| usize::from((counts >> shift) as u16));
            all.lower += lower;
            all.upper += upper;
            all.digits += digits;
            all.symbols -= lower + upper + digits + joints;
        }
        all
    }

    fn letters(&self) -> usize {
        self.lower + self.upper
    }
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

/// Shannon entropy of a value in bits per byte.
fn entropy(value: &[u8]) -> f32 {
    /// What one more byte of its kind takes when there are so many, nearly always few.
    static STEPS: std::sync::LazyLock<[u64; 64]> = std::sync::LazyLock::new(|| std::array::from_fn(step));
    /// `n log2 n`, in units of 2^-16: whole numbers add up faster.
    fn spent(count: usize) -> u64 {
        count as u64 * ((count.max(1) as f32).log2() * 65_536.0) as u64
    }
    fn step(count: usize) -> u64 {
        spent(count + 1) - spent(count)
    }
    // So that no count runs over.
    let value = &value[..value.len().min(u16::MAX.into())];
    if value.is_empty() {
        return 0.0;
    }
    let mut counts = [0_u16; 256];
    let steps = &*STEPS;
    let mut all = 0_u64;
    for &byte in value {
        let count = &mut counts[usize::from(byte)];
        all += steps.get(usize::from(*count)).copied().unwrap_or_else(|| step((*count).into()));
        *count += 1;
    }
    (value.len() as f32).log2() - all as f32 / 65_536.0 / value.len() as f32
}

/// Whether a value reads as words: [`Look::is_worded`] without the rest of the look, for the many values
/// that are identifiers. Without a letter or digit it does, too.
pub fn is_worded(value: &[u8]) -> bool {
    Words::of(value).make_up(value) || is_identifier(value, &Kinds::of(value))
}

/// Whether a value has the form of a name, `MODE_OUT_FMT_U32`, `keyword.control.$0`: short parts, each of one case,
/// divided by underscores or dots, with few digits. What is drawn is not divided so.
fn is_identifier(value: &[u8], kinds: &Kinds) -> bool {
    const LONGEST_PART: usize = 12;
    /// A part that is filled in later: `$0`, `$S2`.
    const LONGEST_VARIABLE: usize = 3;
    const JOINTS: u16 = byte::class(b'_') | byte::class(b'.');
    const DIGITS: u16 = byte::class(b'0');
    const SMALL: u16 = byte::class(b'a') | byte::class(b'z') | DIGITS;
    const LARGE: u16 = byte::class(b'A') | byte::class(b'Z') | DIGITS;
    if kinds.digits * 4 > kinds.letters() || kinds.symbols > 1 {
        return false;
    }
    let (mut at, mut parts, mut is_dotted) = (0, 0, false);
    loop {
        parts += 1;
        let start = at;
        let first = value.get(start).map_or(JOINTS, |&b| byte::class(b));
        if first & JOINTS == 0 {
            at += 1;
            let mut behind = 0;
            while let Some(class) = value.get(at).map(|&b| byte::class(b))
                && class & JOINTS == 0
            {
                behind |= class;
                at += 1;
            }
            let one_case = behind & !(SMALL | byte::class(b'-')) == 0 || (first | behind) & !LARGE == 0;
            let is_part = at - start <= LONGEST_PART && first & (SMALL | LARGE) != 0 && one_case;
            if !is_part && (value[start] != b'$' || at - start > LONGEST_VARIABLE) {
                return false;
            }
        }
        let Some(joint) = value.get(at) else { break };
        is_dotted |= *joint == b'.';
        at += 1;
    }
    parts > if is_dotted && kinds.digits <= 1 { 1 } else { 2 }
}

/// How much of a value is looked at where only its randomness counts.
const HEAD: usize = 128;

/// Whether a value looks random by its first [`HEAD`] bytes: [`Look::is_random`] of them, with what is dear
/// asked last. Most values are words, and few digests hold letters enough to be.
pub fn is_random(value: &[u8]) -> bool {
    let head = &value[..value.len().min(HEAD)];
    let kinds = Kinds::of(head);
    let (letters, digits) = (kinds.letters(), kinds.digits);
    let all = letters + digits;
    let is_drawn =
        |words: Words| head.len() >= LONG && words.saved_of(head, letters, digits, Alphabet::of(head)) <= 0;
    let is_unlike_words = || {
        letters * 2 < all || {
            let words = Words::of(head);
            words.letters * 2 < all || is_drawn(words)
        }
    };
    head.len() >= SHORTEST_RANDOM
        && kinds.symbols * 4 <= head.len()
        && !is_identifier(head, &kinds)
        && is_unlike_words()
        && entropy(head) >= Alphabet::of(head).least_entropy(head.len())
}

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

/// What [`BIGRAMS`] says of two letters, of either case.
#[inline(always)]
fn pair(first: u8, second: u8) -> i32 {
    /// So wide that no number of a letter is out of bounds.
    static PAIRS: [[i8; 32]; 32] = {
        let mut pairs = [[0; 32]; 32];
        let mut at = 0;
        while at < BIGRAMS.len() * BIGRAMS.len() {
            let (first, second) = (at / BIGRAMS.len(), at % BIGRAMS.len());
            pairs[first][second] = BIGRAMS[first][second];
            at += 1;
        }
        pairs
    };
    let number = |letter: u8| usize::from(letter & (CAPITAL - 1));
    PAIRS[number(first)][number(second)].into()
}

/// The stretches of letters of a value; a capital after a small letter begins a new one.
#[derive(Clone, Copy, Default)]
struct Words {
    /// Letters in stretches that read like words.
    letters: usize,
    /// Stretches of letters.
    stretches: usize,
    /// What the letters of all stretches and their edges save against even odds, in eighths of a bit.
    eighths: i32,
    /// Letters in stretches of several capitals and small letters.
    mixed: usize,
}

impl Words {
    fn of(value: &[u8]) -> Self {
        let kind = |at: usize| value.get(at).map_or(EDGE as u8, |&byte| LETTERS[usize::from(byte)]);
        let mut words = Self::default();
        let mut at = 0;
        while at < value.len() {
            let start = at;
            let (mut capitals, mut eighths, mut before) = (0, 0, EDGE as u8);
            let next = loop {
                let next = kind(at);
                let follows_small = before < EDGE as u8;
                if next == EDGE as u8 || next & CAPITAL != 0 && follows_small {
                    break next;
                }
                eighths += pair(before, next);
                capitals += usize::from(next & CAPITAL != 0);
                before = next;
                at += 1;
            };
            let length = at - start;
            if length > 0 {
                eighths += pair(before, EDGE as u8);
                words.letters += if length >= 3 && favours_word(eighths, length) { length } else { 0 };
                words.stretches += 1;
                words.eighths += eighths;
                words.mixed += if capitals > 1 && capitals < length { length } else { 0 };
            }
            at += usize::from(next == EDGE as u8);
        }
        words
    }

    /// Whether `value` reads as these words.
    fn make_up(self, value: &[u8]) -> bool {
        let kinds = Kinds::of(value);
        let (letters, digits) = (kinds.letters(), kinds.digits);
        let is_drawn =
            || value.len() >= LONG && self.saved_of(value, letters, digits, Alphabet::of(value)) <= 0;
        self.letters * 5 >= (letters + digits) * 3 && !is_drawn()
    }

    /// How many bits the spelling of `value` as these words saves against the draw, in eighths; of what is
    /// left behind leading words, where that is long and saves less.
    fn saved_of(self, value: &[u8], letters: usize, digits: usize, alphabet: Alphabet) -> i32 {
        let whole = self.saved(value.len(), letters, digits, alphabet);
        // Nearly all that is drawn holds digits or changes its case often, and few names do.
        if whole <= 0 || digits == 0 && self.stretches * 4 <= letters {
            return whole;
        }
        let tail = behind_words(value);
        if tail.len() < LONG || tail.len() == value.len() {
            return whole;
        }
        let kinds = Kinds::of(tail);
        whole.min(Self::of(tail).saved(tail.len(), kinds.letters(), kinds.digits, Alphabet::of(tail)))
    }

    /// How many bits the spelling of so many bytes as words saves against the draw, in eighths.
    fn saved(self, length: usize, letters: usize, digits: usize, alphabet: Alphabet) -> i32 {
        /// A letter or the edge of a word at even odds, in eighths of a bit.
        const EVEN: usize = 38;
        /// That a word begins, and in which case.
        const WORD: usize = 16;
        const DIGIT: usize = 40;
        const JOINT: usize = 24;
        /// Which case, for each letter where it follows no pattern.
        const CASE: usize = 8;
        let spelt = (letters + self.stretches) * EVEN
            + self.stretches * WORD
            + self.mixed * CASE
            + digits * DIGIT
            + (length - letters - digits) * JOINT;
        length as i32 * alphabet.eighths() - (spelt as i32 - self.eighths)
    }
}

/// What is left of a value without the words, and what joins them, at its beginning: `acme_test_4f81c…`.
fn behind_words(value: &[u8]) -> &[u8] {
    let mut rest = value;
    loop {
        let length = rest.iter().take_while(|byte| byte.is_ascii_alphanumeric()).count();
        let part = &rest[..length];
        let is_word = part.iter().all(u8::is_ascii_alphabetic) && (length <= 2 || reads_like_word(part));
        if !is_word || length == rest.len() {
            return rest;
        }
        rest = &rest[length + 1..];
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
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn words_are_told_from_random_letters() {
        for text in [
            "some_function_name", "MySecretValue", "application.settings.key", "CHANGE-THIS-NOW", "Passwort2",
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
            "2024-06-01_12-30-59",
            "configuration_file_name_2",
            "Xk2vQ9mZ4Lw8RtY1bNcAHe7",
        ] {
            let look = Look::at(text.as_bytes());
            assert_eq!(
                is_worded(text.as_bytes()),
                look.is_worded() || look.letters() + look.digits == 0,
                "{text}"
            );
        }
    }

    proptest! {
        #[test]
        fn the_quick_answer_to_chance_is_the_whole_one(
            value in "([a-z]{2,9}[_.-]?){0,6}[A-Za-z0-9+/=_.-]{0,40}|[0-9a-f]{8,70}|[_./=-]{12,20}|[a-z0-9]{10,200}"
        ) {
            let head = &value.as_bytes()[..value.len().min(HEAD)];
            let expected = Look::at(head).is_random() && !is_worded(head);
            prop_assert_eq!(is_random(value.as_bytes()), expected);
        }
    }

    #[test]
    fn names_of_short_parts_are_no_draws() {
        for text in [
            "keyword.flow",
            "keyword.control.$S2",
            "MXR_TKN_MODCFG_MIX_COEFF_0_S32",
            "tcp_v4_ao_calc_key_rsk",
        ] {
            assert!(Look::at(text.as_bytes()).is_worded(), "{text}");
            assert!(!is_random(text.as_bytes()), "{text}");
        }
        for text in [
            "xq_hX9vQ2mZk4L_w8RtY",
            "acme_test_4f81c09ab2e7d356",
            "k3v9.q8x2z7.w4m1",
            "ZQXW_VBNM_KJHG_4829_7351",
        ] {
            assert!(!is_identifier(text.as_bytes(), &Kinds::of(text.as_bytes())), "{text}");
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

//! Classes of bytes that the engine reads by: what belongs to a word, a token, a name.

const WORD: u8 = 1;
const TOKEN: u8 = 2;
const NAME: u8 = 4;
const BLANK: u8 = 8;

static CLASSES: [u8; 256] = {
    let mut classes = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        let b = byte as u8;
        if b.is_ascii_alphanumeric() || b == b'_' {
            classes[byte] |= WORD | TOKEN | NAME;
        }
        if matches!(b, b'+' | b'/' | b'=' | b'.' | b'-') {
            classes[byte] |= TOKEN;
        }
        if matches!(b, b'-' | b'.') {
            classes[byte] |= NAME;
        }
        if matches!(b, b' ' | b'\t') {
            classes[byte] |= BLANK;
        }
        byte += 1;
    }
    classes
};

/// A letter, a digit or an underscore.
pub const fn is_word(byte: u8) -> bool {
    CLASSES[byte as usize] & WORD != 0
}

/// A byte of which tokens are made: `[A-Za-z0-9_+/=.-]`.
pub const fn is_token(byte: u8) -> bool {
    CLASSES[byte as usize] & TOKEN != 0
}

/// A byte of a name with its dots and dashes: `[A-Za-z0-9_.-]`.
pub const fn is_name(byte: u8) -> bool {
    CLASSES[byte as usize] & NAME != 0
}

/// A space or a tab.
pub const fn is_blank(byte: u8) -> bool {
    CLASSES[byte as usize] & BLANK != 0
}

/// The class of a byte among those that forms of values are made of, as one bit.
#[inline]
pub const fn class(byte: u8) -> u16 {
    FORM_CLASSES[byte as usize]
}

/// The classes of a set of bytes, one bit each by their values.
pub fn classes(bytes: u128) -> u16 {
    let of = |class: usize| if bytes & OF_CLASS[class] == 0 { 0 } else { 1 << class };
    (0..OF_CLASS.len()).map(of).sum()
}

/// For each class its bytes below 128.
static OF_CLASS: [u128; 11] = {
    let mut of_class = [0; 11];
    let mut byte = 0;
    while byte < 128 {
        of_class[FORM_CLASSES[byte].trailing_zeros() as usize] |= 1 << byte;
        byte += 1;
    }
    of_class
};

static FORM_CLASSES: [u16; 256] = {
    let mut classes = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        classes[byte] = match byte as u8 {
            b'0'..=b'9' => 1,
            b'a'..=b'f' => 2,
            b'g'..=b'z' => 4,
            b'A'..=b'F' => 8,
            b'G'..=b'Z' => 16,
            b'-' => 32,
            b'_' => 256,
            b'+' | b'=' => 64,
            b'/' => 512,
            b'.' => 1024,
            _ => 128,
        };
        byte += 1;
    }
    classes
};

/// Whether a line begins at `at`, or all of the text behind the mark that tells that it is in UTF-8.
pub fn begins_line(bytes: &[u8], at: usize) -> bool {
    const MARK: &[u8] = "\u{feff}".as_bytes();
    at == 0 || bytes[at - 1] == b'\n' || bytes[..at] == *MARK
}

/// The byte with its case folded: letters become small, and a few signs others.
pub const fn fold(byte: u8) -> u8 {
    byte | 0x20
}

/// Of which kind the bytes of a text of [`Shape::SIZE`] are, one bit a byte.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Shape {
    /// Letters and digits.
    pub letters: u128,
    /// Small letters.
    pub small: u128,
    /// Capitals.
    pub capitals: u128,
}

impl Shape {
    /// How many bytes a text has.
    pub const SIZE: usize = 128;

    /// Looks at the bytes of a text.
    #[inline]
    pub fn of(text: &[u8; Self::SIZE]) -> Self {
        #[cfg(target_arch = "x86_64")]
        // SAFETY: every x86-64 processor has SSE2.
        return unsafe { Self::of_sixteens(text) };
        #[cfg(not(target_arch = "x86_64"))]
        Self::of_each(text)
    }

    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "sse2")]
    #[inline]
    fn of_sixteens(text: &[u8; Self::SIZE]) -> Self {
        use std::arch::x86_64::*;

        let within = |bytes, low: u8, high: u8| {
            let above = _mm_cmpgt_epi8(bytes, _mm_set1_epi8(low as i8 - 1));
            _mm_and_si128(above, _mm_cmplt_epi8(bytes, _mm_set1_epi8(high as i8 + 1)))
        };
        let bits = |bytes| _mm_movemask_epi8(bytes) as u128;
        let mut shape = Self::default();
        let (sixteens, _) = text.as_chunks::<16>();
        for (index, sixteen) in sixteens.iter().enumerate() {
            // SAFETY: the pointer comes from an array of 16 bytes; the load asks for no alignment.
            let bytes = unsafe { _mm_loadu_si128(sixteen.as_ptr().cast()) };
            let of_alphabet = bits(within(_mm_or_si128(bytes, _mm_set1_epi8(fold(0) as i8)), b'a', b'z'));
            // The bit that tells small letters from capitals becomes the top one.
            let small = bits(_mm_slli_epi16::<2>(bytes)) & of_alphabet;
            shape.letters |= (of_alphabet | bits(within(bytes, b'0', b'9'))) << (16 * index);
            shape.small |= small << (16 * index);
            shape.capitals |= (of_alphabet & !small) << (16 * index);
        }
        shape
    }

    #[cfg(not(target_arch = "x86_64"))]
    fn of_each(text: &[u8; Self::SIZE]) -> Self {
        let bits =
            |is: fn(&u8) -> bool| text.iter().rev().fold(0, |bits, byte| bits << 1 | u128::from(is(byte)));
        Self {
            letters: bits(u8::is_ascii_alphanumeric),
            small: bits(u8::is_ascii_lowercase),
            capitals: bits(u8::is_ascii_uppercase),
        }
    }
}

/// The offset of the first byte at or after `from` for which `keep` does not hold, `limit` at most.
pub fn skip(bytes: &[u8], from: usize, limit: usize, keep: impl Fn(u8) -> bool) -> usize {
    let limit = limit.min(bytes.len());
    let mut at = from.min(limit);
    while at < limit && keep(bytes[at]) {
        at += 1;
    }
    at
}

/// The offset after the last byte before `from` for which `keep` does not hold, `limit` at least.
pub fn skip_back(bytes: &[u8], from: usize, limit: usize, keep: impl Fn(u8) -> bool) -> usize {
    let mut at = from;
    while at > limit && keep(bytes[at - 1]) {
        at -= 1;
    }
    at
}

/// Whether a token can begin at `at`: no word byte stands before it, unless that byte ends an escape
/// (`\n`, `%3D`, `\u0022`) in which it is no letter of its own.
pub fn starts_token(bytes: &[u8], at: usize) -> bool {
    let Some(&before) = at.checked_sub(1).and_then(|index| bytes.get(index)) else { return true };
    if !is_word(before) {
        return true;
    }
    let earlier = |back: usize| at.checked_sub(back).map(|index| bytes[index]);
    let hex = |back: usize| earlier(back).is_some_and(|b| b.is_ascii_hexdigit());
    (matches!(before, b'n' | b't' | b'r' | b'b' | b'f' | b'0') && earlier(2) == Some(b'\\'))
        || (earlier(3) == Some(b'%') && hex(2) && hex(1))
        || (earlier(4) == Some(b'\\') && earlier(3) == Some(b'x') && hex(2) && hex(1))
        || (earlier(6) == Some(b'\\') && earlier(5) == Some(b'u') && (1..=4).all(hex))
}

/// How many bytes before it [`starts_token`] looks at.
pub const START_REACH: usize = 6;

/// Whether a token can end before `at`: no word byte follows.
pub fn ends_token(bytes: &[u8], at: usize) -> bool {
    bytes.get(at).is_none_or(|&after| !is_word(after))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shape_of_a_text_is_that_of_its_bytes() {
        for first in 0..=u8::MAX {
            let text: [u8; Shape::SIZE] = std::array::from_fn(|at| first.wrapping_add((7 * at) as u8));
            let mask = |is: fn(&u8) -> bool| {
                text.iter().rev().fold(0_u128, |mask, byte| mask << 1 | u128::from(is(byte)))
            };
            let expected = Shape {
                letters: mask(u8::is_ascii_alphanumeric),
                small: mask(u8::is_ascii_lowercase),
                capitals: mask(u8::is_ascii_uppercase),
            };
            assert_eq!(Shape::of(&text), expected, "{first}");
        }
    }

    #[test]
    fn a_set_of_bytes_has_the_classes_of_its_bytes() {
        for (one, other) in (0..128_u8).zip((0..128).rev()) {
            assert_eq!(classes(1 << one | 1 << other), class(one) | class(other), "{one}, {other}");
        }
        assert_eq!(classes(0), 0);
    }

    #[test]
    fn escapes_do_not_hide_where_a_token_begins() {
        for text in ["\\ntok", "%3Dtok", "\\x1btok", "\\u0022tok", "=tok", "tok"] {
            assert!(starts_token(text.as_bytes(), text.len() - 3), "{text}");
        }
        for text in ["atok", "_tok", "3Dtok", "0022tok"] {
            assert!(!starts_token(text.as_bytes(), text.len() - 3), "{text}");
        }
    }
}

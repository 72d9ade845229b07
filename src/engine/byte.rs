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

/// The byte with its case folded: letters become small, and a few signs others.
pub const fn fold(byte: u8) -> u8 {
    byte | 0x20
}

/// Of which kind the bytes of a short text are, one bit a byte.
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
    /// Looks at the bytes of a text, of which there are fewer than 128, eight at a time.
    #[inline]
    pub fn of(text: &[u8]) -> Self {
        let (first, second) = text.split_at(text.len().min(64));
        let ([letters, small, capitals], more) = (Self::half(first), Self::half(second));
        let both = |first, second| u128::from(first) | u128::from(second) << 64;
        Self {
            letters: both(letters, more[0]),
            small: both(small, more[1]),
            capitals: both(capitals, more[2]),
        }
    }

    /// Letters and digits, small letters and capitals of up to 64 bytes.
    #[inline(always)]
    fn half(text: &[u8]) -> [u64; 3] {
        let mut shape = [0; 3];
        let (eights, rest) = text.as_chunks::<8>();
        let mut last = [0; 8];
        last[..rest.len()].copy_from_slice(rest);
        let mut add = |index: usize, eight: [u8; 8]| {
            let eight = u64::from_le_bytes(eight);
            let (small, capitals) = (within(eight, b'a', b'z'), within(eight, b'A', b'Z'));
            let letters = small | capitals | within(eight, b'0', b'9');
            for (all, kind) in shape.iter_mut().zip([letters, small, capitals]) {
                *all |= bits(kind) << (8 * index);
            }
        };
        eights.iter().enumerate().for_each(|(index, eight)| add(index, *eight));
        if !rest.is_empty() {
            add(eights.len(), last);
        }
        shape
    }
}

/// The top bit of each of eight bytes that lies between two of ASCII.
const fn within(eight: u64, low: u8, high: u8) -> u64 {
    const EACH: u64 = 0x0101_0101_0101_0101;
    const TOP: u64 = 0x80 * EACH;
    let ascii = eight & !TOP;
    let at_least = ascii + (0x80 - low as u64) * EACH;
    let above = ascii + (0x7F - high as u64) * EACH;
    at_least & !above & !eight & TOP
}

/// The top bits of eight bytes, side by side.
const fn bits(eight: u64) -> u64 {
    (eight >> 7).wrapping_mul(0x0102_0408_1020_4080) >> 56
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
            let text: Vec<u8> = (0..100_u8).map(|at| first.wrapping_add(at.wrapping_mul(7))).collect();
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
    fn escapes_do_not_hide_where_a_token_begins() {
        for text in ["\\ntok", "%3Dtok", "\\x1btok", "\\u0022tok", "=tok", "tok"] {
            assert!(starts_token(text.as_bytes(), text.len() - 3), "{text}");
        }
        for text in ["atok", "_tok", "3Dtok", "0022tok"] {
            assert!(!starts_token(text.as_bytes(), text.len() - 3), "{text}");
        }
    }
}

//! Base64 and base64url, with or without padding.

use super::{Decoded, Encoding, is_plain};
use crate::span::Span;

/// What no digit stands for.
const NONE: u8 = 0x80;

/// The value of each digit of either alphabet.
static DIGITS: [u8; 256] = {
    let mut digits = [NONE; 256];
    let mut value = 0;
    while value < 26 {
        digits[b'A' as usize + value] = value as u8;
        digits[b'a' as usize + value] = value as u8 + 26;
        value += 1;
    }
    value = 0;
    while value < 10 {
        digits[b'0' as usize + value] = value as u8 + 52;
        value += 1;
    }
    digits[b'+' as usize] = 62;
    digits[b'-' as usize] = 62;
    digits[b'/' as usize] = 63;
    digits[b'_' as usize] = 63;
    digits
};

/// Whether the first twelve digits stand for nine bytes of plain text: one in 7,000 values does by chance.
#[inline]
pub fn begins_text(text: &[u8]) -> bool {
    text.len() >= 12
        && text[..12].as_chunks::<4>().0.iter().all(|group| {
            let digits = group.map(|digit| DIGITS[usize::from(digit)]);
            let valid = digits.iter().fold(0, |all, digit| all | digit) & NONE == 0;
            valid && bytes_of(digits).into_iter().all(is_plain)
        })
}

fn bytes_of([a, b, c, d]: [u8; 4]) -> [u8; 3] {
    [a << 2 | b >> 4, b << 4 | c >> 2, c << 6 | d]
}

/// The text that the digits in `value` stand for; `None` if they stand for none.
pub fn decode(bytes: &[u8], value: Span) -> Option<Decoded> {
    let text = value.of(bytes);
    let has = |one: u8, other: u8| text.iter().any(|&b| b == one || b == other);
    let is_url = has(b'-', b'_');
    if is_url && has(b'+', b'/') || text.len() % 4 == 1 {
        return None;
    }
    let mut decoded = Decoded::new(if is_url { Encoding::Base64url } else { Encoding::Base64 });
    for (index, group) in text.chunks(4).enumerate() {
        let mut digits = [0; 4];
        for (digit, &byte) in digits.iter_mut().zip(group) {
            *digit = DIGITS[usize::from(byte)];
            if *digit == NONE {
                return None;
            }
        }
        let start = value.start + index * 4;
        for (nth, byte) in bytes_of(digits).into_iter().take(group.len() - 1).enumerate() {
            // The n-th byte lies in the n-th digit and the one behind it.
            decoded.push(byte, Span::new(start + nth, start + nth + 2));
        }
    }
    decoded.whole()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod tests {
    use super::*;

    #[test]
    fn text_is_told_and_each_byte_lies_where_it_came_from() {
        for text in ["db_password: v7", "the same again, longer?", "\tfirst\r\nsecond ßλ"] {
            let digits = data_encoding::BASE64_NOPAD.encode(text.as_bytes());
            assert!(begins_text(digits.as_bytes()), "{text}");
            let blob = format!("  {digits}==");
            let decoded = decode(blob.as_bytes(), Span::new(2, 2 + digits.len())).unwrap();
            assert_eq!(decoded.bytes, text.as_bytes());
            for at in 0..text.len() {
                let origin = decoded.origin(Span::new(at, at + 1));
                assert_eq!((origin.start, origin.len()), (2 + at / 3 * 4 + at % 3, 2), "{text} {at}");
            }
        }
    }

    #[test]
    fn what_stands_for_no_text_is_left() {
        for value in ["q83vEjRWeJCrze8SNFZ4kA", "getElementsByClassName", "iVBORw0KGgoAAAANSUhEUg"] {
            assert!(!begins_text(value.as_bytes()), "{value}");
        }
        let mixed = "ZGJfcGFzc3dvcmQ6-+AA";
        assert!(decode(mixed.as_bytes(), Span::new(0, mixed.len())).is_none());
    }
}

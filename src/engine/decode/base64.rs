//! Base64 and base64url, with or without padding.

use std::ops::RangeInclusive;

use super::{Decoded, Encoding, is_plain, is_text};
use crate::engine::byte;
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
    append(&mut decoded, bytes, value)?;
    decoded.whole()
}

/// Appends the bytes that the digits in `value` stand for; `None` if they are no digits.
fn append(decoded: &mut Decoded, bytes: &[u8], value: Span) -> Option<()> {
    for (index, group) in value.of(bytes).chunks(4).enumerate() {
        let mut digits = [0; 4];
        for (digit, &byte) in digits.iter_mut().zip(group) {
            *digit = DIGITS[usize::from(byte)];
            if *digit == NONE {
                return None;
            }
        }
        let start = value.start + index * 4;
        for (nth, byte) in bytes_of(digits).into_iter().take(group.len().saturating_sub(1)).enumerate() {
            // The n-th byte lies in the n-th digit and the one behind it.
            decoded.push(byte, Span::new(start + nth, start + nth + 2));
        }
    }
    Some(())
}

/// How long lines of wrapped base64 are.
pub const WRAPPED: RangeInclusive<usize> = 56..=100;
/// How far apart two of them may be: the end of one and how far the next is indented.
const BETWEEN: usize = 24;

/// The text of a line, the one before it and two behind it, of which what lies on both sides of the line's end is
/// the part that was decoded.
pub fn decode_line_end(bytes: &[u8], line: Span) -> Option<Decoded> {
    let between = |b: u8| matches!(b, b' ' | b'\t' | b'\r' | b'\n');
    let is_digit = |b: u8| DIGITS[usize::from(b)] != NONE;
    let mut decoded = Decoded::new(Encoding::Base64);
    let end = byte::skip_back(bytes, line.start, line.start.saturating_sub(BETWEEN), between);
    let before = Span::new(byte::skip_back(bytes, end, end.saturating_sub(line.len()), is_digit), end);
    if before.len() == line.len() && end < line.start {
        append(&mut decoded, bytes, before)?;
    }
    append(&mut decoded, bytes, line)?;
    let seam = decoded.bytes.len();
    let mut last = line;
    for _ in 0..2 {
        let start = byte::skip(bytes, last.end, last.end + BETWEEN, between);
        let next = Span::new(start, byte::skip(bytes, start, start + line.len(), is_digit));
        // Only the last line of all is shorter.
        if last.len() < line.len() || next.is_empty() || next.len() % 4 == 1 {
            break;
        }
        append(&mut decoded, bytes, next)?;
        last = next;
    }
    if decoded.bytes.len() == seam || !is_text(&decoded.bytes) {
        return None;
    }
    (decoded.part, decoded.is_line_end) = (Span::new(seam - 1, seam + 1), true);
    Some(decoded)
}

/// Whether the first digits stand for text in ASCII of two bytes a character, as PowerShell takes its commands.
#[inline]
pub fn begins_wide_text(text: &[u8]) -> bool {
    // Of such text, the fifth digit holds nothing and the third next to nothing.
    matches!(text, [_, _, b'A' | b'B', _, b'A', _, ..])
        && text.len() >= 16
        && text[..16].as_chunks::<4>().0.iter().enumerate().all(|(index, group)| {
            let digits = group.map(|digit| DIGITS[usize::from(digit)]);
            let valid = digits.iter().fold(0, |all, digit| all | digit) & NONE == 0;
            let is_right = |(nth, byte)| if (3 * index + nth) % 2 == 0 { is_plain(byte) } else { byte == 0 };
            valid && bytes_of(digits).into_iter().enumerate().all(is_right)
        })
}

/// The text of two bytes a character that the digits in `value` stand for, if all of it is ASCII.
pub fn decode_wide(bytes: &[u8], value: Span) -> Option<Decoded> {
    let mut wide = Decoded::new(Encoding::Base64);
    append(&mut wide, bytes, value)?;
    let mut decoded = Decoded::new(Encoding::Base64);
    for (pair, origins) in wide.bytes.chunks_exact(2).zip(wide.origins.chunks_exact(2)) {
        let [byte, 0] = *pair else { return None };
        decoded.push(byte, origins[0].union(origins[1]));
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
    fn text_of_two_bytes_a_character_is_told() {
        let wide: Vec<u8> = "$token = 'v7'".bytes().flat_map(|byte| [byte, 0]).collect();
        let digits = data_encoding::BASE64_NOPAD.encode(&wide);
        assert!(begins_wide_text(digits.as_bytes()) && !begins_text(digits.as_bytes()));
        let decoded = decode_wide(digits.as_bytes(), Span::new(0, digits.len())).unwrap();
        assert_eq!(decoded.bytes, b"$token = 'v7'");
        assert_eq!(decoded.origin(Span::new(0, 3)), Span::new(0, 8));
        assert!(!begins_wide_text(b"JAByAGUAcwB1AGwA"[1..].into()));
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

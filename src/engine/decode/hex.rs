//! Two hexadecimal digits a byte.

use super::{Decoded, Encoding, is_plain};
use crate::span::Span;

fn digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).map(|digit| digit as u8)
}

/// The byte that two digits stand for.
pub fn byte(digits: &[u8]) -> Option<u8> {
    match digits {
        [high, low] => Some(digit(*high)? << 4 | digit(*low)?),
        _ => None,
    }
}

/// Whether the first twenty digits stand for ten bytes of plain text: one digest in 20,000 does by chance.
#[inline]
pub fn begins_text(text: &[u8]) -> bool {
    text.len() >= 20 && text[..20].chunks(2).all(|digits| byte(digits).is_some_and(is_plain))
}

/// The text that the digits in `value` stand for; `None` if they stand for none.
pub fn decode(bytes: &[u8], value: Span) -> Option<Decoded> {
    let mut decoded = Decoded::new(Encoding::Hex);
    for (index, digits) in value.of(bytes).chunks(2).enumerate() {
        let start = value.start + index * 2;
        decoded.push(byte(digits)?, Span::new(start, start + 2));
    }
    decoded.whole()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod tests {
    use super::*;

    #[test]
    fn text_is_told_from_digests() {
        let digits = data_encoding::HEXLOWER.encode(b"api_token=v7");
        assert!(begins_text(digits.as_bytes()));
        let decoded = decode(digits.as_bytes(), Span::new(0, digits.len())).unwrap();
        assert_eq!(decoded.bytes, b"api_token=v7");
        assert_eq!(decoded.origin(Span::new(10, 12)), Span::new(20, 24));
        assert!(!begins_text(b"9f86d081884c7d659a2feaa0"));
        assert!(decode(b"6170695", Span::new(0, 7)).is_none(), "half a byte is left over");
    }
}

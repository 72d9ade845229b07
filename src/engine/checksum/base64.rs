//! Base64 as tokens carry it: either alphabet, padded or not, trailing bits of any value.

const NONE: u8 = 0xff;

const VALUES: [u8; 256] = {
    let mut values = [NONE; 256];
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut digit = 0;
    while digit < 64 {
        values[alphabet[digit] as usize] = digit as u8;
        digit += 1;
    }
    values[b'-' as usize] = 62;
    values[b'_' as usize] = 63;
    values
};

/// Whether `byte` is a digit of base64 or base64url; padding is none.
pub fn is_digit(byte: u8) -> bool {
    VALUES[usize::from(byte)] != NONE
}

/// The bytes that `text` stands for, `=` at its end ignored.
///
/// `None` if another character stands in it, or a single digit is left over.
pub fn decode(text: &[u8]) -> Option<Vec<u8>> {
    let digits = trim_padding(text);
    if digits.len() % 4 == 1 {
        return None;
    }
    let mut bytes = Vec::with_capacity(digits.len() * 3 / 4 + 3);
    for quad in digits.chunks(4) {
        let mut bits = 0u32;
        for digit in quad {
            let value = VALUES[usize::from(*digit)];
            if value == NONE {
                return None;
            }
            bits = bits << 6 | u32::from(value);
        }
        bits <<= 6 * (4 - quad.len());
        bytes.extend_from_slice(&bits.to_be_bytes()[1..quad.len()]);
    }
    Some(bytes)
}

/// The bytes of the longest beginning of `text` that is base64; a single digit left over is dropped.
pub fn decode_prefix(text: &[u8]) -> Vec<u8> {
    let digits = text.iter().take_while(|byte| is_digit(**byte)).count();
    let whole = if digits % 4 == 1 { digits - 1 } else { digits };
    decode(&text[..whole]).unwrap_or_default()
}

fn trim_padding(text: &[u8]) -> &[u8] {
    let padding = text.iter().rev().take_while(|byte| **byte == b'=').count();
    &text[..text.len() - padding]
}

#[cfg(test)]
mod tests {
    use super::*;
    use data_encoding::{BASE64, BASE64URL_NOPAD};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn agrees_with_both_alphabets(bytes: Vec<u8>) {
            for encoding in [BASE64, BASE64URL_NOPAD] {
                prop_assert_eq!(decode(encoding.encode(&bytes).as_bytes()), Some(bytes.clone()));
            }
        }
    }

    #[test]
    fn refuses_what_is_not_base64() {
        assert_eq!(decode(b"AAA A"), None);
        assert_eq!(decode(b"AAAAA"), None);
        assert_eq!(decode(b"AB=C"), None);
        assert_eq!(decode(b""), Some(Vec::new()));
        assert_eq!(decode_prefix(b"YWJjZGVm..."), b"abcdef");
    }
}

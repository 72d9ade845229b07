//! Numbers written in a radix and alphabet of a vendor's choice, most significant digit first.

/// Digits, upper-case letters, lower-case letters.
pub const BASE62: &[u8] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
/// Digits and lower-case letters.
pub const BASE36: &[u8] = b"0123456789abcdefghijklmnopqrstuvwxyz";

/// `number` in the digits of `alphabet`, padded on the left with its zero digit to `width`.
pub fn encode(mut number: u64, alphabet: &[u8], width: usize) -> String {
    let radix = alphabet.len() as u64;
    let mut digits = Vec::with_capacity(width);
    while number > 0 || digits.len() < width {
        digits.push(alphabet[(number % radix) as usize]);
        number /= radix;
    }
    digits.reverse();
    String::from_utf8_lossy(&digits).into_owned()
}

/// The number that `digits` of `alphabet` stand for; `None` for a foreign character or an overflow.
pub fn decode(digits: &[u8], alphabet: &[u8]) -> Option<u64> {
    digits.iter().try_fold(0u64, |number, byte| {
        let digit = memchr::memchr(*byte, alphabet)?;
        number.checked_mul(alphabet.len() as u64)?.checked_add(digit as u64)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pads_and_reads_back() {
        assert_eq!(encode(0, BASE62, 6), "000000");
        assert_eq!(encode(61, BASE62, 1), "z");
        assert_eq!(encode(u64::from(u32::MAX), BASE36, 7), "1z141z3");
        assert_eq!(decode(b"1z141z3", BASE36), Some(u64::from(u32::MAX)));
        assert_eq!(decode(b"A", BASE36), None);
        assert_eq!(decode(&[b'z'; 40], BASE36), None);
    }
}

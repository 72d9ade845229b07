//! Base32 with a CRC-16 (XMODEM) over the bytes before it, its lowest byte first.
//!
//! Sources: Stellar's SEP 23 (strkey) and NATS' nkeys.

use data_encoding::BASE32_NOPAD;

use super::Evidence;
use crate::engine::Proof;

const CRC_BYTES: usize = 2;
/// Seeds have 56 and 58 characters; longer texts are none.
const MAX_CHARS: usize = 128;

/// Whether the last two bytes fit those before.
pub fn crc16(token: &[u8]) -> Evidence {
    if token.len() > MAX_CHARS {
        return Evidence::new(Proof::Unknown);
    }
    let bytes = BASE32_NOPAD.decode(token).unwrap_or_default();
    let holds = bytes.len().checked_sub(CRC_BYTES).filter(|length| *length > 0).is_some_and(|length| {
        let (body, claimed) = bytes.split_at(length);
        crc(body).to_le_bytes() == claimed
    });
    Evidence::certain(holds)
}

/// The characters that complete `token_so_far`; bits that it leaves over before the CRC are zero.
pub fn complete_crc16(token_so_far: &[u8]) -> Option<String> {
    let body_bytes = (token_so_far.len() * 5).div_ceil(8);
    let padded = [token_so_far, b"AAAAAAAA"].concat();
    let whole = &padded[..token_so_far.len().next_multiple_of(8)];
    let mut bytes = BASE32_NOPAD.decode(whole).ok().filter(|bytes| !bytes.is_empty())?;
    bytes.truncate(body_bytes);
    bytes.extend(crc(&bytes).to_le_bytes());
    BASE32_NOPAD.encode(&bytes).get(token_so_far.len()..).map(str::to_owned)
}

fn crc(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0, |crc, byte| {
        (0..8).fold(
            crc ^ u16::from(*byte) << 8,
            |crc, _| if crc >> 15 == 1 { crc << 1 ^ 0x1021 } else { crc << 1 },
        )
    })
}

#[cfg(test)]
mod tests {
    use super::super::tests::{completes, refutes};
    use crate::engine::Proof;
    use crate::rule::Checksum;

    /// The check value that descriptions of CRC-16/XMODEM give.
    #[test]
    fn the_polynomial_is_xmodems() {
        assert_eq!(super::crc(b"123456789"), 0x31c3);
    }

    #[test]
    fn seeds_hold_and_break() {
        for (kind, body, chars) in [("SB", 50, 56), ("SU", 52, 58)] {
            let random: String = (0..body).map(|n| char::from(b'A' + (n * 7 % 26) as u8)).collect();
            let token = completes(Checksum::Base32Crc16, &format!("{kind}{random}"));
            assert_eq!(token.len(), chars);
            refutes(Checksum::Base32Crc16, &token, Proof::Malformed);
        }
    }
}

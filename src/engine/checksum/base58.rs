//! Base58Check: base58 with the first four bytes of a double SHA-256 at the end.
//!
//! Source: Bitcoin's developer reference; BIP 32 and Tezos use it alike.

use sha2::{Digest, Sha256};

use super::Evidence;
use crate::engine::Proof;

const ALPHABET: &[u8; 58] = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
const CHECK_BYTES: usize = 4;
/// Decoding takes time square to the length; the longest token of this form has 111 characters.
const MAX_CHARS: usize = 128;

/// Whether the last four bytes fit those before; the network of a Bitcoin key is read out.
pub fn check(token: &[u8]) -> Evidence {
    if token.len() > MAX_CHARS {
        return Evidence::new(Proof::Unknown);
    }
    let Some(bytes) = decode(token).filter(|bytes| bytes.len() > CHECK_BYTES) else {
        return Evidence::new(Proof::Malformed);
    };
    let (payload, claimed) = bytes.split_at(bytes.len() - CHECK_BYTES);
    let evidence = Evidence::certain(Sha256::digest(Sha256::digest(payload))[..CHECK_BYTES] == *claimed);
    match (payload.len(), payload[0]) {
        (33 | 34, 0x80) => evidence.fact("network", "main"),
        (33 | 34, 0xef) => evidence.fact("network", "test"),
        _ => evidence,
    }
}

fn decode(token: &[u8]) -> Option<Vec<u8>> {
    let zeros = token.iter().take_while(|byte| **byte == b'1').count();
    // Lowest byte first.
    let mut number: Vec<u8> = Vec::new();
    for byte in token {
        let mut carry = memchr::memchr(*byte, ALPHABET)? as u32;
        for place in &mut number {
            carry += u32::from(*place) * 58;
            *place = carry as u8;
            carry >>= 8;
        }
        if carry > 0 {
            number.push(carry as u8);
        }
    }
    number.resize(number.len() + zeros, 0);
    number.reverse();
    Some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encode(payload: &[u8]) -> String {
        let check = Sha256::digest(Sha256::digest(payload));
        let mut number = [payload, &check[..CHECK_BYTES]].concat();
        let mut digits = Vec::new();
        while number.iter().any(|byte| *byte > 0) {
            let mut rest = 0u32;
            for byte in &mut number {
                rest = rest << 8 | u32::from(*byte);
                *byte = (rest / 58) as u8;
                rest %= 58;
            }
            digits.push(ALPHABET[rest as usize]);
        }
        digits.extend(payload.iter().take_while(|byte| **byte == 0).map(|_| b'1'));
        digits.reverse();
        String::from_utf8(digits).expect("ASCII")
    }

    #[test]
    fn keys_hold_and_break() {
        for (payload, network) in [
            ([&[0x80][..], &[0x5c; 32]].concat(), Some("main")),
            ([&[0xef][..], &[0x5c; 32], &[1]].concat(), Some("test")),
            ([&[0x04, 0x88, 0xad, 0xe4][..], &[0x37; 74]].concat(), None),
            ([&[0, 0][..], &[0x37; 20]].concat(), None),
        ] {
            let key = encode(&payload);
            assert_eq!(decode(key.as_bytes()).map(|bytes| bytes[..payload.len()].to_vec()), Some(payload));
            let evidence = check(key.as_bytes());
            assert_eq!(evidence.proof, Proof::Proven);
            assert_eq!(evidence.facts.first().map(|(_, value)| value.as_str()), network);
            super::super::tests::refutes(crate::rule::Checksum::Base58check, &key, Proof::Malformed);
        }
    }

    #[test]
    fn foreign_characters_are_malformed() {
        assert_eq!(check(b"5KJ0OIl").proof, Proof::Malformed);
        assert_eq!(check(b"").proof, Proof::Malformed);
    }
}

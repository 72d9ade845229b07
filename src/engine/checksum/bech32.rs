//! Bech32 and Bech32m: a name, `1`, data, and six characters of a BCH code over all of it.
//!
//! Sources: BIP 173 and BIP 350. age, Nostr, Cardano and Sui use them for keys; age lifts the limit of
//! 90 characters, so none is set here.

use super::Evidence;

const ALPHABET: &[u8; 32] = b"qpzry9x8gf2tvdw0s3jn54khce6mua7l";
const CHECK_CHARS: usize = 6;
/// What the code of a whole token comes to: Bech32, Bech32m.
const RESIDUES: [u32; 2] = [1, 0x2bc8_30a3];

/// Whether the code holds; mixed case is malformed, as the standard has it.
pub fn prove(token: &[u8]) -> Evidence {
    let mixed = token.iter().any(u8::is_ascii_lowercase) && token.iter().any(u8::is_ascii_uppercase);
    let residue = state(token).map(|(state, data)| (data >= CHECK_CHARS).then_some(state));
    Evidence::certain(!mixed && matches!(residue, Some(Some(residue)) if RESIDUES.contains(&residue)))
}

/// The six characters that complete `token_so_far`, in its case.
pub fn complete(token_so_far: &[u8]) -> Option<String> {
    let (state, _) = state(token_so_far)?;
    let state = (0..CHECK_CHARS).fold(state, |state, _| step(state, 0)) ^ RESIDUES[0];
    let digits =
        (0..CHECK_CHARS).rev().map(|place| char::from(ALPHABET[(state >> (5 * place) & 31) as usize]));
    let tail: String = digits.collect();
    Some(if token_so_far.iter().any(u8::is_ascii_uppercase) { tail.to_uppercase() } else { tail })
}

/// The code's state after name and data, and the number of data characters; `None` if it is no Bech32.
fn state(token: &[u8]) -> Option<(u32, usize)> {
    let split = memchr::memrchr(b'1', token).filter(|split| *split > 0)?;
    let (name, data) = (&token[..split], &token[split + 1..]);
    let high = name.iter().fold(1, |state, byte| step(state, u32::from(byte.to_ascii_lowercase()) >> 5));
    let low = name.iter().fold(step(high, 0), |state, byte| step(state, u32::from(*byte) & 31));
    let state = data.iter().try_fold(low, |state, byte| {
        Some(step(state, memchr::memchr(byte.to_ascii_lowercase(), ALPHABET)? as u32))
    })?;
    Some((state, data.len()))
}

fn step(state: u32, value: u32) -> u32 {
    const GENERATOR: [u32; 5] = [0x3b6a_57b2, 0x2650_8e6d, 0x1ea1_19fa, 0x3d42_33dd, 0x2a14_62b3];
    let mixed = (state & 0x01ff_ffff) << 5 ^ value;
    GENERATOR.iter().enumerate().fold(mixed, |mixed, (bit, generator)| {
        if state >> (25 + bit) & 1 == 1 { mixed ^ generator } else { mixed }
    })
}

#[cfg(test)]
mod tests {
    use super::super::tests::{completes, refutes};
    use super::*;
    use crate::engine::Proof;
    use crate::rule::Checksum;

    #[test]
    fn agrees_with_the_standards_vectors() {
        for valid in
            ["A12UEL5L", "a12uel5l", "?1ezyfcl", "abcdef1qpzry9x8gf2tvdw0s3jn54khce6mua7lmqqqxw", "A1LQFN3A"]
        {
            assert_eq!(prove(valid.as_bytes()).proof, Proof::Proven, "{valid}");
        }
        for invalid in ["A12uEL5L", "a12uel5m", "10a06t8", "1qzzfhee", "pzry9x0s0muk", "x1b4n0q5v", "a1lqfn3"]
        {
            assert_eq!(prove(invalid.as_bytes()).proof, Proof::Malformed, "{invalid}");
        }
    }

    #[test]
    fn keys_hold_and_break_in_either_case() {
        for name in ["AGE-SECRET-KEY-1", "nsec1"] {
            let data: String = (0..52).map(|n| char::from(ALPHABET[n * 11 % 32])).collect();
            let data = if name.starts_with('A') { data.to_uppercase() } else { data };
            let token = completes(Checksum::Bech32, &format!("{name}{data}"));
            refutes(Checksum::Bech32, &token, Proof::Malformed);
        }
    }
}

//! crates.io tokens of trusted publishing: `cio_tp_`, 31 characters and one of XOR.
//!
//! Source: the registry's own `crates_io_trustpub::access_token`. One wrong character in 62 goes
//! unnoticed, so this refutes better than it proves.

use super::Evidence;

const PREFIX: &[u8] = b"cio_tp_";
const BODY: usize = 31;
const ALPHABET: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/// Whether the last character is that of the 31 before it.
pub fn prove(token: &[u8]) -> Evidence {
    match token.strip_prefix(PREFIX) {
        Some(rest) if rest.len() == BODY + 1 => Evidence::certain(check(&rest[..BODY]) == rest[BODY]),
        _ => Evidence::believed(false),
    }
}

/// The character that completes `token_so_far`.
pub fn complete(token_so_far: &[u8]) -> Option<String> {
    let body = token_so_far.strip_prefix(PREFIX).filter(|body| body.len() == BODY)?;
    Some(char::from(check(body)).into())
}

fn check(body: &[u8]) -> u8 {
    let folded = body.iter().fold(0, |folded, byte| folded ^ byte);
    ALPHABET[usize::from(folded) % ALPHABET.len()]
}

#[cfg(test)]
mod tests {
    use super::super::tests::{completes, refutes, sample};
    use crate::engine::Proof;
    use crate::rule::Checksum;

    #[test]
    fn the_last_character_is_checked() {
        let token = completes(Checksum::CratesIo, &format!("cio_tp_{}", sample(31)));
        refutes(Checksum::CratesIo, &token, Proof::Malformed);
    }
}

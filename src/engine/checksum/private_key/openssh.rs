//! OpenSSH's own format. Source: `PROTOCOL.key` of OpenSSH.
//!
//! A magic, cipher, key derivation and its options, a count, the public key, and the private part, which
//! begins with the same number twice: an unencrypted key proves itself by it.

use crate::engine::Proof;
use crate::engine::checksum::Evidence;

/// How the format begins.
pub const MAGIC: &[u8] = b"openssh-key-v1\0";
/// Cipher names, key types and options are short; longer ones are no beginning of a key.
const MAX_NAME: usize = 256;

/// Judges the bytes of a block; with the cipher's name at hand, the rest may be cut off.
pub fn prove(bytes: &[u8]) -> Evidence {
    let Some(rest) = bytes.strip_prefix(MAGIC) else { return Evidence::new(Proof::Malformed) };
    let mut fields = Fields(rest);
    let Some(cipher) = fields.name() else { return Evidence::new(Proof::Unknown) };
    let (_derivation, _options) = (fields.name(), fields.name());
    let _count = fields.number();
    let public = fields.public();
    let algorithm = Fields(public.unwrap_or_default()).name().unwrap_or_default();
    let evidence = match cipher {
        b"none" => Evidence::new(private(&mut fields)),
        _ => Evidence::new(Proof::Encrypted).fact("encryption", String::from_utf8_lossy(cipher)),
    };
    let bits = public.filter(|_| algorithm == b"ssh-rsa").and_then(modulus_bits);
    evidence
        .fact("algorithm", String::from_utf8_lossy(algorithm))
        .fact("bits", bits.map(|bits| bits.to_string()).unwrap_or_default())
}

fn private(fields: &mut Fields<'_>) -> Proof {
    match (fields.string(), fields.0) {
        (Some([a0, a1, a2, a3, b0, b1, b2, b3, ..]), []) => match [a0, a1, a2, a3] == [b0, b1, b2, b3] {
            true => Proof::Proven,
            false => Proof::Malformed,
        },
        _ => Proof::Unknown,
    }
}

/// The bits of the modulus, of which only length and first bytes need be there.
fn modulus_bits(public: &[u8]) -> Option<usize> {
    let mut fields = Fields(public);
    let (_algorithm, _exponent) = (fields.name()?, fields.name()?);
    let length = fields.number()?;
    let zeros = usize::from(fields.0.first() == Some(&0));
    let first = fields.0.get(zeros)?;
    (length as usize).checked_sub(zeros)?.checked_mul(8)?.checked_sub(first.leading_zeros() as usize)
}

/// Numbers of four bytes, and strings with such a number as their length.
struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    fn number(&mut self) -> Option<u32> {
        let (number, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(u32::from_be_bytes(*number))
    }

    fn string(&mut self) -> Option<&'a [u8]> {
        let length = self.number()?;
        let (string, rest) = self.0.split_at_checked(length as usize)?;
        self.0 = rest;
        Some(string)
    }

    fn name(&mut self) -> Option<&'a [u8]> {
        self.string().filter(|name| name.len() <= MAX_NAME)
    }

    /// The public key, or as much of it as is there.
    fn public(&mut self) -> Option<&'a [u8]> {
        let length = self.number()? as usize;
        let (public, rest) = self.0.split_at(length.min(self.0.len()));
        self.0 = rest;
        Some(public)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn string(bytes: &[u8]) -> Vec<u8> {
        [&(bytes.len() as u32).to_be_bytes()[..], bytes].concat()
    }

    fn key(cipher: &str, check: [u32; 2]) -> Vec<u8> {
        let public =
            [string(b"ssh-rsa"), string(&[1, 0, 1]), string(&[&[0][..], &[0xa7; 256]].concat())].concat();
        let check = check.map(u32::to_be_bytes).concat();
        let private = string(&[&check[..], &[0x5c; 600]].concat());
        let names = [string(cipher.as_bytes()), string(b"none"), string(b""), 1u32.to_be_bytes().to_vec()];
        [MAGIC.to_vec(), names.concat(), string(&public), private].concat()
    }

    #[test]
    fn clear_keys_prove_themselves() {
        let evidence = prove(&key("none", [7, 7]));
        assert_eq!(evidence.proof, Proof::Proven);
        let facts = [("algorithm", "ssh-rsa"), ("bits", "2048")];
        assert_eq!(evidence.facts, facts.map(|(name, value)| (name, value.to_owned())));
        assert_eq!(prove(&key("none", [7, 8])).proof, Proof::Malformed);
    }

    #[test]
    fn beginnings_are_unknown_or_encrypted() {
        for length in [MAGIC.len(), 30, 48, 200] {
            assert_eq!(prove(&key("none", [7, 7])[..length]).proof, Proof::Unknown, "{length}");
        }
        for bytes in [&key("aes256-ctr", [7, 8])[..], &key("aes256-ctr", [7, 8])[..48]] {
            let evidence = prove(bytes);
            assert_eq!(evidence.proof, Proof::Encrypted);
            assert_eq!(evidence.facts[0], ("encryption", "aes256-ctr".to_owned()));
        }
        assert_eq!(prove(b"openssh-key-v2\0").proof, Proof::Malformed);
    }
}

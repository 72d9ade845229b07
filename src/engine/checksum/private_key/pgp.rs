//! OpenPGP private keys (RFC 4880, RFC 9580): the first packet, and the CRC-24 of the armor.
//!
//! Only the first packet is taken apart: it holds the primary key, and one passphrase locks them all.

use super::super::base64;
use crate::engine::Proof;
use crate::engine::checksum::Evidence;

const SECRET_KEY: u8 = 5;
const SECRET_SUBKEY: u8 = 7;

/// Judges the packets of a block; `crc24` are the digits of the line that ends it.
pub fn prove(bytes: &[u8], crc24: Option<&[u8]>) -> Evidence {
    let Some(packet) = first_packet(bytes) else { return Evidence::new(Proof::Malformed) };
    let holds = crc24.and_then(base64::decode).map(|claimed| claimed == crc(bytes));
    let (algorithm, usage) = read(packet);
    let proof = match (usage, holds) {
        (_, Some(false)) => Proof::Malformed,
        (Some(1..), _) => Proof::Encrypted,
        (Some(0), Some(true)) => Proof::Proven,
        _ => Proof::Unknown,
    };
    Evidence::new(proof).fact("algorithm", algorithm)
}

/// The body of the first packet, as much of it as is there, if it is a secret key.
fn first_packet(bytes: &[u8]) -> Option<&[u8]> {
    let (header, rest) = bytes.split_first()?;
    let is_new = header & 0xc0 == 0xc0;
    let (tag, length_bytes) = match header & 0xc0 {
        0xc0 => (
            header & 0x3f,
            match rest.first()? {
                0..192 => 1,
                192..224 => 2,
                255 => 5,
                _ => return None,
            },
        ),
        0x80 => (header >> 2 & 0x0f, 1 << (header & 3)),
        _ => return None,
    };
    // The fourth length type of the old format has no length at all.
    let length_bytes = if !is_new && length_bytes == 8 { 0 } else { length_bytes };
    matches!(tag, SECRET_KEY | SECRET_SUBKEY).then(|| rest.get(length_bytes..))?
}

/// The algorithm, and the octet that says whether the secret part is encrypted (0: it is not).
fn read(packet: &[u8]) -> (&'static str, Option<u8>) {
    let Some((&[version, _, _, _, _, algorithm], rest)) = packet.split_first_chunk() else {
        return ("", None);
    };
    let (name, rest) = match algorithm {
        1..=3 => ("RSA", skip_numbers(rest, 2)),
        16 => ("ElGamal", skip_numbers(rest, 3)),
        17 => ("DSA", skip_numbers(rest, 4)),
        19 => ("ECDSA", skip_string(rest).and_then(|rest| skip_numbers(rest, 1))),
        22 => ("EdDSA", skip_string(rest).and_then(|rest| skip_numbers(rest, 1))),
        _ => ("", None),
    };
    (name, rest.filter(|_| version == 4).and_then(|rest| rest.first().copied()))
}

/// Skips numbers, each after its length in bits.
fn skip_numbers(bytes: &[u8], count: usize) -> Option<&[u8]> {
    (0..count).try_fold(bytes, |bytes, _| {
        let (bits, rest) = bytes.split_first_chunk()?;
        rest.get(usize::from(u16::from_be_bytes(*bits)).div_ceil(8)..)
    })
}

/// Skips a curve's identifier after its length in bytes.
fn skip_string(bytes: &[u8]) -> Option<&[u8]> {
    let (length, rest) = bytes.split_first()?;
    rest.get(usize::from(*length)..)
}

const TABLE: [u32; 256] = {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        let mut crc = (byte as u32) << 16;
        let mut bit = 0;
        while bit < 8 {
            crc = if crc & 0x80_0000 != 0 { crc << 1 ^ 0x186_4cfb } else { crc << 1 };
            bit += 1;
        }
        table[byte] = crc & 0xff_ffff;
        byte += 1;
    }
    table
};

fn crc(bytes: &[u8]) -> [u8; 3] {
    let crc = bytes.iter().fold(0xb7_04ce, |crc: u32, byte| {
        (crc << 8 & 0xff_ffff) ^ TABLE[((crc >> 16) as u8 ^ byte) as usize]
    });
    let [_, high, middle, low] = crc.to_be_bytes();
    [high, middle, low]
}

#[cfg(test)]
mod tests {
    use super::super::prove as prove_block;
    use super::super::tests::pem;
    use super::*;
    use data_encoding::BASE64;

    fn packet(usage: u8) -> Vec<u8> {
        let number = [&2048u16.to_be_bytes()[..], &[0xa7; 256]].concat();
        let body = [&[4, 0, 0, 0, 0, 1][..], &number, &[0, 2, 3], &[usage], &[0x5c; 700]].concat();
        [&[0x95][..], &(body.len() as u16).to_be_bytes(), &body].concat()
    }

    /// Armor with a header, a blank line and the line of the CRC.
    fn block(bytes: &[u8], crc: [u8; 3]) -> String {
        let pem = pem("PGP PRIVATE KEY BLOCK", bytes).replacen("-----\n", "-----\nVersion: 1\n\n", 1);
        pem.replace("\n-----END", &format!("\n={}\n-----END", BASE64.encode(&crc)))
    }

    /// The check value that descriptions of this CRC-24 give.
    #[test]
    fn the_polynomial_is_openpgps() {
        assert_eq!(crc(b"123456789"), [0x21, 0xcf, 0x02]);
    }

    #[test]
    fn usage_octet_tells_clear_from_encrypted() {
        for (usage, proof) in [(0, Proof::Proven), (254, Proof::Encrypted), (9, Proof::Encrypted)] {
            let bytes = packet(usage);
            let evidence = prove_block(block(&bytes, crc(&bytes)).as_bytes());
            assert_eq!(evidence, Evidence::new(proof).fact("algorithm", "RSA"));
        }
    }

    #[test]
    fn damaged_armor_is_malformed_and_cut_armor_unknown() {
        let bytes = packet(0);
        assert_eq!(prove_block(block(&bytes, [0, 0, 0]).as_bytes()).proof, Proof::Malformed);
        assert_eq!(prove(&bytes[..48], None).proof, Proof::Unknown);
        assert_eq!(prove(&[0x99, 1, 0, 4], None).proof, Proof::Malformed, "a public key");
    }
}

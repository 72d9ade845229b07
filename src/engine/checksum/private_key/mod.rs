//! Private keys in every wrapping: PEM (PKCS#1, SEC 1, PKCS#8), OpenSSH, PuTTY, OpenPGP.
//!
//! A key is proven when its structure is complete and all lengths agree, encrypted when it is of no use
//! without a passphrase, malformed when it is a stub or no key at all, and unknown when only its
//! beginning is there: excerpts often end after a line. Nothing of the key itself is read out, only
//! algorithm, size and cipher.

mod armor;
mod asn1;
mod der;
mod openssh;
mod pgp;
mod putty;

use super::{Evidence, base64};
use crate::engine::Proof;
use armor::Armor;

/// Fewer base64 characters are a stub: the smallest private key there is has 64.
const MIN_DIGITS: usize = 40;

/// Judges a private key: a block with its markers, base64 of such a block, or base64 of bare DER.
pub fn prove(token: &[u8]) -> Evidence {
    if let Some(start) = memchr::memmem::find(token, putty::BEGINNING) {
        return putty::prove(&token[start..]);
    }
    if let Some(armor) = Armor::read(token) {
        return block(&armor);
    }
    match base64::decode(token) {
        Some(inner) if inner.starts_with(b"-----BEGIN ") => {
            Armor::read(&inner).map_or_else(|| Evidence::new(Proof::Malformed), |armor| block(&armor))
        }
        Some(inner) => asn1::prove(&inner),
        None => Evidence::new(Proof::Malformed),
    }
}

fn block(armor: &Armor) -> Evidence {
    if armor.is_stub || armor.digits.len() < MIN_DIGITS {
        return Evidence::new(Proof::Malformed);
    }
    if armor.is_encrypted {
        return Evidence::new(Proof::Encrypted)
            .fact("algorithm", armor.algorithm())
            .fact("encryption", &armor.cipher);
    }
    // What is left over after the last group of four stands where an excerpt was cut.
    let bytes = base64::decode_prefix(&armor.digits);
    match armor.label.as_str() {
        // Under whatever label: people copy bodies between blocks.
        _ if bytes.starts_with(openssh::MAGIC) => openssh::prove(&bytes),
        "PGP PRIVATE KEY BLOCK" => pgp::prove(&bytes, armor.crc24.as_deref()),
        _ => asn1::prove(&bytes),
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::super::tests::sample;
    use super::der::tests::{element, sequence};
    use super::*;
    use data_encoding::BASE64;

    /// A block with the usual lines of 64 characters.
    pub fn pem(label: &str, bytes: &[u8]) -> String {
        let digits = BASE64.encode(bytes);
        let lines: Vec<&str> =
            digits.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).expect("ASCII")).collect();
        format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n"))
    }

    /// Not a key, but built as one of 1024 bits.
    pub fn rsa() -> Vec<u8> {
        let integer = |bytes: usize| element(2, &[&[0][..], &vec![0xa7; bytes]].concat());
        let numbers = [integer(128), element(2, &[1, 0, 1]), integer(128)].into_iter();
        let parts = numbers.chain((0..5).map(|_| integer(64)));
        sequence(&[element(2, &[0])].into_iter().chain(parts).collect::<Vec<_>>())
    }

    pub fn pkcs8() -> Vec<u8> {
        let oid = element(6, &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01]);
        sequence(&[element(2, &[0]), sequence(&[oid, element(5, &[])]), element(4, &rsa())])
    }

    fn proof(block: &str) -> Proof {
        prove(block.as_bytes()).proof
    }

    #[test]
    fn keys_are_proven_however_the_source_writes_them() {
        let plain = pem("RSA PRIVATE KEY", &rsa());
        let lines: Vec<&str> = plain.lines().collect();
        let writings = [
            plain.clone(),
            plain.replace('\n', "\r\n"),
            plain.replace('\n', "\\n"),
            plain.replace('\n', "\\\\n").replace('/', "\\/"),
            plain.replace('\n', "\n    "),
            plain.trim_end().replace('\n', " "),
            lines.join("\\n\" +\n  \""),
            lines.join("\\n'\n         b'"),
            lines.join("\",\n\""),
            lines.join("' .\n '"),
            lines.join("\\n\\\n"),
            lines.join("\n# "),
            lines.join("\n+"),
            plain.replace('\n', "&#10;"),
            plain.replace('+', "%2B").replace('=', "%3D").replace('\n', "%0A"),
            plain.replace('=', "\\u003d"),
            BASE64.encode(plain.as_bytes()),
            BASE64.encode(&rsa()),
        ];
        for writing in writings {
            let evidence = prove(writing.as_bytes());
            assert_eq!(evidence.proof, Proof::Proven, "{writing}");
            assert_eq!(evidence.facts, [("algorithm", "RSA".to_owned()), ("bits", "1024".to_owned())]);
        }
    }

    #[test]
    fn excerpts_are_unknown() {
        let plain = pem("PRIVATE KEY", &pkcs8());
        let first_line: String = plain.split_inclusive('\n').take(2).collect();
        for excerpt in [first_line.clone(), format!("{first_line}-----END")] {
            let evidence = prove(excerpt.as_bytes());
            assert_eq!(evidence.proof, Proof::Unknown, "{excerpt}");
            assert_eq!(evidence.facts, [("algorithm", "RSA".to_owned()), ("bits", "1024".to_owned())]);
        }
    }

    #[test]
    fn stubs_are_malformed() {
        for body in
            ["", "...", "MIIEpAIBAAKCAQEA...", "your private key here", "<paste it>", &sample(80), "MIIEow=="]
        {
            let block = pem("RSA PRIVATE KEY", b"a body").replace("YSBib2R5", body);
            assert!(block.contains(&format!("\n{body}\n")));
            assert_eq!(proof(&block), Proof::Malformed, "{body}");
        }
        let first_line: String = pem("RSA PRIVATE KEY", &rsa()).split_inclusive('\n').take(2).collect();
        assert_eq!(proof(&format!("{first_line}...\n")), Proof::Malformed);
        assert_eq!(proof("no key at all"), Proof::Malformed);
    }

    #[test]
    fn encrypted_keys_are_told_by_header_or_structure() {
        let headers = "Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00112233445566778899AABBCCDDEEFF\n\n";
        let legacy =
            pem("RSA PRIVATE KEY", &[0xa7; 600]).replacen("-----\n", &format!("-----\n{headers}"), 1);
        for block in [legacy.clone(), legacy.replace('\n', "\\n")] {
            let evidence = prove(block.as_bytes());
            assert_eq!(evidence.proof, Proof::Encrypted, "{block}");
            let facts = [("algorithm", "RSA"), ("encryption", "AES-128-CBC")];
            assert_eq!(evidence.facts, facts.map(|(name, value)| (name, value.to_owned())));
        }
        let oid = element(6, &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x05, 0x0d]);
        let pbes2 = sequence(&[sequence(&[oid, sequence(&[element(5, &[])])]), element(4, &[0xa7; 640])]);
        assert_eq!(proof(&pem("ENCRYPTED PRIVATE KEY", &pbes2)), Proof::Encrypted);
    }
}

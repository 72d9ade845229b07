//! Keys in DER: PKCS#1 (RFC 8017), SEC 1 (RFC 5915), DSA as OpenSSL writes it, PKCS#8 (RFC 5958).
//!
//! The structure tells which it is; the label of the block is often another one's.

use super::der::{Element, Elements, INTEGER, OBJECT_ID, OCTET_STRING, SEQUENCE};
use crate::engine::Proof;
use crate::engine::checksum::Evidence;

/// More members than any key has.
const MAX_MEMBERS: usize = 16;

const RSA: &str = "RSA";
const EC: &str = "EC";
const DSA: &str = "DSA";

/// Object identifiers of algorithms and curves.
const NAMES: &[(&[u8], &str)] = &[
    (&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01], RSA),
    (&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0a], "RSA-PSS"),
    (&[0x2a, 0x86, 0x48, 0xce, 0x38, 0x04, 0x01], DSA),
    (&[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01], EC),
    (&[0x2b, 0x65, 0x6e], "X25519"),
    (&[0x2b, 0x65, 0x6f], "X448"),
    (&[0x2b, 0x65, 0x70], "Ed25519"),
    (&[0x2b, 0x65, 0x71], "Ed448"),
    (&[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07], "P-256"),
    (&[0x2b, 0x81, 0x04, 0x00, 0x22], "P-384"),
    (&[0x2b, 0x81, 0x04, 0x00, 0x23], "P-521"),
    (&[0x2b, 0x81, 0x04, 0x00, 0x0a], "secp256k1"),
];

/// Judges one key; a beginning of one is unknown, anything else malformed.
pub fn prove(bytes: &[u8]) -> Evidence {
    let mut outside = Elements(bytes);
    let Some(key) = outside.next().filter(|key| key.tag == SEQUENCE) else {
        return Evidence::new(Proof::Malformed);
    };
    let mut inside = Elements(key.value);
    let members: Vec<Element<'_>> = inside.by_ref().take(MAX_MEMBERS).collect();
    let fills = key.is_whole() && outside.0.is_empty() && inside.0.is_empty();
    let is_whole = fills && members.iter().all(Element::is_whole);

    let tags: Vec<u8> = members.iter().map(|member| member.tag).collect();
    let is_versioned =
        members.first().is_some_and(|version| matches!(version.value, [] | [0 | 1]) && version.length == 1);
    let (evidence, is_complete) = match tags[..] {
        [INTEGER, INTEGER, ..] if is_versioned => numbers(&members),
        [INTEGER, OCTET_STRING, ..] if is_versioned => (curve(&members), true),
        [INTEGER, SEQUENCE, ..] if is_versioned => wrapped(&members),
        [SEQUENCE, ..] => return encrypted(&members),
        // Too little to tell, if nothing is wrong so far.
        [] | [INTEGER] if !is_whole && (is_versioned || tags.is_empty()) => {
            (Evidence::new(Proof::Unknown), false)
        }
        _ => return Evidence::new(Proof::Malformed),
    };
    Evidence { proof: Evidence::believed(is_whole && is_complete).proof, ..evidence }
}

/// RSA has a modulus and a short exponent, seven numbers after the version; DSA has five.
fn numbers(members: &[Element<'_>]) -> (Evidence, bool) {
    const LONGEST_EXPONENT: usize = 8;
    let numbers = members.iter().take_while(|member| member.tag == INTEGER).count();
    let is_dsa = members.get(2).is_some_and(|third| third.length > LONGEST_EXPONENT);
    let (algorithm, is_complete) = if is_dsa { (DSA, numbers == 6) } else { (RSA, numbers == 9) };
    let bits = members[1].bits().to_string();
    (Evidence::new(Proof::Unknown).fact("algorithm", algorithm).fact("bits", bits), is_complete)
}

/// An EC key: the number's length gives the size, and the curve may stand beside it.
fn curve(members: &[Element<'_>]) -> Evidence {
    let parameters = members.iter().find(|member| member.tag == 0xa0);
    let curve = parameters.and_then(|parameters| Elements(parameters.value).next()).map_or("", name);
    let size = match members[1].length {
        66 => 521,
        bytes => bytes * 8,
    };
    Evidence::new(Proof::Unknown).fact("algorithm", EC).fact("curve", curve).fact("bits", size.to_string())
}

/// PKCS#8: the algorithm's name, and the key as one of the others.
fn wrapped(members: &[Element<'_>]) -> (Evidence, bool) {
    let mut algorithm = Elements(members[1].value).take(2);
    let (id, parameter) = (algorithm.next().map_or("", name), algorithm.next().map_or("", name));
    let evidence = Evidence::new(Proof::Unknown).fact("algorithm", id).fact("curve", parameter);
    let Some(key) = members.get(2).filter(|key| key.tag == OCTET_STRING) else { return (evidence, false) };
    let inner = Elements(key.value).next().map(|inner| Elements(inner.value).take(2).collect::<Vec<_>>());
    match inner.as_deref() {
        Some([_, modulus]) if id.starts_with(RSA) && modulus.tag == INTEGER => {
            (evidence.fact("bits", modulus.bits().to_string()), true)
        }
        _ => (evidence, true),
    }
}

/// An encrypted PKCS#8 key: the scheme's identifier and parameters, then the cipher's text.
fn encrypted(members: &[Element<'_>]) -> Evidence {
    let is_scheme = Elements(members[0].value).next().is_some_and(|id| id.tag == OBJECT_ID);
    let is_text = members.get(1).is_none_or(|text| text.tag == OCTET_STRING);
    Evidence::new(if is_scheme && is_text { Proof::Encrypted } else { Proof::Malformed })
}

fn name(id: Element<'_>) -> &'static str {
    let known = NAMES.iter().find(|(bytes, _)| id.tag == OBJECT_ID && id.value == *bytes);
    known.map_or("", |(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::super::der::tests::{element, sequence};
    use super::*;

    fn facts(evidence: &Evidence) -> Vec<&str> {
        evidence.facts.iter().map(|(_, value)| value.as_str()).collect()
    }

    #[test]
    fn elliptic_keys_name_their_curve() {
        let p256 = element(6, NAMES[8].0);
        let sec1 = sequence(&[element(2, &[1]), element(4, &[0xa7; 32]), element(0xa0, &p256)]);
        let evidence = prove(&sec1);
        assert_eq!((evidence.proof, facts(&evidence)), (Proof::Proven, vec!["EC", "P-256", "256"]));
        let algorithm = sequence(&[element(6, NAMES[3].0), p256]);
        let evidence = prove(&sequence(&[element(2, &[0]), algorithm, element(4, &sec1)]));
        assert_eq!((evidence.proof, facts(&evidence)), (Proof::Proven, vec!["EC", "P-256"]));
        let algorithm = sequence(&[element(6, NAMES[6].0)]);
        let evidence = prove(&sequence(&[element(2, &[0]), algorithm, element(4, &element(4, &[0xa7; 32]))]));
        assert_eq!((evidence.proof, facts(&evidence)), (Proof::Proven, vec!["Ed25519"]));
    }

    #[test]
    fn dsa_is_told_from_rsa() {
        let number = |bytes: usize| element(2, &vec![0x27; bytes]);
        let key =
            sequence(&[element(2, &[0]), number(128), number(20), number(128), number(128), number(20)]);
        let evidence = prove(&key);
        assert_eq!((evidence.proof, facts(&evidence)), (Proof::Proven, vec!["DSA", "1022"]));
        assert_eq!(prove(&key[..100]).proof, Proof::Unknown);
        assert_eq!(prove(&[&key[..], b"x"].concat()).proof, Proof::Unknown);
    }

    #[test]
    fn other_structures_are_malformed() {
        let public = sequence(&[element(2, &[0x27; 128]), element(2, &[1, 0, 1])]);
        for bytes in [&public[..], &sequence(&[]), &sequence(&[element(2, &[0])]), b"text", &[]] {
            assert_eq!(prove(bytes).proof, Proof::Malformed, "{bytes:x?}");
        }
    }
}

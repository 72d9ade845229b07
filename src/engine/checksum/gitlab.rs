//! GitLab's routable tokens: a payload that names cell, organisation and owner, its length and a CRC-32.
//!
//! Source: GitLab's design document "Routable tokens" and `Authn::TokenField::Generator::RoutableToken`.
//! `<prefix><payload>.01.<LL><CCCCCCC>`: LL is the length of the payload in base36, C the CRC-32 of
//! everything before it in base36. The payload is base64url of 16 random bytes, lines such as `o:1`
//! and a byte with the length of those lines. Tokens of the first generation lack `01.`, have the lines
//! first and end in the number of random bytes. Classic tokens carry no proof.

use super::radix::{self, BASE36};
use super::{Evidence, base64};
use crate::engine::Proof;

const LENGTH_DIGITS: usize = 2;
const CRC_DIGITS: usize = 7;
const RANDOM_BYTES: usize = 16;
/// The shortest payload: 16 random bytes, `o:1`, a length byte.
const MIN_PAYLOAD: usize = 27;

/// `Proven` if length and CRC hold; `Malformed` if a token of this form fails; else `Unknown`.
pub fn prove(token: &[u8]) -> Evidence {
    let Some((start, length, claimed)) = split(token) else { return Evidence::new(Proof::Unknown) };
    let payload = payload(start, length);
    let holds = payload.is_some() && crc(&token[..token.len() - CRC_DIGITS]).as_bytes() == claimed;
    match payload.and_then(base64::decode) {
        Some(payload) if holds => routing(Evidence::certain(holds), &payload),
        _ => Evidence::certain(holds),
    }
}

/// Splits a token into all up to the last dot, the length of its payload, and its CRC.
fn split(token: &[u8]) -> Option<(&[u8], usize, &[u8])> {
    let (start, tail) = token.split_at(token.len().checked_sub(LENGTH_DIGITS + CRC_DIGITS)?);
    let (length, crc) = tail.split_at(LENGTH_DIGITS);
    let length = radix::decode(length, BASE36).filter(|_| radix::decode(crc, BASE36).is_some())?;
    Some((start.strip_suffix(b".")?, length as usize, crc))
}

/// The payload: what stands before the version, or before the dot where there is none.
fn payload(start: &[u8], length: usize) -> Option<&[u8]> {
    let start = start.strip_suffix(b".01").unwrap_or(start);
    let payload = &start[start.len().checked_sub(length)?..];
    (length >= MIN_PAYLOAD && payload.iter().all(|byte| base64::is_digit(*byte))).then_some(payload)
}

fn crc(start: &[u8]) -> String {
    radix::encode(u64::from(crc32fast::hash(start)), BASE36, CRC_DIGITS)
}

/// Version, length and CRC that complete `token_so_far`: a prefix without hyphens but for its last
/// character (and `t1_` after it, as runners have), a payload, and the version or not.
pub fn complete(token_so_far: &[u8]) -> Option<String> {
    const VERSION: &[u8] = b".01.";
    let (start, version) = match token_so_far.strip_suffix(VERSION) {
        Some(start) => (start, ""),
        None => (token_so_far, ".01."),
    };
    let payload = &start[memchr::memchr(b'-', start)? + 1..];
    let payload = match payload {
        [b't', digit, b'_', rest @ ..] if digit.is_ascii_digit() => rest,
        _ => payload,
    };
    self::payload(payload, payload.len())?;
    let tail = format!("{version}{}", radix::encode(payload.len() as u64, BASE36, LENGTH_DIGITS));
    Some(format!("{tail}{}", crc(&[token_so_far, tail.as_bytes()].concat())))
}

/// Adds what the lines of the payload say; ids are base36 there and decimal everywhere else.
fn routing(evidence: Evidence, payload: &[u8]) -> Evidence {
    let lines = payload.split_last().and_then(|(last, rest)| match usize::from(*last) {
        RANDOM_BYTES if rest.get(1) == Some(&b':') => rest.get(..rest.len().checked_sub(RANDOM_BYTES)?),
        length => rest.get(rest.len().checked_sub(length)?..),
    });
    lines.unwrap_or_default().split(|byte| *byte == b'\n').fold(evidence, |evidence, line| {
        let name = match line {
            [b'c', b':', ..] => "cell",
            [b'o', b':', ..] => "organization",
            [b'g', b':', ..] => "group",
            [b'p', b':', ..] => "project",
            [b'u', b':', ..] => "user",
            _ => return evidence,
        };
        match radix::decode(&line[2..], BASE36) {
            Some(id) => evidence.fact(name, id.to_string()),
            None => evidence,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::super::tests::{completes, refutes};
    use super::*;
    use crate::rule::Checksum;
    use data_encoding::BASE64URL_NOPAD;

    fn start(prefix: &str) -> String {
        let payload = [&[0xa7u8; 16][..], b"c:1\no:1\nu:1z", &[12]].concat();
        format!("{prefix}{}", BASE64URL_NOPAD.encode(&payload))
    }

    #[test]
    fn length_and_crc_hold_and_break() {
        for prefix in ["glpat-", "glrt-t1_", "acme-"] {
            let token = completes(Checksum::GitlabRoutable, &start(prefix));
            refutes(Checksum::GitlabRoutable, &token, Proof::Malformed);
        }
    }

    #[test]
    fn owner_is_read_out() {
        let token = completes(Checksum::GitlabRoutable, &start("glpat-"));
        let facts = prove(token.as_bytes()).facts;
        let expected = [("cell", "1"), ("organization", "1"), ("user", "71")];
        assert_eq!(facts, expected.map(|(name, value)| (name, value.to_owned())));
    }

    #[test]
    fn first_generation_lacks_the_version() {
        let payload = [b"o:1\nu:1z", &[0xa7u8; 16][..], &[16]].concat();
        let payload = BASE64URL_NOPAD.encode(&payload);
        // An instance's own prefix may have hyphens too.
        let start = format!("acme-labs-glpat-{payload}.{}", radix::encode(payload.len() as u64, BASE36, 2));
        let token = format!("{start}{}", crc(start.as_bytes()));
        let evidence = prove(token.as_bytes());
        assert_eq!(evidence.proof, Proof::Proven);
        assert_eq!(evidence.facts.last(), Some(&("user", "71".to_owned())));
    }

    #[test]
    fn classic_tokens_are_left_alone() {
        let classic = format!("glpat-{}", super::super::tests::sample(20));
        assert_eq!(prove(classic.as_bytes()).proof, Proof::Unknown);
    }
}

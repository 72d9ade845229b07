//! Tokens that end in a CRC-32 (IEEE, as zlib computes it) of what stands before.
//!
//! Sources: GitHub, "Behind GitHub's new authentication token formats" (six base62 digits over the
//! body, padded with zeros); npm follows it. Atlassian's and Bitbucket's hexadecimal tails and
//! Confluent's base64 tail were recomputed on issued tokens, as were Cashfree's and Zuplo's. Grafana
//! publishes its own as `pkg/components/satokengen`.

use data_encoding::BASE64_NOPAD;

use super::radix::{self, BASE62};
use super::{Evidence, base64};

/// Six base62 digits, as GitHub writes them.
const BASE62_DIGITS: usize = 6;
/// Eight hexadecimal digits.
const HEX_DIGITS: usize = 8;
/// The least body that is worth a judgement: shorter ones are no tokens of this form.
const MIN_BODY: usize = 16;

/// CRC-32 of what follows the last underscore, in base62 at the end.
pub fn base62(token: &[u8]) -> Evidence {
    match split_base62(token) {
        Some((body, tail)) => Evidence::certain(base62_tail(body).as_bytes() == tail),
        None => Evidence::believed(false),
    }
}

/// As [`base62`], for vendors of which it is only believed.
pub fn base62_believed(token: &[u8]) -> Evidence {
    let holds = split_base62(token).is_some_and(|(body, tail)| {
        let whole = &token[..token.len() - tail.len()];
        [body, whole].iter().any(|part| base62_tail(part).as_bytes() == tail)
    });
    Evidence::believed(holds)
}

/// The six digits that complete `token_so_far`.
pub fn complete_base62(token_so_far: &[u8]) -> Option<String> {
    let body = after_underscore(token_so_far);
    (body.len() >= MIN_BODY).then(|| base62_tail(body))
}

fn split_base62(token: &[u8]) -> Option<(&[u8], &[u8])> {
    let body = after_underscore(token);
    let split = body.len().checked_sub(BASE62_DIGITS).filter(|length| *length >= MIN_BODY)?;
    Some(body.split_at(split))
}

fn base62_tail(body: &[u8]) -> String {
    radix::encode(u64::from(crc32fast::hash(body)), BASE62, BASE62_DIGITS)
}

fn after_underscore(token: &[u8]) -> &[u8] {
    &token[memchr::memrchr(b'_', token).map_or(0, |at| at + 1)..]
}

/// CRC-32 of all before it as eight hexadecimal digits at the end.
///
/// A `=` before the digits may be written `\=` (properties files) or `%3D` (URLs).
pub fn hex(token: &[u8]) -> Evidence {
    let Some((body, tail)) = split_hex(token) else { return Evidence::believed(false) };
    let holds = [&b"\\="[..], b"%3D", b"%3d"].into_iter().find_map(|escaped| {
        let plain = [body.strip_suffix(escaped)?, b"="].concat();
        Some(crc32fast::hash(&plain) == tail)
    });
    Evidence::certain(holds.unwrap_or_else(|| crc32fast::hash(body) == tail))
}

/// CRC-32 as eight hexadecimal digits of the part before it; underscores set both off.
pub fn hex_part(token: &[u8]) -> Evidence {
    match split_hex(token).and_then(|(before, tail)| Some((last_part(before)?, tail))) {
        Some((part, tail)) => Evidence::certain(crc32fast::hash(part) == tail),
        None => Evidence::believed(false),
    }
}

/// Eight hexadecimal digits that are believed to be a CRC-32, of all before them or of the last part.
pub fn hex_believed(token: &[u8]) -> Evidence {
    let holds = split_hex(token).is_some_and(|(before, tail)| {
        crc32fast::hash(before) == tail
            || crc32fast::hash(after_underscore(before)) == tail
            || last_part(before).is_some_and(|part| crc32fast::hash(part) == tail)
    });
    Evidence::believed(holds)
}

/// The eight digits that complete `token_so_far`, in upper case.
pub fn complete_hex(token_so_far: &[u8]) -> String {
    format!("{:08X}", crc32fast::hash(token_so_far))
}

/// The eight digits that complete `token_so_far`, which ends in an underscore; in lower case.
pub fn complete_hex_part(token_so_far: &[u8]) -> Option<String> {
    last_part(token_so_far).map(|part| format!("{:08x}", crc32fast::hash(part)))
}

/// Splits off the number in the last eight digits.
fn split_hex(token: &[u8]) -> Option<(&[u8], u32)> {
    let split = token.len().checked_sub(HEX_DIGITS)?;
    let (body, tail) = token.split_at(split);
    let digits = tail.iter().all(u8::is_ascii_hexdigit).then_some(tail)?;
    let number = u32::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?;
    Some((body, number))
}

/// Of `a_b_`, the part `b`.
fn last_part(before: &[u8]) -> Option<&[u8]> {
    before.strip_suffix(b"_").map(after_underscore).filter(|part| part.len() >= MIN_BODY)
}

/// Grafana: `glsa_`, 32 characters, an underscore, and the CRC-32 of all before that underscore, its
/// lowest byte first.
pub fn grafana(token: &[u8]) -> Evidence {
    match split_hex(token).and_then(|(before, tail)| Some((before.strip_suffix(b"_")?, tail))) {
        Some((body, tail)) => Evidence::certain(crc32fast::hash(body).swap_bytes() == tail),
        None => Evidence::believed(false),
    }
}

/// The eight digits that complete `token_so_far`, with or without the underscore before them.
pub fn complete_grafana(token_so_far: &[u8]) -> String {
    let (body, underscore) = match token_so_far.strip_suffix(b"_") {
        Some(body) => (body, ""),
        None => (token_so_far, "_"),
    };
    format!("{underscore}{:08x}", crc32fast::hash(body).swap_bytes())
}

/// Confluent: `cflt`, 54 characters, and their CRC-32, lowest byte first, as six base64 digits.
pub fn confluent(token: &[u8]) -> Evidence {
    match token.strip_prefix(b"cflt") {
        Some(rest) if rest.len() == CONFLUENT_BODY + 6 => {
            let (body, tail) = rest.split_at(CONFLUENT_BODY);
            let claimed = base64::decode(tail);
            Evidence::certain(claimed.as_deref() == Some(&crc32fast::hash(body).to_le_bytes()[..]))
        }
        _ => Evidence::believed(false),
    }
}

const CONFLUENT_BODY: usize = 54;

/// The six digits that complete `token_so_far`.
pub fn complete_confluent(token_so_far: &[u8]) -> Option<String> {
    let body = token_so_far.strip_prefix(b"cflt").filter(|body| body.len() == CONFLUENT_BODY)?;
    Some(BASE64_NOPAD.encode(&crc32fast::hash(body).to_le_bytes()))
}

#[cfg(test)]
mod tests {
    use super::super::tests::{completes, refutes, sample};
    use crate::engine::Proof;
    use crate::rule::Checksum;

    #[test]
    fn github_and_npm_tails_hold_and_break() {
        for (prefix, length) in [("ghp", 30), ("ghr", 70), ("npm", 30)] {
            let token = completes(Checksum::Crc32Base62, &format!("{prefix}_{}", sample(length)));
            assert_eq!(token.len(), prefix.len() + 1 + length + 6);
            refutes(Checksum::Crc32Base62, &token, Proof::Malformed);
        }
    }

    /// The tail of a CRC below 62^5 starts with zeros; of some ten thousand bodies one has it.
    #[test]
    fn short_numbers_are_padded_with_zeros() {
        let body = (0..200_000)
            .map(|n| format!("{n:030}"))
            .find(|body| crc32fast::hash(body.as_bytes()) < 62u32.pow(3));
        let token = completes(Checksum::Crc32Base62, &format!("ghp_{}", body.expect("one in 18,000")));
        assert_eq!(&token[34..37], "000");
    }

    /// The check value that every description of CRC-32 gives, so that the polynomial is the right one.
    #[test]
    fn the_polynomial_is_zlibs() {
        assert_eq!(crc32fast::hash(b"123456789"), 0xcbf4_3926);
        assert_eq!(super::complete_hex(b"123456789"), "CBF43926");
        assert_eq!(super::complete_grafana(b"123456789_"), "2639f4cb");
    }

    #[test]
    fn atlassian_tails_hold_in_either_case_and_escaped() {
        let start = format!("ATATT3xFfGF0{}=", sample(160));
        let token = completes(Checksum::Crc32Hex, &start);
        refutes(Checksum::Crc32Hex, &token, Proof::Malformed);
        for written in [token.replace('=', "\\="), token.replace('=', "%3D")] {
            assert_eq!(super::super::prove(Checksum::Crc32Hex, written.as_bytes()).proof, Proof::Proven);
        }
        let lower = format!("{start}{}", token[start.len()..].to_lowercase());
        assert_eq!(super::super::prove(Checksum::Crc32Hex, lower.as_bytes()).proof, Proof::Proven);
    }

    #[test]
    fn other_tails_hold_and_break() {
        for (checksum, start) in [
            (Checksum::Crc32HexPart, format!("zpka_{}_", sample(32))),
            (Checksum::Grafana, format!("glsa_{}", sample(32))),
            (Checksum::Confluent, format!("cflt{}", sample(54))),
        ] {
            refutes(checksum, &completes(checksum, &start), Proof::Malformed);
        }
    }

    #[test]
    fn believed_tails_never_refute() {
        for (checksum, start) in [
            (Checksum::Crc32Base62Believed, format!("polar_pat_{}", sample(32))),
            (Checksum::Crc32HexBelieved, format!("cfut_{}", sample(40))),
        ] {
            refutes(checksum, &completes(checksum, &start), Proof::Unknown);
        }
    }
}

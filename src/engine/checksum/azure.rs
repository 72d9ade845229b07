//! Azure's keys that carry a signature and a Marvin hash.
//!
//! Source: microsoft/security-utilities, `IdentifiableSecrets` and `IdentifiableMetadata`. Where a hash
//! fails, only kinds whose every seed is known there and which were recomputed on issued keys are called
//! malformed; of the rest some services may use seeds that are not published.

use super::radix::{self, BASE62};
use super::{Evidence, base64, marvin};
use crate::engine::Proof;

/// A kind of version 1 key: the characters that give it away, and the seeds it may be hashed with.
struct Kind {
    signature: &'static [u8],
    service: &'static str,
    /// Seeds, each with what it says about the key.
    seeds: &'static [(&'static [u8; 8], &'static str)],
    /// No other seed is in use, so that a key that fits none was not issued.
    exhaustive: bool,
}

const MESSAGING: &[(&[u8; 8], &str)] = &[
    (b"Send0000", "send"),
    (b"Manage00", "manage"),
    (b"Listen00", "listen"),
    (b"System00", "system"),
    (b"Unknown0", "other"),
];

const KINDS: &[Kind] = &[
    Kind { signature: b"+ASt", service: "Storage", seeds: &[(b"Default0", "account")], exhaustive: true },
    Kind {
        signature: b"ACDb",
        service: "Cosmos DB",
        seeds: &[
            (b"MastRW00", "read-write"),
            (b"MastRO00", "read-only"),
            (b"SystRW00", "system read-write"),
            (b"SystRO00", "system read-only"),
            (b"SysAll00", "system"),
            (b"Resour00", "resource"),
            (b"Encryp00", "encryption"),
        ],
        exhaustive: true,
    },
    Kind { signature: b"+ABa", service: "Batch", seeds: &[(b"AbAcct00", "account")], exhaustive: true },
    Kind {
        signature: b"+ACR",
        service: "Container Registry",
        seeds: &[(b"ACRDfl00", "registry")],
        exhaustive: true,
    },
    Kind {
        signature: b"AIoT",
        service: "IoT",
        seeds: &[(b"IoTHub00", "hub"), (b"DpsKey00", "provisioning"), (b"Device00", "device")],
        exhaustive: true,
    },
    // Some of its keys had `+` and `/` replaced after they were hashed.
    Kind { signature: b"AzCa", service: "Redis", seeds: &[(b"Access00", "access")], exhaustive: false },
    Kind {
        signature: b"AzFu",
        service: "Functions",
        seeds: &[(b"Functi00", "function"), (b"Master00", "master"), (b"System00", "system")],
        exhaustive: false,
    },
    Kind {
        signature: b"AzSe",
        service: "Search",
        seeds: &[(b"PAdmin00", "admin"), (b"Query000", "query")],
        exhaustive: false,
    },
    Kind {
        signature: b"APIM",
        service: "API Management",
        seeds: &[
            (b"Tenant00", "direct management"),
            (b"IoTHub00", "subscription"),
            (b"Gatewy00", "gateway"),
            (b"GitKey00", "repository"),
        ],
        exhaustive: false,
    },
    Kind { signature: b"+ASb", service: "Service Bus", seeds: MESSAGING, exhaustive: false },
    Kind { signature: b"+AEh", service: "Event Hubs", seeds: MESSAGING, exhaustive: false },
    Kind { signature: b"+ARm", service: "Relay", seeds: MESSAGING, exhaustive: false },
    Kind {
        signature: b"+AMC",
        service: "Machine Learning (classic)",
        seeds: &[(b"Classic0", "web service")],
        exhaustive: false,
    },
    Kind { signature: b"+SQL", service: "SQL", seeds: &[(b"UsrPwd00", "user")], exhaustive: false },
];

/// Bytes of the hash at the end of a version 1 key.
const HASH_BYTES: usize = 4;
/// Base64 digits from the beginning of the signature to the end of the key, its padding aside.
const SIGNED_DIGITS: usize = 10;

/// Version 1: base64 of random bytes, a signature and the hash of all that, lowest byte first.
pub fn his(token: &[u8]) -> Evidence {
    let digits = token.iter().take_while(|byte| base64::is_digit(**byte)).count();
    let Some(kind) = digits.checked_sub(SIGNED_DIGITS).and_then(|at| kind_at(token, at)) else {
        return Evidence::new(Proof::Unknown);
    };
    let Some(key) = base64::decode(token) else { return Evidence::new(Proof::Malformed) };
    let (body, claimed) = key.split_at(key.len() - HASH_BYTES);
    let seed = kind.seeds.iter().find(|(seed, _)| marvin::hash(body, seed).to_le_bytes() == claimed);
    let evidence = match (seed, kind.exhaustive) {
        (Some((_, what)), _) => Evidence::new(Proof::Proven).fact("key", *what),
        (None, true) => Evidence::new(Proof::Malformed),
        (None, false) => Evidence::new(Proof::Unknown),
    };
    evidence.fact("service", kind.service)
}

/// The digits that complete `token_so_far`, which ends in a signature, with the kind's first seed.
///
/// Bits that the signature leaves over before the hash are zero.
pub fn complete_his(token_so_far: &[u8]) -> Option<String> {
    let kind = kind_at(token_so_far, token_so_far.len().checked_sub(4)?)?;
    let padded = [token_so_far, b"AAAA"].concat();
    let mut key = base64::decode(&padded[..token_so_far.len().next_multiple_of(4)])?;
    key.truncate((token_so_far.len() * 6).div_ceil(8));
    let (seed, _) = kind.seeds.first()?;
    key.extend(marvin::hash(&key, seed).to_le_bytes());
    let url_safe = kind.signature == b"AzFu" || token_so_far.iter().any(|byte| matches!(byte, b'-' | b'_'));
    let encoding = if url_safe { data_encoding::BASE64URL } else { data_encoding::BASE64 };
    encoding.encode(&key).get(token_so_far.len()..).map(str::to_owned)
}

fn kind_at(token: &[u8], at: usize) -> Option<&'static Kind> {
    let signature = token.get(at..at + 4)?;
    KINDS.iter().find(|kind| kind.signature == signature)
}

/// The kind of key that annotated keys are hashed as, whatever their service.
const CASK_SEED: &[u8; 8] = b"Default0";
/// What annotated keys have in their middle, and where.
const CASK_MARK: (usize, &[u8]) = (52, b"JQQJ99");
/// Characters of an annotated key before its hash.
const CASK_BODY: usize = 80;

/// Annotated keys: 52 characters, `JQQJ99`, date, reserved fields, service, and four characters of hash
/// (six and `==` in the long form).
pub fn cask(token: &[u8]) -> Evidence {
    let Some((body, tail)) = split_cask(token) else { return Evidence::new(Proof::Unknown) };
    let Some(hash) = cask_hash(body) else { return Evidence::new(Proof::Malformed) };
    let tail = tail.strip_suffix(b"==").unwrap_or(tail);
    // The vendor's library takes the hash in plain base64, too.
    let holds = cask_tail(hash).as_bytes().starts_with(tail)
        || data_encoding::BASE64_NOPAD.encode(&hash.to_le_bytes()).as_bytes()[..4] == tail[..4];
    Evidence::certain(holds)
        .fact("service", cask_service(&body[76..]))
        .fact("issued", cask_month(&body[58..]))
}

/// The four characters that complete `token_so_far`.
pub fn complete_cask(token_so_far: &[u8]) -> Option<String> {
    let (body, _) =
        split_cask(&[token_so_far, b"0000"].concat()).map(|(body, tail)| (body.to_vec(), tail.len()))?;
    Some(cask_tail(cask_hash(&body)?)[..4].to_owned())
}

fn split_cask(token: &[u8]) -> Option<(&[u8], &[u8])> {
    let (at, mark) = CASK_MARK;
    let sized = token.len() == CASK_BODY + 4 || token.len() == CASK_BODY + 8 && token.ends_with(b"==");
    (sized && token[at..].starts_with(mark)).then(|| token.split_at(CASK_BODY))
}

fn cask_hash(body: &[u8]) -> Option<u32> {
    base64::decode(body).map(|bytes| marvin::hash(&bytes, CASK_SEED))
}

/// The hash as annotated keys write it: the lowest byte counts most, leading zero bytes become zero
/// digits, and what is missing to six digits is filled with zeros at the end.
fn cask_tail(hash: u32) -> String {
    let number = hash.swap_bytes();
    let zeros = "0".repeat((number.leading_zeros() / 8).min(3) as usize);
    let digits = format!("{zeros}{}", radix::encode(u64::from(number), BASE62, 1));
    format!("{digits:0<6}")
}

fn cask_service(signature: &[u8]) -> String {
    let service = match &signature[..4] {
        b"ACOG" => "AI services",
        b"AZDO" => "DevOps",
        b"AZMP" => "Maps",
        b"AZCS" => "Communication Services",
        b"AZEG" => "Event Grid",
        b"AZAC" => "App Configuration",
        b"AZFR" => "Fluid Relay",
        b"AZMR" => "Mixed Reality",
        other => return String::from_utf8_lossy(other).into_owned(),
    };
    service.to_owned()
}

/// Year since 2024 and month since January, each a base64 digit.
fn cask_month(date: &[u8]) -> String {
    match (base64::decode(&[b'A', b'A', date[0], date[1]]), date[1]) {
        (Some(bits), month @ b'A'..=b'L') => {
            let years = u16::from(bits[1]) << 2 & 0x3c | u16::from(bits[2]) >> 6;
            format!("{}-{:02}", 2024 + years, month - b'A' + 1)
        }
        _ => String::new(),
    }
}

/// DevOps tokens of 52 base32 characters: the CRC-32 of 28 bytes, masked, stands in bytes 2, 7, 8, 22.
///
/// The masks are published for two kinds of token; others are left open.
pub fn devops_pat(token: &[u8]) -> Evidence {
    const MASKS: [u32; 2] = [0xe0b9_692d, 0x1019_f92e];
    let upper = token.to_ascii_uppercase();
    let holds = token.len() == 52
        && data_encoding::BASE32_NOPAD.decode(&without_trailing_bits(upper)).is_ok_and(|bytes| {
            let claimed = u32::from_be_bytes([bytes[2], bytes[7], bytes[8], bytes[22]]);
            let body = [&bytes[..2], &bytes[3..7], &bytes[9..22], &bytes[23..32]].concat();
            MASKS.iter().any(|mask| crc32fast::hash(&body) ^ mask == claimed)
        });
    Evidence::believed(holds)
}

/// Clears the four bits by which 52 base32 digits exceed 32 bytes; strict decoders ask for that.
fn without_trailing_bits(mut digits: Vec<u8>) -> Vec<u8> {
    if let Some(last) = digits.last_mut() {
        let high = matches!(*last, b'Q'..=b'Z' | b'2'..=b'7');
        *last = if high { b'Q' } else { b'A' };
    }
    digits
}

/// Characters of an Entra client secret with `8Q~` at the fourth place.
const ENTRA_CHARS: usize = 40;
const ENTRA_TAIL: usize = 3;
const ENTRA_ALPHABET: &[u8] = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ1234567890.-_~";

/// Entra client secrets: the last three characters are the first three of six digits of the hash.
///
/// Secrets with `7Q~` carry none.
pub fn entra(token: &[u8]) -> Evidence {
    if token.len() != ENTRA_CHARS || !token[3..].starts_with(b"8Q~") {
        return Evidence::new(Proof::Unknown);
    }
    let (body, tail) = token.split_at(ENTRA_CHARS - ENTRA_TAIL);
    Evidence::certain(entra_tail(body).as_bytes() == tail)
}

/// The three characters that complete `token_so_far`.
pub fn complete_entra(token_so_far: &[u8]) -> Option<String> {
    let fits = token_so_far.len() == ENTRA_CHARS - ENTRA_TAIL && token_so_far[3..].starts_with(b"8Q~");
    fits.then(|| entra_tail(token_so_far))
}

fn entra_tail(body: &[u8]) -> String {
    radix::encode(u64::from(marvin::hash(body, b"AadPwd00")), ENTRA_ALPHABET, 6)[..ENTRA_TAIL].to_owned()
}

#[cfg(test)]
mod tests {
    use super::super::tests::{completes, refutes, sample};
    use super::*;
    use crate::rule::Checksum;

    #[test]
    fn version_1_keys_hold_and_break() {
        for (random, signature, chars) in
            [(76, "+ASt", 88), (76, "ACDb", 88), (42, "+ACR", 52), (33, "AIoT", 44), (44, "AzFu", 56)]
        {
            let token = completes(Checksum::AzureHis, &format!("{}{signature}", sample(random)));
            assert_eq!(token.len(), chars, "{signature}");
            let broken = if signature == "AzFu" { Proof::Unknown } else { Proof::Malformed };
            refutes(Checksum::AzureHis, &token, broken);
        }
    }

    #[test]
    fn the_seed_tells_the_kind_of_key() {
        let token = completes(Checksum::AzureHis, &format!("{}ACDb", sample(76)));
        let facts = his(token.as_bytes()).facts;
        assert_eq!(facts, [("key", "read-write".to_owned()), ("service", "Cosmos DB".to_owned())]);
    }

    #[test]
    fn annotated_keys_hold_and_break() {
        let start = format!("{}JQQJ99BC{}AAAAACOG", sample(52), sample(12));
        let token = completes(Checksum::AzureCask, &start);
        assert_eq!(token.len(), 84);
        refutes(Checksum::AzureCask, &token, Proof::Malformed);
        let facts = cask(token.as_bytes()).facts;
        assert_eq!(facts, [("service", "AI services".to_owned()), ("issued", "2025-03".to_owned())]);
    }

    #[test]
    fn annotated_hashes_are_filled_at_the_end() {
        assert_eq!(cask_tail(0xffff_ffffu32), "4gfFC3");
        assert_eq!(cask_tail(0x0100_0000), "000100");
        assert_eq!(cask_tail(0), "000000");
    }

    #[test]
    fn devops_tokens_hold_and_never_refute() {
        let mut bytes: Vec<u8> = (0..32).map(|n| n * 7 + 3).collect();
        let body = [&bytes[..2], &bytes[3..7], &bytes[9..22], &bytes[23..32]].concat();
        let hash = (crc32fast::hash(&body) ^ 0xe0b9_692d).to_be_bytes();
        for (at, byte) in [2, 7, 8, 22].into_iter().zip(hash) {
            bytes[at] = byte;
        }
        let token = data_encoding::BASE32_NOPAD.encode(&bytes).to_lowercase();
        assert_eq!(devops_pat(token.as_bytes()).proof, Proof::Proven);
        let broken = token.replacen(&token[..1], if token.starts_with('a') { "b" } else { "a" }, 1);
        assert_eq!(devops_pat(broken.as_bytes()).proof, Proof::Unknown);
    }

    #[test]
    fn entra_secrets_hold_and_break() {
        let token = completes(Checksum::AzureEntra, &format!("{}8Q~{}", sample(3), sample(31)));
        refutes(Checksum::AzureEntra, &token, Proof::Malformed);
        let older = token.replace("8Q~", "7Q~");
        assert_eq!(entra(older.as_bytes()).proof, Proof::Unknown);
    }
}

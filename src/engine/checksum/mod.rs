//! Offline proofs: what a token says of itself without asking anyone.
//!
//! One file for each algorithm or family, one line for each in [`prove`]. They read the token alone:
//! no keyword, no path, no clock. Whether an expiry date is past is decided by whoever knows the time.
//!
//! `Malformed` lowers or drops a finding, so only an algorithm that the vendor documents, publishes or that was
//! recomputed on issued tokens may say it; all others say `Proven` or `Unknown`. Every proof works in
//! time linear to the token, or looks at a bounded part of it, and none panics on any bytes.

mod ansible_vault;
mod aws;
mod azure;
mod base32;
mod base58;
mod base64;
mod base64_json;
mod base64_text;
mod bech32;
mod crates_io;
mod crc32;
mod gitlab;
pub mod jwt;
mod macaroon;
mod marvin;
mod private_key;
mod radix;
mod signed_url;

use super::Proof;
use crate::rule::Checksum;

/// What a token says of itself without asking anyone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evidence {
    /// Whether it holds together.
    pub proof: Proof,
    /// When it ends, in Unix seconds, where it says so.
    pub expires: Option<i64>,
    /// What was read out of it, never the secret: account, region, key type, algorithm.
    pub facts: Vec<(&'static str, String)>,
}

impl Evidence {
    /// Evidence without date or facts.
    pub fn new(proof: Proof) -> Self {
        Self { proof, expires: None, facts: Vec::new() }
    }

    /// `Proven` if `holds`, else `Malformed`: for algorithms that are certain.
    fn certain(holds: bool) -> Self {
        Self::new(if holds { Proof::Proven } else { Proof::Malformed })
    }

    /// `Proven` if `holds`, else `Unknown`: for algorithms that are only believed.
    fn believed(holds: bool) -> Self {
        Self::new(if holds { Proof::Proven } else { Proof::Unknown })
    }

    /// Adds a fact, shortened to what a report has room for; an empty one is left out.
    fn fact(mut self, name: &'static str, value: impl Into<String>) -> Self {
        let value: String = value.into();
        if !value.is_empty() {
            self.facts.push((name, value.chars().take(MAX_FACT_CHARS).collect()));
        }
        self
    }

    /// Adds the expiry date, in Unix seconds.
    fn expiring(mut self, seconds: Option<i64>) -> Self {
        self.expires = seconds;
        self
    }
}

/// The longest fact kept: URLs and host names fit, an attempt to flood a report does not.
const MAX_FACT_CHARS: usize = 200;

/// Judges `token`: the secret's bytes as matched.
///
/// A PEM block may still be as it stood in the source: with `\n` escapes, indentation, quotes and
/// string concatenation.
pub fn prove(checksum: Checksum, token: &[u8]) -> Evidence {
    match checksum {
        Checksum::Crc32Base62 => crc32::base62(token),
        Checksum::Crc32Base62Believed => crc32::base62_believed(token),
        Checksum::Crc32Hex => crc32::hex(token),
        Checksum::Crc32HexPart => crc32::hex_part(token),
        Checksum::Crc32HexBelieved => crc32::hex_believed(token),
        Checksum::Grafana => crc32::grafana(token),
        Checksum::Confluent => crc32::confluent(token),
        Checksum::CratesIo => crates_io::prove(token),
        Checksum::GitlabRoutable => gitlab::prove(token),
        Checksum::AzureHis => azure::his(token),
        Checksum::AzureCask => azure::cask(token),
        Checksum::AzureDevopsPat => azure::devops_pat(token),
        Checksum::AzureEntra => azure::entra(token),
        Checksum::AwsKeyId => aws::key_id(token),
        Checksum::AwsBedrock => aws::bedrock(token),
        Checksum::SignedUrl => signed_url::prove(token),
        Checksum::Pypi => macaroon::pypi(token),
        Checksum::Jwt => jwt::prove(token),
        Checksum::Base64Json => base64_json::prove(token),
        Checksum::ServiceAccount => base64_json::service_account(token),
        Checksum::BasicAuth => base64_text::basic_auth(token),
        Checksum::Base64Id => base64_text::id(token),
        Checksum::Discord => base64_text::discord(token),
        Checksum::JfrogReference => base64_text::jfrog_reference(token),
        Checksum::PrivateKey => private_key::prove(token),
        Checksum::AnsibleVault => ansible_vault::prove(token),
        Checksum::Base58check => base58::check(token),
        Checksum::Bech32 => bech32::prove(token),
        Checksum::Base32Crc16 => base32::crc16(token),
    }
}

/// The characters that complete `token_so_far` to a valid token; for examples and tests.
///
/// `None` where the algorithm has no such tail, or `token_so_far` is not the beginning of a token.
pub fn complete(checksum: Checksum, token_so_far: &[u8]) -> Option<String> {
    match checksum {
        Checksum::Crc32Base62 | Checksum::Crc32Base62Believed => crc32::complete_base62(token_so_far),
        Checksum::Crc32Hex | Checksum::Crc32HexBelieved => Some(crc32::complete_hex(token_so_far)),
        Checksum::Crc32HexPart => crc32::complete_hex_part(token_so_far),
        Checksum::Grafana => Some(crc32::complete_grafana(token_so_far)),
        Checksum::Confluent => crc32::complete_confluent(token_so_far),
        Checksum::CratesIo => crates_io::complete(token_so_far),
        Checksum::GitlabRoutable => gitlab::complete(token_so_far),
        Checksum::AzureHis => azure::complete_his(token_so_far),
        Checksum::AzureCask => azure::complete_cask(token_so_far),
        Checksum::AzureEntra => azure::complete_entra(token_so_far),
        Checksum::Bech32 => bech32::complete(token_so_far),
        Checksum::Base32Crc16 => base32::complete_crc16(token_so_far),
        Checksum::AzureDevopsPat
        | Checksum::AwsKeyId
        | Checksum::AwsBedrock
        | Checksum::SignedUrl
        | Checksum::Pypi
        | Checksum::Jwt
        | Checksum::Base64Json
        | Checksum::ServiceAccount
        | Checksum::BasicAuth
        | Checksum::Base64Id
        | Checksum::Discord
        | Checksum::JfrogReference
        | Checksum::PrivateKey
        | Checksum::AnsibleVault
        | Checksum::Base58check => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Invented characters of base62, always the same.
    pub fn sample(length: usize) -> String {
        (1..=length).map(|n| char::from(radix::BASE62[n * n * 7 % 61])).collect()
    }

    /// Completes `token_so_far`, and holds the algorithm to calling the result proven.
    pub fn completes(checksum: Checksum, token_so_far: &str) -> String {
        let tail = complete(checksum, token_so_far.as_bytes()).expect("the beginning of a token");
        let token = format!("{token_so_far}{tail}");
        assert_eq!(prove(checksum, token.as_bytes()).proof, Proof::Proven, "{token}");
        token
    }

    /// Changes each of the last characters in turn, and holds the algorithm to noticing.
    ///
    /// The very last are left: not all bits of theirs count in base64 and base32.
    pub fn refutes(checksum: Checksum, token: &str, broken: Proof) {
        let digits = token.trim_end_matches('=').len();
        for at in digits - 20..digits - 1 {
            let mut changed = token.as_bytes().to_vec();
            changed[at] = match changed[at] {
                byte @ b'0'..=b'9' => {
                    if byte == b'2' {
                        b'3'
                    } else {
                        b'2'
                    }
                }
                byte @ b'a'..=b'z' => {
                    if byte == b'a' {
                        b'c'
                    } else {
                        b'a'
                    }
                }
                byte @ b'A'..=b'Z' => {
                    if byte == b'A' {
                        b'C'
                    } else {
                        b'A'
                    }
                }
                _ => continue,
            };
            let proof = prove(checksum, &changed).proof;
            assert_ne!(proof, Proof::Proven, "{checksum} at {at} of {token}");
            if at == digits - 4 {
                assert_eq!(proof, broken, "{checksum} at {at} of {token}");
            }
        }
    }

    /// Beginnings of tokens with random bodies, one for every algorithm that has a tail.
    fn beginnings() -> impl Strategy<Value = (Checksum, String)> {
        prop_oneof![
            "(gh[pousr]|npm)_[0-9A-Za-z]{30}".prop_map(|start| (Checksum::Crc32Base62, start)),
            "polar_pat_[0-9A-Za-z]{20,40}".prop_map(|start| (Checksum::Crc32Base62Believed, start)),
            "ATATT3xFfGF0[0-9A-Za-z_-]{100,180}=".prop_map(|start| (Checksum::Crc32Hex, start)),
            "ATTA[0-9a-f]{64}".prop_map(|start| (Checksum::Crc32HexBelieved, start)),
            "cfsk_ma_test_[0-9a-f]{32}_".prop_map(|start| (Checksum::Crc32HexPart, start)),
            "glsa_[0-9A-Za-z]{32}_?".prop_map(|start| (Checksum::Grafana, start)),
            "cflt[0-9A-Za-z+/]{54}".prop_map(|start| (Checksum::Confluent, start)),
            "cio_tp_[0-9A-Za-z]{31}".prop_map(|start| (Checksum::CratesIo, start)),
            "gl(pat-|rt-t1_)[0-9A-Za-z_-]{28}([.]01[.])?".prop_map(|start| (Checksum::GitlabRoutable, start)),
            "[0-9A-Za-z+/]{76}(\\+ASt|ACDb|APIM)".prop_map(|start| (Checksum::AzureHis, start)),
            "[0-9A-Za-z+/]{33}(AzCa|\\+ASb|AIoT)".prop_map(|start| (Checksum::AzureHis, start)),
            "[0-9A-Za-z_-]{44}AzFu".prop_map(|start| (Checksum::AzureHis, start)),
            "[0-9A-Za-z]{52}JQQJ99[A-D][A-L][0-9A-Za-z]{16}ACOG"
                .prop_map(|start| (Checksum::AzureCask, start)),
            "[0-9A-Za-z_~.-]{3}8Q~[0-9A-Za-z_~.-]{31}".prop_map(|start| (Checksum::AzureEntra, start)),
            "AGE-SECRET-KEY-1[QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L]{52}"
                .prop_map(|start| (Checksum::Bech32, start)),
            "S[A-D][A-Z2-7]{50}".prop_map(|start| (Checksum::Base32Crc16, start)),
            "S[UAON][A-Z2-7]{52}".prop_map(|start| (Checksum::Base32Crc16, start)),
        ]
    }

    proptest! {
        #[test]
        fn never_panics(token: Vec<u8>, cut in 0usize..300) {
            for checksum in Checksum::ALL {
                prove(*checksum, &token);
                prove(*checksum, &token[..cut.min(token.len())]);
                complete(*checksum, &token);
            }
        }

        #[test]
        fn never_panics_near_tokens((checksum, start) in beginnings(), tail: Vec<u8>, cut in 0usize..100) {
            for other in [checksum].iter().chain(Checksum::ALL) {
                prove(*other, &[start.as_bytes(), &tail].concat());
                let cut = &start.as_bytes()[..cut.min(start.len())];
                prove(*other, cut);
                complete(*other, cut);
            }
        }

        #[test]
        fn what_is_completed_is_proven((checksum, start) in beginnings()) {
            completes(checksum, &start);
        }
    }

    /// The property above covers every algorithm with a tail, and those without say so.
    #[test]
    fn only_listed_algorithms_have_no_tail() {
        let mut runner = proptest::test_runner::TestRunner::deterministic();
        let mut seen = std::collections::BTreeSet::new();
        for _ in 0..2000 {
            let tree = beginnings().new_tree(&mut runner).expect("a beginning");
            seen.insert(proptest::strategy::ValueTree::current(&tree).0);
        }
        for checksum in Checksum::ALL.iter().filter(|checksum| !seen.contains(checksum)) {
            assert_eq!(complete(*checksum, sample(40).as_bytes()), None, "{checksum}");
        }
    }

    /// A token as long as the longest window costs no more than a small one, so nothing is quadratic.
    #[test]
    fn long_tokens_take_no_long_time() {
        let block = format!("-----{} RSA PRIVATE KEY-----\nMII", "BEGIN");
        for text in ["A", "1", "eyJ", &block, "a:b%3D&", "\\n", "_", "."] {
            let token = text.repeat(65_536 / text.len());
            for checksum in Checksum::ALL {
                let start = std::time::Instant::now();
                prove(*checksum, token.as_bytes());
                // Far above what it takes, so that a busy machine does not fail it; a quadratic pass would.
                assert!(start.elapsed().as_millis() < 100, "{checksum} on {text:?}: {:?}", start.elapsed());
            }
        }
    }
}

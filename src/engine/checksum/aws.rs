//! AWS key ids and Bedrock keys: they name the account they belong to.
//!
//! Sources: awsteele.com/blog/2020/09/26/aws-access-key-format.html and the crates and agents that
//! decode it alike (New Relic's `convert_access_key_to_account_id`); AWS documents Bedrock's form.

use super::{Evidence, base64};
use crate::engine::Proof;

/// A key id such as `AKIA…`: never proven, but the account can be read.
///
/// Ids given out before 2019 have I or J at the fifth place and no account in them.
pub fn key_id(token: &[u8]) -> Evidence {
    Evidence::new(Proof::Unknown).fact("account", account(token).unwrap_or_default())
}

/// The account: 40 of the first 48 bits after the prefix, as twelve decimal digits.
fn account(token: &[u8]) -> Option<String> {
    let body = token.get(4..20).filter(|body| !matches!(body[0], b'I' | b'J'))?;
    let bytes = data_encoding::BASE32_NOPAD.decode(body).ok()?;
    let bits = bytes[..6].iter().fold(0u64, |bits, byte| bits << 8 | u64::from(*byte));
    let account = (bits & 0x7fff_ffff_ff80) >> 7;
    (account < 1_000_000_000_000).then(|| format!("{account:012}"))
}

/// A long-lived Bedrock key: `ABSK` and base64 of `<user>-at-<account>:<secret>`.
pub fn bedrock(token: &[u8]) -> Evidence {
    let Some(encoded) = token.strip_prefix(b"ABSK") else { return Evidence::new(Proof::Unknown) };
    let text = base64::decode(encoded).and_then(|bytes| String::from_utf8(bytes).ok());
    let owner = text
        .as_deref()
        .and_then(|text| text.split_once(':'))
        .and_then(|(owner, _)| owner.rsplit_once("-at-"));
    match owner {
        Some((user, account)) if account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit()) => {
            Evidence::new(Proof::Proven).fact("user", user).fact("account", account)
        }
        // The user's name is free, so another form is no contradiction.
        Some(_) => Evidence::new(Proof::Unknown),
        None => Evidence::new(Proof::Malformed),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use data_encoding::{BASE32_NOPAD, BASE64};

    /// Puts an account into ten bytes as AWS does: 40 bits after the first one, the rest random.
    fn key_id_of(account: u64) -> String {
        let bits = 1u64 << 47 | account << 7 | 0x55;
        let bytes = [&bits.to_be_bytes()[2..], &[0xa7; 4]].concat();
        format!("AKIA{}", BASE32_NOPAD.encode(&bytes))
    }

    #[test]
    fn account_is_read_from_the_id() {
        for account in [1, 29_608_264_753, 999_999_999_999] {
            let evidence = key_id(key_id_of(account).as_bytes());
            assert_eq!(evidence.proof, Proof::Unknown);
            assert_eq!(evidence.facts, [("account", format!("{account:012}"))]);
        }
    }

    #[test]
    fn other_ids_name_no_account() {
        let old = format!("AKIAI{}", &key_id_of(1)[5..]);
        for id in [old.as_str(), "AKIA", &format!("AKIA{}", "0".repeat(16)), &key_id_of(1_000_000_000_000)] {
            assert_eq!(key_id(id.as_bytes()), Evidence::new(Proof::Unknown), "{id}");
        }
    }

    #[test]
    fn bedrock_keys_name_user_and_account() {
        let key = |text: &str| format!("ABSK{}", BASE64.encode(text.as_bytes()));
        let evidence = bedrock(key("BedrockAPIKey-ab12-at-000011112222:invented secret").as_bytes());
        assert_eq!(evidence.proof, Proof::Proven);
        assert_eq!(evidence.facts[1], ("account", "000011112222".to_owned()));
        assert_eq!(bedrock(key("no colon in it at all").as_bytes()).proof, Proof::Malformed);
        assert_eq!(bedrock(key("someone-at-home:invented secret").as_bytes()).proof, Proof::Unknown);
    }
}

//! Tokens that are base64 of a short text with a known beginning.
//!
//! Sources: RFC 7617 for basic authentication; Atlassian's, Discord's and JFrog's documentation, and
//! tokens as issued, for the rest.

use jiff::Timestamp;

use super::{Evidence, base64};
use crate::engine::Proof;

/// Base64 of `user:password`. That proves nothing, but anything else is no such credential.
pub fn basic_auth(token: &[u8]) -> Evidence {
    let scheme = token.get(..6).filter(|scheme| scheme.eq_ignore_ascii_case(b"basic "));
    let encoded = &token[scheme.map_or(0, <[u8]>::len)..];
    let text = base64::decode(encoded.trim_ascii()).and_then(|bytes| String::from_utf8(bytes).ok());
    match text
        .as_deref()
        .filter(|text| !text.contains(char::is_control))
        .and_then(|text| text.split_once(':'))
    {
        Some((user, _)) => Evidence::new(Proof::Unknown).fact("user", user),
        None => Evidence::new(Proof::Malformed),
    }
}

/// Base64 of a decimal id, a colon and random bytes, after `BBDC-` for Bitbucket.
pub fn id(token: &[u8]) -> Evidence {
    let bytes = base64::decode(token.strip_prefix(b"BBDC-").unwrap_or(token)).unwrap_or_default();
    let digits = bytes.iter().take_while(|byte| byte.is_ascii_digit()).count();
    match bytes[digits..].split_first() {
        Some((b':', random)) if (4..=20).contains(&digits) && random.len() >= 16 => {
            Evidence::new(Proof::Proven).fact("token id", String::from_utf8_lossy(&bytes[..digits]))
        }
        _ => Evidence::new(Proof::Malformed),
    }
}

/// Discord's epoch, the beginning of 2015, in Unix milliseconds.
const DISCORD_EPOCH: u64 = 1_420_070_400_000;

/// Discord: base64 of the bot's id, six characters of time, an HMAC. The id says when the bot was made.
pub fn discord(token: &[u8]) -> Evidence {
    let mut parts = token.split(|byte| *byte == b'.');
    let id = parts.next().and_then(base64::decode).and_then(|bytes| String::from_utf8(bytes).ok());
    let id = id.filter(|id| (17..=20).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_digit()));
    let (Some(id), 2) = (id, parts.count()) else { return Evidence::new(Proof::Malformed) };
    let milliseconds = id.parse::<u64>().ok().and_then(|id| i64::try_from((id >> 22) + DISCORD_EPOCH).ok());
    let created = milliseconds.and_then(|time| Timestamp::from_millisecond(time).ok());
    Evidence::new(Proof::Proven)
        .fact("user", id)
        .fact("created", created.map(|time| time.strftime("%Y-%m-%d").to_string()).unwrap_or_default())
}

/// JFrog: base64 of `reftkn:01:`, the expiry date in ten digits (zeros: never), a colon and the rest.
pub fn jfrog_reference(token: &[u8]) -> Evidence {
    let bytes = base64::decode_prefix(token);
    match bytes.splitn(4, |byte| *byte == b':').collect::<Vec<_>>()[..] {
        [b"reftkn", _, date, _] if date.len() == 10 && date.iter().all(u8::is_ascii_digit) => {
            let seconds = date.iter().fold(0, |seconds, digit| seconds * 10 + i64::from(digit - b'0'));
            Evidence::new(Proof::Proven).expiring(Some(seconds).filter(|seconds| *seconds > 0))
        }
        _ => Evidence::new(Proof::Malformed),
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::sample;
    use super::*;
    use data_encoding::{BASE64, BASE64_NOPAD};

    fn encoded(text: impl AsRef<[u8]>) -> String {
        BASE64.encode(text.as_ref())
    }

    #[test]
    fn basic_auth_names_the_user() {
        for token in [encoded("deploy:inventé"), format!("Basic {}", encoded("deploy:"))] {
            let evidence = basic_auth(token.as_bytes());
            assert_eq!(evidence, Evidence::new(Proof::Unknown).fact("user", "deploy"));
        }
        assert_eq!(basic_auth(encoded(":token").as_bytes()), Evidence::new(Proof::Unknown));
        for token in [encoded("no colon"), encoded("user:\x01"), encoded([0xff, b':']), "a b".to_owned()] {
            assert_eq!(basic_auth(token.as_bytes()).proof, Proof::Malformed, "{token}");
        }
    }

    #[test]
    fn ids_are_read_out() {
        let token = encoded([b"123456789012:", &[0xe5; 20][..]].concat());
        for token in [token.clone(), format!("BBDC-{token}")] {
            assert_eq!(id(token.as_bytes()), Evidence::new(Proof::Proven).fact("token id", "123456789012"));
        }
        assert_eq!(id(sample(44).as_bytes()).proof, Proof::Malformed);
    }

    #[test]
    fn discord_bots_are_named_and_dated() {
        let bot = |id: &str| format!("{}.{}.{}", BASE64_NOPAD.encode(id.as_bytes()), sample(6), sample(38));
        // The id that Discord's reference takes apart, of 2016-04-30.
        let evidence = discord(bot("175928847299117063").as_bytes());
        assert_eq!(evidence.proof, Proof::Proven);
        assert_eq!(evidence.facts[1], ("created", "2016-04-30".to_owned()));
        assert_eq!(discord(bot("17592884729911706x").as_bytes()).proof, Proof::Malformed);
        assert_eq!(discord(b"MTc1.x").proof, Proof::Malformed);
    }

    #[test]
    fn reference_tokens_carry_a_date() {
        let token = |date: &str| encoded(format!("reftkn:01:{date}:{}", sample(27)));
        assert_eq!(jfrog_reference(token("1700000000").as_bytes()).expires, Some(1_700_000_000));
        assert_eq!(jfrog_reference(token("0000000000").as_bytes()), Evidence::new(Proof::Proven));
        assert_eq!(jfrog_reference(token("17000000").as_bytes()).proof, Proof::Malformed);
    }
}

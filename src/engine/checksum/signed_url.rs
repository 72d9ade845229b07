//! URLs that grant access for a time: what they name, and when they end.
//!
//! Sources: AWS "Authenticating requests: using query parameters", Google Cloud "Signed URLs",
//! Azure "Create a service SAS"; AWS documents the tokens of Bedrock and EKS that are such URLs in
//! base64. The signature cannot be checked without the key, so a bare URL is never proven.

use jiff::{Timestamp, civil::Date, tz::TimeZone};

use super::{Evidence, base64};
use crate::engine::Proof;

/// Prefixes of tokens that are a signed URL in base64.
const WRAPPERS: [&[u8]; 2] = [b"bedrock-api-key-", b"k8s-aws-v1."];
/// EKS honours its tokens for this long, whatever the URL says.
const EKS_SECONDS: i64 = 15 * 60;

/// Reads the parameters of a signed URL, of its query alone, or of one wrapped in base64.
pub fn prove(token: &[u8]) -> Evidence {
    let Some(encoded) = WRAPPERS.iter().find_map(|wrapper| token.strip_prefix(*wrapper)) else {
        // JSON may write `&` as an escape.
        return match memchr::memmem::find(token, b"\\u0026") {
            Some(_) => read(String::from_utf8_lossy(token).replace("\\u0026", "&").as_bytes()),
            None => read(token),
        };
    };
    let Some(url) = base64::decode(encoded) else { return Evidence::new(Proof::Malformed) };
    let evidence = read(&url);
    let holds = evidence.facts.iter().any(|(name, _)| *name == "key id");
    let kept = if token.starts_with(WRAPPERS[1]) { EKS_SECONDS } else { 0 };
    let issued = parameter(&url, "X-Amz-Date").and_then(|date| seconds(&date));
    let expires = evidence.expires.max(issued.map(|issued| issued + kept));
    Evidence { proof: Evidence::certain(holds).proof, ..evidence }.expiring(expires)
}

fn read(url: &[u8]) -> Evidence {
    for vendor in ["X-Amz", "X-Goog"] {
        if let Some(scope) = parameter(url, &format!("{vendor}-Credential")) {
            return version_4(url, vendor, &scope);
        }
    }
    if let Some(date) = parameter(url, "se") {
        let permissions = parameter(url, "sp").unwrap_or_default();
        return Evidence::new(Proof::Unknown).expiring(seconds(&date)).fact("permissions", permissions);
    }
    let expires = parameter(url, "Expires").and_then(|date| date.parse().ok());
    Evidence::new(Proof::Unknown).expiring(expires)
}

/// Version 4 signatures of AWS and Google: `<key id>/<date>/<region>/<service>/…`, a date and a duration.
fn version_4(url: &[u8], vendor: &str, scope: &str) -> Evidence {
    let issued = parameter(url, &format!("{vendor}-Date")).and_then(|date| seconds(&date));
    let lasts = parameter(url, &format!("{vendor}-Expires")).and_then(|seconds| seconds.parse().ok());
    let expires = issued.zip(lasts).and_then(|(issued, lasts)| issued.checked_add(lasts));
    let mut scope = scope.split('/');
    let mut next = || scope.next().unwrap_or_default();
    let (id, _, region, service) = (next(), next(), next(), next());
    Evidence::new(Proof::Unknown)
        .expiring(expires)
        .fact("key id", id)
        .fact("region", region)
        .fact("service", service)
}

/// Longer values are none of those that are read here.
const MAX_VALUE: usize = 200;

/// The decoded value of the parameter `name`.
fn parameter(url: &[u8], name: &str) -> Option<String> {
    let pairs = url.split(|byte| matches!(byte, b'?' | b'&'));
    // `&amp;` stands in HTML for `&`.
    let mut pairs = pairs.map(|pair| pair.strip_prefix(b"amp;").unwrap_or(pair));
    let value = pairs.find_map(|pair| {
        let rest =
            pair.get(name.len()..).filter(|_| pair[..name.len()].eq_ignore_ascii_case(name.as_bytes()))?;
        rest.strip_prefix(b"=").filter(|value| value.len() <= MAX_VALUE)
    })?;
    String::from_utf8(unescape(value)).ok()
}

/// Takes percent-encoding off; what is no such encoding stays as it is.
fn unescape(value: &[u8]) -> Vec<u8> {
    let mut plain = Vec::with_capacity(value.len());
    let mut rest = value;
    while let Some((byte, after)) = rest.split_first() {
        let decoded = after.get(..2).filter(|_| *byte == b'%');
        let decoded = decoded.and_then(|hex| data_encoding::HEXUPPER_PERMISSIVE.decode(hex).ok());
        rest = if decoded.is_some() { &after[2..] } else { after };
        plain.push(decoded.map_or(*byte, |decoded| decoded[0]));
    }
    plain
}

/// A date in the basic or the extended format of ISO 8601, as Unix seconds.
fn seconds(date: &str) -> Option<i64> {
    let midnight = || date.parse::<Date>().ok()?.to_zoned(TimeZone::UTC).ok().map(|time| time.timestamp());
    date.parse::<Timestamp>().ok().or_else(midnight).map(Timestamp::as_second)
}

#[cfg(test)]
mod tests {
    use super::*;
    use data_encoding::BASE64URL_NOPAD;

    const AWS: &str = "https://sts.eu-west-1.amazonaws.com/?Action=GetCallerIdentity&X-Amz-Credential=\
                       KEYID%2F20240102%2Feu-west-1%2Fsts%2Faws4_request&X-Amz-Date=20240102T030405Z&X-Amz-Expires=60";
    /// 2024-01-02T03:04:05Z.
    const ISSUED: i64 = 1_704_164_645;

    #[test]
    fn version_4_urls_say_where_and_until_when() {
        let evidence = prove(AWS.as_bytes());
        assert_eq!((evidence.proof, evidence.expires), (Proof::Unknown, Some(ISSUED + 60)));
        let facts = [("key id", "KEYID"), ("region", "eu-west-1"), ("service", "sts")];
        assert_eq!(evidence.facts, facts.map(|(name, value)| (name, value.to_owned())));
        for escaped in ["&amp;", "\\u0026"] {
            let google = AWS.replace("X-Amz", "X-Goog").replace('&', escaped);
            assert_eq!(prove(google.as_bytes()).expires, Some(ISSUED + 60), "{google}");
        }
    }

    #[test]
    fn wrapped_urls_are_proven() {
        let wrapped = |prefix: &str, url: &str| format!("{prefix}{}", BASE64URL_NOPAD.encode(url.as_bytes()));
        let eks = prove(wrapped("k8s-aws-v1.", AWS).as_bytes());
        assert_eq!((eks.proof, eks.expires), (Proof::Proven, Some(ISSUED + 900)));
        let bedrock = prove(wrapped("bedrock-api-key-", AWS).as_bytes());
        assert_eq!((bedrock.proof, bedrock.expires), (Proof::Proven, Some(ISSUED + 60)));
        assert_eq!(prove(wrapped("k8s-aws-v1.", "https://no.example/").as_bytes()).proof, Proof::Malformed);
    }

    #[test]
    fn azure_dates_come_in_three_forms() {
        for (date, expected) in [
            ("2024-01-02T03%3A04%3A05Z", Some(ISSUED)),
            ("2024-01-02T03:04Z", Some(ISSUED - 5)),
            ("2024-01-02", Some(ISSUED - 5 - 4 * 60 - 3 * 3600)),
            ("soon", None),
        ] {
            let evidence = prove(format!("?sv=2022-11-02&sp=rl&se={date}&sig=x").as_bytes());
            assert_eq!(evidence.expires, expected, "{date}");
            assert_eq!(evidence.facts, [("permissions", "rl".to_owned())]);
        }
    }

    #[test]
    fn older_urls_give_seconds() {
        assert_eq!(prove(b"/f?Expires=1704164645&Signature=x").expires, Some(ISSUED));
    }
}

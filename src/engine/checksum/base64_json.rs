//! Tokens that are base64 of a JSON object, whole or after a prefix, and Google's service accounts.
//!
//! Sources: 1Password's `ops_` tokens, Sentry's RFC 0091 for `sntrys_`, Grafana's `glc_` and older API
//! keys, Cloudflare's tunnel tokens, Upstash's QStash tokens, Google's documentation of key files.

use serde_json::{Map, Value};

use super::{Evidence, base64, private_key};
use crate::engine::Proof;

/// Members that are no secret, with the name of the fact they become; `m.r` is a member of a member.
const MEMBERS: &[(&str, &str)] = &[
    ("signInAddress", "host"),
    ("email", "account"),
    ("url", "host"),
    ("region_url", "region"),
    ("org", "organization"),
    ("n", "name"),
    ("o", "organization"),
    ("id", "organization"),
    ("a", "account"),
    ("t", "tunnel"),
    ("UserID", "user"),
];

/// Members that are secret or say nothing, but tell that the object is a token.
const OTHER_MEMBERS: &[&str] = &["k", "s", "Password", "secretKey", "muk", "srpX", "iat"];

/// How objects begin in base64: `{"`, `{ `, `{` and a line feed.
const BEGINNINGS: [&[u8]; 3] = [b"eyJ", b"eyA", b"ewo"];

/// `Proven` if a complete object with two known members stands there; `Malformed` if what stands there is
/// no JSON; `Unknown` if it is cut off.
pub fn prove(token: &[u8]) -> Evidence {
    let found = BEGINNINGS.iter().filter_map(|beginning| memchr::memmem::find(token, beginning)).min();
    let Some(start) = found else { return Evidence::new(Proof::Unknown) };
    match object(&base64::decode_prefix(&token[start..])) {
        Ok(object) => facts(&object),
        Err(error) if error.is_eof() => Evidence::new(Proof::Unknown),
        Err(_) => Evidence::new(Proof::Malformed),
    }
}

/// The first JSON value of `text`; what follows it belongs to the token's next part.
fn object(text: &[u8]) -> serde_json::Result<Map<String, Value>> {
    let mut values = serde_json::Deserializer::from_slice(text).into_iter();
    values.next().unwrap_or_else(|| Ok(Map::new()))
}

fn facts(object: &Map<String, Value>) -> Evidence {
    let region = object.get("m").and_then(|members| members.get("r"));
    let known = MEMBERS.iter().filter_map(|(member, name)| Some((*name, object.get(*member)?)));
    let evidence = known.chain(region.map(|value| ("region", value))).fold(
        Evidence::new(Proof::Unknown),
        |evidence, (name, value)| match value {
            Value::String(text) => evidence.fact(name, text),
            Value::Number(number) => evidence.fact(name, number.to_string()),
            _ => evidence,
        },
    );
    let others = OTHER_MEMBERS.iter().filter(|member| object.contains_key(**member)).count();
    Evidence { proof: Evidence::believed(evidence.facts.len() + others >= 2).proof, ..evidence }
        .expiring(object.get("exp").and_then(Value::as_i64))
}

/// A service account as JSON, as JSON inside a string, or as base64: as good as the private key in it.
pub fn service_account(token: &[u8]) -> Evidence {
    let Some(account) = account(token) else { return Evidence::new(Proof::Unknown) };
    let member = |name| account.get(name).and_then(Value::as_str).unwrap_or_default();
    let key = private_key::prove(member("private_key").as_bytes());
    let proof = if member("type") == "service_account" { key.proof } else { Proof::Unknown };
    Evidence::new(proof)
        .fact("project", member("project_id"))
        .fact("account", member("client_email"))
        .fact("key id", member("private_key_id"))
}

fn account(token: &[u8]) -> Option<Map<String, Value>> {
    let text = token.trim_ascii();
    if !text.starts_with(b"{") {
        return serde_json::from_slice(&base64::decode(text)?).ok();
    }
    serde_json::from_slice(text).ok().or_else(|| {
        let unescaped: String = serde_json::from_slice(&[b"\"", text, b"\""].concat()).ok()?;
        serde_json::from_str(&unescaped).ok()
    })
}

#[cfg(test)]
mod tests {
    use super::super::tests::sample;
    use super::*;
    use data_encoding::{BASE64, BASE64_NOPAD};

    #[test]
    fn members_are_read_out_after_a_prefix() {
        let json = format!(r#"{{"email":"a@b.example","signInAddress":"b.example","muk":"{}"}}"#, sample(30));
        let evidence = prove(format!("ops_{}", BASE64_NOPAD.encode(json.as_bytes())).as_bytes());
        assert_eq!(evidence.proof, Proof::Proven);
        let facts = [("host", "b.example"), ("account", "a@b.example")];
        assert_eq!(evidence.facts, facts.map(|(name, value)| (name, value.to_owned())));
    }

    #[test]
    fn what_follows_the_object_does_not_matter() {
        for json in [r#"{"iat":1.5,"org":"acme"}"#, r#"{"iat":1.5,"org":"acme-"}"#, r#"{"iat":1,"org":"a"}"#]
        {
            let token = format!("sntrys_{}_{}", BASE64.encode(json.as_bytes()), sample(43));
            let evidence = prove(token.as_bytes());
            assert_eq!(evidence.proof, Proof::Proven, "{json}");
            assert_eq!(evidence.facts[0].0, "organization");
        }
    }

    #[test]
    fn what_is_no_object_is_malformed_and_what_is_cut_is_unknown() {
        let whole = BASE64_NOPAD.encode(br#"{"n":"deploy","o":"12","k":"invented"}"#);
        let proof = |token: String| prove(token.as_bytes()).proof;
        assert_eq!(proof(format!("glc_{}", &whole[..36])), Proof::Unknown);
        assert_eq!(proof(format!("glc_eyJ{}", sample(40))), Proof::Malformed);
        assert_eq!(proof(BASE64_NOPAD.encode(br#"{"id":"12","other":"member"}"#)), Proof::Unknown);
    }

    #[test]
    fn service_accounts_are_as_good_as_their_key() {
        let pem = private_key::tests::pem("PRIVATE KEY", &private_key::tests::pkcs8());
        let json = serde_json::json!({"type": "service_account", "project_id": "acme", "private_key": pem});
        let text = json.to_string();
        let escaped = serde_json::to_string(&text).expect("a string");
        let written =
            [text.clone(), BASE64.encode(text.as_bytes()), escaped[1..escaped.len() - 1].to_owned()];
        for token in written {
            let evidence = service_account(token.as_bytes());
            assert_eq!(evidence.proof, Proof::Proven, "{token}");
            assert_eq!(evidence.facts, [("project", "acme".to_owned())]);
        }
        let stub = text.replace("\\n", "...");
        assert_eq!(service_account(stub.as_bytes()).proof, Proof::Malformed);
    }
}

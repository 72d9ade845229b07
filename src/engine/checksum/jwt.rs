//! JSON Web Tokens (RFC 7519): header and claims are base64url JSON, the signature's length fits the
//! algorithm (RFC 7518). The signature itself cannot be checked without the key.
//!
//! Decides nothing about expiry but reads the date. A prefix (`IST.`, `ghs_1_`, `Bearer `) is skipped,
//! and base64 around the whole token is taken off once.

use serde_json::{Map, Value};

use super::{Evidence, base64};
use crate::engine::Proof;

/// What every JSON object that begins with `{"` begins with in base64.
const BEGINNING: &[u8] = b"eyJ";

/// Reads header and claims; `Malformed` if either is no JSON or nothing is signed.
pub fn prove(token: &[u8]) -> Evidence {
    if memchr::memchr(b'.', token).is_none() {
        return match base64::decode(token).filter(|inner| inner.starts_with(BEGINNING)) {
            Some(inner) if memchr::memchr(b'.', &inner).is_some() => parts(&inner),
            _ => Evidence::new(Proof::Malformed),
        };
    }
    parts(token)
}

/// Whether a token is one of documentation by its claims: those of jwt.io, of RFC 7519, of Supabase's local stack.
pub fn is_of_documentation(token: &[u8]) -> bool {
    let is_theirs = |(name, value): &(&str, String)| {
        matches!((*name, value.as_str()), ("subject", "1234567890") | ("issuer", "joe" | "supabase-demo"))
    };
    token.starts_with(BEGINNING) && prove(token).facts.iter().any(is_theirs)
}

fn parts(token: &[u8]) -> Evidence {
    let Some(start) = memchr::memmem::find(token, BEGINNING) else { return Evidence::new(Proof::Malformed) };
    let parts: Vec<&[u8]> = token[start..].splitn(6, |byte| *byte == b'.').collect();
    let Some(header) = parts.first().and_then(|part| object(part)) else {
        return Evidence::new(Proof::Malformed);
    };
    let algorithm = text(&header, "alg");
    match parts[..] {
        _ if algorithm.is_empty() || algorithm.eq_ignore_ascii_case("none") => {
            Evidence::new(Proof::Malformed)
        }
        [_, claims, signature] => match object(claims) {
            Some(claims) => signed(&algorithm, signature, &claims),
            None => Evidence::new(Proof::Malformed),
        },
        // Encrypted tokens (RFC 7516) show their header only.
        [_, _, _, _, _] if header.contains_key("enc") => {
            Evidence::new(Proof::Unknown).fact("encryption", text(&header, "enc"))
        }
        _ => Evidence::new(Proof::Malformed),
    }
    .fact("algorithm", algorithm)
}

fn signed(algorithm: &str, signature: &[u8], claims: &Map<String, Value>) -> Evidence {
    let expires =
        claims.get("exp").and_then(|date| date.as_i64().or_else(|| date.as_f64().map(|date| date as i64)));
    let evidence = Evidence::believed(signature_fits(algorithm, signature)).expiring(expires);
    [("issuer", "iss"), ("audience", "aud"), ("subject", "sub"), ("role", "role")]
        .into_iter()
        .fold(evidence, |evidence, (name, claim)| evidence.fact(name, text(claims, claim)))
}

/// Whether `signature` has the number of characters that the algorithm's signatures have.
///
/// RSA keys have 1024 to 8192 bits; a signature cut short fits none of them.
fn signature_fits(algorithm: &str, signature: &[u8]) -> bool {
    let length = signature.iter().take_while(|byte| base64::is_digit(**byte)).count();
    match algorithm {
        "HS256" => length == 43,
        "HS384" => length == 64,
        "HS512" => length == 86,
        "ES256" | "ES256K" => length == 86,
        "ES384" => length == 128,
        "ES512" => length == 176,
        "EdDSA" | "Ed25519" => matches!(length, 86 | 152),
        _ if algorithm.starts_with("RS") || algorithm.starts_with("PS") => {
            matches!(length, 171 | 342 | 512 | 683 | 1024 | 1366)
        }
        _ => length >= 43,
    }
}

fn object(part: &[u8]) -> Option<Map<String, Value>> {
    serde_json::from_slice(&base64::decode(part)?).ok()
}

/// A claim as text: a string as it is, a list by its first entry, a number in digits.
fn text(object: &Map<String, Value>, name: &str) -> String {
    match object.get(name) {
        Some(Value::Array(list)) => list.first().and_then(Value::as_str).unwrap_or_default().to_owned(),
        Some(Value::String(text)) => text.clone(),
        Some(Value::Number(number)) => number.to_string(),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::sample;
    use super::*;
    use data_encoding::{BASE64, BASE64URL_NOPAD};

    fn token(header: &str, claims: &str, signature: usize) -> String {
        let [header, claims] = [header, claims].map(|json| BASE64URL_NOPAD.encode(json.as_bytes()));
        format!("{header}.{claims}.{}", sample(signature))
    }

    fn proof(token: &str) -> Proof {
        prove(token.as_bytes()).proof
    }

    #[test]
    fn tokens_of_documentation_are_told_by_their_claims() {
        let header = r#"{"alg":"HS256","typ":"JWT"}"#;
        for (claims, expected) in [
            (r#"{"sub":"1234567890","name":"J. D.","iat":1516239022}"#, true),
            (r#"{"iss":"joe","exp":1300819380}"#, true),
            (r#"{"iss":"supabase-demo","role":"anon"}"#, true),
            (r#"{"iss":"supabase","sub":"12345678901"}"#, false),
            (r#"{"iss":"1234567890","sub":"joe"}"#, false),
        ] {
            assert_eq!(is_of_documentation(token(header, claims, 43).as_bytes()), expected, "{claims}");
        }
    }

    #[test]
    fn claims_are_read_out() {
        let claims = r#"{"iss":"https://id.example","aud":["shop","mail"],"exp":1700000000,"sub":7}"#;
        let evidence = prove(token(r#"{"alg":"RS256","typ":"JWT"}"#, claims, 342).as_bytes());
        assert_eq!((evidence.proof, evidence.expires), (Proof::Proven, Some(1_700_000_000)));
        let facts = [
            ("issuer", "https://id.example"),
            ("audience", "shop"),
            ("subject", "7"),
            ("algorithm", "RS256"),
        ];
        assert_eq!(evidence.facts, facts.map(|(name, value)| (name, value.to_owned())));
    }

    #[test]
    fn signature_must_fit_the_algorithm() {
        let header = r#"{"alg":"HS256"}"#;
        assert_eq!(proof(&token(header, r#"{"exp":1.5e9}"#, 43)), Proof::Proven);
        assert_eq!(proof(&token(header, "{}", 30)), Proof::Unknown);
        assert_eq!(prove(token(header, r#"{"exp":1.5e9}"#, 43).as_bytes()).expires, Some(1_500_000_000));
    }

    #[test]
    fn what_is_no_token_is_malformed() {
        assert_eq!(proof(&token(r#"{"alg":"none"}"#, "{}", 0)), Proof::Malformed);
        assert_eq!(proof(&token(r#"{"typ":"JWT"}"#, "{}", 43)), Proof::Malformed);
        assert_eq!(proof(&token(r#"{"alg":"HS256"}"#, "{broken", 43)), Proof::Malformed);
        assert_eq!(proof("eyJhbGciOi.eyJzdWIi.c2ln"), Proof::Malformed);
        assert_eq!(proof(&sample(80)), Proof::Malformed);
    }

    #[test]
    fn prefixes_and_wrappings_are_taken_off() {
        let token = token(r#"{"alg":"ES256"}"#, r#"{"iss":"a"}"#, 86);
        assert_eq!(proof(&format!("ghs_12345_{token}")), Proof::Proven);
        assert_eq!(proof(&BASE64.encode(token.as_bytes())), Proof::Proven);
    }

    #[test]
    fn encrypted_tokens_stay_unknown() {
        let header = BASE64URL_NOPAD.encode(br#"{"alg":"dir","enc":"A256GCM"}"#);
        let evidence = prove(format!("{header}..{}.{}.{}", sample(16), sample(60), sample(22)).as_bytes());
        assert_eq!(evidence.proof, Proof::Unknown);
        assert_eq!(evidence.facts[0], ("encryption", "A256GCM".to_owned()));
    }
}

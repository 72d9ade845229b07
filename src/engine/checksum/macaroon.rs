//! PyPI's tokens: a macaroon whose caveats say what it may do.
//!
//! Sources: libmacaroons' `doc/format.txt` for version 2, PyPI's `warehouse.macaroons.caveats` for what
//! the caveats mean. The signature is an HMAC and cannot be checked; that all fields parse and fill the
//! token exactly is proof enough.

use serde_json::Value;

use super::{Evidence, base64};
use crate::engine::Proof;

const VERSION: u8 = 2;
const END: u8 = 0;
const LOCATION: u8 = 1;
const IDENTIFIER: u8 = 2;
const VERIFICATION: u8 = 4;
const SIGNATURE: u8 = 6;
const SIGNATURE_BYTES: usize = 32;

/// Why a macaroon could not be read.
enum Flaw {
    /// It ends too early: the rule's pattern may have cut it.
    Cut,
    /// A field stands where it cannot.
    Wrong,
}

/// `pypi-` and a macaroon: registry, owner, projects and expiry date are read out.
pub fn pypi(token: &[u8]) -> Evidence {
    let encoded = token.strip_prefix(b"pypi-").unwrap_or(token);
    let bytes = base64::decode_prefix(encoded);
    let mut evidence = Evidence::new(Proof::Unknown);
    evidence.proof = match read(&mut Fields(&bytes), &mut evidence) {
        Ok(()) => Proof::Proven,
        Err(Flaw::Cut) => Proof::Unknown,
        Err(Flaw::Wrong) => Proof::Malformed,
    };
    evidence
}

fn read(fields: &mut Fields<'_>, evidence: &mut Evidence) -> Result<(), Flaw> {
    if fields.byte()? != VERSION {
        return Err(Flaw::Wrong);
    }
    section(fields, |kind, value| {
        if kind == LOCATION {
            note(evidence, "registry", String::from_utf8_lossy(value).into_owned());
        }
    })?;
    while fields.0.first() != Some(&END) {
        section(fields, |kind, value| {
            if kind == IDENTIFIER {
                caveat(value, evidence);
            }
        })?;
    }
    fields.byte()?;
    let (kind, signature) = fields.field()?;
    let complete = kind == SIGNATURE && signature.len() == SIGNATURE_BYTES && fields.0.is_empty();
    if complete { Ok(()) } else { Err(Flaw::Wrong) }
}

/// Reads the fields of a section up to its end; kinds ascend, and an identifier is among them.
fn section<'a>(fields: &mut Fields<'a>, mut each: impl FnMut(u8, &'a [u8])) -> Result<(), Flaw> {
    let mut kinds = Vec::new();
    while fields.0.first() != Some(&END) {
        let (kind, value) = fields.field()?;
        let known = matches!(kind, LOCATION | IDENTIFIER | VERIFICATION);
        if !known || kinds.last().is_some_and(|last| *last >= kind) {
            return Err(Flaw::Wrong);
        }
        kinds.push(kind);
        each(kind, value);
    }
    fields.byte()?;
    if kinds.contains(&IDENTIFIER) { Ok(()) } else { Err(Flaw::Wrong) }
}

/// Notes what a caveat says; current ones are lists that begin with a number, older ones objects.
fn caveat(text: &[u8], evidence: &mut Evidence) {
    let Ok(caveat) = serde_json::from_slice::<Value>(text) else { return };
    match caveat[0].as_u64() {
        Some(0) => evidence.expires = caveat[1].as_i64(),
        Some(1) => note(evidence, "projects", names(&caveat[1])),
        Some(3) => note(evidence, "user", names(&caveat[1])),
        _ => {
            if let Some(date) = caveat["exp"].as_i64() {
                evidence.expires = Some(date);
            }
            note(evidence, "projects", names(&caveat["permissions"]["projects"]));
        }
    }
}

fn names(value: &Value) -> String {
    match value {
        Value::String(name) => name.clone(),
        Value::Array(names) => names.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(", "),
        _ => String::new(),
    }
}

fn note(evidence: &mut Evidence, name: &'static str, value: String) {
    *evidence = std::mem::replace(evidence, Evidence::new(Proof::Unknown)).fact(name, value);
}

/// What is left to read.
struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    fn byte(&mut self) -> Result<u8, Flaw> {
        let (first, rest) = self.0.split_first().ok_or(Flaw::Cut)?;
        self.0 = rest;
        Ok(*first)
    }

    /// A kind, a length of at most two bytes of seven bits each, and as many bytes.
    fn field(&mut self) -> Result<(u8, &'a [u8]), Flaw> {
        let kind = self.byte()?;
        let mut length = usize::from(self.byte()?);
        if length >= 0x80 {
            let high = usize::from(self.byte()?);
            if high >= 0x80 {
                return Err(Flaw::Wrong);
            }
            length = length & 0x7f | high << 7;
        }
        let (value, rest) = self.0.split_at_checked(length).ok_or(Flaw::Cut)?;
        self.0 = rest;
        Ok((kind, value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use data_encoding::BASE64URL_NOPAD;

    fn field(kind: u8, value: &[u8]) -> Vec<u8> {
        let length = value.len();
        let varint =
            if length < 0x80 { vec![length as u8] } else { vec![length as u8 | 0x80, (length >> 7) as u8] };
        [vec![kind], varint, value.to_vec()].concat()
    }

    fn token(caveats: &[&str], signature: usize) -> String {
        let head =
            [vec![VERSION], field(LOCATION, b"pypi.org"), field(IDENTIFIER, b"an invented id"), vec![END]];
        let caveats = caveats.iter().map(|text| [field(IDENTIFIER, text.as_bytes()), vec![END]].concat());
        let tail = [vec![END], field(SIGNATURE, &vec![0xa7; signature])].concat();
        let bytes = head.into_iter().chain(caveats).chain([tail]).collect::<Vec<_>>().concat();
        format!("pypi-{}", BASE64URL_NOPAD.encode(&bytes))
    }

    #[test]
    fn caveats_are_read_out() {
        let evidence =
            pypi(token(&[r#"[1,["acme","shop"]]"#, "[0,1700000000,0]", r#"[3,"someone"]"#], 32).as_bytes());
        assert_eq!((evidence.proof, evidence.expires), (Proof::Proven, Some(1_700_000_000)));
        let facts = [("registry", "pypi.org"), ("projects", "acme, shop"), ("user", "someone")];
        assert_eq!(evidence.facts, facts.map(|(name, value)| (name, value.to_owned())));
        let older = pypi(token(&[r#"{"version":1,"permissions":{"projects":["acme"]}}"#], 32).as_bytes());
        assert_eq!(older.facts[1], ("projects", "acme".to_owned()));
    }

    #[test]
    fn long_caveats_have_long_lengths() {
        let names = format!(r#"[1,["{}"]]"#, "acme-".repeat(60));
        assert_eq!(pypi(token(&[&names], 32).as_bytes()).proof, Proof::Proven);
    }

    #[test]
    fn cut_tokens_are_unknown_and_wrong_ones_malformed() {
        let whole = token(&["[0,1700000000,0]"], 32);
        assert_eq!(pypi(&whole.as_bytes()[..whole.len() - 8]).proof, Proof::Unknown);
        assert_eq!(pypi(token(&[], 31).as_bytes()).proof, Proof::Malformed);
        assert_eq!(pypi(whole.replacen("pypi-A", "pypi-B", 1).as_bytes()).proof, Proof::Malformed);
    }
}

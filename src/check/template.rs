//! Examples as they are written in rule files: text with the secret between `«` and `»` and with
//! `{name:length}` where invented characters go, so that nothing in a rule file looks live.
//!
//! | written | becomes |
//! |---|---|
//! | `{hex:32}` | 32 characters of a named set: see [`SETS`] |
//! | `{[a-f0-9_]:9}` | 9 characters of a class |
//! | `{uuid}` | a random UUID |
//! | `{jwt}` | a JSON Web Token that never expires |
//! | `{checksum}` | what completes the token since `«` by the rule's checksum |
//! | `{{` and `}}` | a brace |

use data_encoding::BASE64URL_NOPAD;
use regex_syntax::ParserBuilder;
use regex_syntax::hir::{Class, HirKind};
use thiserror::Error;

use super::random::Random;
use crate::rule::Checksum;
use crate::span::Span;

/// The named sets of characters and the class of each.
pub const SETS: &[(&str, &str)] = &[
    ("hex", "[0-9a-f]"),
    ("HEX", "[0-9A-F]"),
    ("digits", "[0-9]"),
    ("lower", "[a-z]"),
    ("upper", "[A-Z]"),
    ("alnum", "[0-9a-z]"),
    ("ALNUM", "[0-9A-Z]"),
    ("base62", "[0-9A-Za-z]"),
    ("base32", "[A-Z2-7]"),
    ("base58", "[1-9A-HJ-NP-Za-km-z]"),
    ("base64", "[0-9A-Za-z+/]"),
    ("base64url", "[0-9A-Za-z_-]"),
];
/// The most characters that one place of a template is filled with.
const MAX_CHARACTERS: usize = 100_000;

/// A template with every place filled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filled {
    /// The text, without the marks.
    pub text: String,
    /// What stood between the marks, if there were any.
    pub secret: Option<Span>,
}

/// Why a template cannot be filled.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum TemplateError {
    /// A place has a name that is not known.
    #[error("unknown place `{{{0}}}`; known are {known}, `[class]:N`, uuid, jwt and checksum; write `{{{{` for a brace", known = known())]
    Unknown(String),
    /// A brace stands alone.
    #[error("a brace stands alone; write `{{{{` or `}}}}` for one")]
    Brace,
    /// A class is no regular expression or has no printable member.
    #[error("`{0}` is not a class of ASCII characters")]
    Class(String),
    /// The rule has no checksum, or none that can be computed for what stands before.
    #[error("`{{checksum}}` cannot be computed: the rule names none, or what stands before begins no token")]
    Checksum,
    /// The marks are not one `«` and one `»` after it, with something between.
    #[error("the secret is not marked by one `«` and one `»` after it")]
    Marks,
}

fn known() -> String {
    SETS.iter().map(|(name, _)| format!("{name}:N")).collect::<Vec<_>>().join(", ")
}

/// Fills a template. The same seed gives the same text.
pub fn fill(
    template: &str,
    seed: u64,
    checksum: impl Fn(&[u8]) -> Option<String>,
) -> Result<Filled, TemplateError> {
    let mut random = Random::new(seed);
    let (mut text, mut start, mut end) = (String::new(), None, None);
    let mut rest = template;
    while let Some(character) = rest.chars().next() {
        let after = &rest[character.len_utf8()..];
        rest = after;
        match character {
            '«' if start.replace(text.len()).is_some() => return Err(TemplateError::Marks),
            '»' if end.replace(text.len()).is_some() => return Err(TemplateError::Marks),
            '«' | '»' => {}
            '{' if after.starts_with('{') => {
                text.push('{');
                rest = &after[1..];
            }
            '}' if after.starts_with('}') => {
                text.push('}');
                rest = &after[1..];
            }
            '{' => {
                let (place, beyond) = split_place(after)?;
                rest = beyond;
                if place == "checksum" {
                    let token = &text.as_bytes()[start.unwrap_or(0)..];
                    text += &checksum(token).ok_or(TemplateError::Checksum)?;
                } else {
                    text += &invent(place, &mut random)?;
                }
            }
            '}' => return Err(TemplateError::Brace),
            _ => text.push(character),
        }
    }
    let secret = match (start, end) {
        (None, None) => None,
        (Some(start), Some(end)) if start < end => Some(Span::new(start, end)),
        _ => return Err(TemplateError::Marks),
    };
    Ok(Filled { text, secret })
}

/// Fills a template by the rule's own checksum.
pub fn fill_for(template: &str, seed: u64, checksum: Option<Checksum>) -> Result<Filled, TemplateError> {
    fill(template, seed, |token| super::complete(checksum?, token))
}

/// Splits what follows an opening brace at the closing one. A class may hold braces itself.
fn split_place(text: &str) -> Result<(&str, &str), TemplateError> {
    let from = if text.starts_with('[') { text.find("]:").ok_or(TemplateError::Brace)? } else { 0 };
    let end = from + text[from..].find('}').ok_or(TemplateError::Brace)?;
    Ok((&text[..end], &text[end + 1..]))
}

fn invent(place: &str, random: &mut Random) -> Result<String, TemplateError> {
    match place {
        "uuid" => return Ok(uuid(random)),
        "jwt" => return Ok(jwt(random)),
        _ => {}
    }
    let unknown = || TemplateError::Unknown(place.to_owned());
    let (set, length) = place.rsplit_once(':').ok_or_else(unknown)?;
    let length = length.parse().ok().filter(|length| *length <= MAX_CHARACTERS).ok_or_else(unknown)?;
    let class = match SETS.iter().find(|(name, _)| *name == set) {
        Some((_, class)) => class,
        None if set.starts_with('[') => set,
        None => return Err(unknown()),
    };
    Ok(random.text(&members(class)?, length))
}

/// The printable ASCII characters of a class.
fn members(class: &str) -> Result<Vec<u8>, TemplateError> {
    let error = || TemplateError::Class(class.to_owned());
    let mut parser = ParserBuilder::new().unicode(false).utf8(false).build();
    let hir = parser.parse(class).map_err(|_| error())?;
    let members: Vec<u8> = match hir.kind() {
        HirKind::Class(Class::Bytes(class)) => {
            class.iter().flat_map(|range| range.start()..=range.end()).collect()
        }
        HirKind::Literal(literal) if literal.0.len() == 1 => literal.0.to_vec(),
        _ => return Err(error()),
    };
    let printable: Vec<u8> = members.into_iter().filter(|byte| matches!(byte, b' '..=b'~')).collect();
    if printable.is_empty() { Err(error()) } else { Ok(printable) }
}

fn uuid(random: &mut Random) -> String {
    let mut hex = |length| random.text(b"0123456789abcdef", length);
    let (head, second, third, fourth, last) = (hex(8), hex(4), hex(3), hex(3), hex(12));
    format!("{head}-{second}-4{third}-a{fourth}-{last}")
}

fn jwt(random: &mut Random) -> String {
    let subject = random.text(b"0123456789", 10);
    let header = BASE64URL_NOPAD.encode(br#"{"alg":"HS256","typ":"JWT"}"#);
    let claims = BASE64URL_NOPAD.encode(format!(r#"{{"sub":"{subject}","iat":1700000000}}"#).as_bytes());
    format!("{header}.{claims}.{}", BASE64URL_NOPAD.encode(&random.bytes(32)))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn filled(template: &str) -> Result<Filled, TemplateError> {
        fill(template, 7, |token| Some(token.len().to_string()))
    }

    #[test]
    fn places_are_filled_and_the_secret_is_where_it_was_marked() {
        let Filled { text, secret } = filled("{{é: \"«tok_{hex:8}{[-]:2}{checksum}»\"}}").unwrap();
        let secret = secret.unwrap();
        let token = &text[secret.start..secret.end];
        assert!(text.starts_with("{é: \"tok_") && text.ends_with("\"}"));
        assert!(token.len() == 16 && token.ends_with("--14"), "{token}");
        assert_eq!(filled("«tok_{hex:8}»"), filled("«tok_{hex:8}»"));
        assert_ne!(filled("{hex:8}{hex:8}").unwrap().text[..8], filled("{hex:8}{hex:8}").unwrap().text[8..]);
    }

    #[test]
    fn every_set_keeps_to_its_class() {
        for (name, class) in SETS {
            let Filled { text, secret } = filled(&format!("{{{name}:50}}")).unwrap();
            assert!(regex::Regex::new(&format!("^{class}{{50}}$")).unwrap().is_match(&text), "{text}");
            assert_eq!(secret, None);
        }
        let class = filled("{[{}:]:9}").unwrap().text;
        assert!(class.len() == 9 && class.chars().all(|c| "{}:".contains(c)), "{class}");
        assert_eq!(filled("{uuid}").unwrap().text.len(), 36);
        let jwt = filled("{jwt}").unwrap().text;
        let parts: Vec<_> =
            jwt.split('.').map(|part| BASE64URL_NOPAD.decode(part.as_bytes()).unwrap()).collect();
        assert!(parts.len() == 3 && parts[0].starts_with(b"{\"alg\"") && parts[1].ends_with(b"}"));
    }

    #[test]
    fn mistakes_are_told() {
        assert_eq!(filled("{hexa:8}"), Err(TemplateError::Unknown("hexa:8".into())));
        assert_eq!(filled("{hex:-8}"), Err(TemplateError::Unknown("hex:-8".into())));
        assert_eq!(filled("{hex:8"), Err(TemplateError::Brace));
        assert_eq!(filled("a}b"), Err(TemplateError::Brace));
        assert_eq!(filled("{[z-a]:8}"), Err(TemplateError::Class("[z-a]".into())));
        assert_eq!(filled("»a«"), Err(TemplateError::Marks));
        assert_eq!(filled("«a» «b»"), Err(TemplateError::Marks));
        assert_eq!(fill("{checksum}", 0, |_| None), Err(TemplateError::Checksum));
    }

    proptest! {
        #[test]
        fn no_template_panics(template in "[{}«»a-z0-9:\\[\\]^é-]{0,30}") {
            let _ = filled(&template);
        }
    }
}

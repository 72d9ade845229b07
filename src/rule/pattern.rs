//! What the format asks of a rule's pattern, beyond being a regular expression over bytes.
//!
//! Where its literals stand is read off by [`anchor`](super::anchor). Shared with `rules/build.rs`: it
//! uses nothing of the crate and compiles nothing.

use regex_syntax::ParserBuilder;
use regex_syntax::hir::{Hir, HirKind};

/// The name of the group that marks the secret part of a match.
pub const SECRET_GROUP: &str = "secret";

/// What several patterns have in common, by the names that they call it by: `(?&name)`, as PCRE calls groups.
const PIECES: &[(&str, &str)] = &[
    // In a URL before its `@`: what is encoded or needs not be, with at signs if what follows them is short; or what
    // begins with a letter and may hold anything that ends no URL.
    (
        "password",
        r#"(?:[0-9A-Za-z!&+=.~^_-]|%[0-9A-Fa-f]{2})[^\s"'`>}\\/?#@|]{2,127}(?:@[0-9A-Za-z!$%^&*_+.=~-]{1,64}){0,2}|[A-Za-z!][^\s"'`>}\\/&=@|]{2,127}"#,
    ),
    // The same where a slash ends no name of a host, as in the URLs of databases.
    (
        "password_with_slashes",
        r#"(?:[0-9A-Za-z!&+=.~^_-]|%[0-9A-Fa-f]{2})[^\s"'`>}\\/?#@|]{2,127}(?:@[0-9A-Za-z!$%^&*_+.=~-]{1,64}){0,2}|[A-Za-z!][^\s"'`>}\\&=@|]{2,127}"#,
    ),
    // Behind that: a name, a number in brackets, or what a template puts there.
    ("host", r#"[0-9A-Za-z$%{<\[_-][^\s"'`/?#,;)@]{0,}"#),
];

/// How deep groups may nest.
const MAX_NESTING: u32 = 50;

/// A pattern with its pieces written out. Others that it calls are left to the parser, which refuses them.
pub fn spelt_out(text: &str) -> String {
    let spell = |text: String, (name, piece): &(&str, &str)| {
        text.replace(&format!("(?&{name})"), &format!("(?:{piece})"))
    };
    PIECES.iter().fold(text.to_owned(), spell)
}

/// Reads a pattern over bytes: it may look at nothing but the token (no `\b`, `^`, `$`), cannot match
/// the empty string, and names no group but `secret`. The error says in one line what is wrong.
pub fn read(text: &str) -> Result<Hir, String> {
    let hir = parse(text)?;
    if !hir.properties().look_set().is_empty() {
        return Err("looks around the token (`\\b`, `^`, `$`); the engine checks both ends itself".into());
    }
    match hir.properties().minimum_len() {
        None => return Err("can never match".into()),
        Some(0) => return Err("matches the empty string".into()),
        Some(_) => {}
    }
    match group_names(&hir).into_iter().find(|name| *name != SECRET_GROUP) {
        Some(name) => Err(format!("names a group `{name}`; the only name known is `{SECRET_GROUP}`")),
        None => Ok(hir),
    }
}

/// Checks an expression of free form, and says how many groups it has.
pub fn check_freeform(text: &str) -> Result<usize, String> {
    let hir = parse(text)?;
    match hir.properties().minimum_len() {
        None => Err("can never match".into()),
        Some(_) => Ok(hir.properties().explicit_captures_len()),
    }
}

fn parse(text: &str) -> Result<Hir, String> {
    let mut parser = ParserBuilder::new().unicode(false).utf8(false).nest_limit(MAX_NESTING).build();
    parser.parse(text).map_err(|error| explain(text, &error))
}

/// The parser's message, with the place as text.
fn explain(text: &str, error: &regex_syntax::Error) -> String {
    let (kind, offset) = match error {
        regex_syntax::Error::Parse(error) => (error.kind().to_string(), error.span().start.offset),
        regex_syntax::Error::Translate(error) => (error.kind().to_string(), error.span().start.offset),
        other => return other.to_string().replace('\n', " "),
    };
    let rest: String = text.get(offset..).unwrap_or_default().chars().take(20).collect();
    if rest.is_empty() {
        format!("{kind}, at the end")
    } else {
        format!("{kind}, at `{}`", rest.escape_debug())
    }
}

fn group_names(hir: &Hir) -> Vec<&str> {
    let own = match hir.kind() {
        HirKind::Capture(capture) => capture.name.as_deref(),
        _ => None,
    };
    own.into_iter().chain(hir.kind().subs().iter().flat_map(group_names)).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod tests {
    use super::*;

    #[test]
    fn pieces_are_written_out() {
        assert_eq!(spelt_out("a(?:b)[(?&]"), "a(?:b)[(?&]");
        let pattern = read(&spelt_out("s://u:(?<secret>(?&password))@(?&host)")).unwrap();
        assert_eq!(group_names(&pattern), ["secret"]);
        let error = read(&spelt_out("s://(?&hots)")).unwrap_err();
        assert_eq!(error, "unrecognized flag, at `&hots)`");
    }

    #[test]
    fn patterns_that_the_engine_cannot_use_are_refused() {
        let error = |pattern| read(pattern).unwrap_err();
        assert_eq!(error("a*"), "matches the empty string");
        assert_eq!(error("[a&&b]"), "can never match");
        assert_eq!(error("ab("), "unclosed group, at `(`");
        assert!(error(r"\babc").starts_with("looks around the token"));
        assert_eq!(error("(?P<token>abc)"), "names a group `token`; the only name known is `secret`");
        assert!(error("é[^a]\\pL").contains("Unicode"), "{}", error("é[^a]\\pL"));
        assert!(read("acme_(?<secret>[a-z]{9})").is_ok());
    }
}

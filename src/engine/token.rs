//! Token rules: the literal was found; does the whole token stand around it?

use std::sync::OnceLock;

use regex::bytes::{Regex, RegexBuilder};

use super::byte;
use crate::rule::{Anchor, Text};
use crate::span::Span;

/// A pattern that is compiled when its literal is first met.
pub struct TokenPattern {
    source: Text,
    regex: OnceLock<Option<Regex>>,
}

/// A pattern for a whole value, compiled when it is first needed.
pub struct Whole {
    source: Text,
    regex: OnceLock<Option<Regex>>,
}

impl Whole {
    /// Takes a pattern without compiling it.
    pub fn new(source: Text) -> Self {
        Self { source, regex: OnceLock::new() }
    }

    /// Whether all of `value` matches.
    pub fn is_match(&self, value: &[u8]) -> bool {
        let regex = self.regex.get_or_init(|| compile(&format!(r"\A(?:{})\z", self.source)));
        regex.as_ref().is_some_and(|regex| regex.is_match(value))
    }
}

/// A token that stands around a literal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token {
    /// All of it.
    pub matched: Span,
    /// Its secret part.
    pub secret: Span,
    /// Every byte that was looked at.
    pub depends_on: Span,
}

impl TokenPattern {
    /// Takes a pattern without compiling it.
    pub fn new(source: Text) -> Self {
        Self { source, regex: OnceLock::new() }
    }

    /// The token of this pattern that holds `anchor` at `at`, standing free of other word bytes.
    pub fn around(&self, bytes: &[u8], anchor: &Anchor, at: usize) -> Option<Token> {
        let regex = self.regex.get_or_init(|| compile(&self.source)).as_ref()?;
        let literal = Span::new(at, at + anchor.literal.len());
        let window = literal.widen(anchor.before.into(), anchor.longest.into(), bytes.len());
        let mut from = window.start;
        while from <= at {
            let mut groups = regex.capture_locations();
            let found = regex.captures_read_at(&mut groups, &bytes[..window.end], from)?;
            let matched = Span::from(found.range());
            if matched.start > at {
                return None;
            }
            if matched.contains(literal)
                && byte::starts_token(bytes, matched.start)
                && byte::ends_token(bytes, matched.end)
            {
                let secret = groups.get(1).map_or(matched, |(start, end)| Span::new(start, end));
                let looked_at = matched.union(literal).widen(byte::START_REACH, 1, bytes.len());
                return Some(Token { matched, secret, depends_on: looked_at });
            }
            from = matched.start + 1;
        }
        None
    }
}

/// Compiles a pattern as rules mean it: over bytes, ASCII classes only. Rules are checked before they
/// come here, so a failure means that the pattern is too large to be of use.
fn compile(source: &str) -> Option<Regex> {
    RegexBuilder::new(source).unicode(false).build().ok()
}

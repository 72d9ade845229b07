//! Token rules: the literal was found; does the whole token stand around it?

use std::sync::OnceLock;

use regex::bytes::{Regex, RegexBuilder};
use regex_syntax::ast::parse::Parser;
use regex_syntax::ast::{Ast, RepetitionKind, RepetitionRange};

use super::byte;
use crate::rule::{Anchor, Text};
use crate::span::Span;

/// A pattern that is compiled when its literal is first met.
pub struct TokenPattern {
    source: Text,
    /// All its tokens begin with their literal, so that the search need not go on from there.
    anchored: bool,
    regex: OnceLock<Option<Regex>>,
    /// The same with the group that marks the secret, for the few that match: groups cost far more to
    /// compile than the rest.
    grouped: OnceLock<Option<Regex>>,
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

/// How the group begins that marks the secret part of a token.
const SECRET: &str = "(?<secret>";

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
    pub fn new(source: Text, anchors: &[Anchor]) -> Self {
        let anchored = anchors.iter().all(|anchor| anchor.before == 0);
        Self { source, anchored, regex: OnceLock::new(), grouped: OnceLock::new() }
    }

    /// The token of this pattern that holds `anchor` at `at`, standing free of other word bytes.
    pub fn around(&self, bytes: &[u8], anchor: &Anchor, at: usize) -> Option<Token> {
        let literal = Span::new(at, at + anchor.literal.len());
        if self.anchored && !byte::starts_token(bytes, at) {
            return None;
        }
        let regex = self.regex.get_or_init(|| self.compile(&self.source.replace(SECRET, "(?:"))).as_ref()?;
        let window = literal.widen(anchor.before.into(), anchor.longest.into(), bytes.len());
        // Patterns look at nothing but the token, so the window may stand for all.
        let text = window.of(bytes);
        let mut from = 0;
        loop {
            let found = Span::from(regex.find_at(text, from)?.range());
            let matched = Span::new(window.start + found.start, window.start + found.end);
            if matched.start > at {
                return None;
            }
            let free = byte::starts_token(bytes, matched.start) && byte::ends_token(bytes, matched.end);
            if matched.contains(literal) && free {
                let looked_at = matched.union(literal).widen(byte::START_REACH, 1, bytes.len());
                return Some(Token {
                    matched,
                    secret: self.secret(text, found, window),
                    depends_on: looked_at,
                });
            }
            if self.anchored {
                return None;
            }
            from = found.start + 1;
        }
    }

    /// The secret part of a match that was found in `text`, the bytes of `window`.
    fn secret(&self, text: &[u8], found: Span, window: Span) -> Span {
        let group = || {
            let grouped = self.grouped.get_or_init(|| self.compile(&self.source)).as_ref()?;
            Some(Span::from(grouped.captures_at(text, found.start)?.get(1)?.range()))
        };
        let marked = self.source.contains(SECRET);
        let part = marked.then(group).flatten().unwrap_or(found);
        Span::new(window.start + part.start, window.start + part.end)
    }

    fn compile(&self, source: &str) -> Option<Regex> {
        if self.anchored { compile(&format!(r"\A(?:{source})")) } else { compile(source) }
    }
}

/// Compiles a pattern as rules mean it: over bytes, ASCII classes only. Rules are checked before they
/// come here, so a failure means that the pattern is too large to be of use.
fn compile(source: &str) -> Option<Regex> {
    let mut pattern = Parser::new().parse(source).ok()?;
    leave_bounds(&mut pattern);
    RegexBuilder::new(&pattern.to_string()).unicode(false).build().ok()
}

/// Takes the high upper bounds off a pattern: each costs as much to compile as so many copies of what is
/// repeated, and whoever searches looks at no more bytes than the bounds allow.
fn leave_bounds(pattern: &mut Ast) {
    const HIGH: u32 = 200;
    match pattern {
        Ast::Repetition(repetition) => {
            if let RepetitionKind::Range(range) = &mut repetition.op.kind
                && let RepetitionRange::Bounded(least, HIGH..) = *range
            {
                *range = RepetitionRange::AtLeast(least);
            }
            leave_bounds(&mut repetition.ast);
        }
        Ast::Group(group) => leave_bounds(&mut group.ast),
        Ast::Concat(concat) => concat.asts.iter_mut().for_each(leave_bounds),
        Ast::Alternation(alternation) => alternation.asts.iter_mut().for_each(leave_bounds),
        _ => {}
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod tests {
    use super::*;

    #[test]
    fn high_bounds_are_left_to_the_window() {
        let relaxed = |pattern: &str| compile(pattern).unwrap().as_str().to_owned();
        assert_eq!(relaxed("a(?<secret>[b-d]{8,1000})"), "a(?<secret>[b-d]{8,})");
        assert_eq!(relaxed("(?:a{2,300}|(?:b{40})?){1,2}"), "(?:a{2,}|(?:b{40})?){1,2}");
        let whole = Whole::new("[0-9a-f]{16,400}".into());
        assert!(whole.is_match(&[b'a'; 16]) && !whole.is_match(&[b'a'; 15]));
    }
}

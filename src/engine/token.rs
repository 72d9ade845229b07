//! Token rules: the literal was found; does the whole token stand around it?

use std::sync::OnceLock;

use regex::bytes::{Regex, RegexBuilder};
use regex_syntax::ParserBuilder;
use regex_syntax::ast::parse::Parser;
use regex_syntax::ast::{Ast, Flags, GroupKind, RepetitionKind, RepetitionRange};
use regex_syntax::hir::literal::Extractor;

use super::byte;
use super::window::REACH;
use crate::rule::pattern::SECRET_GROUP;
use crate::rule::{Anchor, Gate, Text};
use crate::span::Span;

/// A pattern that is compiled when its literal is first met.
pub struct TokenPattern {
    source: Text,
    /// Matches where a text begins.
    regex: OnceLock<Option<Regex>>,
    /// Whether a match may begin with a byte; asked where tokens begin before their literal.
    begins: OnceLock<[bool; 256]>,
    /// The same as `regex` with its groups, if one marks the secret, for the few that match: groups cost far more
    /// to compile than the rest.
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
        let regex = self.regex.get_or_init(|| compile(&format!(r"\A(?:{})\z", self.source), Groups::Dropped));
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
        Self { source, regex: OnceLock::new(), begins: OnceLock::new(), grouped: OnceLock::new() }
    }

    /// The token of this pattern that holds `anchor` at `at`, standing free of other word bytes.
    pub fn around(&self, bytes: &[u8], anchor: &Anchor, at: usize) -> Option<Token> {
        let literal = Span::new(at, at + anchor.literal.len());
        let window = Span::new(at, at).widen(anchor.before.into(), anchor.reach(), bytes.len());
        let may_begin = |&start: &usize| {
            (start == at || self.begins()[usize::from(bytes[start])]) && byte::starts_token(bytes, start)
        };
        // Few of the places before the literal are ones where a token may begin, and most patterns fail there at
        // once. Searched for from the first of them, what does not match would be read to its end for each literal.
        (window.start..=at).filter(may_begin).find_map(|start| {
            // Patterns look at nothing but the token, so the rest of the window may stand for all.
            let text = &bytes[start..window.end];
            let matched = Span::new(start, start + self.regex()?.find(text)?.end());
            (matched.contains(literal) && byte::ends_token(bytes, matched.end)).then(|| {
                let token = matched.union(literal).widen(byte::START_REACH, 1, bytes.len());
                // What a pattern took tells nothing of how far it looked for what it would rather have taken. Where
                // windows reach no further they follow runs, and such tokens are of one.
                let looked_to = if anchor.gate == Gate::Rare || anchor.reach() < REACH {
                    window.end
                } else {
                    byte::skip(bytes, token.end, window.end, byte::is_token)
                };
                let depends_on = Span::new(token.start, looked_to.max(token.end));
                Token { matched, secret: self.secret(text, matched), depends_on }
            })
        })
    }

    fn regex(&self) -> Option<&Regex> {
        self.regex.get_or_init(|| anchored(&self.source, Groups::Dropped)).as_ref()
    }

    fn begins(&self) -> &[bool; 256] {
        self.begins.get_or_init(|| first_bytes(&self.source))
    }

    /// The secret part of a match at the beginning of `text`.
    fn secret(&self, text: &[u8], matched: Span) -> Span {
        let grouped = self.grouped.get_or_init(|| {
            let may_mark = self.source.contains(&format!("<{SECRET_GROUP}>"));
            may_mark.then(|| anchored(&self.source, Groups::Kept)).flatten()
        });
        let part = grouped.as_ref().and_then(|grouped| grouped.captures(text)?.name(SECRET_GROUP));
        part.map_or(matched, |part| Span::new(matched.start + part.start(), matched.start + part.end()))
    }
}

/// Whether a pattern is compiled with the groups that tell where parts of a match are.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Groups {
    Kept,
    Dropped,
}

/// Compiles a pattern for what a text begins with.
fn anchored(source: &str, groups: Groups) -> Option<Regex> {
    compile(&format!(r"\A(?:{source})"), groups)
}

/// The bytes that a match may begin with.
fn first_bytes(source: &str) -> [bool; 256] {
    let pattern = ParserBuilder::new().unicode(false).utf8(false).build().parse(source);
    let prefixes = pattern.map(|pattern| {
        let mut prefixes =
            Extractor::new().limit_class(256).limit_total(1024).limit_literal_len(1).extract(&pattern);
        prefixes.keep_first_bytes(1);
        prefixes
    });
    match prefixes.as_ref().ok().and_then(|prefixes| prefixes.literals()) {
        Some(prefixes) if prefixes.iter().all(|prefix| !prefix.is_empty()) => {
            let mut begins = [false; 256];
            prefixes.iter().for_each(|prefix| begins[usize::from(prefix.as_bytes()[0])] = true);
            begins
        }
        _ => [true; 256],
    }
}

/// Compiles a pattern as rules mean it: over bytes, ASCII classes only. Rules are checked before they
/// come here, so a failure means that the pattern is too large to be of use.
fn compile(source: &str, groups: Groups) -> Option<Regex> {
    let mut pattern = Parser::new().parse(source).ok()?;
    simplify(&mut pattern, groups);
    RegexBuilder::new(&pattern.to_string()).unicode(false).build().ok()
}

/// Takes off a pattern what costs much to compile: high upper bounds, each as much as so many copies of what is
/// repeated, while whoever searches looks at no more bytes than the bounds allow; and the groups, if nobody asks.
fn simplify(pattern: &mut Ast, groups: Groups) {
    const HIGH: u32 = 200;
    match pattern {
        Ast::Repetition(repetition) => {
            if let RepetitionKind::Range(range) = &mut repetition.op.kind
                && let RepetitionRange::Bounded(least, HIGH..) = *range
            {
                *range = RepetitionRange::AtLeast(least);
            }
            simplify(&mut repetition.ast, groups);
        }
        Ast::Group(group) => {
            if groups == Groups::Dropped && group.is_capturing() {
                group.kind = GroupKind::NonCapturing(Flags { span: group.span, items: Vec::new() });
            }
            simplify(&mut group.ast, groups);
        }
        Ast::Concat(concat) => concat.asts.iter_mut().for_each(|part| simplify(part, groups)),
        Ast::Alternation(either) => either.asts.iter_mut().for_each(|way| simplify(way, groups)),
        _ => {}
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod tests {
    use super::*;
    use crate::rule::{Detection, file};

    /// The secret of the token in a text that is found by `cme:` and this pattern.
    fn secret(pattern: &str, text: &str) -> Option<String> {
        let toml = format!(
            "[[rule]]\nid = \"acme\"\ndescription = \"Acme.\"\ncategory = \"id\"\nseverity = \"low\"\n\
             literals = [\"cme:\"]\npattern = '{pattern}'"
        );
        let rule = file::read("r.toml", toml.as_bytes()).unwrap().rules.remove(0).spec;
        let Detection::Token { anchors, pattern } = rule.detection else { panic!("a token rule") };
        let token = TokenPattern::new(pattern).around(text.as_bytes(), &anchors[0], text.find("cme:")?)?;
        Some(text[token.secret.start..token.secret.end].to_owned())
    }

    #[test]
    fn the_group_called_secret_is_the_secret() {
        let told = |pattern, text| secret(pattern, text).unwrap();
        assert_eq!(told("acme:[a-z]{4}", "acme:mine"), "acme:mine");
        assert_eq!(told("acme:(?<secret>[a-z]{4})", "acme:mine"), "mine");
        assert_eq!(told("acme:(?P<secret>[a-z]{4})", "acme:mine"), "mine");
        assert_eq!(told("acme:(x|y):(?<secret>[a-z]{4})", "acme:x:mine"), "mine");
        assert_eq!(told(r"acme:\(?<secret>[a-z]{4}", "acme:<secret>mine"), "acme:<secret>mine");
    }

    #[test]
    fn first_bytes_are_told() {
        let told = |pattern: &str| {
            let begins = first_bytes(pattern);
            (0..=255_u8).filter(|b| begins[usize::from(*b)]).map(char::from).collect::<String>()
        };
        assert_eq!(told("(?i:key)=|[0-2]?x{2,300}"), "012Kkx");
        assert_eq!(told("[^b]a").len(), 255 + 128, "all but one, as UTF-8");
    }

    #[test]
    fn high_bounds_are_left_to_the_window() {
        let relaxed = |pattern: &str, groups| compile(pattern, groups).unwrap().as_str().to_owned();
        assert_eq!(relaxed("a(?<secret>[b-d]{8,1000})", Groups::Kept), "a(?<secret>[b-d]{8,})");
        assert_eq!(relaxed("a(?<secret>[b-d]{8,1000})", Groups::Dropped), "a(?:[b-d]{8,})");
        assert_eq!(relaxed("(?:a{2,300}|(?:b{40})?){1,2}", Groups::Dropped), "(?:a{2,}|(?:b{40})?){1,2}");
        let whole = Whole::new("[0-9a-f]{16,400}".into());
        assert!(whole.is_match(&[b'a'; 16]) && !whole.is_match(&[b'a'; 15]));
    }
}

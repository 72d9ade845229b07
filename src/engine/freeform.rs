//! Rules of free form: any regular expression, searched for in the whole text, as other scanners do it.
//!
//! Nothing is known of such an expression but that it takes time in proportion to the text. All keywords are
//! searched for at once; the expressions of those that are there, and of rules without any, run over the
//! whole text. So what they find depends on all of it, and no window helps.

use std::sync::OnceLock;

use aho_corasick::AhoCorasick;
use regex::bytes::{Captures, Regex, RegexBuilder};

use super::context::RuleIndex;
use crate::rule::{Freeform, Text};
use crate::span::Span;

/// All rules of free form.
#[derive(Default)]
pub struct Freeforms {
    rules: Vec<Expression>,
    /// All keywords, with the place of the rule that each belongs to.
    keywords: Vec<(Text, usize)>,
    search: OnceLock<Option<AhoCorasick>>,
}

/// One of them.
struct Expression {
    rule: RuleIndex,
    regex: Text,
    group: usize,
    has_keywords: bool,
    compiled: OnceLock<Option<Regex>>,
}

impl Freeforms {
    /// Adds a rule.
    pub fn add(&mut self, rule: RuleIndex, freeform: &Freeform) {
        let place = self.rules.len();
        self.keywords.extend(freeform.keywords.iter().map(|keyword| (keyword.clone(), place)));
        self.rules.push(Expression {
            rule,
            regex: freeform.regex.clone(),
            group: freeform.group,
            has_keywords: !freeform.keywords.is_empty(),
            compiled: OnceLock::new(),
        });
    }

    /// Hands over what rules find that name files: all that the text holds.
    pub fn whole(&self, bytes: &[u8], mut found: impl FnMut(RuleIndex, Span, Span)) {
        let all = without_line_ends(bytes, Span::new(0, bytes.len()));
        let rules = self.rules.iter().filter(|expression| expression.regex.is_empty() && !all.is_empty());
        rules.for_each(|expression| found(expression.rule, all, all));
    }

    /// Hands over what each expression matches in a text: the rule, all of the match, and the secret in it.
    pub fn find(&self, bytes: &[u8], mut found: impl FnMut(RuleIndex, Span, Span)) {
        if self.rules.is_empty() {
            return;
        }
        let called = self.called(bytes);
        for (expression, _) in self.rules.iter().zip(called).filter(|(_, is_called)| *is_called) {
            for groups in expression.compiled().iter().flat_map(|regex| regex.captures_iter(bytes)) {
                let matched = groups.get(0).map_or(Span::default(), |all| all.range().into());
                let secret = without_line_ends(bytes, secret(&groups, expression.group).unwrap_or(matched));
                if !secret.is_empty() {
                    found(expression.rule, matched, secret);
                }
            }
        }
    }

    /// For each rule, whether it is to be tried: one of its keywords is there, or it has none.
    fn called(&self, bytes: &[u8]) -> Vec<bool> {
        let mut called: Vec<bool> = self.rules.iter().map(|expression| !expression.has_keywords).collect();
        let mut left = called.iter().filter(|is_called| !**is_called).count();
        let build = || {
            let keywords = self.keywords.iter().map(|(keyword, _)| keyword.as_bytes());
            AhoCorasick::builder().ascii_case_insensitive(true).build(keywords).ok()
        };
        if left == 0 {
            return called;
        }
        let Some(search) = self.search.get_or_init(build) else {
            // Too many to be searched for at once: they spare nothing, and all are tried.
            called.fill(true);
            return called;
        };
        for hit in search.find_overlapping_iter(bytes) {
            let (_, place) = self.keywords[hit.pattern().as_usize()];
            if !std::mem::replace(&mut called[place], true) {
                left -= 1;
                if left == 0 {
                    break;
                }
            }
        }
        called
    }
}

impl Expression {
    /// Rules are checked before they come here, so this fails for none.
    fn compiled(&self) -> Option<&Regex> {
        if self.regex.is_empty() {
            return None;
        }
        let compile = || RegexBuilder::new(&self.regex).unicode(false).build().ok();
        self.compiled.get_or_init(compile).as_ref()
    }
}

/// The group that is named, or the first that holds something.
fn secret(groups: &Captures<'_>, group: usize) -> Option<Span> {
    let mut parts = groups.iter().skip(1).flatten();
    let part = if group > 0 { groups.get(group) } else { parts.find(|part| !part.is_empty()) };
    part.map(|part| part.range().into())
}

fn without_line_ends(bytes: &[u8], span: Span) -> Span {
    let is_end = |byte: &u8| matches!(byte, b'\n' | b'\r');
    let text = span.of(bytes);
    let start = text.iter().take_while(|byte| is_end(byte)).count();
    let end = text[start..].iter().rev().take_while(|byte| is_end(byte)).count();
    Span::new(span.start + start, span.end - end)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(keywords: &[&'static str], regex: &'static str, group: usize) -> Freeform {
        Freeform {
            keywords: keywords.iter().map(|keyword| Text::from(*keyword)).collect(),
            regex: regex.into(),
            group,
            path: "".into(),
            requires: Vec::new().into(),
            unreported: false,
        }
    }

    fn found(rules: &[Freeform], text: &'static str) -> Vec<(RuleIndex, &'static str)> {
        let mut all = Freeforms::default();
        (0..).zip(rules).for_each(|(index, rule)| all.add(index, rule));
        let mut found = Vec::new();
        all.find(text.as_bytes(), |rule, _, secret| found.push((rule, &text[secret.start..secret.end])));
        found
    }

    #[test]
    fn keywords_count_anywhere_and_in_either_case() {
        let rules =
            [rule(&["acme", "other"], "[0-9]{4}", 0), rule(&["absent"], "[0-9]{4}", 0), rule(&[], "x+", 0)];
        assert_eq!(found(&rules, "1234 and xx, by ACME 5678"), [(0, "1234"), (0, "5678"), (2, "xx")]);
        assert_eq!(found(&rules, "1234"), []);
    }

    #[test]
    fn a_rule_without_an_expression_takes_all_of_the_text() {
        let rules = [rule(&["absent"], "", 0), rule(&["ab"], "a", 0)];
        assert_eq!(found(&rules, "ab\ncd\n"), [(1, "a")]);
        let mut all = Freeforms::default();
        (0..).zip(&rules).for_each(|(index, rule)| all.add(index, rule));
        let mut whole = Vec::new();
        all.whole(b"ab\ncd\n", |rule, _, secret| whole.push((rule, secret)));
        all.whole(b"\n", |rule, _, secret| whole.push((rule, secret)));
        assert_eq!(whole, [(0, Span::new(0, 5))]);
    }

    #[test]
    fn the_secret_is_the_group_that_is_asked_for_or_the_first_that_holds_something() {
        let regex = "(?i)(key)()=(?:\"([a-z]+)\"|([a-z]+))\\n*";
        assert_eq!(found(&[rule(&[], regex, 0)], "KEY=abc"), [(0, "KEY")]);
        assert_eq!(found(&[rule(&[], regex, 4)], "KEY=abc"), [(0, "abc")]);
        assert_eq!(found(&[rule(&[], regex, 3)], "KEY=abc"), [(0, "KEY=abc")], "a group without a part");
        assert_eq!(found(&[rule(&[], "k=(?:\"([a-z]+)\"|([a-z]+))", 0)], "k=abc"), [(0, "abc")]);
        assert_eq!(found(&[rule(&[], "\\nkey=.*\\n", 0)], "a\nkey=abc\r\nb"), [(0, "key=abc")]);
        assert_eq!(found(&[rule(&[], "x*", 0)], "abc"), [], "nothing is no secret");
    }
}

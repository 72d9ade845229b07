//! What a rule must say of itself, and whether its pattern agrees with its own examples.

use regex::bytes::{Regex, RegexBuilder};

use super::random;
use super::template::fill_for;
use crate::rule::file::{Entry, Mistake, RuleFile};
use crate::rule::pattern::SECRET_GROUP;
use crate::rule::{Detection, RuleSpec};
use crate::span::Span;

/// Who wrote a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// It comes with the program: at least two examples and one counterexample are asked for.
    BuiltIn,
    /// A user wrote it, for use at once.
    User,
}

/// The fewest words of a description.
const FEWEST_WORDS: usize = 3;

/// What is wrong with the rules of a file, each looked at alone.
pub fn lint(file: &RuleFile, origin: Origin) -> Vec<Mistake> {
    let mut mistakes = Vec::new();
    for entry in &file.rules {
        let id = &entry.spec.id;
        let mut blame =
            |line: usize, message: String| mistakes.push(file.mistake(line, format!("`{id}`: {message}")));
        words(&entry.spec).into_iter().for_each(|message| blame(entry.line, message));
        if origin == Origin::BuiltIn {
            if entry.examples.len() < 2 {
                blame(entry.line, "fewer than two examples".to_owned());
            }
            if entry.counterexamples.is_empty() {
                blame(entry.line, "no counterexample".to_owned());
            }
        }
        examples(entry).into_iter().for_each(|(line, message)| blame(line, message));
    }
    mistakes
}

/// What is wrong with what a rule says.
fn words(spec: &RuleSpec) -> Vec<String> {
    let mut messages = Vec::new();
    let description = &spec.description;
    // Some names begin in lower case, so how the sentence begins says nothing.
    let sentence = description.ends_with('.') && description.split_whitespace().count() >= FEWEST_WORDS;
    if !sentence {
        messages.push("the description is not a full sentence that ends with a full stop".to_owned());
    }
    for reference in spec.references.iter() {
        let scheme = reference.starts_with("https://") || reference.starts_with("http://");
        if !scheme || reference.contains(char::is_whitespace) || reference.ends_with([',', '.', ';', ')']) {
            messages.push(format!("the reference `{reference}` is not a URL"));
        }
    }
    messages
}

/// What is wrong with examples and counterexamples, by line.
fn examples(entry: &Entry) -> Vec<(usize, String)> {
    let mut messages = Vec::new();
    let pattern = pattern(&entry.spec);
    for (index, example) in entry.examples.iter().enumerate() {
        let told = |message: String| (example.line, format!("example {}: {message}", index + 1));
        let seed = random::seed(&entry.spec.id, &[index]);
        match fill_for(&example.text, seed, entry.spec.checksum) {
            Err(error) => messages.push(told(error.to_string())),
            Ok(filled) => match filled.secret {
                None => messages.push(told("marks no secret; write `«` before and `»` after it".to_owned())),
                Some(secret) => {
                    let text = filled.text.as_bytes();
                    if pattern.as_ref().is_some_and(|pattern| !pattern.finds(text, secret)) {
                        messages
                            .push(told(format!("{} does not match the marked secret", pattern_name(entry))));
                    }
                }
            },
        }
    }
    for (index, counterexample) in entry.counterexamples.iter().enumerate() {
        let mut told = |message: String| {
            messages.push((counterexample.line, format!("counterexample {}: {message}", index + 1)))
        };
        let seed = random::seed(&entry.spec.id, &[index]);
        match fill_for(&counterexample.text, seed, entry.spec.checksum) {
            Err(error) => told(error.to_string()),
            Ok(filled) if filled.secret.is_some() => told("marks a secret".to_owned()),
            Ok(_) if counterexample.why.trim().is_empty() => told("does not say why".to_owned()),
            Ok(_) => {}
        }
    }
    messages
}

fn pattern_name(entry: &Entry) -> &'static str {
    match entry.spec.detection {
        Detection::Token { .. } => "`pattern`",
        Detection::Context { .. } => "`value`",
        Detection::Regex(_) => "`regex`",
        Detection::Beside(_) => "`circumstance`",
    }
}

/// A rule's pattern, made ready.
enum Pattern {
    /// Of a token: searched for.
    Token(Regex),
    /// Of a value that something else found.
    Value(Regex),
    /// Of free form: some group of it is the secret, or all of it.
    Free(Regex),
}

/// The pattern of a rule that has one.
fn pattern(spec: &RuleSpec) -> Option<Pattern> {
    let compiled = |pattern: &str| RegexBuilder::new(pattern).unicode(false).build().ok();
    match &spec.detection {
        Detection::Token { pattern, .. } => compiled(pattern).map(Pattern::Token),
        Detection::Beside(_) => None,
        Detection::Context { value, .. } if value.is_empty() => None,
        Detection::Context { value, .. } => compiled(&format!("^(?:{value})$")).map(Pattern::Value),
        Detection::Regex(freeform) if freeform.names_files() => None,
        Detection::Regex(freeform) => compiled(&freeform.regex).map(Pattern::Free),
    }
}

impl Pattern {
    /// Whether it finds exactly this secret in a text.
    fn finds(&self, text: &[u8], secret: Span) -> bool {
        match self {
            Self::Value(value) => value.is_match(secret.of(text)),
            Self::Token(token) => token.captures_iter(text).any(|found| {
                let part = found.name(SECRET_GROUP).or_else(|| found.get(0));
                part.is_some_and(|part| Span::from(part.range()) == secret)
            }),
            Self::Free(regex) => regex
                .captures_iter(text)
                .any(|found| found.iter().flatten().any(|part| Span::from(part.range()) == secret)),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod tests {
    use super::*;
    use crate::rule::file;

    const GOOD: &str = r#"
[[rule]]
id = "acme-token"
description = "Acme token: reads every project."
category = "access-token"
severity = "high"
literals = ["acme:"]
pattern = 'acme:(?<secret>[0-9a-z]{20})'
references = ["https://acme.example/tokens"]
examples = ['acme:«{alnum:20}»', 'token: acme:«{alnum:20}»']
counterexamples = [{ text = 'acme:{alnum:9}', why = "too short" }]

[[context]]
id = "acme-key"
description = "Acme key: reads every project."
category = "api-key"
severity = "low"
keywords = ["acme"]
value = '[0-9a-f]{32}'
examples = ['ACME_KEY=«{hex:32}»', 'acme: «{hex:32}»']
counterexamples = [{ text = 'acme: hello', why = "a word" }]
"#;

    fn lints(from: &str, to: &str) -> Vec<String> {
        let text = GOOD.replacen(from, to, 1);
        let file = file::read("r.toml", text.as_bytes()).unwrap();
        lint(&file, Origin::BuiltIn).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_good_rule_passes() {
        assert_eq!(lints("", ""), [""; 0]);
    }

    #[test]
    fn each_shortcoming_is_told_with_its_line() {
        let cases = [
            ("every project.", "every project", "r.toml:3: `acme-token`: the description is not"),
            (
                "https://acme",
                "see acme",
                "r.toml:3: `acme-token`: the reference `see acme.example/tokens` is not a URL",
            ),
            (", 'token: acme:«{alnum:20}»'", "", "r.toml:3: `acme-token`: fewer than two examples"),
            (
                "counterexamples = [{ text = 'acme: hello', why = \"a word\" }]",
                "",
                "r.toml:14: `acme-key`: no counterexample",
            ),
            (
                "'acme:«{alnum:20}»'",
                "'«acme:{alnum:20}»'",
                "r.toml:10: `acme-token`: example 1: `pattern` does not match",
            ),
            (
                "acme: «{hex:32}»",
                "acme: «{hex:31}»",
                "r.toml:20: `acme-key`: example 2: `value` does not match",
            ),
            ("acme: «{hex:32}»", "acme: {hex:32}", "r.toml:20: `acme-key`: example 2: marks no secret"),
            (
                "{alnum:9}",
                "{alnumm:9}",
                "r.toml:11: `acme-token`: counterexample 1: unknown place `{alnumm:9}`",
            ),
            ("{alnum:9}", "{checksum}", "r.toml:11: `acme-token`: counterexample 1: `{checksum}` cannot"),
            ("{alnum:9}", "«a»", "r.toml:11: `acme-token`: counterexample 1: marks a secret"),
        ];
        for (from, to, expected) in cases {
            let found = lints(from, to);
            assert!(found.len() == 1 && found[0].starts_with(expected), "{from} -> {to}: {found:#?}");
        }
    }

    #[test]
    fn a_user_may_leave_examples_out() {
        let text: String = GOOD
            .lines()
            .filter(|line| !line.contains("examples"))
            .map(|line| line.to_owned() + "\n")
            .collect();
        let file = file::read("r.toml", text.as_bytes()).unwrap();
        assert_eq!(lint(&file, Origin::User), []);
        assert_eq!(lint(&file, Origin::BuiltIn).len(), 4);
    }
}

//! Rule files: TOML with `[[rule]]` tables for tokens that carry a literal of their own, `[[context]]`
//! tables for values that only the words around them give away, `[[regex]]` tables for what other scanners are
//! configured with, and `[[beside]]` tables for what a finding is besides.
//!
//! [`table`](super::table) reads what a rule says of itself, this module what rules say of each other.
//! Whether a rule is a *good* one, which takes running its examples, is for `check`. Shared with
//! `rules/build.rs`: it uses nothing of the crate but its neighbours, and reads no file.

use std::collections::BTreeMap;
use std::fmt;

use super::spec::RuleSpec;
use super::table;

/// The rules of one file, in the order they stand there.
#[derive(Clone, Debug)]
pub struct RuleFile {
    /// The file's name as messages show it.
    pub path: String,
    /// Its rules.
    pub rules: Vec<Entry>,
}

/// A rule as written: the rule itself, its examples, and where things stand.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The rule.
    pub spec: RuleSpec,
    /// Line of its id, from 1.
    pub line: usize,
    /// Text with the secret between `«` and `»`, as a template.
    pub examples: Vec<Example>,
    /// Text in which the rule must find nothing, as a template.
    pub counterexamples: Vec<Counterexample>,
    /// Line of each entry of `pairs_with`.
    pub pair_lines: Vec<usize>,
    /// Line of each alias.
    pub alias_lines: Vec<usize>,
}

/// Text in which a rule must find the marked secret.
#[derive(Clone, Debug)]
pub struct Example {
    /// The template.
    pub text: String,
    /// Its first line, from 1.
    pub line: usize,
}

/// Text in which a rule must find nothing.
#[derive(Clone, Debug)]
pub struct Counterexample {
    /// The template.
    pub text: String,
    /// What makes it harmless.
    pub why: String,
    /// Its first line, from 1.
    pub line: usize,
}

/// Something wrong in a rule file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// The file.
    pub path: String,
    /// The line, from 1.
    pub line: usize,
    /// What is wrong and what is known instead, in one line.
    pub message: String,
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.path, self.line, self.message)
    }
}

impl std::error::Error for Mistake {}

/// Mistakes, one on each line.
pub fn lines(mistakes: &[Mistake]) -> String {
    mistakes.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

/// Reads a rule file. `path` only names it in messages; all mistakes are returned, in order.
///
/// What other files say (ids used twice, partners) is checked by [`link`].
pub fn read(path: &str, bytes: &[u8]) -> Result<RuleFile, Vec<Mistake>> {
    let (mut rules, mut mistakes) = table::entries(path, bytes);
    rules.sort_by_key(|entry| entry.line);
    mistakes.sort_by_key(|mistake| mistake.line);
    if mistakes.is_empty() { Ok(RuleFile { path: path.to_owned(), rules }) } else { Err(mistakes) }
}

/// Checks what files say of each other: no id or alias stands for two rules, and every partner exists,
/// in these files or among the rules `known` already.
pub fn link<'a>(files: &[RuleFile], known: impl IntoIterator<Item = &'a RuleSpec>) -> Vec<Mistake> {
    let mut owners = BTreeMap::new();
    for spec in known {
        for name in std::iter::once(&spec.id).chain(spec.aliases.iter()) {
            owners.insert(name.to_string(), "a built-in rule".to_owned());
        }
    }
    let mut mistakes = Vec::new();
    for (file, entry) in entries(files) {
        let aliases = entry.spec.aliases.iter().zip(entry.alias_lines.iter().copied());
        for (name, line) in std::iter::once((&entry.spec.id, entry.line)).chain(aliases) {
            if let Some(owner) = owners.insert(name.to_string(), format!("{}:{line}", file.path)) {
                mistakes.push(file.mistake(line, format!("`{name}` is taken already by {owner}")));
            }
        }
    }
    for (file, entry) in entries(files) {
        for (partner, line) in entry.spec.pairs_with.iter().zip(entry.pair_lines.iter().copied()) {
            if !owners.contains_key(partner.as_ref()) {
                let closest = closest(partner, owners.keys());
                let message = format!("`pairs_with` names an unknown rule `{partner}`{closest}");
                mistakes.push(file.mistake(line, message));
            }
        }
    }
    mistakes
}

fn entries(files: &[RuleFile]) -> impl Iterator<Item = (&RuleFile, &Entry)> {
    files.iter().flat_map(|file| file.rules.iter().map(move |entry| (file, entry)))
}

/// The known ids that begin most like `name`, as the end of a message.
fn closest<'a>(name: &str, known: impl Iterator<Item = &'a String> + Clone) -> String {
    let shared = |id: &str| id.bytes().zip(name.bytes()).take_while(|(a, b)| a == b).count();
    let most = known.clone().map(|id| shared(id)).max().unwrap_or(0);
    let ids: Vec<_> = known.filter(|id| shared(id) == most).take(5).map(|id| format!("`{id}`")).collect();
    if ids.is_empty() { String::new() } else { format!("; the closest known are {}", ids.join(", ")) }
}

impl RuleFile {
    /// A mistake at a line of this file.
    pub fn mistake(&self, line: usize, message: impl Into<String>) -> Mistake {
        Mistake { path: self.path.clone(), line, message: message.into() }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::rule::{Confidence, Detection, Text, anchor, pattern};

    const GOOD: &str = r#"
[[rule]]
id = "acme-token"
description = "An Acme token."
category = "access-token"
severity = "high"
literals = ["acme_"]
pattern = 'acme_[0-9a-z]{20}'
pairs_with = ["acme-key"]
examples = ['«acme_{alnum:20}»']
counterexamples = [{ text = 'acme_x', why = "too short" }]

[[context]]
id = "acme-key"
description = "An Acme key."
category = "api-key"
severity = "low"
confidence = "low"
keywords = ["acme"]
value = '[0-9a-f]{32}'
aliases = ["acme-legacy-key"]
"#;

    /// The mistakes of [`GOOD`] after one replacement, without the path.
    fn mistakes(from: &str, to: &str) -> Vec<String> {
        assert!(GOOD.contains(from), "{from}");
        let text = GOOD.replacen(from, to, 1);
        let found = match read("r.toml", text.as_bytes()) {
            Ok(file) => link(&[file], []),
            Err(mistakes) => mistakes,
        };
        found.iter().map(|mistake| format!("{}: {}", mistake.line, mistake.message)).collect()
    }

    #[test]
    fn both_tables_become_rules_with_their_defaults() {
        let file = read("r.toml", GOOD.as_bytes()).unwrap();
        assert_eq!(link(std::slice::from_ref(&file), []), []);
        let [token, key] = &file.rules[..] else { panic!("two rules") };
        assert_eq!((token.line, key.line), (3, 14));
        assert_eq!((token.spec.confidence, key.spec.confidence), (Confidence::High, Confidence::Low));
        assert_eq!((token.examples[0].line, token.counterexamples[0].line), (10, 11));
        let Detection::Context { keywords, value, .. } = &key.spec.detection else {
            panic!("a context rule")
        };
        assert_eq!((keywords.as_ref(), value.as_ref()), (&[Text::from("acme")][..], "[0-9a-f]{32}"));
    }

    #[test]
    fn every_mistake_names_its_line_and_what_is_known() {
        let cases = [
            ("literals", "literal", "7: unknown field `literal`, expected one of `id`, `description`"),
            (
                "severity = \"high\"",
                "severity = \"bad\"",
                "6: unknown variant `bad`, expected one of `info`, `low`",
            ),
            ("category = \"access-token\"", "category = 1", "5: wanted string"),
            (
                "severity = \"high\"",
                "checksum = \"crc\"\nseverity = \"high\"",
                "6: unknown variant `crc`, expected",
            ),
            ("id = \"acme-token\"", "", "missing field `id`"),
            ("literals = [\"acme_\"]", "", "3: missing field `literals`"),
            ("[\"acme_\"]", "[]", "7: `literals` is empty"),
            ("[\"acme_\"]", "[\"Acme_\"]", "8: some matches hold none of the literals"),
            ("{20}'", "{20'", "8: `pattern` unclosed counted repetition"),
            ("acme_[0-9a-z]{20}", "(?:acme_)?", "8: `pattern` matches the empty string"),
            ("value = '[0-9a-f]{32}'", "value = '\\b[a-f]{32}'", "20: `value` looks around"),
            ("keywords = [\"acme\"]", "pattern = 'acme'", "19: `pattern` belongs to `[[rule]]`"),
            ("acme-token", "Acme_token", "3: `Acme_token` is not an id"),
            (
                "[\"acme-key\"]",
                "[\"acme-kex\"]",
                "9: `pairs_with` names an unknown rule `acme-kex`; the closest known are `acme-key`",
            ),
            ("acme-legacy-key", "acme-token", "21: `acme-token` is taken already by r.toml:3"),
            (
                "[[context]]",
                "[[contexts]]",
                "13: unknown table `contexts`, expected `[[rule]]`, `[[context]]`, `[[regex]]` or `[[beside]]`",
            ),
            ("[[context]]", "[context]", "13: `context` is not a list of tables"),
            ("confidence = \"low\"", "entropy = 9", "18: `entropy` is bits per character"),
            ("confidence = \"low\"", "partner_only = true", "18: `partner_only` needs a partner"),
            ("why = \"too short\"", "wy = \"too short\"", "11: unknown field `wy`, expected `text` or `why`"),
            ("low\"", "low", "17: "),
        ];
        for (from, to, expected) in cases {
            let found = mistakes(from, to);
            assert!(found.len() == 1 && found[0].contains(expected), "{from} -> {to}: {found:#?}");
        }
    }

    #[test]
    fn mistakes_of_several_rules_are_told_at_once() {
        let text = GOOD.replace("description", "descriptio");
        assert_eq!(read("r.toml", text.as_bytes()).unwrap_err().len(), 2);
    }

    #[test]
    fn a_rule_that_is_built_in_cannot_be_taken() {
        let file = read("r.toml", GOOD.as_bytes()).unwrap();
        let known = file.rules[1].spec.clone();
        let mistakes = link(&[file], [&known]);
        assert_eq!(mistakes[0].to_string(), "r.toml:14: `acme-key` is taken already by a built-in rule");
    }

    proptest! {
        #[test]
        fn no_bytes_make_the_reader_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = read("r.toml", &bytes);
        }

        #[test]
        fn no_change_of_a_good_file_makes_the_reader_panic(
            place in 0..GOOD.len(), bytes in prop::collection::vec(any::<u8>(), 0..4), cut in 0..8_usize
        ) {
            let mut changed = GOOD.as_bytes().to_vec();
            changed.splice(place..(place + cut).min(GOOD.len()), bytes);
            let _ = read("r.toml", &changed);
        }

        #[test]
        fn no_pattern_makes_the_reader_panic(pattern in r"[a-c(){}\[\]|*+?0-9,\\.:P<>^$-]{0,24}") {
            if let Ok(pattern) = pattern::read(&pattern) {
                let _ = anchor::anchors(&pattern, &["ab", "c"]);
            }
        }
    }
}

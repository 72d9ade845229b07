//! The tables of a rule file, from TOML to rules.
//!
//! It decides what a valid rule is by itself. Shared with `rules/build.rs`, as [`file`](super::file) is.

use std::borrow::Cow;
use std::ops::Range;

use regex_syntax::hir::Hir;
use serde::Deserialize;
use toml::Spanned;
use toml::de::{DeTable, DeValue, ValueDeserializer};

use super::anchor;
use super::file::{Counterexample, Entry, Example, Mistake};
use super::pattern;
use super::spec::{
    Category, Checksum, Circumstance, Confidence, Detection, Form, Freeform, List, Requirement, RuleSpec,
    Severity, Text,
};

/// All tables as they are written; which fields belong to which is checked by [`Source::detection`].
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    id: Spanned<String>,
    description: Spanned<String>,
    category: Category,
    severity: Severity,
    confidence: Option<Confidence>,
    literals: Option<Spanned<Vec<String>>>,
    pattern: Option<Spanned<String>>,
    keywords: Option<Spanned<Vec<String>>>,
    value: Option<Spanned<String>>,
    regex: Option<Spanned<String>>,
    circumstance: Option<Spanned<Circumstance>>,
    secret_group: Option<Spanned<usize>>,
    path_regex: Option<Spanned<String>>,
    requires: Option<Spanned<Vec<WrittenRequirement>>>,
    unreported: Option<Spanned<bool>>,
    entropy: Option<Spanned<f32>>,
    checksum: Option<Checksum>,
    #[serde(default)]
    path: Vec<String>,
    #[serde(default)]
    allowlist: Vec<String>,
    #[serde(default)]
    pairs_with: Vec<Spanned<String>>,
    partner_only: Option<Spanned<bool>>,
    #[serde(default)]
    revoke: String,
    #[serde(default)]
    references: Vec<String>,
    #[serde(default)]
    aliases: Vec<Spanned<String>>,
    #[serde(default)]
    examples: Vec<Spanned<String>>,
    #[serde(default)]
    counterexamples: Vec<WrittenCounterexample>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenCounterexample {
    text: Spanned<String>,
    why: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenRequirement {
    rule: String,
    lines: Option<u64>,
    columns: Option<u64>,
}

/// The kinds of tables.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Table {
    Rule,
    Context,
    Regex,
    Beside,
}

impl Table {
    const ALL: [Self; 4] = [Self::Rule, Self::Context, Self::Regex, Self::Beside];

    const fn name(self) -> &'static str {
        match self {
            Self::Rule => "rule",
            Self::Context => "context",
            Self::Regex => "regex",
            Self::Beside => "beside",
        }
    }

    /// The fields that say how its rules find something.
    const fn fields(self) -> &'static [&'static str] {
        match self {
            Self::Rule => &["literals", "pattern"],
            Self::Context => &["keywords", "value"],
            Self::Regex => &["keywords", "regex", "secret_group", "path_regex", "requires", "unreported"],
            Self::Beside => &["circumstance"],
        }
    }
}

/// A file being read, and what was wrong with it so far.
struct Source<'a> {
    path: &'a str,
    bytes: &'a [u8],
    mistakes: Vec<Mistake>,
}

/// The rules of a file, and all that is wrong with them.
pub fn entries(path: &str, bytes: &[u8]) -> (Vec<Entry>, Vec<Mistake>) {
    let mut source = Source { path, bytes, mistakes: Vec::new() };
    let entries = source.entries();
    (entries, source.mistakes)
}

impl Source<'_> {
    fn entries(&mut self) -> Vec<Entry> {
        let text = match std::str::from_utf8(self.bytes) {
            Ok(text) => text,
            Err(error) => {
                self.blame(error.valid_up_to(), "is not UTF-8");
                return Vec::new();
            }
        };
        let document = match DeTable::parse(text) {
            Ok(document) => document.into_inner(),
            Err(error) => {
                self.blame_toml(&error, 0);
                return Vec::new();
            }
        };
        let mut entries = Vec::new();
        for (key, value) in document {
            let Some(table) = Table::ALL.into_iter().find(|table| table.name() == key.get_ref()) else {
                let message = format!(
                    "unknown table `{}`, expected `[[rule]]`, `[[context]]`, `[[regex]]` or `[[beside]]`",
                    key.get_ref()
                );
                self.blame(key.span().start, message);
                continue;
            };
            let DeValue::Array(items) = value.into_inner() else {
                let message = format!("`{0}` is not a list of tables, write `[[{0}]]`", key.get_ref());
                self.blame(key.span().start, message);
                continue;
            };
            entries.extend(items.into_iter().filter_map(|item| self.entry(table, item)));
        }
        entries
    }

    fn entry(&mut self, table: Table, item: Spanned<DeValue<'_>>) -> Option<Entry> {
        let start = item.span().start;
        let written = match Written::deserialize(ValueDeserializer::from(item)) {
            Ok(written) => written,
            Err(error) => {
                self.blame_toml(&error, start);
                return None;
            }
        };
        let detection = self.detection(table, &written)?;
        self.check_names(table, &written);
        self.check_numbers(&written);
        let line_of = |span: Range<usize>| self.line(span.start);
        let (aliases, alias_lines) = texts(written.aliases, line_of);
        let (pairs_with, pair_lines) = texts(written.pairs_with, line_of);
        let examples = written
            .examples
            .into_iter()
            .map(|text| Example { line: line_of(text.span()), text: text.into_inner() });
        let counterexamples = written.counterexamples.into_iter().map(|written| Counterexample {
            line: line_of(written.text.span()),
            text: written.text.into_inner(),
            why: written.why,
        });
        Some(Entry {
            line: line_of(written.id.span()),
            examples: examples.collect(),
            counterexamples: counterexamples.collect(),
            alias_lines,
            pair_lines,
            spec: RuleSpec {
                id: Cow::Owned(written.id.into_inner()),
                description: Cow::Owned(written.description.into_inner()),
                category: written.category,
                severity: written.severity,
                confidence: written.confidence.unwrap_or(match table {
                    Table::Rule => Confidence::High,
                    Table::Context | Table::Regex | Table::Beside => Confidence::Medium,
                }),
                detection,
                entropy: written.entropy.map_or(0.0, Spanned::into_inner),
                checksum: written.checksum,
                path: list(written.path),
                allowlist: list(written.allowlist),
                pairs_with,
                partner_only: written.partner_only.is_some_and(Spanned::into_inner),
                revoke: Cow::Owned(written.revoke),
                references: list(written.references),
                aliases,
            },
        })
    }

    /// How the rule finds its secrets; `None` after a mistake.
    fn detection(&mut self, table: Table, written: &Written) -> Option<Detection> {
        self.check_fields(table, written)?;
        let start = written.id.span().start;
        match table {
            Table::Rule => self.token(written, start),
            Table::Context => self.context(written, start),
            Table::Regex => self.freeform(written, start).map(Detection::Regex),
            Table::Beside => self.beside(written, start),
        }
    }

    fn token(&mut self, written: &Written, start: usize) -> Option<Detection> {
        let literals = self.words("literals", written.literals.as_ref(), start)?;
        let pattern = self.there("pattern", written.pattern.as_ref(), start)?;
        let (text, hir) = self.pattern("pattern", pattern)?;
        let literals: Vec<_> = literals.iter().map(String::as_str).collect();
        match anchor::anchors(&hir, &literals) {
            Ok(anchors) => Some(Detection::Token { anchors: Cow::Owned(anchors), pattern: Cow::Owned(text) }),
            Err(error) => {
                self.blame(pattern.span().start, error.to_string());
                None
            }
        }
    }

    fn context(&mut self, written: &Written, start: usize) -> Option<Detection> {
        let keywords = self.words("keywords", written.keywords.as_ref(), start)?;
        let (value, form) = match &written.value {
            Some(value) => self.pattern("value", value).map(|(text, hir)| (text, anchor::form(&hir)))?,
            None => (String::new(), Form::ANY),
        };
        // One that says so is found as the last word of several alone, and by what divides them, too: `_pw`.
        let divided = |word: &String| usize::from(word.starts_with('_'));
        let letters =
            |word: &String| word.chars().filter(char::is_ascii_alphanumeric).count() + divided(word);
        if written.value.is_none()
            && let Some(word) = keywords.iter().find(|word| letters(word) < anchor::SHORTEST)
        {
            self.blame(start, format!("the keyword `{word}` is too short to be searched for"));
            return None;
        }
        Some(Detection::Context { keywords: list(keywords), value: Cow::Owned(value), form })
    }

    fn beside(&mut self, written: &Written, start: usize) -> Option<Detection> {
        let Some(circumstance) = &written.circumstance else {
            self.blame(start, "missing field `circumstance`".to_owned());
            return None;
        };
        Some(Detection::Beside(*circumstance.get_ref()))
    }

    fn freeform(&mut self, written: &Written, start: usize) -> Option<Freeform> {
        let keywords = match &written.keywords {
            Some(keywords) => self.words("keywords", Some(keywords), start)?,
            None => Vec::new(),
        };
        if let Some(path) = &written.path_regex {
            self.check_freeform("path_regex", path)?;
        }
        let groups = match &written.regex {
            Some(regex) => self.check_freeform("regex", regex)?,
            // The path says it all.
            None if written.path_regex.is_some() => 0,
            None => {
                self.blame(start, "neither `regex` nor `path_regex` is there");
                return None;
            }
        };
        if let Some(group) = written.secret_group.as_ref().filter(|group| *group.get_ref() > groups) {
            let message = format!("`secret_group` is {}, and `regex` has {groups} groups", group.get_ref());
            self.blame(group.span().start, message);
            return None;
        }
        let requires = written.requires.iter().flat_map(|requires| requires.get_ref());
        let text = |text: Option<&Spanned<String>>| {
            Cow::Owned(text.map_or(String::new(), |it| it.get_ref().clone()))
        };
        Some(Freeform {
            keywords: list(keywords),
            regex: text(written.regex.as_ref()),
            group: written.secret_group.as_ref().map_or(0, |group| *group.get_ref()),
            path: text(written.path_regex.as_ref()),
            requires: requires
                .map(|one| Requirement {
                    rule: Cow::Owned(one.rule.clone()),
                    lines: one.lines,
                    columns: one.columns,
                })
                .collect(),
            unreported: written.unreported.as_ref().is_some_and(|unreported| *unreported.get_ref()),
        })
    }

    /// Whether no field of another table is there.
    fn check_fields(&mut self, table: Table, written: &Written) -> Option<()> {
        let given = [
            ("literals", written.literals.as_ref().map(Spanned::span)),
            ("pattern", written.pattern.as_ref().map(Spanned::span)),
            ("keywords", written.keywords.as_ref().map(Spanned::span)),
            ("value", written.value.as_ref().map(Spanned::span)),
            ("regex", written.regex.as_ref().map(Spanned::span)),
            ("circumstance", written.circumstance.as_ref().map(Spanned::span)),
            ("secret_group", written.secret_group.as_ref().map(Spanned::span)),
            ("path_regex", written.path_regex.as_ref().map(Spanned::span)),
            ("requires", written.requires.as_ref().map(Spanned::span)),
            ("unreported", written.unreported.as_ref().map(Spanned::span)),
        ];
        let mut given = given.into_iter().filter_map(|(field, span)| Some((field, span?)));
        let Some((field, span)) = given.find(|(field, _)| !table.fields().contains(field)) else {
            return Some(());
        };
        let owners = Table::ALL.into_iter().filter(|table| table.fields().contains(&field));
        let owners: Vec<_> = owners.map(|table| format!("`[[{}]]`", table.name())).collect();
        let message = format!(
            "`{field}` belongs to {}; `[[{}]]` has `{}`",
            owners.join(" and "),
            table.name(),
            table.fields().join("`, `")
        );
        self.blame(span.start, message);
        None
    }

    /// A field that must be there.
    fn there<'w>(
        &mut self,
        field: &str,
        text: Option<&'w Spanned<String>>,
        start: usize,
    ) -> Option<&'w Spanned<String>> {
        if text.is_none() {
            self.blame(start, format!("missing field `{field}`"));
        }
        text
    }

    /// A list of words that must be there and hold something.
    fn words(
        &mut self,
        field: &str,
        words: Option<&Spanned<Vec<String>>>,
        start: usize,
    ) -> Option<Vec<String>> {
        let Some(words) = words else {
            self.blame(start, format!("missing field `{field}`"));
            return None;
        };
        if words.get_ref().is_empty() || words.get_ref().iter().any(|word| word.trim().is_empty()) {
            self.blame(words.span().start, format!("`{field}` is empty or holds an empty string"));
            return None;
        }
        Some(words.get_ref().clone())
    }

    /// A pattern with its pieces written out, as text and as it was read.
    fn pattern(&mut self, field: &str, text: &Spanned<String>) -> Option<(String, Hir)> {
        let spelt_out = pattern::spelt_out(text.get_ref());
        let read = pattern::read(&spelt_out).map(|hir| (spelt_out, hir));
        read.map_err(|message| self.blame(text.span().start, format!("`{field}` {message}"))).ok()
    }

    /// How many groups an expression of free form has.
    fn check_freeform(&mut self, field: &str, text: &Spanned<String>) -> Option<usize> {
        let checked = pattern::check_freeform(text.get_ref());
        checked.map_err(|message| self.blame(text.span().start, format!("`{field}` {message}"))).ok()
    }

    fn check_names(&mut self, table: Table, written: &Written) {
        for id in std::iter::once(&written.id).chain(&written.aliases) {
            let text = id.get_ref();
            let is_part = |part: &str| {
                !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
            };
            // Rules of free form keep the ids that another tool knows them by.
            let is_id = match table {
                Table::Rule | Table::Context | Table::Beside => text.split('-').all(is_part),
                Table::Regex => !text.is_empty() && text.bytes().all(|b| b.is_ascii_graphic()),
            };
            if !is_id {
                self.blame(
                    id.span().start,
                    format!("`{text}` is not an id: lower-case words with `-` between"),
                );
            }
        }
        if written.description.get_ref().trim().is_empty() {
            self.blame(written.description.span().start, "`description` is empty");
        }
    }

    fn check_numbers(&mut self, written: &Written) {
        if let Some(entropy) = &written.entropy
            && !(0.0..=8.0).contains(entropy.get_ref())
        {
            self.blame(entropy.span().start, "`entropy` is bits per character, from 0 to 8");
        }
        if let Some(partner_only) = &written.partner_only
            && *partner_only.get_ref()
            && written.pairs_with.is_empty()
        {
            self.blame(partner_only.span().start, "`partner_only` needs a partner in `pairs_with`");
        }
    }

    fn blame_toml(&mut self, error: &toml::de::Error, start: usize) {
        let message = error.message().trim().replace('\n', "; ");
        self.blame(error.span().map_or(start, |span| span.start), message);
    }

    fn blame(&mut self, offset: usize, message: impl Into<String>) {
        let line = self.line(offset);
        self.mistakes.push(Mistake { path: self.path.to_owned(), line, message: message.into() });
    }

    fn line(&self, offset: usize) -> usize {
        let before = &self.bytes[..offset.min(self.bytes.len())];
        1 + before.iter().filter(|byte| **byte == b'\n').count()
    }
}

fn list(texts: Vec<String>) -> List<Text> {
    texts.into_iter().map(Cow::Owned).collect()
}

/// Texts and the line of each.
fn texts(spanned: Vec<Spanned<String>>, line_of: impl Fn(Range<usize>) -> usize) -> (List<Text>, Vec<usize>) {
    let lines = spanned.iter().map(|text| line_of(text.span())).collect();
    (spanned.into_iter().map(|text| Cow::Owned(text.into_inner())).collect(), lines)
}

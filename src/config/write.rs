//! Our files, written from what other tools were told: for `stanch migrate`.
//!
//! What is about values at places becomes a baseline and is not written here; what is about paths, values and
//! rules in general becomes an `[[allow]]` each, and a rule a `[[regex]]` in a file of rules.

use std::fmt::Write;

use crate::finding::baseline::quoted;
use crate::finding::policy::{Allow, PathMatch, ValueMatch};
use crate::rule::{Freeform, RuleSet, RuleSpec};

/// The text of a `stanch.toml` that allows the same, and names a file of rules if there is one.
pub fn stanch_toml(allows: &[Allow], rules: &RuleSet, rule_file: Option<&str>) -> String {
    let mut text = String::from("# Taken over by `stanch migrate`. Reasons and owners are worth a look.\n");
    text.push_str("foreign = \"comments\"\n");
    if let Some(file) = rule_file {
        put(&mut text, "rules", &list(&[file.to_owned()]));
    }
    for allow in allows.iter().filter(|allow| is_general(allow)) {
        let parts = [paths(allow), values(allow), commits(allow)];
        if allow.all || parts.iter().all(Vec::is_empty) {
            entry(&mut text, allow, rules, &parts.concat());
            continue;
        }
        // Where one is enough, each stands for itself.
        for part in parts.iter().filter(|part| !part.is_empty()) {
            entry(&mut text, allow, rules, part);
        }
    }
    text
}

/// The text of a file with rules of free form; others are left out.
pub fn rules_toml(rules: &[RuleSpec]) -> String {
    let mut text = String::from(
        "# Taken over by `stanch migrate`. A `[[rule]]` or `[[context]]` finds more precisely, and faster.\n",
    );
    for rule in rules {
        if let Some(freeform) = rule.freeform() {
            rule_entry(&mut text, rule, freeform);
        }
    }
    text
}

fn rule_entry(text: &mut String, rule: &RuleSpec, freeform: &Freeform) {
    text.push_str("\n[[regex]]\n");
    put(text, "id", &quoted(&rule.id));
    put(text, "description", &quoted(&rule.description));
    put(text, "category", &quoted(rule.category.name()));
    put(text, "severity", &quoted(rule.severity.name()));
    if !freeform.keywords.is_empty() {
        let keywords: Vec<_> = freeform.keywords.iter().map(ToString::to_string).collect();
        put(text, "keywords", &list(&keywords));
    }
    if !freeform.names_files() {
        put(text, "regex", &verbatim(&freeform.regex));
    }
    if freeform.group > 0 {
        put(text, "secret_group", &freeform.group.to_string());
    }
    if !freeform.path.is_empty() {
        put(text, "path_regex", &verbatim(&freeform.path));
    }
    if rule.entropy > 0.0 {
        put(text, "entropy", &format!("{:?}", rule.entropy));
    }
    let requires = freeform.requires.iter().map(|one| {
        let number =
            |name: &str, number: Option<u64>| number.map_or(String::new(), |it| format!(", {name} = {it}"));
        let (lines, columns) = (number("lines", one.lines), number("columns", one.columns));
        format!("{{ rule = {}{lines}{columns} }}", quoted(&one.rule))
    });
    if !freeform.requires.is_empty() {
        put(text, "requires", &format!("[{}]", requires.collect::<Vec<_>>().join(", ")));
    }
    if freeform.unreported {
        put(text, "unreported", "true");
    }
}

fn put(text: &mut String, name: &str, value: &str) {
    writeln!(text, "{name} = {value}").expect("a string takes everything");
}

/// A literal string of TOML, where the text allows it: expressions are easier to read without escapes.
fn verbatim(text: &str) -> String {
    let is_plain = !text.contains("'''") && !text.ends_with('\'') && !text.contains(char::is_control);
    if is_plain { format!("'''{text}'''") } else { quoted(text) }
}

/// Whether an allowance is a general one, not of one value or place: those are for the baseline.
pub fn is_general(allow: &Allow) -> bool {
    let is_of_value = |value: &ValueMatch| {
        matches!(value, ValueMatch::Exact(_) | ValueMatch::Sha1(_) | ValueMatch::Sha256(_))
    };
    allow.line.is_none() && !allow.values.iter().any(is_of_value)
}

/// Fields and what they list.
type Fields = Vec<(&'static str, Vec<String>)>;

fn entry(text: &mut String, allow: &Allow, rules: &RuleSet, fields: &Fields) {
    let named = rules.iter().filter(|rule| !allow.rules.is_empty() && allow.is_for(rule, rules));
    let mut ids: Vec<String> = named.map(|rule| rule.id.to_string()).collect();
    ids.sort();
    // A rule of theirs that is none of ours allows nothing here.
    if !allow.rules.is_empty() && ids.is_empty() {
        return;
    }
    let (file, line) = &allow.origin;
    writeln!(text, "\n[[allow]] # {file}:{line}").expect("a string takes everything");
    if let Some(reason) = &allow.reason {
        put(text, "reason", &quoted(reason));
    }
    if !ids.is_empty() {
        put(text, "rules", &list(&ids));
    }
    for (name, items) in fields {
        put(text, name, &list(items));
    }
}

fn list(items: &[String]) -> String {
    let quoted: Vec<_> = items.iter().map(|item| quoted(item)).collect();
    match &quoted[..] {
        [one] => format!("[{one}]"),
        many => format!("[\n    {},\n]", many.join(",\n    ")),
    }
}

fn paths(allow: &Allow) -> Fields {
    let (mut globs, mut patterns) = (Vec::new(), Vec::new());
    for path in &allow.paths {
        match path {
            PathMatch::Exact(exact) => globs.push(format!("/{}", globset::escape(exact))),
            PathMatch::Glob { written, .. } => globs.push(written.clone()),
            PathMatch::Regex(regex) => patterns.push(regex.as_str().to_owned()),
        }
    }
    let mut fields = Fields::new();
    // A glob and a pattern of one allowance are alternatives, and so they are in our file.
    fields.extend((!globs.is_empty()).then_some(("paths", globs)));
    fields.extend((!patterns.is_empty()).then_some(("path_patterns", patterns)));
    fields
}

fn values(allow: &Allow) -> Fields {
    let (mut values, mut matches) = (Vec::new(), Vec::new());
    let (mut lines, mut words) = (Vec::new(), Vec::new());
    for value in &allow.values {
        match value {
            ValueMatch::Regex(regex) => values.push(regex.as_str().to_owned()),
            ValueMatch::Match(regex) => matches.push(regex.as_str().to_owned()),
            ValueMatch::Line(regex) => lines.push(regex.as_str().to_owned()),
            ValueMatch::Word(word) => words.push(word.clone()),
            ValueMatch::Exact(_) | ValueMatch::Sha1(_) | ValueMatch::Sha256(_) => {}
        }
    }
    let mut fields = Fields::new();
    fields.extend((!values.is_empty()).then_some(("values", values)));
    fields.extend((!matches.is_empty()).then_some(("matches", matches)));
    fields.extend((!lines.is_empty()).then_some(("lines", lines)));
    fields.extend((!words.is_empty()).then_some(("words", words)));
    fields
}

fn commits(allow: &Allow) -> Fields {
    let some = (!allow.commits.is_empty()).then(|| ("commits", allow.commits.clone()));
    some.into_iter().collect()
}

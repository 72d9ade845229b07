//! Our file, written from what other tools were told: for `stanch migrate`.
//!
//! What is about values at places becomes a baseline and is not written here; what is about paths, values and
//! rules in general becomes an `[[allow]]` each.

use std::fmt::Write;

use crate::finding::baseline::quoted;
use crate::finding::policy::{Allow, PathMatch, ValueMatch};
use crate::rule::RuleSet;

/// The text of a `stanch.toml` that allows the same.
pub fn stanch_toml(allows: &[Allow], rules: &RuleSet) -> String {
    let mut text = String::from("# Taken over by `stanch migrate`. Reasons and owners are worth a look.\n");
    text.push_str("foreign = \"comments\"\n");
    for allow in allows.iter().filter(|allow| is_general(allow)) {
        let (paths, values) = (paths(allow), values(allow));
        // Where either is enough, each stands for itself.
        let split = !allow.all && !paths.is_empty() && !values.is_empty();
        if split {
            entry(&mut text, allow, rules, &paths);
            entry(&mut text, allow, rules, &values);
        } else {
            entry(&mut text, allow, rules, &[paths, values].concat());
        }
    }
    text
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
    let mut put = |line: std::fmt::Arguments<'_>| {
        text.write_fmt(line).expect("a string takes everything");
    };
    put(format_args!("\n[[allow]] # {file}:{line}\n"));
    if let Some(reason) = &allow.reason {
        put(format_args!("reason = {}\n", quoted(reason)));
    }
    if !ids.is_empty() {
        put(format_args!("rules = {}\n", list(&ids)));
    }
    for (name, items) in fields {
        put(format_args!("{name} = {}\n", list(items)));
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
    let (mut values, mut lines, mut words) = (Vec::new(), Vec::new(), Vec::new());
    for value in &allow.values {
        match value {
            ValueMatch::Regex(regex) => values.push(regex.as_str().to_owned()),
            ValueMatch::Line(regex) => lines.push(regex.as_str().to_owned()),
            ValueMatch::Word(word) => words.push(word.clone()),
            ValueMatch::Exact(_) | ValueMatch::Sha1(_) | ValueMatch::Sha256(_) => {}
        }
    }
    let mut fields = Fields::new();
    fields.extend((!values.is_empty()).then_some(("values", values)));
    fields.extend((!lines.is_empty()).then_some(("lines", lines)));
    fields.extend((!words.is_empty()).then_some(("words", words)));
    fields
}

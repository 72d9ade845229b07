//! Allowlists, of the whole configuration or of a rule: paths, expressions, stop words and commits.

use super::table::{Fields, text, texts};
use crate::config::foreign::Reader;
use crate::finding::policy::{Allow, PathMatch, ValueMatch, is_commit};

/// Reads an allowlist that is for these rules, or for all when none is named.
pub fn allowlist(reader: &mut Reader<'_>, fields: &Fields<'_>, line: usize, rules: &[String]) {
    let mut allow = Allow { rules: rules.to_vec(), ..reader.allow(line) };
    let (mut target, mut regexes, mut lost) = (String::from("secret"), Vec::new(), false);
    for (name, value, line) in fields {
        match name.as_str() {
            "id" | "title" => {}
            "description" => allow.reason = text(value).filter(|reason| !reason.trim().is_empty()),
            "condition" => {
                allow.all = text(value).is_some_and(|it| matches!(&*it.to_ascii_uppercase(), "AND" | "&&"))
            }
            "targetrules" => {
                allow.rules.extend(texts(reader, name, value, *line).into_iter().map(|(rule, _)| rule));
            }
            "paths" | "files" | "file" | "path" => {
                for (pattern, line) in texts(reader, name, value, *line) {
                    match reader.regex(line, &pattern) {
                        Some(regex) => allow.paths.push(PathMatch::Regex(regex)),
                        None => lost = true,
                    }
                }
            }
            "regextarget" => target = text(value).unwrap_or_default().to_ascii_lowercase(),
            "regexes" | "regex" => {
                for (pattern, line) in texts(reader, name, value, *line) {
                    match reader.regex(line, &pattern) {
                        Some(regex) => regexes.push(regex),
                        None => lost = true,
                    }
                }
            }
            "stopwords" => {
                let words = texts(reader, name, value, *line).into_iter();
                allow.values.extend(words.map(|(word, _)| ValueMatch::Word(word.to_lowercase())));
            }
            "commits" => {
                for (commit, line) in texts(reader, name, value, *line) {
                    if is_commit(&commit) {
                        allow.commits.push(commit.to_ascii_lowercase());
                    } else {
                        lost = true;
                        reader.unsupported(line, format!("`{commit}` is no id of a commit"));
                    }
                }
            }
            _ => {
                lost = true;
                reader.unsupported(*line, format!("`{name}` of an allowlist is not supported"));
            }
        }
    }
    let has_words = allow.values.iter().any(|value| matches!(value, ValueMatch::Word(_)));
    if allow.all && has_words && !regexes.is_empty() {
        lost = true;
        reader.unsupported(line, "`regexes` and `stopwords` that must both match are not supported");
    }
    let matcher = match &*target {
        "match" => ValueMatch::Match,
        "line" => ValueMatch::Line,
        _ => ValueMatch::Regex,
    };
    allow.values.extend(regexes.into_iter().map(matcher));
    // When all must hold and one is lost, what is left would allow more than was meant.
    let is_empty = allow.paths.is_empty() && allow.values.is_empty() && allow.commits.is_empty();
    if !(lost && allow.all || is_empty) {
        reader.said.allows.push(allow);
    }
}

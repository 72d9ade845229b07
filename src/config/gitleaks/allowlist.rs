//! Allowlists, of the whole configuration or of a rule: paths, expressions and stop words.

use super::table::{Fields, text, texts};
use crate::config::foreign::Reader;
use crate::finding::policy::{Allow, PathMatch, ValueMatch};

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
                let some = !texts(reader, name, value, *line).is_empty();
                if some {
                    lost |= allow.all;
                    reader.unsupported(
                        *line,
                        "`commits` is not supported: a secret is known by its value, not by a commit",
                    );
                }
            }
            _ => {
                lost = true;
                reader.unsupported(*line, format!("`{name}` of an allowlist is not supported"));
            }
        }
    }
    let matcher = if target == "secret" { ValueMatch::Regex } else { ValueMatch::Line };
    allow.values.extend(regexes.into_iter().map(matcher));
    // When all must hold and one is lost, what is left would allow more than was meant.
    if !(lost && allow.all || allow.paths.is_empty() && allow.values.is_empty()) {
        reader.said.allows.push(allow);
    }
}

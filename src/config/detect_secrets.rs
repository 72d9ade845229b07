//! `.secrets.baseline` of detect-secrets: values known by the SHA-1 of each, and what its filters leave out.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::foreign::Reader;
use crate::finding::policy::{PathMatch, ValueMatch};

#[derive(Deserialize)]
struct Written {
    #[serde(default)]
    results: BTreeMap<String, Vec<Known>>,
    #[serde(default)]
    filters_used: Vec<Filter>,
    #[serde(default)]
    exclude: Option<Exclude>,
}

#[derive(Deserialize)]
struct Known {
    hashed_secret: String,
}

#[derive(Deserialize)]
struct Filter {
    path: String,
    #[serde(default)]
    pattern: Value,
}

/// Files from before version 1 say here what is left out.
#[derive(Deserialize)]
struct Exclude {
    files: Option<String>,
    lines: Option<String>,
}

/// Reads a baseline.
pub fn baseline(reader: &mut Reader<'_>) {
    let written: Written = match serde_json::from_str(reader.text) {
        Ok(written) => written,
        Err(error) => return reader.broken(error.line(), format!("no baseline of detect-secrets: {error}")),
    };
    for (path, known) in written.results {
        let path = path.replace('\\', "/");
        for known in known {
            let line = line_with(reader.text, &known.hashed_secret);
            let mut allow = reader.allow(line);
            allow.paths = vec![PathMatch::Exact(path.trim_start_matches("./").to_owned())];
            allow.values = vec![ValueMatch::Sha1(known.hashed_secret)];
            allow.all = true;
            reader.said.allows.push(allow);
        }
    }
    for filter in written.filters_used {
        self::filter(reader, &filter);
    }
    if let Some(exclude) = written.exclude {
        pattern(reader, "files", exclude.files.as_deref());
        pattern(reader, "lines", exclude.lines.as_deref());
    }
}

/// A filter with expressions of the project's; its own heuristics are the tool's business.
fn filter(reader: &mut Reader<'_>, filter: &Filter) {
    let what = match filter.path.rsplit('.').next().unwrap_or_default() {
        "should_exclude_file" => "files",
        "should_exclude_line" => "lines",
        "should_exclude_secret" => "secrets",
        _ if filter.path.starts_with("detect_secrets.") => return,
        _ => {
            let line = line_with(reader.text, &filter.path);
            return reader.unsupported(
                line,
                format!("the filter `{}` is a program and is not supported", filter.path),
            );
        }
    };
    let patterns: Vec<&str> = match &filter.pattern {
        Value::String(text) => vec![text],
        Value::Array(items) => items.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    for one in patterns {
        pattern(reader, what, Some(one));
    }
}

fn pattern(reader: &mut Reader<'_>, what: &str, pattern: Option<&str>) {
    let Some(pattern) = pattern.filter(|pattern| !pattern.is_empty()) else { return };
    let line = line_with(reader.text, &pattern.replace('\\', "\\\\"));
    let Some(regex) = reader.regex(line, pattern) else { return };
    let mut allow = reader.allow(line);
    match what {
        "files" => allow.paths.push(PathMatch::Regex(regex)),
        "lines" => allow.values.push(ValueMatch::Line(regex)),
        _ => allow.values.push(ValueMatch::Regex(regex)),
    }
    reader.said.allows.push(allow);
}

/// The line on which something stands first.
fn line_with(text: &str, what: &str) -> usize {
    text.lines().position(|line| line.contains(what)).map_or(1, |index| index + 1)
}

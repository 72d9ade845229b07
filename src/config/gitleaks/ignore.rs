//! What gitleaks was told of single findings: ignore files, and reports that serve as baselines.

use serde::Deserialize;

use crate::config::foreign::Reader;
use crate::finding::policy::{PathMatch, ValueMatch, is_commit};
use crate::secret::Secret;

/// `.gitleaksignore`: a fingerprint a line, `[commit:]path:rule:line`.
pub fn ignore(reader: &mut Reader<'_>) {
    for (number, line) in (1..).zip(reader.text.lines()) {
        let entry = line.trim();
        if entry.is_empty() || entry.starts_with('#') {
            continue;
        }
        match place(entry) {
            Some((commit, path, rule, at)) => {
                let mut allow = reader.allow(number);
                allow.commit = commit.map(str::to_owned);
                allow.rules = vec![rule.to_owned()];
                allow.paths = vec![PathMatch::Exact(path.replace('\\', "/"))];
                allow.line = Some(at);
                reader.said.allows.push(allow);
            }
            None => {
                reader
                    .unsupported(number, format!("`{entry}` is no fingerprint of the form `path:rule:line`"));
            }
        }
    }
}

/// Commit, path, rule and line of a fingerprint.
fn place(entry: &str) -> Option<(Option<&str>, &str, &str, u64)> {
    let (rest, line) = entry.rsplit_once(':')?;
    let (rest, rule) = rest.rsplit_once(':')?;
    let (commit, path) = match rest.split_once(':') {
        Some((commit, path)) if is_commit(commit) => (Some(commit), path),
        _ => (None, rest),
    };
    let is_whole = !path.is_empty() && !rule.is_empty();
    Some((commit, path, rule, line.parse().ok()?)).filter(|_| is_whole)
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Leak {
    #[serde(rename = "RuleID")]
    rule_id: String,
    file: String,
    start_line: u64,
    secret: String,
}

/// A report of gitleaks in JSON, used as a baseline: the value counts, or the place where the report hides it.
pub fn baseline(reader: &mut Reader<'_>) {
    let leaks: Vec<Leak> = match serde_json::from_str(reader.text) {
        Ok(leaks) => leaks,
        Err(error) => return reader.broken(error.line(), format!("no report of gitleaks: {error}")),
    };
    for leak in leaks {
        let mut allow = reader.allow(1);
        allow.paths = vec![PathMatch::Exact(leak.file)];
        let is_hidden = leak.secret.is_empty()
            || leak.secret == "REDACTED"
            || leak.secret.contains("***")
            || leak.secret.ends_with("...");
        if is_hidden {
            allow.rules = vec![leak.rule_id];
            allow.line = Some(leak.start_line);
        } else {
            allow.values = vec![ValueMatch::Exact(Secret::password(leak.secret.as_bytes()))];
            allow.all = true;
        }
        reader.said.allows.push(allow);
    }
}

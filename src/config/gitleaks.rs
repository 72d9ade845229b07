//! What gitleaks and betterleaks were told: their configuration, ignore files and reports used as baselines.
//!
//! Allowlists become allowances, with their paths, expressions and stop words. Rules are not taken over: stanch
//! has its own for what the tools find by themselves, and a project's own rule is worth a file of ours, with
//! examples; each that is left is named.

use std::fs;
use std::path::PathBuf;

use serde::Deserialize;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::foreign::Reader;
use crate::finding::policy::{Allow, PathMatch, ValueMatch};
use crate::secret::Secret;

/// So deep may configurations extend each other, as in gitleaks.
const MAX_DEPTH: usize = 3;

/// A table with the names of its fields in lower case, as gitleaks compares them.
type Fields<'a> = Vec<(String, &'a Spanned<DeValue<'a>>, usize)>;

/// `.gitleaks.toml` and `.betterleaks.toml`.
pub fn config(reader: &mut Reader<'_>) {
    let text = reader.text;
    let document = match DeTable::parse(text) {
        Ok(document) => document.into_inner(),
        Err(error) => {
            let line = reader.line(error.span().map_or(0, |span| span.start));
            return reader.broken(line, error.message().lines().collect::<Vec<_>>().join(", "));
        }
    };
    for (name, value, line) in fields(reader, &document) {
        match name.as_str() {
            "title" | "description" | "version" | "minversion" | "betterleaksminversion" => {}
            "extend" => table(reader, value, line, "extend", extend),
            "allowlist" | "allowlists" | "whitelist" => {
                each(reader, value, line, &name, |reader, fields, line| {
                    allowlist(reader, fields, line, &[]);
                })
            }
            "rules" => each(reader, value, line, &name, rule),
            _ => {
                reader.unsupported(line, format!("`{name}` is not supported: only allowlists are taken over"))
            }
        }
    }
}

fn fields<'a>(reader: &Reader<'_>, table: &'a DeTable<'a>) -> Fields<'a> {
    let lower = |key: &Spanned<std::borrow::Cow<'_, str>>| key.get_ref().to_ascii_lowercase();
    table.iter().map(|(key, value)| (lower(key), value, reader.line(key.span().start))).collect()
}

/// Reads a table that may be left out, or says that it is none.
fn table(
    reader: &mut Reader<'_>,
    value: &Spanned<DeValue<'_>>,
    line: usize,
    name: &str,
    read: impl FnOnce(&mut Reader<'_>, &Fields<'_>, usize),
) {
    match value.get_ref() {
        DeValue::Table(inner) => {
            let inner = fields(reader, inner);
            read(reader, &inner, line);
        }
        _ => reader.broken(line, format!("`{name}` is not a table")),
    }
}

/// Reads one table, or each of a list of them.
fn each(
    reader: &mut Reader<'_>,
    value: &Spanned<DeValue<'_>>,
    line: usize,
    name: &str,
    mut read: impl FnMut(&mut Reader<'_>, &Fields<'_>, usize),
) {
    if let DeValue::Array(items) = value.get_ref() {
        for item in items {
            let line = reader.line(item.span().start);
            table(reader, item, line, name, &mut read);
        }
    } else {
        table(reader, value, line, name, read);
    }
}

/// The texts of a list, each with its line.
fn texts(
    reader: &mut Reader<'_>,
    name: &str,
    value: &Spanned<DeValue<'_>>,
    line: usize,
) -> Vec<(String, usize)> {
    let DeValue::Array(items) = value.get_ref() else {
        // Older files have a text where a list is wanted, and gitleaks takes it.
        if let DeValue::String(text) = value.get_ref() {
            return vec![(text.to_string(), line)];
        }
        reader.broken(line, format!("`{name}` is not a list of texts"));
        return Vec::new();
    };
    let mut texts = Vec::new();
    for item in items {
        let line = reader.line(item.span().start);
        match item.get_ref() {
            DeValue::String(text) => texts.push((text.to_string(), line)),
            _ => reader.broken(line, format!("`{name}` holds something that is no text")),
        }
    }
    texts
}

fn text(value: &Spanned<DeValue<'_>>) -> Option<String> {
    match value.get_ref() {
        DeValue::String(text) => Some(text.to_string()),
        _ => None,
    }
}

fn extend(reader: &mut Reader<'_>, fields: &Fields<'_>, _: usize) {
    for (name, value, line) in fields {
        match name.as_str() {
            "usedefault" => {}
            "disabledrules" => {
                for (rule, line) in texts(reader, name, value, *line) {
                    let mut allow = reader.allow(line);
                    allow.reason = Some(format!("`{rule}` is disabled in {}", reader.path));
                    allow.rules = vec![rule];
                    reader.allows.push(allow);
                }
            }
            "path" => match text(value) {
                Some(path) => extend_path(reader, &path, *line),
                None => reader.broken(*line, "`path` is no text"),
            },
            "url" => reader.unsupported(*line, "`extend.url` is not supported: stanch opens no connection"),
            _ => reader.unsupported(*line, format!("`extend.{name}` is not known")),
        }
    }
}

/// Reads another file into the same allowances. Its path is relative to where gitleaks is started: the project.
fn extend_path(reader: &mut Reader<'_>, path: &str, line: usize) {
    let target = reader.base.join(path);
    let Ok(real) = target.canonicalize() else {
        return reader.broken(line, format!("`extend.path` names {path}, which is not there"));
    };
    if reader.open.contains(&real) {
        return reader.broken(line, format!("`extend.path` comes back to {path}: a circle"));
    }
    if reader.open.len() > MAX_DEPTH {
        return reader.broken(line, format!("`extend.path` goes deeper than {MAX_DEPTH} files"));
    }
    let Ok(inner_text) = fs::read_to_string(&real) else {
        return reader.broken(line, format!("`extend.path` names {path}, which cannot be read"));
    };
    let mut open: Vec<PathBuf> = std::mem::take(&mut reader.open);
    open.push(real);
    let mut inner = Reader {
        path: path.to_owned(),
        text: &inner_text,
        base: reader.base,
        open,
        allows: std::mem::take(&mut reader.allows),
        unsupported: std::mem::take(&mut reader.unsupported),
        mistakes: std::mem::take(&mut reader.mistakes),
    };
    config(&mut inner);
    inner.open.pop();
    let Reader { open, allows, unsupported, mistakes, .. } = inner;
    (reader.open, reader.allows, reader.unsupported, reader.mistakes) = (open, allows, unsupported, mistakes);
}

/// Takes the allowlists of a rule over, for our rules of the same name or provider.
fn rule(reader: &mut Reader<'_>, fields: &Fields<'_>, line: usize) {
    let named = |wanted: &str| fields.iter().find(|(name, ..)| name == wanted);
    let id = named("id").or_else(|| named("description")).and_then(|(_, value, _)| text(value));
    let Some(id) = id else { return reader.broken(line, "a rule without `id`") };
    let mut has_pattern = false;
    for (name, value, line) in fields {
        match name.as_str() {
            "allowlist" | "allowlists" | "whitelist" => {
                each(reader, value, *line, name, |reader, fields, line| {
                    allowlist(reader, fields, line, std::slice::from_ref(&id));
                });
            }
            "regex" | "path" => has_pattern = true,
            "filter" | "prefilter" | "validate" => {
                let message = format!("rule `{id}`: `{name}` is a program, not data, and is not supported");
                reader.unsupported(*line, message);
            }
            "required" => {
                let message = format!(
                    "rule `{id}`: `required` is not supported; stanch pairs what belongs together by itself"
                );
                reader.unsupported(*line, message);
            }
            _ => {}
        }
    }
    if has_pattern {
        let message = format!(
            "rule `{id}` is not taken over: `stanch rules list` shows what is found without it; one of your own \
             belongs in a file for `rules`"
        );
        reader.unsupported(line, message);
    }
}

fn allowlist(reader: &mut Reader<'_>, fields: &Fields<'_>, line: usize, rules: &[String]) {
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
        reader.allows.push(allow);
    }
}

/// `.gitleaksignore`: a fingerprint a line, `[commit:]path:rule:line`.
pub fn ignore(reader: &mut Reader<'_>) {
    for (number, line) in (1..).zip(reader.text.lines()) {
        let entry = line.trim();
        if entry.is_empty() || entry.starts_with('#') {
            continue;
        }
        match place(entry) {
            Some((path, rule, at)) => {
                let mut allow = reader.allow(number);
                allow.rules = vec![rule.to_owned()];
                allow.paths = vec![PathMatch::Exact(path.replace('\\', "/"))];
                allow.line = Some(at);
                reader.allows.push(allow);
            }
            None => {
                reader
                    .unsupported(number, format!("`{entry}` is no fingerprint of the form `path:rule:line`"));
            }
        }
    }
}

/// Path, rule and line of a fingerprint.
fn place(entry: &str) -> Option<(&str, &str, u64)> {
    let (rest, line) = entry.rsplit_once(':')?;
    let (rest, rule) = rest.rsplit_once(':')?;
    let is_commit = |text: &str| text.len() >= 7 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let path = match rest.split_once(':') {
        Some((commit, path)) if is_commit(commit) => path,
        _ => rest,
    };
    Some((path, rule, line.parse().ok()?)).filter(|(path, rule, _)| !path.is_empty() && !rule.is_empty())
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
        reader.allows.push(allow);
    }
}

//! What gitleaks and betterleaks were told: their configuration, ignore files and reports used as baselines.
//!
//! Allowlists become allowances, with their paths, expressions and stop words; rules become rules of free form.
//! For what the tools find by themselves stanch has rules of its own: they stand for those that a configuration
//! extends, changes or copies.

mod allowlist;
mod ignore;
mod rule;
mod table;

use std::fs;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::foreign::Reader;
use allowlist::allowlist;
use table::{Fields, each, fields, is_true, table, text, texts};

pub use ignore::{baseline, ignore};
pub use rule::Written;

/// The files that hold rules.
pub const CONFIGS: [&str; 2] = [".gitleaks.toml", ".betterleaks.toml"];
/// So deep may configurations extend each other, as in gitleaks.
const MAX_DEPTH: usize = 3;

/// `.gitleaks.toml` and `.betterleaks.toml`.
pub fn config(reader: &mut Reader<'_>) {
    read(reader);
    rule::take(reader);
}

/// Reads a file, what it extends first: its rules come over those.
fn read(reader: &mut Reader<'_>) {
    let document = match DeTable::parse(reader.text) {
        Ok(document) => document.into_inner(),
        Err(error) => {
            let line = reader.line(error.span().map_or(0, |span| span.start));
            return reader.broken(line, error.message().lines().collect::<Vec<_>>().join(", "));
        }
    };
    let mut fields = fields(reader, &document);
    fields.sort_by_key(|(name, ..)| name != "extend");
    for (name, value, line) in &fields {
        section(reader, name, value, *line);
    }
}

fn section(reader: &mut Reader<'_>, name: &str, value: &Spanned<DeValue<'_>>, line: usize) {
    match name {
        "title" | "description" | "version" | "minversion" | "betterleaksminversion" => {}
        "extend" => table(reader, value, line, "extend", extend),
        "allowlist" | "allowlists" | "whitelist" => {
            each(reader, value, line, name, |reader, fields, line| allowlist(reader, fields, line, &[]));
        }
        "rules" => each(reader, value, line, name, rule::read),
        _ => reader.unsupported(line, format!("`{name}` is not supported")),
    }
}

fn extend(reader: &mut Reader<'_>, fields: &Fields<'_>, _: usize) {
    for (name, value, line) in fields {
        match name.as_str() {
            "usedefault" => reader.said.extends_default |= is_true(value),
            "disabledrules" => {
                for (rule, line) in texts(reader, name, value, *line) {
                    let mut allow = reader.allow(line);
                    allow.reason = Some(format!("`{rule}` is disabled in {}", reader.path));
                    allow.rules = vec![rule];
                    reader.said.allows.push(allow);
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
    let mut open = reader.open.clone();
    open.push(real);
    let said = std::mem::take(&mut reader.said);
    let mut inner = Reader { path: path.to_owned(), text: &inner_text, base: reader.base, open, said };
    read(&mut inner);
    reader.said = inner.said;
}

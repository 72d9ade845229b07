//! `.gitguardian.yaml` of ggshield: paths, values and detectors that are ignored, of both versions of the file.

use serde::Deserialize;
use serde_json::Value;

use super::foreign::Reader;
use crate::finding::policy::{PathMatch, ValueMatch};
use crate::secret::Secret;

/// A value that is ignored: bare, or with a name.
#[derive(Deserialize)]
#[serde(untagged)]
enum Match {
    Bare(String),
    Named {
        name: Option<String>,
        #[serde(rename = "match")]
        value: String,
    },
}

/// Reads a configuration.
pub fn config(reader: &mut Reader<'_>) {
    let document: Value = match serde_saphyr::from_str(reader.text) {
        Ok(document) => document,
        Err(error) => {
            let line = error.location().map_or(1, |place| place.line() as usize);
            return reader
                .broken(line, format!("no YAML: {}", error.to_string().lines().next().unwrap_or_default()));
        }
    };
    match document {
        Value::Object(fields) => section(reader, fields, true),
        Value::Null => {}
        _ => reader.broken(1, "is no table"),
    }
}

fn section(reader: &mut Reader<'_>, fields: serde_json::Map<String, Value>, is_top: bool) {
    for (name, value) in fields {
        let line = line_of_key(reader.text, &name);
        match (name.replace('-', "_").as_str(), value) {
            ("secret", Value::Object(inner)) if is_top => section(reader, inner, false),
            ("ignored_paths" | "paths_ignore", value) => {
                for glob in list::<String>(reader, &name, value, line) {
                    path(reader, &glob);
                }
            }
            ("ignored_matches" | "matches_ignore", value) => {
                for one in list::<Match>(reader, &name, value, line) {
                    ignored(reader, one, line);
                }
            }
            ("ignored_detectors" | "banlisted_detectors", value) => {
                for detector in list::<String>(reader, &name, value, line) {
                    let mut allow = reader.allow(line_with(reader.text, &detector));
                    allow.reason = Some(format!("the detector `{detector}` is ignored"));
                    allow.rules = vec![detector];
                    reader.said.allows.push(allow);
                }
            }
            // How that tool runs, reports and reaches its service: nothing about findings.
            (
                "version"
                | "verbose"
                | "instance"
                | "api_url"
                | "max_commits_for_hook"
                | "allow_self_signed"
                | "insecure"
                | "debug"
                | "exit_zero"
                | "show_secrets"
                | "all_secrets"
                | "default_branch"
                | "iac"
                | "sca"
                | "filename_only"
                | "with_incident_details"
                | "source_uuid",
                _,
            ) => {}
            ("ignore_known_secrets", Value::Bool(false)) => {}
            ("ignore_known_secrets" | "prereceive_remediation_message", _) => {
                reader
                    .unsupported(line, format!("`{name}` is about that tool's service and is not supported"));
            }
            _ => reader.unsupported(line, format!("`{name}` is not known")),
        }
    }
}

fn list<T: serde::de::DeserializeOwned>(
    reader: &mut Reader<'_>,
    name: &str,
    value: Value,
    line: usize,
) -> Vec<T> {
    if value.is_null() {
        return Vec::new();
    }
    serde_json::from_value(value).unwrap_or_else(|error| {
        reader.broken(line, format!("`{name}`: {error}"));
        Vec::new()
    })
}

fn path(reader: &mut Reader<'_>, glob: &str) {
    let line = line_with(reader.text, glob);
    match PathMatch::glob(glob) {
        Ok(matched) => {
            let mut allow = reader.allow(line);
            allow.paths.push(matched);
            reader.said.allows.push(allow);
        }
        Err(error) => reader.broken(line, format!("`{glob}` is no glob: {}", error.kind())),
    }
}

/// A value in clear, or its hash.
fn ignored(reader: &mut Reader<'_>, one: Match, line: usize) {
    let (name, value) = match one {
        Match::Bare(value) => (None, value),
        Match::Named { name, value } => (name, value),
    };
    let mut allow = reader.allow(line);
    allow.reason = name.filter(|name| !name.is_empty());
    let is_hash = value.len() == 64 && value.bytes().all(|byte| byte.is_ascii_hexdigit());
    allow.values.push(if is_hash {
        ValueMatch::Sha256(value.to_ascii_lowercase())
    } else {
        ValueMatch::Exact(Secret::password(value.as_bytes()))
    });
    reader.said.allows.push(allow);
}

fn line_of_key(text: &str, key: &str) -> usize {
    let is_key = |line: &str| line.trim_start().strip_prefix(key).is_some_and(|rest| rest.starts_with(':'));
    text.lines().position(is_key).map_or(1, |index| index + 1)
}

fn line_with(text: &str, what: &str) -> usize {
    text.lines().position(|line| line.contains(what)).map_or(1, |index| index + 1)
}

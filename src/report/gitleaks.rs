//! The gitleaks report: JSON in the form that gitleaks writes, so that what reads its reports keeps working.
//!
//! Rules have our ids and secrets are masked unless they are to be shown. Findings that are silenced or known are
//! left out, as gitleaks does; of a commit, its message is. There is no place for the coverage, so the command line
//! tells of gaps on standard error.

use std::borrow::Cow;
use std::io::{self, Write};

use serde::Serialize;

use super::terminal::write_json;
use super::{Reporter, Run, Summary, snippet, title};
use crate::finding::Finding;

/// Writes one JSON array.
pub struct Gitleaks<W> {
    out: W,
    run: Run,
    is_first: bool,
}

/// A finding, with the names of gitleaks' fields.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Leak<'a> {
    #[serde(rename = "RuleID")]
    rule_id: &'a str,
    description: &'a str,
    start_line: u64,
    end_line: u64,
    start_column: u64,
    end_column: u64,
    r#match: String,
    secret: Cow<'a, str>,
    file: &'a str,
    symlink_file: &'a str,
    commit: &'a str,
    entropy: f64,
    author: &'a str,
    email: &'a str,
    date: String,
    message: &'a str,
    tags: [&'a str; 2],
    fingerprint: String,
}

impl<W: Write> Gitleaks<W> {
    /// A report of `run` to `out`.
    pub fn new(out: W, run: Run) -> Self {
        Self { out, run, is_first: true }
    }
}

impl<W: Write> Reporter for Gitleaks<W> {
    fn begin(&mut self) -> io::Result<()> {
        self.out.write_all(b"[")
    }

    fn finding(&mut self, finding: &Finding<'_>) -> io::Result<()> {
        if !finding.counts() {
            return Ok(());
        }
        let separator: &[u8] = if self.is_first { b"\n" } else { b",\n" };
        self.is_first = false;
        self.out.write_all(separator)?;
        write_json(&mut self.out, &leak(finding, &self.run))
    }

    fn finish(&mut self, _: &Summary<'_>) -> io::Result<()> {
        self.out.write_all(if self.is_first { b"]\n" } else { b"\n]\n" })?;
        self.out.flush()
    }
}

fn leak<'a>(finding: &'a Finding<'_>, run: &Run) -> Leak<'a> {
    let place = &finding.location;
    let matched = finding
        .frame
        .lines
        .iter()
        .filter(|line| (place.start.line..=place.end.line).contains(&line.number))
        .map(|line| snippet::parts(finding, line, run).into_iter().map(|part| part.text).collect())
        .collect::<Vec<String>>()
        .join("\n");
    let life = finding.life.as_deref();
    let commit = life.and_then(|life| life.commit.as_deref()).unwrap_or_default();
    let change = life.and_then(|life| life.introduced.iter().find(|change| change.commit == commit));
    let place_of_rule = format!("{}:{}:{}", place.path, finding.rule.id, place.start.line);
    Leak {
        rule_id: &finding.rule.id,
        description: &finding.rule.description,
        start_line: place.start.line,
        end_line: place.end.line,
        start_column: place.start.column,
        // Theirs is the last column, ours the one after.
        end_column: place.end.column.max(2) - 1,
        r#match: matched,
        secret: run.shown(&finding.secret),
        file: &place.path,
        symlink_file: "",
        commit,
        entropy: entropy(finding.secret.reveal()),
        author: change.map_or("", |change| &change.author),
        email: change.map_or("", |change| &change.email),
        date: change.and_then(|change| title::of_time(change.authored)).unwrap_or_default(),
        message: "",
        tags: [finding.rule.category.name(), finding.severity.name()],
        fingerprint: if commit.is_empty() { place_of_rule } else { format!("{commit}:{place_of_rule}") },
    }
}

/// Shannon's entropy in bits per character, to six digits: the same on every machine.
fn entropy(text: &str) -> f64 {
    let mut counts = std::collections::BTreeMap::new();
    for character in text.chars() {
        *counts.entry(character).or_insert(0_u32) += 1;
    }
    let total: f64 = counts.values().copied().map(f64::from).sum();
    let bits: f64 = counts.values().map(|count| f64::from(*count) / total).map(|p| -p * p.log2()).sum();
    (bits * 1e6).round() / 1e6
}

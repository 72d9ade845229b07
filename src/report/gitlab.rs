//! The gitlab report: GitLab's secret detection report, schema 15.
//!
//! GitLab has no word for findings that are silenced or known, so only those that count are in it. The
//! schema asks for a start and an end: both are the run's one clock, so a run with a fixed clock gives
//! the same bytes. It asks for a commit, too; outside of history that is GitLab's own placeholder.

use std::io::{self, Write};

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::record::Tool;
use super::terminal::write_json;
use super::{Reporter, Run, Summary, snippet, title};
use crate::finding::Finding;
use crate::remedy::Steps;
use crate::rule::Severity;

/// The version of the schema.
const VERSION: &str = "15.0.7";
/// What stands for a commit in a report of files.
const NO_COMMIT: &str = "0000000";
/// Longer names are refused.
const LONGEST_NAME: usize = 255;

/// Writes one JSON document.
pub struct Gitlab<W> {
    out: W,
    run: Run,
    vulnerabilities: Vec<Value>,
}

impl<W: Write> Gitlab<W> {
    /// A report of `run` to `out`.
    pub fn new(out: W, run: Run) -> Self {
        Self { out, run, vulnerabilities: Vec::new() }
    }
}

impl<W: Write> Reporter for Gitlab<W> {
    fn finding(&mut self, finding: &Finding<'_>) -> io::Result<()> {
        if finding.counts() {
            self.vulnerabilities.push(vulnerability(finding, &self.run));
        }
        Ok(())
    }

    fn finish(&mut self, summary: &Summary<'_>) -> io::Result<()> {
        let tool = json!({
            "id": Tool::THIS.name,
            "name": Tool::THIS.name,
            "version": Tool::THIS.version,
            "vendor": { "name": Tool::THIS.name },
        });
        let problems = summary.coverage.problems.iter();
        let messages: Vec<_> = problems
            .map(|problem| json!({ "level": "warn", "value": format!("{}: {}", problem.path, problem.message) }))
            .collect();
        let time = time(self.run.now);
        let report = json!({
            "version": VERSION,
            "scan": {
                "type": "secret_detection",
                "analyzer": tool,
                "scanner": tool,
                "start_time": time,
                "end_time": time,
                "status": if summary.coverage.is_complete() { "success" } else { "failure" },
                "messages": messages,
            },
            "vulnerabilities": std::mem::take(&mut self.vulnerabilities),
        });
        write_json(&mut self.out, &report)?;
        self.out.write_all(b"\n")?;
        self.out.flush()
    }
}

fn vulnerability(finding: &Finding<'_>, run: &Run) -> Value {
    let rule = finding.rule;
    let links: Vec<_> = rule
        .references
        .iter()
        .filter(|link| link.starts_with("https://") || link.starts_with("http://"))
        .map(|link| json!({ "url": link }))
        .collect();
    let steps = Steps::of(rule.category).in_order().join(" ");
    let revoke = if rule.revoke.is_empty() { steps } else { format!("Revoke it: {}. {steps}", rule.revoke) };
    let (start, end) = (finding.location.start.line, finding.location.end.line);
    // The lines of a member are not those of the file that it is in.
    let (file, lines, place) = match finding.container() {
        Some(file) => (file, (1, 1), format!(" It is in {}, line {start}.", finding.location.path)),
        None => (finding.location.path.clone(), (start, end), String::new()),
    };
    let commit = finding.life.as_ref().and_then(|life| life.commit.as_deref());
    json!({
        "id": id(finding),
        "name": title::of_rule(rule).chars().take(LONGEST_NAME).collect::<String>(),
        "description": format!("{}{place}", rule.description),
        "severity": severity(finding.severity),
        "solution": revoke,
        "identifiers": [{
            "type": "stanch_rule_id",
            "name": format!("stanch rule {}", rule.id),
            "value": rule.id,
        }],
        "links": links,
        "location": {
            "file": file,
            "start_line": lines.0,
            "end_line": lines.1,
            "commit": { "sha": commit.unwrap_or(NO_COMMIT) },
        },
        "raw_source_code_extract": snippet::text(finding, run),
        "details": {
            "fingerprint": {
                "name": "Fingerprint of the value",
                "type": "text",
                "value": finding.fingerprint.to_string(),
            },
            "confidence": { "name": "Confidence", "type": "text", "value": finding.confidence },
        },
    })
}

/// A UUID of the finding: the same for the same secret, rule and place.
fn id(finding: &Finding<'_>) -> String {
    let place = &finding.location;
    let text = format!("{}\0{}\0{}\0{}", finding.fingerprint, finding.rule.id, place.path, place.byte_offset);
    let mut bytes: [u8; 16] = Sha256::digest(text)[..16].try_into().expect("the digest has 32 bytes");
    // Version 8 of RFC 9562: made in a way of one's own.
    bytes[6] = bytes[6] & 0x0f | 0x80;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}

/// A time as GitLab writes it: UTC without saying so.
fn time(seconds: i64) -> String {
    let time = title::of_time(seconds).unwrap_or_else(|| "1970-01-01T00:00:00Z".to_owned());
    time.trim_end_matches('Z').to_owned()
}

fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "Critical",
        Severity::High => "High",
        Severity::Medium => "Medium",
        Severity::Low => "Low",
        Severity::Info => "Info",
    }
}

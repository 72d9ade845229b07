//! What the reports for programs say of a finding and of coverage.
//!
//! The fields are a contract: scripts read them. A new field may come at any time; a changed or
//! missing one raises [`SCHEMA_VERSION`].

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::{Serialize, Serializer};

use super::title;
use crate::engine::Proof;
use crate::finding::{BaselineState, Finding, Suppression, SuppressionKind};
use crate::rule::{Category, Confidence, Severity};
use crate::source::{Coverage, Problem, Skip, Tally};

/// The version of the contract.
pub const SCHEMA_VERSION: u32 = 1;

/// What made a report.
#[derive(Debug, Serialize)]
pub struct Tool {
    /// Its name.
    pub name: &'static str,
    /// Its version.
    pub version: &'static str,
}

impl Tool {
    /// This program.
    pub const THIS: Self = Self { name: env!("CARGO_PKG_NAME"), version: env!("CARGO_PKG_VERSION") };
}

/// A finding, as the json and jsonl reports have it.
#[derive(Debug, Serialize)]
pub struct FindingRecord<'a> {
    /// Id of the rule that found it.
    pub rule: &'a str,
    /// The rule's description.
    pub description: &'a str,
    /// What kind of credential it is.
    pub category: Category,
    /// `/` between parts; bytes that are not UTF-8 are percent-encoded; `-` is standard input.
    pub path: &'a str,
    /// Line of the first character, from 1.
    pub start_line: u64,
    /// Line of the character after the last, from 1.
    pub end_line: u64,
    /// Column of the first character, from 1, in characters.
    pub start_column: u64,
    /// Column of the character after the last, from 1, in characters.
    pub end_column: u64,
    /// Offset of the first byte in the file as stored.
    pub byte_offset: u64,
    /// How bad it is.
    pub severity: Severity,
    /// How sure it is.
    pub confidence: Confidence,
    /// What the token says of itself offline.
    pub proof: Proof,
    /// When the token ends, as RFC 3339 has it; `null` when it does not say.
    pub expires: Option<String>,
    /// What was read out of the token, by name: account, region, key type.
    #[serde(serialize_with = "as_map")]
    pub facts: &'a [(&'static str, String)],
    /// The secret, masked unless secrets are to be shown.
    pub secret: Cow<'a, str>,
    /// Identity of the value alone, in hexadecimal.
    pub fingerprint: String,
    /// Whether the baseline knows it.
    pub state: BaselineState,
    /// Who silenced it and why; `null` when nobody did.
    pub suppression: Option<SuppressionRecord<'a>>,
    /// Other places of the same secret; always empty outside history.
    pub also_at: [(); 0],
    /// Where to revoke it: an address or a path of menu entries; `null` when not known.
    pub revoke: Option<&'a str>,
    /// Findings of the same file that belong to it.
    pub paired_with: Vec<PartnerRecord<'a>>,
    /// Files of other environments that hold the same value.
    pub reused_in: Vec<ReuseRecord<'a>>,
}

fn as_map<S: Serializer>(facts: &[(&'static str, String)], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(facts.iter().map(|(name, value)| (name, value)))
}

/// Who silenced a finding, and why.
#[derive(Debug, Serialize)]
pub struct SuppressionRecord<'a> {
    /// `inline`: a comment in the scanned text.
    pub kind: &'static str,
    /// The reason given; `null` when there is none.
    pub reason: Option<&'a str>,
}

/// A finding that belongs to another.
#[derive(Debug, Serialize)]
pub struct PartnerRecord<'a> {
    /// Id of its rule.
    pub rule: &'a str,
    /// Its first line.
    pub line: u64,
}

/// The same value in a file of another environment.
#[derive(Debug, Serialize)]
pub struct ReuseRecord<'a> {
    /// The environment, such as `production`.
    pub environment: &'a str,
    /// One of its files that holds the value.
    pub path: &'a str,
}

impl<'a> FindingRecord<'a> {
    /// The record of a finding, with the secret in clear only if `show_secrets`.
    pub fn of(finding: &'a Finding<'_>, show_secrets: bool) -> Self {
        let location = &finding.location;
        Self {
            rule: &finding.rule.id,
            description: &finding.rule.description,
            category: finding.rule.category,
            path: &location.path,
            start_line: location.start.line,
            end_line: location.end.line,
            start_column: location.start.column,
            end_column: location.end.column,
            byte_offset: location.byte_offset,
            severity: finding.severity,
            confidence: finding.confidence,
            proof: finding.proof,
            expires: finding.expires.and_then(title::of_time),
            facts: &finding.facts,
            secret: if show_secrets { finding.secret.reveal().into() } else { finding.secret.mask().into() },
            fingerprint: finding.fingerprint.to_string(),
            state: finding.state,
            suppression: finding.suppression.as_ref().map(SuppressionRecord::of),
            also_at: [],
            revoke: Some(&*finding.rule.revoke).filter(|place| !place.is_empty()),
            paired_with: finding
                .paired_with
                .iter()
                .map(|partner| PartnerRecord { rule: &partner.rule, line: partner.line })
                .collect(),
            reused_in: finding
                .reused_in
                .iter()
                .map(|reuse| ReuseRecord { environment: reuse.environment, path: &reuse.path })
                .collect(),
        }
    }
}

impl<'a> SuppressionRecord<'a> {
    fn of(suppression: &'a Suppression) -> Self {
        let kind = match suppression.kind {
            SuppressionKind::Inline => "inline",
        };
        Self { kind, reason: suppression.reason.as_deref() }
    }
}

/// The coverage of a scan, as every report for programs has it.
#[derive(Debug, Serialize)]
pub struct CoverageRecord<'a> {
    /// Whether all that was asked for was scanned or left out by policy.
    pub complete: bool,
    /// All that the request named.
    pub asked: Tally,
    /// What was read to its end.
    pub scanned: Tally,
    /// What was left out by policy, by reason.
    pub skipped: &'a BTreeMap<Skip, Tally>,
    /// What could not be covered.
    pub problems: &'a [Problem],
}

impl<'a> CoverageRecord<'a> {
    /// The record of a coverage.
    pub fn of(coverage: &'a Coverage) -> Self {
        Self {
            complete: coverage.is_complete(),
            asked: coverage.asked,
            scanned: coverage.scanned,
            skipped: &coverage.skipped,
            problems: &coverage.problems,
        }
    }
}

//! Rules about where a secret stands: each makes its finding one of another rule, too.
//!
//! No search finds them. The bytes around a secret that was found decide, and nothing else, so neither windows nor
//! paths nor the order of a scan show; all of these bytes are nearer than parts of a file overlap. What is told
//! shares the value, the place and the fate of the secret's own finding: without that there is none of these.

use super::transport;
use super::{Finding, Suppression};
use crate::engine::{Candidate, built_in_prefix};
use crate::rule::{Category, Circumstance, Detection, RuleSpec, Severity};
use crate::span::Span;

/// How far back the name of a value is looked for, in bytes.
const MAX_NAME: usize = 512;

/// What a rule about circumstances says of a secret.
#[derive(Clone, Debug)]
pub struct Beside<'r> {
    /// That rule.
    pub rule: &'r RuleSpec,
    /// How bad it is.
    pub severity: Severity,
    /// What was seen, as a fact of the finding.
    pub fact: (&'static str, String),
    /// Who silenced it, or the secret itself.
    pub suppression: Option<Suppression>,
}

/// What those of `rules` that are about circumstances say of a candidate in `bytes`.
///
/// Values that are public by design, or of which nothing is known but that they look random, are nobody's loss.
pub fn circumstances<'r>(
    rules: impl IntoIterator<Item = &'r RuleSpec>,
    bytes: &[u8],
    candidate: &Candidate<'_>,
) -> Vec<Beside<'r>> {
    let Candidate { rule: own, severity: worth, secret, .. } = candidate;
    if *worth == Severity::Info {
        return Vec::new();
    }
    let told = |rule: &'r RuleSpec| {
        let (name, what, severity) = match rule.detection.circumstance()? {
            Circumstance::InsecureTransport => {
                let weakness = transport::weakness(bytes, *secret, own.category)?;
                ("sent", weakness.how, weakness.severity.min(rule.severity))
            }
            Circumstance::ClientSide => {
                let prefix = is_of_server(candidate).then(|| public_prefix(bytes, *secret))??;
                (
                    "exposed",
                    format!("what begins with {prefix} is built into pages"),
                    rule.severity.max(*worth),
                )
            }
        };
        // What is of little use stays so, whoever reads it.
        let severity = if *worth < Severity::Medium { *worth } else { severity };
        Some(Beside { rule, severity, fact: (name, what), suppression: None })
    };
    rules.into_iter().filter_map(told).collect()
}

/// Makes findings of what was said beside others, as sure as these are and with their partners.
pub fn tell_apart<'r>(findings: &mut Vec<Finding<'r>>) {
    let mut apart = Vec::new();
    for finding in findings.iter_mut() {
        for Beside { rule, severity, fact, suppression } in std::mem::take(&mut finding.beside) {
            let credential = Some(finding.rule);
            let facts = vec![fact];
            apart.push(Finding { rule, credential, severity, facts, suppression, ..finding.clone() });
        }
    }
    findings.extend(apart);
}

/// Whether a secret belongs on a server: its rule knows that, or its name says so.
fn is_of_server(candidate: &Candidate<'_>) -> bool {
    /// Rules whose secrets applications hand to their users as often as not; what they may do is restricted
    /// elsewhere.
    const OF_PAGES: &[&str] = &["google-api-key"];
    let Candidate { rule, severity, facts, .. } = candidate;
    let is_of_any_kind = matches!(&rule.detection, Detection::Context { value, .. } if value.is_empty());
    let is_named =
        matches!(rule.category, Category::Password | Category::SigningSecret | Category::EncryptionKey);
    let is_anonymous = facts.iter().any(|(name, value)| *name == "role" && value == "anon");
    *severity >= Severity::Medium
        && (!is_of_any_kind || is_named)
        && !OF_PAGES.contains(&&*rule.id)
        && !is_anonymous
}

/// What the name of the variable begins with whose value a secret is or stands in, if pages are built with it.
fn public_prefix(bytes: &[u8], secret: Span) -> Option<&'static str> {
    let before = &bytes[secret.start.saturating_sub(MAX_NAME)..secret.start];
    let line = memchr::memrchr(b'\n', before).map_or(0, |at| at + 1);
    built_in_prefix(&before[line..])
}

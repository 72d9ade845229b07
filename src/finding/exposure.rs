//! What reaches everyone who uses a program is one step more severe, and says why.
//!
//! Values that are meant to be public are never told as worth more than a note, so they stay what they are.

use super::{Finding, Piece};
use crate::path::{built_in_prefix, is_shipped};
use crate::rule::Severity;

/// Raises a finding that is shipped to users.
pub(super) fn raise(finding: &mut Finding<'_>) {
    if finding.severity >= Severity::Medium
        && let Some(how) = exposure(finding)
    {
        finding.severity = finding.severity.raised();
        finding.facts.push(("exposed", how));
    }
}

fn exposure(finding: &Finding<'_>) -> Option<String> {
    let first = finding.frame.lines.iter().find(|line| line.number == finding.location.start.line);
    let pieces = first.map_or(&[][..], |line| &line.pieces);
    let found = pieces.iter().position(|piece| matches!(piece, Piece::Found(_))).unwrap_or(0);
    let prefix = match pieces[..found].last() {
        Some(Piece::Text(before)) => built_in_prefix(before.as_bytes()),
        _ => None,
    };
    match prefix {
        Some(prefix) => Some(format!("what begins with {prefix} is built into pages")),
        None => is_shipped(&finding.location.path).then(|| "shipped to those who use the program".to_owned()),
    }
}

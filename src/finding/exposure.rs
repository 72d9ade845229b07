//! What reaches everyone who uses a program is one step more severe, and says why.
//!
//! Values that are meant to be public are never told as worth more than a note, so they stay what they are. What
//! a name puts into pages is told by a rule of its own (`circumstance.rs`).

use super::Finding;
use crate::path::is_shipped;
use crate::rule::Severity;

/// Raises a finding that is shipped to users.
pub(super) fn raise(finding: &mut Finding<'_>) {
    if finding.severity >= Severity::Medium && is_shipped(&finding.location.path) {
        finding.severity = finding.severity.raised();
        finding.facts.push(("exposed", "shipped to those who use the program".to_owned()));
    }
}

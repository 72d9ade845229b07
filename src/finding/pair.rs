//! Findings that belong together: a key id and its secret, an account and its token.
//!
//! Decided when all findings are known, so the order in which they were found does not matter.

use super::{Finding, Partner};
use crate::rule::{Confidence, RuleSpec};

/// How far apart partners may begin, in lines.
const MAX_LINES_APART: u64 = 30;

/// Pairs the findings of each file, raises the confidence of those that have a partner by one step,
/// and drops those that mean nothing without one. `findings` are sorted by path and place.
pub fn pair(findings: &mut Vec<Finding<'_>>) {
    for file in findings.chunk_by_mut(|a, b| a.location.path == b.location.path) {
        let partners: Vec<_> = (0..file.len()).map(|index| partners(file, index)).collect();
        for (finding, partners) in file.iter_mut().zip(partners) {
            if !partners.is_empty() {
                finding.confidence = raised(finding.confidence);
            }
            finding.paired_with = partners;
        }
    }
    findings.retain(|finding| !finding.rule.partner_only || !finding.paired_with.is_empty());
}

/// The nearest finding of each rule that pairs with the one at `index`, by place.
fn partners(file: &[Finding<'_>], index: usize) -> Vec<Partner> {
    let finding = &file[index];
    let line = finding.location.start.line;
    let near = |other: &Finding<'_>| other.location.start.line.abs_diff(line) <= MAX_LINES_APART;
    let from = file[..index].iter().rposition(|other| !near(other)).map_or(0, |at| at + 1);
    let to = file[index..].iter().position(|other| !near(other)).map_or(file.len(), |at| index + at);
    let mut partners: Vec<Partner> = Vec::new();
    for other in file[from..to].iter().filter(|other| belong_together(finding.rule, other.rule)) {
        let partner = Partner { rule: other.rule.id.to_string(), line: other.location.start.line };
        match partners.iter_mut().find(|known| known.rule == partner.rule) {
            None => partners.push(partner),
            Some(known) if partner.line.abs_diff(line) < known.line.abs_diff(line) => *known = partner,
            Some(_) => {}
        }
    }
    partners
}

/// Whether either rule names the other.
fn belong_together(one: &RuleSpec, other: &RuleSpec) -> bool {
    let names = |one: &RuleSpec, other: &RuleSpec| {
        one.pairs_with.iter().any(|id| *id == other.id || other.aliases.contains(id))
    };
    names(one, other) || names(other, one)
}

fn raised(confidence: Confidence) -> Confidence {
    match confidence {
        Confidence::Low => Confidence::Medium,
        Confidence::Medium | Confidence::High => Confidence::High,
    }
}

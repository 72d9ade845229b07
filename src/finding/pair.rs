//! Findings that belong together: a key id and its secret, an account and its token.
//!
//! Decided when all findings are known, so the order in which they were found does not matter.

use std::collections::BTreeMap;

use super::{Finding, Partner};
use crate::rule::{Confidence, Requirement, RuleSpec};
use crate::span::Position;

/// How far apart partners may begin, in lines.
const MAX_LINES_APART: u64 = 30;

/// Where a rule found something, and how sure that is by itself.
#[derive(Clone, Copy)]
pub(super) struct Stand<'r> {
    pub rule: &'r RuleSpec,
    pub confidence: Confidence,
    /// The line of the secret.
    pub line: u64,
    /// Where what the rule matched begins.
    pub matched: Position,
}

impl<'r> Stand<'r> {
    fn of(finding: &Finding<'r>) -> Self {
        let Finding { rule, confidence, location, matched, .. } = finding;
        Self { rule, confidence: *confidence, line: location.start.line, matched: matched.start }
    }
}

/// What becomes of it beside the others.
pub(super) struct Fate {
    pub confidence: Confidence,
    pub partners: Vec<Partner>,
}

/// Pairs the findings of each file, raises the confidence of those that have a partner by one step,
/// and drops those that mean nothing without one, or without what their rule requires. `findings` are sorted
/// by path and place.
pub fn pair(findings: &mut Vec<Finding<'_>>) {
    let mut decided = Vec::with_capacity(findings.len());
    for file in findings.chunk_by(|a, b| a.location.path == b.location.path) {
        decided.extend(fates(&file.iter().map(Stand::of).collect::<Vec<_>>()));
    }
    let mut decided = decided.into_iter();
    findings.retain_mut(|finding| match decided.next().flatten() {
        Some(Fate { confidence, partners }) => {
            (finding.confidence, finding.paired_with) = (confidence, partners);
            true
        }
        None => false,
    });
}

/// What becomes of all that was found in a file, in the order of its lines; `None` of what means nothing by itself, or without
/// what its rule requires, and is no partner of others.
pub(super) fn fates(file: &[Stand<'_>]) -> Vec<Option<Fate>> {
    let met = met_requirements(file);
    let left: Vec<_> = file.iter().zip(&met).filter(|(_, met)| **met).map(|(stand, _)| *stand).collect();
    let mut partners = partners(&left).into_iter();
    let fate = |(stand, met): (&Stand<'_>, bool)| {
        let partners = if met { partners.next()? } else { return None };
        let (is_alone, Stand { rule, confidence, .. }) = (partners.is_empty(), *stand);
        let confidence = if is_alone { confidence } else { confidence.raised() };
        (!is_alone || !rule.partner_only).then_some(Fate { confidence, partners })
    };
    file.iter().zip(met).map(fate).collect()
}

/// Whether all that each of these rules requires was found, too, in the same file and near enough, and
/// whether the rule is one to be reported at all. The places are those of what the rules matched, as gitleaks
/// counts them.
fn met_requirements(file: &[Stand<'_>]) -> Vec<bool> {
    if file.iter().all(|stand| stand.rule.freeform().is_none()) {
        return vec![true; file.len()];
    }
    let mut places: BTreeMap<&str, Vec<Position>> = BTreeMap::new();
    for stand in file {
        places.entry(&stand.rule.id).or_default().push(stand.matched);
    }
    places.values_mut().for_each(|places| places.sort_unstable());
    let is_met = |place: Position, requirement: &Requirement| {
        let Some(others) = places.get(&*requirement.rule) else { return false };
        let lines = requirement.lines.unwrap_or(u64::MAX);
        let first = others.partition_point(|other| other.line < place.line.saturating_sub(lines));
        let mut near = others[first..].iter().take_while(|other| other.line.abs_diff(place.line) <= lines);
        near.any(|other| {
            requirement.columns.is_none_or(|columns| other.column.abs_diff(place.column) <= columns)
        })
    };
    let counts = |stand: &Stand<'_>| {
        let is_required = |one| is_met(stand.matched, one);
        stand.rule.freeform().is_none_or(|own| !own.unreported && own.requires.iter().all(is_required))
    };
    file.iter().map(counts).collect()
}

/// The partners of each of these rules and the lines at which they found something, which ascend.
fn partners(file: &[Stand<'_>]) -> Vec<Vec<Partner>> {
    let rules = lines_by_rule(file);
    let kin = kin(&rules);
    let partners_of = |stand: &Stand<'_>| {
        let near =
            |rule: &&str| Some(Partner { line: nearest(&rules[rule].1, stand.line)?, rule: (*rule).into() });
        let mut partners: Vec<_> = kin[&*stand.rule.id].iter().filter_map(near).collect();
        partners.sort_by_key(|partner| partner.line);
        partners
    };
    file.iter().map(partners_of).collect()
}

/// The rules that found something in a file by their ids, each with the lines of its findings. A file
/// may hold thousands on one line, so what pairs is asked of rules, and a line is looked up.
type LinesByRule<'r> = BTreeMap<&'r str, (&'r RuleSpec, Vec<u64>)>;

fn lines_by_rule<'r>(file: &[Stand<'r>]) -> LinesByRule<'r> {
    let mut rules = LinesByRule::new();
    for Stand { rule, line, .. } in file {
        let (_, lines) = rules.entry(&rule.id).or_insert((rule, Vec::new()));
        lines.push(*line);
    }
    rules
}

/// The rules of the file that belong together with each of them.
fn kin<'r>(rules: &LinesByRule<'r>) -> BTreeMap<&'r str, Vec<&'r str>> {
    let kin_of = |rule: &RuleSpec| -> Vec<&'r str> {
        rules.iter().filter(|(_, (other, _))| belong_together(rule, other)).map(|(id, _)| *id).collect()
    };
    rules.iter().map(|(id, (rule, _))| (*id, kin_of(rule))).collect()
}

/// The one of these ascending lines that is nearest to `line`, the earlier one of two, if it is near.
fn nearest(lines: &[u64], line: u64) -> Option<u64> {
    let after = lines.partition_point(|other| *other < line);
    let candidates = lines[after.saturating_sub(1)..].iter().take(2);
    let nearest = *candidates.min_by_key(|other| other.abs_diff(line))?;
    (nearest.abs_diff(line) <= MAX_LINES_APART).then_some(nearest)
}

/// Whether either rule names the other.
pub(super) fn belong_together(one: &RuleSpec, other: &RuleSpec) -> bool {
    let names = |one: &RuleSpec, other: &RuleSpec| {
        one.pairs_with.iter().any(|id| *id == other.id || other.aliases.contains(id))
    };
    names(one, other) || names(other, one)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_line_is_found_on_either_side_and_only_within_reach() {
        let lines = [10, 20, 20, 90];
        assert_eq!(nearest(&lines, 20), Some(20));
        assert_eq!(nearest(&lines, 14), Some(10));
        assert_eq!(nearest(&lines, 15), Some(10));
        assert_eq!(nearest(&lines, 16), Some(20));
        assert_eq!(nearest(&lines, 50), Some(20));
        assert_eq!(nearest(&lines, 120), Some(90));
        assert_eq!(nearest(&lines, 121), None);
        assert_eq!(nearest(&[], 1), None);
    }
}

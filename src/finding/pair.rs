//! Findings that belong together: a key id and its secret, an account and its token.
//!
//! Decided when all findings are known, so the order in which they were found does not matter.

use std::collections::BTreeMap;

use super::{Finding, Partner};
use crate::rule::{Requirement, RuleSpec};
use crate::span::Position;

/// How far apart partners may begin, in lines.
const MAX_LINES_APART: u64 = 30;

/// Pairs the findings of each file, raises the confidence of those that have a partner by one step,
/// and drops those that mean nothing without one, or without what their rule requires. `findings` are sorted
/// by path and place.
pub fn pair(findings: &mut Vec<Finding<'_>>) {
    let mut met = Vec::with_capacity(findings.len());
    for file in findings.chunk_by(|a, b| a.location.path == b.location.path) {
        let places: Vec<_> = file.iter().map(|finding| (finding.rule, finding.matched.start)).collect();
        met.extend(met_requirements(&places));
    }
    let mut met = met.into_iter();
    findings.retain(|_| met.next().unwrap_or(true));
    for file in findings.chunk_by_mut(|a, b| a.location.path == b.location.path) {
        let places: Vec<_> = file.iter().map(|finding| (finding.rule, finding.location.start.line)).collect();
        for (finding, partners) in file.iter_mut().zip(partners(&places)) {
            if !partners.is_empty() {
                finding.confidence = finding.confidence.raised();
            }
            finding.paired_with = partners;
        }
    }
    findings.retain(|finding| !finding.rule.partner_only || !finding.paired_with.is_empty());
}

/// Whether all that each of these rules requires was found, too, in the same file and near enough, and
/// whether the rule is one to be reported at all. The places are those of what the rules matched, as gitleaks
/// counts them.
pub(super) fn met_requirements(file: &[(&RuleSpec, Position)]) -> Vec<bool> {
    if file.iter().all(|(rule, _)| rule.freeform().is_none()) {
        return vec![true; file.len()];
    }
    let mut places: BTreeMap<&str, Vec<Position>> = BTreeMap::new();
    for (rule, place) in file {
        places.entry(&rule.id).or_default().push(*place);
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
    let counts = |(rule, place): &(&RuleSpec, Position)| {
        rule.freeform()
            .is_none_or(|own| !own.unreported && own.requires.iter().all(|one| is_met(*place, one)))
    };
    file.iter().map(counts).collect()
}

/// The partners of each of these rules and the lines at which they found something, which ascend.
pub(super) fn partners(file: &[(&RuleSpec, u64)]) -> Vec<Vec<Partner>> {
    let rules = lines_by_rule(file);
    let kin = kin(&rules);
    let partners_of = |(rule, line): &(&RuleSpec, u64)| {
        let near =
            |rule: &&str| Some(Partner { line: nearest(&rules[rule].1, *line)?, rule: (*rule).into() });
        let mut partners: Vec<_> = kin[&*rule.id].iter().filter_map(near).collect();
        partners.sort_by_key(|partner| partner.line);
        partners
    };
    file.iter().map(partners_of).collect()
}

/// The rules that found something in a file by their ids, each with the lines of its findings. A file
/// may hold thousands on one line, so what pairs is asked of rules, and a line is looked up.
type LinesByRule<'r> = BTreeMap<&'r str, (&'r RuleSpec, Vec<u64>)>;

fn lines_by_rule<'r>(file: &[(&'r RuleSpec, u64)]) -> LinesByRule<'r> {
    let mut rules = LinesByRule::new();
    for (rule, line) in file {
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

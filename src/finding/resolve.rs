//! One finding for one secret: several rules may match the same bytes, and one of them speaks.
//!
//! A pure function of the candidates: neither their order nor the windows they came from matter.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use crate::engine::{Candidate, Proof};
use crate::rule::{Confidence, Detection, RuleSpec};
use crate::span::Span;

/// Keeps of all candidates whose secrets overlap the best one, and gives them by place.
///
/// A proven token beats an unproven one, a token rule a context rule, a rule that knows its value's
/// shape one that takes any, a longer literal or keyword a shorter one, and a longer secret one within
/// it. What is still equal is decided by the place and the rule's id.
pub fn resolve(mut candidates: Vec<Candidate<'_>>) -> Vec<Candidate<'_>> {
    let contenders: Vec<_> = candidates.iter().map(Contender::of).collect();
    let winners = winners(&contenders);
    let mut index = 0..;
    candidates.retain(|_| winners[index.next().expect("the range has no end")].is_none());
    candidates.sort_by_key(|candidate| (candidate.secret, candidate.rule.id.clone()));
    candidates
}

/// What of a candidate decides whether it speaks for its bytes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Contender<'r> {
    pub rule: &'r RuleSpec,
    pub matched: Span,
    pub secret: Span,
    pub proof: Proof,
    pub confidence: Confidence,
}

impl<'r> Contender<'r> {
    pub fn of(candidate: &Candidate<'r>) -> Self {
        let Candidate { rule, matched, secret, proof, confidence, .. } = *candidate;
        Self { rule, matched, secret, proof, confidence }
    }
}

/// For each candidate the index of the one that beats it; `None` for those that are kept.
pub(super) fn winners(candidates: &[Contender<'_>]) -> Vec<Option<usize>> {
    let mut order: Vec<usize> = (0..candidates.len()).collect();
    order.sort_by_cached_key(|index| rank(&candidates[*index]));
    let mut winners = vec![None; candidates.len()];
    // What is kept never overlaps, so the last one that starts before a span's end is the only one to ask.
    let mut kept: BTreeMap<usize, (Span, usize)> = BTreeMap::new();
    for index in order {
        let span = candidates[index].secret;
        let reach = span.end.max(span.start + 1);
        match kept.range(..reach).next_back() {
            Some((_, (other, winner))) if other.overlaps(span) || *other == span => {
                winners[index] = Some(*winner);
            }
            _ => {
                kept.insert(span.start, (span, index));
            }
        }
    }
    winners
}

/// Orders candidates, the best one first.
fn rank(candidate: &Contender<'_>) -> impl Ord + use<> {
    let rule = candidate.rule;
    let longest_of = |words: &mut dyn Iterator<Item = usize>| words.max().unwrap_or(0);
    let (by_context, takes_any, longest) = match &rule.detection {
        Detection::Token { anchors, .. } => {
            (false, false, longest_of(&mut anchors.iter().map(|anchor| anchor.literal.len())))
        }
        Detection::Context { keywords, value, .. } => {
            (true, value.is_empty(), longest_of(&mut keywords.iter().map(|word| word.len())))
        }
    };
    let doubt = match candidate.proof {
        Proof::Proven | Proof::Expired | Proof::Encrypted => 0,
        Proof::Unknown => 1,
        Proof::Malformed => 2,
    };
    let length = candidate.secret.len();
    let sure: Reverse<Confidence> = Reverse(candidate.confidence);
    let place = (candidate.secret.start, candidate.matched);
    // What a token looks like itself says more than what stands before a value of any look, such as `Bearer`.
    let framed = !by_context && candidate.secret != candidate.matched && rule.confidence < Confidence::High;
    let detail = (framed, Reverse(longest), Reverse(length), sure);
    ((doubt, by_context, takes_any), detail, place, rule.id.to_string())
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use super::*;
    use crate::rule::{Anchor, Form, Gate, RuleSet};

    fn rules() -> Vec<RuleSpec> {
        let base = RuleSet::builtin().iter().next().expect("there are rules").clone();
        let list = |word: &'static str| Cow::Owned(vec![Cow::Borrowed(word)]);
        let anchor = |literal: &'static str| Anchor {
            literal: Cow::Borrowed(literal),
            before: 0,
            longest: 64,
            gate: Gate::Rare,
        };
        let token = |id: &'static str, literal| RuleSpec {
            id: id.into(),
            detection: Detection::Token { anchors: Cow::Owned(vec![anchor(literal)]), pattern: "x".into() },
            ..base.clone()
        };
        let context = |id: &'static str, word, value: &'static str| RuleSpec {
            id: id.into(),
            detection: Detection::Context { keywords: list(word), value: value.into(), form: Form::ANY },
            ..base.clone()
        };
        vec![
            token("short", "ab_"),
            token("long", "ab_live_"),
            context("generic", "password", ""),
            context("shaped", "acme", "[0-9]+"),
        ]
    }

    fn candidate<'r>(rule: &'r RuleSpec, start: usize, end: usize, proof: Proof) -> Candidate<'r> {
        let span = Span::new(start, end);
        Candidate {
            rule,
            matched: span,
            secret: span,
            depends_on: span,
            proof,
            severity: rule.severity,
            confidence: rule.confidence,
            expires: None,
            facts: Vec::new(),
        }
    }

    fn ids(candidates: Vec<Candidate<'_>>) -> Vec<String> {
        resolve(candidates).iter().map(|kept| kept.rule.id.to_string()).collect()
    }

    #[test]
    fn the_more_specific_rule_speaks_whatever_the_order() {
        let rules = rules();
        let [short, long, generic, shaped] = &rules[..] else { panic!("four rules") };
        let all = |proof| {
            vec![
                candidate(generic, 0, 40, Proof::Unknown),
                candidate(short, 5, 30, proof),
                candidate(long, 5, 30, Proof::Unknown),
                candidate(shaped, 5, 12, Proof::Unknown),
            ]
        };
        for rotation in 0..4 {
            let mut candidates = all(Proof::Unknown);
            candidates.rotate_left(rotation);
            assert_eq!(ids(candidates), ["long"]);
            let mut candidates = all(Proof::Proven);
            candidates.rotate_left(rotation);
            assert_eq!(ids(candidates), ["short"]);
        }
        let contexts =
            vec![candidate(generic, 0, 40, Proof::Unknown), candidate(shaped, 0, 40, Proof::Unknown)];
        assert_eq!(ids(contexts), ["shaped"]);
    }

    #[test]
    fn secrets_that_only_touch_are_both_kept_in_the_order_of_their_places() {
        let rules = rules();
        let touching = vec![
            candidate(&rules[0], 10, 20, Proof::Unknown),
            candidate(&rules[1], 20, 30, Proof::Unknown),
            candidate(&rules[2], 0, 10, Proof::Unknown),
        ];
        assert_eq!(ids(touching), ["generic", "short", "long"]);
    }

    #[test]
    fn a_long_span_that_holds_two_better_ones_gives_way() {
        let rules = rules();
        let nested = vec![
            candidate(&rules[2], 0, 50, Proof::Unknown),
            candidate(&rules[0], 2, 10, Proof::Unknown),
            candidate(&rules[1], 20, 30, Proof::Unknown),
            candidate(&rules[1], 20, 30, Proof::Unknown),
        ];
        assert_eq!(ids(nested), ["short", "long"]);
    }
}

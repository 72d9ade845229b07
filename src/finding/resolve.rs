//! One finding for one secret: several rules may match the same bytes, and one of them speaks.
//!
//! A pure function of the candidates: neither their order nor the windows they came from matter.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::pair::belong_together;
use crate::engine::{Candidate, Proof};
use crate::rule::{Category, Confidence, Detection, RuleSpec};
use crate::span::Span;

/// Keeps of all candidates whose secrets overlap the best one, which is the one of the least [`Rank`], and gives
/// them by place. Whoever speaks for the bytes is as sure as the surest that it beats on the same secret.
pub fn resolve(mut candidates: Vec<Candidate<'_>>) -> Vec<Candidate<'_>> {
    let winners = winners_of(&mut candidates);
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

/// The same as [`winners`], of whole candidates.
pub(super) fn winners_of(candidates: &mut [Candidate<'_>]) -> Vec<Option<usize>> {
    let mut contenders: Vec<_> = candidates.iter().map(Contender::of).collect();
    let winners = winners(&mut contenders);
    for (candidate, contender) in candidates.iter_mut().zip(&contenders) {
        candidate.confidence = contender.confidence;
    }
    winners
}

/// For each candidate the index of the one that beats it; `None` for those that are kept, which become as
/// sure as those that they beat.
pub(super) fn winners<'r>(candidates: &mut [Contender<'r>]) -> Vec<Option<usize>> {
    let rules: BTreeMap<&str, &'r RuleSpec> =
        candidates.iter().map(|candidate| (&*candidate.rule.id, candidate.rule)).collect();
    let mut order: Vec<usize> = (0..candidates.len()).collect();
    order.sort_by_cached_key(|index| {
        let candidate = &candidates[*index];
        Rank::of(candidate, is_alone(candidate.rule, &rules))
    });
    let mut winners = vec![None; candidates.len()];
    // What is kept never overlaps, so the last one that starts before a span's end is the only one to ask.
    let mut kept: BTreeMap<usize, (Span, usize)> = BTreeMap::new();
    for index in order {
        let span = candidates[index].secret;
        let reach = span.end.max(span.start + 1);
        match kept.range(..reach).next_back() {
            Some((_, (other, winner))) if other.overlaps(span) || *other == span => {
                winners[index] = Some(*winner);
                if *other == span && candidates[*winner].proof != Proof::Malformed {
                    let surest = candidates[*winner].confidence.max(candidates[index].confidence);
                    candidates[*winner].confidence = surest;
                }
            }
            _ => {
                kept.insert(span.start, (span, index));
            }
        }
    }
    winners
}

/// Whether a rule may report nothing by itself: only beside a partner, with none among the others, or only
/// where more is found.
fn is_alone(rule: &RuleSpec, others: &BTreeMap<&str, &RuleSpec>) -> bool {
    if let Some(freeform) = rule.freeform() {
        return freeform.unreported || !freeform.requires.is_empty();
    }
    rule.partner_only && !others.values().any(|other| belong_together(rule, other))
}

/// The longest literal, in bytes, that tokens of many kinds begin with, if its rule is not sure of it: `live_`.
const LONGEST_COMMON: usize = 5;

/// What makes one candidate better than another: the first that differs decides, and less is better.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Rank<'r> {
    /// Whether the token proves itself, says nothing, or is malformed.
    doubt: u8,
    knowledge: Knowledge,
    /// Whether the literal stands before the secret, as `Bearer` does: a token that shows its own form says more.
    is_framed: bool,
    /// Of its literals or keywords.
    longest: Reverse<usize>,
    /// A candidate that may vanish gives way to others that know as much; see [`Knowledge::Alone`].
    is_alone: bool,
    /// Of the secret.
    length: Reverse<usize>,
    confidence: Reverse<Confidence>,
    /// What is still equal is decided by the place and the rule's id.
    place: (usize, Span),
    id: &'r str,
}

impl<'r> Rank<'r> {
    fn of(candidate: &Contender<'r>, is_alone: bool) -> Self {
        let Contender { rule, matched, secret, proof, confidence } = *candidate;
        let longest_of = |words: &mut dyn Iterator<Item = usize>| words.max().unwrap_or(0);
        let (knowledge, longest) = match &rule.detection {
            Detection::Token { anchors, .. } => {
                let longest = longest_of(&mut anchors.iter().map(|anchor| anchor.literal.len()));
                // What much else begins with says less than a provider's word beside it.
                let is_common = rule.confidence == Confidence::Low && longest <= LONGEST_COMMON;
                (if is_common { Knowledge::WordAndShape } else { Knowledge::Literal }, longest)
            }
            Detection::Regex(_) | Detection::Beside(_) => (Knowledge::Expression, 0),
            Detection::Context { keywords, value, .. } => {
                (Knowledge::of_value(value), longest_of(&mut keywords.iter().map(|word| word.len())))
            }
        };
        let knowledge = match knowledge {
            Knowledge::WordAndShape if is_alone => Knowledge::Alone,
            Knowledge::Word if matches!(rule.category, Category::Password | Category::SigningSecret) => {
                Knowledge::Secret
            }
            knowledge => knowledge,
        };
        let doubt = match proof {
            Proof::Proven | Proof::Expired | Proof::Encrypted => 0,
            Proof::Unknown => 1,
            Proof::Malformed => 2,
        };
        let is_framed =
            knowledge == Knowledge::Literal && secret != matched && rule.confidence < Confidence::High;
        Self {
            doubt,
            knowledge,
            is_framed,
            longest: Reverse(longest),
            is_alone,
            length: Reverse(secret.len()),
            confidence: Reverse(confidence),
            place: (secret.start, matched),
            id: &rule.id,
        }
    }
}

/// What a rule knows of its secrets, the most first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Knowledge {
    /// A word beside them, and the literal that they begin with.
    WordAndLiteral,
    /// A literal in them.
    Literal,
    /// An expression that somebody wrote for this project.
    Expression,
    /// A word beside them, and their shape.
    WordAndShape,
    /// A word by which a value of any shape calls itself a secret, and so no id.
    Secret,
    /// A word and a shape, but nothing is there beside which alone it is reported: against others that know as much
    /// it would vanish. That a value is an id it says all the same to rules that know less.
    Alone,
    /// A word that promises a secret of any shape.
    Word,
}

impl Knowledge {
    /// What a context rule knows whose values are such.
    fn of_value(pattern: &str) -> Self {
        /// The fewest bytes that make a literal; fewer begin many values by chance.
        const SHORTEST: usize = 3;
        let is_literal = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-');
        let plain = pattern.bytes().take_while(|&b| is_literal(b)).count();
        // What may be missing or come again is no part of it.
        let repeated = matches!(pattern.as_bytes().get(plain), Some(b'?' | b'*' | b'+' | b'{' | b'|'));
        match plain - usize::from(repeated && plain > 0) {
            _ if pattern.is_empty() => Self::Word,
            SHORTEST.. => Self::WordAndLiteral,
            _ => Self::WordAndShape,
        }
    }
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
            run: 0,
            needs: None,
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
            decoding: None,
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
    fn a_rule_that_needs_a_partner_gives_way_where_there_is_none() {
        let mut rules = rules();
        let other = RuleSpec { id: "other".into(), ..rules[3].clone() };
        rules[3].partner_only = true;
        rules[3].pairs_with = Cow::Owned(vec!["short".into()]);
        let [partner, _, generic, public] = &rules[..] else { panic!("four rules") };
        let beside =
            |rule| vec![candidate(rule, 0, 30, Proof::Unknown), candidate(public, 0, 30, Proof::Unknown)];
        assert_eq!(ids(beside(&other)), ["other"]);
        let promising = |category| RuleSpec { category, ..generic.clone() };
        let (token, secret) = (promising(Category::AccessToken), promising(Category::SigningSecret));
        assert_eq!(ids(beside(&token)), ["shaped"], "it knows that the value is no secret");
        assert_eq!(ids(beside(&secret)), ["generic"], "what is called a secret is no id");
        let mut with_partner = vec![candidate(public, 0, 31, Proof::Unknown)];
        with_partner.push(candidate(&other, 0, 30, Proof::Unknown));
        with_partner.push(candidate(partner, 40, 60, Proof::Unknown));
        assert_eq!(ids(with_partner), ["shaped", "short"]);
    }

    #[test]
    fn a_word_and_a_literal_say_more_than_a_literal() {
        assert_eq!(Knowledge::of_value("pk_(?:prod|test)_[0-9A-Z]{28}"), Knowledge::WordAndLiteral);
        for shape in ["[0-9a-f]{40}", "ab[0-9]{9}", "abc?[0-9]{9}", "abc|[0-9]+"] {
            assert_eq!(Knowledge::of_value(shape), Knowledge::WordAndShape, "{shape}");
        }
        assert_eq!(Knowledge::of_value(""), Knowledge::Word);
    }

    #[test]
    fn who_speaks_is_as_sure_as_those_it_beats() {
        let rules = rules();
        let mut doubtful = candidate(&rules[0], 5, 30, Proof::Unknown);
        doubtful.confidence = Confidence::Low;
        let sure =
            Candidate { confidence: Confidence::Medium, ..candidate(&rules[2], 5, 30, Proof::Unknown) };
        let kept = resolve(vec![doubtful, sure]);
        assert_eq!((&*kept[0].rule.id, kept[0].confidence), ("short", Confidence::Medium));
        assert_eq!(kept.len(), 1);
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

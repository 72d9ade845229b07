//! What of a sighting may be kept in a file that nobody guards: all but what was seen.
//!
//! Neither the value nor any hash of it is in a [`Trace`]: who has a hash of a weak password can guess it. Equal
//! values have equal numbers, which mean nothing by themselves; what they stand for is read again where one of
//! them stands. Who silences something may say anything in the same comment, so what is silenced has no trace.

use std::collections::HashMap;

use super::Sighting;
use crate::engine::{Proof, Verdict};
use crate::finding::Fingerprint;
use crate::finding::resolve::Contender;
use crate::path::FileKinds;
use crate::rule::{Confidence, RuleSet};
use crate::span::{Position, Span};

const PROOFS: [Proof; 5] =
    [Proof::Proven, Proof::Malformed, Proof::Expired, Proof::Encrypted, Proof::Unknown];
const CONFIDENCES: [Confidence; 3] = [Confidence::Low, Confidence::Medium, Confidence::High];

/// A sighting without what was seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trace {
    /// The number of the value: equal values have the same.
    pub value: u32,
    /// All else, in an order of its own. Rules are numbered as they stand in their set.
    pub numbers: [u64; 16],
}

/// Turns sightings into traces.
pub struct Tracer<'r> {
    rules: HashMap<&'r str, u64>,
    values: HashMap<Fingerprint, u32>,
}

impl<'r> Tracer<'r> {
    /// Begins to number values that these rules find.
    pub fn new(rules: &'r RuleSet) -> Self {
        Self { rules: rules.iter().map(|rule| &*rule.id).zip(0..).collect(), values: HashMap::new() }
    }

    /// The traces of what was seen in an object; `None` if somebody silenced any of it.
    pub fn trace(&mut self, sightings: &[Sighting<'r>]) -> Option<Vec<Trace>> {
        sightings.iter().map(|sighting| self.trace_of(sighting)).collect()
    }

    fn trace_of(&mut self, sighting: &Sighting<'r>) -> Option<Trace> {
        let Sighting { contender, verdict, about, start, end, matched, byte_offset, .. } = sighting;
        let about =
            about.map(|rule| self.rules.get(&*rule.id)).map_or(Some(0), |number| Some(number? + 1))?;
        let verdict = match verdict {
            Verdict::Keep => 0,
            Verdict::KeepIf(kinds) => 1 + u64::from(kinds.bits()),
            Verdict::Drop(_) => return None,
        };
        let numbers = [
            *self.rules.get(&*contender.rule.id)?,
            about,
            CONFIDENCES.iter().position(|confidence| *confidence == contender.confidence)? as u64,
            PROOFS.iter().position(|proof| *proof == contender.proof)? as u64,
            verdict,
            contender.matched.start as u64,
            contender.matched.end as u64,
            contender.secret.start as u64,
            contender.secret.end as u64,
            start.line,
            start.column,
            end.line,
            end.column,
            matched.line,
            matched.column,
            *byte_offset,
        ];
        let next = self.values.len() as u32;
        let value = *self.values.entry(sighting.fingerprint).or_insert(next);
        sighting.suppression.is_none().then_some(Trace { value, numbers })
    }
}

impl Trace {
    /// Where all that the rule matched stands in the decoded bytes; they may be fewer.
    pub fn matched(&self) -> Span {
        let [start, end] = [self.numbers[5], self.numbers[6]];
        let at = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
        Span::new(at(start), at(end))
    }

    /// The sighting of a value with this fingerprint; `None` if there is no such rule, or the numbers make no sense.
    pub fn sighting<'r>(&self, rules: &'r RuleSet, fingerprint: Fingerprint) -> Option<Sighting<'r>> {
        let [rule, about, confidence, proof, verdict, rest @ ..] = self.numbers;
        let [
            from,
            to,
            start,
            end,
            line,
            column,
            end_line,
            end_column,
            matched_line,
            matched_column,
            byte_offset,
        ] = rest;
        let at = |number: u64| usize::try_from(number).ok();
        let rule_at = |number: u64| at(number).filter(|number| *number < rules.len()).map(|at| rules.at(at));
        let span = |start: u64, end: u64| (start <= end).then_some(Span::new(at(start)?, at(end)?));
        let verdict = match verdict.checked_sub(1) {
            None => Verdict::Keep,
            Some(bits) => Verdict::KeepIf(FileKinds::of_bits(u16::try_from(bits).ok()?)),
        };
        let contender = Contender {
            rule: rule_at(rule)?,
            matched: span(from, to)?,
            secret: span(start, end)?,
            proof: *PROOFS.get(at(proof)?)?,
            confidence: *CONFIDENCES.get(at(confidence)?)?,
        };
        Some(Sighting {
            contender,
            verdict,
            about: about.checked_sub(1).map_or(Some(None), |number| rule_at(number).map(Some))?,
            fingerprint,
            start: Position { line, column },
            end: Position { line: end_line, column: end_column },
            matched: Position { line: matched_line, column: matched_column },
            byte_offset,
            suppression: None,
        })
    }
}

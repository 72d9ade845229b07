//! What was seen in bytes that have no path yet.
//!
//! In history the same bytes stand at many paths, or at ones that are known only later. So what the
//! engine found in them is placed and kept without a path, and judged for each path when it is known:
//! by the same steps in the same order as for a file ([`Inspector::findings`]).

mod trace;

pub use trace::{Trace, Tracer};

use super::document;
use super::frame::Framer;
use super::inspect::masked;
use super::pair::{Stand, fates};
use super::resolve::{Contender, winners};
use super::text::Text;
use super::{Beside, Fingerprint, Inspector, Suppression};
use crate::blob::Blob;
use crate::engine::{Candidate, Verdict};
use crate::path::FileKind;
use crate::rule::{Confidence, RuleSpec};
use crate::span::{Position, Span};

/// A candidate that is a finding under some paths, with its place in the bytes.
#[derive(Clone, Debug)]
pub struct Sighting<'r> {
    contender: Contender<'r>,
    verdict: Verdict,
    /// The rule about circumstances that says this of the sighting before; that one's fate is its own.
    about: Option<&'r RuleSpec>,
    /// Identity of the value alone.
    pub fingerprint: Fingerprint,
    /// Of the first character.
    pub start: Position,
    /// Just past the last character.
    pub end: Position,
    /// Of the first character of all that the rule matched.
    matched: Position,
    /// Offset of the first byte in the bytes as stored.
    pub byte_offset: u64,
    /// Who silenced it, if anyone did.
    pub suppression: Option<Box<Suppression>>,
}

impl<'r> Sighting<'r> {
    /// The rule that found it.
    pub fn rule(&self) -> &'r RuleSpec {
        self.about.unwrap_or(self.contender.rule)
    }

    /// What it is: the value, and the circumstances that it is about.
    pub fn identity(&self) -> (Option<&'r str>, Fingerprint) {
        (self.about.map(|rule| &*rule.id), self.fingerprint)
    }

    /// What decides whether it counts, after `contender` met the others.
    fn stand(&self, contender: Contender<'r>) -> Stand<'r> {
        let Contender { rule, confidence, .. } = contender;
        Stand { rule, confidence, line: self.start.line, matched: self.matched }
    }

    /// Where the secret stands in the decoded bytes.
    pub fn span(&self) -> Span {
        self.contender.secret
    }
}

impl<'r> Inspector<'r> {
    /// Those of a blob's candidates that could be findings at some path, in the order of places; nothing
    /// when none of them could be as sure as `threshold`.
    pub fn sightings(
        &self,
        blob: &Blob<'_>,
        candidates: &[(Candidate<'r>, Verdict)],
        threshold: Confidence,
    ) -> Vec<Sighting<'r>> {
        let best = candidates.iter().map(|(candidate, _)| candidate.confidence.raised()).max();
        if best.is_none_or(|best| best < threshold) {
            return Vec::new();
        }
        let sightings = self.sight(&Text::decode(blob), candidates.to_vec());
        let found = sightings.iter().filter(|sighting| sighting.about.is_none());
        let stands: Vec<_> = found.map(|sighting| sighting.stand(sighting.contender)).collect();
        if counted(&stands, threshold).is_empty() { Vec::new() } else { sightings }
    }

    /// The same of a text that has no path, such as a name: rules that ask for one find nothing in it.
    pub fn sightings_without_path(
        &self,
        blob: &Blob<'_>,
        candidates: &[(Candidate<'r>, Verdict)],
        threshold: Confidence,
    ) -> Vec<Sighting<'r>> {
        let holds = |(candidate, _): &&(Candidate<'r>, Verdict)| self.holds_for(candidate.rule, "");
        let candidates: Vec<_> = candidates.iter().filter(holds).cloned().collect();
        self.sightings(blob, &candidates, threshold)
    }

    /// Gives candidates their places and identities.
    fn sight(&self, text: &Text<'_>, mut candidates: Vec<(Candidate<'r>, Verdict)>) -> Vec<Sighting<'r>> {
        document::judge(text, &mut candidates);
        candidates.sort_by(|(a, _), (b, _)| {
            (a.secret, a.matched).cmp(&(b.secret, b.matched)).then_with(|| a.rule.id.cmp(&b.rule.id))
        });
        let masks = candidates.iter().map(|(candidate, _)| masked(candidate)).collect();
        let allows = self.allows(&Framer::new(text, masks), "", &mut Vec::new());
        let mut places = text.places();
        let mut sightings = Vec::new();
        for (candidate, verdict) in &candidates {
            let Some(placed) = self.placed(text, &mut places, allows.as_ref(), candidate) else { continue };
            let sighting = Sighting {
                contender: Contender::of(candidate),
                verdict: *verdict,
                about: None,
                fingerprint: placed.fingerprint,
                start: placed.start,
                end: placed.end,
                matched: placed.matched,
                byte_offset: placed.byte_offset,
                suppression: placed.suppression.map(Box::new),
            };
            let about = |beside: Beside<'r>| Sighting {
                about: Some(beside.rule),
                suppression: beside.suppression.map(Box::new),
                ..sighting.clone()
            };
            let about: Vec<_> = placed.beside.into_iter().map(about).collect();
            sightings.push(sighting);
            sightings.extend(about);
        }
        sightings
    }

    /// Which of the sightings of one blob are findings at `path`, at least as sure as `threshold`.
    pub fn found_at(
        &self,
        sightings: &[Sighting<'r>],
        path: &str,
        kind: FileKind,
        threshold: Confidence,
    ) -> Vec<usize> {
        let holds = |sighting: &Sighting<'r>| {
            let of_kind = match sighting.verdict {
                Verdict::Keep => true,
                Verdict::KeepIf(kinds) => kinds.contains(kind),
                Verdict::Drop(_) => false,
            };
            sighting.about.is_none() && of_kind && self.holds_for(sighting.contender.rule, path)
        };
        let held: Vec<usize> = (0..sightings.len()).filter(|at| holds(&sightings[*at])).collect();
        let mut contenders: Vec<_> = held.iter().map(|at| sightings[*at].contender).collect();
        let winners = winners(&mut contenders);
        let kept: Vec<usize> = (0..held.len()).filter(|at| winners[*at].is_none()).collect();
        let stands: Vec<_> = kept.iter().map(|at| sightings[held[*at]].stand(contenders[*at])).collect();
        let counted = counted(&stands, threshold).into_iter().map(|at| held[kept[at]]);
        // What is said of one stands behind it.
        let about = |at: usize| {
            (at + 1..).take_while(|next| sightings.get(*next).is_some_and(|it| it.about.is_some()))
        };
        counted.flat_map(|at| std::iter::once(at).chain(about(at))).collect()
    }
}

/// Which of these are sure enough beside their partners.
fn counted(stands: &[Stand<'_>], threshold: Confidence) -> Vec<usize> {
    let fates = fates(stands).into_iter().enumerate();
    fates.filter_map(|(at, fate)| fate.filter(|fate| fate.confidence >= threshold).map(|_| at)).collect()
}

//! Names the places worth looking at, in one pass over the bytes for each of two gates.
//!
//! Runs of token bytes (`run.rs`) carry nearly all tokens and long values: a look-up of three bytes
//! tells whether a known literal begins there. What is in no such run has a gate of its own: a vector
//! search for few fragments, the stems of names that give passwords away among them. Adding a rule
//! whose token is a run costs nothing here; nor does one that is found by the words around a value.

use super::byte::{self, TripleSet};
use super::fragment::Fragments;
use super::run::Runs;
use crate::rule::{Anchor, Gate};
use crate::span::Span;

/// A literal of a token rule, as the scanner numbers them.
pub type AnchorId = u16;

/// So many bytes of a rare literal are searched for.
const LONGEST_FRAGMENT: usize = 8;

/// What many rare literals share: it is searched for once for all of them.
const SHARED: &[&str] = &["://", "-----BEGIN ", "pbkdf2"];

/// A place worth looking at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hit {
    /// The anchor's literal stands at this offset.
    Anchor(AnchorId, usize),
    /// A name that may give a secret away holds this offset.
    Name(usize),
}

/// The literals of all rules, made ready to be searched for.
pub struct Prefilter {
    at_start: LiteralTable,
    rare: Fragments,
    fragments: Vec<Fragment>,
}

/// What the search for rare literals looks for.
struct Fragment {
    /// In small letters.
    text: Vec<u8>,
    /// It is the stem of a name.
    is_stem: bool,
    /// The rare literals that hold it, and where in them it stands.
    literals: Vec<(AnchorId, usize, Box<[u8]>)>,
}

impl Prefilter {
    /// Sorts the anchors, numbered in their order, to their gates; `stems` are the beginnings of names,
    /// in lower case.
    pub fn new<'a>(anchors: impl Iterator<Item = &'a Anchor>, stems: &[&str]) -> Self {
        let fragment = |text: &[u8], is_stem| Fragment {
            text: text.to_ascii_lowercase(),
            is_stem,
            literals: Vec::new(),
        };
        let mut fragments: Vec<Fragment> =
            SHARED.iter().map(|text| fragment(text.as_bytes(), false)).collect();
        fragments.extend(stems.iter().map(|stem| fragment(stem.as_bytes(), true)));
        let mut at_start = LiteralTable::default();
        for (id, anchor) in anchors.enumerate() {
            let id = AnchorId::try_from(id).expect("there are fewer literals than 65,536");
            let literal = anchor.literal.as_bytes();
            match anchor.gate {
                Gate::Start(from, to) => at_start.add(id, literal, from.into(), to.into()),
                Gate::Rare => {
                    let lower = literal.to_ascii_lowercase();
                    let holds = |fragment: &Fragment| memchr::memmem::find(&lower, &fragment.text);
                    let found = fragments
                        .iter()
                        .enumerate()
                        .find_map(|(index, fragment)| Some((index, holds(fragment)?)));
                    let (index, offset) = found.unwrap_or_else(|| {
                        fragments.push(fragment(&literal[..literal.len().min(LONGEST_FRAGMENT)], false));
                        (fragments.len() - 1, 0)
                    });
                    fragments[index].literals.push((id, offset, literal.into()));
                }
            }
        }
        fragments.retain(|fragment| fragment.is_stem || !fragment.literals.is_empty());
        let rare = Fragments::new(fragments.iter().map(|fragment| fragment.text.as_slice()));
        Self { at_start, rare, fragments }
    }

    /// Hands over the places inside of runs that hold a literal.
    pub fn in_runs(&self, bytes: &[u8], runs: &Runs, mut hit: impl FnMut(AnchorId, usize)) {
        for &at in &runs.starts {
            self.at_start.look_up(bytes, at, &mut hit);
        }
        for run in &runs.runs {
            // A run that follows a backslash or a percent sign begins with the rest of an escape.
            if run.start > 0 && matches!(bytes[run.start - 1], b'\\' | b'%') {
                for at in run.start + 1..(run.start + byte::START_REACH).min(run.end - 2) {
                    if byte::starts_token(bytes, at) && byte::is_word(bytes[at - 1]) {
                        self.at_start.look_up(bytes, at, &mut hit);
                    }
                }
            }
        }
    }

    /// Hands over the places inside `within` that hold a rare literal or the stem of a name.
    pub fn rare(&self, bytes: &[u8], within: Span, mut hit: impl FnMut(Hit)) {
        self.rare.find(bytes, within, |fragment, at| {
            let Fragment { is_stem, literals, .. } = &self.fragments[fragment];
            if *is_stem {
                hit(Hit::Name(at));
            }
            for (id, offset, literal) in literals {
                if stands_at(bytes, at, *offset, literal) {
                    hit(Hit::Anchor(*id, at - offset));
                }
            }
        });
    }
}

/// Whether `literal` stands so that its byte at `offset` is at `at`.
#[inline]
fn stands_at(bytes: &[u8], at: usize, offset: usize, literal: &[u8]) -> bool {
    let there = at.checked_sub(offset).and_then(|start| bytes.get(start..start + literal.len()));
    // Most differ in the first byte, which is told without a call.
    there.is_some_and(|there| there[0] == literal[0] && there == literal)
}

/// Literals by three bytes of theirs.
#[derive(Default)]
struct LiteralTable {
    begins: TripleSet,
    /// The literals, sorted by place, with the offset of the three bytes.
    literals: Vec<(u16, AnchorId, u8, Box<[u8]>)>,
}

impl LiteralTable {
    /// Adds a literal by its bytes `from..to`; of two bytes alone, with every third that may follow.
    fn add(&mut self, id: AnchorId, literal: &[u8], from: usize, to: usize) {
        let any: Vec<u8> = (0..=u8::MAX).filter(|&byte| byte::is_token(byte)).collect();
        let thirds = if to - from > 2 { &literal[from + 2..from + 3] } else { &any };
        let triples = thirds.iter().map(|&third| [literal[from], literal[from + 1], third]);
        let mut places: Vec<u16> = triples.clone().map(TripleSet::place).collect();
        places.sort_unstable();
        places.dedup();
        triples.for_each(|triple| self.begins.insert(triple));
        for place in places {
            let index = self.literals.partition_point(|entry| entry.0 <= place);
            self.literals.insert(index, (place, id, from as u8, literal.into()));
        }
    }

    /// Hands over the literals whose three bytes stand at `at`.
    #[inline(always)]
    fn look_up(&self, bytes: &[u8], at: usize, hit: &mut impl FnMut(AnchorId, usize)) {
        let triple = [bytes[at], bytes[at + 1], bytes[at + 2]];
        if self.begins.contains(triple) {
            self.compare(bytes, at, TripleSet::place(triple), hit);
        }
    }

    #[cold]
    fn compare(&self, bytes: &[u8], at: usize, place: u16, hit: &mut impl FnMut(AnchorId, usize)) {
        let first = self.literals.partition_point(|entry| entry.0 < place);
        for (_, id, offset, literal) in self.literals[first..].iter().take_while(|entry| entry.0 == place) {
            if stands_at(bytes, at, usize::from(*offset), literal) {
                hit(*id, at - usize::from(*offset));
            }
        }
    }
}

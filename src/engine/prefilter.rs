//! Names the places worth looking at, in one pass over the bytes for each of two gates.
//!
//! Runs of token bytes (`run.rs`) carry nearly all tokens and long values: a look-up of three bytes
//! tells whether a known literal begins there. What is in no such run has a gate of its own: a vector
//! search for few fragments, the stems of names that give passwords away among them. Adding a rule
//! whose token is a run costs nothing here; nor does one that is found by the words around a value.

use super::byte;
use super::fragment::Fragments;
use super::run::Runs;
use super::triple::TripleMap;
use crate::rule::{Anchor, Gate};
use crate::span::Span;

/// A literal of a token rule, as the scanner numbers them.
pub type AnchorId = u16;

/// So many bytes of a rare literal are searched for.
const LONGEST_FRAGMENT: usize = 8;

/// What many rare literals share: it is searched for once for all of them.
const SHARED: &[&str] = &["://", "-----BEGIN ", "pbkdf2", "hmac", "jwt", "mongo"];

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
    /// The literals by their numbers.
    texts: Vec<Box<[u8]>>,
    /// Those that begin or follow the beginning of a token, by three bytes of theirs.
    at_start: TripleMap<InRun>,
    rare: Fragments,
    fragments: Vec<Fragment>,
    /// Rare literals by the three bytes behind their fragment, and those that end with it by the three before.
    behind: TripleMap<Rare>,
    before: TripleMap<Rare>,
}

/// A literal that is found by three bytes in a run.
struct InRun {
    triple: [u8; 3],
    anchor: AnchorId,
    /// Where in it they stand.
    offset: u8,
    /// What follows these bytes in it, as far as it does, and which bits of that count.
    behind: (u32, u32),
}

/// What the search for rare literals looks for.
struct Fragment {
    /// In small letters.
    text: Vec<u8>,
    /// Its bytes, as one bit each: what lacks one of them does not hold it.
    bits: u64,
    /// It is the stem of a name.
    is_stem: bool,
    /// Other literals that hold it are found by the bytes around it.
    is_shared: bool,
    /// The rare literals that hold it and little else.
    literals: Vec<Rare>,
}

/// A literal that is found by a fragment of it.
#[derive(Clone, Copy)]
struct Rare {
    /// The fragment's number.
    fragment: usize,
    anchor: AnchorId,
    /// Where in it the fragment stands.
    offset: usize,
}

impl Prefilter {
    /// Sorts the anchors, numbered in their order, to their gates; `stems` are the beginnings of names,
    /// in lower case.
    pub fn new<'a>(anchors: impl Iterator<Item = &'a Anchor>, stems: &[&str]) -> Self {
        let mut fragments: Vec<Fragment> =
            SHARED.iter().map(|text| Fragment::new(text.as_bytes(), false)).collect();
        fragments.extend(stems.iter().map(|stem| Fragment::new(stem.as_bytes(), true)));
        let (mut texts, mut at_start, mut behind, mut before) =
            (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for (anchor, Anchor { literal, gate, .. }) in anchors.enumerate() {
            let anchor = AnchorId::try_from(anchor).expect("there are fewer literals than 65,536");
            let text = literal.as_bytes();
            texts.push(text.into());
            match *gate {
                Gate::Start(from, to) => {
                    let behind = four_from(text, usize::from(from) + 3);
                    let in_run = |triple| (triple, InRun { triple, anchor, offset: from, behind });
                    at_start.extend(triples(&text[from.into()..to.into()]).into_iter().map(in_run));
                }
                Gate::Rare => {
                    let rare = Rare::of(&mut fragments, anchor, text);
                    let fragment = &mut fragments[rare.fragment];
                    let end = rare.offset + fragment.text.len();
                    if let Some(triple) = text[end..].first_chunk() {
                        behind.push((*triple, rare));
                    } else if let Some(triple) = text[..rare.offset].last_chunk() {
                        before.push((*triple, rare));
                    } else {
                        fragment.literals.push(rare);
                        continue;
                    }
                    fragment.is_shared = true;
                }
            }
        }
        let rare = Fragments::new(fragments.iter().map(|fragment| fragment.text.as_slice()));
        let [behind, before] = [behind, before].map(TripleMap::new);
        Self { texts, at_start: TripleMap::new(at_start), rare, fragments, behind, before }
    }

    /// Hands over the places inside of runs that hold a literal.
    pub fn in_runs(&self, bytes: &[u8], runs: &Runs, mut hit: impl FnMut(AnchorId, usize)) {
        for &at in &runs.starts {
            self.look_up(bytes, at, &mut hit);
        }
        for run in &runs.runs {
            // A run that follows a backslash or a percent sign begins with the rest of an escape.
            if run.start > 0 && matches!(bytes[run.start - 1], b'\\' | b'%') {
                for at in run.start + 1..(run.start + byte::START_REACH).min(run.end - 2) {
                    if byte::starts_token(bytes, at) && byte::is_word(bytes[at - 1]) {
                        self.look_up(bytes, at, &mut hit);
                    }
                }
            }
        }
    }

    /// Hands over the literals whose three bytes stand at `at`.
    #[inline(always)]
    fn look_up(&self, bytes: &[u8], at: usize, hit: &mut impl FnMut(AnchorId, usize)) {
        let triple = [bytes[at], bytes[at + 1], bytes[at + 2]];
        if self.at_start.contains(triple) {
            let four = bytes[at + 3..].first_chunk();
            let four = four.map_or_else(|| four_from(bytes, at + 3).0, |four| u32::from_le_bytes(*four));
            let is_there = |InRun { triple: own, behind: (text, bits), .. }: &&InRun| {
                *own == triple && (four ^ text) & bits == 0
            };
            for in_run in self.at_start.of(triple).filter(is_there) {
                let offset = in_run.offset.into();
                if self.stands_at(bytes, at, in_run.anchor, offset) {
                    hit(in_run.anchor, at - offset);
                }
            }
        }
    }

    /// Hands over the places inside `within` that hold a rare literal or the stem of a name.
    pub fn rare(&self, bytes: &[u8], within: Span, mut hit: impl FnMut(Hit)) {
        self.rare.find(bytes, within, |number, at| {
            let Fragment { text, is_stem, is_shared, literals, .. } = &self.fragments[number];
            if *is_stem {
                hit(Hit::Name(at));
            }
            let mut compare = |rare: &Rare| {
                if rare.fragment == number && self.stands_at(bytes, at, rare.anchor, rare.offset) {
                    hit(Hit::Anchor(rare.anchor, at - rare.offset));
                }
            };
            literals.iter().for_each(&mut compare);
            if *is_shared {
                let (behind, before) = (bytes[at + text.len()..].first_chunk(), bytes[..at].last_chunk());
                for (literals, triple) in [(&self.behind, behind), (&self.before, before)] {
                    if let Some(triple) = triple.filter(|triple| literals.contains(**triple)) {
                        literals.of(*triple).for_each(&mut compare);
                    }
                }
            }
        });
    }

    /// Whether a literal stands so that its byte at `offset` is at `at`.
    #[inline]
    fn stands_at(&self, bytes: &[u8], at: usize, anchor: AnchorId, offset: usize) -> bool {
        let literal = &self.texts[usize::from(anchor)];
        let there = at.checked_sub(offset).and_then(|start| bytes.get(start..start + literal.len()));
        // Most differ in the first byte, which is told without a call.
        there.is_some_and(|there| there[0] == literal[0] && *there == **literal)
    }
}

impl Fragment {
    fn new(text: &[u8], is_stem: bool) -> Self {
        let text = text.to_ascii_lowercase();
        Self { bits: bits(&text), text, is_stem, is_shared: false, literals: Vec::new() }
    }
}

impl Rare {
    /// By which of `fragments` a rare literal is found; one of its own is added if it holds none.
    fn of(fragments: &mut Vec<Fragment>, anchor: AnchorId, literal: &[u8]) -> Self {
        let lower = literal.to_ascii_lowercase();
        let own = bits(&lower);
        let may_hold = |fragment: &Fragment| fragment.bits & !own == 0;
        let holds = |fragment: &Fragment| memchr::memmem::find(&lower, &fragment.text);
        let mut near = fragments.iter().enumerate().filter(|(_, fragment)| may_hold(fragment));
        let found = near.find_map(|(index, fragment)| Some((index, holds(fragment)?)));
        let (fragment, offset) = found.unwrap_or_else(|| {
            fragments.push(Fragment::new(&literal[..literal.len().min(LONGEST_FRAGMENT)], false));
            (fragments.len() - 1, 0)
        });
        Self { fragment, anchor, offset }
    }
}

/// The bytes of a text, as one bit each by their lower six.
fn bits(text: &[u8]) -> u64 {
    text.iter().fold(0, |bits, byte| bits | 1 << (byte % 64))
}

/// Up to four bytes of a literal from `from` on, and which bits of them there are.
fn four_from(literal: &[u8], from: usize) -> (u32, u32) {
    let four = literal.get(from..).unwrap_or_default().iter().take(4).enumerate();
    four.fold((0, 0), |(text, bits), (nth, &byte)| {
        (text | u32::from(byte) << (8 * nth), bits | 0xFF << (8 * nth))
    })
}

/// The three bytes that a part of a literal is looked up by; of two bytes alone, with every third that may follow.
fn triples(part: &[u8]) -> Vec<[u8; 3]> {
    match *part {
        [first, second] => {
            (0..=u8::MAX).filter(|&third| byte::is_token(third)).map(|third| [first, second, third]).collect()
        }
        [first, second, third, ..] => vec![[first, second, third]],
        _ => unreachable!("the gate holds two bytes at least"),
    }
}

//! Names the places worth looking at, in one pass over the bytes for each of two gates.
//!
//! Runs of token bytes (`run.rs`) carry nearly all tokens and long values: a look-up of three bytes
//! tells whether a known literal begins there. What is in no such run has a gate of its own: a vector
//! search for few rare literals, the stems of names that give passwords away among them. Adding a rule
//! whose token is a run costs nothing here; nor does one that is found by the words around a value.

use aho_corasick::{AhoCorasick, packed};

use super::byte;
use crate::rule::Anchor;
use crate::span::Span;

/// A literal of a token rule, as the scanner numbers them.
pub type AnchorId = u16;

/// Runs shorter than this are not searched for literals that stand inside a token.
const SHORTEST_AROUND_INFIX: usize = 32;

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
    infix: LiteralTable,
    rare: Rare,
    rare_hits: Vec<RareHit>,
}

/// The search for rare literals: by vectors where the processor and their number allow it.
enum Rare {
    Packed(packed::Searcher),
    Automaton(AhoCorasick),
}

impl Rare {
    fn new(literals: &[Vec<u8>]) -> Self {
        packed::Searcher::new(literals).map_or_else(
            || Self::Automaton(AhoCorasick::new(literals).expect("the literals are few and short")),
            Self::Packed,
        )
    }

    /// The first literal inside `span`: which, and where it begins.
    fn find(&self, bytes: &[u8], span: Span) -> Option<(usize, usize)> {
        let found = match self {
            Self::Packed(searcher) => {
                searcher.find_in(bytes, aho_corasick::Span { start: span.start, end: span.end })
            }
            Self::Automaton(automaton) => {
                automaton.find(aho_corasick::Input::new(bytes).range(span.start..span.end))
            }
        };
        found.map(|found| (found.pattern().as_usize(), found.start()))
    }
}

#[derive(Clone, Copy)]
enum RareHit {
    Anchor(AnchorId),
    Name,
}

impl Prefilter {
    /// Sorts the anchors, numbered in their order, to their gates; `stems` are the beginnings of names,
    /// in lower case.
    pub fn new<'a>(anchors: impl Iterator<Item = &'a Anchor>, stems: &[&str]) -> Self {
        let mut at_start = LiteralTable::default();
        let mut infix = LiteralTable::default();
        let (mut rare, mut rare_hits) = (Vec::new(), Vec::new());
        for (id, anchor) in anchors.enumerate() {
            let id = AnchorId::try_from(id).expect("there are fewer literals than 65,536");
            match (anchor.in_run, anchor.at_start) {
                (true, true) => at_start.add(id, anchor.literal.as_bytes()),
                (true, false) => infix.add(id, anchor.literal.as_bytes()),
                (false, _) => {
                    rare.push(anchor.literal.as_bytes().to_vec());
                    rare_hits.push(RareHit::Anchor(id));
                }
            }
        }
        for stem in stems {
            for spelling in [stem.to_lowercase(), capitalised(stem), stem.to_uppercase()] {
                rare.push(spelling.into_bytes());
                rare_hits.push(RareHit::Name);
            }
        }
        Self { at_start, infix, rare: Rare::new(&rare), rare_hits }
    }

    /// Hands over the places inside a run that hold a literal.
    pub fn in_run(&self, bytes: &[u8], run: Span, mut hit: impl FnMut(AnchorId, usize)) {
        let mut boundary = true;
        for at in run.start..run.end - 2 {
            // Only the first byte of a run can follow an escape; inside, every byte before is a token's.
            if boundary || (at < run.start + byte::START_REACH && byte::starts_token(bytes, at)) {
                self.at_start.look_up(bytes, at, &mut hit);
            }
            boundary = !byte::is_word(bytes[at]);
        }
        if run.len() >= SHORTEST_AROUND_INFIX && !self.infix.is_empty() {
            for at in run.start..run.end - 2 {
                self.infix.look_up(bytes, at, &mut hit);
            }
        }
    }

    /// Hands over the places inside `within` that hold a rare literal or the stem of a name.
    pub fn rare(&self, bytes: &[u8], within: Span, mut hit: impl FnMut(Hit)) {
        let mut from = within.start;
        while let Some((literal, at)) = self.rare.find(bytes, Span::new(from, within.end)) {
            hit(match self.rare_hits[literal] {
                RareHit::Anchor(id) => Hit::Anchor(id, at),
                RareHit::Name => Hit::Name(at),
            });
            from = at + 1;
        }
    }
}

fn capitalised(stem: &str) -> String {
    let mut letters = stem.chars();
    letters.next().map_or_else(String::new, |first| first.to_ascii_uppercase().to_string() + letters.as_str())
}

/// Literals by their first three bytes.
struct LiteralTable {
    /// One bit for each value that the hash of three bytes can have.
    filter: Box<[u64; LiteralTable::SLOTS / 64]>,
    /// The literals, sorted by hash.
    literals: Vec<(u16, AnchorId, Box<[u8]>)>,
}

impl Default for LiteralTable {
    fn default() -> Self {
        Self { filter: Box::new([0; Self::SLOTS / 64]), literals: Vec::new() }
    }
}

impl LiteralTable {
    const SLOTS: usize = 1 << 15;

    fn is_empty(&self) -> bool {
        self.literals.is_empty()
    }

    fn hash(first: [u8; 3]) -> u16 {
        let value = u32::from_le_bytes([first[0], first[1], first[2], 0]);
        (value.wrapping_mul(0x9E37_79B1) >> (32 - 15)) as u16
    }

    /// Adds a literal; one of fewer than three bytes under every hash that may follow it.
    fn add(&mut self, id: AnchorId, literal: &[u8]) {
        let any: Vec<u8> = (0..=u8::MAX).filter(|&byte| byte::is_token(byte)).collect();
        let choices = |index: usize| literal.get(index).map_or(any.as_slice(), std::slice::from_ref);
        let mut hashes: Vec<u16> = Vec::new();
        for &first in choices(0) {
            for &second in choices(1) {
                hashes.extend(choices(2).iter().map(|&third| Self::hash([first, second, third])));
            }
        }
        hashes.sort_unstable();
        hashes.dedup();
        for hash in hashes {
            self.filter[usize::from(hash) / 64] |= 1 << (hash % 64);
            let place = self.literals.partition_point(|entry| entry.0 <= hash);
            self.literals.insert(place, (hash, id, literal.into()));
        }
    }

    /// Hands over the literals that stand at `at`, of which at least three bytes are there.
    #[inline(always)]
    fn look_up(&self, bytes: &[u8], at: usize, hit: &mut impl FnMut(AnchorId, usize)) {
        let hash = Self::hash([bytes[at], bytes[at + 1], bytes[at + 2]]);
        if self.filter[usize::from(hash) / 64] & (1 << (hash % 64)) != 0 {
            self.compare(bytes, at, hash, hit);
        }
    }

    #[cold]
    fn compare(&self, bytes: &[u8], at: usize, hash: u16, hit: &mut impl FnMut(AnchorId, usize)) {
        let first = self.literals.partition_point(|entry| entry.0 < hash);
        for (_, id, literal) in self.literals[first..].iter().take_while(|entry| entry.0 == hash) {
            if bytes[at..].starts_with(literal) {
                hit(*id, at);
            }
        }
    }
}

//! Where in a token its literal stands, read off the pattern: how the prefilter finds the token, and
//! how far around the literal it may reach.
//!
//! The build script computes this for the built-in rules, so that no pattern is parsed at start-up. It
//! uses nothing of the crate but `spec`.

use regex_syntax::hir::{Class, Hir, HirKind};

use super::spec::{Anchor, Form, Gate};

/// How many alternatives of a pattern are looked at one by one.
const MOST_PATHS: usize = 512;
/// A character class of this many members or fewer is spelt out, if it stands next to a literal.
const SMALL_CLASS: usize = 8;
/// A literal that repeats is spelt out up to this many times.
const MOST_COPIES: u32 = 64;
/// What a token surely holds is looked for among so many bytes behind its literal, and no further.
const FARTHEST_NEED: usize = 512;
/// The run of token bytes that the engine searches for; `engine::run::SHORTEST`.
const RUN: usize = 16;
/// The shortest literal that is searched for by itself; `engine::fragment::KEY`.
pub const SHORTEST: usize = 3;
/// Tokens are taken to be no longer than this where the pattern sets no bound.
pub const LONGEST_TOKEN: usize = 16 * 1024;

/// Why a literal cannot lead to a pattern's matches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AnchorError {
    /// Some matches hold none of the literals; here is how such a match begins.
    Missing(String),
    /// No match holds this literal.
    Unused(String),
    /// This literal lies in no long run, and is too short to be searched for by itself.
    Short(String),
}

impl std::fmt::Display for AnchorError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Missing(start) => {
                write!(f, "some matches hold none of the literals: those like `{start}…`")
            }
            Self::Short(literal) => {
                write!(
                    f,
                    "the literal `{literal}` is too short to be searched for: it takes {SHORTEST} bytes"
                )
            }
            Self::Unused(literal) => write!(f, "the literal `{literal}` occurs in no match of the pattern"),
        }
    }
}

/// The anchors of a token rule, whose pattern [`pattern`](super::pattern) has read: one for each literal, in
/// their order.
pub fn anchors(pattern: &Hir, literals: &[&str]) -> Result<Vec<Anchor>, AnchorError> {
    let longest = pattern.properties().maximum_len().unwrap_or(LONGEST_TOKEN).min(LONGEST_TOKEN);
    let mut found: Vec<Option<Anchor>> = vec![None; literals.len()];
    for path in paths(pattern) {
        let mut any = false;
        for (literal, found) in literals.iter().zip(&mut found) {
            if let Some(anchor) = anchor_in(&path, literal, longest) {
                any = true;
                *found = Some(found.take().map_or(anchor.clone(), |other| weaker(other, anchor)));
            }
        }
        if !any {
            return Err(AnchorError::Missing(describe(&path)));
        }
    }
    let unused = |(anchor, literal): (Option<Anchor>, &&str)| {
        anchor.ok_or_else(|| AnchorError::Unused((*literal).to_owned()))
    };
    let found: Vec<Anchor> = found.into_iter().zip(literals).map(unused).collect::<Result<_, _>>()?;
    let is_short = |anchor: &&Anchor| anchor.gate == Gate::Rare && anchor.literal.len() < SHORTEST;
    match found.iter().find(is_short) {
        Some(anchor) => Err(AnchorError::Short(anchor.literal.to_string())),
        None => Ok(found),
    }
}

/// The form of a whole value that a pattern describes. A bound over 65,535 is that.
pub fn form(pattern: &Hir) -> Form {
    let properties = pattern.properties();
    let bound = |length: Option<usize>| u16::try_from(length.unwrap_or(LONGEST_TOKEN)).unwrap_or(u16::MAX);
    let exact = match pattern.kind() {
        HirKind::Class(_) => true,
        HirKind::Repetition(repetition) => matches!(repetition.sub.kind(), HirKind::Class(_)),
        _ => false,
    };
    Form {
        min: bound(properties.minimum_len()),
        max: bound(properties.maximum_len()),
        bytes: ascii(pattern),
        exact,
    }
}

/// The ASCII bytes that can occur in matches.
fn ascii(hir: &Hir) -> u128 {
    let of = |bytes: &mut dyn Iterator<Item = u8>| {
        bytes.filter(u8::is_ascii).fold(0, |set, byte| set | (1_u128 << byte))
    };
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => 0,
        HirKind::Literal(literal) => of(&mut literal.0.iter().copied()),
        HirKind::Class(class) => ranges(class)
            .map_or(u128::MAX, |ranges| of(&mut ranges.into_iter().flat_map(|(start, end)| start..=end))),
        HirKind::Capture(capture) => ascii(&capture.sub),
        HirKind::Repetition(repetition) => ascii(&repetition.sub),
        HirKind::Concat(parts) | HirKind::Alternation(parts) => parts.iter().map(ascii).fold(0, |a, b| a | b),
    }
}

/// What holds of both anchors.
fn weaker(a: Anchor, b: Anchor) -> Anchor {
    Anchor {
        literal: a.literal,
        before: a.before.max(b.before),
        longest: a.longest.max(b.longest),
        gate: if a.gate == b.gate { a.gate } else { Gate::Rare },
        run: a.run.min(b.run),
        needs: match (a.needs, b.needs) {
            (Some((byte, within)), Some((other, farther))) if byte == other => {
                Some((byte, within.max(farther)))
            }
            _ => None,
        },
    }
}

/// A stretch of a pattern: a literal, or between `min` and `max` bytes of some class.
#[derive(Clone, Debug)]
enum Piece {
    Literal(Vec<u8>),
    Bytes { min: usize, max: usize, all_token: bool },
}

type Path = Vec<Piece>;

/// Every way through a pattern, adjacent literals joined; a part with too many ways becomes `Bytes`.
fn paths(hir: &Hir) -> Vec<Path> {
    let mut paths = expand(hir);
    for path in &mut paths {
        let mut joined: Path = Vec::with_capacity(path.len());
        for piece in path.drain(..) {
            match (joined.last_mut(), piece) {
                (Some(Piece::Literal(end)), Piece::Literal(more)) => end.extend(more),
                (_, piece) => joined.push(piece),
            }
        }
        *path = joined;
    }
    paths
}

fn expand(hir: &Hir) -> Vec<Path> {
    let ways = match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => vec![Vec::new()],
        HirKind::Literal(literal) => vec![vec![Piece::Literal(literal.0.to_vec())]],
        HirKind::Capture(capture) => expand(&capture.sub),
        HirKind::Alternation(ways) => ways.iter().flat_map(expand).collect(),
        HirKind::Concat(parts) => {
            let mut product: Vec<Path> = vec![Vec::new()];
            for part in parts {
                let ways = expand(part);
                if product.len() * ways.len() > MOST_PATHS {
                    product.iter_mut().for_each(|path| path.push(opaque(part)));
                } else {
                    product = product
                        .iter()
                        .flat_map(|path| ways.iter().map(move |way| [path.as_slice(), way].concat()))
                        .collect();
                }
            }
            product
        }
        HirKind::Repetition(repetition) if repetition.min == 0 && repetition.max == Some(1) => {
            let mut ways = expand(&repetition.sub);
            ways.push(Vec::new());
            ways
        }
        HirKind::Class(class) => small_class(class).map_or_else(
            || vec![vec![opaque(hir)]],
            |members| members.into_iter().map(|byte| vec![Piece::Literal(vec![byte])]).collect(),
        ),
        HirKind::Repetition(repetition) => match literal_of(&repetition.sub) {
            // `A{19,22}` begins with nineteen, whatever follows.
            Some(text) if (1..=MOST_COPIES).contains(&repetition.min) => {
                let mut path = vec![Piece::Literal(text.repeat(repetition.min as usize))];
                let more = repetition.max.map_or(LONGEST_TOKEN, |max| (max - repetition.min) as usize);
                if more > 0 {
                    let max = text.len().saturating_mul(more);
                    path.push(Piece::Bytes { min: 0, max, all_token: all_token(&repetition.sub) });
                }
                vec![path]
            }
            _ => vec![vec![opaque(hir)]],
        },
    };
    if ways.len() > MOST_PATHS { vec![vec![opaque(hir)]] } else { ways }
}

/// The only text that a part of a pattern matches.
fn literal_of(hir: &Hir) -> Option<&[u8]> {
    match hir.kind() {
        HirKind::Literal(literal) => Some(&literal.0),
        HirKind::Capture(capture) => literal_of(&capture.sub),
        _ => None,
    }
}

/// The members of a class that is small enough to spell out.
fn small_class(class: &Class) -> Option<Vec<u8>> {
    let members: Vec<u8> = ranges(class)?.into_iter().flat_map(|(start, end)| start..=end).collect();
    (members.len() <= SMALL_CLASS).then_some(members)
}

fn ranges(class: &Class) -> Option<Vec<(u8, u8)>> {
    match class {
        Class::Bytes(class) => {
            Some(class.ranges().iter().map(|range| (range.start(), range.end())).collect())
        }
        Class::Unicode(class) => class
            .to_byte_class()
            .map(|class| class.ranges().iter().map(|range| (range.start(), range.end())).collect()),
    }
}

fn opaque(hir: &Hir) -> Piece {
    Piece::Bytes {
        min: hir.properties().minimum_len().unwrap_or(0),
        max: hir.properties().maximum_len().unwrap_or(LONGEST_TOKEN),
        all_token: all_token(hir),
    }
}

fn all_token(hir: &Hir) -> bool {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => true,
        HirKind::Literal(literal) => literal.0.iter().all(|&byte| is_token(byte)),
        HirKind::Class(class) => {
            ranges(class).is_some_and(|ranges| ranges.iter().all(|&(a, b)| (a..=b).all(is_token)))
        }
        HirKind::Capture(capture) => all_token(&capture.sub),
        HirKind::Repetition(repetition) => all_token(&repetition.sub),
        HirKind::Concat(parts) | HirKind::Alternation(parts) => parts.iter().all(all_token),
    }
}

/// A byte of which tokens are made; `engine::byte::is_token`.
fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"_+/=.-".contains(&byte)
}

/// The anchor that `literal` is in one way through the pattern: its first occurrence.
fn anchor_in(path: &Path, literal: &str, longest: usize) -> Option<Anchor> {
    let mut before = 0_usize;
    for (index, piece) in path.iter().enumerate() {
        match piece {
            Piece::Bytes { max, .. } => before = before.saturating_add(*max),
            Piece::Literal(text) => {
                if let Some(offset) = find(text, literal.as_bytes()) {
                    return Some(Anchor {
                        literal: literal.to_owned().into(),
                        before: (before + offset).min(LONGEST_TOKEN) as u16,
                        longest: longest as u16,
                        gate: gate(path, index, offset, literal.as_bytes(), before + offset == 0),
                        run: run_from(path, index, offset).min(LONGEST_TOKEN) as u16,
                        needs: needs(&path[index + 1..], text.len() - offset - literal.len()),
                    });
                }
                before = before.saturating_add(text.len());
            }
        }
    }
    None
}

/// How a literal at `offset` of the piece at `index` is found: by its first stretch of token bytes that
/// surely lies in a long run and begins where a token can.
fn gate(path: &Path, index: usize, offset: usize, literal: &[u8], begins_token: bool) -> Gate {
    let Piece::Literal(text) = &path[index] else { return Gate::Rare };
    let mut from = 0;
    while from < literal.len() {
        let length = literal[from..].iter().take_while(|&&byte| is_token(byte)).count();
        let before = (offset + from).checked_sub(1).map(|at| text[at]);
        let free = before.map_or(begins_token, |before| !is_word(before));
        let place = (u8::try_from(from), u8::try_from(from + length));
        // A stretch of signs alone, as in a URL, stands in front of much else.
        let tells = literal[from..from + length].iter().any(u8::is_ascii_alphanumeric);
        if let (true, 2.., (Ok(start), Ok(end))) = (free && tells, length, place)
            && run_around(path, index, offset + from, length) >= RUN
        {
            return Gate::Start(start, end);
        }
        from += length + 1;
    }
    Gate::Rare
}

/// A letter, a digit or an underscore; `engine::byte::is_word`.
fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// The last byte that `path`, so many bytes behind a literal, surely holds near it and few texts do: no token byte.
fn needs(path: &[Piece], behind: usize) -> Option<(u8, u16)> {
    let mut from = behind;
    let mut found = None;
    for piece in path {
        match piece {
            Piece::Bytes { max, .. } => from = from.saturating_add(*max),
            Piece::Literal(text) => {
                if let Some(at) = text.iter().rposition(|&byte| !is_token(byte) && byte != b' ') {
                    let within = from.saturating_add(at + 1);
                    found = Some((text[at], within as u16)).filter(|_| within <= FARTHEST_NEED).or(found);
                }
                from = from.saturating_add(text.len());
            }
        }
    }
    found
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    (0..=haystack.len().checked_sub(needle.len())?).find(|&at| haystack[at..].starts_with(needle))
}

/// How many token bytes surely stand together around `length` bytes at `offset` of the literal at `index`.
fn run_around(path: &Path, index: usize, offset: usize, length: usize) -> usize {
    let Piece::Literal(text) = &path[index] else { return 0 };
    let head = text[..offset].iter().rev().take_while(|&&byte| is_token(byte)).count();
    let mut run = head + length + run_from(path, index, offset + length);
    if head == offset {
        run += run_along(path[..index].iter().rev(), |text| {
            text.iter().rev().take_while(|&&b| is_token(b)).count()
        });
    }
    run
}

/// How many token bytes surely stand together from `offset` of the literal at `index` on.
fn run_from(path: &Path, index: usize, offset: usize) -> usize {
    let count = |text: &[u8]| text.iter().take_while(|&&byte| is_token(byte)).count();
    let Piece::Literal(text) = &path[index] else { return 0 };
    let run = count(&text[offset..]);
    if offset + run < text.len() { run } else { run + run_along(path[index + 1..].iter(), count) }
}

fn run_along<'a>(pieces: impl Iterator<Item = &'a Piece>, count: impl Fn(&[u8]) -> usize) -> usize {
    let mut run = 0;
    for piece in pieces {
        match piece {
            Piece::Bytes { min, all_token: true, .. } => run += min,
            Piece::Bytes { all_token: false, .. } => break,
            Piece::Literal(text) => {
                let more = count(text);
                run += more;
                if more < text.len() {
                    break;
                }
            }
        }
    }
    run
}

fn describe(path: &Path) -> String {
    let piece = |piece: &Piece| match piece {
        Piece::Literal(text) => String::from_utf8_lossy(text).into_owned(),
        Piece::Bytes { .. } => "?".to_owned(),
    };
    path.iter().map(piece).take(6).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::pattern::read;

    fn anchors(pattern: &str, literals: &[&str]) -> Result<Vec<Anchor>, AnchorError> {
        super::anchors(&read(pattern).expect("it is a pattern"), literals)
    }

    fn form(pattern: &str) -> Form {
        super::form(&read(pattern).expect("it is a pattern"))
    }

    #[test]
    fn a_prefix_leads_to_its_token() {
        let found = anchors("(?:exa|exb)_[0-9A-Za-z]{30}", &["exa_", "exb_"]).expect("both are there");
        let anchor = &found[0];
        assert_eq!((anchor.before, anchor.longest, anchor.gate, anchor.run), (0, 34, Gate::Start(0, 4), 34));
    }

    #[test]
    fn an_infix_says_how_far_the_token_reaches_before_it() {
        let found = anchors("[a-z0-9]{52}MARK[A-Z]", &["MARK"]).expect("it is there");
        assert_eq!((found[0].before, found[0].gate), (52, Gate::Rare));
    }

    #[test]
    fn a_literal_among_other_bytes_is_in_no_run() {
        let found = anchors("scheme://[^@]{1,9}@h", &["scheme://"]).expect("it is there");
        assert_eq!(found[0].gate, Gate::Rare);
    }

    #[test]
    fn what_stands_behind_a_literal_is_told() {
        let found = anchors("s://[^@]{1,9}:x{2}@h", &["s://"]).expect("it is there");
        assert_eq!((found[0].run, found[0].needs), (1, Some((b'@', 13))));
        let found = anchors("s://[^@]{1,9}(?:@|:a)", &["s://"]).expect("it is there");
        assert_eq!(found[0].needs, None);
        let found = anchors("s://[^@]{1,999}@", &["s://"]).expect("it is there");
        assert_eq!(found[0].needs, None);
    }

    #[test]
    fn a_part_of_a_literal_may_lie_in_a_run() {
        let found =
            anchors(r"https://host\.example/[a-z]{9}", &["https://host.example/"]).expect("it is there");
        assert_eq!(found[0].gate, Gate::Start(6, 21));
        let found = anchors(r"https://host\.example/[a-z]{9}", &["host.example/"]).expect("it is there");
        assert_eq!(found[0].gate, Gate::Start(0, 13));
        let found = anchors("[0-9]{8}:AB[a-z]{20}", &[":AB"]).expect("it is there");
        assert_eq!((found[0].before, found[0].gate), (8, Gate::Start(1, 3)));
    }

    #[test]
    fn a_simple_form_needs_no_pattern() {
        let found = form("[0-9a-f]{32}");
        assert_eq!((found.min, found.max, found.exact), (32, 32, true));
        assert!(found.bytes & (1 << b'a') != 0 && found.bytes & (1 << b'g') == 0);
        assert!(!form("[0-9]{4}-[a-z]{20,40}").exact);
    }

    #[test]
    fn a_repeated_literal_is_as_good_as_one_that_is_spelt_out() {
        let found = anchors("[Bb]earer {1,4}[a-z]{20}", &["Bearer ", "bearer "]).expect("both are there");
        assert_eq!((found[0].before, found[0].longest, found[0].gate), (0, 30, Gate::Rare));
        let found = anchors("-{5}BEGIN A{19,22}[0-9]{9}", &["-----BEGIN AAAAAAAAAAAAAAAAAAA"]);
        assert_eq!(found.expect("it is there")[0].gate, Gate::Start(11, 30));
        assert!(anchors("A{1,3}B", &["AB"]).is_err());
    }

    #[test]
    fn wrong_literals_are_told() {
        assert_eq!(anchors("ab[0-9]{3}", &["cd"]), Err(AnchorError::Missing("ab?".into())));
        assert_eq!(anchors("ab[0-9]{3}", &["ab", "cd"]), Err(AnchorError::Unused("cd".into())));
        assert_eq!(anchors("ab:[0-9]{3}", &["b:"]), Err(AnchorError::Short("b:".into())));
    }
}

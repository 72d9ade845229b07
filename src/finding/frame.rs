//! Cuts the lines around a finding out of the text, every secret on them kept apart.
//!
//! No byte of a secret becomes [`Piece::Text`]: neither of this finding's, nor of another candidate's
//! that was kept, whatever its confidence and whoever silenced it.

use std::cmp::Reverse;
use std::collections::HashSet;

use super::text::{Line, Text};
use crate::blob::Content;
use crate::plain;
use crate::secret::Secret;
use crate::span::Span;

/// How much of a line is shown before and after a secret, in bytes.
const SHOWN_AROUND: usize = 60;
/// How many lines of a secret are shown: its first ones. Its last one always is.
const SHOWN_LINES: usize = 3;

/// The lines that a finding stands in, and a line before and after where there are.
///
/// Of a secret of many lines the middle ones are left out: the numbers jump.
#[derive(Clone, Debug, Default)]
pub struct Frame {
    /// The lines, in order. Long lines are cut around the secret.
    pub lines: Vec<FrameLine>,
}

/// A line of a frame.
#[derive(Clone, Debug)]
pub struct FrameLine {
    /// Its number, from 1.
    pub number: u64,
    /// Its pieces, in order.
    pub pieces: Vec<Piece>,
}

/// A piece of a line.
#[derive(Clone, Debug)]
pub enum Piece {
    /// Text that is no secret.
    Text(String),
    /// The secret of this finding, or its part on this line.
    Found(Secret),
    /// Another secret on the same lines.
    Other(Secret),
    /// Something was cut off here.
    Cut,
}

/// A secret of the text and how it is masked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Masked {
    /// Its bytes in the decoded text.
    pub span: Span,
    /// Whether nothing of it may show.
    pub password: bool,
}

impl Masked {
    /// The secret itself, without the codes of a terminal that stand in the midst of it.
    pub fn secret(self, text: &Text<'_>) -> Secret {
        let bytes = self.span.of(&text.bytes);
        let plain = if text.content == Content::Binary { bytes.into() } else { plain::value(bytes) };
        if self.password { Secret::password(&plain) } else { Secret::token(&plain) }
    }
}

/// Cuts frames out of one text.
pub(super) struct Framer<'t> {
    text: &'t Text<'t>,
    masks: Vec<Masked>,
}

impl<'t> Framer<'t> {
    /// Frames in which all of `masks` are hidden.
    pub fn new(text: &'t Text<'t>, mut masks: Vec<Masked>) -> Self {
        masks.sort_unstable();
        // Secrets that overlap are hidden as one, of which nothing shows.
        masks.dedup_by(|next, kept| {
            let overlaps = next.span.overlaps(kept.span);
            if overlaps {
                kept.password |= next.span != kept.span || next.password;
                kept.span = kept.span.union(next.span);
            }
            overlaps
        });
        Self { text, masks }
    }

    /// The text that is framed.
    pub fn text(&self) -> &'t Text<'t> {
        self.text
    }

    /// Words of the text as they may be told: the secrets that stand `near` them are hidden wherever they appear.
    pub fn hide(&self, words: &str, near: Span) -> String {
        let mut secrets: Vec<_> = self.on(near).map(|mask| mask.secret(self.text)).collect();
        // A part of one is hidden with it.
        secrets.sort_by_key(|secret| Reverse(secret.reveal().len()));
        let hide = |words: String, secret: &Secret| words.replace(secret.reveal(), &secret.mask());
        secrets.iter().filter(|secret| !secret.reveal().is_empty()).fold(words.to_owned(), hide)
    }

    /// The secrets of which some stands in a span.
    fn on(&self, span: Span) -> impl Iterator<Item = &Masked> {
        let first = self.masks.partition_point(|mask| mask.span.end <= span.start);
        self.masks[first..].iter().take_while(move |mask| mask.span.start < span.end)
    }

    /// The frame of the secret `found`, which begins on line `number`.
    pub fn frame(&self, found: Masked, number: u64) -> Frame {
        let secret = found.secret(self.text);
        if self.text.content == Content::Binary {
            let pieces = vec![Piece::Cut, Piece::Found(secret), Piece::Cut];
            return Frame { lines: vec![FrameLine { number, pieces }] };
        }
        let first = self.text.line(found.span.start);
        let before = self.text.line_before(&first).map(|line| (number - 1, line));
        let mut lines: Vec<_> = before.into_iter().collect();
        let mut last = (number, first);
        while let Some(next) = last.1.next.filter(|next| *next < found.span.end) {
            if last.0 < number + SHOWN_LINES as u64 {
                lines.push(last);
            }
            last = (last.0 + 1, self.text.line(next));
        }
        lines.push(last);
        lines.extend(last.1.next.map(|next| (last.0 + 1, self.text.line(next))));
        let hidden = self.hidden(&lines, found);
        let line = |(number, line)| FrameLine { number, pieces: self.pieces(line, found, &secret, &hidden) };
        Frame { lines: lines.into_iter().map(line).collect() }
    }

    /// The secrets on these lines that may stand again, unnoticed, in what is shown of them: there they are hidden.
    fn hidden(&self, lines: &[(u64, Line)], found: Masked) -> Vec<Secret> {
        // On one long line there may be thousands, and hardly any of them twice.
        let shown = lines.iter().map(|(_, line)| self.shown(*line, found).of(&self.text.bytes));
        let shown: Vec<_> = shown.map(String::from_utf8_lossy).collect();
        let seen: HashSet<&[u8]> = shown.iter().flat_map(|text| text.as_bytes().windows(MIN_LEFT)).collect();
        let may_stand_again = |secret: &Secret| {
            let secret = secret.reveal().as_bytes();
            if secret.is_empty() {
                return false;
            }
            let ends = secret.first_chunk::<MIN_LEFT>().zip(secret.last_chunk::<MIN_LEFT>());
            ends.is_none_or(|(first, last)| seen.contains(&first[..]) || seen.contains(&last[..]))
        };
        let near = |(mask, line): (&Masked, Span)| mask.span.overlaps(line).then(|| mask.secret(self.text));
        let mut taken = HashSet::new();
        lines
            .iter()
            .flat_map(|(_, line)| self.on(line.span).map(|mask| (mask, line.span)))
            .filter_map(near)
            .filter(may_stand_again)
            .filter(|secret| taken.insert(secret.reveal().to_owned()))
            .collect()
    }

    /// What is shown of a line: what it holds of the secret, or its beginning, and a little around that.
    fn shown(&self, line: Line, found: Masked) -> Span {
        let focus = intersection(found.span, line.span)
            .unwrap_or(Span::new(line.span.start, line.span.start + SHOWN_AROUND));
        self.on_characters(Span::new(
            focus.start.saturating_sub(SHOWN_AROUND).max(line.span.start),
            (focus.end + SHOWN_AROUND).min(line.span.end),
        ))
    }

    /// The pieces of one line, cut around what it holds of the secret.
    fn pieces(&self, line: Line, found: Masked, secret: &Secret, hidden: &[Secret]) -> Vec<Piece> {
        let here = intersection(found.span, line.span);
        let shown = self.shown(line, found);
        let mut pieces = Vec::new();
        if shown.start > line.span.start || !line.begins {
            pieces.push(Piece::Cut);
        }
        let mut at = shown.start;
        let first = self.masks.partition_point(|mask| mask.span.end <= shown.start);
        for mask in self.masks[first..].iter().take_while(|mask| mask.span.start < shown.end) {
            let Some(masked) = intersection(mask.span, line.span) else { continue };
            self.push_text(&mut pieces, Span::new(at, masked.start), hidden);
            match here.filter(|here| here.overlaps(masked)) {
                None => pieces.push(Piece::Other(self.part(*mask, masked))),
                Some(here) => {
                    self.push_other(&mut pieces, Span::new(masked.start, here.start));
                    let whole = here == found.span;
                    pieces.push(Piece::Found(if whole { secret.clone() } else { self.part(found, here) }));
                    self.push_other(&mut pieces, Span::new(here.end, masked.end.max(here.end)));
                }
            }
            at = at.max(masked.end);
        }
        self.push_text(&mut pieces, Span::new(at.min(shown.end), shown.end), hidden);
        if at.max(shown.end) < line.span.end || !line.ends {
            pieces.push(Piece::Cut);
        }
        pieces
    }

    /// The span without the bytes at its ends that belong to a character cut in two.
    fn on_characters(&self, mut span: Span) -> Span {
        let continues = |at: usize| self.text.bytes.get(at).is_some_and(|byte| byte & 0xC0 == 0x80);
        for _ in 0..3 {
            span.start += usize::from(span.start < span.end && continues(span.start));
            span.end -= usize::from(span.start < span.end && continues(span.end));
        }
        span
    }

    /// A secret or its part on one line; of a part nothing shows, or each line would show some.
    fn part(&self, mask: Masked, here: Span) -> Secret {
        Masked { span: here, password: mask.password || here != mask.span }.secret(self.text)
    }

    fn push_other(&self, pieces: &mut Vec<Piece>, span: Span) {
        if !span.is_empty() {
            pieces.push(Piece::Other(Secret::password(span.of(&self.text.bytes))));
        }
    }

    /// Text between secrets; where one of those that are `hidden` stands again, it is hidden there, too.
    fn push_text(&self, pieces: &mut Vec<Piece>, span: Span, hidden: &[Secret]) {
        let text = String::from_utf8_lossy(span.of(&self.text.bytes));
        let mut rest = &*text;
        // The cut may go through one that stands again; what it leaves is hidden as well.
        let head = hidden.iter().filter_map(|secret| cut_head(rest, secret.reveal())).max().unwrap_or(0);
        if head > 0 {
            pieces.push(Piece::Other(Secret::password(&rest.as_bytes()[..head])));
            rest = &rest[head..];
        }
        loop {
            let again = hidden.iter().filter_map(|secret| Some((rest.find(secret.reveal())?, secret)));
            let Some((at, secret)) = again.min_by_key(|(at, secret)| (*at, Reverse(secret.reveal().len())))
            else {
                break;
            };
            push_plain(pieces, &rest[..at]);
            pieces.push(Piece::Other(secret.clone()));
            rest = &rest[at + secret.reveal().len()..];
        }
        let tail = hidden.iter().filter_map(|secret| cut_tail(rest, secret.reveal())).max().unwrap_or(0);
        let (plain, tail) = rest.split_at(rest.len() - tail);
        push_plain(pieces, plain);
        if !tail.is_empty() {
            pieces.push(Piece::Other(Secret::password(tail.as_bytes())));
        }
    }
}

/// What is left of a cut secret has at least this many bytes, or it tells nothing.
const MIN_LEFT: usize = 4;

/// How many bytes at the start of `text` are the end of `secret`.
fn cut_head(text: &str, secret: &str) -> Option<usize> {
    let ends = |length: &usize| secret.is_char_boundary(secret.len() - length);
    let mut lengths = (MIN_LEFT..secret.len().min(text.len() + 1)).rev().filter(ends);
    lengths.find(|length| text.starts_with(&secret[secret.len() - length..]))
}

/// How many bytes at the end of `text` are the start of `secret`.
fn cut_tail(text: &str, secret: &str) -> Option<usize> {
    let mut lengths = (MIN_LEFT..secret.len().min(text.len() + 1)).rev();
    lengths.find(|length| secret.is_char_boundary(*length) && text.ends_with(&secret[..*length]))
}

fn push_plain(pieces: &mut Vec<Piece>, text: &str) {
    if !text.is_empty() {
        pieces.push(Piece::Text(text.to_owned()));
    }
}

fn intersection(a: Span, b: Span) -> Option<Span> {
    a.overlaps(b).then(|| Span { start: a.start.max(b.start), end: a.end.min(b.end) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::blob::{Blob, Provenance};

    /// Renders the frame of the `index`th of the marked secrets: `«…»` tokens, `‹…›` passwords.
    fn render(marked: &str, index: usize) -> Vec<String> {
        let mut bytes = String::new();
        let mut masks: Vec<Masked> = Vec::new();
        for character in marked.chars() {
            match character {
                '«' | '‹' => {
                    let span = Span::new(bytes.len(), bytes.len());
                    masks.push(Masked { span, password: character == '‹' });
                }
                '»' | '›' => masks.last_mut().expect("opened before").span.end = bytes.len(),
                other => bytes.push(other),
            }
        }
        let provenance = Provenance::Stream { name: "-".into() };
        let text = Text::decode(&Blob::whole(bytes.as_bytes(), &provenance));
        let found = masks[index];
        let number = text.places().place(found.span.start).0.line;
        let show = |piece: &Piece| match piece {
            Piece::Text(text) => text.clone(),
            Piece::Found(secret) => format!("[{secret}]"),
            Piece::Other(secret) => format!("({secret})"),
            Piece::Cut => "…".to_owned(),
        };
        let framer = Framer::new(&text, masks);
        let lines = framer.frame(found, number).lines;
        lines
            .iter()
            .map(|l| format!("{} {}", l.number, l.pieces.iter().map(show).collect::<String>()))
            .collect()
    }

    #[test]
    fn a_frame_shows_one_line_around_and_hides_every_secret() {
        let text = "one\ntwo ‹hunter2› é\nthree = «tok_0123456789abcdef0» # ‹x›\r\nfour ‹hunter3›\nfive\n";
        assert_eq!(
            render(text, 1),
            ["2 two (********) é", "3 three = [tok_********] # (********)", "4 four (********)"]
        );
    }

    #[test]
    fn long_lines_are_cut_around_the_secret() {
        let text = format!("{}‹pw›{}", "é".repeat(100), "y".repeat(100));
        let shown = render(&text, 0);
        assert_eq!(shown, [format!("1 …{}[********]{}…", "é".repeat(30), "y".repeat(60))]);
    }

    #[test]
    fn a_secret_at_the_edge_of_a_cut_is_hidden_whole() {
        let text = format!("‹pw› {} «{}» tail", "x".repeat(57), "k".repeat(30));
        assert_eq!(render(&text, 0), [format!("1 [********] {} (kkkk********)…", "x".repeat(57))]);
    }

    #[test]
    fn of_a_long_secret_the_first_and_last_lines_are_shown_and_nothing_of_it() {
        let text = "head\nkey = «-----BEGIN\naaaaaaaaaaaaaaaaaaaaaaaaa\nb\nc\nd\n-----END»\ntail\nmore";
        assert_eq!(
            render(text, 0),
            ["1 head", "2 key = [********]", "3 [********]", "4 [********]", "7 [********]", "8 tail"]
        );
    }

    #[test]
    fn a_second_appearance_that_no_rule_found_is_hidden() {
        assert_eq!(
            render("a ‹hunter2›\nwas hunter2 before", 0),
            ["1 a [********]", "2 was (********) before"]
        );
    }

    #[test]
    fn a_second_appearance_that_the_cut_goes_through_is_hidden() {
        let shown = render(&format!("a ‹hunter-of-22› {} hunter-of-22 z", "x".repeat(52)), 0);
        assert_eq!(shown, [format!("1 a [********] {} (********)…", "x".repeat(52))]);
        let shown = render(&format!("a hunter-of-22 {} ‹hunter-of-22› z", "x".repeat(53)), 0);
        assert_eq!(shown, [format!("1 …(********) {} [********] z", "x".repeat(53))]);
    }
}

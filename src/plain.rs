//! Text without the codes that steer a terminal, and where its bytes stand in the text with them.
//!
//! Programs colour what they print, and a colour may begin or end in the midst of a token. This module
//! knows what such a code looks like; what to make of the text without them is decided by others.

use std::borrow::Cow;

use crate::span::Span;

const ESCAPE: u8 = 0x1B;
/// The longest code that is recognised: links and titles hold text.
const LONGEST_CODE: usize = 4 * 1024;

/// A text whose codes and lone carriage returns were taken out.
#[derive(Clone, Debug)]
pub struct Plain {
    /// What is left.
    pub bytes: Vec<u8>,
    /// Where something was taken out before the byte at the first number, and how much until there.
    cuts: Vec<(usize, usize)>,
}

/// Whether a text may hold codes or lone carriage returns, so that it may read otherwise without them.
pub fn is_steered(bytes: &[u8]) -> bool {
    let mut returns = Returns::of(bytes);
    memchr::memchr2_iter(ESCAPE, b'\r', bytes).any(|at| bytes[at] == ESCAPE || returns.are_lone(at))
}

/// Whether a text holds a code, whole or not.
pub fn holds_code(bytes: &[u8]) -> bool {
    memchr::memchr(ESCAPE, bytes).is_some()
}

/// Tells the carriage returns that end no line from those that do, a row of them at once.
struct Returns<'b> {
    bytes: &'b [u8],
    /// Where the row ends that was last asked for.
    end: usize,
    are_lone: bool,
}

impl<'b> Returns<'b> {
    fn of(bytes: &'b [u8]) -> Self {
        Self { bytes, end: 0, are_lone: false }
    }

    /// Whether the carriage return at `at`, and all up to the next other byte, end no line; `\r\r\n` ends one, too.
    /// Places are asked for in their order.
    fn are_lone(&mut self, at: usize) -> bool {
        if at >= self.end {
            let after = self.bytes[at..].iter().position(|b| *b != b'\r');
            self.end = after.map_or(self.bytes.len(), |length| at + length);
            self.are_lone = self.bytes.get(self.end).is_some_and(|after| *after != b'\n');
        }
        self.are_lone
    }
}

impl Plain {
    /// Takes codes and lone carriage returns out of a text.
    pub fn of(bytes: &[u8]) -> Self {
        let mut returns = Returns::of(bytes);
        Self::without(bytes, |at| returns.are_lone(at))
    }

    /// Takes codes alone out of a text.
    pub fn without_codes(bytes: &[u8]) -> Self {
        Self::without(bytes, |_| false)
    }

    /// Takes out codes, and the carriage returns that `is_cut` names.
    fn without(bytes: &[u8], mut is_cut: impl FnMut(usize) -> bool) -> Self {
        let mut plain = Self { bytes: Vec::with_capacity(bytes.len()), cuts: Vec::new() };
        let (mut kept, mut cut) = (0, 0);
        for at in memchr::memchr2_iter(ESCAPE, b'\r', bytes) {
            if at < kept {
                continue;
            }
            let length = match code(&bytes[at..]) {
                Some(length) => length,
                None if bytes[at] == b'\r' && is_cut(at) => 1,
                None => continue,
            };
            plain.bytes.extend(&bytes[kept..at]);
            cut += length;
            kept = at + length;
            plain.cuts.push((plain.bytes.len(), cut));
        }
        plain.bytes.extend(&bytes[kept..]);
        plain
    }

    /// Before which of the bytes that are left something was taken out, in order; several times before the
    /// same if it was several things.
    pub fn seams(&self) -> impl Iterator<Item = usize> {
        self.cuts.iter().map(|(at, _)| *at)
    }

    /// Where the bytes of `span`, which is not empty, stand in the text with its codes.
    pub fn stored(&self, span: Span) -> Span {
        let stored = |offset: usize| {
            let before = self.cuts.partition_point(|(at, _)| *at <= offset);
            offset + before.checked_sub(1).map_or(0, |index| self.cuts[index].1)
        };
        Span::new(stored(span.start), stored(span.end.max(1) - 1) + 1)
    }

    /// The same with the codes on both sides of it, up to the bytes next to it that are left.
    pub fn stored_with_codes(&self, span: Span) -> Span {
        let stored = |offset: usize| self.stored(Span::new(offset, offset + 1));
        let start = span.start.checked_sub(1).map_or(0, |before| stored(before).end);
        let cut = self.cuts.last().map_or(0, |(_, cut)| *cut);
        let is_last = span.end >= self.bytes.len();
        Span::new(start, if is_last { self.bytes.len() + cut } else { stored(span.end).start })
    }

    /// Where the byte at `offset` of the text with its codes stands here, or the next one that is left.
    pub fn plain(&self, offset: usize) -> usize {
        let before = self.cuts.partition_point(|(at, cut)| at + cut <= offset);
        let least = offset - before.checked_sub(1).map_or(0, |index| self.cuts[index].1);
        self.cuts.get(before).map_or(least, |(at, _)| least.min(*at))
    }
}

/// The same text with a blank for each byte of a code: what a code stands between is two words. The text that a code
/// holds, such as the target of a link, stays.
pub fn blanked(bytes: &[u8]) -> Vec<u8> {
    let mut blanked = bytes.to_vec();
    each_code(bytes, |code| {
        let text = text_of(bytes, code);
        blanked[code.start..text.start].fill(b' ');
        blanked[text.end..code.end].fill(b' ');
    });
    blanked
}

/// The bytes of a value as it is used: without codes and lone carriage returns. Of one that stands in the text of
/// codes nothing would be left: there it is their text.
pub fn value(bytes: &[u8]) -> Cow<'_, [u8]> {
    if !is_steered(bytes) {
        return bytes.into();
    }
    let plain = Plain::of(bytes).bytes;
    let is_left = !plain.trim_ascii().is_empty();
    if is_left { plain.into() } else { blanked(bytes).trim_ascii().to_vec().into() }
}

/// The part of a code that is text: of a link, a title, or what is put into the clipboard; empty for others.
fn text_of(bytes: &[u8], code: Span) -> Span {
    if !holds_text(bytes[code.start + 1]) {
        return Span::new(code.end, code.end);
    }
    let end = if bytes[code.end - 1] == b'\\' { 2 } else { 1 };
    Span::new(code.start + 2, code.end - end)
}

/// Whether codes of this kind hold text: OSC, DCS, APC, PM and SOS.
fn holds_text(kind: u8) -> bool {
    matches!(kind, b']' | b'P' | b'_' | b'^' | b'X')
}

/// Calls `each` with the place of every code.
pub fn each_code(bytes: &[u8], mut each: impl FnMut(Span)) {
    let mut end = 0;
    for at in memchr::memchr_iter(ESCAPE, bytes) {
        if at >= end
            && let Some(length) = code(&bytes[at..])
        {
            end = at + length;
            each(Span::new(at, end));
        }
    }
}

/// Where the last code begins that the text ends in the midst of.
pub fn unfinished_code(bytes: &[u8]) -> Option<usize> {
    let reach = bytes.len().saturating_sub(LONGEST_CODE);
    memchr::memrchr(ESCAPE, &bytes[reach..]).map(|at| reach + at).filter(|at| code(&bytes[*at..]).is_none())
}

/// How long the code is that `bytes` begin with, by ECMA-48; `None` when they begin with no whole one.
fn code(bytes: &[u8]) -> Option<usize> {
    let [ESCAPE, kind, rest @ ..] = bytes else { return None };
    let rest = &rest[..rest.len().min(LONGEST_CODE)];
    let end = match kind {
        b'[' => {
            let end = rest.iter().position(|b| !matches!(b, 0x20..=0x3F))?;
            matches!(rest[end], 0x40..=0x7E).then_some(end + 1)?
        }
        kind if holds_text(*kind) => {
            let end = rest.iter().position(|b| matches!(*b, 0x07 | ESCAPE | b'\n'))?;
            match rest[end..] {
                [0x07, ..] => end + 1,
                [ESCAPE, b'\\', ..] => end + 2,
                _ => return None,
            }
        }
        0x20..=0x2F => {
            let end = rest.iter().position(|b| !matches!(b, 0x20..=0x2F))?;
            matches!(rest[end], 0x30..=0x7E).then_some(end + 1)?
        }
        0x30..=0x7E => 0,
        _ => return None,
    };
    Some(2 + end)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn codes_of_all_kinds_are_taken_out_and_line_ends_stay() {
        for (text, plain) in [
            ("a\x1b[31mb\x1b[0mc", "abc"),
            ("\x1b[38;2;1;2;3mx\x1b[K\x1b[2J", "x"),
            ("\x1b]8;;https://example.com\x07link\x1b]8;;\x1b\\!", "link!"),
            ("\x1b(Bx\x1b=y", "xy"),
            ("10%\r20%\r\nend\r\r\n", "10%20%\r\nend\r\r\n"),
            ("\x1b$(Bx\x1b#8", "x"),
            ("broken \x1b[31", "broken \x1b[31"),
            ("broken \x1b$(", "broken \x1b$("),
            ("broken \x1b \n", "broken \x1b \n"),
            ("plain\n", "plain\n"),
        ] {
            assert_eq!(String::from_utf8_lossy(&Plain::of(text.as_bytes()).bytes), plain, "{text:?}");
        }
        assert_eq!(unfinished_code(b"ab\x1b[3"), Some(2));
        assert_eq!(unfinished_code(b"ab\x1b[3m"), None);
        assert_eq!(*value(b"ab\x1b[3mcd\re"), *b"abcde");
        assert_eq!(*value(b"\x1b]0;title\x07"), *b"0;title");
        assert_eq!(*value(b"\x1b[1m"), *b"");
        assert_eq!(blanked(b"a\x1b[1mb"), b"a    b");
        assert_eq!(blanked(b"\x1b]8;;http://x/\x07a\x1b]8;;\x1b\\"), b"  8;;http://x/ a  8;;  ");
    }

    proptest! {
        #[test]
        fn places_lead_back_and_forth(text in "(a|b|\r|\n|\x1b\\[1m|\x1b\\[|\x1b)*") {
            let bytes = text.as_bytes();
            let plain = Plain::of(bytes);
            for at in 0..plain.bytes.len() {
                let stored = plain.stored(Span::new(at, at + 1));
                prop_assert_eq!(bytes[stored.start], plain.bytes[at]);
                prop_assert_eq!(plain.plain(stored.start), at);
                let wide = plain.stored_with_codes(Span::new(at, at + 1));
                prop_assert!(wide.contains(stored));
            }
            for at in 0..=bytes.len() {
                prop_assert!(plain.plain(at) <= plain.bytes.len());
            }
            prop_assert!(is_steered(bytes) || plain.bytes == bytes);
        }
    }
}

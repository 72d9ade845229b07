//! Values without quotes, and where they end.
//!
//! Most end at white space or at a sign that seldom stands in one; in a query the next parameter ends them, and what is
//! all of a line may hold any sign, if it looks drawn.

use super::assignment::{LONGEST_GAP, LONGEST_SCOPE, LONGEST_VALUE, Operator};
use super::byte::{self, skip, skip_back};
use super::form::is_seed;
use super::plausible::Look;
use super::value::is_of_signs;
use crate::span::Span;

/// What an assignment stands in, which tells where a value without quotes ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// In the query of a URL: the next parameter ends it.
    Query,
    /// It is all of a line or of a string, which this byte ends; a comment may follow it on a line.
    Alone(u8),
    /// In a text or in code.
    Text,
}

impl Place {
    /// What the assignment to `name` stands in.
    pub fn of(bytes: &[u8], name: Span, operator: Operator) -> Self {
        const WORDS: [&[u8]; 4] = [b"export", b"set", b"ENV", b"ARG"];
        let before = &bytes[..name.start];
        match before.last() {
            Some(b'?' | b'&' | b'#') => return Self::Query,
            _ if !matches!(operator, Operator::Equals { .. } | Operator::Colon) => return Self::Text,
            // The name itself may be the string.
            Some(quote @ (b'"' | b'\'')) if bytes.get(name.end) == Some(quote) => return Self::Text,
            Some(&quote @ (b'"' | b'\'')) => return Self::Alone(quote),
            _ => {}
        }
        // As far as an assignment says that it depends on what stands before its name.
        let reach = name.start.saturating_sub(LONGEST_SCOPE + 7);
        let blanks = |end: usize| skip_back(bytes, end, reach.min(end), byte::is_blank);
        let mut start = blanks(name.start);
        if let Some(word) = WORDS.iter().find(|word| start < name.start && bytes[..start].ends_with(word)) {
            start -= word.len();
        }
        // An item of a list: `- PASSWORD=…`.
        if bytes[..start].ends_with(b"-") && start < name.start {
            start = blanks(start - 1);
        }
        if byte::begins_line(bytes, start) { Self::Alone(b'\n') } else { Self::Text }
    }
}

/// A value without quotes: up to white space or to what cannot stand in one.
pub fn bare(bytes: &[u8], start: usize, place: Place) -> Option<Span> {
    let ends = |b: u8| {
        place == Place::Query && matches!(b, b'&' | b'#')
            || b.is_ascii_whitespace()
            || matches!(b, 0 | b'"' | b'\'' | b'`' | b',' | b';' | b'<' | b'>' | b'|' | b'\\')
    };
    let mut end = skip(bytes, start, start + LONGEST_VALUE, |b| !ends(b));
    // Files of properties write letters that they cannot hold by their numbers.
    while end < start + LONGEST_VALUE && is_letter_by_number(&bytes[end..]) {
        end = skip(bytes, end + 1, start + LONGEST_VALUE, |b| !ends(b));
    }
    end = end_of_seed(bytes, start, end);
    // A bar between two words is part of a value; before a blank it leads to the next command.
    while bytes.get(end) == Some(&b'|')
        && (start + 1..start + LONGEST_VALUE).contains(&end)
        && byte::is_word(bytes[end - 1])
        && bytes.get(end + 1).is_some_and(|&b| byte::is_word(b))
    {
        end = skip(bytes, end + 1, start + LONGEST_VALUE, |b| !ends(b));
    }
    if end == start || end == start + LONGEST_VALUE {
        return None;
    }
    if let Place::Alone(last) = place
        && let Some(whole) = drawn_to_end(bytes, Span::new(start, end), last)
    {
        return Some(whole);
    }
    // What closes something that opened before the value does not belong to it.
    let mut value = Span::new(start, end);
    for (open, close) in [(b'(', b')'), (b'{', b'}'), (b'[', b']')] {
        if let Some(at) = memchr::memchr(close, value.of(bytes))
            && memchr::memchr(open, &value.of(bytes)[..at]).is_none()
        {
            value.end = value.start + at;
        }
    }
    value.end = next_parameter(value.of(bytes)).map_or(value.end, |at| value.start + at);
    value.end = skip_back(bytes, value.end, value.start, |b| matches!(b, b'.' | b':'));
    (!value.is_empty()).then_some(value)
}

/// Where the next parameter begins in a value that is one of a query: `abc&user=x`.
fn next_parameter(value: &[u8]) -> Option<usize> {
    memchr::memchr_iter(b'&', value).find(|&at| {
        let name = value[at + 1..].iter().take_while(|&&b| byte::is_name(b)).count();
        name > 1 && value.get(at + 1 + name) == Some(&b'=')
    })
}

/// The value that goes on to `last`, which ends its line or its string, over signs that end others: `k7R,f(Q…`. So it is
/// read if it looks drawn as a whole, and what was read of it, `first`, is not all of one.
fn drawn_to_end(bytes: &[u8], first: Span, last: u8) -> Option<Span> {
    let closes = |b: &u8| matches!(b, b')' | b']' | b'}' | b',' | b';' | b'.' | b'\\');
    let escapes = |b: u8| b == b'\\' && last != b'\n';
    let is_part = |b: u8| !b.is_ascii_whitespace() && !matches!(b, 0 | b'"' | b'\'') && !escapes(b);
    let limit = (first.end + LONGEST_GAP).max(first.start + 4 * LONGEST_GAP) - REMARK;
    let end = skip(bytes, first.end, limit, is_part);
    let remark = skip(bytes, end, end + REMARK, byte::is_blank);
    let ends_line = || bytes[end] == b'\r' || remark > end && bytes.get(remark) == Some(&b'#');
    let ends = bytes.get(end).is_none_or(|&b| b == last || last == b'\n' && ends_line());
    let behind = bytes[..end].iter().rev().take_while(|b| closes(b)).count();
    let whole = Span::new(first.start, end - behind.min(end - first.start));
    let has_sign = memchr::memchr3(b')', b']', b'}', whole.of(bytes)).is_some() || whole.end > first.end;
    let is_drawn = |text: &[u8]| {
        let look = Look::at(text);
        look.digits > 0 && look.letters() > 0 && (look.is_random() || is_of_signs(text))
    };
    // A list of keys is no key, nor is what another name follows.
    let is_list = || whole.end > first.end && first.len() >= SHORTEST_KEY && is_drawn(first.of(bytes));
    let is_named = || memchr::memchr(b'=', &bytes[first.end..whole.end.max(first.end)]).is_some();
    (ends && has_sign && is_drawn(whole.of(bytes)) && !is_list() && !is_named()).then_some(whole)
}

/// How many blanks may stand before the comment behind a value.
const REMARK: usize = 8;

/// The fewest bytes of a key among others.
const SHORTEST_KEY: usize = 16;

/// Where a value ends whose first word is `start..end`, if it is the seed of one-time codes in groups of four, as
/// services show it.
fn end_of_seed(bytes: &[u8], start: usize, end: usize) -> usize {
    let is_group = |from: usize| {
        bytes
            .get(from..from + 4)
            .is_some_and(|group| group.iter().all(|b| matches!(b, b'a'..=b'z' | b'2'..=b'7')))
            && bytes.get(from + 4).is_none_or(|b| b.is_ascii_whitespace())
    };
    let mut last = end;
    if end == start + 4 && is_group(start) {
        while last < start + LONGEST_GAP && bytes.get(last) == Some(&b' ') && is_group(last + 1) {
            last += 5;
        }
    }
    if last > end && is_seed(Span::new(start, last).of(bytes)) { last } else { end }
}

/// Whether a text begins with a letter or digit that is written as `\u00e9`.
fn is_letter_by_number(text: &[u8]) -> bool {
    let [b'\\', b'u', digits @ ..] = text else { return false };
    let digits = digits.get(..4).and_then(|digits| std::str::from_utf8(digits).ok());
    let number = digits.and_then(|digits| u32::from_str_radix(digits, 16).ok());
    number.and_then(char::from_u32).is_some_and(char::is_alphanumeric)
}

//! Reads the value that a statement of SQL inserts into a column: `INSERT INTO users (name, password) VALUES ('x', '…')`.
//!
//! It begins at the column's name and looks at the list around it, and at the first row behind `VALUES`; a statement
//! may have more, whose distance from the name nothing bounds. A digest in a column of passwords is what they are
//! stored as.

use super::assignment::{Assignment, LONGEST_VALUE, Operator, Quoting};
use super::byte::{self, skip, skip_back};
use super::value;
use crate::span::Span;

/// How far the list of columns reaches to either side of a name.
const LONGEST_LIST: usize = 240;
/// How far the value of a column stands behind `VALUES`.
const LONGEST_ROW: usize = 240;

/// Whether `rest`, which begins behind a column's name, may go on with the end of the list and the row.
pub fn closes_list(rest: &[u8]) -> bool {
    let next = skip(rest, 1, 4, |b| b.is_ascii_whitespace());
    rest.first() == Some(&b')') && rest.get(next..).is_some_and(is_values)
}

fn is_values(text: &[u8]) -> bool {
    text.get(..6).is_some_and(|word| word.eq_ignore_ascii_case(b"values"))
}

/// The assignment of a column `name` whose quotes, if any, end at `end`.
pub fn read(bytes: &[u8], name: Span, end: usize) -> Option<Assignment> {
    let in_list = |b: u8| {
        byte::is_word(b) || b.is_ascii_whitespace() || matches!(b, b',' | b'`' | b'"' | b'[' | b']' | b'.')
    };
    let rest = &bytes[end..(end + LONGEST_LIST).min(bytes.len())];
    let close = end + memchr::memchr(b')', rest)?;
    if !closes_list(&bytes[close..]) || !bytes[end..close].iter().all(|&b| in_list(b)) {
        return None;
    }
    let open = skip_back(bytes, name.start, name.start.saturating_sub(LONGEST_LIST), in_list);
    if open == 0 || bytes[open - 1] != b'(' {
        return None;
    }
    // The row is behind the list, and the value at the same place of it.
    let place = memchr::memchr_iter(b',', &bytes[open..name.start]).count();
    let word = skip(bytes, close + 1, close + 4, |b| b.is_ascii_whitespace());
    let row = skip(bytes, word + b"VALUES".len(), word + 32, |b| b.is_ascii_whitespace());
    if bytes.get(row) != Some(&b'(') {
        return None;
    }
    let value = nth(bytes, row + 1, place)?;
    if stores_digest(name.of(bytes), value.of(bytes)) {
        return None;
    }
    let (operator, wrapper) = (Operator::Argument, Span::default());
    let quoting = Quoting::Quoted { interpolated: false, joined: false };
    let depends_on = Span::new(open - 1, value.end).widen(0, byte::START_REACH, bytes.len());
    Some(Assignment { name, operator, value, quoting, wrapper, depends_on })
}

/// The string at `place` of a row whose first value begins at `start`.
fn nth(bytes: &[u8], start: usize, place: usize) -> Option<Span> {
    let mut at = start;
    for index in 0..=place {
        at = skip(bytes, at, at + 16, |b| b.is_ascii_whitespace());
        at += usize::from(bytes.get(at..)?.starts_with(b"N'"));
        let quote = bytes.get(at).copied().filter(|b| matches!(b, b'\'' | b'"'));
        let value = match quote {
            Some(quote) => string(bytes, at + 1, quote)?,
            None => Span::new(
                at,
                skip(bytes, at, start + LONGEST_ROW, |b| !matches!(b, b',' | b'(' | b')' | b'\n')),
            ),
        };
        at = value.end + usize::from(quote.is_some());
        if index == place {
            return quote.is_some().then_some(value).filter(|value| !value.is_empty());
        }
        at = skip(bytes, at, at + 16, |b| b.is_ascii_whitespace());
        if bytes.get(at) != Some(&b',') || at > start + LONGEST_ROW {
            return None;
        }
        at += 1;
    }
    None
}

/// A string up to its quote, of which two stand for one.
fn string(bytes: &[u8], start: usize, quote: u8) -> Option<Span> {
    let limit = (start + LONGEST_VALUE / 2).min(bytes.len());
    let mut at = start;
    loop {
        at += memchr::memchr3(quote, b'\\', b'\n', bytes.get(at..limit)?)?;
        match bytes[at] {
            b'\n' => return None,
            b'\\' => at += 2,
            _ if bytes.get(at + 1) == Some(&quote) => at += 2,
            _ => return Some(Span::new(start, at)),
        }
    }
}

/// Whether the column is one of passwords, and the value what hashing gives.
fn stores_digest(name: &[u8], text: &[u8]) -> bool {
    let name = name.to_ascii_lowercase();
    let is_of_passwords =
        [b"pass".as_slice(), b"pwd"].iter().any(|piece| memchr::memmem::find(&name, piece).is_some());
    is_of_passwords && matches!(text.len(), 32 | 40 | 64 | 96 | 128) && value::is_hex(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of_password(text: &str) -> Option<&str> {
        let start = text.find("password").expect("it is there");
        let name = Span::new(start, start + "password".len());
        let end = name.end + usize::from(text.as_bytes()[name.end] == b'`');
        read(text.as_bytes(), name, end).map(|found| &text[found.value.start..found.value.end])
    }

    #[test]
    fn the_value_at_the_place_of_the_column_is_read() {
        for text in [
            "(name, password) VALUES ('x', 'abc')",
            "(`id`, `password`, `role`)\nVALUES\n  (1, 'abc', 'x'),",
            "(password) values (N'abc')",
            "(id, name, password) VALUES (NULL, 'it''s', \"abc\")",
        ] {
            assert_eq!(of_password(text), Some("abc"), "{text}");
        }
        for text in [
            "(name, password) VALUES (?, ?)",
            "(name, password) VALUES ('x', :password)",
            "(name, password) VALUES ('x', MD5('abc'))",
            "(name, password) VALUES (f('x'), 'abc')",
            "(name, password) SELECT 'x', 'abc'",
            "name, password) VALUES ('x', 'abc')",
            "(password) VALUES ('5f4dcc3b5aa765d61d8327deb882cf99')",
            "(name, password) VALUES ('x')",
            "check(name, password)",
        ] {
            assert_eq!(of_password(text), None, "{text}");
        }
    }
}

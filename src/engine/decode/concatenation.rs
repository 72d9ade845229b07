//! Strings that are joined where they stand: `"abc" + "def"`, `"abc" . "def"`, `"abc" "def"`, over lines as well.

use super::{Decoded, Encoding};
use crate::engine::assignment::LONGEST_VALUE;
use crate::engine::byte::{self, skip};
use crate::engine::literal::next_string;
use crate::span::Span;

/// The most strings that are put together.
const MOST: usize = 16;
/// The widest gap between two of them, in bytes.
const WIDEST: usize = 64;

/// The string that begins with the one inside quotes at `first`; `None` if no other is joined to it.
pub fn decode(bytes: &[u8], first: Span) -> Option<Decoded> {
    let quote = *bytes.get(first.end).filter(|b| matches!(b, b'"' | b'\''))?;
    let mut decoded = Decoded::new(Encoding::Concatenation);
    decoded.copy(bytes, first);
    let (mut end, mut strings) = (first.end, 1);
    while strings < MOST
        && let Some(next) = next(bytes, end + 1, quote)
        && next.end <= first.start + LONGEST_VALUE
    {
        decoded.copy(bytes, next);
        (end, strings) = (next.end, strings + 1);
    }
    (strings > 1).then_some(decoded)
}

/// The string that is joined to what ends at `at`.
fn next(bytes: &[u8], at: usize, quote: u8) -> Option<Span> {
    let is_space = |b: u8| byte::is_blank(b) || matches!(b, b'\r' | b'\n' | b'\\');
    let sign = skip(bytes, at, at + WIDEST, is_space);
    // `..` joins in Lua, `&` in Basic, `<<` in streams.
    let after = skip(bytes, sign, sign + 2, |b| matches!(b, b'+' | b'.' | b'&' | b'<'));
    let start = skip(bytes, after, after + WIDEST, is_space);
    let closed = |from: usize| {
        let end = skip(bytes, from, from + LONGEST_VALUE, |b| b != quote && b != b'\n' && b != b'\\');
        (bytes.get(end) == Some(&quote)).then(|| Span::new(from, end))
    };
    if after == sign {
        return next_string(bytes, at, quote);
    }
    (bytes.get(start) == Some(&quote)).then(|| closed(start + 1))?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_are_put_together_and_each_byte_keeps_its_place() {
        for text in [
            r#""abc" + "def""#, "\"abc\" .\n  \"def\"", "\"abc\" +\r\n\t\"def\"", r#""abc" .. "def""#,
            r#""abc" "def""#, "\"abc\" \\\n  \"def\"",
        ] {
            let decoded = decode(text.as_bytes(), Span::new(1, 4)).expect("two strings");
            assert_eq!(decoded.bytes, b"abcdef", "{text}");
            let f = text.find('f').expect("it is there");
            assert_eq!(decoded.origin(Span::new(5, 6)), Span::new(f, f + 1), "{text}");
        }
        for text in
            [r#""abc", "def""#, r#""abc" + name"#, r#""abc" + 'def'"#, r#""abc""def""#, "\"abc\"\n\"def\": 1"]
        {
            assert!(decode(text.as_bytes(), Span::new(1, 4)).is_none(), "{text}");
        }
    }
}

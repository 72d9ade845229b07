//! Reads strings that are marked off by more than quotes: raw strings, here documents, brackets, CDATA.
//!
//! What stands in a value's place says which of them it is: `R"(…)"`, `r##"…"##`, `[[…]]`, `q{…}`, `%q(…)`, `@'…'@`,
//! `<<EOT …`, `<![CDATA[…]]>`. A text of several lines is a document, a script or a key in PEM, which has a rule of
//! its own: only what is one line is taken. It leaves ordinary quotes to `literal.rs`.

use super::assignment::{LONGEST_VALUE, Reader};
use super::byte::{self, skip, skip_back};
use crate::span::Span;

/// The longest word that a here document or a raw string ends with.
const LONGEST_WORD: usize = 16;
/// The deepest that the end of a here document is indented, and the longest way from a mark to the next line.
const DEEPEST: usize = 40;

/// A string of such a kind.
pub struct Delimited {
    /// What it holds, without white space around it where it stands on a line of its own.
    pub value: Span,
    /// It may have parts that are computed.
    pub interpolated: bool,
}

/// Reads and passes such a string, if one begins here.
pub fn delimited(reader: &mut Reader<'_>) -> Option<Delimited> {
    let rest = &reader.bytes[reader.at.min(reader.bytes.len())..];
    let plain = |value| Delimited { value, interpolated: false };
    match rest {
        [b'<', b'!', b'[', ..] => cdata(reader).map(plain),
        [b'<', b'<', ..] => here_document(reader),
        [b'@', quote @ (b'"' | b'\''), b'\r' | b'\n', ..] => {
            let quote = *quote;
            let line = own_line(reader, reader.at + 2, &[quote, b'@'])?;
            Some(Delimited { value: line, interpolated: quote == b'"' })
        }
        [b'R', b'"', ..] => raw(reader, reader.at + 2).map(plain),
        [b'r', b'#', b'#', ..] => hashes(reader, reader.at + 1).map(plain),
        [b'[', b'[', ..] => enclosed(reader, reader.at + 2, b"]]").map(plain),
        // In a string of SQL, and as Nix writes strings.
        [b'\'', b'\'', first, ..] if byte::is_word(*first) => {
            enclosed(reader, reader.at + 2, b"''").filter(|value| is_word(value.of(reader.bytes))).map(plain)
        }
        [b'q', ..] | [b'%', ..] => quote_like(reader),
        _ => None,
    }
}

/// Whether it is one word without quotes.
fn is_word(text: &[u8]) -> bool {
    text.iter().all(|b| !b.is_ascii_whitespace() && !matches!(b, b'\'' | b'"'))
}

/// `<![CDATA[…]]>`.
fn cdata(reader: &mut Reader<'_>) -> Option<Span> {
    let open = b"<![CDATA[";
    reader.bytes[reader.at..].starts_with(open).then(|| enclosed(reader, reader.at + open.len(), b"]]>"))?
}

/// `<<EOT`, `<<-EOT`, `<<~EOT`, `<<<'EOT'` and a line, and the word again.
fn here_document(reader: &mut Reader<'_>) -> Option<Delimited> {
    let bytes = reader.bytes;
    let mark = skip(bytes, reader.at, reader.at + 4, |b| matches!(b, b'<' | b'-' | b'~'));
    let quoted = bytes.get(mark).copied().filter(|b| matches!(b, b'\'' | b'"'));
    let start = mark + usize::from(quoted.is_some());
    let end = skip(bytes, start, start + LONGEST_WORD, byte::is_word);
    let line = end + usize::from(quoted.is_some() && bytes.get(end).copied() == quoted);
    let word = Span::new(start, end).of(bytes);
    let is_word = word.first().is_some_and(|b| b.is_ascii_alphabetic() || *b == b'_');
    let value = is_word.then(|| own_line(reader, line, word))??;
    Some(Delimited { value, interpolated: quoted != Some(b'\'') })
}

/// The one line between `mark`, which the rest of its line is blank behind, and a line that begins with `end`.
fn own_line(reader: &mut Reader<'_>, mark: usize, end: &[u8]) -> Option<Span> {
    let bytes = reader.bytes;
    let first = skip(bytes, mark, mark + 4, |b| byte::is_blank(b) || b == b'\r');
    if bytes.get(first) != Some(&b'\n') {
        return None;
    }
    let start = skip(bytes, first + 1, first + DEEPEST, byte::is_blank);
    let line = skip(bytes, start, start + LONGEST_VALUE, |b| b != b'\n');
    let value = Span::new(start, skip_back(bytes, line, start, |b| b.is_ascii_whitespace()));
    let next = skip(bytes, line + 1, line + DEEPEST, byte::is_blank);
    let ends = bytes.get(next..)?.starts_with(end) && !value.is_empty();
    ends.then(|| reader.at = next + end.len())?;
    Some(value)
}

/// `R"(…)"` and `R"word(…)word"`.
fn raw(reader: &mut Reader<'_>, start: usize) -> Option<Span> {
    let bytes = reader.bytes;
    let open = skip(bytes, start, start + LONGEST_WORD, byte::is_word);
    if bytes.get(open) != Some(&b'(') {
        return None;
    }
    let mut end = [0; LONGEST_WORD + 2];
    let word = &bytes[start..open];
    end[0] = b')';
    end[1..=word.len()].copy_from_slice(word);
    end[word.len() + 1] = b'"';
    enclosed(reader, open + 1, &end[..word.len() + 2])
}

/// `r##"…"##`; one of them is as good as none.
fn hashes(reader: &mut Reader<'_>, start: usize) -> Option<Span> {
    let end = *b"\"########";
    let count = skip(reader.bytes, start, start + end.len() - 1, |b| b == b'#') - start;
    let open = start + count;
    (reader.bytes.get(open) == Some(&b'"')).then(|| enclosed(reader, open + 1, &end[..=count]))?
}

/// `q{…}` and `qq(…)` as Perl writes them, `%q(…)` and `%Q[…]` as Ruby does.
fn quote_like(reader: &mut Reader<'_>) -> Option<Delimited> {
    let bytes = reader.bytes;
    let ruby = bytes[reader.at] == b'%';
    let word = skip(bytes, reader.at + usize::from(ruby), reader.at + 2, |b| matches!(b, b'q' | b'Q'));
    let (letters, open) = (word - reader.at - usize::from(ruby), *bytes.get(word)?);
    let close = match open {
        b'{' => b'}',
        b'[' => b']',
        b'(' => b')',
        _ => return None,
    };
    if letters == 0 {
        return None;
    }
    let interpolated = letters == 2 || bytes[word - 1] == b'Q';
    let value = enclosed(reader, word + 1, &[close])?;
    // Elsewhere `q(name)` calls a function.
    let is_call = !ruby && open == b'(' && !value.of(bytes).iter().any(u8::is_ascii_digit);
    (!is_call).then_some(Delimited { value, interpolated })
}

/// What stands on one line between `start` and `end`, and holds neither quotes nor what divides a list.
fn enclosed(reader: &mut Reader<'_>, start: usize, end: &[u8]) -> Option<Span> {
    let limit = (start + LONGEST_VALUE).min(reader.bytes.len());
    let text = reader.bytes.get(start..limit)?;
    let length = memchr::memmem::find(text, end)?;
    let is_list = matches!(text[..length].first(), None | Some(b'"' | b'\'' | b'[' | b'{' | b','))
        || end == b"]]" && text[..length].iter().any(|b| matches!(b, b',' | b'[' | b' ' | b':'));
    if is_list || text[..length].contains(&b'\n') {
        return None;
    }
    reader.at = start + length + end.len();
    Some(Span::new(start, start + length))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<&str> {
        let mut reader = Reader::new(text.as_bytes(), 0);
        delimited(&mut reader).map(|found| &text[found.value.start..found.value.end])
    }

    #[test]
    fn each_kind_is_read_to_its_end() {
        for text in [
            "R\"(abc)\";", "R\"x(abc)x\"", "r##\"abc\"##", "[[abc]]", "q{abc}", "qq[abc];", "%q(abc)",
            "%Q{abc}", "@'\nabc\n'@", "@\"\r\nabc\r\n\"@", "<<EOT\nabc\nEOT\n", "<<-EOF\n    abc\n  EOF",
            "<<<'X'\nabc\nX;", "<<~\"END\"\n  abc\nEND", "<![CDATA[abc]]></x>", "''abc''",
        ] {
            assert_eq!(read(text), Some("abc"), "{text}");
        }
        assert_eq!(read("q(abc1)"), Some("abc1"));
    }

    #[test]
    fn what_looks_alike_is_left() {
        for text in [
            "q(abc)", "query", "q{'abc'}", "%s", "%{abc}", "[[\"a\", \"b\"]]", "[[1, 2], [3, 4]]",
            "[[:digit:]]+", "[[abc", "R\"()\"", "Rabc", "r##abc", "<< abc", "<<EOT\nabc\ndef\nEOT\n",
            "<<EOT\n\nEOT\n", "<<1\nabc\n1", "@'abc'", "@\"\nabc\ndef\n\"@", "<![CDATA[]]>", "'', ''",
            "''abc def''", "'''abc'''",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}

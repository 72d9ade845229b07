//! Reads how a value is given a name, in whatever syntax: `KEY=value`, `key: value`, JSON, YAML, TOML,
//! XML attributes and elements, function arguments, setters and defaults, headers, flags, dictionary
//! access, comparisons with a literal, name and value in neighbouring fields.
//!
//! It reads forward from a name and says what stands there; whether name and value mean a secret is
//! judged elsewhere. It looks at a bounded number of bytes on either side of the name.

use super::byte::{self, skip, skip_back};
use crate::span::Span;

/// The longest name, in bytes.
const LONGEST_NAME: usize = 96;
/// The longest stretch between a name and its value.
const LONGEST_GAP: usize = 64;
/// The longest value.
pub const LONGEST_VALUE: usize = 512;

/// A name, and the value it is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Assignment {
    /// The name with its dots and dashes, without quotes, sigils and brackets.
    pub name: Span,
    /// What joins the two.
    pub operator: Operator,
    /// The value without its quotes.
    pub value: Span,
    /// How the value is marked off.
    pub quoting: Quoting,
    /// The function that the value is handed to on its way, innermost; empty where there is none.
    pub wrapper: Span,
    /// Every byte that was looked at.
    pub depends_on: Span,
}

/// What joins a name and its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operator {
    /// `=`, `:=`, `+=` and the like. `tight`: no blank on either side.
    Equals {
        /// No blank on either side.
        tight: bool,
    },
    /// `:`.
    Colon,
    /// `=>`, `<-`, `->`.
    Arrow,
    /// `==`, `!=`, `===`.
    Comparison,
    /// The value is the first argument of the named function.
    Call,
    /// The name is a string, and the value the next argument or the other half of a pair.
    Argument,
    /// `<name>value</name>`.
    Element,
    /// A flag and its argument, with a blank between.
    Flag,
    /// A blank between a keyword and its quoted value: `PASSWORD 'x'`.
    Keyword,
    /// The name is the value of one field, the value that of the next: `name: X`, `value: y`.
    NextField,
}

/// How a value is marked off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quoting {
    /// Not at all: it ends where white space or punctuation begins.
    Bare,
    /// By quotes of some kind.
    Quoted {
        /// The string may have parts that are computed: a template, an f-string, a shell string.
        interpolated: bool,
        /// Something is joined to the string, before or after.
        joined: bool,
    },
    /// By the tags of an element.
    Element,
}

/// A position in the bytes with the means to move on from it.
struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Reader<'_> {
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn peek_at(&self, ahead: usize) -> Option<u8> {
        self.bytes.get(self.at + ahead).copied()
    }

    fn take(&mut self, text: &[u8]) -> bool {
        let there = self.bytes[self.at.min(self.bytes.len())..].starts_with(text);
        self.at += if there { text.len() } else { 0 };
        there
    }

    fn blanks(&mut self) -> usize {
        let start = self.at;
        self.at = skip(self.bytes, start, start + LONGEST_GAP, byte::is_blank);
        self.at - start
    }

    /// Passes blanks and line ends; for places where a value may stand on the next line.
    fn space(&mut self) {
        self.at = skip(self.bytes, self.at, self.at + LONGEST_GAP, |b| b.is_ascii_whitespace());
    }
}

/// Reads the assignment whose name holds the byte at `hit`.
pub fn read(bytes: &[u8], hit: usize) -> Option<Assignment> {
    let name = name_around(bytes, hit)?;
    let mut reader = Reader { bytes, at: name.end };
    let quoted = close_name(&mut reader, name);
    let operator = operator(&mut reader, name, quoted)?;
    let (value, quoting, wrapper) = value(&mut reader, operator)?;
    // What could have stood between the two was looked for, too: a type, a call, a second field.
    let looked_at = Span::new(name.start, value.end.max(name.end + 5 * LONGEST_GAP));
    let depends_on = looked_at.widen(8, 8, bytes.len());
    Some(Assignment { name, operator, value, quoting, wrapper, depends_on })
}

/// The name around a byte: word bytes, and dots and dashes between them.
fn name_around(bytes: &[u8], hit: usize) -> Option<Span> {
    let end = skip(bytes, hit, hit + LONGEST_NAME, byte::is_name);
    // Nothing that joins a value begins with these; most names end here.
    if matches!(
        bytes.get(end),
        None | Some(b')' | b';' | b'/' | b'}' | b'#' | b'%' | b'&' | b'@' | b'^' | b'~' | b'{')
    ) {
        return None;
    }
    let limit = hit.saturating_sub(LONGEST_NAME);
    let start = skip_back(bytes, hit, limit, byte::is_name);
    // A dot or dash at an end belongs to what is around: a flag's dashes, a sentence's dot, `->`.
    let start = skip(bytes, start, end, |b| !byte::is_word(b));
    let end = skip_back(bytes, end, start, |b| !byte::is_word(b));
    (start <= hit && hit < end && (start > limit || start == 0)).then_some(Span::new(start, end))
}

/// Passes what closes a name: quotes, a subscript's bracket, marks of optional fields. Answers whether
/// the name was a string.
fn close_name(reader: &mut Reader<'_>, name: Span) -> bool {
    let before = name.start.checked_sub(1).map(|index| reader.bytes[index]);
    let mut quoted = false;
    if matches!(reader.peek(), Some(b'?' | b'!')) && reader.peek_at(1) == Some(b':') {
        reader.at += 1;
    }
    let escapes = skip(reader.bytes, reader.at, reader.at + 4, |b| b == b'\\') - reader.at;
    if let Some(quote @ (b'"' | b'\'' | b'`')) = reader.peek_at(escapes) {
        if before == Some(quote) {
            quoted = true;
            reader.at += escapes + 1;
        }
    } else if reader.bytes[reader.at..].starts_with(b"&quot;") {
        quoted = true;
        reader.at += 6;
    }
    if reader.peek() == Some(b']') {
        reader.at += 1;
    } else if reader.peek() == Some(b'[') {
        // The size of an array: `char password[] =`, `char password[32] =`.
        let end = skip(reader.bytes, reader.at + 1, reader.at + 8, |b| b.is_ascii_digit());
        if reader.bytes.get(end) == Some(&b']') {
            reader.at = end + 1;
        }
    }
    quoted
}

fn operator(reader: &mut Reader<'_>, name: Span, quoted: bool) -> Option<Operator> {
    let bytes = reader.bytes;
    let before = name.start.checked_sub(1).map(|index| bytes[index]);
    let start = reader.at;
    if !quoted && reader.take(b"(") {
        return Some(Operator::Call);
    }
    if !quoted && matches!(before, Some(b'<' | b':')) && reader.take(b">") {
        return Some(Operator::Element);
    }
    let blanks = reader.blanks();
    let rest = &bytes[reader.at.min(bytes.len())..];
    let found = match rest {
        [b'=', b'=', ..] | [b'!', b'=', ..] => {
            reader.at = skip(bytes, reader.at, reader.at + 3, |b| matches!(b, b'=' | b'!'));
            Operator::Comparison
        }
        [b'=', b'>', ..] | [b'<', b'-', ..] | [b'-', b'>', ..] => {
            reader.at += 2;
            Operator::Arrow
        }
        [b'=', b'~', ..] | [b':', b':', ..] => return None,
        [b':' | b'+' | b'?' | b'.', b'=', ..] | [b'|', b'|', b'=', ..] => {
            reader.at = skip(bytes, reader.at, reader.at + 3, |b| b != b'=') + 1;
            Operator::Equals { tight: false }
        }
        [b'=', ..] => {
            reader.at += 1;
            Operator::Equals { tight: blanks == 0 && !reader.peek().is_some_and(byte::is_blank) }
        }
        [b':', ..] => {
            reader.at += 1;
            declared_type(reader).unwrap_or(Operator::Colon)
        }
        [b',', ..] if quoted => {
            reader.at += 1;
            reader.space();
            if next_field(reader) { Operator::NextField } else { Operator::Argument }
        }
        _ => {
            reader.at = start;
            reader.space();
            let flag = before == Some(b'-') && !quoted;
            if reader.at > start && next_field(reader) {
                Operator::NextField
            } else if flag && blanks > 0 && reader.at == start + blanks {
                Operator::Flag
            } else if !quoted
                && blanks > 0
                && matches!(reader.peek(), Some(b'"' | b'\''))
                && reader.at == start + blanks
            {
                Operator::Keyword
            } else {
                return None;
            }
        }
    };
    Some(found)
}

/// After a colon: a type and an equals sign before a string, `password: String = "…"`.
fn declared_type(reader: &mut Reader<'_>) -> Option<Operator> {
    let in_type = |b: u8| {
        byte::is_word(b)
            || matches!(b, b' ' | b'<' | b'>' | b'[' | b']' | b'?' | b'&' | b'.' | b'*' | b'|' | b'\'')
    };
    let end = skip(reader.bytes, reader.at, reader.at + LONGEST_GAP, in_type);
    let written = reader.bytes[reader.at..end].trim_ascii();
    let words = written.split(|b| byte::is_blank(*b)).filter(|word| *word != b"|" && *word != b"mut").count();
    if reader.bytes.get(end) != Some(&b'=') || written.is_empty() || words > 2 {
        return None;
    }
    let value = skip(reader.bytes, end + 1, end + 4, byte::is_blank);
    matches!(reader.bytes.get(value), Some(b'"' | b'\'' | b'`')).then(|| {
        reader.at = end + 1;
        Operator::Equals { tight: false }
    })
}

/// Passes the name and operator of a field called `value`.
fn next_field(reader: &mut Reader<'_>) -> bool {
    let start = reader.at;
    let is_quote = |b: u8| matches!(b, b'"' | b'\'' | b'\\');
    reader.at = skip(reader.bytes, reader.at, reader.at + 3, |b| is_quote(b) || b == b'@');
    if !(reader.take(b"value") || reader.take(b"Value") || reader.take(b"VALUE")) {
        reader.at = start;
        return false;
    }
    reader.at = skip(reader.bytes, reader.at, reader.at + 2, is_quote);
    reader.blanks();
    if matches!(reader.peek(), Some(b':' | b'=')) {
        reader.at = skip(reader.bytes, reader.at, reader.at + 2, |b| matches!(b, b':' | b'=' | b'>'));
        return true;
    }
    reader.at = start;
    false
}

/// Reads the value that begins behind an operator.
fn value(reader: &mut Reader<'_>, operator: Operator) -> Option<(Span, Quoting, Span)> {
    let bytes = reader.bytes;
    if operator == Operator::Element {
        let end = skip(bytes, reader.at, reader.at + LONGEST_VALUE, |b| !matches!(b, b'<' | b'\n' | b'\r'));
        let value = trim(bytes, Span::new(reader.at, end));
        return (bytes[end..].starts_with(b"</") && !value.is_empty()).then_some((
            value,
            Quoting::Element,
            Span::default(),
        ));
    }
    reader.blanks();
    let start = reader.at;
    let mut wrapper = Span::default();
    for _ in 0..4 {
        if let Some((opened, interpolated)) = open_quote(reader) {
            let (value, joined) = quoted(reader, opened)?;
            return Some((value, Quoting::Quoted { interpolated, joined }, wrapper));
        }
        match open_call(reader) {
            Some(callee) => wrapper = callee,
            None => break,
        }
    }
    if matches!(operator, Operator::Call | Operator::Argument | Operator::Keyword | Operator::Comparison) {
        return None;
    }
    bare(bytes, start).map(|value| (value, Quoting::Bare, Span::default()))
}

/// A kind of quote that a value opened with.
#[derive(Clone, Copy)]
struct Quote {
    byte: u8,
    /// How many of them: three for a long string.
    count: usize,
    /// How many backslashes stand before each: a string inside a string.
    escapes: usize,
}

/// Passes an opening quote with its prefix. Answers with it whether parts may be computed.
fn open_quote(reader: &mut Reader<'_>) -> Option<(Quote, bool)> {
    let bytes = reader.bytes;
    let start = reader.at;
    // A value may stand on the next line, if a string begins there.
    reader.space();
    let prefix = Span::new(
        reader.at,
        skip(bytes, reader.at, reader.at + 2, |b| b.is_ascii_alphabetic() || matches!(b, b'@' | b'$')),
    );
    let open = |at: usize| {
        let escapes = skip(bytes, at, at + 4, |b| b == b'\\') - at;
        bytes.get(at + escapes).filter(|b| matches!(b, b'"' | b'\'' | b'`')).map(|&byte| (byte, escapes))
    };
    let found = [reader.at, prefix.start + 1, prefix.end]
        .into_iter()
        .filter(|&at| at <= prefix.end)
        .find_map(|at| open(at).map(|quote| (at, quote)));
    let Some((at, (byte, escapes))) = found else {
        reader.at = start;
        return None;
    };
    let prefix = Span::new(prefix.start, at).of(bytes);
    let count = if escapes == 0 && bytes[at..].starts_with(&[byte; 3]) { 3 } else { 1 };
    reader.at = at + escapes + count;
    let interpolated = byte == b'`' || prefix.iter().any(|b| matches!(b, b'f' | b'F' | b'$' | b's'));
    Some((Quote { byte, count, escapes }, interpolated))
}

/// Reads a string to its closing quote on the same line. Answers with it whether something is joined on.
fn quoted(reader: &mut Reader<'_>, quote: Quote) -> Option<(Span, bool)> {
    let bytes = reader.bytes;
    let start = reader.at;
    let limit = (start + LONGEST_VALUE).min(bytes.len());
    let mut at = start;
    let end = loop {
        let found = at + memchr::memchr3(quote.byte, b'\\', b'\n', &bytes[at..limit])?;
        let escapes = skip(bytes, found, found + 8, |b| b == b'\\') - found;
        let byte = *bytes.get(found + escapes)?;
        if byte == quote.byte
            && escapes <= quote.escapes
            && bytes[found + escapes..].starts_with(&[byte; 3][..quote.count])
        {
            break found;
        }
        if byte == b'\n' && quote.count == 1 {
            return None;
        }
        at = (found + escapes + 1).min(limit);
    };
    let after =
        skip(bytes, end + quote.escapes + quote.count, end + quote.escapes + quote.count + 4, byte::is_blank);
    let joined = match bytes.get(after..after + 2) {
        Some([b'+', b'=']) => false,
        Some([b'+', _] | [b'.', b' ' | b'$' | b'.'] | [b'<', b'<']) => true,
        _ => false,
    };
    Some((Span::new(start, end), joined))
}

/// Passes `name(`, `new name(`, `&name(`: a function that the value is handed to. Answers with its name.
fn open_call(reader: &mut Reader<'_>) -> Option<Span> {
    let bytes = reader.bytes;
    let start = reader.at;
    for keyword in [b"new ".as_slice(), b"await ", b"&", b"*", b"[]"] {
        reader.take(keyword);
    }
    let in_path = |b: u8| byte::is_word(b) || matches!(b, b'.' | b':' | b'<' | b'>' | b'-');
    let end = skip(bytes, reader.at, reader.at + LONGEST_GAP, in_path);
    let callee = Span::new(reader.at, end);
    reader.at = end;
    reader.take(b"!");
    if reader.take(b"(") {
        reader.space();
        Some(callee)
    } else {
        reader.at = start;
        None
    }
}

/// A value without quotes: up to white space or to what cannot stand in one.
fn bare(bytes: &[u8], start: usize) -> Option<Span> {
    let ends = |b: u8| {
        b.is_ascii_whitespace() || matches!(b, b'"' | b'\'' | b'`' | b',' | b';' | b'<' | b'>' | b'|' | b'\\')
    };
    let end = skip(bytes, start, start + LONGEST_VALUE, |b| !ends(b));
    if end == start || end == start + LONGEST_VALUE {
        return None;
    }
    // What closes something that opened before the value does not belong to it.
    let mut value = Span::new(start, end);
    for (open, close) in [(b'(', b')'), (b'{', b'}'), (b'[', b']')] {
        if let Some(at) = memchr::memchr(close, value.of(bytes)) {
            if memchr::memchr(open, &value.of(bytes)[..at]).is_none() {
                value.end = value.start + at;
            }
        }
    }
    value.end = skip_back(bytes, value.end, value.start, |b| matches!(b, b'.' | b':'));
    (!value.is_empty()).then_some(value)
}

fn trim(bytes: &[u8], span: Span) -> Span {
    let end = skip_back(bytes, span.end, span.start, |b| b.is_ascii_whitespace());
    Span::new(skip(bytes, span.start, end, |b| b.is_ascii_whitespace()), end)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Reads at `password` and shows what was read.
    fn shown(text: &str) -> String {
        let bytes = text.as_bytes();
        let hit = text.to_lowercase().find("password").expect("the text holds it");
        read(bytes, hit).map_or_else(
            || "nothing".to_owned(),
            |a| {
                let of = |span: Span| String::from_utf8_lossy(span.of(bytes)).into_owned();
                let operator = format!("{:?}", a.operator);
                let operator = operator.split_whitespace().next().expect("a name is printed").to_owned();
                format!("{} {} {}", of(a.name), operator, of(a.value))
            },
        )
    }

    #[test]
    fn every_syntax_gives_name_and_value() {
        for (text, expected) in [
            ("DB_PASSWORD=abc123", "DB_PASSWORD Equals abc123"),
            ("db.password = abc123 # x", "db.password Equals abc123"),
            ("password: abc123\n", "password Colon abc123"),
            (r#""password": "abc 123","#, "password Colon abc 123"),
            (r#"{\"password\":\"abc\",\"x\":1}"#, "password Colon abc"),
            ("let password: &str = \"abc\";", "password Equals abc"),
            ("password := `abc`", "password Equals abc"),
            (":password => 'abc'", "password Arrow abc"),
            ("password <- 'abc'", "password Arrow abc"),
            ("if (password == \"abc\")", "password Comparison abc"),
            ("<password>abc</password>", "password Element abc"),
            ("<user password='abc'/>", "password Equals abc"),
            ("config[\"password\"] = 'abc'", "password Equals abc"),
            ("conn.setPassword(\"abc\")", "conn.setPassword Call abc"),
            ("define('DB_PASSWORD', 'abc');", "DB_PASSWORD Argument abc"),
            ("getenv(\"DB_PASSWORD\", \"abc\")", "DB_PASSWORD Argument abc"),
            ("mysql --password abc -h x", "password Flag abc"),
            ("mysql --password=abc -h x", "password Equals abc"),
            ("PASSWORD 'abc'", "PASSWORD Keyword abc"),
            ("- name: DB_PASSWORD\n  value: abc", "DB_PASSWORD NextField abc"),
            (r#"{"name": "DB_PASSWORD", "value": "abc"}"#, "DB_PASSWORD NextField abc"),
            (r#"<add key="DB_PASSWORD" value="abc" />"#, "DB_PASSWORD NextField abc"),
            ("password = Some(\"abc\")", "password Equals abc"),
            ("password: aws.String(\"abc\"),", "password Colon abc"),
            ("char password[] = \"abc\";", "password Equals abc"),
            ("password=\n    \"abc\"", "password Equals abc"),
            ("f(user, password=b'abc')", "password Equals abc"),
            ("https://h/?password=abc&x=y", "password Equals abc&x=y"),
            ("password = '''abc'''", "password Equals abc"),
            ("the password is good", "nothing"),
            ("password(user)", "nothing"),
            ("password::new()", "nothing"),
            ("password = \"not closed\n\"", "nothing"),
        ] {
            assert_eq!(shown(text), expected, "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_within_bounds(text in r#"[ -~\n\tß€]{0,60}password[ =:"'\\(),<>\[\]a-zß€\n-]{0,40}[ -~\nß€]{0,60}"#) {
            let hit = text.find("password").expect("the text holds it");
            if let Some(assignment) = read(text.as_bytes(), hit) {
                prop_assert!(text.get(assignment.value.start..assignment.value.end).is_some());
                prop_assert!(text.get(assignment.name.start..assignment.name.end).is_some());
                prop_assert!(assignment.depends_on.contains(assignment.name.union(assignment.value)));
            }
        }

        #[test]
        fn bytes_that_are_no_text_do_no_harm(bytes in prop::collection::vec(any::<u8>(), 1..300), hit in any::<prop::sample::Index>()) {
            let _ = read(&bytes, hit.index(bytes.len()));
        }
    }
}

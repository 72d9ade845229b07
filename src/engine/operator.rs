//! Reads what joins a name and its value: signs, words, brackets, a field that follows.
//!
//! It reads forward from the end of a name and stops where the value begins; how that is written is
//! read by `literal.rs`.

use std::ops::ControlFlow::{self, Break, Continue};

use super::assignment::{LONGEST_GAP, LONGEST_SCOPE, LONGEST_VALUE, Reader, TYPES, answers};
use super::byte::{self, skip, skip_back};
use super::plausible::Look;
use crate::span::Span;

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
    /// The name is an attribute's value or stands in an element of a table, and the value is the text that follows:
    /// `<entry key="name">value</entry>`, `<td>name</td><td>value</td>`.
    Label,
    /// Name and value stand in neighbouring cells: `| name | value |`.
    Cell,
    /// The name is that of a column of a table, into which a statement inserts the value.
    Column,
    /// A flag and its argument, with a blank between.
    Flag,
    /// A blank between a keyword and its value, which is quoted or too long for a word: `PASSWORD 'x'`.
    Keyword,
    /// The name is the value of one field, the value that of the next: `name: X`, `value: y`.
    NextField,
    /// The value is one of a list whose name is in the plural: `tokens = ["x", "y"]`.
    Item,
    /// The value is a member of a section whose name says what it holds: `secrets:` and, below it, `x: y`.
    Member,
    /// The second of two strings in brackets, a user and a password: `auth=("x", "y")`.
    Pair,
    /// `||`, `??`, `or` and a string: what is taken where the name has no value.
    Default,
}

/// What a way of reading tells of what joins a name and its value: `Break` with that, or with `None` where nothing does.
type Told = ControlFlow<Option<Operator>>;

/// Reads what joins `name` and its value, and passes it; `quoted`: the name is a string.
pub fn operator(reader: &mut Reader<'_>, name: Span, quoted: bool) -> Option<Operator> {
    told(reader, name, quoted).break_value().flatten()
}

fn told(reader: &mut Reader<'_>, name: Span, quoted: bool) -> Told {
    let start = reader.at;
    if !quoted {
        right_behind(reader, name)?;
    }
    let blanks = reader.blanks();
    in_words(reader, name, blanks, quoted)?;
    match reader.bytes.get(reader.at) {
        Some(b':') => return Break(colon(reader, name, blanks)),
        Some(b',') => comma(reader, name, quoted)?,
        _ => sign(reader, blanks, quoted)?,
    }
    reader.at = start;
    Break(no_sign(reader, name, quoted, blanks))
}

/// What stands right behind a name that is no string, and needs no blank.
fn right_behind(reader: &mut Reader<'_>, name: Span) -> Told {
    let (bytes, start) = (reader.bytes, reader.at);
    let (before, rest) = (&bytes[..name.start], &bytes[start..]);
    if reader.take(b"(") {
        let is_compared = name.of(bytes).ends_with(b".equals");
        return Break(Some(if is_compared { Operator::Comparison } else { Operator::Call }));
    }
    if is_braced(rest) {
        reader.at += 1;
        return Break(Some(Operator::Equals { tight: false }));
    }
    if answers(rest) {
        reader.at += b") { ".len();
        return Break(before.ends_with(b"(:").then_some(Operator::Argument));
    }
    if matches!(before.last(), Some(b'<' | b':')) && reader.take(b">") {
        return Break(Some(Operator::Element));
    }
    if is_encoded_equals(rest) {
        reader.at += 3;
        return Break(Some(Operator::Equals { tight: true }));
    }
    if reader.peek() == Some(b' ') && attributes(reader, name) {
        return Break(Some(Operator::Element));
    }
    // A variable of a shell in a string: `[ "$PASSWORD" = "x" ]`.
    const SIGNS: [&[u8]; 3] = [b"\" = ", b"\" == ", b"\" != "];
    if before.ends_with(b"\"$")
        && let Some(sign) = SIGNS.into_iter().find(|sign| rest.starts_with(sign))
        && matches!(rest.get(sign.len()), Some(b'"' | b'\''))
    {
        reader.at += sign.len();
        return Break(Some(Operator::Comparison));
    }
    Continue(())
}

/// What a colon, with what stands around it, says.
fn colon(reader: &mut Reader<'_>, name: Span, blanks: usize) -> Option<Operator> {
    let bytes = reader.bytes;
    let before = &bytes[..name.start];
    let (length, operator) = match &bytes[reader.at..] {
        // A workflow command of GitHub: `::set-output name=token::value`.
        [_, b':', ..] if before.ends_with(b" name=") => (2, Operator::Equals { tight: true }),
        // A hidden field of Jsonnet.
        [_, b':', b' ', b'"' | b'\'', ..] => (2, Operator::Colon),
        // Base64 in LDIF.
        [_, b':', b' ', digit, ..]
            if blanks == 0 && byte::begins_line(bytes, name.start) && digit.is_ascii_alphanumeric() =>
        {
            (2, Operator::Colon)
        }
        [_, b':', ..] => return None,
        // OpenSSL's way to give a passphrase: `-passin pass:value`.
        _ if [b"-passin ".as_slice(), b"-passout ", b"-pass "].iter().any(|flag| before.ends_with(flag)) => {
            (1, Operator::Flag)
        }
        // What a shell says when a parameter is missing.
        [_, b'?', ..] if before.ends_with(b"{") => return None,
        // A parameter with a default, of a shell or of Spring: `${NAME:-value}`, `${name:value}`.
        [_, b'-' | b'=', ..] if before.ends_with(b"{") => (2, Operator::Equals { tight: true }),
        [_, _, ..] if before.ends_with(b"{") && is_parameter(bytes, name) => {
            (1, Operator::Equals { tight: true })
        }
        [_, b'=', ..] => (2, Operator::Equals { tight: false }),
        _ => {
            reader.at += 1;
            return Some(declared_type(reader).unwrap_or(Operator::Colon));
        }
    };
    reader.at += length;
    Some(operator)
}

/// What a comma, with what stands around it, says.
fn comma(reader: &mut Reader<'_>, name: Span, quoted: bool) -> Told {
    let bytes = reader.bytes;
    if !quoted && is_next_field(reader) {
        return Break(Some(Operator::NextField));
    }
    if !quoted && second_result(reader) {
        return Break(Some(Operator::Equals { tight: false }));
    }
    // What Serverless takes where a variable is not set: `${env:NAME, 'x'}`.
    const SOURCES: [&[u8]; 2] = [b"${env:", b"${opt:"];
    if !quoted && SOURCES.iter().any(|source| bytes[..name.start].ends_with(source)) {
        reader.at += 1;
        return Break(Some(Operator::Default));
    }
    if quoted || is_symbol(bytes, name) || is_compared(bytes, name) || is_term(bytes, name, reader.at) {
        reader.at += 1;
        reader.space();
        reader.take(b"with: ");
        default_argument(reader);
        let is_field = next_field(reader) || later_field(reader, name);
        return Break(Some(if is_field { Operator::NextField } else { Operator::Argument }));
    }
    Continue(())
}

/// What other signs say.
fn sign(reader: &mut Reader<'_>, blanks: usize, quoted: bool) -> Told {
    let bytes = reader.bytes;
    Break(Some(match &bytes[reader.at.min(bytes.len())..] {
        [b'=', b'=', ..] | [b'!', b'=', ..] => {
            reader.at = skip(bytes, reader.at, reader.at + 3, |b| matches!(b, b'=' | b'!'));
            Operator::Comparison
        }
        // Without a blank, `->` leads to a member.
        [b'-', b'>', ..] if blanks == 0 && !quoted => return Break(None),
        [b'=', b'>', ..] | [b'<', b'-', ..] | [b'-', b'>', ..] => {
            reader.at += 2;
            Operator::Arrow
        }
        [b'=', b'~', ..] => return Break(None),
        [b'+' | b'?' | b'.', b'=', ..] | [b'|', b'|', b'=', ..] => {
            reader.at = skip(bytes, reader.at, reader.at + 3, |b| b != b'=') + 1;
            Operator::Equals { tight: false }
        }
        [b'=', ..] => {
            reader.at += 1;
            Operator::Equals { tight: blanks == 0 && !reader.peek().is_some_and(byte::is_blank) }
        }
        _ => return Continue(()),
    }))
}

/// Commands that are given a name and its value: in a Dockerfile, of a tool for its configuration, of Windows, of web
/// servers.
const SETTERS: [&[u8]; 13] = [
    b"ENV ", b"configure set ", b"config set ", b"setx ", b"setenv ", b"set -x ", b"set -gx ", b"set -Ux ",
    b"SetEnv ", b"fastcgi_param ", b"uwsgi_param ", b"proxy_set_header ", b"passenger_env_var ",
];

/// Nothing but blanks, or words, between a name and its value.
fn no_sign(reader: &mut Reader<'_>, name: Span, quoted: bool, blanks: usize) -> Option<Operator> {
    let bytes = reader.bytes;
    let start = reader.at;
    let flag = name.start > 0 && bytes[name.start - 1] == b'-' && !quoted;
    reader.space();
    let on_line = reader.at == start + blanks;
    if reader.at > start && next_field(reader) {
        return Some(Operator::NextField);
    }
    // The argument of a flag as the next item of a list of YAML.
    let is_item = bytes[..name.start].ends_with(b"- --") || bytes[..name.start].ends_with(b"- \"--");
    if is_item && !on_line && reader.take(b"- ") {
        return Some(Operator::Flag);
    }
    if quoted {
        return later_attribute(reader, name);
    } else if blanks == 0 {
        return None;
    }
    // Behind a variable stands the next argument of a template, unless it is set, as nginx does.
    let is_read = bytes[..name.start].strip_suffix(b"$").is_some_and(|before| !before.ends_with(b"set "));
    let string = !is_read
        && (matches!(reader.peek(), Some(b'"' | b'\''))
            || reader.peek() == Some(b'@') && reader.peek_at(1) == Some(b'"'));
    if flag && on_line {
        Some(Operator::Flag)
    } else if SETTERS.iter().any(|word| bytes[..name.start].ends_with(word))
        || is_property(bytes, name, reader.at)
    {
        Some(Operator::Equals { tight: true })
    } else if type_before_equals(reader) {
        Some(Operator::Equals { tight: false })
    } else {
        (on_line && (string || is_key(&bytes[reader.at..]) || is_directive(reader, name)))
            .then_some(Operator::Keyword)
    }
}

/// Whether a name and a value that looks drawn, without quotes, are all of a line, as in the configuration of many
/// servers: `bindpw …`.
fn is_directive(reader: &Reader<'_>, name: Span) -> bool {
    let (bytes, start) = (reader.bytes, reader.at);
    let end = skip(bytes, start, start + LONGEST_GAP, |b| byte::is_token(b) || b"!#%*?@^~$&".contains(&b));
    let last = skip_back(bytes, end, start, |b| b == b';');
    let reach = name.start.saturating_sub(LONGEST_SCOPE).min(name.start);
    byte::begins_line(bytes, skip_back(bytes, name.start, reach, byte::is_blank))
        && matches!(bytes.get(last), None | Some(b'\n' | b'\r' | b';'))
        && Look::at(&bytes[start..last]).is_mixed()
}

/// Whether a text begins with so many letters and digits that they are no word of a sentence.
fn is_key(text: &[u8]) -> bool {
    const SHORTEST: usize = 24;
    let Some(head) = text.first_chunk::<SHORTEST>() else { return false };
    head.iter().all(u8::is_ascii_alphanumeric)
        && head.iter().any(u8::is_ascii_digit)
        && head.iter().any(u8::is_ascii_alphabetic)
}

/// What is said in words or brackets.
fn in_words(reader: &mut Reader<'_>, name: Span, blanks: usize, quoted: bool) -> Told {
    let rest = &reader.bytes[reader.at.min(reader.bytes.len())..];
    let found = match rest {
        [b'|', b'|', b' ', ..] | [b'?', b'?', b' ', ..] | [b'o', b'r', b' ', ..] if blanks > 0 || quoted => {
            Some((2, Operator::Default))
        }
        [b';', b's', b':', rest @ ..] if quoted => {
            serialized_length(rest).map(|length| (3 + length, Operator::Arrow))
        }
        [b')', ..] if quoted => match rest.strip_prefix(b").").and_then(types) {
            Some(length) => Some((2 + length, Operator::Argument)),
            None => return Break(fallback(reader).then_some(Operator::Default)),
        },
        [b'{', ..] if quoted => return Break(default_in_block(reader)),
        [b'{', ..] if blanks > 0 => return Break(auto_property(reader)),
        [b'>', ..] if quoted => return Break(element_after(reader, name)),
        [b'<', b'/', ..] if blanks == 0 => return Break(element_behind(reader)),
        [b'|', b' ', rest @ ..] => {
            const FILTERS: [&[u8]; 2] = [b"default(", b"default "];
            match FILTERS.into_iter().find(|filter| rest.starts_with(filter)) {
                Some(filter) => Some((2 + filter.len(), Operator::Default)),
                None => is_first_cell(reader.bytes, name).then_some((1, Operator::Cell)),
            }
        }
        [b't', b'o', b' ', b'"', ..] if quoted && blanks > 0 => Some((2, Operator::Argument)),
        _ if blanks > 0 => said(rest),
        _ => None,
    };
    let Some((length, operator)) = found else { return Continue(()) };
    reader.at += length;
    Break(Some(operator))
}

/// What sentences, and languages that use words as signs, say behind a blank: how long that is, and what it joins.
fn said(text: &[u8]) -> Option<(usize, Operator)> {
    let behind = |lead: &&[u8]| text.strip_prefix(*lead).unwrap_or_default();
    const COMPARISONS: [&[u8]; 4] = [b"-eq ", b"-ne ", b"eq ", b"ne "];
    if let Some(sign) = COMPARISONS.iter().find(|sign| matches!(behind(sign), [b'"' | b'\'', ..])) {
        return Some((sign.len(), Operator::Comparison));
    }
    const LEADS: [&[u8]; 4] = [b"is ", b"is: ", b"to ", b"- "];
    if let Some(lead) = LEADS.iter().find(|lead| is_said(behind(lead))) {
        return Some((lead.len(), Operator::Keyword));
    }
    if let [b'i', b's', b' ', value @ ..] = text
        && (matches!(value, [b'"' | b'`', ..]) || is_key(value))
    {
        return Some((3, Operator::Keyword));
    }
    if let Some(length) = was_set(text).or_else(|| given_to(text)) {
        return Some((length, Operator::Keyword));
    }
    let declared = lazily(text).or_else(|| pictured(text));
    declared.map(|length| (length, Operator::Equals { tight: false }))
}

/// What calls the method by which a test types in a field: `get("#password").type(`.
fn types(text: &[u8]) -> Option<usize> {
    let method = TYPES.into_iter().find(|method| text.starts_with(method))?;
    (text.get(method.len()) == Some(&b'(')).then_some(method.len() + 1)
}

/// What says in a sentence that a drawn value follows which a secret got: `has been reset to …`.
fn was_set(text: &[u8]) -> Option<usize> {
    const HOW: [&[u8]; 4] = [b"has been ", b"was ", b"has been re", b"was re"];
    const WHAT: [&[u8]; 2] = [b"set to ", b"changed to "];
    let ways = HOW.iter().flat_map(|how| WHAT.iter().map(move |what| (how, what)));
    let said = |(how, what): (&&[u8], &&[u8])| {
        let behind = text.strip_prefix(*how)?.strip_prefix(*what)?;
        is_said(behind).then(|| text.len() - behind.len())
    };
    ways.into_iter().find_map(said)
}

/// What says in a sentence whose password the drawn value is that follows: `for bob: …`, `is generated for bob@host: …`.
fn given_to(text: &[u8]) -> Option<usize> {
    const MOST_WORDS: usize = 4;
    let head = [b"for ".as_slice(), b"is generated for "].into_iter().find(|head| text.starts_with(head))?;
    let line = &text[..text.len().min(LONGEST_GAP)];
    let mut at = head.len();
    for _ in 0..MOST_WORDS {
        at = skip(line, at, line.len(), |b| byte::is_name(b) || matches!(b, b'@' | b'%' | b'`' | b'\''));
        let rest = line.get(at..)?;
        if let Some(length) = [b": ".as_slice(), b" is ", b" is: "]
            .iter()
            .find(|sign| rest.starts_with(sign))
            .map(|sign| sign.len())
            && is_said(&text[at + length..])
        {
            return Some(at + length);
        }
        at += usize::from(rest.first() == Some(&b' '));
    }
    None
}

/// The length of the type and the length of a string that PHP serializes, behind the type's letter: `12:` of `s:12:"…"`.
fn serialized_length(text: &[u8]) -> Option<usize> {
    let digits = skip(text, 0, 6, |b| b.is_ascii_digit());
    (digits > 0 && matches!(text.get(digits..), Some([b':', b'"' | b'\\', ..]))).then_some(digits + 1)
}

/// What stands before the string of a property of Kotlin that is made when it is used: `by lazy { `.
fn lazily(text: &[u8]) -> Option<usize> {
    let body = text.strip_prefix(b"by lazy {")?;
    opens_string(body).then(|| text.len() - body.len())
}

/// What stands before the value of a field of COBOL: `PIC X(20) VALUE `.
fn pictured(text: &[u8]) -> Option<usize> {
    let line = &text[..text.len().min(LONGEST_GAP)];
    let value =
        memchr::memmem::find(line, b" VALUE ").filter(|_| line.starts_with(b"PIC "))? + b" VALUE ".len();
    (opens_string(&text[value..]) && !line[..value].contains(&b'\n')).then_some(value)
}

/// Whether a string follows, behind white space.
fn opens_string(text: &[u8]) -> bool {
    let start = skip(text, 0, LONGEST_GAP, |b| b.is_ascii_whitespace());
    matches!(text.get(start), Some(b'"' | b'\''))
}

/// Whether a name is followed by what C++ makes a variable of: `{"…"};`.
pub fn is_braced(rest: &[u8]) -> bool {
    let [b'{', b'"', string @ ..] = rest else { return false };
    let string = &string[..string.len().min(LONGEST_VALUE)];
    memchr::memchr(b'"', string).is_some_and(|end| string[end + 1..].starts_with(b"};"))
}

/// Whether the name is an atom that Erlang defines or keeps beside a string: `-define(X, "…")`, `{x, <<"…">>}`. The
/// comma stands at `comma`.
fn is_term(bytes: &[u8], name: Span, comma: usize) -> bool {
    match bytes[..name.start].last() {
        Some(b'(') => return bytes[..name.start].ends_with(b"-define("),
        Some(b'{') => {}
        _ => return false,
    }
    let start = skip(bytes, comma + 1, comma + 4, |b| b.is_ascii_whitespace());
    let string = &bytes[start..bytes.len().min(start + LONGEST_VALUE)];
    let (open, close) =
        if string.starts_with(b"<<\"") { (3, b"\">>}".as_slice()) } else { (1, b"\"}".as_slice()) };
    (open == 3 || string.starts_with(b"\""))
        && memchr::memchr(b'"', &string[open..]).is_some_and(|end| string[open + end..].starts_with(close))
}

/// Passes what stands before the default that the tag of a field of Go gives it, if it does:
/// ``Password string `default:"…"` ``. The tag begins at `tag`.
fn default_in_tag(reader: &mut Reader<'_>, tag: usize) -> bool {
    let bytes = reader.bytes;
    let close = skip(bytes, tag, tag + 2 * LONGEST_GAP, |b| b != b'`' && b != b'\n');
    let is_first = |at: &usize| *at == 0 || bytes[tag + at - 1] == b' ';
    let found = memchr::memmem::find_iter(&bytes[tag..close], b"default:\"").find(is_first);
    reader.at = found.map_or(reader.at, |at| tag + at + b"default:".len());
    found.is_some()
}

/// Whether the next word of a sentence looks drawn: `the password is …`.
fn is_said(text: &[u8]) -> bool {
    let text = &text[..text.len().min(LONGEST_GAP)];
    let word = text.split(|b| b.is_ascii_whitespace()).next().unwrap_or_default();
    let end = skip_back(word, word.len(), 0, |b| matches!(b, b'.' | b',' | b')' | b';'));
    Look::at(&word[..end]).is_mixed()
}

/// After a comma: passes the name and operator of a field called `value`, as in `{ name: X, value: y }`.
fn is_next_field(reader: &mut Reader<'_>) -> bool {
    let start = reader.at;
    reader.take(b",");
    reader.blanks();
    let there = next_field(reader);
    reader.at = if there { reader.at } else { start };
    there
}

/// After a comma: passes the name of a second result and what assigns both, as in `secret, err := f("…")`.
fn second_result(reader: &mut Reader<'_>) -> bool {
    let start = reader.at;
    reader.take(b",");
    reader.blanks();
    reader.at = skip(reader.bytes, reader.at, reader.at + 8, byte::is_word);
    reader.blanks();
    let there = reader.take(b":=");
    reader.at = if there { reader.at } else { start };
    there
}

/// Whether the name is a symbol, which is as good as a string: `set(:password, "…")`.
fn is_symbol(bytes: &[u8], name: Span) -> bool {
    let before = |back: usize| name.start.checked_sub(back).map(|index| bytes[index]);
    before(1) == Some(b':') && matches!(before(2), Some(b'(' | b' ' | b'[' | b'{'))
}

/// Whether the name is the first argument of a comparison: `strcmp(password, "…")`.
fn is_compared(bytes: &[u8], name: Span) -> bool {
    [b"cmp(".as_slice(), b"quals(", b"ompare("].iter().any(|callee| bytes[..name.start].ends_with(callee))
}

/// After a colon: a type and an equals sign before a string, `password: String = "…"`.
fn declared_type(reader: &mut Reader<'_>) -> Option<Operator> {
    let in_type = |b: u8| {
        byte::is_word(b) || matches!(b, b' ' | b'<' | b'>' | b'[' | b']' | b'?' | b'&' | b'.' | b'*' | b'|')
    };
    let limit = reader.at + LONGEST_GAP;
    let mut end = skip(reader.bytes, reader.at, limit, in_type);
    // A lifetime, and no string: `&'static str`.
    while matches!(reader.bytes[..end].last(), Some(b'&' | b'<')) && reader.bytes.get(end) == Some(&b'\'') {
        end = skip(reader.bytes, end + 1, limit, in_type);
    }
    let written = reader.bytes[reader.at..end].trim_ascii();
    let words = written.split(|b| byte::is_blank(*b)).filter(|word| *word != b"|" && *word != b"mut").count();
    // What a property of Swift answers with: `password: String { return "…" }`; Kotlin's may be made when it is used.
    if !written.is_empty()
        && reader.bytes.get(end) == Some(&b'{')
        && ((1..=2).contains(&words) || written.ends_with(b" by lazy"))
        && let Some(string) = returned(reader.bytes, end + 1)
    {
        reader.at = string;
        return Some(Operator::Equals { tight: false });
    }
    let end = skip(reader.bytes, end, end + 1, |b| b == b':');
    if reader.bytes.get(end) != Some(&b'=') || written.is_empty() || words > 2 {
        return None;
    }
    let value = skip(reader.bytes, end + 1, end + 4, byte::is_blank);
    // A string, or what is called with one: `password: str = Field("…")`.
    let call =
        skip(reader.bytes, value, value + LONGEST_SCOPE, |b| byte::is_word(b) || matches!(b, b'.' | b':'));
    let is_called = call > value && reader.bytes.get(call) == Some(&b'(');
    let begins = is_called || matches!(reader.bytes.get(value), Some(b'"' | b'\'' | b'`'));
    begins.then(|| {
        reader.at = end + 1;
        Operator::Equals { tight: false }
    })
}

/// Where the string begins that is all a body does which begins at `start`.
fn returned(bytes: &[u8], start: usize) -> Option<usize> {
    let word = skip(bytes, start, start + LONGEST_GAP, |b| b.is_ascii_whitespace());
    let rest = bytes.get(word..)?;
    let length = if rest.starts_with(b"return \"") { b"return ".len() } else { 0 };
    (rest.get(length) == Some(&b'"')).then_some(word + length)
}

/// A property on a line of its own, divided from its value by blanks alone: `app.client.secret   value`, or a variable
/// and its value in columns: `DB_PASSWORD   value`.
fn is_property(bytes: &[u8], name: Span, value: usize) -> bool {
    let line = skip_back(bytes, name.start, name.start.saturating_sub(LONGEST_GAP), byte::is_blank);
    let line_starts = line == 0 || bytes[line - 1] == b'\n';
    let end = skip(bytes, value, value + LONGEST_VALUE, byte::is_token);
    let text = Span::new(value, end).of(bytes);
    let name_is = |kind: fn(u8) -> bool| name.of(bytes).iter().all(|&b| kind(b) || b == b'_');
    // What is said of a variable stands in columns, too, and is a word.
    let in_columns = (value > name.end + 1 || bytes[name.end] == b'\t')
        && name.of(bytes).contains(&b'_')
        && name_is(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
        && text.iter().any(u8::is_ascii_digit)
        && text.iter().any(u8::is_ascii_alphabetic);
    line_starts
        && (line == name.start && name.of(bytes).contains(&b'.') || in_columns)
        && end > value + 8
        && matches!(bytes.get(end), None | Some(b'\n' | b'\r'))
}

/// Passes what leads to the value that is taken where a look-up, which may end here, finds nothing: `) or `.
pub fn fallback(reader: &mut Reader<'_>) -> bool {
    let closes = reader.take(b")");
    // What is found may be of any type: `… as String? ?: "x"`.
    reader.take_any(&[b" as String?", b" as? String", b" as string"]);
    reader.blanks();
    const FALLBACKS: [&[u8]; 9] = [
        b"||", b"??", b"?:", b"or ", b".unwrap_or_else(|_| ", b".unwrap_or(", b".orElse(", b".getOrElse(",
        b".value_or(",
    ];
    reader.take_any(&FALLBACKS)
        || closes && matches!(&reader.bytes[reader.at..], [b'{', b' ', b'"' | b'\'', ..]) && reader.take(b"{")
}

/// Whether a text begins with an equals sign as URLs that are parts of others write it.
pub fn is_encoded_equals(text: &[u8]) -> bool {
    matches!(text, [b'%', b'3', b'D' | b'd', ..])
}

/// Passes the attributes of an element whose tag is `name` and that holds text.
fn attributes(reader: &mut Reader<'_>, name: Span) -> bool {
    let bytes = reader.bytes;
    let tag = skip_back(bytes, name.start, name.start.saturating_sub(LONGEST_SCOPE), |b| {
        byte::is_name(b) || b == b':'
    });
    if tag == 0 || bytes[tag - 1] != b'<' {
        return false;
    }
    let end = skip(bytes, reader.at, reader.at + 3 * LONGEST_GAP, |b| !matches!(b, b'<' | b'>' | b'\n'));
    let between = &bytes[reader.at..end];
    let holds_text =
        matches!(bytes.get(end..end + 2), Some([b'>', next]) if *next != b'<' && !next.is_ascii_whitespace());
    let holds_value = memchr::memmem::find(between, b"alue=").is_some();
    let is_there = holds_text && !holds_value && between.contains(&b'=') && !between.ends_with(b"/");
    reader.at = if is_there { end + 1 } else { reader.at };
    is_there
}

/// A property of C# that is given a value where it is declared: `Password { get; set; } = "…"`.
fn auto_property(reader: &mut Reader<'_>) -> Option<Operator> {
    let body = skip(reader.bytes, reader.at + 1, reader.at + LONGEST_GAP, |b| {
        b.is_ascii_alphabetic() || matches!(b, b';' | b' ')
    });
    let accessors = &reader.bytes[reader.at + 1..body];
    reader.at = body;
    if !accessors.trim_ascii_start().starts_with(b"get") || !reader.take(b"}") {
        return None;
    }
    reader.blanks();
    reader.take(b"=").then_some(Operator::Equals { tight: false })
}

/// A block that is named and gives a default: `variable "password" { … default = "…" }`, on lines of their own or on one.
fn default_in_block(reader: &mut Reader<'_>) -> Option<Operator> {
    let end = skip(reader.bytes, reader.at, reader.at + 3 * LONGEST_GAP, |b| b != b'}');
    let block = &reader.bytes[reader.at..end];
    let opens = [b"\n  default".as_slice(), b"{ default"];
    let (at, open) = opens.iter().find_map(|open| Some((memchr::memmem::find(block, open)?, open)))?;
    reader.at += at + open.len();
    reader.blanks();
    reader.take(b"=").then_some(Operator::Equals { tight: false })
}

/// A name in an attribute, and the value in the element or the next one inside: `<entry key="X">…`,
/// `<setting name="X"><value>…`.
fn element_after(reader: &mut Reader<'_>, name: Span) -> Option<Operator> {
    reader.take(b">");
    if value_inside(reader) {
        return Some(Operator::Element);
    }
    name_field(reader.bytes, name).map(|_| Operator::Label)
}

/// Passes the tag of an element that is the first inside of another and holds its value.
fn value_inside(reader: &mut Reader<'_>) -> bool {
    let start = reader.at;
    reader.space();
    let found = reader.take_any(&[b"<value>", b"<string>", b"<Value Profile=\"(Default)\">"]);
    reader.at = if found { reader.at } else { start };
    found
}

/// A name that is the text of an element, and the value in the next one: `<key>X</key><string>…`.
fn element_behind(reader: &mut Reader<'_>) -> Option<Operator> {
    const NAMES: [&[u8]; 10] = [
        b"</key>", b"</name>", b"</param-name>", b"</env-entry-name>", b"</Key>", b"</Name>", b"</td>",
        b"</th>", b"</dt>", b"</stringProp>",
    ];
    const VALUES: [&[u8]; 8] = [
        b"<string>",
        b"<value>",
        b"<param-value>",
        b"<env-entry-value>",
        b"<Value>",
        b"<defaultValue>",
        b"<stringProp name=\"Argument.value\">",
        b"<stringProp name=\"Header.value\">",
    ];
    // What a text sets off: `<b>Password</b>: x`.
    const STRESSES: [&[u8]; 4] = [b"</b>:", b"</strong>:", b"</em>:", b"</i>:"];
    if reader.take_any(&STRESSES) {
        return Some(Operator::Colon);
    }
    if !reader.take_any(&NAMES) {
        return None;
    }
    reader.space();
    // What a parameter of a job is for.
    if reader.take(b"<description>") {
        reader.at = skip(reader.bytes, reader.at, reader.at + LONGEST_GAP, |b| b != b'<');
        reader.take(b"</description>");
        reader.space();
    }
    if reader.take_any(&VALUES) {
        return Some(Operator::Element);
    }
    if reader.take(b"<Value ") {
        reader.at = skip(reader.bytes, reader.at, reader.at + LONGEST_GAP, |b| b != b'>' && b != b'\n');
        return reader.take(b">").then_some(Operator::Element);
    }
    reader.take_any(&[b"<td>", b"<dd>"]).then_some(Operator::Label)
}

/// Other attributes behind a name in one, up to the value: `<input name="X" type="text" value="…">`, or to the text:
/// `<string name="X" translatable="false">…`.
fn later_attribute(reader: &mut Reader<'_>, name: Span) -> Option<Operator> {
    let bytes = reader.bytes;
    let is_input = bytes[..name.start].ends_with(b" type=\"");
    if !is_input && name_field(bytes, name).is_none() {
        return None;
    }
    let end = skip(bytes, reader.at, reader.at + 3 * LONGEST_GAP, |b| !matches!(b, b'<' | b'>' | b'\n'));
    let between = &bytes[reader.at..end];
    if !between.contains(&b'=') || bytes.get(end) != Some(&b'>') {
        return None;
    }
    if let Some(at) = memchr::memmem::find(between, b" value=") {
        reader.at += at + b" value=".len();
        return Some(Operator::NextField);
    }
    reader.at = end + 1;
    if value_inside(reader) {
        return Some(Operator::Element);
    }
    (!is_input && !between.ends_with(b"/")).then_some(Operator::Label)
}

/// Whether a name stands in the first cell of a row: `| the name |`.
fn is_first_cell(bytes: &[u8], name: Span) -> bool {
    let in_cell = |b: u8| byte::is_name(b) || matches!(b, b' ' | b'`' | b'*');
    let bar = skip_back(bytes, name.start, name.start.saturating_sub(LONGEST_SCOPE), in_cell);
    bar > 0 && bytes[bar - 1] == b'|' && (bar == 1 || bytes[bar - 2] == b'\n')
}

/// Whether a name is that of a parameter whose default follows: `${name:…`.
fn is_parameter(bytes: &[u8], name: Span) -> bool {
    bytes[..name.start].ends_with(b"${")
}

/// What stands between the name of a field and its value.
pub fn joins_field(byte: u8) -> bool {
    byte::is_blank(byte) || matches!(byte, b'"' | b'\'' | b':' | b'=')
}

/// Where the field begins whose value is this name: `key="X"`, `"name": "X"`.
pub fn name_field(bytes: &[u8], name: Span) -> Option<usize> {
    let field = skip_back(bytes, name.start, name.start.saturating_sub(4), joins_field);
    let is_there = |word: &&[u8]| bytes[..field].ends_with(word);
    let word = [b"name".as_slice(), b"key", b"Name", b"Key"].into_iter().find(is_there)?;
    Some(field - word.len())
}

/// Passes the type between a name and an equals sign before a string, `token string = "…"`, or the default in its tag.
fn type_before_equals(reader: &mut Reader<'_>) -> bool {
    let in_type = |b: u8| byte::is_word(b) || matches!(b, b'.' | b'*' | b'[' | b']');
    // As Basic says it.
    let start = reader.at + if reader.bytes[reader.at..].starts_with(b"As ") { 3 } else { 0 };
    let end = skip(reader.bytes, start, start + LONGEST_GAP, in_type);
    // How many letters there may be, as SQL says it.
    let end = if reader.bytes.get(end) == Some(&b'(') {
        let length = skip(reader.bytes, end + 1, end + 8, |b| b.is_ascii_alphanumeric());
        if reader.bytes.get(length) == Some(&b')') { length + 1 } else { end }
    } else {
        end
    };
    let sign = skip(reader.bytes, end, end + 16, byte::is_blank);
    if reader.bytes.get(sign) == Some(&b'`') && sign > end {
        return default_in_tag(reader, sign + 1);
    }
    let value = skip(reader.bytes, sign + 1, sign + 8, byte::is_blank);
    let there = end > reader.at
        && sign > end
        && reader.bytes.get(sign) == Some(&b'=')
        && matches!(reader.bytes.get(value), Some(b'"' | b'\'' | b'`'));
    reader.at = if there { sign + 1 } else { reader.at };
    there
}

/// Passes other arguments up to the one that is the default of an option: `"--token", type=str, default="…"`.
fn default_argument(reader: &mut Reader<'_>) {
    let end =
        skip(reader.bytes, reader.at, reader.at + LONGEST_GAP, |b| !matches!(b, b'\n' | b')' | b'}' | b';'));
    let gap = &reader.bytes[reader.at..end];
    const GIVES: [&[u8]; 3] = [b"default=", b"default: ", b"defaultValue: "];
    let given =
        |at: usize| GIVES.iter().find(|gives| gap[at..].starts_with(gives)).map(|gives| at + gives.len());
    let is_first = |at: &usize| *at == 0 || !byte::is_word(gap[at - 1]);
    let found = memchr::memmem::find_iter(gap, b"default").filter(is_first).find_map(given);
    if let Some(length) = found {
        reader.at += length;
        reader.blanks();
    }
}

/// Passes other fields up to the one called `value`, where the name is a field's: `"key": "X", "type": "text", "value": "y"`.
fn later_field(reader: &mut Reader<'_>, name: Span) -> bool {
    let (bytes, start) = (reader.bytes, reader.at);
    if name_field(bytes, name).is_none() {
        return false;
    }
    for _ in 0..2 {
        let in_field = |b: u8| !matches!(b, b',' | b'{' | b'}' | b'[' | b'\n');
        let end = skip(bytes, reader.at, (reader.at + LONGEST_GAP).min(name.end + 3 * LONGEST_GAP), in_field);
        if bytes.get(end) != Some(&b',') {
            break;
        }
        reader.at = end + 1;
        reader.space();
        if next_field(reader) {
            return true;
        }
    }
    reader.at = start;
    false
}

/// Passes the name and operator of a field called `value`.
pub fn next_field(reader: &mut Reader<'_>) -> bool {
    let start = reader.at;
    let is_quote = |b: u8| matches!(b, b'"' | b'\'' | b'\\');
    reader.at = skip(reader.bytes, reader.at, reader.at + 3, |b| is_quote(b) || b == b'@');
    // As templates of CloudFormation and manifests of Android call it.
    reader.take_any(&[b"Parameter", b"android:"]);
    if !reader.take_any(&[b"value", b"Value", b"VALUE"]) {
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

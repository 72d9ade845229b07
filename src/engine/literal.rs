//! Reads how a value is written: in quotes of any kind, bare, between tags, handed to a function, or
//! as what is taken where a look-up finds nothing.
//!
//! It reads forward from the operator and leaves to `assignment.rs` whose value it is.

use super::assignment::{
    Assignment, LONGEST_GAP, LONGEST_SCOPE, LONGEST_VALUE, Operator, QUOTE_IN_MARKUP, Quoting, Reader,
};
use super::bare::{Place, bare};
use super::byte::{self, skip, skip_back};
use super::delimiter::{Delimited, delimited};
use super::name::Words;
use super::operator::{fallback, next_field};
use super::plausible::Look;
use crate::span::Span;

/// A value as it is written.
pub struct Literal {
    /// Its bytes, without quotes.
    pub value: Span,
    pub quoting: Quoting,
    /// The name of the function that it is handed to; empty if there is none.
    pub wrapper: Span,
}

impl Literal {
    fn new(value: Span, quoting: Quoting) -> Self {
        Self { value, quoting, wrapper: Span::default() }
    }

    /// A string to which nothing is joined.
    fn string(value: Span, interpolated: bool) -> Self {
        Self::new(value, Quoting::Quoted { interpolated, joined: false })
    }
}

/// Reads the value that begins behind an operator.
pub fn value(reader: &mut Reader<'_>, operator: Operator, place: Place) -> Option<Literal> {
    match operator {
        Operator::Element | Operator::Label => {
            return element(reader).map(|value| Literal::new(value, Quoting::Element));
        }
        Operator::Cell => return cell(reader).map(|value| Literal::new(value, Quoting::Element)),
        _ => {}
    }
    reader.blanks();
    pass_marks(reader, operator);
    if let Some(value) = in_braces(reader, operator) {
        return Some(Literal::new(value, Quoting::Bare));
    }
    if let Some(value) = quoted_in_markup(reader) {
        return Some(Literal::string(value, false));
    }
    if let Some(Delimited { value, interpolated }) = delimited(reader) {
        return Some(Literal::string(value, interpolated));
    }
    let start = reader.at;
    let (wrapper, opened) = open_calls(reader);
    if let Some(opened) = opened {
        return string(reader, operator, wrapper, opened);
    }
    let is_bare = !matches!(
        operator,
        Operator::Call
            | Operator::Argument
            | Operator::Comparison
            | Operator::Default
            | Operator::Pair
            | Operator::Item
    );
    let value = is_bare.then(|| bare(reader.bytes, start, place))??;
    let string = chosen(reader, value).map(|string| Literal::string(string, false));
    Some(string.unwrap_or(Literal::new(value, Quoting::Bare)))
}

/// Passes what may stand between an operator and a value without being a part of it.
fn pass_marks(reader: &mut Reader<'_>, operator: Operator) {
    match operator {
        Operator::Colon => {
            open_block(reader);
            open_node(reader);
            open_markup(reader);
            open_object(reader);
        }
        Operator::Equals { .. } => open_object(reader),
        Operator::Arrow => {
            open_object(reader);
            dumped_type(reader);
        }
        Operator::Flag => {
            // OpenSSL is told where a password comes from, and `pass:` is that it follows.
            reader.take(b"pass:");
        }
        Operator::Argument if reader.bytes[reader.at..].starts_with(b"<<\"") => {
            // A string of Erlang's bytes.
            reader.at += 2;
        }
        _ => {}
    }
    reader.take(b"ConvertTo-SecureString ");
    reader.take(b"-String ");
    // The type of a variable of the environment and its default, as Django's declare them.
    reader.take(b"(str, ");
}

/// Passes the functions that a string is handed to, one within the other, and its opening quote. Answers with the name of the
/// innermost and with what [`open_quote`] says, if a string begins there.
fn open_calls(reader: &mut Reader<'_>) -> (Span, Option<(Quote, bool)>) {
    const MOST: usize = 3;
    let mut wrapper = Span::default();
    for depth in 0..=MOST {
        if let Some(opened) = open_quote(reader) {
            return (wrapper, Some(opened));
        }
        let Some(callee) = open_call(reader).filter(|_| depth < MOST) else { break };
        // What a field has when nothing else is said.
        wrapper = if reader.take(b"default=") || callee.of(reader.bytes) == b"Field" {
            Span::default()
        } else {
            other_choices(reader, callee);
            callee
        };
    }
    (wrapper, None)
}

/// Reads a string behind its opening quote, and what of the call around it tells whether it is the value.
fn string(
    reader: &mut Reader<'_>,
    operator: Operator,
    mut wrapper: Span,
    (quote, mut interpolated): (Quote, bool),
) -> Option<Literal> {
    let bytes = reader.bytes;
    let (mut value, mut joined) = quoted(reader, quote)?;
    interpolated |= bytes[reader.at..].starts_with(b".format(");
    if quote.count > 1 {
        value = trim(bytes, value);
    }
    if !wrapper.is_empty() {
        // What is asked of the answer tells that the string was the name of a thing: `table("…")->first()`.
        if bytes[reader.at..].starts_with(b")->") {
            return None;
        }
        // The first of several that a function of this name is given, in a call of its own: `F("…"), x`.
        if operator == Operator::Call && bytes[reader.at..].starts_with(b"),") {
            return None;
        }
        if looks_up(wrapper.of(bytes))
            && let Some((other, joined)) = otherwise(reader, value)
        {
            return Some(Literal::new(other, Quoting::Quoted { interpolated, joined }));
        }
    }
    if quote.count == 1 && quote.escapes == 0 && may_go_on(operator) {
        joined |= next_string(bytes, reader.at, quote.byte).is_some();
    }
    if more_arguments(reader, wrapper) {
        if operator == Operator::Call {
            return None;
        } else if !wrapper.is_empty() && wrapper.of(bytes) != b"Buffer.from" {
            (value, joined) = default_of(reader, wrapper)?;
            wrapper = Span::default();
        }
    }
    Some(Literal { value, quoting: Quoting::Quoted { interpolated, joined }, wrapper })
}

/// What ODBC's braces hold: `Pwd={…};`. Words in braces are a place to fill in.
fn in_braces(reader: &Reader<'_>, operator: Operator) -> Option<Span> {
    let bytes = reader.bytes;
    if operator != (Operator::Equals { tight: true }) || reader.peek() != Some(b'{') {
        return None;
    }
    let start = reader.at + 1;
    let end =
        skip(bytes, start, start + LONGEST_GAP, |b| b > b' ' && !matches!(b, b'{' | b'}' | b'"' | b'\''));
    let closes = matches!(bytes.get(end..end + 2), Some([b'}', b';' | b'"' | b'\'']));
    let value = Span::new(start, end);
    (closes && Look::at(value.of(bytes)).is_mixed()).then_some(value)
}

/// Passes the strings that other names get which stand before `name` in its list: `user, password = '…', '…'`.
pub fn parallel(reader: &mut Reader<'_>, name: Span, operator: Operator) {
    let (bytes, start) = (reader.bytes, reader.at);
    if operator != (Operator::Equals { tight: false }) || !bytes[..name.start].ends_with(b", ") {
        return;
    }
    let is_listed = |b: u8| byte::is_name(b) || matches!(b, b' ' | b',' | b'$' | b'@');
    let line = skip_back(bytes, name.start, name.start.saturating_sub(LONGEST_SCOPE), is_listed);
    let others = memchr::memchr_iter(b',', &bytes[line..name.start]).count();
    let mut pass = || {
        for _ in 0..others {
            reader.blanks();
            let (opened, _) = open_quote(reader)?;
            quoted(reader, opened)?;
            reader.take(b",").then_some(())?;
        }
        reader.blanks();
        matches!(reader.peek(), Some(b'"' | b'\'')).then_some(())
    };
    if !byte::begins_line(bytes, line) || pass().is_none() {
        reader.at = start;
    }
}

/// The first of two strings of which a condition chooses, `isLive ? '…' : '…'`, or what is taken where it is empty,
/// `process.env.PW || '…'`. What it chooses of words is a text.
fn chosen(reader: &mut Reader<'_>, condition: Span) -> Option<Span> {
    let bytes = reader.bytes;
    reader.at = condition.end;
    let (value, joined) = if reader.take(b" ? ") {
        let opens = matches!(reader.peek(), Some(b'"' | b'\'' | b'`'));
        let (opened, _) = opens.then(|| open_quote(reader))??;
        quoted(reader, opened)?
    } else {
        // What is looked up may be named by a string: `ENV['PW'] || '…'`.
        if bytes[..condition.end].ends_with(b"[")
            && let Some(quote @ (b'"' | b'\'')) = reader.peek()
        {
            reader.at = skip(bytes, reader.at + 1, reader.at + LONGEST_SCOPE, byte::is_word);
            (reader.take(&[quote]) && reader.take(b"]")).then_some(())?;
        }
        otherwise(reader, condition)?
    };
    (!joined && value.of(bytes).iter().any(u8::is_ascii_digit)).then_some(value)
}

/// The string behind a look-up that is taken where nothing is found; what was looked up stands near, at `known`.
fn otherwise(reader: &mut Reader<'_>, known: Span) -> Option<(Span, bool)> {
    let start = reader.at;
    let mut string = || {
        let looked_up = reader.at;
        if !fallback(reader) {
            reader.at = looked_up;
            alternative(reader).then_some(())?;
        }
        // It may stand on the next line, where a backslash or the operator leads.
        let line = skip(reader.bytes, reader.at, reader.at + 3, |b| matches!(b, b' ' | b'\\'));
        if matches!(reader.bytes.get(line), Some(b'\n' | b'\r')) {
            reader.at = line;
            reader.space();
        }
        let is_next = reader.blanks() <= 1 && matches!(reader.peek(), Some(b'"' | b'\'' | b'`'));
        let (opened, _) = (is_next && known.len() < LONGEST_GAP).then(|| open_quote(reader))??;
        quoted(reader, opened)
    };
    let found = string();
    reader.at = if found.is_some() { reader.at } else { start };
    found
}

/// Passes a condition and what is taken where it holds, up to the string that is taken otherwise: `) if … else "…"`,
/// `) != null ? … : "…"`.
fn alternative(reader: &mut Reader<'_>) -> bool {
    let bytes = reader.bytes;
    let start = skip(bytes, reader.at, reader.at + 1, |b| matches!(b, b')' | b']'));
    let signs: &[&[u8]] = match bytes.get(start..) {
        Some([b' ', b'i', b'f', b' ', ..]) => &[b" else "],
        Some([b' ', b'!' | b'=' | b'?', ..]) => &[b" ? ", b" : "],
        _ => return false,
    };
    let end = skip(bytes, start, start + 2 * LONGEST_GAP, |b| !matches!(b, b'\n' | b';'));
    reader.seen = reader.seen.max(end);
    let behind = |from: usize, sign: &&[u8]| {
        memchr::memmem::find(&bytes[from..end], sign).map(|at| from + at + sign.len())
    };
    let found = signs.iter().try_fold(start, behind);
    reader.at = found.unwrap_or(reader.at);
    found.is_some()
}

/// Passes what opens an object whose first member is the value: `"adminPassword": { "value": "…" }`.
fn open_object(reader: &mut Reader<'_>) {
    let start = reader.at;
    if reader.take(b"{") {
        reader.space();
        if next_field(reader) {
            reader.blanks();
        } else {
            reader.at = start;
        }
    }
}

/// Whether a string behind this operator goes on in the next one when nothing but white space divides them. Behind
/// others, and without blanks around it, the next string is another argument.
const fn may_go_on(operator: Operator) -> bool {
    matches!(operator, Operator::Equals { tight: false } | Operator::Colon | Operator::Arrow)
}

/// How much white space may divide two strings that are one, in bytes.
const WIDEST: usize = 64;

/// The string that goes on with the one that ends at `at`, as C and Python write it: `"abc" "def"`, or on the next
/// line, with a backslash at the end of this one. What a colon or an equals sign follows is a name.
pub fn next_string(bytes: &[u8], at: usize, quote: u8) -> Option<Span> {
    let is_space = |b: u8| byte::is_blank(b) || matches!(b, b'\r' | b'\n' | b'\\');
    let open = skip(bytes, at, at + WIDEST, is_space);
    if open == at || bytes.get(open) != Some(&quote) {
        return None;
    }
    let end = skip(bytes, open + 1, open + LONGEST_VALUE, |b| b != quote && b != b'\n' && b != b'\\');
    let after = skip(bytes, end + 1, end + 3, byte::is_blank);
    let is_name = matches!(bytes.get(after), Some(b':' | b'='));
    (bytes.get(end) == Some(&quote) && end > open + 1 && !is_name).then(|| Span::new(open + 1, end))
}

/// Passes the mark of a block of YAML, so that its first line is the value.
fn open_block(reader: &mut Reader<'_>) {
    let start = reader.at;
    let marked = reader.take(b"|") || reader.take(b">");
    reader.at = skip(reader.bytes, reader.at, reader.at + 1, |b| matches!(b, b'-' | b'+'));
    if marked && reader.peek() == Some(b'\n') {
        reader.space();
    } else {
        reader.at = start;
    }
}

/// Passes the mark or the type of a node of YAML, and what makes a name bold: `&name …`, `!!str …`, `** …`.
fn open_node(reader: &mut Reader<'_>) {
    let start = reader.at;
    if !matches!(reader.peek(), Some(b'*' | b'&' | b'!')) {
        return;
    }
    reader.take(b"**");
    if reader.take(b"&") || reader.take(b"!!") {
        reader.at = skip(reader.bytes, reader.at, reader.at + LONGEST_SCOPE, byte::is_word);
    }
    // What no blank follows is the value itself.
    if reader.at > start && (reader.blanks() == 0 || reader.peek() == Some(b'=')) {
        reader.at = start;
    }
}

/// Passes what ends the stress on a name, and what begins that on its value: `<b>Password:</b> <code>…`.
fn open_markup(reader: &mut Reader<'_>) {
    const ENDS: [&[u8]; 5] = [b"</b>", b"</strong>", b"</em>", b"</i>", b"</span>"];
    const BEGINS: [&[u8]; 6] = [b"<b>", b"<strong>", b"<em>", b"<i>", b"<code>", b"<kbd>"];
    if reader.peek() != Some(b'<') {
        return;
    }
    if reader.take_any(&ENDS) {
        reader.blanks();
    }
    reader.take_any(&BEGINS);
}

/// The text of an element, on the line of its tags or on its own.
fn element(reader: &mut Reader<'_>) -> Option<Span> {
    let bytes = reader.bytes;
    reader.space();
    let value = if let Some(Delimited { value, .. }) = delimited(reader) {
        value
    } else {
        let end = skip(bytes, reader.at, reader.at + LONGEST_VALUE, |b| !matches!(b, b'<' | b'\n' | b'\r'));
        let value = trim(bytes, Span::new(reader.at, end));
        reader.at = end;
        value
    };
    reader.at = skip(bytes, reader.at, reader.at + DEEPEST, |b| b.is_ascii_whitespace());
    (reader.take(b"</") && !value.is_empty()).then_some(value)
}

/// The deepest that the end of an element is indented.
const DEEPEST: usize = 40;

/// What a cell of a table holds, if that is one word.
fn cell(reader: &mut Reader<'_>) -> Option<Span> {
    let bytes = reader.bytes;
    reader.blanks();
    let is_code = reader.take(b"`");
    let start = reader.at;
    reader.at = skip(bytes, start, start + LONGEST_VALUE, |b| {
        !b.is_ascii_whitespace() && !matches!(b, b'|' | b'`' | b'<' | b'>')
    });
    let value = Span::new(start, reader.at);
    let closes = !is_code || reader.take(b"`");
    reader.blanks();
    (closes && !value.is_empty() && reader.peek() == Some(b'|')).then_some(value)
}

/// A list of strings whose name is in the plural: passes its bracket. Answers with the name of one of them.
pub fn list(reader: &mut Reader<'_>, name: Span, operator: Operator) -> Option<(Span, Operator)> {
    let start = reader.at;
    let may_open = matches!(operator, Operator::Equals { .. } | Operator::Colon | Operator::Arrow)
        && matches!(name.of(reader.bytes).last(), Some(b's' | b'S'));
    let mut opens = || {
        reader.blanks();
        reader.take(b"[").then_some(())?;
        reader.space();
        // Those that a browser is to choose of are named by numbers.
        let are_ids = name.of(reader.bytes).to_ascii_lowercase().ends_with(b"credentials");
        (matches!(reader.peek(), Some(b'"' | b'\'')) && !are_ids)
            .then(|| (Span::new(name.start, name.end - 1), Operator::Item))
    };
    let found = may_open.then(&mut opens).flatten();
    if found.is_none() {
        reader.at = start;
    }
    found
}

/// How far behind the name of a list its strings are read, in bytes: within `window::REACH`, as in `column.rs`.
const FARTHEST: usize = 1000 - LONGEST_VALUE;

/// The string behind the one that `item` names, in the same list.
pub fn next_item(bytes: &[u8], item: &Assignment) -> Option<Assignment> {
    let mut reader = Reader::new(bytes, item.value.end + 1);
    reader.take(b",").then_some(())?;
    let (opened, interpolated) = open_quote(&mut reader)?;
    let (value, joined) = (reader.at < item.name.start + FARTHEST).then(|| quoted(&mut reader, opened))??;
    let quoting = Quoting::Quoted { interpolated, joined };
    let depends_on = item.depends_on.union(value.widen(0, LONGEST_GAP, bytes.len()));
    Some(Assignment { value, quoting, depends_on, ..*item })
}

/// Two strings in brackets and nothing else: passes the first of them, a user.
pub fn pair(reader: &mut Reader<'_>, name: Span, operator: Operator) -> Option<Operator> {
    let start = reader.at;
    // Ruby leaves the brackets out: `basic_auth 'user', '…'`.
    let is_open = operator == Operator::Keyword && name.of(reader.bytes).ends_with(b"auth");
    let second = |reader: &mut Reader<'_>| {
        if is_open {
            reader.blanks();
        } else if operator != Operator::Call {
            reader.blanks();
            (reader.take(b"(") || reader.take(b"[")).then_some(())?;
        }
        let (opened, _) = open_quote(reader)?;
        let (user, _) = quoted(reader, opened)?;
        // No user has a colon (RFC 7617, section 2): `petstore_auth: ["write:pets", …]` are scopes.
        memchr::memchr(b':', user.of(reader.bytes)).is_none().then_some(())?;
        reader.blanks();
        reader.take(b",").then_some(())?;
        let value = reader.at;
        reader.blanks();
        reader.take(b"Some(");
        let (opened, _) = open_quote(reader)?;
        quoted(reader, opened)?;
        reader.take(b".toCharArray()");
        let short = reader.at <= start + 2 * LONGEST_GAP;
        let closes = match reader.peek() {
            None | Some(b'\n' | b'\r') => is_open,
            Some(b')' | b']') => true,
            // The domain of the user.
            Some(b',') => name.of(reader.bytes).ends_with(b"NetworkCredential"),
            Some(_) => false,
        };
        (short && closes).then_some(value)
    };
    let found = second(reader);
    reader.at = found.unwrap_or(start);
    found.map(|_| Operator::Pair)
}

/// Whether another argument follows the string that was just read.
fn more_arguments(reader: &mut Reader<'_>, wrapper: Span) -> bool {
    let end = reader.at;
    reader.at = skip(reader.bytes, end, end + 8, byte::is_blank);
    if reader.peek() == Some(b',') {
        return true;
    }
    if !wrapper.is_empty() && reader.take(b")") && reader.peek() == Some(b',') {
        // The call is over: the comma belongs to the one around it.
        reader.at = end;
        return false;
    }
    reader.at = end;
    false
}

/// The string that a look-up takes where it finds nothing: `getenv("X", "…")`.
fn default_of(reader: &mut Reader<'_>, wrapper: Span) -> Option<(Span, bool)> {
    if !looks_up(wrapper.of(reader.bytes)) {
        return None;
    }
    reader.take(b",");
    reader.blanks();
    reader.take(b"default=");
    let (opened, _) = open_quote(reader)?;
    quoted(reader, opened)
}

/// Whether a function of this name is given the name of a thing and answers with the thing.
pub fn looks_up(callee: &[u8]) -> bool {
    const VERBS: &[&str] = &[
        "get", "getenv", "env", "environ", "fetch", "find", "load", "read", "open", "input", "prompt",
        "getpass", "config", "require", "import", "t", "tr", "translate", "gettext", "select", "query", "by",
        "lookup", "param", "params", "header", "headers", "field", "column", "label", "exists", "has",
        "getpwnam", "getpwuid", "getspnam", "contains", "option", "setting", "settings", "property",
        "format", "tostring", "to", "encode", "var",
    ];
    let path = callee.iter().rposition(|b| matches!(b, b'.' | b':' | b'>')).map_or(0, |at| at + 1);
    let words = Words::of(&callee[path..]);
    let is_verb = |word| VERBS.iter().any(|verb| verb.as_bytes() == word);
    // `getBytes` hands on what it is given.
    words.iter().any(is_verb) && !words.iter().any(|word| matches!(word, b"bytes" | b"b64"))
}

/// Passes the type and length of a string that PHP dumps: `string(14) "…"`.
fn dumped_type(reader: &mut Reader<'_>) {
    let start = reader.at;
    reader.space();
    let mut is_dumped = reader.take(b"string(");
    reader.at = skip(reader.bytes, reader.at, reader.at + 6, |b| b.is_ascii_digit());
    is_dumped &= reader.take(b") ") && reader.peek() == Some(b'"');
    if !is_dumped {
        reader.at = start;
    }
}

/// Whether a function of this name answers with what it is given, in another form: `Some`, `SecretString::from`. Of others
/// a word is the name of a thing.
pub fn hands_on(callee: &[u8]) -> bool {
    const LAST: &[&str] = &[
        "some", "just", "ok", "pure", "lazy", "from", "new", "into", "string", "str", "text", "chars",
        "byte", "bytes", "array", "secret", "password", "passwd", "pwd", "passphrase", "pass", "token",
        "key", "value", "val", "literal", "default", "hash", "hex", "digest", "encrypt", "encode", "obscure",
        "sha", "md", "bcrypt", "quote",
    ];
    callee.is_empty()
        || callee.ends_with(b".of")
        || callee.ends_with(b":of")
        || Words::of(callee).last().is_some_and(|last| LAST.iter().any(|word| word.as_bytes() == last))
}

/// The most backslashes before a quote: those of a string in four others.
pub const MOST_ESCAPES: usize = 15;

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
        skip(bytes, reader.at, reader.at + 2, |b| b.is_ascii_alphabetic() || matches!(b, b'@' | b'$' | b'#')),
    );
    let open = |at: usize| {
        let escapes = skip(bytes, at, at + MOST_ESCAPES, |b| b == b'\\') - at;
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
    // Three of these fence off code in a text.
    if bytes[at..].starts_with(b"```") {
        reader.at = start;
        return None;
    }
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
    let (end, after) = loop {
        let Some(found) = memchr::memchr3(quote.byte, b'\\', b'\n', &bytes[at..limit]) else {
            reader.seen = reader.seen.max(limit);
            return None;
        };
        let found = at + found;
        let escapes = skip(bytes, found, found + MOST_ESCAPES + 1, |b| b == b'\\') - found;
        let byte = *bytes.get(found + escapes)?;
        // A quote that is written twice is one inside of the string, as YAML, SQL and Basic have it.
        if byte == quote.byte
            && quote.count == 1
            && escapes + quote.escapes == 0
            && found > start
            && bytes.get(found + 1) == Some(&byte)
        {
            at = (found + 2).min(limit);
            continue;
        }
        if byte == quote.byte
            && escapes <= quote.escapes
            && bytes[found + escapes..].starts_with(&[byte; 3][..quote.count])
        {
            break (found, found + escapes + quote.count);
        }
        if byte == b'\n' && quote.count == 1 {
            reader.seen = reader.seen.max(found + escapes + 1);
            return None;
        }
        at = (found + escapes + 1).min(limit);
    };
    reader.at = after;
    reader.seen = reader.seen.max(after);
    let after = skip(bytes, after, after + 4, byte::is_blank);
    let joined = match bytes.get(after..after + 2) {
        Some([b'+', b'=']) => false,
        Some([b'+', _] | [b'.', b' ' | b'$' | b'.'] | [b'<', b'<']) => true,
        _ => false,
    };
    Some((Span::new(start, end), joined))
}

/// Reads a string whose quotes are written as markup writes them inside its own.
fn quoted_in_markup(reader: &mut Reader<'_>) -> Option<Span> {
    let start = reader.at;
    reader.take(QUOTE_IN_MARKUP).then_some(())?;
    let rest = &reader.bytes[reader.at..(reader.at + LONGEST_VALUE).min(reader.bytes.len())];
    let Some(length) = memchr::memmem::find(rest, QUOTE_IN_MARKUP) else {
        reader.at = start;
        return None;
    };
    let value = Span::new(reader.at, reader.at + length);
    reader.at = value.end + QUOTE_IN_MARKUP.len();
    Some(value)
}

/// Passes the references that a function tries before a string, as Terraform has them: `coalesce(var.password, "…")`.
fn other_choices(reader: &mut Reader<'_>, callee: Span) {
    if !matches!(callee.of(reader.bytes), b"coalesce" | b"try") {
        return;
    }
    let is_listed = |b: u8| byte::is_name(b) || matches!(b, b'[' | b']' | b',' | b' ');
    let end = skip(reader.bytes, reader.at, reader.at + LONGEST_GAP, is_listed);
    if reader.bytes[..end].ends_with(b", ") && reader.bytes.get(end) == Some(&b'"') {
        reader.at = end;
    }
}

/// Passes `name(`, `new name(`, `&name(`: a function that the value is handed to. Answers with its name.
fn open_call(reader: &mut Reader<'_>) -> Option<Span> {
    let bytes = reader.bytes;
    let start = reader.at;
    // What makes bytes of a string is no name of a thing.
    if reader.take(b"new TextEncoder().encode(") {
        return Some(Span::new(start, start));
    }
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

fn trim(bytes: &[u8], span: Span) -> Span {
    let end = skip_back(bytes, span.end, span.start, |b| b.is_ascii_whitespace());
    Span::new(skip(bytes, span.start, end, |b| b.is_ascii_whitespace()), end)
}

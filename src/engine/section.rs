//! Reads the members of a section whose name says what they are, whatever they are called themselves: `secrets:` and
//! lines below it, `credentials = { … }`, `[tokens]`, and the data of a Kubernetes `Secret`.
//!
//! It begins at the name that says so, and reads the members of the first level, as far as they are near. Whether a member is
//! a secret is judged elsewhere: it must look drawn.

use super::assignment::{Assignment, LONGEST_GAP, LONGEST_SCOPE, Operator, Quoting, Reader};
use super::bare::Place;
use super::byte::{self, skip, skip_back};
use super::literal::{self, Literal};
use crate::span::Span;

/// How far from the name that says what they are members are read, in bytes: within `window::REACH`, as in `column.rs`.
const FARTHEST: usize = 900;
/// The deepest that a line is indented.
const DEEPEST: usize = 40;
/// The most members that are read.
const MOST: usize = 32;

/// How members are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Written {
    /// On lines that are indented by so much, with this sign behind the name.
    Lines(usize, u8),
    /// In brackets, divided by commas.
    Object,
}

/// The name in the plural that a section may have whose stem stands at `hit`, if what stands behind it may open one.
#[inline(always)]
pub fn name(bytes: &[u8], hit: usize) -> Option<Span> {
    // `secrets`, `credentials`, `tokens`, `passwords`, `keys`: most names are told from these by one byte.
    let length = match bytes[hit].to_ascii_lowercase() {
        b's' => 6,
        b'c' => 10,
        b't' => 5,
        b'p' => 8,
        b'k' => 3,
        _ => return None,
    };
    let end = hit + length + 1;
    let is_plural = matches!(bytes.get(end - 1), Some(b's' | b'S'));
    let opens = is_plural
        && matches!(bytes.get(end), Some(b':' | b' ' | b'=' | b']' | b'"' | b'\''))
        && begins(bytes, end).is_some();
    opens.then(|| Span::new(skip_back(bytes, hit, hit.saturating_sub(LONGEST_SCOPE), byte::is_name), end))
}

/// The members of the section that is called `name`.
pub fn members(bytes: &[u8], name: Span) -> Vec<Assignment> {
    let Some((start, opened)) = begins(bytes, name.end) else { return Vec::new() };
    let limit = (name.start + FARTHEST).min(bytes.len());
    let line = line_of(bytes, name.start);
    let indented = skip(bytes, line, line + DEEPEST, byte::is_blank) - line;
    let written = match opened {
        b'[' | b'{' => Some(Written::Object),
        b']' => (bytes.get(indented + line) == Some(&b'['))
            .then(|| first_line(bytes, start, limit, b'='))
            .flatten(),
        // An item of a list has its name further in than its line.
        _ => first_line(bytes, start, limit, b':')
            .filter(|written| matches!(written, Written::Lines(depth, _) if *depth > indented)),
    };
    written.map_or_else(Vec::new, |written| read(bytes, start, limit, written, name))
}

/// The members of the data of a Kubernetes `Secret`, whose kind is said at `hit`.
pub fn of_kubernetes(bytes: &[u8], hit: usize) -> Vec<Assignment> {
    const NAMES: [&[u8]; 2] = [b"stringData", b"data"];
    let kind = Span::new(hit, hit + b"Secret".len());
    let mut found = Vec::new();
    if !is_kind(bytes, kind) {
        return found;
    }
    let line = line_of(bytes, hit);
    let indent = skip(bytes, line, line + DEEPEST, byte::is_blank) - line;
    let around = Span::new(hit, hit).widen(FARTHEST, FARTHEST, bytes.len());
    let text = around.of(bytes);
    for (name, at) in
        NAMES.iter().flat_map(|name| memchr::memmem::find_iter(text, *name).map(move |at| (name, at)))
    {
        let name = Span::new(around.start + at, around.start + at + name.len());
        let own = line_of(bytes, name.start);
        let before = &bytes[own..name.start];
        let is_sibling = before.iter().take_while(|b| byte::is_blank(**b)).count() == indent
            && (before.len() == indent || before.len() == indent + 1 && before.ends_with(b"\""))
            || own == line && before.ends_with(b"\"");
        let between = Span::new(name.start.min(hit), name.start.max(hit));
        if is_sibling && memchr::memmem::find(between.of(bytes), b"\n---").is_none() {
            let near = |member: &Assignment| member.value.end <= around.end;
            for mut member in members(bytes, name).into_iter().filter(near) {
                member.depends_on =
                    member.depends_on.union(kind.widen(DEEPEST + LONGEST_SCOPE, 2, bytes.len()));
                found.push(member);
            }
        }
    }
    found
}

/// Whether `kind` is all that is said of the kind of an object: `kind: Secret`, `"kind": "Secret"`.
fn is_kind(bytes: &[u8], kind: Span) -> bool {
    const SIGNS: [&[u8]; 4] = [b"kind: ", b"\"kind\": \"", b"\"kind\":\"", b"kind: \""];
    let ends = bytes.get(kind.end).is_none_or(|b| matches!(b, b'\r' | b'\n' | b'"' | b' '));
    ends && SIGNS.iter().any(|sign| bytes[..kind.start].ends_with(sign))
}

/// Where the line begins that `at` is on, as far as it is indented.
fn line_of(bytes: &[u8], at: usize) -> usize {
    skip_back(bytes, at, at.saturating_sub(DEEPEST + LONGEST_SCOPE), |b| b != b'\n')
}

/// What opens a section behind its name, which ends at `end`: where it begins, and a bracket or the end of a line.
fn begins(bytes: &[u8], end: usize) -> Option<(usize, u8)> {
    let quote = skip(bytes, end, end + 1, |b| matches!(b, b'"' | b'\''));
    let blank = skip(bytes, quote, quote + 4, byte::is_blank);
    let (sign, header) = match bytes.get(blank..)? {
        [b'=', b'>', ..] => (2, false),
        [b':' | b'=', ..] => (1, false),
        [b']', ..] if blank == end => (1, true),
        _ => return None,
    };
    let at = skip(bytes, blank + sign, blank + sign + 4, byte::is_blank);
    match bytes.get(at..)? {
        [b'\n', ..] | [b'\r', b'\n', ..] if header => Some((at, b']')),
        [b'\n', ..] | [b'\r', b'\n', ..] if sign == 1 && bytes[blank] == b':' => Some((at, b'\n')),
        [open @ (b'{' | b'['), ..] if !header => Some((at + 1, *open)),
        _ => None,
    }
}

/// How the first line behind `start` is written that holds anything.
fn first_line(bytes: &[u8], start: usize, limit: usize, sign: u8) -> Option<Written> {
    let text = skip(bytes, start, limit, |b| b.is_ascii_whitespace());
    Some(Written::Lines(text - line_of(bytes, text), sign))
}

/// The members between `start` and `limit`.
fn read(bytes: &[u8], start: usize, limit: usize, written: Written, section: Span) -> Vec<Assignment> {
    let mut reader = Reader::new(bytes, start);
    let mut found = Vec::new();
    for _ in 0..MOST {
        let next = match written {
            Written::Lines(depth, sign) => line(&mut reader, limit, depth, sign),
            Written::Object => member(&mut reader, limit),
        };
        let Some(name) = next else { break };
        let member = assignment(&mut reader, name, written, section);
        if let Some(member) = member.filter(|member| member.value.end <= limit) {
            found.push(member);
        }
    }
    found
}

/// Passes lines up to the next member and what joins it to its value; answers with its name.
fn line(reader: &mut Reader<'_>, limit: usize, depth: usize, sign: u8) -> Option<Span> {
    let bytes = reader.bytes;
    while reader.at < limit {
        let end = reader.at + memchr::memchr(b'\n', &bytes[reader.at..limit])?;
        let text = skip(bytes, end + 1, limit, byte::is_blank);
        reader.at = end + 1;
        let own = text - reader.at;
        match bytes.get(text)? {
            b'\r' | b'\n' | b'#' => continue,
            b'[' | b'-' => return None,
            _ if own < depth => return None,
            _ if own > depth => continue,
            _ => {}
        }
        let start = skip(bytes, text, text + 1, |b| matches!(b, b'"' | b'\''));
        let name = Span::new(start, skip(bytes, start, start + LONGEST_GAP, byte::is_name));
        let close = skip(bytes, name.end, name.end + 1, |b| matches!(b, b'"' | b'\''));
        let joins = skip(bytes, close, close + 8, byte::is_blank);
        if !name.is_empty() && bytes.get(joins) == Some(&sign) {
            reader.at = joins + 1;
            return Some(name);
        }
    }
    None
}

/// Passes what stands before the value of the next member in brackets; answers with its name.
fn member(reader: &mut Reader<'_>, limit: usize) -> Option<Span> {
    let bytes = reader.bytes;
    let between = |b: u8| b.is_ascii_whitespace() || b == b',';
    reader.at = skip(bytes, reader.at, limit, between);
    let start = skip(bytes, reader.at, reader.at + 1, |b| matches!(b, b'"' | b'\''));
    let name = Span::new(start, skip(bytes, start, start + LONGEST_GAP, byte::is_name));
    let close = skip(bytes, name.end, name.end + 1, |b| matches!(b, b'"' | b'\''));
    let joins = skip(bytes, close, close + 4, byte::is_blank);
    let signs = skip(bytes, joins, joins + 2, |b| matches!(b, b':' | b'=' | b'>'));
    reader.at = signs;
    (!name.is_empty() && signs > joins && signs < limit).then_some(name)
}

/// The value of the member `name` that begins here, if it is on the same line.
fn assignment(reader: &mut Reader<'_>, name: Span, written: Written, section: Span) -> Option<Assignment> {
    let bytes = reader.bytes;
    reader.blanks();
    let start = reader.at;
    reader.seen = start;
    if matches!(reader.peek(), None | Some(b'\r' | b'\n' | b'{' | b'[' | b'|' | b'>')) {
        return None;
    }
    let place = Place::of(bytes, name, Operator::Colon);
    let Literal { value, quoting, wrapper } = literal::value(reader, Operator::Member, place)?;
    if written != Written::Object {
        reader.at = start;
    }
    let is_alone = wrapper.is_empty() && (written != Written::Object || quoting != Quoting::Bare);
    let depends_on = Span::new(section.start.min(name.start), value.end.max(section.end).max(reader.seen))
        .widen(DEEPEST + LONGEST_SCOPE, LONGEST_GAP, bytes.len());
    is_alone.then_some(Assignment { name, operator: Operator::Member, value, quoting, wrapper, depends_on })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Names and values of the section that `hit` begins.
    fn shown(text: &str, hit: &str) -> String {
        let bytes = text.as_bytes();
        let at = text.find(hit).expect("the text holds it");
        let members = if hit == "Secret" {
            of_kubernetes(bytes, at)
        } else {
            members(bytes, name(bytes, at).unwrap_or_default())
        };
        let of = |span: Span| String::from_utf8_lossy(span.of(bytes)).into_owned();
        members.iter().map(|it| format!("{}={}", of(it.name), of(it.value))).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn members_are_read_in_every_syntax() {
        for (text, hit, expected) in [
            ("secrets:\n  a: x1\n  # b: x\n\n  c: 'x 2'\nd: y\n", "secrets", "a=x1 c=x 2"),
            ("secrets:\n  a:\n    b: x\n  c: y\n", "secrets", "c=y"),
            ("secrets:\n- a: x\n", "secrets", ""),
            ("secrets:\na: x\n", "secrets", ""),
            ("{\"tokens\": {\"a\": \"x\", \"n\": 1, \"b\": \"y\"}, \"c\": \"z\"}", "tokens", "a=x b=y"),
            ("tokens = { a: 'x', b: f('y') }\n", "tokens", "a=x"),
            ("'tokens' => [\n  'a' => 'x',\n]", "tokens", "a=x"),
            ("tokens = ['x', 'y']", "tokens", ""),
            ("[x.tokens]\na = \"x\"\n\n[y]\nb = \"z\"\n", "tokens", "a=x"),
            ("list[tokens]\na = \"x\"\n", "tokens", ""),
            ("kind: Secret\nstringData:\n  a: x\n  b.c: y\n", "Secret", "a=x b.c=y"),
            ("data:\n  a: x\nkind: Secret\n", "Secret", "a=x"),
            ("data:\n  a: x\n---\nkind: Secret\n", "Secret", ""),
            ("kind: SecretStore\ndata:\n  a: x\n", "Secret", ""),
            ("kind: Secret\nmeta:\n  data:\n    a: x\n", "Secret", ""),
            ("{\"kind\": \"Secret\", \"data\": {\"a\": \"x\"}}", "Secret", "a=x"),
            ("{\n  \"kind\": \"Secret\",\n  \"data\": {\n    \"a\": \"x\"\n  }\n}", "Secret", "a=x"),
        ] {
            assert_eq!(shown(text, hit), expected, "{text}");
        }
    }
}

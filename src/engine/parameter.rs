//! Finds the default that a block below a parameter's name gives it, as templates of CloudFormation, inputs and schemas
//! have it: `DbPassword:` and, further in, `Default: …`, or `"DbPassword": { "Type": "String", "Default": "…" }`.
//!
//! It begins behind the colon and passes what stands before the value; how that is written is read by `literal.rs`.

use super::assignment::{LONGEST_GAP, LONGEST_SCOPE, Reader};
use super::byte::{self, skip, skip_back};
use crate::span::Span;

/// How long a block is that is looked through, in bytes.
const LONGEST_BLOCK: usize = 4 * LONGEST_GAP;

/// What the default is called, or the value where a block says more of it.
const NAMES: [&[u8]; 4] = [b"Default", b"default", b"Value", b"value"];

/// Passes what stands before the default, if a block that gives one begins here, behind the colon of `name`.
pub fn open(reader: &mut Reader<'_>, name: Span) {
    let bytes = reader.bytes;
    let start = skip(bytes, reader.at, reader.at + 4, byte::is_blank);
    let found = match bytes.get(start..).unwrap_or_default() {
        [b'\n', ..] | [b'\r', b'\n', ..] => in_lines(bytes, name, start),
        [b'{', ..] => in_object(bytes, start + 1),
        [b'a'..=b'z' | b'A'..=b'Z', ..] => in_validator(bytes, start),
        _ => None,
    };
    reader.at = found.unwrap_or(reader.at);
}

/// Where the default begins among the lines that are indented alike below the name, whose own line ends at `end`.
fn in_lines(bytes: &[u8], name: Span, end: usize) -> Option<usize> {
    let in_scope = |b: u8| byte::is_name(b) || b == b':';
    let head = skip_back(bytes, name.start, name.start.saturating_sub(LONGEST_SCOPE), in_scope);
    // As far as an assignment says that it depends on what stands before its name.
    let reach = name.start.saturating_sub(LONGEST_SCOPE + 7).min(head);
    let line = skip_back(bytes, head, reach, byte::is_blank);
    if !byte::begins_line(bytes, line) {
        return None;
    }
    let limit = (end + LONGEST_BLOCK).min(bytes.len());
    let mut depth = None;
    let mut at = end;
    while let Some(length) = memchr::memchr(b'\n', &bytes[at..limit]) {
        at += length + 1;
        let text = skip(bytes, at, limit, byte::is_blank);
        if matches!(bytes.get(text), Some(b'\r' | b'\n')) {
            continue;
        }
        let own = text - at;
        if own < *depth.get_or_insert(own) || own <= head - line {
            return None;
        }
        if depth == Some(own)
            && let Some(value) = behind_name(bytes, text, b":")
        {
            return Some(value);
        }
    }
    None
}

/// Where the default begins in an object whose first member begins at `start`, if no other object stands before it.
fn in_object(bytes: &[u8], start: usize) -> Option<usize> {
    let end = skip(bytes, start, start + LONGEST_BLOCK, |b| !matches!(b, b'{' | b'}'));
    let quotes = memchr::memchr_iter(b'"', &bytes[start..end]);
    quotes.map(|quote| start + quote + 1).find_map(|name| behind_name(bytes, name, b"\":")).or_else(|| {
        // As programs write it, a default that is a string: `password: { type: String, default: '…' }`.
        let words = memchr::memmem::find_iter(&bytes[start..end], b"default: ").map(|word| start + word);
        words
            .filter(|&word| matches!(bytes[word - 1], b' ' | b'{' | b',' | b'\n' | b'\t'))
            .map(|word| word + b"default: ".len())
            .find(|&value| matches!(bytes.get(value), Some(b'"' | b'\'' | b'`')))
    })
}

/// Where the default begins that is given to what checks a variable: `z.string().default("…")`, `str({ default: "…" })`.
fn in_validator(bytes: &[u8], start: usize) -> Option<usize> {
    let in_chain = |b: u8| byte::is_word(b) || matches!(b, b'.' | b'(' | b')');
    let end = skip(bytes, start, start + LONGEST_GAP, in_chain);
    if bytes[start..end].ends_with(b".default(") {
        return matches!(bytes.get(end), Some(b'"' | b'\'' | b'`')).then_some(end);
    }
    (bytes[start..end].ends_with(b"(") && bytes.get(end) == Some(&b'{'))
        .then(|| in_object(bytes, end + 1))
        .flatten()
}

/// What follows the name of a default at `at`, and `sign` behind that.
fn behind_name(bytes: &[u8], at: usize, sign: &[u8]) -> Option<usize> {
    let rest = bytes.get(at..)?;
    let name = NAMES.iter().find(|name| rest.starts_with(name))?;
    rest[name.len()..].starts_with(sign).then_some(at + name.len() + sign.len())
}

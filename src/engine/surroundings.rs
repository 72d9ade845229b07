//! What stands around a named value and says that it is no secret.
//!
//! A name may ask instead of tell, `check_password("…")`; a value may be a variable, a word of a sentence, one of many
//! fields. Each answers one such question from the bytes around name and value.

use super::assignment::{Assignment, Operator, Quoting};
use super::name::{Ending, Words};
use super::plausible::Look;
use super::{byte, context};
use crate::span::Span;

/// Whether the name is that of a function which asks about a secret or hashes it, and is given any text:
/// `check_password("…")`.
pub fn is_question(bytes: &[u8], assignment: &Assignment, ending: Ending) -> bool {
    const VERBS: &[&str] = &[
        "check", "has", "hash", "is", "validate", "verify", "compare", "match", "matches", "test", "expect",
        "get", "find", "load", "read", "parse", "assert", "valid", "forgot", "reset", "authenticate",
        "encrypt", "encode", "getent",
    ];
    // Tests pass with a message: `pass 'it works'`.
    if assignment.operator == Operator::Keyword {
        let is_defined = bytes[..assignment.name.start].ends_with(b"#define ");
        return ending.short && !is_defined && !is_of_api(bytes, assignment);
    }
    let asks = |name: &[u8], verbs: &[&str]| {
        Words::of(name).iter().any(|word| verbs.iter().any(|verb| verb.as_bytes() == word))
    };
    let name = assignment.name;
    match assignment.operator {
        Operator::Call => {
            ending.short && assignment.wrapper.of(bytes) != b"Some" || asks(name.of(bytes), VERBS)
        }
        // `verify_password("password", "…")`: what seems to be a name is the text that is given.
        Operator::Argument => {
            let open =
                byte::skip_back(bytes, name.start, name.start.saturating_sub(2), |b| !byte::is_word(b));
            let callee = byte::skip_back(bytes, open, open.saturating_sub(LONGEST_CALLEE), byte::is_word);
            let between = &bytes[open..name.start];
            between.starts_with(b"(") && asks(&bytes[callee..open], ANSWERING)
        }
        _ => false,
    }
}

/// Whether a sentence calls a key one that is secret: `your API key is …`.
pub fn is_of_api(bytes: &[u8], assignment: &Assignment) -> bool {
    const WORDS: [&[u8]; 4] = [b" api ", b" access ", b" secret ", b" encryption "];
    let before = &bytes[..assignment.name.start];
    let ends = |word: &&[u8]| {
        before.len() >= word.len() && before[before.len() - word.len()..].eq_ignore_ascii_case(word)
    };
    WORDS.iter().any(ends)
}

/// The longest name of a function that is looked at, in bytes.
const LONGEST_CALLEE: usize = 28;

/// What functions do with a secret that they are given beside another text.
const ANSWERING: &[&str] =
    &["check", "hash", "verify", "compare", "matches", "validate", "authenticate", "encrypt"];

/// Whether the name is the first of two strings of which a condition chooses, `ok ? "pass" : "…"`, or what stands
/// before it makes it another one: `Public Key: …`, `wrong password: …`.
pub fn is_said_otherwise(bytes: &[u8], assignment: &Assignment) -> bool {
    let before = &bytes[..assignment.name.start];
    match assignment.operator {
        Operator::Colon => {
            [b"? \"".as_slice(), b"? '", b"? `"].iter().any(|choice| before.ends_with(choice))
                || [
                    b"Public ".as_slice(),
                    b"public ",
                    b"wrong ",
                    b"invalid ",
                    b"incorrect ",
                    b"bad ",
                    b"encrypted ",
                    b"hashed ",
                ]
                .iter()
                .any(|word| before.ends_with(word))
        }
        // The end of a path among other strings: `"/etc/passwd", "…"`.
        Operator::Argument => before.ends_with(b"/"),
        _ => false,
    }
}

/// Whether the value is what a run of tests, or a sentence, says passed, `PASS: utf8_check`, `all tests pass: …`, or a
/// state in a sheet of styles: `#pass:checked`.
pub fn is_verdict(bytes: &[u8], assignment: &Assignment) -> bool {
    let Assignment { name, value, operator, quoting, .. } = *assignment;
    let before = &bytes[..name.start];
    let in_sentence = matches!(before, [.., word, b' '] if word.is_ascii_alphanumeric() || *word == b')');
    let is_state = value.start == name.end + 1 && value.of(bytes).iter().all(u8::is_ascii_lowercase);
    operator == Operator::Colon
        && (quoting == Quoting::Bare && (name.of(bytes) == b"PASS" || is_state)
            || name.of(bytes).eq_ignore_ascii_case(b"pass") && in_sentence)
}

/// Whether what follows a string says that it is a key by itself: `"password", "b3…": "…"`, `'pass' => array('label' => …`.
pub fn is_key_of_next(bytes: &[u8], assignment: &Assignment) -> bool {
    let Some((b'"' | b'\'', rest)) = bytes.get(assignment.value.end..).and_then(<[u8]>::split_first) else {
        return false;
    };
    let blanks = rest.iter().take(LONGEST_CALLEE).take_while(|&&b| byte::is_blank(b)).count();
    // What has a colon may be a user and the password: `'bob:…' => array(`.
    let is_pair = assignment.value.of(bytes).contains(&b':');
    rest[blanks..].starts_with(b"=>") && !is_pair
        || assignment.operator == Operator::Argument && rest.starts_with(b":")
}

/// Whether the value is a line of code by itself, with an empty line between it and the colon that ends a sentence.
pub fn is_command_below(bytes: &[u8], assignment: &Assignment) -> bool {
    let Assignment { name, value, operator, .. } = *assignment;
    let between = &bytes[name.end..value.start.max(name.end)];
    operator == Operator::Colon
        && between.ends_with(b"\n`")
        && (memchr::memmem::find(between, b"\n\n").is_some()
            || memchr::memmem::find(between, b"\n\r\n").is_some())
}

/// Whether what follows a bare value says that the rest was left out: `sk-abc123...`, `sk:abc123:...`.
pub fn is_cut_short(bytes: &[u8], assignment: &Assignment) -> bool {
    let rest = &bytes[assignment.value.end..];
    let rest = rest.strip_prefix(b":").unwrap_or(rest);
    assignment.quoting == Quoting::Bare && (rest.starts_with(b"...") || rest.starts_with("…".as_bytes()))
}

/// Whether the value is the token in the address of a badge, or of a file that Firebase hands out, which everybody sees.
pub fn is_badge(bytes: &[u8], assignment: &Assignment) -> bool {
    let name = assignment.name;
    let in_query = name.start.checked_sub(1).is_some_and(|index| matches!(bytes[index], b'?' | b'&' | b';'));
    let start = assignment.value.start.saturating_sub(context::REACH).min(name.start);
    let address = Span::new(start, name.start).of(bytes);
    in_query
        && [b"badge".as_slice(), b".svg?", b"shields.io", b"?alt=media&"]
            .iter()
            .any(|mark| memchr::memmem::find(address, mark).is_some())
}

/// Whether other pairs stand before the name in its string, as in what opens a connection: `"dbname=x user=y password=…"`,
/// `'User ID=sa;Password=…'`.
pub fn is_among_pairs(bytes: &[u8], assignment: &Assignment) -> bool {
    let start = assignment.name.start;
    let reach = assignment.value.start.saturating_sub(context::REACH).min(start);
    let open =
        byte::skip_back(bytes, start, reach, |b| !matches!(b, b'"' | b'\'' | b'`' | b'\n' | b'(' | b')'));
    let text = &bytes[open..start];
    let sign = if text.ends_with(b";") { b';' } else { b' ' };
    let is_pair = |pair: &[u8]| pair.contains(&b'=') && pair[0].is_ascii_alphabetic();
    open > reach
        && matches!(bytes[open - 1], b'"' | b'\'' | b'`')
        && matches!(text, [first, .., b' ' | b';'] if first.is_ascii_alphabetic())
        && text.split(|b| *b == sign).filter(|pair| !pair.is_empty()).all(is_pair)
}

/// Whether the value without quotes is a variable, a type or a word of a sentence.
pub fn is_variable(bytes: &[u8], assignment: &Assignment) -> bool {
    // The language of the code that follows a sentence.
    if bytes[..assignment.value.start].ends_with(b"```") {
        return true;
    }
    if assignment.quoting != Quoting::Bare {
        return false;
    }
    let value = assignment.value.of(bytes);
    let before = &bytes[..assignment.name.start];
    // In the actions of a template, and where the type of a literal stands: `Key: v1.KeySpec{`.
    let in_action = [b"{{ $".as_slice(), b"{{- $", b"{{$"].iter().any(|open| before.ends_with(open));
    let is_type = bytes.get(assignment.value.end) == Some(&b'{')
        && value.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.'));
    if in_action || is_type {
        return true;
    }
    let identifier = value.iter().all(|b| b.is_ascii_alphabetic() || matches!(b, b'_' | b'.'));
    let named_by_string = matches!(bytes.get(assignment.name.end), Some(b'"' | b'\''));
    // `group:artifact` as build tools write it.
    let coordinate = assignment.operator == Operator::Colon
        && assignment.value.start == assignment.name.end + 1
        && assignment.name.of(bytes).contains(&b'.');
    let spoken =
        matches!(assignment.operator, Operator::Colon | Operator::Arrow | Operator::Equals { tight: false })
            && value.iter().all(u8::is_ascii_alphabetic)
            && goes_on(&bytes[assignment.value.end..]);
    // A member of an object whose value is a variable: `{password: newPw, again: newPw2}`.
    let is_member = || {
        assignment.operator == Operator::Colon
            && matches!(before, [.., b'{' | b','] | [.., b'{' | b',', b' '])
            && matches!(bytes.get(assignment.value.end), Some(b',' | b'}'))
            && is_camel_case(value)
    };
    is_member()
        || identifier && (named_by_string && assignment.operator == Operator::Colon)
        || spoken
        || closes_behind(bytes, assignment.value)
        || coordinate && !Look::at(value).is_random()
        || is_field(bytes, assignment)
}

/// Whether it is written as variables are whose name has two words and perhaps a number: `newPw2`.
fn is_camel_case(value: &[u8]) -> bool {
    let words = Words::of(value);
    let digits = value.iter().filter(|b| b.is_ascii_digit()).count();
    value.iter().all(u8::is_ascii_alphanumeric)
        && value[0].is_ascii_lowercase()
        && words.count() == 2
        && digits <= usize::from(value.last().is_some_and(u8::is_ascii_digit))
}

/// Whether the rest of the line closes a bracket that a value has open, as it does of a call:
/// `SHA3-256(a || b)`, `HKDF_sha256(key, info)`.
fn closes_behind(bytes: &[u8], value: Span) -> bool {
    let open = memchr::memchr_iter(b'(', value.of(bytes)).count();
    let mut depth = open - memchr::memchr_iter(b')', value.of(bytes)).count().min(open);
    let end = byte::skip(bytes, value.end, value.end + LONGEST_CALLEE, |b| b != b'\n');
    depth > 0
        && matches!(bytes.get(value.end), Some(b',' | b' '))
        && Span::new(value.end, end).of(bytes).iter().any(|b| {
            match b {
                b'(' => depth += 1,
                b')' => depth -= 1,
                _ => {}
            }
            depth == 0
        })
}

/// Whether name and value are two of many fields that colons divide: the end of an ARN, a line of `/etc/passwd`, a list
/// of ciphers, `!MD5:!PSK:!DSS`.
fn is_field(bytes: &[u8], assignment: &Assignment) -> bool {
    let Assignment { name, value, operator, .. } = *assignment;
    if operator != Operator::Colon || value.start != name.end + 1 {
        return false;
    }
    let is_part = |b: u8| byte::is_token(b) || b == b':';
    let start = byte::skip_back(bytes, name.start, value.start.saturating_sub(context::REACH), is_part);
    match bytes[..name.start] {
        [.., b':', b'!' | b'+' | b'-'] => true,
        [.., b':'] => {
            bytes[start.min(name.start)..].starts_with(b"arn:") || !Look::at(value.of(bytes)).is_random()
        }
        _ => false,
    }
}

/// Whether a sentence goes on: ` and so`, or `, changes and`, but not `, user: x`, which is the next pair.
fn goes_on(rest: &[u8]) -> bool {
    match rest {
        [b' ', next, ..] => next.is_ascii_alphabetic() || matches!(next, b'\'' | b'"'),
        [b',', b' ', rest @ ..] => {
            let word = rest.iter().take(LONGEST_WORD).take_while(|b| b.is_ascii_alphabetic()).count();
            matches!(&rest[word..], [b' ', next, ..] if word > 0 && next.is_ascii_alphabetic())
        }
        _ => false,
    }
}

/// The longest word that is looked at behind a comma, in bytes.
const LONGEST_WORD: usize = 16;

/// Whether name and value are all of a string, and the name is that of a header: `-H "X-Api-Key: …"`.
pub fn is_header(bytes: &[u8], assignment: &Assignment) -> bool {
    let Assignment { name, value, .. } = *assignment;
    let quote = name.start.checked_sub(1).map(|index| bytes[index]);
    matches!(quote, Some(b'"' | b'\''))
        && bytes.get(value.end).copied() == quote
        && name.of(bytes).contains(&b'-')
}

/// Whether a comment that has a line to itself tells what somebody noted there: `// password: …`. What it says of types
/// and parameters reads like words.
pub fn is_noted(bytes: &[u8], assignment: &Assignment, look: &Look) -> bool {
    const MARKS: [&[u8]; 5] = [b"//", b"#", b"--", b"*", b";"];
    if look.digits == 0 || look.letters() == 0 || look.is_worded() {
        return false;
    }
    let start = assignment.name.start;
    let reach = assignment.value.start.saturating_sub(context::REACH).min(start);
    let line = byte::skip_back(bytes, start, reach, |b| b != b'\n');
    let text = bytes[line..start].trim_ascii_start();
    byte::begins_line(bytes, line) && MARKS.iter().any(|mark| text.starts_with(mark))
}

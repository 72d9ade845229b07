//! Values that stand for a secret to be filled in: `YOUR_API_KEY`, `xxxxxxxx`, `<token>`, `changeme`.
//!
//! Also fillers, which nobody uses but in examples: `1234567890`, one character repeated, alphabets.

use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, AhoCorasickKind};
use data_encoding::HEXLOWER;

use super::password::is_as_rules_ask;
use super::plausible::{Look, reads_like_word};

/// Words that say so themselves, wherever they stand in the value (lower case).
const MARKS: &[&str] = &[
    "example",
    "placeholder",
    "changeme",
    "changeit",
    "replaceme",
    "redacted",
    "dummy",
    "sample",
    "yourkey",
    "yoursecret",
    "yourtoken",
    "yourpass",
    "yourapi",
    "youraccess",
    "yourown",
    "insertyour",
    "xxxxx",
    "foobar",
    "loremipsum",
    "notasecret",
    "notreal",
    "secrethere",
    "keyhere",
    "tokenhere",
    "passwordhere",
    "goeshere",
    "mysecret",
    "mypassword",
    "mytoken",
    "myapikey",
    "removed",
    "dataomitted",
    "fillmein",
    "putyour",
    "enteryour",
    "addyour",
    "tobechanged",
    "pleasechange",
    "changethis",
    "deadbeefdeadbeef",
    // UUIDs of the standards that describe them.
    "550e8400e29b41d4a716446655440",
    "123e4567e89b12d3a456426",
    // The seed of one-time codes that documentation shows: `Hello!`, and four bytes more.
    "jbswy3dpehpk3px",
    "1a2b3c",
    "a1b2c3",
    "cafebabe",
    "notsosecret",
    "supersecret",
    "topsecret",
    "verysecret",
    "somerandom",
    "randomstring",
    "valuehere",
    "truncated",
];

/// Words that say so when they stand alone between other characters (lower case).
const MARK_WORDS: &[&str] = &[
    "your", "my", "fake", "mock", "todo", "fixme", "tbd", "insert", "replace", "change", "test", "invalid",
    "some", "null", "none", "nil", "undefined", "here", "foo", "bar", "baz", "demo", "snip", "truncated",
    "hidden", "filtered", "example", "omitted", "stub", "testing", "secret", "token", "password", "passwd",
];

/// Whole values that stand for no value, or for any (lower case).
const WHOLE: &[&str] = &[
    "deadbeef", "always", "never", "auto", "prompt", "ask", "null", "none", "nil", "undefined", "true",
    "false", "n/a", "na", "empty", "unset", "optional", "required", "string", "str", "yes", "no", "on",
    "off", "tba", "tbd", "default", "value", "text", "password", "passwd", "secret", "token", "key", "pass",
    "pwd", "foo", "bar", "baz", "abc", "abc123", "abcd", "abcdef", "xyz", "asdf", "qwerty", "qwertyuiop",
    "hunter2", "username", "user", "hidden", "masked", "unknown", "bearer", "basic", "hogehoge",
    "some-value", "asdfasdf", "asdfghjkl", "blah", "blahblah", "asdf1234", "qwer1234", "utf8", "utf-8",
    "ascii", "base64", "latin1", "hex", "undef", "binary", "boolean", "bool", "hashed", "integer", "varchar",
    "varchar2", "nvarchar", "nvarchar2", "datetime", "encrypted", "query", "x-oauth-basic", "x-access-token",
    "x-token-auth", "oauth2",
];

/// Pieces that ask for another value in what is made of words, a number and a sign, as passwords are that rules ask for:
/// `Change-me1!` (lower case).
const REQUESTS: &[&str] = &[
    "your", "change", "replace", "insert", "enter", "fill", "example", "placeholder", "redacted", "dummy",
    "sample", "todo", "fixme", "xxxx", "removed", "omitted", "truncated", "hidden", "filtered", "fake",
    "mock", "foobar", "lorem", "here", "null", "undefined",
];

/// Whether a value whose name promises a password was written to be replaced. In `Password456!` a word that marks tokens
/// as such is as good as any.
pub fn is_placeholder_of_password(value: &[u8]) -> bool {
    if !is_as_rules_ask(value) {
        return is_placeholder(value);
    }
    let lower = value.to_ascii_lowercase();
    let asks = |piece: &&str| memchr::memmem::find(&lower, piece.as_bytes()).is_some();
    is_bracketed(&lower) || is_truncated(&lower) || is_filler(&lower) || REQUESTS.iter().any(asks)
}

/// Whether `value` was written to be replaced, or filled in without thought.
pub fn is_placeholder(value: &[u8]) -> bool {
    if value.len() > 2048 {
        return false;
    }
    let lower = value.to_ascii_lowercase();
    WHOLE.iter().any(|whole| whole.as_bytes() == lower)
        || is_bracketed(&lower) && !(value.starts_with(b"%") && Look::at(value).is_mixed())
        || is_truncated(&lower)
        || has_mark(value, &lower)
        || is_filler(&lower)
}

/// `<token>`, `«token»`, `[token]`, `{{token}}`, `__TOKEN__`, `@@TOKEN@@`, `%TOKEN%`.
fn is_bracketed(lower: &[u8]) -> bool {
    match lower {
        [b'<', .., b'>'] | [b'[', .., b']'] | [b'{', .., b'}'] | [b'(', .., b')'] => true,
        [b'%', inner @ .., b'%'] | [b'@', inner @ .., b'@'] | [b'_', b'_', inner @ .., b'_', b'_'] => {
            inner.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'-' | b'@'))
        }
        // What a table shows in italics.
        [b'*', inner @ .., b'*'] => inner
            .iter()
            .all(|b| b.is_ascii_alphabetic() || matches!(b, b'(' | b')' | b' ' | b'*' | b'_' | b'-')),
        _ => lower.starts_with(b"&lt;") || lower.starts_with("«".as_bytes()),
    }
}

/// Whether the end, the beginning or what is between them was left out.
fn is_truncated(lower: &[u8]) -> bool {
    /// So many characters are shown at least on either side of what was left out in the middle.
    const SHOWN: usize = 8;
    let is_shown = |part: &[u8]| part.len() >= SHOWN && part.iter().all(u8::is_ascii_alphanumeric);
    let middle = memchr::memmem::find(lower, b"...");
    middle.is_some_and(|at| is_shown(&lower[..at]) && is_shown(&lower[at + 3..]))
        || lower.ends_with(b"...")
        || lower.ends_with("…".as_bytes())
        || lower.starts_with(b"...")
        || memchr::memmem::find(lower, b"***").is_some()
}

/// Eight bits, in eighths.
const FAR: i32 = 64;

fn has_mark(value: &[u8], lower: &[u8]) -> bool {
    let letters: Vec<u8> = lower.iter().copied().filter(u8::is_ascii_alphanumeric).collect();
    // Most scans ask it of few values, so what is quickly built serves better than what is quick.
    static SEARCH: LazyLock<AhoCorasick> = LazyLock::new(|| {
        let search = AhoCorasick::builder().kind(Some(AhoCorasickKind::NoncontiguousNFA)).build(MARKS);
        search.expect("the marks are few and short")
    });
    if SEARCH.is_match(&letters) {
        return true;
    }
    // A single short word in a long random value is chance; in a value made of words it is meant.
    let mut words = lower.split(|b| !b.is_ascii_alphabetic()).filter(|word| !word.is_empty());
    let marked = words.clone().any(|word| MARK_WORDS.iter().any(|mark| mark.as_bytes() == word));
    let is_random = |part: &[u8]| part.len() >= 16 && Look::at(part).is_random();
    let parts = || lower.split(|b| !b.is_ascii_alphanumeric());
    // The groups of a UUID are short, each by itself.
    let numbered = || parts().filter(|part| part.iter().any(u8::is_ascii_digit)).collect::<Vec<_>>().concat();
    // All taken together, what was drawn may outweigh the words by far.
    let begins = || MARK_WORDS.iter().any(|mark| lower.starts_with(mark.as_bytes()));
    let drawn = || Look::at(lower).saved <= -FAR || Look::at(value).is_mixed() && !begins();
    marked
        && !parts().any(is_random)
        && !is_random(&numbered())
        && !drawn()
        && words.all(|word| {
            word.len() <= 2 || reads_like_word(word) || MARK_WORDS.iter().any(|mark| mark.as_bytes() == word)
        })
}

/// One character or a short piece repeated, or characters that count up, for most of the value.
fn is_filler(lower: &[u8]) -> bool {
    let body: Vec<u8> = lower.iter().copied().filter(u8::is_ascii_alphanumeric).collect();
    if body.len() < 4 {
        return lower.len() < 4 || body.len() * 2 < lower.len();
    }
    let pairs = body.len() - 1;
    let follows =
        |step: i16| body.windows(2).filter(|pair| i16::from(pair[1]) - i16::from(pair[0]) == step).count();
    let repeated = follows(0);
    // `9` then `0`, and `9` then `a`, count up too.
    let wraps =
        body.windows(2).filter(|pair| matches!(pair, [b'9', b'0' | b'a'] | [b'z' | b'f', b'0'])).count();
    let counted = (follows(1) + wraps).max(follows(-1));
    if repeated * 3 >= pairs * 2 || counted * 3 >= pairs * 2 || (counted >= 8 && counted * 2 >= pairs) {
        return true;
    }
    (1..=body.len() / 3)
        .any(|period| body.len() >= 9 && body.iter().zip(&body[period..]).all(|(a, b)| a == b))
        || longest_repeat(&body) >= (body.len() / 4).max(8)
        || counts_bytes(&body)
        || (body.len() >= 16 && longest_count(&body) >= 9)
}

/// Whether hexadecimal digits are bytes that count up or down by one, or of two equal digits each: `00010203…`,
/// `00112233…`.
fn counts_bytes(body: &[u8]) -> bool {
    const STEPS: [u8; 4] = [0x01, 0x11, 0xFF, 0xEF];
    let Ok(bytes) = HEXLOWER.decode(body) else { return false };
    let follows = |step| bytes.windows(2).filter(|two| two[1].wrapping_sub(two[0]) == step).count();
    bytes.len() >= 8 && STEPS.iter().any(|step| follows(*step) * 3 >= (bytes.len() - 1) * 2)
}

/// The longest stretch of one byte.
fn longest_repeat(body: &[u8]) -> usize {
    body.chunk_by(|a, b| a == b).map(<[u8]>::len).max().unwrap_or(0)
}

/// The longest stretch of bytes that count up.
fn longest_count(body: &[u8]) -> usize {
    body.chunk_by(|a, b| *b == a.wrapping_add(1)).map(<[u8]>::len).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_to_be_filled_in_is_told() {
        for value in [
            "000102030405060708090a0b0c0d0e0f",
            "00112233445566778899AABBCCDDEEFF",
            "0f0e0d0c0b0a09080706050403020100",
            "varchar2",
            "YOUR_API_KEY",
            "your-api-key-here",
            "key_1234567890",
            "xxxxxxxxxxxx",
            "<token>",
            "«token»",
            "{{ token }}",
            "changeme",
            "sk_live_xxxxxxxxxxxxxxxx",
            "sk-...",
            "********",
            "0000000000000000",
            "abcdefghijklmnop",
            "deadbeefdeadbeefdeadbeef",
            "AKIAIOSFODNN7EXAMPLE",
            "my-secret",
            "test_token",
            "fake-key-for-tests",
            "__PASSWORD__",
            "%PASSWORD%",
            "123456",
            "0123456789abcdef0123456789abcdef",
            "null",
            "REPLACE_ME",
            "abcabcabcabc",
            "insert-token",
            "exc_1234567890abcdef1234567890abcdef",
        ] {
            assert!(is_placeholder(value.as_bytes()), "{value}");
        }
    }

    #[test]
    fn a_password_that_rules_ask_for_is_none_unless_it_asks_for_another() {
        for value in ["Password456!", "Secret@456", "MyTest456!", "testing#83"] {
            assert!(!is_placeholder_of_password(value.as_bytes()), "{value}");
        }
        for value in ["ChangeMe456!", "YourPassword456!", "Example@456", "password", "my-secret", "Abcd1234!"]
        {
            assert!(is_placeholder_of_password(value.as_bytes()), "{value}");
        }
    }

    #[test]
    fn what_was_chosen_or_drawn_is_not() {
        for value in [
            "Winter2019!",
            "k3PqX9tRw2LmZ8vB",
            "correcthorsebattery",
            "f3a9c7e5b1d82460",
            "zQ7-mytx-0Kd83",
            "9d1f0cabcde7712f",
            "acme_test_4f81c0d2937b4ae65d1f08c2e97b3a64",
        ] {
            assert!(!is_placeholder(value.as_bytes()), "{value}");
        }
    }
}

//! Regular expressions as Go reads them (RE2), written so that ours reads them alike.
//!
//! Both have the same power and nearly the same syntax. What differs is rewritten: braces and brackets that Go
//! takes for themselves, `\Q…\E`, octal escapes. What ours cannot do is refused with its own message.

use regex::bytes::{Regex, RegexBuilder};

/// Why an expression cannot be taken over.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// It is one in no dialect: a group that nobody closes, a repetition of nothing.
    #[error("{0}")]
    Malformed(String),
    /// Another dialect may know what it asks for; ours does not, or not at that size.
    #[error("{0}")]
    Unsupported(String),
}

/// The expression, or why it cannot be taken over.
pub fn compile(pattern: &str) -> Result<Regex, Refusal> {
    let translated = translate(pattern);
    // Without Unicode: RE2's classes such as `\w` are ASCII, too.
    RegexBuilder::new(&translated).unicode(false).build().map_err(|error| {
        let told = error.to_string();
        let last = told.lines().last().unwrap_or_default();
        let message = last.trim_start_matches("error: ").to_owned();
        if is_malformed(&translated) { Refusal::Malformed(message) } else { Refusal::Unsupported(message) }
    })
}

/// Whether no dialect has such an expression. What only ours lacks are look-around, back references, escapes that it
/// does not know, and what Unicode says of characters.
fn is_malformed(translated: &str) -> bool {
    use regex_syntax::ast::{ErrorKind, parse::Parser};
    Parser::new().parse(translated).is_err_and(|error| {
        !matches!(
            error.kind(),
            ErrorKind::UnsupportedLookAround
                | ErrorKind::UnsupportedBackreference
                | ErrorKind::EscapeUnrecognized
                | ErrorKind::FlagUnrecognized
                | ErrorKind::NestLimitExceeded(_)
                | ErrorKind::CaptureLimitExceeded
        )
    })
}

/// The same expression in our syntax.
pub fn translate(pattern: &str) -> String {
    let mut out = String::with_capacity(pattern.len() + 8);
    let mut rest = pattern;
    let mut in_class = false;
    while let Some(character) = rest.chars().next() {
        let taken = match character {
            '\\' => escape(rest, &mut out),
            '[' if !in_class => open_class(rest, &mut out, &mut in_class),
            '[' => bracket_in_class(rest, &mut out),
            ']' if in_class => {
                in_class = false;
                out.push(']');
                1
            }
            '&' | '~' if in_class => {
                out.extend(['\\', character]);
                1
            }
            // A set may not be subtracted from another in RE2: there, `--` is a range or a hyphen.
            '-' if in_class && rest[1..].starts_with('-') => {
                out.push_str("\\-");
                1
            }
            '{' if !in_class && !is_repetition(rest) => {
                out.push_str("\\{");
                1
            }
            _ => {
                out.push(character);
                character.len_utf8()
            }
        };
        rest = &rest[taken..];
    }
    out
}

/// Writes what begins with a backslash, and says how many bytes it took.
fn escape(rest: &str, out: &mut String) -> usize {
    let Some(next) = rest[1..].chars().next() else {
        out.push('\\');
        return 1;
    };
    match next {
        'Q' => {
            let literal = &rest[2..];
            let (text, taken) =
                literal.find("\\E").map_or((literal, literal.len()), |end| (&literal[..end], end + 2));
            out.push_str(&regex_syntax::escape(text));
            2 + taken
        }
        'E' => 2,
        // One digit other than zero, alone, is a back reference, which neither has.
        '0'..='7' if next == '0' || rest[2..].starts_with(|digit| matches!(digit, '0'..='7')) => {
            let digits = rest[1..].bytes().take(3).take_while(|byte| (b'0'..=b'7').contains(byte)).count();
            let value = u32::from_str_radix(&rest[1..=digits], 8).unwrap_or_default();
            out.push_str(&format!("\\x{{{value:x}}}"));
            1 + digits
        }
        // A character or a class by its name, braces and all.
        'x' | 'p' | 'P' if rest[2..].starts_with('{') => {
            let taken = rest.find('}').map_or(rest.len(), |end| end + 1);
            out.push_str(&rest[..taken]);
            taken
        }
        // For us these are borders of words.
        '<' | '>' => {
            out.push(next);
            2
        }
        _ => {
            out.extend(['\\', next]);
            1 + next.len_utf8()
        }
    }
}

/// Opens a class; a `]` that comes first is one of its members.
fn open_class(rest: &str, out: &mut String, in_class: &mut bool) -> usize {
    *in_class = true;
    let start = if rest.starts_with("[^") { "[^" } else { "[" };
    out.push_str(start);
    if rest[start.len()..].starts_with(']') {
        out.push_str("\\]");
        return start.len() + 1;
    }
    start.len()
}

/// A bracket in a class is a member, unless it names a class as in `[:alpha:]`.
fn bracket_in_class(rest: &str, out: &mut String) -> usize {
    if let Some(end) = rest.strip_prefix("[:").and_then(|named| named.find(":]")) {
        let taken = end + 4;
        out.push_str(&rest[..taken]);
        return taken;
    }
    out.push_str("\\[");
    1
}

/// Whether a brace begins a repetition: `{2}`, `{2,}`, `{2,5}`; RE2 has no `{,5}`.
fn is_repetition(rest: &str) -> bool {
    let Some(inner) = rest[1..].split_once('}').map(|(inner, _)| inner) else { return false };
    let (low, high) = inner.split_once(',').unwrap_or((inner, ""));
    let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    !low.is_empty() && is_number(low) && is_number(high)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod tests {
    use super::*;

    #[test]
    fn what_go_reads_otherwise_is_rewritten() {
        let cases = [
            ("${FOO}", r"$\{FOO}"),
            (r"\$\{[^}]+\}", r"\$\{[^}]+\}"),
            ("a{2,5}b{,3}", r"a{2,5}b\{,3}"),
            ("[^[]x[[:alpha:]]", r"[^\[]x[[:alpha:]]"),
            ("[]a]", r"[\]a]"),
            (r"\Qa.b\Ec", r"a\.bc"),
            (r"\<b\>", "<b>"),
            (r"[a&&b~~c]", r"[a\&\&b\~\~c]"),
            (r"\012\0", r"\x{a}\x{0}"),
            (r"\x{41}[\x{30}-9]", r"\x{41}[\x{30}-9]"),
        ];
        for (go, ours) in cases {
            assert_eq!(translate(go), ours);
            assert_eq!(translate(ours), ours, "what is translated stays as it is");
            compile(go).unwrap_or_else(|error| panic!("{go}: {error}"));
        }
        assert!(compile(r"(?i)\bexample\b").unwrap().is_match(b"An EXAMPLE."));
    }

    #[test]
    fn what_ours_cannot_do_is_said() {
        for pattern in [r"(?=a)", r"(a)\1", r"\p{Greek}", r"\Z", "a{1000}{1000}"] {
            assert!(matches!(compile(pattern), Err(Refusal::Unsupported(_))), "{pattern}");
        }
        for pattern in ["(a", "a)", "[a", "*a", "a{2,1}", "[b-a]", "(?P<a", "a\\"] {
            assert!(matches!(compile(pattern), Err(Refusal::Malformed(_))), "{pattern}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_pattern_makes_it_panic(pattern in r"[a-c(){}\[\]|*+?0-9,\\.:P<>^$QE&~é-]{0,24}") {
            let _ = compile(&pattern);
        }
    }
}

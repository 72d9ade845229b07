//! Git's glob patterns, byte for byte as git matches them.
//!
//! `*` and `?` stop at `/`; `**` between slashes or ends does not. Written for gitignore, where a
//! near-miss would leave files unscanned, so nothing here is borrowed from shells or other libraries:
//! braces are plain characters, a broken bracket matches nothing.

/// Whether all of `text` matches `pattern`; `fold` makes ASCII letters match in either case.
pub(super) fn matches(pattern: &[u8], text: &[u8], fold: bool) -> bool {
    Glob { pattern, fold }.matches(0, text) == Outcome::Match
}

/// Whether a byte has a meaning of its own in a pattern.
pub(super) fn is_special(byte: u8) -> bool {
    matches!(byte, b'*' | b'?' | b'[' | b'\\')
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Match,
    /// Trying a star at another place may help.
    Mismatch,
    /// The text ran out, or the pattern is broken: no other place of any star can help.
    Hopeless,
    /// A `/` stopped a single star: only `**` further out can help.
    NeedsSlash,
}

struct Glob<'p> {
    pattern: &'p [u8],
    fold: bool,
}

impl Glob<'_> {
    /// Matches the pattern from `at` on against all of `text`.
    fn matches(&self, mut at: usize, mut text: &[u8]) -> Outcome {
        while let Some(&byte) = self.pattern.get(at) {
            if byte == b'*' {
                return self.star(at, text);
            }
            let Some((&first, rest)) = text.split_first() else { return Outcome::Hopeless };
            let next = match byte {
                b'?' => (first != b'/').then_some(at + 1),
                b'[' => match self.bracket(at + 1, self.folded(first)) {
                    None => return Outcome::Hopeless,
                    Some((inside, end)) => (inside && first != b'/').then_some(end),
                },
                b'\\' => match self.pattern.get(at + 1) {
                    None => return Outcome::Mismatch,
                    Some(&literal) => (self.folded(literal) == self.folded(first)).then_some(at + 2),
                },
                literal => (self.folded(literal) == self.folded(first)).then_some(at + 1),
            };
            let Some(next) = next else { return Outcome::Mismatch };
            (at, text) = (next, rest);
        }
        if text.is_empty() { Outcome::Match } else { Outcome::Mismatch }
    }

    /// Matches from one or more stars on, which begin at `start`.
    fn star(&self, start: usize, text: &[u8]) -> Outcome {
        let stars = self.pattern[start..].iter().take_while(|byte| **byte == b'*').count();
        let after = start + stars;
        let opens = start == 0 || self.pattern[start - 1] == b'/';
        let closes = matches!(&self.pattern[after..], [] | [b'/', ..] | [b'\\', b'/', ..]);
        let crosses_slash = stars > 1 && opens && closes;
        if crosses_slash
            && self.pattern.get(after) == Some(&b'/')
            && self.matches(after + 1, text) == Outcome::Match
        {
            return Outcome::Match; // `**/` stands for no folder at all.
        }
        if after == self.pattern.len() {
            return match crosses_slash || !text.contains(&b'/') {
                true => Outcome::Match,
                false => Outcome::NeedsSlash,
            };
        }
        for taken in 0..=text.len() {
            match self.matches(after, &text[taken..]) {
                Outcome::Mismatch => {}
                Outcome::NeedsSlash if crosses_slash => {}
                outcome => return outcome,
            }
            if !crosses_slash && text.get(taken) == Some(&b'/') {
                return Outcome::NeedsSlash;
            }
        }
        Outcome::Hopeless
    }

    /// Whether the set that opens before `at` holds `byte`, and where the pattern goes on after it.
    fn bracket(&self, mut at: usize, byte: u8) -> Option<(bool, usize)> {
        let negated = matches!(self.pattern.get(at), Some(b'!' | b'^'));
        at += usize::from(negated);
        let (mut inside, mut previous, opening) = (false, None, at);
        loop {
            let member = *self.pattern.get(at)?;
            match member {
                b']' if at > opening => return Some((inside != negated, at + 1)),
                b'-' if previous.is_some() && !matches!(self.pattern.get(at + 1)?, b']') => {
                    at += 1;
                    let mut last = self.pattern[at];
                    if last == b'\\' {
                        at += 1;
                        last = *self.pattern.get(at)?;
                    }
                    let range = previous.take()?..=last;
                    inside |= range.contains(&byte);
                    inside |= self.fold && range.contains(&byte.to_ascii_uppercase());
                    at += 1;
                    continue;
                }
                b'[' if self.pattern.get(at + 1) == Some(&b':') => {
                    let name = &self.pattern[at + 2..];
                    let end = name.iter().position(|byte| *byte == b']')?;
                    if let Some(name) = name[..end].strip_suffix(b":") {
                        inside |= in_class(name, byte, self.fold)?;
                        previous = None;
                        at += 2 + end + 1;
                        continue;
                    }
                    inside |= byte == b'[';
                }
                b'\\' => {
                    at += 1;
                    let escaped = *self.pattern.get(at)?;
                    inside |= escaped == byte;
                    previous = Some(escaped);
                    at += 1;
                    continue;
                }
                _ => inside |= member == byte,
            }
            previous = Some(member);
            at += 1;
        }
    }

    fn folded(&self, byte: u8) -> u8 {
        if self.fold { byte.to_ascii_lowercase() } else { byte }
    }
}

/// Whether a named class such as `[:alpha:]` holds `byte`; `None` when there is no such class.
fn in_class(name: &[u8], byte: u8, fold: bool) -> Option<bool> {
    Some(match name {
        b"alnum" => byte.is_ascii_alphanumeric(),
        b"alpha" => byte.is_ascii_alphabetic(),
        b"blank" => matches!(byte, b' ' | b'\t'),
        b"cntrl" => byte.is_ascii_control(),
        b"digit" => byte.is_ascii_digit(),
        b"graph" => byte.is_ascii_graphic(),
        b"lower" => byte.is_ascii_lowercase(),
        b"print" => matches!(byte, b' '..=b'~'),
        b"punct" => byte.is_ascii_punctuation(),
        b"space" => byte.is_ascii_whitespace() || byte == 0x0B,
        b"upper" => byte.is_ascii_uppercase() || (fold && byte.is_ascii_lowercase()),
        b"xdigit" => byte.is_ascii_hexdigit(),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn stars_stop_at_slashes_and_double_stars_do_not() {
        for (pattern, text, expected) in [
            ("*.env", "prod.env", true),
            ("a/*.env", "a/b/c.env", false),
            ("a/**/c", "a/c", true),
            ("a/**/c", "a/b/b/c", true),
            ("**/c", "c", true),
            ("a/**", "a/b/c", true),
            ("a/**", "a", false),
            ("a**c", "a/c", false),
            ("{a,b}", "a", false),
            ("{a,b}", "{a,b}", true),
            ("[!a-c]x", "dx", true),
            ("[^a-c]x", "bx", false),
            ("[[:digit:]_]", "7", true),
            ("[]-]", "]", true),
            ("[a", "a", false),
            (r"\*", "*", true),
            (r"a\", "a", false),
        ] {
            assert_eq!(matches(pattern.as_bytes(), text.as_bytes(), false), expected, "{pattern} on {text}");
        }
        assert!(matches(b"*.ENV", b"a.env", true) && matches(b"[A-Z]", b"q", true));
    }

    proptest! {
        #[test]
        fn any_bytes_are_matched_without_panic(
            pattern in prop::collection::vec(any::<u8>(), 0..24),
            odd in r"[*?\[\]\\/!^:a-c-]{0,16}",
            text in "[a-c/*]{0,12}",
        ) {
            matches(&pattern, text.as_bytes(), true);
            matches(odd.as_bytes(), text.as_bytes(), false);
        }
    }
}

//! The bodies of private keys, masked line by line.
//!
//! A key is found whole only when its last line is there, and by then its first lines are long printed.
//! So in a stream every line after `-----BEGIN … PRIVATE KEY-----` that holds a piece of base64 is taken
//! for a piece of the key, whatever stands before and after it on its line: a time, a container's name,
//! the quotes of JSON.

use crate::span::Span;

/// The shortest piece of base64 that is taken for a whole line of a key.
const FULL_LINE: usize = 40;
/// A line of OpenVPN's keys, which are written in hexadecimal.
const FULL_LINE_OF_HEX: usize = 32;
/// How much longer or shorter what stands before and after a piece may be on the next line: times are
/// written with and without their last digits.
const SLACK: usize = 3;
/// How many lines may follow the first one without a piece of the key: headers, and lines of others.
const MOST_BEFORE: u32 = 8;
/// How many lines of others may stand between two lines of a key.
const MOST_BETWEEN: u32 = 64;

/// What a key begins with.
#[derive(Debug)]
struct Mark {
    text: &'static [u8],
    /// The rule that finds it when all of it is there.
    rule: &'static str,
    /// The shortest piece that is taken for a whole line of it.
    full: usize,
}

#[rustfmt::skip]
const MARKS: &[Mark] = &[
    Mark { text: b"-----BEGIN RSA PRIVATE KEY", rule: "pem-rsa-private-key", full: FULL_LINE },
    Mark { text: b"-----BEGIN EC PRIVATE KEY", rule: "pem-ec-private-key", full: FULL_LINE },
    Mark { text: b"-----BEGIN DSA PRIVATE KEY", rule: "pem-dsa-private-key", full: FULL_LINE },
    Mark { text: b"-----BEGIN PRIVATE KEY", rule: "pem-pkcs8-private-key", full: FULL_LINE },
    Mark { text: b"-----BEGIN ENCRYPTED PRIVATE KEY", rule: "pem-pkcs8-encrypted-private-key", full: FULL_LINE },
    Mark { text: b"-----BEGIN OPENSSH PRIVATE KEY", rule: "openssh-private-key", full: FULL_LINE },
    Mark { text: b"-----BEGIN PGP PRIVATE KEY BLOCK", rule: "pgp-private-key-block", full: FULL_LINE },
    Mark { text: b"---- BEGIN SSH2 ENCRYPTED PRIVATE KEY", rule: "ssh2-private-key", full: FULL_LINE },
    Mark { text: b"-----BEGIN OpenVPN Static key V1", rule: "openvpn-static-key", full: FULL_LINE_OF_HEX },
    Mark { text: b"Private-Lines: ", rule: "putty-private-key", full: FULL_LINE },
];
/// What a key ends with.
const ENDS: &[&[u8]] = &[b"-----END", b"---- END", b"Private-MAC:", b"Private-Hash:"];

/// A piece of a private key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Piece {
    /// Its bytes.
    pub span: Span,
    /// The rule that would have found the key, had all of it been there.
    pub rule: &'static str,
}

/// Follows the lines of a stream.
#[derive(Debug, Default)]
pub struct Bodies {
    open: Option<Open>,
}

/// A key whose end was not seen yet.
#[derive(Debug)]
struct Open {
    mark: &'static Mark,
    /// The last piece and the length of its line.
    last: Option<(Span, usize)>,
    /// Lines since then.
    misses: u32,
}

impl Bodies {
    /// Reads the lines of `stretch` and hands over what on them belongs to a key, in order: the bytes, and
    /// the rule that would have found it.
    pub fn read(&mut self, bytes: &[u8], stretch: Span, mut piece: impl FnMut(Span, &'static str)) {
        let mut at = stretch.start;
        while at < stretch.end {
            if self.open.is_none() {
                let Some(mark) = first_mark(&bytes[at..stretch.end]) else { return };
                let before = &bytes[at..at + mark];
                at += memchr::memrchr(b'\n', before).map_or(0, |end| end + 1);
            }
            let rest = &bytes[at..stretch.end];
            let length = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
            self.line(&rest[..length], |run, rule| piece(Span::new(at + run.start, at + run.end), rule));
            at += length + 1;
        }
    }

    /// Whether a key began whose end was not seen.
    pub fn is_open(&self) -> bool {
        self.open.is_some()
    }

    fn line(&mut self, line: &[u8], mut piece: impl FnMut(Span, &'static str)) {
        if let Some((at, mark)) = mark(line) {
            let end = at + end(&line[at..]).unwrap_or(line.len() - at);
            // All of it may stand on one line, with escapes for the line ends.
            let mut last = None;
            for run in runs(line, at).filter(|run| run.len() >= mark.full && run.start < end) {
                piece(run, mark.rule);
                last = Some(run);
            }
            if let Some(rest) = last.and_then(|last| runs(line, last.end).next())
                && rest.start < end
            {
                piece(rest, mark.rule);
            }
            self.open = (end == line.len()).then_some(Open { mark, last: None, misses: 0 });
            return;
        }
        let Some(open) = &mut self.open else { return };
        if end(line).is_some() {
            self.open = None;
        } else if let Some(run) = open.piece(line) {
            // Which one of several is the piece must not depend on what was masked before.
            let long = runs(line, 0).filter(|other| other.len() >= open.mark.full && *other != run);
            let mut all: Vec<Span> = long.chain([run]).collect();
            all.sort_unstable();
            all.into_iter().for_each(|run| piece(run, open.mark.rule));
            (open.last, open.misses) = (Some((run, line.len())), 0);
        } else {
            open.misses += 1;
            let most = if open.last.is_none() { MOST_BEFORE } else { MOST_BETWEEN };
            if open.misses > most {
                self.open = None;
            }
        }
    }
}

impl Open {
    /// The piece of the key on a line: a long run, or after one a shorter run with as much before it and
    /// after it, which ends the key.
    fn piece(&self, line: &[u8]) -> Option<Span> {
        let full = self.mark.full;
        let long = || runs(line, 0).filter(|run| run.len() >= full);
        let Some((last, length)) = self.last else { return long().last() };
        let near = |a: usize, b: usize| a.abs_diff(b) <= SLACK;
        let is_last = |run: &Span| {
            last.len() >= full
                && self.misses == 0
                && near(run.start, last.start)
                && near(line.len() - run.end, length - last.end)
        };
        long()
            .find(|run| near(run.start, last.start))
            .or_else(|| long().last())
            .or_else(|| runs(line, 0).find(is_last))
    }
}

/// Where in a text something may stand that a key begins with.
fn first_mark(text: &[u8]) -> Option<usize> {
    // Every mark holds one of these, and hardly anything else does.
    let find = |part: &&[u8]| memchr::memmem::find(text, part);
    [b"RIVATE KEY".as_slice(), b"Private-Lines: ", b"OpenVPN Static key V"].iter().filter_map(find).min()
}

/// Where what a private key begins with ends on a line.
fn mark(line: &[u8]) -> Option<(usize, &'static Mark)> {
    first_mark(line)?;
    MARKS.iter().find_map(|mark| Some((memchr::memmem::find(line, mark.text)? + mark.text.len(), mark)))
}

/// Whether the keys that `rule` finds are followed line by line.
pub fn is_followed(rule: &str) -> bool {
    MARKS.iter().any(|mark| mark.rule == rule)
}

fn end(line: &[u8]) -> Option<usize> {
    ENDS.iter().filter_map(|end| memchr::memmem::find(line, end)).min()
}

/// The runs of base64 on a line from `from` on; a letter behind a backslash belongs to none.
fn runs(line: &[u8], from: usize) -> impl Iterator<Item = Span> {
    let belongs = |at: usize| {
        let b = line[at];
        (b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'=')) && (at == 0 || line[at - 1] != b'\\')
    };
    let mut at = from;
    std::iter::from_fn(move || {
        let start = (at..line.len()).find(|at| belongs(*at))?;
        at = (start..line.len()).find(|at| !belongs(*at)).unwrap_or(line.len());
        Some(Span::new(start, at))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::RuleSet;

    /// A text with what belongs to keys taken out, read in two stretches.
    fn masked_in_two(text: &str, cut: usize) -> String {
        let (mut bodies, mut masked, mut at) = (Bodies::default(), String::new(), 0);
        for stretch in [Span::new(0, cut), Span::new(cut, text.len())] {
            bodies.read(text.as_bytes(), stretch, |run, _| {
                masked += &text[at..run.start];
                masked += "*";
                at = run.end;
            });
        }
        masked + &text[at..]
    }

    fn masked(text: &str) -> String {
        let masked = masked_in_two(text, 0);
        for (at, _) in text.match_indices('\n') {
            assert_eq!(masked_in_two(text, at + 1), masked, "cut at {at}");
        }
        masked
    }

    fn body(length: usize) -> String {
        "MIIEpAIBAAKCAQEA3Tz2mr7SZiAMfQyuvBjM9Oi8Nn2XkVbDfV2y1aZ0qWkR7PzX"[..length].to_owned()
    }

    #[test]
    fn every_line_of_a_body_is_masked_whatever_stands_before_it() {
        let full = body(64);
        for (before, after) in [
            ("", ""),
            ("\t", "\r"),
            ("2026-01-02T03:04:05.678Z stdout F ", ""),
            ("[pod/api-7d9/main] ", ""),
            ("{\"log\":\"", "\\n\",\"stream\":\"stderr\",\"time\":\"2026-01-02T03:04:05.678901234Z\"}"),
            ("    \"", "\\n\" +"),
        ] {
            let line = |text: &str| format!("{before}{text}{after}\n");
            let text = |full: &str, rest: &str| {
                [line("-----BEGIN RSA PRIVATE KEY-----"), line(full), line(full), line(rest)].concat()
                    + &line("-----END RSA PRIVATE KEY-----")
                    + &line("done")
            };
            assert_eq!(masked(&text(&full, "Aw==")), text("*", "*"), "{before}");
        }
    }

    #[test]
    fn a_key_on_one_line_is_masked_even_if_it_is_cut_off() {
        let full = body(64);
        let text = format!(
            "key=\"-----BEGIN PRIVATE KEY-----\\n{full}\\n{full}\\nAw==\\n-----END PRIVATE KEY-----\" ok"
        );
        assert_eq!(
            masked(&text),
            "key=\"-----BEGIN PRIVATE KEY-----\\n*\\n*\\n*\\n-----END PRIVATE KEY-----\" ok"
        );
        let cut = format!("-----BEGIN EC PRIVATE KEY-----\\n{full}\\n{}", body(41));
        assert_eq!(masked(&cut), "-----BEGIN EC PRIVATE KEY-----\\n*\\n*");
    }

    #[test]
    fn lines_of_others_stay_and_a_mark_alone_hides_nothing() {
        let full = body(64);
        let text = |full: &str| {
            format!(
                "-----BEGIN RSA PRIVATE KEY-----\n{full}\nGET /index.html 200\n{full}\nan end that never\ncame\n"
            )
        };
        assert_eq!(masked(&text(&full)), text("*"));
        let alone = "expected -----BEGIN RSA PRIVATE KEY-----\nbut found\nnothing\n";
        assert_eq!(masked(alone), alone);
        let later = format!("{alone}{}{full}\n", "x\n".repeat(9));
        assert_eq!(masked(&later), later);
    }

    #[test]
    fn what_was_masked_is_masked_no_further() {
        let (one, other) = (body(64), body(50));
        let text = format!("-----BEGIN RSA PRIVATE KEY-----\n{other} x {one}\n{one} {other}\n");
        let once = masked(&text);
        assert_eq!(masked(&once), once);
        assert!(!once.contains(&other) && !once.contains(&one), "{once}");
    }

    #[test]
    fn every_mark_names_a_rule() {
        let rules = RuleSet::builtin();
        for Mark { rule, .. } in MARKS {
            assert!(rules.get(rule).is_some(), "{rule}");
        }
    }
}

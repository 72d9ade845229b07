//! Text with codes that steer a terminal, which may stand around a token and in the midst of it.
//!
//! Such text is searched twice: with a blank for each byte of a code, because what a code stands between
//! is mostly two words, while text in it, as in a link, is text; and, where codes or lone carriage returns
//! were taken out, without them. What is found there stands at the bytes with the codes.

use super::window::{REACH, Wanted};
use super::{Candidate, Input, Scanner, Scratch, Verdict};
use crate::plain::{self, Plain};
use crate::span::Span;

/// Whether there are codes or lone carriage returns in `windows`.
pub fn is_steered(bytes: &[u8], windows: &[Span]) -> bool {
    windows.iter().any(|window| plain::is_steered(window.of(bytes)))
}

/// Finds candidates in steered text; the landmarks in `scratch` are those of the text with its codes.
pub fn scan<'r>(
    scanner: &'r Scanner,
    input: Input<'_>,
    scratch: &mut Scratch,
    judged: &mut dyn FnMut(Candidate<'r>, Verdict),
) {
    let mut found = Vec::new();
    let blanked = plain::blanked(input.bytes);
    let seen = |candidate: &Candidate<'r>, verdict| {
        (candidate.rule.id.as_ref(), candidate.secret, verdict, candidate.confidence)
    };
    scanner.search(Input { bytes: &blanked, ..input }, scratch, &mut |candidate, verdict| {
        found.push(seen(&candidate, verdict));
        judged(candidate, verdict);
    });
    let landmarks = std::mem::take(&mut scratch.landmarks);
    let plain = Plain::of(input.bytes);
    // Bytes that were no neighbours before: all that was not seen yet depends on some of these.
    let seams: Vec<Span> = plain.seams().map(|at| Span::new(at, at)).collect();
    // What a long token may begin with was seen above, where all was searched.
    let is_known = input.fresh.is_none() || input.landmarks.is_some();
    let earlier = landmarks.iter().chain(input.landmarks.unwrap_or_default()).filter(|_| is_known);
    let earlier: Vec<_> = earlier.map(|landmark| landmark.at(plain.plain(landmark.span.start))).collect();
    let joined = Input {
        fresh: Some(&seams),
        landmarks: is_known.then_some(&earlier),
        ..Input::whole(&plain.bytes, false)
    };
    let mut over_seams = Vec::new();
    scanner.search(joined, scratch, &mut |candidate, verdict| over_seams.push((candidate, verdict)));
    let mut wanted = Wanted::new(input.fresh);
    for (candidate, verdict) in over_seams {
        let secret = plain.stored(candidate.secret);
        let candidate = Candidate {
            matched: plain.stored(candidate.matched),
            // A code more or less beside it would change what it stands next to, and all around it, whether it is found
            // with the codes, too, and so not told here.
            depends_on: plain.stored_with_codes(candidate.depends_on).union(secret.widen(
                REACH,
                REACH,
                input.bytes.len(),
            )),
            secret,
            ..candidate
        };
        let text = secret.of(input.bytes);
        // Lines may end in carriage returns alone: what is found on one is no worse without the next one.
        let joins_lines = memchr::memchr(b'\r', text).is_some() && !plain::holds_code(text);
        if input.fresh.is_some() {
            // What is found with the codes counts, too, where nothing of it is new.
            let there = Input { bytes: &blanked, fresh: Some(&[secret]), ..input };
            scanner.search(there, scratch, &mut |candidate, verdict| found.push(seen(&candidate, verdict)));
        }
        let is_known = found.iter().any(|(rule, other, known, confidence)| {
            let is_as_good = !matches!(known, Verdict::Drop(_)) && *confidence >= candidate.confidence;
            (*rule, *other, *known) == (&*candidate.rule.id, secret, verdict)
                || joins_lines && is_as_good && other.overlaps(secret)
        });
        if !is_known && wanted.is_wanted(candidate.depends_on) {
            judged(candidate, verdict);
        }
    }
    scratch.landmarks = landmarks;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::RuleSet;

    /// The values that are kept, each with the rule that tells it.
    fn kept(text: &str) -> Vec<(String, String)> {
        let scanner = Scanner::new(RuleSet::builtin());
        let mut kept = Vec::new();
        scanner.scan(
            Input::whole(text.as_bytes(), false),
            &mut Scratch::default(),
            &mut |candidate, verdict| {
                if !matches!(verdict, Verdict::Drop(_)) {
                    let secret = String::from_utf8_lossy(candidate.secret.of(text.as_bytes())).into_owned();
                    kept.push((candidate.rule.id.to_string(), secret));
                }
            },
        );
        kept
    }

    #[test]
    fn codes_around_and_inside_of_a_value_hide_nothing() {
        let secret = "k7Qw4Zn8Rt3Xb6Mv";
        let found = |secret: &str| vec![("generic-password".to_owned(), secret.to_owned())];
        for text in [
            format!("a\x1b[1mb password=\x1b[31m{secret}\x1b[0m next"),
            format!("\x1b[36mpassword\x1b[0m=\x1b[31m{secret}\x1b[0m\n"),
            format!("10%\rpassword={secret}\r20%\n"),
            format!("pass\x1b[1mword={secret}\n"),
            format!("one\x1b[0m\npassword={secret}\n"),
            format!("\x1b]8;;https://api.acme.dev/?password={secret}\x07open\x1b]8;;\x07\n"),
            format!("\x1b]0;mysql --password={secret}\x1b\\\n"),
            format!("password=\x1b]8;;https://api.acme.dev/\x1b\\{secret}\x1b]8;;\x1b\\\n"),
        ] {
            assert_eq!(kept(&text), found(secret), "{text:?}");
        }
        // Of what stands before a carriage return enough may be left to be told alone.
        for (inside, at) in [("\x1b[31m", 5), ("\x1b[0m\x1b[1m", 5), ("\x1b[K\r", 5), ("\r", 2)] {
            let broken = format!("{}{inside}{}", &secret[..at], &secret[at..]);
            let kept = kept(&format!("a password={broken}\n"));
            assert!(kept.iter().any(|(_, secret)| *secret == broken), "{kept:?}");
        }
    }

    /// Were each sign or code looked at together with all the others, this would take hours.
    #[test]
    fn rows_of_signs_and_codes_are_read_to_their_end() {
        let secret = "k7Qw4Zn8Rt3Xb6Mv";
        for row in ["=".repeat(1 << 20), "\x1b[31mg\x1b[0m".repeat(50_000), "\r".repeat(1 << 20)] {
            let kept = kept(&format!("{row} password={secret}\n"));
            assert_eq!(kept, [("generic-password".to_owned(), secret.to_owned())]);
        }
    }

    #[test]
    fn lines_that_end_in_carriage_returns_alone_stay_apart() {
        let text = "password=k7Qw4Zn8Rt3Xb6Mv\rnext_line\rother\r";
        assert_eq!(kept(text).len(), 1, "{:?}", kept(text));
    }
}

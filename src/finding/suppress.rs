//! Silencing in the scanned text itself: `stanch:allow RULE[,RULE] reason="…"`.
//!
//! The words stand on a line of the secret, or alone in a comment on the line above. `*` allows every
//! rule and an older id of a rule counts as its id. Words that name no rule, or one that there is not,
//! silence nothing and are told in a [`Note`]; they are looked for only in files with findings. Reasons are told in
//! reports, so secrets that they hold are hidden in them.

use super::comment::comments;
use super::frame::Framer;
use super::text::{Line, Text};
use super::{Note, Suppression, SuppressionKind};
use crate::rule::{RuleSet, RuleSpec};
use crate::span::Span;

const MARK: &[u8] = b"stanch:allow";
/// What a line of comment begins with, in the languages there are. Compared in lower case.
const COMMENTS: &[&str] = &[
    "#", "//", "/*", "*", "--", ";", "%", "<!--", "<%", "{#", "{{", "{-", "(*", "\"", "'", "!", "rem ",
    "@rem ", "::", "..", "dnl ", "\\",
];

/// The allowing words of one text.
pub(super) struct Allows<'t> {
    text: &'t Text<'t>,
    allows: Vec<Permit>,
}

struct Permit {
    /// The line that it stands on.
    line: Span,
    /// Whether it is about its own line, too.
    is_for_own_line: bool,
    /// Where the next line starts, when this one is all comment.
    line_below: Option<usize>,
    rules: Vec<String>,
    reason: Option<String>,
}

impl<'t> Allows<'t> {
    /// Reads all allowing words of the text of `framer` and notes those that cannot be honoured.
    pub fn read(framer: &Framer<'t>, path: &str, known: &RuleSet, notes: &mut Vec<Note>) -> Self {
        let text = framer.text();
        let mut places = text.places();
        let mut allows = Vec::new();
        for start in memchr::memmem::find_iter(&text.bytes, MARK) {
            let words = start + MARK.len();
            let line = text.line(words);
            let Some(words) = Words::parse(&text.bytes[words..line.span.end], known) else { continue };
            let Words { rules, reason, .. } = words;
            let (place, _) = places.place(start);
            let mut note = |message| notes.push(Note { path: path.to_owned(), line: place.line, message });
            if rules.is_empty() {
                note("`stanch:allow` names no rule and silences nothing");
            }
            let (rules, unknown): (Vec<_>, Vec<_>) =
                rules.into_iter().partition(|rule| rule == "*" || known.get(rule).is_some());
            if !unknown.is_empty() {
                note("`stanch:allow` names a rule that there is not");
            }
            if words.is_undivided {
                note("`stanch:allow` wants commas between rules; those behind a blank are not allowed");
            }
            if words.has_other_words {
                note("`stanch:allow` knows rules and a reason=\"…\"; what else it is told has no effect");
            }
            let before = Span::new(line.span.start, start).of(&text.bytes);
            let line_below = line.next.filter(|_| is_comment(before));
            let reason = reason.map(|reason| framer.hide(&reason, with_next(text, line)));
            allows.push(Permit { line: line.span, is_for_own_line: true, line_below, rules, reason });
        }
        Self { text, allows }
    }

    /// Adds what the comments of other tools allow.
    pub fn with_others(mut self) -> Self {
        for comment in comments(&self.text.bytes) {
            let line = self.text.line(comment.offset);
            self.allows.push(Permit {
                line: line.span,
                is_for_own_line: !comment.is_for_next_line,
                line_below: line.next.filter(|_| comment.is_for_next_line),
                rules: vec!["*".to_owned()],
                reason: Some(comment.words.to_owned()),
            });
        }
        self.allows.sort_by_key(|allow| allow.line.start);
        self
    }

    /// What silences a secret that `rule` found at `span`, if anything does.
    pub fn of(&self, rule: &RuleSpec, span: Span) -> Option<Suppression> {
        if self.allows.is_empty() {
            return None;
        }
        let first = self.text.line(span.start).span;
        let last = self.text.line(span.end).span;
        let stands_by = |allow: &&Permit| {
            let is_here = allow.is_for_own_line && (allow.line == first || allow.line == last);
            is_here || allow.line_below == Some(first.start)
        };
        let names = |allow: &&Permit| allow.rules.iter().any(|name| name == "*" || rule.is_called(name));
        // Allows are sorted by their lines; one on the line above ends just before `first`.
        let earliest = first.start.saturating_sub(1);
        let from = self.allows.partition_point(|allow| allow.line.end < earliest.saturating_sub(1));
        let near = self.allows[from..].iter().take_while(|allow| allow.line.start <= last.start);
        let allow = near.filter(stands_by).find(names)?;
        Some(Suppression { kind: SuppressionKind::Inline, reason: allow.reason.clone() })
    }
}

/// A line with the one below it: where the secrets stand that its words are about.
fn with_next(text: &Text<'_>, line: Line) -> Span {
    line.next.map_or(line.span, |next| line.span.union(text.line(next).span))
}

/// What stands after the mark.
#[derive(Default)]
struct Words {
    rules: Vec<String>,
    reason: Option<String>,
    /// A rule follows behind a blank.
    is_undivided: bool,
    /// Something is said that is no reason, as `expires="…"`.
    has_other_words: bool,
}

impl Words {
    /// `None` when the mark is the start of another word.
    fn parse(bytes: &[u8], known: &RuleSet) -> Option<Self> {
        let text = String::from_utf8_lossy(bytes);
        if text.starts_with(|c: char| c.is_alphanumeric() || c == '-' || c == '_') {
            return None;
        }
        let (mut rest, mut words) = (text.trim_start(), Self::default());
        loop {
            let (name, after) = name(rest);
            // `*/` ends a comment and names nothing; `reason=` is not a rule.
            let ends_comment = name.ends_with('*') && after.starts_with('/');
            if name.is_empty() || name.chars().all(|c| c == '-') || ends_comment || after.starts_with('=') {
                break;
            }
            words.rules.push(name.to_owned());
            match after.strip_prefix(',') {
                Some(more) => rest = more.trim_start(),
                None => {
                    rest = after;
                    break;
                }
            }
        }
        words.parse_more(rest, known);
        Some(words)
    }

    /// Reads what follows the rules, up to what is no longer for us.
    fn parse_more(&mut self, mut rest: &str, known: &RuleSet) {
        loop {
            let (name, after) = name(rest);
            if let Some(quoted) = after.strip_prefix('=').filter(|_| !name.is_empty()) {
                let (value, more) = value(quoted.trim_start());
                match name {
                    "reason" if self.reason.is_none() => {
                        self.reason = (!value.is_empty()).then(|| value.to_owned());
                    }
                    _ => self.has_other_words = true,
                }
                rest = more.trim_start();
            } else if known.get(name).is_some() {
                self.is_undivided = true;
                rest = after;
            } else {
                return;
            }
        }
    }
}

/// The name that a text begins with, which may be empty, and what follows it.
fn name(text: &str) -> (&str, &str) {
    let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '*');
    let (name, after) = text.split_at(text.find(|c| !is_name(c)).unwrap_or(text.len()));
    (name, after.trim_start())
}

/// The text in quotes, and what follows it; quotes may be escaped, as they are within a string.
fn value(text: &str) -> (&str, &str) {
    let quoted = ["\\\"", "\"", "'"].iter().find_map(|quote| text.strip_prefix(quote)?.split_once(quote));
    quoted.unwrap_or_else(|| text.split_once(char::is_whitespace).unwrap_or((text, "")))
}

/// Whether the start of a line says that all of it is a comment.
fn is_comment(before: &[u8]) -> bool {
    let before = String::from_utf8_lossy(before).trim_start().to_ascii_lowercase();
    COMMENTS.iter().any(|mark| before.starts_with(mark))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::blob::{Blob, Provenance};

    /// Whether the secret `s3cret` in `source` is silenced, why, and how many notes there are.
    fn silenced(source: &str) -> (bool, Option<String>, usize) {
        let provenance = Provenance::Stream { name: "-".into() };
        let text = Text::decode(&Blob::whole(source.as_bytes(), &provenance));
        let rules = RuleSet::builtin();
        let rule = rules.iter().next().expect("there are rules");
        let mut notes = Vec::new();
        let allows = Allows::read(&Framer::new(&text, Vec::new()), "-", &rules, &mut notes);
        let start = source.find("s3cret").expect("the case holds the secret");
        let suppression = allows.of(rule, Span::new(start, start + 6));
        (suppression.is_some(), suppression.and_then(|found| found.reason), notes.len())
    }

    fn with_rule(template: &str) -> String {
        let rules = RuleSet::builtin();
        template.replace("RULE", &rules.iter().next().expect("there are rules").id)
    }

    #[test]
    fn the_same_line_and_a_comment_above_silence() {
        let yes = [
            "key = s3cret # stanch:allow RULE",
            "key = s3cret // stanch:allow nothing-such , RULE",
            "# stanch:allow RULE\r\nkey = s3cret",
            "\t/* stanch:allow RULE */\n\tkey = s3cret",
            "<!-- stanch:allow * -->\n<key>s3cret</key>",
            "{\"why\": \"stanch:allow RULE\", \"key\": \"s3cret\"}",
        ];
        for case in yes {
            assert!(silenced(&with_rule(case)).0, "{case}");
        }
    }

    #[test]
    fn other_places_and_other_words_do_not() {
        let no = [
            "key = s3cret\n# stanch:allow RULE",
            "# stanch:allow RULE\n\nkey = s3cret",
            "code(); // stanch:allow RULE\nkey = s3cret",
            "key = s3cret # stanch:allowed RULE",
        ];
        for case in no {
            assert_eq!(silenced(&with_rule(case)), (false, None, 0), "{case}");
        }
    }

    #[test]
    fn words_without_a_known_rule_are_told() {
        for case in
            ["s3cret # stanch:allow", "s3cret /* stanch:allow */", "s3cret # stanch:allow reason=\"x\""]
        {
            assert_eq!(silenced(case), (false, None, 1), "{case}");
        }
        assert_eq!(silenced("s3cret # stanch:allow no-such-rule"), (false, None, 1));
        assert_eq!(silenced(&with_rule("s3cret # stanch:allow no-such-rule,RULE")), (true, None, 1));
    }

    #[test]
    fn words_without_effect_are_told() {
        let case = |words: &str| silenced(&with_rule(&format!("s3cret # stanch:allow RULE {words}")));
        assert_eq!(case("reason=\"x\" expires=\"2020-01-01\""), (true, Some("x".into()), 1));
        assert_eq!(case("expires=\"2020-01-01\" reason=\"x\""), (true, Some("x".into()), 1));
        assert_eq!(case("generic-password"), (true, None, 1));
        for no_words in ["*/ x = 1", "--> <a href=\"b\">", "because it is one", "\", \"key\": \"x\"}"] {
            assert_eq!(case(no_words), (true, None, 0), "{no_words}");
        }
    }

    #[test]
    fn reasons_are_kept_in_any_quotes() {
        for quoted in ["reason=\"a test key\"", "reason='a test key'", "reason=\\\"a test key\\\""] {
            let case = with_rule(&format!("s3cret # stanch:allow RULE {quoted} tail"));
            assert_eq!(silenced(&case), (true, Some("a test key".into()), 0), "{case}");
        }
    }
}

//! Is this a good rule? It must say what it finds, and find its own examples and nothing else.
//!
//! [`lint`] looks at a rule alone, [`run`] runs the examples through all rules. Both answer with
//! [`Mistake`]s, which name file and line. It judges rule files, never scanned ones.

mod lint;
mod random;
pub mod template;

pub use lint::{Origin, lint};

use crate::engine::checksum::complete;
use crate::engine::{Candidate, Input, Scanner, Scratch, Verdict};
use crate::finding::{circumstances, resolve};
use crate::path::FileKind;
use crate::rule::file::{Entry, Mistake, RuleFile};
use crate::span::Span;
use template::{Filled, fill_for};

/// With how many seeds each example is tried.
const ROUNDS: usize = 3;
/// Text that holds no secret, to stand around examples.
const PROSE: &str = "The quick brown fox jumps over the lazy dog.\nNothing to see here, move along.";
/// Text that is not ASCII and ends inside a line.
const FOREIGN: &str = "Grüße aus Łódź, 世界 🌍\nКлюч → ";

/// What a search through all rules found: the rule's id and the secret.
pub type Hit<'r> = (&'r str, Span);
/// Searches bytes: as a file of a kind, or as one of the kind where a candidate counts.
type Search<'s, 'r> = dyn FnMut(&Entry, &[u8], Option<FileKind>) -> Vec<Hit<'r>> + 's;

/// Runs every example and counterexample of a file through the scanner, whose rules must hold the
/// file's. Each example must give exactly one finding, of its rule and with the marked secret, alone
/// and in every [`Setting`]; a counterexample must give none of its rule.
pub fn run(file: &RuleFile, scanner: &Scanner) -> Vec<Mistake> {
    let mut scratch = Scratch::default();
    run_with(file, &mut |entry, bytes, kind| {
        let found = search(scanner, &mut scratch, bytes, kind);
        let is_about_circumstances = entry.spec.detection.circumstance().is_some();
        let hits = |candidate: &Candidate<'_>| -> Vec<Hit<'_>> {
            let beside = circumstances(scanner.rules().iter(), bytes, candidate);
            beside.iter().map(|beside| (&*beside.rule.id, candidate.secret)).collect()
        };
        // What others find is told of by these, too, and that is no mistake of either.
        if is_about_circumstances {
            found.iter().flat_map(hits).collect()
        } else {
            found.iter().map(|candidate| (&*candidate.rule.id, candidate.secret)).collect()
        }
    })
}

/// What is found in a file of a kind; in a file of the kind where it counts, when that is `None`.
fn search<'r>(
    scanner: &'r Scanner,
    scratch: &mut Scratch,
    bytes: &[u8],
    kind: Option<FileKind>,
) -> Vec<Candidate<'r>> {
    let mut kept = Vec::new();
    let mut judged = |candidate: Candidate<'r>, verdict| match verdict {
        Verdict::Keep => kept.push(candidate),
        Verdict::KeepIf(kinds) if kind.is_none_or(|kind| kinds.contains(kind)) => kept.push(candidate),
        Verdict::KeepIf(_) | Verdict::Drop(_) => {}
    };
    scanner.scan(Input::whole(bytes, false), scratch, &mut judged);
    resolve(kept)
}

fn run_with<'r>(file: &RuleFile, search: &mut Search<'_, 'r>) -> Vec<Mistake> {
    let mut mistakes = Vec::new();
    for entry in &file.rules {
        for (index, example) in entry.examples.iter().enumerate() {
            for filled in fillings(entry, &example.text, index) {
                let wrong = settings(&filled)
                    .into_iter()
                    .find_map(|setting| Some((setting.name, setting.complaint(entry, search)?)));
                if let Some((name, complaint)) = wrong {
                    let message = format!("`{}`: example {}, {name}: {complaint}", entry.spec.id, index + 1);
                    mistakes.push(file.mistake(example.line, message));
                    break;
                }
            }
        }
        for (index, counterexample) in entry.counterexamples.iter().enumerate() {
            let found = fillings(entry, &counterexample.text, index).any(|filled| {
                let hits = search(entry, filled.text.as_bytes(), Some(FileKind::Unknown));
                hits.iter().any(|(id, _)| *id == entry.spec.id)
            });
            if found {
                let (id, why) = (&entry.spec.id, &counterexample.why);
                let message = format!("`{id}`: counterexample {} ({why}) is found", index + 1);
                mistakes.push(file.mistake(counterexample.line, message));
            }
        }
    }
    mistakes
}

/// An example filled with several seeds; templates that cannot be filled are for [`lint`].
fn fillings(entry: &Entry, template: &str, index: usize) -> impl Iterator<Item = Filled> {
    let seeds = (0..ROUNDS).map(move |round| random::seed(&entry.spec.id, &[index, round]));
    seeds.filter_map(|seed| fill_for(template, seed, entry.spec.checksum).ok())
}

/// An example in its surroundings.
struct Setting {
    name: &'static str,
    text: String,
    secret: Span,
}

/// The surroundings in which an example must be found.
fn settings(filled: &Filled) -> Vec<Setting> {
    let Some(secret) = filled.secret else { return Vec::new() };
    let text = &filled.text;
    let around = |name, before: &str, after: &str| Setting {
        name,
        text: format!("{before}{text}{after}"),
        secret: Span::new(secret.start + before.len(), secret.end + before.len()),
    };
    let prose_before = format!("{PROSE}\n");
    let prose_after = format!("\n{PROSE}");
    let mut settings = vec![
        around("alone", "", ""),
        around("at the start of a text", "", &prose_after),
        around("at the end of a text", &prose_before, ""),
        around("after text that is not ASCII", &format!("{FOREIGN}\n"), "\n"),
        around("with CRLF", &prose_before, &prose_after).with_crlf(),
    ];
    if secret.len() == text.len() && !text.contains('\n') {
        settings.push(around("in double quotes", "[\"", "\"]"));
        settings.push(around("in single quotes", "('", "')"));
        settings.push(around("on a line that is not ASCII", FOREIGN, " ←"));
    }
    settings
}

impl Setting {
    fn with_crlf(self) -> Self {
        let shifted = |offset: usize| offset + self.text[..offset].matches('\n').count();
        Self {
            secret: Span::new(shifted(self.secret.start), shifted(self.secret.end)),
            text: self.text.replace('\n', "\r\n"),
            ..self
        }
    }

    /// What is wrong with what is found here.
    fn complaint<'r>(&self, entry: &Entry, search: &mut Search<'_, 'r>) -> Option<String> {
        let hits = search(entry, self.text.as_bytes(), None);
        match hits[..] {
            [] => Some("nothing is found".to_owned()),
            [(id, _)] if id != entry.spec.id => Some(format!("found as `{id}`")),
            [(_, secret)] if secret != self.secret => Some(format!(
                "found at bytes {}..{} instead of {}..{}",
                secret.start, secret.end, self.secret.start, self.secret.end
            )),
            [_] => None,
            _ => {
                let found: Vec<_> = hits.iter().map(|(id, _)| format!("`{id}`")).collect();
                Some(format!("{} findings instead of one: {}", hits.len(), found.join(", ")))
            }
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod tests {
    use super::*;
    use crate::rule::file;

    const FILE: &str = r#"
[[rule]]
id = "acme-token"
description = "Acme token: reads every project."
category = "access-token"
severity = "high"
literals = ["acme_"]
pattern = 'acme_[0-9a-z]{20}'
examples = ['«acme_{alnum:20}»', "first: 1\ntoken: «acme_{alnum:20}»"]
counterexamples = [{ text = 'acme_{alnum:9}', why = "too short" }]
"#;

    /// Complaints when each text is searched as `search` does.
    fn complaints(search: impl Fn(&str) -> Vec<Hit<'static>>) -> Vec<String> {
        let file = file::read("r.toml", FILE.as_bytes()).unwrap();
        let mut search =
            |_: &Entry, bytes: &[u8], _: Option<FileKind>| search(std::str::from_utf8(bytes).unwrap());
        run_with(&file, &mut search).iter().map(ToString::to_string).collect()
    }

    fn acme(text: &str) -> Vec<Hit<'static>> {
        let pattern = regex::Regex::new("acme_[0-9a-z]{20}").unwrap();
        pattern.find_iter(text).map(|found| ("acme-token", found.range().into())).collect()
    }

    #[test]
    fn a_search_that_finds_the_marked_secrets_is_right() {
        assert_eq!(complaints(acme), [""; 0]);
    }

    #[test]
    fn a_wrong_span_a_wrong_rule_and_a_second_finding_are_told() {
        let from_two = |text: &str| {
            let wider = |(id, span): Hit<'static>| (id, span.widen(1, 0, text.len()));
            acme(text).into_iter().map(wider).collect()
        };
        assert!(
            complaints(from_two)[0]
                .contains("r.toml:9: `acme-token`: example 1, at the end of a text: found at bytes")
        );
        let other = |text: &str| acme(text).into_iter().map(|(_, span)| ("other", span)).collect();
        assert_eq!(complaints(other)[0], "r.toml:9: `acme-token`: example 1, alone: found as `other`");
        let twice = |text: &str| [acme(text), acme(text)].concat();
        assert!(complaints(twice)[0].ends_with("2 findings instead of one: `acme-token`, `acme-token`"));
        assert!(complaints(|_| Vec::new())[0].ends_with("nothing is found"));
    }

    #[test]
    fn a_search_that_fails_on_crlf_or_beside_other_text_is_told() {
        let lf_only = |text: &str| if text.contains('\r') { Vec::new() } else { acme(text) };
        assert_eq!(
            complaints(lf_only),
            [
                "r.toml:9: `acme-token`: example 1, with CRLF: nothing is found",
                "r.toml:9: `acme-token`: example 2, with CRLF: nothing is found",
            ]
        );
        let ascii_only = |text: &str| if text.is_ascii() { acme(text) } else { Vec::new() };
        assert_eq!(complaints(ascii_only).len(), 2);
        let unquoted = |text: &str| if text.contains(['"', '\'']) { Vec::new() } else { acme(text) };
        assert_eq!(
            complaints(unquoted),
            ["r.toml:9: `acme-token`: example 1, in double quotes: nothing is found"]
        );
    }

    #[test]
    fn a_found_counterexample_is_told() {
        let eager = |text: &str| match (acme(text), text.find("acme_")) {
            (found, Some(start)) if found.is_empty() => vec![("acme-token", Span::new(start, text.len()))],
            (found, _) => found,
        };
        assert_eq!(complaints(eager), ["r.toml:10: `acme-token`: counterexample 1 (too short) is found"]);
    }
}

//! Holds the engine to its promise about parts that are new: what a search of the fresh spans finds,
//! and what carries over from the base, is what a search of the whole finds.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::{Input, Landmark, Scanner, Scratch, Verdict};
use crate::rule::{RuleSet, file};
use crate::span::Span;

/// Pieces of files, some of which hold secrets when they stand together. Without codes of a terminal: text that holds
/// some is searched as a whole.
const PIECES: &[&str] = &[
    "password = \"",
    "Tr0ub4dor&3",
    "\"\n",
    "  db_password: ",
    "x7Kq9ZtLw2",
    "\n",
    "token=",
    "9f8e7d6c5b4a39281706f5e4d3c2b1a0",
    " # comment\n",
    "-----BEGIN RSA PRIVATE KEY-----\n",
    "MIIEpAIBAAKCAQEA3Tz2mr7SZiAMfQyuvBjM9Oi8Nn2XkVbDfV2y1aZ0qWkR7PzX\n",
    "-----END RSA PRIVATE KEY-----\n",
    "https://user:",
    "s3cr3tPa55",
    "@host.internal/db",
    "Authorization: Bearer ",
    "kQ3vB8nM2xZ7wL5tR9yP4sD6fG1hJ0aC",
    "AKIA",
    "QX3T7RZ2LM5VKW4N",
    " ",
    "aws_secret_access_key = ",
    concat!("wK3+vB8nM2xZ7wL5tR9y", "P4sD6fG1hJ0aCqE8uI7o"),
    "foo(bar, baz);\n",
    "let x = y;\n",
    "é",
    "=",
    "\"",
    ":",
    "name: API_KEY\n",
    "value: ",
    "ghp_",
    "0aB3dE5gH7jK9mN1pQ3sT5vW7yZ9bC1dE3fG",
    "value=\"",
    "\" key=\"",
    "auth=(\"joe\", \"",
    "\")",
    " or \"",
    "getenv(\"X\", \"",
    "variable \"token\" {\n",
    "  default = \"",
    "checksum/",
    "?badge&",
    "\r",
    "\n                        ",
    "- password=k7Rf,",
    "Default: ",
    "Tr0ub4dor&3 and then to ",
    "user=",
    "&lt;",
    "name,password,role\n",
    "x,",
    "INSERT INTO t (name, password) VALUES ('x', '",
    "'), (f(1), '",
    "| user | password |\n|---|---|\n",
    " | ",
    "\\\"",
    "(\"",
    ", \"",
    "\x07",
    "'",
    "password",
    " => ",
    "{\"a\": \"",
    "${",
    "}",
    "\0",
    "\\u0022",
    "%3C",
    "<password>",
    "</password>",
    "<<EOF\n",
    "EOF\n",
    " + \"",
    "-p",
    "curl -u ",
    "export ",
    "//",
    "/*",
    "\\\n",
    "kind: Secret\n",
    "stringData:\n  a: ",
    "\nsecrets:\n  b: ",
    "  c: ",
    "SET value = '",
    "' WHERE name = 'smtp_password'",
    "os.environ[\"API_KEY\"] if \"API_KEY\" in os.environ else \"",
    "getenv(\"PASSWORD\") != null ? getenv(\"PASSWORD\") : \"",
    " ||\n  \"",
    "coalesce(var.a, ",
    "${env:",
    "z.string().min(8).default(\"",
    "{ type: String, default: \"",
    "**",
    "{noop}",
    "<b>",
    "</b>",
    "<code>",
    "The password for bob: ",
    "- --password\n",
    "  - ",
    "s:8:\"",
    "\";s:10:\"",
    " -eq \"",
    "[ \"$PASSWORD\" = \"",
    "<description>x</description>",
    "<value>",
];

/// All rules, with one of free form whose keyword may stand far from what it matches.
fn rules() -> RuleSet {
    const OWN: &str = r#"
[[regex]]
id = "own"
description = "What a name asks the environment for."
category = "api-key"
severity = "low"
keywords = ["getenv"]
regex = '(?m)\bname: ([A-Z_]+)$'
"#;
    let file = file::read("own.toml", OWN.as_bytes()).expect("the rule is sound");
    let own = file.rules.into_iter().map(|entry| entry.spec).collect();
    RuleSet::with_user(own).expect("the id is free")
}

/// A child made of stretches of its base and of new bytes.
#[derive(Debug, Clone)]
enum Step {
    Copy(prop::sample::Index, usize),
    Insert(Vec<usize>),
}

fn text(pieces: &[usize]) -> Vec<u8> {
    pieces.iter().flat_map(|&piece| PIECES[piece].bytes()).collect()
}

type Found = BTreeSet<(String, Span, String, Span)>;

fn scan(scanner: &Scanner, input: Input<'_>, scratch: &mut Scratch) -> Found {
    let mut found = Found::new();
    scanner.scan(input, scratch, &mut |candidate, verdict| {
        if !matches!(verdict, Verdict::Drop(_)) {
            let judgement = format!("{:?} {:?}", candidate.confidence, verdict);
            found.insert((candidate.rule.id.to_string(), candidate.secret, judgement, candidate.depends_on));
        }
    });
    found
}

/// Builds the child; answers with its bytes and for each stretch that was copied (from, to, length).
fn apply(base: &[u8], steps: &[Step]) -> (Vec<u8>, Vec<(usize, usize, usize)>) {
    let (mut child, mut copies) = (Vec::new(), Vec::<(usize, usize, usize)>::new());
    for step in steps {
        match step {
            Step::Copy(from, length) => {
                let from = if base.is_empty() { 0 } else { from.index(base.len()) };
                let bytes = &base[from..(from + length).min(base.len())];
                match copies.last_mut() {
                    Some(last) if last.0 + last.2 == from && last.1 + last.2 == child.len() => {
                        last.2 += bytes.len()
                    }
                    _ => copies.push((from, child.len(), bytes.len())),
                }
                child.extend(bytes);
            }
            Step::Insert(pieces) => child.extend(text(pieces)),
        }
    }
    (child, copies)
}

/// The inserted bytes, the seams between stretches, and both ends.
fn fresh(child: &[u8], copies: &[(usize, usize, usize)]) -> Vec<Span> {
    let (mut spans, mut at) = (vec![Span::new(0, 0)], 0);
    for &(_, to, length) in copies {
        spans.push(Span::new(at, to));
        at = to + length;
    }
    spans.push(Span::new(at, child.len()));
    spans.push(Span::new(child.len(), child.len()));
    spans
}

fn carried(base: &Found, base_length: usize, child_length: usize, copies: &[(usize, usize, usize)]) -> Found {
    let mut found = Found::new();
    for (rule, secret, judgement, depends_on) in base {
        for &(from, to, length) in copies {
            // A byte more on both sides, since the ends of a stretch are seams.
            let inside = depends_on.start > from && depends_on.end < from + length;
            if inside && depends_on.end <= base_length {
                let moved = |span: &Span| Span::new(span.start - from + to, span.end - from + to);
                assert!(moved(depends_on).end <= child_length);
                found.insert((rule.clone(), moved(secret), judgement.clone(), moved(depends_on)));
            }
        }
    }
    found
}

/// The landmarks whose bytes were copied, where they are now.
fn moved(landmarks: &[Landmark], copies: &[(usize, usize, usize)]) -> Vec<Landmark> {
    let mut moved = Vec::new();
    for &(from, to, length) in copies {
        let copied =
            landmarks.iter().filter(|mark| mark.span.start >= from && mark.span.end <= from + length);
        moved.extend(copied.map(|mark| mark.at(mark.span.start - from + to)));
    }
    moved
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let copy =
        (any::<prop::sample::Index>(), 0usize..3000).prop_map(|(from, length)| Step::Copy(from, length));
    let insert = prop::collection::vec(0..PIECES.len(), 0..6).prop_map(Step::Insert);
    prop::collection::vec(prop_oneof![copy, insert], 1..8)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn fresh_and_carried_make_the_whole(pieces in prop::collection::vec(0..PIECES.len(), 0..300), steps in steps()) {
        let scanner = Scanner::new(rules());
        let base = text(&pieces);
        let (child, copies) = apply(&base, &steps);
        let mut scratch = Scratch::default();
        let in_base = scan(&scanner, Input::whole(&base, false), &mut scratch);
        let landmarks = moved(scratch.landmarks(), &copies);
        let whole = scan(&scanner, Input::whole(&child, false), &mut scratch);
        let spans = fresh(&child, &copies);
        let input = Input { fresh: Some(&spans), ..Input::whole(&child, false) };
        let mut parts = scan(&scanner, input, &mut scratch);
        // It is the same whether literals far from what is new are searched for or known.
        prop_assert_eq!(&scan(&scanner, Input { landmarks: Some(&landmarks), ..input }, &mut scratch), &parts);
        prop_assert!(parts.is_subset(&whole), "found in parts alone: {:?}", parts.difference(&whole).collect::<Vec<_>>());
        parts.extend(carried(&in_base, base.len(), child.len(), &copies));
        let missed: Vec<_> = whole.difference(&parts).collect();
        let around = missed.first().map(|missed| String::from_utf8_lossy(missed.3.of(&child)).into_owned());
        prop_assert!(missed.is_empty(), "missed {missed:?} in {around:?}, copied {copies:?}, base {in_base:?}");
        prop_assert_eq!(parts, whole);
    }

    #[test]
    fn what_is_further_than_it_depends_on_changes_nothing(
        pieces in prop::collection::vec(0..PIECES.len(), 0..60),
        before in prop::collection::vec(0..PIECES.len(), 0..12),
        after in prop::collection::vec(0..PIECES.len(), 0..12),
    ) {
        let scanner = Scanner::new(rules());
        let base = text(&pieces);
        let mut scratch = Scratch::default();
        for (rule, secret, judgement, depends_on) in scan(&scanner, Input::whole(&base, false), &mut scratch) {
            // The ends of a text are seams as well.
            if depends_on.start == 0 || depends_on.end == base.len() {
                continue;
            }
            let stretch = Span::new(depends_on.start - 1, depends_on.end + 1);
            let start = text(&before).len();
            let elsewhere = [text(&before).as_slice(), stretch.of(&base), &text(&after)].concat();
            let moved = |span: Span| Span::new(span.start - stretch.start + start, span.end - stretch.start + start);
            let expected = (rule, moved(secret), judgement, moved(depends_on));
            let found = scan(&scanner, Input::whole(&elsewhere, false), &mut scratch);
            let shown = String::from_utf8_lossy(&elsewhere);
            prop_assert!(found.contains(&expected), "{expected:?} is not in {found:?} of {shown:?}, was in {:?}", String::from_utf8_lossy(&base));
        }
    }
}

#[test]
fn what_was_looked_for_in_vain_is_depended_on() {
    let scanner = Scanner::new(RuleSet::builtin());
    let depends_on = |text: &str| {
        let found = scan(&scanner, Input::whole(text.as_bytes(), false), &mut Scratch::default());
        found.into_iter().next().expect("something is found").3
    };
    let drawn = "kQ3vB8nM2xZ7wL5tR9yP4sD6fG1hJ0aC";
    // A quote before the end of the line would make what is behind `or` the value.
    let text = format!("secrets:\n  b: {drawn} or \"{}\n", "x".repeat(100));
    assert_eq!(depends_on(&text).end, text.len());
    // A digit in the string would, too.
    let text = format!("secrets:\n  b: {drawn} or \"{}\"\n", "words ".repeat(20));
    assert_eq!(depends_on(&text).end, text.len());
    // Twelve more words would belong to a phrase of twelve.
    let words =
        ["ritual", "copper", "velvet", "harbor", "drift", "walnut", "signal", "ember", "meadow", "pistol"];
    let text = format!("mnemonic = \"{} quartz lunar {}\"", words.join(" "), words.join(" "));
    assert!(depends_on(&text).end >= text.len() - 1);
    // Whether the name of the data stands as far in as its kind does.
    let text = format!("{}kind: Secret\nstringData:\n  a: {drawn}\n", "x".repeat(100));
    assert!(depends_on(&text).start <= 100 + "kind: ".len() - 64);
}

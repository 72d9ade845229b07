//! Every report, of invented findings.

use serde_json::Value;
use stanch::report::{Format, Look, Run, terminal};
use stanch::source::Coverage;

use crate::sample::{self, Rules};

fn run() -> Run {
    Run { show_secrets: false, root_uri: Some("file:///home/dev/shop/".to_owned()) }
}

/// The report of one finding of each kind, in which the version does not tell releases apart.
fn all(format: Format, coverage: &Coverage) -> String {
    let rules = Rules::default();
    let report = sample::report(format, Look::default(), &run(), &sample::all(&rules), coverage);
    report.replace(env!("CARGO_PKG_VERSION"), "VERSION")
}

fn none(format: Format) -> String {
    let report = sample::report(format, Look::default(), &run(), &[], &sample::complete());
    report.replace(env!("CARGO_PKG_VERSION"), "VERSION")
}

fn parsed(text: &str) -> Value {
    serde_json::from_str(text).expect("the report is JSON")
}

/// A document as people compare it.
fn pretty(document: &Value) -> String {
    let text = serde_json::to_string_pretty(document).expect("a value can be written");
    text.lines().map(terminal::escape).collect::<Vec<_>>().join("\n")
}

#[test]
fn human() {
    insta::assert_snapshot!("human", all(Format::Human, &sample::incomplete()));
    insta::assert_snapshot!("human-none", none(Format::Human));
    let gap = sample::report(Format::Human, Look::default(), &run(), &[], &sample::incomplete());
    insta::assert_snapshot!("human-none-incomplete", gap);
}

#[test]
fn human_on_a_narrow_terminal() {
    let rules = Rules::default();
    let findings = [sample::plain(&rules), sample::reuse(&rules)];
    let look = Look { width: 48, ..Look::default() };
    let report = sample::report(Format::Human, look, &run(), &findings, &sample::complete());
    insta::assert_snapshot!("human-narrow", report);
}

#[test]
fn json() {
    insta::assert_snapshot!("json", all(Format::Json, &sample::incomplete()));
    insta::assert_snapshot!("json-none", none(Format::Json));
}

#[test]
fn jsonl() {
    insta::assert_snapshot!("jsonl", all(Format::Jsonl, &sample::incomplete()));
    insta::assert_snapshot!("jsonl-none", none(Format::Jsonl));
}

#[test]
fn sarif() {
    insta::assert_snapshot!("sarif", pretty(&parsed(&all(Format::Sarif, &sample::incomplete()))));
    insta::assert_snapshot!("sarif-none", pretty(&parsed(&none(Format::Sarif))));
}

#[test]
fn json_and_jsonl_hold_the_same_findings() {
    let coverage = sample::incomplete();
    let document = parsed(&all(Format::Json, &coverage));
    let mut lines: Vec<Value> = all(Format::Jsonl, &coverage).lines().map(parsed).collect();
    let mut last = lines.pop().expect("there is a last line");
    assert_eq!(last["type"], "coverage");
    assert_eq!(last["complete"], false);
    for line in &mut lines {
        let fields = line.as_object_mut().expect("a line is an object");
        assert_eq!(fields.remove("type"), Some("finding".into()));
    }
    assert_eq!(document["findings"], Value::Array(lines));
    let fields = last.as_object_mut().expect("a line is an object");
    for field in ["type", "schema_version", "tool"] {
        fields.remove(field);
    }
    assert_eq!(document["coverage"], last);
}

/// The schema is the one of the OASIS standard; `schema/README.md` says where it is from.
#[test]
fn sarif_is_valid() {
    let schema = parsed(include_str!("schema/sarif-2.1.0.json"));
    let validator =
        jsonschema::options().should_validate_formats(true).build(&schema).expect("the schema is a schema");
    let (complete, incomplete) = (sample::complete(), sample::incomplete());
    for report in [all(Format::Sarif, &complete), all(Format::Sarif, &incomplete), none(Format::Sarif)] {
        let errors: Vec<_> = validator
            .iter_errors(&parsed(&report))
            .map(|error| format!("{}: {error}", error.instance_path()))
            .collect();
        assert!(errors.is_empty(), "{errors:#?}");
    }
    let mut broken = parsed(&all(Format::Sarif, &complete));
    broken["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["region"]["startLine"] = 0.into();
    assert!(!validator.is_valid(&broken), "the validator finds faults");
}

#[test]
fn secrets_are_shown_on_request_only() {
    let rules = Rules::default();
    let findings = sample::all(&rules);
    let coverage = sample::incomplete();
    for format in Format::ALL {
        let show = Run { show_secrets: true, ..run() };
        let shown = sample::report(*format, Look::default(), &show, &findings, &coverage);
        let hidden = sample::report(*format, Look::default(), &run(), &findings, &coverage);
        for finding in &findings {
            for line in finding.secret.reveal().lines() {
                assert!(!hidden.contains(line), "{} shows `{line}`", format.name());
            }
            let first = finding.secret.reveal().lines().next().expect("a secret has a line");
            let is_counted_only = *format == Format::Human && !finding.counts();
            assert_eq!(shown.contains(first), !is_counted_only, "{}: `{first}`", format.name());
        }
    }
}

#[test]
fn no_report_holds_a_character_that_moves_or_hides_text() {
    for format in Format::ALL {
        let report = all(*format, &sample::incomplete());
        for hostile in ['\x1b', '\x07', '\t', '\u{9b}', '\u{200b}', '\u{202e}', '\u{2028}'] {
            assert!(!report.contains(hostile), "{} holds {hostile:?}", format.name());
        }
    }
}

#[test]
fn colours_change_nothing_but_colours() {
    let rules = Rules::default();
    let findings = sample::all(&rules);
    let coverage = sample::incomplete();
    let look = Look { color: true, ..Look::default() };
    let coloured = sample::report(Format::Human, look, &run(), &findings, &coverage);
    let plain = sample::report(Format::Human, Look::default(), &run(), &findings, &coverage);
    assert_ne!(coloured, plain);
    assert_eq!(anstream::adapter::strip_str(&coloured).to_string(), plain);
}

#[test]
fn a_second_copy_of_the_secret_is_masked_too() {
    let rules = Rules::default();
    let token = sample::token(9);
    let text = format!("old = {0}; new = {0}", token.reveal());
    let findings = [sample::finding(&rules.token, token, "a.py", 1, &text)];
    for format in Format::ALL {
        let report = sample::report(*format, Look::default(), &run(), &findings, &sample::complete());
        assert!(!report.contains(findings[0].secret.reveal()), "{report}");
    }
}

#[test]
fn formats_have_names() {
    for format in Format::ALL {
        assert_eq!(format.name().parse(), Ok(*format));
    }
    let error = "xml".parse::<Format>().expect_err("there is no such format");
    assert_eq!(error, "`xml` is none of human, json, jsonl, sarif");
}

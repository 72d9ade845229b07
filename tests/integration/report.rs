//! Every report, of invented findings.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use stanch::report::{Format, Look, Run, terminal};
use stanch::source::Coverage;

use crate::sample::{self, Rules};

fn run() -> Run {
    Run {
        show_secrets: false,
        root_uri: Some("file:///home/dev/shop/".to_owned()),
        now: 1_780_000_000,
        notes: Vec::new(),
        ..Run::default()
    }
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

/// What GitHub's runner reads out of a line that is a command: its name, its properties, its message. They are put
/// together again by a library that others wrote for it, and must give the same line.
fn command(line: &str) -> Option<(String, BTreeMap<String, String>, String)> {
    let (head, message) = line.strip_prefix("::")?.split_once("::")?;
    let decoded = |text: &str| {
        let text = text.replace("%0D", "\r").replace("%0A", "\n").replace("%3A", ":").replace("%2C", ",");
        text.replace("%25", "%")
    };
    let (name, properties) = head.split_once(' ')?;
    let properties = properties.split(',').map(|property| {
        let (name, value) = property.split_once('=').expect("a property has a value");
        (name, decoded(value))
    });
    let (properties, message): (Vec<_>, _) = (properties.collect(), decoded(message));
    let written = properties.iter().map(|(name, value)| github_actions::Property(name, value));
    let written = Some(github_actions::Properties(written.collect()));
    let again = github_actions::Command { command: name, value: &message, properties: written };
    assert_eq!(again.to_string(), line);
    let properties = properties.iter().map(|(name, value)| ((*name).to_owned(), value.clone()));
    Some((name.to_owned(), properties.collect(), message))
}

#[test]
fn github() {
    let report = all(Format::Github, &sample::incomplete());
    insta::assert_snapshot!("github", report);
    insta::assert_snapshot!("github-none", none(Format::Github));
    let rules = Rules::default();
    let mut findings: Vec<_> = sample::all(&rules).into_iter().filter(|finding| finding.counts()).collect();
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    let commands: Vec<_> = report.lines().filter_map(command).collect();
    assert_eq!(commands.len(), findings.len() + 2, "each finding that counts and each problem");
    for (finding, (_, properties, message)) in findings.iter().zip(&commands) {
        assert_eq!(properties["file"], terminal::escape(&finding.location.path));
        assert_eq!(properties["line"], finding.location.start.line.to_string());
        assert!(message.contains(&finding.secret.mask()), "{message}");
    }
    assert_eq!(report.lines().count(), commands.len() + 1);
}

/// What version 15.0.7 of GitLab's schema asks for of each field that the report has, in our words: the schema itself
/// is no part of this repository. Ours has no other fields, since of those nothing would be checked.
#[test]
fn gitlab() {
    let report = parsed(&all(Format::Gitlab, &sample::incomplete()));
    insta::assert_snapshot!("gitlab", pretty(&report));
    insta::assert_snapshot!("gitlab-none", pretty(&parsed(&none(Format::Gitlab))));
    let word = serde_json::json!({ "type": "string", "minLength": 1 });
    let text = serde_json::json!({ "type": "string" });
    let time = serde_json::json!({ "type": "string", "pattern": r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}$" });
    let object = |required: &[&str], properties: Value| {
        serde_json::json!({
            "type": "object",
            "required": required,
            "properties": properties,
            "additionalProperties": false,
        })
    };
    let list = |items: Value| serde_json::json!({ "type": "array", "items": items });
    let tool = object(
        &["id", "name", "version", "vendor"],
        serde_json::json!({
            "id": word,
            "name": word,
            "version": word,
            "vendor": object(&["name"], serde_json::json!({ "name": word })),
        }),
    );
    let message = object(
        &["level", "value"],
        serde_json::json!({ "level": { "enum": ["info", "warn", "fatal"] }, "value": word }),
    );
    let scan = object(
        &["analyzer", "scanner", "start_time", "end_time", "status", "type"],
        serde_json::json!({
            "start_time": time,
            "end_time": time,
            "status": { "enum": ["success", "failure"] },
            "type": { "enum": ["secret_detection"] },
            "analyzer": tool,
            "scanner": tool,
            "messages": list(message),
        }),
    );
    let detail = object(
        &["name", "type", "value"],
        serde_json::json!({ "name": word, "type": { "const": "text" }, "value": text }),
    );
    let location = object(
        &["commit"],
        serde_json::json!({
            "file": text,
            "start_line": { "type": "number" },
            "end_line": { "type": "number" },
            "commit": object(&["sha"], serde_json::json!({ "sha": word })),
        }),
    );
    let identifier =
        object(&["type", "name", "value"], serde_json::json!({ "type": word, "name": word, "value": word }));
    let link = serde_json::json!({ "url": { "type": "string", "pattern": "^(https?|ftp)://.+" } });
    let vulnerability = object(
        &["id", "identifiers", "location"],
        serde_json::json!({
            "id": { "type": "string", "format": "uuid" },
            "name": { "type": "string", "maxLength": 255 },
            "severity": { "enum": ["Info", "Unknown", "Low", "Medium", "High", "Critical"] },
            "solution": { "type": "string", "maxLength": 7000 },
            "description": { "type": "string", "maxLength": 1_048_576 },
            "identifiers": { "type": "array", "minItems": 1, "items": identifier },
            "links": list(object(&["url"], link)),
            "details": { "type": "object", "additionalProperties": detail },
            "location": location,
            "raw_source_code_extract": text,
        }),
    );
    let schema = object(
        &["scan", "version", "vulnerabilities"],
        serde_json::json!({
            "version": { "type": "string", "pattern": r"^15\.[0-9]+\.[0-9]+$" },
            "scan": scan,
            "vulnerabilities": list(vulnerability),
        }),
    );
    let options = jsonschema::options().should_validate_formats(true);
    let validator = options.build(&schema).expect("the schema is a schema");
    for report in [&report, &parsed(&none(Format::Gitlab))] {
        let errors: Vec<_> = validator.iter_errors(report).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{errors:#?}");
    }
    for fault in ["/scan/analyzer/vendor/name", "/vulnerabilities/0/location/commit/sha", "/scan/start_time"]
    {
        let mut broken = report.clone();
        *broken.pointer_mut(fault).expect("it is there") = "".into();
        assert!(!validator.is_valid(&broken), "the validator finds faults");
    }
    let vulnerabilities = report["vulnerabilities"].as_array().expect("it is a list");
    let ids: BTreeSet<_> = vulnerabilities.iter().map(|one| one["id"].as_str()).collect();
    assert_eq!(ids.len(), 6, "each finding that counts has an id of its own");
}

#[test]
fn junit() {
    let report = all(Format::Junit, &sample::incomplete());
    insta::assert_snapshot!("junit", report);
    insta::assert_snapshot!("junit-none", none(Format::Junit));
    let read = |text: &str| junit_parser::from_reader(text.as_bytes()).expect("it is JUnit's XML");
    let suite = &read(&report).suites[0];
    assert_eq!((suite.tests, suite.failures, suite.errors, suite.skipped), (9, 6, 2, 1));
    assert_eq!(suite.cases.len(), 9);
    let failures = suite.cases.iter().filter(|case| case.status.is_failure());
    assert_eq!(failures.count(), 6);
    let clean = &read(&none(Format::Junit)).suites[0];
    assert!(clean.tests == 1 && clean.cases[0].status.is_success());
}

#[test]
fn csv() {
    let rules = Rules::default();
    let mut findings = sample::all(&rules);
    findings[0].location.path = "=HYPERLINK(\"x\"),\"b\".env".to_owned();
    let report = sample::report(Format::Csv, Look::default(), &run(), &findings, &sample::complete());
    insta::assert_snapshot!("csv", report);
    assert_eq!(none(Format::Csv).lines().count(), 1);
    let mut reader = csv::Reader::from_reader(report.as_bytes());
    let rows: Vec<BTreeMap<String, String>> =
        reader.deserialize().collect::<Result<_, _>>().expect("all rows have all columns");
    assert_eq!(rows.len(), findings.len());
    for (row, finding) in rows.iter().zip(&findings).skip(1) {
        assert_eq!(row["path"], terminal::escape(&finding.location.path));
        assert_eq!(row["fingerprint"], finding.fingerprint.to_string());
    }
    assert_eq!(rows[0]["path"], format!("'{}", findings[0].location.path), "no formula");
    assert_eq!((&*rows[3]["state"], &*rows[3]["suppression"]), ("new", "inline"));
}

#[test]
fn markdown() {
    use pulldown_cmark::{Event, Options, Parser, Tag};
    let report = all(Format::Markdown, &sample::incomplete());
    insta::assert_snapshot!("markdown", report);
    insta::assert_snapshot!("markdown-none", none(Format::Markdown));
    let events: Vec<_> = Parser::new_ext(&report, Options::ENABLE_TABLES).collect();
    let count = |wanted: fn(&Event<'_>) -> bool| events.iter().filter(|event| wanted(event)).count();
    assert_eq!(count(|event| matches!(event, Event::Start(Tag::TableRow))), 6);
    assert_eq!(count(|event| matches!(event, Event::Start(Tag::TableCell))), 5 * 7);
    assert_eq!(count(|event| matches!(event, Event::Html(_) | Event::InlineHtml(_))), 0);
    let links = events.iter().filter_map(|event| match event {
        Event::Start(Tag::Link { dest_url, .. }) => Some(dest_url.to_string()),
        _ => None,
    });
    let console = "https://console.example.com/tokens";
    assert!(links.clone().count() > 0 && links.into_iter().all(|link| link == console));
}

/// The fields are those that the documentation of gitleaks shows.
#[test]
fn gitleaks() {
    let report = parsed(&all(Format::Gitleaks, &sample::incomplete()));
    insta::assert_snapshot!("gitleaks", pretty(&report));
    assert_eq!(parsed(&none(Format::Gitleaks)), Value::Array(Vec::new()));
    let rules = Rules::default();
    let findings: Vec<_> = sample::all(&rules).into_iter().filter(|finding| finding.counts()).collect();
    let leaks = report.as_array().expect("it is a list");
    assert_eq!(leaks.len(), findings.len());
    for (leak, finding) in leaks.iter().zip(&findings) {
        assert_eq!(leak["File"], finding.location.path);
        assert_eq!(leak["StartLine"], finding.location.start.line);
        let place = format!("{}:{}", finding.rule.id, finding.location.start.line);
        assert_eq!(leak["Fingerprint"], format!("{}:{place}", finding.location.path));
        for field in ["Match", "Secret", "Commit", "Author", "Email", "Date", "Message", "SymlinkFile"] {
            assert!(leak[field].is_string(), "{field}");
        }
        assert!(leak["Entropy"].is_number() && leak["Tags"].is_array());
    }
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
            let keeps_all = matches!(format, Format::Json | Format::Jsonl | Format::Sarif | Format::Csv);
            let is_counted_only = !keeps_all && !finding.counts();
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
    assert_eq!(
        error,
        "`xml` is none of human, json, jsonl, sarif, github, gitlab, junit, csv, markdown, gitleaks"
    );
}

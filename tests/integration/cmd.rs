//! Runs the cases of `cmd/*.toml`: files, arguments, and what must come of them.
//!
//! `{password}` stands for a password made when the test runs. Whatever a case asserts, the password
//! shows on neither stream, unless the case asks for it.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde::Deserialize;

use super::common::{folder, password, stanch, write};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    args: Vec<String>,
    status: i32,
    #[serde(default)]
    stdin: String,
    /// Texts that stand on standard output.
    #[serde(default)]
    stdout: Vec<String>,
    /// Texts that stand on standard error; without any, nothing does.
    #[serde(default)]
    stderr: Vec<String>,
    #[serde(default)]
    files: BTreeMap<String, String>,
    #[serde(default)]
    env: BTreeMap<String, String>,
}

#[test]
fn every_case_ends_as_it_says() {
    let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/integration/cmd");
    let mut failures = Vec::new();
    let mut count = 0;
    for entry in fs::read_dir(cases).expect("the cases are there") {
        let path = entry.expect("the folder can be read").path();
        let text = fs::read_to_string(&path).expect("a case can be read");
        let case: Case = toml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        count += 1;
        failures.extend(run(&case).into_iter().map(|failure| format!("{}: {failure}", path.display())));
    }
    assert!(count > 20, "the cases are gone");
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
}

/// What does not hold, in words.
fn run(case: &Case) -> Vec<String> {
    let secret = password(1);
    let fill = |text: &str| text.replace("{password}", &secret);
    let folder = folder();
    for (path, text) in &case.files {
        write(folder.path(), path, fill(text));
    }
    let mut command = stanch(folder.path()).args(&case.args).stdin(fill(&case.stdin));
    for (name, value) in &case.env {
        command = command.env(name, value);
    }
    let ended = command.run();
    let mut failures = Vec::new();
    let mut check = |holds: bool, what: String| {
        if !holds {
            failures.push(format!("{what}\n{ended:#?}"));
        }
    };
    check(ended.status == case.status, format!("the status is not {}", case.status));
    for text in &case.stdout {
        check(ended.stdout.contains(&fill(text)), format!("standard output lacks {text:?}"));
    }
    for text in &case.stderr {
        check(ended.stderr.contains(text), format!("standard error lacks {text:?}"));
    }
    check(!case.stderr.is_empty() || ended.stderr.is_empty(), "something stands on standard error".into());
    if !case.args.iter().any(|arg| arg == "--show-secrets") {
        let shown = ended.stdout.contains(&secret) || ended.stderr.contains(&secret);
        check(!shown, "the secret is shown".into());
    }
    failures
}

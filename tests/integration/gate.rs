//! What stands between a change and history, on repositories that scripts build: `fixtures/history/*.toml`
//! says for each script in the folder of the same name what must be found, and how it must end.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde::Deserialize;
use serde_json::Value;

use super::common::{Ended, stanch};
use super::history::{repository, secrets};

/// How a run in a repository must end.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    /// `NAME:path:line` of every finding, the secret by the name that scripts have for it.
    #[serde(default)]
    found: BTreeSet<String>,
    status: i32,
    /// What is run, if not what the table is for.
    args: Option<Vec<String>>,
    /// Where it is run.
    #[serde(default)]
    folder: PathBuf,
    /// The script changes owners, which only root may do; others leave it out.
    #[serde(default)]
    as_root: bool,
    /// Texts that stand on either stream.
    #[serde(default)]
    told: Vec<String>,
    /// Variables of the environment.
    #[serde(default)]
    env: BTreeMap<String, String>,
    /// Other runs in the same repository.
    #[serde(default)]
    also: Vec<Case>,
}

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/history")
}

/// The findings that count of a report in jsonl, as a table writes them; a secret that no script was given is shown.
fn found(ended: &Ended) -> Vec<String> {
    let names: BTreeMap<String, String> =
        secrets().into_iter().map(|(name, secret)| (secret, name)).collect();
    let text = |value: &Value| value.as_str().expect("it is text").to_owned();
    let line = |finding: Value| {
        let secret = text(&finding["secret"]);
        let name = names.get(&secret).unwrap_or(&secret);
        let verdict = finding["verdict"].as_str().map_or_else(String::new, |verdict| format!(" {verdict}"));
        format!("{name}:{}:{}{verdict}", without_ids(&text(&finding["path"])), finding["start_line"])
    };
    let counted = ended.findings().into_iter().filter(|finding| finding["suppression"].is_null());
    counted.map(line).collect()
}

/// A path with ids written as `*`: they depend on what scripts were given.
fn without_ids(path: &str) -> String {
    let is_id = |word: &&str| word.len() >= 40 && word.bytes().all(|byte| byte.is_ascii_hexdigit());
    let ids = path.split(['/', ':']).filter(is_id);
    ids.fold(path.to_owned(), |path, id| path.replace(id, "*"))
}

/// What does not hold of all runs in the repository of a script, in words.
fn failures(kind: &str, name: &str, case: &Case, args: &[&str]) -> Vec<String> {
    let repository = repository(&format!("{kind}/{name}"));
    let runs = std::iter::once(case).chain(&case.also);
    runs.flat_map(|case| failures_of_run(repository.path(), name, case, args)).collect()
}

fn failures_of_run(repository: &Path, name: &str, case: &Case, args: &[&str]) -> Vec<String> {
    let folder = repository.join(&case.folder);
    let mut command = stanch(&folder);
    for (name, value) in &case.env {
        command = command.env(name, value);
    }
    let command = match &case.args {
        Some(args) => command.args(args),
        None => command.args(args),
    };
    let ended = command.args(["--format", "jsonl", "--show-secrets"]).run();
    let found = found(&ended);
    let mut failures = Vec::new();
    let all: BTreeSet<String> = found.iter().cloned().collect();
    if all != case.found || all.len() != found.len() {
        failures.push(format!("found {found:?} instead of {:?}", case.found));
    }
    if ended.status != case.status {
        failures.push(format!("ended with {} instead of {}", ended.status, case.status));
    }
    let told = |text: &&String| !ended.stdout.contains(*text) && !ended.stderr.contains(*text);
    failures.extend(case.told.iter().filter(told).map(|text| format!("does not tell {text:?}")));
    if failures.is_empty() { failures } else { vec![format!("{name}: {failures:?}\n{ended:#?}")] }
}

fn check(kind: &str, args: &[&str]) {
    let text = fs::read_to_string(fixtures().join(kind).with_extension("toml")).expect("the table is there");
    let mut cases: BTreeMap<String, Case> = toml::from_str(&text).expect("the table is sound");
    let scripts: BTreeSet<String> = fs::read_dir(fixtures().join(kind))
        .expect("the scripts are there")
        .map(|entry| entry.expect("the folder can be read").path())
        .map(|path| path.file_stem().expect("it has a name").to_string_lossy().into_owned())
        .collect();
    assert_eq!(scripts, cases.keys().cloned().collect(), "each script has a row in the table");
    let is_root = Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout == b"0\n");
    cases.retain(|_, case| is_root || !case.as_root);
    let failures: Vec<_> = cases.iter().flat_map(|(name, case)| failures(kind, name, case, args)).collect();
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
}

#[test]
fn what_is_staged_is_found_and_nothing_else() {
    check("staged", &["git", "--staged"]);
}

#[test]
fn what_a_range_brings_is_found_with_its_verdict() {
    check("range", &["git", "--range", "from..HEAD"]);
}

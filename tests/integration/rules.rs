//! Every built-in rule is a good one: it passes the lints, finds its own examples through all rules and
//! leaves its counterexamples alone; and the table in `rules/README.md` says what the rules say.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use stanch::check::{self, Origin};
use stanch::engine::Scanner;
use stanch::rule::file::{self, Mistake, RuleFile};
use stanch::rule::{RuleSet, RuleSpec};

/// Above it the README is written by hand.
const MARKER: &str = "<!-- Below this line the table is made by `STANCH_BLESS=1 cargo test`. -->\n";

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("rules")
}

fn files() -> Vec<RuleFile> {
    let folder = fs::read_dir(folder()).unwrap().map(|item| item.unwrap().path());
    let mut paths: Vec<_> = folder.filter(|path| path.extension().is_some_and(|end| end == "toml")).collect();
    paths.sort();
    let read = |path: PathBuf| {
        let name = format!("rules/{}", path.file_name().unwrap().display());
        file::read(&name, &fs::read(&path).unwrap()).unwrap()
    };
    paths.into_iter().map(read).collect()
}

fn assert_none(mistakes: Vec<Mistake>) {
    let lines: Vec<_> = mistakes.iter().map(ToString::to_string).collect();
    assert!(lines.is_empty(), "{} mistakes:\n{}", lines.len(), lines.join("\n"));
}

#[test]
fn the_embedded_rules_are_those_of_the_files() {
    let written: Vec<_> = files().into_iter().flat_map(|file| file.rules).collect();
    let embedded = RuleSet::builtin();
    assert!(!written.is_empty());
    assert_eq!(written.len(), embedded.iter().count());
    for (written, embedded_rule) in written.iter().zip(embedded.iter()) {
        assert_eq!(format!("{:?}", written.spec), format!("{embedded_rule:?}"));
        let examples: Vec<_> = written.examples.iter().map(|example| &*example.text).collect();
        assert_eq!(examples, embedded.examples(&embedded_rule.id));
    }
}

#[test]
fn every_rule_passes_the_lints() {
    assert_none(files().iter().flat_map(|file| check::lint(file, Origin::BuiltIn)).collect());
}

#[test]
fn every_example_is_found_as_marked_and_no_counterexample_is() {
    let scanner = Scanner::new(RuleSet::builtin());
    assert_none(files().iter().flat_map(|file| check::run(file, &scanner)).collect());
}

#[test]
fn the_table_of_rules_is_fresh() {
    let path = folder().join("README.md");
    let readme = fs::read_to_string(&path).unwrap();
    let (head, table) = readme.split_once(MARKER).expect("the README holds the marker");
    let fresh = table_of(RuleSet::builtin().iter());
    if std::env::var_os("STANCH_BLESS").is_some() {
        fs::write(&path, format!("{head}{MARKER}{fresh}")).unwrap();
    } else {
        assert!(
            table == fresh,
            "rules/README.md is stale; run `STANCH_BLESS=1 cargo test the_table_of_rules`"
        );
    }
}

fn table_of<'a>(rules: impl Iterator<Item = &'a RuleSpec>) -> String {
    let mut rules: Vec<_> = rules.collect();
    rules.sort_by(|a, b| a.id.cmp(&b.id));
    let mut table =
        format!("\n{} rules.\n\n| rule | finds | severity | checksum |\n|---|---|---|---|\n", rules.len());
    for rule in rules {
        let checksum = rule.checksum.map_or("", |checksum| checksum.name());
        let description = rule.description.replace('|', "\\|");
        writeln!(table, "| `{}` | {description} | {} | {checksum} |", rule.id, rule.severity).unwrap();
    }
    table
}

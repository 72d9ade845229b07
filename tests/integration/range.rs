//! What `stanch git --range` says beyond the tables of `gate.rs`: by ids alone, and in annotations.

use super::common::stanch;
use super::history::repository;
use super::index::git;

#[test]
fn where_refs_are_not_read_ids_do() {
    let repository = repository("range/reftable");
    let id = |name| git(repository.path(), &["rev-parse", name]).trim().to_owned();
    let range = format!("{}..{}", id("HEAD~1"), id("HEAD"));
    let args = ["git", "--range", &range, "--format", "jsonl"];
    let findings = stanch(repository.path()).args(args).run().status(1).findings();
    assert_eq!((findings.len(), &findings[0]["path"]), (1, &"app.env".into()));
}

#[test]
fn annotations_stand_only_at_lines_that_are_there() {
    let repository = repository("range/removed");
    let args = ["git", "--range", "from..HEAD", "--format", "github"];
    let ended = stanch(repository.path()).args(args).run().status(1);
    let lines: Vec<&str> = ended.stdout.lines().filter(|line| line.starts_with("::warning")).collect();
    assert_eq!(lines.len(), 2, "{ended:#?}");
    assert!(lines[0].starts_with("::warning file=again/other.env,line=3,"), "{ended:#?}");
    assert!(
        lines[1].starts_with("::warning title=") && lines[1].contains("added, then removed"),
        "{ended:#?}"
    );
}

#[test]
fn a_note_is_told_and_fails_nothing() {
    let repository = repository("range/moved");
    let ended = stanch(repository.path()).args(["git", "--range", "from..HEAD"]).run().status(0);
    assert!(
        ended
            .stdout
            .contains("renamed.env:3: Password moved or renamed: it was there before, at plain.env:3")
    );
    let sarif = stanch(repository.path()).args(["git", "--range", "from..HEAD", "--format", "sarif"]).run();
    let sarif: serde_json::Value = serde_json::from_str(&sarif.stdout).expect("it is JSON");
    let result = &sarif["runs"][0]["results"][0];
    assert_eq!(
        (&result["level"], &result["properties"]["verdict"]),
        (&"note".into(), &"moved or renamed".into())
    );
}

//! What `stanch git --range` says beyond the tables of `gate.rs`: by ids alone, and in annotations.

use super::common::{folder, stanch};
use super::history::repository;
use super::index::git;

#[test]
fn where_refs_are_not_read_ids_do() {
    let repository = repository("range/added");
    let id = |name| git(repository.path(), &["rev-parse", name]).trim().to_owned();
    let range = format!("{}..{}", id("HEAD~2"), id("HEAD"));
    git(repository.path(), &["config", "core.repositoryFormatVersion", "1"]);
    git(repository.path(), &["config", "extensions.refStorage", "another"]);
    let told = stanch(repository.path()).args(["git", "--range", "HEAD~1..HEAD"]).run().status(3).stdout;
    assert!(told.contains("its refs are kept in a form that is not read, so only ids are known"), "{told}");
    let args = ["git", "--range", &range, "--format", "jsonl"];
    let findings = stanch(repository.path()).args(args).run().status(1).findings();
    assert_eq!((findings.len(), &findings[0]["path"]), (1, &"app.env".into()));
}

#[test]
fn where_there_is_no_commit_yet_it_says_so() {
    let folder = folder();
    git(folder.path(), &["init", "-q", "-b", "main"]);
    let told = stanch(folder.path()).args(["git", "--pr", "main"]).run().status(3).stdout;
    assert!(told.contains("there is no commit yet") && !told.contains("git fetch"), "{told}");
}

#[test]
fn refs_in_tables_are_those_that_git_tells() {
    let repository = repository("range/reftable");
    let root = repository.path();
    let made = |numbers: std::ops::Range<usize>| {
        let create = |number| format!("create refs/heads/many/{number:05} HEAD\n");
        let lines: String = numbers.map(create).collect();
        super::common::write(root, "refs.txt", lines);
        let script = "git update-ref --stdin < refs.txt && rm refs.txt";
        let done = std::process::Command::new("sh").args(["-c", script]).current_dir(root).status();
        assert!(done.expect("there is a shell").success());
    };
    // More than fit into one block of a table, and several tables.
    made(0..3000);
    git(root, &["pack-refs", "--all"]);
    made(3000..3010);
    git(root, &["branch", "-q", "-D", "many/00007", "many/03003"]);
    git(root, &["worktree", "add", "-q", "-b", "linked", "linked"]);
    let linked = root.join("linked");
    git(&linked, &["commit", "-q", "--allow-empty", "-m", "in the linked one"]);
    for (folder, head) in [(root, "refs/heads/main"), (&*linked, "refs/heads/linked")] {
        let refs = stanch::git::Store::open(folder).expect("it is a repository").refs();
        assert_eq!(refs.problems, []);
        let told = git(folder, &["for-each-ref", "--format=%(objectname) %(refname)"]);
        let line =
            |own: &stanch::git::Ref| format!("{} {}\n", own.target, String::from_utf8_lossy(&own.name));
        assert_eq!(refs.refs.iter().map(line).collect::<String>(), told);
        assert_eq!(refs.head_branch.as_deref(), Some(head.as_bytes()));
        assert_eq!(
            refs.head.map(|id| id.to_string()).as_deref(),
            Some(git(folder, &["rev-parse", "HEAD"]).trim())
        );
    }
    let tables = root.join(".git/reftable");
    let list = std::fs::read_to_string(tables.join("tables.list")).expect("it is there");
    let first = tables.join(list.lines().next().expect("there is a table"));
    let bytes = std::fs::read(&first).expect("it is there");
    std::fs::remove_file(&first).expect("it can be removed");
    std::fs::write(&first, &bytes[..bytes.len() / 2]).expect("it can be written");
    let ended = stanch(root).args(["git", "--range", "HEAD~1..HEAD"]).run().status(3);
    assert!(ended.stdout.contains("the table of refs is damaged"), "{ended:?}");
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

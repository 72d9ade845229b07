//! Archives in a history: what they hold is told as in a tree, whatever packs and threads do.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::Value;

use super::common::{Stanch, folder, password, stanch, write};
use super::index::git;
use super::pack::{Zipped, gzip, tar, zip};

/// A time after all commits.
const NOW: &str = "1800000000";

fn env(seed: u64) -> Vec<u8> {
    format!("# é\nDB_PASSWORD={}\n", password(seed)).into_bytes()
}

fn commit(root: &Path, message: &str) {
    git(root, &["add", "-A"]);
    git(root, &["commit", "-qm", message]);
}

/// Many versions of a tar, so that git stores some as changes to others, and archives of other kinds.
fn repository() -> tempfile::TempDir {
    let folder = folder();
    let root = folder.path();
    git(root, &["init", "-q", "-b", "main"]);
    let filler: Vec<u8> =
        (0..400).flat_map(|line| format!("line {line} of what does not change\n").into_bytes()).collect();
    for version in 0..6 {
        let files: [(&[u8], &[u8]); 3] =
            [(b"notes.txt", &filler), (b"conf/app.env", &env(100 + version)), (b"more.txt", &filler)];
        // The last one is no archive any more, but stored as changes to one.
        let bytes = if version == 5 { [&b"x"[..], &tar(&files)].concat() } else { tar(&files) };
        write(root, "all.tar", bytes);
        commit(root, &format!("version {version}"));
    }
    let jar = zip(&[Zipped::deflated(b"a.txt", b"nothing"), Zipped::stored(b"app.env", &env(2))]);
    write(root, "lib/app.jar", &jar);
    write(root, "old/app.env.gz", gzip(&env(3)));
    write(root, "image.tgz", gzip(&tar(&[(b"srv/app.jar", &jar), (b"root/.env", &env(4))])));
    // The same names twice: they are told apart all the same.
    write(
        root,
        "twice.zip",
        zip(&[Zipped::stored(b"app.env", &env(5)), Zipped::stored(b"app.env", &env(6))]),
    );
    write(root, "plain.env", env(2));
    commit(root, "archives");
    git(root, &["mv", "old/app.env.gz", "old/settings.env.gz"]);
    commit(root, "another name");
    folder
}

fn history(root: &Path, more: &[&str]) -> Stanch {
    stanch(root).args(["git", "--format", "json", "--now", NOW]).args(more)
}

fn findings(report: &str) -> Vec<Value> {
    let report: Value = serde_json::from_str(report).expect("a report is JSON");
    report["findings"].as_array().expect("a list").clone()
}

/// All places of all findings, with what is told of the value.
fn places<'f>(findings: impl IntoIterator<Item = &'f Value>) -> BTreeSet<(String, u64, String)> {
    let mut all = BTreeSet::new();
    for finding in findings {
        let others = finding["also_at"].as_array().into_iter().flatten();
        for place in others.chain([finding]) {
            let path = place["path"].as_str().expect("text").to_owned();
            let line = place["start_line"].as_u64().expect("a number");
            all.insert((path, line, finding["fingerprint"].to_string()));
        }
    }
    all
}

#[test]
fn a_history_and_a_tree_tell_the_same_of_archives() {
    let repository = repository();
    let root = repository.path();
    let tree = stanch(root).args(["scan", "--format", "json", "--now", NOW]).run().status(1).stdout;
    let all = history(root, &[]).run().status(1).stdout;
    let in_tree = places(&findings(&tree));
    let told = findings(&all);
    let in_history = places(&told);
    assert!(in_tree.is_subset(&in_history), "{:#?}", in_tree.difference(&in_history).collect::<Vec<_>>());
    let expected = [
        ("all.tar!conf/app.env", 2),
        ("image.tgz!root/.env", 2),
        ("image.tgz!srv/app.jar!app.env", 2),
        ("lib/app.jar!app.env", 2),
        ("old/app.env.gz!app.env", 2),
        ("old/settings.env.gz!settings.env", 2),
        ("plain.env", 2),
        ("twice.zip!app.env", 2),
    ];
    let shown: BTreeSet<(&str, u64)> =
        in_history.iter().map(|(path, line, _)| (path.as_str(), *line)).collect();
    assert!(expected.iter().all(|place| shown.contains(place)), "{shown:#?}");
    let by_path = |path: &str| told.iter().filter(|finding| finding["path"] == path).collect::<Vec<_>>();
    assert_eq!(by_path("twice.zip!app.env").len(), 2);
    let moved = by_path("old/settings.env.gz!settings.env");
    assert_eq!((moved[0]["in_head"].clone(), moved[0]["occurrences"].clone()), (true.into(), 2.into()));
    let gone = by_path("all.tar!conf/app.env");
    assert_eq!(gone.len(), 5);
    assert!(gone.iter().all(|finding| finding["in_head"] == false && finding["removed"][0].is_object()));
    let shared = told.iter().find(|finding| finding["occurrences"] == 3).expect("in two archives and a file");
    assert_eq!(shared["introduced"].as_array().map(Vec::len), Some(1));
    let closed = history(root, &["--no-archives"]).run().status(1).stdout;
    assert!(!places(&findings(&closed)).iter().any(|(path, _, _)| path.contains('!')), "{closed}");
}

#[test]
fn archives_look_the_same_however_a_history_is_stored_and_read() {
    let repository = repository();
    let root = repository.path();
    write(root, "cut.gz", &gzip(&env(9))[..30]);
    commit(root, "a damaged one");
    let out = folder();
    let loose = history(root, &["--no-delta"]).run().status(1).stdout;
    assert!(loose.contains("\"complete\":false") && loose.contains("\"path\":\"cut.gz\""), "{loose}");
    for repack in [&["--depth=50"][..], &["--depth=1"], &["--window=250"]] {
        git(root, &[&["repack", "-adfq"], repack].concat());
        for more in [&["--jobs", "1"][..], &["--jobs", "8"], &["--no-delta"], &["--verify-objects"]] {
            assert_eq!(history(root, more).run().status(1).stdout, loose, "{repack:?}, {more:?}");
        }
    }
    let cache = format!("--cache={}", out.path().join("cache").display());
    for time in ["first", "second"] {
        assert_eq!(history(root, &[&cache]).run().status(1).stdout, loose, "{time}");
    }
    assert!(out.path().join("cache").is_file(), "what is damaged in an archive is no reason to forget");
    let parts: Vec<_> = (1..=3)
        .map(|number| {
            let file = out.path().join(format!("{number}.json"));
            let report = history(root, &["--shard", &format!("{number}/3")]).run().stdout;
            std::fs::write(&file, report).expect("it can be written");
            file
        })
        .collect();
    let joined = stanch(root).args(["merge"]).args(&parts).run().status(1).stdout;
    let parse = |text: &str| serde_json::from_str::<Value>(text).expect("JSON");
    assert_eq!(parse(&joined), parse(&loose));
}

#[test]
fn a_range_says_what_is_new_in_archives() {
    let repository = repository();
    let root = repository.path();
    let jar = zip(&[Zipped::stored(b"app.env", &env(2)), Zipped::stored(b"b.env", &env(8))]);
    write(root, "lib/app.jar", jar);
    commit(root, "one more");
    let ended = history(root, &["--range", "HEAD~1..HEAD"]).run().status(1);
    let told = findings(&ended.stdout);
    assert_eq!(told.len(), 1, "{told:#?}");
    assert_eq!((&told[0]["path"], &told[0]["verdict"]), (&"lib/app.jar!b.env".into(), &"new at head".into()));
    let closed = history(root, &["--range", "HEAD~1..HEAD", "--no-archives"]).run();
    assert!(!closed.stdout.contains("app.jar!"), "{closed:?}");
}

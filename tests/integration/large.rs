//! Files that are too large to be held, in a repository: nothing of them is known but what passes by.

use std::fs::File;
use std::io::{Seek, SeekFrom, Write};
use std::sync::atomic::{AtomicBool, Ordering};

use stanch::engine::Scanner;
use stanch::finding::InspectOptions;
use stanch::finding::policy::Judgement;
use stanch::rule::{Confidence, RuleSet};
use stanch::scan::{Progress, ScanOptions, scan_history};
use stanch::source::{History, HistoryOptions, RangeOptions};

use super::common::{folder, password, stanch, write};
use super::history::secrets;
use super::index::git;
use super::pack::{gzip, tar};

/// More than is ever held of an object.
const LARGE: u64 = (512 << 20) + 4096;

#[test]
fn what_is_found_in_a_file_that_cannot_be_held_is_shown() {
    let token = &secrets()["T1"];
    let folder = folder();
    let root = folder.path();
    git(root, &["init", "-q"]);
    write(root, "a.txt", "nothing\n");
    git(root, &["add", "."]);
    git(root, &["commit", "-qm", "start"]);
    let mut file = File::create(root.join("disk.img")).expect("it can be made");
    file.seek(SeekFrom::Start(LARGE)).expect("it can be as long");
    writeln!(file, "\ntoken = \"{token}\"").expect("it can be written");
    drop(file);
    git(root, &["-c", "core.compression=1", "add", "."]);
    git(root, &["commit", "-qm", "more"]);
    std::fs::remove_file(root.join("disk.img")).expect("it is there");
    for args in [&["git"][..], &["git", "--range", "HEAD~1..HEAD"]] {
        let ended = stanch(root).args(args).args(["--format", "jsonl", "--show-secrets"]).run().status(1);
        let found = ended.findings();
        assert_eq!(found.len(), 1, "{ended:?}");
        assert_eq!((&found[0]["secret"], &found[0]["path"]), (&token.as_str().into(), &"disk.img".into()));
        assert_eq!(found[0]["start_line"], 2);
        assert!(!ended.stdout.contains("\"complete\":false"), "{ended:?}");
    }
}

#[test]
fn an_archive_that_cannot_be_held_is_opened_where_it_is_staged() {
    let folder = folder();
    let root = folder.path();
    git(root, &["init", "-q"]);
    let packed = gzip(format!("# found in the archive alone\nDB_PASSWORD={}\n", password(9100)).as_bytes());
    write(root, "all.tar", tar(&[(b"app.env.gz", &packed)]));
    // Tars end in zeros, however many.
    let file = File::options().write(true).open(root.join("all.tar")).expect("it is there");
    file.set_len(LARGE).expect("it can be as long");
    git(root, &["-c", "core.compression=1", "add", "."]);
    let staged = || stanch(root).args(["git", "--staged", "--format", "jsonl"]);
    let found = staged().run().status(1).findings();
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0]["path"], "all.tar!app.env.gz!app.env");
    let closed = staged().args(["--no-archives"]).run().status(0);
    assert!(closed.stdout.contains("\"complete\":true"), "{closed:?}");
}

#[test]
fn who_waits_no_longer_is_heard_within_a_file_of_a_range() {
    const BYTES: usize = 200 << 20;
    let folder = folder();
    let root = folder.path();
    git(root, &["init", "-q"]);
    write(root, "a.txt", "nothing\n");
    git(root, &["add", "."]);
    git(root, &["commit", "-qm", "start"]);
    write(root, "a.log", b"nothing to see here\n".repeat(BYTES / 20));
    git(root, &["-c", "core.compression=1", "add", "."]);
    git(root, &["commit", "-qm", "more"]);
    let range = Some(RangeOptions::parse("HEAD~1..HEAD").expect("it is one"));
    let options = HistoryOptions { repository: root.to_owned(), range, jobs: 1, ..HistoryOptions::default() };
    let history = History::open(options).expect("it is a repository");
    let scanner = Scanner::new(RuleSet::builtin());
    let options = ScanOptions {
        inspect: InspectOptions::default(),
        confidence: Confidence::Medium,
        judgement: Judgement::default(),
    };
    let (progress, is_over) = (Progress::default(), AtomicBool::new(false));
    let outcome = std::thread::scope(|scope| {
        scope.spawn(|| {
            while progress.bytes.load(Ordering::Relaxed) < 4096 && !is_over.load(Ordering::Relaxed) {
                std::thread::yield_now();
            }
            progress.stop.store(true, Ordering::Relaxed);
        });
        let outcome = scan_history(&history, &scanner, &options, &progress);
        is_over.store(true, Ordering::Relaxed);
        outcome
    });
    assert!(outcome.is_interrupted);
    assert!(progress.bytes.load(Ordering::Relaxed) < BYTES as u64);
}

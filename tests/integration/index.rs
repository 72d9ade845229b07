//! The index reader beside git itself and libgit2.

use std::fs;
use std::path::Path;
use std::process::Command;

use stanch::git::{Index, ObjectFormat};
use tempfile::TempDir;

/// Runs git in `folder`, away from the configuration of whoever runs the tests, and gives its output.
pub fn git(folder: &Path, arguments: &[&str]) -> String {
    let output = Command::new("git")
        .args(["-c", "user.name=A", "-c", "user.email=a@example.com", "-c", "protocol.file.allow=always"])
        .args(arguments)
        .current_dir(folder)
        .envs([("GIT_CONFIG_GLOBAL", "/dev/null"), ("GIT_CONFIG_NOSYSTEM", "1")])
        .env_remove("GIT_DIR")
        .output()
        .expect("git is installed");
    assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("the tests use names in UTF-8")
}

pub fn write(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().expect("a file lies in a folder")).expect("a folder can be made");
    fs::write(path, text).expect("a file can be written");
}

/// A repository with tracked files whose names share starts, and one file in conflict.
fn repository(init: &[&str]) -> TempDir {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let root = folder.path();
    git(root, &[&["init", "-q", "-b", "main"], init].concat());
    for name in ["a", "a-b", "a.txt", "b/c/deep-name", "b/c/deep-name-2", "b/d", "spärlich", "z/y/x"] {
        write(&root.join(name), name);
    }
    git(root, &["add", "."]);
    git(root, &["commit", "-qm", "first"]);
    folder
}

/// What `git ls-files --stage` prints, told by the index reader.
fn listing(root: &Path, format: ObjectFormat) -> String {
    let index = Index::open(&root.join(".git"), format).expect("the index is read");
    let line = |entry: stanch::git::Entry<'_>| {
        let id = data_encoding::HEXLOWER.encode(entry.id);
        format!("{:06o} {id} {}\t{}\0", entry.mode, entry.stage, String::from_utf8_lossy(entry.path))
    };
    index.entries().map(line).collect()
}

fn check(root: &Path, format: ObjectFormat) {
    assert_eq!(listing(root, format), git(root, &["ls-files", "--stage", "-z"]));
}

#[test]
fn every_version_is_read_as_git_reads_it() {
    let folder = repository(&[]);
    let root = folder.path();
    git(root, &["update-index", "--skip-worktree", "b/d"]);
    for version in ["2", "3", "4"] {
        git(root, &["update-index", "--index-version", version]);
        check(root, ObjectFormat::Sha1);
        let ours = Index::open(&root.join(".git"), ObjectFormat::Sha1).expect("the index is read");
        let theirs =
            git2::Repository::open(root).and_then(|repository| repository.index()).expect("it is read");
        let theirs: Vec<_> =
            theirs.iter().map(|entry| (entry.path, entry.id.as_bytes().to_vec(), entry.mode)).collect();
        let entries = ours.entries().map(|entry| (entry.path.to_vec(), entry.id.to_vec(), entry.mode));
        assert_eq!(entries.collect::<Vec<_>>(), theirs);
        let skipped: Vec<_> =
            ours.entries().filter(|entry| entry.skip_worktree).map(|entry| entry.path).collect();
        assert_eq!(skipped, [b"b/d"]);
    }
}

#[test]
fn conflicts_and_intents_are_read() {
    let folder = repository(&[]);
    let root = folder.path();
    git(root, &["checkout", "-qb", "other"]);
    write(&root.join("b/d"), "theirs");
    git(root, &["commit", "-qam", "theirs"]);
    git(root, &["checkout", "-q", "main"]);
    write(&root.join("b/d"), "ours");
    git(root, &["commit", "-qam", "ours"]);
    let merge = Command::new("git").args(["merge", "-q", "other"]).current_dir(root).output();
    assert!(!merge.expect("git is installed").status.success(), "the merge must conflict");
    write(&root.join("new"), "new");
    git(root, &["add", "--intent-to-add", "new"]);
    check(root, ObjectFormat::Sha1);
    let index = Index::open(&root.join(".git"), ObjectFormat::Sha1).expect("the index is read");
    assert_eq!(
        index.entries().filter(|entry| entry.path == b"b/d").map(|entry| entry.stage).collect::<Vec<_>>(),
        [1, 2, 3]
    );
    assert!(index.entries().any(|entry| entry.path == b"new" && entry.intent_to_add));
}

#[test]
fn a_split_index_is_put_together() {
    let folder = repository(&[]);
    let root = folder.path();
    git(root, &["config", "splitIndex.maxPercentChange", "100"]);
    git(root, &["update-index", "--split-index"]);
    check(root, ObjectFormat::Sha1);
    write(&root.join("b/d"), "changed");
    write(&root.join("c/new"), "new");
    git(root, &["add", "."]);
    git(root, &["rm", "-q", "a-b"]);
    let own = fs::read(root.join(".git/index")).expect("it is there");
    assert!(own.windows(4).any(|bytes| bytes == b"link"), "git must have kept the index split");
    check(root, ObjectFormat::Sha1);
    fs::remove_file(root.join(".git/index")).expect("it is there");
    fs::write(root.join(".git/index"), own).expect("it can be written");
    for shared in fs::read_dir(root.join(".git")).expect("it is there").flatten() {
        if shared.file_name().to_string_lossy().starts_with("sharedindex.") {
            fs::remove_file(shared.path()).expect("it is there");
        }
    }
    let error = Index::open(&root.join(".git"), ObjectFormat::Sha1).expect_err("the shared index is gone");
    assert!(error.to_string().starts_with("cannot read the index: "), "{error}");
}

#[test]
fn a_sparse_index_keeps_folders_as_one_entry() {
    let folder = repository(&[]);
    let root = folder.path();
    git(root, &["sparse-checkout", "init", "--cone", "--sparse-index"]);
    git(root, &["sparse-checkout", "set", "b"]);
    let index = Index::open(&root.join(".git"), ObjectFormat::Sha1).expect("the index is read");
    assert!(index.entries().any(|entry| entry.path == b"z/" && entry.mode == 0o040_000));
    assert_eq!(listing(root, ObjectFormat::Sha1), git(root, &["ls-files", "--stage", "--sparse", "-z"]));
    assert!(index.tracks(b"z/y/x") && index.tracks(b"b/d") && !index.tracks(b"y"));
}

#[test]
fn ids_of_sha_256_are_read() {
    let folder = repository(&["--object-format=sha256"]);
    check(folder.path(), ObjectFormat::Sha256);
}

#[test]
fn a_repository_without_an_index_tracks_nothing() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    git(folder.path(), &["init", "-q"]);
    let index = Index::open(&folder.path().join(".git"), ObjectFormat::Sha1).expect("none is none");
    assert_eq!(index.entries().len(), 0);
}

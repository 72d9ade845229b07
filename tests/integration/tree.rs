//! The tree source, with `git ls-files` as the judge of what git could commit.

use std::collections::BTreeSet;
use std::fs;
use std::ops::ControlFlow;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::thread;

use proptest::prelude::*;
use stanch::source::{Coverage, Problem, Skip, Source, Tally, Tree, TreeOptions};
use tempfile::TempDir;

use super::index::{git, write};

fn folder() -> TempDir {
    tempfile::tempdir().expect("a folder can be made")
}

/// The shown path of every blob, each of which must come once, and the coverage.
fn visit(options: TreeOptions) -> (BTreeSet<String>, Coverage) {
    let seen = Mutex::new(BTreeSet::new());
    let coverage = Tree::new(TreeOptions { jobs: 3, ..options }).visit(&|blob| {
        let fresh = seen.lock().expect("no sink panics").insert(blob.provenance.display_path());
        assert!(fresh || blob.part.is_some(), "{:?} comes twice", blob.provenance);
        ControlFlow::Continue(())
    });
    (seen.into_inner().expect("no sink panics"), coverage)
}

fn scan<P: AsRef<Path>>(roots: &[P]) -> (BTreeSet<String>, Coverage) {
    let roots = roots.iter().map(|root| root.as_ref().to_owned()).collect();
    visit(TreeOptions { roots, ..TreeOptions::default() })
}

fn set(paths: &[&str]) -> BTreeSet<String> {
    paths.iter().map(|path| (*path).to_owned()).collect()
}

fn skipped(coverage: &Coverage, reason: Skip) -> u64 {
    coverage.skipped.get(&reason).map_or(0, |tally| tally.files)
}

/// What git could commit: all files that it tracks or does not ignore and that are there.
fn committable(root: &Path) -> BTreeSet<String> {
    let listed = git(root, &["ls-files", "-co", "--exclude-standard", "-z"]);
    let is_file = |path: &&str| fs::symlink_metadata(root.join(path)).is_ok_and(|kind| kind.is_file());
    listed.split('\0').filter(|path| !path.is_empty()).filter(is_file).map(str::to_owned).collect()
}

#[test]
fn tracked_files_count_even_in_ignored_folders() {
    let folder = folder();
    let root = folder.path();
    git(root, &["init", "-q"]);
    for name in [
        "out/kept/a.env", "out/left", "out/kept/left", "src/.hidden", "src/a.log", "src/b.log", "x.tmp",
        "y.loc",
    ] {
        write(&root.join(name), name);
    }
    write(&root.join(".gitignore"), "/out/\n*.log\n");
    write(&root.join(".git/info/exclude"), "*.tmp\n");
    write(&root.join("excludes"), "*.loc\n");
    git(root, &["config", "core.excludesFile", root.join("excludes").to_str().expect("it is UTF-8")]);
    git(root, &["add", "-f", "out/kept/a.env", "src/a.log"]);
    let (seen, coverage) = scan(&[root]);
    assert_eq!(seen, committable(root));
    assert_eq!(seen, set(&[".gitignore", "excludes", "out/kept/a.env", "src/.hidden", "src/a.log"]));
    assert_eq!(skipped(&coverage, Skip::Ignored), 5);
    assert_eq!(skipped(&coverage, Skip::GitDirectory), 1);
    assert!(coverage.is_complete() && coverage.notes.is_empty(), "{coverage:?}");
    assert_eq!(coverage.asked.files, coverage.scanned.files + 6);

    let (all, _) =
        visit(TreeOptions { roots: vec![root.to_owned()], no_ignore: true, ..TreeOptions::default() });
    assert_eq!(all.len(), 10);
    assert!(all.contains("out/left") && !all.iter().any(|path| path.starts_with(".git/")));
}

/// Builds a work tree of these files with these ignore rules, the first few files tracked, and compares.
fn compare(files: &BTreeSet<String>, rules: &str, deep_rules: &str, tracked: usize) {
    let folder = folder();
    let root = folder.path();
    git(root, &["init", "-q"]);
    for file in files {
        let path = root.join(file);
        if path.parent().is_some_and(|parent| fs::create_dir_all(parent).is_ok()) && !path.exists() {
            fs::write(path, file).expect("a file can be written");
        }
    }
    for file in files.iter().filter(|file| root.join(file).is_file()).take(tracked) {
        git(root, &["add", "-f", "--", &format!(":(literal){file}")]);
    }
    write(&root.join(".gitignore"), rules);
    if fs::create_dir_all(root.join("a")).is_ok() {
        write(&root.join("a/.gitignore"), deep_rules);
    }
    assert_eq!(scan(&[root]).0, committable(root), "rules {rules:?} and in a/ {deep_rules:?}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, ..ProptestConfig::default() })]
    #[test]
    fn rules_are_applied_as_git_applies_them(
        files in prop::collection::btree_set(r"[abc](/[abc.]?[ab*]){0,3}", 1..12),
        rules in prop::collection::vec(r"!?/?(a|b|c|\*|\*\*|\?|\[ab\]|\[!a\]|/|\\\*){1,4}/? {0,1}", 0..8),
        deep_rules in prop::collection::vec(r"!?/?(a|b|\*|\*\*/|\?|/){1,3}", 0..4),
        tracked in 0_usize..4,
    ) {
        compare(&files, &rules.join("\n"), &deep_rules.join("\r\n"), tracked.min(files.len()));
    }
}

#[test]
fn odd_rules_are_applied_as_git_applies_them() {
    let names = [
        "{a,b}", "a", "b", "ab", "a]", "[a", "#c", "!d", "e ", "f", "dir/f", "dir/g/h", "foobar", "foo/bar",
        "foo/x/bar", "x\\y", "é.env", "UP.env", "up.ENV", "a-b", "a.b", "q/w/e/r", "tab\t", "-", "^", "1x",
        "deep/a/b/c/d.key",
    ];
    let files = set(&names);
    for rules in [
        "{a,b}", "[a", "[a]]", "[]a]", "\\#c", "#c", "\\!d", "!d\n*d", "e\\ ", "e ", "/f", "f/",
        "dir/*\n!dir/f", "dir/**", "**/h", "foo**bar", "foo**/bar", "foo/**/bar", "**/**/bar", "x\\\\y",
        "x\\y", "*.env", "*.ENV", "[[:upper:]]*", "[[:nope:]]*", "[[:upper]*", "a[-.]b", "a[.--]b", "a[!-]b",
        "[0-9]?", "*", "*\n!*/", "*\n!*/\n!*.key", "**", "/**", "q/**/r", "q/*/r", "q/*/*/r", "q//w", "/",
        "//", "!", "\\", "a\\", "tab\t", "*\\", "[\\]]*", "[^a]", "[!^]", "\u{feff}a", "a\r\nb\r",
        "deep/**/c/", "deep/**/*.key", "**/b/**", "***", "q/***/r", "*/**/r", "?*?", "[a-", "[a-]*", "[--^]",
        "dir/", "!dir/\ndir", "é*", "?.env", "??.env",
    ] {
        compare(&files, rules, "", 0);
    }
}

#[test]
fn repositories_inside_are_trees_of_their_own() {
    let folder = folder();
    let root = folder.path().join("outer");
    let library = folder.path().join("library");
    for repository in [&root, &library, &root.join("nested"), &root.join("left/ignored")] {
        write(&repository.join("file"), "x");
        write(&repository.join("own.tmp"), "x");
        write(
            &repository.join(".gitignore"),
            if repository == &root { "*.own\nleft/\n/lib\n" } else { "*.tmp\n" },
        );
        git(repository, &["init", "-q"]);
        git(repository, &["add", "."]);
        git(repository, &["commit", "-qm", "first"]);
    }
    write(&root.join("nested/a.own"), "ignored by the outer rules only");
    git(&root, &["submodule", "--quiet", "add", "-f", library.to_str().expect("it is UTF-8"), "lib"]);
    git(&root, &["submodule", "--quiet", "add", library.to_str().expect("it is UTF-8"), "gone"]);
    git(&root, &["submodule", "--quiet", "deinit", "-f", "gone"]);
    let (seen, coverage) = scan(&[&root]);
    let expected =
        [".gitignore", ".gitmodules", "file", "own.tmp", "nested/.gitignore", "nested/a.own", "nested/file"];
    assert_eq!(seen, &set(&expected) | &set(&["lib/.gitignore", "lib/file"]));
    assert_eq!(skipped(&coverage, Skip::Submodule), 1);
    assert_eq!(skipped(&coverage, Skip::Ignored), 2, "left/ and nested/own.tmp");
    assert_eq!(skipped(&coverage, Skip::GitDirectory), 3);
    assert!(coverage.is_complete(), "{coverage:?}");

    git(&root, &["worktree", "add", "-q", "../linked"]);
    let linked = folder.path().join("linked");
    write(&linked.join("a.own"), "ignored");
    assert_eq!(scan(&[&linked]).0, committable(&linked));
}

#[test]
fn repositories_that_libgit2_refuses_are_read_all_the_same() {
    for arguments in [&["--ref-format=reftable"][..], &["--object-format=sha256"], &[]] {
        let folder = folder();
        let root = folder.path();
        git(root, &[&["init", "-q"], arguments].concat());
        write(&root.join(".gitignore"), "*.log\n");
        write(&root.join("kept.log"), "x");
        write(&root.join("left.log"), "x");
        git(root, &["add", "-f", "kept.log"]);
        if arguments.is_empty() {
            git(root, &["config", "core.repositoryFormatVersion", "1"]);
            git(root, &["config", "extensions.fromTheFuture", "true"]);
        }
        let (seen, coverage) = scan(&[root]);
        assert_eq!(seen, set(&[".gitignore", "kept.log"]), "{arguments:?}");
        assert!(coverage.notes.is_empty(), "{coverage:?}");
    }
}

#[test]
fn with_a_damaged_index_all_is_scanned_and_it_is_told() {
    let folder = folder();
    let root = folder.path();
    git(root, &["init", "-q"]);
    write(&root.join("file"), "x");
    write(&root.join("folder/tracked.log"), "x");
    write(&root.join(".gitignore"), "*.log\n");
    write(&root.join(".git/index"), "no index");
    let (seen, coverage) = scan(&[root]);
    assert_eq!(seen, set(&[".gitignore", "file", "folder/tracked.log"]));
    assert!(coverage.notes[0].contains("the index is damaged"), "{coverage:?}");
}

#[test]
fn outside_git_everything_is_scanned() {
    let folder = folder();
    let root = folder.path();
    for name in [".gitignore", ".ignore", ".rgignore"] {
        write(&root.join(name), "*\n");
    }
    write(&root.join("a/.env"), "x");
    symlink(root.join("a"), root.join("link")).expect("a link can be made");
    assert!(Command::new("mkfifo").arg(root.join("pipe")).status().expect("it is installed").success());
    let (seen, coverage) = scan(&[root]);
    let name =
        |name: &str| root.canonicalize().expect("it is there").join(name).to_string_lossy().into_owned();
    assert_eq!(
        seen,
        [".gitignore", ".ignore", ".rgignore", "a/.env"].iter().map(|path| name(path)).collect()
    );
    assert_eq!((skipped(&coverage, Skip::SymbolicLink), skipped(&coverage, Skip::Special)), (1, 1));
    assert!(coverage.is_complete());
    assert_eq!(scan(&[root.join("link")]).0, [name("a/.env")].into(), "a link that is named is followed");
}

#[test]
fn what_is_named_is_scanned_once_and_even_if_ignored() {
    let folder = folder();
    let root = folder.path();
    git(root, &["init", "-q"]);
    write(&root.join(".gitignore"), "*.log\nout/\n");
    write(&root.join("a.log"), "x");
    write(&root.join("src/b"), "x");
    write(&root.join("out/c"), "x");
    let roots =
        [root.to_owned(), root.join("src"), root.join("src/../src/b"), root.join("a.log"), root.join("out")];
    let (seen, coverage) = scan(&roots);
    assert_eq!(seen, set(&[".gitignore", "a.log", "src/b", "out/c"]));
    assert_eq!(coverage.scanned.files, 4);
    assert_eq!(scan(&[root.join("src")]).0, set(&["src/b"]), "paths are relative to the work tree's root");
}

#[test]
fn a_pipe_that_is_named_is_read() {
    let folder = folder();
    let pipe = folder.path().join("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().expect("it is installed").success());
    let writer = thread::spawn({
        let pipe = pipe.clone();
        move || fs::write(pipe, "through the pipe")
    });
    let (seen, coverage) = scan(&[&pipe]);
    writer.join().expect("it does not panic").expect("the pipe is read");
    assert_eq!(seen, [pipe.to_string_lossy().into_owned()].into());
    assert_eq!(coverage.scanned, Tally::file(16));
}

#[test]
fn what_is_missing_or_vanishes_is_a_problem() {
    let folder = folder();
    let root = folder.path();
    let missing = root.join("missing");
    let coverage = scan(&[&missing]).1;
    let message = "no such file or directory".to_owned();
    assert_eq!(coverage.problems, [Problem { path: missing.to_string_lossy().into_owned(), message }]);

    for index in 0..300 {
        write(&root.join(format!("files/{index}")), "x");
    }
    let emptied = Mutex::new(false);
    let coverage =
        Tree::new(TreeOptions { roots: vec![root.join("files")], jobs: 1, ..TreeOptions::default() }).visit(
            &|_| {
                let mut emptied = emptied.lock().expect("no sink panics");
                if !std::mem::replace(&mut *emptied, true) {
                    fs::remove_dir_all(root.join("files")).expect("it is there");
                }
                ControlFlow::Continue(())
            },
        );
    assert!(!coverage.is_complete());
    assert_eq!(coverage.asked.files, coverage.scanned.files + coverage.problems.len() as u64);
}

#[test]
fn a_file_that_shrinks_while_it_is_read_is_a_problem_and_nothing_worse() {
    let folder = folder();
    let path = folder.path().join("large");
    fs::write(&path, "a line of text\n".repeat(2_000_000)).expect("a file can be written");
    let owned = Mutex::new(0);
    let options = TreeOptions { roots: vec![path.clone()], jobs: 1, ..TreeOptions::default() };
    let coverage = Tree::new(options).visit(&|blob| {
        fs::File::options().write(true).open(&path).and_then(|file| file.set_len(10)).expect("it is there");
        *owned.lock().expect("no sink panics") += blob.part.map_or(blob.bytes.len(), |part| part.owned.len());
        ControlFlow::Continue(())
    });
    assert_eq!(coverage.problems.len(), 1);
    assert_eq!(coverage.problems[0].message, "it changed while it was read");
    let owned = *owned.lock().expect("no sink panics");
    assert!(owned > 2_000_000, "what was read is lent: {owned}");
    assert_eq!(coverage.scanned, Tally::default());
}

#[test]
fn a_large_file_is_lent_in_parts_by_many_threads() {
    let folder = folder();
    write(&folder.path().join("large"), &"a line of text\n".repeat(1_000_000));
    let (seen, coverage) = scan(&[folder.path()]);
    assert_eq!(seen.len(), 1);
    assert_eq!(coverage.scanned, Tally::file(15_000_000));
}

#[test]
fn several_large_files_are_lent_at_the_same_time() {
    let folder = folder();
    for megabytes in 1..=9 {
        write(
            &folder.path().join(format!("large{megabytes}")),
            &"sixteen bytes..\n".repeat(megabytes << 16 | 1),
        );
    }
    let (seen, coverage) = scan(&[folder.path()]);
    assert_eq!(seen.len(), 9);
    assert_eq!(coverage.scanned, Tally { files: 9, bytes: (45 << 20) + 9 * 16, ..Tally::default() });
}

#[test]
fn a_folder_that_cannot_be_read_is_a_problem() {
    let folder = folder();
    let root: PathBuf = folder.path().canonicalize().expect("it is there");
    // A path longer than the system takes: even a superuser cannot list the innermost folder.
    let script = "d=$(printf 'd%.0s' $(seq 200)); i=0; while [ $i -lt 24 ]; do mkdir $d && cd -P $d || exit 1; i=$((i+1)); done";
    let made = Command::new("sh").args(["-c", script]).current_dir(&root).status();
    assert!(made.expect("a shell is there").success());
    write(&root.join("file"), "x");
    let (seen, coverage) = scan(&[&root]);
    assert_eq!(seen.len(), 1);
    assert_eq!(coverage.problems.len(), 1, "{coverage:?}");
    assert_eq!(coverage.problems[0].message, "file name too long");
}

#[test]
fn pointers_to_large_files_are_counted_apart() {
    let folder = folder();
    write(
        &folder.path().join("big.bin"),
        "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n",
    );
    let (seen, coverage) = scan(&[folder.path()]);
    assert_eq!((seen.len(), skipped(&coverage, Skip::LfsPointer), coverage.scanned.files), (1, 1, 0));
}

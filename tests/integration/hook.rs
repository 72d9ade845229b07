//! `stanch hook`: what git runs before a commit, and how it gets there.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use tempfile::TempDir;

use super::common::{folder, password, stanch, write};
use super::index::git;
use super::pack::gzip;

/// A repository with a first commit.
fn repository() -> TempDir {
    let folder = folder();
    git(folder.path(), &["init", "-q", "-b", "main"]);
    write(folder.path(), "README", "start\n");
    commit(folder.path(), &["-m", "start", "--no-verify"]);
    folder
}

/// What comes of `git commit` with everything staged.
fn commit(root: &Path, arguments: &[&str]) -> Output {
    git(root, &["add", "-A"]);
    Command::new("git")
        .args(["-c", "user.name=A", "-c", "user.email=a@example.com", "commit", "-q"])
        .args(arguments)
        .current_dir(root)
        .env("HOME", root)
        .envs([("GIT_CONFIG_GLOBAL", "/dev/null"), ("GIT_CONFIG_NOSYSTEM", "1")])
        .output()
        .expect("git is installed")
}

fn setting(secret: &str) -> String {
    format!("HOST=db.internal\nDB_PASSWORD={secret}\n")
}

#[test]
fn an_installed_hook_stops_a_commit_and_lets_a_clean_one_pass() {
    let repository = repository();
    let root = repository.path();
    stanch(root).args(["hook", "install"]).run().status(0);
    write(root, "notes.txt", "nothing to see\n");
    let clean = commit(root, &["-m", "clean"]);
    assert!(clean.status.success() && clean.stdout.is_empty() && clean.stderr.is_empty(), "{clean:?}");
    let secret = password(8000);
    write(root, "app.env", setting(&secret));
    let stopped = commit(root, &["-m", "leak"]);
    let told = String::from_utf8_lossy(&stopped.stdout) + String::from_utf8_lossy(&stopped.stderr);
    assert!(!stopped.status.success() && !told.contains(&secret), "{told}");
    for text in ["app.env:2:13", "would add 1 secret", "stanch:allow RULE", "git commit --no-verify"] {
        assert!(told.contains(text), "{text:?} is not told: {told}");
    }
    assert_eq!(git(root, &["rev-list", "--count", "HEAD"]).trim(), "2");
    assert!(commit(root, &["-m", "leak", "--no-verify"]).status.success());
    stanch(root).args(["hook", "uninstall"]).run().status(0);
    assert!(!root.join(".git/hooks/pre-commit").exists());
}

#[test]
fn a_commit_of_some_files_is_judged_by_these() {
    let repository = repository();
    let root = repository.path();
    stanch(root).args(["hook", "install"]).run().status(0);
    write(root, "app.env", setting(&password(8001)));
    write(root, "notes.txt", "nothing to see\n");
    git(root, &["add", "-A"]);
    // Git keeps another index while it makes such a commit, and tells hooks of it.
    assert!(commit(root, &["-m", "notes", "notes.txt"]).status.success());
    assert!(!commit(root, &["-m", "leak", "app.env"]).status.success());
}

#[test]
fn a_repository_that_is_kept_elsewhere_is_the_one_that_is_read() {
    // The settings of a home folder, in whose repository nothing is staged but what is put there.
    let home = repository();
    let root = home.path();
    let elsewhere = folder();
    let kept = elsewhere.path().join("settings");
    let at = |args: &[&str]| {
        let (git_dir, work_tree) =
            (format!("--git-dir={}", kept.display()), format!("--work-tree={}", root.display()));
        git(root, &[&[&*git_dir, &*work_tree], args].concat())
    };
    git(root, &["init", "-q", "--bare", kept.to_str().expect("it is text")]);
    write(root, "app.env", setting(&password(8010)));
    at(&["add", "app.env"]);
    let staged = |git_dir: &Path, work_tree: Option<&Path>| {
        let mut command = stanch(root).args(["git", "--staged"]).env("GIT_DIR", git_dir);
        if let Some(work_tree) = work_tree {
            command = command.env("GIT_WORK_TREE", work_tree);
        }
        command.run()
    };
    let found = staged(&kept, Some(root)).status(1);
    assert!(found.stdout.contains("app.env:2:13"), "{found:?}");
    assert!(staged(&kept, None).status(3).stdout.contains("the repository is bare"));
    assert!(staged(elsewhere.path(), None).status(3).stdout.contains("which is no git repository"));
    staged(&root.join(".git"), None).status(0);
    // Whoever names a folder means it.
    stanch(elsewhere.path())
        .args(["git", "--staged", root.to_str().expect("it is text")])
        .env("GIT_DIR", &kept)
        .run()
        .status(0);
    stanch(root).args(["hook", "install"]).env("GIT_DIR", &kept).run().status(0);
    assert!(kept.join("hooks/pre-commit").is_file() && !root.join(".git/hooks/pre-commit").exists());
}

#[cfg(unix)]
#[test]
fn a_hook_that_git_may_not_run_is_made_anew() {
    use std::os::unix::fs::PermissionsExt;
    let repository = repository();
    let root = repository.path();
    stanch(root).args(["hook", "install"]).run().status(0);
    let path = root.join(".git/hooks/pre-commit");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).expect("it can be changed");
    stanch(root).args(["hook", "install"]).run().status(0);
    write(root, "app.env", setting(&password(8011)));
    assert!(!commit(root, &["-m", "leak"]).status.success());
    git(root, &["config", "core.hooksPath", "/dev/null"]);
    let told = stanch(root).args(["hook", "install"]).run().status(2).stderr;
    assert!(told.contains("/dev/null is no folder, so git runs no hooks"), "{told}");
}

#[test]
fn hooks_of_others_stay_as_they_are() {
    let repository = repository();
    let root = repository.path();
    let path = root.join(".git/hooks/pre-commit");
    write(root, ".git/hooks/pre-commit", "#!/bin/sh\nexit 0\n");
    let refused = stanch(root).args(["hook", "install"]).run().status(2);
    assert!(refused.stderr.contains("add this line to it: stanch hook run || exit 1"), "{refused:?}");
    stanch(root).args(["hook", "uninstall"]).run().status(0);
    assert_eq!(fs::read_to_string(&path).expect("it is there"), "#!/bin/sh\nexit 0\n");
    fs::remove_file(&path).expect("it is there");
    stanch(root).args(["hook", "install"]).run().status(0);
    stanch(root).args(["hook", "install"]).run().status(0);
    let ours = fs::read_to_string(&path).expect("it is there");
    fs::write(&path, format!("{ours}make check\n")).expect("it can be written");
    stanch(root).args(["hook", "uninstall"]).run().status(2);
    assert!(path.exists(), "someone else has changed it");
}

#[test]
fn hooks_go_where_git_looks_for_them() {
    let repository = repository();
    let root = repository.path();
    git(root, &["worktree", "add", "-q", "linked"]);
    stanch(&root.join("linked")).args(["hook", "install"]).run().status(0);
    assert!(root.join(".git/hooks/pre-commit").exists(), "linked work trees share hooks");
    git(root, &["config", "core.hooksPath", "tools/hooks"]);
    fs::create_dir(root.join("src")).expect("a folder can be made");
    stanch(&root.join("src")).args(["hook", "install"]).run().status(0);
    assert!(root.join("tools/hooks/pre-commit").exists());
}

#[test]
fn a_hook_whose_program_is_gone_stops_and_says_so() {
    let repository = repository();
    let root = repository.path();
    stanch(root).args(["hook", "install"]).run().status(0);
    let path = root.join(".git/hooks/pre-commit");
    let text = fs::read_to_string(&path).expect("it is there");
    let program = env!("CARGO_BIN_EXE_stanch");
    assert!(text.contains(program), "{text}");
    fs::write(&path, text.replace(program, "/nowhere/stanch").replace("' stanch;", "' nowhere;"))
        .expect("so");
    write(root, "notes.txt", "nothing to see\n");
    let stopped = commit(root, &["-m", "notes"]);
    assert!(!stopped.status.success());
    assert!(String::from_utf8_lossy(&stopped.stderr).contains("nothing was scanned"), "{stopped:?}");
}

#[test]
fn named_files_are_read_from_the_stage_or_as_they_are() {
    let repository = repository();
    let root = repository.path();
    let run = |files: &[&str]| stanch(root).args(["hook", "run"]).args(files).run();
    write(root, "old.env", setting(&password(8002)));
    commit(root, &["-m", "old", "--no-verify"]);
    // Nothing is staged: these files are asked for, all of them.
    assert!(run(&["README", "old.env"]).status(1).stdout.contains("old.env:2"));
    run(&["README"]).status(0);
    run(&[]).status(0);
    write(root, "new.env", setting(&password(8003)));
    git(root, &["add", "new.env"]);
    write(root, "new.env", "HOST=db.internal\n");
    assert!(run(&["new.env"]).status(1).stdout.contains("new.env:2"));
    assert!(run(&[]).status(1).stdout.contains("would add 1 secret"));
    assert!(run(&["README", "new.env", "old.env"]).status(1).stdout.contains("would add 2 secrets"));
    run(&["README"]).status(0);
    run(&["gone"]).status(3);
    git(root, &["mv", "old.env", "renamed.env"]);
    run(&["renamed.env"]).status(0);
}

/// A repository with a remote that has its first commit, and a hook before pushes.
fn pushed() -> TempDir {
    let repository = repository();
    let root = repository.path();
    git(root, &["init", "-q", "--bare", "-b", "main", ".git/server.git"]);
    git(root, &["remote", "add", "origin", ".git/server.git"]);
    git(root, &["push", "-q", "-u", "origin", "main"]);
    stanch(root).args(["hook", "install", "pre-push"]).run().status(0);
    repository
}

/// What comes of `git push`, and all that is told.
fn push(root: &Path, arguments: &[&str]) -> (bool, String) {
    let output = Command::new("git")
        .args(["push", "-q", "origin"])
        .args(arguments)
        .current_dir(root)
        .env("HOME", root)
        .envs([("GIT_CONFIG_GLOBAL", "/dev/null"), ("GIT_CONFIG_NOSYSTEM", "1")])
        .output()
        .expect("git is installed");
    let told = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    (output.status.success(), told.into_owned())
}

/// Where the remote's refs stand.
fn served(root: &Path) -> String {
    git(root, &["--git-dir", ".git/server.git", "for-each-ref", "--format=%(refname:short) %(subject)"])
}

#[test]
fn a_push_of_a_secret_is_stopped_and_a_clean_one_passes() {
    let repository = pushed();
    let root = repository.path();
    write(root, "notes.txt", "nothing to see\n");
    commit(root, &["-m", "clean"]);
    assert_eq!(push(root, &["main"]), (true, String::new()));
    let secret = password(8100);
    write(root, "app.env", setting(&secret));
    commit(root, &["-m", "leak"]);
    fs::remove_file(root.join("app.env")).expect("it is there");
    commit(root, &["-m", "removed"]);
    let (passed, told) = push(root, &["main"]);
    assert!(!passed && !told.contains(&secret), "{told}");
    for text in ["app.env", "added, then removed", "git push --no-verify"] {
        assert!(told.contains(text), "{text:?} is not told: {told}");
    }
    assert_eq!(served(root), "main clean\n");
    write(root, "stanch.toml", "allow_removed = true\n");
    assert!(push(root, &["main"]).0, "it is told and let through");
    assert_eq!(served(root), "main removed\n");
}

#[test]
fn archives_that_are_pushed_are_opened_unless_it_is_said_otherwise() {
    let repository = pushed();
    let root = repository.path();
    write(root, "app.env.gz", gzip(setting(&password(8103)).as_bytes()));
    commit(root, &["-m", "leak"]);
    let head = git(root, &["rev-parse", "HEAD"]);
    let update = format!("refs/heads/main {} refs/heads/main {}\n", head.trim(), "0".repeat(40));
    let push = |more: &[&str]| {
        stanch(root).args(["hook", "pre-push", "origin"]).args(more).stdin(update.as_str()).run()
    };
    assert!(push(&[]).status(1).stdout.contains("app.env.gz!app.env:2"));
    push(&["--no-archives"]).status(0);
}

#[test]
fn what_the_remote_has_is_not_told_again_when_it_is_pushed() {
    let repository = pushed();
    let root = repository.path();
    write(root, "app.env", setting(&password(8101)));
    commit(root, &["-m", "leak"]);
    git(root, &["push", "-q", "--no-verify", "origin", "main"]);
    git(root, &["checkout", "-q", "-b", "other"]);
    git(root, &["tag", "v1"]);
    assert_eq!(push(root, &["other", "v1", "other:refs/heads/third"]), (true, String::new()));
    write(root, "new.env", setting(&password(8102)));
    commit(root, &["-m", "new"]);
    let (passed, told) = push(root, &["other", ":third"]);
    assert!(!passed && told.contains("new.env") && !told.contains("app.env"), "{told}");
    assert_eq!(push(root, &[":third"]), (true, String::new()), "to delete a branch sends nothing");
    assert_eq!(served(root), "main leak\nother leak\nv1 leak\n");
    // A remote that knows nothing gets everything.
    git(root, &["init", "-q", "--bare", ".git/mirror.git"]);
    git(root, &["remote", "set-url", "origin", ".git/mirror.git"]);
    for name in ["main", "other", "third"] {
        git(root, &["update-ref", "-d", &format!("refs/remotes/origin/{name}")]);
    }
    let (passed, told) = push(root, &["main"]);
    assert!(!passed && told.contains("app.env") && !told.contains("new.env"), "{told}");
}

#[test]
fn a_push_hook_of_others_stays_and_a_repository_may_have_both_of_ours() {
    let repository = repository();
    let root = repository.path();
    write(root, ".git/hooks/pre-push", "#!/bin/sh\nexit 0\n");
    let refused = stanch(root).args(["hook", "install", "pre-commit", "pre-push"]).run().status(2);
    assert!(refused.stderr.contains("stanch hook pre-push \"$@\" || exit 1"), "{refused:?}");
    assert!(root.join(".git/hooks/pre-commit").exists());
    let kept = fs::read_to_string(root.join(".git/hooks/pre-push")).expect("it is there");
    assert_eq!(kept, "#!/bin/sh\nexit 0\n");
    fs::remove_file(root.join(".git/hooks/pre-push")).expect("it is there");
    stanch(root).args(["hook", "install", "pre-push"]).run().status(0);
    stanch(root).args(["hook", "uninstall"]).run().status(0);
    assert!(!root.join(".git/hooks/pre-commit").exists() && !root.join(".git/hooks/pre-push").exists());
    let wrong = stanch(root).args(["hook", "pre-push", "origin"]).stdin("not a line\n").run();
    assert!(wrong.status(2).stderr.contains("cannot read what is pushed"));
}

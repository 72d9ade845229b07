//! `stanch hook pre-receive`, called by git itself: pushes to a bare repository whose hook it is.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

use super::common::{folder, password, write};
use super::index::git;

/// A bare repository with the hook, and a clone of it.
struct Server {
    root: TempDir,
}

impl Server {
    fn new(arguments: &str) -> Self {
        let server = Self { root: folder() };
        git(server.root.path(), &["init", "-q", "--bare", "-b", "main", "server.git"]);
        git(&server.path(), &["config", "receive.advertisePushOptions", "true"]);
        server.hook(arguments);
        let url = server.path().display().to_string();
        git(server.root.path(), &["clone", "-q", &url, "clone"]);
        let clone = server.clone();
        for (name, value) in
            [("user.name", "A"), ("user.email", "a@example.com"), ("push.default", "current")]
        {
            git(&clone, &["config", name, value]);
        }
        git(&clone, &["checkout", "-q", "-b", "main"]);
        server.commit("README", "start\n");
        server.push(&["main"]).accepted();
        server
    }

    fn path(&self) -> PathBuf {
        self.root.path().join("server.git")
    }

    fn clone(&self) -> PathBuf {
        self.root.path().join("clone")
    }

    /// Sets the hook to run with these arguments.
    fn hook(&self, arguments: &str) {
        let hook = self.path().join("hooks/pre-receive");
        let program = env!("CARGO_BIN_EXE_stanch");
        write(
            &self.path(),
            "hooks/pre-receive",
            format!("#!/bin/sh\nexec '{program}' hook pre-receive {arguments}\n"),
        );
        assert!(Command::new("chmod").arg("+x").arg(hook).status().expect("it is there").success());
    }

    fn commit(&self, path: &str, text: &str) {
        write(&self.clone(), path, text);
        git(&self.clone(), &["add", "-A"]);
        git(&self.clone(), &["commit", "-q", "-m", path]);
    }

    /// Commits a secret.
    fn leak(&self) -> String {
        let secret = password(9000);
        self.commit("app.env", &format!("DB_PASSWORD={secret}\n"));
        secret
    }

    fn push(&self, arguments: &[&str]) -> Pushed {
        let output = Command::new("git")
            .args(["push", "origin"])
            .args(arguments)
            .current_dir(self.clone())
            .envs([("GIT_CONFIG_GLOBAL", "/dev/null"), ("GIT_CONFIG_NOSYSTEM", "1")])
            .env("HOME", self.root.path())
            .env("GL_USERNAME", "someone")
            .output()
            .expect("git is installed");
        Pushed(output)
    }

    /// Where a ref of the server stands; empty where there is none.
    fn at(&self, name: &str) -> String {
        let known = git(&self.path(), &["for-each-ref", "--format=%(objectname)", name]);
        known.trim().to_owned()
    }

    fn head(&self) -> String {
        git(&self.clone(), &["rev-parse", "HEAD"]).trim().to_owned()
    }
}

struct Pushed(Output);

impl Pushed {
    fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.stderr).into_owned()
    }

    #[track_caller]
    fn accepted(&self) -> &Self {
        assert!(self.0.status.success(), "{}", self.text());
        self
    }

    #[track_caller]
    fn refused(&self) -> &Self {
        assert!(!self.0.status.success(), "{}", self.text());
        assert!(self.text().contains("pre-receive hook declined"), "{}", self.text());
        self
    }

    #[track_caller]
    fn says(&self, text: &str) -> &Self {
        assert!(self.text().contains(text), "it does not say {text:?}: {}", self.text());
        self
    }
}

fn log(path: &Path) -> serde_json::Value {
    serde_json::from_str(&fs::read_to_string(path).expect("it was written")).expect("a line of JSON")
}

#[test]
fn a_secret_stays_outside_and_what_is_clean_comes_in() {
    let server = Server::new("");
    let before = server.at("refs/heads/main");
    server.commit("other", "nothing\n");
    server.push(&["main"]).accepted();
    assert_eq!(server.at("refs/heads/main"), server.head());
    let secret = server.leak();
    let refused = server.push(&["main"]);
    refused.refused().says("app.env");
    assert!(!refused.text().contains(&secret), "it is masked");
    assert_ne!(server.at("refs/heads/main"), server.head());
    assert_ne!(server.at("refs/heads/main"), before);
    git(&server.clone(), &["rm", "-q", "app.env"]);
    git(&server.clone(), &["commit", "-q", "-m", "remove"]);
    server.push(&["main"]).refused().says("app.env");
}

#[test]
fn new_branches_tags_and_deletions_are_pushes_like_others() {
    let server = Server::new("");
    git(&server.clone(), &["tag", "v1"]);
    server.push(&["v1", "main:refs/heads/same"]).accepted();
    git(&server.clone(), &["checkout", "-q", "-b", "leak"]);
    server.leak();
    server.push(&["leak", "main:refs/heads/clean"]).refused();
    assert_eq!((server.at("refs/heads/leak"), server.at("refs/heads/clean")), Default::default());
    git(&server.clone(), &["tag", "-a", "v2", "-m", "annotated"]);
    server.push(&["v2"]).refused();
    server.push(&["--delete", "same"]).accepted();
    assert_eq!(server.at("refs/heads/same"), "");
}

#[test]
fn what_the_server_has_is_not_told_again() {
    let server = Server::new("");
    server.leak();
    fs::remove_file(server.path().join("hooks/pre-receive")).expect("it is there");
    server.push(&["main"]).accepted();
    server.hook("");
    server.commit("more", "nothing\n");
    server.push(&["main", "main:refs/heads/new"]).accepted();
    git(&server.clone(), &["mv", "app.env", "moved.env"]);
    git(&server.clone(), &["commit", "-q", "-m", "move"]);
    server.push(&["main"]).accepted();
}

#[test]
fn a_reason_lets_a_push_through_and_is_written_down() {
    let server = Server::new("");
    let file = server.root.path().join("let-through.jsonl");
    server.hook(&format!("--log '{}'", file.display()));
    server.leak();
    server.push(&["-o", "stanch.allow=", "main"]).refused().says("needs a reason");
    server.push(&["-o", "ci.skip", "main"]).refused().says("git push -o stanch.allow=");
    server.push(&["-o", "stanch.allow=\"revoked, see the tracker\"", "main"]).accepted().says("let through");
    assert_eq!(server.at("refs/heads/main"), server.head());
    let line = log(&file);
    assert_eq!((&line["reason"], &line["who"]), (&"revoked, see the tracker".into(), &"someone".into()));
    assert_eq!((&line["findings"], &line["refs"][0]["ref"]), (&1.into(), &"refs/heads/main".into()));
    assert!(!line.to_string().contains(&password(9000)));
    server.hook("--log /nowhere/at/all");
    server.commit("again.env", &format!("DB_PASSWORD={}\n", password(9001)));
    server.push(&["-o", "stanch.allow=once more", "main"]).refused().says("not let through");
    server.hook("--no-override");
    server.push(&["-o", "stanch.allow=once more", "main"]).refused();
}

#[test]
fn what_is_not_scanned_in_time_is_refused_unless_told_otherwise() {
    let server = Server::new("");
    server.commit("more", "nothing\n");
    server.hook("--deadline 0");
    server.push(&["main"]).refused().says("was not scanned in 0 seconds, so it is refused");
    server.hook("--deadline 0 --on-deadline accept");
    server.push(&["main"]).accepted().says("it is accepted all the same");
    server.hook("--deadline 600");
    server.commit("most", "nothing\n");
    server.push(&["main"]).accepted();
}

#[test]
fn a_wrong_configuration_accepts_nothing() {
    let server = Server::new("");
    server.hook("--config /nowhere/stanch.toml");
    server.commit("more", "nothing\n");
    server.push(&["main"]).refused();
}

//! `action.yml`, run step by step as a runner does, on events that were made up: no network, no service.
//!
//! Expressions are evaluated as far as the file uses them; one that it does not know fails the test.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};
use tempfile::TempDir;

use super::common::{folder, write};
use super::history::{repository, secrets};
use super::index::git;

/// A job with the action as its only step, in a clone of some repository.
struct Job {
    /// All that the runner keeps outside the clone.
    runner: TempDir,
    clone: PathBuf,
    name: &'static str,
    event: Value,
    inputs: BTreeMap<&'static str, String>,
    /// Folder of programs that stand before those of the machine.
    programs: PathBuf,
}

/// What a job left behind.
#[derive(Debug)]
struct Done {
    status: i32,
    log: String,
    summary: String,
    outputs: BTreeMap<String, String>,
}

fn action() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

impl Job {
    /// A job for an event in a clone; a release that holds the tested program is at hand.
    fn new(clone: PathBuf, name: &'static str, event: Value) -> Self {
        let runner = folder();
        let programs = runner.path().join("bin");
        fs::create_dir(&programs).expect("a folder can be made");
        let job = Self { runner, clone, name, event, inputs: BTreeMap::new(), programs };
        job.release(env!("CARGO_PKG_VERSION"));
        job
    }

    fn input(mut self, name: &'static str, value: &str) -> Self {
        self.inputs.insert(name, value.to_owned());
        self
    }

    /// Puts a program before those of the machine.
    fn program(self, name: &str, script: &str) -> Self {
        let path = self.programs.join(name);
        write(&self.programs, name, format!("#!/usr/bin/env bash\n{script}\n"));
        run(Command::new("chmod").arg("+x").arg(path));
        self
    }

    fn releases(&self) -> PathBuf {
        self.runner.path().join("releases")
    }

    /// Makes a release of the tested program for this kind of runner: a script that runs it, as the program
    /// itself is large.
    fn release(&self, version: &str) {
        let to = self.releases().join(format!("v{version}"));
        let program = self.runner.path().join("packed");
        write(&program, "stanch", format!("#!/bin/sh\nexec '{}' \"$@\"\n", env!("CARGO_BIN_EXE_stanch")));
        fs::create_dir_all(&to).expect("a folder can be made");
        let archive = format!("stanch-{version}-x86_64-unknown-linux-musl.tar.gz");
        run(Command::new("tar").arg("-czf").arg(to.join(&archive)).arg("-C").arg(program).arg("stanch"));
        let sums = Command::new("sha256sum").arg(&archive).current_dir(&to).output().expect("it is there");
        write(&to, "SHA256SUMS", sums.stdout);
    }

    /// Runs all steps.
    fn run(&self) -> Done {
        let text = fs::read_to_string(action().join("action.yml")).expect("it is there");
        let file: Value = serde_saphyr::from_str(&text).expect("it is YAML");
        let mut context =
            json!({ "inputs": {}, "steps": {}, "github": { "event": self.event, "token": "" } });
        for (name, input) in file["inputs"].as_object().expect("it has inputs") {
            let given = self.inputs.get(&**name).cloned();
            let value = given.unwrap_or_else(|| expand(&input["default"], &context));
            context["inputs"][name] = value.into();
        }
        let mut done =
            Done { status: 0, log: String::new(), summary: String::new(), outputs: BTreeMap::new() };
        for step in file["runs"]["steps"].as_array().expect("it has steps") {
            // A step without a condition runs while all went well.
            let condition = step.get("if").map_or("success()", |text| text.as_str().expect("text"));
            if holds(condition, &context, done.status == 0) {
                self.step(step, &mut context, &mut done);
            }
        }
        for (name, output) in file["outputs"].as_object().expect("it has outputs") {
            done.outputs.insert(name.clone(), expand(&output["value"], &context));
        }
        done
    }

    fn step(&self, step: &Value, context: &mut Value, done: &mut Done) {
        let file = |name: &str| {
            let path = self.runner.path().join(name);
            fs::write(&path, "").expect("a file can be written");
            path
        };
        let (outputs, summary) = (file("outputs"), file("summary"));
        let path = std::env::var("PATH").expect("there is a path");
        let mut command = Command::new(step["shell"].as_str().expect("composite steps name a shell"));
        command.args(["-e", "-o", "pipefail", "-c", step["run"].as_str().expect("it runs something")]);
        command.current_dir(&self.clone).env_clear();
        command.env("PATH", format!("{}:{path}", self.programs.display())).env("HOME", self.runner.path());
        command.envs([("GIT_CONFIG_GLOBAL", "/dev/null"), ("GIT_CONFIG_NOSYSTEM", "1")]);
        command.env("GITHUB_ACTION_PATH", action()).env("GITHUB_EVENT_NAME", self.name);
        command.env("GITHUB_REPOSITORY", "example/project").env("GITHUB_ACTIONS", "true");
        command.env("GITHUB_OUTPUT", &outputs).env("GITHUB_STEP_SUMMARY", &summary);
        command.env("RUNNER_TEMP", self.runner.path()).envs([("RUNNER_OS", "Linux"), ("RUNNER_ARCH", "X64")]);
        command.env("STANCH_RELEASES", format!("file://{}", self.releases().display()));
        for (name, value) in step["env"].as_object().into_iter().flatten() {
            command.env(name, expand(value, context));
        }
        let ended = command.output().expect("the shell starts");
        done.log += &String::from_utf8_lossy(&ended.stdout);
        done.log += &String::from_utf8_lossy(&ended.stderr);
        done.summary += &fs::read_to_string(&summary).expect("it is text");
        if done.status == 0 {
            done.status = ended.status.code().expect("no signal ended it");
        }
        if let Some(id) = step.get("id").and_then(Value::as_str) {
            let text = fs::read_to_string(&outputs).expect("it is text");
            let pairs = text.lines().filter_map(|line| line.split_once('='));
            context["steps"][id]["outputs"] = pairs.map(|(name, value)| (name, value.to_owned())).collect();
        }
    }
}

fn run(command: &mut Command) {
    let output = command.output().expect("the program is installed");
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
}

/// The text of a value with its `${{ … }}` evaluated.
fn expand(value: &Value, context: &Value) -> String {
    let text = value.as_str().expect("it is text");
    match text.strip_prefix("${{").and_then(|text| text.strip_suffix("}}")) {
        Some(expression) => evaluate(expression, context),
        None => {
            assert!(!text.contains("${{"), "`{text}` is more than an expression");
            text.to_owned()
        }
    }
}

/// The first of some alternatives that is not empty.
fn evaluate(expression: &str, context: &Value) -> String {
    let of = |path: &str| {
        assert!(path.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c)), "`{path}` is a path");
        let found = path.split('.').try_fold(context, |at, name| at.get(name));
        found.map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned)).unwrap_or_default()
    };
    let mut values = expression.split("||").map(|path| of(path.trim()));
    values.find(|value| !value.is_empty()).unwrap_or_default()
}

fn holds(condition: &str, context: &Value, is_well: bool) -> bool {
    condition.split("&&").map(str::trim).all(|term| match term.split_once(" == ") {
        _ if term == "success()" => is_well,
        _ if term == "!cancelled()" => true,
        Some((path, text)) => evaluate(path, context) == text.trim_matches('\''),
        None => !evaluate(term, context).is_empty(),
    })
}

/// An origin whose branch `feature` and pull request 7 have a secret, and a shallow clone of its `main`.
struct Remote {
    root: TempDir,
}

impl Remote {
    fn new() -> Self {
        let remote = Self { root: repository("range/clones") };
        git(&remote.origin(), &["update-ref", "refs/pull/7/head", "feature"]);
        git(&remote.origin(), &["checkout", "-q", "main"]);
        let url = format!("file://{}", remote.origin().display());
        let clone = remote.clone().display().to_string();
        git(remote.root.path(), &["clone", "-q", "--depth", "1", "-b", "main", &url, &clone]);
        remote
    }

    fn origin(&self) -> PathBuf {
        self.root.path().join("origin")
    }

    fn clone(&self) -> PathBuf {
        self.root.path().join("checked-out")
    }

    fn id(&self, name: &str) -> String {
        git(&self.origin(), &["rev-parse", name]).trim().to_owned()
    }

    fn job(&self, name: &'static str, event: Value) -> Job {
        Job::new(self.clone(), name, event)
    }

    fn pull_request(&self) -> Value {
        let (base, head) = (self.id("main"), self.id("feature"));
        json!({ "pull_request": { "number": 7, "commits": 2, "base": { "sha": base }, "head": { "sha": head } } })
    }

    fn push(&self, before: &str, after: &str) -> Job {
        self.job("push", json!({ "before": before, "after": after }))
    }

    /// A push of a ref, in a clone that holds one commit of it alone, as the usual workflow makes it.
    fn first_push(&self, before: &str, after: &str, name: &str) -> Job {
        let clone = self.root.path().join(format!("one-{}", name.replace('/', "-")));
        fs::create_dir(&clone).expect("a folder can be made");
        let own = name.replace("refs/heads/", "refs/remotes/origin/");
        let url = format!("file://{}", self.origin().display());
        git(&clone, &["init", "-q"]);
        git(&clone, &["remote", "add", "origin", &url]);
        git(&clone, &["fetch", "-q", "--no-tags", "--depth=1", "origin", &format!("+{after}:{own}")]);
        git(&clone, &["checkout", "-q", "--detach", after]);
        Job::new(clone, "push", json!({ "ref": name, "before": before, "after": after }))
    }
}

impl Done {
    #[track_caller]
    fn ends(&self, status: i32, findings: &str) -> &Self {
        assert_eq!(self.status, status, "{self:#?}");
        assert_eq!(self.outputs["findings"], findings, "{self:#?}");
        self
    }

    #[track_caller]
    fn says(&self, text: &str) -> &Self {
        assert!(self.log.contains(text), "the log does not say {text:?}: {self:#?}");
        self
    }
}

#[test]
fn a_pull_request_is_scanned_without_checking_it_out() {
    for name in ["pull_request", "pull_request_target"] {
        let remote = Remote::new();
        let head = git(&remote.clone(), &["rev-parse", "HEAD"]);
        let job = remote.job(name, remote.pull_request());
        let done = job.run();
        done.ends(1, "1").says("checksum verified").says("::warning file=app.env,line=3,");
        assert_eq!(done.outputs["exit-code"], "1");
        assert_eq!(Path::new(&done.outputs["sarif"]), job.runner.path().join("stanch.sarif"));
        assert!(!remote.clone().join("stanch.sarif").exists(), "the work tree stays as it is");
        assert!(done.summary.contains("1 finding") && done.summary.contains("`app.env:3`"), "{done:#?}");
        let sarif = fs::read(&done.outputs["sarif"]).expect("it was written");
        let sarif: Value = serde_json::from_slice(&sarif).expect("it is JSON");
        assert_eq!(sarif["runs"][0]["results"][0]["properties"]["verdict"], "new at head");
        assert_eq!(git(&remote.clone(), &["rev-parse", "HEAD"]), head);
        assert!(!remote.clone().join("app.env").exists(), "nothing of the pull request is checked out");
        for secret in secrets().values() {
            assert!(!done.log.contains(secret) && !done.summary.contains(secret));
        }
    }
}

#[test]
fn a_merge_group_and_a_push_are_ranges() {
    let remote = Remote::new();
    let group = json!({ "merge_group": { "base_sha": remote.id("main"), "head_sha": remote.id("feature") } });
    remote.job("merge_group", group).run().ends(1, "1");
    let clean = remote.push(&remote.id("main~1"), &remote.id("main")).run();
    clean.ends(0, "0");
    assert!(clean.summary.contains("No new secrets"), "{clean:#?}");
    let zero = "0".repeat(40);
    remote.push(&remote.id("main"), &zero).run().ends(0, "0").says("a deleted branch");
    remote.push(&zero, &remote.id("feature")).run().ends(1, "1").says("the branch is new: compared with");
    let gone = remote.push(&"1".repeat(40), &remote.id("feature")).run();
    gone.ends(1, "1").says("as after a forced push");
}

#[test]
fn what_a_clone_of_one_commit_lacks_is_fetched() {
    let (zero, gone) = ("0".repeat(40), "1".repeat(40));
    for before in [&zero, &gone] {
        let remote = Remote::new();
        let pushed = remote.first_push(before, &remote.id("feature"), "refs/heads/feature").run();
        pushed.ends(1, "1").says("the branch is new: compared with refs/remotes/origin/main");
        assert!(!pushed.log.contains("not scanned"), "{pushed:#?}");
    }
    let remote = Remote::new();
    git(&remote.origin(), &["tag", "v0", "main"]);
    git(&remote.origin(), &["tag", "v1", "feature"]);
    let tagged = remote.first_push(&zero, &remote.id("v1"), "refs/tags/v1").run();
    tagged.ends(1, "1").says("refs/tags/v0");
    let clean = remote.first_push(&zero, &remote.id("main"), "refs/heads/again").run();
    clean.ends(0, "0").says("what else there is has all commits of");
}

#[test]
fn a_new_branch_that_went_on_is_scanned_up_to_what_was_pushed() {
    let remote = Remote::new();
    let done = remote.first_push(&"0".repeat(40), &remote.id("feature~1"), "refs/heads/feature").run();
    done.ends(1, "1").says("compared with refs/remotes/origin/main");
}

#[test]
fn a_branch_without_another_is_scanned_from_its_start() {
    let remote = Remote::new();
    let head = remote.id("main");
    git(&remote.origin(), &["branch", "-q", "-D", "feature"]);
    let done = remote.first_push(&"0".repeat(40), &head, "refs/heads/main").run();
    done.ends(1, "1").says("all of it is scanned");
    assert!(done.summary.contains("old.env"), "{done:#?}");
}

#[test]
fn inputs_that_are_wrong_are_told_as_errors() {
    let remote = Remote::new();
    let push = || remote.push(&remote.id("main~1"), &remote.id("main"));
    let nowhere = push().input("path", "no-such-folder").run();
    nowhere.says("::error title=stanch::the input path no-such-folder");
    assert_eq!(nowhere.status, 2, "{nowhere:#?}");
    let wrong = push().input("args", "--no-such-option").run();
    wrong.says("::error title=stanch::wrong arguments");
    let deep = push().input("sarif", "reports/of/stanch.sarif").run();
    deep.ends(0, "0");
    assert_eq!(deep.outputs["sarif"], "reports/of/stanch.sarif");
    assert!(remote.clone().join("reports/of/stanch.sarif").exists());
    write(&remote.clone(), "file", "");
    let lost = push().input("sarif", "file/stanch.sarif").run();
    lost.ends(3, "0").says("::error title=stanch::the SARIF file file/stanch.sarif was not written");
    assert_eq!(lost.outputs["sarif"], "");
}

#[test]
fn a_scheduled_run_scans_the_whole_history() {
    let remote = Remote::new();
    let done = remote.job("schedule", json!({})).run();
    done.ends(1, "1").says("scans history");
    assert!(done.summary.contains("old.env"), "the first commit was fetched: {done:#?}");
    let done = remote.job("workflow_dispatch", json!({})).input("range", "files").run();
    done.ends(1, "1").says("scans files");
}

#[test]
fn findings_fail_only_when_they_are_to() {
    let remote = Remote::new();
    let lenient = remote.job("pull_request", remote.pull_request()).input("fail", "false").run();
    lenient.ends(0, "1");
    assert_eq!(lenient.outputs["exit-code"], "1");
    let silent = remote.job("pull_request", remote.pull_request());
    let silent = silent.input("annotations", "false").input("summary", "false").input("sarif", "").run();
    silent.ends(1, "1");
    assert!(!silent.log.contains("::warning") && silent.summary.is_empty(), "{silent:#?}");
    assert_eq!(silent.outputs["sarif"], "");
    let wrong = remote.job("pull_request", remote.pull_request()).input("args", "--no-such-option").run();
    assert_eq!((wrong.status, &*wrong.outputs["exit-code"]), (2, "2"), "{wrong:#?}");
}

#[test]
fn what_cannot_be_fetched_is_no_clean_scan() {
    let remote = Remote::new();
    let job = remote.job("pull_request", remote.pull_request());
    fs::remove_dir_all(remote.origin()).expect("it is there");
    let done = job.run();
    assert_eq!((done.status, &*done.outputs["exit-code"]), (3, "3"), "{done:#?}");
    done.says("cannot be fetched").says("the scan is incomplete");
    let nothing = json!({ "pull_request": { "base": { "sha": "--upload-pack=x" }, "head": { "sha": "" } } });
    let done = remote.job("pull_request", nothing).run();
    done.says("the event names no commits");
    assert_eq!(done.status, 3, "{done:#?}");
}

#[test]
fn an_archive_with_another_checksum_is_not_installed() {
    let remote = Remote::new();
    let job = remote.job("schedule", json!({})).input("checksum", &"0".repeat(64));
    let done = job.run();
    done.says("it was not installed");
    assert_eq!(done.status, 3, "{done:#?}");
    assert!(!job.runner.path().join("stanch/stanch").exists());
    let unknown = remote.job("schedule", json!({})).input("version", "99.0.0").run();
    unknown.says("There is no release 99.0.0");
    assert_eq!(unknown.status, 3, "{unknown:#?}");
}

#[test]
fn without_a_release_it_is_built_from_source() {
    let remote = Remote::new();
    // What `cargo build --target-dir DIR` leaves behind.
    let build = format!(
        "while [ $# -gt 1 ]; do shift; [ \"$1\" = --target-dir ] && folder=$2; done\n\
         mkdir -p \"$folder/release\" && cp '{}' \"$folder/release/stanch\"",
        env!("CARGO_BIN_EXE_stanch")
    );
    let job = remote.job("pull_request", remote.pull_request()).program("cargo", &build);
    fs::remove_dir_all(job.releases()).expect("it is there");
    job.run().ends(1, "1").says("building from source");
}

#[test]
fn a_comment_is_kept_and_never_fatal() {
    let remote = Remote::new();
    let ask = |gh: &str| {
        let job = remote.job("pull_request", remote.pull_request()).input("comment", "true");
        let job = job.program("gh", gh);
        let done = job.run();
        (done, fs::read_to_string(job.runner.path().join("asked")).unwrap_or_default())
    };
    let note = "echo \"$@\" >>\"$RUNNER_TEMP/asked\"; ";
    let (done, asked) = ask(&format!("{note} case \"$*\" in *jq*) echo 41; echo 42 ;; esac"));
    done.ends(1, "1");
    assert!(asked.contains("--method PATCH repos/example/project/issues/comments/41"), "{asked}");
    let (_, asked) = ask(note);
    assert!(asked.contains("--method POST repos/example/project/issues/7/comments"), "{asked}");
    let (done, _) = ask("echo 'HTTP 403: forbidden' >&2; exit 1");
    done.ends(1, "1").says("the comment was not written: HTTP 403");
}

#[test]
fn a_summary_is_cut_between_lines_before_it_is_too_long() {
    let remote = Remote::new();
    let job = remote.job("pull_request", remote.pull_request());
    let long = "while [ $# -gt 1 ]; do shift; [ \"$1\" = markdown ] && file=$3; done\n\
                yes '| a row of a table that is quite long and ends with a bar |' | head -n 30000 >\"$file\"; exit 1";
    let job = job.program("long", long);
    let step = json!({ "shell": "bash", "run": "bash \"$GITHUB_ACTION_PATH/.github/action/scan.sh\"", "env": {
        "STANCH": job.programs.join("long").to_str(), "SCAN": "files", "RANGE": "",
    } });
    let mut done = Done { status: 0, log: String::new(), summary: String::new(), outputs: BTreeMap::new() };
    job.step(&step, &mut json!({ "steps": {} }), &mut done);
    assert!((990_000..1_048_576).contains(&done.summary.len()), "{} bytes", done.summary.len());
    let rows = done.summary.lines().filter(|line| line.starts_with('|'));
    assert!(rows.clone().count() > 15_000 && rows.clone().all(|row| row.ends_with('|')));
    assert!(done.summary.ends_with("all of it is in the SARIF file.\n"));
}

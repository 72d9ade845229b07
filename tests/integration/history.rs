//! `stanch git`, on repositories that scripts build, with git itself as the judge.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use stanch::check::template;
use stanch::engine::Scanner;
use stanch::finding::policy::Judgement;
use stanch::finding::{Finding, InspectOptions};
use stanch::git::{Kind, ObjectFormat, ObjectId};
use stanch::rule::{Checksum, Confidence, RuleSet};
use stanch::scan::{Progress, ScanOptions, scan_history};
use stanch::source::{History, HistoryOptions};
use tempfile::TempDir;

use super::common::{Stanch, folder, password, stanch};
use super::index::git;

/// A time after all commits of the scripts.
const NOW: &str = "1800000000";

/// The secrets that scripts are given, by the names of their variables.
pub fn secrets() -> BTreeMap<String, String> {
    let passwords = ["A", "B", "C", "D", "E", "F"].iter().zip(7000..);
    let mut secrets: BTreeMap<_, _> =
        passwords.map(|(name, seed)| ((*name).to_owned(), password(seed))).collect();
    for (name, seed) in ["T1", "T2", "T3", "T4"].iter().zip(70..) {
        let filled = template::fill_for("ghp_{base62:30}{checksum}", seed, Some(Checksum::Crc32Base62));
        secrets.insert((*name).to_owned(), filled.expect("the template is sound").text);
    }
    secrets
}

/// The repository that `fixtures/history/NAME.sh` builds.
pub fn repository(name: &str) -> TempDir {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/history");
    let folder = folder();
    let output = Command::new("bash")
        .arg(fixtures.join(name).with_extension("sh"))
        .current_dir(folder.path())
        .env("FIXTURES", &fixtures)
        .env("HOME", folder.path())
        .envs([("GIT_CONFIG_GLOBAL", "/dev/null"), ("GIT_CONFIG_NOSYSTEM", "1")])
        .envs([("GIT_AUTHOR_NAME", "A"), ("GIT_AUTHOR_EMAIL", "a@example.com")])
        .envs([("GIT_COMMITTER_NAME", "A"), ("GIT_COMMITTER_EMAIL", "a@example.com")])
        .envs(secrets())
        .output()
        .expect("bash is installed");
    assert!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
    folder
}

fn history(folder: &Path) -> Stanch {
    stanch(folder).args(["git", "--format", "jsonl", "--show-secrets", "--now", NOW])
}

/// The findings by their secrets; each has one rule here.
fn by_secret(findings: Vec<Value>) -> BTreeMap<String, Value> {
    let mut found = BTreeMap::new();
    for finding in findings {
        let secret = finding["secret"].as_str().expect("it is text").to_owned();
        assert!(found.insert(secret, finding).is_none(), "one finding for a secret");
    }
    found
}

fn texts(value: &Value) -> Vec<String> {
    let list = value.as_array().expect("it is a list");
    list.iter().map(|value| value.as_str().expect("it is text").to_owned()).collect()
}

fn commits(changes: &Value) -> BTreeSet<String> {
    let list = changes.as_array().expect("it is a list");
    list.iter().map(|change| change["commit"].as_str().expect("it is text").to_owned()).collect()
}

/// The subjects of commits.
fn subjects(root: &Path, changes: &Value) -> Vec<String> {
    let list = changes.as_array().expect("it is a list");
    let subject = |change: &Value| {
        let id = change["commit"].as_str().expect("it is text").to_owned();
        git(root, &["log", "-1", "--format=%s", &id]).trim().to_owned()
    };
    list.iter().map(subject).collect()
}

/// What `git grep` says of a secret in all commits: those that hold it, and of them those that brought
/// it in, and at which path and line it stands in each.
struct Grep {
    introduced: BTreeSet<String>,
    places: BTreeSet<(String, u64)>,
}

fn grep(root: &Path, secret: &str) -> Grep {
    let mut holding = BTreeSet::new();
    let mut places = BTreeSet::new();
    let commits = git(root, &["rev-list", "--exclude=refs/replace/*", "--all", "--reflog", "--parents"]);
    let commits: Vec<Vec<&str>> = commits
        .lines()
        .map(|line| line.split(' ').collect())
        .filter(|ids: &Vec<_>| !ids.is_empty())
        .collect();
    for ids in &commits {
        let output = Command::new("git")
            .args(["grep", "-n", "-F", "-e", secret, ids[0]])
            .current_dir(root)
            .output()
            .expect("git is installed");
        for line in String::from_utf8_lossy(&output.stdout).lines() {
            let mut parts = line.splitn(4, ':').skip(1);
            let path = parts.next().expect("a path").to_owned();
            let line = parts.next().and_then(|line| line.parse().ok()).expect("a line");
            places.insert((path, line));
            holding.insert(ids[0]);
        }
    }
    let is_new = |ids: &&Vec<&str>| {
        holding.contains(ids[0]) && !ids[1..].iter().any(|parent| holding.contains(parent))
    };
    let introduced = commits.iter().filter(is_new).map(|ids| ids[0].to_owned()).collect();
    Grep { introduced, places }
}

/// Compares every secret that stands in files with what git says of it.
fn judge(root: &Path, found: &BTreeMap<String, Value>) {
    let mut judged = 0;
    for (name, secret) in secrets() {
        let Grep { introduced, places } = grep(root, &secret);
        if introduced.is_empty() {
            continue;
        }
        judged += 1;
        let finding = found.get(&secret).unwrap_or_else(|| panic!("{name} is not found"));
        assert_eq!(commits(&finding["introduced"]), introduced, "{name}: {finding:#}");
        let place = |value: &Value| {
            (
                value["path"].as_str().expect("text").to_owned(),
                value["start_line"].as_u64().expect("a number"),
            )
        };
        let mut ours: BTreeSet<_> =
            finding["also_at"].as_array().expect("a list").iter().map(place).collect();
        ours.insert(place(finding));
        assert_eq!(ours, places, "{name}");
        // What is said to be seen in a commit is there.
        let all = finding["also_at"].as_array().expect("a list").iter().chain([finding]);
        for seen in all {
            let (path, line) = place(seen);
            let file = format!("{}:{path}", seen["commit"].as_str().expect("a commit"));
            let text = git(root, &["cat-file", "blob", &file]);
            let line = text.lines().nth(line as usize - 1).expect("the line is there");
            assert!(line.contains(&secret), "{name} stands in {file}");
        }
        let refs: BTreeSet<String> = texts(&finding["refs"]).into_iter().collect();
        let all = git(root, &["for-each-ref", "--format=%(refname)"]);
        for name in all.lines().filter(|name| !name.starts_with("refs/replace/")) {
            let output = Command::new("git")
                .args(["grep", "-q", "-F", "-e", &secret, name])
                .current_dir(root)
                .output()
                .expect("git is installed");
            assert_eq!(refs.contains(name), output.status.success(), "{name} in {refs:?}");
        }
    }
    assert!(judged > 0, "there was nothing to judge");
}

fn scan(root: &Path) -> BTreeMap<String, Value> {
    by_secret(history(root).run().status(1).findings())
}

#[test]
fn a_secret_is_followed_through_moves_renames_copies_and_reverts() {
    let repository = repository("life");
    let root = repository.path();
    let found = scan(root);
    judge(root, &found);
    let secrets = secrets();
    let moved = &found[&secrets["A"]];
    assert_eq!(subjects(root, &moved["introduced"]), ["add both", "Revert \"remove\""]);
    assert_eq!(subjects(root, &moved["removed"]), ["remove", "remove again"]);
    assert_eq!((&moved["in_head"], &moved["reachable"]), (&Value::Bool(false), &Value::Bool(true)));
    assert_eq!(texts(&moved["refs"]), ["refs/tags/before-removal"]);
    assert_eq!(texts(&moved["kept_by"]), ["refs/heads/main", "refs/tags/before-removal"]);
    assert_eq!(moved["occurrences"], 4);
    let first = 1_700_000_000 + 2 * 86_400;
    assert_eq!(moved["exposed_days"], (1_800_000_000_u64 - first) / 86_400);
    assert_eq!(moved["reused_in"], serde_json::json!([]), "its own place says nothing of an environment");
    let kept = &found[&secrets["B"]];
    assert_eq!((&kept["in_head"], &kept["path"]), (&Value::Bool(true), &Value::from("keep.env")));
    assert_eq!(kept["removed"], serde_json::json!([]));
}

#[test]
fn the_way_a_secret_is_sent_has_a_life_of_its_own() {
    let repository = repository("transport");
    let root = repository.path();
    let secrets = secrets();
    let told = |rule: &str| -> BTreeMap<String, (bool, Vec<String>, Vec<String>)> {
        let findings = history(root).run().status(1).findings().into_iter();
        let life = |finding: Value| {
            let secret = finding["secret"].as_str().expect("it is text").to_owned();
            let [introduced, removed] = ["introduced", "removed"].map(|it| subjects(root, &finding[it]));
            (secret, (finding["in_head"] == true, introduced, removed))
        };
        findings.filter(|finding| finding["rule"] == rule).map(life).collect()
    };
    let of = |in_head: bool, introduced: &str, removed: &[&str]| {
        (in_head, vec![introduced.to_owned()], removed.iter().map(|it| (*it).to_owned()).collect())
    };
    let sent = [
        (secrets["A"].clone(), of(false, "in clear", &["encrypted"])),
        (secrets["B"].clone(), of(false, "unchecked", &["checked"])),
        (secrets["C"].clone(), of(true, "unchecked again", &[])),
    ];
    assert_eq!(told("insecure-transport"), sent.into());
    assert_eq!(told("basic-auth-url"), [(secrets["A"].clone(), of(true, "in clear", &[]))].into());
    assert_eq!(told("generic-password"), [(secrets["B"].clone(), of(true, "unchecked", &[]))].into());
}

#[test]
fn merges_introduce_only_what_none_of_their_parents_holds() {
    let repository = repository("merges");
    let root = repository.path();
    let found = scan(root);
    judge(root, &found);
    let secrets = secrets();
    let story = |name: &str| {
        let finding = &found[&secrets[name]];
        (subjects(root, &finding["introduced"]).join(", "), subjects(root, &finding["removed"]).join(", "))
    };
    let expect = |introduced: &str, removed: &str| (introduced.to_owned(), removed.to_owned());
    assert_eq!(story("A"), expect("start", "drop the first"));
    assert_eq!(story("B"), expect("feature", ""));
    assert_eq!(story("C"), expect("one", ""));
    assert_eq!(story("D"), expect("merge with a secret of its own", ""));
    assert_eq!(story("E"), expect("never taken", "Merge branch 'ours'"));
}

#[test]
fn roots_clocks_replacements_and_names_are_told_right() {
    let repository = repository("roots");
    let root = repository.path();
    let found = scan(root);
    judge(root, &found);
    let secrets = secrets();
    let shared = &found[&secrets["A"]];
    assert_eq!(subjects(root, &shared["introduced"]).len(), 2, "two roots; the third follows the first");
    let behind = &found[&secrets["C"]];
    let after_parent = (1_800_000_000_u64 - (1_600_000_000 + 86_400)) / 86_400;
    assert_eq!(behind["exposed_days"], after_parent, "not before the commit it follows");
    git(root, &["checkout", "-q", "new"]);
    let found = scan(root);
    assert_eq!(found[&secrets["C"]]["introduced"][0]["author"], "Known Name");
    assert_eq!(found[&secrets["C"]]["introduced"][0]["email"], "known@example.com");
}

#[test]
fn messages_names_links_and_leftovers_are_scanned() {
    let repository = repository("corners");
    let root = repository.path();
    let secrets = secrets();
    let ended = history(root).run().status(1);
    let found = by_secret(ended.findings());
    for (name, secret) in &secrets {
        assert!(found.contains_key(secret), "{name} is not found in {:#?}", found.values());
    }
    let of = |name: &str| &found[&secrets[name]];
    let path = |name: &str| of(name)["path"].as_str().expect("text").to_owned();
    assert!(path("T1").starts_with("commit:"));
    assert_eq!(subjects(root, &of("T1")["introduced"]).len(), 1);
    assert_eq!(of("T1")["in_head"], true);
    assert!(path("T2").starts_with("tag:"));
    assert_eq!(texts(&of("T2")["refs"]), ["refs/tags/v1"]);
    for name in ["T3", "T4"] {
        assert!(!path(name).contains(&secrets[name]) && path(name).contains("********"), "{}", path(name));
    }
    assert_eq!(of("T4")["in_head"], true);
    assert_eq!(path("A"), "link");
    assert!(texts(&of("B")["refs"]).contains(&"refs/notes/commits".to_owned()));
    assert!(texts(&of("C")["refs"]).contains(&"refs/stash".to_owned()));
    for (name, reachable) in [("D", true), ("E", false), ("F", false)] {
        assert_eq!(of(name)["reachable"], reachable, "{name}");
        assert_eq!(texts(&of(name)["refs"]), Vec::<String>::new(), "{name}");
    }
    assert!(path("E").starts_with("blob:"));
    assert_eq!((path("F").as_str(), of("F")["exposed_days"].is_null()), ("lost.env", false));

    let reachable = history(root).args(["--no-unreachable"]).run().status(1);
    let reachable = by_secret(reachable.findings());
    assert!(!reachable.contains_key(&secrets["E"]) && !reachable.contains_key(&secrets["F"]));
    assert_eq!(reachable.len(), found.len() - 2);
    // Whatever is shown elsewhere, names that hold secrets are masked in all places.
    let masked = stanch(root).args(["git", "--format", "sarif"]).run().status(1);
    for secret in secrets.values() {
        assert!(!masked.stdout.contains(secret));
    }
}

#[test]
fn a_part_of_the_history_can_be_asked_for() {
    let repository = repository("merges");
    let root = repository.path();
    let secrets = secrets();
    let first = git(root, &["rev-list", "--max-parents=0", "HEAD"]);
    let of_first = by_secret(history(root).args(["--branch", first.trim()]).run().status(1).findings());
    assert_eq!(of_first.keys().collect::<Vec<_>>(), [&secrets["A"]]);
    let since = history(root).args(["--since", "2023-11-16", "--until", "2023-11-16"]).run().status(1);
    assert_eq!(by_secret(since.findings()).keys().collect::<Vec<_>>(), [&secrets["B"]]);
    let unknown = history(root).args(["--branch", "nowhere"]).run().status(3);
    assert!(unknown.stdout.contains("there is no revision `nowhere`"));
}

#[test]
fn what_is_not_there_is_told() {
    let repository = repository("life");
    let root = repository.path();
    let empty = folder();
    let ended = history(empty.path()).run().status(3);
    assert!(ended.stdout.contains("not a git repository"));
    let url = format!("file://{}", root.display());
    git(empty.path(), &["clone", "-q", "--depth", "2", &url, "shallow"]);
    let ended = history(&empty.path().join("shallow")).run();
    assert!(ended.stdout.contains("the clone is shallow"), "{ended:?}");
    git(empty.path(), &["clone", "-q", "--bare", "--no-local", &url, "bare.git"]);
    let bare = empty.path().join("bare.git");
    assert_eq!(by_secret(history(&bare).run().status(1).findings()).len(), 2);
    // Take away a version of a file.
    let id = git(root, &["rev-parse", "HEAD:keep.env"]).trim().to_owned();
    let loose: PathBuf = root.join(".git/objects").join(&id[..2]).join(&id[2..]);
    std::fs::remove_file(loose).expect("it is a loose object");
    let ended = history(root).run().status(1);
    assert!(ended.stdout.contains(&format!("object:{id}")) && ended.stdout.contains("\"complete\":false"));
}

#[test]
fn repositories_of_every_form_are_read_or_refused() {
    let secret = password(7300);
    let made = |arguments: &[&str]| {
        let folder = folder();
        git(folder.path(), &[&["init", "-q", "-b", "main"], arguments].concat());
        super::common::write(folder.path(), "a.env", format!("db_password = {secret}\n"));
        git(folder.path(), &["add", "."]);
        git(folder.path(), &["commit", "-qm", "one"]);
        git(folder.path(), &["rm", "-q", "a.env"]);
        git(folder.path(), &["commit", "-qm", "two"]);
        folder
    };
    for (arguments, id_digits) in [(&["--object-format=sha256"][..], 64), (&["--ref-format=reftable"], 40)] {
        let repository = made(arguments);
        for is_packed in [false, true] {
            if is_packed {
                git(repository.path(), &["repack", "-adq"]);
            }
            let ended = history(repository.path()).run().status(1);
            let found = by_secret(ended.findings());
            let commits = commits(&found[&secret]["introduced"]);
            assert!(commits.len() == 1 && commits.iter().all(|id| id.len() == id_digits), "{ended:?}");
            assert!(ended.stdout.contains("\"complete\":true"), "{ended:?}");
        }
    }
    let promised = folder();
    let whole = made(&[]);
    git(whole.path(), &["config", "uploadpack.allowFilter", "true"]);
    let url = format!("file://{}", whole.path().display());
    git(promised.path(), &["clone", "-q", "--no-checkout", "--filter=blob:none", &url, "."]);
    let ended = history(promised.path()).run().status(3);
    assert!(ended.stdout.contains("an object was left with the remote"), "{ended:?}");
    // Only who may do everything can give files away; others cannot test what becomes of that.
    if std::os::unix::fs::chown(whole.path(), Some(12345), None).is_ok() {
        let ended = history(whole.path()).run().status(3);
        assert!(ended.stdout.contains("belongs to another user"), "{ended:?}");
    }
}

#[test]
fn a_repository_may_be_packed_anew_while_it_is_scanned() {
    let repository = repository("life");
    let root = repository.path();
    git(root, &["repack", "-Adfq"]);
    git(root, &["prune-packed"]);
    let scanner = Scanner::new(RuleSet::builtin());
    let options = ScanOptions {
        inspect: InspectOptions::default(),
        confidence: Confidence::Medium,
        judgement: Judgement::default(),
    };
    let open = || {
        let options = HistoryOptions { repository: root.to_owned(), jobs: 1, ..HistoryOptions::default() };
        History::open(options).expect("it is a repository")
    };
    let scan = |history: &History| {
        let outcome = scan_history(history, &scanner, &options, &Progress::default());
        assert!(outcome.coverage.problems.is_empty(), "{:?}", outcome.coverage.problems);
        let key = |finding: &Finding<'_>| (finding.fingerprint, finding.location.clone());
        outcome.findings.iter().map(key).collect::<Vec<_>>()
    };
    let before = open();
    git(root, &["repack", "-Adfq", "--depth=1"]);
    let after = scan(&open());
    assert!(!after.is_empty());
    assert_eq!(scan(&before), after);
    // What nothing leads to is loose until it is packed with all else.
    super::common::write(root, "lost.env", format!("db_password = {}\n", password(7500)));
    git(root, &["hash-object", "-w", "lost.env"]);
    let before = open();
    git(root, &["gc", "-q", "--cruft", "--prune=never"]);
    let after = scan(&before);
    assert_eq!(scan(&open()), after);
    assert!(after.iter().any(|(_, place)| place.path.starts_with("blob:")), "{after:?}");
}

#[test]
fn commands_of_an_incident_run_nothing_that_a_path_names() {
    let repository = tempfile::tempdir().expect("a folder can be made");
    let root = repository.path();
    git(root, &["init", "--quiet", "."]);
    let secret = password(7600);
    super::common::write(root, "it's; touch run #.env", format!("db_password = {secret}\n"));
    git(root, &["add", "."]);
    git(root, &["commit", "--quiet", "--message", "keys"]);
    git(root, &["branch", "--quiet", "it's;touch${IFS}run"]);
    let fingerprint = scan(root)[&secret]["fingerprint"].as_str().expect("text").to_owned();
    let ended = stanch(root).args(["git", "--now", NOW, "--incident", &fingerprint]).run().status(1);
    let (shows, pushes) =
        (|line: &&str| line.contains("| sed -n"), |line: &&str| line.contains("push --force"));
    let run = |command: &str| {
        Command::new("bash").args(["-c", command]).current_dir(root).output().expect("bash is installed")
    };
    let shown = run(ended.stdout.lines().find(shows).expect("it is there").trim());
    assert!(String::from_utf8_lossy(&shown.stdout).contains(&secret), "{}", ended.stdout);
    run(ended.stdout.lines().find(pushes).expect("it is there").trim());
    assert!(!root.join("run").exists(), "{}", ended.stdout);
}

#[test]
fn an_incident_is_written_down() {
    let repository = repository("life");
    let root = repository.path();
    let secrets = secrets();
    let finding = &scan(root)[&secrets["A"]];
    assert_eq!(finding["rotation"], "overdue");
    let fingerprint = finding["fingerprint"].as_str().expect("text");
    let ended = stanch(root).args(["git", "--now", NOW, "--incident", &fingerprint[..12]]).run().status(1);
    let ended = ended.hides(&secrets["A"]).hides(&secrets["B"]);
    let first = finding["introduced"][0]["commit"].as_str().expect("text");
    for text in [
        "# Incident: Password",
        first,
        "refs/tags/before-removal",
        "git filter-repo --replace-text",
        "'refs/heads/main:refs/heads/main'",
        "| | | revoked |",
        "- [ ] ",
    ] {
        assert!(ended.stdout.contains(text), "{text} in {}", ended.stdout);
    }
    // The command that prints the secret does.
    let command = ended.stdout.lines().find(|line| line.contains("| sed -n")).expect("it is there").trim();
    let printed =
        Command::new("bash").args(["-c", command]).current_dir(root).output().expect("bash is installed");
    assert!(String::from_utf8_lossy(&printed.stdout).contains(&secrets["A"]), "{command}");
    stanch(root).args(["git", "--incident", "000000000000"]).run().status(2);
    stanch(root).args(["git", "--incident", "0"]).run().status(2);
    let patient = "[rotation]\nproduction_days = 100000\ndevelopment_days = 100000\n";
    super::common::write(root, "stanch.toml", patient);
    let ended = stanch(root).args(["git", "--now", NOW]).run().status(1);
    assert!(!ended.stdout.contains("overdue") && ended.stdout.contains("rotation"), "{}", ended.stdout);
    let ended = stanch(root).args(["config", "show"]).run().status(0);
    assert!(ended.stdout.contains("rotation.production_days = 100000"), "{}", ended.stdout);
    std::fs::remove_file(root.join("stanch.toml")).expect("it is there");
    let people = stanch(root).args(["git", "--now", NOW]).run().status(1).hides(&secrets["A"]);
    for text in ["added in", "removed in", "no branch now", "HEAD, main", "rotation", "overdue"] {
        assert!(people.stdout.contains(text) || text == "no branch now", "{text} in {}", people.stdout);
    }
}

#[test]
fn shards_joined_tell_what_one_scan_tells() {
    for name in ["life", "merges", "roots", "corners"] {
        let repository = repository(name);
        let root = repository.path();
        propose_changes(root, 12);
        let out = folder();
        let report = |file: &str, more: &[&str]| {
            let path = out.path().join(file);
            let args = ["git", "--format", "json", "--now", NOW, "--output", path.to_str().expect("UTF-8")];
            let ended = stanch(root).args(args).args(more).run();
            assert!(ended.status <= 1, "{ended:?}");
            path
        };
        let parse = |text: &str| serde_json::from_str::<Value>(text).expect("a report is JSON");
        let sarif = |name: &str, more: &[&str]| {
            let path = out.path().join(name);
            let args = ["git", "--format", "sarif", "--now", NOW, "--output", path.to_str().expect("UTF-8")];
            let ended = stanch(root).args(args).args(more).run();
            assert!(ended.status <= 1, "{ended:?}");
            path
        };
        let log = parse(&std::fs::read_to_string(sarif("whole.sarif", &[])).expect("it was written"));
        let whole = parse(&std::fs::read_to_string(report("whole.json", &[])).expect("it was written"));
        for shards in [2, 5] {
            let parts: Vec<PathBuf> = (1..=shards)
                .map(|number| report(&format!("{number}.json"), &["--shard", &format!("{number}/{shards}")]))
                .collect();
            let joined = stanch(root).args(["merge"]).args(&parts).run().status(1);
            assert_eq!(parse(&joined.stdout), whole, "{name} in {shards} shards");
            let backwards = stanch(root).args(["merge"]).args(parts.iter().rev()).run().status(1);
            assert_eq!(backwards.stdout, joined.stdout, "{name} in {shards} shards, backwards");
            let twice = stanch(root).args(["merge"]).args(&parts).args(&parts[..1]).run().status(1);
            assert_eq!(twice.stdout, joined.stdout, "{name} in {shards} shards, one of them twice");
            assert!(twice.stderr.contains("was given twice"), "{}", twice.stderr);
            let lacking = stanch(root).args(["merge"]).args(&parts[1..]).run();
            let missing = format!("shard 1/{shards} is not among the reports");
            assert!(lacking.stderr.contains(&missing), "{}", lacking.stderr);
            let logs: Vec<PathBuf> = (1..=shards)
                .map(|number| sarif(&format!("{number}.sarif"), &["--shard", &format!("{number}/{shards}")]))
                .collect();
            let joined = stanch(root).args(["merge"]).args(&logs).run().status(1);
            assert_eq!(parse(&joined.stdout), log, "{name} in {shards} shards, as sarif");
            let times = ["--since", "2023-11-16", "--until", "2023-11-17"];
            let within =
                parse(&std::fs::read_to_string(report("whole-part.json", &times)).expect("it was written"));
            let parts_within: Vec<PathBuf> = (1..=shards)
                .map(|number| {
                    let shard = format!("{number}/{shards}");
                    report(&format!("{number}-part.json"), &[&times[..], &["--shard", &shard]].concat())
                })
                .collect();
            let joined = stanch(root).args(["merge"]).args(&parts_within).run();
            assert_eq!(parse(&joined.stdout), within, "{name} in {shards} shards, of some days");
            let some = stanch(root).args(["merge"]).args(&parts[1..]).run();
            assert!(some.status == 1 || some.status == 3);
            assert!(some.stdout.contains(&format!("shard 1/{shards} is not among the reports")));
        }
    }
}

/// Makes so many refs to each commit as hosts do for what people propose.
fn propose_changes(root: &Path, number: usize) {
    let commits = git(root, &["rev-list", "--exclude=refs/replace/*", "--all"]);
    for (at, commit) in commits.lines().enumerate() {
        for change in 0..number {
            git(root, &["update-ref", &format!("refs/changes/{change}/{at}"), commit]);
        }
    }
}

#[test]
fn of_many_refs_some_are_named_and_the_others_counted() {
    let repository = repository("life");
    let root = repository.path();
    let secret = secrets()["B"].clone();
    let before = scan(root)[&secret].clone();
    assert_eq!((before.get("more_refs"), before.get("more_kept_by")), (None, None));
    propose_changes(root, 30);
    let commits = git(root, &["rev-list", "--count", "--all"]).trim().parse::<usize>().expect("a number");
    let after = scan(root)[&secret].clone();
    for (list, more) in [("refs", "more_refs"), ("kept_by", "more_kept_by")] {
        let names = texts(&after[list]);
        assert!(texts(&before[list]).iter().all(|name| names.contains(name)), "{names:?}");
        let others = names.len() - texts(&before[list]).len();
        assert_eq!(others, 16);
        assert_eq!((others + after[more].as_u64().expect("a number") as usize) % 30, 0, "{after}");
    }
    assert!(after["more_kept_by"].as_u64() < Some(30 * commits as u64));
    let people = stanch(root).args(["git", "--now", NOW]).run().status(1);
    let held = people.stdout.lines().find(|line| line.contains("HEAD, ")).expect("it is told who holds it");
    assert!(held.contains(" and ") && held.contains(" others"), "{held}");
}

#[test]
fn neither_packs_nor_threads_nor_deltas_show_in_a_report() {
    for name in ["life", "merges", "roots", "corners", "transport"] {
        let repository = repository(name);
        let root = repository.path();
        let report = |more: &[&str]| {
            let ended = stanch(root).args(["git", "--format", "json", "--now", NOW]).args(more).run();
            assert!(ended.status <= 1, "{ended:?}");
            ended.stdout
        };
        let loose = report(&["--no-delta", "--verify-objects"]);
        for repack in [&["--depth=50"][..], &["--depth=1"], &["--window=250"]] {
            // What nothing leads to stays, packed or loose.
            git(root, &[&["repack", "-Adfq"], repack].concat());
            for more in [&["--jobs", "1"][..], &["--jobs", "8"], &["--no-delta"], &["--verify-objects"]] {
                assert_eq!(report(more), loose, "{name}, {repack:?}, {more:?}");
            }
        }
    }
}

#[test]
fn a_damaged_object_is_named_and_the_rest_is_scanned() {
    let repository = repository("life");
    let root = repository.path();
    git(root, &["repack", "-adfq"]);
    let whole = by_secret(history(root).run().status(1).findings());
    let kept = &secrets()["B"];
    let folder = root.join(".git/objects/pack");
    let entries = std::fs::read_dir(&folder).expect("it is there").flatten();
    let is_pack = |path: &PathBuf| path.extension().is_some_and(|extension| extension == "pack");
    let pack = entries.map(|entry| entry.path()).find(is_pack).expect("there is a pack");
    let bytes = std::fs::read(&pack).expect("it can be read");
    std::fs::remove_file(&pack).expect("it is there");
    let mut found_kept = false;
    for at in (12..bytes.len() - 20).step_by(bytes.len() / 12) {
        let mut damaged = bytes.clone();
        damaged[at] ^= 0x55;
        std::fs::write(&pack, damaged).expect("it can be written");
        let ended = history(root).run();
        assert!(ended.status == 1 || ended.status == 3, "{ended:?}");
        assert!(ended.stdout.contains("object:") || ended.stdout.contains("pack-"), "byte {at}: {ended:?}");
        let found = by_secret(ended.findings());
        assert!(found.keys().all(|secret| whole.contains_key(secret)));
        found_kept |= found.contains_key(kept);
    }
    assert!(found_kept, "damage elsewhere hides nothing");
}

#[test]
fn reports_of_many_scans_are_joined_without_duplicates() {
    let repository = repository("life");
    let root = repository.path();
    let write = |name: &str, format: &str| {
        stanch(root).args(["scan", "--format", format, "--output", name]).run();
    };
    let outside = folder();
    let (first, second) = (outside.path().join("a.json"), outside.path().join("b.jsonl"));
    write(first.to_str().expect("UTF-8"), "json");
    write(second.to_str().expect("UTF-8"), "jsonl");
    let joined = stanch(root).args(["merge"]).args([&first, &second]).run().status(1);
    let joined: Value = serde_json::from_str(&joined.stdout).expect("JSON");
    let alone: Value =
        serde_json::from_str(&std::fs::read_to_string(&first).expect("it was written")).expect("JSON");
    assert_eq!(joined["findings"], alone["findings"]);
    let files = alone["coverage"]["scanned"]["files"].as_u64().expect("a number");
    assert_eq!(joined["coverage"]["scanned"]["files"], 2 * files);
    super::common::write(outside.path(), "cut.jsonl", "{\"type\":\"finding\"}\n");
    let ended = stanch(outside.path()).args(["merge", "cut.jsonl"]).run().status(3);
    assert!(ended.stderr.contains("cut short"), "{}", ended.stderr);
}

#[test]
fn reports_in_sarif_are_joined_by_their_roots() {
    let (life, merges) = (repository("life"), repository("merges"));
    let outside = folder();
    let scan = |root: &Path, name: &str| {
        let path = outside.path().join(name);
        let file = path.to_str().expect("UTF-8");
        stanch(root).args(["git", "--now", NOW, "--format", "sarif", "--output", file]).run().status(1);
        path
    };
    let files = [scan(life.path(), "a.sarif"), scan(merges.path(), "b.sarif"), scan(life.path(), "c.sarif")];
    let parse = |text: &str| serde_json::from_str::<Value>(text).expect("JSON");
    let alone = parse(&std::fs::read_to_string(&files[0]).expect("it was written"));
    let joined = stanch(outside.path()).args(["merge"]).args(&files).run().status(1);
    let joined = parse(&joined.stdout);
    let runs = joined["runs"].as_array().expect("runs");
    assert_eq!(runs.len(), 2, "one for each root");
    let same = runs.iter().find(|run| run["originalUriBaseIds"] == alone["runs"][0]["originalUriBaseIds"]);
    let same = same.expect("it is there");
    assert_eq!(same["results"], alone["runs"][0]["results"]);
    assert_eq!(same["tool"], alone["runs"][0]["tool"]);
    let objects =
        |run: &Value| run["properties"]["coverage"]["scanned"]["objects"].as_u64().expect("a number");
    assert_eq!(objects(same), 2 * objects(&alone["runs"][0]));
    let own = outside.path().join("own.json");
    let file = own.to_str().expect("UTF-8");
    stanch(life.path()).args(["git", "--now", NOW, "--format", "json", "--output", file]).run().status(1);
    let mixed = [&files[0], &own];
    let ended = stanch(outside.path()).args(["merge"]).args(mixed).run().status(2);
    assert!(ended.stderr.contains("in sarif alone"), "{}", ended.stderr);
}

#[test]
fn what_is_remembered_does_not_show_in_a_report() {
    for name in ["life", "merges", "roots", "corners"] {
        let repository = repository(name);
        let root = repository.path();
        let out = folder();
        let file = out.path().join("caches/history");
        let cache = format!("--cache={}", file.display());
        let report = |more: &[&str]| {
            let ended = stanch(root).args(["git", "--format", "json", "--now", NOW]).args(more).run();
            assert!(ended.status <= 1, "{ended:?}");
            ended
        };
        let whole = report(&[]).stdout;
        assert_eq!(report(&[&cache]).stdout, whole, "{name}, first");
        let Ok(remembered) = std::fs::read(&file) else {
            assert_eq!(name, "corners", "names that hold secrets are not remembered");
            continue;
        };
        for secret in secrets().values() {
            assert!(memchr::memmem::find(&remembered, secret.as_bytes()).is_none(), "{name}");
        }
        assert_no_fingerprint(&remembered, &whole);
        assert_eq!(report(&[&cache]).stdout, whole, "{name}, second");
        super::common::write(root, "later/new.env", format!("db_password = {}\n", password(7200)));
        git(root, &["add", "."]);
        git(root, &["commit", "-qm", "later"]);
        git(root, &["rm", "-rq", "later"]);
        git(root, &["commit", "-qm", "gone again"]);
        let more = report(&[]).stdout;
        assert_ne!(more, whole, "{name}");
        assert_eq!(report(&[&cache]).stdout, more, "{name}, with what is new");
        assert_eq!(report(&[&cache, "--jobs", "1"]).stdout, more, "{name}, once more");
        // Stored as changes to what was remembered: a secret that is new, one of which half was there, none.
        let filler = "a line that is always there\n".repeat(300);
        let versions = [
            ["", "", ""],
            ["db_password = ", "", ""],
            ["db_password = ", &password(7201), "\n"],
            ["db_password = ", &password(7201), "\nuser = "],
            ["db_password = ", &password(7202), "\n"],
        ];
        for (number, parts) in versions.iter().enumerate() {
            super::common::write(root, "long.env", [filler.as_str(), &parts.concat(), &filler].concat());
            git(root, &["add", "."]);
            git(root, &["commit", "-qm", &format!("long {number}")]);
            git(root, &["repack", "-dq", if number == 2 { "-a" } else { "-l" }]);
            let more = report(&[]).stdout;
            assert_eq!(report(&[&cache]).stdout, more, "{name}, with version {number}");
        }
        let more = report(&[]).stdout;
        std::fs::write(&file, &remembered[..remembered.len() / 2]).expect("it can be written");
        let ended = report(&[&cache]);
        assert_eq!(ended.stdout, more, "{name}, cut short");
        assert!(ended.stderr.contains("the cache is made anew: it is damaged"), "{}", ended.stderr);
        let ended = report(&[&cache, "--confidence", "low"]);
        assert!(ended.stderr.contains("another version or with other rules"), "{}", ended.stderr);
    }
}

/// No fingerprint that a report tells is among what is remembered.
fn assert_no_fingerprint(remembered: &[u8], report: &str) {
    let report: Value = serde_json::from_str(report).expect("it is JSON");
    for finding in report["findings"].as_array().expect("a list") {
        let fingerprint = finding["fingerprint"].as_str().expect("text");
        let bytes = data_encoding::HEXLOWER.decode(fingerprint.as_bytes()).expect("digits");
        // Half of it is as good as all of it.
        for part in bytes.chunks(8).chain([&fingerprint.as_bytes()[..16]]) {
            assert!(memchr::memmem::find(remembered, part).is_none(), "{fingerprint}");
        }
    }
}

#[test]
fn where_secrets_stand_is_remembered_and_not_what_they_are() {
    let (repository, out) = (folder(), folder());
    let root = repository.path();
    git(root, &["init", "-q", "-b", "main"]);
    let [plain, silenced, encoded, wide] = [7500, 7501, 7502, 7503].map(password);
    let versions: Vec<String> =
        (0..5).map(|number| format!("# version {number}\n\ndb_password = {plain}\n")).collect();
    let text = format!("db_password = {silenced} # stanch:allow * reason=\"it was kumquat{silenced}\"\n");
    super::common::write(root, "silenced.env", text);
    let encoded_text = data_encoding::BASE64.encode(encoded.as_bytes());
    let text = format!("kind: Secret\napiVersion: v1\ndata:\n  db-password: {encoded_text}\n");
    super::common::write(root, "secret.yaml", text);
    let units = format!("\u{feff}db_password = {wide}\r\n").encode_utf16().collect::<Vec<_>>();
    let bytes: Vec<u8> = units.iter().flat_map(|unit| unit.to_le_bytes()).collect();
    std::fs::write(root.join("wide.env"), bytes).expect("it can be written");
    for version in &versions {
        super::common::write(root, "plain.env", version);
        git(root, &["add", "."]);
        git(root, &["commit", "-qm", "version"]);
    }
    let file = out.path().join("cache");
    let cache = format!("--cache={}", file.display());
    let report = |more: &[&str]| {
        let ended = stanch(root).args(["git", "--format", "json", "--now", NOW]).args(more).run();
        assert_eq!(ended.status, 1, "{ended:?}");
        ended.stdout
    };
    let whole = report(&[]);
    let found = serde_json::from_str::<Value>(&whole).expect("it is JSON")["findings"].clone();
    assert_eq!(found.as_array().map(Vec::len), Some(4), "{found:#}");
    assert_eq!(report(&[&cache]), whole);
    let remembered = std::fs::read(&file).expect("it is remembered");
    for secret in [&plain, &silenced, &encoded, &encoded_text, &wide, "kumquat"] {
        assert!(memchr::memmem::find(&remembered, secret.as_bytes()).is_none(), "{secret}");
    }
    assert_no_fingerprint(&remembered, &whole);
    for more in [[].as_slice(), &["--show-secrets"], &["--no-suppressions"], &["--confidence", "low"]] {
        let uncached = report(more);
        for time in ["first", "second"] {
            assert_eq!(report(&[more, &[&cache]].concat()), uncached, "{more:?}, {time}");
        }
    }
    // Of all versions that hold it two are read again: one for its value, and the one that is shown.
    assert_eq!(report(&[&cache]), whole);
    let id = |text: &String| ObjectId::of(ObjectFormat::Sha1, Kind::Blob, text.as_bytes());
    let mut others: Vec<ObjectId> = versions[..4].iter().map(id).collect();
    others.sort_unstable();
    for id in &others[1..] {
        let id = id.to_string();
        let loose = root.join(".git/objects").join(&id[..2]).join(&id[2..]);
        std::fs::remove_file(&loose).expect("it is a loose object");
        std::fs::write(&loose, "damaged").expect("it can be written");
    }
    assert_eq!(report(&[&cache]), whole);
    assert_ne!(report(&[]), whole);
}

#[test]
fn what_is_remembered_is_not_read_again() {
    let repository = repository("life");
    let root = repository.path();
    super::common::write(root, "clean.txt", "nothing to see here\n");
    git(root, &["add", "."]);
    git(root, &["commit", "-qm", "clean"]);
    let arguments = ["--cache"];
    history(root).args(arguments).run().status(1);
    assert!(root.join(".cache/stanch").is_dir(), "in the user's folder");
    let id = ObjectId::of(ObjectFormat::Sha1, Kind::Blob, b"nothing to see here\n").to_string();
    let loose = root.join(".git/objects").join(&id[..2]).join(&id[2..]);
    std::fs::remove_file(&loose).expect("it is a loose object");
    std::fs::write(&loose, "damaged").expect("it can be written");
    assert!(history(root).args(arguments).run().status(1).stdout.contains("\"complete\":true"));
    assert!(history(root).run().status(1).stdout.contains("\"complete\":false"));
    std::fs::remove_file(&loose).expect("it is there");
    let ended = history(root).args(arguments).run().status(1);
    assert!(ended.stderr.contains("objects that were scanned then are gone"), "{}", ended.stderr);
    assert!(ended.stdout.contains("\"complete\":false"));
}

#[test]
fn submodules_are_scanned_where_they_are_and_named_where_they_are_not() {
    let (outer, inner, innermost) = (repository("merges"), repository("life"), folder());
    let root = outer.path();
    let secret = password(7400);
    git(innermost.path(), &["init", "-q", "-b", "main"]);
    super::common::write(innermost.path(), "deep.env", format!("db_password = {secret}\n"));
    git(innermost.path(), &["add", "."]);
    git(innermost.path(), &["commit", "-qm", "deep"]);
    let path = |folder: &TempDir| folder.path().to_str().expect("UTF-8").to_owned();
    git(inner.path(), &["submodule", "--quiet", "add", &path(&innermost), "deep"]);
    git(inner.path(), &["commit", "-qm", "a submodule"]);
    let alone = scan(inner.path());
    let own = scan(root);
    git(root, &["submodule", "--quiet", "add", "--name", "a/b", &path(&inner), "parts/inner"]);
    git(root, &["commit", "-qm", "a submodule"]);
    git(root, &["submodule", "--quiet", "update", "--init", "--recursive"]);
    let ended = history(root).run().status(1);
    let paths = |findings: &[Value]| -> BTreeSet<(String, String)> {
        let place = |finding: &Value| {
            (finding["path"].as_str().expect("text").to_owned(), finding["fingerprint"].to_string())
        };
        let all = findings.iter().flat_map(|finding| {
            let others = finding["also_at"].as_array().expect("a list").iter();
            others
                .map(|other| {
                    (other["path"].as_str().expect("text").to_owned(), finding["fingerprint"].to_string())
                })
                .chain([place(finding)])
                .collect::<Vec<_>>()
        });
        all.collect()
    };
    let told = paths(&ended.findings());
    let below = |found: &BTreeMap<String, Value>, folder: &str| -> BTreeSet<(String, String)> {
        let values: Vec<Value> = found.values().cloned().collect();
        paths(&values).into_iter().map(|(path, value)| (format!("{folder}{path}"), value)).collect()
    };
    let (alone, own) = (below(&alone, "parts/inner/"), below(&own, ""));
    assert!(own.is_subset(&told), "{told:#?}");
    // What was cloned is what a branch or tag leads to.
    let reached: BTreeSet<_> = alone.iter().filter(|place| told.contains(*place)).collect();
    assert!(!reached.is_empty(), "{told:#?}");
    let deep = told.iter().filter(|(path, _)| path == "parts/inner/deep/deep.env").count();
    assert_eq!(deep, 1, "{told:#?}");
    assert!(!ended.stderr.contains("repository of its own"), "{}", ended.stderr);
    let order: Vec<bool> = ended.findings().iter().map(|finding| finding["in_head"] == true).collect();
    assert!(order.is_sorted_by(|a, b| a >= b), "what is in HEAD comes first, whichever HEAD that is");
    // A part of the history is asked of this repository alone.
    let branch = history(root).args(["--branch", "main"]).run().status(1);
    assert!(
        branch.stderr.contains("parts/inner is a repository of its own, which was not asked for"),
        "{}",
        branch.stderr
    );
    // A link that leads back is no reason to scan anything twice.
    git(root, &["submodule", "--quiet", "deinit", "--force", "--all"]);
    assert_eq!(paths(&history(root).run().status(1).findings()), told, "it is kept below `modules`");
    std::fs::remove_dir_all(root.join(".git/modules")).expect("it is there");
    let ended = history(root).run().status(1);
    assert!(
        ended.stderr.contains("parts/inner is a repository of its own, which is not here"),
        "{}",
        ended.stderr
    );
    assert!(ended.stdout.contains("\"submodule\":{\"files\":1"), "{}", ended.stdout);
    assert_eq!(paths(&ended.findings()), own);
}

#[test]
fn a_submodule_that_is_its_own_repository_is_scanned_once() {
    let repository = repository("merges");
    let root = repository.path();
    let before = history(root).run().status(1).findings();
    std::fs::create_dir_all(root.join("loop")).expect("it can be made");
    super::common::write(root, "loop/.git", "gitdir: ../.git\n");
    let head = git(root, &["rev-parse", "HEAD"]);
    git(root, &["update-index", "--add", "--cacheinfo", &format!("160000,{},loop", head.trim())]);
    git(root, &["commit", "-qm", "itself"]);
    let after = history(root).run().status(1).findings();
    assert_eq!(before.len(), after.len());
}

#[test]
fn both_verbs_tell_the_same_of_the_same_bytes_and_path() {
    let repository = repository("merges");
    let root = repository.path();
    // A bare value counts in settings and not in code, whatever else holds the same bytes.
    let text = format!("db_password = {}\n", password(7100));
    for path in ["a.py", "b.env", "notes.md", "c.ini", "lib/d.js"] {
        super::common::write(root, path, &text);
    }
    super::common::write(root, "only.py", format!("db_password = {}\n", password(7101)));
    git(root, &["add", "."]);
    git(root, &["commit", "-qm", "same bytes"]);
    let key = |finding: &Value| -> Vec<String> {
        ["rule", "fingerprint", "severity", "confidence", "proof", "start_line", "start_column", "end_column"]
            .iter()
            .map(|name| finding[*name].to_string())
            .collect()
    };
    let scanned: BTreeSet<_> = stanch(root)
        .args(["scan", "--format", "jsonl"])
        .run()
        .status(1)
        .findings()
        .iter()
        .map(|finding| (finding["path"].to_string(), finding["start_line"].clone().to_string()))
        .collect();
    let findings = history(root).run().status(1).findings();
    let pathless = |finding: &Value| finding["path"].as_str().is_some_and(|path| path.starts_with("blob:"));
    assert!(!findings.iter().any(pathless), "a path that speaks against a secret is one");
    let mut told = BTreeSet::new();
    for finding in findings.iter().filter(|finding| finding["in_head"] == true) {
        assert!(!key(finding).is_empty());
        let all = finding["also_at"].as_array().expect("a list").iter().chain([finding]);
        told.extend(all.map(|place| (place["path"].to_string(), place["start_line"].to_string())));
    }
    assert_eq!(told, scanned);
}

#[test]
fn a_place_is_told_with_the_first_commit_that_shows_it_in_any_version_of_its_file() {
    let folder = folder();
    let root = folder.path();
    let secret = password(9200);
    git(root, &["init", "-q"]);
    for (number, rest) in ["HOST=a", "HOST=b", "HOST=c"].iter().enumerate() {
        super::common::write(root, "app.env", format!("DB_PASSWORD={secret}\n{rest}\n"));
        git(root, &["add", "."]);
        git(root, &["commit", "-qm", &format!("version {number}")]);
    }
    let first = git(root, &["rev-list", "--max-parents=0", "HEAD"]).trim().to_owned();
    let told = history(root).run().status(1).findings();
    assert_eq!((told.len(), &told[0]["commit"]), (1, &first.as_str().into()), "{told:#?}");
    let out = super::common::folder();
    let parts: Vec<_> = (1..=3)
        .map(|number| {
            let file = out.path().join(format!("{number}.jsonl"));
            let report = history(root).args(["--shard", &format!("{number}/3")]).run().stdout;
            std::fs::write(&file, report).expect("it can be written");
            file
        })
        .collect();
    let joined = stanch(root).args(["merge"]).args(&parts).run().status(1).stdout;
    let joined: Value = serde_json::from_str(&joined).expect("it is JSON");
    assert_eq!(joined["findings"].as_array().map(Vec::len), Some(1));
    assert_eq!(joined["findings"][0]["commit"], first.as_str(), "{joined:#?}");
}

//! Baselines as teams use them: made once, kept through any editing, merged.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::common::{folder, password, stanch, write};

/// A stream of numbers that depends on the seed alone.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % bound
    }
}

/// A project as lines of files; lines with a secret are moved with it.
struct Project {
    files: Vec<(String, Vec<String>)>,
}

impl Project {
    /// Ten files with five secrets each.
    fn new() -> Self {
        let files = (0..10).map(|file| {
            let mut lines = Vec::new();
            for entry in 0..5 {
                lines.push(format!("# setting {entry} of service {file}"));
                lines.push(format!("HOST_{entry}=db{entry}.example.com"));
                lines.push(format!("DB_{entry}_PASSWORD={}", password(100 * file + entry + 1)));
            }
            (format!("service{file}/.env"), lines)
        });
        Self { files: files.collect() }
    }

    fn save(&self, folder: &Path, line_end: &str) {
        for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
            if entry.file_type().unwrap().is_dir() && entry.file_name() != ".git" {
                fs::remove_dir_all(entry.path()).unwrap();
            }
        }
        for (path, lines) in &self.files {
            write(folder, path, lines.join(line_end));
        }
    }

    /// One edit that adds no secret.
    fn edit(&mut self, random: &mut Random) {
        let file = random.below(self.files.len());
        let lines = self.files[file].1.len();
        match random.below(6) {
            // Move a line.
            0 => {
                let line = self.files[file].1.remove(random.below(lines));
                let to = random.below(lines);
                self.files[file].1.insert(to, line);
            }
            // Rename a file.
            1 => self.files[file].0 = format!("moved{}/.env.{}", random.below(1000), random.below(1000)),
            // Indent anew.
            2 => {
                let width = random.below(8);
                let indented = |line: &String| format!("{:width$}{}", "", line.trim_start());
                self.files[file].1 = self.files[file].1.iter().map(indented).collect();
            }
            // Add lines without a secret, anywhere.
            3 => {
                let at = random.below(lines);
                self.files[file].1.insert(at, format!("NOTE={}", random.below(1000)));
            }
            // Move a line into another file.
            4 => {
                let line = self.files[file].1.remove(random.below(lines));
                let other = random.below(self.files.len());
                self.files[other].1.push(line);
            }
            // Add a comment to a line's end, quoting the value as some do.
            _ => {
                let at = random.below(lines);
                let line = &mut self.files[file].1[at];
                if let Some((name, value)) = line.split_once('=').filter(|(_, value)| !value.starts_with('"'))
                {
                    *line = format!("{name}=\"{value}\"");
                }
            }
        }
        if self.files[file].1.is_empty() {
            self.files[file].1.push("# empty".to_owned());
        }
        // Two files of one name would be one.
        let mut paths: Vec<_> = self.files.iter().map(|(path, _)| path.clone()).collect();
        paths.sort();
        if paths.windows(2).any(|pair| pair[0] == pair[1]) {
            self.files[file].0.push_str(".x");
        }
    }
}

fn git(folder: &Path, args: &[&str]) -> bool {
    let identity = ["-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false"];
    let mut command = Command::new("git");
    command.current_dir(folder).args(identity).args(args).env("GIT_CONFIG_NOSYSTEM", "1").env("HOME", folder);
    command.output().expect("git runs").status.success()
}

#[test]
fn known_secrets_stay_known_through_two_hundred_edits_and_new_ones_are_told() {
    let folder = folder();
    let mut project = Project::new();
    project.save(folder.path(), "\n");
    let found = stanch(folder.path()).args(["scan", "--format", "jsonl"]).run().status(1).findings();
    assert_eq!(found.len(), 50);
    stanch(folder.path()).args(["baseline", "create"]).run().status(0);
    let written = fs::read_to_string(folder.path().join(".stanch-baseline.toml")).unwrap();
    for finding in found {
        let fingerprint = finding["fingerprint"].as_str().unwrap();
        assert!(!written.contains(fingerprint), "the key is the baseline's own");
    }
    let mut random = Random(7);
    for round in 0..200 {
        project.edit(&mut random);
        let planted = password(100_000 + round);
        let file = random.below(project.files.len());
        let at = random.below(project.files[file].1.len());
        // In the place of a known one, or between other lines.
        let line = format!("DB_{}_PASSWORD={planted}", round % 5);
        project.files[file].1.insert(at, line);
        project.save(folder.path(), if round % 3 == 0 { "\r\n" } else { "\n" });
        let ended = stanch(folder.path()).args(["scan", "--format", "jsonl"]).run().status(1).hides(&planted);
        let new: Vec<_> = ended.findings().into_iter().filter(|one| one["state"] == "new").collect();
        assert_eq!(new.len(), 1, "round {round}: {new:#?}");
        assert_eq!(new[0]["start_line"], at + 1, "round {round}");
        project.files[file].1.remove(at);
        let jobs = ["1", "2", "8"][round as usize % 3];
        project.save(folder.path(), "\n");
        stanch(folder.path()).args(["scan", "--jobs", jobs]).run().status(0);
    }
}

#[test]
fn the_same_findings_give_the_same_bytes_at_any_number_of_threads() {
    let folder = folder();
    Project::new().save(folder.path(), "\n");
    stanch(folder.path()).args(["baseline", "create"]).run().status(0);
    let path = folder.path().join(".stanch-baseline.toml");
    let written = fs::read(&path).unwrap();
    let head: Vec<u8> = written.split_inclusive(|byte| *byte == b'\n').take(6).flatten().copied().collect();
    for round in 0..100 {
        // Only the key is kept: all entries are made anew.
        fs::write(&path, [&head[..], b"]\n"].concat()).unwrap();
        let jobs = ["1", "2", "8"][round % 3];
        stanch(folder.path()).args(["baseline", "update", "--jobs", jobs]).run().status(0);
        assert_eq!(fs::read(&path).unwrap(), written);
    }
}

#[test]
fn two_branches_that_add_entries_merge_and_both_hold() {
    let folder = folder();
    let root = folder.path();
    Project::new().save(root, "\n");
    assert!(git(root, &["init", "-q", "-b", "main", "."]));
    stanch(root).args(["baseline", "create"]).run().status(0);
    write(root, ".gitattributes", "/.stanch-baseline.toml merge=union\n");
    assert!(git(root, &["add", "-A"]) && git(root, &["commit", "-qm", "start"]));
    for round in 0..20 {
        for (branch, seed) in [("one", 500_000), ("two", 600_000)] {
            assert!(git(root, &["checkout", "-qB", branch, "main"]));
            write(root, format!("{branch}{round}/.env"), format!("DB_PASSWORD={}\n", password(seed + round)));
            stanch(root).args(["baseline", "update", "--reason", branch]).run().status(0);
            assert!(git(root, &["add", "-A"]) && git(root, &["commit", "-qm", branch]));
        }
        assert!(git(root, &["checkout", "-q", "main"]));
        assert!(git(root, &["merge", "-q", "--no-edit", "one"]), "round {round}");
        assert!(git(root, &["merge", "-q", "--no-edit", "two"]), "round {round}");
        stanch(root).args(["scan"]).run().status(0);
    }
}

#[test]
fn details_expiry_and_use_are_told() {
    let folder = folder();
    let root = folder.path();
    write(root, "a.env", format!("DB_PASSWORD={}\n", password(1)));
    let create = ["baseline", "create", "--reason", "demo", "--owner", "ops", "--expires", "2026-01-31"];
    stanch(root).args(create).args(["--now", "0"]).run().status(0);
    stanch(root).args(["baseline", "create"]).run().status(2);
    let shown = stanch(root).args(["baseline", "show", "--now", "2026-02-01T00:00:00Z"]).run().status(0);
    assert!(
        shown.stdout.contains("reason: demo  owner: ops  until: 2026-01-31 (expired)"),
        "{}",
        shown.stdout
    );
    stanch(root).args(["scan", "--now", "2026-01-31T23:59:59Z"]).run().status(0);
    let late = stanch(root).args(["scan", "--now", "2026-02-01T00:00:00Z"]).run().status(1);
    assert!(late.stderr.contains("(ops) expired on 2026-01-31"), "{}", late.stderr);
    fs::remove_file(root.join("a.env")).unwrap();
    let unused = stanch(root).args(["scan"]).run().status(0);
    assert!(unused.stderr.contains("1 of 1 entries of the baseline are found no more"), "{}", unused.stderr);
    stanch(root).args(["baseline", "prune"]).run().status(0);
    assert!(stanch(root).args(["scan"]).run().status(0).stderr.is_empty());
}

#[test]
fn a_comment_that_hides_another_value_is_told() {
    let folder = folder();
    let root = folder.path();
    let line = |seed| format!("DB_PASSWORD={} # stanch:allow generic-password\n", password(seed));
    write(root, "a.env", line(1));
    stanch(root).args(["baseline", "create"]).run().status(0);
    assert!(stanch(root).args(["scan"]).run().status(0).stderr.is_empty());
    write(root, "a.env", line(2));
    let changed = stanch(root).args(["scan"]).run().status(0);
    assert!(changed.stderr.contains("a.env:1: what silences this hid another value"), "{}", changed.stderr);
}

#[test]
fn a_path_is_part_of_the_identity_when_asked_for() {
    let folder = folder();
    let root = folder.path();
    write(root, "a.env", format!("DB_PASSWORD={}\n", password(1)));
    stanch(root).args(["baseline", "create", "--with-paths"]).run().status(0);
    stanch(root).args(["scan"]).run().status(0);
    fs::rename(root.join("a.env"), root.join("b.env")).unwrap();
    stanch(root).args(["scan"]).run().status(1);
    stanch(root).args(["scan", "--no-suppressions"]).run().status(1);
}

#[test]
fn a_more_specific_rule_keeps_the_entry() {
    let folder = folder();
    let root = folder.path();
    write(root, "a.env", format!("ACME_PASSWORD={}\n", password(1)));
    stanch(root).args(["baseline", "create"]).run().status(0);
    let rule = "[[context]]\nid = \"acme-password\"\ndescription = \"An Acme password.\"\ncategory = \"password\"\n\
                severity = \"high\"\nkeywords = [\"acme\"]\nvalue = '[0-9A-Za-z]{18}'\n";
    write(root, "mine.toml", rule);
    let ended =
        stanch(root).args(["scan", "--rules", "mine.toml", "--format", "jsonl", "a.env"]).run().status(0);
    assert_eq!(ended.findings()[0]["rule"], "acme-password");
    assert_eq!(ended.findings()[0]["state"], "unchanged");
}

#[test]
fn a_broken_baseline_ends_the_run_before_anything_is_scanned() {
    let folder = folder();
    let root = folder.path();
    write(root, "a.env", format!("DB_PASSWORD={}\n", password(1)));
    stanch(root).args(["baseline", "create"]).run().status(0);
    let path = root.join(".stanch-baseline.toml");
    let good = fs::read_to_string(&path).unwrap();
    let broken = [
        (good[..good.len() - 9].to_owned(), "cut short"),
        (good.replace("version = 1", "version = 9"), "version 9"),
        (good.replace("key = \"", "key = \"00").replacen("00", "0", 1), "`key`"),
        (format!("<<<<<<< HEAD\n{good}"), "a merge left its marks"),
    ];
    for (text, told) in broken {
        fs::write(&path, &text).unwrap();
        let ended = stanch(root).args(["scan"]).run().status(2);
        assert!(ended.stderr.contains(told) && ended.stderr.contains(".stanch-baseline.toml:"), "{ended:?}");
        assert!(ended.stdout.is_empty());
    }
}

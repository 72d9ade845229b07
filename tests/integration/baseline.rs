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
fn a_baseline_is_written_beside_nothing_of_others_and_keeps_its_permissions() {
    let folder = folder();
    let root = folder.path();
    Project::new().save(root, "\n");
    write(root, ".stanch-baseline.toml.new", "someone else writes this\n");
    stanch(root).args(["baseline", "create"]).run().status(0);
    let others = fs::read_to_string(root.join(".stanch-baseline.toml.new")).expect("it is still there");
    assert_eq!(others, "someone else writes this\n");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;

        let path = root.join(".stanch-baseline.toml");
        let mode =
            |path: &std::path::Path| fs::metadata(path).expect("it is there").permissions().mode() & 0o777;
        assert_eq!(mode(&path), mode(&root.join(".stanch-baseline.toml.new")), "as any other file");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).expect("it is ours");
        stanch(root).args(["baseline", "update"]).run().status(0);
        assert_eq!(mode(&path), 0o640);
    }
    let left = fs::read_dir(root).expect("it is a folder").filter_map(Result::ok);
    let left: Vec<_> = left.filter(|entry| entry.file_name().to_string_lossy().starts_with(".tmp")).collect();
    assert!(left.is_empty(), "{left:?}");
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
fn rebasing_and_squashing_change_nothing_and_a_new_secret_is_told() {
    let folder = folder();
    let root = folder.path();
    let mut project = Project::new();
    project.save(root, "\n");
    assert!(git(root, &["init", "-q", "-b", "main", "."]));
    stanch(root).args(["baseline", "create"]).run().status(0);
    let commit = |message: &str| {
        git(root, &["add", "-A"]) && git(root, &["commit", "-q", "--allow-empty", "-m", message])
    };
    assert!(commit("start"));
    let mut random = Random(11);
    for (round, join) in [["rebase", "-q", "main"], ["merge", "--squash", "side"]].into_iter().enumerate() {
        assert!(git(root, &["checkout", "-qB", "side"]));
        for step in 0..5 {
            project.edit(&mut random);
            project.save(root, "\n");
            assert!(commit(&format!("step {step}")));
        }
        let planted = password(700_000 + round as u64);
        write(root, format!("new{round}/.env"), format!("# added\nDB_PASSWORD={planted}\n"));
        assert!(commit("a new one"));
        assert!(git(root, &["checkout", "-q", "main"]));
        write(root, "README", format!("round {round}\n"));
        assert!(commit("meanwhile"));
        let onto = if join[0] == "rebase" { "side" } else { "main" };
        assert!(git(root, &["checkout", "-q", onto]) && git(root, &join), "{join:?}");
        let ended = stanch(root).args(["scan", "--format", "jsonl"]).run().status(1).hides(&planted);
        let new: Vec<_> = ended.findings().into_iter().filter(|one| one["state"] == "new").collect();
        assert_eq!(new.len(), 1, "{join:?}: {new:#?}");
        assert_eq!((&new[0]["path"], &new[0]["start_line"]), (&format!("new{round}/.env").into(), &2.into()));
        fs::remove_dir_all(root.join(format!("new{round}"))).unwrap();
        assert!(commit("joined"));
        stanch(root).args(["scan"]).run().status(0);
        assert!(git(root, &["checkout", "-qB", "main"]));
    }
}

#[test]
fn a_key_comes_from_the_configuration_or_the_environment() {
    let folder = folder();
    let root = folder.path();
    write(root, "a.env", format!("DB_PASSWORD={}\n", password(1)));
    let fingerprint = |key: Option<&str>| {
        let scan = stanch(root).args(["scan", "--format", "jsonl", "--no-suppressions"]);
        let scan = if let Some(key) = key { scan.env("STANCH_FINGERPRINT_KEY", key) } else { scan };
        scan.run().findings()[0]["fingerprint"].as_str().unwrap().to_owned()
    };
    let (one, other) = ("00112233445566778899aabbccddeeff", "ffeeddccbbaa99887766554433221100");
    let (fixed, of_one) = (fingerprint(None), fingerprint(Some(one)));
    assert!(fixed != of_one && of_one != fingerprint(Some(other)));
    write(root, "stanch.toml", format!("fingerprint_key = \"{one}\"\n"));
    assert_eq!(fingerprint(None), of_one);
    let shown = stanch(root).args(["config", "show"]).run().status(0).hides(one).stdout;
    assert!(shown.contains("fingerprint_key = \"********\"") && shown.contains("# stanch.toml:1"), "{shown}");
    stanch(root).args(["baseline", "create"]).run().status(0);
    let written = fs::read_to_string(root.join(".stanch-baseline.toml")).unwrap();
    assert!(
        written.contains(one) && written.contains(&of_one),
        "a baseline takes the key that is configured"
    );
    stanch(root).args(["scan"]).run().status(0);
    for (args, told) in [
        (["scan", "."], "the fingerprint key is not the one that .stanch-baseline.toml was made with"),
        (["baseline", "update"], "STANCH_FINGERPRINT_KEY: the fingerprint key is not the one"),
    ] {
        let ended = stanch(root).args(args).env("STANCH_FINGERPRINT_KEY", other).run().status(2).hides(other);
        assert!(ended.stderr.contains(told) && ended.stdout.is_empty(), "{ended:?}");
    }
    let wrong = stanch(root).args(["scan"]).env("STANCH_FINGERPRINT_KEY", "secret").run().status(2);
    assert!(wrong.stderr.contains("STANCH_FINGERPRINT_KEY: is not 32 lower-case hex digits"), "{wrong:?}");
    write(root, "stanch.toml", "fingerprint_key = \"00\"\n");
    let wrong = stanch(root).args(["scan"]).run().status(2);
    assert!(
        wrong.stderr.contains("stanch.toml:1: `fingerprint_key` is not 32 lower-case hex digits"),
        "{wrong:?}"
    );
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
    let entry = good.lines().nth(6).unwrap();
    let key = good.lines().nth(3).unwrap();
    let broken = [
        (good[..good.len() - 9].to_owned(), 7, "is the file cut short"),
        (good.replace("version = 1", "version = 9"), 3, "version 9 of the format is not known, only 1"),
        (good.replace("key = \"", "key = \"0"), 4, "`key` is not 32 lower-case hex digits"),
        (
            good.replace(key, "key = \"00112233445566778899aabbccddeeff\""),
            4,
            "restore it, or make a new baseline",
        ),
        (format!("<<<<<<< HEAD\n{good}"), 1, "a merge left its marks: keep the lines of both sides"),
        (good.replace(entry, &format!("{entry}\n=======")), 8, "a merge left its marks"),
        (good.replace(key, &format!("{key}\n{key}")), 5, "duplicate key"),
        (good.replace(entry, &entry.replace("rule =", "rul =")), 7, "unknown field `rul`"),
    ];
    for (text, line, told) in broken {
        fs::write(&path, &text).unwrap();
        for verb in [["scan", "."], ["baseline", "update"], ["baseline", "show"]] {
            let ended = stanch(root).args(verb).run().status(2);
            let place = format!(".stanch-baseline.toml:{line}: ");
            assert!(ended.stderr.contains(told) && ended.stderr.contains(&place), "{told}: {ended:?}");
            assert!(ended.stdout.is_empty());
        }
    }
}

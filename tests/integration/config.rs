//! `stanch.toml` and what other tools were told, as a project has them.

use std::fs;
use std::path::Path;

use serde_json::Value;

use super::common::{Ended, folder, password, stanch, write};

/// A project with a password in each of these files, on the second line.
fn project(files: &[&str]) -> tempfile::TempDir {
    let folder = folder();
    for (seed, path) in (1..).zip(files) {
        write(folder.path(), path, format!("# settings\nDB_PASSWORD={}\n", password(seed)));
    }
    folder
}

fn scan(root: &Path) -> Ended {
    stanch(root).args(["scan", "--format", "jsonl"]).run()
}

/// The paths of the findings that count.
pub fn counted(ended: &Ended) -> Vec<String> {
    let counts = |finding: &Value| finding["suppression"].is_null() && finding["state"] == "new";
    let findings = ended.findings().into_iter().filter(counts);
    findings.map(|finding| finding["path"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn paths_rules_and_severities_are_configured() {
    let folder = project(&["a.env", "vendor/b.env", "tests/c.env", "prod/d.env"]);
    let root = folder.path();
    let config = r#"
exclude = ["vendor"]

[[allow]]
paths = ["tests/**"]
rules = ["generic-password"]
reason = "of the test database"

[[policy]]
environment = "production"
severity = "critical"
"#;
    write(root, "stanch.toml", config);
    let ended = scan(root).status(1);
    assert_eq!(counted(&ended), ["a.env", "prod/d.env"]);
    let findings = ended.findings();
    assert_eq!(findings.len(), 3, "what is excluded is not scanned");
    let allowed = &findings.iter().find(|one| one["path"] == "tests/c.env").unwrap()["suppression"];
    assert_eq!(
        (&allowed["kind"], &allowed["reason"]),
        (&"configuration".into(), &"of the test database".into())
    );
    let severe = findings.iter().find(|one| one["path"] == "prod/d.env").unwrap();
    assert_eq!(severe["severity"], "critical");
    assert!(ended.stdout.contains(r#""excluded""#), "{}", ended.stdout);
    let all = stanch(root).args(["scan", "--format", "jsonl", "--no-suppressions"]).run().status(1);
    assert_eq!(counted(&all).len(), 3);
    write(root, "stanch.toml", "[rule.generic-password]\nenabled = false\n");
    assert!(scan(root).status(0).findings().is_empty());
}

#[test]
fn policies_hold_by_environment_and_by_path() {
    let folder = project(&["src/a.env", "test/b.env", "production/c.env"]);
    let root = folder.path();
    let severities = |config: &str| -> Vec<(String, String)> {
        write(root, "stanch.toml", config);
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let findings = scan(root).findings().into_iter();
        findings.map(|one| (text(&one["path"]), text(&one["severity"]))).collect()
    };
    let usual = severities("");
    assert_eq!(usual.len(), 3);
    let severity = |path: &str| usual.iter().find(|(one, _)| one == path).unwrap().clone();
    let with = |path: &str, severity: &str| (path.to_owned(), severity.to_owned());
    let (a, b, c) = ("src/a.env", "test/b.env", "production/c.env");
    let policy = "[[policy]]\nenvironment = \"test\"\nseverity = \"info\"\n[[policy]]\nenvironment = \"production\"\n\
                  severity = \"critical\"\n";
    assert_eq!(severities(policy), [with(c, "critical"), severity(a), with(b, "info")]);
    let later = format!("{policy}[[policy]]\npaths = [\"production\"]\nseverity = \"low\"\n");
    assert_eq!(severities(&later), [with(c, "low"), severity(a), with(b, "info")], "the last one holds");
    let off = "[[policy]]\nenvironment = \"test\"\noff = [\"generic-password\"]\n";
    assert_eq!(severities(off), [severity(c), severity(a)]);
    let rule = "[rule.generic-password]\nseverity = \"low\"\n[[policy]]\npaths = [\"src/**\"]\nseverity = \"medium\"\n";
    assert_eq!(severities(rule), [with(c, "low"), with(a, "medium"), with(b, "low")]);
    // What is less sure is reported only where that is asked for.
    write(root, "src/d.py", "password = \"changeme\"\n");
    let usual =
        stanch(root).args(["scan", "--format", "jsonl", "--confidence", "low"]).run().findings().len();
    let sure = "confidence = \"low\"\n[[policy]]\npaths = [\"src\"]\nconfidence = \"high\"\n";
    assert!(severities(sure).iter().all(|(path, _)| !path.starts_with("src/")));
    assert!(usual >= 3);
}

#[test]
fn allowances_that_expired_or_are_of_no_use_are_told() {
    let folder = project(&["a.env"]);
    let root = folder.path();
    let config =
        "[[allow]]\npaths = [\"a.env\"]\nexpires = \"2026-01-31\"\n\n[[allow]]\nwords = [\"nothing-such\"]\n";
    write(root, "stanch.toml", config);
    let at = |time: &str| stanch(root).args(["scan", "--now", time]).run();
    let before = at("2026-01-31T23:59:59Z").status(0).stderr;
    assert!(
        !before.contains("expired") && before.contains("stanch.toml:5: this allows nothing that is found"),
        "{before}"
    );
    let after = at("2026-02-01T00:00:00Z").status(1).stderr;
    assert!(
        after.contains("stanch.toml:1: this expired on 2026-01-31; what it allowed is reported again"),
        "{after}"
    );
    write(root, "stanch.toml", "");
    write(root, ".gitleaksignore", "b.env:generic-password:2\n");
    let unused = at("0").status(1).stderr;
    assert!(unused.contains(".gitleaksignore: 1 of 1 entries hide nothing that stanch finds"), "{unused}");
}

#[test]
fn the_nearest_file_the_environment_and_arguments_come_over_each_other() {
    let folder = project(&["sub/a.env"]);
    let root = folder.path();
    let git = std::process::Command::new("git").current_dir(root).args(["init", "-q"]).status();
    assert!(git.unwrap().success());
    // The tests' XDG_CONFIG_HOME is the folder itself.
    write(root, "stanch/stanch.toml", "confidence = \"high\"\n[[allow]]\nwords = [\"never\"]\n");
    let show = |folder: &str| stanch(root).args(["config", "show", folder]);
    let shown = show(".").run().status(0).stdout;
    assert!(shown.contains("confidence = \"high\"") && shown.contains("# stanch/stanch.toml:1"), "{shown}");
    write(root, "stanch.toml", "confidence = \"low\"\n");
    let shown = show("sub").run().status(0).stdout;
    assert!(shown.contains("confidence = \"low\"") && shown.contains("# stanch.toml:1"), "{shown}");
    assert!(shown.contains("# stanch/stanch.toml:2"), "lists are joined: {shown}");
    let shown = show("sub").env("STANCH_CONFIDENCE", "medium").run().status(0).stdout;
    assert!(shown.contains("confidence = \"medium\"") && shown.contains("# STANCH_CONFIDENCE"), "{shown}");
    let shown = show("sub").args(["--confidence", "high"]).env("STANCH_CONFIDENCE", "medium").run().stdout;
    assert!(shown.contains("confidence = \"high\"") && shown.contains("# --confidence"), "{shown}");
    write(root, "other.toml", "exclude = [\"sub\"]\n");
    stanch(root).args(["scan", "--config", "other.toml"]).run().status(0);
    show(".").env("STANCH_CONFIDENCE", "sure").run().status(2);
}

#[test]
fn mistakes_name_file_and_line_and_nothing_is_scanned() {
    let folder = project(&["a.env"]);
    let root = folder.path();
    write(root, "b.toml", "extends = [\"stanch.toml\"]\n");
    let cases = [
        ("a = 1\n", "stanch.toml:1: unknown field `a`"),
        ("\nexclude = 1\n", "stanch.toml:2: invalid type"),
        ("exclude = [\n  \"a[\",\n]\n", "stanch.toml:2: `a[` is no glob"),
        ("[[allow]]\nvalues = ['(a']\n", "stanch.toml:2: `(a` is no regular expression"),
        ("[[allow]]\nreason = \"all\"\n", "it would allow everything"),
        ("[[allow]]\nwords = [\"\"]\n", "stanch.toml:1: `words` holds an empty one"),
        ("[[allow]]\nvalues = [\n  \"\"]\n", "stanch.toml:3: an empty expression matches everything"),
        ("exclude = [\"./\"]\n", "stanch.toml:1: `./` stands for all files there are"),
        ("exclude = [\"**\"]\n", "stanch.toml:1: `**` stands for all files there are"),
        ("exclude = [\"**/\"]\n", "stanch.toml:1: `**/` stands for all files there are"),
        ("exclude = [\"./*\"]\n", "stanch.toml:1: `./*` stands for all files there are"),
        ("[[allow]]\npaths = [\"*\"]\n", "stanch.toml:2: `*` stands for all files there are"),
        ("[[allow]]\npaths = [\"/\"]\n", "stanch.toml:2: `/` stands for all files there are"),
        ("[[allow]]\nwords = [\"x\"]\nexpires = \"soon\"\n", "stanch.toml:3: `expires` is a day"),
        ("[rule.no-such-rule]\nenabled = false\n", "stanch.toml:1: no rule is called `no-such-rule`"),
        ("[[policy]]\nenvironment = \"moon\"\n", "stanch.toml:2: `moon` is none of production"),
        ("extends = [\"no.toml\"]\n", "stanch.toml:1: `extends` names no.toml, which is not there"),
        ("extends = [\"b.toml\"]\n", "b.toml:1: `extends` comes back to stanch.toml"),
        ("confidence = \"sure\"\n", "stanch.toml:1: unknown variant `sure`"),
        ("confidence = \n", "stanch.toml:1:"),
    ];
    for (text, told) in cases {
        write(root, "stanch.toml", text);
        let ended = scan(root).status(2);
        assert!(ended.stderr.contains(told), "{told}: {}", ended.stderr);
        assert_eq!(ended.stderr.lines().count(), 1, "one mistake is told once: {}", ended.stderr);
        assert!(ended.stdout.is_empty());
    }
    for (name, text, told) in [
        (
            ".gitleaks.toml",
            "[extend]\npath = \".gitleaks.toml\"\n",
            ".gitleaks.toml:2: `extend.path` comes back",
        ),
        (".gitleaks.toml", "[allowlist\n", ".gitleaks.toml:1:"),
        (".gitleaks.toml", "[allowlist]\npaths = [3]\n", ".gitleaks.toml:2: `paths` holds something"),
        (".secrets.baseline", "{\"results\": 3}", ".secrets.baseline:1: no baseline"),
        (".gitguardian.yaml", "version: 2\nsecret: [\n", ".gitguardian.yaml:"),
    ] {
        fs::remove_file(root.join("stanch.toml")).ok();
        write(root, name, text);
        let ended = scan(root).status(2);
        assert!(ended.stderr.contains(told), "{told}: {}", ended.stderr);
        fs::remove_file(root.join(name)).unwrap();
    }
    fs::create_dir(root.join("stanch.toml")).unwrap();
    assert!(scan(root).status(2).stderr.contains("stanch.toml"));
    fs::remove_dir(root.join("stanch.toml")).unwrap();
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink("nowhere", root.join("stanch.toml")).unwrap();
        assert!(scan(root).status(2).stderr.contains("stanch.toml"));
    }
}

#[test]
fn the_schema_knows_every_field_and_accepts_a_file() {
    let folder = folder();
    let schema = stanch(folder.path()).args(["config", "schema"]).run().status(0).stdout;
    let schema: Value = serde_json::from_str(&schema).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let good: Value = toml::from_str(
        "confidence = \"low\"\nexclude = [\"a\"]\n[rule.x]\nseverity = \"low\"\n[[allow]]\nwords = [\"x\"]\n\
         [[policy]]\nenvironment = \"test\"\n[rotation]\nproduction_days = 30\n",
    )
    .unwrap();
    assert!(
        validator.is_valid(&good),
        "{:?}",
        validator.iter_errors(&good).map(|it| it.to_string()).collect::<Vec<_>>()
    );
    for bad in
        ["confidenc = \"low\"", "confidence = \"sure\"", "[[allow]]\nword = [\"x\"]", "[rotation]\ndays = 1"]
    {
        let bad: Value = toml::from_str(bad).unwrap();
        assert!(!validator.is_valid(&bad), "{bad}");
    }
}

/// SHA-1 and SHA-256 as the other tools keep them, from the system's own programs.
fn digest(program: &str, text: &str) -> String {
    let folder = folder();
    write(folder.path(), "text", text);
    let output = std::process::Command::new(program).arg(folder.path().join("text")).output().unwrap();
    String::from_utf8(output.stdout).unwrap().split_whitespace().next().unwrap().to_owned()
}

#[test]
fn what_other_tools_were_told_holds() {
    let paths = ["a.env", "b/c.env", "e.env", "f.env", "g.env", "tests/d.env"];
    let rest = |hidden: &[&str]| -> Vec<String> {
        paths.iter().filter(|path| !hidden.contains(path)).map(|path| (*path).to_owned()).collect()
    };
    let secret = |path: &str| password(1 + paths.iter().position(|one| *one == path).unwrap() as u64);
    let report = |path: &str, secret: &str| {
        format!(
            r#"[{{"RuleID":"generic-api-key","File":"{path}","StartLine":2,"Secret":"{secret}","Match":"x"}}]"#
        )
    };
    let cases: &[(&str, String, &[&str])] = &[
        (".gitleaks.toml", "[allowlist]\npaths = ['''^tests/''', '''(?i)B/C''']\n".into(), &["tests/d.env", "b/c.env"]),
        (".gitleaks.toml", format!("[[allowlists]]\nregexes = ['^{}$']\n", secret("e.env")), &["e.env"]),
        (".gitleaks.toml", format!("[[allowlists]]\nstopwords = ['{}']\n", secret("e.env").to_lowercase()), &["e.env"]),
        (
            ".gitleaks.toml",
            format!(
                "[[allowlists]]\ncondition = \"AND\"\npaths = ['f\\.env']\nregexTarget = \"line\"\nregexes = ['{}', '^DB_']\n",
                secret("a.env")
            ),
            &["f.env"],
        ),
        (
            ".gitleaks.toml",
            "[[rules]]\nid = \"generic-password\"\n[[rules.allowlists]]\npaths = ['g']\n[[rules]]\nid = \
             \"slack-bot-token\"\n[[rules.allowlists]]\npaths = ['.*']\n"
                .into(),
            &["g.env"],
        ),
        (".gitleaks.toml", "[extend]\nuseDefault = true\ndisabledRules = [\"generic-password\"]\n".into(), &paths),
        (".betterleaks.toml", "[[allowlists]]\npaths = ['a\\.env']\n".into(), &["a.env"]),
        (
            ".gitleaksignore",
            "# known\n0123456789012345678901234567890123456789:a.env:generic-api-key-x:2\nb/c.env:some-rule:2\ne.env:generic-secret:2\n"
                .into(),
            &[],
        ),
        (".gitleaksignore", "a.env:generic-password:2\nb/c.env:generic-password:1\n".into(), &["a.env"]),
        (
            ".secrets.baseline",
            format!(
                r#"{{"version":"1.5.0","results":{{"a.env":[{{"type":"Secret Keyword","filename":"a.env","hashed_secret":"{}","line_number":9}}],"b/c.env":[{{"type":"Secret Keyword","filename":"b/c.env","hashed_secret":"{}","line_number":2}}]}},"filters_used":[{{"path":"detect_secrets.filters.regex.should_exclude_file","pattern":["^e\\.env$"]}}]}}"#,
                digest("sha1sum", &secret("a.env")),
                digest("sha1sum", "another"),
            ),
            &["a.env", "e.env"],
        ),
        (
            ".gitguardian.yaml",
            format!(
                "version: 2\nsecret:\n  ignored_paths:\n    - tests/**\n    - g.env\n  ignored_matches:\n    - name: demo\n      match: {}\n    - name: hashed\n      match: {}\n",
                secret("a.env"),
                digest("sha256sum", &secret("e.env")),
            ),
            &["tests/d.env", "g.env", "a.env", "e.env"],
        ),
        (".gitguardian.yml", "paths-ignore:\n  - b/*\nmatches-ignore:\n  - name: x\n    match: nothing\n".into(), &["b/c.env"]),
        (".secretsignore", format!("tests/\n\n[secrets]\n{}\n", secret("g.env")), &["tests/d.env", "g.env"]),
    ];
    for (name, text, hidden) in cases {
        let folder = project(&paths);
        write(folder.path(), name, text);
        let ended = scan(folder.path());
        let generic_names = text.contains("generic-api-key-x");
        let expected = if generic_names { rest(&["a.env", "b/c.env", "e.env"]) } else { rest(hidden) };
        assert_eq!(counted(&ended), expected, "{name}: {text}\n{}", ended.stderr);
        assert!(ended.stderr.lines().all(|line| line.starts_with("stanch: note: ")), "{}", ended.stderr);
        write(folder.path(), "stanch.toml", "foreign = \"none\"\n");
        assert_eq!(counted(&scan(folder.path())), paths, "it can be turned off");
        fs::remove_file(folder.path().join("stanch.toml")).unwrap();
        // A comment still counts when the files do not.
        let below = format!("DB_PASSWORD={} # gitleaks:allow\n", password(99));
        write(folder.path(), "z.sh", below);
        // Taken over, the same holds without the other tool's file.
        let migrated = stanch(folder.path()).args(["migrate"]).run().status(0);
        fs::remove_file(folder.path().join(name)).unwrap();
        let after = scan(folder.path());
        assert_eq!(counted(&after), expected, "{name}: {text}\n{migrated:?}\n{}", after.stderr);
    }
    for (secret, hidden) in [(secret("a.env"), true), ("REDACTED".to_owned(), true), (secret("e.env"), false)]
    {
        let folder = project(&paths);
        write(
            folder.path(),
            "report.json",
            report("a.env", &secret).replace("generic-api-key", "generic-password"),
        );
        let ended =
            stanch(folder.path()).args(["scan", "--format", "jsonl", "--baseline", "report.json"]).run();
        assert_eq!(!counted(&ended).contains(&"a.env".to_owned()), hidden);
    }
}

#[test]
fn comments_of_other_tools_are_honoured() {
    let folder = folder();
    let root = folder.path();
    let comments = [
        "# gitleaks:allow",
        "# betterleaks:allow",
        "# trufflehog:ignore",
        "# kingfisher:ignore",
        "# pragma: allowlist secret",
        "# ggignore",
        "# nosec B105",
        "# noqa: S105",
    ];
    let lines: Vec<_> =
        (1..).zip(comments).map(|(seed, it)| format!("DB{seed}_PASSWORD={} {it}", password(seed))).collect();
    write(root, "a.sh", lines.join("\n"));
    let below = format!("# pragma: allowlist nextline secret\nDB_PASSWORD={}\n", password(50));
    write(root, "b.sh", below);
    write(root, "c.sh", format!("DB_PASSWORD={} # nosec\n# gitleaks:allow\n", password(60)));
    let ended = scan(root).status(1);
    assert_eq!(counted(&ended), ["c.sh"]);
    assert_eq!(ended.findings().len(), comments.len() + 2);
    write(root, "stanch.toml", "foreign = \"none\"\n");
    assert_eq!(counted(&scan(root)).len(), comments.len() + 2);
}

#[test]
fn what_is_not_supported_is_named_with_its_line() {
    let folder = project(&["a.env"]);
    let root = folder.path();
    let config = "[[rules]]\nid = \"acme\"\nregex = '''acme_[0-9]+'''\n\n[allowlist]\nregexes = [\n  '(?=x)y',\n]\ncommits = [\"abc\"]\n";
    write(root, ".gitleaks.toml", config);
    let ended = scan(root).status(1);
    assert!(
        ended.stderr.contains(".gitleaks.toml: 2 not supported; `stanch config show`"),
        "{}",
        ended.stderr
    );
    let shown = stanch(root).args(["config", "show"]).run().status(0).stdout;
    for told in [
        ".gitleaks.toml:7: the expression `(?=x)y` is not supported: look-around",
        ".gitleaks.toml:9: `abc` is no id of a commit",
    ] {
        assert!(shown.contains(told), "{told}: {shown}");
    }
}

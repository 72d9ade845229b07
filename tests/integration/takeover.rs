//! The rules of other tools' configurations, taken over unchanged and then for good.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use super::common::{Ended, folder, password, stanch, write};

fn scan(root: &Path) -> Ended {
    stanch(root).args(["scan", "--format", "jsonl"]).run()
}

/// Rule, path, line, first column and last column of the findings that count.
fn found(ended: &Ended) -> Vec<String> {
    let counts = |finding: &Value| finding["suppression"].is_null() && finding["state"] == "new";
    let place = |finding: Value| {
        let text = |name: &str| finding[name].as_str().unwrap_or_default().to_owned();
        let number = |name: &str| finding[name].as_u64().unwrap_or_default();
        let (line, start, end) = (number("start_line"), number("start_column"), number("end_column"));
        format!("{} {}:{line}:{start}-{end}", text("rule"), text("path"))
    };
    ended.findings().into_iter().filter(counts).map(place).collect()
}

/// Asserts what is found with a configuration of gitleaks, and that the same is found once it was migrated.
#[track_caller]
fn finds(root: &Path, config: &str, expected: &[&str]) {
    write(root, ".gitleaks.toml", config);
    let before = scan(root);
    assert_eq!(found(&before), expected, "{before:#?}");
    stanch(root).args(["migrate", "--force"]).run().status(0);
    fs::remove_file(root.join(".gitleaks.toml")).unwrap();
    let after = scan(root);
    assert_eq!(found(&after), expected, "{after:#?}");
    for name in ["stanch.toml", "stanch-rules.toml", ".stanch-baseline.toml"] {
        fs::remove_file(root.join(name)).ok();
    }
}

#[test]
fn a_rule_finds_what_its_expression_says() {
    let folder = folder();
    let root = folder.path();
    write(root, "a.txt", "the acme code: 1234-5678\nanother code: 8765-4321\n");
    write(root, "b.txt", "a code: 1234-5678\n");
    let rule = |fields: &str| format!("[[rules]]\nid = \"Acme_Code\"\n{fields}\n");
    let code = "regex = '''code: ([0-9]{4})-([0-9]{4})'''";
    finds(
        root,
        &rule(code),
        &["Acme_Code a.txt:1:16-20", "Acme_Code a.txt:2:15-19", "Acme_Code b.txt:1:9-13"],
    );
    let group = format!("{code}\nsecretGroup = 2\nkeywords = [\"ACME\", \"umbrella\"]");
    finds(root, &rule(&group), &["Acme_Code a.txt:1:21-25", "Acme_Code a.txt:2:20-24"]);
    finds(root, &rule(&format!("{code}\npath = '''^b\\.'''")), &["Acme_Code b.txt:1:9-13"]);
    finds(root, &rule(&format!("{code}\nentropy = 2.5")), &[]);
    finds(
        root,
        &rule(&format!("{code}\n[[rules.allowlists]]\nregexTarget = \"line\"\nregexes = ['acme|a code']")),
        &["Acme_Code a.txt:2:15-19"],
    );
    finds(root, &rule("regex = '''(?i)CODE: \\d{4}-\\d{4}$'''"), &[]);
    finds(root, &rule("regex = '''(?im)^A CODE: \\d{4}-\\d{4}$'''"), &["Acme_Code b.txt:1:1-18"]);
    finds(root, &format!("[extend]\ndisabledRules = [\"Acme_Code\"]\n{}", rule(code)), &[]);
    write(root, "c.txt", "acme\0\x01\0code: 1234-5678\n");
    finds(root, &rule(&format!("{code}\nkeywords = [\"acme\"]\npath = 'c'")), &[]);
}

#[test]
fn a_rule_that_names_files_finds_all_that_they_hold() {
    let folder = folder();
    let root = folder.path();
    write(root, "keys/ota.key", "first line\nsecond line\n");
    write(root, "keys/empty.key", "");
    write(root, "keys/binary.key", "a\0b");
    write(root, "ota.key.md", "of keys\n");
    let rule = "[[rules]]\nid = 'key-file'\npath = '\\.key$'\nentropy = 7\n";
    finds(root, rule, &["key-file keys/binary.key:1:1-4", "key-file keys/ota.key:1:1-12"]);
    let own = "[[regex]]\nid = 'x'\ndescription = 'x'\ncategory = 'api-key'\nseverity = 'low'\n";
    write(root, "own.toml", own);
    let refused = stanch(root).args(["scan", "--rules", "own.toml"]).run().status(2);
    assert!(refused.stderr.contains("own.toml:2: neither `regex` nor `path_regex` is there"), "{refused:?}");
    finds(root, &format!("{rule}[rules.allowlist]\npaths = ['^keys/']\n"), &[]);
    // In a history, too, and no name of a file is taken for one.
    write(root, ".gitleaks.toml", rule);
    git(root, &["init", "-q", "-b", "main", "."]);
    git(root, &["add", "-A"]);
    git(root, &["commit", "-qm", "one.key"]);
    git(root, &["mv", "keys", "moved"]);
    git(root, &["commit", "-qm", "two.key"]);
    let ended = stanch(root).args(["git", "--format", "jsonl"]).run().status(1);
    assert_eq!(found(&ended), ["key-file moved/binary.key:1:1-4", "key-file moved/ota.key:1:1-12"]);
    assert!(ended.findings().iter().all(|one| one["also_at"].as_array().unwrap().len() == 1), "{ended:?}");
}

#[test]
fn an_allowlist_looks_at_what_it_says() {
    let folder = folder();
    let root = folder.path();
    write(root, "a.txt", "old: code=1234 ok\n");
    let allowed = |fields: &str| {
        format!("[[rules]]\nid = 'r'\nregex = 'code=(\\d+)'\n[[rules.allowlists]]\n{fields}\n")
    };
    let found = ["r a.txt:1:11-15"];
    finds(root, &allowed("regexes = ['^code=1']"), &found);
    finds(root, &allowed("regexes = ['old']\nregexTarget = 'match'"), &found);
    finds(root, &allowed("regexes = ['^code=1']\nregexTarget = 'match'"), &[]);
    finds(root, &allowed("regexes = ['^code=1']\nregexTarget = 'line'"), &found);
    finds(root, &allowed("regexes = ['^old.*ok$']\nregexTarget = 'line'"), &[]);
    finds(root, &allowed("condition = 'AND'\nregexes = ['1']\npaths = ['b']"), &found);
    finds(root, &allowed("condition = 'AND'\nregexes = ['1']\npaths = ['a']"), &[]);
    finds(root, &allowed("regexes = ['1']\npaths = ['b']"), &[]);
}

#[test]
fn what_a_rule_requires_must_be_near() {
    let folder = folder();
    let root = folder.path();
    write(root, "near.txt", "user=joe\n\npin=1234\n");
    write(root, "far.txt", "user=joe\n\n\npin=1234\n");
    write(root, "none.txt", "pin=1234\n");
    let rules = "[[rules]]\nid = 'pin'\nregex = 'pin=([0-9]{4})'\n[[rules.required]]\nid = 'user'\nNEAR\n\
                 [[rules]]\nid = 'user'\nregex = 'user=([a-z]+)'\nskipReport = true\n";
    finds(root, &rules.replace("NEAR", "withinLines = 2"), &["pin near.txt:3:5-9"]);
    // Columns are those of all that is matched, on whichever line.
    write(root, "beside.txt", "user=joe pin=1234\n");
    let below = ["pin far.txt:4:5-9", "pin near.txt:3:5-9"];
    finds(root, &rules.replace("NEAR", "withinColumns = 0"), &below);
    finds(root, &rules.replace("NEAR", "withinColumns = 8"), &below);
    finds(root, &rules.replace("NEAR", "withinColumns = 9"), &["pin beside.txt:1:14-18", below[0], below[1]]);
    fs::remove_file(root.join("beside.txt")).unwrap();
    finds(root, &rules.replace("NEAR", ""), &["pin far.txt:4:5-9", "pin near.txt:3:5-9"]);
    finds(root, &rules.replace("NEAR", "withinLines = 2\nwithinColumns = 1"), &["pin near.txt:3:5-9"]);
    // A match begins before its secret.
    let over = rules.replace("user=([a-z]+)", "user=\\s+([a-z]+)").replace("NEAR", "withinLines = 2");
    write(root, "near.txt", "user=\njoe\npin=1234\n");
    write(root, "far.txt", "user=\n\njoe\npin=1234\n");
    finds(root, &over, &["pin near.txt:3:5-9"]);
}

#[test]
fn what_is_not_to_be_told_is_no_partner_in_files_and_in_history() {
    let folder = folder();
    let root = folder.path();
    let rules = r#"
        [[rule]]
        id = "acme-key-id"
        description = "The public half of a pair."
        category = "id"
        severity = "low"
        confidence = "medium"
        literals = ["acid_"]
        pattern = 'acid_[a-z0-9]{20}'
        pairs_with = ["own"]
        partner_only = true
        references = ["https://docs.example.com/keys"]
        examples = ['id: «acid_{lower:20}»']

        [[regex]]
        id = "own"
        description = "Something that is only required."
        category = "api-key"
        severity = "low"
        keywords = ["ownkey"]
        regex = 'ownkey_[a-z0-9]{20}'
        unreported = true
    "#;
    write(root, "a.txt", "id: acid_k3x9w2m7q4z8v1t6r5y0\nx ownkey_b7d2p9f4h1n6s3j8c5g0\n");
    let outside = crate::common::folder();
    write(outside.path(), "rules.toml", rules);
    let path = outside.path().join("rules.toml").display().to_string();
    git(root, &["init", "-q", "-b", "main", "."]);
    git(root, &["add", "-A"]);
    git(root, &["commit", "-qm", "change"]);
    stanch(root).args(["scan", "--rules", &path]).run().status(0);
    stanch(root).args(["git", "--rules", &path]).run().status(0);
}

#[test]
fn rules_that_are_gitleaks_own_are_not_taken_twice() {
    let folder = folder();
    let root = folder.path();
    let secret = password(1);
    write(root, "a.env", format!("DB_PASSWORD={secret}\nPIN=1234\n"));
    let own = "generic-password a.env:1:13-31";
    // Without an expression, it changes the rule of that name.
    write(root, ".gitleaks.toml", "[extend]\nuseDefault = true\n[[rules]]\nid = 'generic-password'\n");
    assert_eq!(found(&scan(root)), [own]);
    // With one, it stands beside it, and what is allowed for it is allowed for both.
    let pin = "[[rules]]\nid = 'generic-password'\nregex = 'PIN=([0-9]{4})'\n";
    finds(root, pin, &[own, "generic-password-custom a.env:2:5-9"]);
    finds(root, &format!("{pin}[rules.allowlist]\npaths = ['env$']\n"), &[]);
    // A file that writes many of them out is a copy.
    let listed = stanch(root).args(["rules", "list", "--format", "json"]).run().status(0).stdout;
    let listed: Vec<Value> = serde_json::from_str(&listed).unwrap();
    let ids = listed.iter().filter_map(|rule| rule["id"].as_str()).take(19);
    let copy: String = ids.map(|id| format!("[[rules]]\nid = '{id}'\nregex = 'PIN'\n")).collect();
    write(root, ".gitleaks.toml", format!("{copy}{pin}[[rules]]\nid = 'x'\nregex = '=(12)'\n"));
    assert_eq!(found(&scan(root)), [own, "x a.env:2:5-7"]);
    let shown = stanch(root).args(["config", "show"]).run().status(0).stdout;
    assert!(shown.contains(".gitleaks.toml:1: 20 rules are called as stanch's own are"), "{shown}");
    assert!(
        shown.contains("taken[] = \"x: without keywords, in every text\"")
            && shown.contains("# .gitleaks.toml:61"),
        "{shown}"
    );
}

#[test]
fn a_rule_speaks_when_stanch_is_less_sure() {
    let folder = folder();
    let root = folder.path();
    write(root, "a.py", "password = \"changeme\"\n");
    assert_eq!(found(&scan(root)), [""; 0]);
    finds(root, "[[rules]]\nid = 'any'\nregex = 'password = \"(.+)\"'\n", &["any a.py:1:13-21"]);
}

#[test]
fn a_configuration_comes_over_the_one_that_it_extends() {
    let folder = folder();
    let root = folder.path();
    write(root, "a.txt", "pin=1234\npin=5678\n");
    write(root, "base.toml", "[[rules]]\nid = 'pin'\nregex = 'pin=([0-9]{4})'\nkeywords = ['pin']\n");
    let extend = "[extend]\npath = 'base.toml'\n[[rules]]\nid = 'pin'\n";
    finds(root, extend, &["pin a.txt:1:5-9", "pin a.txt:2:5-9"]);
    finds(root, &format!("{extend}regex = 'pin=(56)'\n"), &["pin a.txt:2:5-7"]);
    finds(root, &format!("{extend}[[rules.allowlists]]\nstopwords = ['34']\n"), &["pin a.txt:2:5-9"]);
    for (base, told) in [
        ("[[rules]]\nregex = 'a'\n", "base.toml:1: a rule without `id`"),
        (
            "\n[extend]\npath = '.gitleaks.toml'\n",
            "base.toml:3: `extend.path` comes back to .gitleaks.toml: a circle",
        ),
        ("[extend]\npath = 'no.toml'\n", "base.toml:2: `extend.path` names no.toml, which is not there"),
        ("[[rules]]\nid = 'a'\nentropy = 'b'\n", "base.toml:3: `entropy` of rule `a` is no number"),
        ("rules = 3\n", "base.toml:1: `rules` is not a table"),
    ] {
        write(root, "base.toml", base);
        write(root, ".gitleaks.toml", extend);
        let ended = scan(root).status(2);
        assert!(ended.stderr.contains(told) && ended.stdout.is_empty(), "{told}: {ended:#?}");
    }
}

#[test]
fn nothing_is_scanned_without_a_rule_that_cannot_be_taken_over() {
    let folder = folder();
    let root = folder.path();
    write(root, "a.txt", "pin=1234\n");
    let cases = [
        (
            "regex = '(pin'",
            "3: rule `r` cannot be taken over: the expression `(pin` is not supported: unclosed group",
        ),
        (
            "regex = '(?=x)y'",
            "3: rule `r` cannot be taken over: the expression `(?=x)y` is not supported: look-around",
        ),
        (
            "regex = 'a{1000}{1000}'",
            "3: rule `r` cannot be taken over: the expression `a{1000}{1000}` is not supported",
        ),
        ("regex = 'p(i)n'\nsecretGroup = 2", "3: rule `r` cannot be taken over: `secretGroup` is 2"),
        ("regex = 'a'\n[[rules.required]]\nid = 'b'", "4: rule `r` cannot be taken over: it requires `b`"),
        (
            "regex = 'pin'\n[rules.allowlist]\nregexes = ['[a']",
            "5: `[a` is no regular expression: unclosed character class",
        ),
    ];
    for (fields, told) in cases {
        write(root, ".gitleaks.toml", format!("[[rules]]\nid = 'r'\n{fields}\n"));
        let ended = scan(root).status(2);
        assert!(ended.stderr.contains(&format!(".gitleaks.toml:{told}")), "{told}: {ended:#?}");
        assert!(ended.stderr.contains("`foreign = \"comments\"` in stanch.toml"), "{told}: {ended:#?}");
    }
    write(root, "stanch.toml", "foreign = \"comments\"\n");
    scan(root).status(0);
}

#[test]
fn what_a_rule_asks_beyond_data_is_named_with_its_line() {
    let folder = folder();
    let root = folder.path();
    write(root, "a.txt", "pin=1234\n");
    let cases = [
        (
            "regex = 'pin'\n[[rules.allowlists]]\ncondition = 'AND'\nregexes = ['a']\nstopwords = ['b']",
            "4: `regexes` and `stopwords` that must both match are not supported",
        ),
        ("regex = 'a'\nfilter = 'x > 1'", "4: rule `r`: `filter` is a program"),
        ("regex = 'a'\ncolour = 'red'", "4: rule `r`: `colour` is not known"),
    ];
    for (fields, told) in cases {
        write(root, ".gitleaks.toml", format!("[[rules]]\nid = 'r'\n{fields}\n"));
        let ended = scan(root);
        assert!(ended.stderr.contains(".gitleaks.toml: 1 not supported"), "{told}: {ended:#?}");
        let shown = stanch(root).args(["config", "show"]).run().status(0).stdout;
        assert!(shown.contains(&format!("# .gitleaks.toml:{told}")), "{told}: {shown}");
    }
}

/// Runs git, with an identity of its own.
fn git(root: &Path, args: &[&str]) -> String {
    let identity = ["-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false"];
    let mut command = Command::new("git");
    command.current_dir(root).args(identity).args(args).env("GIT_CONFIG_NOSYSTEM", "1").env("HOME", root);
    let output = command.output().unwrap();
    assert!(output.status.success(), "{args:?}");
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

#[test]
fn an_ignored_line_that_holds_another_value_than_its_commit_is_told() {
    let folder = folder();
    let root = folder.path();
    let put = |seed: u64| write(root, "a.env", format!("DB_PASSWORD={}\n", password(seed)));
    git(root, &["init", "-q", "-b", "main", "."]);
    put(1);
    git(root, &["add", "-A"]);
    git(root, &["commit", "-qm", "one"]);
    let commit = git(root, &["rev-parse", "HEAD"]);
    write(root, ".gitleaksignore", format!("# known\n{commit}:a.env:generic-api-key:1\n"));
    assert_eq!(scan(root).status(0).stderr, "");
    put(2);
    let changed = scan(root).status(0);
    let told =
        format!("a.env:1: .gitleaksignore:2 hides another value than the one in commit {}", &commit[..12]);
    assert!(changed.stderr.contains(&told), "{changed:?}");
    // Once it is migrated, the value counts.
    put(1);
    stanch(root).args(["migrate"]).run().status(0);
    fs::remove_file(root.join(".gitleaksignore")).unwrap();
    scan(root).status(0);
    put(2);
    scan(root).status(1);
}

#[test]
fn history_is_searched_with_the_rules_that_were_taken_over() {
    let folder = folder();
    let root = folder.path();
    let git = |args: &[&str]| git(root, args);
    git(&["init", "-q", "-b", "main", "."]);
    write(root, ".gitleaks.toml", "[[rules]]\nid = 'pin'\nregex = 'pin=([0-9]{4})'\nkeywords = ['acme']\n");
    let lines: Vec<_> = (0..400).map(|number| format!("line {number}\n")).collect();
    for (start, end) in
        [("pin=1234\n", ""), ("pin=1234\n", "of acme\n"), ("", "of acme\n"), ("", "of acme\npin=5678\n")]
    {
        write(root, "a.txt", format!("{start}{}{end}", lines.concat()));
        git(&["add", "-A"]);
        git(&["commit", "-qm", "change"]);
    }
    git(&["gc", "-q", "--aggressive"]);
    let history = |args: &[&str]| {
        let ended = stanch(root).args(["git", "--format", "jsonl"]).args(args).run().status(1);
        let mut found: Vec<_> =
            ended.findings().iter().map(|one| one["start_line"].as_u64().unwrap()).collect();
        found.sort_unstable();
        found
    };
    assert_eq!(history(&[]), [1, 402]);
    assert_eq!(history(&["--no-delta"]), [1, 402]);
    let leaks = stanch(root).args(["git", "--format", "gitleaks"]).run().status(1).stdout;
    let leaks: Value = serde_json::from_str(&leaks).unwrap();
    let leaks = leaks.as_array().unwrap();
    for leak in leaks {
        let text = |name: &str| leak[name].as_str().unwrap();
        assert!(git(&["show", &format!("{}:{}", text("Commit"), text("File"))]).contains("pin="), "{leak}");
        let (commit, line) = (text("Commit"), &leak["StartLine"]);
        assert_eq!(text("Fingerprint"), format!("{commit}:a.txt:pin:{line}"));
        assert_eq!((text("Author"), text("Email")), ("a", "a@example.com"));
    }
    assert_eq!(leaks.len(), 2);
}

#[test]
fn commits_that_are_allowed_may_have_brought_a_secret() {
    let folder = folder();
    let root = folder.path();
    let git = |args: &[&str]| git(root, args);
    let commit = |name: &str, text: &str| {
        write(root, name, text);
        git(&["add", "-A"]);
        git(&["commit", "-qm", name]);
        git(&["rev-parse", "HEAD"])
    };
    git(&["init", "-q", "-b", "main", "."]);
    let one = commit("a.txt", "pin=1234\n");
    let two = commit("b.txt", "pin=5678\n");
    let rules = "[[rules]]\nid = 'pin'\nregex = '''pin=(\\d{4})'''\n";
    let last = commit(".gitleaks.toml", rules);
    let live = || {
        let ended = stanch(root).args(["git", "--format", "jsonl"]).run();
        let mut paths: Vec<_> = found(&ended).iter().map(|one| one[4..9].to_owned()).collect();
        paths.sort();
        paths
    };
    assert_eq!(live(), ["a.txt", "b.txt"]);
    for (commits, condition, expected) in [
        (&[&*one][..], "OR", &["b.txt"][..]),
        (&[&one, &two.to_uppercase()], "OR", &[]),
        (&[&last], "OR", &["a.txt", "b.txt"]),
        (&[&one, &two], "AND", &["b.txt"]),
    ] {
        let allowlist = format!("[[allowlists]]\ncondition = '{condition}'\ncommits = {commits:?}\n");
        let paths = if condition == "AND" { "paths = ['a']\n" } else { "" };
        write(root, ".gitleaks.toml", format!("{rules}{allowlist}{paths}"));
        assert_eq!(live(), expected);
        // In the work tree there are no commits.
        assert_eq!(found(&scan(root)).len(), 2);
        stanch(root).args(["migrate", "--force"]).run().status(0);
        assert_eq!(live(), expected, "{}", fs::read_to_string(root.join("stanch.toml")).unwrap());
        let after = scan(root).status(1);
        assert!(!after.stderr.contains("allows nothing"), "{after:?}");
        for name in ["stanch.toml", "stanch-rules.toml", ".stanch-baseline.toml"] {
            fs::remove_file(root.join(name)).unwrap();
        }
    }
    write(root, "stanch.toml", "[[allow]]\ncommits = ['main']\n");
    let told = "stanch.toml:2: `main` is no id of a commit: seven or more hexadecimal digits";
    assert!(scan(root).status(2).stderr.contains(told));
}

#[test]
fn the_text_of_a_rule_is_no_secret_once_it_was_migrated() {
    let folder = folder();
    let root = folder.path();
    git(root, &["init", "-q", "-b", "main", "."]);
    write(root, "a.txt", "pin=1234\n");
    write(root, ".gitleaks.toml", "# Such as pin=5678.\n[[rules]]\nid = 'pin'\nregex = 'pin=(\\d{4})'\n");
    git(root, &["add", "-A"]);
    git(root, &["commit", "-qm", "one"]);
    let history = || found(&stanch(root).args(["git", "--format", "jsonl"]).run().status(1));
    assert_eq!(history(), ["pin a.txt:1:5-9"]);
    stanch(root).args(["migrate"]).run().status(0);
    fs::remove_file(root.join(".gitleaks.toml")).unwrap();
    assert_eq!(history(), ["pin a.txt:1:5-9"]);
}

#[test]
fn a_value_that_is_allowed_by_itself_holds_in_a_history_whose_files_are_gone() {
    let folder = folder();
    let root = folder.path();
    let commit = |message: &str| {
        git(root, &["add", "-A"]);
        git(root, &["commit", "-qm", message]);
    };
    let counted_in_history = || {
        super::config::counted(&stanch(root).args(["git", "--format", "jsonl", "--confidence", "low"]).run())
    };
    git(root, &["init", "-q", "-b", "main", "."]);
    write(root, "run.sh", format!("mysqldump --password={} shop\n", password(1)));
    commit("one");
    fs::remove_file(root.join("run.sh")).unwrap();
    write(root, "app.env", "HOST=db.internal\n");
    commit("two");
    assert_eq!(counted_in_history(), ["run.sh"]);
    let ignored =
        format!("version: 2\nsecret:\n  ignored_matches:\n    - name: demo\n      match: {}\n", password(1));
    write(root, ".gitguardian.yaml", ignored);
    assert_eq!(counted_in_history(), [""; 0]);
    stanch(root).args(["migrate"]).run().status(0);
    fs::remove_file(root.join(".gitguardian.yaml")).unwrap();
    assert_eq!(counted_in_history(), [""; 0]);
}

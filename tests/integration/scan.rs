//! What must hold of every scan: the same findings at any number of threads and with any line ends,
//! names of strangers made harmless, secrets hidden, reports that were cut short never a success.

use std::fs::File;

use super::common::{folder, password, stanch, write};
use super::history::secrets;
use super::index::git;

/// A text with a secret on every tenth line, between lines that are none.
fn text(seed: u64, lines: u64) -> String {
    let line = |number: u64| match number % 10 {
        3 => format!("password = \"{}\"  # é {number}\n", password(seed * 1000 + number)),
        _ => format!("setting_{number} = \"value {number}\"\n"),
    };
    (0..lines).map(line).collect()
}

#[test]
fn the_number_of_threads_does_not_show() {
    let folder = folder();
    for seed in 0..40 {
        write(folder.path(), format!("{}/{seed}.ini", seed % 7), text(seed, 50));
    }
    for format in ["json", "jsonl", "human", "sarif"] {
        let run = |jobs| stanch(folder.path()).args(["scan", "--format", format, "-j", jobs]).run().status(1);
        let one = run("1");
        assert!(one.stdout.len() > 1000, "{format} reports what is there");
        assert_eq!(one.stdout, run("2").stdout, "{format}");
        assert_eq!(one.stdout, run("8").stdout, "{format}");
    }
}

#[test]
fn line_ends_do_not_show() {
    let places = |bytes: String| {
        let folder = folder();
        write(folder.path(), "a.ini", bytes);
        let ended = stanch(folder.path()).args(["scan", "--format", "jsonl", "--show-secrets"]).run();
        let place = |finding: serde_json::Value| {
            let number = |field: &str| finding[field].as_u64().expect("a number");
            let secret = finding["secret"].as_str().expect("a text").to_owned();
            (number("start_line"), number("start_column"), number("end_column"), secret)
        };
        ended.findings().into_iter().map(place).collect::<Vec<_>>()
    };
    let text = text(5, 100);
    let unix = places(text.clone());
    assert_eq!(unix.len(), 10);
    assert_eq!(unix[0], (4, 13, 31, password(5003)));
    assert_eq!(unix, places(text.replace('\n', "\r\n")));
}

#[test]
fn the_same_text_in_another_encoding_has_the_same_findings() {
    let folder = folder();
    let text = text(6, 30);
    let utf16: Vec<u8> = format!("\u{feff}{text}").encode_utf16().flat_map(u16::to_le_bytes).collect();
    write(folder.path(), "a.ini", &text);
    write(folder.path(), "b.ini", &utf16);
    let findings = stanch(folder.path()).args(["scan", "--format", "jsonl"]).run().status(1).findings();
    let (plain, wide): (Vec<_>, Vec<_>) = findings.iter().partition(|finding| finding["path"] == "a.ini");
    assert_eq!((plain.len(), wide.len()), (3, 3));
    for (plain, wide) in plain.iter().zip(&wide) {
        for field in ["start_line", "start_column", "end_column", "fingerprint"] {
            assert_eq!(plain[field], wide[field], "{field}");
        }
    }
    let offset = wide[0]["byte_offset"].as_u64().expect("a number") as usize;
    let first: Vec<u8> = password(6003).encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert_eq!(utf16[offset..offset + first.len()], first, "the offset leads to the stored bytes");
}

#[cfg(unix)]
#[test]
fn hostile_names_are_harmless_in_every_format() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;

    let folder = folder();
    let names: [&[u8]; 4] =
        [b"a\x1b[31m.env", b"b\nc.env", b"d\xff.env", "e\u{202e}f\u{2066}.env".as_bytes()];
    for name in names {
        write(folder.path(), OsStr::from_bytes(name), format!("DB_PASSWORD={}\n", password(9)));
    }
    for format in ["human", "json", "jsonl", "sarif"] {
        let ended = stanch(folder.path()).args(["scan", "--format", format]).run().status(1);
        let unsafe_character =
            |c: char| c.is_control() && c != '\n' || ('\u{202a}'..='\u{2069}').contains(&c);
        assert!(!ended.stdout.contains(unsafe_character), "{format}");
        assert!(!ended.stdout.contains("b\nc.env"), "{format}");
        assert!(ended.stdout.contains("d%FF.env"), "{format}");
        assert!(ended.stderr.is_empty(), "{}", ended.stderr);
    }
    let explained = stanch(folder.path())
        .args([OsStr::new("scan"), OsStr::new("--explain"), OsStr::from_bytes(names[0])])
        .run()
        .status(0);
    assert!(!explained.stdout.contains('\u{1b}'));
    assert!(explained.stdout.contains("kept"));
}

#[test]
fn secrets_are_hidden_in_every_output() {
    let folder = folder();
    let (first, second) = (password(21), password(22));
    // Two on one line, one again in a comment, and one silenced on the next line.
    let text = format!(
        "login(password=\"{first}\", secret=\"{second}\") # {first}\n\
         password = \"{second}\" # stanch:allow *\n"
    );
    write(folder.path(), "a.py", &text);
    // A rule file with a mistake next to a secret.
    write(folder.path(), "mine.toml", format!("[[rule]]\nid = \"x\"\npassword = \"{first}\"\n"));
    for args in [
        &["scan", "--format", "human"][..],
        &["scan", "--format", "json"],
        &["scan", "--format", "jsonl"],
        &["scan", "--format", "sarif"],
        &["scan", "--no-suppressions", "--confidence", "low"],
        &["scan", "--confidence", "high"],
        &["scan", "--explain", "a.py"],
        &["scan", "--rules", "mine.toml"],
        &["rules", "test", "mine.toml"],
    ] {
        stanch(folder.path()).args(args).run().hides(&first).hides(&second);
    }
}

#[test]
fn a_report_that_is_cut_short_is_no_success() {
    let folder = folder();
    write(folder.path(), "a.txt", "nothing\n");
    let (reader, writer) = std::io::pipe().expect("a pipe can be made");
    drop(reader);
    let ended = stanch(folder.path()).args(["scan"]).stdout(writer).run().status(3);
    assert_eq!(ended.stderr, "", "a closed pipe ends without a message");
    if let Ok(full) = File::options().write(true).open("/dev/full") {
        let args = ["scan", "--format", "jsonl", "--output", "whole.jsonl", "--format", "json"];
        let ended = stanch(folder.path()).args(args).stdout(full).run().status(3);
        assert!(ended.stderr.contains("standard output"), "{}", ended.stderr);
        let whole = std::fs::read_to_string(folder.path().join("whole.jsonl")).expect("it was written");
        assert!(whole.contains("\"type\":\"coverage\""));
    }
}

#[cfg(unix)]
#[test]
fn an_interrupted_scan_tells_what_it_found_and_that_it_is_incomplete() {
    use std::io::{Read, Write};
    use std::process::{Command, Stdio};

    let mut child = Command::new(env!("CARGO_BIN_EXE_stanch"))
        .args(["scan", "--format", "jsonl", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let mut stdin = child.stdin.take().expect("standard input is a pipe");
    stdin.write_all(format!("DB_PASSWORD={}\n", password(31)).as_bytes()).expect("it reads");
    // More than a pipe holds: once it is written the program is reading.
    let line = format!("{}\n", "word ".repeat(20));
    stdin.write_all(line.repeat((8 << 20) / line.len()).as_bytes()).expect("it reads");
    let killed = Command::new("kill").args(["-INT", &child.id().to_string()]).status();
    assert!(killed.expect("there is kill").success());
    drop(stdin);
    let mut report = String::new();
    child.stdout.take().expect("it is a pipe").read_to_string(&mut report).expect("reports are UTF-8");
    assert_eq!(child.wait().expect("it ends").code(), Some(3), "{report}");
    assert!(report.contains("\"type\":\"finding\"") && report.contains("interrupted"), "{report}");
}

#[test]
fn reasons_of_comments_tell_no_secret() {
    let folder = folder();
    let token = secrets()["T1"].clone();
    let [silenced, other] = [password(71), password(72)];
    let reasons = format!("was {token}, {silenced} and {other} before");
    let text = format!(
        "# stanch:allow generic-password reason=\"{reasons}\"\npassword = \"{silenced}\"; DB_PASSWORD = \"{other}\"\n"
    );
    write(folder.path(), "app.py", &text);
    git(folder.path(), &["init", "-q"]);
    git(folder.path(), &["add", "-A"]);
    git(folder.path(), &["commit", "-qm", "more"]);
    for format in ["json", "jsonl", "sarif", "junit", "csv", "human"] {
        for args in [["scan", "app.py", "--format", format], ["git", ".", "--format", format]] {
            let ended = stanch(folder.path()).args(args).run().hides(&token).hides(&silenced).hides(&other);
            assert!(format == "human" || ended.stdout.contains("and ******** before"), "{ended:#?}");
        }
    }
    stanch(folder.path()).args(["scan", "--explain", "app.py"]).run().hides(&token).hides(&other);
}

#[test]
#[cfg(unix)]
fn a_report_that_was_cut_short_is_removed() {
    let folder = folder();
    write(folder.path(), "a.ini", text(3, 400));
    let program = env!("CARGO_BIN_EXE_stanch");
    let line =
        format!("ulimit -f 4; trap '' XFSZ; exec '{program}' scan a.ini --format json --output report.json");
    let ended = std::process::Command::new("sh").args(["-c", &line]).current_dir(folder.path()).output();
    let ended = ended.expect("a shell is installed");
    let stderr = String::from_utf8_lossy(&ended.stderr);
    assert!(stderr.contains("cannot write to report.json"), "{stderr}");
    assert_eq!(ended.status.code(), Some(1), "what was found decides");
    assert!(!folder.path().join("report.json").exists());
}

#[test]
fn masks_show_nothing_that_only_one_secret_has() {
    let rules = stanch::rule::RuleSet::builtin();
    let is_hidden = |id: &str| rules.get(id).expect("there is such a rule").is_hidden();
    for id in ["aws-secret-access-key", "generic-api-key", "generic-password", "github-token-legacy-hex"] {
        assert!(is_hidden(id), "{id}");
    }
    for id in ["github-personal-access-token-classic", "npm-access-token", "stripe-secret-key"] {
        assert!(!is_hidden(id), "{id}");
    }
}

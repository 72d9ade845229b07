//! `stanch redact`, as people and pipes use it.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::common::{folder, password, stanch, write};
use crate::pack::gzip;

fn line(seed: u64) -> String {
    format!("level=info db_password={} retry=1\n", password(seed))
}

/// What a mask shows of the secret's fingerprint.
fn fingerprint(text: &str) -> &str {
    let end = text.find("] retry").expect("there is a mask");
    &text[end - 8..end]
}

#[test]
fn standard_input_comes_out_masked() {
    let folder = folder();
    let ended = stanch(folder.path()).args(["redact"]).stdin(format!("before\n{}after", line(1))).run();
    let ended = ended.status(0).hides(&password(1));
    let expected = format!(
        "before\nlevel=info db_password=[stanch:generic-password:{}] retry=1\nafter",
        fingerprint(&ended.stdout)
    );
    assert_eq!((ended.stdout, ended.stderr), (expected, String::new()));
}

#[test]
fn what_the_stream_says_silences_nothing_and_low_confidence_counts() {
    let folder = folder();
    let text = format!(
        "# stanch:allow *\npassword = \"{}\" # stanch:allow *\npassword = \"Trombone\"\n",
        password(1)
    );
    let ended = stanch(folder.path()).args(["redact", "--fail"]).stdin(text).run().status(1);
    ended.hides(&password(1)).hides("Trombone");
}

#[test]
fn what_is_called_a_password_is_masked_however_weak() {
    let folder = folder();
    let text = |secret: fn(&str) -> String| {
        [
            format!("user=root password={} retry=1\n", secret("root123")),
            format!("{{\"user\":\"root\",\"password\":\"{}\"}}\n", secret("letmein")),
            format!("DB_PASSWORD: {}\n", secret("4711")),
            format!("passphrase = \"{}\"\n", secret("correct-horse-battery-staple")),
            format!("+ mysql --password {} -e quit\n", secret("hunter")),
            format!("connecting to postgres://app:{}@db.internal/app\n", secret("postgres")),
            "password: ${DB_PASSWORD}\npassword=<redacted>\npassword = getpass()\n".to_owned(),
            "fields=[\"user\",\"password\",\"email\"] password_count=4711 password: no\n".to_owned(),
        ]
        .concat()
    };
    let plain = text(str::to_owned);
    let ended = stanch(folder.path()).args(["redact", "--keep-length"]).stdin(&*plain).run().status(0);
    assert_eq!(ended.stdout, text(|secret| "*".repeat(secret.len())));
    let scanned = stanch(folder.path()).args(["scan", "--confidence", "low", "-"]).stdin(&*plain).run();
    assert!(!scanned.stdout.contains("generic-password"), "{}", scanned.stdout);
}

#[test]
fn keys_make_fingerprints_and_without_one_every_run_has_its_own() {
    let folder = folder();
    write(folder.path(), "key", "0123456789abcdef\n");
    let run = |args: &[&str]| {
        let ended = stanch(folder.path()).args(args).stdin(line(1)).run().status(0);
        fingerprint(&ended.stdout).to_owned()
    };
    assert_eq!(run(&["redact", "--key-file", "key"]), run(&["redact", "--key-file", "key"]));
    assert_ne!(run(&["redact"]), run(&["redact"]));
    write(folder.path(), "short", "short");
    let ended = stanch(folder.path()).args(["redact", "--key-file", "short"]).run().status(0);
    assert!(ended.stderr.contains("may be guessed"), "{}", ended.stderr);
    stanch(folder.path()).args(["redact", "--key-file", "none"]).run().status(2);
}

#[test]
fn stars_keep_the_length() {
    let folder = folder();
    let ended = stanch(folder.path()).args(["redact", "--keep-length"]).stdin(line(1)).run().status(0);
    assert_eq!(ended.stdout, line(1).replace(&password(1), &"*".repeat(18)));
    let fail = |text: &str| stanch(folder.path()).args(["redact", "--fail"]).stdin(text).run();
    fail(&line(1)).status(1);
    fail("nothing\n").status(0);
}

#[test]
fn files_are_rewritten_in_place() {
    let folder = folder();
    let path = |name: &str| folder.path().join(name);
    write(folder.path(), "a.log", line(1));
    write(folder.path(), "clean.log", "nothing\n");
    write(folder.path(), "tool.bin", [b"\x7fELF\0\0\0\0".as_slice(), line(2).as_bytes()].concat());
    let mut permissions = fs::metadata(path("a.log")).expect("it is there").permissions();
    #[cfg(unix)]
    std::os::unix::fs::PermissionsExt::set_mode(&mut permissions, 0o640);
    fs::set_permissions(path("a.log"), permissions.clone()).expect("it is ours");
    let clean = fs::metadata(path("clean.log")).and_then(|it| it.modified()).expect("it is there");

    let args = ["redact", "--in-place", "--backup=.bak", "a.log", "clean.log"];
    let ended = stanch(folder.path()).args(args).run().status(0).hides(&password(1));
    assert_eq!(ended.stderr, "stanch: a.log: 1 masked\n");
    let masked = fs::read_to_string(path("a.log")).expect("it is there");
    assert!(masked.contains("[stanch:generic-password:") && !masked.contains(&password(1)), "{masked}");
    let now = fs::metadata(path("a.log")).expect("it is there").permissions();
    #[cfg(unix)]
    assert_eq!(std::os::unix::fs::PermissionsExt::mode(&now) & 0o777, 0o640);
    assert_eq!(fs::read_to_string(path("a.log.bak")).expect("it was kept"), line(1));
    assert_eq!(fs::metadata(path("clean.log")).and_then(|it| it.modified()).expect("it is there"), clean);
    assert!(!path("clean.log.bak").exists());

    // Names would move what follows in a program; a backup is never overwritten.
    stanch(folder.path()).args(["redact", "--in-place", "tool.bin", "gone"]).run().status(3);
    assert!(fs::read(path("tool.bin")).expect("it is there").ends_with(line(2).as_bytes()));
    stanch(folder.path()).args(["redact", "--in-place", "--keep-length", "tool.bin"]).run().status(0);
    assert!(!fs::read(path("tool.bin")).expect("it is there").ends_with(line(2).as_bytes()));
    write(folder.path(), "a.log", line(3));
    stanch(folder.path()).args(args).run().status(3);
    assert_eq!(fs::read_to_string(path("a.log")).expect("it is there"), line(3));
}

#[test]
fn files_are_printed_one_after_the_other() {
    let folder = folder();
    write(folder.path(), "a.log", "a\n");
    write(folder.path(), "b.log", line(1));
    let ended = stanch(folder.path()).args(["redact", "a.log", "-", "b.log"]).stdin("c\n").run().status(0);
    assert!(ended.stdout.starts_with("a\nc\nlevel=info"), "{}", ended.stdout);
    let ended = stanch(folder.path()).args(["redact", "gone", "a.log"]).run().status(3);
    assert_eq!(ended.stdout, "a\n");
}

#[test]
#[cfg(unix)]
fn a_command_keeps_its_outputs_apart_and_its_status() {
    let folder = folder();
    let script = format!("printf '%s' '{}'; printf '%s' '{}' >&2; exit 7", line(1), line(2));
    let ended = stanch(folder.path()).args(["redact", "--", "/bin/sh", "-c", &script]).run().status(7);
    let ended = ended.hides(&password(1)).hides(&password(2));
    assert_eq!((ended.stdout.lines().count(), ended.stderr.lines().count()), (1, 1));
    stanch(folder.path()).args(["redact", "--", "no-such-program"]).run().status(127);
    let echo = format!("echo '{}'", line(1).trim());
    stanch(folder.path()).args(["redact", "--fail", "--", "/bin/sh", "-c", &echo]).run().status(1);
}

#[test]
fn what_hides_its_text_is_not_passed_on() {
    let folder = folder();
    let wide: Vec<u8> = line(1).encode_utf16().flat_map(u16::to_le_bytes).collect();
    let appended = [b"a line\n".repeat(30_000), wide.clone()].concat();
    for bytes in [wide.clone(), [vec![0xFF, 0xFE], wide.clone()].concat(), gzip(line(1).as_bytes())] {
        let ended = stanch(folder.path()).args(["redact"]).stdin(bytes).run().status(3);
        assert_eq!(ended.stdout, "");
        assert!(ended.stderr.contains("-: not redacted: it "), "{}", ended.stderr);
    }
    stanch(folder.path()).args(["redact"]).stdin(appended).run().status(3);
    write(folder.path(), "a.log", &wide);
    let args = ["redact", "--in-place", "--keep-length", "a.log"];
    let ended = stanch(folder.path()).args(args).run().status(3);
    assert_eq!(
        ended.stderr,
        "stanch: a.log: not redacted: it holds UTF-16: convert it to UTF-8 first; it is left as it was\n"
    );
    assert_eq!(fs::read(folder.path().join("a.log")).expect("it is there"), wide);
}

fn program(folder: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_stanch"));
    command.current_dir(folder).args(args);
    command
}

#[test]
#[cfg(unix)]
fn signals_reach_the_command_and_its_end_is_ours() {
    use std::os::unix::process::ExitStatusExt;

    let folder = folder();
    let script = "trap 'echo caught; exit 5' TERM; echo ready; while :; do sleep 0.05; done";
    let run = |script: &str| {
        let mut child = program(folder.path(), &["redact", "--", "/bin/sh", "-c", script])
            .stdout(Stdio::piped())
            .spawn()
            .expect("it starts");
        let mut out = BufReader::new(child.stdout.take().expect("it is a pipe"));
        let mut ready = String::new();
        out.read_line(&mut ready).expect("it prints");
        assert_eq!(ready, "ready\n");
        let kill = Command::new("/bin/sh").args(["-c", &format!("kill -TERM {}", child.id())]).status();
        assert!(kill.expect("a shell can kill").success());
        let mut rest = String::new();
        out.read_to_string(&mut rest).expect("it ends");
        (rest, child.wait().expect("it ends"))
    };
    let (rest, status) = run(script);
    assert_eq!((rest.as_str(), status.code()), ("caught\n", Some(5)));
    let (_, status) = run("echo ready; exec sleep 60");
    assert_eq!(status.signal(), Some(15));
}

#[test]
fn nobody_waits_long_for_a_line_or_a_prompt() {
    let folder = folder();
    let mut child = program(folder.path(), &["redact"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("it starts");
    let mut stdin = child.stdin.take().expect("it is a pipe");
    let mut out = child.stdout.take().expect("it is a pipe");
    // The first line waits for the program to start.
    for text in ["first\n", "second\n", "Password: "] {
        let asked = Instant::now();
        stdin.write_all(text.as_bytes()).expect("it reads");
        let mut seen = vec![0; text.len()];
        out.read_exact(&mut seen).expect("it prints");
        assert_eq!(String::from_utf8_lossy(&seen), text);
        assert!(asked.elapsed() < Duration::from_secs(10), "{:?}", asked.elapsed());
    }
    drop(stdin);
    child.wait().expect("it ends");
}

#[test]
#[cfg(unix)]
fn an_input_that_was_never_given_is_not_clean() {
    let folder = folder();
    let shell = |script: &str| {
        let program = env!("CARGO_BIN_EXE_stanch");
        let mut command = Command::new("/bin/sh");
        command.args(["-c", &format!("'{program}' {script}")]).current_dir(folder.path());
        command.output().expect("a shell starts").status.code()
    };
    assert_eq!(shell("scan - <&-"), Some(3));
    assert_eq!(shell("redact <&-"), Some(3));
    assert_eq!(shell("scan - </dev/null"), Some(0));
    assert_eq!(shell("scan - 0>out"), Some(3));
}

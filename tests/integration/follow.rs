//! `stanch scan --follow`: findings come as they are written, whatever happens to the file.

use std::fs::{self, File, OpenOptions};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use serde_json::Value;

use crate::common::{folder, password, write};

/// A scan that goes on, and the lines that it prints.
struct Following {
    child: Child,
    lines: Receiver<String>,
}

impl Following {
    fn new(folder: &Path, what: &str, stdin: Stdio) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_stanch"))
            .current_dir(folder)
            .env_clear()
            .env("HOME", folder)
            .args(["scan", "--follow", what, "--format", "jsonl"])
            .stdin(stdin)
            .stdout(Stdio::piped())
            .spawn()
            .expect("it starts");
        let out = BufReader::new(child.stdout.take().expect("it is a pipe"));
        let (sender, lines) = channel();
        thread::spawn(move || out.lines().map_while(Result::ok).try_for_each(|line| sender.send(line)));
        Self { child, lines }
    }

    /// The next line of the report.
    fn next(&self) -> Value {
        let line = self.lines.recv_timeout(Duration::from_secs(60)).expect("a line comes in time");
        serde_json::from_str(&line).expect("it is JSON")
    }

    /// Rule and line of the next finding.
    fn finding(&self) -> (String, u64) {
        let line = self.next();
        assert_eq!(line["type"], "finding", "{line}");
        let rule = line["rule"].as_str().expect("a text").to_owned();
        (rule, line["start_line"].as_u64().expect("a number"))
    }

    #[track_caller]
    fn finds_password_on_line(&self, number: u64) {
        assert_eq!(self.finding(), ("generic-password".to_owned(), number));
    }

    /// Ends it as Ctrl-C does, or with its input, and gives what it says at last and its status.
    fn end(mut self, interrupt: bool) -> (Value, Option<i32>) {
        if interrupt {
            let kill = format!("kill -INT {}", self.child.id());
            assert!(Command::new("/bin/sh").args(["-c", &kill]).status().expect("a shell runs").success());
        }
        let last = self.next();
        assert!(self.lines.recv().is_err(), "nothing follows");
        (last, self.child.wait().expect("it ends").code())
    }
}

fn line(seed: u64) -> String {
    format!("DB_PASSWORD={}\n", password(seed))
}

fn append(path: &Path) -> File {
    OpenOptions::new().append(true).open(path).expect("it is there")
}

#[test]
#[cfg(unix)]
fn a_file_is_followed_over_rotation_and_truncation() {
    let folder = folder();
    let path = folder.path().join("app.log");
    write(folder.path(), "app.log", format!("started\n{}", line(1)));
    let following = Following::new(folder.path(), "app.log", Stdio::null());
    following.finds_password_on_line(2);

    let mut old = append(&path);
    let text = line(2);
    old.write_all(b"more\n").and_then(|()| old.write_all(&text.as_bytes()[..20])).expect("it is ours");
    old.write_all(&text.as_bytes()[20..]).expect("it is ours");
    following.finds_password_on_line(4);

    // By renaming: what is still written to the old file is told, too.
    fs::rename(&path, folder.path().join("app.log.1")).expect("it is ours");
    let longer = "nothing to see\n".repeat(9) + &line(3);
    write(folder.path(), "app.log", &longer);
    following.finds_password_on_line(10);
    old.write_all(line(4).as_bytes()).expect("it is ours");
    following.finds_password_on_line(5);

    // By truncating.
    let new = append(&path);
    new.set_len(0).and_then(|()| (&new).write_all(line(5).as_bytes())).expect("it is ours");
    following.finds_password_on_line(1);

    let (coverage, status) = following.end(true);
    assert_eq!((&coverage["type"], status), (&Value::from("coverage"), Some(1)));
    assert_eq!(coverage["complete"], true);
    assert_eq!(coverage["scanned"]["files"], 3);
}

#[test]
#[cfg(unix)]
fn a_file_that_is_written_anew_is_read_from_its_start() {
    let folder = folder();
    let path = folder.path().join("app.log");
    write(folder.path(), "app.log", line(1));
    let following = Following::new(folder.path(), "app.log", Stdio::null());
    following.finds_password_on_line(1);
    // As long as what was read, and longer.
    for text in [line(2), format!("{}and more\n", line(3))] {
        fs::write(&path, text).expect("it is ours");
        following.finds_password_on_line(1);
    }
    append(&path).write_all(line(4).as_bytes()).expect("it is ours");
    following.finds_password_on_line(3);
    let (coverage, status) = following.end(true);
    assert_eq!((&coverage["complete"], status), (&Value::from(true), Some(1)));
    assert_eq!(coverage["scanned"]["files"], 3);
}

#[test]
fn standard_input_is_told_of_line_by_line_and_keys_when_they_are_whole() {
    let folder = folder();
    let mut following = Following::new(folder.path(), "-", Stdio::piped());
    let mut stdin = following.child.stdin.take().expect("it is a pipe");
    let (first, second) = (line(1), line(2));
    for text in ["started\n", &first[..8], &first[8..]] {
        stdin.write_all(text.as_bytes()).expect("it reads");
    }
    following.finds_password_on_line(2);
    let digits = 0x9E37_79B9_7F4A_7C15_F39C_C060_5CED_C835_u128;
    let body: String = (1..17).map(|turn| format!("{:032x}\n", digits.rotate_left(7 * turn))).collect();
    let key = format!("-----BEGIN OpenVPN Static key V1-----\n{body}-----END OpenVPN Static key V1-----\n");
    for text in [&key[..300], &key[300..], &second] {
        stdin.write_all(text.as_bytes()).expect("it reads");
    }
    assert_eq!(following.finding(), ("openvpn-static-key".to_owned(), 3));
    following.finds_password_on_line(21);
    drop(stdin);
    let (coverage, status) = following.end(false);
    assert_eq!((&coverage["type"], status), (&Value::from("coverage"), Some(1)));
}

#[test]
#[cfg(unix)]
fn what_never_came_is_not_clean() {
    let folder = folder();
    let following = Following::new(folder.path(), "gone.log", Stdio::null());
    // Until it listens for signals, one would end it.
    thread::sleep(Duration::from_millis(500));
    let (coverage, status) = following.end(true);
    assert_eq!(status, Some(3));
    assert_eq!(coverage["problems"][0]["path"], "gone.log");
}

#[test]
#[cfg(unix)]
fn what_is_compressed_is_not_followed_in_silence() {
    let folder = folder();
    write(folder.path(), "app.log.gz", [b"\x1f\x8b\x08\x08\n", line(1).as_bytes()].concat());
    let following = Following::new(folder.path(), "app.log.gz", Stdio::null());
    following.finds_password_on_line(2);
    let (last, status) = following.end(true);
    assert_eq!(status, Some(1));
    let message = last["problems"][0]["message"].as_str().expect("a text");
    assert!(message.starts_with("it is compressed or an archive"), "{message}");
}

//! Runs the program the way its users do: in a folder of its own, with nothing of the caller's
//! environment.

use std::ffi::OsStr;
use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use tempfile::TempDir;

/// A fresh folder. Its name holds no dot, so nothing in it is hidden by where it stands.
pub fn folder() -> TempDir {
    tempfile::Builder::new().prefix("stanch-").tempdir().expect("a temporary folder can be made")
}

/// Writes a file below `folder`, with the folders it needs.
pub fn write(folder: &Path, path: impl AsRef<Path>, bytes: impl AsRef<[u8]>) {
    let path = folder.join(path);
    fs::create_dir_all(path.parent().expect("it is below a folder")).expect("folders can be made");
    fs::write(path, bytes).expect("a file can be written");
}

/// A password that no scanner knows and no repository holds: made of `seed` when a test runs.
pub fn password(seed: u64) -> String {
    const CHARACTERS: &[u8] = b"abcdefghjkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789";
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        char::from(CHARACTERS[(state % CHARACTERS.len() as u64) as usize])
    };
    (0..18).map(|_| next()).collect()
}

/// A command line to run in `folder`.
pub fn stanch(folder: &Path) -> Stanch {
    let mut command = Command::new(env!("CARGO_BIN_EXE_stanch"));
    command.current_dir(folder).env_clear();
    command.env("HOME", folder).env("XDG_CONFIG_HOME", folder).env("TZ", "UTC");
    Stanch { command, stdin: Vec::new(), stdout: None }
}

/// A command line that is being put together.
pub struct Stanch {
    command: Command,
    stdin: Vec<u8>,
    stdout: Option<Stdio>,
}

impl Stanch {
    /// Adds arguments.
    pub fn args<S: AsRef<OsStr>>(mut self, args: impl IntoIterator<Item = S>) -> Self {
        self.command.args(args);
        self
    }

    /// Sets a variable of the environment.
    pub fn env(mut self, name: &str, value: impl AsRef<std::ffi::OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    /// Gives bytes on standard input.
    pub fn stdin(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.stdin = bytes.into();
        self
    }

    /// Writes standard output to a file, such as a device that is always full.
    pub fn stdout(mut self, file: impl Into<Stdio>) -> Self {
        self.stdout = Some(file.into());
        self
    }

    /// Runs it to its end.
    pub fn run(mut self) -> Ended {
        self.command.stdin(Stdio::piped()).stderr(Stdio::piped());
        if let Some(file) = self.stdout {
            self.command.stdout(file);
        } else {
            self.command.stdout(Stdio::piped());
        }
        let mut child = self.command.spawn().expect("the program starts");
        let mut stdin = child.stdin.take().expect("standard input is a pipe");
        let bytes = self.stdin;
        let writer = std::thread::spawn(move || stdin.write_all(&bytes));
        let output = child.wait_with_output().expect("the program ends");
        // A program that does not read its input closes the pipe: no failure of the test.
        let _ = writer.join().expect("the writer does not panic");
        Ended {
            status: output.status.code().expect("no signal ended it"),
            stdout: String::from_utf8(output.stdout).expect("reports are UTF-8"),
            stderr: String::from_utf8(output.stderr).expect("messages are UTF-8"),
        }
    }
}

/// A run that came to its end.
#[derive(Debug)]
pub struct Ended {
    pub status: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Ended {
    /// Asserts the exit status.
    #[track_caller]
    pub fn status(self, expected: i32) -> Self {
        assert_eq!(self.status, expected, "{self:#?}");
        self
    }

    /// Asserts that `text` stands neither on standard output nor on standard error.
    #[track_caller]
    pub fn hides(self, text: &str) -> Self {
        assert!(!self.stdout.contains(text), "shown on standard output");
        assert!(!self.stderr.contains(text), "shown on standard error");
        self
    }

    /// The findings of a report in jsonl.
    pub fn findings(&self) -> Vec<serde_json::Value> {
        let parse = |line| serde_json::from_str(line).expect("each line is JSON");
        let lines = self.stdout.lines().map(parse);
        lines.filter(|line: &serde_json::Value| line["type"] == "finding").collect()
    }
}

//! The commands that README.md, docs/logs.md and docs/rules.md tell people to type, typed.

use std::path::Path;
use std::process::{Command, Output};

use tempfile::TempDir;

const README: &str = include_str!("../../README.md");
const LOGS: &str = include_str!("../../docs/logs.md");
const RULES: &str = include_str!("../../docs/rules.md");
/// Commands that build this package or measure it on trees of the reader's: not for a test to run.
const NOT_RUN: &[&str] =
    &["cargo install", "cargo build", "cargo test", "cargo fmt", "cargo clippy", "benches/"];

#[test]
fn shell_commands_run() {
    let mut commands = 0;
    for block in blocks(README, "sh") {
        let folder = reader();
        for command in block.lines().filter(|line| !NOT_RUN.iter().any(|other| line.starts_with(other))) {
            let output = shell(folder.path(), &command.replace("cargo run --release --", "stanch"));
            let stderr = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "`{command}` ends with {}:\n{stderr}", output.status);
            commands += 1;
        }
    }
    assert!(commands >= 8, "README.md shows only {commands} commands");
}

/// Programs that print logs are stood in for by ones that print a line and end.
#[test]
#[cfg(unix)]
fn commands_about_logs_run() {
    // These go on until somebody ends them.
    let goes_on = |command: &str| command.contains("--follow app.log") || command.starts_with("tail -F");
    let mut commands = 0;
    for block in blocks(LOGS, "sh") {
        let folder = reader();
        for program in ["journalctl", "docker", "kubectl", "gh"] {
            let path = folder.path().join("bin").join(program);
            std::fs::create_dir_all(folder.path().join("bin")).unwrap();
            std::fs::write(&path, "#!/bin/sh\necho 'level=info msg=started'\n").unwrap();
            std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
        }
        for command in block.lines().filter(|line| !goes_on(line)) {
            let output = shell(folder.path(), command);
            let stderr = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "`{command}` ends with {}:\n{stderr}", output.status);
            commands += 1;
        }
    }
    assert!(commands >= 10, "docs/logs.md shows only {commands} commands");
}

#[test]
fn the_rules_that_are_shown_hold() {
    let folder = reader();
    let [rules] = blocks(RULES, "toml")[..] else { panic!("docs/rules.md shows one file of rules") };
    std::fs::write(folder.path().join("my-rules.toml"), rules).unwrap();
    for command in blocks(RULES, "sh").into_iter().flat_map(str::lines) {
        let output = shell(folder.path(), command);
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "`{command}` ends with {}:\n{stderr}", output.status);
    }
    let tested = shell(folder.path(), "stanch rules test my-rules.toml");
    assert_eq!(String::from_utf8_lossy(&tested.stdout).lines().count(), 3, "one line for each rule");
}

/// Nothing found, wrong arguments, wrong rules, nothing there to scan.
#[test]
fn exit_statuses_are_as_described() {
    let folder = reader();
    assert_eq!(shell(folder.path(), "stanch scan").status.code(), Some(0));
    assert_eq!(shell(folder.path(), "stanch scan --no-such-option").status.code(), Some(2));
    assert_eq!(shell(folder.path(), "stanch scan --rules settings.env").status.code(), Some(2));
    assert_eq!(shell(folder.path(), "stanch scan no-such-folder").status.code(), Some(3));
}

/// The fenced blocks of a language.
fn blocks(text: &'static str, language: &str) -> Vec<&'static str> {
    let fence = format!("```{language}\n");
    let blocks = text.split(fence.as_str()).skip(1);
    blocks.map(|rest| rest.split_once("```").expect("the block is closed").0).collect()
}

/// What a reader has at hand: a repository with the files that README.md names, and no secret in them.
fn reader() -> TempDir {
    let folder = TempDir::new().unwrap();
    let write = |path: &str, text: &str| std::fs::write(folder.path().join(path), text).unwrap();
    std::fs::create_dir(folder.path().join("src")).unwrap();
    write("settings.env", "API_KEY=\n");
    write("src/settings.py", &"import os\n\nAPI_KEY = os.environ[\"API_KEY\"]\n".repeat(5));
    write("app.log", "level=info msg=started\n");
    write("worker.log", "level=info msg=started\n");
    write("deploy.sh", "echo deployed\n");
    let rules: Vec<_> = blocks(README, "toml").into_iter().filter(|block| block.starts_with("[[")).collect();
    assert_eq!(rules.len(), 2, "README.md shows a rule of each kind");
    write("my-rules.toml", &rules.join("\n"));
    assert!(shell(folder.path(), "git init -q . && git add settings.env src").status.success());
    folder
}

fn shell(folder: &Path, command: &str) -> Output {
    let program = Path::new(env!("CARGO_BIN_EXE_stanch"));
    let path = std::env::var_os("PATH").unwrap_or_default();
    let own = [folder.join("bin"), program.parent().unwrap().to_owned()];
    let folders = own.into_iter().chain(std::env::split_paths(&path));
    Command::new("sh")
        .args(["-c", command])
        .current_dir(folder)
        .env("PATH", std::env::join_paths(folders).unwrap())
        .output()
        .unwrap()
}

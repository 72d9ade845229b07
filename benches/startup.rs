//! The whole process on next to nothing: what a hook adds to every commit.
//!
//! The first row spawns a program that does nothing and is the floor of the others.

#![allow(missing_docs, reason = "benches have no readers but their own")]

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use divan::Bencher;
use tempfile::TempDir;

const ONE_FILE_BYTES: usize = 1024;

fn main() {
    divan::main();
}

/// Spawning a process and waiting for it.
#[divan::bench]
fn nothing(bencher: Bencher<'_, '_>) {
    bencher.bench(|| Command::new("true").status().expect("`true` is on PATH"));
}

/// An empty folder, with all rules.
#[divan::bench]
fn empty_folder(bencher: Bencher<'_, '_>) {
    let folder = TempDir::new().expect("a temporary folder can be made");
    bencher.bench(|| scan(folder.path()));
}

/// A folder with one small file.
#[divan::bench]
fn one_file(bencher: Bencher<'_, '_>) {
    let folder = TempDir::new().expect("a temporary folder can be made");
    let text = "workers = 16\n".repeat(ONE_FILE_BYTES / 13);
    fs::write(folder.path().join("settings.conf"), text).expect("the folder is writable");
    bencher.bench(|| scan(folder.path()));
}

fn scan(folder: &Path) {
    let status = Command::new(env!("CARGO_BIN_EXE_stanch"))
        .args(["scan", "."])
        .current_dir(folder)
        .stdout(Stdio::null())
        .status()
        .expect("the binary was built with this bench");
    assert!(status.success(), "the folder holds no secret, and yet: {status}");
}

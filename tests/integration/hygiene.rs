//! Notes on files as such: beside findings, and without a say in the status.

use std::path::Path;

use serde_json::Value;
use tempfile::TempDir;

use super::common::{folder, password, stanch, write};
use super::index::git;

/// A repository with these files, all of them tracked.
fn repository(files: &[(&str, &str)]) -> TempDir {
    let folder = folder();
    git(folder.path(), &["init", "-q", "-b", "main", "."]);
    files.iter().for_each(|(path, text)| write(folder.path(), path, text));
    git(folder.path(), &["add", "-A", "-f"]);
    folder
}

/// Kind and path of each note; there are no findings.
fn notes(root: &Path, verb: &str) -> Vec<(String, String)> {
    let ended = stanch(root).args([verb, "--format", "json"]).run().status(0);
    let report: Value = serde_json::from_str(&ended.stdout).expect("it is JSON");
    let text = |note: &Value, name: &str| note[name].as_str().expect("it is text").to_owned();
    let list = report["notes"].as_array().expect("it is a list");
    list.iter().map(|note| (text(note, "kind"), text(note, "path"))).collect()
}

fn expected(notes: &[(&str, &str)]) -> Vec<(String, String)> {
    notes.iter().map(|(kind, path)| ((*kind).to_owned(), (*path).to_owned())).collect()
}

#[test]
fn what_should_not_be_tracked_is_told_and_fails_nothing() {
    let root = repository(&[
        (".env", "MODE=on\n"),
        ("empty/.env", "MODE=\n"),
        (".npmrc", "//registry.example.com/:_authToken=${TOKEN}\n"),
        ("web/.npmrc", "//registry.example.com/:_authToken=placeholder\n"),
        ("infra/terraform.tfstate", "{}\n"),
        ("keys/store.jks", "x"),
        ("tests/store.jks", "x"),
        ("keys/public.pem", "-----BEGIN CERTIFICATE-----\n"),
        ("notes.txt", "nothing\n"),
    ]);
    let told = [".env", "infra/terraform.tfstate", "keys/store.jks", "web/.npmrc"];
    let told: Vec<_> = told.into_iter().map(|path| ("tracked", path)).collect();
    assert_eq!(notes(root.path(), "scan"), expected(&told));
    assert_eq!(notes(root.path(), "git"), expected(&told));
    let shown = stanch(root.path()).args(["scan"]).run().status(0).stdout;
    assert!(shown.contains("Notes on files") && shown.contains(".env: settings of one machine"), "{shown}");
    let part = stanch(root.path()).args(["scan", "notes.txt", "--format", "json"]).run().status(0);
    assert!(part.stdout.contains("\"notes\":[]"), "a part of a work tree says nothing of all of it");
}

#[test]
fn what_should_be_ignored_is_asked_of_git() {
    let files = [("a/.env.example", "X=\n"), ("a/main.tf", ""), ("b/c/main.tf", ""), ("b/.env.sample", "")];
    let root = repository(&files);
    let all = [("not-ignored", "a/.env"), ("not-ignored", "a/terraform.tfstate")];
    assert_eq!(notes(root.path(), "scan"), expected(&all));
    write(root.path(), ".gitignore", ".env\n");
    assert_eq!(notes(root.path(), "scan"), expected(&all[1..]));
    write(root.path(), "a/.gitignore", "*.tfstate\n");
    assert_eq!(notes(root.path(), "scan"), expected(&[("not-ignored", "b/c/terraform.tfstate")]));
    write(root.path(), ".git/info/exclude", "*.tfstate*\n");
    assert_eq!(notes(root.path(), "scan"), []);
}

#[test]
fn a_clear_copy_of_what_was_encrypted_is_told() {
    let vault = "$ANSIBLE_VAULT;1.1;AES256\n6162\n";
    let sops = "key: ENC[AES256_GCM,data:x,type:str]\nsops:\n    mac: ENC[AES256_GCM,data:x,type:str]\n";
    let root = repository(&[
        ("group_vars/vault.yml", vault),
        ("conf/app.enc.yaml", sops),
        ("conf/app.yaml", "key: value\n"),
        ("conf/other.enc.yaml", sops),
        ("conf/secrets.txt", "\0GITCRYPT\0x"),
        (".gitattributes", "conf/secrets.txt filter=git-crypt\n"),
    ]);
    assert_eq!(notes(root.path(), "scan"), expected(&[("clear", "conf/app.yaml")]));
    write(root.path(), "group_vars/vault.yml", "user: admin\n");
    // What git-crypt decrypts is in clear here, as it should be.
    write(root.path(), "conf/secrets.txt", "user: admin\n");
    let both = [("clear", "conf/app.yaml"), ("clear", "group_vars/vault.yml")];
    assert_eq!(notes(root.path(), "scan"), expected(&both));
}

#[test]
fn secrets_in_names_are_hidden_in_notes() {
    let secret = password(8201);
    let root = repository(&[(&format!("password={secret}/.env"), "MODE=on\n")]);
    for verb in ["scan", "git"] {
        for format in ["human", "json", "jsonl"] {
            let ended = stanch(root.path()).args([verb, "--format", format]).run().hides(&secret);
            assert!(ended.stdout.contains("password=********/.env"), "{verb} {format}: {}", ended.stdout);
        }
    }
}

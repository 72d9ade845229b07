//! Secrets in the names of files and folders are found wherever these come from, and shown by nobody.

use std::collections::BTreeSet;
use std::path::Path;

use super::common::{folder, stanch, write};
use super::history::secrets;
use super::index::git;

fn tokens() -> [String; 3] {
    let secrets = secrets();
    ["T1", "T2", "T3"].map(|name| secrets[name].clone())
}

/// Which of the tokens are found, and how the paths that are told are shown.
fn found(folder: &Path, args: &[&str]) -> BTreeSet<(usize, String)> {
    let tokens = tokens();
    let ended = stanch(folder).args(args).args(["--format", "jsonl", "--show-secrets"]).run();
    let told = |finding: serde_json::Value| {
        let token = tokens.iter().position(|token| finding["secret"] == **token).expect("it is one of them");
        (token, finding["path"].as_str().expect("it is text").to_owned())
    };
    ended.findings().into_iter().filter(|finding| finding["suppression"].is_null()).map(told).collect()
}

fn set(told: &[(usize, &str)]) -> BTreeSet<(usize, String)> {
    told.iter().map(|(token, path)| (*token, (*path).to_owned())).collect()
}

fn commit(root: &Path) {
    git(root, &["add", "-A"]);
    git(root, &["commit", "-qm", "more"]);
}

#[test]
fn names_of_files_and_folders_are_searched_and_hidden() {
    let [of_file, of_folder, inside] = tokens();
    let folder = folder();
    let root = folder.path();
    git(root, &["init", "-q"]);
    write(root, format!("conf/{of_file}.txt"), "nothing\n");
    write(root, format!("{of_folder}/a.txt"), format!("token = \"{inside}\"\n"));
    write(root, format!("{of_folder}/deep/b.txt"), "nothing\n");
    write(root, format!("{of_folder}/broken.gz"), [0x1F, 0x8B, 8, 0, 1]);
    let expected = set(&[(0, "conf/********.txt"), (1, "********"), (2, "********/a.txt")]);
    assert_eq!(found(root, &["scan", "."]), expected);
    for format in ["human", "sarif", "gitlab", "github"] {
        let ended = stanch(root).args(["scan", ".", "--format", format]).run().status(1);
        tokens().iter().fold(ended, |ended, token| ended.hides(token));
    }
    git(root, &["add", "-A"]);
    assert_eq!(found(root, &["git", "--staged"]), expected);
    let ended = stanch(root).args(["git", "--staged", "--format", "human"]).run().status(1);
    tokens().iter().fold(ended, |ended, token| ended.hides(token));
    commit(root);
    assert_eq!(found(root, &["git"]), expected, "as history has it");
}

#[test]
fn names_that_were_there_before_are_not_new() {
    let [of_file, of_folder, inside] = tokens();
    let folder = folder();
    let root = folder.path();
    git(root, &["init", "-q"]);
    write(root, format!("conf/{of_file}.txt"), "nothing\n");
    write(root, format!("{of_folder}/a.txt"), "nothing\n");
    write(root, "plain.txt", "a name will be found for this\n");
    commit(root);
    // Moved, edited, beside others; and a name that is new though what it holds is not.
    git(root, &["mv", &format!("conf/{of_file}.txt"), &format!("{of_file}.txt")]);
    write(root, format!("{of_folder}/a.txt"), "something\n");
    write(root, format!("{of_folder}/b.txt"), "nothing new\n");
    git(root, &["mv", "plain.txt", &format!("{inside}.txt")]);
    git(root, &["add", "-A"]);
    assert_eq!(found(root, &["git", "--staged"]), set(&[(2, "********.txt")]));
    commit(root);
    let new = found(root, &["git", "--range", "HEAD~1..HEAD"]);
    assert!(new.contains(&(2, "********.txt".to_owned())), "{new:?}");
}

#[test]
fn what_is_told_of_revisions_hides_secrets_in_their_names() {
    let [of_branch, of_none, _] = tokens();
    let folder = folder();
    let root = folder.path();
    git(root, &["init", "-q", "-b", "main"]);
    write(root, "a.txt", "nothing\n");
    commit(root);
    let branch = format!("br/{of_branch}");
    git(root, &["branch", &branch]);
    let ranges = [format!("{branch}..HEAD"), format!("br/{of_none}..HEAD"), format!("HEAD..{of_none}")];
    for range in &ranges {
        for format in ["human", "json"] {
            let ended = stanch(root).args(["git", "--range", range, "--format", format]).run();
            let told = format!("{}{}", ended.stdout, ended.stderr);
            assert!(told.contains("********"), "{told}");
            ended.hides(&of_branch).hides(&of_none);
        }
    }
    stanch(root).args(["git", "--pr", &branch]).run().hides(&of_branch);
    stanch(root).args(["git", "--branch", &of_none]).run().status(3).hides(&of_none);
}

#[test]
fn headers_of_commits_are_searched_and_hidden() {
    let [of_author, of_tag, _] = tokens();
    let folder = folder();
    let root = folder.path();
    git(root, &["init", "-q", "-b", "main"]);
    write(root, "a.txt", "nothing\n");
    commit(root);
    git(root, &["checkout", "-qb", "side"]);
    write(root, "b.txt", "nothing\n");
    commit(root);
    git(root, &["tag", "-am", &format!("said token = {of_tag}"), "v1"]);
    // Merges quote tags that are signed.
    let signature = "-----BEGIN PGP SIGNATURE-----\n\nnone\n-----END PGP SIGNATURE-----\n";
    write(root, "tag", format!("{}{signature}", git(root, &["cat-file", "tag", "v1"])));
    let signed = git(root, &["hash-object", "-t", "tag", "-w", "tag"]).trim().to_owned();
    std::fs::remove_file(root.join("tag")).unwrap();
    git(root, &["update-ref", "refs/tags/v1", &signed]);
    git(root, &["checkout", "-q", "main"]);
    write(root, "c.txt", "nothing\n");
    git(root, &["add", "-A"]);
    git(root, &["commit", "-qm", "more", "--author", &format!("{of_author} <a@example.com>")]);
    let author = git(root, &["rev-parse", "HEAD"]).trim().to_owned();
    git(root, &["merge", "-q", "--no-ff", "--no-edit", "-m", "merged", "v1"]);
    let merge = git(root, &["rev-parse", "HEAD"]).trim().to_owned();
    git(root, &["tag", "-d", "v1"]);
    let expected = set(&[(0, &format!("commit:{author}!headers")), (1, &format!("commit:{merge}!headers"))]);
    assert_eq!(found(root, &["git", "--no-unreachable"]), expected);
    assert_eq!(found(root, &["git", "--range", "HEAD~2..HEAD"]), expected);
    for args in [&["git"][..], &["git", "--format", "json"], &["git", "--range", "HEAD~2..HEAD"]] {
        stanch(root).args(args).run().status(1).hides(&of_author).hides(&of_tag);
    }
}

//! Files that change their encoding on the way: what each part holds is found wherever files come from.

use std::collections::BTreeSet;
use std::path::Path;

use super::common::{Ended, folder, password, stanch, write};
use super::index::git;

fn line(seed: u64) -> String {
    format!("db_password = '{}'\r\n", password(seed))
}

fn wide(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

/// Lines of both encodings, behind the mark of UTF-16 or behind text of 8 bits, and so long that neither is
/// known from the beginning.
fn files() -> [(&'static str, Vec<u8>); 12] {
    let filler = "nothing to see in this line\r\n";
    [
        ("wide.log", [wide(&format!("\u{feff}{}", line(8101))), line(8102).into_bytes()].concat()),
        ("narrow.log", [line(8103).into_bytes(), wide(&line(8104)), line(8105).into_bytes()].concat()),
        ("marked.log", [&[0xFF, 0xFE][..], line(8106).as_bytes()].concat()),
        ("short.log", [line(8109).as_bytes(), &wide("A=1\r\n")].concat()),
        ("letters.log", [line(8110).as_bytes(), &wide("\u{feff}ключ от дома\r\nв 7\r\n")].concat()),
        ("stray.log", [b"x\0y\n", line(8111).as_bytes()].concat()),
        ("hole.log", [&vec![0; 1 << 21][..], filler.repeat(9).as_bytes(), line(8112).as_bytes()].concat()),
        ("holed.log", [line(8115).as_bytes(), &[0; 4096], line(8116).as_bytes(), &[0; 700]].concat()),
        ("other.log", wide(&format!("ключ от дома\r\n\r\nпароль:\r\n{}", line(8117)))),
        (
            "latin.log",
            [&wide("\u{feff}user = bob\r\n")[..], b"Gr\xfc\xdfe aus K\xf6ln\r\n", line(8113).as_bytes()]
                .concat(),
        ),
        ("odd.log", [&wide("\u{feff}user = bob\r\n")[..], b"\n", &wide(&line(8114))].concat()),
        (
            "long.log",
            [
                filler.repeat(100_000).into_bytes(),
                wide(&filler.repeat(100_000)),
                wide(&line(8107)),
                line(8108).into(),
            ]
            .concat(),
        ),
    ]
}

/// Where what was found stands: the seed of the password, the path and the line.
fn places(ended: &Ended) -> BTreeSet<(u64, String, u64)> {
    let place = |finding: serde_json::Value| {
        let seed = (8101..=8117).find(|seed| finding["secret"] == password(*seed)).expect("it is known");
        let path = finding["path"].as_str().expect("it is text").to_owned();
        (seed, path, finding["start_line"].as_u64().expect("it is a number"))
    };
    ended.findings().into_iter().map(place).collect()
}

fn expected() -> BTreeSet<(u64, String, u64)> {
    let places = [
        (8101, "wide.log", 1),
        (8102, "wide.log", 2),
        (8103, "narrow.log", 1),
        (8104, "narrow.log", 2),
        (8105, "narrow.log", 3),
        (8106, "marked.log", 1),
        (8109, "short.log", 1),
        (8110, "letters.log", 1),
        (8111, "stray.log", 2),
        (8112, "hole.log", 10),
        (8113, "latin.log", 3),
        (8114, "odd.log", 2),
        (8115, "holed.log", 1),
        (8116, "holed.log", 2),
        (8117, "other.log", 4),
        (8107, "long.log", 200_001),
        (8108, "long.log", 200_002),
    ];
    places.map(|(seed, path, line)| (seed, path.to_owned(), line)).into()
}

fn run(folder: &Path, args: &[&str]) -> BTreeSet<(u64, String, u64)> {
    places(&stanch(folder).args(args).args(["--format", "jsonl", "--show-secrets"]).run().status(1))
}

#[test]
fn both_parts_of_a_file_in_two_encodings_are_found() {
    let folder = folder();
    let root = folder.path();
    git(root, &["init", "-q"]);
    for (name, bytes) in files() {
        write(root, name, &bytes);
        let ended = stanch(root)
            .args(["scan", "-", "--format", "jsonl", "--show-secrets"])
            .stdin(bytes)
            .run()
            .status(1);
        let seen: BTreeSet<_> = places(&ended).into_iter().map(|(seed, _, line)| (seed, line)).collect();
        let own = expected().into_iter().filter(|(_, path, _)| path == name);
        assert_eq!(seen, own.map(|(seed, _, line)| (seed, line)).collect(), "{name} as a stream");
    }
    assert_eq!(run(root, &["scan", "."]), expected());
    git(root, &["add", "."]);
    assert_eq!(run(root, &["git", "--staged"]), expected());
}

#[test]
fn what_is_appended_in_another_encoding_is_found_in_history_with_and_without_deltas() {
    let folder = folder();
    let root = folder.path();
    git(root, &["init", "-q"]);
    for (name, bytes) in files() {
        // As programs write it: a part after the other, each stored as a change to what was there.
        let ends: Vec<usize> = (0..=8).map(|part| bytes.len() * part / 8).collect();
        for end in &ends[1..] {
            write(root, name, &bytes[..*end]);
            git(root, &["add", "."]);
            git(root, &["-c", "user.name=A", "-c", "user.email=a@example.com", "commit", "-qm", "more"]);
        }
    }
    git(root, &["repack", "-adfq"]);
    assert_eq!(run(root, &["git"]), expected());
    assert_eq!(run(root, &["git", "--no-delta"]), expected());
    assert_eq!(run(root, &["git", "--range", "HEAD~1..HEAD"]).len(), 2);
}

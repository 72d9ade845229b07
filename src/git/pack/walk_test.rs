//! Walks and single look-ups compared with what git itself answers, on repositories made by git.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Read, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Mutex;

use super::*;
use crate::git::{Object, ObjectFormat, ObjectId};

/// Runs git in a folder, with `input`, and answers with what it printed.
fn git(folder: &Path, arguments: &[&str], input: &[u8]) -> Vec<u8> {
    let mut child = Command::new("git")
        .args(["-c", "core.autocrlf=false", "-c", "gc.auto=0"])
        .args(["-c", "user.name=Ann", "-c", "user.email=ann@example.com"])
        .args(arguments)
        .current_dir(folder)
        .env_remove("GIT_DIR")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("git is installed");
    let mut stdin = child.stdin.take().expect("it is piped");
    let input = input.to_vec();
    let writer = std::thread::spawn(move || stdin.write_all(&input));
    let output = child.wait_with_output().expect("git ends");
    writer.join().expect("the writer ends").expect("git reads its input");
    assert!(output.status.success(), "git {arguments:?}");
    output.stdout
}

type All = BTreeMap<ObjectId, (Kind, Vec<u8>)>;

/// All objects of a bare repository, as git tells them.
fn by_git(repository: &Path) -> All {
    let output = git(repository, &["cat-file", "--batch", "--batch-all-objects", "--unordered"], b"");
    let mut rest = &output[..];
    let mut all = All::new();
    while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
        let head = std::str::from_utf8(&rest[..end]).expect("a header is text");
        let words: Vec<_> = head.split(' ').collect();
        let length: usize = words[2].parse().expect("a size is a number");
        let bytes = rest[end + 1..end + 1 + length].to_vec();
        all.insert(words[0].parse().expect("an id"), (words[1].parse().expect("a kind"), bytes));
        rest = &rest[end + 2 + length..];
    }
    all
}

/// Collects all that is visited, and checks what it is told of bases.
#[derive(Default)]
struct Collector {
    all: Mutex<All>,
    failures: Mutex<Vec<Failure>>,
    derived: Mutex<usize>,
}

impl Visitor for Collector {
    type Kept = Vec<u8>;

    fn visit(&self, object: Object<'_>, base: Option<Base<'_, Vec<u8>>>) -> Vec<u8> {
        let bytes = object.bytes.to_vec();
        if let Some(Base { kept, length, copied }) = base {
            assert_eq!(kept.len(), length);
            for copy in copied {
                assert_eq!(kept[copy.from..copy.from + copy.length], bytes[copy.to..copy.to + copy.length]);
            }
            *self.derived.lock().expect("no panic") += 1;
        }
        let before = self.all.lock().expect("no panic").insert(object.id, (object.kind, bytes.clone()));
        assert!(before.is_none(), "{} came twice", object.id);
        bytes
    }

    fn stream(&self, id: ObjectId, kind: Kind, bytes: u64, reader: &mut dyn Read) -> io::Result<()> {
        let mut read = Vec::new();
        reader.read_to_end(&mut read)?;
        assert_eq!(read.len() as u64, bytes);
        self.all.lock().expect("no panic").insert(id, (kind, read));
        Ok(())
    }

    fn fail(&self, failure: Failure) {
        self.failures.lock().expect("no panic").push(failure);
    }
}

const ALL: Kinds = Kinds::of(&[Kind::Commit, Kind::Tree, Kind::Blob, Kind::Tag]);

/// Walks over a repository and looks every object up; both must be what git says.
fn check(repository: &Path, format: ObjectFormat) -> usize {
    let expected = by_git(repository);
    let objects = Objects::open(&repository.join("objects"), format);
    assert!(objects.problems().is_empty(), "{:?}", objects.problems());
    let mut derived = 0;
    for base_bytes in [48 << 20, 1000] {
        let collector = Collector::default();
        objects.walk(Walk { verify: true, base_bytes, ..Walk::over(ALL) }, &collector).expect("it walks");
        assert_eq!(*collector.failures.lock().expect("no panic"), []);
        assert!(*collector.all.lock().expect("no panic") == expected);
        derived = *collector.derived.lock().expect("no panic");
    }
    let mut reader = objects.reader();
    for (id, (kind, bytes)) in &expected {
        let object = reader.read(id).expect("it is there");
        assert!((object.kind, object.bytes) == (*kind, &bytes[..]), "{id}");
    }
    assert_eq!(objects.ids(), expected.keys().copied().collect::<Vec<_>>());
    derived
}

/// A bare repository with a file of many versions, a folder, a branch and a tag.
fn repository(folder: &Path, format: &str) {
    git(folder, &["init", "--bare", "--quiet", "--object-format", format, "."], b"");
    let mut script = Vec::new();
    let mut text = String::new();
    for version in 0..60 {
        // Lines are added, changed and moved.
        text = format!("line {version} of the text, {}\n{text}", version * 7919 % 1000);
        if version % 7 == 3 {
            let middle = text.match_indices('\n').nth(version / 2).map_or(0, |(at, _)| at + 1);
            text = format!("{}{}", &text[middle..], &text[..middle]);
        }
        let large = text.repeat(1 + version % 5);
        write!(
            script,
            "commit refs/heads/main\ncommitter Ann <ann@example.com> {version} +0000\ndata 2\nm\n\
             M 644 inline folder/file.txt\ndata {}\n{large}\nM 644 inline {version}.txt\ndata {}\n{text}\n",
            large.len(),
            text.len(),
        )
        .expect("a vector takes all");
    }
    script.extend(b"tag v1\nfrom refs/heads/main\ntagger Ann <ann@example.com> 1 +0000\ndata 2\nt\n");
    git(folder, &["fast-import", "--quiet", "--force"], &script);
}

fn temporary() -> tempfile::TempDir {
    tempfile::tempdir().expect("a folder can be made")
}

#[test]
fn every_object_of_every_form_of_pack_is_visited_once() {
    for (name, format) in [("sha1", ObjectFormat::Sha1), ("sha256", ObjectFormat::Sha256)] {
        let folder = temporary();
        let path = folder.path();
        repository(path, name);
        for repack in [&["-adfq"][..], &["-adfq", "--depth=1"], &["-adfq", "--window=250", "--depth=4000"]] {
            git(path, &[&["repack"], repack].concat(), b"");
            assert!(check(path, format) > 50);
        }
        for option in ["pack.indexVersion=1", "repack.useDeltaBaseOffset=false"] {
            git(path, &["-c", option, "repack", "-adfq"], b"");
            if name == "sha1" || !option.contains("Version") {
                assert!(check(path, format) > 50, "{option}");
            }
        }
    }
}

#[test]
fn loose_objects_and_several_packs_are_one() {
    let folder = temporary();
    let path = folder.path();
    repository(path, "sha1");
    git(path, &["repack", "-adfq"], b"");
    // A second pack with a few of the objects, and one object that is loose.
    let some = git(path, &["rev-list", "--objects", "-n", "20", "main"], b"");
    git(path, &["pack-objects", "--quiet", "--delta-base-offset", "objects/pack/pack"], &some);
    git(path, &["hash-object", "-w", "--stdin"], b"a loose one\n");
    git(path, &["multi-pack-index", "write"], b"");
    assert!(check(path, ObjectFormat::Sha1) > 50);
    // All of it loose.
    let loose = temporary();
    git(loose.path(), &["init", "--bare", "--quiet", "."], b"");
    for entry in fs::read_dir(path.join("objects/pack")).expect("it is there").flatten() {
        if entry.path().extension().is_some_and(|extension| extension == "pack") {
            let pack = fs::read(entry.path()).expect("it can be read");
            git(loose.path(), &["unpack-objects", "-q"], &pack);
        }
    }
    assert_eq!(check(loose.path(), ObjectFormat::Sha1), 0);
    // None of its own, all of an alternate.
    let borrower = temporary();
    git(borrower.path(), &["init", "--bare", "--quiet", "."], b"");
    let alternates = format!("{}\n", path.join("objects").display());
    fs::write(borrower.path().join("objects/info/alternates"), alternates).expect("it can be written");
    assert!(check(borrower.path(), ObjectFormat::Sha1) > 50);
}

#[test]
fn what_is_too_large_to_be_held_is_streamed() {
    let folder = temporary();
    let path = folder.path();
    git(path, &["init", "--bare", "--quiet", "."], b"");
    let large = vec![b'a'; LARGE_BYTES as usize + 17];
    git(path, &["hash-object", "-w", "--stdin"], &large);
    check(path, ObjectFormat::Sha1);
    git(path, &["hash-object", "-w", "--stdin"], &large[..1000]);
    let ids = by_git(path).keys().map(|id| format!("{id}\n")).collect::<String>();
    git(path, &["pack-objects", "--quiet", "objects/pack/pack"], ids.as_bytes());
    git(path, &["prune-packed"], b"");
    check(path, ObjectFormat::Sha1);
}

/// Packs loose objects and removes their files, as `git gc` does.
fn pack_loose(repository: &Path, ids: &[ObjectId]) {
    let list: String = ids.iter().map(|id| format!("{id}\n")).collect();
    git(repository, &["pack-objects", "--quiet", "objects/pack/pack"], list.as_bytes());
    git(repository, &["prune-packed", "--quiet"], b"");
}

#[test]
fn what_is_packed_while_it_is_read_is_not_missed() {
    for is_listed in [false, true] {
        let folder = tempfile::tempdir().expect("a folder can be made");
        let repository = folder.path();
        git(repository, &["init", "--bare", "--quiet", "."], b"");
        let write = |text: &str| -> ObjectId {
            let id = git(repository, &["hash-object", "-w", "--stdin"], text.as_bytes());
            std::str::from_utf8(&id).expect("an id is text").trim().parse().expect("it is an id")
        };
        let first: Vec<_> = (0..3).map(|number| write(&format!("first {number}"))).collect();
        pack_loose(repository, &first);
        // Nothing leads to these: whoever does not list them never hears of them.
        let loose: Vec<_> = (0..5).map(|number| write(&format!("loose {number}"))).collect();
        let expected = by_git(repository);
        let objects = Objects::open(&repository.join("objects"), ObjectFormat::Sha1);
        if is_listed {
            assert_eq!(objects.ids().len(), 8);
        }
        pack_loose(repository, &loose);
        let collector = Collector::default();
        objects.walk(Walk::over(ALL), &collector).expect("it walks");
        assert_eq!(*collector.failures.lock().expect("no panic"), []);
        assert!(*collector.all.lock().expect("no panic") == expected, "listed before: {is_listed}");
        assert!(loose.iter().all(|id| objects.contains(id) && objects.reader().read(id).is_ok()));
    }
}

#[test]
fn a_pack_that_came_while_it_was_read_and_is_damaged_is_told() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let repository = folder.path();
    git(repository, &["init", "--bare", "--quiet", "."], b"");
    git(repository, &["hash-object", "-w", "--stdin"], b"loose");
    let objects = Objects::open(&repository.join("objects"), ObjectFormat::Sha1);
    pack_loose(repository, &[ObjectId::of(ObjectFormat::Sha1, Kind::Blob, b"loose")]);
    let index = fs::read_dir(repository.join("objects/pack")).expect("it is there").flatten();
    let mut index =
        index.map(|entry| entry.path()).filter(|path| path.extension().is_some_and(|it| it == "idx"));
    let index = index.next().expect("it was packed");
    fs::remove_file(&index).expect("it is there");
    fs::write(&index, b"no index").expect("it can be written");
    objects.walk(Walk::over(ALL), &Collector::default()).expect("it walks");
    let problems = objects.later_problems();
    assert_eq!(problems.iter().map(|(path, _)| path.clone()).collect::<Vec<_>>(), [index]);
    assert!(objects.later_problems().is_empty(), "they are told once");
}

#[test]
fn what_was_listed_and_is_gone_is_told() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let repository = folder.path();
    git(repository, &["init", "--bare", "--quiet", "."], b"");
    git(repository, &["hash-object", "-w", "--stdin"], b"kept");
    git(repository, &["hash-object", "-w", "--stdin"], b"gone");
    let objects = Objects::open(&repository.join("objects"), ObjectFormat::Sha1);
    assert_eq!(objects.ids().len(), 2);
    let gone = ObjectId::of(ObjectFormat::Sha1, Kind::Blob, b"gone");
    let hex = gone.to_string();
    fs::remove_file(repository.join("objects").join(&hex[..2]).join(&hex[2..])).expect("it is loose");
    let collector = Collector::default();
    objects.walk(Walk::over(ALL), &collector).expect("it walks");
    let failures = collector.failures.into_inner().expect("no panic");
    assert_eq!(failures, [Failure { id: gone, error: ObjectError::Missing, lost: 1 }]);
    assert_eq!(collector.all.into_inner().expect("no panic").len(), 1);
}

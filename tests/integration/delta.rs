//! Scans of packs: that only what is new in an object is searched must not show in what is found.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io::{self, Read, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::{LazyLock, Mutex};

use proptest::prelude::*;
use proptest::sample::Index;

use stanch::blob::{Blob, Provenance};
use stanch::engine::{Scanner, Scratch};
use stanch::git::pack::{Base, Failure, Kinds, Objects, Visitor, Walk};
use stanch::git::{Kind, Object, ObjectFormat, ObjectId};
use stanch::rule::RuleSet;
use stanch::scan::Searched;
use stanch::span::Span;

use super::common::{self, password};
use super::sample::base62;

static SCANNER: LazyLock<Scanner> = LazyLock::new(|| Scanner::new(RuleSet::builtin()));

/// Pieces of files, some of which hold secrets, alone or when they stand together.
static PIECES: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| {
    let body = base62(3, 64);
    let armor = |side: &str| format!("-----{side} RSA PRIVATE KEY-----\n");
    let mut pieces: Vec<Vec<u8>> = [
        format!("password = \"{}\"\n", password(1)),
        "db_password: ".to_owned(),
        format!("{}\n", password(2)),
        "token=".to_owned(),
        format!("{}\n", base62(4, 40)),
        armor("BEGIN"),
        format!("{body}\n"),
        armor("END"),
        format!("postgres://joe:{}@db.internal/data\n", password(5)),
        "Authorization: Bearer ".to_owned(),
        "api_key: ".to_owned(),
        "\"".to_owned(),
        "\n".to_owned(),
        "let x = compute(y);\n".to_owned(),
        // Longer than what a rule may look around itself, so that zones are apart.
        "the quick brown fox jumps over the lazy dog\n".repeat(40),
        base62(6, 900),
        "0".repeat(300),
    ]
    .into_iter()
    .map(String::into_bytes)
    .collect();
    pieces.push(vec![0; 3]);
    pieces.push(b"caf\xe9\xff\n".to_vec());
    // As what PowerShell appends.
    let wide = format!("db_password = '{}'\r\n", password(9));
    pieces.push(wide.encode_utf16().flat_map(u16::to_le_bytes).collect());
    // Codes of a terminal, and what may turn out to be the end of one.
    pieces.extend(["\x1b[31m", "\x1b]0;", "\x1b[3", "\x07", "\r"].map(|code| code.as_bytes().to_vec()));
    pieces
});

/// A change to a file, which is a list of pieces.
#[derive(Clone, Debug)]
enum Edit {
    Insert(Index, Vec<usize>),
    Delete(Index, usize),
    Move(Index, Index, usize),
    Repeat(Index, Index, usize),
}

fn piece() -> impl Strategy<Value = usize> {
    // NUL bytes make a file binary, and so are rare.
    prop_oneof![60 => 0..17_usize, 1 => Just(17_usize), 2 => Just(18_usize), 1 => Just(19_usize), 2 => 20..25_usize]
}

fn edit() -> impl Strategy<Value = Edit> {
    let at = any::<Index>;
    prop_oneof![
        4 => (at(), prop::collection::vec(piece(), 1..4)).prop_map(|(to, new)| Edit::Insert(to, new)),
        2 => (at(), 1..4_usize).prop_map(|(from, count)| Edit::Delete(from, count)),
        1 => (at(), at(), 1..12_usize).prop_map(|(from, to, count)| Edit::Move(from, to, count)),
        1 => (at(), at(), 1..12_usize).prop_map(|(from, to, count)| Edit::Repeat(from, to, count)),
    ]
}

fn apply(file: &mut Vec<usize>, edit: &Edit) {
    let place = |index: &Index, file: &[usize]| index.index(file.len() + 1);
    let stretch = |index: &Index, count: usize, file: &[usize]| {
        let from = place(index, file);
        from..(from + count).min(file.len())
    };
    match edit {
        Edit::Insert(to, new) => {
            let to = place(to, file);
            file.splice(to..to, new.iter().copied());
        }
        Edit::Delete(from, count) => {
            let stretch = stretch(from, *count, file);
            file.drain(stretch);
        }
        Edit::Move(from, to, count) => {
            let stretch = stretch(from, *count, file);
            let moved: Vec<_> = file.drain(stretch).collect();
            let to = place(to, file);
            file.splice(to..to, moved);
        }
        Edit::Repeat(from, to, count) => {
            let copied = file[stretch(from, *count, file)].to_vec();
            let to = place(to, file);
            file.splice(to..to, copied);
        }
    }
}

/// Runs git in a folder with nothing of the caller's configuration.
fn git(folder: &Path, arguments: &[&str], input: &[u8]) {
    let mut child = Command::new("git")
        .args(["-c", "gc.auto=0"])
        .args(arguments)
        .current_dir(folder)
        .envs([("GIT_CONFIG_GLOBAL", "/dev/null"), ("GIT_CONFIG_NOSYSTEM", "1")])
        .env_remove("GIT_DIR")
        .stdin(Stdio::piped())
        .spawn()
        .expect("git is installed");
    child.stdin.take().unwrap().write_all(input).expect("git reads its input");
    assert!(child.wait().unwrap().success(), "git {arguments:?}");
}

/// Writes versions of a file into a new bare repository.
fn commit(folder: &Path, versions: &[Vec<usize>]) {
    git(folder, &["init", "--bare", "--quiet", "."], b"");
    let mut script = Vec::new();
    for (second, version) in versions.iter().enumerate() {
        let bytes: Vec<u8> = version.iter().flat_map(|piece| PIECES[*piece].clone()).collect();
        let mut head = String::new();
        let _ = write!(
            head,
            "commit refs/heads/main\ncommitter Ann <ann@example.com> {second} +0000\ndata 2\nm\n\
             M 644 inline settings.txt\ndata {}\n",
            bytes.len()
        );
        script.extend(head.into_bytes());
        script.extend(bytes);
        script.push(b'\n');
    }
    git(folder, &["fast-import", "--quiet", "--force"], &script);
}

type Set = BTreeSet<(ObjectId, String, Span, Span, Span, String)>;

/// Searches all objects, as changes to their bases or each as a whole.
struct Search {
    delta: bool,
    found: Mutex<Set>,
}

impl Visitor for Search {
    type Kept = Option<Searched<'static>>;

    fn visit(&self, object: Object<'_>, base: Option<Base<'_, Self::Kept>>) -> Self::Kept {
        let provenance = Provenance::Stream { name: String::new() };
        let blob = Blob::whole(object.bytes, &provenance);
        let base = base.filter(|_| self.delta);
        let searched = Searched::new(&SCANNER, &blob, base, &mut Scratch::default());
        for (candidate, verdict) in searched.candidates() {
            let judgement = format!("{:?} {verdict:?}", candidate.confidence);
            let rule = candidate.rule.id.to_string();
            let entry =
                (object.id, rule, candidate.matched, candidate.secret, candidate.depends_on, judgement);
            assert!(self.found.lock().unwrap().insert(entry), "found twice");
        }
        Some(searched)
    }

    fn stream(&self, _: ObjectId, _: Kind, _: u64, _: &mut dyn Read) -> io::Result<()> {
        unreachable!("no object is so large")
    }

    fn fail(&self, failure: Failure) {
        panic!("{failure:?}");
    }
}

fn scan(repository: &Path, delta: bool, threads: usize) -> Set {
    let objects = Objects::open(&repository.join("objects"), ObjectFormat::Sha1);
    let search = Search { delta, found: Mutex::default() };
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
    pool.install(|| objects.walk(Walk::over(Kinds::BLOBS), &search)).unwrap();
    search.found.into_inner().unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn what_is_found_does_not_depend_on_deltas_nor_on_packs(
        first in prop::collection::vec(piece(), 20..80),
        edits in prop::collection::vec(prop::collection::vec(edit(), 1..4), 4..14),
    ) {
        let folder = common::folder();
        let mut versions = vec![first];
        for edits in &edits {
            let mut next = versions.last().unwrap().clone();
            edits.iter().for_each(|edit| apply(&mut next, edit));
            versions.push(next);
        }
        commit(folder.path(), &versions);
        let loose = scan(folder.path(), true, 1);
        for repack in [&["--depth=50"][..], &["--depth=1"], &["--window=250", "--depth=4000"]] {
            git(folder.path(), &[&["repack", "-adfq"], repack].concat(), b"");
            prop_assert_eq!(&scan(folder.path(), false, 1), &loose);
            for threads in [1, 4] {
                let found = scan(folder.path(), true, threads);
                let (lost, extra): (Vec<_>, Vec<_>) =
                    (loose.difference(&found).collect(), found.difference(&loose).collect());
                prop_assert!(lost.is_empty() && extra.is_empty(), "{repack:?}: lost {lost:?}, extra {extra:?}");
            }
        }
    }
}

#[test]
fn the_pieces_hold_secrets() {
    let folder = common::folder();
    commit(folder.path(), &[vec![0, 14, 5, 6, 6, 6, 6, 7, 14, 8]]);
    assert!(scan(folder.path(), true, 1).len() >= 2);
}

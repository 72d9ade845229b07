//! The packs of a real repository: what inflating costs, what walking adds, and what scanning adds.
//!
//!     cargo bench --bench history -- REPOSITORY... [--rounds N] [--threads N] [--only ROW,ROW]
//!
//! `inflate` goes through the packs without this crate's reader, entry by entry, and is what the others
//! are measured against: nothing that reads all objects can take less. `blobs` inflates and applies all
//! blobs by a walk that hands them to nobody.

#![allow(missing_docs, reason = "benches have no readers but their own")]

use std::cell::RefCell;
use std::fs;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use stanch::blob::{Blob, Provenance};
use stanch::engine::{Scanner, Scratch};
use stanch::git::pack::{Base, Failure, Kinds, Objects, Visitor, Walk};
use stanch::git::{Kind, Object, ObjectFormat, ObjectId};
use stanch::rule::RuleSet;
use stanch::scan::Searched;

type Row = (&'static str, fn(&Path) -> Outcome);

const ROWS: &[Row] = &[
    ("inflate", inflate),
    ("blobs", |path| walk(path, Kinds::BLOBS)),
    ("commits", |path| walk(path, Kinds::of(&[Kind::Commit]))),
    ("trees", |path| walk(path, Kinds::of(&[Kind::Tree]))),
    ("scan", |path| scan(path, true)),
    ("scan-no-delta", |path| scan(path, false)),
];

/// What a row did: if it differs from one round to the next, its times mean nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Outcome {
    objects: u64,
    bytes: u64,
    found: u64,
}

fn main() -> io::Result<()> {
    let (mut repositories, mut rounds, mut threads, mut only) = (Vec::new(), 5, 1, Vec::new());
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().unwrap_or_default();
        match &*argument {
            "--bench" => {}
            "--rounds" => rounds = value().parse().map_err(io::Error::other)?,
            "--threads" => threads = value().parse().map_err(io::Error::other)?,
            "--only" => only = value().split(',').map(str::to_owned).collect(),
            _ => repositories.push(PathBuf::from(argument)),
        }
    }
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().map_err(io::Error::other)?;
    for repository in &repositories {
        pool.install(|| measure(repository, rounds, &only))?;
    }
    Ok(())
}

fn measure(repository: &Path, rounds: usize, only: &[String]) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{}", repository.display())?;
    writeln!(out, "| row | objects | MB | found | CPU s | wall s |\n|---|--:|--:|--:|--:|--:|")?;
    let rows: Vec<&Row> =
        ROWS.iter().filter(|(name, _)| only.is_empty() || only.iter().any(|wanted| wanted == name)).collect();
    let mut times = vec![Vec::new(); rows.len()];
    let mut outcomes = vec![None; rows.len()];
    // A change of the machine's load is to hit all rows: each round runs all of them.
    for _ in 0..rounds {
        for (index, (name, run)) in rows.iter().enumerate() {
            let (start, before) = (Instant::now(), cpu_time());
            let outcome = run(&objects_folder(repository));
            times[index].push((cpu_time() - before, start.elapsed()));
            let first = *outcomes[index].get_or_insert(outcome);
            assert_eq!(first, outcome, "{name} differs from round to round");
        }
    }
    for (index, (name, _)) in rows.iter().enumerate() {
        let Some(Outcome { objects, bytes, found }) = outcomes[index] else { continue };
        let median = |of: fn(&(Duration, Duration)) -> Duration| {
            let mut all: Vec<_> = times[index].iter().map(of).collect();
            all.sort();
            all[all.len() / 2].as_secs_f64()
        };
        let (cpu, wall) = (median(|time| time.0), median(|time| time.1));
        let megabytes = bytes as f64 / 1e6;
        writeln!(out, "| {name} | {objects} | {megabytes:.1} | {found} | {cpu:.3} | {wall:.3} |")?;
    }
    Ok(())
}

fn objects_folder(repository: &Path) -> PathBuf {
    let bare = repository.join("objects");
    if bare.is_dir() { bare } else { repository.join(".git/objects") }
}

/// Processor time of this process so far, user and system.
fn cpu_time() -> Duration {
    // SAFETY: `usage` is as large as the function expects, and plain numbers.
    let usage = unsafe {
        let mut usage = std::mem::zeroed::<libc::rusage>();
        libc::getrusage(libc::RUSAGE_SELF, &mut usage);
        usage
    };
    [usage.ru_utime, usage.ru_stime]
        .map(|time| Duration::new(time.tv_sec as u64, time.tv_usec as u32 * 1000))
        .iter()
        .sum()
}

/// Inflates every entry of every pack, deltas as they stand, in the order of ids.
fn inflate(folder: &Path) -> Outcome {
    let mut outcome = Outcome { objects: 0, bytes: 0, found: 0 };
    let packs = fs::read_dir(folder.join("pack")).expect("the repository has packs").flatten();
    for path in packs.map(|entry| entry.path()).filter(|path| path.extension().is_some_and(|e| e == "idx")) {
        let idx = fs::read(&path).expect("the index can be read");
        let file = fs::File::open(path.with_extension("pack")).expect("there is a pack beside it");
        // SAFETY: nobody writes to packs.
        let pack = unsafe { memmap2::Mmap::map(&file) }.expect("it can be mapped");
        let number = |at: usize| u32::from_be_bytes(idx[at..at + 4].try_into().expect("four bytes"));
        let count = number(8 + 255 * 4) as usize;
        let offsets = 8 + 1024 + count * 24;
        let mut inflater = libdeflater::Decompressor::new();
        let mut buffer = Vec::new();
        for index in 0..count {
            let mut at = number(offsets + 4 * index) as usize;
            assert!(at >> 31 == 0, "packs above 2 GiB are not for this row");
            let kind = pack[at] >> 4 & 7;
            let mut size = usize::from(pack[at] & 15);
            let mut shift = 4;
            while pack[at] & 0x80 != 0 {
                at += 1;
                size |= usize::from(pack[at] & 0x7F) << shift;
                shift += 7;
            }
            at += 1;
            if kind == 6 {
                while pack[at] & 0x80 != 0 {
                    at += 1;
                }
                at += 1;
            }
            at += if kind == 7 { 20 } else { 0 };
            buffer.resize(buffer.len().max(size), 0);
            let inflated = inflater.zlib_decompress(&pack[at..], &mut buffer[..size]);
            assert_eq!(inflated.expect("the entry is sound"), size);
            outcome.objects += 1;
            outcome.bytes += size as u64;
        }
    }
    outcome
}

/// Counts and does nothing else.
#[derive(Default)]
struct Counter {
    objects: AtomicU64,
    bytes: AtomicU64,
}

impl Visitor for Counter {
    type Kept = ();

    fn visit(&self, object: Object<'_>, _: Option<Base<'_, ()>>) {
        self.objects.fetch_add(1, Ordering::Relaxed);
        self.bytes.fetch_add(object.bytes.len() as u64, Ordering::Relaxed);
    }

    fn stream(&self, _: ObjectId, _: Kind, bytes: u64, _: &mut dyn Read) -> io::Result<()> {
        self.objects.fetch_add(1, Ordering::Relaxed);
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
        Ok(())
    }

    fn fail(&self, failure: Failure) {
        panic!("{failure:?}");
    }
}

fn walk(folder: &Path, kinds: Kinds) -> Outcome {
    let counter = Counter::default();
    let objects = Objects::open(folder, ObjectFormat::Sha1);
    objects.walk(Walk::over(kinds), &counter).expect("it can be walked");
    Outcome { objects: counter.objects.into_inner(), bytes: counter.bytes.into_inner(), found: 0 }
}

/// Searches what it is handed, as changes to its base or as a whole.
struct Search<'r> {
    scanner: &'r Scanner,
    delta: bool,
    counter: Counter,
    found: AtomicU64,
}

thread_local! {
    static SCRATCH: RefCell<Scratch> = RefCell::default();
}

impl<'r> Visitor for Search<'r> {
    type Kept = Option<Searched<'r>>;

    fn visit(&self, object: Object<'_>, base: Option<Base<'_, Self::Kept>>) -> Self::Kept {
        let provenance = Provenance::Stream { name: String::new() };
        let blob = Blob::whole(object.bytes, &provenance);
        let base = base.filter(|_| self.delta);
        let searched = SCRATCH.with_borrow_mut(|scratch| Searched::new(self.scanner, &blob, base, scratch));
        self.found.fetch_add(searched.candidates().len() as u64, Ordering::Relaxed);
        self.counter.visit(object, None);
        Some(searched)
    }

    fn stream(&self, id: ObjectId, kind: Kind, bytes: u64, reader: &mut dyn Read) -> io::Result<()> {
        self.counter.stream(id, kind, bytes, reader)
    }

    fn fail(&self, failure: Failure) {
        self.counter.fail(failure);
    }
}

fn scan(folder: &Path, delta: bool) -> Outcome {
    let objects = Objects::open(folder, ObjectFormat::Sha1);
    let scanner = Scanner::new(RuleSet::builtin());
    let search = Search { scanner: &scanner, delta, counter: Counter::default(), found: AtomicU64::new(0) };
    objects.walk(Walk::over(Kinds::BLOBS), &search).expect("it can be walked");
    let Counter { objects, bytes } = search.counter;
    Outcome { objects: objects.into_inner(), bytes: bytes.into_inner(), found: search.found.into_inner() }
}

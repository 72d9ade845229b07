//! Files and folders, walked in parallel.
//!
//! The walk itself is the `ignore` crate's, with all of its filters off: what is left out is decided
//! by [`Folder`], because git's rules need the index. Small files are lent where they are met; large
//! ones are put aside, and the largest of them then read one after the other, each by all threads.

use std::collections::HashMap;
use std::fmt;
use std::fs::File;
use std::io::{Cursor, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

use ignore::{DirEntry, WalkBuilder, WalkState};
use rayon::prelude::*;

use super::archive::{Format, HEAD_BYTES, Input, TAIL_BYTES};
use super::coverage::explain;
use super::file::{self, Taken};
use super::folder::Folder;
use super::root::{self, Kind, Root};
use super::{Coverage, Sink, Skip, Source, Stream, Tally, archive, pool, window};
use crate::blob::{Blob, Provenance};
use crate::lock::{into_inner, lock};

/// Large files up to this size are read by one thread each, as many at a time as there are threads; they have too few
/// windows to keep all busy.
const MOST_FOR_ONE: u64 = 2 * window::WINDOW as u64;
/// What a pointer to content kept by git-lfs begins with.
const LFS_POINTER: &[u8] = b"version https://git-lfs.github.com/spec/";
/// No pointer is longer, by its specification.
const LONGEST_LFS_POINTER: usize = 1024;

/// What to walk and how.
#[derive(Clone, Debug, Default)]
pub struct TreeOptions {
    /// Files and folders to scan.
    pub roots: Vec<PathBuf>,
    /// Scan what git ignores, too.
    pub no_ignore: bool,
    /// Scan archives and compressed files as the bytes that they are, and not what they hold.
    pub no_archives: bool,
    /// Paths, as reports show them, that are not even opened; named ones are.
    pub exclude: Option<Exclude>,
    /// Threads to use; 0 for one per core.
    pub jobs: usize,
}

/// Says which paths are left out by configuration.
#[derive(Clone)]
pub struct Exclude(Arc<dyn Fn(&str) -> bool + Send + Sync>);

impl Exclude {
    /// Leaves out the paths for which `excludes` is true.
    pub fn new(excludes: impl Fn(&str) -> bool + Send + Sync + 'static) -> Self {
        Self(Arc::new(excludes))
    }

    /// Whether a path, as reports show it, is left out.
    pub(super) fn excludes(&self, path: &str) -> bool {
        (self.0)(path)
    }
}

impl fmt::Debug for Exclude {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Exclude")
    }
}

/// Files and folders.
///
/// In a git work tree that is what git could commit: tracked files, and others that are not ignored;
/// elsewhere all of it. Links are not followed, a `.git` is never looked into. A file or folder that is
/// named is scanned even if it is ignored; one that is reached in two ways is scanned once.
pub struct Tree {
    options: TreeOptions,
}

impl Tree {
    /// A walk over the roots of `options`.
    pub fn new(options: TreeOptions) -> Self {
        Self { options }
    }
}

impl Source for Tree {
    fn visit(&self, sink: &Sink<'_>) -> Coverage {
        let jobs = match self.options.jobs {
            0 => thread::available_parallelism().map_or(1, usize::from),
            jobs => jobs,
        };
        let mut coverage = Coverage::default();
        let roots = root::resolve(&self.options.roots, &mut coverage);
        let visit = Visit::new(&roots, &self.options, sink, coverage);
        visit.walk(&roots, jobs);
        visit.lend_large_files(jobs);
        visit.lend_streams(&roots, jobs);
        let mut coverage = into_inner(visit.coverage);
        coverage.sort();
        coverage
    }
}

/// A file that the walk met.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Found {
    path: PathBuf,
    /// Where in it begins what is shown.
    shown_from: usize,
}

impl Found {
    fn provenance(self) -> Provenance {
        Provenance::File { path: self.path, shown_from: self.shown_from }
    }
}

/// What all threads of one visit share.
struct Visit<'a> {
    sink: &'a Sink<'a>,
    no_archives: bool,
    exclude: Option<&'a Exclude>,
    stop: AtomicBool,
    /// Files and folders that were named: each is visited as such, not where the walk meets it.
    named: HashMap<&'a Path, &'a Root>,
    /// Every folder that was entered.
    folders: Mutex<HashMap<PathBuf, Arc<Folder>>>,
    /// Files that are too large to be lent where they are met, with how many bytes they have.
    large: Mutex<Vec<(u64, Found)>>,
    coverage: Mutex<Coverage>,
}

impl<'a> Visit<'a> {
    fn new(roots: &'a [Root], options: &'a TreeOptions, sink: &'a Sink<'a>, mut coverage: Coverage) -> Self {
        let folders = roots
            .iter()
            .filter(|root| root.kind == Kind::Folder)
            .map(|root| (root.path.clone(), Arc::new(Folder::named(root, options.no_ignore, &mut coverage))))
            .collect();
        Self {
            sink,
            no_archives: options.no_archives,
            exclude: options.exclude.as_ref(),
            stop: AtomicBool::new(false),
            named: roots.iter().map(|root| (root.path.as_path(), root)).collect(),
            folders: Mutex::new(folders),
            large: Mutex::default(),
            coverage: Mutex::new(coverage),
        }
    }

    /// Whether what the walk meets is to be visited as something that was named instead.
    fn is_named(&self, path: &Path) -> bool {
        // One name alone is where the walk begins.
        self.named.len() > 1 && self.named.contains_key(path)
    }

    fn walk(&self, roots: &[Root], jobs: usize) {
        let mut paths = roots.iter().filter(|root| root.kind != Kind::Stream).map(|root| &root.path);
        let Some(first) = paths.next() else { return };
        let mut builder = WalkBuilder::new(first);
        paths.for_each(|path| {
            builder.add(path);
        });
        builder.standard_filters(false).threads(jobs).build_parallel().run(|| {
            let mut hand =
                Hand { visit: self, coverage: Coverage::default(), buffer: Vec::new(), last: None };
            Box::new(move |entry| match entry {
                Ok(entry) => hand.take(entry),
                Err(error) => hand.miss(error),
            })
        });
    }

    fn lend_large_files(&self, jobs: usize) {
        let mut large = std::mem::take(&mut *lock(&self.large));
        if large.is_empty() {
            return;
        }
        // The largest first, so that no thread is left with one when the others are done.
        large.sort_by(|a, b| b.cmp(a));
        let pool = pool(jobs);
        let formats: Vec<_> =
            large.into_iter().map(|(size, it)| (self.format_of(&it.path), size, it)).collect();
        let (of_all, of_one): (Vec<_>, Vec<_>) =
            formats.into_iter().partition(|(format, size, _)| format.is_none() && *size > MOST_FOR_ONE);
        for (_, _, found) in of_all {
            pool.install(|| self.lend_large_file(found, jobs));
        }
        pool.install(|| {
            of_one.into_par_iter().with_max_len(1).for_each(|(format, _, found)| match format {
                Some(format) => self.lend_large_archive(format, found),
                None => self.lend_large_file(found, 0),
            });
        });
    }

    /// Lends a large file in windows, at most `spare` of them to other threads.
    fn lend_large_file(&self, found: Found, spare: usize) {
        if self.stop.load(Ordering::Relaxed) {
            return;
        }
        let (path, provenance) = (found.path.clone(), found.provenance());
        let outcome = file::lend_large(&path, &provenance, spare, &self.stop, self.sink);
        let (bytes, problem) = outcome.unwrap_or_else(|error| (0, Some(explain(&error))));
        if self.stop.load(Ordering::Relaxed) {
            return;
        }
        let mut coverage = lock(&self.coverage);
        match problem {
            None => coverage.scanned(Tally::file(bytes)),
            Some(problem) => coverage.problem(Tally::file(bytes), provenance.display_path(), problem),
        }
    }

    /// The format of the container that begins and ends like this, if it is to be opened.
    fn format(&self, head: &[u8], tail: &[u8], path: &Path) -> Option<Format> {
        if self.no_archives {
            None
        } else {
            Format::of_whole(head, tail, path.as_os_str().as_encoded_bytes())
        }
    }

    fn format_of(&self, path: &Path) -> Option<Format> {
        // What cannot be read now is told when it is read as a whole.
        let mut file = file::open(path).ok()??;
        let (mut head, mut tail) = ([0; HEAD_BYTES], [0; TAIL_BYTES]);
        file.read_exact(&mut head).ok()?;
        file.seek(SeekFrom::End(-(TAIL_BYTES as i64))).ok()?;
        file.read_exact(&mut tail).ok()?;
        self.format(&head, &tail, path)
    }

    fn lend_large_archive(&self, format: Format, found: Found) {
        let (opened, provenance) = (file::open_to_seek(&found.path), found.provenance());
        let covered = match opened {
            Ok((mut file, seen)) => {
                let mut covered =
                    archive::lend(format, Input::File(&mut file), &provenance, &self.stop, self.sink);
                if let Some(problem) = file::changed_since(&seen, &file) {
                    covered.problem(Tally::default(), provenance.display_path(), problem);
                }
                covered
            }
            Err(error) => {
                let mut covered = Coverage::default();
                covered.problem(Tally::file(0), provenance.display_path(), explain(&error));
                covered
            }
        };
        lock(&self.coverage).merge(covered);
    }

    fn lend_streams(&self, roots: &[Root], jobs: usize) {
        for root in roots.iter().filter(|root| root.kind == Kind::Stream) {
            if self.stop.load(Ordering::Relaxed) {
                return;
            }
            let name = crate::path::shown(root.path.as_os_str().as_encoded_bytes());
            let coverage = match File::open(&root.path) {
                Ok(file) => Stream::new(name, file).jobs(jobs).no_archives(self.no_archives).visit(self.sink),
                Err(error) => {
                    let mut coverage = Coverage::default();
                    coverage.problem(Tally::file(0), name, explain(&error));
                    coverage
                }
            };
            lock(&self.coverage).merge(coverage);
        }
    }
}

/// One thread of a walk, with what it need not share.
struct Hand<'v, 'a> {
    visit: &'v Visit<'a>,
    coverage: Coverage,
    buffer: Vec<u8>,
    /// The folder of the last entry: the next one is mostly in it, too.
    last: Option<(PathBuf, Arc<Folder>)>,
}

impl Drop for Hand<'_, '_> {
    fn drop(&mut self) {
        lock(&self.visit.coverage).merge(std::mem::take(&mut self.coverage));
    }
}

impl Hand<'_, '_> {
    fn take(&mut self, entry: DirEntry) -> WalkState {
        if self.visit.stop.load(Ordering::Relaxed) {
            return WalkState::Quit;
        }
        let Some(file_type) = entry.file_type() else { return WalkState::Continue };
        let is_named = entry.depth() == 0;
        if !is_named && self.visit.is_named(entry.path()) {
            return WalkState::Skip;
        }
        if is_named {
            if file_type.is_dir() {
                return WalkState::Continue;
            }
            let shown_from = self.visit.named.get(entry.path()).map_or(0, |root| root.shown_from);
            return self.lend(entry.into_path(), shown_from);
        }
        if entry.file_name() == ".git" {
            return self.skip(Skip::GitDirectory, 0);
        }
        let Some(folder) = self.folder_of(entry.path()) else { return WalkState::Skip };
        if self.is_excluded(entry.path(), folder.shown_from) {
            let bytes = if file_type.is_file() { entry.metadata().map_or(0, |it| it.len()) } else { 0 };
            return self.skip(Skip::Excluded, bytes);
        }
        if file_type.is_dir() {
            return self.enter(&folder, entry.into_path());
        }
        if file_type.is_symlink() {
            return self.skip(Skip::SymbolicLink, 0);
        }
        if !file_type.is_file() {
            return self.skip(Skip::Special, 0);
        }
        if folder.ignores(entry.path()) {
            let bytes = entry.metadata().map_or(0, |metadata| metadata.len());
            return self.skip(Skip::Ignored, bytes);
        }
        self.lend(entry.into_path(), folder.shown_from)
    }

    fn is_excluded(&self, path: &Path, shown_from: usize) -> bool {
        self.visit.exclude.is_some_and(|exclude| {
            let bytes = path.as_os_str().as_encoded_bytes();
            exclude.excludes(&crate::path::shown(bytes.get(shown_from..).unwrap_or_default()))
        })
    }

    fn skip(&mut self, reason: Skip, bytes: u64) -> WalkState {
        self.coverage.skipped(reason, Tally::file(bytes));
        WalkState::Skip
    }

    /// The folder that holds `path`, which the walk entered before.
    fn folder_of(&mut self, path: &Path) -> Option<Arc<Folder>> {
        let parent = path.parent()?;
        if let Some((last, folder)) = &self.last
            && last.as_os_str() == parent.as_os_str()
        {
            return Some(Arc::clone(folder));
        }
        let folder = lock(&self.visit.folders).get(parent).cloned()?;
        self.last = Some((parent.to_owned(), Arc::clone(&folder)));
        Some(folder)
    }

    fn enter(&mut self, parent: &Folder, path: PathBuf) -> WalkState {
        match parent.enter(&path, &mut self.coverage) {
            Ok(folder) => {
                lock(&self.visit.folders).insert(path, Arc::new(folder));
                WalkState::Continue
            }
            Err(reason) => self.skip(reason, 0),
        }
    }

    /// Lends a small file, puts a large one aside.
    fn lend(&mut self, path: PathBuf, shown_from: usize) -> WalkState {
        let taken = file::read_small(&path, &mut self.buffer);
        let found = Found { path, shown_from };
        match taken {
            Ok(Taken::Whole(bytes, problem)) => {
                let format = self.visit.format(bytes, bytes, &found.path);
                let provenance = found.provenance();
                if let Some(format) = format.filter(|_| problem.is_none()) {
                    let input = Input::File(&mut Cursor::new(bytes));
                    let stop = &self.visit.stop;
                    let covered = archive::lend(format, input, &provenance, stop, self.visit.sink);
                    self.coverage.merge(covered);
                    return WalkState::Continue;
                }
                let tally = Tally::file(bytes.len() as u64);
                match problem {
                    Some(problem) => self.coverage.problem(tally, provenance.display_path(), problem),
                    None if is_lfs_pointer(bytes) => self.coverage.skipped(Skip::LfsPointer, tally),
                    None => self.coverage.scanned(tally),
                }
                if (self.visit.sink)(Blob::whole(bytes, &provenance)).is_break() {
                    self.visit.stop.store(true, Ordering::Relaxed);
                    return WalkState::Quit;
                }
            }
            Ok(Taken::Large(size)) => lock(&self.visit.large).push((size, found)),
            Ok(Taken::Special) => self.coverage.skipped(Skip::Special, Tally::file(0)),
            Err(error) => {
                self.coverage.problem(Tally::file(0), found.provenance().display_path(), explain(&error));
            }
        }
        WalkState::Continue
    }

    /// Notes what the walk could not read.
    fn miss(&mut self, error: ignore::Error) -> WalkState {
        let path = path_of(&error).unwrap_or(Path::new(""));
        let shown_from = match self.visit.named.get(path) {
            Some(root) => root.shown_from,
            None => self.folder_of(path).map_or(0, |folder| folder.shown_from),
        };
        let provenance = Found { path: path.to_owned(), shown_from }.provenance();
        let message = error.io_error().map_or_else(|| error.to_string(), explain);
        self.coverage.problem(Tally::file(0), provenance.display_path(), message);
        WalkState::Continue
    }
}

/// Whether a file is only a pointer to content kept by git-lfs.
pub(super) fn is_lfs_pointer(bytes: &[u8]) -> bool {
    bytes.len() <= LONGEST_LFS_POINTER && bytes.starts_with(LFS_POINTER)
}

fn path_of(error: &ignore::Error) -> Option<&Path> {
    match error {
        ignore::Error::WithPath { path, .. } => Some(path),
        ignore::Error::WithDepth { err, .. } | ignore::Error::WithLineNumber { err, .. } => path_of(err),
        ignore::Error::Partial(errors) => errors.iter().find_map(path_of),
        _ => None,
    }
}

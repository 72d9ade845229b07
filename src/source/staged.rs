//! What the next commit would add: contents of the index that none of its parents has.
//!
//! Lends each changed file as a whole, since what a line means may depend on others; which of the findings
//! are new is decided by `scan::staged`, which asks for the versions [`before`](Staged::before) when there
//! are any. The work tree is not looked at. Few files are read on the calling thread.

mod named;

use std::io::Cursor;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use rayon::prelude::*;

use named::Named;

use super::archive::{self, Format, Input, Peeked};
use super::tree::is_lfs_pointer;
use super::{Coverage, Exclude, Problem, Sink, Skip, Source, Tally, pool, window};
use crate::blob::{Blob, Provenance};
use crate::git::pack::{ObjectError, Reader};
use crate::git::{self, EntryKind, Given, Index, Kind, ObjectId, StagedFile, Store, TreeEntries};
use crate::path::{self, FileKind};

/// Fewer files are not worth a thread.
const FEW_FILES: usize = 32;

/// Which stage to read, and how.
#[derive(Clone, Debug, Default)]
pub struct StagedOptions {
    /// A folder that is or is in a repository.
    pub repository: PathBuf,
    /// The repository itself, where git names it and it is not the one that the folder is in.
    pub given: Option<Given>,
    /// The index, if it is not the repository's own: git keeps another one while it makes a commit.
    pub index: Option<PathBuf>,
    /// Only these files and folders; empty for all.
    pub paths: Vec<PathBuf>,
    /// Paths, as reports show them, that are not read.
    pub exclude: Option<Exclude>,
    /// Paths, as reports show them, at which something may be silenced: files that come from there are new.
    pub silent: Option<Exclude>,
    /// Scan archives and compressed files as the bytes that they are, and not what they hold.
    pub no_archives: bool,
    /// Threads to use; 0 for one per core.
    pub jobs: usize,
}

/// A stage that was compared with the commits that come before it.
pub struct Staged {
    store: Store,
    changes: git::Staged,
    /// The roots of the parents of the next commit.
    trees: Vec<ObjectId>,
    problems: Vec<Problem>,
    untouched: Vec<PathBuf>,
    options: StagedOptions,
}

impl Staged {
    /// Reads the index, and finds what differs from HEAD and from commits that are being merged.
    ///
    /// # Errors
    /// There is no repository that can be read, it has no stage, or index or HEAD are damaged.
    pub fn open(options: StagedOptions) -> Result<Self, Problem> {
        let name = path::shown(options.repository.as_os_str().as_encoded_bytes());
        let fail = |message: String| Problem { path: name.clone(), message };
        let store = Store::open_with(&options.repository, options.given.as_ref(), &[])
            .map_err(|error| fail(error.to_string()))?;
        if store.is_bare {
            return Err(fail("the repository is bare: nothing can be staged in it".to_owned()));
        }
        let index = options.index.clone().unwrap_or_else(|| store.git_dir.join("index"));
        let index = Index::open_file(&index, &store.git_dir, store.format());
        let index = index.map_err(|error| fail(error.to_string()))?;
        let mut problems: Vec<Problem> = Vec::new();
        let mut reader = store.objects.reader();
        let mut trees = Vec::new();
        for commit in store.parents().map_err(|(file, message)| shown(&file, message))? {
            trees.push(tree_of(&mut reader, &commit).map_err(|error| of_object(&commit, &error))?);
        }
        drop(reader);
        let mut changes = git::Staged::compare(&index, &trees, &store.objects);
        changes.renew(|path| options.silent.as_ref().is_some_and(|it| it.excludes(&path::shown(path))));
        problems.extend(changes.failures.iter().map(|(id, error)| of_object(id, error)));
        let mut untouched = Vec::new();
        if !options.paths.is_empty() {
            let named = Named::new(&store.root, &options.paths);
            untouched = named.untouched(&changes);
            changes.files.retain(|file| named.holds(&file.path));
        }
        Ok(Self { store, changes, trees, problems, untouched, options })
    }

    /// Those of the paths that were asked for of which nothing is staged.
    pub fn untouched(&self) -> &[PathBuf] {
        &self.untouched
    }

    /// The files that are staged, in the order of their paths.
    pub fn files(&self) -> &[StagedFile] {
        &self.changes.files
    }

    /// The paths of files whose contents are not new: their names may be.
    pub fn moved(&self) -> impl Iterator<Item = &[u8]> {
        self.changes.moved.iter().map(|path| &**path)
    }

    /// The paths of what the stage removes.
    pub fn removed_paths(&self) -> impl Iterator<Item = &[u8]> {
        self.changes.removed.iter().map(|(path, _)| &**path)
    }

    /// Whether a parent of the next commit has something at a path, as reports show it.
    pub fn had(&self, path: &str) -> bool {
        let mut reader = self.store.objects.reader();
        self.trees.iter().any(|root| {
            let mut at = Some((EntryKind::Tree, *root));
            for name in path.split('/') {
                let Some((EntryKind::Tree, tree)) = at else { return false };
                let Ok(object) = reader.read(&tree) else { return false };
                let format = self.store.format();
                let mut entries = TreeEntries::new(format, object.bytes);
                let entry = entries.find(|entry| path::shown(entry.name) == name);
                at = entry.map(|entry| (entry.kind, entry.object(format)));
            }
            at.is_some()
        })
    }

    /// Lends a staged file as it is.
    pub fn staged(&self, file: &StagedFile, sink: &Sink<'_>) -> Coverage {
        self.lend(&mut self.store.objects.reader(), &file.id, &file.path, &AtomicBool::new(false), sink)
    }

    /// Lends what was at the path of a staged file before, in each of the parents.
    pub fn before(&self, file: &StagedFile, sink: &Sink<'_>) -> Coverage {
        self.lend_all(file.before.iter().map(|id| (id, &*file.path)), sink)
    }

    /// Lends what the stage removes.
    pub fn removed(&self, sink: &Sink<'_>) -> Coverage {
        self.lend_all(self.changes.removed.iter().map(|(path, id)| (id, &**path)), sink)
    }

    fn lend_all<'f>(&self, all: impl Iterator<Item = (&'f ObjectId, &'f [u8])>, sink: &Sink<'_>) -> Coverage {
        let mut reader = self.store.objects.reader();
        let stop = AtomicBool::new(false);
        all.fold(Coverage::default(), |mut coverage, (id, path)| {
            coverage.merge(self.lend(&mut reader, id, path, &stop, sink));
            coverage
        })
    }

    fn lend_file(
        &self,
        reader: &mut Reader<'_>,
        file: &StagedFile,
        stop: &AtomicBool,
        sink: &Sink<'_>,
    ) -> Coverage {
        let mut coverage = Coverage::default();
        if stop.load(Ordering::Relaxed) {
            return coverage;
        }
        let shown = path::shown(&file.path);
        if self.options.exclude.as_ref().is_some_and(|exclude| exclude.excludes(&shown)) {
            coverage.skipped(Skip::Excluded, Tally::file(0));
        } else if file.is_submodule {
            let note = format!(
                "{shown} is a repository of its own, which was not scanned: only the commit that it stands at is staged"
            );
            coverage.notes.push(note);
            coverage.skipped(Skip::Submodule, Tally::file(0));
        } else {
            coverage = self.lend(reader, &file.id, &file.path, stop, sink);
        }
        coverage
    }

    fn lend(
        &self,
        reader: &mut Reader<'_>,
        id: &ObjectId,
        path: &[u8],
        stop: &AtomicBool,
        sink: &Sink<'_>,
    ) -> Coverage {
        let mut coverage = Coverage::default();
        let name = path::shown(path);
        let provenance = Provenance::Object { kind: FileKind::of(&name), path: name };
        let bytes = match reader.read(id) {
            Ok(object) if object.kind == Kind::Blob => object.bytes,
            Ok(object) => {
                let message = format!("the index names the {} {id} as its contents", object.kind);
                coverage.problem(Tally::file(0), provenance.display_path(), message);
                return coverage;
            }
            Err(ObjectError::TooLarge) => return self.lend_large(reader, id, path, &provenance, stop, sink),
            Err(error) => {
                let message = format!("its object {id}: {error}");
                coverage.problem(Tally::file(0), provenance.display_path(), message);
                return coverage;
            }
        };
        let format = Format::of_whole(bytes, bytes, path).filter(|_| !self.options.no_archives);
        if let Some(format) = format {
            return archive::lend(format, Input::File(&mut Cursor::new(bytes)), &provenance, stop, sink);
        }
        let tally = Tally::file(bytes.len() as u64);
        if is_lfs_pointer(bytes) {
            coverage.skipped(Skip::LfsPointer, tally);
        } else {
            coverage.scanned(tally);
        }
        if sink(Blob::whole(bytes, &provenance)).is_break() {
            stop.store(true, Ordering::Relaxed);
        }
        coverage
    }

    /// Lends, in parts, what is too large to be held, or what it holds if it is an archive.
    fn lend_large(
        &self,
        reader: &mut Reader<'_>,
        id: &ObjectId,
        path: &[u8],
        provenance: &Provenance,
        stop: &AtomicBool,
        sink: &Sink<'_>,
    ) -> Coverage {
        let mut coverage = Coverage::default();
        let name = provenance.display_path();
        match reader.stream(id) {
            Ok(stream) => {
                let mut stream = Peeked::new(stream);
                let format = Format::of(stream.head(), path).filter(|_| !self.options.no_archives);
                if let Some(format) = format {
                    return archive::lend(format, Input::Stream(&mut stream), provenance, stop, sink);
                }
                let reading = window::lend(&mut stream, provenance, 0, stop, sink);
                match reading.error {
                    None => coverage.scanned(Tally::file(reading.bytes)),
                    Some(_) => coverage.problem(
                        Tally::file(reading.bytes),
                        name,
                        format!("its object {id}: {}", ObjectError::Inflate),
                    ),
                }
            }
            Err(error) => coverage.problem(Tally::file(0), name, format!("its object {id}: {error}")),
        }
        coverage
    }
}

impl Source for Staged {
    fn visit(&self, sink: &Sink<'_>) -> Coverage {
        let files = &self.changes.files;
        let stop = AtomicBool::new(false);
        let mut coverage = if files.len() < FEW_FILES || self.options.jobs == 1 {
            let mut reader = self.store.objects.reader();
            files.iter().fold(Coverage::default(), |mut coverage, file| {
                coverage.merge(self.lend_file(&mut reader, file, &stop, sink));
                coverage
            })
        } else {
            let visit = || {
                let lent = files.par_iter().with_min_len(FEW_FILES / 2).map_init(
                    || self.store.objects.reader(),
                    |reader, file| self.lend_file(reader, file, &stop, sink),
                );
                lent.reduce(Coverage::default, |mut one, other| {
                    one.merge(other);
                    one
                })
            };
            pool(self.options.jobs).install(visit)
        };
        coverage.problems.extend(self.problems.iter().cloned());
        let in_conflict = files.iter().filter(|file| file.stage > 0).count();
        if in_conflict > 0 {
            coverage.notes.push("some files are in conflict: both sides were scanned".to_owned());
        }
        coverage.sort();
        coverage
    }
}

/// The tree of a commit.
fn tree_of(reader: &mut Reader<'_>, commit: &ObjectId) -> Result<ObjectId, ObjectError> {
    let object = reader.read(commit)?;
    let parsed = git::Commit::parse(commit.format(), object.bytes).filter(|_| object.kind == Kind::Commit);
    parsed.map(|commit| commit.tree).ok_or(ObjectError::Header)
}

fn of_object(id: &ObjectId, error: &ObjectError) -> Problem {
    Problem { path: format!("object:{id}"), message: error.to_string() }
}

fn shown(file: &Path, message: String) -> Problem {
    Problem { path: path::shown(file.as_os_str().as_encoded_bytes()), message }
}

//! All that a repository stores: what of it is asked for, and its objects.
//!
//! Unlike other kinds of input its blobs have no paths when they are scanned; those are looked up for
//! what was found. So this is no [`super::Source`] but what `scan::history` is made from.

mod member;

use std::collections::{BTreeSet, HashMap};
use std::io::{self, Cursor, Read};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use rayon::iter::{IntoParallelRefIterator, ParallelIterator};

pub use member::{Members, archive_format, lend_members, pathless};

use super::archive::{Format, Input, Peeked};
use super::range::{Asked, RangeOptions};
use super::{Coverage, Flow, Problem, Shard, window};
use crate::blob::{Blob, Provenance};
use crate::git::pack::{Base, Failure, Kinds, LARGE_BYTES, ObjectError, PackError, Rebuilt, Visitor, Walk};
use crate::git::{Ancestry, Given, Kind, Object, ObjectId, Ref, Refs, Store, Submodule};
use crate::lock::{into_inner, lock};
use crate::path::{self, FileKind};

/// What to read of which repository.
#[derive(Clone, Debug, Default)]
pub struct HistoryOptions {
    /// A folder that is or is in a repository.
    pub repository: PathBuf,
    /// The repository itself, where git names it and it is not the one that the folder is in.
    pub given: Option<Given>,
    /// Folders of objects beside the repository's own: where git keeps what is pushed until it is accepted.
    pub more_objects: Vec<PathBuf>,
    /// Only what these branches, tags or commits lead to; empty for all there is.
    pub branches: Vec<String>,
    /// Only what these commits brought, instead of all that was ever there.
    pub range: Option<RangeOptions>,
    /// Of a range, tell of what it brought and took out again, and let it pass.
    pub removed_is_note: bool,
    /// Of a range, tell also of what was there before, where a change touched it.
    pub with_known: bool,
    /// Only what was introduced at this time or later, in Unix seconds.
    pub since: Option<i64>,
    /// Only what was introduced at this time or before.
    pub until: Option<i64>,
    /// Leave out what nothing leads to.
    pub no_unreachable: bool,
    /// Compare the hash of every object with its id.
    pub verify: bool,
    /// Search every object as a whole, whatever of it was searched with what it is stored as changes to.
    pub no_delta: bool,
    /// Scan archives and compressed files as the bytes that they are, and not what they hold.
    pub no_archives: bool,
    /// Scan only this part of the objects; `of` is filled in by the scan.
    pub shard: Option<Shard>,
    /// The file that remembers what was scanned before; none to scan everything and remember nothing.
    pub cache: Option<PathBuf>,
    /// Threads to use; 0 for one per core.
    pub jobs: usize,
}

impl HistoryOptions {
    /// The same for a submodule, which is remembered in a file of its own.
    pub fn for_submodule(&self, submodule: &Submodule) -> Self {
        let path = submodule.path.as_os_str().as_encoded_bytes();
        let cache = self.cache.as_ref().map(|file| {
            let mut name = file.clone().into_os_string();
            name.push(format!("-{:08x}", crc32fast::hash(path)));
            PathBuf::from(name)
        });
        let repository = submodule.git_dir.clone();
        Self { repository, given: None, more_objects: Vec::new(), cache, ..self.clone() }
    }
}

/// A repository, opened to be read as a whole.
pub struct History {
    /// Its objects.
    pub store: Store,
    /// What it holds on to.
    pub refs: Refs,
    /// What the scan begins at.
    pub tips: Vec<Tip>,
    /// The commits that were asked for, if not all.
    pub range: Option<Asked>,
    /// How it is shown: the path by which it was named.
    pub name: String,
    /// The paths of submodules that are scanned beside it.
    pub submodules: BTreeSet<String>,
    /// What was asked for.
    pub options: HistoryOptions,
}

/// A ref, HEAD, or an entry of a reflog, and what it leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tip {
    /// Its name.
    pub name: Vec<u8>,
    /// The object that it names.
    pub target: ObjectId,
    /// What tags lead to in the end, and its kind; `None` when that is not there.
    pub peeled: Option<(Kind, ObjectId)>,
    /// The tags on the way to that, each of which names the next.
    pub tags: Vec<ObjectId>,
    /// A branch, tag or other ref; else something that is remembered for a while.
    pub is_ref: bool,
}

impl Tip {
    /// Whether it names an object, itself or by tags.
    pub fn leads_to(&self, id: &ObjectId) -> bool {
        self.target == *id || self.peeled.is_some_and(|(_, to)| to == *id) || self.tags.contains(id)
    }
}

impl History {
    /// Opens a repository and reads what it holds on to.
    ///
    /// # Errors
    /// It cannot be opened, or a branch that was named is not there.
    pub fn open(options: HistoryOptions) -> Result<Self, Problem> {
        let name = path::shown(options.repository.as_os_str().as_encoded_bytes());
        let fail = |message: String| Problem { path: name.clone(), message };
        let store = Store::open_with(&options.repository, options.given.as_ref(), &options.more_objects)
            .map_err(|error| fail(error.to_string()))?;
        let refs = store.refs();
        let range = options.range.as_ref().map(|range| range.find(&store, &refs, &name)).transpose()?;
        let tips = tips(&options, &store, &refs, range.as_ref()).map_err(fail)?;
        Ok(Self { store, refs, tips, range, name, submodules: BTreeSet::new(), options })
    }

    /// Whether all there is was asked for.
    pub fn is_whole(&self) -> bool {
        self.options.branches.is_empty() && self.range.is_none()
    }

    /// The commits that count as HEAD: the ends of a range if one was asked for.
    pub fn heads(&self) -> &[ObjectId] {
        self.range.as_ref().map_or(self.refs.head.as_slice(), |asked| &asked.heads)
    }

    /// Begins to read single commits.
    pub fn ancestry(&self) -> Ancestry<'_> {
        Ancestry::new(&self.store, &self.refs)
    }

    /// Hands all objects of these kinds to `visit`, from all threads of the rayon pool it is called on,
    /// until `stop` is set; in place of archives what they hold to `members`, if given. Gives those that
    /// could not be read, as problems, sorted.
    pub fn each<K: Send + Sync + Default>(
        &self,
        kinds: Kinds,
        stop: &AtomicBool,
        visit: &Visit<'_, K>,
        members: Option<&dyn Members>,
    ) -> Vec<Problem> {
        let each = Each { stop, visit, members, failures: Mutex::default() };
        let walk = Walk { verify: self.options.verify, ..Walk::over(kinds) };
        let walked = self.store.objects.walk(walk, &each);
        let mut problems = unread(into_inner(each.failures));
        problems.extend(
            walked.err().map(|error| Problem { path: self.name.clone(), message: error.to_string() }),
        );
        problems
    }

    /// Hands those of these objects to `visit` that are of these kinds, and what they are stored as changes to if
    /// there is a `known` that keeps something of that, given its bytes; else as [`Self::each`] does. Gives those that
    /// could not be read, in the order of ids.
    pub fn each_of<K: Send + Sync + Default>(
        &self,
        ids: &[ObjectId],
        kinds: Kinds,
        stop: &AtomicBool,
        visit: &Visit<'_, K>,
        known: Option<&Known<'_, K>>,
        members: Option<&dyn Members>,
    ) -> Vec<Failure> {
        let each = Each { stop, visit, members, failures: Mutex::default() };
        let objects = &self.store.objects;
        ids.par_iter().for_each_init(
            || objects.reader(),
            |reader, id| {
                if each.flow().is_break() {
                    return;
                }
                let inflate = |_| ObjectError::Inflate;
                let read = match reader.rebuild(id, kinds) {
                    Ok(Some(Rebuilt { object, base, copied })) => {
                        let is_large = object.kind == Kind::Blob && object.bytes.len() as u64 > LARGE_BYTES;
                        if (is_large || self.options.verify) && !object.is_intact() {
                            Err(ObjectError::Mismatch)
                        } else if is_large {
                            // Whoever waits no longer is heard between its parts.
                            each.stream(*id, Kind::Blob, 0, &mut Cursor::new(object.bytes)).map_err(inflate)
                        } else {
                            let known = known.zip(base).and_then(|(known, base)| {
                                Some((known(objects.id_at(base.place)?, base.bytes)?, base.bytes.len()))
                            });
                            let base =
                                known.as_ref().map(|(kept, length)| Base { kept, length: *length, copied });
                            each.visit(object, base);
                            Ok(())
                        }
                    }
                    Ok(None) => Ok(()),
                    // Only files are so large.
                    Err(ObjectError::TooLarge) if kinds.contains(Kind::Blob) => reader
                        .stream(id)
                        .and_then(|mut bytes| each.stream(*id, Kind::Blob, 0, &mut bytes).map_err(inflate)),
                    Err(error) => Err(error),
                };
                if let Err(error) = read {
                    each.fail(Failure { id: *id, error, lost: 1 });
                }
            },
        );
        let mut failures = into_inner(each.failures);
        failures.sort_by_key(|failure| failure.id);
        failures
    }

    /// What would be asked for but is not in this repository, and what could not be read of its refs.
    pub fn problems(&self) -> Vec<Problem> {
        let refs = self.refs.problems.iter().map(|(path, message)| (path, message.clone()));
        let mut problems: Vec<_> =
            refs.map(|(path, message)| Problem { path: shown(path), message }).collect();
        problems.extend(self.pack_problems());
        if let Some(storage) = &self.store.ref_storage {
            let message = format!(
                "its refs are kept as `{storage}`, which is not read: all objects are scanned, but where \
                 branches stand and what is reachable is not known"
            );
            problems.push(Problem { path: self.name.clone(), message });
        }
        if !self.refs.shallow.is_empty() {
            let number = self.refs.shallow.len();
            let commits = if number == 1 { "a commit".to_owned() } else { format!("{number} commits") };
            let message = format!(
                "the clone is shallow: what came before {commits} is not here (git fetch --unshallow brings it)"
            );
            problems.push(Problem { path: self.name.clone(), message });
        }
        problems
    }

    /// The packs that could not be read.
    pub fn pack_problems(&self) -> impl Iterator<Item = Problem> {
        self.store.objects.problems().iter().map(of_pack)
    }

    /// The same of those that came while the rest was read.
    pub fn later_pack_problems(&self) -> impl Iterator<Item = Problem> {
        self.store.objects.later_problems().into_iter().map(|pack| of_pack(&pack))
    }
}

fn of_pack((path, error): &(PathBuf, PackError)) -> Problem {
    Problem { path: shown(path), message: error.to_string() }
}

/// Objects that could not be read, as problems, sorted.
pub fn unread(failures: Vec<Failure>) -> Vec<Problem> {
    let problem = |failure: Failure| {
        let lost = match failure.lost {
            0 | 1 => String::new(),
            lost => format!(", and {} objects cannot be read without it", lost - 1),
        };
        Problem { path: format!("object:{}", failure.id), message: format!("{}{lost}", failure.error) }
    };
    let mut problems: Vec<_> = failures.into_iter().map(problem).collect();
    problems.sort();
    problems.dedup();
    problems
}

fn shown(path: &Path) -> String {
    path::shown(path.as_os_str().as_encoded_bytes())
}

/// What the scan begins at.
fn tips(
    options: &HistoryOptions,
    store: &Store,
    refs: &Refs,
    range: Option<&Asked>,
) -> Result<Vec<Tip>, String> {
    let mut ancestry = Ancestry::new(store, refs);
    let chosen: Vec<(Ref, bool)> = if let (Some(asked), Some(wanted)) = (range, &options.range) {
        let own = |(name, id): (&String, &ObjectId)| (Ref { name: named(refs, name), target: *id }, true);
        wanted.ends().zip(&asked.ends).map(own).collect()
    } else if options.branches.is_empty() {
        let all = refs.refs.iter().filter(|own| !own.name.starts_with(b"refs/replace/"));
        let head = refs.head.filter(|_| refs.head_branch.is_none());
        let head = head.map(|target| Ref { name: b"HEAD".to_vec(), target });
        let others = refs.others.iter().map(|own| (own.clone(), false));
        all.cloned().chain(head).map(|own| (own, true)).chain(others).collect()
    } else {
        let mut find = |name: &String| {
            let found = ancestry.resolve(name).ok_or_else(|| format!("there is no revision `{name}`"))?;
            Ok((Ref { name: named(refs, name), target: found }, true))
        };
        options.branches.iter().map(&mut find).collect::<Result<_, String>>()?
    };
    let mut led = HashMap::new();
    let tips = chosen.into_iter().map(|(own, is_ref)| {
        let (peeled, tags) = led
            .entry(own.target)
            .or_insert_with(|| {
                let mut tags = Vec::new();
                (ancestry.follow(own.target, &mut tags), tags)
            })
            .clone();
        Tip { name: own.name, target: own.target, peeled, tags, is_ref }
    });
    Ok(tips.collect())
}

/// The full name of what someone calls by a short one.
fn named(refs: &Refs, name: &str) -> Vec<u8> {
    refs.named(name).map_or_else(|| name.as_bytes().to_vec(), |found| found.name.clone())
}

/// Lends, in parts, what is too large to be held, or what it holds if it is an archive that is to be opened.
///
/// # Errors
/// It cannot be read to its end.
pub fn lend_large(
    reader: &mut dyn Read,
    provenance: &Provenance,
    opens: bool,
    stop: &AtomicBool,
    lend: &(dyn Fn(Option<u32>, Blob<'_>) + Sync),
) -> io::Result<Option<Coverage>> {
    let mut reader = Peeked::new(reader);
    if let Some(format) = Format::of(reader.head(), b"").filter(|_| opens) {
        return Ok(Some(lend_members(format, Input::Stream(&mut reader), provenance, stop, lend)));
    }
    let sink = |blob: Blob<'_>| {
        lend(None, blob);
        if stop.load(Ordering::Relaxed) { Flow::Break(()) } else { Flow::Continue(()) }
    };
    let reading = window::lend(&mut reader, provenance, 0, &AtomicBool::new(false), &sink);
    reading.error.map_or(Ok(None), Err)
}

/// What is done with an object, given what it is stored as changes to, or, of one that is too large to be
/// held, with each of its parts. What it gives is kept for those that are stored as changes to the object.
pub type Visit<'a, K> = dyn Fn(ObjectId, Kind, Blob<'_>, Option<Base<'_, K>>) -> K + Sync + 'a;

/// What is known of an object that others are stored as changes to, given its bytes.
pub type Known<'a, K> = dyn Fn(ObjectId, &[u8]) -> Option<K> + Sync + 'a;

/// Hands all objects on, and keeps what could not be read.
struct Each<'a, K> {
    stop: &'a AtomicBool,
    visit: &'a Visit<'a, K>,
    members: Option<&'a dyn Members>,
    failures: Mutex<Vec<Failure>>,
}

impl<K> Each<'_, K> {
    /// Who takes what an object holds, if it is an archive of this format.
    fn members(&self, id: &ObjectId, kind: Kind, format: Option<Format>) -> Option<(Format, &dyn Members)> {
        let members = self.members.filter(|_| kind == Kind::Blob)?;
        format.filter(|_| members.wants(id)).map(|format| (format, members))
    }

    fn open(&self, id: ObjectId, (format, members): (Format, &dyn Members), input: Input<'_>) {
        let lend = |number: Option<u32>, blob: Blob<'_>| members.member(id, number, blob);
        members.opened(id, lend_members(format, input, &pathless(&id), self.stop, &lend));
    }
}

impl<K: Send + Sync + Default> Visitor for Each<'_, K> {
    type Kept = K;

    fn visit(&self, object: Object<'_>, base: Option<Base<'_, K>>) -> K {
        let format = self.members.and_then(|_| archive_format(object.bytes));
        if let Some(archive) = self.members(&object.id, object.kind, format) {
            // What is told of members must be what the id of the archive says.
            if object.is_intact() {
                self.open(object.id, archive, Input::File(&mut Cursor::new(object.bytes)));
            } else {
                self.fail(Failure { id: object.id, error: ObjectError::Mismatch, lost: 1 });
            }
            return K::default();
        }
        (self.visit)(object.id, object.kind, Blob::whole(object.bytes, &PATHLESS), base)
    }

    fn stream(&self, id: ObjectId, kind: Kind, _: u64, reader: &mut dyn Read) -> io::Result<()> {
        let mut reader = Peeked::new(reader);
        if let Some(archive) = self.members(&id, kind, Format::of(reader.head(), b"")) {
            self.open(id, archive, Input::Stream(&mut reader));
            return Ok(());
        }
        let sink = |blob: Blob<'_>| {
            (self.visit)(id, kind, blob, None);
            self.flow()
        };
        let reading = window::lend(&mut reader, &PATHLESS, 0, &AtomicBool::new(false), &sink);
        reading.error.map_or(Ok(()), Err)
    }

    fn fail(&self, failure: Failure) {
        lock(&self.failures).push(failure);
    }

    fn flow(&self) -> Flow {
        if self.stop.load(Ordering::Relaxed) { Flow::Break(()) } else { Flow::Continue(()) }
    }
}

/// What has no path yet.
const PATHLESS: Provenance = Provenance::Object { path: String::new(), kind: FileKind::Unknown };

//! The first step of a scan of history: what is seen in files, messages, headers and members of archives, whose paths
//! nobody knows yet.

use std::collections::HashSet;
use std::mem;
use std::sync::Mutex;

use super::recall::Recalled;
use super::{CONTENTS, HistoryScan, Searched, Workers, is_intact, tally};
use crate::blob::Blob;
use crate::engine::Scratch;
use crate::git::pack::{Base, Failure, Kinds, ObjectError};
use crate::git::{Commit, GraphBuilder, Kind, ObjectFormat, ObjectId, Tag, header_text};
use crate::lock::{into_inner, lock};
use crate::scan::chronicle::{Holder, Member, Seen};
use crate::source::{Coverage, Members, Tally, pathless, unread};

/// What was seen in the objects of a repository.
pub(super) struct Contents<'r> {
    /// In the order of holders and members.
    pub seen: Vec<Seen<'r>>,
    /// What a later scan is to scan again, in the order of ids: archives that could not be read as a whole, and large
    /// files, which were searched in parts.
    pub again: Vec<ObjectId>,
    /// Files in which something was found, whatever became of it, and those that were not searched as a whole; in
    /// the order of ids.
    pub marked: Vec<ObjectId>,
    /// All commits.
    pub commits: GraphBuilder,
}

impl<'r> HistoryScan<'_, 'r> {
    /// Scans all blobs and messages.
    pub(super) fn contents(&mut self, mut recalled: Option<&mut Recalled<'r>>) -> Contents<'r> {
        let known = recalled.as_mut().map(|known| (&mut known.memory.commits, &mut known.seen));
        let (commits, mut seen) =
            known.map_or_else(Default::default, |(commits, seen)| (mem::take(commits), mem::take(seen)));
        let recalled = recalled.as_deref();
        let looking = Looking::new(self, recalled, commits);
        let stop = &self.progress.stop;
        let problems = match recalled {
            Some(known) => {
                let mut again: Vec<_> = known.memory.untraced().chain(known.news.iter().copied()).collect();
                self.history.store.objects.sort_by_place(&mut again);
                // What nothing was found in need not be searched again where others copy it.
                let nothing = |id: ObjectId, bytes: &[u8]| {
                    let is_known = known.memory.held_nothing(&id) || lock(&looking.nothing).contains(&id);
                    is_known.then(|| Some(Searched::nothing(bytes)))
                };
                let look = looking.visit();
                let members = looking.members();
                unread(self.history.each_of(&again, CONTENTS, stop, &look, Some(&nothing), members))
            }
            None => self.history.each(CONTENTS, stop, &looking.visit(), looking.members()),
        };
        let (kept, commits) = looking.end();
        if let Some(known) = recalled {
            self.coverage.merge(known.memory.contents.clone());
        }
        self.coverage.merge(kept.coverage);
        seen.extend(kept.seen);
        let mut marked = recalled.map_or_else(Vec::new, |known| known.memory.marked.clone());
        marked.extend(kept.marked);
        let mut again = kept.again;
        self.unreadable(problems);
        seen.sort_by(order);
        again.sort_unstable();
        marked.sort_unstable();
        marked.dedup();
        Contents { seen: joined(seen), again, marked, commits }
    }

    /// Scans these objects alone; gives what was seen, in the order of holders and members, what was covered, and
    /// what could not be read, in the order of ids. One that is no file, commit or tag is a problem.
    pub(super) fn contents_of(&self, ids: &[ObjectId]) -> (Vec<Seen<'r>>, Coverage, Vec<Failure>) {
        let looking = Looking::new(self, None, GraphBuilder::default());
        let stop = &self.progress.stop;
        let failures = self.history.each_of(ids, ANY, stop, &looking.visit(), None, looking.members());
        let (mut kept, _) = looking.end();
        kept.seen.sort_by(order);
        (joined(kept.seen), kept.coverage, failures)
    }
}

/// What is not what it was asked for as is told of, and so read.
const ANY: Kinds = Kinds::of(&[Kind::Blob, Kind::Commit, Kind::Tag, Kind::Tree]);

/// The order of what was seen: that of objects, members of archives, and offsets.
fn order(a: &Seen<'_>, b: &Seen<'_>) -> std::cmp::Ordering {
    (&a.holder, &a.member, a.offset()).cmp(&(&b.holder, &b.member, b.offset()))
}

/// Looks at objects, on many threads.
struct Looking<'l, 's, 'r> {
    scan: &'l HistoryScan<'s, 'r>,
    recalled: Option<&'l Recalled<'r>>,
    workers: Workers<Kept<'r>>,
    commits: Mutex<GraphBuilder>,
    /// Of a scan that recalls another: new files in which nothing was found.
    nothing: Mutex<HashSet<ObjectId>>,
}

/// What one thread keeps of objects.
#[derive(Default)]
struct Kept<'r> {
    seen: Vec<Seen<'r>>,
    again: Vec<ObjectId>,
    marked: Vec<ObjectId>,
    coverage: Coverage,
    people: People,
}

impl Kept<'_> {
    /// Counts an object that is not what it should be.
    fn fail(&mut self, id: &ObjectId, error: &ObjectError) {
        let tally = Tally { objects: 1, ..Tally::default() };
        self.coverage.problem(tally, format!("object:{id}"), error.to_string());
    }
}

impl<'l, 's, 'r> Looking<'l, 's, 'r> {
    fn new(scan: &'l HistoryScan<'s, 'r>, recalled: Option<&'l Recalled<'r>>, commits: GraphBuilder) -> Self {
        let (workers, commits, nothing) = (Workers::default(), Mutex::new(commits), Mutex::default());
        Self { scan, recalled, workers, commits, nothing }
    }

    /// What is done with each object.
    fn visit(
        &self,
    ) -> impl Fn(ObjectId, Kind, Blob<'_>, Option<Base<'_, Option<Searched<'r>>>>) -> Option<Searched<'r>> + Sync
    {
        |id, kind, blob, base| self.look(id, kind, blob, base)
    }

    /// Who takes what archives hold, if they are to be opened.
    fn members(&self) -> Option<&dyn Members> {
        (!self.scan.history.options.no_archives).then_some(self)
    }

    /// What all threads kept, and the commits.
    fn end(self) -> (Kept<'r>, GraphBuilder) {
        let mut all = Kept::default();
        for worker in self.workers.into_inner() {
            all.coverage.merge(worker.kept.coverage);
            all.coverage.problems.extend(worker.problems);
            all.seen.extend(worker.kept.seen);
            all.again.extend(worker.kept.again);
            all.marked.extend(worker.kept.marked);
        }
        (all, into_inner(self.commits))
    }

    fn look(
        &self,
        id: ObjectId,
        kind: Kind,
        blob: Blob<'_>,
        base: Option<Base<'_, Option<Searched<'r>>>>,
    ) -> Option<Searched<'r>> {
        let scan = self.scan;
        let options = &scan.history.options;
        let Some((holder, bytes)) = content(id, kind, blob.bytes, scan.history.store.format(), &self.commits)
        else {
            // A damaged tree calls another one a file, or a commit does.
            self.workers.guard(|| format!("object:{id}"), |kept, _| kept.fail(&id, &ObjectError::Header));
            return None;
        };
        if !scan.owns(id.as_bytes()) {
            return None;
        }
        // A message is only a part of what the base was.
        let base = base.filter(|_| kind == Kind::Blob && !options.no_delta);
        let mut searched = None;
        self.workers.guard(
            || format!("object:{id}"),
            |kept, scratch| {
                let text = Blob { bytes, ..blob };
                let found = Searched::new(scan.inspector.scanner(), &text, base, scratch);
                let headers = scan.headers(&holder, &blob, &mut kept.people, scratch);
                let seen = [scan.see(holder, None, &text, &found), headers];
                let seen = seen.into_iter().flatten().collect::<Vec<_>>();
                // What is told of must be what its id says; of what was verified that is known.
                if !seen.is_empty() && !options.verify && !is_intact(id, kind, &blob) {
                    kept.fail(&id, &ObjectError::Mismatch);
                } else {
                    if !self.is_counted(&id) {
                        kept.coverage.scanned(tally(kind, &blob));
                    }
                    kept.again.extend((blob.part.is_some() && !seen.is_empty()).then_some(id));
                    kept.seen.extend(seen);
                }
                let is_marked = kind == Kind::Blob && (blob.part.is_some() || !found.is_nothing());
                kept.marked.extend(is_marked.then_some(id));
                if self.recalled.is_some() && kind == Kind::Blob && !is_marked {
                    lock(&self.nothing).insert(id);
                }
                searched = Some(found);
            },
        );
        scan.progress.scanned(blob.bytes.len());
        searched
    }

    /// Whether an object was counted by an earlier scan.
    fn is_counted(&self, id: &ObjectId) -> bool {
        self.recalled.is_some_and(|known| known.memory.is_held(id))
    }
}

/// What headers say in which nothing was found: most commits are made by few.
pub(super) type People = HashSet<Vec<u8>>;

/// Headers that say more than this say it once.
const LONGEST_PEOPLE: usize = 512;

impl<'r> HistoryScan<'_, 'r> {
    /// Looks at what the headers of a commit or a tag say.
    pub(super) fn headers(
        &self,
        holder: &Holder,
        object: &Blob<'_>,
        people: &mut People,
        scratch: &mut Scratch,
    ) -> Option<Seen<'r>> {
        if !matches!(holder, Holder::Commit(_) | Holder::Tag(_)) {
            return None;
        }
        let text = header_text(object.bytes);
        if text.is_empty() || people.contains(&text) {
            return None;
        }
        let blob = Blob::whole(&text, object.provenance);
        let found = Searched::new(self.inspector.scanner(), &blob, None, scratch);
        let seen = self.see(holder.clone(), Some(Member::headers()), &blob, &found);
        if seen.is_none() && text.len() <= LONGEST_PEOPLE {
            people.insert(text);
        }
        seen
    }
}

impl Members for Looking<'_, '_, '_> {
    fn wants(&self, id: &ObjectId) -> bool {
        self.scan.owns(id.as_bytes())
    }

    fn member(&self, id: ObjectId, number: Option<u32>, blob: Blob<'_>) {
        let scan = self.scan;
        self.workers.guard(
            || blob.provenance.display_path(),
            |kept, scratch| {
                let found = Searched::new(scan.inspector.scanner(), &blob, None, scratch);
                let name = pathless(&id).display_path();
                let member = number.map(|number| Member::new(number, blob.provenance, &name));
                kept.seen.extend(scan.see(Holder::Blob(id), member, &blob, &found));
            },
        );
        scan.progress.scanned(blob.bytes.len());
    }

    fn opened(&self, id: ObjectId, coverage: Coverage) {
        self.workers.guard(
            || format!("object:{id}"),
            |kept, _| {
                kept.marked.push(id);
                if !coverage.problems.is_empty() {
                    kept.again.push(id);
                    kept.seen.push(Seen::nothing(Holder::Blob(id)));
                }
                if self.is_counted(&id) {
                    kept.coverage.problems.extend(coverage.problems);
                } else {
                    kept.coverage.merge(coverage);
                }
            },
        );
    }
}

/// Who holds what is to be scanned of an object, and that: contents or a message. Commits are collected.
fn content<'b>(
    id: ObjectId,
    kind: Kind,
    bytes: &'b [u8],
    format: ObjectFormat,
    commits: &Mutex<GraphBuilder>,
) -> Option<(Holder, &'b [u8])> {
    Some(match kind {
        Kind::Blob => (Holder::Blob(id), bytes),
        Kind::Commit => match Commit::parse(format, bytes) {
            Some(commit) => {
                lock(commits).add(id, &commit);
                (Holder::Commit(id), commit.message)
            }
            None => (Holder::Commit(id), bytes),
        },
        Kind::Tag => (Holder::Tag(id), Tag::parse(bytes).map_or(bytes, |tag| tag.message)),
        Kind::Tree => return None,
    })
}

/// Joins the parts of large blobs; `seen` is sorted.
pub(super) fn joined(seen: Vec<Seen<'_>>) -> Vec<Seen<'_>> {
    let mut whole: Vec<Seen<'_>> = Vec::new();
    for part in seen {
        match whole.last_mut() {
            Some(last) if (&last.holder, &last.member) == (&part.holder, &part.member) => {
                let sightings = std::mem::take(&mut last.sightings).into_iter().chain(part.sightings);
                last.sightings = sightings.collect();
            }
            _ => whole.push(part),
        }
    }
    whole
}

//! Commits one by one, and what people call them.
//!
//! For those who need a few commits of a long history; who wants all of them builds a [`super::Graph`]. Commits are
//! as they are stored, since that is what a push sends: replacements and grafts hold in one repository alone. Where
//! a shallow clone ends a commit has no parents.

use std::collections::HashMap;

use git2::Repository;

use super::pack::{ObjectError, Reader};
use super::{Commit, Kind, ObjectFormat, ObjectId, Refs, Store, Tag};

/// Tags of tags are followed so far.
const DEEPEST_TAG: usize = 16;

/// Reads commits by their ids, each once.
pub struct Ancestry<'s> {
    store: &'s Store,
    refs: &'s Refs,
    reader: Reader<'s>,
    format: ObjectFormat,
    known: HashMap<ObjectId, Ancestor>,
}

/// What is known of a commit.
#[derive(Clone, Debug)]
pub struct Ancestor {
    /// The root of its files.
    pub tree: ObjectId,
    /// The commits that it follows.
    pub parents: Box<[ObjectId]>,
    /// When it was made, by its own clock, in Unix seconds.
    pub time: i64,
}

impl<'s> Ancestry<'s> {
    /// Begins to read the commits of a repository that holds on to `refs`.
    pub fn new(store: &'s Store, refs: &'s Refs) -> Self {
        Self { store, refs, reader: store.objects.reader(), format: store.format(), known: HashMap::new() }
    }

    /// A commit.
    ///
    /// # Errors
    /// It is missing, damaged, or no commit.
    pub fn read(&mut self, id: &ObjectId) -> Result<&Ancestor, ObjectError> {
        if !self.known.contains_key(id) {
            let object = self.reader.read(id)?;
            let commit = (object.kind == Kind::Commit).then(|| Commit::parse(self.format, object.bytes));
            let commit = commit.flatten().ok_or(ObjectError::Header)?;
            let parents = if self.refs.shallow.contains(id) { Vec::new() } else { commit.parents };
            let time = commit.committer.seconds;
            self.known.insert(*id, Ancestor { tree: commit.tree, parents: parents.into(), time });
        }
        Ok(&self.known[id])
    }

    /// The object that a person means: HEAD, a ref or an id, with any `~2` and `^` after it; else whatever
    /// libgit2 takes it for, such as the beginning of an id or `main@{yesterday}`.
    pub fn resolve(&mut self, name: &str) -> Option<ObjectId> {
        let steps = name.find(['~', '^']).unwrap_or(name.len());
        let (base, steps) = name.split_at(steps);
        let found = self.named(if base == "@" { "HEAD" } else { base });
        let found = found.and_then(|base| self.step(base, steps));
        found.filter(|id| self.reader.read(id).is_ok()).or_else(|| {
            let repository = Repository::open(&self.store.git_dir).ok()?;
            repository.revparse_single(name).ok()?.id().to_string().parse().ok()
        })
    }

    fn named(&self, name: &str) -> Option<ObjectId> {
        if name == "HEAD" {
            return self.refs.head;
        }
        self.refs.named(name).map(|found| found.target).or_else(|| name.parse().ok())
    }

    /// Goes from a commit to one before it.
    fn step(&mut self, from: ObjectId, steps: &str) -> Option<ObjectId> {
        let Some(kind) = steps.chars().next() else { return Some(from) };
        if !matches!(kind, '~' | '^') {
            return None;
        }
        let rest = &steps[1..];
        let digits = rest.find(|character: char| !character.is_ascii_digit()).unwrap_or(rest.len());
        let (number, rest) = rest.split_at(digits);
        let number: usize = if number.is_empty() { 1 } else { number.parse().ok()? };
        let mut at = self.peel(from).filter(|(kind, _)| *kind == Kind::Commit)?.1;
        if kind == '~' {
            for _ in 0..number {
                at = *self.read(&at).ok()?.parents.first()?;
            }
        } else if number > 0 {
            at = *self.read(&at).ok()?.parents.get(number - 1)?;
        }
        self.step(at, rest)
    }

    /// What an object leads to when tags are followed, and its kind; `None` when that is not there.
    pub fn peel(&mut self, id: ObjectId) -> Option<(Kind, ObjectId)> {
        self.follow(id, &mut Vec::new())
    }

    /// The same, with the tags on the way.
    pub fn follow(&mut self, mut id: ObjectId, tags: &mut Vec<ObjectId>) -> Option<(Kind, ObjectId)> {
        for _ in 0..DEEPEST_TAG {
            let object = self.reader.read(&id).ok()?;
            if object.kind != Kind::Tag {
                return Some((object.kind, id));
            }
            tags.push(id);
            id = Tag::parse(object.bytes)?.target;
        }
        None
    }
}

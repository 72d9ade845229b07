//! Which commits a range means, and what stood before it.
//!
//! What was chosen where there was a choice is told in notes; what is not here is a problem, so that no
//! range is ever taken for empty because its commits were not fetched.

use super::Problem;
use crate::git::{Ancestry, Kind, ObjectId, Range, Refs, Store};
use crate::path;

/// The number of digits of an id that people are shown.
const SHORT_ID: usize = 10;
/// The largest number of refs that are named; the others are counted.
const NAMED_REFS: usize = 4;

/// Which range is asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RangeOptions {
    /// The revision that is known; all zeros for a branch that is new.
    pub from: String,
    /// The revisions whose commits are asked for; all zeros for a branch that was deleted.
    pub to: Vec<String>,
    /// Both may have gone on since they parted, as the branch of a change and the one it is for do.
    pub may_part: bool,
    /// What else is known, in the place of `from`.
    pub known: Begin,
}

/// Where a range begins: what is known before it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Begin {
    /// What the revision that it begins at leads to.
    #[default]
    From,
    /// What any ref leads to: it is being pushed to this repository.
    Refs,
    /// What a remote has: it is being pushed to it.
    Remote {
        /// Its name, under which its branches were fetched.
        name: String,
        /// Ids that its refs have; those that are not here tell nothing.
        ids: Vec<String>,
    },
}

/// A range that was looked up.
#[derive(Default)]
pub struct Asked {
    /// Its commits.
    pub range: Range,
    /// The objects that it ends at, tags not followed.
    pub ends: Vec<ObjectId>,
    /// The tags among them, and those that these name.
    pub tags: Vec<ObjectId>,
    /// The commits that it ends at; none for a branch that was deleted.
    pub heads: Vec<ObjectId>,
    /// What a person should know of what was chosen.
    pub notes: Vec<String>,
    /// What of it is not here.
    pub problems: Vec<Problem>,
}

impl RangeOptions {
    /// Reads `A..B`, `A...B`, `A..` or `..B`; an end that is not given is HEAD.
    ///
    /// # Errors
    /// There are no dots.
    pub fn parse(text: &str) -> Result<Self, String> {
        let dots = text.find("..").ok_or("a range is written A..B: the commits of B that A does not have")?;
        let (from, to) = (&text[..dots], &text[dots + 2..]);
        let (to, may_part) = match to.strip_prefix('.') {
            Some(to) => (to, true),
            None => (to, false),
        };
        let or_head = |name: &str| if name.is_empty() { "HEAD".to_owned() } else { name.to_owned() };
        Ok(Self { from: or_head(from), to: vec![or_head(to)], may_part, known: Begin::From })
    }

    /// What HEAD adds to a branch that it is to be merged into.
    pub fn change_for(base: &str) -> Self {
        Self { from: base.to_owned(), to: vec!["HEAD".to_owned()], may_part: true, known: Begin::From }
    }

    /// What a push to a repository brings: the new ids of its refs.
    pub fn received(ids: Vec<String>) -> Self {
        Self { from: String::new(), to: ids, may_part: true, known: Begin::Refs }
    }

    /// What a push to a remote sends: the new ids of its refs, and those that they have.
    pub fn sent(ids: Vec<String>, remote: &str, old: Vec<String>) -> Self {
        let known = Begin::Remote { name: remote.to_owned(), ids: old };
        Self { from: String::new(), to: ids, may_part: true, known }
    }

    /// The revisions that it ends at, without branches that were deleted.
    pub(super) fn ends(&self) -> impl Iterator<Item = &String> {
        self.to.iter().filter(|to| !is_zero(to))
    }

    /// Looks the range up.
    pub(super) fn find(&self, store: &Store, refs: &Refs, shown: &str) -> Result<Asked, Problem> {
        let mut ancestry = Ancestry::new(store, refs);
        let mut asked = Asked::default();
        for to in self.ends() {
            let end = ancestry.resolve(to).ok_or_else(|| unknown(to, store, refs, shown))?;
            asked.ends.push(end);
            asked.heads.push(commit(ancestry.follow(end, &mut asked.tags), to, shown)?);
        }
        if asked.ends.is_empty() {
            asked.notes.push("the branch was deleted: there is nothing to scan".to_owned());
            return Ok(asked);
        }
        let begin = match &self.known {
            Begin::Refs => commits(&mut ancestry, refs.refs.iter().map(|own| own.target)),
            Begin::Remote { name, ids } => {
                let prefix = format!("refs/remotes/{name}/");
                let fetched = refs.refs.iter().filter(|own| own.name.starts_with(prefix.as_bytes()));
                let told: Vec<_> = ids.iter().filter_map(|id| ancestry.resolve(id)).collect();
                commits(&mut ancestry, fetched.map(|own| own.target).chain(told))
            }
            Begin::From if is_zero(&self.from) => {
                let (begin, note) = others(&mut ancestry, refs, asked.ends[0], asked.heads[0]);
                asked.notes.push(note);
                begin
            }
            Begin::From => {
                let id =
                    ancestry.resolve(&self.from).ok_or_else(|| unknown(&self.from, store, refs, shown))?;
                vec![commit(ancestry.peel(id), &self.from, shown)?]
            }
        };
        let range = Range::between(&mut ancestry, refs, &begin, &asked.heads);
        self.tell(&range, &begin, shown, &mut asked);
        Ok(Asked { range, ..asked })
    }

    /// Says what was chosen and what is missing.
    fn tell(&self, range: &Range, begin: &[ObjectId], shown: &str, asked: &mut Asked) {
        let Self { may_part, known, .. } = self;
        let from = match known {
            Begin::From if is_zero(&self.from) => "what else there is",
            Begin::From => &*self.from,
            _ => "what is there already",
        };
        let to = self.to.join(", ");
        let mut problem = |path: String, message: String| asked.problems.push(Problem { path, message });
        for (id, error) in &range.problems {
            problem(format!("object:{id}"), error.to_string());
        }
        for id in &range.cut {
            let commits = range.commits.len() + 1;
            let fetched =
                if commits == 1 { "1 commit was".to_owned() } else { format!("{commits} commits were") };
            problem(
                shown.to_owned(),
                format!(
                    "the clone is shallow: the history of {to} ends with {id}, before it meets that of {from} \
                     ({fetched} fetched; git fetch --deepen={commits} or --unshallow brings more)"
                ),
            );
        }
        if *known != Begin::From {
            return; // Whoever pushes knows what.
        }
        if range.commits.is_empty() && asked.problems.is_empty() {
            asked.notes.push(match is_zero(&self.from) {
                true => format!("{from} has all commits of {to}: nothing to scan"),
                false => format!("there are no commits between {from} and {to}: nothing to scan"),
            });
        } else if range.is_unrelated(begin) {
            asked.notes.push(format!("{from} and {to} have no commit in common: all of {to} is scanned"));
        } else if !may_part && !is_zero(&self.from) && !range.bases.is_empty() && range.bases != begin {
            let bases: Vec<_> = range.bases.iter().map(short).collect();
            asked.notes.push(format!(
                "{from} does not lead to {to} (a forced push?): compared with where they part, {}",
                bases.join(", ")
            ));
        }
    }
}

/// Whether it stands for nothing, as in the updates of refs that git tells hooks of.
pub fn is_zero(revision: &str) -> bool {
    revision.len() >= 40 && revision.bytes().all(|byte| byte == b'0')
}

fn short(id: &ObjectId) -> String {
    id.to_string()[..SHORT_ID].to_owned()
}

fn unknown(name: &str, store: &Store, refs: &Refs, shown: &str) -> Problem {
    let why = if let Some((path, message)) = refs.problems.first() {
        &*format!(": {}: {message}", path::shown(path.as_os_str().as_encoded_bytes()))
    } else if !refs.shallow.is_empty() {
        ": the clone is shallow (git fetch --deepen=50, or --unshallow, brings more of it)"
    } else if store.ref_storage.is_some() {
        ": its refs are kept in a form that is not read, so only ids are known"
    } else if refs.head.is_none() && refs.refs.is_empty() {
        ": there is no commit yet (stanch git --staged looks at what the first one would hold)"
    } else {
        " here (git fetch may bring it)"
    };
    Problem { path: shown.to_owned(), message: format!("there is no revision `{name}`{why}") }
}

/// The commits that these objects lead to.
fn commits(ancestry: &mut Ancestry<'_>, objects: impl Iterator<Item = ObjectId>) -> Vec<ObjectId> {
    let peeled = objects.filter_map(|id| ancestry.peel(id));
    peeled.filter(|(kind, _)| *kind == Kind::Commit).map(|(_, id)| id).collect()
}

/// The commit that an object led to.
fn commit(found: Option<(Kind, ObjectId)>, name: &str, shown: &str) -> Result<ObjectId, Problem> {
    match found {
        Some((Kind::Commit, commit)) => Ok(commit),
        _ => Err(Problem { path: shown.to_owned(), message: format!("`{name}` is no commit") }),
    }
}

/// What else there is when a branch is new: the branches and tags of the remote, or, where there is
/// none, of the repository itself. The branch itself is among them, so one ref that stands where it
/// does is left out; a second one says that nothing of it is new.
fn others(
    ancestry: &mut Ancestry<'_>,
    refs: &Refs,
    end: ObjectId,
    head: ObjectId,
) -> (Vec<ObjectId>, String) {
    let is_remote = |name: &[u8]| name.starts_with(b"refs/remotes/");
    let has_remote = refs.refs.iter().any(|own| is_remote(&own.name));
    let is_candidate = |name: &[u8]| {
        (if has_remote { is_remote(name) } else { name.starts_with(b"refs/heads/") })
            && !name.ends_with(b"/HEAD")
            || name.starts_with(b"refs/tags/")
    };
    let (mut begin, mut names) = (Vec::new(), Vec::new());
    let mut has_own = false;
    for own in refs.refs.iter().filter(|own| is_candidate(&own.name)) {
        let peeled = ancestry.peel(own.target).filter(|(kind, _)| *kind == Kind::Commit);
        let Some((_, commit)) = peeled else { continue };
        if (own.target == end || commit == head) && !own.name.starts_with(b"refs/tags/") && !has_own {
            has_own = true;
            continue;
        }
        // A tag on the new branch came with it.
        if commit != head || !own.name.starts_with(b"refs/tags/") {
            begin.push(commit);
            names.push(path::shown(&own.name));
        }
    }
    let note = match names.len() {
        0 => "the branch is new and there is no other: all of it is scanned".to_owned(),
        number if number <= NAMED_REFS => format!("the branch is new: compared with {}", names.join(", ")),
        number => format!(
            "the branch is new: compared with {} and {} other refs",
            names[..NAMED_REFS - 1].join(", "),
            number - (NAMED_REFS - 1)
        ),
    };
    begin.sort();
    begin.dedup();
    (begin, note)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_read_as_git_writes_them() {
        let parse = |text: &str| {
            RangeOptions::parse(text)
                .map(|range| format!("{} {} {}", range.from, range.to.join(" "), range.may_part))
        };
        assert_eq!(parse("a..b").as_deref(), Ok("a b false"));
        assert_eq!(parse("a...b").as_deref(), Ok("a b true"));
        assert_eq!(parse("a..").as_deref(), Ok("a HEAD false"));
        assert_eq!(parse("..b").as_deref(), Ok("HEAD b false"));
        assert!(parse("a").is_err());
        assert!(is_zero(&"0".repeat(40)) && is_zero(&"0".repeat(64)) && !is_zero("0"));
    }
}

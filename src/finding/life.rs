//! The life of a secret in a repository: since when, by which commits, where, and who still holds it.

use std::collections::BTreeSet;

use super::{Location, RefNames};
use crate::git::{CommitIndex, NumberSet};

/// Whether a range of commits brought a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Novelty {
    /// It did, and the end of the range holds it.
    NewAtHead,
    /// It did, and took it out again: whoever fetches the commits has it.
    AddedThenRemoved,
    /// The value was there before, at another path.
    Moved,
    /// It was there before.
    AlreadyThere,
}

impl Novelty {
    /// The verdict as reports have it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::NewAtHead => "new at head",
            Self::AddedThenRemoved => "added, then removed",
            Self::Moved => "moved or renamed",
            Self::AlreadyThere => "already there",
        }
    }
}

/// The life of a secret in a repository.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Life {
    /// Whether the range that was asked for brought it; `None` where all of history was.
    pub novelty: Option<Novelty>,
    /// Whether it is told and fails nothing.
    pub is_note: bool,
    /// The first commit in which the finding's own place can be seen.
    pub commit: Option<String>,
    /// Commits in which it is found and that follow none in which it is; those that others follow come first.
    pub introduced: Vec<Change>,
    /// Commits in which it is not found and that follow one in which it is; those that others follow come first.
    pub removed: Vec<Change>,
    /// Every place but the finding's own, by path and position; each with a commit in which it can be
    /// seen.
    pub also_at: Vec<Sight>,
    /// Objects that hold it: versions of files, messages.
    pub objects: BTreeSet<String>,
    /// Branches, tags and other refs whose files hold it now, or that lead to its commit message.
    pub refs: RefNames,
    /// Refs that lead to a commit that held it: history keeps it, whatever was removed since.
    pub kept_by: RefNames,
    /// Whether the files of HEAD hold it.
    pub in_head: bool,
    /// Whether any ref, HEAD or reflog leads to it; else only the object database holds it.
    pub is_reachable: bool,
    /// Whether others could fetch it: a branch of a remote holds it, or any ref of a repository
    /// without a work tree.
    pub is_shared: bool,
    /// Days since it was first committed; `None` when no commit holds it.
    pub exposed_days: Option<u64>,
    /// What only this shard of a scan knows, for those who join it with the others.
    pub share: Option<Share>,
}

/// What a shard knows of a secret beside its life: enough to tell, with all other shards, what a scan in
/// one piece would tell.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Share {
    /// The name of the graph whose numbers are used.
    pub of: String,
    /// Commits of lower numbers are reachable.
    pub reachable: CommitIndex,
    /// Commits whose files hold it.
    pub held: NumberSet,
    /// Commits that hold it or follow one that does.
    pub ever: NumberSet,
    /// Commits that do not hold it, follow one that does, and did not remove it as far as this shard
    /// knows.
    pub lost: Vec<Change>,
    /// The refs that hold it and are not always named, by numbers that all shards share.
    pub refs: NumberSet,
    /// The same of those whose history holds it.
    pub kept_by: NumberSet,
    /// Whether the files of HEAD hold it at the finding's own place.
    pub in_head: bool,
    /// The number of the commit in which the finding's own place can be seen.
    pub index: Option<CommitIndex>,
    /// Only what was introduced at this time or later was asked for.
    pub since: Option<i64>,
    /// Only what was introduced at this time or before.
    pub until: Option<i64>,
}

/// Where a commit stands in its graph; told by shards.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Standing {
    /// Its number.
    pub index: CommitIndex,
    /// The numbers of those that it follows; none for one whose message holds the secret.
    pub parents: Vec<CommitIndex>,
    /// Days from then on.
    pub days: u64,
}

/// A commit that changed whether a secret is there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Change {
    /// Its id.
    pub commit: String,
    /// Who wrote it, by the mailmap.
    pub author: String,
    /// Their address, by the mailmap.
    pub email: String,
    /// When it was written, in Unix seconds.
    pub authored: i64,
    /// When it was committed, in Unix seconds.
    pub committed: i64,
    /// Where it stands in the graph; only in shards.
    pub standing: Option<Standing>,
}

/// A place of a secret, and a commit in which it can be seen.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Sight {
    /// The place.
    pub location: Location,
    /// The first commit that holds it there; `None` when no commit does.
    pub commit: Option<String>,
    /// The number of that commit; only in shards.
    pub index: Option<CommitIndex>,
}

impl Life {
    /// When it was first committed, in Unix seconds.
    pub fn since(&self) -> Option<i64> {
        self.introduced.iter().map(|change| change.committed).min()
    }

    /// How many places it stands at, in all versions: the finding's own and all others.
    pub fn occurrences(&self) -> usize {
        1 + self.also_at.len()
    }
}

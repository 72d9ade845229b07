//! The life of a secret: the commits that brought it in and took it out, and the refs that hold it.

use std::collections::{BTreeSet, HashMap};

use super::telling::Telling;
use crate::finding::{Change, Life, Share, Standing};
use crate::git::{Commit, CommitIndex, Kind, ObjectId};
use crate::scan::chronicle::{Holder, Place, SecretId};

/// Seconds of a day.
const DAY: i64 = 24 * 60 * 60;

impl Telling<'_, '_, '_> {
    /// All of a life but its places.
    pub(super) fn life(&mut self, secret: SecretId) -> Life {
        let graph = self.chronicle.graph;
        let story = &self.chronicle.secrets[secret];
        let (mut introduced, mut removed) = (story.introduced.clone(), story.removed.clone());
        if introduced.iter().any(|commit| graph.is_reachable(*commit)) {
            introduced.retain(|commit| graph.is_reachable(*commit));
            removed.retain(|commit| graph.is_reachable(*commit));
        }
        let holders: BTreeSet<String> = story
            .places
            .iter()
            .filter_map(|place| match &self.seen[place.seen].holder {
                Holder::Blob(id) | Holder::Commit(id) | Holder::Tag(id) => Some(id.to_string()),
                _ => None,
            })
            .collect();
        let messages: BTreeSet<CommitIndex> = story
            .places
            .iter()
            .filter(|place| place.path.is_none())
            .filter_map(|place| place.commit)
            .collect();
        let named = self.named_directly(secret);
        // Most refs lead to what others lead to.
        let mut known = HashMap::new();
        let mut holds =
            |holding| *known.entry(holding).or_insert_with(|| self.chronicle.holds(secret, holding));
        let descends = graph.descendants(&[introduced.clone(), messages.into_iter().collect()]);
        let (mut refs, mut kept_by): (BTreeSet<String>, BTreeSet<String>) = (named.clone(), named);
        for tip in self.scan.history.tips.iter().filter(|tip| tip.is_ref) {
            let Some((kind, id)) = tip.peeled else { continue };
            let name = self.ref_name(&tip.name);
            match (kind, graph.find(&id)) {
                (Kind::Commit, Some(commit)) => {
                    let bits = descends[commit as usize];
                    if bits & 2 != 0 || holds(self.chronicle.held(commit)) {
                        refs.insert(name.clone());
                    }
                    if bits != 0 {
                        kept_by.insert(name);
                    }
                }
                (Kind::Tree, _) if holds(self.chronicle.holdings.of(&id)) => {
                    refs.insert(name.clone());
                    kept_by.insert(name);
                }
                _ => {}
            }
        }
        let mut heads = self.scan.history.heads().iter().filter_map(|head| graph.find(head));
        let in_head = self.heads().any(&mut holds) || heads.any(|head| descends[head as usize] & 2 != 0);
        // Where refs cannot be read, everything may be reachable.
        let is_reachable = introduced.iter().any(|commit| graph.is_reachable(*commit))
            || !kept_by.is_empty()
            || self.scan.history.store.ref_storage.is_some();
        let is_remote = |name: &String| name.starts_with("refs/remotes/") || name.starts_with("refs/pull/");
        let is_shared = kept_by.iter().any(|name| self.scan.history.store.is_bare || is_remote(name));
        if let Some(before) = &self.before {
            introduced.retain(|commit| !before.commits.contains(commit));
        }
        let first = introduced.iter().map(|commit| graph.time(*commit)).min();
        let now = self.scan.options.inspect.now;
        let mut changes = |commits: &[CommitIndex]| -> Vec<Change> {
            commits.iter().map(|commit| self.change(*commit)).collect()
        };
        Life {
            introduced: changes(&introduced),
            removed: changes(&removed),
            objects: holders,
            refs: refs.into_iter().collect(),
            kept_by: kept_by.into_iter().collect(),
            in_head,
            is_reachable,
            is_shared,
            exposed_days: first.map(|first| days(now, first)),
            ..Life::default()
        }
    }

    /// The refs that name one of a secret's objects themselves, or whose name it is in.
    fn named_directly(&self, secret: SecretId) -> BTreeSet<String> {
        let mut names = BTreeSet::new();
        for place in self.chronicle.secrets[secret].places.iter().filter(|place| place.path.is_none()) {
            match &self.seen[place.seen].holder {
                Holder::Blob(id) | Holder::Tag(id) => {
                    let tips = self.scan.history.tips.iter().filter(|tip| tip.is_ref);
                    let naming = tips.filter(|tip| tip.leads_to(id));
                    names.extend(naming.map(|tip| self.ref_name(&tip.name)));
                }
                Holder::Ref(name) => {
                    names.insert(self.ref_name(name));
                }
                Holder::Commit(_) | Holder::Name(_) => {}
            }
        }
        names
    }

    /// What a commit says of itself.
    fn change(&mut self, commit: CommitIndex) -> Change {
        if let Some(change) = self.changes.get(&commit) {
            return change.clone();
        }
        let format = self.scan.history.store.format();
        let id = self.chronicle.graph.id(commit);
        let mut change = Change { commit: id.to_string(), ..Change::default() };
        if let Ok(object) = self.reader.read(&id)
            && let Some(read) = Commit::parse(format, object.bytes)
        {
            let (name, email) = self.people.find(&read.author);
            change = Change {
                author: name,
                email,
                authored: read.author.seconds,
                committed: read.committer.seconds,
                ..change
            };
        }
        self.changes.insert(commit, change.clone());
        change
    }

    /// What the other shards need to know; gives the changes and places of a life their numbers.
    pub(super) fn share(&mut self, secret: SecretId, own: &Place, life: &mut Life) -> Share {
        let graph = self.chronicle.graph;
        let (held, ever) = self.chronicle.held_and_ever(secret);
        let told = self.chronicle.secrets[secret].told.clone();
        let lost = self.chronicle.secrets[secret].lost.clone();
        let mut lost: Vec<Change> = lost.into_iter().map(|commit| self.change(commit)).collect();
        let number = |commit: &str| commit.parse::<ObjectId>().ok().and_then(|id| graph.find(&id));
        let now = self.scan.options.inspect.now;
        for change in life.introduced.iter_mut().chain(&mut life.removed).chain(&mut lost) {
            change.standing = number(&change.commit).map(|index| Standing {
                index,
                parents: if told.contains(&index) { Vec::new() } else { graph.parents(index).to_vec() },
                days: days(now, graph.time(index)),
            });
        }
        for sight in &mut life.also_at {
            sight.index = sight.commit.as_deref().and_then(number);
        }
        Share {
            of: self.scan.coverage.shard.as_ref().map_or_else(String::new, |shard| shard.of.clone()),
            reachable: graph.reachable() as CommitIndex,
            held,
            ever,
            lost,
            in_head: self.is_in_head(own),
            index: own.commit,
        }
    }
}

/// Whole days from one time to another; none when it has not come yet.
fn days(now: i64, then: i64) -> u64 {
    u64::try_from((now - then) / DAY).unwrap_or(0)
}

//! The life of a secret: the commits that brought it in and took it out, and the refs that hold it.

use std::collections::{BTreeSet, HashMap};
use std::rc::Rc;

use super::telling::Telling;
use crate::finding::{Change, Life, RefNames, Share, Standing, is_always_named};
use crate::git::{Commit, CommitIndex, Holding, Kind, NumberSet, ObjectId, header_text};
use crate::scan::chronicle::{Chronicle, Holder, Place, SecretId};
use crate::secret::MASK;
use crate::source::Tip;

/// Seconds of a day.
const DAY: i64 = 24 * 60 * 60;

/// A ref, as all secrets are asked about.
pub(super) struct HoldingRef {
    /// As it is shown.
    pub name: String,
    leads_to: Lead,
    /// Its number among the tips of the scan.
    tip: usize,
    /// Its number in an order in which those that follow the same commits stand together.
    place: u32,
}

/// So many secrets are followed in one go through all commits.
const AT_ONCE: usize = 32;

/// Which commits follow those of some secrets.
pub(super) struct Descendants {
    /// The first of these secrets.
    first: SecretId,
    /// By the number of the commit; two bits for each secret.
    bits: Vec<u64>,
}

impl Descendants {
    /// For a commit: 1 if one before it, or itself, brought the secret in; 2 if the message of one holds it.
    fn of(&self, secret: SecretId, commit: CommitIndex) -> u64 {
        self.bits[commit as usize] >> (2 * (secret - self.first)) & 3
    }
}

/// What a ref leads to in the end.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Lead {
    Commit(CommitIndex),
    Tree(Holding),
    /// A blob, or what is not here.
    Other,
}

impl HoldingRef {
    /// All refs among the tips, in the order of how they are shown.
    pub fn all(tips: &[Tip], chronicle: &Chronicle<'_, '_>, shown: impl Fn(&[u8]) -> String) -> Vec<Self> {
        let lead = |tip: &Tip| match tip.peeled {
            Some((Kind::Commit, id)) => chronicle.graph.find(&id).map_or(Lead::Other, Lead::Commit),
            Some((Kind::Tree, id)) => Lead::Tree(chronicle.holdings.of(&id)),
            _ => Lead::Other,
        };
        let refs = tips.iter().enumerate().filter(|(_, tip)| tip.is_ref);
        let own = |(number, tip): (usize, &Tip)| Self {
            name: shown(&tip.name),
            leads_to: lead(tip),
            tip: number,
            place: 0,
        };
        let mut refs: Vec<Self> = refs.map(own).collect();
        refs.sort_by_key(|own| (own.leads_to, own.tip));
        (0..).zip(&mut refs).for_each(|(place, own)| own.place = place);
        refs.sort_by(|a, b| (&a.name, a.tip).cmp(&(&b.name, b.tip)));
        refs
    }

    fn is_remote(&self) -> bool {
        self.name.starts_with("refs/remotes/") || self.name.starts_with("refs/pull/")
    }
}

impl Telling<'_, '_, '_> {
    /// All of a life but its places.
    pub(super) fn life(&mut self, secret: SecretId) -> Life {
        let graph = self.chronicle.graph;
        let mut introduced = self.introduced(secret);
        let descends = self.descendants(secret);
        let story = &self.chronicle.secrets[secret];
        let mut removed = story.removed.clone();
        if introduced.iter().any(|commit| graph.is_reachable(*commit)) {
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
        let named = self.named_directly(secret);
        // Most refs lead to what others lead to.
        let mut known = HashMap::new();
        let mut holds =
            |holding| *known.entry(holding).or_insert_with(|| self.chronicle.holds(secret, holding));
        let bits_of = |commit: CommitIndex| descends.of(secret, commit);
        let (mut refs, mut kept_by) = (Vec::new(), Vec::new());
        for (number, own) in self.refs.iter().enumerate() {
            let is_named = named.contains(&number);
            let (holds_it, keeps_it) = match own.leads_to {
                Lead::Commit(commit) => {
                    let bits = bits_of(commit);
                    (bits & 2 != 0 || holds(self.chronicle.held(commit)), bits != 0)
                }
                Lead::Tree(holding) => (holds(holding), holds(holding)),
                Lead::Other => (false, false),
            };
            refs.extend((is_named || holds_it).then_some(number));
            kept_by.extend((is_named || keeps_it).then_some(number));
        }
        let share = self.scan.history.options.shard.is_some().then(|| Share {
            refs: self.shared_numbers(&refs),
            kept_by: self.shared_numbers(&kept_by),
            ..Share::default()
        });
        let mut heads = self.scan.history.heads().iter().filter_map(|head| graph.find(head));
        let in_head = self.heads().any(&mut holds) || heads.any(|head| bits_of(head) & 2 != 0);
        // Where refs or their logs cannot be read, everything may be reachable.
        let is_reachable = introduced.iter().any(|commit| graph.is_reachable(*commit))
            || !kept_by.is_empty()
            || self.scan.history.store.has_tables
            || self.scan.history.store.ref_storage.is_some();
        let is_bare = self.scan.history.store.is_bare;
        let is_shared = kept_by.iter().any(|number| is_bare || self.refs[*number].is_remote());
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
            refs: self.names(&refs),
            kept_by: self.names(&kept_by),
            in_head,
            is_reachable,
            is_shared,
            exposed_days: first.map(|first| days(now, first)),
            share,
            ..Life::default()
        }
    }

    /// The commits that brought a secret in: those that something leads to, if there is one.
    fn introduced(&self, secret: SecretId) -> Vec<CommitIndex> {
        let graph = self.chronicle.graph;
        let mut introduced = self.chronicle.secrets[secret].introduced.clone();
        if introduced.iter().any(|commit| graph.is_reachable(*commit)) {
            introduced.retain(|commit| graph.is_reachable(*commit));
        }
        introduced
    }

    /// Which commits follow those that brought a secret in, or whose message holds it.
    fn descendants(&mut self, secret: SecretId) -> Rc<Descendants> {
        let first = secret - secret % AT_ONCE;
        if let Some(known) = self.descendants.clone().filter(|known| known.first == first) {
            return known;
        }
        let secrets = first..(first + AT_ONCE).min(self.chronicle.secrets.len());
        let sets: Vec<Vec<CommitIndex>> = secrets
            .flat_map(|secret| {
                let places = self.chronicle.secrets[secret].places.iter();
                let messages = places.filter(|place| place.path.is_none()).filter_map(|place| place.commit);
                [self.introduced(secret), messages.collect()]
            })
            .collect();
        let found = Rc::new(Descendants { first, bits: self.chronicle.graph.descendants(&sets) });
        self.descendants = Some(found.clone());
        found
    }

    /// The refs that name one of a secret's objects themselves, or whose name it is in.
    fn named_directly(&self, secret: SecretId) -> BTreeSet<usize> {
        let tips = &self.scan.history.tips;
        let mut named = BTreeSet::new();
        for place in self.chronicle.secrets[secret].places.iter().filter(|place| place.path.is_none()) {
            match &self.seen[place.seen].holder {
                Holder::Blob(id) | Holder::Tag(id) => {
                    let refs = self.refs.iter().enumerate();
                    named
                        .extend(refs.filter(|(_, own)| tips[own.tip].leads_to(id)).map(|(number, _)| number));
                }
                Holder::Ref(name) => {
                    let refs = self.refs.iter().enumerate();
                    named.extend(
                        refs.filter(|(_, own)| tips[own.tip].name == *name).map(|(number, _)| number),
                    );
                }
                Holder::Commit(_) | Holder::Name(_) => {}
            }
        }
        named
    }

    /// Refs, by their numbers, as they are told.
    fn names(&self, numbers: &[usize]) -> RefNames {
        RefNames::of(numbers.iter().map(|number| self.refs[*number].name.as_str()))
    }

    /// Those of some refs that are not always named, by the numbers that shards use.
    fn shared_numbers(&self, numbers: &[usize]) -> NumberSet {
        let others =
            numbers.iter().map(|number| &self.refs[*number]).filter(|own| !is_always_named(&own.name));
        let mut places: Vec<u32> = others.map(|own| own.place).collect();
        places.sort_unstable();
        NumberSet::of(places.into_iter())
    }

    /// What a commit says of itself.
    fn change(&mut self, commit: CommitIndex) -> Change {
        if let Some(change) = self.changes.get(&commit) {
            return change.clone();
        }
        let format = self.scan.history.store.format();
        let id = self.chronicle.graph.id(commit);
        let mut change = Change { commit: id.to_string(), ..Change::default() };
        let mut headers = Vec::new();
        if let Ok(object) = self.reader.read(&id)
            && let Some(read) = Commit::parse(format, object.bytes)
        {
            headers = header_text(object.bytes);
            let (author, email) = self.people.find(&read.author);
            let (authored, committed) = (read.author.seconds, read.committer.seconds);
            change = Change { author, email, authored, committed, ..change };
        }
        self.hide_in(&mut change, &id, &headers);
        self.changes.insert(commit, change.clone());
        change
    }

    /// Hides the secrets that a commit's headers hold in what is told of who made it.
    fn hide_in(&self, change: &mut Change, commit: &ObjectId, headers: &[u8]) {
        let seen = self.headers.get(commit).map(|number| &self.seen[*number]);
        for sighting in seen.iter().flat_map(|seen| &seen.sightings) {
            let span = sighting.span();
            let secret = String::from_utf8_lossy(headers.get(span.start..span.end).unwrap_or_default());
            for said in [&mut change.author, &mut change.email] {
                *said = said.replace(&*secret, MASK);
            }
        }
    }

    /// What the other shards need to know; gives the changes and places of a life their numbers.
    pub(super) fn share(&mut self, secret: SecretId, own: &Place, life: &mut Life) -> Share {
        let graph = self.chronicle.graph;
        let (held, ever) = self.chronicle.held_and_ever(secret);
        let told = self.chronicle.secrets[secret].told.clone();
        let lost = self.chronicle.secrets[secret].lost.clone();
        let mut lost: Vec<Change> = lost.into_iter().map(|commit| self.change(commit)).collect();
        let number = |commit: &str| commit.parse::<ObjectId>().ok().and_then(|id| graph.find(&id));
        let options = &self.scan.history.options;
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
            index: self.first_commit(secret, own),
            since: options.since,
            until: options.until,
            ..life.share.take().unwrap_or_default()
        }
    }
}

/// Whole days from one time to another; none when it has not come yet.
fn days(now: i64, then: i64) -> u64 {
    u64::try_from((now - then) / DAY).unwrap_or(0)
}

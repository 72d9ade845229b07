//! Follows each secret through the commits: where it came in, where it went, where it stands now.
//!
//! No commit is diffed. Trees are reduced to what holds secrets ([`Holdings`]), so nearly all commits
//! have the reduced tree of their parents and cost a comparison of two numbers. What is left tells at
//! which paths versions came and went, and for the secrets of those versions alone is asked whether
//! they are in a commit and in its parents.
//!
//! A commit *introduces* a secret if it holds it and none of its parents does; it *removes* it if it
//! does not hold it and its parents do. A merge that takes the side without it removes nothing, unless
//! that side never had it.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::blob::Provenance;
use crate::finding::{Fingerprint, Inspector, Sighting};
use crate::git::{CommitIndex, Graph, Holding, Holdings, Leaf, NumberSet, ObjectId, PathId, Paths};
use crate::path::{self, FileKind};
use crate::rule::Confidence;
use crate::source::archive::stem;

/// Bytes in which something was seen, and what.
#[derive(Debug)]
pub struct Seen<'r> {
    /// What the bytes are.
    pub holder: Holder,
    /// Which member of an archive they are.
    pub member: Option<Member>,
    /// In the order of their places.
    pub sightings: Box<[Sighting<'r>]>,
}

impl Seen<'_> {
    /// Nothing was seen in it, but where it stands is to be known.
    pub fn nothing(holder: Holder) -> Self {
        Self { holder, member: None, sightings: Box::default() }
    }

    /// Where the first sighting stands.
    pub fn offset(&self) -> u64 {
        self.sightings.first().map_or(0, |sighting| sighting.byte_offset)
    }
}

/// What the headers of commits and tags are called.
pub const HEADERS: &str = "headers";

/// A member of an archive, or the headers of a commit or a tag.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Member {
    /// How many come before it.
    number: u32,
    /// How reports show where in the archive it stands, each path after a `!`; `None` for what is in a
    /// compressed file, which is called as that is, without its ending.
    shown: Option<String>,
    /// The last of these paths: what kind of file it is says that.
    own: String,
}

impl Member {
    /// The member of this number that stands here in an archive that is called `archive`.
    pub fn new(number: u32, provenance: &Provenance, archive: &str) -> Self {
        let (shown, own) = (provenance.display_path(), provenance.own_path());
        let shown = shown.strip_prefix(archive).filter(|_| own != archive).map(str::to_owned);
        Self { number, shown, own }
    }

    /// The headers of a commit or a tag, which are told apart from its message.
    pub fn headers() -> Self {
        Self { number: 0, shown: Some(format!("!{HEADERS}")), own: HEADERS.to_owned() }
    }

    /// How it is shown in an archive at this path, and by what path it is judged.
    pub fn at(&self, archive: &str) -> (String, String) {
        match &self.shown {
            Some(shown) => (format!("{archive}{shown}"), self.own.clone()),
            None => {
                let own = path::shown(&stem(archive.as_bytes()));
                (format!("{archive}!{own}"), own)
            }
        }
    }

    /// Whether it is the member of this number.
    pub fn is(&self, number: Option<u32>) -> bool {
        number == Some(self.number)
    }
}

/// What bytes in a repository can be.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Holder {
    /// A version of a file, or the target of a symbolic link.
    Blob(ObjectId),
    /// The message of a commit, or its headers.
    Commit(ObjectId),
    /// The message of an annotated tag, or its headers.
    Tag(ObjectId),
    /// The name of a ref.
    Ref(Vec<u8>),
    /// The name of a file or folder.
    Name(Vec<u8>),
}

impl Holder {
    /// The name that was looked at, if it is one.
    pub fn name(&self) -> Option<&[u8]> {
        match self {
            Self::Ref(name) | Self::Name(name) => Some(name),
            Self::Blob(_) | Self::Commit(_) | Self::Tag(_) => None,
        }
    }
}

/// The number of a secret.
pub type SecretId = usize;

/// A secret: one value that one rule found.
#[derive(Debug)]
pub struct Secret {
    /// Where it stands.
    pub places: Vec<Place>,
    /// The same by path and version of the file.
    files: HashMap<PathId, BTreeSet<Leaf>>,
    /// Commits that brought it in, in order.
    pub introduced: Vec<CommitIndex>,
    /// Commits that took it out, in order.
    pub removed: Vec<CommitIndex>,
    /// Merges that do not hold it though a parent does, because another parent lost it before.
    pub lost: Vec<CommitIndex>,
    /// Commits whose message holds it.
    pub told: Vec<CommitIndex>,
}

/// A place of a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Which bytes, by their number in what was seen.
    pub seen: usize,
    /// Which of its sightings.
    pub sighting: usize,
    /// The path; `None` for what is no file or has no known path.
    pub path: Option<PathId>,
    /// The first commit where it stands there.
    pub commit: Option<CommitIndex>,
}

/// Where all secrets came from and went to.
pub struct Chronicle<'c, 'r> {
    inspector: &'c Inspector<'r>,
    threshold: Confidence,
    /// What was seen.
    pub seen: &'c [Seen<'r>],
    /// For each of what was seen, the first of the same object.
    first: Vec<u32>,
    /// Names of files that hold secrets, and how they are shown.
    pub masks: &'c BTreeMap<Vec<u8>, String>,
    /// Commits, parents first.
    pub graph: &'c Graph,
    /// What their trees hold.
    pub holdings: &'c Holdings,
    /// The paths of all places.
    pub paths: Paths,
    /// What the tree of each commit holds.
    held: Vec<Holding>,
    /// All secrets.
    pub secrets: Vec<Secret>,
    by_identity: HashMap<(&'r str, Fingerprint), SecretId>,
    /// Which of what was seen stands in a tree, whatever was made of it there.
    pub has_path: Vec<bool>,
    /// Paths at which other repositories were put.
    pub submodules: BTreeSet<PathId>,
    /// The secrets of each version at each path.
    of_file: HashMap<(PathId, Leaf), Box<[SecretId]>>,
}

impl<'c, 'r> Chronicle<'c, 'r> {
    /// Follows what was `seen` through all commits.
    pub fn new(
        inspector: &'c Inspector<'r>,
        threshold: Confidence,
        seen: &'c [Seen<'r>],
        masks: &'c BTreeMap<Vec<u8>, String>,
        graph: &'c Graph,
        holdings: &'c Holdings,
    ) -> Self {
        let held = (0..graph.len() as CommitIndex).map(|commit| holdings.of(&graph.tree(commit))).collect();
        let mut first: Vec<u32> = Vec::with_capacity(seen.len());
        for (number, own) in seen.iter().enumerate() {
            let before = number.checked_sub(1).filter(|before| seen[*before].holder == own.holder);
            first.push(before.map_or(number as u32, |before| first[before]));
        }
        let mut chronicle = Self {
            inspector,
            first,
            threshold,
            seen,
            masks,
            graph,
            holdings,
            paths: Paths::default(),
            held,
            secrets: Vec::new(),
            by_identity: HashMap::new(),
            has_path: vec![false; seen.len()],
            submodules: BTreeSet::new(),
            of_file: HashMap::new(),
        };
        for commit in 0..graph.len() as CommitIndex {
            chronicle.follow(commit);
        }
        chronicle
    }

    /// What the tree of a commit holds.
    pub fn held(&self, commit: CommitIndex) -> Holding {
        self.held[commit as usize]
    }

    /// Notes what a commit changed.
    fn follow(&mut self, commit: CommitIndex) {
        let own = self.held(commit);
        let graph = self.graph;
        let parents = graph.parents(commit);
        let before: Vec<Holding> = parents.iter().map(|parent| self.held(*parent)).collect();
        let mut changed = BTreeSet::new();
        for old in before.iter().copied().chain(before.is_empty().then_some(Holdings::NOTHING)) {
            self.holdings.compare(old, own, &mut self.paths, &mut |path, leaf, is_new| {
                changed.insert((!is_new, path, leaf));
            });
        }
        let mut touched = BTreeSet::new();
        for (_, path, leaf) in changed {
            touched.extend(self.secrets_of(path, leaf, Some(commit)).iter().copied());
        }
        for secret in touched {
            let is_here = self.holds(secret, own);
            let was_there: Vec<bool> = before.iter().map(|held| self.holds(secret, *held)).collect();
            let story = &self.secrets[secret];
            if is_here && !was_there.contains(&true) {
                self.secrets[secret].introduced.push(commit);
            } else if !is_here && was_there.contains(&true) {
                // A side that had it once and lost it has its own commit that removed it.
                let lost_before = parents
                    .iter()
                    .zip(&was_there)
                    .any(|(parent, had)| !had && graph.has_ancestor(*parent, &story.introduced));
                let secret = &mut self.secrets[secret];
                if lost_before { secret.lost.push(commit) } else { secret.removed.push(commit) }
            }
        }
    }

    /// The secrets of a version of a file; a version that is new at its path is judged and noted.
    fn secrets_of(&mut self, path: PathId, leaf: Leaf, commit: Option<CommitIndex>) -> Box<[SecretId]> {
        if let Some(secrets) = self.of_file.get(&(path, leaf)) {
            return secrets.clone();
        }
        let shown = self.shown(path);
        let (numbers, kind): (Vec<usize>, _) = match leaf {
            Leaf::Wanted(number) => {
                let same = |at: &usize| self.first.get(*at) == Some(&number);
                ((number as usize..).take_while(same).collect(), FileKind::of(&shown))
            }
            // Every part of the path whose name holds a secret has a leaf of its own.
            Leaf::Named => (self.named(path).into_iter().collect(), FileKind::Unknown),
            Leaf::Submodule => {
                self.submodules.insert(path);
                (Vec::new(), FileKind::Unknown)
            }
        };
        let mut secrets = Vec::new();
        for seen in numbers {
            self.has_path[seen] = true;
            for sighting in self.found_at(seen, &shown, kind) {
                let secret = self.note(Place { seen, sighting, path: Some(path), commit });
                self.secrets[secret].files.entry(path).or_default().insert(leaf);
                secrets.push(secret);
            }
        }
        secrets.sort_unstable();
        secrets.dedup();
        let secrets = secrets.into_boxed_slice();
        self.of_file.insert((path, leaf), secrets.clone());
        secrets
    }

    /// Notes that a secret stands in bytes that are no file, judged under this name.
    pub fn note_apart(&mut self, seen: usize, name: &str, kind: FileKind, commit: Option<CommitIndex>) {
        for sighting in self.found_at(seen, name, kind) {
            let secret = self.note(Place { seen, sighting, path: None, commit });
            let Some(commit) = commit else { continue };
            let secret = &mut self.secrets[secret];
            if let Err(at) = secret.introduced.binary_search(&commit) {
                secret.introduced.insert(at, commit);
                secret.told.push(commit);
            }
        }
    }

    /// Which sightings are findings where their bytes are shown as `name`.
    fn found_at(&self, seen: usize, name: &str, kind: FileKind) -> Vec<usize> {
        let seen = &self.seen[seen];
        match &seen.member {
            Some(member) => {
                let (_, own) = member.at(name);
                self.inspector.found_at(&seen.sightings, &own, FileKind::of(&own), self.threshold)
            }
            None => self.inspector.found_at(&seen.sightings, name, kind, self.threshold),
        }
    }

    fn note(&mut self, place: Place) -> SecretId {
        let sighting = &self.seen[place.seen].sightings[place.sighting];
        let next = self.secrets.len();
        let secret = *self.by_identity.entry((&*sighting.rule().id, sighting.fingerprint)).or_insert(next);
        if secret == next {
            self.secrets.push(Secret {
                places: Vec::new(),
                files: HashMap::new(),
                introduced: Vec::new(),
                removed: Vec::new(),
                lost: Vec::new(),
                told: Vec::new(),
            });
        }
        self.secrets[secret].places.push(place);
        secret
    }

    /// Whether a tree holds a secret.
    pub fn holds(&self, secret: SecretId, holding: Holding) -> bool {
        let mut files = self.secrets[secret].files.iter();
        holding != Holdings::NOTHING
            && files.any(|(path, leaves)| {
                self.holdings.at(holding, &self.paths, *path).any(|leaf| leaves.contains(&leaf))
            })
    }

    /// The commits whose files hold a secret, and those that hold it or follow one that does.
    pub fn held_and_ever(&self, secret: SecretId) -> (NumberSet, NumberSet) {
        let mut known = HashMap::new();
        let mut ever = vec![false; self.graph.len()];
        let mut held = Vec::new();
        for commit in 0..self.graph.len() as CommitIndex {
            let holding = self.held(commit);
            let is_held = *known.entry(holding).or_insert_with(|| self.holds(secret, holding));
            let parents = self.graph.parents(commit);
            ever[commit as usize] = is_held || parents.iter().any(|parent| ever[*parent as usize]);
            held.extend(is_held.then_some(commit));
        }
        let ever = (0..).zip(ever).filter_map(|(commit, ever)| ever.then_some(commit));
        (NumberSet::of(held.into_iter()), NumberSet::of(ever))
    }

    /// Whether a tree holds a secret at this place.
    pub fn holds_at(&self, place: &Place, holding: Holding) -> bool {
        let leaf = match &self.seen[place.seen].holder {
            Holder::Blob(_) => Leaf::Wanted(self.first[place.seen]),
            _ => Leaf::Named,
        };
        place.path.is_some_and(|path| self.holdings.holds(holding, &self.paths, path, leaf))
    }

    /// The first of the paths, in their order, at which an object stands that was seen.
    pub fn path_of(&self, id: &ObjectId) -> Option<String> {
        let number = self.seen.iter().position(|seen| seen.holder == Holder::Blob(*id))?;
        let leaf = Leaf::Wanted(self.first[number]);
        let paths = self.of_file.keys().filter(|(_, own)| *own == leaf);
        paths.map(|(path, _)| self.shown(*path)).min()
    }

    /// A path as reports show it; names that are secrets themselves are masked.
    pub fn shown(&self, path: PathId) -> String {
        let bytes = self.holdings.path(&self.paths, path);
        if self.masks.is_empty() {
            return path::shown(&bytes);
        }
        let part = |part: &[u8]| self.masks.get(part).cloned().unwrap_or_else(|| path::shown(part));
        let parts: Vec<_> = bytes.split(|byte| *byte == b'/').map(part).collect();
        parts.join("/")
    }

    /// The number of what was seen in the last name of a path.
    fn named(&self, path: PathId) -> Option<usize> {
        let bytes = self.holdings.path(&self.paths, path);
        let name = bytes.rsplit(|byte| *byte == b'/').next().unwrap_or_default().to_vec();
        self.seen.iter().position(|seen| seen.holder == Holder::Name(name.clone()))
    }
}

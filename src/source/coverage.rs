//! What was asked for, what was scanned, and what was not, and why.
//!
//! Skips by policy are counted and harmless; a [`Problem`] makes the scan incomplete, and an
//! incomplete scan never exits with status 0.

use std::collections::BTreeMap;
use std::io;
use std::ops::AddAssign;

use serde::Serialize;

/// Files, bytes, objects and commits counted together.
///
/// A folder that is left out unopened counts as one file of no bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Tally {
    /// Files, streams and archive members.
    pub files: u64,
    /// Git objects.
    pub objects: u64,
    /// Bytes as stored.
    pub bytes: u64,
    /// Commits.
    pub commits: u64,
}

impl Tally {
    /// One file of so many bytes.
    pub fn file(bytes: u64) -> Self {
        Self { files: 1, bytes, ..Self::default() }
    }
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.files += other.files;
        self.objects += other.objects;
        self.bytes += other.bytes;
        self.commits += other.commits;
    }
}

/// Why something was left out by policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Skip {
    /// Ignored by git and not tracked.
    Ignored,
    /// A symbolic link: not followed.
    SymbolicLink,
    /// The `.git` of a repository.
    GitDirectory,
    /// A submodule whose work tree is not there.
    Submodule,
    /// A pointer to content kept by git-lfs.
    LfsPointer,
    /// Excluded by the configuration.
    Excluded,
    /// A pipe, socket or device.
    Special,
    /// The packed bytes of an archive or compressed file: what it holds is scanned in their place.
    Archive,
    /// A member of an archive under a password.
    Encrypted,
    /// An archive of a kind that is known and not opened; its bytes were scanned as they are.
    Unopened,
}

impl Skip {
    /// The reason of this number, which is its place in the list.
    pub fn of(number: u8) -> Option<Self> {
        let all = [
            Self::Ignored,
            Self::SymbolicLink,
            Self::GitDirectory,
            Self::Submodule,
            Self::LfsPointer,
            Self::Excluded,
            Self::Special,
            Self::Archive,
            Self::Encrypted,
            Self::Unopened,
        ];
        all.into_iter().find(|skip| *skip as u8 == number)
    }
}

/// Something that was asked for and could not be covered.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Problem {
    /// The path or object, as reports show paths.
    pub path: String,
    /// What went wrong, in lower case, without the path.
    pub message: String,
}

/// Which part of a scan was done here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Shard {
    /// Its number, from 1.
    pub number: u64,
    /// How many there are.
    pub shards: u64,
    /// A name for what was divided.
    pub of: String,
}

impl Shard {
    /// Whether an object is this shard's to scan, by some bytes that every shard sees alike.
    pub fn owns(&self, name: &[u8]) -> bool {
        let hash = name.iter().fold(0xCBF2_9CE4_8422_2325, |hash: u64, byte| {
            (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01B3)
        });
        hash % self.shards == self.number - 1
    }
}

/// The coverage of one scan.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Coverage {
    /// All that the request named, skipped parts included.
    pub asked: Tally,
    /// What was read to its end.
    pub scanned: Tally,
    /// What was left out by policy.
    pub skipped: BTreeMap<Skip, Tally>,
    /// What could not be covered; any entry makes the scan incomplete.
    pub problems: Vec<Problem>,
    /// Which part of a larger scan it is, if it is one.
    pub shard: Option<Shard>,
    /// What a person should know of how the scan was done; for standard error, in no report.
    pub notes: Vec<String>,
}

impl Coverage {
    /// Whether all that was asked for was scanned or left out by policy.
    pub fn is_complete(&self) -> bool {
        self.problems.is_empty()
    }

    /// Counts something asked for and scanned.
    pub fn scanned(&mut self, tally: Tally) {
        self.asked += tally;
        self.scanned += tally;
    }

    /// Counts something asked for and left out by policy.
    pub fn skipped(&mut self, reason: Skip, tally: Tally) {
        self.asked += tally;
        *self.skipped.entry(reason).or_default() += tally;
    }

    /// Notes something asked for that could not be covered.
    pub fn problem(&mut self, tally: Tally, path: impl Into<String>, message: impl Into<String>) {
        self.asked += tally;
        self.problems.push(Problem { path: path.into(), message: message.into() });
    }

    /// Adds what another part of the same scan covered.
    pub fn merge(&mut self, other: Self) {
        self.asked += other.asked;
        self.scanned += other.scanned;
        for (reason, tally) in other.skipped {
            *self.skipped.entry(reason).or_default() += tally;
        }
        self.problems.extend(other.problems);
        self.notes.extend(other.notes);
    }

    /// How much was asked for, scanned and left out, without what went wrong and what is noted.
    pub fn figures(&self) -> Self {
        let Self { asked, scanned, ref skipped, .. } = *self;
        Self { asked, scanned, skipped: skipped.clone(), ..Self::default() }
    }

    /// Puts problems and notes in an order that does not depend on threads.
    pub fn sort(&mut self) {
        self.problems.sort();
        self.notes.sort();
        self.notes.dedup();
    }
}

/// What went wrong, as a [`Problem`] says it: in lower case, without the number of the error.
pub(super) fn explain(error: &io::Error) -> String {
    let text = error.to_string();
    let text = text.find(" (os error").map_or(text.as_str(), |end| &text[..end]);
    let mut characters = text.chars();
    characters.next().map_or_else(String::new, |first| first.to_lowercase().chain(characters).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_skip_is_asked_for_and_harmless_and_a_problem_is_not() {
        let mut coverage = Coverage::default();
        coverage.scanned(Tally::file(10));
        coverage.skipped(Skip::Ignored, Tally::file(5));
        assert!(coverage.is_complete());
        coverage.problem(Tally::file(0), "gone", explain(&io::Error::from_raw_os_error(2)));
        assert!(!coverage.is_complete());
        assert_eq!(coverage.asked, Tally { files: 3, bytes: 15, ..Tally::default() });
        assert_eq!(coverage.scanned, Tally::file(10));
        assert_eq!(coverage.problems[0].message, "no such file or directory");
    }
}

//! What was found: a secret with a place and an identity.

pub mod baseline;
mod circumstance;
mod comment;
mod document;
mod exposure;
mod fingerprint;
mod frame;
mod inspect;
#[cfg(test)]
mod inspect_test;
mod life;
mod line_hash;
mod logged;
mod pair;
pub mod policy;
mod refs;
mod resolve;
mod reuse;
mod sighting;
mod suppress;
mod text;
mod transport;

pub use circumstance::{Beside, circumstances, tell_apart};
pub use fingerprint::{Fingerprint, KEY_BYTES, Key};
pub use frame::{Frame, FrameLine, Piece};
pub use inspect::{Explained, Fate, InspectOptions, Inspector};
pub use life::{Change, Life, Novelty, Share, Sight, Standing};
pub use line_hash::line_hashes;
pub use pair::pair;
pub use refs::{RefNames, is_always_named, more_than_named};
pub use resolve::resolve;
pub use reuse::{Environments, find_reuse};
pub use sighting::{Sighting, Trace, Tracer};

use crate::blob::Provenance;
use crate::engine::Proof;
use crate::engine::decode::Encoding;
use crate::rule::{Confidence, RuleSpec, Severity};
use crate::secret::Secret;
use crate::span::Position;

/// A secret with a place and an identity.
#[derive(Clone, Debug)]
pub struct Finding<'r> {
    /// Identity of the value alone: 128 bits of a keyed hash.
    pub fingerprint: Fingerprint,
    /// The rule that found it.
    pub rule: &'r RuleSpec,
    /// Where that is about the circumstances of a secret: the rule that found the secret.
    pub credential: Option<&'r RuleSpec>,
    /// What rules say of its circumstances, until that is made into findings of their own ([`tell_apart`]).
    pub beside: Vec<Beside<'r>>,
    /// How bad it is.
    pub severity: Severity,
    /// How sure it is.
    pub confidence: Confidence,
    /// What the token says of itself offline.
    pub proof: Proof,
    /// When the token ends, in Unix seconds, where it says so.
    pub expires: Option<i64>,
    /// What was read out of the token, never the secret: account, region, key type.
    pub facts: Vec<(&'static str, String)>,
    /// How it was written, the outermost encoding first; empty where it stands in clear.
    pub decoded: Vec<Encoding>,
    /// Where it stands.
    pub location: Location,
    /// In a log or a stream: when its line was written, in the words of the line.
    pub logged_at: Option<String>,
    /// The secret; hides itself.
    pub secret: Secret,
    /// All that its rule matched, as it stands in the text: the secret and what gave it away.
    pub matched: Match,
    /// The lines it stands in, with every secret on them kept apart.
    pub frame: Frame,
    /// Code scanning's hash of its first line ([`line_hashes`]); `None` where the file is read in parts.
    pub line_hash: Option<String>,
    /// Where the bytes came from.
    pub provenance: Provenance,
    /// Whether the baseline knows it.
    pub state: BaselineState,
    /// Who silenced it and why, if anyone did.
    pub suppression: Option<Suppression>,
    /// Findings of the same file that belong to it (key id and secret): rule id and place.
    pub paired_with: Vec<Partner>,
    /// Other environments whose files hold the same value, with the path of one.
    pub reused_in: Vec<Reuse>,
    /// Its life, where the history of a repository was scanned.
    pub life: Option<Box<Life>>,
}

impl Finding<'_> {
    /// Whether it decides the exit status: new and not silenced, and more than a note.
    pub fn counts(&self) -> bool {
        self.state == BaselineState::New && self.suppression.is_none() && !self.is_note()
    }

    /// Whether it is told and fails nothing: what a range of commits only moved.
    pub fn is_note(&self) -> bool {
        self.life.as_ref().is_some_and(|life| life.is_note)
    }

    /// Whether the range of commits that was asked for brought it; `None` where none was.
    pub fn novelty(&self) -> Option<Novelty> {
        self.life.as_ref().and_then(|life| life.novelty)
    }

    /// The file or stream with the archive that it is in, as reports show it; `None` outside of archives.
    /// For those who show files of a repository: the lines of a member are not the lines of that file.
    pub fn container(&self) -> Option<String> {
        let is_member = matches!(self.provenance, Provenance::Member { .. });
        is_member.then(|| self.provenance.outermost().display_path())
    }
}

/// The place of a finding.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Location {
    /// As reports show it: relative where it can be, `/` between parts, stray bytes percent-encoded.
    pub path: String,
    /// Of the first character.
    pub start: Position,
    /// Just past the last character.
    pub end: Position,
    /// Offset of the first byte in the file as stored.
    pub byte_offset: u64,
}

/// What a rule matched.
#[derive(Clone, Debug)]
pub struct Match {
    /// Of its first character.
    pub start: Position,
    /// It holds the secret, and hides itself.
    pub text: Secret,
}

/// A finding that belongs to another.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Partner {
    /// Id of its rule.
    pub rule: String,
    /// Its first line.
    pub line: u64,
}

/// The same value in a file of another environment.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Reuse {
    /// The environment, such as `production`.
    pub environment: &'static str,
    /// One of its files that holds the value.
    pub path: String,
}

/// Something to tell about the scanned text that is no finding.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Note {
    /// As reports show it.
    pub path: String,
    /// The line it is about.
    pub line: u64,
    /// What is to be told; holds nothing of the text.
    pub message: &'static str,
}

/// Something about a file as such that is no finding.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
pub struct Hygiene {
    /// As reports show it.
    pub path: String,
    /// What it is about.
    pub kind: HygieneKind,
    /// What is to be told.
    pub message: String,
}

/// What is to be told of a file as such.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum HygieneKind {
    /// It is tracked and should not be.
    Tracked,
    /// It is not ignored and should be.
    NotIgnored,
    /// It is in clear and was encrypted.
    Clear,
}

/// Whether a baseline knows a finding; SARIF's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum BaselineState {
    /// Not in the baseline.
    New,
    /// In the baseline and still there.
    Unchanged,
}

impl BaselineState {
    /// The name used in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Unchanged => "unchanged",
        }
    }
}

/// Who silenced a finding, and why.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Suppression {
    /// What silenced it.
    pub kind: SuppressionKind,
    /// The reason given, if any.
    pub reason: Option<String>,
}

/// What silenced a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum SuppressionKind {
    /// A comment in the scanned text.
    Inline,
    /// Our configuration.
    Configuration,
    /// Another tool's configuration, ignore file or baseline.
    Foreign,
}

impl SuppressionKind {
    /// The name used in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Inline => "inline",
            Self::Configuration => "configuration",
            Self::Foreign => "foreign",
        }
    }
}

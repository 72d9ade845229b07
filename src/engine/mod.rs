//! Turns bytes into judged candidates.
//!
//! The engine does no I/O and knows neither git nor paths: bytes alone decide, and where the kind of
//! file matters the verdict says so ([`Verdict::KeepIf`]).

mod assignment;
mod bare;
mod built_in;
mod byte;
pub mod checksum;
mod column;
mod context;
pub mod decode;
mod delimiter;
mod filter;
mod form;
mod fragment;
mod freeform;
#[cfg(test)]
mod fresh_test;
mod group;
mod index;
mod judge;
mod literal;
mod name;
mod operator;
mod parameter;
mod password;
mod phrase;
mod placeholder;
mod plausible;
mod prefilter;
mod run;
mod search;
mod section;
mod steered;
mod surroundings;
mod token;
mod triple;
mod value;
mod vectors;
mod window;

use std::sync::OnceLock;

pub use built_in::built_in_prefix;
use index::Index;
use serde::Serialize;

use crate::path::FileKinds;
use crate::rule::{Confidence, RuleSet, RuleSpec, Severity};
use crate::span::Span;

/// A match of a rule, with all that later steps need to judge and place it.
#[derive(Clone, Debug)]
pub struct Candidate<'r> {
    /// The rule that matched.
    pub rule: &'r RuleSpec,
    /// All that matched, name and operator included, in the decoded bytes of the blob.
    pub matched: Span,
    /// The secret itself.
    pub secret: Span,
    /// Every byte that had a part in the judgement: if none of them changed, neither does it.
    pub depends_on: Span,
    /// What the token says of itself offline.
    pub proof: Proof,
    /// The rule's severity, raised or lowered by the proof.
    pub severity: Severity,
    /// The rule's confidence, raised or lowered by proof and context.
    pub confidence: Confidence,
    /// When the token ends, in Unix seconds, where it says so. Whether that is past is decided by
    /// whoever knows the time.
    pub expires: Option<i64>,
    /// What was read out of the token, never the secret: account, region, key type.
    pub facts: Vec<(&'static str, String)>,
    /// How the secret was written and what it says, where it does not stand in clear.
    pub decoding: Option<Box<decode::Decoding>>,
}

/// What a token says of itself without asking anyone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Proof {
    /// A checksum or structure holds: this was issued by the provider.
    Proven,
    /// A checksum or structure that should hold does not.
    Malformed,
    /// It has an expiry date that is past.
    Expired,
    /// It is of no use without a passphrase.
    Encrypted,
    /// It carries no proof, or none that is computed.
    Unknown,
}

/// What the filters make of a candidate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// A secret wherever it stands.
    Keep,
    /// A secret in files of these kinds, and none elsewhere.
    KeepIf(FileKinds),
    /// Not a secret.
    Drop(Reason),
}

/// Why a candidate is not a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reason {
    /// The rule's allowlist names the value.
    Allowlisted,
    /// Written to be replaced, or a filler: `YOUR_API_KEY`, `xxxx`, `1234567890`.
    Placeholder,
    /// Computed when it is used: `${TOKEN}`, `{{ token }}`, `%s`.
    Template,
    /// Not a value but what leads to one: a variable, a call, an address in a vault.
    Reference,
    /// A path, a URL, a file's name.
    Path,
    /// A sentence or a label.
    Prose,
    /// Of no use without a key that is kept elsewhere.
    Encrypted,
    /// Public by its form: a public key, a certificate, a digest with its algorithm.
    Public,
    /// The same as its name.
    SameAsName,
    /// An identifier or other words.
    Words,
    /// Where a password stands, but words that protect nothing: `root123`, `letmein`.
    Weak,
    /// A number.
    Number,
    /// Too short to be of use.
    TooShort,
    /// Not of the rule's form.
    Form,
    /// Less random than the rule's secrets are.
    LowEntropy,
    /// The name speaks of something else: `public_key`, `csrf_token`, `reset_password`.
    HarmlessName,
    /// A checksum, a revision or another digest.
    Digest,
    /// A proof that it must carry does not hold.
    Malformed,
    /// Only a part of a value that is put together elsewhere.
    Fragment,
}

impl std::fmt::Display for Reason {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Allowlisted => "the rule's allowlist names it",
            Self::Placeholder => "a placeholder or filler",
            Self::Template => "a template, filled in when it is used",
            Self::Reference => "a reference to a value kept elsewhere",
            Self::Path => "a path, a URL or a file's name",
            Self::Prose => "a sentence or a label",
            Self::Encrypted => "encrypted",
            Self::Public => "public by its form",
            Self::SameAsName => "the same as its name",
            Self::Words => "an identifier or other words",
            Self::Weak => "words that protect nothing, if it is a password at all",
            Self::Number => "a number",
            Self::TooShort => "too short to be of use",
            Self::Form => "not of the rule's form",
            Self::LowEntropy => "less random than the rule's secrets are",
            Self::HarmlessName => "the name speaks of something else",
            Self::Digest => "a digest or revision",
            Self::Malformed => "a proof that it must carry does not hold",
            Self::Fragment => "only a part of a value that is put together elsewhere",
        })
    }
}

/// Bytes as the engine reads them: decoded to UTF-8 or another encoding that agrees with ASCII.
#[derive(Clone, Copy, Debug)]
pub struct Input<'a> {
    /// All bytes of the blob, or of the part of it that is at hand.
    pub bytes: &'a [u8],
    /// Binary: only token rules are tried.
    pub binary: bool,
    /// Only candidates that depend on a byte in these spans (ascending, apart) are wanted; `None`: all. Codes of a
    /// terminal that begin or end far from these spans are not seen.
    pub fresh: Option<&'a [Span]>,
    /// With `fresh`: the landmarks outside of these spans, where they are known; else they are searched
    /// for, before each span as far as a token may reach.
    pub landmarks: Option<&'a [Landmark]>,
}

impl<'a> Input<'a> {
    /// Text or binary, all of it new.
    pub fn whole(bytes: &'a [u8], binary: bool) -> Self {
        Self { bytes, binary, fresh: None, landmarks: None }
    }
}

/// A literal that a token may begin with whose end is further away than a window is wide.
///
/// Whoever scans only what is new in a blob can hand over those of the base that were copied.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Landmark {
    /// Where its bytes stand.
    pub span: Span,
    anchor: prefilter::AnchorId,
}

impl Landmark {
    /// The same literal elsewhere.
    pub fn at(self, start: usize) -> Self {
        Self { span: Span::new(start, start + self.span.len()), ..self }
    }
}

/// Buffers that one thread reuses from blob to blob.
#[derive(Default)]
pub struct Scratch {
    windows: Vec<Span>,
    runs: run::Runs,
    landmarks: Vec<Landmark>,
}

impl Scratch {
    /// The landmarks that the last scan met where it looked, in no particular order.
    pub fn landmarks(&self) -> &[Landmark] {
        &self.landmarks
    }
}

/// The rules, made ready to be searched for. Immutable and shared by all threads.
pub struct Scanner {
    rules: RuleSet,
    index: OnceLock<Index>,
}

impl Scanner {
    /// Takes rules; they are made ready when the first bytes come.
    pub fn new(rules: RuleSet) -> Self {
        Self { rules, index: OnceLock::new() }
    }

    /// The rules it searches for.
    pub fn rules(&self) -> &RuleSet {
        &self.rules
    }

    /// Finds every candidate in `input` and hands it over with its verdict, in no particular order.
    ///
    /// Several rules may yield candidates for the same bytes; `finding::resolve` picks one.
    pub fn scan<'r>(
        &'r self,
        input: Input<'_>,
        scratch: &mut Scratch,
        judged: &mut dyn FnMut(Candidate<'r>, Verdict),
    ) {
        window::windows(input.bytes, input.fresh, &mut scratch.windows);
        if !input.binary && steered::is_steered(input.bytes, &scratch.windows) {
            steered::scan(self, input, scratch, judged);
        } else {
            self.search_windows(input, scratch, judged);
        }
    }

    /// Finds the candidates in bytes as they are, whatever codes they hold.
    fn search<'r>(
        &'r self,
        input: Input<'_>,
        scratch: &mut Scratch,
        judged: &mut dyn FnMut(Candidate<'r>, Verdict),
    ) {
        window::windows(input.bytes, input.fresh, &mut scratch.windows);
        self.search_windows(input, scratch, judged);
    }

    /// The same in the windows that `scratch` holds.
    fn search_windows<'r>(
        &'r self,
        input: Input<'_>,
        scratch: &mut Scratch,
        judged: &mut dyn FnMut(Candidate<'r>, Verdict),
    ) {
        let index = self.index.get_or_init(|| Index::new(&self.rules));
        search::Search::new(&self.rules, index, input, judged).all(scratch);
    }
}

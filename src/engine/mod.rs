//! Turns bytes into judged candidates.
//!
//! The engine does no I/O and knows neither git nor paths: bytes alone decide, and where the kind of
//! file matters the verdict says so ([`Verdict::KeepIf`]).

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
    /// The rule's allowlist, or the user's, names the value.
    Allowlisted,
    /// Written to be replaced: `YOUR_API_KEY`, `xxxx`, `<token>`.
    Placeholder,
}

/// Bytes as the engine reads them: decoded to UTF-8 or another encoding that agrees with ASCII.
#[derive(Clone, Copy, Debug)]
pub struct Input<'a> {
    /// All bytes of the blob, or of the part of it that is at hand.
    pub bytes: &'a [u8],
    /// Binary: only token rules are tried.
    pub binary: bool,
    /// Only candidates that depend on a byte in these spans (ascending, apart) are wanted; `None`: all.
    pub fresh: Option<&'a [Span]>,
}

/// Buffers that one thread reuses from blob to blob.
#[derive(Default)]
pub struct Scratch {}

/// The rules, made ready to be searched for. Immutable and shared by all threads.
pub struct Scanner {
    rules: RuleSet,
}

impl Scanner {
    /// Makes rules ready. Cheap: patterns are compiled when they are first needed.
    pub fn new(rules: RuleSet) -> Self {
        Self { rules }
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
        _scratch: &mut Scratch,
        judged: &mut dyn FnMut(Candidate<'r>, Verdict),
    ) {
        // A stand-in until the engine is written: tokens that begin `exc_live_`.
        for start in memchr::memmem::find_iter(input.bytes, b"exc_live_") {
            let length =
                input.bytes[start..].iter().take_while(|b| b.is_ascii_alphanumeric() || **b == b'_').count();
            let span = Span::new(start, start + length);
            if let Some(rule) = self.rules.iter().next() {
                let (severity, confidence) = (rule.severity, rule.confidence);
                let candidate = Candidate {
                    rule,
                    matched: span,
                    secret: span,
                    depends_on: span,
                    proof: Proof::Unknown,
                    severity,
                    confidence,
                };
                judged(candidate, Verdict::Keep);
            }
        }
    }
}

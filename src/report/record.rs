//! What the reports for programs say of a finding and of coverage.
//!
//! The fields are a contract: scripts read them. A new field may come at any time; a changed or
//! missing one raises [`SCHEMA_VERSION`].

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use serde::{Serialize, Serializer};

use super::{Run, title};
use crate::engine::Proof;
use crate::finding::{
    BaselineState, Change, Finding, Novelty, Partner, Reuse, Share, Sight, Standing, Suppression,
};
use crate::git::CommitIndex;
use crate::remedy::{Limits, Rotation};
use crate::rule::{Category, Confidence, Severity};
use crate::source::{Coverage, Problem, Shard, Skip, Tally};

/// The version of the contract.
pub const SCHEMA_VERSION: u32 = 1;

/// What made a report.
#[derive(Debug, Serialize)]
pub struct Tool {
    /// Its name.
    pub name: &'static str,
    /// Its version.
    pub version: &'static str,
}

impl Tool {
    /// This program.
    pub const THIS: Self = Self { name: env!("CARGO_PKG_NAME"), version: env!("CARGO_PKG_VERSION") };
}

/// A finding, as the json and jsonl reports have it.
#[derive(Debug, Serialize)]
pub struct FindingRecord<'a> {
    /// Id of the rule that found it.
    pub rule: &'a str,
    /// The rule's description.
    pub description: &'a str,
    /// What kind of credential it is.
    pub category: Category,
    /// `/` between parts; bytes that are not UTF-8 are percent-encoded; `-` is standard input.
    pub path: &'a str,
    /// Line of the first character, from 1.
    pub start_line: u64,
    /// Line of the character after the last, from 1.
    pub end_line: u64,
    /// Column of the first character, from 1, in characters.
    pub start_column: u64,
    /// Column of the character after the last, from 1, in characters.
    pub end_column: u64,
    /// Offset of the first byte in the file as stored.
    pub byte_offset: u64,
    /// How bad it is.
    pub severity: Severity,
    /// How sure it is.
    pub confidence: Confidence,
    /// What the token says of itself offline.
    pub proof: Proof,
    /// When the token ends, as RFC 3339 has it; `null` when it does not say.
    pub expires: Option<String>,
    /// What was read out of the token, by name: account, region, key type.
    #[serde(serialize_with = "as_map")]
    pub facts: &'a [(&'static str, String)],
    /// When its line was written, in the words of the line; only in logs and streams.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub logged_at: Option<&'a str>,
    /// How it was written, the outermost encoding first; left out where it stands in clear.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    pub decoded: &'a [crate::engine::decode::Encoding],
    /// The secret, masked unless secrets are to be shown.
    pub secret: Cow<'a, str>,
    /// Identity of the value alone, in hexadecimal.
    pub fingerprint: String,
    /// Whether the baseline knows it.
    pub state: BaselineState,
    /// Who silenced it and why; `null` when nobody did.
    pub suppression: Option<&'a Suppression>,
    /// Other places of the same secret; always empty outside history.
    pub also_at: Vec<SightRecord<'a>>,
    /// Where to revoke it: an address or a path of menu entries; `null` when not known.
    pub revoke: Option<&'a str>,
    /// Findings of the same file that belong to it.
    pub paired_with: &'a [Partner],
    /// Files of other environments that hold the same value.
    pub reused_in: &'a [Reuse],
    /// Since when, by whom and where; only in history.
    #[serde(flatten)]
    pub life: Option<Box<LifeRecord<'a>>>,
}

/// The life of a secret in a repository.
#[derive(Debug, Serialize)]
pub struct LifeRecord<'a> {
    /// Whether the range that was asked for brought it; only for ranges.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verdict: Option<&'static str>,
    /// Whether it is told and fails nothing; only for ranges.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<bool>,
    /// A commit in which the finding's own place can be seen; `null` when no commit holds it.
    pub commit: Option<&'a str>,
    /// Commits that brought it in: they hold it, and none that they follow does.
    pub introduced: Vec<ChangeRecord<'a>>,
    /// Commits that took it out.
    pub removed: Vec<ChangeRecord<'a>>,
    /// How many places it stands at, in all versions.
    pub occurrences: usize,
    /// Objects that hold it.
    pub objects: &'a BTreeSet<String>,
    /// Refs that hold it now: all branches, tags and the like, and the first of all others.
    pub refs: &'a [String],
    /// How many more refs hold it now; left out when all are named.
    #[serde(skip_serializing_if = "is_zero")]
    pub more_refs: usize,
    /// Refs whose history holds it, now or before.
    pub kept_by: &'a [String],
    /// How many more refs keep it; left out when all are named.
    #[serde(skip_serializing_if = "is_zero")]
    pub more_kept_by: usize,
    /// Whether the files of HEAD hold it.
    pub in_head: bool,
    /// Whether any ref, HEAD or reflog leads to it; else only the object database holds it.
    pub reachable: bool,
    /// Whether others could fetch it: a branch of a remote holds it, or the repository is bare.
    pub shared: bool,
    /// Days since it was first committed; `null` when no commit holds it.
    pub exposed_days: Option<u64>,
    /// Whether it is time to replace it; `null` when no commit holds it.
    pub rotation: Option<Rotation>,
    /// What only shards say, for `stanch merge`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shard: Option<ShareRecord<'a>>,
}

/// What a shard knows beside the life of a secret.
#[derive(Debug, Serialize)]
pub struct ShareRecord<'a> {
    /// The name of the graph whose numbers are used.
    pub of: &'a str,
    /// Commits of lower numbers are reachable.
    pub reachable: CommitIndex,
    /// Commits whose files hold it, as ranges.
    pub held: String,
    /// Commits that hold it or follow one that does, as ranges.
    pub ever: String,
    /// Which of the refs that are not always named hold it, as ranges of numbers.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub refs: String,
    /// The same of those whose history holds it.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub kept_by: String,
    /// Commits that may have removed it.
    pub lost: Vec<ChangeRecord<'a>>,
    /// Whether HEAD holds it at the finding's own place.
    pub in_head: bool,
    /// The number of the finding's own commit.
    pub index: Option<CommitIndex>,
    /// Only what came in at this time or later was asked for, in Unix seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<i64>,
    /// Only what came in at this time or before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<i64>,
    /// When secrets are due.
    pub rotation: Limits,
}

/// A commit that changed whether a secret is there.
#[derive(Debug, Serialize)]
pub struct ChangeRecord<'a> {
    /// Its id.
    pub commit: &'a str,
    /// Who wrote it, by the mailmap.
    pub author: &'a str,
    /// Their address, by the mailmap.
    pub email: &'a str,
    /// When it was written, as RFC 3339 has it.
    pub date: Option<String>,
    /// When it was committed.
    pub committed: Option<String>,
    /// Its place in the graph; only in shards.
    #[serde(flatten)]
    pub standing: Option<&'a Standing>,
}

/// Another place of the same secret.
#[derive(Debug, Serialize)]
pub struct SightRecord<'a> {
    /// As in a finding.
    pub path: &'a str,
    /// As in a finding.
    pub start_line: u64,
    /// As in a finding.
    pub end_line: u64,
    /// As in a finding.
    pub start_column: u64,
    /// As in a finding.
    pub end_column: u64,
    /// The first commit in which it can be seen there; `null` when no commit holds it.
    pub commit: Option<&'a str>,
    /// The number of that commit; only in shards.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub index: Option<CommitIndex>,
}

impl<'a> LifeRecord<'a> {
    /// The record of a finding's life.
    pub fn of(finding: &'a Finding<'_>, rotation: &Limits) -> Option<Self> {
        let life = finding.life.as_deref()?;
        Some(Self {
            verdict: life.novelty.map(Novelty::name),
            note: life.novelty.map(|_| life.is_note),
            commit: life.commit.as_deref(),
            introduced: life.introduced.iter().map(ChangeRecord::of).collect(),
            removed: life.removed.iter().map(ChangeRecord::of).collect(),
            occurrences: life.occurrences(),
            objects: &life.objects,
            refs: &life.refs.names,
            more_refs: life.refs.more,
            kept_by: &life.kept_by.names,
            more_kept_by: life.kept_by.more,
            in_head: life.in_head,
            reachable: life.is_reachable,
            shared: life.is_shared,
            exposed_days: life.exposed_days,
            rotation: rotation.rotation(finding),
            shard: life.share.as_ref().map(|share| ShareRecord::of(share, *rotation)),
        })
    }
}

impl<'a> ShareRecord<'a> {
    fn of(share: &'a Share, rotation: Limits) -> Self {
        Self {
            of: &share.of,
            reachable: share.reachable,
            held: share.held.write(),
            ever: share.ever.write(),
            refs: share.refs.write(),
            kept_by: share.kept_by.write(),
            lost: share.lost.iter().map(ChangeRecord::of).collect(),
            in_head: share.in_head,
            index: share.index,
            since: share.since,
            until: share.until,
            rotation,
        }
    }
}

impl<'a> ChangeRecord<'a> {
    fn of(change: &'a Change) -> Self {
        Self {
            commit: &change.commit,
            author: &change.author,
            email: &change.email,
            date: title::of_time(change.authored),
            committed: title::of_time(change.committed),
            standing: change.standing.as_ref(),
        }
    }
}

impl<'a> SightRecord<'a> {
    fn of(sight: &'a Sight) -> Self {
        Self {
            path: &sight.location.path,
            start_line: sight.location.start.line,
            end_line: sight.location.end.line,
            start_column: sight.location.start.column,
            end_column: sight.location.end.column,
            commit: sight.commit.as_deref(),
            index: sight.index,
        }
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks by reference")]
fn is_zero(number: &usize) -> bool {
    *number == 0
}

fn as_map<S: Serializer>(facts: &[(&'static str, String)], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(facts.iter().map(|(name, value)| (name, value)))
}

impl<'a> FindingRecord<'a> {
    /// The record of a finding, with the secret in clear only if the run shows secrets.
    pub fn of(finding: &'a Finding<'_>, run: &Run) -> Self {
        let location = &finding.location;
        Self {
            rule: &finding.rule.id,
            description: &finding.rule.description,
            category: finding.rule.category,
            path: &location.path,
            start_line: location.start.line,
            end_line: location.end.line,
            start_column: location.start.column,
            end_column: location.end.column,
            byte_offset: location.byte_offset,
            severity: finding.severity,
            confidence: finding.confidence,
            proof: finding.proof,
            expires: finding.expires.and_then(title::of_time),
            facts: &finding.facts,
            logged_at: finding.logged_at.as_deref(),
            decoded: &finding.decoded,
            secret: run.shown(&finding.secret),
            fingerprint: finding.fingerprint.to_string(),
            state: finding.state,
            suppression: finding.suppression.as_ref(),
            also_at: finding.life.iter().flat_map(|life| &life.also_at).map(SightRecord::of).collect(),
            revoke: Some(&*finding.rule.revoke).filter(|place| !place.is_empty()),
            paired_with: &finding.paired_with,
            reused_in: &finding.reused_in,
            life: LifeRecord::of(finding, &run.rotation).map(Box::new),
        }
    }
}

/// The coverage of a scan, as every report for programs has it.
#[derive(Debug, Serialize)]
pub struct CoverageRecord<'a> {
    /// Whether all that was asked for was scanned or left out by policy.
    pub complete: bool,
    /// All that the request named.
    pub asked: Tally,
    /// What was read to its end.
    pub scanned: Tally,
    /// What was left out by policy, by reason.
    pub skipped: &'a BTreeMap<Skip, Tally>,
    /// What could not be covered.
    pub problems: &'a [Problem],
    /// Which part of a larger scan it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shard: Option<&'a Shard>,
}

impl<'a> CoverageRecord<'a> {
    /// The record of a coverage.
    pub fn of(coverage: &'a Coverage) -> Self {
        Self {
            complete: coverage.is_complete(),
            asked: coverage.asked,
            scanned: coverage.scanned,
            skipped: &coverage.skipped,
            problems: &coverage.problems,
            shard: coverage.shard.as_ref(),
        }
    }
}

//! What was decided beforehand about findings: rules that are off, severities, confidence by path, and what is
//! allowed.
//!
//! A policy comes from configuration, ours or another tool's; here it is applied to findings when all of them are
//! known. An allowance marks what it hides and is counted, so that one that hides nothing any more can be told.

mod pattern;

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
pub use pattern::{PathMatch, ValueMatch};

use super::baseline::is_over;
use super::{Change, Finding, Suppression, SuppressionKind};
use crate::path;
use crate::rule::{Confidence, RuleSet, RuleSpec, Severity};

/// What was decided beforehand.
#[derive(Clone, Debug, Default)]
pub struct Policy {
    /// Ids of rules whose findings are left out.
    pub off: BTreeSet<String>,
    /// Severities of rules, by id.
    pub severities: BTreeMap<String, Severity>,
    /// Paths that are not scanned.
    pub exclude: Vec<PathMatch>,
    /// What is different in some paths; the last one that says something holds.
    pub overrides: Vec<Override>,
    /// What is allowed.
    pub allows: Vec<Allow>,
    /// The files that rules of free form and allowances are written in: an expression matches its own text, and
    /// what is allowed it, easily.
    pub rule_files: BTreeSet<String>,
}

/// What is different in some paths.
#[derive(Clone, Debug, Default)]
pub struct Override {
    /// Paths by their globs or names.
    pub paths: Vec<PathMatch>,
    /// An environment, such as `production`, whose paths are meant as well.
    pub environment: Option<String>,
    /// How sure findings must be there.
    pub confidence: Option<Confidence>,
    /// How bad they are there.
    pub severity: Option<Severity>,
    /// Rules that are off there.
    pub off: BTreeSet<String>,
}

/// Something that is allowed. What it does not name does not matter.
#[derive(Clone, Debug)]
pub struct Allow {
    /// Whose decision it is.
    pub kind: SuppressionKind,
    /// Where it is written: file and line.
    pub origin: (String, usize),
    /// The rules, as [`Allow::is_for`] reads them; none names all.
    pub rules: Vec<String>,
    /// In these paths.
    pub paths: Vec<PathMatch>,
    /// On this line.
    pub line: Option<u64>,
    /// The commit in which the line was looked at, where it is named.
    pub commit: Option<String>,
    /// These values.
    pub values: Vec<ValueMatch>,
    /// In a history: brought by none but these commits.
    pub commits: Vec<String>,
    /// Paths, values and commits must all match; else one of them is enough.
    pub all: bool,
    /// Why.
    pub reason: Option<String>,
    /// The last day on which it holds, in UTC.
    pub expires: Option<Date>,
}

/// What came of applying a policy.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Applied {
    /// For each allowance, how many findings it hides.
    pub hidden: Vec<usize>,
    /// Allowances that would hide something, had they not expired.
    pub expired: BTreeSet<usize>,
    /// Findings, by their index, that are hidden by an allowance, by its index, for what a line held in a commit.
    pub by_commit: Vec<(usize, usize)>,
}

impl Policy {
    /// Whether nothing at `path` is to be scanned.
    pub fn excludes(&self, path: &str) -> bool {
        self.exclude.iter().any(|exclude| exclude.is_match(path))
    }

    /// The least confidence that any path asks for.
    pub fn least_confidence(&self, usual: Confidence) -> Confidence {
        self.overrides.iter().filter_map(|one| one.confidence).fold(usual, Confidence::min)
    }

    fn overrides_at<'p>(&'p self, path: &'p str) -> impl DoubleEndedIterator<Item = &'p Override> {
        self.overrides.iter().filter(move |one| one.holds(path))
    }

    fn keeps(&self, finding: &Finding<'_>, usual: Confidence) -> bool {
        let path = &finding.location.path;
        let rules = std::iter::once(finding.rule).chain(finding.credential);
        let is_off = |off: &BTreeSet<String>| {
            !off.is_empty() && rules.clone().any(|rule| off.iter().any(|name| rule.is_called(name)))
        };
        let least = self.overrides_at(path).rev().find_map(|one| one.confidence).unwrap_or(usual);
        let is_own_text = finding.rule.freeform().is_some() && self.rule_files.contains(path);
        finding.confidence >= least
            && !self.excludes(path)
            && !is_own_text
            && !is_off(&self.off)
            && !self.overrides_at(path).any(|one| is_off(&one.off))
    }

    fn rate(&self, finding: &mut Finding<'_>) {
        let own = self
            .severities
            .iter()
            .find(|(name, _)| finding.rule.is_called(name))
            .map(|(_, severity)| *severity);
        let there = self.overrides_at(&finding.location.path).rev().find_map(|one| one.severity);
        if let Some(severity) = there.or(own) {
            finding.severity = severity;
        }
    }
}

/// A policy and what else of a run decides what becomes of its findings.
///
/// It is asked before it is applied, too: what stood where nobody was told of it is no less new than what was nowhere.
#[derive(Clone, Debug)]
pub struct Judgement {
    /// What was decided beforehand.
    pub policy: Policy,
    /// How sure findings must be where no place says otherwise.
    pub usual: Confidence,
    /// The run's clock.
    pub now: i64,
    /// Nothing is allowed.
    pub no_suppressions: bool,
}

impl Default for Judgement {
    fn default() -> Self {
        Self { policy: Policy::default(), usual: Confidence::Low, now: 0, no_suppressions: false }
    }
}

impl Judgement {
    /// Leaves out, changes and marks findings as was decided.
    pub fn apply(&self, findings: &mut Vec<Finding<'_>>, rules: &RuleSet) -> Applied {
        let policy = &self.policy;
        findings.retain(|finding| policy.keeps(finding, self.usual));
        let mut applied = Applied { hidden: vec![0; policy.allows.len()], ..Applied::default() };
        for (place, finding) in findings.iter_mut().enumerate() {
            policy.rate(finding);
            if self.no_suppressions {
                continue;
            }
            for (index, allow) in policy.allows.iter().enumerate() {
                if !allow.hides(finding, rules) {
                    continue;
                }
                if is_over(allow.expires, self.now) {
                    applied.expired.insert(index);
                    continue;
                }
                applied.hidden[index] += 1;
                if allow.commit.is_some() {
                    applied.by_commit.push((place, index));
                }
                if finding.suppression.is_none() {
                    let origin = || format!("{}:{}", allow.origin.0, allow.origin.1);
                    let reason = Some(allow.reason.clone().unwrap_or_else(origin));
                    finding.suppression = Some(Suppression { kind: allow.kind, reason });
                }
            }
        }
        applied
    }

    /// Whether a finding may be silenced for its path alone.
    pub fn may_silence(&self, path: &str) -> bool {
        let policy = &self.policy;
        let is_allowed = |allow: &Allow| allow.paths.iter().any(|paths| paths.is_match(path));
        policy.excludes(path)
            || policy.overrides_at(path).next().is_some()
            || !self.no_suppressions && policy.allows.iter().any(is_allowed)
    }

    /// Whether a finding would be silenced on a line of the file at `path`, and is not where it is.
    pub fn silences_elsewhere(&self, finding: &Finding<'_>, path: &str, line: u64, rules: &RuleSet) -> bool {
        let own = &finding.location;
        if own.path == path || !self.may_silence(path) {
            return false;
        }
        let mut there = finding.clone();
        path.clone_into(&mut there.location.path);
        there.location.end.line = line + (own.end.line - own.start.line);
        there.location.start.line = line;
        self.silences(&there, rules) && !self.silences(finding, rules)
    }

    fn silences(&self, finding: &Finding<'_>, rules: &RuleSet) -> bool {
        let is_allowed = |allow: &Allow| !is_over(allow.expires, self.now) && allow.hides(finding, rules);
        !self.policy.keeps(finding, self.usual)
            || !self.no_suppressions && self.policy.allows.iter().any(is_allowed)
    }
}

impl Override {
    fn holds(&self, path: &str) -> bool {
        let is_environment =
            self.environment.as_deref().is_some_and(|wanted| path::environment(path) == Some(wanted));
        is_environment || self.paths.iter().any(|paths| paths.is_match(path))
    }
}

impl Allow {
    /// Whether it is for a rule, by the names it gives; one that names none is for all.
    ///
    /// Another tool's names may be the same as ours and mean more: what it calls generic is any of our
    /// generic rules, and whoever named a line has looked at what stands there, whatever it is called.
    pub fn is_for(&self, rule: &RuleSpec, rules: &RuleSet) -> bool {
        let is_foreign = self.kind == SuppressionKind::Foreign;
        let is_named = |name: &String| {
            let is_generic = name.contains("generic") && rule.id.starts_with("generic-");
            let is_known = if is_foreign { rules.is_builtin(name) } else { rules.get(name).is_some() };
            names(name, rule, is_known) || (is_foreign && (is_generic || self.line.is_some()))
        };
        self.rules.is_empty() || self.rules.iter().any(is_named)
    }

    /// Whether it is about this finding, expired or not.
    fn hides(&self, finding: &Finding<'_>, rules: &RuleSet) -> bool {
        // Who allows a secret allows what is said of it.
        if !self.is_for(finding.rule, rules)
            && !finding.credential.is_some_and(|credential| self.is_for(credential, rules))
        {
            return false;
        }
        if self
            .line
            .is_some_and(|line| !(finding.location.start.line..=finding.location.end.line).contains(&line))
        {
            return false;
        }
        let is_there = || self.paths.iter().any(|paths| paths.is_match(&finding.location.path));
        let is_value = || self.values.iter().any(|value| value.is_match(finding));
        let is_brought = || self.is_brought(finding);
        let asked: [(bool, &dyn Fn() -> bool); 3] = [
            (self.paths.is_empty(), &is_there),
            (self.values.is_empty(), &is_value),
            (self.commits.is_empty(), &is_brought),
        ];
        let mut asked = asked.iter().filter(|(is_empty, _)| !is_empty).map(|(_, is_so)| is_so()).peekable();
        if self.all || asked.peek().is_none() { asked.all(|is_so| is_so) } else { asked.any(|is_so| is_so) }
    }

    /// Whether it was these commits that brought a secret, each time that it came.
    fn is_brought(&self, finding: &Finding<'_>) -> bool {
        let Some(life) = &finding.life else { return false };
        let is_named = |change: &Change| self.commits.iter().any(|commit| change.commit.starts_with(commit));
        !life.introduced.is_empty() && life.introduced.iter().all(is_named)
    }
}

/// Whether a text is the id of a commit, or enough of one to name no other.
pub fn is_commit(text: &str) -> bool {
    text.len() >= 7 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Whether a name, ours or another tool's, is meant for a rule.
///
/// A name that is not known to be one of ours is taken for another tool's: if it speaks of anything generic it is for
/// our generic rules, else for those of the same provider, which both call by the first word.
fn names(name: &str, rule: &RuleSpec, is_known: bool) -> bool {
    if name == "*" || rule.is_called(name) {
        return true;
    }
    if is_known {
        return false;
    }
    let first = |id: &str| id.split(['-', '_', ' ']).next().unwrap_or_default().to_ascii_lowercase();
    let name = name.to_ascii_lowercase();
    if name.contains("generic") || name.contains("keyword") || name.contains("entropy") {
        return rule.id.starts_with("generic-");
    }
    if name.contains("private") && name.contains("key") {
        return rule.category == crate::rule::Category::PrivateKey;
    }
    first(&name) == first(&rule.id)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod tests {
    use super::*;

    #[test]
    fn names_of_others_are_for_the_same_provider() {
        let rules = RuleSet::builtin();
        let named = |name: &str, id: &str| names(name, rules.get(id).unwrap(), rules.is_builtin(name));
        assert!(named("generic-api-key", "generic-api-key"));
        assert!(!named("generic-api-key", "generic-password"), "it is a name of ours");
        assert!(named("Secret Keyword", "generic-password"));
        assert!(named("slack-legacy-bot-token", "slack-bot-token"));
        assert!(!named("slack-bot-token", "slack-app-level-token"), "it is a name of ours");
        assert!(named("Private Key", "pem-rsa-private-key"));
        assert!(!named("gitlab-pat", "slack-bot-token"));
    }
}

//! `stanch.toml`: its fields, how they are read, and their JSON schema.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use toml::Spanned;

use super::{Config, ConfigError, Honoured, field_at, re2, read};
use crate::finding::SuppressionKind;
use crate::finding::baseline::quoted;
use crate::finding::policy::{Allow, Override, PathMatch, ValueMatch, is_commit};
use crate::rule::file::Mistake;
use crate::rule::{Confidence, Severity};
use crate::span::line_of;

/// What stanch is told about a project.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "stanch.toml")]
struct Written {
    /// Files of this form whose values hold unless this one says otherwise.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    extends: Vec<Spanned<String>>,
    /// Leave out findings that are less sure.
    #[serde(default)]
    #[schemars(schema_with = "confidences")]
    confidence: Option<Spanned<Confidence>>,
    /// What a range of commits added and removed again is told and fails nothing.
    #[schemars(with = "Option<bool>")]
    allow_removed: Option<Spanned<bool>>,
    /// The file of known findings.
    #[schemars(with = "Option<String>")]
    baseline: Option<Spanned<String>>,
    /// Files with rules of your own.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    rules: Vec<Spanned<String>>,
    /// Globs of paths that are not scanned.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    exclude: Vec<Spanned<String>>,
    /// Regular expressions of paths that are not scanned.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    exclude_patterns: Vec<Spanned<String>>,
    /// The key of fingerprints, 32 hexadecimal digits: one that nobody else knows keeps them from guessing.
    #[schemars(with = "Option<String>")]
    fingerprint_key: Option<Spanned<String>>,
    /// What of other tools is honoured.
    #[schemars(with = "Option<Honoured>")]
    foreign: Option<Spanned<Honoured>>,
    /// When secrets that stand in a history are due to be replaced.
    #[serde(default)]
    rotation: WrittenRotation,
    /// What is different for a rule, by its id.
    #[serde(default)]
    #[schemars(with = "BTreeMap<String, WrittenRule>")]
    rule: BTreeMap<Spanned<String>, WrittenRule>,
    /// What may stay.
    #[serde(default)]
    #[schemars(with = "Vec<WrittenAllow>")]
    allow: Vec<Spanned<WrittenAllow>>,
    /// What is different in some paths.
    #[serde(default)]
    #[schemars(with = "Vec<WrittenPolicy>")]
    policy: Vec<Spanned<WrittenPolicy>>,
}

/// When secrets that stand in a history are due to be replaced: those that others could fetch, at once.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct WrittenRotation {
    /// After so many days in files of production, or of no environment that is told by their paths.
    #[schemars(with = "Option<u64>")]
    production_days: Option<Spanned<u64>>,
    /// After so many days in files that all belong to development, test or staging.
    #[schemars(with = "Option<u64>")]
    development_days: Option<Spanned<u64>>,
    /// How many days later they are overdue.
    #[schemars(with = "Option<u64>")]
    grace_days: Option<Spanned<u64>>,
}

/// What is different for a rule.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct WrittenRule {
    /// Whether its findings are reported.
    #[schemars(with = "Option<bool>")]
    enabled: Option<Spanned<bool>>,
    /// How bad its findings are.
    #[serde(default)]
    #[schemars(schema_with = "severities")]
    severity: Option<Spanned<Severity>>,
}

/// What may stay: all that is given must hold.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct WrittenAllow {
    /// Ids of rules; any, when none is given.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    rules: Vec<Spanned<String>>,
    /// Globs of paths, of which one must match.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    paths: Vec<Spanned<String>>,
    /// Regular expressions of paths, of which one must match.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    path_patterns: Vec<Spanned<String>>,
    /// Regular expressions, of which one must be found in the value.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    values: Vec<Spanned<String>>,
    /// Regular expressions, of which one must be found in all that the rule matched.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    matches: Vec<Spanned<String>>,
    /// Regular expressions, of which one must be found in the lines of the value.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    lines: Vec<Spanned<String>>,
    /// Words, of which the value must hold one, in either case.
    #[serde(default)]
    words: Vec<String>,
    /// In a history: ids of commits, or their beginnings, of which each one that brought it must be one.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    commits: Vec<Spanned<String>>,
    /// Why it may stay.
    reason: Option<String>,
    /// Who decided.
    #[allow(dead_code, reason = "it is for readers of the file")]
    owner: Option<String>,
    /// The last day on which it may, as in `2026-01-31`.
    #[schemars(with = "Option<String>")]
    expires: Option<Spanned<String>>,
}

impl WrittenAllow {
    /// Whether it says nothing of what it allows.
    fn is_empty(&self) -> bool {
        let Self { rules, paths, path_patterns, values, matches, lines, commits, .. } = self;
        let lists = [rules, paths, path_patterns, values, matches, lines, commits];
        lists.iter().all(|list| list.is_empty()) && self.words.is_empty()
    }
}

/// What is different in some paths.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct WrittenPolicy {
    /// Globs of the paths.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    paths: Vec<Spanned<String>>,
    /// The paths of an environment, such as `production` or `test`.
    #[schemars(with = "Option<String>")]
    environment: Option<Spanned<String>>,
    /// How sure findings must be there.
    #[serde(default)]
    #[schemars(schema_with = "confidences")]
    confidence: Option<Confidence>,
    /// How bad findings are there.
    #[serde(default)]
    #[schemars(schema_with = "severities")]
    severity: Option<Severity>,
    /// Ids of rules that are off there.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    off: Vec<Spanned<String>>,
}

fn severities(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "enum": Severity::ALL.iter().map(|one| one.name()).collect::<Vec<_>>() })
}

fn confidences(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "enum": Confidence::ALL.iter().map(|one| one.name()).collect::<Vec<_>>() })
}

/// The JSON schema of the file, for editors.
pub fn schema() -> serde_json::Value {
    schemars::schema_for!(Written).to_value()
}

/// The environments that paths are told to belong to.
const ENVIRONMENTS: &[&str] = &["production", "staging", "development", "test"];

/// Reads a file and those it extends into `config`. Globs are relative to the file's folder where that is below `base`.
pub fn read_into(config: &mut Config, path: &Path, base: &Path) -> Result<(), ConfigError> {
    let mut mistakes = Vec::new();
    read_one(config, path, base, &mut Vec::new(), &mut mistakes)?;
    if mistakes.is_empty() { Ok(()) } else { Err(ConfigError::Mistakes(mistakes)) }
}

fn read_one(
    config: &mut Config,
    path: &Path,
    base: &Path,
    open: &mut Vec<PathBuf>,
    mistakes: &mut Vec<Mistake>,
) -> Result<(), ConfigError> {
    let text = read(path)?;
    let real = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let folder = real.parent().unwrap_or(Path::new("")).to_owned();
    let shown = real.strip_prefix(base).unwrap_or(path).display().to_string();
    let prefix = folder.strip_prefix(base).unwrap_or(Path::new(""));
    let prefix = crate::path::shown(prefix.as_os_str().as_encoded_bytes());
    let mut file = File { path: shown, text: &text, prefix: Some(prefix).filter(|it| it != "."), mistakes };
    let written: Written = match toml::from_str(&text) {
        Ok(written) => written,
        Err(error) => {
            let at = error.span().map_or(0, |span| span.start);
            let message = error.message().lines().collect::<Vec<_>>().join(", ");
            let field = field_at(&text, at).filter(|field| !message.contains(field));
            let field = field.map_or(String::new(), |field| format!(", in `{field}`"));
            file.blame(at, format!("{message}{field}; `stanch config schema` says what each field takes"));
            return Ok(());
        }
    };
    // What it allows, an expression may well find in it.
    config.policy.rule_files.insert(file.path.clone());
    open.push(real);
    for other in &written.extends {
        let target = folder.join(other.get_ref());
        if target.canonicalize().is_ok_and(|target| open.contains(&target)) {
            file.blame(other.span().start, format!("`extends` comes back to {}: a circle", other.get_ref()));
            continue;
        }
        if !target.is_file() {
            file.blame(
                other.span().start,
                format!("`extends` names {}, which is not there", other.get_ref()),
            );
            continue;
        }
        read_one(config, &target, base, open, file.mistakes)?;
    }
    open.pop();
    file.take(config, written, &folder);
    Ok(())
}

/// A file being read.
struct File<'a> {
    path: String,
    text: &'a str,
    /// The folder that its globs are relative to, when that is not the base.
    prefix: Option<String>,
    mistakes: &'a mut Vec<Mistake>,
}

impl File<'_> {
    fn mistake(&self, offset: usize, message: impl Into<String>) -> Mistake {
        Mistake {
            path: self.path.clone(),
            line: line_of(self.text.as_bytes(), offset),
            message: message.into(),
        }
    }

    fn blame(&mut self, offset: usize, message: impl Into<String>) {
        let mistake = self.mistake(offset, message);
        self.mistakes.push(mistake);
    }

    fn origin(&self, offset: usize) -> String {
        format!("{}:{}", self.path, line_of(self.text.as_bytes(), offset))
    }

    fn take(&mut self, config: &mut Config, written: Written, folder: &Path) {
        if let Some(level) = written.confidence {
            config.tell("confidence", format!("\"{}\"", level.get_ref()), self.origin(level.span().start));
            config.confidence = Some(level.into_inner());
        }
        if let Some(key) = written.fingerprint_key {
            match key.get_ref().parse() {
                Ok(parsed) => config.set_key(parsed, self.origin(key.span().start)),
                Err(error) => self.blame(key.span().start, format!("`fingerprint_key` {error}")),
            }
        }
        if let Some(allow) = written.allow_removed {
            config.tell("allow_removed", allow.get_ref().to_string(), self.origin(allow.span().start));
            config.allow_removed = allow.into_inner();
        }
        if let Some(foreign) = written.foreign {
            config.tell("foreign", format!("\"{}\"", foreign.get_ref()), self.origin(foreign.span().start));
            config.foreign = foreign.into_inner();
        }
        if let Some(baseline) = written.baseline {
            config.tell("baseline", quoted(baseline.get_ref()), self.origin(baseline.span().start));
            config.baseline = Some(folder.join(baseline.get_ref()));
        }
        for rules in written.rules {
            config.tell("rules[]", quoted(rules.get_ref()), self.origin(rules.span().start));
            config.rules.push(folder.join(rules.get_ref()));
        }
        for glob in &written.exclude {
            config.tell("exclude[]", quoted(glob.get_ref()), self.origin(glob.span().start));
        }
        for pattern in &written.exclude_patterns {
            config.tell("exclude_patterns[]", quoted(pattern.get_ref()), self.origin(pattern.span().start));
        }
        let exclude = self.paths(&written.exclude, &written.exclude_patterns);
        config.policy.exclude.extend(exclude);
        self.rotation(config, &written.rotation);
        for (id, rule) in written.rule {
            self.rule(config, &id, &rule);
        }
        for allow in written.allow {
            self.allow(config, allow);
        }
        for policy in written.policy {
            self.policy(config, policy);
        }
    }

    fn rotation(&self, config: &mut Config, written: &WrittenRotation) {
        let limits = &mut config.rotation;
        let given = [
            ("production_days", &written.production_days, &mut limits.production_days),
            ("development_days", &written.development_days, &mut limits.development_days),
            ("grace_days", &written.grace_days, &mut limits.grace_days),
        ];
        let mut told = Vec::new();
        for (name, days, limit) in given {
            let Some(days) = days else { continue };
            *limit = *days.get_ref();
            told.push((
                format!("rotation.{name}"),
                days.get_ref().to_string(),
                self.origin(days.span().start),
            ));
        }
        for (name, value, origin) in told {
            config.tell(&name, value, origin);
        }
    }

    /// Remembers that a rule is named, to be checked later.
    fn name(&self, config: &mut Config, name: &Spanned<String>) {
        let message = format!("no rule is called `{}`; `stanch rules list` names all", name.get_ref());
        config.named.push((self.mistake(name.span().start, message), name.get_ref().clone()));
    }

    fn rule(&mut self, config: &mut Config, id: &Spanned<String>, rule: &WrittenRule) {
        self.name(config, id);
        let name = id.get_ref();
        if let Some(enabled) = &rule.enabled {
            let origin = self.origin(enabled.span().start);
            config.tell(&format!("rule.{name}.enabled"), enabled.get_ref().to_string(), origin);
            if *enabled.get_ref() {
                config.policy.off.remove(name);
            } else {
                config.policy.off.insert(name.clone());
            }
        }
        if let Some(severity) = &rule.severity {
            let origin = self.origin(severity.span().start);
            config.tell(&format!("rule.{name}.severity"), format!("\"{}\"", severity.get_ref()), origin);
            config.policy.severities.insert(name.clone(), *severity.get_ref());
        }
    }

    fn allow(&mut self, config: &mut Config, allow: Spanned<WrittenAllow>) {
        let at = allow.span().start;
        let allow = allow.into_inner();
        let paths = self.paths(&allow.paths, &allow.path_patterns);
        let mut values: Vec<_> = self.patterns(&allow.values).into_iter().map(ValueMatch::Regex).collect();
        values.extend(self.patterns(&allow.matches).into_iter().map(ValueMatch::Match));
        values.extend(self.patterns(&allow.lines).into_iter().map(ValueMatch::Line));
        if allow.words.iter().any(String::is_empty) {
            self.blame(at, "`words` holds an empty one: it would allow everything");
        }
        values.extend(allow.words.iter().map(|word| ValueMatch::Word(word.to_lowercase())));
        let expires = allow.expires.as_ref().and_then(|day| {
            let parsed = day.get_ref().parse().ok();
            if parsed.is_none() {
                self.blame(day.span().start, "`expires` is a day, written \"2026-01-31\"");
            }
            parsed
        });
        for rule in &allow.rules {
            self.name(config, rule);
        }
        let commits = self.commits(&allow.commits);
        if allow.is_empty() {
            self.blame(
                at,
                "`[[allow]]` names no `rules`, `paths`, `path_patterns`, `values`, `words`, `lines`, `matches` or \
                 `commits`: it would allow everything",
            );
        }
        let told = allow.reason.clone().unwrap_or_else(|| "no reason given".to_owned());
        config.tell("allow[]", quoted(&told), self.origin(at));
        config.policy.allows.push(Allow {
            kind: SuppressionKind::Configuration,
            origin: (self.path.clone(), line_of(self.text.as_bytes(), at)),
            rules: allow.rules.into_iter().map(Spanned::into_inner).collect(),
            paths,
            line: None,
            commit: None,
            values,
            commits,
            all: true,
            reason: allow.reason,
            expires,
        });
    }

    fn commits(&mut self, written: &[Spanned<String>]) -> Vec<String> {
        for commit in written.iter().filter(|commit| !is_commit(commit.get_ref())) {
            let message =
                format!("`{}` is no id of a commit: seven or more hexadecimal digits", commit.get_ref());
            self.blame(commit.span().start, message);
        }
        written.iter().map(|commit| commit.get_ref().to_ascii_lowercase()).collect()
    }

    fn policy(&mut self, config: &mut Config, policy: Spanned<WrittenPolicy>) {
        let at = policy.span().start;
        let policy = policy.into_inner();
        if let Some(environment) = &policy.environment
            && !ENVIRONMENTS.contains(&environment.get_ref().as_str())
        {
            let known = ENVIRONMENTS.join(", ");
            self.blame(environment.span().start, format!("`{}` is none of {known}", environment.get_ref()));
        }
        if policy.paths.is_empty() && policy.environment.is_none() {
            self.blame(at, "`[[policy]]` says neither `paths` nor `environment`");
        }
        for rule in &policy.off {
            self.name(config, rule);
        }
        let mut said: Vec<_> = policy.paths.iter().map(|glob| quoted(glob.get_ref())).collect();
        said.extend(policy.environment.iter().map(|environment| quoted(environment.get_ref())));
        config.tell("policy[]", said.join(", "), self.origin(at));
        let paths = self.paths(&policy.paths, &[]);
        config.policy.overrides.push(Override {
            paths,
            environment: policy.environment.map(Spanned::into_inner),
            confidence: policy.confidence,
            severity: policy.severity,
            off: policy.off.into_iter().map(Spanned::into_inner).collect::<BTreeSet<_>>(),
        });
    }

    fn paths(&mut self, globs: &[Spanned<String>], patterns: &[Spanned<String>]) -> Vec<PathMatch> {
        let mut paths = Vec::new();
        for glob in globs {
            let text = glob.get_ref();
            if matches!(text.trim_start_matches("./").trim_matches('/'), "" | ".") || is_for_all(text) {
                self.blame(glob.span().start, format!("`{}` stands for all files there are", glob.get_ref()));
                continue;
            }
            let below = match &self.prefix {
                Some(prefix) if text.trim_end_matches('/').contains('/') => {
                    format!("/{prefix}/{}", text.trim_start_matches("./").trim_start_matches('/'))
                }
                Some(prefix) => format!("/{prefix}/**/{text}"),
                None => text.to_owned(),
            };
            match PathMatch::glob(&below) {
                Ok(glob) => paths.push(glob),
                Err(error) => self.blame(glob.span().start, format!("`{text}` is no glob: {}", error.kind())),
            }
        }
        paths.extend(self.patterns(patterns).into_iter().map(PathMatch::Regex));
        paths
    }

    fn patterns(&mut self, patterns: &[Spanned<String>]) -> Vec<regex::bytes::Regex> {
        let mut compiled = Vec::new();
        for pattern in patterns {
            if pattern.get_ref().is_empty() {
                self.blame(pattern.span().start, "an empty expression matches everything");
                continue;
            }
            match re2::compile(pattern.get_ref()) {
                Ok(regex) => compiled.push(regex),
                Err(error) => {
                    let message = format!("`{}` is no regular expression: {error}", pattern.get_ref());
                    self.blame(pattern.span().start, message);
                }
            }
        }
        compiled
    }
}

/// Whether a glob is for whatever stands anywhere, told by names that nobody means.
fn is_for_all(glob: &str) -> bool {
    const ANY: [&str; 2] = ["\u{f8ff}", "\u{f8fe}.\u{f8fd}"];
    PathMatch::glob(glob).is_ok_and(|glob| ANY.iter().all(|name| glob.is_match(name)))
}

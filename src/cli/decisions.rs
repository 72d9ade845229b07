//! What was decided before a run, by configuration, baseline and arguments, and what comes of it.
//!
//! Verbs that scan load it once, scan with its rules and options, and let it mark what was found. What is of no use
//! any more is told, but only when all of the project was scanned.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::{env, fs};

use stanch::config::{Config, Honoured, Request, base, is_baseline, read_baseline};
use stanch::engine::Scanner;
use stanch::finding::baseline::{Baseline, Marked};
use stanch::finding::policy::{Applied, Judgement};
use stanch::finding::{Finding, InspectOptions, Key, SuppressionKind};
use stanch::git::Past;
use stanch::path::shown;
use stanch::rule::{Confidence, RuleSet};
use stanch::scan::{Outcome, ScanOptions};
use stanch::source::Exclude;

use super::args::{JudgeArgs, parse_time};
use super::baseline::random_key;

/// All that was decided.
pub struct Decisions {
    /// What files and variables say.
    pub config: Config,
    /// The folder that paths are relative to.
    pub base: PathBuf,
    /// Where the baseline is kept, if it is ours.
    pub baseline: Option<(PathBuf, Baseline)>,
    /// How sure findings must be where nothing else is said.
    pub confidence: Confidence,
    /// The run's one clock.
    pub now: i64,
    no_suppressions: bool,
    rules: Vec<PathBuf>,
    /// All of the project is scanned.
    is_whole: bool,
}

impl Decisions {
    /// Reads what is said about the folder that `paths` name.
    pub fn load(args: &JudgeArgs, paths: &[PathBuf]) -> Result<Self, String> {
        let mut decisions = Self::load_without_baseline(args, paths)?;
        if let Some(path) = decisions.config.baseline.clone() {
            decisions.baseline = read(&mut decisions.config, path, &decisions.base)?;
        }
        Ok(decisions)
    }

    /// The same, without the baseline that is there.
    pub fn load_without_baseline(args: &JudgeArgs, paths: &[PathBuf]) -> Result<Self, String> {
        let folder = folder(paths);
        let base = base(&folder);
        let variable = |name: &str| env::var_os(name);
        let request = Request { file: args.config.clone(), folder: folder.clone(), variable: &variable };
        let mut config = Config::load(&request).map_err(|error| error.to_string())?;
        if let Some(named) = &args.baseline {
            config.baseline = Some(named.clone());
        }
        let mut rules = config.rules.clone();
        rules.extend(args.rules.iter().cloned());
        let whole = rules.iter().filter_map(|file| file.canonicalize().ok());
        let shown =
            whole.map(|file| shown(file.strip_prefix(&base).unwrap_or(&file).as_os_str().as_encoded_bytes()));
        config.policy.rule_files.extend(shown);
        Ok(Self {
            confidence: args.confidence.or(config.confidence).unwrap_or(Confidence::Medium),
            now: now(args)?,
            no_suppressions: args.no_suppressions,
            is_whole: folder == base && paths.iter().all(|path| path.is_dir()),
            config,
            base,
            baseline: None,
            rules,
        })
    }

    /// The same for a scan of a part: what hides nothing in it may be of use elsewhere.
    pub fn about_a_part(self) -> Self {
        Self { is_whole: false, ..self }
    }

    /// The rules of the run.
    pub fn rules(&self) -> Result<RuleSet, String> {
        let rules = RuleSet::with_files(&self.rules).map_err(|error| error.to_string())?;
        let rules = rules.with_taken(&self.config.taken);
        self.config.check(&rules).map_err(|error| error.to_string())?;
        Ok(rules)
    }

    /// These made ready to be searched for. They are never given back: the process ends with the scan, and freeing
    /// them takes longer than scanning a small file.
    pub fn scanner(&self) -> Result<&'static Scanner, String> {
        Ok(Box::leak(Box::new(Scanner::new(self.rules()?))))
    }

    /// The key for a new baseline.
    pub fn new_key(&self) -> Result<Key, String> {
        self.config.key.as_ref().map_or_else(random_key, |(key, _)| Ok(key.clone()))
    }

    /// How to scan.
    pub fn options(&self) -> ScanOptions {
        let configured = self.config.key.as_ref().map(|(key, _)| key);
        let key = configured.or(self.baseline.as_ref().map(|(_, baseline)| baseline.key()));
        let inspect = InspectOptions {
            key: key.cloned().unwrap_or_default(),
            no_suppressions: self.no_suppressions,
            own_comments_only: self.config.foreign == Honoured::None,
            now: self.now,
        };
        ScanOptions {
            inspect,
            confidence: self.config.policy.least_confidence(self.confidence),
            judgement: self.judgement(self.confidence),
        }
    }

    /// What becomes of findings that are as sure as this.
    fn judgement(&self, usual: Confidence) -> Judgement {
        let (policy, now) = (self.config.policy.clone(), self.now);
        Judgement { policy, usual, now, no_suppressions: self.no_suppressions }
    }

    /// The paths that are not to be read.
    pub fn exclude(&self) -> Option<Exclude> {
        let policy = self.config.policy.clone();
        (!policy.exclude.is_empty()).then(|| Exclude::new(move |path| policy.excludes(path)))
    }

    /// Marks what was found, and says what is to be told.
    pub fn apply(&self, outcome: &mut Outcome<'_>, rules: &RuleSet) -> Vec<String> {
        let applied = self.judgement(self.confidence).apply(&mut outcome.findings, rules);
        let mut notes = self.about_files();
        if self.no_suppressions {
            return notes;
        }
        notes.extend(self.about_allowances(&applied));
        notes.extend(self.about_commits(&applied, outcome));
        if let Some((_, baseline)) = &self.baseline {
            let marked = baseline.mark(&mut outcome.findings, rules, self.now);
            notes.extend(self.about_baseline(baseline, &marked, outcome));
        }
        notes
    }

    /// Marks with the baseline alone, and says which of its entries are of use.
    pub fn mark(&self, outcome: &mut Outcome<'_>, rules: &RuleSet) -> Option<Marked> {
        let (_, baseline) = self.baseline.as_ref()?;
        Some(baseline.mark(&mut outcome.findings, rules, self.now))
    }

    /// What was decided about one finding, in words; `None` when nothing was.
    pub fn explain(&self, finding: &Finding<'_>, rules: &RuleSet) -> Option<String> {
        let mut one = vec![finding.clone()];
        self.judgement(Confidence::Low).apply(&mut one, rules);
        let Some(left) = one.first_mut() else { return Some("left out by the configuration".to_owned()) };
        if let Some(suppression) = &left.suppression {
            return Some(format!("allowed: {}", suppression.reason.as_deref().unwrap_or_default()));
        }
        let (_, baseline) = self.baseline.as_ref().filter(|_| !self.no_suppressions)?;
        baseline.mark(&mut one, rules, self.now);
        (!one.first()?.counts()).then(|| "known to the baseline".to_owned())
    }

    /// What other tools' files say that is not done, counted.
    fn about_files(&self) -> Vec<String> {
        let mut files: BTreeMap<&str, usize> = BTreeMap::new();
        for mistake in &self.config.unsupported {
            *files.entry(&mistake.path).or_default() += 1;
        }
        let line = |(path, count): (&str, usize)| {
            format!("{path}: {count} not supported; `stanch config show` says what and why")
        };
        files.into_iter().map(line).collect()
    }

    fn about_allowances(&self, applied: &Applied) -> Vec<String> {
        let allows = &self.config.policy.allows;
        let mut notes = Vec::new();
        let mut idle: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
        for (index, allow) in allows.iter().enumerate() {
            let (path, line) = (&*allow.origin.0, allow.origin.1);
            if applied.expired.contains(&index)
                && let Some(day) = allow.expires
            {
                notes
                    .push(format!("{path}:{line}: this expired on {day}; what it allowed is reported again"));
            }
            // One about commits is of use in the history alone.
            let is_idle =
                applied.hidden[index] == 0 && !applied.expired.contains(&index) && allow.commits.is_empty();
            if allow.kind == SuppressionKind::Foreign {
                let (unused, all) = idle.entry(path).or_default();
                *unused += usize::from(is_idle);
                *all += 1;
            } else if is_idle && self.is_whole {
                notes.push(format!("{path}:{line}: this allows nothing that is found"));
            }
        }
        if self.is_whole {
            let idle = idle.into_iter().filter(|(_, (unused, _))| *unused > 0);
            notes.extend(idle.map(|(path, (unused, all))| {
                format!("{path}: {unused} of {all} entries hide nothing that stanch finds")
            }));
        }
        notes
    }

    /// Which findings are hidden for what their line held in a commit, and are not what it held.
    fn about_commits(&self, applied: &Applied, outcome: &Outcome<'_>) -> Vec<String> {
        let past = if applied.by_commit.is_empty() { None } else { Past::of(&self.base) };
        let Some(past) = past else { return Vec::new() };
        let told = |(finding, allow): &(usize, usize)| {
            let (finding, allow) = (&outcome.findings[*finding], &self.config.policy.allows[*allow]);
            let (commit, path) = (allow.commit.as_deref()?, &finding.location.path);
            let then = past.file(commit, path)?;
            let secret = finding.secret.reveal();
            let (file, line) = &allow.origin;
            (!String::from_utf8_lossy(&then).contains(secret)).then(|| {
                let place = finding.location.start.line;
                format!(
                    "{path}:{place}: {file}:{line} hides another value than the one in commit {commit:.12}"
                )
            })
        };
        applied.by_commit.iter().filter_map(told).collect()
    }

    fn about_baseline(&self, baseline: &Baseline, marked: &Marked, outcome: &Outcome<'_>) -> Vec<String> {
        let mut notes = Vec::new();
        for (entry, used) in baseline.entries().iter().zip(&marked.used) {
            if *used
                && entry.is_expired(self.now)
                && let Some(day) = entry.expires
            {
                let owner = entry.owner.as_deref().map(|owner| format!(" ({owner})")).unwrap_or_default();
                let short: String = entry.fingerprint.to_string().chars().take(12).collect();
                notes.push(format!("the baseline's entry {short} of {}{owner} expired on {day}", entry.rule));
            }
        }
        let unused = marked.used.iter().filter(|used| !**used).count();
        if unused > 0 && self.is_whole {
            notes.push(format!(
                "{unused} of {} entries of the baseline are found no more; `stanch baseline prune` removes them",
                marked.used.len()
            ));
        }
        for index in &marked.changed {
            let place = &outcome.findings[*index].location;
            notes.push(format!(
                "{}:{}: what silences this hid another value when the baseline was made",
                place.path, place.start.line
            ));
        }
        notes
    }
}

/// The run's one clock: `--now`, else `SOURCE_DATE_EPOCH`, else the time.
fn now(args: &JudgeArgs) -> Result<i64, String> {
    if let Some(now) = args.now {
        return Ok(now);
    }
    match env::var_os("SOURCE_DATE_EPOCH") {
        None => Ok(jiff::Timestamp::now().as_second()),
        Some(epoch) => {
            let text = epoch.to_string_lossy();
            parse_time(&text).map_err(|error| format!("SOURCE_DATE_EPOCH: {error}"))
        }
    }
}

/// Reads a baseline: ours, or another tool's into the configuration.
fn read(config: &mut Config, path: PathBuf, base: &Path) -> Result<Option<(PathBuf, Baseline)>, String> {
    let shown = path.strip_prefix(base).unwrap_or(&path).display().to_string();
    let text = fs::read_to_string(&path).map_err(|error| {
        format!("cannot read the baseline {shown}: {error}; `stanch baseline create` makes one")
    })?;
    if is_baseline(&text) {
        read_baseline(config, &path, base).map_err(|error| error.to_string())?;
        return Ok(None);
    }
    let baseline = Baseline::parse(&shown, &text).map_err(|mistake| mistake.to_string())?;
    match &config.key {
        Some((key, origin)) if key != baseline.key() => Err(format!(
            "{origin}: the fingerprint key is not the one that {shown} was made with: use that, or make a new baseline \
             with `stanch baseline create --force`"
        )),
        _ => Ok(Some((path, baseline))),
    }
}

/// The folder that is scanned: where configuration is looked for.
fn folder(paths: &[PathBuf]) -> PathBuf {
    let current = || env::current_dir().and_then(fs::canonicalize).unwrap_or_else(|_| PathBuf::from("."));
    let Some(path) = paths.first().filter(|path| path.as_os_str() != "-") else { return current() };
    match fs::canonicalize(path) {
        Ok(path) if path.is_dir() => path,
        Ok(path) => path.parent().map_or_else(current, Path::to_owned),
        Err(_) => current(),
    }
}

//! `stanch migrate`: writes our configuration and baseline from what other tools were told.
//!
//! General allowances become `stanch.toml` and rules a file that it names; values and places become entries of a
//! baseline, for which the project is scanned once. Theirs stay as they are, and are no longer read: the new file
//! says so.

use std::path::PathBuf;

use clap::Args;
use stanch::config::{BASELINE, Config, Honoured, NAME, RULES, is_general, rules_toml, stanch_toml};
use stanch::engine::Scanner;
use stanch::finding::baseline::{Baseline, Known};
use stanch::finding::policy::{Allow, ValueMatch};
use stanch::finding::{Fingerprint, SuppressionKind};
use stanch::rule::RuleSet;
use stanch::scan::{Progress, scan};
use stanch::secret::Secret;

use super::args::JudgeArgs;
use super::baseline::save;
use super::decisions::Decisions;
use super::output::tell_problems;
use super::status::Status;
use super::{scan as scan_verb, tell};

/// Arguments of `stanch migrate`.
#[derive(Args, Debug)]
pub struct MigrateArgs {
    /// The project [default: the current folder]
    folder: Option<PathBuf>,
    /// Replace files that are there
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    judge: JudgeArgs,
}

/// Runs the verb.
pub fn run(args: &MigrateArgs) -> Result<Status, String> {
    let paths: Vec<_> = args.folder.iter().cloned().collect();
    let mut decisions = match &args.judge.baseline {
        Some(_) => Decisions::load(&args.judge, &paths)?,
        None => Decisions::load_without_baseline(&args.judge, &paths)?,
    };
    let files = [NAME, RULES, BASELINE].map(|name| decisions.base.join(name));
    if let Some(path) = files.iter().find(|path| path.exists() && !args.force) {
        return Err(format!("{} is there already; --force replaces it", path.display()));
    }
    decisions.config.policy.allows.retain(|allow| allow.kind == SuppressionKind::Foreign);
    let Config { policy, taken, unsupported, foreign, .. } = &decisions.config;
    for mistake in unsupported {
        tell(&format!("not taken over: {mistake}"));
    }
    if policy.allows.is_empty() && taken.is_empty() {
        let why = match foreign {
            Honoured::All => String::new(),
            left => format!(" (`foreign = \"{left}\"` in {NAME} leaves them alone)"),
        };
        return Err(format!(
            "no other tool's configuration, ignore file or baseline says anything to take over{why}"
        ));
    }
    let rules = decisions.rules()?;
    let text = stanch_toml(&policy.allows, &rules, (!taken.is_empty()).then_some(RULES));
    let rule_text = rules_toml(taken);
    let (known, complete) = known(&paths, args, &mut decisions, rules)?;

    let [config, rule_file, baseline] = &files;
    save(config, &text)?;
    tell(&format!("{}: {} allowances", config.display(), text.matches("\n[[allow]]").count()));
    if !decisions.config.taken.is_empty() {
        save(rule_file, &rule_text)?;
        tell(&format!("{}: {} rules", rule_file.display(), decisions.config.taken.len()));
    }
    save(baseline, &known.to_string())?;
    tell(&format!("{}: {} known findings", baseline.display(), known.entries().len()));
    Ok(Status::of_scan(false, complete))
}

/// The findings that are allowed by their values or places, as a baseline, and whether all could be scanned.
fn known(
    paths: &[PathBuf],
    args: &MigrateArgs,
    decisions: &mut Decisions,
    rules: RuleSet,
) -> Result<(Baseline, bool), String> {
    let mut known = Baseline::new(decisions.new_key()?);
    decisions.config.policy.allows.retain(|allow| !is_general(allow));
    decisions.baseline = Some((PathBuf::new(), known.clone()));
    let scanner = Scanner::new(rules);
    let source = scan_verb::tree(paths, false, &args.judge, decisions.exclude());
    let mut outcome = scan(&source, &scanner, &decisions.options(), &Progress::default());
    decisions.apply(&mut outcome, scanner.rules());
    for finding in &mut outcome.findings {
        if let Some(suppression) = finding.suppression.take_if(|it| it.kind == SuppressionKind::Foreign) {
            known.add(Known { reason: suppression.reason, ..Known::of(finding, true) });
        }
    }
    for allow in &decisions.config.policy.allows {
        known_anywhere(allow, &mut known);
    }
    tell_problems(&outcome.coverage);
    Ok((known, outcome.coverage.is_complete()))
}

/// Values that are allowed wherever they stand, whatever finds them: also in a history whose files are gone.
fn known_anywhere(allow: &Allow, known: &mut Baseline) {
    let is_bound = allow.line.is_some() || allow.commit.is_some() || allow.all;
    if is_bound || !(allow.paths.is_empty() && allow.rules.is_empty() && allow.commits.is_empty()) {
        return;
    }
    for value in &allow.values {
        let ValueMatch::Exact(secret) = value else { continue };
        let fingerprint = Fingerprint::of(&Secret::password(secret.reveal().trim().as_bytes()), known.key());
        let (rule, reason) = ("*".to_owned(), allow.reason.clone());
        known.add(Known {
            fingerprint,
            rule,
            path: None,
            silenced: false,
            reason,
            owner: None,
            expires: None,
        });
    }
}

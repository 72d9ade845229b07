//! `stanch migrate`: writes our configuration and baseline from what other tools were told.
//!
//! General allowances become `stanch.toml`; values and places become entries of a baseline, for which the project is
//! scanned once. Theirs stay as they are, and are no longer read: the new file says so.

use std::fs;
use std::path::PathBuf;

use clap::Args;
use stanch::config::{BASELINE, NAME, is_general, stanch_toml};
use stanch::engine::Scanner;
use stanch::finding::SuppressionKind;
use stanch::finding::baseline::{Baseline, KEY_BYTES, Known};
use stanch::scan::{Progress, scan};

use super::args::JudgeArgs;
use super::baseline::save;
use super::decisions::Decisions;
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
pub fn run(args: &MigrateArgs) -> Status {
    migrate(args).unwrap_or_else(|message| {
        tell(&message);
        Status::Usage
    })
}

fn migrate(args: &MigrateArgs) -> Result<Status, String> {
    let paths: Vec<_> = args.folder.iter().cloned().collect();
    let mut decisions = Decisions::load(&args.judge, &paths, args.judge.baseline.is_some())?;
    let (config, baseline) = (decisions.base.join(NAME), decisions.base.join(BASELINE));
    if let Some(path) = [&config, &baseline].into_iter().find(|path| path.exists() && !args.force) {
        return Err(format!("{} is there already; --force replaces it", path.display()));
    }
    decisions.config.policy.allows.retain(|allow| allow.kind == SuppressionKind::Foreign);
    let allows = &decisions.config.policy.allows;
    if allows.is_empty() {
        return Err(
            "no other tool's configuration, ignore file or baseline says anything to take over".to_owned()
        );
    }
    let mut key = [0; KEY_BYTES];
    getrandom::fill(&mut key).map_err(|error| format!("no random key can be had: {error}"))?;
    let rules = decisions.rules()?;
    let text = stanch_toml(allows, &rules);
    let mut known = Baseline::new(key);
    // Only what is about values and places needs to be looked for.
    decisions.config.policy.allows.retain(|allow| !is_general(allow));
    decisions.baseline = Some((baseline.clone(), known.clone()));
    let scanner = Scanner::new(rules);
    let source = scan_verb::tree(&paths, false, &args.judge, decisions.exclude());
    let mut outcome = scan(&source, &scanner, &decisions.options(), &Progress::default());
    decisions.apply(&mut outcome, scanner.rules());
    for finding in &mut outcome.findings {
        let Some(suppression) = finding.suppression.take_if(|it| it.kind == SuppressionKind::Foreign) else {
            continue;
        };
        known.add(Known { reason: suppression.reason, ..Known::of(finding, true) });
    }
    for problem in &outcome.coverage.problems {
        tell(&format!("not scanned: {}: {}", problem.path, problem.message));
    }
    fs::write(&config, &text).map_err(|error| format!("cannot write {}: {error}", config.display()))?;
    save(&baseline, &known)?;
    tell(&format!("{}: {} allowances", config.display(), text.matches("[[allow]]").count()));
    tell(&format!("{}: {} known findings", baseline.display(), known.entries().len()));
    for mistake in &decisions.config.unsupported {
        tell(&format!("not taken over: {mistake}"));
    }
    Ok(Status::of_scan(false, outcome.coverage.is_complete()))
}

//! `stanch git`: all that a repository ever held, what some commits bring, or what is staged.

use std::env;
use std::path::{Path, PathBuf};
use std::slice;

use clap::ArgMatches;
use sha2::Digest;
use stanch::finding::Finding;
use stanch::git::Given;
use stanch::remedy::Limits;
use stanch::report::terminal::Color;
use stanch::report::{self, Format, Run};
use stanch::scan::{Outcome, ScanOptions, hygiene, scan_histories, scan_stage};
use stanch::source::{Exclude, HistoryOptions, RangeOptions, Shard, StagedOptions};

use super::args::{GitArgs, JudgeArgs};
use super::decisions::Decisions;
use super::status::Status;
use super::{environment, output, print, progress, tell};

/// Scans, reports, and says how it ended.
pub fn run(args: &GitArgs, color: Color, typed: &ArgMatches) -> Result<Status, String> {
    let reports = output::wanted(&args.run, typed)?;
    let is_joinable =
        |report: &output::Wanted| matches!(report.format, Some(Format::Json | Format::Jsonl | Format::Sarif));
    if args.shard.is_some() && !reports.iter().all(is_joinable) {
        return Err(
            "a shard tells only a part: report it with --format json, jsonl or sarif for `stanch merge`"
                .to_owned(),
        );
    }
    let decisions = Decisions::load(&args.run.judge, slice::from_ref(&args.repository))?;
    let is_url = args.repository.to_str().is_some_and(|name| name.contains("://"));
    if is_url && !args.run.quiet && !args.repository.exists() {
        tell("note: stanch opens no connection: `git clone --mirror` what is elsewhere, and scan that");
    }
    let is_part = args.staged || args.range.is_some() || args.pr.is_some();
    let decisions = if is_part { decisions.about_a_part() } else { decisions };
    let options = decisions.options();
    let scanner = decisions.scanner()?;
    let mut outcome = progress::shown(args.run.wants_progress(), false, |progress| {
        if args.staged {
            let stage = staged_options(args, &options, decisions.exclude());
            scan_stage(stage, scanner, &options, progress)
        } else {
            let removed_is_note = args.allow_removed || decisions.config.allow_removed;
            let history = HistoryOptions { removed_is_note, ..history_options(args) };
            scan_histories(history, scanner, &options, progress)
        }
    });
    let notes = decisions.apply(&mut outcome, scanner.rules());
    if let Some(fingerprint) = &args.incident {
        return write_incident(fingerprint, args, decisions.config.rotation, &outcome);
    }
    let wants_sarif = reports.iter().any(|report| report.format == Some(Format::Sarif));
    let root_uri = wants_sarif.then(|| output::root_uri(slice::from_ref(&args.repository))).flatten();
    let has_files = !args.staged && given(args).is_none();
    let notes_on_files = if has_files { hygiene(&args.repository, scanner, &options) } else { Vec::new() };
    let run = Run {
        show_secrets: args.run.show_secrets,
        root_uri,
        now: decisions.now,
        rotation: decisions.config.rotation,
        notes: notes_on_files,
    };
    Ok(output::report(&outcome, &notes, &args.run, &run, &reports, color))
}

/// Writes the record of the secret with this fingerprint; several rules may have found it.
fn write_incident(
    fingerprint: &str,
    args: &GitArgs,
    rotation: Limits,
    outcome: &Outcome<'_>,
) -> Result<Status, String> {
    let is_meant = |finding: &&Finding<'_>| finding.fingerprint.to_string().starts_with(fingerprint);
    let meant: Vec<_> = outcome.findings.iter().filter(is_meant).collect();
    for problem in &outcome.coverage.problems {
        tell(&format!("{}: {}", problem.path, problem.message));
    }
    let Some(first) = meant.first() else {
        return match outcome.coverage.is_complete() {
            true => Err(format!("no secret has the fingerprint {fingerprint}; `stanch git` lists them")),
            false => Ok(Status::Incomplete),
        };
    };
    if meant.iter().any(|finding| finding.fingerprint != first.fingerprint) {
        return Err(format!(
            "several secrets have a fingerprint that begins with {fingerprint}; give more of it"
        ));
    }
    let run = Run { show_secrets: args.run.show_secrets, rotation, ..Run::default() };
    print(|out| meant.iter().try_for_each(|finding| report::write_incident(out, finding, &run)));
    Ok(Status::Findings)
}

/// What is staged: all of it.
fn staged_options(args: &GitArgs, options: &ScanOptions, exclude: Option<Exclude>) -> StagedOptions {
    let JudgeArgs { no_archives, jobs, .. } = args.run.judge;
    StagedOptions {
        repository: args.repository.clone(),
        given: given(args),
        index: environment::index().filter(|_| is_current(args)),
        paths: Vec::new(),
        exclude,
        silent: Some(options.silent_paths()),
        no_archives,
        jobs,
    }
}

/// The repository that git names; not where another is asked for.
fn given(args: &GitArgs) -> Option<Given> {
    environment::repository().filter(|_| is_current(args))
}

fn is_current(args: &GitArgs) -> bool {
    args.repository == Path::new(".")
}

fn history_options(args: &GitArgs) -> HistoryOptions {
    HistoryOptions {
        repository: args.repository.clone(),
        given: given(args),
        more_objects: Vec::new(),
        branches: args.branch.clone(),
        range: args.range.clone().or_else(|| args.pr.as_deref().map(RangeOptions::change_for)),
        removed_is_note: false,
        with_known: args.already_there,
        since: args.since,
        until: args.until,
        no_unreachable: args.no_unreachable,
        verify: args.verify_objects,
        shard: args.shard.map(|(number, shards)| Shard { number, shards, of: String::new() }),
        no_delta: args.no_delta,
        no_archives: args.run.judge.no_archives,
        cache: args.cache.as_ref().and_then(|file| file.clone().or_else(|| own_cache(args))),
        jobs: args.run.judge.jobs,
    }
}

/// Where a repository is remembered if no file is named: in the user's folder for caches, one file for each
/// path of a repository.
fn own_cache(args: &GitArgs) -> Option<PathBuf> {
    let named = |name: &str| env::var_os(name).map(PathBuf::from).filter(|folder| folder.is_absolute());
    let Some(folder) = named("XDG_CACHE_HOME").or_else(|| named("HOME").map(|home| home.join(".cache")))
    else {
        tell("note: scanning without a cache, as there is no folder for caches; --cache=FILE names a file");
        return None;
    };
    let given = given(args).map(|given| given.git_dir);
    let repository = given.as_ref().unwrap_or(&args.repository).canonicalize().ok()?;
    let hash = sha2::Sha256::digest(repository.as_os_str().as_encoded_bytes());
    let name: String = hash.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    Some(folder.join("stanch").join(name))
}

//! `stanch scan`: files, folders and standard input.

use std::io::IsTerminal;
use std::path::PathBuf;
use std::process::ExitCode;
use std::{env, fs, io, slice};

use clap::ArgMatches;
use stanch::engine::Scanner;
use stanch::finding::InspectOptions;
use stanch::git::WorkTree;
use stanch::report::terminal::Color;
use stanch::report::{Format, Run, uri};
use stanch::rule::RuleSet;
use stanch::scan::{Outcome, ScanOptions, scan};
use stanch::source::{Source, Stream, Tree, TreeOptions};

use super::args::{RunArgs, ScanArgs, parse_time};
use super::status::Status;
use super::{explain, output, progress, tell};

/// Scans, reports and gives the exit status.
pub fn run(args: &ScanArgs, color: Color, typed: &ArgMatches) -> ExitCode {
    match scan_and_report(args, color, typed) {
        Ok(status) => status.code(args.run.exit_code),
        Err(message) => {
            tell(&message);
            Status::Usage.code(args.run.exit_code)
        }
    }
}

fn scan_and_report(args: &ScanArgs, color: Color, typed: &ArgMatches) -> Result<Status, String> {
    let reports = output::wanted(&args.run, typed)?;
    let wants_sarif = args.run.format.contains(&Format::Sarif);
    let options = options(&args.run)?;
    let rules = RuleSet::with_files(&args.run.rules).map_err(|error| error.to_string())?;
    let scanner = Scanner::new(rules);
    if let Some(place) = &args.explain {
        return explain::run(place, args, &scanner, options);
    }
    let source = source(&args.paths, args)?;
    let waits = args.paths.iter().any(|path| path.as_os_str() == "-") && io::stdin().is_terminal();
    let outcome = progress::shown(args.run.wants_progress(), waits, |progress| {
        scan(&*source, &scanner, &options, progress)
    });
    let root_uri = if wants_sarif { root_uri(&args.paths) } else { None };
    let run = Run { show_secrets: args.run.show_secrets, root_uri, now: options.inspect.now };
    Ok(report(&outcome, &args.run, &run, &reports, color))
}

/// Writes what was found, and says how it ended.
pub fn report(
    outcome: &Outcome<'_>,
    args: &RunArgs,
    run: &Run,
    reports: &[output::Wanted],
    color: Color,
) -> Status {
    if !args.quiet {
        tell_notes(outcome);
    }
    let whole = output::write(reports, color, run, outcome);
    // Whoever ended it early knows; what was found until then is no verdict.
    let found = outcome.counted() > 0 && !outcome.is_interrupted;
    Status::of_scan(found, whole && outcome.coverage.is_complete())
}

fn tell_notes(outcome: &Outcome<'_>) {
    for note in &outcome.coverage.notes {
        tell(&format!("note: {note}"));
    }
    for note in &outcome.notes {
        tell(&format!("note: {}:{}: {}", note.path, note.line, note.message));
    }
}

/// The folder that shown paths are relative to, as a URI with a slash at its end.
pub fn root_uri(paths: &[PathBuf]) -> Option<String> {
    let current = env::current_dir().and_then(fs::canonicalize).ok()?;
    let named = if paths.is_empty() { slice::from_ref(&current) } else { paths };
    let mut roots = named.iter().map(|path| {
        let path = fs::canonicalize(path).ok()?;
        let folder = if path.is_dir() { &*path } else { path.parent()? };
        WorkTree::discover(folder).map(|work_tree| work_tree.root)
    });
    let first = roots.next()?;
    let folder = first.filter(|first| roots.all(|root| root.as_ref() == Some(first))).unwrap_or(current);
    let shown = stanch::path::shown(folder.as_os_str().as_encoded_bytes());
    Some(format!("{}/", uri::of_path(&shown).trim_end_matches('/')))
}

/// How to scan, as the arguments and the environment say.
pub fn options(args: &RunArgs) -> Result<ScanOptions, String> {
    let inspect = InspectOptions {
        no_suppressions: args.no_suppressions,
        now: now(args)?,
        ..InspectOptions::default()
    };
    Ok(ScanOptions { inspect, confidence: args.confidence })
}

/// The run's one clock: `--now`, else `SOURCE_DATE_EPOCH`, else the time.
fn now(args: &RunArgs) -> Result<i64, String> {
    if let Some(now) = args.now {
        return Ok(now);
    }
    match std::env::var_os("SOURCE_DATE_EPOCH") {
        None => Ok(jiff::Timestamp::now().as_second()),
        Some(epoch) => {
            let text = epoch.to_string_lossy();
            parse_time(&text).map_err(|error| format!("SOURCE_DATE_EPOCH: {error}"))
        }
    }
}

/// What the paths name; standard input is its own source.
pub fn source(paths: &[PathBuf], args: &ScanArgs) -> Result<Box<dyn Source>, String> {
    if paths.iter().any(|path| path.as_os_str() == "-") {
        if paths.len() > 1 {
            return Err(
                "`-` is standard input and stands alone; write `./-` for a file of that name".to_owned()
            );
        }
        return Ok(Box::new(
            Stream::new("-", io::stdin()).jobs(args.run.jobs).no_archives(args.run.no_archives),
        ));
    }
    let roots = if paths.is_empty() { vec![".".into()] } else { paths.to_vec() };
    let RunArgs { no_archives, jobs, .. } = args.run;
    Ok(Box::new(Tree::new(TreeOptions { roots, no_ignore: args.no_ignore, no_archives, jobs })))
}

//! `stanch scan`: files, folders and standard input.

use std::io::IsTerminal;
use std::path::PathBuf;
use std::{env, fs, io, slice};

use clap::ArgMatches;
use stanch::engine::Scanner;
use stanch::finding::Hygiene;
use stanch::git::WorkTree;
use stanch::report::terminal::Color;
use stanch::report::{Format, Run, uri};
use stanch::scan::{Outcome, ScanOptions, hygiene, scan};
use stanch::source::{Both, Exclude, Source, Stream, Tree, TreeOptions};

use super::args::{JudgeArgs, RunArgs, ScanArgs, parse_time};
use super::decisions::Decisions;
use super::status::Status;
use super::{explain, follow, output, progress, stdin, tell};

/// Scans, reports, and says how it ended.
pub fn run(args: &ScanArgs, color: Color, typed: &ArgMatches) -> Result<Status, String> {
    let reports = output::wanted(&args.run, typed)?;
    let wants_sarif = reports.iter().any(|report| report.format == Some(Format::Sarif));
    let decisions = Decisions::load(&args.run.judge, &args.paths, true)?;
    let scanner = Scanner::new(decisions.rules()?);
    if let Some(place) = &args.explain {
        return explain::run(place, args, &scanner, &decisions);
    }
    if args.follow {
        let run = Run { show_secrets: args.run.show_secrets, now: decisions.now, ..Run::default() };
        return follow::run(args, &scanner, &decisions, &reports, &run, color);
    }
    if !args.run.quiet {
        args.paths.iter().for_each(|path| explain::tell_of_line(path));
    }
    let source = source(&args.paths, args, decisions.exclude());
    let options = decisions.options();
    let waits = args.paths.iter().any(|path| path.as_os_str() == "-") && io::stdin().is_terminal();
    let mut outcome = progress::shown(args.run.wants_progress(), waits, |progress| {
        scan(&*source, &scanner, &options, progress)
    });
    let notes = decisions.apply(&mut outcome, scanner.rules());
    let root_uri = if wants_sarif { root_uri(&args.paths) } else { None };
    let run = Run {
        show_secrets: args.run.show_secrets,
        root_uri,
        now: decisions.now,
        rotation: decisions.config.rotation,
        notes: notes_on_files(&args.paths, &scanner, &options),
    };
    Ok(report(&outcome, &notes, &args.run, &run, &reports, color))
}

/// What is to be said of the files of a work tree, when all of it is scanned.
fn notes_on_files(paths: &[PathBuf], scanner: &Scanner, options: &ScanOptions) -> Vec<Hygiene> {
    let here = PathBuf::from(".");
    let folder = match paths {
        [] => &here,
        [folder] if folder.is_dir() => folder,
        _ => return Vec::new(),
    };
    let root = fs::canonicalize(folder).ok().filter(|folder| WorkTree::at(folder).is_some());
    root.map_or_else(Vec::new, |root| hygiene(&root, scanner, options))
}

/// Writes what was found, tells `notes`, and says how it ended.
pub fn report(
    outcome: &Outcome<'_>,
    notes: &[String],
    args: &RunArgs,
    run: &Run,
    reports: &[output::Wanted],
    color: Color,
) -> Status {
    if !args.quiet {
        tell_notes(outcome);
        notes.iter().for_each(|note| tell(&format!("note: {note}")));
    }
    let whole = output::write(reports, color, run, outcome);
    Status::of(outcome, whole)
}

/// Tells what a person should know of the scan and of the text.
pub fn tell_notes(outcome: &Outcome<'_>) {
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

/// The run's one clock: `--now`, else `SOURCE_DATE_EPOCH`, else the time.
pub fn now(args: &JudgeArgs) -> Result<i64, String> {
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
pub fn source(paths: &[PathBuf], args: &ScanArgs, exclude: Option<Exclude>) -> Box<dyn Source> {
    let judge = &args.run.judge;
    let (stdin, paths): (Vec<_>, Vec<_>) = paths.iter().cloned().partition(|path| path.as_os_str() == "-");
    let stream = || Stream::new("-", stdin::open()).jobs(judge.jobs).no_archives(judge.no_archives);
    if paths.is_empty() && !stdin.is_empty() {
        return Box::new(stream());
    }
    let tree = tree(&paths, args.no_ignore, judge, exclude);
    if stdin.is_empty() { Box::new(tree) } else { Box::new(Both(tree, stream())) }
}

/// Files and folders; the current folder where none is named.
pub fn tree(paths: &[PathBuf], no_ignore: bool, judge: &JudgeArgs, exclude: Option<Exclude>) -> Tree {
    let roots = if paths.is_empty() { vec![".".into()] } else { paths.to_vec() };
    let JudgeArgs { no_archives, jobs, .. } = *judge;
    Tree::new(TreeOptions { roots, no_ignore, no_archives, exclude, jobs })
}

//! `stanch scan`: files, folders and standard input.

use std::io::IsTerminal;
use std::path::PathBuf;
use std::{fs, io};

use clap::ArgMatches;
use stanch::engine::Scanner;
use stanch::finding::Hygiene;
use stanch::git::WorkTree;
use stanch::report::terminal::Color;
use stanch::report::{Format, Run};
use stanch::scan::{ScanOptions, hygiene, scan};
use stanch::source::{Both, Exclude, Source, Stream, Tree, TreeOptions};

use super::args::{JudgeArgs, ScanArgs};
use super::decisions::Decisions;
use super::status::Status;
use super::{explain, follow, output, progress, stdin};

/// Scans, reports, and says how it ended.
pub fn run(args: &ScanArgs, color: Color, typed: &ArgMatches) -> Result<Status, String> {
    let reports = output::wanted(&args.run, typed)?;
    let wants_sarif = reports.iter().any(|report| report.format == Some(Format::Sarif));
    let decisions = Decisions::load(&args.run.judge, &args.paths)?;
    let scanner = decisions.scanner()?;
    if let Some(place) = &args.explain {
        return explain::run(place, args, scanner, &decisions);
    }
    if args.follow {
        let run = Run { show_secrets: args.run.show_secrets, now: decisions.now, ..Run::default() };
        return follow::run(args, scanner, &decisions, &reports, &run, color);
    }
    if !args.run.quiet {
        args.paths.iter().for_each(|path| explain::tell_of_line(path));
    }
    let source = source(&args.paths, args, decisions.exclude());
    let options = decisions.options();
    let waits = args.paths.iter().any(|path| path.as_os_str() == "-") && io::stdin().is_terminal();
    let mut outcome = progress::shown(args.run.wants_progress(), waits, |progress| {
        scan(&*source, scanner, &options, progress)
    });
    let notes = decisions.apply(&mut outcome, scanner.rules());
    let root_uri = if wants_sarif { output::root_uri(&args.paths) } else { None };
    let run = Run {
        show_secrets: args.run.show_secrets,
        root_uri,
        now: decisions.now,
        rotation: decisions.config.rotation,
        notes: notes_on_files(&args.paths, scanner, &options),
    };
    Ok(output::report(&outcome, &notes, &args.run, &run, &reports, color))
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

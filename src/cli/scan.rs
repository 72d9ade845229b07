//! `stanch scan`: files, folders and standard input.

use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

use clap::ArgMatches;
use stanch::engine::Scanner;
use stanch::finding::InspectOptions;
use stanch::rule::RuleSet;
use stanch::scan::{Outcome, ScanOptions, scan};
use stanch::source::{Source, Stream, Tree, TreeOptions};

use super::args::{RunArgs, ScanArgs, parse_time};
use super::status::Status;
use super::{output, progress, tell};

/// Scans, reports and gives the exit status.
pub fn run(args: &ScanArgs, typed: &ArgMatches) -> ExitCode {
    match scan_and_report(args, typed) {
        Ok(status) => status.code(args.run.exit_code),
        Err(message) => {
            tell(&message);
            Status::Usage.code(args.run.exit_code)
        }
    }
}

fn scan_and_report(args: &ScanArgs, typed: &ArgMatches) -> Result<Status, String> {
    let reports = output::wanted(&args.run, typed)?;
    let options = options(&args.run)?;
    let scanner = Scanner::new(RuleSet::builtin());
    let source = source(args)?;
    let wants_progress = !args.run.quiet && !args.run.no_progress;
    let outcome = progress::shown(wants_progress, |progress| scan(&*source, &scanner, &options, progress));
    let counted = outcome.findings.iter().filter(|finding| finding.counts()).count();
    let _ = reports;
    write_lines(&outcome).map_err(|error| error.to_string())?;
    Ok(Status::of_scan(counted > 0, outcome.coverage.is_complete()))
}

/// A stand-in until the reports are written.
fn write_lines(outcome: &Outcome<'_>) -> io::Result<()> {
    let mut out = io::stdout().lock();
    for finding in &outcome.findings {
        let line = serde_json::json!({
            "type": "finding", "rule": finding.rule.id, "path": finding.location.path,
            "start_line": finding.location.start.line, "start_column": finding.location.start.column,
            "byte_offset": finding.location.byte_offset, "secret": finding.secret.mask(),
        });
        writeln!(out, "{line}")?;
    }
    let scanned = outcome.coverage.scanned;
    writeln!(out, "{}", serde_json::json!({"type": "coverage", "scanned": scanned}))?;
    out.flush()
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
pub fn source(args: &ScanArgs) -> Result<Box<dyn Source>, String> {
    let is_stream = |path: &Path| path.as_os_str() == "-";
    if args.paths.iter().any(|path| is_stream(path)) {
        if args.paths.len() > 1 {
            return Err(
                "`-` is standard input and stands alone; write `./-` for a file of that name".to_owned()
            );
        }
        return Ok(Box::new(Stream::new("-", io::stdin())));
    }
    let roots = if args.paths.is_empty() { vec![".".into()] } else { args.paths.clone() };
    Ok(Box::new(Tree::new(TreeOptions { roots, no_ignore: args.no_ignore, jobs: args.run.jobs })))
}

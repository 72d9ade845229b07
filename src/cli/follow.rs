//! `stanch scan --follow`: findings in files that grow, and on standard input, as they come.

use std::fs;
use std::ops::ControlFlow;
use std::path::Path;

use stanch::engine::Scanner;
use stanch::report::terminal::Color;
use stanch::report::{Run, Summary, Totals};
use stanch::scan::{Outcome, follow};
use stanch::source::Follow;

use super::args::ScanArgs;
use super::decisions::Decisions;
use super::output::{self, Flush, Reports};
use super::status::Status;
use super::{progress, stdin, tell};

/// Follows what the arguments name until Ctrl-C, or until standard input ends if nothing else is named.
///
/// # Errors
/// One of them is a folder, or anything else that is there and never grows.
pub fn run(
    args: &ScanArgs,
    scanner: &Scanner,
    decisions: &Decisions,
    reports: &[output::Wanted],
    run: &Run,
    color: Color,
) -> Result<Status, String> {
    let (streams, paths): (Vec<_>, Vec<_>) =
        args.paths.iter().cloned().partition(|path| path.as_os_str() == "-");
    paths.iter().try_for_each(|path| announce(path))?;
    let source = Follow::new(&paths, (!streams.is_empty()).then(stdin::open));
    let mut reports = Reports::open(reports, color, run, Flush::EachLine);
    let mut totals = Totals::default();
    let coverage = progress::shown(false, false, |progress| {
        follow(source, scanner, &decisions.options(), progress, &mut |findings| {
            let mut outcome = Outcome { findings, ..Outcome::default() };
            decisions.apply(&mut outcome, scanner.rules());
            totals.add(&outcome.findings);
            if reports.tell(&outcome.findings) { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        })
    });
    if !args.run.quiet {
        coverage.notes.iter().for_each(|note| tell(&format!("note: {note}")));
    }
    let found = totals.counted() > 0;
    let whole = reports.finish(&Summary { coverage: &coverage, totals });
    Ok(Status::of_scan(found, whole && coverage.is_complete()))
}

/// Says of a file that cannot be read yet what is awaited, as a watch that watches nothing would look like a clean one.
fn announce(path: &Path) -> Result<(), String> {
    let shown = stanch::path::shown(path.as_os_str().as_encoded_bytes());
    match fs::metadata(path) {
        Ok(named) if named.is_dir() => Err(format!("{shown}: it is a folder, and --follow takes files")),
        Ok(named) if !named.is_file() => Err(format!("{shown}: it is no file, and cannot be followed")),
        Ok(_) => {
            if let Err(error) = fs::File::open(path) {
                tell(&format!("{shown}: {error}; it is tried again and again"));
            }
            Ok(())
        }
        Err(error) => {
            tell(&format!("{shown}: {error}; waiting for it to appear"));
            Ok(())
        }
    }
}

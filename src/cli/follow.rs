//! `stanch scan --follow`: findings in files that grow, and on standard input, as they come.

use std::ops::ControlFlow;

use stanch::engine::Scanner;
use stanch::report::terminal::Color;
use stanch::report::{Run, Summary, Totals};
use stanch::scan::{Outcome, follow};
use stanch::source::{Coverage, Follow};

use super::args::ScanArgs;
use super::decisions::Decisions;
use super::output::{self, Running};
use super::status::Status;
use super::{progress, stdin, tell};

/// Follows what the arguments name until Ctrl-C, or until standard input ends if nothing else is named.
pub fn run(
    args: &ScanArgs,
    scanner: &Scanner,
    decisions: &Decisions,
    reports: &[output::Wanted],
    run: &Run,
    color: Color,
) -> Status {
    let (streams, paths): (Vec<_>, Vec<_>) =
        args.paths.iter().cloned().partition(|path| path.as_os_str() == "-");
    let source = Follow::new(&paths, (!streams.is_empty()).then(stdin::open));
    let mut running = Running::open(reports, color, run);
    let mut totals = Totals::default();
    let coverage = progress::shown(false, false, |progress| {
        follow(source, scanner, &decisions.options(), progress, &mut |findings| {
            let mut outcome = just(findings);
            decisions.apply(&mut outcome, scanner.rules());
            totals.add(&outcome.findings);
            if running.tell(&outcome.findings) { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        })
    });
    if !args.run.quiet {
        coverage.notes.iter().for_each(|note| tell(&format!("note: {note}")));
    }
    let found = totals.counted() > 0;
    let whole = running.finish(&Summary { coverage: &coverage, totals });
    Status::of_scan(found, whole && coverage.is_complete())
}

/// Findings alone, to be judged by what was decided beforehand.
fn just(findings: Vec<stanch::finding::Finding<'_>>) -> Outcome<'_> {
    Outcome { findings, coverage: Coverage::default(), notes: Vec::new(), is_interrupted: false }
}

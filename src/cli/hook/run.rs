//! `stanch hook run`: quiet unless there is something to say, and then short.

use std::io;

use stanch::engine::Scanner;
use stanch::report::terminal::Color;
use stanch::report::{self, Look};
use stanch::scan::{Outcome, ScanOptions, scan, scan_staged};
use stanch::source::{Exclude, Staged, StagedOptions};

use super::HookRunArgs;
use crate::cli::args::JudgeArgs;
use crate::cli::decisions::Decisions;
use crate::cli::output::{tell_notes, tell_problems};
use crate::cli::scan::tree;
use crate::cli::status::Status;
use crate::cli::{environment, print, progress, tell};

/// Scans and says what is wrong.
pub fn run(args: &HookRunArgs, color: Color) -> Result<Status, String> {
    let decisions = Decisions::load(&args.judge, &[])?.about_a_part();
    let scanner = decisions.scanner()?;
    let mut outcome = scan_commit(args, scanner, &decisions.options(), decisions.exclude());
    let notes = decisions.apply(&mut outcome, scanner.rules());
    let counted = outcome.counted();
    if counted > 0 {
        tell_notes(&outcome);
        notes.iter().for_each(|note| tell(&format!("note: {note}")));
        let look = Look { color: color.on(&io::stdout()), ..Look::default() };
        print(|out| report::write_stop(out, &outcome.findings, look));
    }
    tell_problems(&outcome.coverage);
    let is_complete = outcome.coverage.is_complete();
    if !is_complete && counted == 0 {
        tell(
            "the commit was stopped, as not all of it was scanned (git commit --no-verify makes it all the same)",
        );
    }
    Ok(Status::of(&outcome, true))
}

/// What is staged; of files that were named, those that are not staged are scanned as they are.
fn scan_commit<'r>(
    args: &HookRunArgs,
    scanner: &'r Scanner,
    options: &ScanOptions,
    exclude: Option<Exclude>,
) -> Outcome<'r> {
    let JudgeArgs { no_archives, jobs, .. } = args.judge;
    let stage = StagedOptions {
        repository: ".".into(),
        given: environment::repository(),
        index: environment::index(),
        paths: args.files.clone(),
        exclude: exclude.clone(),
        silent: Some(options.silent_paths()),
        no_archives,
        jobs,
    };
    let staged = match Staged::open(stage) {
        Ok(staged) => staged,
        Err(problem) => return Outcome::of(problem),
    };
    let others = staged.untouched();
    progress::shown(true, false, |progress| {
        let of_stage = (args.files.is_empty() || others.len() < args.files.len())
            .then(|| scan_staged(&staged, scanner, options, progress));
        let of_files = (!others.is_empty()).then(|| {
            let tree = tree(others, false, &args.judge, exclude);
            scan(&tree, scanner, options, progress)
        });
        match (of_stage, of_files) {
            (Some(one), Some(other)) => one.join(other),
            (one, other) => one.or(other).expect("all files are in one of the two"),
        }
    })
}

//! `stanch hook pre-push`: what git calls before it sends commits to a remote.
//!
//! All refs that are pushed are one range: what leads to none of the remote's branches, as far as they were
//! fetched, and to nothing that the remote says it has. A ref that is deleted sends nothing.

use clap::Args;
use stanch::report::Run;
use stanch::report::terminal::Color;
use stanch::scan::scan_histories;
use stanch::source::RangeOptions;

use super::{history, updates};
use crate::cli::args::JudgeArgs;
use crate::cli::decisions::Decisions;
use crate::cli::status::Status;
use crate::cli::{output, progress, tell};

#[derive(Args, Debug)]
pub struct PushArgs {
    /// The remote, by its name or URL
    remote: String,
    /// Its URL
    url: Option<String>,
    #[command(flatten)]
    judge: JudgeArgs,
}

/// What is sent to a ref, as git tells it.
struct Update {
    /// The id that it is to have; all zeros when it is deleted.
    new: String,
    /// The id that the remote says it has; all zeros when it is new.
    old: String,
}

/// Scans what is pushed and says whether it may go out.
pub fn run(args: &PushArgs, color: Color) -> Result<Status, String> {
    let pushed = updates(Update::FORM, Update::read)
        .map_err(|error| format!("cannot read what is pushed: {error}"))?;
    let decisions = Decisions::load(&args.judge, &[])?.about_a_part();
    let scanner = decisions.scanner()?;
    let (new, old) = pushed.into_iter().map(|update| (update.new, update.old)).unzip();
    let history = history(&args.judge, RangeOptions::sent(new, &args.remote, old), &decisions);
    let mut outcome = progress::shown(true, false, |progress| {
        scan_histories(history, scanner, &decisions.options(), progress)
    });
    let notes = decisions.apply(&mut outcome, scanner.rules());
    let status = Status::of(&outcome, true);
    if status != Status::Clean {
        output::tell_notes(&outcome);
        notes.iter().for_each(|note| tell(&format!("note: {note}")));
        let report = output::Wanted { format: None, file: None };
        output::write(&[report], color, &Run { now: decisions.now, ..Run::default() }, &outcome);
        tell("nothing was pushed (git push --no-verify pushes all the same)");
    }
    Ok(status)
}

impl Update {
    /// The form of a line; its first part may be any expression.
    const FORM: &str = "LOCAL-REF ID REMOTE-REF ID";

    fn read(line: &str) -> Option<Self> {
        let mut words = line.rsplitn(4, ' ');
        let (old, _, new, _) = (words.next()?, words.next()?, words.next()?, words.next()?);
        Some(Self { new: new.to_owned(), old: old.to_owned() })
    }
}

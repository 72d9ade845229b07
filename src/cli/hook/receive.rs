//! `stanch hook pre-receive`: what a server calls before it accepts a push.
//!
//! Git keeps what is pushed apart until then, and names the folder in the environment. All refs of a push
//! are one range: what none of the refs that are there leads to. Whoever pushes may give a reason to be let
//! through all the same, if the server allows it; that is always written down.

use std::ffi::OsString;
use std::fs::OpenOptions;
use std::io::Write;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;
use std::{env, thread};

use clap::{Args, ValueEnum};
use serde_json::json;
use stanch::engine::Scanner;
use stanch::report::Run;
use stanch::report::terminal::Color;
use stanch::scan::{Outcome, Progress, ScanOptions, scan_histories};
use stanch::source::{HistoryOptions, RangeOptions};

use super::{history, updates};
use crate::cli::args::JudgeArgs;
use crate::cli::decisions::Decisions;
use crate::cli::status::Status;
use crate::cli::{output, tell};

/// The push option that lets a push through, with its reason after a `=`.
const OPTION: &str = "stanch.allow";

#[derive(Args, Debug)]
pub struct ReceiveArgs {
    /// Stop after so many seconds
    #[arg(long, value_name = "SECONDS")]
    deadline: Option<u64>,
    /// What becomes of a push that was not scanned in time
    #[arg(long, value_name = "WHAT", default_value = "refuse", requires = "deadline")]
    on_deadline: OnDeadline,
    /// Accept no push for a reason given with `git push -o stanch.allow="REASON"`
    #[arg(long)]
    no_override: bool,
    /// Where pushes that were let through are written down, a line of JSON each
    #[arg(long, value_name = "FILE")]
    log: Option<PathBuf>,
    #[command(flatten)]
    judge: JudgeArgs,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum OnDeadline {
    /// It is refused, with status 3
    Refuse,
    /// It is accepted, and told so
    Accept,
}

/// The change of a ref, as git tells it.
struct Update {
    old: String,
    new: String,
    name: String,
}

impl Update {
    /// The form of a line.
    const FORM: &str = "OLD NEW REF";

    fn read(line: &str) -> Option<Self> {
        let mut words = line.splitn(3, ' ').map(str::to_owned);
        Some(Self { old: words.next()?, new: words.next()?, name: words.next()? })
    }
}

/// Scans what is pushed and says whether it may come in.
pub fn run(args: &ReceiveArgs, color: Color) -> Result<Status, String> {
    let updates = updates(Update::FORM, Update::read)
        .map_err(|error| format!("cannot read the refs of the push: {error}"))?;
    let decisions = Decisions::load(&args.judge, &[])?.about_a_part();
    let scanner = decisions.scanner()?;
    let received = RangeOptions::received(updates.iter().map(|update| update.new.clone()).collect());
    let history = HistoryOptions { more_objects: quarantine(), ..history(&args.judge, received, &decisions) };
    let (mut outcome, is_late) = scan_push(history, args.deadline, scanner, &decisions.options());
    decisions.apply(&mut outcome, scanner.rules());
    let counted = outcome.counted();
    if counted > 0 || !outcome.coverage.is_complete() && !is_late {
        let report = output::Wanted { format: None, file: None };
        output::write(&[report], color, &Run { now: decisions.now, ..Run::default() }, &outcome);
    }
    let status = Status::of(&outcome, true);
    if status == Status::Clean {
        return Ok(status);
    }
    match reason(args.no_override) {
        Some(reason) if reason.is_empty() => {
            tell(&format!("{OPTION} needs a reason: git push -o {OPTION}=\"why\""))
        }
        Some(reason) => return let_through(&reason, &updates, args, &outcome, decisions.now),
        None => {}
    }
    if is_late {
        let seconds = args.deadline.unwrap_or_default();
        if args.on_deadline == OnDeadline::Accept {
            tell(&format!("the push was not scanned in {seconds} seconds; it is accepted all the same"));
            return Ok(Status::Clean);
        }
        tell(&format!("the push was not scanned in {seconds} seconds, so it is refused: push less at once"));
    }
    if !args.no_override {
        tell(&format!("to push it all the same, which is written down: git push -o {OPTION}=\"why\""));
    }
    Ok(status)
}

/// Scans until the deadline; whether that was too short.
fn scan_push<'r>(
    history: HistoryOptions,
    deadline: Option<u64>,
    scanner: &'r Scanner,
    options: &ScanOptions,
) -> (Outcome<'r>, bool) {
    let progress = Progress::default();
    let is_late = AtomicBool::new(false);
    let (done, ended) = channel::<()>();
    let outcome = thread::scope(|scope| {
        if let Some(seconds) = deadline {
            let (progress, is_late) = (&progress, &is_late);
            let wait = move || {
                if ended.recv_timeout(Duration::from_secs(seconds)) == Err(RecvTimeoutError::Timeout) {
                    is_late.store(true, Ordering::Relaxed);
                    progress.stop.store(true, Ordering::Relaxed);
                }
            };
            // A deadline of nothing is over before it begins.
            if seconds == 0 { wait() } else { drop(scope.spawn(wait)) }
        }
        let outcome = scan_histories(history, scanner, options, &progress);
        drop(done);
        outcome
    });
    (outcome, is_late.into_inner())
}

/// Where git keeps what is pushed, and what it may refer to.
fn quarantine() -> Vec<PathBuf> {
    let folder = |name: &str| env::var_os(name).filter(|folder| !folder.is_empty());
    let own = [folder("GIT_QUARANTINE_PATH"), folder("GIT_OBJECT_DIRECTORY")];
    let alternates = folder("GIT_ALTERNATE_OBJECT_DIRECTORIES");
    let alternates: Vec<PathBuf> =
        alternates.iter().flat_map(|folders: &OsString| env::split_paths(folders)).collect();
    let mut folders: Vec<PathBuf> = own.into_iter().flatten().map(PathBuf::from).chain(alternates).collect();
    folders.dedup();
    folders
}

/// The reason that was given to be let through.
fn reason(no_override: bool) -> Option<String> {
    let number: usize = env::var("GIT_PUSH_OPTION_COUNT").ok()?.parse().ok()?;
    let options = (0..number).filter_map(|index| env::var(format!("GIT_PUSH_OPTION_{index}")).ok());
    let mut reasons = options.filter_map(|option| match option.split_once('=') {
        Some((OPTION, reason)) => Some(reason.trim().trim_matches('"').trim().to_owned()),
        None if option == OPTION => Some(String::new()),
        _ => None,
    });
    reasons.next().filter(|_| !no_override)
}

/// Accepts a push for a reason, once that is written down.
fn let_through(
    reason: &str,
    updates: &[Update],
    args: &ReceiveArgs,
    outcome: &Outcome<'_>,
    now: i64,
) -> Result<Status, String> {
    let refs: Vec<_> = updates
        .iter()
        .map(|update| json!({ "ref": update.name, "old": update.old, "new": update.new }))
        .collect();
    let who = ["GL_USERNAME", "GITEA_PUSHER_NAME", "REMOTE_USER", "USER"];
    let line = json!({
        "time": jiff::Timestamp::from_second(now).map(|time| time.to_string()).unwrap_or_default(),
        "reason": reason,
        "who": who.iter().find_map(|name| env::var(name).ok().filter(|name| !name.is_empty())),
        "refs": refs,
        "findings": outcome.counted(),
        "fingerprints": outcome.findings.iter().filter(|finding| finding.counts())
            .map(|finding| finding.fingerprint.to_string()).collect::<Vec<_>>(),
        "complete": outcome.coverage.is_complete(),
    });
    if let Some(file) = &args.log {
        let written = OpenOptions::new().create(true).append(true).open(file);
        if let Err(error) = written.and_then(|mut file| writeln!(file, "{line}")) {
            tell(&format!("{}: {error}: what cannot be written down is not let through", file.display()));
            return Ok(Status::Incomplete);
        }
    }
    tell(&format!("let through, and written down: {line}"));
    Ok(Status::Clean)
}

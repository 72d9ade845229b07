//! `stanch hook`: what git and pre-commit call before a commit is made or pushed, or comes in.

mod install;
mod push;
mod receive;
mod run;

use std::io::{self, Read};

use clap::{Args, Subcommand, ValueEnum};
use stanch::report::terminal::Color;
use stanch::source::{HistoryOptions, RangeOptions};

use super::args::JudgeArgs;
use super::decisions::Decisions;
use super::environment;
use super::status::Status;

#[derive(Args, Debug)]
pub struct HookArgs {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Look at what is staged, as a hook
    Run(Box<HookRunArgs>),
    /// Look at what is pushed to this repository, as a server's hook
    PreReceive(Box<receive::ReceiveArgs>),
    /// Look at what is pushed from this repository, as a hook
    PrePush(Box<push::PushArgs>),
    /// Have git run stanch before each commit or push
    Install {
        /// Which hooks
        #[arg(default_value = "pre-commit")]
        hooks: Vec<Hook>,
    },
    /// Remove the hooks that `install` made
    Uninstall {
        /// Which hooks [default: all]
        hooks: Vec<Hook>,
    },
}

#[derive(Args, Debug)]
pub struct HookRunArgs {
    /// Only these files: what is staged of them, or all of those that are not staged [default: all that is staged]
    files: Vec<std::path::PathBuf>,
    #[command(flatten)]
    judge: JudgeArgs,
}

/// A hook of git.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Hook {
    /// Before a commit is made
    PreCommit,
    /// Before commits are pushed
    PrePush,
}

impl Hook {
    /// The name of its file.
    fn name(self) -> &'static str {
        match self {
            Self::PreCommit => "pre-commit",
            Self::PrePush => "pre-push",
        }
    }

    /// The command that it runs.
    fn command(self) -> &'static str {
        match self {
            Self::PreCommit => "hook run",
            Self::PrePush => "hook pre-push \"$@\"",
        }
    }
}

/// Does what was asked for, and says how it ended.
pub fn run(args: &HookArgs, color: Color) -> Result<Status, String> {
    match &args.action {
        Action::Run(args) => run::run(args, color),
        Action::PreReceive(args) => receive::run(args, color),
        Action::PrePush(args) => push::run(args, color),
        Action::Install { hooks } => install::install(hooks),
        Action::Uninstall { hooks } => {
            install::uninstall(if hooks.is_empty() { Hook::value_variants() } else { hooks })
        }
    }
}

/// What a push brings to this repository, or takes from it.
fn history(judge: &JudgeArgs, range: RangeOptions, decisions: &Decisions) -> HistoryOptions {
    HistoryOptions {
        repository: ".".into(),
        given: environment::repository(),
        range: Some(range),
        removed_is_note: decisions.config.allow_removed,
        no_archives: judge.no_archives,
        jobs: judge.jobs,
        ..HistoryOptions::default()
    }
}

/// What git says of refs on standard input, a line each; an error that shows the `form` of a line if `read` knows
/// one of them not.
fn updates<T>(form: &str, read: impl Fn(&str) -> Option<T>) -> io::Result<Vec<T>> {
    let mut text = Vec::new();
    io::stdin().lock().read_to_end(&mut text)?;
    let lines: Option<Vec<T>> = String::from_utf8_lossy(&text).lines().map(read).collect();
    lines.ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, format!("a line is not `{form}`")))
}

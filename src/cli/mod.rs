//! The command line: one verb each. Parses, runs, prints, and says how it ended.

mod args;
mod baseline;
mod command;
mod complete;
mod config;
mod decisions;
mod environment;
mod explain;
mod follow;
mod git;
mod hook;
mod in_place;
mod merge;
mod migrate;
mod outlet;
mod output;
mod progress;
mod redact;
mod rules;
mod scan;
mod signal;
mod status;
mod stdin;

use std::ffi::OsString;
use std::io::{self, BufWriter, Write};
use std::panic::PanicHookInfo;
use std::process::ExitCode;

use stanch::report::terminal::escape;

use args::{Cli, Command};
use status::Status;

/// Runs one command line, program name first, and gives its exit status.
pub fn run(arguments: impl Iterator<Item = OsString>) -> ExitCode {
    std::panic::set_hook(Box::new(tell_defect));
    let (cli, typed) = match Cli::read(arguments) {
        Ok(read) => read,
        Err(error) => {
            // Help that nobody reads any more is no failure.
            let _ = error.print();
            return if error.use_stderr() { Status::Usage } else { Status::Clean }.code(1);
        }
    };
    let (_, typed) = typed.subcommand().expect("there is a verb");
    let done = match &cli.command {
        Command::Scan(args) => scan::run(args, cli.color, typed),
        Command::Git(args) => git::run(args, cli.color, typed),
        Command::Hook(args) => hook::run(args, cli.color),
        Command::Merge(args) => merge::run(args),
        Command::Baseline(args) => baseline::run(args),
        Command::Config(args) => config::run(args),
        Command::Migrate(args) => migrate::run(args),
        Command::Redact(args) => redact::run(args),
        Command::Rules(args) => rules::run(args),
        Command::Completions { shell } => Ok(complete::completions(*shell)),
        Command::Man { verb } => complete::man(verb),
    };
    let status = done.unwrap_or_else(|message| {
        tell(&message);
        Status::Usage
    });
    status.code(cli.command.exit_code())
}

/// Prints to standard output, and says whether all of it arrived.
fn print(write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Status {
    let mut out = BufWriter::new(io::stdout().lock());
    match write(&mut out).and_then(|()| out.flush()) {
        Ok(()) => Status::Clean,
        Err(error) => {
            tell_write_error("standard output", &error);
            Status::Incomplete
        }
    }
}

/// Tells of a panic without its message, which may hold scanned bytes.
fn tell_defect(panic: &PanicHookInfo<'_>) {
    let place = panic.location().map_or_else(String::new, |at| format!(" at {at}"));
    tell(&format!("internal error{place}: this is a defect of stanch, please report it"));
}

/// Tells that something could not be written; a pipe that was closed is nobody's mistake.
fn tell_write_error(name: &str, error: &io::Error) {
    if error.kind() != io::ErrorKind::BrokenPipe {
        tell(&format!("cannot write to {name}: {error}"));
    }
}

/// Writes a message to standard error, its characters made harmless. When even that fails there is
/// nobody left to tell.
fn tell(message: &str) {
    let mut error = io::stderr().lock();
    for (index, line) in message.lines().enumerate() {
        let prefix = if index == 0 { "stanch: " } else { "  " };
        let _ = writeln!(error, "{prefix}{}", escape(line));
    }
}

//! The command line: one verb each. Parses, runs, prints, and says how it ended.

mod args;
mod complete;
mod output;
mod progress;
mod scan;
mod status;

use std::ffi::OsString;
use std::io::{self, Write};
use std::panic::PanicHookInfo;
use std::process::ExitCode;

use clap::{CommandFactory, FromArgMatches};

use args::{Cli, Color, Command};
use status::Status;

/// Runs one command line, program name first, and gives its exit status.
pub fn run(arguments: impl Iterator<Item = OsString>) -> ExitCode {
    std::panic::set_hook(Box::new(|panic| tell_defect(panic)));
    let matches = match Cli::command().try_get_matches_from(arguments) {
        Ok(matches) => matches,
        Err(error) => {
            // Help that nobody reads any more is no failure.
            let _ = error.print();
            return if error.use_stderr() { Status::Usage } else { Status::Clean }.code(1);
        }
    };
    let cli = Cli::from_arg_matches(&matches).expect("the same definition made the matches");
    match cli.color {
        Color::Auto => anstream::ColorChoice::Auto,
        Color::Always => anstream::ColorChoice::Always,
        Color::Never => anstream::ColorChoice::Never,
    }
    .write_global();
    match cli.command {
        Command::Scan(args) => {
            let typed = matches.subcommand_matches("scan").expect("the verb was matched");
            scan::run(&args, typed)
        }
        Command::Completions { shell } => complete::completions(shell),
        Command::Man { verb } => complete::man(verb.as_deref()),
    }
}

/// Tells of a panic without its message, which may hold scanned bytes.
fn tell_defect(panic: &PanicHookInfo<'_>) {
    let place = panic.location().map_or_else(String::new, |at| format!(" at {at}"));
    tell(&format!("internal error{place}: this is a defect of stanch, please report it"));
}

/// Writes one line to standard error. When even that fails there is nobody left to tell.
fn tell(message: &str) {
    let _ = writeln!(io::stderr().lock(), "stanch: {message}");
}

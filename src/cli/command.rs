//! `stanch redact -- COMMAND`: runs a command and redacts both of its outputs.
//!
//! The command keeps standard input, its process group and its terminal. An output that goes to a
//! terminal it sees as a terminal still (`outlet.rs`), and signals that are sent to stanch are passed
//! on to it (`signal.rs`).

use std::ffi::OsString;
use std::io::{self, BufWriter, Write};
use std::process::{Command, ExitStatus};
use std::thread;

use stanch::engine::Scanner;
use stanch::redact::{CopyError, RedactOptions};

use super::outlet::Outlet;
use super::redact::{Done, redact};
use super::signal::Caught;
use super::status::Status;
use super::{tell, tell_write_error};

/// The statuses that shells give to what cannot be run, and to what cannot be found.
const CANNOT_RUN: u8 = 126;
const NOT_FOUND: u8 = 127;

/// Runs a command line that is not empty and gives the status that stands for the command's.
pub fn run(line: &[OsString], scanner: &Scanner, options: &RedactOptions, fail: bool) -> Status {
    let (program, arguments) = line.split_first().expect("whoever calls looked that there is a command");
    match start(program, arguments, scanner, options) {
        Ok((status, done)) => exit(status, done, fail),
        Err(error) => {
            tell(&format!("cannot run {}: {error}", program.display()));
            let not_found = error.kind() == io::ErrorKind::NotFound;
            Status::Passed(if not_found { NOT_FOUND } else { CANNOT_RUN })
        }
    }
}

fn start(
    program: &OsString,
    arguments: &[OsString],
    scanner: &Scanner,
    options: &RedactOptions,
) -> io::Result<(ExitStatus, Done)> {
    let (stdout, stdout_end) = Outlet::like(&io::stdout())?;
    let (stderr, stderr_end) = Outlet::like(&io::stderr())?;
    let caught = Caught::new()?;
    let mut command = Command::new(program);
    command.args(arguments).stdout(stdout_end).stderr(stderr_end);
    let mut child = command.spawn()?;
    // It holds the other ends of the outlets, and they end only when nobody does.
    drop(command);
    let passing_on = caught.pass_on(&child);
    let done = thread::scope(|scope| {
        let err = scope.spawn(|| pass_on(stderr, scanner, options, "standard error", io::stderr()));
        let out = pass_on(stdout, scanner, options, "standard output", io::stdout());
        out.and(err.join().unwrap_or(Done { masked: 0, failed: true }))
    });
    let status = child.wait()?;
    passing_on.close();
    Ok((status, done))
}

fn pass_on(outlet: Outlet, scanner: &Scanner, options: &RedactOptions, name: &str, out: impl Write) -> Done {
    let mut out = BufWriter::new(out);
    let (masked, result) = redact(outlet, scanner, options, &mut out);
    match &result {
        Ok(()) => {}
        Err(CopyError::Read(error)) => tell(&format!("cannot read what the command prints: {error}")),
        Err(error @ CopyError::Refused(_)) => tell(&format!("{name}: {error}")),
        Err(CopyError::Write(error)) => tell_write_error(name, error),
    }
    Done { masked, failed: result.is_err() }
}

/// The command's status comes first; what else there is to say, only a command that succeeded leaves room for.
fn exit(status: ExitStatus, done: Done, fail: bool) -> Status {
    #[cfg(unix)]
    if let Some(signal) = std::os::unix::process::ExitStatusExt::signal(&status) {
        return Status::Passed(super::signal::die_of(signal));
    }
    match status.code() {
        Some(0) => done.status(fail),
        Some(code) => Status::Passed(u8::try_from(code).unwrap_or(1)),
        None => Status::Incomplete,
    }
}

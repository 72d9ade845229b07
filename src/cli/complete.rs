//! `stanch completions` and `stanch man`: generated from the definition of the arguments.

use std::io::{self, Write};
use std::process::ExitCode;

use clap::CommandFactory;
use clap_complete::Shell;

use super::args::Cli;
use super::status::Status;
use super::{tell, tell_write_error};

/// Prints the completion script of a shell.
pub fn completions(shell: Shell) -> ExitCode {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "stanch", &mut script);
    print(&script)
}

/// Prints the manual page of the program or of one verb.
pub fn man(verb: Option<&str>) -> ExitCode {
    let mut command = Cli::command();
    command.build();
    if let Some(verb) = verb {
        let Some(found) = command.find_subcommand(verb) else {
            tell(&format!("there is no command `{}`; see `stanch --help`", verb));
            return Status::Usage.code(1);
        };
        command = found.clone();
    }
    let mut page = Vec::new();
    clap_mangen::Man::new(command).render(&mut page).expect("writing to memory does not fail");
    print(&page)
}

fn print(bytes: &[u8]) -> ExitCode {
    let mut out = io::stdout().lock();
    match out.write_all(bytes).and_then(|()| out.flush()) {
        Ok(()) => Status::Clean,
        Err(error) => {
            tell_write_error("standard output", &error);
            Status::Incomplete
        }
    }
    .code(1)
}

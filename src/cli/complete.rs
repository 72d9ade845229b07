//! `stanch completions` and `stanch man`: generated from the definition of the arguments.

use clap::CommandFactory;
use clap_complete::Shell;

use super::args::Cli;
use super::print;
use super::status::Status;

/// Prints the completion script of a shell.
pub fn completions(shell: Shell) -> Status {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "stanch", &mut script);
    print(|out| out.write_all(&script))
}

/// Prints the manual page of the program or of one verb.
pub fn man(verb: Option<&str>) -> Result<Status, String> {
    let mut command = Cli::command();
    command.build();
    if let Some(verb) = verb {
        let found = command.find_subcommand(verb).cloned();
        command = found.ok_or_else(|| format!("there is no command `{verb}`; see `stanch --help`"))?;
    }
    let mut page = Vec::new();
    clap_mangen::Man::new(command).render(&mut page).expect("writing to memory does not fail");
    Ok(print(|out| out.write_all(&page)))
}

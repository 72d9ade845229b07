//! `stanch completions` and `stanch man`: generated from the definition of the arguments.

use clap::{Command, CommandFactory};
use clap_complete::Shell;

use super::args::Cli;
use super::print;
use super::status::Status;

/// What pages say that they come from.
const VERSION: &str = concat!("stanch ", env!("CARGO_PKG_VERSION"));

/// Prints the completion script of a shell.
pub fn completions(shell: Shell) -> Status {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "stanch", &mut script);
    print(|out| out.write_all(&script))
}

/// Prints the manual page of the program, or of one verb by its words, such as `hook run` or `hook-run`.
pub fn man(verb: &[String]) -> Result<Status, String> {
    let mut command = Cli::command();
    command.build();
    let name = verb.join("-").replace(' ', "-");
    let all = descendants(&command);
    let found = all.into_iter().find(|one| title(one) == format!("stanch-{name}"));
    let command = match found {
        Some(found) => found.clone(),
        None if verb.is_empty() => command,
        None => return Err(format!("there is no command `{}`; see `stanch --help`", verb.join(" "))),
    };
    let (mut page, title) = (Vec::new(), title(&command).to_owned());
    let manual = clap_mangen::Man::new(command).title(title).manual("stanch").source(VERSION);
    manual.render(&mut page).expect("writing to memory does not fail");
    Ok(print(|out| out.write_all(&page)))
}

/// All verbs below a command, the nearest first.
fn descendants(command: &Command) -> Vec<&Command> {
    let mut all: Vec<_> = command.get_subcommands().collect();
    all.extend(command.get_subcommands().flat_map(descendants));
    all
}

/// The name of a page: that of the program and the words of the verb.
fn title(command: &Command) -> &str {
    command.get_display_name().unwrap_or_else(|| command.get_name())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_verb_has_a_page() {
        let mut command = Cli::command();
        command.build();
        let titles: Vec<_> = descendants(&command).into_iter().map(title).collect();
        for known in ["stanch-scan", "stanch-hook-run", "stanch-hook-pre-receive", "stanch-baseline-create"] {
            assert!(titles.contains(&known), "{known} in {titles:?}");
        }
        let words = |text: &str| text.split('/').map(str::to_owned).collect::<Vec<_>>();
        for verb in ["scan", "hook/run", "hook run", "hook-run", "hook/pre-receive"] {
            assert_eq!(man(&words(verb)), Ok(Status::Clean), "{verb}");
        }
        assert!(man(&words("no/such")).is_err_and(|told| told.contains("`no such`")));
    }
}

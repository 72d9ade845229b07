//! `stanch config`: what is configured and where it comes from, and the schema of our file.

use std::io::{self, Write};
use std::path::PathBuf;

use clap::{Args, Subcommand};
use stanch::config::schema;
use stanch::report::terminal::escape;

use super::args::JudgeArgs;
use super::decisions::Decisions;
use super::print;
use super::status::Status;

/// Arguments of `stanch config`.
#[derive(Args, Debug)]
pub struct ConfigArgs {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Print each value with where it comes from, and what is not supported
    Show {
        /// The folder that would be scanned [default: the current one]
        folder: Option<PathBuf>,
        #[command(flatten)]
        run: Box<JudgeArgs>,
    },
    /// Print the JSON schema of stanch.toml, for editors
    Schema,
}

/// Runs the verb.
pub fn run(args: &ConfigArgs) -> Result<Status, String> {
    match &args.verb {
        Verb::Schema => Ok(print(|out| {
            serde_json::to_writer_pretty(&mut *out, &schema())?;
            writeln!(out)
        })),
        Verb::Show { folder, run } => {
            let decisions = load(folder.as_ref(), run)?;
            Ok(print(|out| show(&decisions, run, out)))
        }
    }
}

fn load(folder: Option<&PathBuf>, run: &JudgeArgs) -> Result<Decisions, String> {
    let paths: Vec<_> = folder.into_iter().cloned().collect();
    let decisions = Decisions::load(run, &paths)?;
    decisions.rules()?;
    Ok(decisions)
}

fn show(decisions: &Decisions, run: &JudgeArgs, out: &mut dyn Write) -> io::Result<()> {
    let mut lines = Vec::new();
    let told = &decisions.config.told;
    if run.confidence.is_some() {
        lines.push((format!("confidence = \"{}\"", decisions.confidence), "--confidence".to_owned()));
    } else if !told.iter().any(|told| told.name == "confidence") {
        lines.push((format!("confidence = \"{}\"", decisions.confidence), "default".to_owned()));
    }
    if run.baseline.is_some()
        && let Some(baseline) = &decisions.config.baseline
    {
        lines.push((format!("baseline = \"{}\"", baseline.display()), "--baseline".to_owned()));
    }
    let is_argument = |name: &str| {
        (name == "confidence" && run.confidence.is_some()) || (name == "baseline" && run.baseline.is_some())
    };
    let files = told.iter().filter(|told| !is_argument(&told.name));
    lines.extend(files.map(|told| (format!("{} = {}", told.name, told.value), told.origin.clone())));
    let width = lines.iter().map(|(value, _)| value.chars().count()).max().unwrap_or(0);
    for (value, origin) in lines {
        writeln!(out, "{:width$}  # {}", escape(&value), escape(&origin))?;
    }
    if !decisions.config.unsupported.is_empty() {
        writeln!(out, "\n# Not supported:")?;
        for mistake in &decisions.config.unsupported {
            writeln!(out, "# {}", escape(&mistake.to_string()))?;
        }
    }
    Ok(())
}

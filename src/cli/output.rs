//! Where reports go: each `--output` belongs to the `--format` before it.

use std::path::PathBuf;

use clap::ArgMatches;

use super::args::RunArgs;

/// A report that was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// The name of its format; `None` when none was named.
    pub format: Option<String>,
    /// The file that it goes to; `None` for standard output.
    pub file: Option<PathBuf>,
}

/// Pairs formats with outputs by the order in which they were typed.
pub fn wanted(args: &RunArgs, typed: &ArgMatches) -> Result<Vec<Wanted>, String> {
    let indices = |name| typed.indices_of(name).into_iter().flatten();
    let mut reports: Vec<(usize, Wanted)> = indices("format")
        .zip(&args.format)
        .map(|(index, format)| (index, Wanted { format: Some(format.clone()), file: None }))
        .collect();
    if reports.is_empty() {
        reports.push((0, Wanted { format: None, file: None }));
    }
    for (index, file) in indices("output").zip(&args.output) {
        let before = reports.iter_mut().rfind(|(format, _)| *format < index || args.format.is_empty());
        let Some((_, report)) = before else {
            return Err("--output stands before every --format; it belongs to the one before it".to_owned());
        };
        if report.file.replace(file.clone()).is_some() {
            return Err("two --output for one --format; give each its own --format".to_owned());
        }
    }
    if reports.iter().filter(|(_, report)| report.file.is_none()).count() > 1 {
        return Err("only one report can go to standard output; give the others an --output".to_owned());
    }
    Ok(reports.into_iter().map(|(_, report)| report).collect())
}

#[cfg(test)]
mod tests {
    use clap::{CommandFactory, FromArgMatches};

    use super::*;
    use crate::cli::args::{Cli, Command};

    fn parse(line: &str) -> Result<Vec<(Option<String>, Option<String>)>, String> {
        let matches = Cli::command().try_get_matches_from(line.split(' ')).map_err(|e| e.to_string())?;
        let Command::Scan(args) = Cli::from_arg_matches(&matches).map_err(|e| e.to_string())?.command else {
            return Err("not a scan".into());
        };
        let typed = matches.subcommand_matches("scan").ok_or("not a scan")?;
        let plain = |wanted: Wanted| (wanted.format, wanted.file.map(|file| file.display().to_string()));
        Ok(wanted(&args.run, typed)?.into_iter().map(plain).collect())
    }

    #[test]
    fn outputs_belong_to_the_format_before_them() {
        let some = |text: &str| Some(text.to_owned());
        let line = "stanch scan --format sarif --output a.sarif --format json --format jsonl --output b";
        let expected =
            vec![(some("sarif"), some("a.sarif")), (some("json"), None), (some("jsonl"), some("b"))];
        assert_eq!(parse(line), Ok(expected));
        assert_eq!(parse("stanch scan"), Ok(vec![(None, None)]));
        assert_eq!(parse("stanch scan --output x"), Ok(vec![(None, some("x"))]));
    }

    #[test]
    fn what_cannot_be_paired_is_an_error() {
        for line in [
            "stanch scan --output x --format json",
            "stanch scan --format json --output x --output y",
            "stanch scan --format json --format jsonl",
        ] {
            assert!(parse(line).is_err(), "{line}");
        }
    }
}

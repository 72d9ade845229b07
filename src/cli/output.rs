//! Where reports go: each `--output` belongs to the `--format` before it. One that cannot be written
//! does not keep the others from it.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, BufWriter, LineWriter, Write};
use std::path::PathBuf;
use std::{env, slice};

use clap::ArgMatches;
use stanch::finding::Finding;
use stanch::git::WorkTree;
use stanch::report::terminal::Color;
use stanch::report::{self, Format, Look, Reporter, Run, Summary, Totals, uri};
use stanch::scan::Outcome;
use stanch::source::Coverage;

use super::args::RunArgs;
use super::status::Status;
use super::{tell, tell_write_error};

/// A report that was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// Its format; `None` when none was named.
    pub format: Option<Format>,
    /// The file that it goes to; `None` for standard output.
    pub file: Option<PathBuf>,
}

/// Pairs formats with outputs by the order in which they were typed.
pub fn wanted(args: &RunArgs, typed: &ArgMatches) -> Result<Vec<Wanted>, String> {
    let indices = |name| typed.indices_of(name).into_iter().flatten();
    let mut reports: Vec<(usize, Wanted)> = indices("format")
        .zip(&args.format)
        .map(|(index, format)| (index, Wanted { format: Some(*format), file: None }))
        .collect();
    if reports.is_empty() {
        // The ending of a file may name its format.
        let ending = args.output.first().and_then(|file| file.extension()?.to_str()?.parse().ok());
        reports.push((0, Wanted { format: ending, file: None }));
    }
    let is_clear = args.format.len() <= 1 && args.output.len() <= 1;
    for (index, file) in indices("output").zip(&args.output) {
        let before =
            reports.iter_mut().rfind(|(format, _)| is_clear || *format < index || args.format.is_empty());
        let Some((_, report)) = before else {
            return Err("--output stands before every --format; it belongs to the one before it".to_owned());
        };
        if report.file.replace(file.clone()).is_some() {
            return Err("two --output for one --format; give each its own --format".to_owned());
        }
    }
    for (_, report) in &mut reports {
        report.file = report.file.take().filter(|file| file.as_os_str() != "-");
    }
    if reports.iter().filter(|(_, report)| report.file.is_none()).count() > 1 {
        return Err("only one report can go to standard output; give the others an --output".to_owned());
    }
    let reports: Vec<_> = reports.into_iter().map(|(_, report)| report).collect();
    let mut taken = BTreeSet::new();
    for file in reports.iter().filter_map(|report| report.file.as_ref()) {
        if !taken.insert(std::path::absolute(file).unwrap_or_else(|_| file.clone())) {
            return Err(format!("two reports go to {}; give each a file of its own", file.display()));
        }
    }
    Ok(reports)
}

/// Writes what was found, tells `notes`, and says how it ended.
pub fn report(
    outcome: &Outcome<'_>,
    notes: &[String],
    args: &RunArgs,
    run: &Run,
    reports: &[Wanted],
    color: Color,
) -> Status {
    if !args.quiet {
        tell_notes(outcome);
        notes.iter().for_each(|note| tell(&format!("note: {note}")));
    }
    let whole = write(reports, color, run, outcome);
    Status::of(outcome, whole)
}

/// Tells what a person should know of the scan and of the text.
pub fn tell_notes(outcome: &Outcome<'_>) {
    for note in &outcome.coverage.notes {
        tell(&format!("note: {note}"));
    }
    for note in &outcome.notes {
        tell(&format!("note: {}:{}: {}", note.path, note.line, note.message));
    }
}

/// Writes all reports, and says whether all of them are whole.
pub fn write(reports: &[Wanted], color: Color, run: &Run, outcome: &Outcome<'_>) -> bool {
    let mut reports = Reports::open(reports, color, run, Flush::AtEnd);
    reports.tell(&outcome.findings);
    reports.finish(&Summary { coverage: &outcome.coverage, totals: Totals::of(&outcome.findings) })
}

/// Tells what could not be scanned.
pub fn tell_problems(coverage: &Coverage) {
    for problem in &coverage.problems {
        tell(&format!("not scanned: {}: {}", problem.path, problem.message));
    }
}

/// When a report is handed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flush {
    /// When it is whole; a file that was cut short is removed.
    AtEnd,
    /// Line by line, for those who read on while it is written.
    EachLine,
}

/// Reports that were begun.
pub struct Reports(Vec<Begun>);

/// A report that was begun.
struct Begun {
    /// The file that it goes to; `None` for standard output.
    file: Option<PathBuf>,
    flush: Flush,
    /// `None` when it could not be written.
    reporter: Option<Box<dyn Reporter>>,
    tells_problems: bool,
}

impl Reports {
    /// Opens all reports and begins them.
    pub fn open(wanted: &[Wanted], color: Color, run: &Run, flush: Flush) -> Self {
        let mut reports = Self(Vec::new());
        for Wanted { format, file } in wanted {
            let format = format.unwrap_or_default();
            let tells_problems = format.tells_problems();
            let mut begun = Begun { file: file.clone(), flush, reporter: None, tells_problems };
            match begun.open(format, color, run) {
                Ok(reporter) => begun.reporter = Some(reporter),
                Err(error) => begun.tell(&error),
            }
            reports.0.push(begun);
        }
        reports.each(|reporter| reporter.begin());
        reports
    }

    /// Writes findings, and says whether anybody reads on.
    pub fn tell(&mut self, findings: &[Finding<'_>]) -> bool {
        for finding in findings {
            self.each(|reporter| reporter.finding(finding));
        }
        self.0.iter().any(|begun| begun.reporter.is_some())
    }

    /// Ends all reports, and says whether all of them are whole.
    pub fn finish(mut self, summary: &Summary<'_>) -> bool {
        self.each(|reporter| reporter.finish(summary));
        if !self.0.iter().any(|begun| begun.tells_problems) {
            tell_problems(summary.coverage);
        }
        self.0.iter().all(|begun| begun.reporter.is_some())
    }

    /// One that could not be written is given up.
    fn each(&mut self, mut write: impl FnMut(&mut dyn Reporter) -> io::Result<()>) {
        for begun in &mut self.0 {
            if let Some(reporter) = &mut begun.reporter
                && let Err(error) = write(&mut **reporter)
            {
                begun.reporter = None;
                begun.tell(&error);
                begun.discard();
            }
        }
    }
}

impl Begun {
    fn open(&self, format: Format, color: Color, run: &Run) -> io::Result<Box<dyn Reporter>> {
        let (out, color): (Box<dyn Write>, bool) = match &self.file {
            // Colours in a file are there only for those who insist.
            Some(path) => (Box::new(File::create(path)?), color == Color::Always),
            None => (Box::new(io::stdout()), color.on(&io::stdout())),
        };
        let out: Box<dyn Write> = match self.flush {
            Flush::AtEnd => Box::new(BufWriter::new(out)),
            Flush::EachLine => Box::new(LineWriter::new(out)),
        };
        Ok(report::open(format, out, Look { color, ..Look::default() }, run))
    }

    fn tell(&self, error: &io::Error) {
        let name = self.file.as_ref().map(|file| file.display().to_string());
        tell_write_error(name.as_deref().unwrap_or("standard output"), error);
    }

    /// Removes a report that was cut short, so that nobody takes it for a whole one; a device stays.
    fn discard(&self) {
        let file = self.file.as_ref().filter(|_| self.flush == Flush::AtEnd);
        if let Some(path) = file.filter(|path| fs::symlink_metadata(path).is_ok_and(|it| it.is_file())) {
            // That it could not be written is told already.
            let _ = fs::remove_file(path);
        }
    }
}

/// The folder that shown paths are relative to, as a URI with a slash at its end.
pub fn root_uri(paths: &[PathBuf]) -> Option<String> {
    let current = env::current_dir().and_then(fs::canonicalize).ok()?;
    let named = if paths.is_empty() { slice::from_ref(&current) } else { paths };
    let mut roots = named.iter().map(|path| {
        let path = fs::canonicalize(path).ok()?;
        let folder = if path.is_dir() { &*path } else { path.parent()? };
        WorkTree::discover(folder).map(|work_tree| work_tree.root)
    });
    let first = roots.next()?;
    let folder = first.filter(|first| roots.all(|root| root.as_ref() == Some(first))).unwrap_or(current);
    let shown = stanch::path::shown(folder.as_os_str().as_encoded_bytes());
    Some(format!("{}/", uri::of_path(&shown).trim_end_matches('/')))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::args::{Cli, Command};

    /// The names of formats and files that were paired.
    type Pairs = Vec<(Option<String>, Option<String>)>;

    fn parse(line: &str) -> Result<Pairs, String> {
        let (cli, typed) = Cli::read(line.split(' ').map(Into::into)).map_err(|error| error.to_string())?;
        let Command::Scan(args) = cli.command else { return Err("not a scan".into()) };
        let typed = typed.subcommand_matches("scan").ok_or("not a scan")?;
        let name = |format: Format| format.name().to_owned();
        let plain =
            |wanted: Wanted| (wanted.format.map(name), wanted.file.map(|file| file.display().to_string()));
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
        assert_eq!(parse("stanch scan --output x.sarif"), Ok(vec![(some("sarif"), some("x.sarif"))]));
        assert_eq!(parse("stanch scan --output x.md"), Ok(vec![(None, some("x.md"))]));
        assert_eq!(parse("stanch scan -o x.sarif -f json"), Ok(vec![(some("json"), some("x.sarif"))]));
    }

    #[test]
    fn what_cannot_be_paired_is_an_error() {
        for line in [
            "stanch scan --output x --format json --format jsonl",
            "stanch scan --format json --output x --output y",
            "stanch scan --format json --format jsonl",
        ] {
            assert!(parse(line).is_err(), "{line}");
        }
    }
}

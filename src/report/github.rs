//! The github report: workflow commands that a run on GitHub Actions turns into annotations of a change.
//!
//! One line a finding that counts, the worst first, since only the first ones are shown: those that are silenced or
//! known would only be noise beside the code. What a change only moved is a notice; what it added and took out again
//! stands in no file, so its line names none. What could not be scanned is a warning. The last line is for people who
//! read the log.

use std::collections::BTreeMap;
use std::io::{self, Write};

use super::terminal::escape;
use super::{Reporter, Run, Summary, summary, timeline, title};
use crate::finding::{Finding, Location};
use crate::remedy::Revoke;
use crate::rule::Severity;

/// The largest number of annotations of a kind that GitHub shows for a step.
const SHOWN: usize = 10;

/// Writes workflow commands.
pub struct Github<W> {
    out: W,
    run: Run,
    /// Notes first, then by severity, the worst last; written from the last to the first.
    annotations: BTreeMap<(bool, Severity), Vec<String>>,
}

impl<W: Write> Github<W> {
    /// A report of `run` to `out`.
    pub fn new(out: W, run: Run) -> Self {
        Self { out, run, annotations: BTreeMap::new() }
    }
}

/// Where the runner shows an annotation.
fn place(finding: &Finding<'_>) -> String {
    let (start, end) = (finding.location.start, finding.location.end);
    if let Some(container) = finding.container() {
        return format!("file={},", property(&container));
    }
    let file = property(&finding.location.path);
    let lines = format!("file={file},line={},endLine={},", start.line, end.line);
    // Columns are shown on one line only, and the end is the last column, not the one after.
    match start.line == end.line {
        true => format!("{lines}col={},endColumn={},", start.column, end.column.max(start.column + 1) - 1),
        false => lines,
    }
}

/// Whether the change that is shown holds the line: what history alone knows has no line there.
fn is_in_files(finding: &Finding<'_>) -> bool {
    let is_message =
        finding.location.path.starts_with("commit:") || finding.location.path.starts_with("tag:");
    finding.life.as_ref().is_none_or(|life| life.in_head && !is_message)
}

impl<W: Write> Reporter for Github<W> {
    fn finding(&mut self, finding: &Finding<'_>) -> io::Result<()> {
        let is_note = finding.is_note() && finding.suppression.is_none();
        if !finding.counts() && !is_note {
            return Ok(());
        }
        let level = if is_note { "notice" } else { level(finding.severity) };
        let place = if is_in_files(finding) { place(finding) } else { String::new() };
        let rule = property(&finding.rule.id);
        let line = format!("::{level} {place}title={rule}::{}", data(&message(finding, &self.run)));
        self.annotations.entry((!is_note, finding.severity)).or_default().push(line);
        Ok(())
    }

    fn finish(&mut self, summary: &Summary<'_>) -> io::Result<()> {
        let lines = self.annotations.values().rev().flatten();
        lines.clone().try_for_each(|line| writeln!(self.out, "{line}"))?;
        for problem in &summary.coverage.problems {
            let (path, message) = (property(&problem.path), data(&problem.message));
            writeln!(self.out, "::warning file={path},title=not scanned::{message}")?;
        }
        let cut: usize = ["::error ", "::warning ", "::notice "]
            .map(|level| lines.clone().filter(|line| line.starts_with(level)).count().saturating_sub(SHOWN))
            .iter()
            .sum();
        if cut > 0 {
            writeln!(
                self.out,
                "{cut} annotations stand in this log alone: {SHOWN} of a kind are shown for each step"
            )?;
        }
        let found = match (summary.totals.counted(), summary.coverage.is_complete()) {
            (0, true) => "no new secrets".to_owned(),
            (0, false) => "incomplete: no new secrets so far".to_owned(),
            _ => summary::findings(&summary.totals),
        };
        writeln!(self.out, "{found}; scanned {}", summary::coverage(summary.coverage))?;
        self.out.flush()
    }
}

fn message(finding: &Finding<'_>, run: &Run) -> String {
    let name = title::of_rule(finding.rule);
    let secret = run.shown(&finding.secret);
    let revoke = Revoke::of(finding.rule).sentence();
    let place = match finding.container() {
        None if !is_in_files(finding) => {
            let commit = finding.life.as_ref().and_then(|life| life.commit.as_deref());
            let commit = commit.map(|commit| format!(" in {}", timeline::short(commit)));
            let Location { path, start, .. } = &finding.location;
            format!("It is at {path}, line {}{}. ", start.line, commit.unwrap_or_default())
        }
        Some(_) => format!("It is in {}, line {}. ", finding.location.path, finding.location.start.line),
        None => String::new(),
    };
    let sure = format!("{} severity, {} confidence", finding.severity, finding.confidence);
    let verdict = finding.life.as_ref().and_then(|life| Some(timeline::verdict(life.novelty?, life)));
    let verdict = verdict.map(|verdict| format!("Verdict: {verdict}. ")).unwrap_or_default();
    format!("{name} {secret} ({sure}). {verdict}{place}{revoke}")
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical | Severity::High => "error",
        Severity::Medium => "warning",
        Severity::Low | Severity::Info => "notice",
    }
}

/// A message, encoded as the runner decodes it.
fn data(text: &str) -> String {
    let lines: Vec<_> = text.lines().map(escape).collect();
    lines.join("\n").replace('%', "%25").replace('\n', "%0A")
}

/// The value of a property: in addition, what ends it.
fn property(text: &str) -> String {
    escape(text).replace('%', "%25").replace(':', "%3A").replace(',', "%2C")
}

//! The github report: workflow commands that a run on GitHub Actions turns into annotations of a change.
//!
//! One line a finding that counts: those that are silenced or known would only be noise beside the code. What
//! could not be scanned is a warning. The last line is for people who read the log.

use std::collections::BTreeMap;
use std::io::{self, Write};

use super::terminal::escape;
use super::{Reporter, Run, Summary, summary, title};
use crate::finding::Finding;
use crate::remedy::Revoke;
use crate::rule::Severity;

/// Writes workflow commands.
pub struct Github<W> {
    out: W,
    show_secrets: bool,
    by_severity: BTreeMap<Severity, usize>,
}

impl<W: Write> Github<W> {
    /// A report to `out`.
    pub fn new(out: W) -> Self {
        Self { out, show_secrets: false, by_severity: BTreeMap::new() }
    }
}

impl<W: Write> Reporter for Github<W> {
    fn begin(&mut self, run: &Run) -> io::Result<()> {
        self.show_secrets = run.show_secrets;
        Ok(())
    }

    fn finding(&mut self, finding: &Finding<'_>) -> io::Result<()> {
        if !finding.counts() {
            return Ok(());
        }
        *self.by_severity.entry(finding.severity).or_default() += 1;
        let (start, end) = (finding.location.start, finding.location.end);
        let container = finding.container();
        let file = container.as_ref().unwrap_or(&finding.location.path);
        write!(self.out, "::{} file={}", level(finding.severity), property(file))?;
        if container.is_none() {
            write!(self.out, ",line={},endLine={}", start.line, end.line)?;
        }
        // Columns are shown on one line only, and the end is the last column, not the one after.
        if container.is_none() && start.line == end.line {
            write!(self.out, ",col={},endColumn={}", start.column, end.column.max(start.column + 1) - 1)?;
        }
        let rule = property(&finding.rule.id);
        writeln!(self.out, ",title={rule}::{}", data(&message(finding, self.show_secrets)))
    }

    fn finish(&mut self, summary: &Summary<'_>) -> io::Result<()> {
        for problem in &summary.coverage.problems {
            let (path, message) = (property(&problem.path), data(&problem.message));
            writeln!(self.out, "::warning file={path},title=not scanned::{message}")?;
        }
        let found = if self.by_severity.is_empty() {
            "no new secrets".to_owned()
        } else {
            summary::findings(&self.by_severity)
        };
        writeln!(self.out, "{found}; scanned {}", summary::coverage(summary.coverage))?;
        self.out.flush()
    }
}

fn message(finding: &Finding<'_>, show_secrets: bool) -> String {
    let name = title::of_rule(finding.rule);
    let secret = if show_secrets { finding.secret.reveal().to_owned() } else { finding.secret.mask() };
    let revoke = match Revoke::of(finding.rule) {
        Revoke::Advice(advice) => advice.to_owned(),
        Revoke::Link(place) | Revoke::Place(place) => format!("Revoke it: {place}"),
    };
    let place = match finding.container() {
        Some(_) => format!("It is in {}, line {}. ", finding.location.path, finding.location.start.line),
        None => String::new(),
    };
    let sure = format!("{} severity, {} confidence", finding.severity, finding.confidence);
    format!("{name} {secret} ({sure}). {place}{revoke}")
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

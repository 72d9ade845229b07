//! The markdown report: a table for a comment on a change or a summary of a run.
//!
//! It is short: findings that are silenced or known are only counted. What strangers wrote stands in code spans, where
//! nothing is a link, a mention or a mark.

use std::io::{self, Write};

use super::terminal::escape;
use super::{Reporter, Run, Summary, summary, timeline, title};
use crate::finding::{Finding, Novelty};
use crate::remedy::Revoke;

/// Writes Markdown as GitHub and GitLab read it.
pub struct Markdown<W> {
    out: W,
    run: Run,
    rows: Vec<String>,
    /// What is told in a line because it fails nothing.
    notes: Vec<String>,
}

impl<W: Write> Markdown<W> {
    /// A report of `run` to `out`.
    pub fn new(out: W, run: Run) -> Self {
        Self { out, run, rows: Vec::new(), notes: Vec::new() }
    }

    fn row(&self, finding: &Finding<'_>) -> String {
        let name = title::of_rule(finding.rule);
        let revoke = match Revoke::of(finding.rule) {
            Revoke::Link(link) => format!("<{link}>"),
            Revoke::Place(place) => code(place),
            Revoke::Advice(advice) => advice.to_owned(),
        };
        let place = format!("{}:{}", finding.location.path, finding.location.start.line);
        let mut place = code(&place);
        let history = [Novelty::AddedThenRemoved, Novelty::Moved, Novelty::AlreadyThere];
        if let Some(novelty) = finding.novelty().filter(|novelty| history.contains(novelty)) {
            place.push_str(&format!(" ({})", novelty.name()));
        }
        let cells =
            [finding.severity.name(), &place, &code(&name), &code(&self.run.shown(&finding.secret)), &revoke];
        format!("| {} |", cells.join(" | "))
    }
}

impl<W: Write> Reporter for Markdown<W> {
    fn finding(&mut self, finding: &Finding<'_>) -> io::Result<()> {
        self.notes.extend(timeline::note(finding));
        if finding.counts() {
            self.rows.push(self.row(finding));
        }
        Ok(())
    }

    fn finish(&mut self, summary: &Summary<'_>) -> io::Result<()> {
        let aside = summary::aside(&summary.totals);
        if self.rows.is_empty() {
            writeln!(self.out, "**No new secrets**{aside}")?;
        } else {
            writeln!(self.out, "**{}**{aside}\n", summary::findings(&summary.totals))?;
            writeln!(self.out, "| severity | where | what | secret | revoke |\n|---|---|---|---|---|")?;
            self.rows.iter().try_for_each(|row| writeln!(self.out, "{row}"))?;
        }
        for (index, note) in self.notes.iter().enumerate() {
            let gap = if index == 0 { "\n" } else { "" };
            writeln!(self.out, "{gap}- {}", code(note))?;
        }
        writeln!(self.out, "\nScanned {}.", summary::coverage(summary.coverage))?;
        let problems = &summary.coverage.problems;
        if !problems.is_empty() {
            writeln!(self.out, "\n**Incomplete**: these could not be scanned.\n")?;
            for line in summary::problems(summary.coverage) {
                writeln!(self.out, "- {}", code(&line))?;
            }
        }
        self.out.flush()
    }
}

/// A code span that holds the text, in a cell or outside of a table.
fn code(text: &str) -> String {
    let text = escape(text).replace('|', "\\|");
    let longest = text.split(|character| character != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    let pad = if text.starts_with(['`', ' ']) || text.ends_with(['`', ' ']) { " " } else { "" };
    format!("{fence}{pad}{text}{pad}{fence}")
}

//! The report for people: what, where, what to do, and at the end how much.
//!
//! It is read under stress, so it says each thing once: what differs stands with the finding, what
//! holds for all stands at the end. Findings that are silenced or known are only counted.

use std::collections::BTreeSet;
use std::io::{self, Write};

use anstyle::Style;

use super::paint::Paint;
use super::snippet::{self, Kind, Part};
use super::terminal::escape;
use super::{Look, Reporter, Run, Summary, summary, timeline, title};
use crate::engine::Proof;
use crate::finding::{Finding, FrameLine};
use crate::remedy::{Revoke, Steps};
use crate::rule::Category;
use crate::source::Tally;

/// Sentences and snippets are given at least so many columns.
const NARROWEST: usize = 40;
/// The number of digits of a fingerprint that are shown; enough to find it in another report.
const SHORT_FINGERPRINT: usize = 12;
/// The column in which what follows a label begins.
const LABEL_COLUMNS: usize = 15;
/// The largest number of notes on files that are listed; the others are counted.
const LISTED_NOTES: usize = 10;
/// The number of steps that are told: all but the note to be made of it.
const SHOWN_STEPS: usize = 3;
/// A tab in a snippet.
const TAB: &str = "    ";

/// Writes for people.
pub struct Human<W> {
    out: W,
    paint: Paint,
    width: usize,
    run: Run,
    /// The categories of the findings so far that count.
    categories: BTreeSet<Category>,
    /// A finding stands on a line of a file that is there, so a comment can silence it.
    has_lines: bool,
    /// What is told in a line because it fails nothing.
    aside: Vec<String>,
}

impl<W: Write> Human<W> {
    /// A report of `run` to `out` that looks like this.
    pub fn new(out: W, look: Look, run: Run) -> Self {
        Self {
            out,
            paint: if look.color { Paint::COLORED } else { Paint::PLAIN },
            width: look.width.max(NARROWEST),
            run,
            categories: BTreeSet::new(),
            has_lines: false,
            aside: Vec::new(),
        }
    }

    /// Severity, name, id and what speaks for it.
    fn heading(&mut self, finding: &Finding<'_>) -> io::Result<()> {
        let paint = self.paint;
        let (severity, strong, dim) = (paint.severity(finding.severity), paint.strong, paint.dim);
        let name = title::of_rule(finding.rule);
        write!(self.out, "{severity}{}{severity:#}  ", finding.severity)?;
        write!(self.out, "{strong}{}{strong:#}  ", escape(&name))?;
        write!(self.out, "{dim}{}, {} confidence", escape(&finding.rule.id), finding.confidence)?;
        if let Some(proof) = title::of_proof(finding) {
            write!(self.out, ", {proof}")?;
        }
        writeln!(self.out, "{dim:#}")
    }

    fn place(&mut self, finding: &Finding<'_>) -> io::Result<()> {
        let (location, style) = (&finding.location, self.paint.place);
        let (line, column) = (location.start.line, location.start.column);
        writeln!(self.out, "  {style}{}:{line}:{column}{style:#}", escape(&location.path))
    }

    fn frame(&mut self, finding: &Finding<'_>) -> io::Result<()> {
        let lines = &finding.frame.lines;
        let digits = lines.last().map_or(1, |line| line.number.to_string().len()).max(4);
        let mut before: Option<u64> = None;
        for line in lines {
            if before.is_some_and(|before| before + 1 < line.number) {
                let dim = self.paint.dim;
                writeln!(self.out, "  {dim}{:>digits$} ┆{dim:#}", "…")?;
            }
            self.frame_line(finding, line, digits)?;
            before = Some(line.number);
        }
        Ok(())
    }

    /// A line of code and, when it holds the secret, a line that points at it.
    fn frame_line(&mut self, finding: &Finding<'_>, line: &FrameLine, digits: usize) -> io::Result<()> {
        let dim = self.paint.dim;
        let mut parts = snippet::parts(finding, line, &self.run);
        for part in &mut parts {
            part.text = escape(&part.text.trim_end_matches(['\r', '\n']).replace('\t', TAB)).into_owned();
        }
        snippet::fit(&mut parts, self.width.saturating_sub(digits + 5));
        write!(self.out, "  {dim}{:>digits$} │{dim:#}", line.number)?;
        if parts.iter().any(|part| !part.text.is_empty()) {
            write!(self.out, " ")?;
        }
        for Part { kind, text } in &parts {
            let style = self.paint.kind(*kind);
            write!(self.out, "{style}{text}{style:#}")?;
        }
        writeln!(self.out)?;
        let is_one_line = finding.location.start.line == finding.location.end.line;
        if is_one_line && parts.iter().any(|part| part.kind == Kind::Found) {
            let (found, below) = (self.paint.found, pointers(&parts));
            writeln!(self.out, "  {dim}{:>digits$} │{dim:#} {found}{below}{found:#}", "")?;
        }
        Ok(())
    }

    /// What to do about this one, and what else is known of it.
    fn notes(&mut self, finding: &Finding<'_>) -> io::Result<()> {
        let facts: Vec<_> = finding.facts.iter().map(|(name, value)| format!("{name} {value}")).collect();
        if !facts.is_empty() {
            self.note("says", &facts.join(", "), Style::new())?;
        }
        if let Some(time) = &finding.logged_at {
            self.note("logged", time, Style::new())?;
        }
        if !finding.decoded.is_empty() {
            let encodings: Vec<_> =
                finding.decoded.iter().map(crate::engine::decode::Encoding::name).collect();
            self.note("written", &format!("as {}", encodings.join(" in ")), Style::new())?;
        }
        if let Some(time) = finding.expires.and_then(title::of_time) {
            let label = if finding.proof == Proof::Expired { "expired" } else { "expires" };
            self.note(label, &time, Style::new())?;
        }
        let revoke = Revoke::of(finding.rule);
        let style = if matches!(revoke, Revoke::Link(_)) { self.paint.link } else { Style::new() };
        self.note("revoke", revoke.text(), style)?;
        let mut partners: Vec<_> = finding.paired_with.iter().collect();
        partners.dedup();
        for partner in partners {
            let text = format!("{} on line {} belongs to it: replace both", partner.rule, partner.line);
            self.note("pair", &text, Style::new())?;
        }
        if !finding.reused_in.is_empty() {
            let places: Vec<_> = finding
                .reused_in
                .iter()
                .map(|reuse| format!("{} ({})", escape(&reuse.path), reuse.environment))
                .collect();
            let places = places.join(" and ");
            let text = format!("the same value is in {places}: use separate keys per environment");
            self.note("reuse", &text, self.paint.warning)?;
        }
        for (label, text) in timeline::lines(finding, &self.run.rotation) {
            let style = if label == "rotation" { self.paint.warning } else { Style::new() };
            self.note(label, &text, style)?;
        }
        let fingerprint = finding.fingerprint.to_string();
        self.note("fingerprint", &fingerprint[..SHORT_FINGERPRINT], self.paint.dim)
    }

    /// A label and what it labels, wrapped between words.
    fn note(&mut self, label: &str, text: &str, style: Style) -> io::Result<()> {
        let dim = self.paint.dim;
        write!(self.out, "  {dim}{label:<columns$}{dim:#}", columns = LABEL_COLUMNS - 2)?;
        self.wrapped(text, LABEL_COLUMNS, style)
    }

    /// Writes `text` from column `indent` on, and its further lines indented to it.
    fn wrapped(&mut self, text: &str, indent: usize, style: Style) -> io::Result<()> {
        for (index, line) in wrap(&escape(text), self.width - indent).iter().enumerate() {
            let margin = if index == 0 { 0 } else { indent };
            writeln!(self.out, "{:margin$}{style}{line}{style:#}", "")?;
        }
        Ok(())
    }

    /// What is to be told of files as such; the first ones, the others are counted.
    fn hygiene(&mut self) -> io::Result<()> {
        let notes = std::mem::take(&mut self.run.notes);
        if notes.is_empty() {
            return Ok(());
        }
        let strong = self.paint.strong;
        writeln!(self.out, "{strong}Notes on files, which change no status{strong:#}")?;
        for note in notes.iter().take(LISTED_NOTES) {
            let style = self.paint.place;
            write!(self.out, "  {style}{}{style:#}: ", escape(&note.path))?;
            let indent = (snippet::columns(&escape(&note.path)) + 4).min(self.width - NARROWEST);
            self.wrapped(&note.message, indent, Style::new())?;
        }
        if notes.len() > LISTED_NOTES {
            writeln!(self.out, "  and {} more", notes.len() - LISTED_NOTES)?;
        }
        writeln!(self.out)
    }

    /// What to do about all of them: said once, and shorter than in the record of a leak.
    fn closing(&mut self) -> io::Result<()> {
        let strong = self.paint.strong;
        let heading = "What to do, in this order: deleting the line undoes nothing";
        writeln!(self.out, "{strong}{heading}{strong:#}")?;
        let one = self.categories.first().filter(|_| self.categories.len() == 1);
        let steps = Steps { revoke: Steps::ANY.revoke, ..one.map_or(Steps::ANY, |one| Steps::of(*one)) };
        for (index, step) in steps.in_order().into_iter().take(SHOWN_STEPS).enumerate() {
            write!(self.out, "  {}. ", index + 1)?;
            self.wrapped(step, 5, Style::new())?;
        }
        writeln!(self.out)?;
        if !self.has_lines {
            let silence = "Not a secret? HEAD has no line for a comment. Say so in stanch.toml, with the commit that \
                           added it:";
            self.wrapped(silence, 0, Style::new())?;
            let style = self.paint.place;
            for line in ["[[allow]]", "commits = [\"…\"]", "rules = [\"RULE\"]", "reason = \"…\""] {
                writeln!(self.out, "  {style}{line}{style:#}")?;
            }
            return writeln!(self.out);
        }
        let silence =
            "Not a secret? Put stanch:allow RULE reason=\"…\" into a comment on its line or the one above.";
        self.wrapped(silence, 0, Style::new())?;
        writeln!(self.out)
    }
}

impl<W: Write> Reporter for Human<W> {
    fn finding(&mut self, finding: &Finding<'_>) -> io::Result<()> {
        if let Some(verdict) = timeline::note(finding) {
            self.aside.push(verdict);
        }
        if !finding.counts() {
            return Ok(());
        }
        self.categories.insert(finding.rule.category);
        self.has_lines |= finding.life.as_ref().is_none_or(|life| life.in_head);
        self.heading(finding)?;
        self.place(finding)?;
        self.frame(finding)?;
        self.notes(finding)?;
        writeln!(self.out)
    }

    fn finish(&mut self, summary: &Summary<'_>) -> io::Result<()> {
        for line in std::mem::take(&mut self.aside) {
            self.note("note", &line, self.paint.dim)?;
        }
        self.hygiene()?;
        let Paint { strong, good, bad, .. } = self.paint;
        let coverage = summary.coverage;
        let covered = summary::coverage(coverage);
        let aside = summary::aside(&summary.totals);
        if summary.totals.counted() > 0 {
            self.closing()?;
            let found = summary::findings(&summary.totals);
            writeln!(self.out, "{strong}{found}{strong:#}{aside}")?;
            writeln!(self.out, "Scanned {covered}")?;
        } else if coverage.is_complete() {
            writeln!(self.out, "{good}No secrets found{good:#}{aside} in {covered}")?;
        } else if coverage.scanned == Tally::default() {
            writeln!(self.out, "Nothing was scanned{aside}")?;
        } else {
            writeln!(self.out, "No secrets found so far{aside} in {covered}")?;
        }
        if !coverage.is_complete() {
            let number = summary::count(coverage.problems.len() as u64, "problem", "problems");
            writeln!(self.out, "{bad}Incomplete: {number}{bad:#}")?;
            for problem in summary::problems(coverage) {
                writeln!(self.out, "  {bad}{problem}{bad:#}")?;
            }
        }
        self.out.flush()
    }
}

/// Marks under the secret of the finding.
fn pointers(parts: &[Part]) -> String {
    let mut below = String::new();
    for Part { kind, text } in parts {
        let mark = if *kind == Kind::Found { "^" } else { " " };
        below.push_str(&mark.repeat(snippet::columns(text)));
    }
    below.truncate(below.trim_end().len());
    below
}

/// Breaks a text between words into lines of at most `room` columns; a longer word gets its own line.
fn wrap(text: &str, room: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ') {
        match lines.last_mut() {
            Some(line) if snippet::columns(line) + 1 + snippet::columns(word) <= room => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_are_wrapped_and_names_are_not() {
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(
            wrap("see https://example.com/a/long/path now", 10),
            ["see", "https://example.com/a/long/path", "now"]
        );
        assert_eq!(wrap("", 10), [""]);
    }
}

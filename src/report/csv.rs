//! The csv report: a line for each finding under one line of names, for spreadsheets.
//!
//! Columns are only ever added at the end. All findings are in it; `state` and `suppression` say which
//! count. There is no place for the coverage, so the command line tells of gaps on standard error.

use std::io::{self, Write};

use super::record::FindingRecord;
use super::terminal::escape;
use super::{Reporter, Run, Summary};
use crate::finding::Finding;

/// The columns.
const NAMES: [&str; 16] = [
    "rule", "path", "start_line", "start_column", "end_line", "end_column", "severity", "confidence",
    "category", "secret", "fingerprint", "state", "suppression", "reason", "revoke", "verdict",
];

/// Writes comma-separated values as RFC 4180 has them, with line feeds alone.
pub struct Csv<W: Write> {
    out: ::csv::Writer<W>,
    run: Run,
}

impl<W: Write> Csv<W> {
    /// A report of `run` to `out`.
    pub fn new(out: W, run: Run) -> Self {
        Self { out: ::csv::Writer::from_writer(out), run }
    }
}

impl<W: Write> Reporter for Csv<W> {
    fn begin(&mut self) -> io::Result<()> {
        self.out.write_record(NAMES).map_err(io::Error::from)
    }

    fn finding(&mut self, finding: &Finding<'_>) -> io::Result<()> {
        let record = FindingRecord::of(finding, &self.run);
        let suppression = record.suppression;
        let cells: [&str; NAMES.len()] = [
            record.rule,
            record.path,
            &record.start_line.to_string(),
            &record.start_column.to_string(),
            &record.end_line.to_string(),
            &record.end_column.to_string(),
            record.severity.name(),
            record.confidence.name(),
            record.category.name(),
            &record.secret,
            &record.fingerprint,
            record.state.name(),
            suppression.map_or("", |suppression| suppression.kind.name()),
            suppression.and_then(|suppression| suppression.reason.as_deref()).unwrap_or(""),
            record.revoke.unwrap_or(""),
            record.life.as_ref().and_then(|life| life.verdict).unwrap_or(""),
        ];
        self.out.write_record(cells.map(harmless)).map_err(io::Error::from)
    }

    fn finish(&mut self, _: &Summary<'_>) -> io::Result<()> {
        self.out.flush()
    }
}

/// A cell on one line that no spreadsheet takes for a formula.
fn harmless(text: &str) -> String {
    let is_formula = text.starts_with(['=', '+', '-', '@']) && text.len() > 1;
    format!("{}{}", if is_formula { "'" } else { "" }, escape(text))
}

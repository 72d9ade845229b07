//! The jsonl report: one JSON object a line; `type` says which kind.
//!
//! Notes on files come first, a line of type `note` each. Each finding is a line of type `finding`; the last line is
//! of type `coverage`. A report without that line was cut short.

use std::io::{self, Write};

use serde::Serialize;

use super::record::{CoverageRecord, FindingRecord, SCHEMA_VERSION, Tool};
use super::terminal::write_json;
use super::{Reporter, Run, Summary};
use crate::finding::{Finding, Hygiene};

/// Writes one JSON object a line.
pub struct Jsonl<W> {
    out: W,
    run: Run,
}

#[allow(clippy::large_enum_variant, reason = "one is made at a time, and written at once")]
/// A line of the report.
#[derive(Serialize)]
#[serde(tag = "type", rename_all = "lowercase")]
enum Line<'a> {
    Finding(FindingRecord<'a>),
    Note(&'a Hygiene),
    Coverage {
        schema_version: u32,
        tool: Tool,
        #[serde(flatten)]
        coverage: CoverageRecord<'a>,
    },
}

impl<W: Write> Jsonl<W> {
    /// A report of `run` to `out`.
    pub fn new(out: W, run: Run) -> Self {
        Self { out, run }
    }
}

impl<W: Write> Reporter for Jsonl<W> {
    fn begin(&mut self) -> io::Result<()> {
        self.run.notes.iter().try_for_each(|note| write(&mut self.out, &Line::Note(note)))
    }

    fn finding(&mut self, finding: &Finding<'_>) -> io::Result<()> {
        write(&mut self.out, &Line::Finding(FindingRecord::of(finding, &self.run)))
    }

    fn finish(&mut self, summary: &Summary<'_>) -> io::Result<()> {
        let coverage = CoverageRecord::of(summary.coverage);
        let last = Line::Coverage { schema_version: SCHEMA_VERSION, tool: Tool::THIS, coverage };
        write(&mut self.out, &last)?;
        self.out.flush()
    }
}

fn write(out: &mut impl Write, line: &Line<'_>) -> io::Result<()> {
    write_json(&mut *out, line)?;
    out.write_all(b"\n")
}

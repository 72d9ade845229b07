//! The json report: one document, `{"schema_version", "tool", "findings": […], "notes": […], "coverage"}`.
//!
//! It is written as findings come, one a line, and holds none back; therefore `coverage`, which is
//! known last, stands last.

use std::io::{self, Write};

use super::record::{CoverageRecord, FindingRecord, SCHEMA_VERSION, Tool};
use super::terminal::write_json;
use super::{Reporter, Run, Summary};
use crate::finding::Finding;

/// Writes one JSON document.
pub struct Json<W> {
    out: W,
    run: Run,
    is_first: bool,
}

impl<W: Write> Json<W> {
    /// A report of `run` to `out`.
    pub fn new(out: W, run: Run) -> Self {
        Self { out, run, is_first: true }
    }
}

impl<W: Write> Reporter for Json<W> {
    fn begin(&mut self) -> io::Result<()> {
        write!(self.out, "{{\"schema_version\":{SCHEMA_VERSION},\"tool\":")?;
        write_json(&mut self.out, &Tool::THIS)?;
        self.out.write_all(b",\"findings\":[")
    }

    fn finding(&mut self, finding: &Finding<'_>) -> io::Result<()> {
        let separator: &[u8] = if self.is_first { b"\n" } else { b",\n" };
        self.is_first = false;
        self.out.write_all(separator)?;
        write_json(&mut self.out, &FindingRecord::of(finding, &self.run))
    }

    fn finish(&mut self, summary: &Summary<'_>) -> io::Result<()> {
        let end: &[u8] = if self.is_first { b"],\"notes\":" } else { b"\n],\"notes\":" };
        self.out.write_all(end)?;
        write_json(&mut self.out, &self.run.notes)?;
        self.out.write_all(b",\"coverage\":")?;
        write_json(&mut self.out, &CoverageRecord::of(summary.coverage))?;
        self.out.write_all(b"}\n")?;
        self.out.flush()
    }
}

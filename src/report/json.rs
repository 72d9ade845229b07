//! The json report: one document, `{"schema_version", "tool", "findings": […], "notes": […], "coverage"}`.
//!
//! It is written as findings come, one a line, and holds none back; therefore `coverage`, which is
//! known last, stands last.

use std::io::{self, Write};

use serde::Serialize;

use super::record::{CoverageRecord, FindingRecord, SCHEMA_VERSION, Tool};
use super::terminal::write_json;
use super::{Reporter, Run, Summary};
use crate::finding::Finding;

/// Writes one JSON document.
pub struct Json<W> {
    document: Document<W>,
    run: Run,
}

impl<W: Write> Json<W> {
    /// A report of `run` to `out`.
    pub fn new(out: W, run: Run) -> Self {
        Self { document: Document::new(out), run }
    }
}

impl<W: Write> Reporter for Json<W> {
    fn begin(&mut self) -> io::Result<()> {
        self.document.head(&SCHEMA_VERSION, &Tool::THIS)
    }

    fn finding(&mut self, finding: &Finding<'_>) -> io::Result<()> {
        self.document.finding(&FindingRecord::of(finding, &self.run))
    }

    fn finish(&mut self, summary: &Summary<'_>) -> io::Result<()> {
        self.document.end(&self.run.notes, &CoverageRecord::of(summary.coverage))?;
        self.document.out.flush()
    }
}

/// The document, part by part.
pub(super) struct Document<W> {
    out: W,
    is_first: bool,
}

impl<W: Write> Document<W> {
    /// One that is written to `out`.
    pub fn new(out: W) -> Self {
        Self { out, is_first: true }
    }

    /// Writes what stands before the findings.
    pub fn head(&mut self, version: &impl Serialize, tool: &impl Serialize) -> io::Result<()> {
        self.field(b"{\"schema_version\":", version)?;
        self.field(b",\"tool\":", tool)?;
        self.out.write_all(b",\"findings\":[")
    }

    /// Writes a finding, on a line of its own.
    pub fn finding(&mut self, finding: &impl Serialize) -> io::Result<()> {
        let separator: &[u8] = if self.is_first { b"\n" } else { b",\n" };
        self.is_first = false;
        self.field(separator, finding)
    }

    /// Writes what stands after the findings.
    pub fn end(&mut self, notes: &impl Serialize, coverage: &impl Serialize) -> io::Result<()> {
        let end: &[u8] = if self.is_first { b"],\"notes\":" } else { b"\n],\"notes\":" };
        self.field(end, notes)?;
        self.field(b",\"coverage\":", coverage)?;
        self.out.write_all(b"}\n")
    }

    fn field(&mut self, before: &[u8], value: &impl Serialize) -> io::Result<()> {
        self.out.write_all(before)?;
        write_json(&mut self.out, value)
    }
}

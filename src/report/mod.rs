//! Writes findings. Only this module shows a secret, and only when asked.

use std::io;

use crate::finding::Finding;
use crate::rule::RuleSpec;
use crate::source::Coverage;

/// What every report says of the run, known before the first finding.
#[derive(Clone, Debug, Default)]
pub struct Run {
    /// Show secrets in clear.
    pub show_secrets: bool,
    /// The scanned root as a URI with a trailing slash, for SARIF's %SRCROOT%; none for a stream.
    pub root_uri: Option<String>,
}

/// What every report says at the end.
#[derive(Clone, Debug)]
pub struct Summary<'a> {
    /// What was covered.
    pub coverage: &'a Coverage,
    /// Findings that decide the status.
    pub counted: usize,
    /// Findings that were silenced.
    pub suppressed: usize,
}

/// Writes one report.
pub trait Reporter {
    /// Opens the report.
    fn begin(&mut self, run: &Run) -> io::Result<()>;
    /// Writes one finding; they come sorted.
    fn finding(&mut self, finding: &Finding<'_>) -> io::Result<()>;
    /// Closes the report.
    fn finish(&mut self, summary: &Summary<'_>) -> io::Result<()>;
}

/// Placeholder use of rule types until formats are written.
#[doc(hidden)]
pub type Rule = RuleSpec;

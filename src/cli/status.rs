//! Exit statuses. Scripts rely on them: they are fixed.

use std::process::ExitCode;

use stanch::scan::Outcome;

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// All that was asked for was scanned and nothing was found.
    Clean,
    /// Something was found that is new and not silenced, whether the scan was complete or not.
    Findings,
    /// Wrong arguments, configuration or rule files.
    Usage,
    /// Nothing was found, but the scan is incomplete or its report could not be written.
    Incomplete,
    /// That of a command which was run.
    Passed(u8),
}

impl Status {
    /// The status of a scan, of which all reports are whole or not.
    pub fn of(outcome: &Outcome<'_>, is_told: bool) -> Self {
        // Whoever ended it early knows; what was found until then is no verdict.
        let found = outcome.counted() > 0 && !outcome.is_interrupted;
        Self::of_scan(found, is_told && outcome.coverage.is_complete())
    }

    /// The status for what was found and covered.
    pub fn of_scan(found: bool, complete: bool) -> Self {
        match (found, complete) {
            (true, _) => Self::Findings,
            (false, true) => Self::Clean,
            (false, false) => Self::Incomplete,
        }
    }

    /// The number for the shell; `for_findings` replaces the 1 that stands for findings.
    pub fn code(self, for_findings: u8) -> ExitCode {
        ExitCode::from(match self {
            Self::Clean => 0,
            Self::Findings => for_findings,
            Self::Usage => 2,
            Self::Incomplete => 3,
            Self::Passed(status) => status,
        })
    }
}

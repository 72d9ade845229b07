//! Writes findings. Only this module writes a secret, and only when asked.
//!
//! A format is a [`Reporter`]: it is told of the run, of each finding in order, and of the summary.
//! Several reports of one run are several reporters; who owns them calls each in turn. No report reads a
//! clock: all that depends on time follows from the run's own, so the same input gives the same bytes.

mod csv;
mod github;
mod gitlab;
mod gitleaks;
mod human;
mod incident;
mod json;
mod jsonl;
mod junit;
mod markdown;
mod merge;
mod paint;
mod record;
mod sarif;
mod snippet;
mod stop;
mod summary;
pub mod terminal;
mod timeline;
mod title;
pub mod uri;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::{self, Write};
use std::str::FromStr;

pub use incident::write_incident;
pub use merge::{Parsed, ReportError, SarifLog, merge, merge_sarif};
pub use record::{CoverageRecord, FindingRecord, SCHEMA_VERSION};
pub use stop::write_stop;

use crate::finding::{BaselineState, Finding, Hygiene};
use crate::remedy::Limits;
use crate::rule::Severity;
use crate::secret::Secret;
use crate::source::Coverage;

/// What every report says of the run, known before the first finding.
#[derive(Clone, Debug, Default)]
pub struct Run {
    /// Show secrets in clear.
    pub show_secrets: bool,
    /// The scanned root as a URI with a trailing slash, for SARIF's %SRCROOT%; none for a stream.
    pub root_uri: Option<String>,
    /// The run's one clock, in seconds since 1970, for formats that cannot do without a time.
    pub now: i64,
    /// After how many days secrets of a history are due to be replaced.
    pub rotation: Limits,
    /// What is to be told of files as such, beside findings.
    pub notes: Vec<Hygiene>,
}

impl Run {
    /// A secret as it may be shown: masked, or in clear if that was asked for.
    pub fn shown<'s>(&self, secret: &'s Secret) -> Cow<'s, str> {
        if self.show_secrets { secret.reveal().into() } else { secret.mask().into() }
    }
}

/// What every report says at the end.
#[derive(Clone, Debug)]
pub struct Summary<'a> {
    /// What was covered.
    pub coverage: &'a Coverage,
    /// How much was found.
    pub totals: Totals,
}

/// How many findings there are of each sort.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Those that decide the status, by severity.
    pub by_severity: BTreeMap<Severity, usize>,
    /// Those that were silenced.
    pub suppressed: usize,
    /// Those that the baseline knows and nothing else silenced.
    pub known: usize,
}

impl Totals {
    /// Counts findings.
    pub fn of(findings: &[Finding<'_>]) -> Self {
        let mut totals = Self::default();
        totals.add(findings);
        totals
    }

    /// Counts more findings.
    pub fn add(&mut self, findings: &[Finding<'_>]) {
        for finding in findings {
            if finding.counts() {
                *self.by_severity.entry(finding.severity).or_default() += 1;
            } else if finding.suppression.is_some() {
                self.suppressed += 1;
            } else if finding.state != BaselineState::New {
                self.known += 1;
            }
        }
    }

    /// How many decide the status.
    pub fn counted(&self) -> usize {
        self.by_severity.values().sum()
    }
}

/// Writes one report.
pub trait Reporter {
    /// Opens the report.
    fn begin(&mut self) -> io::Result<()> {
        Ok(())
    }
    /// Writes one finding; they come sorted.
    fn finding(&mut self, finding: &Finding<'_>) -> io::Result<()>;
    /// Closes the report.
    fn finish(&mut self, summary: &Summary<'_>) -> io::Result<()>;
}

/// The formats of reports.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// For people, at a terminal or in a log.
    #[default]
    Human,
    /// One JSON document.
    Json,
    /// One JSON object a line, written as findings come.
    Jsonl,
    /// SARIF 2.1.0, for code scanning.
    Sarif,
    /// Annotations of GitHub Actions.
    Github,
    /// GitLab's secret detection report, schema 15.
    Gitlab,
    /// Test results in JUnit's XML.
    Junit,
    /// Comma-separated values.
    Csv,
    /// A table in Markdown.
    Markdown,
    /// The JSON that gitleaks writes.
    Gitleaks,
}

impl Format {
    /// Every format.
    pub const ALL: &'static [Self] = &[
        Self::Human,
        Self::Json,
        Self::Jsonl,
        Self::Sarif,
        Self::Github,
        Self::Gitlab,
        Self::Junit,
        Self::Csv,
        Self::Markdown,
        Self::Gitleaks,
    ];

    /// The name used on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Human => "human",
            Self::Json => "json",
            Self::Jsonl => "jsonl",
            Self::Sarif => "sarif",
            Self::Github => "github",
            Self::Gitlab => "gitlab",
            Self::Junit => "junit",
            Self::Csv => "csv",
            Self::Markdown => "markdown",
            Self::Gitleaks => "gitleaks",
        }
    }

    /// Whether the format has a place for what could not be scanned.
    pub const fn tells_problems(self) -> bool {
        !matches!(self, Self::Csv | Self::Gitleaks)
    }
}

impl FromStr for Format {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL.iter().copied().find(|format| format.name() == text).ok_or_else(|| {
            let names: Vec<_> = Self::ALL.iter().map(|format| format.name()).collect();
            format!("`{text}` is none of {}", names.join(", "))
        })
    }
}

/// How the report for people looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Look {
    /// Use colours ([`terminal::Color::on`] decides).
    pub color: bool,
    /// Columns to fill; sentences are wrapped and snippets cut to them, names never.
    pub width: usize,
}

impl Default for Look {
    /// What suits a file or a pipe: no colours, 100 columns.
    fn default() -> Self {
        Self { color: false, width: 100 }
    }
}

/// A reporter of this format, for this run, that writes to `out`.
///
/// It writes in small pieces, so `out` should be buffered; [`Reporter::finish`] flushes it.
pub fn open<'w>(format: Format, out: Box<dyn Write + 'w>, look: Look, run: &Run) -> Box<dyn Reporter + 'w> {
    let run = run.clone();
    match format {
        Format::Human => Box::new(human::Human::new(out, look, run)),
        Format::Json => Box::new(json::Json::new(out, run)),
        Format::Jsonl => Box::new(jsonl::Jsonl::new(out, run)),
        Format::Sarif => Box::new(sarif::Sarif::new(out, run)),
        Format::Github => Box::new(github::Github::new(out, run)),
        Format::Gitlab => Box::new(gitlab::Gitlab::new(out, run)),
        Format::Junit => Box::new(junit::Junit::new(out, run)),
        Format::Csv => Box::new(csv::Csv::new(out, run)),
        Format::Markdown => Box::new(markdown::Markdown::new(out, run)),
        Format::Gitleaks => Box::new(gitleaks::Gitleaks::new(out, run)),
    }
}

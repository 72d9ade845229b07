//! The SARIF 2.1.0 report, with what GitHub code scanning asks for.
//!
//! A log names its rules before its results, and only those that fired; so this report keeps what it
//! is told and writes at the end. Columns are Unicode code points, and the log says so. Findings that
//! are silenced or known are in it, marked as such: the reader decides.

pub(super) mod result;
mod rule;

use std::collections::{BTreeMap, HashMap};
use std::io::{self, Write};

use serde_json::json;
use serde_sarif::sarif as schema;

use super::record::{CoverageRecord, Tool};
use super::terminal::write_json;
use super::{Reporter, Run, Summary};
use crate::finding::Finding;
use crate::secret::MASK;
use crate::source::Coverage;

/// The schema that the log names, by its place in the standard.
const SCHEMA_URI: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";
/// What relative paths are relative to.
pub(super) const ROOT: &str = "%SRCROOT%";

/// Writes a SARIF log.
pub struct Sarif<W> {
    out: W,
    run: Run,
    rules: Vec<schema::ReportingDescriptor>,
    /// Where in `rules` the rule of an id stands.
    indexes: HashMap<String, i64>,
    results: Vec<schema::Result>,
}

impl<W: Write> Sarif<W> {
    /// A report of `run` to `out`.
    pub fn new(out: W, run: Run) -> Self {
        Self { out, run, rules: Vec::new(), indexes: HashMap::new(), results: Vec::new() }
    }

    fn log(&mut self, coverage: &Coverage) -> schema::Sarif {
        let mut driver = schema::ToolComponent::builder()
            .name(Tool::THIS.name)
            .semantic_version(Tool::THIS.version)
            .rules(std::mem::take(&mut self.rules))
            .build();
        let homepage = env!("CARGO_PKG_REPOSITORY");
        driver.information_uri = (!homepage.is_empty()).then(|| homepage.to_owned());
        let mut run = schema::Run::builder()
            .tool(schema::Tool::builder().driver(driver).build())
            .column_kind(json!(schema::ResultColumnKind::UnicodeCodePoints))
            .invocations(vec![invocation(coverage)])
            .results(std::mem::take(&mut self.results))
            .properties(properties([("coverage", json!(CoverageRecord::of(coverage)))]))
            .build();
        run.redaction_tokens = (!self.run.show_secrets).then(|| vec![MASK.to_owned()]);
        run.original_uri_base_ids = self.run.root_uri.as_ref().map(|uri| {
            let root = schema::ArtifactLocation::builder().uri(uri).build();
            BTreeMap::from([(ROOT.to_owned(), root)])
        });
        schema::Sarif::builder()
            .schema(SCHEMA_URI)
            .version(json!(schema::Version::V2_1_0))
            .runs(vec![run])
            .build()
    }
}

impl<W: Write> Reporter for Sarif<W> {
    fn finding(&mut self, finding: &Finding<'_>) -> io::Result<()> {
        let index = *self.indexes.entry(finding.rule.id.to_string()).or_insert_with(|| {
            self.rules.push(rule::descriptor(finding.rule));
            self.rules.len() as i64 - 1
        });
        self.results.push(result::of(finding, index, &self.run));
        Ok(())
    }

    fn finish(&mut self, summary: &Summary<'_>) -> io::Result<()> {
        let log = self.log(summary.coverage);
        write_json(&mut self.out, &log)?;
        self.out.write_all(b"\n")?;
        self.out.flush()
    }
}

/// How the run went; anything that could not be scanned is a notification and makes it a failure.
fn invocation(coverage: &Coverage) -> schema::Invocation {
    let notification = |problem: &crate::source::Problem| {
        schema::Notification::builder()
            .level(json!(schema::NotificationLevel::Error))
            .message(plain(format!("{}: {}", problem.path, problem.message)))
            .build()
    };
    schema::Invocation::builder()
        .execution_successful(coverage.is_complete())
        .tool_execution_notifications(coverage.problems.iter().map(notification).collect::<Vec<_>>())
        .build()
}

/// A message of plain text: what would be read as a link, `[text](place)`, loses that meaning.
pub(super) fn plain(text: impl AsRef<str>) -> schema::Message {
    let text = text.as_ref();
    let text =
        if text.contains("](") { text.replace('[', "\\[").replace(']', "\\]") } else { text.to_owned() };
    schema::Message::builder().text(text).build()
}

fn properties<const N: usize>(entries: [(&str, serde_json::Value); N]) -> schema::PropertyBag {
    let entries = entries.map(|(name, value)| (name.to_owned(), value));
    schema::PropertyBag::builder().additional_properties(BTreeMap::from(entries)).build()
}

//! The junit report, for the many programs that show test results.
//!
//! A finding is a test case that failed, in the class of its file; one that is silenced or known is a
//! case that was skipped, with the reason. What could not be scanned is an error. A scan without any of
//! them is one case that passed: many readers take a report without cases for a broken one.

use std::fmt::Write as _;
use std::io::{self, Write};

use super::terminal::escape;
use super::{Reporter, Run, Summary, snippet, summary, title};
use crate::finding::{BaselineState, Finding};

/// Writes one XML document.
pub struct Junit<W> {
    out: W,
    run: Run,
    cases: String,
    failures: usize,
    skipped: usize,
}

impl<W: Write> Junit<W> {
    /// A report of `run` to `out`.
    pub fn new(out: W, run: Run) -> Self {
        Self { out, run, cases: String::new(), failures: 0, skipped: 0 }
    }

    fn case(&mut self, class: &str, name: &str, inner: &str) {
        let (class, name) = (xml(class), xml(name));
        writeln!(self.cases, "    <testcase classname=\"{class}\" name=\"{name}\">{inner}</testcase>")
            .expect("a string takes everything");
    }
}

impl<W: Write> Reporter for Junit<W> {
    fn finding(&mut self, finding: &Finding<'_>) -> io::Result<()> {
        let place = &finding.location;
        let name = format!("{} at {}:{}", finding.rule.id, place.start.line, place.start.column);
        let inner = match aside(finding) {
            Some(why) => {
                self.skipped += 1;
                format!("<skipped message=\"{}\"/>", xml(&why))
            }
            None => {
                self.failures += 1;
                failure(finding, &self.run)
            }
        };
        self.case(&place.path, &name, &inner);
        Ok(())
    }

    fn finish(&mut self, summary: &Summary<'_>) -> io::Result<()> {
        let problems = &summary.coverage.problems;
        for problem in problems {
            let error = format!("<error message=\"{}\" type=\"incomplete\"/>", xml(&problem.message));
            self.case(&problem.path, "not scanned", &error);
        }
        if self.cases.is_empty() {
            self.case("stanch", &format!("no secrets in {}", summary::coverage(summary.coverage)), "");
        }
        let (failures, errors, skipped) = (self.failures, problems.len(), self.skipped);
        let tests = (failures + errors + skipped).max(1);
        let counts = format!("tests=\"{tests}\" failures=\"{failures}\" errors=\"{errors}\"");
        writeln!(self.out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>")?;
        writeln!(self.out, "<testsuites name=\"stanch\" {counts}>")?;
        writeln!(self.out, "  <testsuite name=\"stanch\" {counts} skipped=\"{skipped}\">")?;
        self.out.write_all(self.cases.as_bytes())?;
        writeln!(self.out, "  </testsuite>\n</testsuites>")?;
        self.out.flush()
    }
}

/// Why a finding does not count; `None` when it does.
fn aside(finding: &Finding<'_>) -> Option<String> {
    if let Some(suppression) = &finding.suppression {
        let reason = suppression.reason.as_deref().map(|reason| format!(": {reason}"));
        return Some(format!("suppressed{}", reason.unwrap_or_default()));
    }
    if finding.state != BaselineState::New {
        return Some("known to the baseline".to_owned());
    }
    finding.novelty().filter(|_| finding.is_note()).map(|novelty| novelty.name().to_owned())
}

fn failure(finding: &Finding<'_>, run: &Run) -> String {
    let message = format!("{} {}", title::of_rule(finding.rule), run.shown(&finding.secret));
    let text: Vec<_> = snippet::text(finding, run).lines().map(xml).collect();
    format!(
        "<failure message=\"{}\" type=\"{}\">{}:{}:{}&#10;{}</failure>",
        xml(&message),
        finding.severity,
        xml(&finding.location.path),
        finding.location.start.line,
        finding.location.start.column,
        text.join("&#10;")
    )
}

/// Text within XML: harmless to look at, and without what XML cannot hold or would read as its own.
fn xml(text: &str) -> String {
    let mut xml = String::with_capacity(text.len());
    for character in escape(text).chars() {
        match character {
            '&' => xml.push_str("&amp;"),
            '<' => xml.push_str("&lt;"),
            '>' => xml.push_str("&gt;"),
            '"' => xml.push_str("&quot;"),
            '\u{fffe}' | '\u{ffff}' => xml.extend(character.escape_default()),
            _ => xml.push(character),
        }
    }
    xml
}

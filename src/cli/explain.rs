//! `stanch scan --explain PATH[:LINE]`: what was seen there, and why it was kept or dropped.

use std::io::{self, BufWriter, Write};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use stanch::engine::{Scanner, Scratch};
use stanch::finding::{Explained, Fate, Inspector};
use stanch::report::terminal::escape;
use stanch::rule::RuleSet;

use super::args::ScanArgs;
use super::decisions::Decisions;
use super::status::Status;
use super::{scan, tell, tell_write_error};

/// How many lines away from the one that was named is still near.
const NEAR: u64 = 2;

/// Explains one file, or what stands near one of its lines. Always a success if all could be read.
pub fn run(
    place: &Path,
    args: &ScanArgs,
    scanner: &Scanner,
    decisions: &Decisions,
) -> Result<Status, String> {
    let (path, line) = split(place);
    let inspector = Inspector::new(scanner, decisions.options().inspect);
    let explained = Mutex::new(Vec::new());
    let coverage = scan::source(&[path], args, None).visit(&|blob| {
        let told = inspector.explain(&blob, &mut Scratch::default());
        explained.lock().unwrap_or_else(PoisonError::into_inner).extend(told);
        ControlFlow::Continue(())
    });
    let mut explained = explained.into_inner().unwrap_or_else(PoisonError::into_inner);
    explained.retain(|told| line.is_none_or(|line| told.location.start.line.abs_diff(line) <= NEAR));
    explained.sort_by(|a, b| a.location.cmp(&b.location).then_with(|| a.rule.id.cmp(&b.rule.id)));
    for problem in &coverage.problems {
        tell(&format!("{}: {}", problem.path, problem.message));
    }
    let written = print(&explained, decisions, scanner.rules(), coverage.is_complete());
    if let Err(error) = &written {
        tell_write_error("standard output", error);
    }
    Ok(Status::of_scan(false, written.is_ok() && coverage.is_complete()))
}

/// Takes `PATH:LINE` apart, unless there is a file of just that name.
fn split(place: &Path) -> (PathBuf, Option<u64>) {
    let parts = place.to_str().filter(|_| !place.exists()).and_then(|text| text.rsplit_once(':'));
    match parts.and_then(|(path, line)| Some((path.into(), line.parse().ok()?))) {
        Some((path, line)) => (path, Some(line)),
        None => (place.to_owned(), None),
    }
}

fn print(
    explained: &[Explained<'_>],
    decisions: &Decisions,
    rules: &RuleSet,
    complete: bool,
) -> io::Result<()> {
    let mut out = BufWriter::new(io::stdout().lock());
    if explained.is_empty() && complete {
        writeln!(out, "nothing there looks like a secret to any rule")?;
    }
    for told in explained {
        let place = told.location.start;
        let path = escape(&told.location.path);
        writeln!(out, "{path}:{}:{}  {}  {}", place.line, place.column, told.rule.id, told.secret)?;
        writeln!(out, "    {}", told.fate)?;
        let Some(finding) = told.finding.as_ref().filter(|_| told.fate == Fate::Kept) else { continue };
        writeln!(out, "    severity {}, confidence {}", finding.severity, finding.confidence)?;
        for beside in &finding.beside {
            let (name, what) = &beside.fact;
            writeln!(
                out,
                "    also {}, severity {}: {name} {}",
                beside.rule.id,
                beside.severity,
                escape(what)
            )?;
        }
        if let Some(suppression) = &finding.suppression {
            let reason = suppression.reason.as_deref().map(|reason| format!(": {}", escape(reason)));
            writeln!(out, "    allowed by a comment{}", reason.unwrap_or_default())?;
        } else if let Some(decided) = decisions.explain(finding, rules) {
            writeln!(out, "    {}", escape(&decided))?;
        }
        let threshold = decisions.confidence;
        if finding.confidence < threshold {
            writeln!(out, "    not reported at --confidence {threshold}, unless a partner raises it")?;
        }
        if finding.rule.partner_only {
            writeln!(out, "    reported only beside a finding of {}", finding.rule.pairs_with.join(" or "))?;
        }
    }
    out.flush()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_split_off_only_when_it_is_a_number() {
        assert_eq!(split(Path::new("no/such:12")), ("no/such".into(), Some(12)));
        assert_eq!(split(Path::new("no/such:x")), ("no/such:x".into(), None));
        assert_eq!(split(Path::new("no/such")), ("no/such".into(), None));
    }
}

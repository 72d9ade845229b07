//! `stanch scan --explain PATH[:LINE]`: what was seen there, and why it was kept or dropped.

use std::io::{self, Write};
use std::num::NonZeroU64;
use std::path::{Path, PathBuf};

use stanch::engine::Scanner;
use stanch::finding::{Explained, Fate};
use stanch::report::terminal::escape;
use stanch::rule::RuleSet;
use stanch::scan::{Explanation, explain};

use super::args::ScanArgs;
use super::decisions::Decisions;
use super::status::Status;
use super::{print, scan, tell};

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
    let (path, member) = container(path);
    let is_meant = |shown: &str| member.as_deref().is_none_or(|member| shown.ends_with(member));
    let source = scan::source(&[path], args, None);
    let explanation = explain(&*source, &is_meant, scanner, decisions.options().inspect);
    let Explanation { mut seen, coverage, is_met, is_binary } = explanation;
    seen.retain(|told| line.is_none_or(|line| told.location.start.line.abs_diff(line) <= NEAR));
    for problem in &coverage.problems {
        tell(&format!("{}: {}", problem.path, problem.message));
    }
    if member.is_some() && coverage.is_complete() && !is_met {
        return Err(format!("nothing was scanned there: {}", place.display()));
    }
    let nothing = match is_binary {
        true => "it is binary: nothing there looks like a token, and other secrets are not looked for in it",
        false => "nothing there looks like a secret to any rule",
    };
    let near = line.map_or_else(String::new, |line| format!(" (line {line}, {NEAR} lines up and down)"));
    let is_complete = coverage.is_complete();
    let printed = print(|out| {
        if seen.is_empty() && is_complete {
            writeln!(out, "{nothing}{near}")?;
        }
        seen.iter().try_for_each(|told| write(out, told, decisions, scanner.rules()))
    });
    Ok(if is_complete { printed } else { Status::Incomplete })
}

/// Takes `PATH:LINE` apart, unless there is a file of just that name.
fn split(place: &Path) -> (PathBuf, Option<u64>) {
    let parts = place.to_str().filter(|_| !place.exists()).and_then(|text| text.rsplit_once(':'));
    match parts.and_then(|(path, line)| Some((path.into(), line.parse::<NonZeroU64>().ok()?))) {
        Some((path, line)) => (path, Some(line.get())),
        None => (place.to_owned(), None),
    }
}

/// Says who knows `PATH:LINE`, as reports show places, where it is given as a path.
pub fn tell_of_line(path: &Path) {
    if let (file, Some(_)) = split(path)
        && file.is_file()
    {
        let shown = path.display();
        tell(&format!("note: {shown}: a line is no file; `stanch scan --explain {shown}` tells of it"));
    }
}

/// The file that a path of a member leads through, and the rest of the path from the `!` on.
fn container(path: PathBuf) -> (PathBuf, Option<String>) {
    let text = path.to_str().filter(|_| !path.exists()).unwrap_or_default();
    let mut ends = text.match_indices('!').map(|(end, _)| text.split_at(end));
    match ends.find(|(file, _)| Path::new(file).is_file()) {
        Some((file, member)) => (file.into(), Some(member.to_owned())),
        None => (path, None),
    }
}

/// Writes what became of one candidate, and why.
fn write(
    out: &mut dyn Write,
    told: &Explained<'_>,
    decisions: &Decisions,
    rules: &RuleSet,
) -> io::Result<()> {
    let place = told.location.start;
    let path = escape(&told.location.path);
    writeln!(out, "{path}:{}:{}  {}  {}", place.line, place.column, told.rule.id, told.secret)?;
    writeln!(out, "    {}", told.fate)?;
    let Some(finding) = told.finding.as_ref().filter(|_| told.fate == Fate::Kept) else { return Ok(()) };
    writeln!(out, "    severity {}, confidence {}", finding.severity, finding.confidence)?;
    for beside in &finding.beside {
        let (name, what) = &beside.fact;
        let (id, severity) = (&beside.rule.id, beside.severity);
        writeln!(out, "    also {id}, severity {severity}: {name} {}", escape(what))?;
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
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_split_off_only_when_it_is_a_number() {
        assert_eq!(split(Path::new("no/such:12")), ("no/such".into(), Some(12)));
        assert_eq!(split(Path::new("no/such:0")), ("no/such:0".into(), None));
        assert_eq!(split(Path::new("no/such:x")), ("no/such:x".into(), None));
        assert_eq!(split(Path::new("no/such")), ("no/such".into(), None));
    }
}

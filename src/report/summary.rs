//! The last lines of the report for people: how much was found, how much was covered.

use std::fmt::Write;

use super::Totals;
use super::terminal::escape;
use crate::source::{Coverage, Skip, Tally};

/// The largest number of problems that are listed; the others are counted.
const LISTED_PROBLEMS: usize = 20;

/// Findings by severity, the worst first: `3 findings: 1 critical, 2 medium`.
pub fn findings(totals: &Totals) -> String {
    let severities = totals.by_severity.iter().rev();
    let severities: Vec<_> = severities.map(|(severity, count)| format!("{count} {severity}")).collect();
    format!("{}: {}", count(totals.counted() as u64, "finding", "findings"), severities.join(", "))
}

/// What was found and does not count: ` (1 suppressed, 2 known to the baseline)`, or nothing.
pub fn aside(totals: &Totals) -> String {
    let parts: Vec<_> = [(totals.suppressed, "suppressed"), (totals.known, "known to the baseline")]
        .into_iter()
        .filter(|(number, _)| *number > 0)
        .map(|(number, why)| format!("{} {why}", grouped(number as u64)))
        .collect();
    if parts.is_empty() { String::new() } else { format!(" ({})", parts.join(", ")) }
}

/// What was scanned and what was left out: `12 files, 34.1 KiB; skipped 2 symbolic links`.
pub fn coverage(coverage: &Coverage) -> String {
    let mut line = tally(coverage.scanned);
    for (index, (reason, tally)) in coverage.skipped.iter().enumerate() {
        line.push_str(if index == 0 { "; skipped " } else { ", " });
        line.push_str(&skip(*reason, tally.files.max(tally.objects).max(tally.commits)));
    }
    line
}

/// What could not be scanned, one a line, the first ones only.
pub fn problems(coverage: &Coverage) -> Vec<String> {
    let listed = coverage.problems.iter().take(LISTED_PROBLEMS);
    let mut lines: Vec<String> =
        listed.map(|problem| format!("{}: {}", escape(&problem.path), escape(&problem.message))).collect();
    if coverage.problems.len() > LISTED_PROBLEMS {
        lines.push(format!("and {} more", grouped((coverage.problems.len() - LISTED_PROBLEMS) as u64)));
    }
    lines
}

fn tally(tally: Tally) -> String {
    let mut parts = Vec::new();
    if tally.commits > 0 {
        parts.push(count(tally.commits, "commit", "commits"));
    }
    if tally.objects > 0 {
        parts.push(count(tally.objects, "object", "objects"));
    }
    if tally.files > 0 || parts.is_empty() {
        parts.push(count(tally.files, "file", "files"));
    }
    parts.push(bytes(tally.bytes));
    parts.join(", ")
}

fn skip(reason: Skip, number: u64) -> String {
    match reason {
        Skip::Ignored => format!("{} that git ignores", count(number, "file", "files")),
        Skip::SymbolicLink => count(number, "symbolic link", "symbolic links"),
        Skip::GitDirectory => format!("{} of git", count(number, "directory", "directories")),
        Skip::Submodule => count(number, "submodule", "submodules"),
        Skip::LfsPointer => count(number, "git-lfs pointer", "git-lfs pointers"),
        Skip::Excluded => format!("{} by configuration", count(number, "file", "files")),
        Skip::Special => count(number, "special file", "special files"),
        Skip::Archive => format!("the packed bytes of {}", count(number, "archive", "archives")),
        Skip::Unopened => format!("{} of a kind that is not opened", count(number, "archive", "archives")),
        Skip::Encrypted => count(number, "encrypted member", "encrypted members"),
    }
}

/// A number with its noun: `1 file`, `12,345 files`.
pub fn count(number: u64, one: &str, many: &str) -> String {
    format!("{} {}", grouped(number), if number == 1 { one } else { many })
}

fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A size in binary units, with a digit after the point: `34.1 KiB`.
fn bytes(number: u64) -> String {
    const UNITS: [&str; 6] = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
    if number < 1024 {
        return format!("{number} B");
    }
    // Tenths, in integers: the same digits on every machine.
    let mut tenths = u128::from(number) * 10 / 1024;
    let mut unit = 0;
    while tenths >= 10240 {
        tenths /= 1024;
        unit += 1;
    }
    let mut text = String::new();
    write!(text, "{}.{} {}", tenths / 10, tenths % 10, UNITS[unit]).expect("a string takes everything");
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_for_people() {
        assert_eq!(grouped(7), "7");
        assert_eq!(grouped(1_234_567), "1,234,567");
        assert_eq!(bytes(1023), "1023 B");
        assert_eq!(bytes(1024), "1.0 KiB");
        assert_eq!(bytes(1024 * 1024 - 1), "1023.9 KiB");
        assert_eq!(bytes(5 * 1024 * 1024 * 1024 / 2), "2.5 GiB");
        assert_eq!(bytes(u64::MAX), "15.9 EiB");
    }

    #[test]
    fn coverage_is_one_line() {
        let mut covered = Coverage::default();
        assert_eq!(coverage(&covered), "0 files, 0 B");
        covered.scanned(Tally { files: 1200, bytes: 2048, ..Tally::default() });
        covered.skipped(Skip::SymbolicLink, Tally::file(0));
        covered.skipped(Skip::Ignored, Tally { files: 3, ..Tally::default() });
        let line = coverage(&covered);
        assert_eq!(line, "1,200 files, 2.0 KiB; skipped 3 files that git ignores, 1 symbolic link");
        covered.scanned(Tally { commits: 2, objects: 40, files: 0, bytes: 0 });
        assert!(coverage(&covered).starts_with("2 commits, 40 objects, 1,200 files"));
    }

    #[test]
    fn the_list_of_problems_is_bounded() {
        let mut covered = Coverage::default();
        for number in 0..1025 {
            covered.problem(Tally::file(0), format!("dir/{number}\x1b"), "permission denied");
        }
        let lines = problems(&covered);
        assert_eq!(lines.len(), 21);
        assert_eq!(lines[0], "dir/0\\u{1b}: permission denied");
        assert_eq!(lines[20], "and 1,005 more");
    }
}

//! What someone reads whose commit was stopped: where, what, and how to go on. Secrets are always masked.

use std::io::{self, Write};

use super::paint::Paint;
use super::terminal::escape;
use super::{Look, Run, snippet, summary, title};
use crate::finding::Finding;

/// The largest number of findings that are listed; the others are counted.
const LISTED: usize = 20;
/// Where the lines of files begin.
const INDENT: usize = 4;

/// Writes what stops a commit: the findings that count.
pub fn write_stop(out: &mut dyn Write, findings: &[Finding<'_>], look: Look) -> io::Result<()> {
    let paint = if look.color { Paint::COLORED } else { Paint::PLAIN };
    let Paint { strong, dim, place, .. } = paint;
    let counted: Vec<_> = findings.iter().filter(|finding| finding.counts()).collect();
    let number = summary::count(counted.len() as u64, "secret", "secrets");
    writeln!(out, "{strong}stanch stopped this commit: it would add {number}.{strong:#}\n")?;
    for finding in counted.iter().take(LISTED) {
        let (location, severity) = (&finding.location, paint.severity(finding.severity));
        let (line, column) = (location.start.line, location.start.column);
        write!(out, "{place}{}:{line}:{column}{place:#}  ", escape(&location.path))?;
        write!(out, "{severity}{}{severity:#}  ", escape(&title::of_rule(finding.rule)))?;
        writeln!(out, "{dim}{}{dim:#}", escape(&finding.rule.id))?;
        if let Some(first) = finding.frame.lines.iter().find(|own| own.number == line) {
            let mut parts = snippet::parts(finding, first, &Run::default());
            for part in &mut parts {
                part.text = escape(part.text.trim_end_matches(['\r', '\n'])).into_owned();
            }
            if let Some(first) = parts.first_mut() {
                first.text = first.text.trim_start().to_owned();
            }
            snippet::fit(&mut parts, look.width - INDENT);
            write!(out, "{:INDENT$}", "")?;
            for part in &parts {
                let style = paint.kind(part.kind);
                write!(out, "{style}{}{style:#}", part.text)?;
            }
            writeln!(out)?;
        }
    }
    if counted.len() > LISTED {
        writeln!(out, "and {} more: stanch git --staged", counted.len() - LISTED)?;
    }
    writeln!(
        out,
        "\nKeep it in the environment or in a secret manager, and stage the file again.\n\
         If others could have seen it, revoke it.\n\
         Not a secret? Put a comment on its line or the one above, with the id for RULE:\n    \
         {place}stanch:allow RULE reason=\"…\"{place:#}\n\
         To commit it all the same: {place}git commit --no-verify{place:#}"
    )
}

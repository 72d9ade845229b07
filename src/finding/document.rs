//! What a text as a whole says of what stands in it, however far away: which program its first line names, and what is an
//! example in the description of an interface.
//!
//! The engine's verdicts depend on bytes nearby. What is said here is asked only of what they leave.

use super::text::Text;
use crate::engine::{Candidate, Verdict};
use crate::path::FileKind;
use crate::rule::{Confidence, Detection, RuleSpec};

/// How many bytes before a value the names are looked for below which it stands.
const REACH: usize = 4 * 1024;

/// Judges candidates by the whole of their text. It does not depend on the path, so it is the same in history.
pub(super) fn judge(text: &Text<'_>, candidates: &mut [(Candidate<'_>, Verdict)]) {
    let script = if candidates.is_empty() { None } else { script(text) };
    for (candidate, verdict) in candidates {
        if let (Verdict::KeepIf(kinds), Some(script)) = (*verdict, script) {
            *verdict = Verdict::KeepIf(kinds.with(FileKind::Unknown, kinds.contains(script)));
        }
        // A token whose form proves it is one in an example, too, and what an address holds may open what it names.
        if !matches!(verdict, Verdict::Drop(_))
            && candidate.confidence > Confidence::Low
            && is_generic(candidate.rule)
            && is_example(&text.bytes, candidate.secret.start)
        {
            candidate.confidence = Confidence::Low;
        }
    }
}

/// Whether a rule knows no form, and names alone call for it.
fn is_generic(rule: &RuleSpec) -> bool {
    matches!(&rule.detection, Detection::Context { value, .. } if value.is_empty())
}

/// The kind of a text whose first line names what runs it: `#!/usr/bin/env perl`.
fn script(text: &Text<'_>) -> Option<FileKind> {
    /// The longest first line that is read, in bytes; Linux reads no more.
    const LONGEST: usize = 256;
    let head = text.head()?.strip_prefix(b"#!")?;
    let line = head[..head.len().min(LONGEST)].split(|b| *b == b'\n').next()?;
    let mut words = line.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
    let mut program = words.next()?;
    if program.ends_with(b"/env") {
        // Its options and the variables that it sets stand before the program.
        program = words.find(|word| !word.starts_with(b"-") && !word.contains(&b'='))?;
    }
    let name = program.rsplit(|b| *b == b'/').next()?;
    let version = name.iter().rev().take_while(|b| b.is_ascii_digit() || **b == b'.').count();
    match &name[..name.len() - version] {
        b"sh" | b"bash" | b"dash" | b"ash" | b"ksh" | b"zsh" | b"fish" | b"csh" | b"tcsh" => {
            Some(FileKind::Shell)
        }
        b"perl" | b"python" | b"ruby" | b"node" | b"nodejs" | b"deno" | b"bun" | b"php" | b"lua"
        | b"tclsh" | b"wish" | b"Rscript" | b"groovy" | b"awk" | b"gawk" | b"escript" | b"elixir"
        | b"guile" => Some(FileKind::Code),
        _ => None,
    }
}

/// Whether what stands at `at` is a part of an example: its line, or one above it that is indented less, names one, as
/// descriptions of interfaces and of commands do.
fn is_example(bytes: &[u8], at: usize) -> bool {
    let earliest = at.saturating_sub(REACH);
    // Each line before `at`, the last one first; one that begins before all that is looked at is left out.
    let mut end = Some(at);
    let lines = std::iter::from_fn(|| {
        let stop = end?;
        let start = memchr::memrchr(b'\n', &bytes[earliest..stop]).map(|found| earliest + found + 1);
        end = start.map(|start| start - 1);
        start.or((earliest == 0).then_some(0)).map(|start| Line::of(&bytes[start..stop]))
    });
    let mut inside = usize::MAX;
    for (count, line) in lines.enumerate() {
        if count == 0 && memchr::memmem::find(line.text, b"://").is_some() {
            return false;
        }
        if line.depth() < inside && (count == 0 || !line.text.is_empty()) {
            inside = line.depth();
            if line.names_example() {
                return true;
            }
        }
        if inside == 0 {
            break;
        }
    }
    false
}

/// A line of a text in which blanks at the beginning say what belongs to what.
struct Line<'t> {
    indent: usize,
    is_item: bool,
    text: &'t [u8],
}

impl<'t> Line<'t> {
    fn of(line: &'t [u8]) -> Self {
        let text = line.trim_ascii();
        let indent = line.iter().take_while(|b| matches!(b, b' ' | b'\t')).count();
        let item = text.strip_prefix(b"- ").map(<[u8]>::trim_ascii_start);
        Self { indent, is_item: item.is_some(), text: item.unwrap_or(text) }
    }

    /// How deep it stands. The items of a list are deeper than its name, which may be indented as much.
    fn depth(&self) -> usize {
        self.indent + usize::from(self.is_item)
    }

    /// Whether it begins with a name that ends in `example` or `examples`, and a sign that gives it a value.
    fn names_example(&self) -> bool {
        let without_quote = |text: &'t [u8]| match text {
            [b'"' | b'\'', rest @ ..] => rest,
            text => text,
        };
        let text = without_quote(self.text);
        let length =
            text.iter().take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-')).count();
        let name = text[..length].to_ascii_lowercase();
        let rest = without_quote(&text[length..]).trim_ascii_start();
        (name.ends_with(b"example") || name.ends_with(b"examples")) && matches!(rest, [b':' | b'=', ..])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::blob::{Blob, Provenance};

    #[test]
    fn a_first_line_names_what_runs_a_script() {
        for (line, kind) in [
            ("#!/usr/bin/perl -w", Some(FileKind::Code)),
            ("#! /usr/bin/env python3.12", Some(FileKind::Code)),
            ("#!/usr/bin/env -S LANG=C ruby --jit", Some(FileKind::Code)),
            ("#!/bin/bash", Some(FileKind::Shell)),
            ("#!/usr/sbin/nft -f", None),
            ("#!", None),
            ("# /bin/sh", None),
        ] {
            let provenance = Provenance::File { path: "tool".into(), shown_from: 0 };
            let bytes = format!("{line}\nname = x\n");
            assert_eq!(script(&Text::decode(&Blob::whole(bytes.as_bytes(), &provenance))), kind, "{line}");
        }
    }

    #[test]
    fn an_example_is_what_stands_below_its_name() {
        let is_in_example =
            |text: &str| is_example(text.as_bytes(), text.find("VALUE").expect("it is there"));
        for text in [
            "example:\n  client_secret: VALUE\n",
            "  token:\n    example: VALUE\n",
            "examples:\n- summary: make one\n  syntax: make --password VALUE\n",
            "examples:\n- summary: first\n- summary: second\n  syntax: >-\n    make\n    --password VALUE\n",
            "{\n  \"example\": {\n    \"password\": \"VALUE\"\n  }\n}\n",
            "EXAMPLES = r'''\n- name: Add a user\n  user:\n    password: VALUE\n'''\n",
        ] {
            assert!(is_in_example(text), "{text}");
        }
        for text in [
            "example:\n  name: x\npassword: VALUE\n",
            "a:\n  example: x\n  password: VALUE\n",
            "examples:\n- x\nother:\n- password: VALUE\n",
            "for_example() {\n  password: VALUE\n",
            "password: VALUE\n",
            "example: x\nVALUE\n",
            "example: otpauth://totp/x?secret=VALUE\n",
        ] {
            assert!(!is_in_example(text), "{text}");
        }
    }
}

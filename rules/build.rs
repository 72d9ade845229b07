//! Embeds `rules/*.toml` as static tables, so that the program parses no TOML when it starts.
//!
//! It shares the reader of rule files with the program and fails the build for the mistakes that would
//! refuse a user's file. Examples stay out of the rules' table: only `rules show` wants them.

#![allow(clippy::print_stdout, reason = "cargo reads directives there")]

use std::env;
use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

#[path = "../src/rule/anchor.rs"]
#[allow(dead_code, reason = "the program uses more of it")]
mod anchor;
#[path = "../src/rule/file.rs"]
#[allow(dead_code, reason = "the program uses more of it")]
mod file;
#[path = "../src/rule/pattern.rs"]
#[allow(dead_code, reason = "the program uses more of it")]
mod pattern;
#[path = "../src/rule/spec.rs"]
#[allow(dead_code, reason = "the program uses more of it")]
mod spec;
#[path = "../src/rule/table.rs"]
mod table;

use file::RuleFile;
use spec::{Anchor, Detection, RuleSpec, Text};

fn main() -> ExitCode {
    println!("cargo::rerun-if-changed=rules");
    for name in ["anchor", "file", "pattern", "spec", "table"] {
        println!("cargo::rerun-if-changed=src/rule/{name}.rs");
    }
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("cargo names the package's folder"));
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo names the folder for generated files"));
    let errors = match read_all(&root.join("rules")) {
        Ok(files) => match fs::write(out.join("rules.rs"), tables(&files)) {
            Ok(()) => return ExitCode::SUCCESS,
            Err(error) => vec![format!("cannot write {}: {error}", out.display())],
        },
        Err(errors) => errors,
    };
    errors.iter().for_each(|error| println!("cargo::error={error}"));
    ExitCode::FAILURE
}

/// Reads and checks every rule file of a folder, in the order of their names.
fn read_all(folder: &Path) -> Result<Vec<RuleFile>, Vec<String>> {
    let failed = |error: io::Error| vec![format!("cannot read {}: {error}", folder.display())];
    let mut paths = Vec::new();
    for item in fs::read_dir(folder).map_err(failed)? {
        let path = item.map_err(failed)?.path();
        if path.extension().is_some_and(|extension| extension == "toml") {
            paths.push(path);
        }
    }
    paths.sort();
    let (mut files, mut errors) = (Vec::new(), Vec::new());
    for path in paths {
        let name = format!("rules/{}", path.file_name().unwrap_or_default().display());
        match fs::read(&path) {
            Ok(bytes) => match file::read(&name, &bytes) {
                Ok(file) => files.push(file),
                Err(mistakes) => errors.extend(mistakes.iter().map(ToString::to_string)),
            },
            Err(error) => errors.push(format!("cannot read {name}: {error}")),
        }
    }
    // A file that could not be read would make every partner in it unknown.
    if errors.is_empty() {
        errors.extend(file::link(&files, []).iter().map(ToString::to_string));
    }
    // They cost a search of their own through every text.
    let freeform = |file: &RuleFile| file.rules.iter().find(|entry| entry.spec.freeform().is_some()).cloned();
    let found =
        files.iter().filter_map(|file| Some(file.mistake(freeform(file)?.line, "is no rule to be built in")));
    errors.extend(found.map(|mistake| mistake.to_string()));
    if errors.is_empty() { Ok(files) } else { Err(errors) }
}

/// The source of the tables: the rules, and in the same order the examples of each.
fn tables(files: &[RuleFile]) -> String {
    let entries = || files.iter().flat_map(|file| &file.rules);
    let mut source = String::from("/// Every built-in rule.\npub static RULES: &[RuleSpec] = &[\n");
    for entry in entries() {
        source += &rule(&entry.spec);
    }
    source += "];\n\n/// The examples of every built-in rule, in the order of [`RULES`].\n";
    source += "pub static EXAMPLES: &[&[&str]] = &[\n";
    for entry in entries() {
        let examples: Vec<_> = entry.examples.iter().map(|example| &example.text).collect();
        writeln!(source, "    &{examples:?},").expect("a string takes all text");
    }
    source + "];\n"
}

/// A rule as an expression that borrows everything.
fn rule(spec: &RuleSpec) -> String {
    let detection = match &spec.detection {
        Detection::Token { anchors, pattern } => {
            let anchors: Vec<_> = anchors.iter().map(anchor).collect();
            let anchors = anchors.join(", ");
            format!("Token {{ anchors: Cow::Borrowed(&[{anchors}]), pattern: {} }}", text(pattern))
        }
        Detection::Context { keywords, value, form } => {
            // A form prints as the expression that makes it.
            format!("Context {{ keywords: {}, value: {}, form: {form:?} }}", list(keywords), text(value))
        }
        Detection::Beside(circumstance) => format!("Beside(Circumstance::{circumstance:?})"),
        Detection::Regex(_) => unreachable!("`read_all` refuses rules of free form"),
    };
    let checksum = match spec.checksum {
        Some(checksum) => format!("Some(Checksum::{checksum:?})"),
        None => "None".to_owned(),
    };
    let fields = [
        ("id", text(&spec.id)),
        ("description", text(&spec.description)),
        ("category", format!("Category::{:?}", spec.category)),
        ("severity", format!("Severity::{:?}", spec.severity)),
        ("confidence", format!("Confidence::{:?}", spec.confidence)),
        ("detection", format!("Detection::{detection}")),
        ("entropy", format!("{:?}", spec.entropy)),
        ("checksum", checksum),
        ("path", list(&spec.path)),
        ("allowlist", list(&spec.allowlist)),
        ("pairs_with", list(&spec.pairs_with)),
        ("partner_only", spec.partner_only.to_string()),
        ("revoke", text(&spec.revoke)),
        ("references", list(&spec.references)),
        ("aliases", list(&spec.aliases)),
    ];
    let fields: String = fields.iter().map(|(name, value)| format!("        {name}: {value},\n")).collect();
    format!("    RuleSpec {{\n{fields}    }},\n")
}

fn anchor(anchor: &Anchor) -> String {
    let Anchor { literal, before, longest, gate, run, needs } = anchor;
    let literal = text(literal);
    format!(
        "Anchor {{ literal: {literal}, before: {before}, longest: {longest}, gate: Gate::{gate:?}, run: {run}, \
         needs: {needs:?} }}"
    )
}

fn text(text: &Text) -> String {
    format!("Cow::Borrowed({:?})", text.as_ref())
}

fn list(texts: &[Text]) -> String {
    let texts: Vec<_> = texts.iter().map(text).collect();
    format!("Cow::Borrowed(&[{}])", texts.join(", "))
}

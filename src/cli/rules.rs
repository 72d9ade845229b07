//! `stanch rules`: lists the rules, explains one, and tests a file of them.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand, ValueEnum};
use serde_json::{Value, json};
use stanch::check::{self, Origin, template};
use stanch::engine::Scanner;
use stanch::path::shown;
use stanch::rule::{Category, Detection, RuleError, RuleSet, RuleSpec, Severity, Text, file, read_files};
use stanch::secret::Secret;

use super::print;
use super::status::Status;

/// The width of the column of names.
const NAME_WIDTH: usize = 12;

/// Arguments of `stanch rules`.
#[derive(Debug, Args)]
pub struct RulesArgs {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// List the rules
    List(ListArgs),
    /// Explain a rule: what it finds, how, and what to do about it
    Show {
        /// The rule's id, or one that it had before
        id: String,
        /// How to write it
        #[arg(long, value_enum, default_value_t)]
        format: Format,
        /// Add the rules of a file; may be given several times
        #[arg(long, value_name = "FILE")]
        rules: Vec<PathBuf>,
    },
    /// Check the rules of a file and run their examples
    Test {
        /// A file of rules, as for --rules
        file: PathBuf,
    },
}

#[derive(Debug, Args)]
struct ListArgs {
    /// Only rules of these severities (info, low, medium, high, critical)
    #[arg(long, value_delimiter = ',', value_name = "SEVERITY")]
    severity: Vec<Severity>,
    /// Only rules of these categories, such as api-key or private-key
    #[arg(long, value_delimiter = ',', value_name = "CATEGORY")]
    category: Vec<Category>,
    /// How to write them
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    /// Add the rules of a file; may be given several times
    #[arg(long, value_name = "FILE")]
    rules: Vec<PathBuf>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Format {
    #[default]
    Human,
    Json,
}

/// Runs one verb.
pub fn run(args: &RulesArgs) -> Result<Status, String> {
    let text = text(args)?;
    Ok(print(|out| out.write_all(&text)))
}

/// What a verb prints.
fn text(args: &RulesArgs) -> Result<Vec<u8>, String> {
    let with = |files: &[PathBuf]| RuleSet::with_files(files).map_err(|error| error.to_string());
    let mut out = Vec::new();
    let written = match &args.verb {
        Verb::List(args) => list(args, &with(&args.rules)?, &mut out),
        Verb::Show { id, format, rules } => {
            let rules = with(rules)?;
            show(rules.get(id).ok_or_else(|| rules.unknown(id))?, &rules, *format, &mut out)
        }
        Verb::Test { file } => out.write_all(test(file)?.as_bytes()),
    };
    written.expect("writing to memory does not fail");
    Ok(out)
}

fn list(args: &ListArgs, rules: &RuleSet, out: &mut dyn Write) -> io::Result<()> {
    let wanted = |rule: &&RuleSpec| {
        (args.severity.is_empty() || args.severity.contains(&rule.severity))
            && (args.category.is_empty() || args.category.contains(&rule.category))
    };
    let mut rules: Vec<_> = rules.iter().filter(wanted).collect();
    rules.sort_by(|a, b| a.id.cmp(&b.id));
    if args.format == Format::Json {
        let objects: Vec<_> = rules.iter().map(|rule| object(rule, &[])).collect();
        return write_json(&Value::Array(objects), out);
    }
    let width = rules.iter().map(|rule| rule.id.len()).max().unwrap_or(0);
    for rule in rules {
        writeln!(out, "{:width$}  {:8}  {}", rule.id, rule.severity, rule.category)?;
    }
    Ok(())
}

fn show(rule: &RuleSpec, rules: &RuleSet, format: Format, out: &mut dyn Write) -> io::Result<()> {
    let examples = masked_examples(rule, rules.examples(&rule.id));
    if format == Format::Json {
        return write_json(&object(rule, &examples), out);
    }
    writeln!(out, "{}\n\n{}\n", rule.id, rule.description)?;
    let mut field = |name: &str, value: &str| -> io::Result<()> {
        if value.is_empty() { Ok(()) } else { writeln!(out, "{name:NAME_WIDTH$}{value}") }
    };
    field("category", rule.category.name())?;
    field("severity", rule.severity.name())?;
    field("confidence", rule.confidence.name())?;
    match &rule.detection {
        Detection::Token { anchors, pattern } => {
            let literals: Vec<_> = anchors.iter().map(|anchor| anchor.literal.clone()).collect();
            field("literals", &literals.join(", "))?;
            field("pattern", pattern)?;
        }
        Detection::Context { keywords, value, .. } => {
            field("keywords", &keywords.join(", "))?;
            field("value", if value.is_empty() { "any that is plausible as a secret" } else { value })?;
        }
        Detection::Regex(freeform) => {
            field("keywords", &freeform.keywords.join(", "))?;
            field("regex", &freeform.regex)?;
            field("paths", &freeform.path)?;
            let requires: Vec<_> = freeform.requires.iter().map(|one| one.rule.as_ref()).collect();
            field("requires", &requires.join(", "))?;
            field("reported", if freeform.unreported { "never: other rules require it" } else { "" })?;
        }
        Detection::Beside(_) => field("reported", "beside a finding of another rule, whose value it shares")?,
    }
    if rule.entropy > 0.0 {
        field("entropy", &format!("at least {} bits per character", rule.entropy))?;
    }
    field("checksum", rule.checksum.map_or("", |checksum| checksum.name()))?;
    field("paths", &rule.path.join(", "))?;
    field("allowed", &rule.allowlist.join(", "))?;
    field("pairs with", &rule.pairs_with.join(", "))?;
    field("reported", if rule.partner_only { "only beside a partner" } else { "" })?;
    field("formerly", &rule.aliases.join(", "))?;
    field("revoke", &rule.revoke)?;
    for (index, reference) in rule.references.iter().enumerate() {
        field(if index == 0 { "references" } else { "" }, reference)?;
    }
    if !examples.is_empty() {
        writeln!(out, "\nFound in, for example:")?;
    }
    for example in examples {
        writeln!(out)?;
        example.trim_matches('\n').lines().try_for_each(|line| writeln!(out, "    {line}"))?;
    }
    Ok(())
}

/// Examples with invented characters in their places and the secret masked.
fn masked_examples(rule: &RuleSpec, templates: &[&str]) -> Vec<String> {
    let filled = templates.iter().filter_map(|text| template::fill_for(text, 0, rule.checksum).ok());
    filled
        .filter_map(|filled| {
            let span = filled.secret?;
            let secret = span.of(filled.text.as_bytes());
            let secret = if rule.is_hidden() { Secret::password } else { Secret::token }(secret);
            Some(format!("{}{}{}", &filled.text[..span.start], secret.mask(), &filled.text[span.end..]))
        })
        .collect()
}

/// All that is known of a rule.
fn object(rule: &RuleSpec, examples: &[String]) -> Value {
    let mut object = json!({
        "id": rule.id,
        "description": rule.description,
        "category": rule.category,
        "severity": rule.severity,
        "confidence": rule.confidence,
        "entropy": rule.entropy,
        "checksum": rule.checksum,
        "path": rule.path,
        "allowlist": rule.allowlist,
        "pairs_with": rule.pairs_with,
        "partner_only": rule.partner_only,
        "revoke": rule.revoke,
        "references": rule.references,
        "aliases": rule.aliases,
    });
    let form = match &rule.detection {
        Detection::Token { anchors, pattern } => {
            let literals: Vec<&Text> = anchors.iter().map(|anchor| &anchor.literal).collect();
            vec![("literals", json!(literals)), ("pattern", json!(pattern))]
        }
        Detection::Context { keywords, value, .. } => {
            vec![("keywords", json!(keywords)), ("value", json!(value))]
        }
        Detection::Regex(freeform) => {
            vec![("keywords", json!(freeform.keywords)), ("regex", json!(freeform.regex))]
        }
        Detection::Beside(circumstance) => vec![("circumstance", json!(circumstance))],
    };
    for (name, value) in form {
        object[name] = value;
    }
    if !examples.is_empty() {
        object["examples"] = json!(examples);
    }
    object
}

fn write_json(value: &Value, out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, value)?;
    writeln!(out)
}

/// Lints a file's rules and runs their examples beside the built-in rules; gives a line for each that is sound.
fn test(path: &Path) -> Result<String, String> {
    let told = |error: RuleError| error.to_string();
    let files = read_files(&[path.to_owned()]).map_err(told)?;
    let entries = || files.iter().flat_map(|file| &file.rules);
    if entries().next().is_none() {
        return Err(format!("{}: it holds no rules", shown(path.as_os_str().as_encoded_bytes())));
    }
    let specs = entries().map(|entry| entry.spec.clone()).collect();
    let scanner = Scanner::new(RuleSet::with_user(specs).map_err(told)?);
    let mut mistakes = Vec::new();
    for file in &files {
        mistakes.extend(check::lint(file, Origin::User));
        mistakes.extend(check::run(file, &scanner));
    }
    if !mistakes.is_empty() {
        mistakes.sort_by_key(|mistake| mistake.line);
        return Err(file::lines(&mistakes));
    }
    let line = |entry: &file::Entry| {
        let (found, left) = (entry.examples.len(), entry.counterexamples.len());
        format!("{}: ok, examples found: {found}, counterexamples left alone: {left}\n", entry.spec.id)
    };
    Ok(entries().map(line).collect())
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        rules: RulesArgs,
    }

    fn run_line(line: &str) -> Result<String, String> {
        let line = Line::try_parse_from(line.split(' ')).map_err(|error| error.to_string())?;
        Ok(String::from_utf8(text(&line.rules)?).expect("output is text"))
    }

    fn ids(json: &str) -> Vec<String> {
        let rules: Vec<Value> = serde_json::from_str(json).expect("output is JSON");
        rules.iter().map(|rule| rule["id"].as_str().expect("ids are strings").to_owned()).collect()
    }

    #[test]
    fn the_list_is_sorted_and_obeys_its_filters() {
        let all = ids(&run_line("rules list --format json").expect("it runs"));
        assert_eq!(all.len(), RuleSet::builtin().iter().count());
        assert!(all.is_sorted());
        let passwords = ids(&run_line("rules list --category password --format json").expect("it runs"));
        assert!(passwords.contains(&"generic-password".to_owned()) && passwords.len() < all.len());
        let lines = run_line("rules list --severity critical,high").expect("it runs");
        assert!(lines.lines().all(|line| line.contains(" critical ") || line.contains(" high ")));
        let error = run_line("rules list --severity dire").expect_err("no such severity");
        assert!(error.contains("none of info, low, medium, high, critical"), "{error}");
    }

    #[test]
    fn rules_of_a_file_are_listed_and_shown() {
        let folder = tempfile::tempdir().expect("there is room");
        let path = folder.path().join("mine.toml");
        let rule = "[[context]]\nid = \"acme-key\"\ndescription = \"An Acme key: opens Acme.\"\ncategory = \
                    \"api-key\"\nseverity = \"low\"\nkeywords = [\"acme\"]\nvalue = '[0-9a-f]{32}'\n";
        std::fs::write(&path, rule).expect("there is room");
        let path = path.display();
        let line = format!("rules list --severity low --rules {path} --format json");
        assert!(ids(&run_line(&line).expect("it runs")).contains(&"acme-key".to_owned()));
        let shown = run_line(&format!("rules show acme-key --rules {path}")).expect("it runs");
        assert!(shown.contains("opens Acme"), "{shown}");
    }

    #[test]
    fn a_rule_is_shown_with_its_examples_masked() {
        for rule in RuleSet::builtin().iter() {
            let text = run_line(&format!("rules show {}", rule.id)).expect("it runs");
            assert!(text.contains(rule.description.as_ref()) && text.contains("********"), "{text}");
            let json = run_line(&format!("rules show {} --format json", rule.id)).expect("it runs");
            let object: Value = serde_json::from_str(&json).expect("output is JSON");
            assert_eq!(object["severity"], rule.severity.name());
        }
        assert!(run_line("rules show no-such-rule").expect_err("it is unknown").contains("`no-such-rule`"));
        let near = run_line("rules show generic-pasword").expect_err("it is unknown");
        assert!(near.contains("did you mean `generic-password`?"), "{near}");
    }

    #[test]
    fn nothing_is_shown_of_what_a_person_may_have_chosen() {
        let rules = RuleSet::builtin();
        let mut count = 0;
        for rule in rules.iter().filter(|rule| rule.is_chosen()) {
            let templates = rules.examples(&rule.id);
            for (template, shown) in templates.iter().zip(masked_examples(rule, templates)) {
                let before = template.split('«').next().expect("the secret is marked");
                if !before.contains('{') {
                    assert!(shown.starts_with(&format!("{before}********")), "{}: {shown}", rule.id);
                    count += usize::from(rule.category == Category::ConnectionString);
                }
            }
        }
        assert!(count > 10, "most of them are as written up to the secret");
    }

    #[test]
    fn a_bad_file_is_refused_with_its_lines() {
        let folder = tempfile::tempdir().expect("there is room");
        let path = folder.path().join("mine.toml");
        std::fs::write(&path, "[[rule]]\nid = \"a-b\"\nliteral = 1\n").expect("there is room");
        let error = run_line(&format!("rules test {}", path.display())).expect_err("it is bad");
        assert!(error.contains("mine.toml:3: unknown field `literal`, expected one of `id`"), "{error}");
        std::fs::write(&path, "").expect("there is room");
        let error = run_line(&format!("rules test {}", path.display())).expect_err("it is empty");
        assert!(error.contains("mine.toml: it holds no rules"), "{error}");
        let error = run_line("rules test no-such-file").expect_err("it is missing");
        assert!(error.contains("cannot read the rule file no-such-file"), "{error}");
    }
}

//! A rule as SARIF describes it.

use serde_json::json;
use serde_sarif::sarif as schema;

use super::properties;
use crate::remedy::{Revoke, Steps};
use crate::report::title;
use crate::rule::{Confidence, RuleSpec, Severity};

/// The description of a rule: what it finds, how bad that is, and what to do about it.
pub fn descriptor(rule: &RuleSpec) -> schema::ReportingDescriptor {
    let name = title::of_rule(rule);
    let level = schema::ReportingConfiguration::builder().level(json!(level(rule.severity))).build();
    let mut tags = properties([
        ("precision", json!(precision(rule.confidence))),
        ("security-severity", json!(security_severity(rule.severity))),
    ]);
    tags.tags = Some(vec!["security".into(), "secret".into(), rule.category.name().into()]);
    let mut descriptor = schema::ReportingDescriptor::builder()
        .id(&*rule.id)
        .name(&*name)
        .short_description(text(&name))
        .full_description(text(&rule.description))
        .help(help(rule))
        .default_configuration(level)
        .properties(tags)
        .build();
    descriptor.help_uri = help_uri(rule);
    descriptor.deprecated_ids =
        (!rule.aliases.is_empty()).then(|| rule.aliases.iter().map(|alias| alias.to_string()).collect());
    descriptor
}

/// What the level of a result says of a severity.
pub fn level(severity: Severity) -> schema::ResultLevel {
    match severity {
        Severity::Critical | Severity::High => schema::ResultLevel::Error,
        Severity::Medium => schema::ResultLevel::Warning,
        Severity::Low | Severity::Info => schema::ResultLevel::Note,
    }
}

/// A severity on the scale of 0 to 10 that code scanning divides into low, medium, high and critical.
fn security_severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "9.5",
        Severity::High => "8.0",
        Severity::Medium => "5.5",
        Severity::Low => "3.0",
        Severity::Info => "0.1",
    }
}

fn precision(confidence: Confidence) -> &'static str {
    match confidence {
        Confidence::High => "very-high",
        Confidence::Medium => "high",
        Confidence::Low => "medium",
    }
}

/// The steps to take, as text and as a list.
fn help(rule: &RuleSpec) -> schema::MultiformatMessageString {
    let steps = Steps::of(rule.category);
    let (revoke, link) = match Revoke::of(rule) {
        Revoke::Link(link) => (format!("Revoke it at {link}."), Some(format!("Revoke it at <{link}>."))),
        Revoke::Place(place) => (format!("Revoke it: {place}."), None),
        Revoke::Advice(advice) => (advice.to_owned(), None),
    };
    let mut plain = format!("{}\n\nWhat to do, in this order:\n", rule.description);
    let mut markdown = format!("{}\n\n**What to do, in this order**\n\n", rule.description);
    for (index, step) in steps.in_order().into_iter().enumerate() {
        let number = index + 1;
        let (in_plain, in_markdown) =
            if index == 0 { (&*revoke, link.as_deref().unwrap_or(&revoke)) } else { (step, step) };
        plain.push_str(&format!("{number}. {in_plain}\n"));
        markdown.push_str(&format!("{number}. {in_markdown}\n"));
    }
    if !rule.references.is_empty() {
        let links: Vec<_> = rule.references.iter().map(|link| format!("<{link}>")).collect();
        markdown.push_str(&format!("\nSee {}\n", links.join(", ")));
    }
    schema::MultiformatMessageString::builder().text(plain).markdown(markdown).build()
}

/// The provider's first page about it, else where to revoke it; addresses only.
fn help_uri(rule: &RuleSpec) -> Option<String> {
    let mut references = rule.references.iter().map(|link| &**link);
    let reference = references.find(|link: &&str| link.starts_with("https://")).map(str::to_owned);
    reference.or_else(|| match Revoke::of(rule) {
        Revoke::Link(link) => Some(link.to_owned()),
        Revoke::Place(_) | Revoke::Advice(_) => None,
    })
}

fn text(text: &str) -> schema::MultiformatMessageString {
    schema::MultiformatMessageString::builder().text(text).build()
}

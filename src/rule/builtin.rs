//! The built-in rules, embedded by `rules/build.rs`.

use std::borrow::Cow;

use super::{Anchor, Category, Confidence, Detection, Gate, RuleSpec, Severity};

/// Every built-in rule.
pub static RULES: &[RuleSpec] = &[RuleSpec {
    id: Cow::Borrowed("example-token"),
    description: Cow::Borrowed("A stand-in until the rules are embedded."),
    category: Category::AccessToken,
    severity: Severity::Critical,
    confidence: Confidence::High,
    detection: Detection::Token {
        anchors: Cow::Borrowed(&[Anchor {
            literal: Cow::Borrowed("exc_live_"),
            before: 0,
            longest: 39,
            gate: Gate::Start(0, 9),
        }]),
        pattern: Cow::Borrowed("exc_live_[0-9A-Za-z]{30}"),
    },
    entropy: 0.0,
    checksum: None,
    path: Cow::Borrowed(&[]),
    allowlist: Cow::Borrowed(&[]),
    pairs_with: Cow::Borrowed(&[]),
    partner_only: false,
    revoke: Cow::Borrowed("https://console.example.com/tokens"),
    references: Cow::Borrowed(&[]),
    aliases: Cow::Borrowed(&[]),
}];

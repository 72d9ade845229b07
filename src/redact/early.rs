//! Secrets that are told by what stands behind them, maybe lines later.
//!
//! A rule that finds them asks for what follows, so as not to tell of digests and coordinates. A stream
//! cannot wait for that, and a mask too many does no harm: here the value alone is enough.

use std::sync::LazyLock;

use memchr::memmem;
use regex::bytes::{Regex, RegexBuilder};

use super::body::Piece;
use crate::span::Span;

/// A value that is masked without what its rule asks for.
struct Early {
    rule: &'static str,
    /// Stands in every match, at its start.
    literal: &'static [u8],
    /// From the literal on; its only group is the secret.
    pattern: LazyLock<Regex>,
}

static EARLY: [Early; 2] = [
    Early {
        rule: "jwk-private-key-sorted",
        literal: b"\"d\"",
        pattern: LazyLock::new(|| compile(r#"^"d"\s{0,4}:\s{0,4}"([0-9A-Za-z_-]{43,700})""#)),
    },
    Early {
        rule: "crypto-ethereum-keystore",
        literal: b"\"ciphertext\"",
        pattern: LazyLock::new(|| compile(r#"^"ciphertext"\s{0,4}:\s{0,4}"([0-9a-f]{64})""#)),
    },
];

fn compile(pattern: &str) -> Regex {
    let built = RegexBuilder::new(pattern).unicode(false).build();
    built.expect("the patterns are fixed and tested")
}

/// Calls `each` with the values in `bytes` from about `fresh` on.
pub fn each(bytes: &[u8], fresh: usize, mut each: impl FnMut(Piece)) {
    // The longest match, so that one which ends behind `fresh` is met.
    const LONGEST: usize = 1024;
    let from = fresh.saturating_sub(LONGEST);
    for early in &EARLY {
        for at in memmem::find_iter(&bytes[from..], early.literal) {
            let at = from + at;
            let Some(found) = early.pattern.captures(&bytes[at..]) else { continue };
            let secret = found.get(1).expect("each pattern has one group");
            each(Piece { span: Span::new(at + secret.start(), at + secret.end()), rule: early.rule });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::RuleSet;

    #[test]
    fn values_are_found_without_what_follows() {
        let key = "k7".repeat(22);
        let text = format!("{{\"crv\": \"P-256\",\n \"d\": \"{key}\",\n \"d\": \"short\"");
        let mut found = Vec::new();
        each(text.as_bytes(), text.len(), |piece| found.push((piece.span.of(text.as_bytes()), piece.rule)));
        assert_eq!(found, [(key.as_bytes(), "jwk-private-key-sorted")]);
    }

    #[test]
    fn every_value_has_a_rule() {
        let rules = RuleSet::builtin();
        for early in &EARLY {
            assert!(rules.get(early.rule).is_some(), "{}", early.rule);
        }
    }
}

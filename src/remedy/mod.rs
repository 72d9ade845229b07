//! What to do about a leaked secret: revoke first, then replace, investigate, document.
//!
//! Revoking comes first because deleting the line helps nobody: whoever could read it may have kept
//! it. What to do differs by [`Category`]; where to do it is the rule's own `revoke`. Nothing here
//! contacts a provider.

mod rotation;
mod steps;

pub use rotation::{Limits, Rotation};
pub use steps::Steps;

use crate::rule::RuleSpec;

/// How the secrets of a rule are revoked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Revoke<'r> {
    /// At this address.
    Link(&'r str),
    /// In the provider's program or settings: a path of menu entries or a command.
    Place(&'r str),
    /// Where is not known; this sentence says what to look for.
    Advice(&'static str),
}

impl<'r> Revoke<'r> {
    /// What the rule knows, else what its category suggests.
    pub fn of(rule: &'r RuleSpec) -> Self {
        let place = rule.revoke.trim();
        if place.is_empty() {
            Self::Advice(Steps::of(rule.category).revoke)
        } else if is_link(place) {
            Self::Link(place)
        } else {
            Self::Place(place)
        }
    }

    /// What to do, for plain text.
    pub fn sentence(self) -> String {
        match self {
            Self::Link(place) | Self::Place(place) => format!("Revoke it: {place}"),
            Self::Advice(advice) => advice.to_owned(),
        }
    }

    /// The link, place or sentence as it stands.
    pub fn text(self) -> &'r str {
        match self {
            Self::Link(text) | Self::Place(text) => text,
            Self::Advice(text) => text,
        }
    }
}

/// Whether a text is one address and nothing else.
fn is_link(text: &str) -> bool {
    (text.starts_with("https://") || text.starts_with("http://")) && !text.contains(char::is_whitespace)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::{Category, RuleSet};

    #[test]
    fn the_rules_own_place_comes_before_the_categorys_advice() {
        let mut rule = RuleSet::builtin().iter().next().expect("there are rules").clone();
        rule.revoke = "https://console.example.com/tokens".into();
        assert_eq!(Revoke::of(&rule), Revoke::Link("https://console.example.com/tokens"));
        rule.revoke = "Settings > Developer > Keys".into();
        assert_eq!(Revoke::of(&rule), Revoke::Place("Settings > Developer > Keys"));
        (rule.revoke, rule.category) = ("".into(), Category::Wallet);
        assert!(matches!(Revoke::of(&rule), Revoke::Advice(advice) if advice.contains("wallet")));
    }
}

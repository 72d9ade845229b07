//! What people read of a rule and of a judgement, in words.

use std::borrow::Cow;

use crate::engine::Proof;
use crate::finding::Finding;
use crate::rule::{Checksum, RuleSpec};

/// Longer beginnings of a description are no name.
const LONGEST_NAME: usize = 60;

/// A rule's name in words: what its description says before its first mark, else its id.
pub fn of_rule(rule: &RuleSpec) -> Cow<'_, str> {
    let description = rule.description.trim();
    let end = [": ", ". ", "; ", ", "].iter().filter_map(|mark| description.find(mark)).min();
    let name = end.map_or(description, |end| &description[..end]).trim_end_matches('.');
    if !name.is_empty() && name.chars().count() <= LONGEST_NAME {
        return Cow::Borrowed(name);
    }
    let words = rule.id.replace('-', " ");
    let mut letters = words.chars();
    match letters.next() {
        Some(first) => Cow::Owned(first.to_uppercase().chain(letters).collect()),
        None => Cow::Borrowed(""),
    }
}

/// What the token says of itself, in words; `None` when it says nothing.
pub fn of_proof(finding: &Finding<'_>) -> Option<&'static str> {
    let has_sum = matches!(finding.rule.checksum, Some(Checksum::Crc32Base62 | Checksum::Crc32Hex));
    match finding.proof {
        Proof::Proven if has_sum => Some("checksum holds"),
        Proof::Proven => Some("structure holds"),
        Proof::Malformed if has_sum => Some("checksum fails"),
        Proof::Malformed => Some("structure is damaged"),
        Proof::Expired => Some("expired"),
        Proof::Encrypted => Some("needs a passphrase"),
        Proof::Unknown => None,
    }
}

/// A time in Unix seconds as RFC 3339 has it; `None` outside the years it can name.
pub fn of_time(seconds: i64) -> Option<String> {
    jiff::Timestamp::from_second(seconds).ok().map(|time| time.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::RuleSet;

    #[test]
    fn a_name_is_the_beginning_of_the_description_or_the_id_in_words() {
        let mut rule = RuleSet::builtin().iter().next().expect("there are rules").clone();
        rule.id = "examplecloud-api-token".into();
        for (description, name) in [
            ("Example Cloud API token: reads every project.", "Example Cloud API token"),
            ("Example Cloud legacy API key.", "Example Cloud legacy API key"),
            ("Example key. Reads v1.2 data: all of it.", "Example key"),
            ("", "Examplecloud api token"),
        ] {
            rule.description = description.into();
            assert_eq!(of_rule(&rule), name);
        }
        rule.description = "long ".repeat(20).into();
        assert_eq!(of_rule(&rule), "Examplecloud api token");
    }

    #[test]
    fn times_are_utc_and_bounded() {
        assert_eq!(of_time(1_900_000_000).as_deref(), Some("2030-03-17T17:46:40Z"));
        assert_eq!(of_time(i64::MAX), None);
    }
}

//! The comments with which other tools are told that a secret may stay.
//!
//! Each counts as its tool has it: on the lines of the secret, or on the line above where the words say so. Words that
//! silence all kinds of checks count only with the code that means secrets.

use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};

/// Words of another tool in a text.
pub(super) struct Comment {
    /// Where they begin.
    pub offset: usize,
    /// The words.
    pub words: &'static str,
    /// They are about the next line.
    pub is_for_next_line: bool,
}

/// What may stand between the words of a list and its codes.
const FILLERS: &[u8] = b": ,\t";

/// The words of a tool, and codes of which one must follow, if there are any.
const MARKS: &[(&str, &[&str], bool)] = &[
    ("gitleaks:allow", &[], false),
    ("betterleaks:allow", &[], false),
    ("trufflehog:ignore", &[], false),
    ("kingfisher:ignore", &[], false),
    ("ggignore", &[], false),
    ("pragma: allowlist secret", &[], false),
    ("pragma: whitelist secret", &[], false),
    ("pragma: allowlist nextline secret", &[], true),
    ("pragma: whitelist nextline secret", &[], true),
    // Bandit, gosec and ruff: passwords and credentials in code.
    ("nosec", &["B105", "B106", "B107", "G101"], false),
    ("noqa", &["S105", "S106", "S107"], false),
    ("eslint-disable-line", &["no-secrets/no-secrets"], false),
    ("eslint-disable-next-line", &["no-secrets/no-secrets"], true),
];

/// All of them in a text.
pub(super) fn comments(text: &[u8]) -> Vec<Comment> {
    /// None of the words can begin inside of others.
    static SEARCH: LazyLock<AhoCorasick> = LazyLock::new(|| {
        let words = MARKS.iter().map(|(words, ..)| words);
        // Its vectors do nearly all of the work, so the automaton behind them need only be built quickly.
        let mut search = AhoCorasick::builder();
        search.match_kind(MatchKind::LeftmostFirst).kind(Some(AhoCorasickKind::NoncontiguousNFA));
        search.build(words).expect("the words are few and short")
    });
    let comment = |found: aho_corasick::Match| {
        let (words, codes, is_for_next_line) = MARKS[found.pattern().as_usize()];
        let after = &text[found.end()..];
        let line = &after[..memchr::memchr(b'\n', after).unwrap_or(after.len())];
        let starts_word = found.start() == 0 || !is_word(text[found.start() - 1]);
        let counts = starts_word && line.first().is_none_or(|byte| !is_word(*byte)) && holds(line, codes);
        counts.then_some(Comment { offset: found.start(), words, is_for_next_line })
    };
    SEARCH.find_iter(text).filter_map(comment).collect()
}

/// Whether one of the codes stands in the list that the line begins with.
fn holds(line: &[u8], codes: &[&str]) -> bool {
    if codes.is_empty() {
        return true;
    }
    line.split(|byte| FILLERS.contains(byte)).any(|word| codes.iter().any(|code| code.as_bytes() == word))
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_count_whole_and_with_their_codes() {
        let found = |text: &str| comments(text.as_bytes()).iter().map(|one| one.words).collect::<Vec<_>>();
        assert_eq!(found("key = x # gitleaks:allow"), ["gitleaks:allow"]);
        assert_eq!(found("key = x # pragma: allowlist secret"), ["pragma: allowlist secret"]);
        assert_eq!(found("password = x  # nosec B105, B106"), ["nosec"]);
        assert_eq!(found("x := 1 // #nosec G101 -- demo"), ["nosec"]);
        assert_eq!(found("password = x  # noqa: E501,S105"), ["noqa"]);
        for other in ["# nosec", "# nosec B101", "# noqa", "notggignore", "ggignored", "gitleaks:allowed"] {
            assert!(found(other).is_empty(), "{other}");
        }
        let above = comments(b"# pragma: allowlist nextline secret\nkey = x");
        assert!(above.len() == 1 && above[0].is_for_next_line);
    }
}

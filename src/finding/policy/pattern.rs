//! The paths and values that a policy speaks of, and whether one of a finding is meant.
//!
//! Other tools keep values as hashes, of just what they took for the value: that is tried, too.

use std::borrow::Cow;

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};
use regex::bytes::Regex;
use sha1::Sha1;
use sha2::{Digest, Sha256};

use crate::finding::{Finding, Piece};

/// Paths, as reports show them.
#[derive(Clone, Debug)]
pub enum PathMatch {
    /// Just this one.
    Exact(String),
    /// A glob; without a `/` it is for names in any folder.
    Glob {
        /// As it was written.
        written: String,
        /// It and all that is below it.
        matcher: GlobSet,
    },
    /// A regular expression, found anywhere in the path.
    Regex(Regex),
}

/// Values.
#[derive(Clone, Debug)]
pub enum ValueMatch {
    /// An expression found in the value.
    Regex(Regex),
    /// An expression found in all that the rule matched.
    Match(Regex),
    /// An expression found in the lines of the value.
    Line(Regex),
    /// A word that the value holds, in lower case.
    Word(String),
    /// Just this value; never shown.
    Exact(crate::secret::Secret),
    /// The SHA-1 of the value in lower-case hex digits, as detect-secrets keeps it.
    Sha1(String),
    /// The SHA-256 of the value, or of the value and its kind as ggshield keeps it.
    Sha256(String),
}

/// The kinds of values that ggshield hashes along with them.
const GGSHIELD_KINDS: &[&str] =
    &["apikey", "password", "client_secret", "token", "secret", "connection_uri", "private_key", "key"];

/// What may stand around a value: another tool may have taken more or less of the line for it.
const BORDERS: &[char] =
    &['"', '\'', '`', ' ', '\t', '\n', '=', ':', '@', ',', ';', '<', '>', '(', ')', '[', ']'];

impl PathMatch {
    /// A glob, as `.gitignore` has them: without a `/` it is for names in any folder, and a folder's name
    /// is for all that is in it.
    pub fn glob(glob: &str) -> Result<Self, globset::Error> {
        let trimmed = glob.trim_start_matches("./").trim_start_matches('/').trim_end_matches('/');
        let anchored = if glob.trim_end_matches('/').contains('/') {
            trimmed.to_owned()
        } else {
            format!("**/{trimmed}")
        };
        let mut set = GlobSetBuilder::new();
        for glob in [&anchored, &format!("{anchored}/**")] {
            set.add(GlobBuilder::new(glob).literal_separator(true).build()?);
        }
        let matcher = set.build()?;
        Ok(Self::Glob { written: glob.to_owned(), matcher })
    }

    /// Whether it is for this path, or for the archive that it leads into: behind a `!`.
    pub fn is_match(&self, path: &str) -> bool {
        let containers = path.match_indices('!').map(|(end, _)| &path[..end]);
        std::iter::once(path).chain(containers).any(|path| self.is_for(path))
    }

    fn is_for(&self, path: &str) -> bool {
        match self {
            Self::Exact(exact) => exact == path,
            // What stands behind a `!` is a name of its own.
            Self::Glob { matcher, .. } => {
                matcher.is_match(path) || path.contains('!') && matcher.is_match(path.replace('!', "!/"))
            }
            Self::Regex(regex) => regex.is_match(path.as_bytes()),
        }
    }
}

impl ValueMatch {
    /// Whether it is for the value of a finding.
    pub(super) fn is_match(&self, finding: &Finding<'_>) -> bool {
        let value = finding.secret.reveal();
        match self {
            Self::Regex(regex) => regex.is_match(value.as_bytes()),
            Self::Match(regex) => regex.is_match(finding.matched.text.reveal().as_bytes()),
            Self::Line(regex) => regex.is_match(lines(finding).as_bytes()),
            Self::Word(word) => value.to_lowercase().contains(word),
            Self::Exact(secret) => secret.reveal().trim() == value.trim(),
            Self::Sha1(hash) => {
                let is_hash = |text: &str| hex(&Sha1::digest(text)) == *hash;
                let head = token_head(value).or(key_head(value));
                is_hash(value) || head.is_some_and(is_hash) || lines(finding).split(BORDERS).any(is_hash)
            }
            Self::Sha256(hash) => {
                let is_hash = |text: &str| hex(&Sha256::digest(text)) == *hash;
                is_hash(value) || GGSHIELD_KINDS.iter().any(|kind| is_hash(&format!("{value},{kind}")))
            }
        }
    }
}

/// What detect-secrets takes of a web token: all before its signature.
fn token_head(value: &str) -> Option<&str> {
    let signature = value.match_indices('.').nth(1).map(|(dot, _)| dot + 1);
    signature.filter(|_| value.starts_with("eyJ")).map(|at| &value[..at])
}

/// What detect-secrets takes of a private key: the words that begin it.
fn key_head(value: &str) -> Option<&str> {
    value.strip_prefix("-----")?.split("-----").next()
}

/// The lines that the secret of a finding stands in, in clear, as far as the finding keeps them.
fn lines(finding: &Finding<'_>) -> String {
    let (first, last) = (finding.location.start.line, finding.location.end.line);
    let lines = finding.frame.lines.iter().filter(|line| (first..=last).contains(&line.number));
    let text = |piece: &Piece| match piece {
        Piece::Text(text) => Cow::Owned(text.clone()),
        Piece::Found(secret) | Piece::Other(secret) => Cow::Owned(secret.reveal().to_owned()),
        Piece::Cut => Cow::Borrowed(""),
    };
    let lines: Vec<String> = lines.map(|line| line.pieces.iter().map(text).collect()).collect();
    lines.join("\n")
}

fn hex(bytes: &[u8]) -> String {
    data_encoding::HEXLOWER.encode(bytes)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod tests {
    use super::*;

    #[test]
    fn globs_are_for_names_folders_and_paths() {
        let cases = [
            ("*.min.js", "a/b/x.min.js", true),
            ("vendor", "a/vendor/x.go", true),
            ("vendor/", "vendor/x.go", true),
            ("/vendor", "a/vendor/x.go", false),
            ("docs/*.md", "docs/a.md", true),
            ("docs/*.md", "docs/a/b.md", false),
            ("**/test/**", "a/test/b", true),
            ("./docs/a.md", "docs/a.md", true),
            ("*.zip", "a/b.zip!c/d.py", true),
            ("a/b.zip", "a/b.zip!c.tar!d.py", true),
            ("c", "a/b.zip!d.py", false),
            ("tests", "a/b.tar!tests/x.py", true),
            ("c.tar", "b.zip!c.tar!d.py", true),
            ("/tests", "b.tar!tests/x.py", false),
        ];
        for (glob, path, expected) in cases {
            assert_eq!(PathMatch::glob(glob).unwrap().is_match(path), expected, "{glob} {path}");
        }
        assert!(PathMatch::glob("a[").is_err());
    }

    #[test]
    fn of_some_values_detect_secrets_takes_the_beginning() {
        let armour = |word: &str| format!("-----{word} RSA PRIVATE KEY-----");
        let key = format!("{}\nabc\n{}", armour("BEGIN"), armour("END"));
        assert_eq!((key_head(&key), token_head(&key)), (Some("BEGIN RSA PRIVATE KEY"), None));
        let token = ["eyJ", "a.b"].concat();
        assert_eq!(token_head(&format!("{token}.c")), Some(&*format!("{token}.")));
        assert_eq!((token_head(&token), token_head("a.b.c"), key_head("a")), (None, None, None));
    }
}

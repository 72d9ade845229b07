//! The only type that holds a token. It hides itself wherever it is printed.
//!
//! [`Secret::reveal`] is the single way to the bytes. Nothing here decides what is a secret.

use std::fmt;

/// What stands for the hidden part of a secret.
pub const MASK: &str = "********";
/// How many characters a mask may leave readable, at most.
const READABLE: usize = 4;
/// Tokens shorter than this are masked whole: four characters of a short one give too much away.
const SHORTEST_READABLE: usize = 20;

/// A secret value as it stands in the scanned bytes (decoded to text, stray bytes replaced).
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Secret {
    value: String,
    readable: bool,
}

impl Secret {
    /// A token whose first characters are those of its kind: its mask may show them.
    pub fn token(bytes: &[u8]) -> Self {
        Self { value: String::from_utf8_lossy(bytes).into_owned(), readable: true }
    }

    /// A password, or anything else of which every character counts: its mask shows nothing.
    pub fn password(bytes: &[u8]) -> Self {
        Self { value: String::from_utf8_lossy(bytes).into_owned(), readable: false }
    }

    /// The value in clear: to show it when the user asked, to hash it, to compare it with what is allowed, and to
    /// find where else it stands and hide it.
    pub fn reveal(&self) -> &str {
        &self.value
    }

    /// The value with all but at most four characters hidden.
    pub fn mask(&self) -> String {
        let length = self.value.chars().count();
        if self.readable && length >= SHORTEST_READABLE && !self.value.contains(char::is_whitespace) {
            let head: String = self.value.chars().take(READABLE).collect();
            format!("{head}{MASK}")
        } else {
            MASK.to_owned()
        }
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.mask())
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secret({})", self.mask())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn masks_show_four_characters_of_long_tokens_and_none_of_passwords() {
        let long = "tok_0a1b2c3d4e5f6g7h8i";
        assert_eq!(Secret::token(long.as_bytes()).mask(), "tok_********");
        assert_eq!(Secret::token(b"short_token").mask(), "********");
        let password = Secret::password(long.as_bytes());
        assert_eq!(format!("{password} {password:?}"), "******** Secret(********)");
    }
}

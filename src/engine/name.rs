//! The words of a name, and whether they say that its value is a secret.
//!
//! `DB_PASSWORD_PROD`, `db.password`, `dbPassword1` all end, for our purpose, in `password`: words that
//! say nothing of the kind of value are passed over at the end. What the last words are decides;
//! `password_file` is no password.

use super::built_in::is_public_prefix;
use super::byte;

/// The longest name that is read, in bytes.
const LONGEST: usize = 96;
/// The most words of a name that are told apart.
const MOST_WORDS: usize = 24;

/// Words at the end of a name that leave its meaning as it is.
const NEUTRAL_ENDS: &[&str] = &[
    "prod", "production", "dev", "development", "test", "testing", "stage", "staging", "live", "sandbox",
    "qa", "uat", "base", "default", "value", "val", "string", "str", "text", "txt", "plain", "plaintext",
    "raw", "env", "new", "old", "current", "b64", "base64", "hex", "local", "main", "primary", "secondary",
    "const", "literal", "arg", "param", "confirmation", "confirm", "confirmed", "again", "repeat", "v",
    "global", "admin", "user", "root", "sys", "bytes", "data", "equals",
];

/// Words before a bare `token` or `key` that say what it stands for: a place in a list or a text, a column, a request.
const OF_NO_SECRETS: &[&str] = &[
    "foreign", "primary", "cache", "sort", "partition", "dedupe", "dedup", "lookup", "csrf", "xsrf", "next",
    "page", "paging", "continuation", "pad", "eos", "bos", "unk", "sep", "cls", "mask", "stop",
    "cancellation", "sync", "lex", "lexer", "parse", "syntax", "design", "socket", "websocket",
];

/// Words before the last that make a text, a number or a switch of most secrets: `wrong_password`, `max_tokens`.
const ABOUT_SECRETS: &[&str] = &[
    "forgot", "reset", "change", "show", "hide", "invalid", "wrong", "missing", "bad", "incorrect", "enter",
    "no", "without", "max", "min", "num", "is", "has", "need", "needs", "use", "enable", "disable", "allow",
    "require", "requires", "required", "generate", "validate", "check", "get", "print", "find", "render",
];

/// Words before a bare `key` that say it is the public one of a pair, or meant for pages.
const PUBLIC_KEYS: &[&str] = &["site", "anon", "publishable", "vapid"];

/// Pieces that say so wherever they stand in the letters of a name.
const HARMLESS_ANYWHERE: &[&str] = &[
    "csrf", "xsrf", "antiforgery", "authenticitytoken", "requestverification", "publickey", "pubkey",
    "checksum", "integrity", "placeholder", "idempotency", "clientrequest", "jsonwebtoken",
];

/// At least so much of such a piece stands before the keyword that a name ends in, as in `pubkey`.
const SHORTEST_PIECE: usize = 3;

/// The words of a name, in lower case.
pub struct Words {
    letters: [u8; LONGEST],
    length: usize,
    ends: [u8; MOST_WORDS],
    count: usize,
}

impl Words {
    /// Splits `name` at everything that is no letter or digit and where a capital follows a small letter.
    pub fn of(name: &[u8]) -> Self {
        let mut words = Self { letters: [0; LONGEST], length: 0, ends: [0; MOST_WORDS], count: 0 };
        let mut before = b' ';
        for &byte in &name[name.len().saturating_sub(LONGEST)..] {
            if !byte.is_ascii_alphanumeric() {
                words.end_word();
            } else {
                if byte.is_ascii_uppercase() && before.is_ascii_lowercase() {
                    words.end_word();
                }
                words.letters[words.length] = byte.to_ascii_lowercase();
                words.length += 1;
            }
            before = byte;
        }
        words.end_word();
        words
    }

    fn end_word(&mut self) {
        let last = self.start(self.count);
        if self.length > last && self.count < MOST_WORDS {
            self.ends[self.count] = self.length as u8;
            self.count += 1;
        }
    }

    /// How many words there are.
    pub fn count(&self) -> usize {
        self.count
    }

    /// The word at `index`.
    pub fn word(&self, index: usize) -> &[u8] {
        &self.letters[self.start(index)..usize::from(self.ends[index])]
    }

    /// The last word, if there is one.
    pub fn last(&self) -> Option<&[u8]> {
        Some(self.word(self.count.checked_sub(1)?))
    }

    /// Each word in turn.
    pub fn iter(&self) -> impl Iterator<Item = &[u8]> {
        (0..self.count).map(|index| self.word(index))
    }

    /// All letters and digits, run together.
    pub fn joined(&self) -> &[u8] {
        &self.letters[..self.length]
    }

    fn start(&self, index: usize) -> usize {
        if index == 0 { 0 } else { usize::from(self.ends[index - 1]) }
    }
}

/// What a name promises by its words.
pub struct Name {
    words: Words,
    /// How many words are left when those that say nothing of the kind of value are taken off the end.
    telling: usize,
    /// The last letter or digit of these.
    last: u8,
}

impl Name {
    /// Reads the words of a name.
    pub fn new(name: &[u8]) -> Self {
        let words = Words::of(name);
        let telling = telling(&words);
        let last = words.letters[words.start(telling).saturating_sub(1)];
        Self { words, telling, last }
    }

    /// Whether the name ends in `keyword` (lower case, letters and digits run together): as its last
    /// words, or as the end of the last word where the keyword is too long to end one by chance.
    #[inline]
    pub fn ends_in(&self, keyword: &[u8]) -> Option<Ending> {
        let may_end = self.last.is_ascii_digit() || keyword.last() == Some(&self.last);
        may_end.then(|| self.ending(keyword))?
    }

    fn ending(&self, keyword: &[u8]) -> Option<Ending> {
        let words = &self.words;
        let mut end = usize::from(*words.ends[..self.telling].last()?);
        // A number behind two letters makes another word of them: `pw6`.
        if !words.letters[..end].ends_with(keyword) && keyword.len() > 2 {
            end = byte::skip_back(&words.letters, end, words.start(self.telling - 1), |b| b.is_ascii_digit());
        }
        let start = words.letters[..end].ends_with(keyword).then(|| end - keyword.len())?;
        let first = (0..self.telling).find(|&index| words.start(index) == start);
        if first.is_none() && keyword.len() < 5 {
            return None;
        }
        // What is shown or sent, and no key: `authText`.
        if keyword == b"auth" && self.telling < words.count() && is_text(words.word(self.telling)) {
            return None;
        }
        let never_public = is_never_public(keyword);
        let before = first.and_then(|index| index.checked_sub(1)).filter(|index| {
            !(is_built_in_at(words, *index) || never_public && words.word(*index) == b"public")
        });
        let is_one_of = |words: &[&str], word: &[u8]| words.iter().any(|it| it.as_bytes() == word);
        let before = before.map(|index| words.word(index));
        let is_bare = matches!(keyword, b"token" | b"key");
        // Also where it is one word with the keyword: `NOPASSWD`.
        let is_about = before.is_some_and(|word| is_one_of(ABOUT_SECRETS, word))
            || first.is_none() && words.letters[..start] == *b"no";
        // Of a key it is said anywhere before it: `publicResourceKey`.
        let is_public = || {
            let mut before = 0..first.unwrap_or_default();
            keyword == b"key" && before.any(|it| words.word(it) == b"public" && !is_built_in_at(words, it))
        };
        // A key that was encrypted with another one.
        let is_sealed = || {
            let sealing: [&[u8]; 3] = [b"wrapped", b"encrypted", b"sealed"];
            let mut before = (0..first.unwrap_or_default()).map(|it| words.word(it));
            // What is hashed opens nothing; rules of their own know the hashes of passwords.
            before.any(|word| {
                keyword.ends_with(b"key") && sealing.contains(&word)
                    || matches!(keyword, b"token" | b"key" | b"secret") && word == b"hashed"
            })
        };
        let harmless = before.is_some_and(|word| {
            word == b"public"
                || keyword == b"secret" && word == b"top"
                // One of several turns over the same: `hwScaleFilterFirstPass`.
                || keyword == b"pass" && is_one_of(&["first", "second", "single", "multi"], word)
                || is_bare && is_one_of(OF_NO_SECRETS, word)
                || keyword == b"key" && is_one_of(PUBLIC_KEYS, word)
        }) || is_bare && is_about
            || is_public()
            || is_sealed()
            || start >= SHORTEST_PIECE
                && HARMLESS_ANYWHERE.iter().any(|piece| {
                    memchr::memmem::find(words.joined(), piece.as_bytes()).is_some()
                        && !(never_public && *piece != "placeholder")
                });
        Some(Ending { harmless, doubtful: is_about, whole: start == 0, short: keyword.len() < 5 })
    }
}

/// How many words are left when those that say nothing of the kind of value are taken off the end.
fn telling(words: &Words) -> usize {
    let mut telling = words.count();
    while telling > 1 {
        let last = words.word(telling - 1);
        let number = last.strip_prefix(b"v").unwrap_or(last);
        let neutral =
            number.iter().all(u8::is_ascii_digit) || NEUTRAL_ENDS.iter().any(|end| end.as_bytes() == last);
        if !neutral {
            break;
        }
        telling -= 1;
    }
    telling
}

/// Whether a word says that a text or bytes of any kind are meant.
fn is_text(word: &[u8]) -> bool {
    matches!(word, b"text" | b"txt" | b"data" | b"string" | b"bytes" | b"value")
}

/// Whether the word at `index` is the `public` of `NEXT_PUBLIC_` and the like, which names no public value but one
/// that is built into pages.
fn is_built_in_at(words: &Words, index: usize) -> bool {
    index == 1 && is_public_prefix(words.word(0), words.word(1))
}

/// Whether what `keyword` promises is public nowhere, so that `public` before it is what frameworks have names begin
/// with whose values they build into pages.
fn is_never_public(keyword: &[u8]) -> bool {
    const PIECES: &[&[u8]] = &[b"secret", b"private", b"passw", b"passphrase", b"pwd"];
    PIECES.iter().any(|piece| memchr::memmem::find(keyword, piece).is_some())
}

/// How a name ends in a keyword.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ending {
    /// The word before takes the meaning away: `public_key`, `csrf_token`, `forgot_password`.
    pub harmless: bool,
    /// The word before says that the value is no secret, unless that looks drawn: `wrong_password`, `enable_secret`.
    pub doubtful: bool,
    /// The name is nothing but the keyword.
    pub whole: bool,
    /// The keyword is a short word with other meanings, such as `pass`.
    pub short: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ends(name: &str, keyword: &str) -> Option<bool> {
        Name::new(name.as_bytes()).ends_in(keyword.as_bytes()).map(|ending| ending.harmless)
    }

    #[test]
    fn the_last_telling_words_decide() {
        for name in [
            "DB_PASSWORD", "db.password", "dbPassword", "dbpassword", "password1", "PASSWORD_PROD",
            "password_2_test",
        ] {
            assert_eq!(ends(name, "password"), Some(false), "{name}");
        }
        for name in ["password_file", "PasswordLength", "passwords", "password_hash"] {
            assert_eq!(ends(name, "password"), None, "{name}");
        }
        assert_eq!(ends("X_API_KEY", "apikey"), Some(false));
        assert_eq!(ends("authText", "auth"), None);
        assert_eq!(ends("redis_auth_prod", "auth"), Some(false));
        assert_eq!(ends("compass", "pass"), None);
        assert_eq!(ends("user_pass", "pass"), Some(false));
        assert_eq!(ends("DB_PW_PROD", "pw"), Some(false));
        assert_eq!(ends("uart3_txd_pw6", "pw"), None);
        assert_eq!(ends("flow", "pw"), None);
        assert_eq!(ends("csrf_token", "token"), Some(true));
        assert_eq!(ends("PUBLIC_TOKEN", "token"), Some(true));
        assert_eq!(ends("NEXT_PUBLIC_TOKEN", "token"), Some(false));
        assert_eq!(ends("hashedToken", "token"), Some(true));
        assert_eq!(ends("hashed_password", "password"), Some(false));
        assert_eq!(ends("hwFilterFirstPass", "pass"), Some(true));
        assert_eq!(ends("Sec-Websocket-Key", "key"), Some(true));
    }

    #[test]
    fn public_before_a_secret_is_a_frameworks_word() {
        for (name, keyword) in [
            ("PUBLIC_SECRET", "secret"),
            ("PUBLIC_SECRET_KEY", "secretkey"),
            ("PUBLIC_KEY_PASSWORD", "password"),
            ("PLASMO_PUBLIC_CLIENT_SECRET", "clientsecret"),
            ("SNOWPACK_PUBLIC_TOKEN", "token"),
        ] {
            assert_eq!(ends(name, keyword), Some(false), "{name}");
        }
        for (name, keyword) in [
            ("PUBLIC_KEY", "key"),
            ("MY_PUBLIC_KEY", "key"),
            ("NEXT_PUBLIC_PUBLIC_KEY", "key"),
            ("NEXT_PUBLIC_VAPID_KEY", "key"),
            ("TURNSTILE_SITE_KEY", "key"),
            ("ACME_PUBLISHABLE_KEY", "key"),
            ("publicResourceKey", "key"),
        ] {
            assert_eq!(ends(name, keyword), Some(true), "{name}");
        }
        assert_eq!(ends("VAPID_PRIVATE_KEY", "privatekey"), Some(false));
        assert_eq!(ends("SITE_PASSWORD", "password"), Some(false));
    }
}

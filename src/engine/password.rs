//! How sure a password is that a person may have chosen.
//!
//! A password need not look drawn. Refused are those that protect nothing: the words that everybody tries first, numbers,
//! and words that are more likely the name of something.

use super::Reason;
use super::form;
use super::placeholder::is_placeholder;
use super::plausible::{Look, reads_like_word};
use crate::rule::Confidence;

/// Words that people put into passwords that protect nothing.
const WEAK: &[&str] = &[
    "password", "passwd", "pass", "pwd", "secret", "token", "key", "admin", "root", "user", "test",
    "testing", "guest", "demo", "default", "welcome", "temp", "login", "master", "letmein", "foo", "bar",
    "baz", "abc", "my", "new", "old", "good", "bad", "wrong", "invalid", "correct", "right", "some", "other",
    "another", "first", "second", "the", "a", "an", "bob", "alice", "postgres", "mysql", "mongo", "redis",
    "oracle", "rabbitmq", "server", "client", "app", "api", "auth", "service", "db", "database", "qwerty",
    "irrelevant", "incorrect", "denied", "unused", "whatever", "not", "non", "value", "string", "text",
    "data", "hash", "encrypted", "plain", "anonymous", "hello", "world", "dev", "prod",
];

/// Whether it is small words joined by underscores, as variables are named.
fn is_snake_case(secret: &[u8]) -> bool {
    secret.contains(&b'_') && secret.iter().all(|b| b.is_ascii_lowercase() || *b == b'_')
}

/// How sure a password is that a person may have chosen.
pub fn confidence(secret: &[u8], look: &Look) -> Result<Confidence, Reason> {
    if secret.len() < 4 {
        return Err(Reason::TooShort);
    }
    if look.letters() == 0 {
        let groups = secret.split(|b| *b == b'.');
        return if secret.contains(&b'.')
            && groups.clone().count() > 2
            && groups.clone().all(|group| !group.is_empty() && group.iter().all(u8::is_ascii_digit))
        {
            // An address or the name of an object: `192.168.1.1`, `1.2.840.113549`.
            Err(Reason::Number)
        } else if look.symbols > 0 && look.digits > 3 {
            Ok(Confidence::Medium)
        } else if look.digits >= 6 {
            Ok(Confidence::Low)
        } else {
            Err(Reason::Number)
        };
    }
    if is_weak(secret) {
        return Err(Reason::Weak);
    }
    if form::encoded_text(secret).is_some_and(|text| is_placeholder(&text) || is_weak(&text)) {
        return Err(Reason::Placeholder);
    }
    if form::is_password_hash(secret) || is_snake_case(secret) {
        return Ok(Confidence::Low);
    }
    // Rules about passwords ask for signs and digits, and people answer with words.
    if is_as_rules_ask(secret) {
        return Ok(Confidence::Medium);
    }
    if look.is_worded() {
        let joined =
            secret.iter().filter(|b| matches!(b, b'_' | b'-' | b'.' | b'/')).count() + look.stretches;
        let plain = look.digits == 0 && look.symbols == 0;
        let mut words = secret.split(|b| !b.is_ascii_alphabetic()).filter(|word| !word.is_empty());
        let weak = words.any(|word| is_of_weak_words(&word.to_ascii_lowercase()));
        // A word with a capital is a label as often as not.
        let label = secret[0].is_ascii_uppercase() || secret.len() < 5 || joined > 1;
        // As people join words that nobody guesses: `tidal-ferret`. Names are joined so, too.
        let is_phrase = secret.iter().all(|b| b.is_ascii_lowercase() || *b == b'-');
        return match (plain, weak) {
            (true, true) => Err(Reason::Weak),
            (true, false) if joined == 3 && is_phrase => Ok(Confidence::Medium),
            (true, false) if joined > 3 && is_phrase => Ok(Confidence::Low),
            (true, _) if joined > 2 => Err(Reason::Weak),
            (false, true) if is_word_of_a_year(secret) => Ok(Confidence::Medium),
            (false, true) => Ok(Confidence::Low),
            (true, false) if label => Ok(Confidence::Low),
            (true, false) => Ok(Confidence::Medium),
            (false, false) => Ok(Confidence::Medium),
        };
    }
    let classes =
        [look.lower, look.upper, look.digits, look.symbols].iter().filter(|&&count| count > 0).count();
    Ok(if secret.len() >= 10 && classes >= 3 { Confidence::High } else { Confidence::Medium })
}

/// Whether it is what people answer to rules that ask for letters, digits and signs: words, one number and a sign or
/// a few, at least eight of all, `Kestrel456!`. Which words makes no difference: people choose those that they mean to
/// replace as well.
pub fn is_as_rules_ask(secret: &[u8]) -> bool {
    let is_sign = |b: &u8| b"!@#$%&*?+".contains(b);
    let signs = secret.iter().filter(|b| !b.is_ascii_alphanumeric()).count();
    if secret.len() < 8 || !(1..=3).contains(&signs) {
        return false;
    }
    let numbers = secret.split(|b| !b.is_ascii_digit()).filter(|number| !number.is_empty()).count();
    let mut words = secret.split(|b| !b.is_ascii_alphabetic()).filter(|word| !word.is_empty());
    let is_spoken = |word: &[u8]| {
        let lower = word.to_ascii_lowercase();
        word.len() > 2 && (is_of_weak_words(&lower) || reads_like_word(&lower))
    };
    secret.iter().filter(|b| is_sign(b)).count() == signs
        && numbers == 1
        && (1..=2).contains(&words.clone().count())
        && words.all(is_spoken)
}

/// Whether it is a word, a year and a sign, in any order, as people choose what rules ask of passwords.
pub fn is_word_of_a_year(secret: &[u8]) -> bool {
    let is_year =
        |digits: &[u8]| digits.len() == 4 && (digits.starts_with(b"19") || digits.starts_with(b"20"));
    let signs = secret.iter().filter(|b| b"!@#$%&*?+".contains(b)).count();
    let words = secret.split(|b| !b.is_ascii_alphabetic()).filter(|word| !word.is_empty()).count();
    words == 1
        && (1..=3).contains(&signs)
        && secret.split(|b| !b.is_ascii_digit()).any(is_year)
        && secret.iter().filter(|b| !b.is_ascii_alphanumeric()).count() == signs
}

/// Whether a word is put together from words that protect nothing: `testpassword`.
fn is_of_weak_words(word: &[u8]) -> bool {
    let Some(first) = word.first() else { return true };
    // The first letter tells for most without a call.
    let begins = WEAK.iter().map(|weak| weak.as_bytes()).filter(|weak| weak[0] == *first);
    word.len() <= 24 && begins.filter_map(|weak| word.strip_prefix(weak)).any(is_of_weak_words)
}

/// Whether it is one of the words that protect nothing, and perhaps a number that counts: `root123`, `pass4321`.
fn is_weak(secret: &[u8]) -> bool {
    let digits = secret.iter().rev().take_while(|b| b.is_ascii_digit()).count();
    let (word, number) = secret.split_at(secret.len() - digits);
    let counts = |step: i16| number.windows(2).all(|pair| i16::from(pair[1]) - i16::from(pair[0]) == step);
    let word = word.to_ascii_lowercase();
    WEAK.iter().any(|weak| weak.as_bytes() == word) && (counts(1) || counts(-1) || counts(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_make_a_password_unless_they_protect_nothing_or_name_something() {
        const MEDIUM: Result<Confidence, Reason> = Ok(Confidence::Medium);
        const LOW: Result<Confidence, Reason> = Ok(Confidence::Low);
        for (secret, sure) in [
            ("ferrets", MEDIUM),
            ("tidal-ferret", MEDIUM),
            ("tidal-ferret-harvest", LOW),
            ("Ferrets", LOW),
            ("test-ferret", Err(Reason::Weak)),
            ("Tidal.Ferret.Harvest", Err(Reason::Weak)),
            ("testpassword", Err(Reason::Weak)),
            ("root123", Err(Reason::Weak)),
            ("Welcome2024!", MEDIUM),
            ("Welcome1234!", MEDIUM),
            ("Password456!", MEDIUM),
            ("NewPassword678!", MEDIUM),
            ("Kestrel@456", MEDIUM),
            ("456testing!", MEDIUM),
        ] {
            assert_eq!(confidence(secret.as_bytes(), &Look::at(secret.as_bytes())), sure, "{secret}");
        }
    }
}

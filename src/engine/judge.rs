//! Weighs a named value: is it a secret, how sure is it, and in which kinds of file does it count?
//!
//! For the generic rules, which know no form. The name has said that a secret is meant; the value must
//! not be refuted (`value.rs`), and the less it looks like words, the surer it is.

use super::Reason;
use super::assignment::{Assignment, Operator, Quoting};
use super::name::{Ending, Name};
use super::placeholder::is_placeholder;
use super::plausible::Look;
use super::value;
use crate::path::{FileKind, FileKinds};
use crate::rule::Confidence;

/// A value that passed, with how sure it is and where it counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Weighed {
    /// How sure it is.
    pub confidence: Confidence,
    /// The kinds of file in which it is a secret.
    pub kinds: FileKinds,
}

/// What a name promises of its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Promise {
    /// Chosen by a person as often as not.
    Password,
    /// Drawn by a machine.
    Token,
}

/// Kinds in which texts and digests stand where a name speaks of secrets.
const NO_SECRETS: FileKinds = FileKinds::of(&[FileKind::Translation, FileKind::Generated]);

/// Weighs the value of `assignment`, whose name ends as `ending` says in a word that promises a secret.
pub fn weigh(
    bytes: &[u8],
    assignment: &Assignment,
    ending: Ending,
    promise: Promise,
) -> Result<Weighed, Reason> {
    let secret = assignment.value.of(bytes);
    if ending.harmless {
        return Err(Reason::HarmlessName);
    }
    if let Some(reason) = value::refute(secret, assignment.quoting, assignment.operator) {
        return Err(reason);
    }
    if is_placeholder(secret) {
        return Err(Reason::Placeholder);
    }
    if value::is_public(secret) {
        return Err(Reason::Public);
    }
    if repeats_name(bytes, assignment) {
        return Err(Reason::SameAsName);
    }
    let look = Look::at(secret);
    if let Quoting::Quoted { joined: true, .. } = assignment.quoting {
        if !look.is_random() {
            return Err(Reason::Fragment);
        }
    }
    let confidence = match promise {
        Promise::Password => password(secret, &look)?,
        Promise::Token => token(secret, &look, ending)?,
    };
    Ok(Weighed { confidence, kinds: kinds(bytes, assignment, &look) })
}

/// Words that people put into passwords that protect nothing.
const WEAK: &[&str] = &[
    "password",
    "passwd",
    "pass",
    "pwd",
    "secret",
    "token",
    "key",
    "admin",
    "root",
    "user",
    "test",
    "testing",
    "guest",
    "demo",
    "default",
    "welcome",
    "temp",
    "login",
    "master",
    "letmein",
    "foo",
    "bar",
    "baz",
    "abc",
    "my",
    "new",
    "old",
    "good",
    "bad",
    "wrong",
    "invalid",
    "correct",
    "right",
    "some",
    "other",
    "another",
    "first",
    "second",
    "the",
    "a",
    "an",
    "bob",
    "alice",
    "postgres",
    "mysql",
    "mongo",
    "redis",
    "oracle",
    "rabbitmq",
    "server",
    "client",
    "app",
    "api",
    "auth",
    "service",
    "db",
    "database",
    "qwerty",
    "value",
    "string",
    "text",
    "data",
    "hash",
    "encrypted",
    "plain",
    "hello",
    "world",
    "dev",
    "prod",
];

fn password(secret: &[u8], look: &Look) -> Result<Confidence, Reason> {
    if secret.len() < 4 {
        return Err(Reason::TooShort);
    }
    if look.letters() == 0 {
        return if look.symbols > 0 && look.digits > 3 {
            Ok(Confidence::Medium)
        } else if look.digits >= 6 {
            Ok(Confidence::Low)
        } else {
            Err(Reason::Number)
        };
    }
    if look.is_worded() {
        let joined =
            secret.iter().filter(|b| matches!(b, b'_' | b'-' | b'.' | b'/')).count() + look.stretches;
        let plain = look.digits == 0 && look.symbols == 0;
        let weak = secret.split(|b| !b.is_ascii_alphabetic()).filter(|word| !word.is_empty()).any(|word| {
            let lower = word.to_ascii_lowercase();
            WEAK.iter().any(|weak| weak.as_bytes() == lower)
        });
        return match (plain, weak) {
            (true, _) if joined > 2 => Err(Reason::Words),
            (true, _) | (_, true) => Ok(Confidence::Low),
            (false, false) => Ok(Confidence::Medium),
        };
    }
    let classes =
        [look.lower, look.upper, look.digits, look.symbols].iter().filter(|&&count| count > 0).count();
    Ok(if secret.len() >= 10 && classes >= 3 { Confidence::High } else { Confidence::Medium })
}

fn token(secret: &[u8], look: &Look, ending: Ending) -> Result<Confidence, Reason> {
    if secret.len() < 8 {
        return Err(Reason::TooShort);
    }
    if look.letters() == 0 {
        return if look.digits >= 12 { Ok(Confidence::Low) } else { Err(Reason::Number) };
    }
    if look.is_worded() {
        return Err(Reason::Words);
    }
    let mixed = look.digits > 0 && look.letters() > 0;
    if look.is_random() {
        let varied = look.upper > 0 && look.lower > 0 && look.digits > 0;
        return Ok(match (ending.whole, secret.len() >= 20 && varied) {
            (_, true) => Confidence::High,
            _ => Confidence::Medium,
        });
    }
    match (mixed, look.entropy) {
        (true, 2.5..) => Ok(Confidence::Medium),
        (false, 2.5..) if secret.len() >= 8 => Ok(Confidence::Medium),
        (true, 2.0..) => Ok(Confidence::Low),
        _ => Err(Reason::LowEntropy),
    }
}

/// `password = "user_password"`, `api_key: 'apiKey'`: the value names the thing, it is not the thing.
fn repeats_name(bytes: &[u8], assignment: &Assignment) -> bool {
    let name = Name::new(assignment.name.of(bytes));
    let value = assignment.value.of(bytes);
    if value.len() > 64 {
        return false;
    }
    let value = Name::new(value);
    if value.words() == 0 {
        return false;
    }
    let last = |name: &Name| name.word(name.words() - 1).to_vec();
    value.joined() == name.joined()
        || (name.words() > 0 && last(&value) == last(&name) && value.joined().len() > last(&name).len())
        || name.joined().ends_with(value.joined()) && value.joined().len() > 3
}

/// Where a value counts that is written like this.
fn kinds(bytes: &[u8], assignment: &Assignment, look: &Look) -> FileKinds {
    use FileKind::{Config, Json, Log, Markup, Prose, Shell, Toml, Unknown, Yaml};
    const ANYWHERE: FileKinds = NO_SECRETS.complement();
    const TIGHT: FileKinds = FileKinds::of(&[Config, Shell, Prose, Log, Unknown, Yaml, Markup, Json]);
    const LOOSE: FileKinds = FileKinds::of(&[Config, Prose, Log, Unknown]);
    const COLON: FileKinds = FileKinds::of(&[Config, Yaml, Prose, Log, Unknown, Markup]);
    const FIELDS: FileKinds = FileKinds::of(&[Config, Yaml, Json, Markup, Prose, Unknown, Log, Toml]);
    if assignment.quoting != Quoting::Bare {
        return ANYWHERE;
    }
    // In code, a bare value is a name or an expression; only a string holds `NAME=value`, or what no
    // name can look like.
    let in_string = assignment
        .name
        .start
        .checked_sub(1)
        .is_some_and(|before| matches!(bytes[before], b'"' | b'\'' | b'`' | b'?' | b'&'));
    let no_name = look.is_random() && look.digits > 0 && look.length >= 16;
    match assignment.operator {
        Operator::Flag => ANYWHERE,
        Operator::Equals { tight: true } if in_string || no_name => ANYWHERE,
        Operator::Equals { tight: true } => TIGHT,
        Operator::Colon if no_name => ANYWHERE,
        Operator::Colon => COLON,
        Operator::NextField => FIELDS,
        _ => LOOSE,
    }
}

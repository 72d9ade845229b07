//! Weighs a named value: is it a secret, how sure is it, and in which kinds of file does it count?
//!
//! For the generic rules, which know no form. The name has said that a secret is meant; the value must
//! not be refuted (`value.rs`), and the less it looks like words, the surer it is.

use super::Reason;
use super::assignment::{Assignment, Operator, Quoting};
use super::name::{Ending, Words};
use super::placeholder::is_placeholder;
use super::plausible::Look;
use super::value;
use super::{byte, context, literal};
use crate::path::{FileKind, FileKinds};
use crate::rule::Confidence;
use crate::span::Span;

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
    /// Drawn by a machine, if it is a secret at all: the name says little.
    Random,
}

/// The fewest bytes of a value whose name says little.
const SHORTEST_RANDOM: usize = 16;

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
    // What a table calls its keys are names.
    if promise == Promise::Random && assignment.operator == Operator::Cell {
        return Err(Reason::HarmlessName);
    }
    // Most names that say little have values that cannot say more: what is dear to ask need not be asked of them.
    if promise == Promise::Random && secret.len() < SHORTEST_RANDOM {
        return Err(Reason::TooShort);
    }
    if ending.harmless || is_question(bytes, assignment, ending) || is_said_otherwise(bytes, assignment) {
        return Err(Reason::HarmlessName);
    }
    if is_badge(bytes, assignment) {
        return Err(Reason::Public);
    }
    if literal::looks_up(assignment.wrapper.of(bytes)) || is_variable(bytes, assignment) {
        return Err(Reason::Reference);
    }
    if value::is_hex(secret) && context::speaks_of_digest(bytes, assignment.value) {
        return Err(Reason::Digest);
    }
    if let Some(reason) = value::refute(secret, assignment.quoting, assignment.operator) {
        return Err(reason);
    }
    if is_placeholder(secret) || is_cut_short(bytes, assignment) {
        return Err(Reason::Placeholder);
    }
    if value::is_public(secret) {
        return Err(Reason::Public);
    }
    if repeats_name(bytes, assignment) {
        return Err(Reason::SameAsName);
    }
    let look = Look::at(secret);
    let is_drawn = look.is_random() && look.digits > 0 && secret.len() >= SHORTEST_RANDOM;
    if ending.doubtful && !is_drawn {
        return Err(Reason::HarmlessName);
    }
    if ending.short && is_verdict(bytes, assignment) && (!look.is_random() || secret.contains(&b'/')) {
        return Err(Reason::HarmlessName);
    }
    if matches!(assignment.quoting, Quoting::Quoted { joined: true, .. }) && !look.is_random() {
        return Err(Reason::Fragment);
    }
    // In a list of arguments, the flag and what it is given are two strings: `["--password", "…"]`.
    let is_flag =
        assignment.operator == Operator::Argument && bytes[..assignment.name.start].ends_with(b"--");
    let operator = if is_flag { Operator::Flag } else { assignment.operator };
    let confidence = match promise {
        Promise::Password if is_of_words(operator, &look) => {
            let is_used = operator == Operator::Flag;
            return Err(if is_used { Reason::Weak } else { Reason::Words });
        }
        // Rules of their own know the hashes that are worth guessing at.
        Promise::Password if value::is_password_hash(secret) => return Err(Reason::Digest),
        Promise::Password if is_listed(bytes, operator, assignment.name, secret) && !look.is_random() => {
            return Err(Reason::Words);
        }
        // Words stand for much else where the name is a short one: `pass: 'normal'`.
        Promise::Password if ending.short && ending.whole && is_plain_word(assignment.operator, &look) => {
            password(secret, &look)?.min(Confidence::Low)
        }
        Promise::Password => password(secret, &look)?,
        Promise::Token => token(secret, &look)?,
        Promise::Random => random(secret, &look)?,
    };
    // Strings that stand beside each other have less to do with each other than a name and its value.
    let beside = matches!(assignment.operator, Operator::Argument | Operator::Column | Operator::Pair);
    let confidence = if beside { confidence.min(Confidence::Medium) } else { confidence };
    // A table sets words apart, `passwd:      files`, and so does a text.
    let is_set_apart = bytes[..assignment.value.start].ends_with(b"  ");
    let is_label = assignment.quoting == Quoting::Bare && is_set_apart && is_plain_word(operator, &look);
    let confidence = if is_label { Confidence::Low } else { confidence };
    Ok(Weighed { confidence, kinds: kinds(bytes, assignment, &look) })
}

/// Names stand beside names in lists of them, and words of a manual behind a flag.
fn is_of_words(operator: Operator, look: &Look) -> bool {
    let plain = look.digits + look.symbols == 0;
    match operator {
        Operator::Argument | Operator::Column | Operator::Label | Operator::Cell => {
            plain && !look.is_random()
        }
        Operator::Comparison | Operator::Flag => plain && look.is_worded(),
        _ => false,
    }
}

/// Whether a name stands among others in a list of strings, so that the next one need not be its value: a string stands
/// before it, or the next one has joints as names have.
fn is_listed(bytes: &[u8], operator: Operator, name: Span, value: &[u8]) -> bool {
    let quote = byte::skip_back(bytes, name.start, name.start.saturating_sub(3), |b| {
        matches!(b, b'"' | b'\'' | b'\\')
    });
    let before = byte::skip_back(bytes, quote, quote.saturating_sub(WIDEST_GAP), |b| b.is_ascii_whitespace());
    operator == Operator::Argument
        && match bytes[..before].last() {
            Some(b',') => true,
            Some(b'[') => value.iter().any(|b| matches!(b, b'_' | b':')),
            _ => false,
        }
}

/// How much white space may divide the strings of a list, in bytes.
const WIDEST_GAP: usize = 24;

/// A word behind a colon.
fn is_plain_word(operator: Operator, look: &Look) -> bool {
    operator == Operator::Colon && look.is_worded() && look.digits + look.symbols == 0
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
    "anonymous",
    "hello",
    "world",
    "dev",
    "prod",
];

/// Small words joined by underscores: a variable's name rather than a password.
fn is_identifier(secret: &[u8]) -> bool {
    secret.contains(&b'_') && secret.iter().all(|b| b.is_ascii_lowercase() || *b == b'_')
}

/// How sure a password is that a person may have chosen.
pub fn password(secret: &[u8], look: &Look) -> Result<Confidence, Reason> {
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
    if value::encoded_text(secret).is_some_and(|text| is_placeholder(&text) || is_weak(&text)) {
        return Err(Reason::Placeholder);
    }
    if value::is_password_hash(secret) || is_identifier(secret) {
        return Ok(Confidence::Low);
    }
    if look.is_worded() {
        let joined =
            secret.iter().filter(|b| matches!(b, b'_' | b'-' | b'.' | b'/')).count() + look.stretches;
        let plain = look.digits == 0 && look.symbols == 0;
        let mut words = secret.split(|b| !b.is_ascii_alphabetic()).filter(|word| !word.is_empty());
        let weak = words.any(|word| is_of_weak_words(&word.to_ascii_lowercase()));
        // A word with a capital is a label as often as not.
        let label = secret[0].is_ascii_uppercase() || secret.len() < 5 || joined > 1;
        return match (plain, weak) {
            (true, _) if joined > 2 => Err(Reason::Weak),
            (true, true) => Err(Reason::Weak),
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

/// Whether a word is put together from words that protect nothing: `testpassword`.
fn is_of_weak_words(word: &[u8]) -> bool {
    let rest = |weak: &&str| word.strip_prefix(weak.as_bytes());
    word.is_empty() || word.len() <= 24 && WEAK.iter().filter_map(rest).any(is_of_weak_words)
}

/// One of the words that protect nothing, and perhaps a number that counts: `root123`, `pass4321`.
fn is_weak(secret: &[u8]) -> bool {
    let digits = secret.iter().rev().take_while(|b| b.is_ascii_digit()).count();
    let (word, number) = secret.split_at(secret.len() - digits);
    let counts = |step: i16| number.windows(2).all(|pair| i16::from(pair[1]) - i16::from(pair[0]) == step);
    let word = word.to_ascii_lowercase();
    WEAK.iter().any(|weak| weak.as_bytes() == word) && (counts(1) || counts(-1) || counts(0))
}

/// A value whose name says little must speak for itself.
fn random(secret: &[u8], look: &Look) -> Result<Confidence, Reason> {
    if value::is_uuid(secret) || value::is_fingerprint(secret) {
        return Err(Reason::Form);
    }
    // Bytes written by their numbers are a constant of a program, or of its tests.
    let is_of_bytes = memchr::memmem::find(secret, b"\\x").is_some();
    if is_of_bytes
        || !look.is_random()
        || look.digits == 0
        || look.letters() * 4 < secret.len()
        || secret.contains(&b' ')
    {
        return Err(Reason::LowEntropy);
    }
    Ok(Confidence::Medium)
}

fn token(secret: &[u8], look: &Look) -> Result<Confidence, Reason> {
    if secret.len() < 8 {
        return Err(Reason::TooShort);
    }
    if look.letters() == 0 {
        return if look.digits >= 12 { Ok(Confidence::Low) } else { Err(Reason::Number) };
    }
    let encodes_words = || value::encoded_text(secret).is_some_and(|text| Look::at(&text).is_worded());
    if look.is_worded() || is_constant(secret, look) || encodes_words() {
        return Err(Reason::Words);
    }
    if value::is_unsigned(secret) {
        return Err(Reason::Malformed);
    }
    let mixed = look.digits > 0 && look.letters() > 0;
    if mixed && !look.is_random() && counts_by_hand(secret) {
        return Ok(Confidence::Low);
    }
    if look.is_random() {
        let varied = look.upper > 0 && look.lower > 0 && look.digits > 0;
        let sure = secret.len() >= 20 && varied || secret.len() >= 32 && mixed;
        return Ok(if sure { Confidence::High } else { Confidence::Medium });
    }
    match (mixed, look.entropy) {
        (true, 2.5..) => Ok(Confidence::Medium),
        // Letters alone may be a word of any language.
        (false, 2.5..) if look.upper <= 1 || look.lower == 0 => Ok(Confidence::Low),
        (false, 2.5..) => Ok(Confidence::Medium),
        (true, 2.0..) => Ok(Confidence::Low),
        _ => Err(Reason::LowEntropy),
    }
}

/// Whether all digits count up or down, or repeat, as people write examples: `sk-ant-12345`, `jwt123`.
fn counts_by_hand(secret: &[u8]) -> bool {
    let mut groups = secret.split(|b| !b.is_ascii_digit()).filter(|group| !group.is_empty());
    groups.all(|group| {
        let steps = |step: i16| group.windows(2).all(|two| i16::from(two[1]) - i16::from(two[0]) == step);
        group.len() > 2 && (steps(1) || steps(-1) || steps(0) || group.chunks(3).all(|part| part == b"123"))
    })
}

/// `LET_ME_IN`, `NEW_REFRESH_ME`: the name of a constant.
fn is_constant(secret: &[u8], look: &Look) -> bool {
    look.lower == 0 && look.digits <= 1 && secret.contains(&b'_') && look.symbols == 0
}

/// A function that asks about a secret or hashes it is given any text: `check_password("…")`.
fn is_question(bytes: &[u8], assignment: &Assignment, ending: Ending) -> bool {
    const VERBS: &[&str] = &[
        "check",
        "has",
        "hash",
        "is",
        "validate",
        "verify",
        "compare",
        "match",
        "matches",
        "test",
        "expect",
        "get",
        "find",
        "load",
        "read",
        "parse",
        "assert",
        "valid",
        "forgot",
        "reset",
        "authenticate",
        "encrypt",
        "encode",
    ];
    // Tests pass with a message: `pass 'it works'`.
    if assignment.operator == Operator::Keyword {
        return ending.short && !bytes[..assignment.name.start].ends_with(b"#define ");
    }
    let asks = |name: &[u8], verbs: &[&str]| {
        Words::of(name).iter().any(|word| verbs.iter().any(|verb| verb.as_bytes() == word))
    };
    let name = assignment.name;
    match assignment.operator {
        Operator::Call => ending.short || asks(name.of(bytes), VERBS),
        // `verify_password("password", "…")`: what seems to be a name is the text that is given.
        Operator::Argument => {
            let open =
                byte::skip_back(bytes, name.start, name.start.saturating_sub(2), |b| !byte::is_word(b));
            let callee = byte::skip_back(bytes, open, open.saturating_sub(LONGEST_CALLEE), byte::is_word);
            let between = &bytes[open..name.start];
            between.starts_with(b"(") && asks(&bytes[callee..open], ANSWERING)
        }
        _ => false,
    }
}

/// Whether the name is the first of two strings of which a condition chooses, `ok ? "pass" : "…"`, or what stands
/// before it makes it the public one: `Public Key: …`.
fn is_said_otherwise(bytes: &[u8], assignment: &Assignment) -> bool {
    let before = &bytes[..assignment.name.start];
    match assignment.operator {
        Operator::Colon => {
            [b"? \"".as_slice(), b"? '", b"? `"].iter().any(|choice| before.ends_with(choice))
                || [b"Public ".as_slice(), b"public "].iter().any(|word| before.ends_with(word))
        }
        _ => false,
    }
}

/// What a run of tests, or a sentence, says passed, `PASS: utf8_check`, `all tests pass: …`, or a state in a sheet of
/// styles: `#pass:checked`.
fn is_verdict(bytes: &[u8], assignment: &Assignment) -> bool {
    let Assignment { name, value, operator, quoting, .. } = *assignment;
    let before = &bytes[..name.start];
    let in_sentence = matches!(before, [.., word, b' '] if word.is_ascii_alphanumeric() || *word == b')');
    let is_state = value.start == name.end + 1 && value.of(bytes).iter().all(u8::is_ascii_lowercase);
    operator == Operator::Colon
        && (quoting == Quoting::Bare && (name.of(bytes) == b"PASS" || is_state)
            || name.of(bytes).eq_ignore_ascii_case(b"pass") && in_sentence)
}

/// Whether what follows a bare value says that the rest was left out: `sk-abc123...`.
fn is_cut_short(bytes: &[u8], assignment: &Assignment) -> bool {
    let rest = &bytes[assignment.value.end..];
    assignment.quoting == Quoting::Bare && (rest.starts_with(b"...") || rest.starts_with("…".as_bytes()))
}

/// The longest name of a function that is looked at, in bytes.
const LONGEST_CALLEE: usize = 28;

/// What functions do with a secret that they are given beside another text.
const ANSWERING: &[&str] =
    &["check", "hash", "verify", "compare", "matches", "validate", "authenticate", "encrypt"];

/// The parameter of a picture's address: its token shows a badge, and everybody sees the badge.
fn is_badge(bytes: &[u8], assignment: &Assignment) -> bool {
    let name = assignment.name;
    let in_query = name.start.checked_sub(1).is_some_and(|index| matches!(bytes[index], b'?' | b'&' | b';'));
    let start = assignment.value.start.saturating_sub(context::REACH).min(name.start);
    let address = Span::new(start, name.start).of(bytes);
    in_query
        && [b"badge".as_slice(), b".svg?", b"shields.io"]
            .iter()
            .any(|mark| memchr::memmem::find(address, mark).is_some())
}

/// Where names are strings, a value without quotes is a variable; and where words follow it, it is prose.
fn is_variable(bytes: &[u8], assignment: &Assignment) -> bool {
    // The language of the code that follows a sentence.
    if bytes[..assignment.value.start].ends_with(b"```") {
        return true;
    }
    if assignment.quoting != Quoting::Bare {
        return false;
    }
    let value = assignment.value.of(bytes);
    let before = &bytes[..assignment.name.start];
    // In the actions of a template, and where the type of a literal stands: `Key: v1.KeySpec{`.
    let in_action = [b"{{ $".as_slice(), b"{{- $", b"{{$"].iter().any(|open| before.ends_with(open));
    let is_type = bytes.get(assignment.value.end) == Some(&b'{')
        && value.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.'));
    if in_action || is_type {
        return true;
    }
    let identifier = value.iter().all(|b| b.is_ascii_alphabetic() || matches!(b, b'_' | b'.'));
    let named_by_string = matches!(bytes.get(assignment.name.end), Some(b'"' | b'\''));
    // `group:artifact` as build tools write it.
    let coordinate = assignment.operator == Operator::Colon
        && assignment.value.start == assignment.name.end + 1
        && assignment.name.of(bytes).contains(&b'.');
    let spoken = assignment.operator == Operator::Colon
        && value.iter().all(u8::is_ascii_alphabetic)
        && goes_on(&bytes[assignment.value.end..]);
    identifier && (named_by_string && assignment.operator == Operator::Colon)
        || spoken
        || coordinate && !Look::at(value).is_random()
        || is_field(bytes, assignment)
}

/// One of many fields that colons divide: the last part of an ARN, or what a file of accounts lists.
fn is_field(bytes: &[u8], assignment: &Assignment) -> bool {
    let Assignment { name, value, operator, .. } = *assignment;
    let follows_colon = name.start.checked_sub(1).is_some_and(|before| bytes[before] == b':');
    let is_tight = operator == Operator::Colon && value.start == name.end + 1;
    let is_part = |b: u8| byte::is_token(b) || b == b':';
    let start = byte::skip_back(bytes, name.start, value.start.saturating_sub(context::REACH), is_part);
    follows_colon
        && is_tight
        && (bytes[start.min(name.start)..].starts_with(b"arn:") || !Look::at(value.of(bytes)).is_random())
}

/// Whether a sentence goes on: ` and so`, or `, changes and`, but not `, user: x`, which is the next pair.
fn goes_on(rest: &[u8]) -> bool {
    match rest {
        [b' ', next, ..] => next.is_ascii_alphabetic() || matches!(next, b'\'' | b'"'),
        [b',', b' ', rest @ ..] => {
            let word = rest.iter().take(LONGEST_WORD).take_while(|b| b.is_ascii_alphabetic()).count();
            matches!(&rest[word..], [b' ', next, ..] if word > 0 && next.is_ascii_alphabetic())
        }
        _ => false,
    }
}

/// The longest word that is looked at behind a comma, in bytes.
const LONGEST_WORD: usize = 16;

/// `password = "user_password"`, `api_key: 'apiKey'`: the value names the thing, it is not the thing.
fn repeats_name(bytes: &[u8], assignment: &Assignment) -> bool {
    const KINDS: &[&str] =
        &["password", "passwd", "pwd", "secret", "token", "key", "credentials", "passphrase"];
    let text = assignment.value.of(bytes);
    if text.len() > 64 {
        return false;
    }
    let (name, value) = (Words::of(assignment.name.of(bytes)), Words::of(text));
    let Some(last) = value.last() else { return false };
    if text.iter().all(|b| !b.is_ascii_digit()) {
        let repeats = name.last().is_some_and(|name| name.len() >= 5 && value.joined().ends_with(name));
        if repeats || value.count() > 1 && KINDS.iter().any(|kind| kind.as_bytes() == last) {
            return true;
        }
    }
    value.joined() == name.joined()
        || name.last() == Some(last) && value.joined().len() > last.len()
        || name.joined().ends_with(value.joined()) && value.joined().len() > 3
}

/// Whether name and value are all of a string, and the name is that of a header: `-H "X-Api-Key: …"`.
fn is_header(bytes: &[u8], assignment: &Assignment) -> bool {
    let Assignment { name, value, .. } = *assignment;
    let quote = name.start.checked_sub(1).map(|index| bytes[index]);
    matches!(quote, Some(b'"' | b'\''))
        && bytes.get(value.end).copied() == quote
        && name.of(bytes).contains(&b'-')
}

/// Where a value counts that is written like this.
fn kinds(bytes: &[u8], assignment: &Assignment, look: &Look) -> FileKinds {
    use FileKind::{Config, Json, Log, Markup, Prose, Shell, Toml, Unknown, Yaml};
    const ANYWHERE: FileKinds = NO_SECRETS.complement();
    const TIGHT: FileKinds = FileKinds::of(&[Config, Shell, Prose, Log, Unknown, Yaml, Markup, Json]);
    const LOOSE: FileKinds = FileKinds::of(&[Config, Prose, Log, Unknown]);
    const COLON: FileKinds = FileKinds::of(&[Config, Yaml, Prose, Log, Unknown, Markup]);
    const PAGES: FileKinds = FileKinds::of(&[Prose, Markup, Unknown, Log]);
    const FIELDS: FileKinds = FileKinds::of(&[Config, Yaml, Json, Markup, Prose, Unknown, Log, Toml]);
    if assignment.operator == Operator::Cell {
        return PAGES;
    }
    if assignment.quoting != Quoting::Bare {
        return ANYWHERE;
    }
    // In code, a bare value is a name or an expression; only a string holds `NAME=value`, or what no
    // name can look like.
    let in_string = assignment
        .name
        .start
        .checked_sub(1)
        .is_some_and(|before| matches!(bytes[before], b'"' | b'\'' | b'`' | b'?' | b'&' | b'#'))
        || bytes[..assignment.name.start].ends_with(b"${");
    let no_name = look.is_random() && look.digits > 0 && look.length >= 16;
    // `NAME=value` of the environment, shown in a comment or a text.
    let is_variable_of_shell = !look.is_worded()
        && assignment
            .name
            .of(bytes)
            .iter()
            .all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || *b == b'_');
    match assignment.operator {
        Operator::Flag => ANYWHERE,
        _ if no_name => ANYWHERE,
        Operator::Equals { tight: true } if in_string || is_variable_of_shell => ANYWHERE,
        Operator::Equals { tight: true } => TIGHT,
        Operator::Colon if is_header(bytes, assignment) => ANYWHERE,
        Operator::Colon => COLON,
        Operator::NextField => FIELDS,
        _ => LOOSE,
    }
}

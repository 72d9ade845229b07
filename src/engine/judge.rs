//! Weighs a named value: is it a secret, how sure is it, and in which kinds of file does it count?
//!
//! For the generic rules, which know no form. The name has said that a secret is meant; the value must
//! not be refuted (`value.rs`), and the less it looks like words, the surer it is.

use super::Reason;
use super::assignment::{Assignment, Operator, Quoting};
use super::name::{Ending, Words};
use super::placeholder::{is_placeholder, is_placeholder_of_password};
use super::plausible::Look;
use super::value;
use super::{byte, context, form, literal, password, surroundings};
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

/// The fewest bytes of a value whose name says little: no key is shorter.
const SHORTEST_KEY: usize = 16;

/// Kinds in which texts and digests stand where a name speaks of secrets.
const NO_SECRETS: FileKinds = FileKinds::of(&[FileKind::Translation, FileKind::Generated]);

/// Weighs the value of `assignment`, whose name ends as `ending` says in a word that promises a secret.
pub fn weigh(
    bytes: &[u8],
    assignment: &Assignment,
    ending: Ending,
    promise: Promise,
) -> Result<Weighed, Reason> {
    let refuted = refuted_by_name(bytes, assignment, ending, promise);
    if let Some(reason) = refuted.or_else(|| refuted_by_value(bytes, assignment, promise)) {
        return Err(reason);
    }
    let look = Look::at(assignment.value.of(bytes));
    if let Some(reason) = refuted_by_look(bytes, assignment, ending, promise, &look) {
        return Err(reason);
    }
    let confidence = confidence(bytes, assignment, ending, promise, &look)?;
    let confidence = confidence.min(ceiling(bytes, assignment, ending, &look));
    Ok(Weighed { confidence, kinds: kinds(bytes, assignment, &look) })
}

/// Why the name, and what stands around it, promise no secret after all.
fn refuted_by_name(
    bytes: &[u8],
    assignment: &Assignment,
    ending: Ending,
    promise: Promise,
) -> Option<Reason> {
    // What a table calls its keys are names, and what a sentence does are their numbers.
    let is_of_many = matches!(assignment.operator, Operator::Cell | Operator::Item);
    if promise == Promise::Random
        && (is_of_many || is_said(assignment) && !surroundings::is_of_api(bytes, assignment))
    {
        return Some(Reason::HarmlessName);
    }
    // Most names that say little have values that cannot say more: what is dear to ask need not be asked of them.
    let is_member = assignment.operator == Operator::Member;
    if promise == Promise::Random && assignment.value.len() < SHORTEST_KEY && !is_member {
        return Some(Reason::TooShort);
    }
    let is_harmless = ending.harmless
        || surroundings::is_question(bytes, assignment, ending)
        || surroundings::is_said_otherwise(bytes, assignment);
    if is_harmless {
        return Some(Reason::HarmlessName);
    }
    surroundings::is_badge(bytes, assignment).then_some(Reason::Public)
}

/// Why the value is no secret, whatever it is called.
fn refuted_by_value(bytes: &[u8], assignment: &Assignment, promise: Promise) -> Option<Reason> {
    let secret = assignment.value.of(bytes);
    if literal::looks_up(assignment.wrapper.of(bytes))
        || surroundings::is_variable(bytes, assignment)
        || surroundings::is_key_of_next(bytes, assignment)
    {
        return Some(Reason::Reference);
    }
    if form::is_number(secret) {
        return Some(Reason::Number);
    }
    if form::is_hex(secret) && context::speaks_of_digest(bytes, assignment.value) {
        return Some(Reason::Digest);
    }
    if let Some(reason) = value::refute(secret, assignment.quoting, assignment.operator) {
        return Some(reason);
    }
    let is_placeholder = match promise {
        Promise::Password => is_placeholder_of_password(secret),
        Promise::Token | Promise::Random => is_placeholder(secret),
    };
    if is_placeholder || surroundings::is_cut_short(bytes, assignment) {
        return Some(Reason::Placeholder);
    }
    if form::is_public(secret) {
        return Some(Reason::Public);
    }
    if promise != Promise::Password && form::encodes_prose(secret) {
        return Some(Reason::Prose);
    }
    repeats_name(bytes, assignment).then_some(Reason::SameAsName)
}

/// Whether a member of a section that holds secrets is one of them, by its own name and the look of its value.
fn is_of_section(bytes: &[u8], assignment: &Assignment, look: &Look) -> bool {
    /// What members are called that are public, or say where a secret is.
    const PUBLIC: &[&str] = &[
        "id", "ids", "kid", "name", "user", "username", "login", "email", "url", "uri", "host", "endpoint",
        "hash", "digest", "sha", "md", "checksum", "version", "image", "path", "file", "arn", "ref",
        "region", "type", "date", "fingerprint", "thumbprint", "cert", "crt", "certificate", "ca", "pub",
        "public", "iv", "nonce", "address", "mint", "contract", "signature", "sig", "description", "regex",
        "pattern", "from", "revision", "commit",
    ];
    let text = assignment.value.of(bytes);
    let name = Words::of(assignment.name.of(bytes));
    let letters = |word: &[u8]| byte::skip_back(word, word.len(), 0, |b| b.is_ascii_digit());
    let is_public = name
        .iter()
        .map(|word| &word[..letters(word)])
        .any(|word| PUBLIC.iter().any(|public| public.as_bytes() == word));
    // Accounts and contracts of chains are digits of base 16 or 58.
    let is_account = text.starts_with(b"0x")
        || (43..=44).contains(&text.len())
            && !text.iter().any(|b| !b.is_ascii_alphanumeric() || b"0OIl".contains(b));
    // What a short base64 says was not drawn, or it would have been decoded.
    !is_public
        && !is_account
        && form::encoded_text(text).is_none()
        && (look.length >= SHORTEST_KEY || look.is_mixed())
}

/// Why a value of this look is no secret where it stands.
fn refuted_by_look(
    bytes: &[u8],
    assignment: &Assignment,
    ending: Ending,
    promise: Promise,
    look: &Look,
) -> Option<Reason> {
    let is_path = || assignment.value.of(bytes).contains(&b'/');
    if ending.doubtful && !is_key(look) {
        return Some(Reason::HarmlessName);
    }
    if ending.short && surroundings::is_verdict(bytes, assignment) && (!look.is_random() || is_path()) {
        return Some(Reason::HarmlessName);
    }
    if assignment.operator == Operator::Member && !is_of_section(bytes, assignment, look) {
        return Some(Reason::LowEntropy);
    }
    if look.is_worded() && look.digits + look.symbols == 0 && !literal::hands_on(assignment.wrapper.of(bytes))
    {
        return Some(Reason::Reference);
    }
    if assignment.operator == Operator::Item
        && !(look.digits > 0 && (look.is_random() || is_chosen_item(look, promise)))
    {
        return Some(Reason::Words);
    }
    if assignment.operator == Operator::Argument && is_of_names(bytes, assignment, look) {
        return Some(Reason::Words);
    }
    let is_joined = matches!(assignment.quoting, Quoting::Quoted { joined: true, .. });
    // What ends in what divides parts is the first of them: `'acme|42|' . $token`.
    let is_first = || matches!(assignment.value.of(bytes).last(), Some(b'|' | b':' | b'-'));
    (is_joined && (!look.is_random() || is_first())).then_some(Reason::Fragment)
}

/// How sure a value is that nothing refutes, by what its name promises.
fn confidence(
    bytes: &[u8],
    assignment: &Assignment,
    ending: Ending,
    promise: Promise,
    look: &Look,
) -> Result<Confidence, Reason> {
    let secret = assignment.value.of(bytes);
    // In a list of arguments, the flag and what it is given are two strings: `["--password", "…"]`.
    let is_flag =
        assignment.operator == Operator::Argument && bytes[..assignment.name.start].ends_with(b"--");
    let operator = if is_flag { Operator::Flag } else { assignment.operator };
    // What is told to follow can be no other argument: `-passin pass:…`.
    let is_told = operator == Operator::Flag && bytes.get(assignment.name.end) == Some(&b':');
    match promise {
        Promise::Password if is_of_words(operator, look) && !is_told => {
            Err(if operator == Operator::Flag { Reason::Weak } else { Reason::Words })
        }
        // Rules of their own know the hashes that are worth guessing at.
        Promise::Password if form::is_password_hash(secret) => Err(Reason::Digest),
        // The next of many, or an option of the command that is named: `["sshpass", "-d41"]`.
        Promise::Password
            if operator == Operator::Argument
                && (secret.starts_with(b"-") || is_listed(bytes, assignment.name, secret))
                && !look.is_random() =>
        {
            Err(Reason::Words)
        }
        // Words stand for much else where the name is a short one: `pass: 'normal'`.
        Promise::Password if ending.short && ending.whole && is_plain_word(operator, look) => {
            Ok(password::confidence(secret, look)?.min(Confidence::Low))
        }
        // What a page shows below a sentence that tells what it does: `- Generate a passphrase:`.
        Promise::Password
            if look.lower == look.length && surroundings::is_command_below(bytes, assignment) =>
        {
            Err(Reason::Words)
        }
        Promise::Password if is_typed_number(assignment, ending, look) => {
            Ok(password::confidence(secret, look)?.max(Confidence::Medium))
        }
        Promise::Password => password::confidence(secret, look),
        // In a table of tokens, their names stand as often as not.
        Promise::Token if operator == Operator::Cell && !look.is_random() => Err(Reason::Words),
        // What a key is known by, where the key itself would be longer.
        Promise::Token if is_of_key(bytes, assignment) && form::is_key_id(secret) => Err(Reason::Form),
        Promise::Token if form::is_of_bytes(secret) => Err(Reason::LowEntropy),
        Promise::Token if form::is_password_hash(secret) => Err(Reason::Digest),
        Promise::Token => token(secret, look),
        Promise::Random => random(secret, look),
    }
}

/// The surest that a value can be where it stands.
fn ceiling(bytes: &[u8], assignment: &Assignment, ending: Ending, look: &Look) -> Confidence {
    // What is called so and nothing else stands beside the hash that it is for.
    if ending.whole
        && matches!(assignment.name.of(bytes), [b's' | b'S', b'a' | b'A', b'l' | b'L', b't' | b'T', ..])
    {
        return Confidence::Low;
    }
    // A table sets words apart, `passwd:      files`, and so does a text.
    let is_set_apart = bytes[..assignment.value.start].ends_with(b"  ");
    if assignment.quoting == Quoting::Bare && is_set_apart && is_plain_word(assignment.operator, look) {
        return Confidence::Low;
    }
    // Strings that stand beside each other, and words, have less to do with each other than a name and its value.
    match assignment.operator {
        Operator::Item if !look.is_random() => Confidence::Low,
        Operator::Argument | Operator::Column | Operator::Pair | Operator::Item | Operator::Member => {
            Confidence::Medium
        }
        _ if is_said(assignment) => Confidence::Medium,
        _ => Confidence::High,
    }
}

/// Whether name and value are two words beside each other, as in a sentence.
fn is_said(assignment: &Assignment) -> bool {
    assignment.operator == Operator::Keyword && assignment.quoting == Quoting::Bare
}

/// Whether the value is a number in a string, which is one that is typed; without quotes, or called `pass`, it may be
/// much else.
fn is_typed_number(assignment: &Assignment, ending: Ending, look: &Look) -> bool {
    let is_given = matches!(
        assignment.operator,
        Operator::Equals { .. } | Operator::Colon | Operator::Arrow | Operator::Call
    );
    is_given
        && matches!(assignment.quoting, Quoting::Quoted { .. })
        && look.digits == look.length
        && !(ending.short && ending.whole)
}

/// Whether the name ends in `key`.
fn is_of_key(bytes: &[u8], assignment: &Assignment) -> bool {
    assignment.name.of(bytes).to_ascii_lowercase().ends_with(b"key")
}

/// Whether a value looks as keys do, and no name does.
fn is_key(look: &Look) -> bool {
    look.length >= SHORTEST_KEY && look.digits > 0 && look.is_random()
}

/// Whether words stand here that are more likely a name in a list, a label or an argument in a manual than a password.
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
fn is_listed(bytes: &[u8], name: Span, value: &[u8]) -> bool {
    let quote = byte::skip_back(bytes, name.start, name.start.saturating_sub(3), |b| {
        matches!(b, b'"' | b'\'' | b'\\')
    });
    let before = byte::skip_back(bytes, quote, quote.saturating_sub(WIDEST_GAP), |b| b.is_ascii_whitespace());
    match bytes[..before].last() {
        Some(b',') => true,
        Some(b'[') => value.iter().any(|b| matches!(b, b'_' | b':')),
        _ => false,
    }
}

/// Whether one of a list of passwords may have been chosen: of letters and digits, and long enough.
fn is_chosen_item(look: &Look, promise: Promise) -> bool {
    promise == Promise::Password && look.length >= 8 && look.letters() > 0
}

/// Whether a value in a list looks drawn: words cut short do so, too, but have no digits, or all of them together.
fn is_drawn_in_list(secret: &[u8], look: &Look) -> bool {
    let groups = secret.chunk_by(|a, b| a.is_ascii_digit() == b.is_ascii_digit());
    look.is_mixed() || look.is_random() && groups.filter(|group| group[0].is_ascii_digit()).count() > 1
}

/// Whether name and value are two names in a list of strings: another string stands before them, or they have the same
/// scope, `"k8s-kind:Secret", "k8s-uid:…"`.
fn is_of_names(bytes: &[u8], assignment: &Assignment, look: &Look) -> bool {
    let Assignment { name, value, .. } = *assignment;
    let reach = value.start.saturating_sub(context::REACH).min(name.start);
    let in_scope = |b: u8| byte::is_name(b) || matches!(b, b':' | b'@' | b'/');
    let start = byte::skip_back(bytes, name.start, reach, in_scope);
    let is_quote = |b: u8| matches!(b, b'"' | b'\'');
    let quote = byte::skip_back(bytes, start, start.saturating_sub(1).max(reach), is_quote);
    let (named, secret) = (Span::new(start, name.end).of(bytes), value.of(bytes));
    let common = named.iter().zip(secret).take_while(|(a, b)| a == b).count();
    // `"acmeApiKey", "acmeApiVersion"`
    let goes_on = |text: &[u8]| text.get(common).is_some_and(u8::is_ascii_uppercase);
    if common >= 4 && look.digits == 0 && goes_on(named) && goes_on(secret) {
        return true;
    }
    let have = |sign: u8| named.contains(&sign) && secret.contains(&sign);
    let has_joint = |b: &u8| matches!(b, b'.' | b':' | b'-' | b'_');
    // The flag of a command, and what it is given.
    if named.starts_with(b"-") {
        return false;
    }
    if quote < start && named[..common].iter().any(has_joint) && (have(b':') || have(b'.')) {
        return true;
    }
    // The two bytes before count, too.
    let blank = byte::skip_back(bytes, quote, (reach + 2).min(quote), |b| b.is_ascii_whitespace());
    // What has digits may be set, `set("db", "password", "…1")`, unless the list goes on.
    let may_be_name = look.digits == 0 || bytes.get(value.end + 1) == Some(&b',');
    quote < start
        && matches!(bytes[..blank], [.., b'"' | b'\'', b','])
        && may_be_name
        && !is_drawn_in_list(secret, look)
}

/// How much white space may divide the strings of a list, in bytes.
const WIDEST_GAP: usize = 24;

/// Whether the value is a single word behind a colon.
fn is_plain_word(operator: Operator, look: &Look) -> bool {
    operator == Operator::Colon && look.is_worded() && look.digits + look.symbols == 0
}

/// How sure a value is whose name says little: it must look random by itself.
fn random(secret: &[u8], look: &Look) -> Result<Confidence, Reason> {
    if form::is_uuid(secret) || form::is_fingerprint(secret) || form::is_object_id(secret) {
        return Err(Reason::Form);
    }
    if form::is_point(secret) {
        return Err(Reason::Public);
    }
    if form::is_password_hash(secret) {
        return Err(Reason::Digest);
    }
    if form::is_of_bytes(secret)
        || !look.is_random()
        || look.digits == 0
        || look.letters() * 4 < secret.len()
        || secret.contains(&b' ')
        || !has_drawn_part(secret, look)
    {
        return Err(Reason::LowEntropy);
    }
    Ok(Confidence::Medium)
}

/// Whether what makes a value look random stands together, and is not spread over the parts of an id of many:
/// `iqn.2009-04.com.acme:4bc81d05e736`. Parts of one length, as product keys have them, count as one, and so do those
/// that a base64 of URLs falls into.
fn has_drawn_part(secret: &[u8], look: &Look) -> bool {
    let parts = || secret.split(|b| matches!(b, b'-' | b'_' | b'.' | b':' | b'?'));
    let is_mixed = |part: &[u8]| {
        part.iter().any(u8::is_ascii_lowercase)
            && part.iter().any(u8::is_ascii_uppercase)
            && part.iter().any(u8::is_ascii_digit)
    };
    // Words in which digits stand for letters: `v3ry-53cr37-k3y`.
    let is_numbered =
        |part: &[u8]| part.iter().any(u8::is_ascii_alphabetic) && part.iter().any(u8::is_ascii_digit);
    let first = parts().next().map_or(0, <[u8]>::len);
    // A word of a header of a mail: `=?UTF-8?B?…?=`.
    !secret.starts_with(b"=?")
        && (parts().any(|part| part.len() >= SHORTEST_KEY && Look::at(part).is_random())
            || first > 3 && parts().all(|part| part.len() == first)
            || !secret.iter().any(|b| b".:_?".contains(b))
                && parts().filter(|part| is_numbered(part)).count() > 2
            || look.is_mixed() && parts().any(is_mixed))
}

/// How sure a token is, which machines draw.
fn token(secret: &[u8], look: &Look) -> Result<Confidence, Reason> {
    if secret.len() < 8 {
        // People choose those of letters, digits and signs.
        let has_sign = secret.iter().any(|b| b"!@#$%^&*+?~".contains(b));
        let is_chosen = secret.len() > 5 && look.letters() > 0 && look.digits > 0 && has_sign;
        return if is_chosen { Ok(Confidence::Low) } else { Err(Reason::TooShort) };
    }
    if look.letters() == 0 {
        return if look.digits >= 12 { Ok(Confidence::Low) } else { Err(Reason::Number) };
    }
    let encodes_words = || form::encoded_text(secret).is_some_and(|text| Look::at(&text).is_worded());
    if password::is_word_of_a_year(secret) {
        return Ok(Confidence::Medium);
    }
    if look.is_worded() || is_constant(secret, look) || is_label(secret) || encodes_words() {
        return Err(Reason::Words);
    }
    if form::is_unsigned(secret) {
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

/// Whether it is written as constants are, `LET_ME_IN`, or as algorithms, by the sizes of what they work with:
/// `ALG_SHA_256`, `A128GCMKW`.
fn is_constant(secret: &[u8], look: &Look) -> bool {
    const SIZES: [&[u8]; 10] =
        [b"128", b"160", b"192", b"224", b"256", b"384", b"512", b"2048", b"3072", b"4096"];
    let mut numbers = secret.split(|b| !b.is_ascii_digit()).filter(|number| !number.is_empty());
    look.lower + look.symbols == 0
        && (look.digits <= 1 && secret.contains(&b'_')
            || look.digits > 0 && numbers.all(|number| SIZES.contains(&number)))
}

/// Whether it is written as Kubernetes names what it keeps, and too short to be drawn so: `root-ca5`.
fn is_label(secret: &[u8]) -> bool {
    let [name @ .., last] = secret else { return false };
    secret.len() < SHORTEST_KEY
        && name.contains(&b'-')
        && name.iter().all(|b| b.is_ascii_lowercase() || *b == b'-')
        && (last.is_ascii_lowercase() || last.is_ascii_digit())
}

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
    let is_kind = |word: &[u8]| KINDS.iter().any(|kind| kind.as_bytes() == word);
    let last = last.strip_suffix(b"s").filter(|one| is_kind(one)).unwrap_or(last);
    if text.iter().all(|b| !b.is_ascii_digit()) {
        let repeats = name.last().is_some_and(|name| name.len() >= 5 && value.joined().ends_with(name));
        if repeats || value.count() > 1 && is_kind(last) {
            return true;
        }
    }
    value.joined() == name.joined()
        || name.last() == Some(last) && value.joined().len() > last.len()
        || name.joined().ends_with(value.joined()) && value.joined().len() > 3
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
        || bytes[..assignment.name.start].ends_with(b"${")
        || surroundings::is_among_pairs(bytes, assignment);
    // `NAME=value` of the environment, shown in a comment or a text.
    let is_variable_of_shell = !look.is_worded()
        && assignment
            .name
            .of(bytes)
            .iter()
            .all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || *b == b'_');
    match assignment.operator {
        Operator::Flag => ANYWHERE,
        _ if is_key(look) && !assignment.value.of(bytes).contains(&b'(') => ANYWHERE,
        Operator::Equals { tight: true } if in_string || is_variable_of_shell => ANYWHERE,
        Operator::Equals { tight: true } => TIGHT,
        Operator::Colon if surroundings::is_header(bytes, assignment) => ANYWHERE,
        Operator::Colon | Operator::Equals { tight: false }
            if surroundings::is_noted(bytes, assignment, look) =>
        {
            ANYWHERE
        }
        Operator::Colon => COLON,
        Operator::NextField | Operator::Member => FIELDS,
        _ => LOOSE,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_of_many_parts_has_no_drawn_one() {
        let drawn = |value: &str| has_drawn_part(value.as_bytes(), &Look::at(value.as_bytes()));
        for value in [
            "iqn.2009-04.com.acme:tsn.4bc81d05e736",
            "fe80::7ab:31c9:4d2f:b86",
            "COMET-ZELENKA-2017Q4",
            "Q27X0315K_q27x0315k_shf.fits",
            "=?UTF-8?B?0JzQvtGP0LrQvtC70LrQsC5iaW4==?=",
        ] {
            assert!(!drawn(value), "{value}");
        }
        let long = "7d0c1f93e5a8b246".repeat(2);
        for value in [
            format!("9:{long}"),
            "k7Rf-9LmZt_4VbQx2-NcJd5H".to_owned(),
            "K7RF2-9LMZT-4VBQX-2NCJD".to_owned(),
            "4-v3ry-53cr37-1p53c-k3y".to_owned(),
        ] {
            assert!(drawn(&value), "{value}");
        }
    }
}

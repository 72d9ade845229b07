//! The filters that tokens and values of known forms pass: whether what a rule matched is a secret after all.
//!
//! A rule's form says what a value may be; it may still be a placeholder, published, too even, or a piece of something
//! else. What the value proves by itself, its checksum, comes last.

use super::assignment::{Operator, Quoting};
use super::checksum::{self, Evidence};
use super::context::{self, Named};
use super::placeholder::is_placeholder;
use super::plausible::Look;
use super::token::Token;
use super::{Candidate, Proof, Reason, Verdict, byte, form, password, value};
use crate::path::{FileKind, FileKinds};
use crate::rule::{Category, Checksum, Confidence, RuleSpec, Severity};
use crate::span::Span;

/// How sure a token is, and whether it is a secret.
pub fn token(bytes: &[u8], rule: &RuleSpec, token: &Token) -> (Confidence, Verdict) {
    let secret = token.secret.of(bytes);
    let drop = |reason| (rule.confidence, Verdict::Drop(reason));
    if let Some(reason) = refuted(bytes, rule, token) {
        return drop(reason);
    }
    if !rule.is_chosen() || rule.checksum.is_some() {
        return refuted_by_look(bytes, rule, token).map_or((rule.confidence, Verdict::Keep), drop);
    }
    match password::confidence(secret, &Look::at(secret)) {
        Ok(confidence) => {
            // As SQL, which is code by its kind, writes strings.
            let is_in_sql = bytes[..token.secret.start].ends_with(b"'");
            let is_hash = form::is_password_hash(secret) && !is_in_sql;
            let verdict = if is_hash { Verdict::KeepIf(WITH_HASHES) } else { Verdict::Keep };
            (rule.confidence.min(confidence), verdict)
        }
        Err(reason) => drop(reason),
    }
}

/// Why a token is no secret, whoever drew or chose it; the cheapest questions come first.
fn refuted(bytes: &[u8], rule: &RuleSpec, token: &Token) -> Option<Reason> {
    let secret = token.secret.of(bytes);
    if is_allowlisted(rule, secret) {
        return Some(Reason::Allowlisted);
    }
    if form::is_published(secret) {
        return Some(Reason::Public);
    }
    if (is_within_data(bytes, token.matched) || is_of_integrity(bytes, token.matched))
        && !is_proven(rule, secret)
    {
        return Some(Reason::Fragment);
    }
    // What is encoded as an object has parts, each of them something else.
    let encodes_placeholder =
        || form::encoded_text(secret).is_some_and(|text| !text.starts_with(b"{") && is_placeholder(&text));
    if rule.category != Category::PrivateKey && (is_placeholder(secret) || encodes_placeholder()) {
        return Some(Reason::Placeholder);
    }
    if rule.is_chosen() {
        let quoting = Quoting::Quoted { interpolated: false, joined: false };
        if let Some(reason) = value::refute(secret, quoting, Operator::Colon) {
            return Some(reason);
        }
        if is_user(&bytes[token.matched.start..token.secret.start], secret) {
            return Some(Reason::Weak);
        }
    }
    if lacks_entropy(rule, secret) {
        return Some(Reason::LowEntropy);
    }
    // Credentials that are sent encoded are as good as the password among them.
    let is_sent_placeholder = || {
        // Text of other letters than English ones is no placeholder that anybody knows.
        let is_placed = |text: &[u8]| is_placeholder(text.rsplit(|b| *b == b':').next().unwrap_or_default());
        form::encoded_text(secret).is_some_and(|text| is_placed(&text))
    };
    (rule.checksum == Some(Checksum::BasicAuth) && is_sent_placeholder()).then_some(Reason::Placeholder)
}

/// Why what a machine should have drawn does not look so.
fn refuted_by_look(bytes: &[u8], rule: &RuleSpec, token: &Token) -> Option<Reason> {
    let secret = token.secret.of(bytes);
    if token.secret != token.matched && form::is_unsigned(secret) {
        return Some(Reason::Malformed);
    }
    // A token that begins as its rule says is one; what only stands behind a word, or begins as much else does, must
    // look like one.
    let is_doubted = rule.confidence < Confidence::High && rule.entropy > 0.0;
    let shows_itself = token.secret == token.matched && !is_doubted;
    let may_be_words = rule.is_chosen() || rule.category == Category::PrivateKey || shows_itself;
    (!may_be_words && Look::at(secret).is_worded()).then_some(Reason::Words)
}

/// Whether a value is more even than its rule's secrets are.
fn lacks_entropy(rule: &RuleSpec, secret: &[u8]) -> bool {
    rule.entropy > 0.0 && Look::at(secret).entropy < rule.entropy
}

/// Whether the password is the user's name, which stands before it: `gorm:gorm@`, `user=gorm password=gorm`, or in
/// front of the user's domain.
pub fn is_user(before: &[u8], password: &[u8]) -> bool {
    memchr::memmem::find_iter(before, password).any(|at| {
        let (head, tail) = (&before[..at], &before[at + password.len()..]);
        let is_named =
            [b"user=".as_slice(), b"user = ", b"username="].iter().any(|name| head.ends_with(name));
        let ends = tail.first().is_none_or(|b| !byte::is_word(*b));
        let is_mail = tail.first() == Some(&b'@');
        ends && (is_named || (tail == b":" || is_mail) && head.last().is_none_or(|b| !byte::is_word(*b)))
    })
}

/// Whether a token seems to stand in the midst of data, an image or a program in base64, where a sign of that alphabet
/// or the end of a line within a string stands before it by chance.
fn is_within_data(bytes: &[u8], token: Span) -> bool {
    let before = &bytes[token.start.saturating_sub(DATA)..token.start];
    let line = before.strip_suffix(b"\\n");
    if line.is_none() && !matches!(before.last(), Some(b'+' | b'/')) {
        return false;
    }
    // Data of a mail is broken into lines.
    let digits: Vec<u8> =
        line.unwrap_or(before).iter().copied().filter(|b| !matches!(b, b'\r' | b'\n')).collect();
    let digits = &digits[digits.len().saturating_sub(DIGITS)..];
    digits.len() == DIGITS
        && digits.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/'))
        && Look::at(digits).is_random()
}

/// Whether a token is part of a digest that tells what is fetched, as lock files have it: `sha512-…`.
fn is_of_integrity(bytes: &[u8], token: Span) -> bool {
    const SCHEMES: [&[u8]; 4] = [b"sha1-", b"sha256-", b"sha384-", b"sha512-"];
    let is_digit = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/');
    let start = byte::skip_back(bytes, token.start, token.start.saturating_sub(DIGITS - 3), is_digit);
    SCHEMES.iter().any(|scheme| bytes[..start].ends_with(scheme))
}

/// So many digits of base64 before a token are data.
const DIGITS: usize = 64;
/// So many bytes before a token are looked at for them: a mark of one or two bytes, and the end of a line.
pub const DATA: usize = DIGITS + 4;

/// The kinds of file in which hashes of passwords are those of accounts; in code a test shows them, mostly beside what was
/// hashed.
const WITH_HASHES: FileKinds = FileKinds::of(&[FileKind::Code]).complement();

/// Why a value of a known form is no secret.
pub fn form(bytes: &[u8], named: Named, rule: &RuleSpec) -> Option<Reason> {
    let value = named.value;
    let secret = value.of(bytes);
    if is_allowlisted(rule, secret) {
        Some(Reason::Allowlisted)
    } else if form::is_published(secret) {
        Some(Reason::Public)
    } else if is_placeholder(secret) {
        Some(Reason::Placeholder)
    } else if lacks_entropy(rule, secret) {
        Some(Reason::LowEntropy)
    } else if context::is_digest(bytes, value) {
        Some(Reason::Digest)
    } else if rule.category != Category::Id
        && (form::is_uuid(secret) || form::is_hex(secret))
        && context::is_id(bytes, named)
        || context::is_of_another(bytes, named)
    {
        Some(Reason::HarmlessName)
    } else if rule.severity > Severity::Info && context::is_public(bytes, named) {
        Some(Reason::Public)
    } else if form::encodes_prose(secret) {
        Some(Reason::Prose)
    } else {
        None
    }
}

/// Where a value of a known form counts: what is lists of digests holds those that a word stands before, too.
pub fn form_kinds(secret: &[u8]) -> FileKinds {
    const NOT_GENERATED: FileKinds = FileKinds::of(&[FileKind::Generated]).complement();
    if form::is_hex(secret) { NOT_GENERATED } else { FileKinds::ALL }
}

/// Whether a token proves itself, which no stretch of data does by chance.
fn is_proven(rule: &RuleSpec, secret: &[u8]) -> bool {
    rule.checksum.is_some_and(|checksum| checksum::prove(checksum, secret).proof == Proof::Proven)
}

/// Raises or lowers a candidate by what its token proves; answers with the reason to drop it, if any.
pub fn apply(candidate: &mut Candidate<'_>, evidence: Evidence, checksum: Checksum) -> Option<Reason> {
    let Evidence { proof, expires, facts } = evidence;
    match proof {
        // What only has the form of a key or of credentials, and not the substance, is neither.
        Proof::Malformed if matches!(checksum, Checksum::PrivateKey | Checksum::BasicAuth) => {
            return Some(Reason::Malformed);
        }
        // Not issued by the provider as it stands; mistyped or made up, it may still tell of a real one.
        Proof::Malformed => candidate.confidence = candidate.confidence.lowered(),
        Proof::Encrypted => candidate.severity = candidate.severity.min(Severity::Low),
        Proof::Proven if checksum != Checksum::Jwt => candidate.confidence = Confidence::High,
        Proof::Proven | Proof::Expired | Proof::Unknown => {}
    }
    (candidate.proof, candidate.expires, candidate.facts) = (proof, expires, facts);
    None
}

/// Keeps a candidate in these kinds of file.
pub fn keep_in(kinds: FileKinds) -> Verdict {
    if kinds == FileKinds::ALL { Verdict::Keep } else { Verdict::KeepIf(kinds) }
}

/// Whether a rule names the value as one that is no secret.
pub fn is_allowlisted(rule: &RuleSpec, secret: &[u8]) -> bool {
    rule.allowlist.iter().any(|allowed| allowed.as_bytes() == secret)
}

//! Context rules: a value of a known form, and the words around it say whose it is.
//!
//! The rules are rows of a table. A value is looked at once: the words of its name and of the bytes
//! before it are looked up together, and the rules that they name are asked whether the value has
//! their form. A thousand more rules cost nothing where their words do not stand.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use super::byte;
use super::form;
use super::name::Words;
use super::phrase::{LONGEST_TEXT, Phrases};
use super::plausible;
use super::token::Whole;
use crate::rule::{Confidence, Form, Text};
use crate::span::Span;

/// How many bytes before a value are searched for words.
pub const REACH: usize = LONGEST_TEXT;

/// How many ends of hashes are told apart; a power of two.
const ENDS: usize = 1 << 16;

/// Values longer than this are taken together.
const LONGEST_LISTED: usize = 512;

/// A rule of the table, by its number in the rule set.
pub type RuleIndex = u16;

/// The context rules, by their words.
#[derive(Default)]
pub struct ContextTable {
    phrases: Phrases,
    /// By the hash of a word, places in `forms`.
    rules_of: HashMap<u64, Vec<u16>, BuildHasherDefault<Ready>>,
    /// One bit for each end of a hash that some word has; few other words pass.
    known_ends: Vec<u64>,
    forms: Vec<Value>,
    /// For each length the classes of bytes that a value of that length has under some rule.
    classes_of_length: Vec<u16>,
}

/// The values of one rule.
struct Value {
    rule: RuleIndex,
    form: Form,
    whole: Option<Whole>,
}

/// A rule whose words stand near a value that has its form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Named {
    /// The rule.
    pub rule: RuleIndex,
    /// Where the word stands.
    pub word: Span,
    /// The word is part of the value's own name, not only of what stands before it.
    pub in_name: bool,
    /// The value, with the parts that colons and bars join to it where they belong to the rule's form.
    pub value: Span,
}

impl ContextTable {
    /// Adds a rule.
    pub fn add(&mut self, rule: RuleIndex, keywords: &[Text], form: &Form, pattern: &Text) {
        let place = self.forms.len() as u16;
        for keyword in keywords {
            let hash = self.phrases.add(keyword);
            self.known_ends.resize(ENDS / 64, 0);
            self.known_ends[hash as usize % ENDS / 64] |= 1 << (hash % 64);
            let rules = self.rules_of.entry(hash).or_default();
            if rules.last() != Some(&place) {
                rules.push(place);
            }
        }
        let longest = usize::from(form.max).min(LONGEST_LISTED);
        self.classes_of_length.resize(self.classes_of_length.len().max(longest + 1), 0);
        let classes = byte::classes(form.bytes);
        for all in &mut self.classes_of_length[usize::from(form.min).min(longest)..=longest] {
            *all |= classes;
        }
        let whole = (!form.exact).then(|| Whole::new(pattern.clone()));
        self.forms.push(Value { rule, form: form.clone(), whole });
    }

    /// Whether there is any rule.
    pub fn is_empty(&self) -> bool {
        self.forms.is_empty()
    }

    /// Whether a value may have the form of some rule, told from its length and the classes of its bytes.
    #[inline]
    pub fn may_have_form(&self, value: &[u8]) -> bool {
        let allowed = self.classes_of_length.get(value.len().min(LONGEST_LISTED)).copied().unwrap_or(0);
        allowed != 0 && value.iter().fold(0, |classes, &b| classes | byte::class(b)) & !allowed == 0
    }

    /// The rule that fits the value best: by a word of its name before one further off, by the longer
    /// word, by the nearer one.
    pub fn name(&self, bytes: &[u8], value: Span) -> Option<Named> {
        let text = Span::new(value.start.saturating_sub(REACH), value.start);
        let mut best: Option<(Named, u16)> = None;
        let mut name = None;
        self.phrases.each(bytes, text, |hash, word| {
            if self.known_ends[hash as usize % ENDS / 64] & (1 << (hash % 64)) == 0 {
                return;
            }
            let Some(rules) = self.rules_of.get(&hash) else { return };
            for &place in rules {
                let in_name = name.get_or_insert_with(|| own_name(bytes, text)).contains(word);
                let better = best.is_none_or(|(Named { in_name: was_in_name, word: was, .. }, _)| {
                    (in_name, word.len(), word.start) > (was_in_name, was.len(), was.start)
                });
                let of_rule = &self.forms[usize::from(place)];
                if better && of_rule.has_form(value.of(bytes)) {
                    let named = Named { rule: of_rule.rule, word, in_name, value };
                    best = Some((named, place));
                }
            }
        });
        let (named, place) = best?;
        Some(Named { value: self.forms[usize::from(place)].widest(bytes, value), ..named })
    }
}

/// How far the parts of a value reach that are joined to the one that was found, in bytes.
pub const LONGEST_PARTS: usize = 96;

impl Value {
    /// The longest value of this form that holds `part` and is divided from others: `id:secret`, `17|secret`.
    fn widest(&self, bytes: &[u8], part: Span) -> Span {
        let joins = |b: u8| matches!(b, b':' | b'|') && self.form.bytes & (1 << b) != 0;
        let is_part = |b: u8| byte::is_token(b) && b != b'=' || joins(b);
        let start = byte::skip_back(bytes, part.start, part.start.saturating_sub(LONGEST_PARTS), is_part);
        let end = byte::skip(bytes, part.end, part.end + LONGEST_PARTS, |b| is_part(b) || b == b'=');
        let starts = (start..=part.start).filter(|&at| at == start || joins(bytes[at - 1]));
        let ends = |&at: &usize| at == part.end || at == end || joins(bytes[at]);
        starts
            .flat_map(|start| (part.end..=end).rev().filter(ends).map(move |end| Span::new(start, end)))
            .find(|value| self.has_form(value.of(bytes)))
            .unwrap_or(part)
    }

    fn has_form(&self, value: &[u8]) -> bool {
        let Form { min, max, bytes, .. } = self.form;
        (usize::from(min)..=usize::from(max)).contains(&value.len())
            && value.iter().all(|&b| b < 128 && bytes & (1 << b) != 0)
            && self.whole.as_ref().is_none_or(|whole| whole.is_match(value))
    }
}

/// The last name before a value: what it is assigned to.
fn own_name(bytes: &[u8], text: Span) -> Span {
    let end = byte::skip_back(bytes, text.end, text.start, |b| !byte::is_word(b) && b != b'\n');
    Span::new(byte::skip_back(bytes, end, text.start, byte::is_name), end)
}

/// Passes on keys that are hashes already.
#[derive(Default)]
struct Ready(u64);

impl Hasher for Ready {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, _: &[u8]) {
        unreachable!("only 64-bit keys are hashed");
    }

    fn write_u64(&mut self, key: u64) {
        self.0 = key;
    }
}

/// Raises or lowers a rule's confidence by where its word stands and how much the value looks drawn.
pub fn confidence(rule: Confidence, named: Named, value: &[u8]) -> Confidence {
    /// So many characters that look drawn leave no doubt beside the provider's word.
    const SURE: usize = 20;
    let drawn = || value.len() >= SURE && plausible::is_random(value);
    match rule {
        _ if !named.in_name => rule.min(Confidence::Medium),
        Confidence::Medium if drawn() => Confidence::High,
        _ => rule,
    }
}

/// Whether the name before a value ends in `id` behind the word of its rule: what `azure_client_id` names is public,
/// whatever stands before.
pub fn is_id(bytes: &[u8], named: Named) -> bool {
    let text = Span::new(named.value.start.saturating_sub(REACH), named.value.start);
    let own = own_name(bytes, text);
    named.word.end != own.end && Words::of(own.of(bytes)).last() == Some(b"id")
}

/// Whether the name before a value ends in `public key` behind the word of its rule, which calls it otherwise.
pub fn is_public(bytes: &[u8], named: Named) -> bool {
    const KEYS: [&[u8]; 3] = [b"publickey", b"sitekey", b"publishablekey"];
    let text = Span::new(named.value.start.saturating_sub(REACH), named.value.start);
    let own = own_name(bytes, text);
    named.word.end != own.end && {
        let words = Words::of(own.of(bytes));
        KEYS.iter().any(|key| words.joined().ends_with(key))
    }
}

/// Whether the words that call for a rule are a name by themselves, `x-auth-token`, and not the value's, which has
/// another one on a line below.
pub fn is_of_another(bytes: &[u8], named: Named) -> bool {
    const NAMES: [&[u8]; 3] = [b"key", b"token", b"secret"];
    /// What the fields are called that hold what another one names.
    const FIELDS: [&[u8]; 10] = [
        b"value", b"val", b"default", b"data", b"content", b"key", b"token", b"secret", b"password", b"text",
    ];
    let Named { word, in_name, value, .. } = named;
    let text = word.of(bytes);
    let is_name = || {
        let words = Words::of(text);
        NAMES.iter().any(|name| words.joined().ends_with(name)) && !text.iter().any(u8::is_ascii_whitespace)
    };
    if in_name || !is_name() {
        return false;
    }
    let line = byte::skip_back(bytes, value.start, word.end.min(value.start), |b| b != b'\n');
    let before = Span::new(line, value.start).of(bytes);
    let is_below = line > word.end;
    is_below
        && before
            .iter()
            .position(|b| matches!(b, b':' | b'='))
            .is_some_and(|at| Words::of(&before[..at]).last().is_some_and(|last| !FIELDS.contains(&last)))
}

/// Whether a value is the checksum of a module, as `go.sum` lists them; the module's name may be a provider's.
pub fn is_go_checksum(bytes: &[u8], value: Span) -> bool {
    /// SHA-256 in base64, with its padding or without.
    const LENGTH: std::ops::RangeInclusive<usize> = 43..=44;
    LENGTH.contains(&value.len()) && bytes[..value.start].ends_with(b" h1:")
}

/// Whether a value has the form of a digest or an id, and its name says so: hexadecimal digits, a UUID, base64 of as
/// many bytes as SHA-2 has.
pub fn is_digest(bytes: &[u8], value: Span) -> bool {
    let text = value.of(bytes);
    if form::is_hex(text) || form::is_uuid(text) {
        speaks_of_digest(bytes, value)
    } else {
        // Few digests are written in base64, and their names say plainly which.
        matches!(text.len(), 43..=44 | 64 | 86..=88)
            && own_words(bytes, value).iter().any(|word| {
                word.starts_with(b"sha") || matches!(word, b"checksum" | b"digest" | b"integrity")
            })
    }
}

/// Whether the name before a value says that it is a digest, or which request it belongs to.
pub fn speaks_of_digest(bytes: &[u8], value: Span) -> bool {
    const IDS: &[&[u8]] = &[b"traceid", b"spanid", b"requestid", b"correlationid"];
    // `owner/action@…`: a commit that something is pinned to.
    if bytes[..value.start].last() == Some(&b'@') {
        return true;
    }
    let words = own_words(bytes, value);
    let is_digest = |word: &[u8]| {
        matches!(
            word,
            b"sha"
                | b"sha1"
                | b"sha256"
                | b"sha512"
                | b"md5"
                | b"digest"
                | b"checksum"
                | b"integrity"
                | b"commit"
                | b"revision"
                | b"rev"
                | b"etag"
                | b"hash"
                | b"hashed"
                | b"fingerprint"
                | b"oid"
                | b"tree"
                | b"blob"
                | b"parent"
                | b"thumbprint"
                | b"crc"
                | b"sum"
                | b"guid"
                | b"uuid"
        )
    };
    words.iter().any(is_digest)
        || words.last() == Some(b"version")
        || IDS.iter().any(|id| words.joined().ends_with(id))
}

/// The words of the name before a value.
fn own_words(bytes: &[u8], value: Span) -> Words {
    let text = Span::new(value.start.saturating_sub(REACH), value.start);
    // `checksum/secret:`, `name@sha256:`: what qualifies a name may be divided from it.
    let name = own_name(bytes, text);
    let start =
        byte::skip_back(bytes, name.start, text.start, |b| byte::is_name(b) || matches!(b, b'/' | b'@'));
    Words::of(Span::new(start, name.end).of(bytes))
}

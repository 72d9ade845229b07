//! What a value is, if it is not a secret: a reference, a path, a label, a digest, a number.
//!
//! These checks know the value and how it is written, and no rule. They answer with the reason why it
//! cannot be a secret; what passes is weighed by `judge.rs`.

use super::Reason;
use super::assignment::{Operator, Quoting};
use super::plausible::Look;

/// Tells why `value` is no literal secret, whatever its name says.
pub fn refute(value: &[u8], quoting: Quoting, operator: Operator) -> Option<Reason> {
    if without_escapes(value) == 0 {
        return Some(Reason::TooShort);
    }
    if is_coordinate(value) || is_between_strings(value) {
        return Some(Reason::Reference);
    }
    if is_template(value, quoting) {
        return Some(Reason::Template);
    }
    if quoting == Quoting::Bare && is_expression(value, operator) {
        return Some(Reason::Reference);
    }
    // The next option of a command, quoted or not.
    if matches!(value, [b'-', b'-', b'a'..=b'z', ..]) && !is_drawn(value) {
        return Some(Reason::Reference);
    }
    if is_vault_reference(value) || is_distinguished_name(value) || is_link(value) {
        return Some(Reason::Reference);
    }
    if is_encrypted(value) {
        return Some(Reason::Encrypted);
    }
    if is_path(value) {
        return Some(Reason::Path);
    }
    if is_prose(value) || is_of_rules(value) {
        return Some(Reason::Prose);
    }
    None
}

/// `artifact:1.2.3`, as build tools write what they depend on.
fn is_coordinate(value: &[u8]) -> bool {
    value.iter().rposition(|&b| b == b':').is_some_and(|at| {
        let version = &value[at + 1..];
        version.contains(&b'.')
            && version
                .split(|&b| b == b'.')
                .all(|part| !part.is_empty() && part.iter().all(u8::is_ascii_digit))
    })
}

/// ` + name + `, `+(a-b)),f(`: what seems to be a string is what stands between two of them.
fn is_between_strings(value: &[u8]) -> bool {
    let joins: [&[u8]; 6] = [b"+", b"..", b"<>", b"&", b"~", b"||"];
    let has_ends = |join: &[u8]| {
        let inner = value.trim_ascii().strip_prefix(join).and_then(|rest| rest.strip_suffix(join));
        matches!(inner, Some([b' ', .., b' ']))
    };
    if joins.into_iter().any(has_ends) {
        return true;
    }
    match value.trim_ascii() {
        [b'.', b' ' | b'$', ..] => true,
        [b'+' | b',' | b')' | b'.', rest @ ..] => {
            rest.contains(&b'(') && (rest.contains(&b')') || rest.ends_with(b"("))
        }
        _ => false,
    }
}

/// How many bytes are left when escapes such as `\\r\\n` are taken out.
fn without_escapes(value: &[u8]) -> usize {
    let escapes = value.windows(2).filter(|pair| pair[0] == b'\\' && pair[1].is_ascii_alphabetic()).count();
    value.len() - 2 * escapes
}

/// Base64 of words: credentials of an example, a text. Answers with what it says, if that is plain text.
pub fn encoded_text(value: &[u8]) -> Option<Vec<u8>> {
    let digits = value.len() - value.iter().rev().take_while(|b| **b == b'=').count();
    let text = data_encoding::BASE64_NOPAD.decode(&value[..digits]).ok()?;
    (text.len() >= 6 && text.iter().all(|b| (b' '..=b'~').contains(b))).then_some(text)
}

/// Base64 of a sentence: an example, and no key.
pub fn encodes_prose(value: &[u8]) -> bool {
    let is_said = |text: &[u8]| {
        text.iter().all(|b| b.is_ascii_alphabetic() || matches!(b, b' ' | b',' | b'.' | b'!' | b'\''))
            && text.split(|b| *b == b' ').filter(|word| !word.is_empty()).count() > 2
    };
    encoded_text(value).is_some_and(|text| is_said(&text))
}

fn contains(value: &[u8], needle: &[u8]) -> bool {
    memchr::memmem::find(value, needle).is_some()
}

/// Parts of it are filled in when it is used.
fn is_template(value: &[u8], quoting: Quoting) -> bool {
    let interpolated = matches!(quoting, Quoting::Quoted { interpolated: true, .. });
    let bare = quoting == Quoting::Bare;
    match value {
        [b'$', b'{' | b'(' | b'$', ..] => return true,
        // `$2a$…` and other hashes begin with a dollar, too, but go on with one.
        [b'$', name @ ..] => {
            return name.first().is_some_and(|b| b.is_ascii_alphabetic() || *b == b'_')
                && !name.contains(&b'$')
                && !is_drawn(name)
                && name.iter().all(|b| {
                    b.is_ascii_alphanumeric()
                        || matches!(b, b'_' | b'.' | b':' | b'-' | b'>' | b'[' | b']' | b'{' | b'}')
                });
        }
        [b'%', rest @ ..]
            if rest.ends_with(b"%") && !is_drawn(value)
                || matches!(rest, [b's' | b'd' | b'v' | b'q' | b'@'] | [b'(', ..]) =>
        {
            return true;
        }
        [b'&', b'#', ..]
        | [b'#', b'{', ..]
        | [b'@', b'{' | b'@', ..]
        | [b'{', b'{' | b'%', ..]
        | [b'<', b'%' | b'?', ..] => {
            return true;
        }
        // Also the beginning of an object of JSON.
        [b'{', .., b'}'] | [b'<', .., b'>'] | [b'{', b'"', ..] | [b'{', b'\\', b'"', ..] => return true,
        // Crowdin puts translations in place of its marks.
        [b'c', b'r', b'w', b'd', b'n', b's', ..] => return contains(value, b"crwdne"),
        [b':', name @ ..] if bare => return name.iter().all(|b| b.is_ascii_alphanumeric() || *b == b'_'),
        _ => {}
    }
    let opens = [b"${".as_slice(), b"{{", b"#{", b"<%", b"$(", b"\\("];
    // Most values hold none of the signs without which none of these is there.
    memchr::memchr3(b'{', b'%', b'(', value).is_some()
        && (opens.iter().any(|open| contains(value, open))
            || has_field(value)
            || has_position(value)
            || has_verb(value) && !is_drawn(value))
        || interpolated && memchr::memchr2(b'{', b'$', value).is_some()
        || has_class(value)
}

/// `[0-9a-f]{32}`, `[A-Za-z]+`, `[ABC]{8}`: characters that are repeated, as patterns for values have it.
fn has_class(value: &[u8]) -> bool {
    value.split(|&b| b == b'[').skip(1).any(|rest| {
        rest.iter().position(|&b| b == b']').is_some_and(|end| {
            let has_range = rest[..end].windows(3).any(|range| {
                matches!(
                    range,
                    [b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z', b'-', b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z']
                )
            });
            let repeats = &rest[end + 1..];
            has_range && matches!(repeats.first(), Some(b'{' | b'+' | b'*'))
                || matches!(repeats, [b'{', b'0'..=b'9', ..]) && repeats.contains(&b'}')
        })
    })
}

/// `%s…`, `%d-…-%v`: a verb of a format, which is free of letters and digits on both sides if it does not write a string.
fn has_verb(value: &[u8]) -> bool {
    let is_free = |b: Option<&u8>| b.is_none_or(|b| !b.is_ascii_alphanumeric());
    value.windows(2).enumerate().any(|(at, two)| {
        matches!(two, [b'%', b'd' | b'v' | b'q' | b'x'])
            && is_free(at.checked_sub(1).and_then(|before| value.get(before)))
            && is_free(value.get(at + 2))
            || two == b"%s"
    })
}

/// `%1$s`, and `%1` as a part of a path: a verb of a format that says which of the arguments it writes.
fn has_position(value: &[u8]) -> bool {
    value.split(|&b| b == b'%').skip(1).any(|rest| match rest {
        [b'1'..=b'9', b'$', b'd' | b's' | b'u' | b'x', ..] => true,
        [b'1'..=b'9'] | [b'1'..=b'9', b'/', ..] => value.contains(&b'/'),
        _ => false,
    })
}

/// `{}`, `{name}`, `{name:>8}`: a field of a format.
fn has_field(value: &[u8]) -> bool {
    value.split(|&b| b == b'{').skip(1).any(|rest| {
        let name = rest
            .iter()
            .take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b':' | b'>'))
            .count();
        name != 1 && rest.get(name) == Some(&b'}') && !rest[0].is_ascii_digit()
    })
}

/// Without quotes: a call, a member, an index, a sigil before a name.
fn is_expression(value: &[u8], operator: Operator) -> bool {
    let word = |b: &u8| b.is_ascii_alphanumeric() || *b == b'_';
    if is_of_signs(value) {
        return false;
    }
    match value {
        // The next option of a command.
        [b'-', b'-', ..] => return !is_drawn(value),
        [b'&' | b'*' | b'@' | b'!' | b'-' | b'~', name @ ..]
            if name.iter().all(|b| word(b) || *b == b'.') && !is_drawn(name) =>
        {
            return !matches!(value, [b'!' | b'@' | b'*' | b'~', ..] if Look::at(name).digits > 0 && operator != Operator::Colon);
        }
        [b'(' | b'[' | b'{' | b'`', rest @ ..] => return !is_drawn(rest),
        _ => {}
    }
    let call = memchr::memchr2(b'(', b'[', value).is_some_and(|at| {
        at > 0
            && value[..at]
                .iter()
                .all(|b| word(b) || matches!(b, b'.' | b':' | b'>' | b'-' | b'$' | b'!' | b'?'))
    });
    let joins = value.windows(2).any(|two| matches!(two, b"->" | b"::" | b"?." | b"&&"))
        || value.windows(3).any(|three| three == b"===");
    ((call || joins) && !is_left_open(value) || is_dotted(value)) && !is_drawn(value)
}

/// Whether a bracket that a value opens is not closed in it, and it looks drawn: no call ends like that.
fn is_left_open(value: &[u8]) -> bool {
    let count = |sign: u8| memchr::memchr_iter(sign, value).count();
    let look = Look::at(value);
    (count(b'(') > count(b')') || count(b'[') > count(b']')) && look.digits > 0 && look.is_random()
}

/// Letters, digits and more kinds of signs than an expression has.
pub fn is_of_signs(value: &[u8]) -> bool {
    let kinds = b"!@#$%^&*+=?~".iter().filter(|sign| value.contains(sign)).count();
    kinds > 3 && value.iter().any(u8::is_ascii_digit)
}

/// `settings.database.password`: names joined by dots, each a name by itself.
fn is_dotted(value: &[u8]) -> bool {
    let mut parts = 0;
    value.split(|&b| b == b'.').all(|part| {
        parts += 1;
        part.first().is_some_and(|b| b.is_ascii_alphabetic() || matches!(b, b'_' | b'$' | b'@'))
            && part
                .iter()
                .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'$' | b'?' | b'!' | b'@'))
            && (part.len() <= 4
                || Look::at(part).is_worded()
                || part.len() < 12 && !part.iter().any(u8::is_ascii_digit))
    }) && parts > 1
}

/// It says where a secret is kept.
fn is_vault_reference(value: &[u8]) -> bool {
    const SCHEMES: &[&[u8]] = &[
        b"arn:aws", b"op://", b"vault:", b"ref+", b"ssm:", b"keyvault:", b"secretsmanager:", b"aws-sm:",
        b"gcp-sm:", b"sm://", b"@Microsoft.KeyVault", b"projects/", b"secret://", b"env:", b"ENV[", b"file:",
        b"classpath:", b"data:", b"azurekeyvault:", b"awssm:", b"doppler:", b"secret/", b"kv/",
        b"credentialsJSON:", b"!Ref", b"!Sub", b"!GetAtt", b"bao:", b"infisical:",
    ];
    SCHEMES.iter().any(|scheme| value.starts_with(scheme))
}

/// Where an entry stands in a directory: `cn=users,dc=acme`.
fn is_distinguished_name(value: &[u8]) -> bool {
    let begins = |part: &[u8]| {
        [b"cn=".as_slice(), b"ou=", b"dc=", b"uid="]
            .iter()
            .any(|it| part.get(..it.len()).is_some_and(|head| head.eq_ignore_ascii_case(it)))
    };
    let mut parts = value.split(|b| *b == b',').map(<[u8]>::trim_ascii_start);
    parts.next().is_some_and(begins) && parts.next().is_none_or(begins)
}

/// A link of Markdown, perhaps in italics: `_[SecretSource](#secretsource)_`.
fn is_link(value: &[u8]) -> bool {
    let inner = value.strip_prefix(b"_").and_then(|rest| rest.strip_suffix(b"_")).unwrap_or(value);
    inner.starts_with(b"[") && inner.ends_with(b")") && contains(inner, b"](")
}

/// It is of no use without a key that is kept elsewhere.
fn is_encrypted(value: &[u8]) -> bool {
    const MARKS: &[&[u8]] = &[
        b"ENC[",
        b"ENC(",
        b"{cipher}",
        b"$ANSIBLE_VAULT",
        b"encrypted:",
        b"AgA",
        b"vault:v1:",
        b"{AES}",
        b"age-encryption.org",
        b"01000000d08c9ddf0115d1118c7a00c04fc297eb",
        b"AQAAANCMnd8BFdERjHoAwE",
        b"AQICAH",
        b"{ENC}",
        b"!vault",
        b"v1:AES",
    ];
    MARKS.iter().any(|mark| value.starts_with(mark)) && (value.len() > 60 || !value.starts_with(b"AgA"))
        || is_of_sealed_parts(value)
}

/// What was drawn for the encryption, what came of it, and what proves it whole, each in base64: `2.…==|…=|…=`.
fn is_of_sealed_parts(value: &[u8]) -> bool {
    let parts = match value {
        [b'0'..=b'9', b'.', parts @ ..] => parts,
        parts => parts,
    };
    let is_base64 = |part: &[u8]| {
        part.len() >= 16
            && data_encoding::BASE64.decode_len(part.len()).is_ok()
            && part.iter().all(|&b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'='))
    };
    parts.contains(&b'|') && parts.split(|&b| b == b'|').all(is_base64)
}

/// Far likelier to be drawn than to be made of names: long, or of letters of both cases and digits.
fn is_drawn(value: &[u8]) -> bool {
    let look = Look::at(value);
    look.length >= 16 && look.is_random() && look.saved <= -40 || look.is_mixed()
}

/// A path, a URL without credentials, a selector, a comment, a route, a file's name.
fn is_path(value: &[u8]) -> bool {
    // `#login-form`, `#optional`
    if let [b'#', name @ ..] = value
        && name.iter().all(|b| b.is_ascii_lowercase() || *b == b'-')
        && Look::at(name).is_worded()
    {
        return true;
    }
    if matches!(value, [b'/', b'a'..=b'z' | b'A'..=b'Z' | b'.' | b'_' | b':', ..] | [b'~' | b'.', b'/' | b'\\', ..] | [b'.', b'.', b'/' | b'\\', ..])
    {
        return !is_drawn(value);
    }
    if matches!(value, [b'a'..=b'z' | b'A'..=b'Z', b':', b'\\' | b'/', ..] | [b'\\', b'\\', ..])
        || contains(value, b"://")
    {
        return true;
    }
    const ENDS: &[&[u8]] = &[
        b".pem", b".key", b".crt", b".cer", b".p12", b".pfx", b".jks", b".json", b".yml", b".yaml", b".txt",
        b".html", b".php", b".js", b".ts", b".py", b".rb", b".go", b".xml", b".conf", b".env", b".com",
        b".org", b".net", b".io", b".local", b".md", b".java", b".cs", b".sh", b".ini", b".cfg",
        b".properties", b".gpg", b".asc", b".pub", b".secret", b".css", b".png", b".svg", b".jpg", b".db",
        b".sql", b".log", b".csv", b".toml", b".lock", b".aspx", b".jsp", b".do",
    ];
    let last = value.iter().rposition(|&b| b == b'.').map(|dot| &value[dot..]);
    if last.is_some_and(|last| ENDS.iter().any(|end| last.eq_ignore_ascii_case(end))) {
        return true;
    }
    // A phrase with blanks may hold any signs; a path of one word has few beside those that divide it.
    let signs = || b"!@#$%^&*+=?~".iter().filter(|sign| value.contains(sign)).count();
    value.contains(&b'/') && (value.contains(&b' ') || signs() < 2) && Look::at(value).is_worded()
}

/// The seed of one-time codes in groups of four letters and digits with blanks between, as services show it.
pub fn is_seed(value: &[u8]) -> bool {
    /// The fewest groups, and the most.
    const GROUPS: std::ops::RangeInclusive<usize> = 4..=16;
    let is_group = |group: &[u8]| {
        group.len() == 4
            && (group.iter().all(|b| matches!(b, b'a'..=b'z' | b'2'..=b'7'))
                || group.iter().all(|b| matches!(b, b'A'..=b'Z' | b'2'..=b'7')))
    };
    let groups = || value.split(|&b| b == b' ');
    GROUPS.contains(&groups().take(GROUPS.end() + 1).count())
        && groups().all(is_group)
        && is_drawn_in_groups(&groups().collect::<Vec<_>>().concat())
}

/// Whether letters and digits that stood in groups look drawn. Letters alone may be words of four letters, and are as
/// many as the passwords have that Google makes for programs.
fn is_drawn_in_groups(letters: &[u8]) -> bool {
    let look = Look::at(letters);
    look.is_random() && (look.digits > 0 || look.length == 16 && look.upper == 0 && look.saved <= -40)
}

/// Words with spaces between, or a sentence in any language.
fn is_prose(value: &[u8]) -> bool {
    let spaces = value.iter().filter(|b| b.is_ascii_whitespace()).count();
    if spaces > 2 && is_seed(value) {
        return false;
    }
    let foreign = value.iter().any(|b| !b.is_ascii());
    if value.ends_with(b":") && value[..value.len() - 1].iter().all(|b| b.is_ascii_alphabetic() || *b == b' ')
    {
        return true;
    }
    if spaces == 0 {
        return foreign && !value.iter().any(u8::is_ascii_digit);
    }
    if foreign || spaces > 4 {
        return true;
    }
    let odd = |word: &[u8]| {
        let look = Look::at(word);
        look.length >= 4 && look.digits > 0 && look.letters() > 0 || look.symbols > 1 && look.letters() > 0
    };
    !value.split(|b| b.is_ascii_whitespace()).any(odd)
}

/// What a form demands of a field, as frameworks write it: `required|min:6|confirmed`, `min:6`.
fn is_of_rules(value: &[u8]) -> bool {
    let is_rule = |rule: &[u8]| {
        let name = rule.iter().take_while(|b| b.is_ascii_lowercase() || **b == b'_').count();
        name > 2 && matches!(rule.get(name), None | Some(b':'))
    };
    // What follows may be computed: `'confirmed|' . …`.
    let rules = value.strip_suffix(b"|").unwrap_or(value);
    (value.contains(&b'|') || has_limit(value)) && rules.split(|&b| b == b'|').all(is_rule)
}

/// `min:6`, `required_unless:mailer,log`: a single rule that no user and password are mistaken for.
fn has_limit(value: &[u8]) -> bool {
    let limit = value.splitn(2, |&b| b == b':').nth(1).unwrap_or_default();
    let is_list =
        || limit.contains(&b',') && limit.iter().all(|b| b.is_ascii_lowercase() || matches!(b, b'_' | b','));
    (1..=3).contains(&limit.len()) && limit.iter().all(u8::is_ascii_digit) || is_list()
}

/// A password's hash, by its scheme: `$6$…`, `{SSHA}…`, `{SHA-256}…`.
pub fn is_password_hash(value: &[u8]) -> bool {
    match value {
        // Bcrypt, perhaps cut short.
        [b'$', b'2', b'a' | b'b' | b'x' | b'y', b'$', ..] => true,
        [b'$', scheme @ ..] => scheme
            .iter()
            .position(|&b| b == b'$')
            .is_some_and(|at| (1..=LONGEST_SCHEME).contains(&at) && value.len() > at + 20),
        [b'{', scheme @ ..] => scheme.iter().position(|&b| b == b'}').is_some_and(|at| {
            let (scheme, hash) = (&scheme[..at], &scheme[at + 1..]);
            let is_sign = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'@');
            scheme.iter().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || *b == b'-')
                || hash.len() >= SHORTEST_HASH && scheme.iter().all(is_sign)
        }),
        _ => false,
    }
}

/// How long a hash is behind a scheme that may be another word, in bytes.
const SHORTEST_HASH: usize = 24;

/// The longest name of a scheme: `pbkdf2-sha256`.
const LONGEST_SCHEME: usize = 13;

/// The id that MongoDB gives what it keeps: 24 digits, the first eight a time of the years 2011 to 2027.
pub fn is_object_id(value: &[u8]) -> bool {
    value.len() == 24
        && is_hex(value)
        && matches!(value, [b'4', b'd'..=b'f', ..] | [b'5', ..] | [b'6', b'0'..=b'9' | b'a' | b'b', ..])
}

/// Digits and dashes in the form of a UUID.
pub fn is_uuid(value: &[u8]) -> bool {
    value.len() == 36
        && value.iter().enumerate().all(|(index, b)| match index {
            8 | 13 | 18 | 23 => *b == b'-',
            _ => b.is_ascii_hexdigit(),
        })
}

/// The fingerprint of a PGP key, which is written in capitals, or its last 64 bits.
pub fn is_fingerprint(value: &[u8]) -> bool {
    is_hex(value) && (value.len() == 40 && value.iter().any(u8::is_ascii_uppercase) || value.len() == 16)
}

/// The fingerprint of a PGP key or its last 64 bits, in capitals throughout.
pub fn is_key_id(value: &[u8]) -> bool {
    is_fingerprint(value) && value.iter().any(u8::is_ascii_uppercase)
}

/// Bytes written by their numbers, `\xD1\xC3`: a constant of a program, or of its tests.
pub fn is_of_bytes(value: &[u8]) -> bool {
    contains(value, b"\\x")
}

/// A number as programs write it in hexadecimal digits, of 64 bits at most, `0xdeadbeef`, or a time as ISO 8601 has it,
/// `2026-03-14T07:21:30Z`.
pub fn is_number(value: &[u8]) -> bool {
    const TIME: &[u8] = b"0000-00-00T00:00";
    let is_time = || {
        let (head, rest) = value.split_at(TIME.len().min(value.len()));
        let is_like = |(b, form): (&u8, &u8)| if *form == b'0' { b.is_ascii_digit() } else { b == form };
        head.len() == TIME.len()
            && head.iter().zip(TIME).all(is_like)
            && rest.iter().all(|b| b.is_ascii_digit() || matches!(b, b':' | b'.' | b'+' | b'-' | b'Z'))
    };
    let is_word = |digits: &[u8]| digits.len() <= 16 && digits.iter().all(u8::is_ascii_hexdigit);
    value.strip_prefix(b"0x").is_some_and(is_word) || is_time()
}

/// Hexadecimal digits only, in one case.
pub fn is_hex(value: &[u8]) -> bool {
    let look = |letters: std::ops::RangeInclusive<u8>| {
        value.iter().all(|b| b.is_ascii_digit() || letters.contains(b))
    };
    !value.is_empty() && (look(b'a'..=b'f') || look(b'A'..=b'F'))
}

/// A JSON Web Token of an example, which ends where its signature would begin: `eyJ….eyJ….sig`.
pub fn is_unsigned(value: &[u8]) -> bool {
    /// Shorter than any signature.
    const SHORTEST: usize = 16;
    value.starts_with(b"eyJ")
        && value.contains(&b'.')
        && value.rsplit(|&b| b == b'.').next().is_some_and(|signature| signature.len() < SHORTEST)
}

/// The keys that emulators of clouds and of chains have everywhere, and that their documentation gives.
pub fn is_published(value: &[u8]) -> bool {
    const STARTS: &[&[u8]] = &[
        b"Eby8vdM02xNOcqFl",
        b"C2y6yDjf5/R+ob0N",
        b"ac0974bec39a17e36ba4a6b4d238ff94",
        b"59c6995e998f97a5a0044966f0945389",
        b"5de4111afa1a4b94908f83103eb1f170",
        b"7c852118294e51e653712a81e05800f4",
        b"47e179ec197488593b187f80a00eb0da",
        b"8b3a350cf5c34c9194ca85829a2df0ec",
    ];
    let digits = value.strip_prefix(b"0x").unwrap_or(value);
    STARTS.iter().any(|start| digits.starts_with(start))
}

/// The address of an account of Ethereum, which everybody may know.
fn is_address(value: &[u8]) -> bool {
    matches!(value, [b'0', b'x', digits @ ..] if digits.len() == 40 && digits.iter().all(u8::is_ascii_hexdigit))
}

/// The public half of a key, a certificate, or another value that is public by its form.
pub fn is_public(value: &[u8]) -> bool {
    const STARTS: &[&[u8]] = &[
        b"ssh-rsa ",
        b"ssh-ed25519 ",
        b"ecdsa-sha2-",
        b"ssh-dss ",
        b"AAAAB3NzaC1",
        b"AAAAC3NzaC1lZDI1NTE5",
        b"AAAAE2VjZHNh",
        b"MIIBIjANBgkqhkiG9w0",
        b"MIGfMA0GCSqGSIb3DQEBAQ",
        b"MFkwEwYHKoZIzj0",
        b"MCowBQYDK2V",
        // A public key of RSA without what says so, and packets of OpenPGP that hold a public key.
        b"MIGJAoGB",
        b"MIIBCgKCAQEA",
        b"MIICCgKCAgEA",
        b"mQENB",
        b"mQINB",
        b"mQGiB",
        b"mQMuB",
        b"mDME",
        b"xsBNB",
        b"xsDNB",
        b"xsFNB",
        b"xjME",
        b"LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS",
        b"LS0tLS1CRUdJTiBQVUJMSUMg",
        b"-----BEGIN PUBLIC",
        b"-----BEGIN CERT",
        b"age1",
        b"sha256:",
        b"sha256-",
        b"sha384-",
        b"sha512-",
        b"sha1-",
        b"sha1:",
        b"md5:",
        b"hmac-sha",
        b"iVBORw0KGgo",
        b"pk_live_",
        b"pk_test_",
        b"pk.eyJ",
        b"R0lGODlh",
        b"data:image",
        b"d09GMg",
        b"UEsDB",
        b"H4sI",
        b"PHN2Zy",
        b"/9j/4AAQ",
    ];
    STARTS.iter().any(|start| value.starts_with(start))
        || is_address(value)
        || is_certificate(value)
        || is_published(value)
        || is_scope(value)
}

/// A certificate in base64: two sequences, and in the inner one the version of the certificate.
fn is_certificate(value: &[u8]) -> bool {
    value.starts_with(b"MI") && value.get(6..8) == Some(b"CC") && value.get(12..16) == Some(b"AwIB")
}

/// A point of an elliptic curve, compressed, which is the public half of a key: 33 bytes of which the first is 2 or 3,
/// in hexadecimal digits or base64.
pub fn is_point(value: &[u8]) -> bool {
    match value {
        [b'0', b'2' | b'3', ..] => value.len() == 66 && is_hex(value),
        [b'A', b'g'..=b'z' | b'0'..=b'9' | b'+' | b'/', ..] => {
            value.len() == 44
                && value.iter().all(|&b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'-' | b'_'))
        }
        _ => false,
    }
}

/// What a signature covers, behind the public id of the key: `AKIA…/20240101/eu-west-1/s3/aws4_request`.
fn is_scope(value: &[u8]) -> bool {
    value.ends_with(b"4_request") && value.contains(&b'/')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bare(value: &str) -> Option<Reason> {
        refute(value.as_bytes(), Quoting::Bare, Operator::Equals { tight: true })
    }

    fn quoted(value: &str) -> Option<Reason> {
        refute(value.as_bytes(), Quoting::Quoted { interpolated: false, joined: false }, Operator::Colon)
    }

    #[test]
    fn references_are_no_literals() {
        for value in [
            "os.environ[\"X\"", "getpass()", "user.password", "this->token", "config::key", "&secret",
            "$PASSWORD", "${X:-y}", "var.db_password",
        ] {
            assert!(matches!(bare(value), Some(Reason::Reference | Reason::Template)), "{value}");
        }
        for value in [
            "${PASSWORD}", "{{ vault_password }}", "#{ENV['X']}", "%(password)s", "$DB_PASSWORD",
            "<%= key %>", "[0-9a-f]{32}", "+ form.password() +", "op://vault/item/field",
        ] {
            assert!(matches!(quoted(value), Some(Reason::Reference | Reason::Template)), "{value}");
        }
    }

    #[test]
    fn an_open_bracket_in_a_drawn_value_is_no_call() {
        let drawn = ["k7Rf", "9LmZt4Vb"];
        assert_eq!(bare(&drawn.join("(")), None);
        assert_eq!(bare(&drawn.join("[")), None);
        for call in ["hash_password(", "getenv(key", "sha1(user2"] {
            assert_eq!(bare(call), Some(Reason::Reference), "{call}");
        }
    }

    #[test]
    fn signs_in_a_drawn_value_are_no_template() {
        for sign in ["%s", "$K", "%d", "::"] {
            assert_eq!(quoted(&["k7RfQm", "9LmZt4Vb2x"].join(sign)), None, "{sign}");
        }
        assert_eq!(quoted("user-%s-token"), Some(Reason::Template));
    }

    #[test]
    fn paths_and_prose_are_told() {
        for value in
            ["/run/secrets/db", "./key.pem", "C:\\keys\\x", "https://host/x", "api/v1/token", "server.key"]
        {
            assert_eq!(quoted(value), Some(Reason::Path), "{value}");
        }
        for value in ["Enter your password", "Ungültiges Kennwort", "Invalid token.", "8 characters or more"]
        {
            assert_eq!(quoted(value), Some(Reason::Prose), "{value}");
        }
    }

    #[test]
    fn what_stands_under_base64_is_read() {
        assert_eq!(encoded_text(b"YS1naXQtdG9rZW4=").as_deref(), Some(b"a-git-token".as_slice()));
        assert_eq!(encoded_text(b"c2hvcnQ"), None, "five letters decide nothing");
        assert_eq!(encoded_text(b"q83vEjRWeJCrze8SNFZ4kA=="), None);
    }

    #[test]
    fn groups_of_a_seed_are_no_prose() {
        assert_eq!(quoted("xk4q w7vd 2bzn mhjr 5tge uoya c3px l6fs"), None);
        assert_eq!(quoted("XK4Q W7VD 2BZN MHJR 5TGE"), None);
        for value in ["this text here says only what this part does", "xk4q w7vd 2bzn", "made with care 2day"]
        {
            assert!(!is_seed(value.as_bytes()), "{value}");
        }
    }

    #[test]
    fn what_stands_between_strings_is_no_value() {
        assert_eq!(quoted(" + name + "), Some(Reason::Reference));
        assert_eq!(quoted("+(now()-start)),start=now();log("), Some(Reason::Reference));
        assert_eq!(quoted(" .. rand.random_alpha(10) .. "), Some(Reason::Reference));
        assert_eq!(quoted("+h(g8#Vq2"), None);
        assert_eq!(quoted("..h8#Vq2.."), None);
    }

    #[test]
    fn public_halves_are_told_by_how_they_begin() {
        let digits = "v8k2mYw0QpZ5sTj1HcXn7LbFd9GeUaIo3KfMxVyWqE";
        for (value, is_public) in [
            (format!("mQENBGk4XtYB{digits}"), true),
            (format!("MIIDqDCCApCgAwIB{digits}"), true),
            (format!("MIIDqDCCApCg{digits}"), false),
            (format!("MIIEpAIBAAKC{digits}"), false),
            (format!("MIIFHDBOBgkq{digits}"), false),
            (format!("mQk7RfLmZ9tV{digits}"), false),
        ] {
            assert_eq!(super::is_public(value.as_bytes()), is_public, "{value}");
        }
        let long = format!("{digits}k7Rf");
        assert!(is_point(format!("A{}", &long[..43]).as_bytes()));
        assert!(!is_point(format!("B{}", &long[..43]).as_bytes()), "another first byte");
        assert!(!is_point(format!("A{}=", &long[..42]).as_bytes()), "32 bytes");
    }

    #[test]
    fn escapes_alone_are_no_value() {
        assert_eq!(quoted("\\r\\n"), Some(Reason::TooShort));
        assert_eq!(quoted("\\nTr0ub4dor&3"), None);
    }

    #[test]
    fn passwords_with_odd_characters_pass() {
        for value in [
            "$2y-no-hash!", "Tr0ub4dor&3", "pa$$w0rd9", "x/9+Qe2==", "abc{def", "verylongph4rase_*&-/?",
            "ghvo #r@me ?", "%tz8!Lq",
        ] {
            assert_eq!(quoted(value), None, "{value}");
        }
    }
}

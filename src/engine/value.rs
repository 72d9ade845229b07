//! Why a value is no secret: it is a reference, a path, a template, a sentence, encrypted.
//!
//! These checks know the value and how it is written, and no rule. They answer with the reason why it
//! cannot be a secret; what passes is weighed by `judge.rs`.

use super::Reason;
use super::assignment::{Operator, Quoting};
use super::form;
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
        b"__encrypt__",
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
    // Sealed Secrets begin with the length of the key that is sealed, 512 bytes, in base64.
    let is_sealed = value.len() > 60 && matches!(value, [b'A', b'g', b'A'..=b'D', ..]);
    is_sealed || MARKS.iter().any(|mark| value.starts_with(mark)) || is_of_sealed_parts(value)
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

/// Words with spaces between, or a sentence in any language.
fn is_prose(value: &[u8]) -> bool {
    let spaces = value.iter().filter(|b| b.is_ascii_whitespace()).count();
    if spaces > 2 && form::is_seed(value) {
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
    fn groups_of_a_seed_are_no_prose() {
        assert_eq!(quoted("xk4q w7vd 2bzn mhjr 5tge uoya c3px l6fs"), None);
        assert_eq!(quoted("XK4Q W7VD 2BZN MHJR 5TGE"), None);
        for value in ["this text here says only what this part does", "xk4q w7vd 2bzn", "made with care 2day"]
        {
            assert!(!form::is_seed(value.as_bytes()), "{value}");
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
    fn what_is_encrypted_says_so_in_front() {
        let sealed = format!("AgBy{}", "3i4OJSWK".repeat(10));
        for value in ["ENC[AES256_GCM,data:x7Kq]", "__encrypt__yFOcJAvns8+JhQ==", &sealed] {
            assert_eq!(quoted(value), Some(Reason::Encrypted), "{value}");
        }
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

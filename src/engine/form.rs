//! Forms that values have by themselves, whatever they are called: digests and ids, public halves, numbers, texts in base64.
//!
//! These checks know nothing but the value. Whoever asks decides what it means where it stands.

use super::checksum::jwt;
use super::plausible::Look;

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

/// The fingerprint of a PGP key, which is written in capitals, or its last 64 bits in either case.
pub fn is_fingerprint(value: &[u8]) -> bool {
    is_hex(value) && (value.len() == 40 && value.iter().any(u8::is_ascii_uppercase) || value.len() == 16)
}

/// The fingerprint of a PGP key or its last 64 bits, in capitals throughout.
pub fn is_key_id(value: &[u8]) -> bool {
    is_fingerprint(value) && value.iter().any(u8::is_ascii_uppercase)
}

/// Bytes written by their numbers, `\xD1\xC3`: a constant of a program, or of its tests.
pub fn is_of_bytes(value: &[u8]) -> bool {
    memchr::memmem::find(value, b"\\x").is_some()
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

/// The keys that emulators of clouds and of chains have everywhere, and that their documentation gives; tokens of
/// documentation.
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
    STARTS.iter().any(|start| digits.starts_with(start)) || jwt::is_of_documentation(value)
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

    #[test]
    fn what_stands_under_base64_is_read() {
        assert_eq!(encoded_text(b"YS1naXQtdG9rZW4=").as_deref(), Some(b"a-git-token".as_slice()));
        assert_eq!(encoded_text(b"c2hvcnQ"), None, "five letters decide nothing");
        assert_eq!(encoded_text(b"q83vEjRWeJCrze8SNFZ4kA=="), None);
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
}

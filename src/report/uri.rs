//! Paths of findings as URIs.
//!
//! Reports show a path as `path::shown` writes it: bytes that are not UTF-8 are percent-encoded, and so
//! is a `%` that would read as such. A URI encodes more, but must not encode those twice.

use std::fmt::Write;

/// The path of a finding as a URI: relative where the path is, else with the scheme `file`.
pub fn of_path(path: &str) -> String {
    let mut uri = String::with_capacity(path.len() + 8);
    if path.starts_with('/') {
        uri.push_str("file://");
    } else if has_drive(path) {
        uri.push_str("file:///");
    }
    let mut rest = path;
    while let Some(at) = rest.find('%') {
        encode(&rest[..at], &mut uri);
        let length = if is_encoded(&rest.as_bytes()[at..]) { 3 } else { 1 };
        let (head, tail) = rest[at..].split_at(length);
        uri.push_str(if length == 3 { head } else { "%25" });
        rest = tail;
    }
    encode(rest, &mut uri);
    uri
}

fn encode(text: &str, uri: &mut String) {
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            uri.push(char::from(byte));
        } else {
            write!(uri, "%{byte:02X}").expect("a string takes everything");
        }
    }
}

/// Whether a path is relative to the scanned root.
pub fn is_relative(path: &str) -> bool {
    !path.starts_with('/') && !has_drive(path)
}

/// Whether a path begins like `C:/`.
fn has_drive(path: &str) -> bool {
    matches!(path.as_bytes(), [letter, b':', b'/', ..] if letter.is_ascii_alphabetic())
}

/// Whether a text begins with a byte that `path::shown` encoded.
fn is_encoded(text: &[u8]) -> bool {
    matches!(
        text,
        [b'%', b'8' | b'9' | b'A'..=b'F', b'0'..=b'9' | b'A'..=b'F', ..] | [b'%', b'2', b'5', ..]
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn relative_paths_stay_relative_and_absolute_ones_get_a_scheme() {
        assert_eq!(of_path("src/main.rs"), "src/main.rs");
        assert_eq!(of_path("/etc/app.conf"), "file:///etc/app.conf");
        assert_eq!(of_path("C:/app.conf"), "file:///C%3A/app.conf");
        assert_eq!(of_path("-"), "-");
    }

    #[test]
    fn nothing_in_a_name_changes_how_the_uri_is_read() {
        assert_eq!(of_path("a:b?c#d e\n\"é.rs"), "a%3Ab%3Fc%23d%20e%0A%22%C3%A9.rs");
        assert_eq!(of_path("50%.txt"), "50%25.txt");
        assert_eq!(of_path("a%20b"), "a%2520b");
    }

    #[test]
    fn uris_lead_back_to_the_bytes_of_the_name() {
        for name in [&b"caf\xe9/%d%20"[..], b"a%FF\xff", b"a%25FF", b"caf%C3%A9 \xc3\xa9"] {
            let uri = of_path(&crate::path::shown(name));
            let mut decoded = Vec::new();
            let mut rest = uri.as_bytes();
            while let [first, tail @ ..] = rest {
                let (byte, length) = match (first, tail) {
                    (b'%', [high, low, ..]) => {
                        let digits = [*high, *low];
                        let digits = std::str::from_utf8(&digits).expect("they are digits");
                        (u8::from_str_radix(digits, 16).expect("they are digits"), 3)
                    }
                    _ => (*first, 1),
                };
                decoded.push(byte);
                rest = &rest[length..];
            }
            assert_eq!(decoded, name, "{uri}");
        }
    }
}

//! Paths of findings as URIs.
//!
//! Reports show a path with its stray bytes percent-encoded and everything else as it is. A URI
//! encodes more, but must not encode those bytes twice.

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
    while !rest.is_empty() {
        let (run, is_stray) = escapes(rest);
        let length = if run > 0 { run } else { rest.chars().next().map_or(0, char::len_utf8) };
        let (head, tail) = rest.split_at(length);
        if is_stray {
            uri.push_str(head);
        } else {
            encode(head, &mut uri);
        }
        rest = tail;
    }
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

/// How many bytes at the start of `text` are `%XX` of bytes beyond ASCII, and whether these are stray.
///
/// A name may hold `%XX` itself. Only bytes that, taken together, are not UTF-8 are ever encoded by
/// whoever made the path, so only such are stray.
fn escapes(text: &str) -> (usize, bool) {
    let mut bytes = Vec::new();
    for triple in text.as_bytes().chunks_exact(3) {
        match *triple {
            [b'%', b'8'..=b'9' | b'A'..=b'F', b'0'..=b'9' | b'A'..=b'F'] => {
                let digit = |hex: u8| char::from(hex).to_digit(16).expect("it is a hexadecimal digit") as u8;
                bytes.push(digit(triple[1]) << 4 | digit(triple[2]));
            }
            _ => break,
        }
    }
    (3 * bytes.len(), std::str::from_utf8(&bytes).is_err())
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
        assert_eq!(of_path("caf%C3%A9"), "caf%25C3%25A9", "a name that holds the text");
        assert_eq!(of_path("caf%E9/x"), "caf%E9/x", "a stray byte");
    }
}

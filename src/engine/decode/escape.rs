//! Characters that are written by their number or by a name: `%2F`, `\u0026`, `\x26`, `&amp;`, `=3D`.

use super::hex;
use super::{Decoded, Encoding, is_text};
use crate::engine::assignment::{Assignment, LONGEST_VALUE, Operator, Quoting};
use crate::engine::byte;
use crate::span::Span;

/// Reads the escape that a text begins with: the character that it stands for, and how long it is.
type Read = fn(&[u8]) -> Option<(char, usize)>;

/// The value of `assignment` without its escapes; `None` if it has none, or not of one kind.
pub fn decode(bytes: &[u8], assignment: &Assignment) -> Option<Decoded> {
    let value = assignment.value;
    let text = value.of(bytes);
    if is_quoted_printable(bytes, assignment) {
        return quoted_printable(bytes, assignment);
    }
    memchr::memchr3(b'%', b'\\', b'&', text)?;
    const KINDS: [(Encoding, Read); 3] =
        [(Encoding::Percent, percent), (Encoding::Escape, backslash), (Encoding::Entity, entity)];
    KINDS
        .into_iter()
        .filter(|(encoding, _)| *encoding != Encoding::Percent || is_percent_encoded(text))
        .find_map(|(encoding, read)| replace(bytes, value, encoding, read))
}

/// Replaces what `read` reads; `None` if that is nothing.
fn replace(bytes: &[u8], value: Span, encoding: Encoding, read: Read) -> Option<Decoded> {
    let mut decoded = Decoded::new(encoding);
    let mut at = value.start;
    while at < value.end {
        if let Some((character, length)) = read(&bytes[at..value.end]) {
            let origin = Span::new(at, at + length);
            let mut buffer = [0; 4];
            character.encode_utf8(&mut buffer).bytes().for_each(|byte| decoded.push(byte, origin));
            at += length;
        } else {
            decoded.copy(bytes, Span::new(at, at + 1));
            at += 1;
        }
    }
    (decoded.bytes.len() < value.len() && is_text(&decoded.bytes)).then_some(decoded)
}

/// A byte of ASCII by its number.
fn plain(digits: &[u8]) -> Option<char> {
    hex::byte(digits).map(char::from).filter(|character| (' '..='~').contains(character))
}

/// Whether every sign that would have been written by its number is: in a value that was drawn, `%4a` is three signs.
fn is_percent_encoded(text: &[u8]) -> bool {
    memchr::memchr(b'%', text).is_some()
        && text.iter().enumerate().all(|(at, b)| match b {
            b'%' => hex::byte(text.get(at + 1..at + 3).unwrap_or_default()).is_some(),
            b'#' | b'$' | b'^' | b'?' | b'@' | b'|' | b'`' | b'{' | b'}' | b'"' | b'<' | b'>' => false,
            _ => true,
        })
}

fn percent(text: &[u8]) -> Option<(char, usize)> {
    match text {
        [b'%', high, low, ..] => Some((plain(&[*high, *low])?, 3)),
        _ => None,
    }
}

fn backslash(text: &[u8]) -> Option<(char, usize)> {
    match text {
        [b'\\', b'u', digits @ ..] => {
            let digits = std::str::from_utf8(digits.get(..4)?).ok()?;
            let number = u32::from_str_radix(digits, 16).ok()?;
            Some((char::from_u32(number).filter(|character| !character.is_control())?, 6))
        }
        [b'\\', b'x', high, low, ..] => Some((plain(&[*high, *low])?, 4)),
        // JSON escapes slashes, files of properties what would end a name.
        [b'\\', sign @ (b'/' | b'=' | b':'), ..] => Some((char::from(*sign), 2)),
        _ => None,
    }
}

fn entity(text: &[u8]) -> Option<(char, usize)> {
    const NAMED: [(&[u8], char); 5] =
        [(b"&amp;", '&'), (b"&lt;", '<'), (b"&gt;", '>'), (b"&quot;", '"'), (b"&apos;", '\'')];
    if let Some((name, character)) = NAMED.iter().find(|(name, _)| text.starts_with(name)) {
        return Some((*character, name.len()));
    }
    let end = memchr::memchr(b';', &text[..text.len().min(8)])?;
    let number = std::str::from_utf8(text[..end].strip_prefix(b"&#")?).ok()?;
    let number = match number.strip_prefix(['x', 'X']) {
        Some(digits) => u32::from_str_radix(digits, 16),
        None => number.parse(),
    };
    let character = char::from_u32(number.ok()?).filter(|character| !character.is_control())?;
    Some((character, end + 1))
}

/// `password=3D…`, as mail writes an equals sign.
fn is_quoted_printable(bytes: &[u8], assignment: &Assignment) -> bool {
    assignment.quoting == Quoting::Bare
        && assignment.operator == Operator::Equals { tight: true }
        && assignment.value.of(bytes).starts_with(b"3D")
        && assignment.value.start == assignment.name.end + 1
}

/// The equals sign and the value behind it, over the ends of lines that only divide it.
fn quoted_printable(bytes: &[u8], assignment: &Assignment) -> Option<Decoded> {
    let mut decoded = Decoded::new(Encoding::QuotedPrintable);
    let mut at = assignment.name.end;
    let limit = (at + LONGEST_VALUE).min(bytes.len());
    while at < limit {
        match &bytes[at..limit] {
            [b'=', b'\n', ..] => at += 2,
            [b'=', b'\r', b'\n', ..] => at += 3,
            [b'=', high, low, ..] => {
                decoded.push(plain(&[*high, *low])? as u8, Span::new(at, at + 3));
                at += 3;
            }
            [b, ..] if byte::is_blank(*b) || matches!(b, b'\r' | b'\n' | b'"' | b'<' | b'&') => break,
            _ => {
                decoded.copy(bytes, Span::new(at, at + 1));
                at += 1;
            }
        }
    }
    Some(decoded)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_are_read_by_number_and_name() {
        assert_eq!(percent(b"%2Fx"), Some(('/', 3)));
        assert_eq!(percent(b"%d of"), None);
        assert_eq!(backslash(b"\\u0026"), Some(('&', 6)));
        assert_eq!(backslash(b"\\x3d="), Some(('=', 4)));
        assert_eq!(backslash(b"\\n"), None);
        assert_eq!(entity(b"&amp;x"), Some(('&', 5)));
        assert_eq!(entity(b"&#39;"), Some(('\'', 5)));
        assert_eq!(entity(b"&#x2F;"), Some(('/', 6)));
        assert_eq!(entity(b"&amp"), None);
    }

    #[test]
    fn what_is_encoded_leaves_no_sign_as_it_is() {
        assert!(is_percent_encoded(b"p%40ss%3Dw0rd"));
        assert!(!is_percent_encoded(b"g%4aK#Wm7Qz"));
        assert!(!is_percent_encoded(b"plain"));
    }
}

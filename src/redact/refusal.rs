//! What cannot be redacted, because its secrets cannot be seen in its bytes: compressed files, archives,
//! and text in UTF-16. Both are seen wherever in a stream they begin, the former at the beginning of a line. Saying so
//! beats letting it pass.

use crate::blob::{Content, SNIFF_BYTES};
use crate::source::archive::{Format, HEAD_BYTES};

/// The number of characters of UTF-16 in a row that are not there by chance.
const CHARACTERS: usize = 8;

/// Looks at a stream as it comes.
#[derive(Debug, Default)]
pub struct Lookout {
    /// How many bytes at the start of the stream were looked at, as far as they are of interest.
    head: usize,
}

impl Lookout {
    /// Why `bytes`, which are new from `fresh` on, cannot be redacted, if they cannot. Until it was called
    /// with more than the head of the stream, they begin with it.
    pub fn refusal(&mut self, bytes: &[u8], fresh: usize) -> Option<&'static str> {
        if self.head < SNIFF_BYTES {
            self.head = bytes.len();
            let head = &bytes[..bytes.len().min(SNIFF_BYTES)];
            if let Some(Format::Compressed(_) | Format::Zip | Format::Closed) =
                Format::of(&head[..head.len().min(HEAD_BYTES)], b"")
            {
                return Some(PACKED);
            }
            match Content::sniff(head) {
                Content::Text | Content::Binary => {}
                Content::Utf16Le | Content::Utf16Be => return Some(WIDE),
                Content::Utf32Le | Content::Utf32Be => return Some(WIDER),
            }
        }
        if begins_packed(&bytes[fresh.saturating_sub(MAGIC)..]) {
            return Some(PACKED);
        }
        holds_wide(&bytes[fresh.saturating_sub(2 * CHARACTERS)..]).then_some(WIDE)
    }
}

const PACKED: &str = "it is compressed or an archive: redact what is in it";
const WIDE: &str = "it holds UTF-16: convert it to UTF-8 first";
const WIDER: &str = "it holds UTF-32: convert it to UTF-8 first";

/// The number of first bytes that tell what is compressed.
const MAGIC: usize = 16;

/// Whether something compressed or a zip begins on a new line. Formats that two bytes tell begin by chance.
fn begins_packed(bytes: &[u8]) -> bool {
    memchr::memchr_iter(b'\n', bytes).any(|end| {
        let head = &bytes[end + 1..(end + 1 + MAGIC).min(bytes.len())];
        matches!(Format::of(head, b""), Some(Format::Compressed(_) | Format::Zip))
    })
}

/// Whether there are characters of ASCII with a NUL byte before or behind each of them.
fn holds_wide(bytes: &[u8]) -> bool {
    let is_text = |b: u8| matches!(b, b'\t' | b'\n' | b'\r' | b' '..=b'~');
    let mut behind = 0;
    for at in memchr::memchr_iter(0, bytes) {
        if at < behind {
            continue;
        }
        let run = bytes[at..].chunks_exact(2).take_while(|pair| pair[0] == 0 && is_text(pair[1])).count();
        if run >= CHARACTERS {
            return true;
        }
        behind = at + 2 * run;
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(pieces: &[&[u8]]) -> bool {
        let (mut lookout, mut bytes) = (Lookout::default(), Vec::new());
        pieces.iter().any(|piece| {
            let fresh = bytes.len();
            bytes.extend_from_slice(piece);
            lookout.refusal(&bytes, fresh).is_some()
        })
    }

    #[test]
    fn what_hides_its_text_is_refused_wherever_it_begins() {
        let wide: Vec<u8> = "password = x\r\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert!(refused(&[&wide]));
        assert!(refused(&[&wide[..5], &wide[5..11], &wide[11..]]));
        assert!(refused(&[&[0xFF, 0xFE, 0x3F, 4, 0x30, 4]]));
        assert!(refused(&[&b"a line\n".repeat(2000), &wide]), "as what PowerShell appends");
        assert!(refused(&[&[0x1F, 0x8B, 8, 0, 0, 0, 0, 0]]));
        assert!(refused(&[b"PK", b"\x03\x04\x14\0"]));
        assert!(refused(&[b"a line\n", &[0x1F, 0x8B, 8, 0, 0, 0, 0, 0]]));
        assert!(refused(&[&b"a line\n".repeat(2000), &[0x1F], &[0x8B, 8, 0, 0]]));
        assert!(!refused(&[b"a line\n", b"\x1f\x8b is how gzip begins\n\x1f\x9d \n"]));
        assert!(!refused(&[b"PK is a key\n", b"\x7fELF\0\0\0\0a\0b\0\0\0c"]));
    }
}

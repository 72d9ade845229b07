//! Blocks between `-----BEGIN …-----` and `-----END`, as they stand in source code.
//!
//! Between the markers only runs of base64 count: escapes are resolved, and quotes, indentation,
//! comment signs, commas and string concatenation fall between the runs.

use super::super::base64;

/// What stands between the markers.
pub struct Armor {
    /// The words of the marker: `RSA PRIVATE KEY`.
    pub label: String,
    /// The body's base64 digits and padding, joined.
    pub digits: Vec<u8>,
    /// The digits of the line `=XXXX` that ends an OpenPGP block.
    pub crc24: Option<Vec<u8>>,
    /// A header says that the body is encrypted (RFC 1421).
    pub is_encrypted: bool,
    /// The cipher that a header names, or nothing.
    pub cipher: String,
    /// Dots or an ellipsis stand for what was left out.
    pub is_stub: bool,
}

const BEGIN: &[u8] = b"-----BEGIN ";
const DASHES: &[u8] = b"-----";
/// The longest label that is looked for.
const MAX_LABEL: usize = 64;
/// Shorter runs are signs between strings (`+`, `//`, the `b` of `b"…"`) and no base64.
const MIN_RUN: usize = 4;

impl Armor {
    /// Reads the first block; one without an end goes to the end of `text`.
    pub fn read(text: &[u8]) -> Option<Self> {
        let label = &text[memchr::memmem::find(text, BEGIN)? + BEGIN.len()..];
        let label_length = memchr::memmem::find(&label[..label.len().min(MAX_LABEL)], DASHES)?;
        let (label, rest) = label.split_at(label_length);
        let body = &rest[DASHES.len()..];
        let body = &body[..memchr::memmem::find(body, DASHES).unwrap_or(body.len())];

        let mut armor = Self {
            label: String::from_utf8_lossy(label).into_owned(),
            digits: Vec::with_capacity(body.len()),
            crc24: None,
            is_encrypted: false,
            cipher: String::new(),
            is_stub: [&b"..."[..], "…".as_bytes()]
                .iter()
                .any(|dots| memchr::memmem::find(body, dots).is_some()),
        };
        let body = unescape(body);
        for line in without_remark(&body).split(|byte| matches!(byte, b'\n' | b'\r')) {
            armor.line(line);
        }
        Some(armor)
    }

    /// The algorithm that the label names, or nothing.
    pub fn algorithm(&self) -> &str {
        self.label.split(' ').next().filter(|word| matches!(*word, "RSA" | "EC" | "DSA")).unwrap_or_default()
    }

    fn line(&mut self, line: &[u8]) {
        // Base64 has no colon, so what has one is a header.
        if memchr::memchr(b':', line).is_some() {
            self.header(&String::from_utf8_lossy(line));
            return;
        }
        for run in line.split(|byte| !base64::is_digit(*byte) && *byte != b'=') {
            // Lines have a multiple of four digits; one more before them is the `+` of a diff.
            let run = if run.len() % 4 == 1 { run.strip_prefix(b"+").unwrap_or(run) } else { run };
            match run {
                [b'=', digits @ ..] if digits.len() == 4 => self.crc24 = Some(digits.to_vec()),
                _ if run.len() >= MIN_RUN => self.digits.extend_from_slice(run),
                _ => {}
            }
        }
    }

    fn header(&mut self, line: &str) {
        self.is_encrypted |= line.contains("Proc-Type:") && line.contains("ENCRYPTED");
        if let Some((_, cipher)) = line.split_once("DEK-Info:") {
            self.cipher =
                cipher.trim_start().chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '-').collect();
        }
    }
}

/// The body without the words that somebody wrote behind the marker: `-----BEGIN PRIVATE KEY----- of the shop`.
fn without_remark(body: &[u8]) -> &[u8] {
    let is_word = |byte: &u8| byte.is_ascii_alphabetic() || *byte == b' ';
    let remark = body.iter().take_while(|byte| is_word(byte)).count();
    // On one line with the marker, a body goes on after its letters.
    let ends_line = body.get(remark).is_some_and(|byte| matches!(byte, b'\n' | b'\r'));
    if ends_line { &body[remark..] } else { body }
}

/// Resolves the escapes that source code, JSON, URLs and XML put for line feeds and base64 characters.
fn unescape(body: &[u8]) -> Vec<u8> {
    let mut plain = Vec::with_capacity(body.len());
    let mut rest = body;
    while let Some((byte, after)) = rest.split_first() {
        let (resolved, taken) = match byte {
            b'\\' => backslash(after),
            b'%' => (hex(after.get(..2)), if hex(after.get(..2)).is_some() { 2 } else { 0 }),
            b'&' => entity(after),
            _ => (Some(*byte), 0),
        };
        plain.push(resolved.unwrap_or(b' '));
        rest = &after[taken..];
    }
    plain
}

/// What a backslash and the bytes after it stand for, and how many of those it takes.
fn backslash(after: &[u8]) -> (Option<u8>, usize) {
    match after {
        [b'n' | b'r', ..] => (Some(b'\n'), 1),
        [b't', ..] => (Some(b' '), 1),
        [b'u', b'0', b'0', digits @ ..] => match hex(digits.get(..2)) {
            Some(byte) => (Some(byte), 5),
            None => (None, 1),
        },
        // The backslash before a quote, a slash, a line's end or another backslash says nothing more.
        [b'/', ..] => (Some(b'/'), 1),
        _ => (None, 0),
    }
}

/// Character references stand for line feeds here: `&#10;`, `&#xA;`.
fn entity(after: &[u8]) -> (Option<u8>, usize) {
    match after.iter().take(6).position(|byte| *byte == b';') {
        Some(end) if after.starts_with(b"#") => (Some(b'\n'), end + 1),
        _ => (None, 0),
    }
}

fn hex(digits: Option<&[u8]>) -> Option<u8> {
    data_encoding::HEXUPPER_PERMISSIVE.decode(digits?).ok().map(|bytes| bytes[0])
}

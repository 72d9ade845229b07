//! URLs in text: where one begins and ends, and where it leads.

use super::reach::Reach;
use super::{MAX_URL, Weakness};
use crate::rule::Severity;
use crate::span::Span;

/// Where a URL leads.
pub(super) struct Address<'t> {
    /// In the case in which it is written.
    pub scheme: &'t [u8],
    /// Without the user and the port.
    pub host: &'t [u8],
}

impl<'t> Address<'t> {
    /// The address that a secret is sent to as a part of it: of the URL that the secret stands in. What follows a
    /// `#` is not sent.
    pub fn around(bytes: &'t [u8], secret: Span) -> Option<Self> {
        let earliest = secret.start.saturating_sub(MAX_URL);
        let before = &bytes[earliest..secret.start];
        let start =
            before.iter().rposition(|byte| !is_of_url(*byte)).map_or(earliest, |at| earliest + at + 1);
        let latest = (secret.start + "https:\\/\\/".len()).min(secret.end);
        let colon = last_colon(&bytes[start..secret.start])
            .or_else(|| last_colon(&bytes[start..latest]).filter(|_| start == secret.start))?;
        let address = Self::at(bytes, start, start + colon, secret);
        let is_cut_off = bytes[start + colon..secret.start.max(start + colon)].contains(&b'#');
        address.filter(|_| !is_cut_off)
    }

    /// The address whose scheme ends at `colon` and begins at `start` or later; what is `hidden` in it ends nothing.
    pub fn at(bytes: &'t [u8], start: usize, colon: usize, hidden: Span) -> Option<Self> {
        let scheme = bytes[start..colon].iter().rposition(|byte| !byte.is_ascii_alphabetic());
        let scheme = &bytes[scheme.map_or(start, |at| start + at + 1)..colon];
        let authority =
            colon + bytes[colon..].iter().take_while(|byte| matches!(byte, b':' | b'/' | b'\\')).count();
        let end_from = |from: usize| {
            let rest = &bytes[from..(from + MAX_URL).min(bytes.len())];
            let ends = |byte: &u8| matches!(byte, b'/' | b'?' | b'#' | b'\\' | b',') || !is_of_url(*byte);
            from + rest.iter().position(ends).unwrap_or(rest.len())
        };
        let mut end = end_from(authority);
        if (authority..=end).contains(&hidden.start) {
            end = end_from(hidden.end.max(authority));
        }
        let host = &bytes[authority..end];
        let host = &host[host.iter().rposition(|byte| *byte == b'@').map_or(0, |at| at + 1)..];
        let host = match host {
            [b'[', v6 @ ..] => &v6[..v6.iter().position(|byte| *byte == b']').unwrap_or(v6.len())],
            _ => &host[..host.iter().position(|byte| *byte == b':').unwrap_or(host.len())],
        };
        (!scheme.is_empty()).then_some(Self { scheme, host })
    }

    /// Who may read along on the way there, if nothing is encrypted.
    pub fn reach(&self) -> Reach {
        let host = String::from_utf8_lossy(self.host).to_ascii_lowercase();
        Reach::of(host.trim_end_matches('.'))
    }

    /// What is weak about sending something there in `place`.
    pub fn weakness(&self, place: &str) -> Option<Weakness> {
        let is_clear =
            [b"http".as_slice(), b"ws", b"ftp"].iter().any(|it| it.eq_ignore_ascii_case(self.scheme));
        if !is_clear {
            return None;
        }
        let severity = match self.reach() {
            Reach::Nobody => return None,
            Reach::OwnNetwork => Severity::Medium,
            Reach::Everybody => Severity::High,
        };
        let scheme = String::from_utf8_lossy(self.scheme).to_ascii_lowercase();
        Some(Weakness { how: format!("in clear: {place} over {scheme}"), severity })
    }
}

/// Whether a byte may stand in a URL as people write them in code and configuration.
pub(super) fn is_of_url(byte: u8) -> bool {
    !byte.is_ascii_whitespace() && !byte.is_ascii_control() && !b"\"'`<>|;".contains(&byte)
}

/// Where the last `://` begins, also as `:\/\/`.
fn last_colon(text: &[u8]) -> Option<usize> {
    let plain = memchr::memmem::rfind(text, b"://");
    plain.max(memchr::memmem::rfind(text, b":\\/\\/"))
}

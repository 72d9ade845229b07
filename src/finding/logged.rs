//! When a line was logged, as the line itself says.
//!
//! What is written is taken over as it is: nothing is converted, because a line rarely says all of zone,
//! year and day. Which files are logs is decided by others.

use std::sync::LazyLock;

use regex::bytes::{Regex, RegexBuilder};

use crate::plain;
use crate::span::Span;

/// The forms that logs give to time, the more telling ones first where several begin at one place: RFC 3339
/// and its relatives, access logs, syslog, compact ISO 8601, klog, seconds since 1970, the kernel's
/// seconds since start, and the time of day alone.
static TIME: LazyLock<Regex> = LazyLock::new(|| {
    const FORMS: &str = r#"\b(?:
        \d{4}[-/]\d\d[-/]\d\d[Tt\x20]\d\d:\d\d(?::\d\d(?:[.,]\d{1,9})?)?(?:\x20?(?:[Zz]|[+-]\d\d:?\d\d))?\b
      | \d{1,2}/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d(?:\x20[+-]\d{4})?\b
      | (?:[A-Z][a-z]{2},?\x20)?(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)\x20[\x20\d]\d\x20\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:\x20\d{4})?\b
      | \d{8}T\d{6}(?:\.\d{1,9})?Z\b
      | [IWEF]\d{4}\x20\d\d:\d\d:\d\d\.\d{3,6}\b
      | (?:ts|time|timestamp|t|__REALTIME_TIMESTAMP)(?:"\s?:\s?"?|=)(?P<epoch>1\d{9}(?:\.\d{1,9}|\d{3}|\d{6}|\d{9})?)\b
      | \d\d:\d\d:\d\d(?:[.,]\d{1,9})?\b
    ) | ^\[\x20{0,6}(?P<uptime>\d{1,9}\.\d{6})\]"#;
    let built = RegexBuilder::new(FORMS).unicode(false).ignore_whitespace(true).build();
    built.expect("the pattern is fixed and tested")
});

/// The fewest digits of a time: hours, minutes and seconds.
const LEAST_DIGITS: usize = 6;

/// The first time on a line, ending before `secret` or beginning after it.
pub(super) fn logged_at(line: &[u8], secret: Span) -> Option<String> {
    let line = &plain::blanked(line)[..];
    let time = |text: &[u8]| {
        // Where there are fewer digits than every time has, the forms need not even be made ready.
        if text.iter().filter(|byte| byte.is_ascii_digit()).count() < LEAST_DIGITS {
            return None;
        }
        let found = TIME.captures(text)?;
        let time = found.name("epoch").or(found.name("uptime")).or(found.get(0))?;
        String::from_utf8(time.as_bytes().to_vec()).ok()
    };
    let start = secret.start.min(line.len());
    let end = secret.end.clamp(start, line.len());
    time(&line[..start]).or_else(|| time(&line[end..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_forms_of_logs_are_told_and_numbers_are_not() {
        for (line, time) in [
            ("2026-01-02T03:04:05.678Z INFO password=S", "2026-01-02T03:04:05.678Z"),
            ("2026-01-02 03:04:05,678 [main] password=S", "2026-01-02 03:04:05,678"),
            ("\x1b[2m2026/01/02 03:04:05\x1b[0m password=S", "2026/01/02 03:04:05"),
            ("2026-01-02 03:04:05.1 +0100 password=S", "2026-01-02 03:04:05.1 +0100"),
            ("192.0.2.1 - - [02/Jan/2026:03:04:05 +0000] \"GET /?key=S", "02/Jan/2026:03:04:05 +0000"),
            ("Jan  2 03:04:05 host app[7]: password=S", "Jan  2 03:04:05"),
            ("Fri Jan  2 03:04:05 2026 password=S", "Fri Jan  2 03:04:05 2026"),
            ("I0102 03:04:05.678901 1 main.go:7] password=S", "I0102 03:04:05.678901"),
            ("{\"password\":\"S\",\"time\":1767323045.12}", "1767323045.12"),
            ("{\"password\":\"S\",\"ts\":\"2026-01-02T03:04:05Z\"}", "2026-01-02T03:04:05Z"),
            ("ts=1767323045 password=S", "1767323045"),
            ("[   12.345678] password=S", "12.345678"),
            ("[03:04:05] password=S", "03:04:05"),
            ("20260102T030405Z password=S", "20260102T030405Z"),
        ] {
            let at = line.find('S').expect("a secret stands there");
            assert_eq!(logged_at(line.as_bytes(), Span::new(at, at + 1)).as_deref(), Some(time), "{line:?}");
        }
        for line in ["password=S 12.5 1767323045", "10.0.0.1:8080 S", "S 2026-01-02", "S"] {
            assert_eq!(logged_at(line.as_bytes(), Span::new(9, 10)), None, "{line:?}");
        }
        assert_eq!(logged_at(b"key=03:04:05", Span::new(4, 12)), None, "a secret is no time");
    }
}

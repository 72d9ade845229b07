//! The findings that a team knows already and has decided to live with.
//!
//! An entry is the identity of a value under a key that the file holds, with the rule that found it and,
//! where it was asked for, the path. No line, no time and no secret stands in it, so moving, renaming and
//! re-indenting change nothing. Entries are sorted, one a line: two branches that add some can be merged line by line.
//! Nothing here reads or writes a file.

use std::fmt::Write as _;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::Deserialize;
use toml::Spanned;

use super::{BaselineState, Finding, Fingerprint, Key, SuppressionKind};
use crate::rule::file::Mistake;
use crate::rule::{Detection, RuleSet, RuleSpec};
use crate::secret::Secret;
use crate::span::line_of;

/// The version of the format.
const VERSION: u32 = 1;
/// What is hashed under the key to tell whether it is the one that the entries were made with.
const CHECKED: &[u8] = b"stanch baseline";

/// Known findings.
#[derive(Clone, Debug)]
pub struct Baseline {
    key: Key,
    entries: Vec<Known>,
}

/// A known finding. Sorted by fingerprint first, which spreads additions over the file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Known {
    /// Identity of the value.
    pub fingerprint: Fingerprint,
    /// The rule that found it.
    pub rule: String,
    /// The only path where it is known; everywhere when there is none.
    pub path: Option<String>,
    /// A comment silences it: not known by itself, only told when the comment hides another value.
    pub silenced: bool,
    /// Why it may stay.
    pub reason: Option<String>,
    /// Who decided.
    pub owner: Option<String>,
    /// The last day on which it is known, in UTC.
    pub expires: Option<Date>,
}

/// What came of marking findings.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Marked {
    /// For each entry, whether a finding is it.
    pub used: Vec<bool>,
    /// Silenced findings, by their index, whose comment hid another value before.
    pub changed: Vec<usize>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    #[allow(dead_code, reason = "checked before the rest is read")]
    version: u32,
    key: Spanned<String>,
    check: Spanned<String>,
    #[serde(default)]
    findings: Vec<Spanned<WrittenKnown>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenKnown {
    fingerprint: Spanned<String>,
    rule: String,
    path: Option<String>,
    #[serde(default)]
    silenced: bool,
    reason: Option<String>,
    owner: Option<String>,
    expires: Option<Spanned<String>>,
}

impl Baseline {
    /// An empty baseline with a key, which should be random.
    pub fn new(key: Key) -> Self {
        Self { key, entries: Vec::new() }
    }

    /// Reads a baseline. `path` only names it in messages.
    pub fn parse(path: &str, text: &str) -> Result<Self, Mistake> {
        let mistake = |offset: usize, message: String| {
            let line = line_of(text.as_bytes(), offset);
            Mistake { path: path.into(), line, message }
        };
        if let Some(offset) = conflict(text) {
            let message =
                "a merge left its marks: keep the lines of both sides, then run `stanch baseline update`";
            return Err(mistake(offset, message.to_owned()));
        }
        check_version(text).map_err(|(offset, message)| mistake(offset, message))?;
        let written: Written = toml::from_str(text).map_err(|error| {
            let at = error.span().map_or(text.len(), |span| span.start);
            let told = error.message().lines().collect::<Vec<_>>().join(", ");
            mistake(at, format!("{told}; is the file cut short or wrongly merged?"))
        })?;
        let wrong = |error| mistake(written.key.span().start, format!("`key` {error}"));
        let key: Key = written.key.get_ref().parse().map_err(wrong)?;
        let check = Fingerprint::of(&Secret::password(CHECKED), &key);
        if written.check.get_ref().parse() != Ok(check) {
            let message = "`key` is not the one that this baseline was made with: restore it, or make a new baseline \
                           with `stanch baseline create --force`";
            return Err(mistake(written.key.span().start, message.to_owned()));
        }
        let mut entries = Vec::with_capacity(written.findings.len());
        for entry in written.findings {
            entries.push(known(entry.into_inner()).map_err(|(offset, message)| mistake(offset, message))?);
        }
        entries.sort();
        entries.dedup();
        Ok(Self { key, entries })
    }

    /// The key that findings are to be identified with.
    pub fn key(&self) -> &Key {
        &self.key
    }

    /// All entries, sorted.
    pub fn entries(&self) -> &[Known] {
        &self.entries
    }

    /// Adds an entry, unless one for the same value, rule and path is there.
    pub fn add(&mut self, entry: Known) {
        let is_it = |known: &Known| {
            (known.fingerprint, &known.rule, &known.path, known.silenced)
                == (entry.fingerprint, &entry.rule, &entry.path, entry.silenced)
        };
        let from = self.entries.partition_point(|known| known.fingerprint < entry.fingerprint);
        let mut same = self.entries[from..].iter().take_while(|known| known.fingerprint == entry.fingerprint);
        if !same.any(is_it) {
            let at = self.entries.partition_point(|known| *known < entry);
            self.entries.insert(at, entry);
        }
    }

    /// Removes the entries that `marked` found no use for, and says how many.
    pub fn prune(&mut self, marked: &Marked) -> usize {
        let before = self.entries.len();
        let mut used = marked.used.iter();
        self.entries.retain(|_| used.next().copied().unwrap_or(true));
        before - self.entries.len()
    }

    /// Marks the findings that are known and not expired, and lists the entries that were of use.
    ///
    /// `now` is in seconds since 1970. Findings that are silenced are compared with what the baseline
    /// says was silenced there.
    pub fn mark(&self, findings: &mut [Finding<'_>], rules: &RuleSet, now: i64) -> Marked {
        let mut marked = Marked { used: vec![false; self.entries.len()], changed: Vec::new() };
        for (index, finding) in findings.iter_mut().enumerate() {
            let from = self.entries.partition_point(|entry| entry.fingerprint < finding.fingerprint);
            let same =
                self.entries[from..].iter().take_while(|entry| entry.fingerprint == finding.fingerprint);
            let mut is_silenced_as_before = false;
            for (at, entry) in (from..).zip(same) {
                if !entry.is(finding, rules) {
                    continue;
                }
                marked.used[at] = true;
                is_silenced_as_before |= entry.silenced;
                if !entry.silenced && !entry.is_expired(now) {
                    finding.state = BaselineState::Unchanged;
                }
            }
            let was_silenced = |entry: &Known| {
                entry.silenced
                    && entry.rule == finding.rule.id
                    && entry.path.as_ref() == Some(&finding.location.path)
            };
            if is_inline(finding) && !is_silenced_as_before && self.entries.iter().any(was_silenced) {
                marked.changed.push(index);
            }
        }
        marked
    }
}

impl Known {
    /// The entry of a finding. What a comment silences is known with its path: the comment is bound to it, too.
    pub fn of(finding: &Finding<'_>, with_path: bool) -> Self {
        let silenced = is_inline(finding);
        Self {
            fingerprint: finding.fingerprint,
            rule: finding.rule.id.to_string(),
            path: (with_path || silenced).then(|| finding.location.path.clone()),
            silenced,
            reason: None,
            owner: None,
            expires: None,
        }
    }

    /// Whether the last day is over.
    pub fn is_expired(&self, now: i64) -> bool {
        is_over(self.expires, now)
    }

    /// Whether a finding of the same value is this one: of the same rule, or of one that has taken its place.
    fn is(&self, finding: &Finding<'_>, rules: &RuleSet) -> bool {
        let is_there = self.path.as_ref().is_none_or(|path| *path == finding.location.path);
        let is_replaced =
            || rules.get(&self.rule).is_none_or(|rule| specificity(finding.rule) > specificity(rule));
        is_there && (finding.rule.is_called(&self.rule) || is_replaced())
    }
}

/// Whether a day, the last one of something, is over; in UTC.
pub(super) fn is_over(last: Option<Date>, now: i64) -> bool {
    let end = last.and_then(|day| day.tomorrow().ok()?.to_zoned(TimeZone::UTC).ok());
    end.is_some_and(|end| end.timestamp().as_second() <= now)
}

/// Whether a comment in the text silences it.
fn is_inline(finding: &Finding<'_>) -> bool {
    finding.suppression.as_ref().is_some_and(|suppression| suppression.kind == SuppressionKind::Inline)
}

/// How much a rule knows of what it finds: only a name, the form of the value too, or a token's own literal.
fn specificity(rule: &RuleSpec) -> u8 {
    match &rule.detection {
        Detection::Context { value, .. } if value.is_empty() => 0,
        // It takes nobody's place.
        Detection::Beside(_) => 0,
        Detection::Context { .. } | Detection::Regex(_) => 1,
        Detection::Token { .. } => 2,
    }
}

/// Where a merge left a mark.
fn conflict(text: &str) -> Option<usize> {
    let mut offset = 0;
    for line in text.split_inclusive('\n') {
        if ["<<<<<<<", "=======", ">>>>>>>", "|||||||"].iter().any(|mark| line.starts_with(mark)) {
            return Some(offset);
        }
        offset += line.len();
    }
    None
}

/// Refuses a future version before anything in it is taken for a mistake.
fn check_version(text: &str) -> Result<(), (usize, String)> {
    let mut offset = 0;
    for line in text.split_inclusive('\n') {
        if let Some(value) = line.strip_prefix("version = ") {
            let version: Option<u32> = value.trim().parse().ok();
            if version != Some(VERSION) {
                let message = format!(
                    "version {} of the format is not known, only {VERSION}; is this stanch too old?",
                    value.trim()
                );
                return Err((offset, message));
            }
        }
        offset += line.len();
    }
    Ok(())
}

fn known(written: WrittenKnown) -> Result<Known, (usize, String)> {
    let at = written.fingerprint.span().start;
    let fingerprint = written.fingerprint.into_inner().parse().map_err(|error| (at, error))?;
    let expires = written.expires.map(|date| {
        let at = date.span().start;
        date.into_inner().parse().map_err(|_| (at, "`expires` is a day, written \"2026-01-31\"".to_owned()))
    });
    Ok(Known {
        fingerprint,
        rule: written.rule,
        path: written.path,
        silenced: written.silenced,
        reason: written.reason,
        owner: written.owner,
        expires: expires.transpose()?,
    })
}

impl std::fmt::Display for Baseline {
    /// The file: the same entries give the same bytes.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(
            f,
            "# Known findings; made by `stanch baseline`. It holds no secret: keep it in the repository."
        )?;
        writeln!(
            f,
            "# Entries are single lines, so git may merge both sides' (`merge=union` in .gitattributes)."
        )?;
        writeln!(f, "version = {VERSION}")?;
        writeln!(f, "key = \"{}\"", self.key.reveal())?;
        writeln!(f, "check = \"{}\"", Fingerprint::of(&Secret::password(CHECKED), &self.key))?;
        writeln!(f, "findings = [")?;
        for entry in &self.entries {
            writeln!(f, "  {},", line(entry))?;
        }
        writeln!(f, "]")
    }
}

/// An entry as an inline table, on one line whatever is in it.
fn line(entry: &Known) -> String {
    let mut line = format!("{{ fingerprint = \"{}\", rule = {}", entry.fingerprint, quoted(&entry.rule));
    if entry.silenced {
        line.push_str(", silenced = true");
    }
    let expires = entry.expires.map(|day| day.to_string());
    let texts =
        [("path", &entry.path), ("reason", &entry.reason), ("owner", &entry.owner), ("expires", &expires)];
    for (name, text) in texts {
        if let Some(text) = text {
            write!(line, ", {name} = {}", quoted(text)).expect("a string takes everything");
        }
    }
    line.push_str(" }");
    line
}

/// A basic string of TOML on one line.
pub fn quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for character in text.chars() {
        match character {
            '"' | '\\' => quoted.extend(['\\', character]),
            character if character.is_control() => {
                write!(quoted, "\\u{:04x}", u32::from(character)).expect("a string takes everything");
            }
            character => quoted.push(character),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::finding::KEY_BYTES;

    fn entry(seed: u8, rule: &str) -> Known {
        Known {
            fingerprint: Fingerprint::of(&Secret::password(&[seed; 8]), &Key::default()),
            rule: rule.to_owned(),
            path: None,
            silenced: false,
            reason: None,
            owner: None,
            expires: None,
        }
    }

    fn sample() -> Baseline {
        let mut baseline = Baseline::new(Key::new([7; KEY_BYTES]));
        baseline.add(Known {
            path: Some("a \"b\"\\\u{7f}\n.env".into()),
            reason: Some("of the demo".into()),
            owner: Some("ops".into()),
            expires: Some("2026-01-31".parse().unwrap()),
            ..entry(1, "generic-password")
        });
        baseline.add(entry(2, "generic-password"));
        baseline
    }

    #[test]
    fn what_is_written_is_read_back_and_order_does_not_show() {
        let (mut one, mut other) = (sample(), sample());
        one.add(entry(3, "a"));
        one.add(entry(4, "b"));
        other.add(entry(4, "b"));
        other.add(entry(3, "a"));
        other.add(entry(3, "a"));
        assert_eq!(one.to_string(), other.to_string());
        let read = Baseline::parse("b.toml", &one.to_string()).unwrap();
        assert_eq!(read.entries(), one.entries());
        assert_eq!(read.to_string(), one.to_string());
        assert_eq!(one.to_string().lines().count(), 6 + 4 + 1, "an entry is a line");
    }

    #[test]
    fn a_day_is_the_last_one() {
        let entry = Known { expires: Some("2026-01-31".parse().unwrap()), ..entry(1, "a") };
        let midnight = 1_769_904_000;
        assert!(!entry.is_expired(midnight - 1));
        assert!(entry.is_expired(midnight));
    }

    #[test]
    fn mistakes_name_their_line_and_what_to_do() {
        let good = sample().to_string();
        let cases = [
            (good.replace("version = 1", "version = 2"), 3, "version 2 of the format is not known"),
            (good.replace("key = \"0707", "key = \"0708"), 4, "`key` is not the one"),
            (good.replace("key = \"0707", "key = \"x707"), 4, "hex digits"),
            (good.replace("key = \"0707", "key = \"07\"\nkey = \"0707"), 5, "duplicate key"),
            (good.replace("findings = [", "<<<<<<< HEAD\nfindings = ["), 6, "keep the lines of both sides"),
            (good.replace("2026-01-31", "soon"), 0, "`expires` is a day"),
            (good.replace("owner =", "ownr ="), 0, "unknown field `ownr`"),
            (good[..good.len() - 12].to_owned(), 0, "cut short"),
            (good.replace("fingerprint = \"", "fingerprint = \"z"), 0, "32 hex digits"),
            (String::new(), 1, "missing field"),
        ];
        for (text, line, told) in cases {
            let mistake = Baseline::parse("b.toml", &text).expect_err(told);
            assert!(mistake.message.contains(told), "{told}: {mistake}");
            assert!(line == 0 || mistake.line == line, "{told}: {mistake}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_the_reader_panic(text in "\\PC{0,80}", cut in 0..400_usize) {
            let _ = Baseline::parse("b", &text);
            let good = sample().to_string();
            let cut = good.char_indices().map(|(at, _)| at).nth(cut).unwrap_or(good.len());
            let _ = Baseline::parse("b", &format!("{}{text}", &good[..cut]));
        }
    }
}

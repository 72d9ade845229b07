//! The hash by which GitHub code scanning recognises an alert after the lines above it moved.
//!
//! Code scanning identifies a result by `primaryLocationLineHash`: a hash of the text that starts at
//! the result's line, with a count of how many lines before had the same hash. Its upload action
//! computes it when a report has none; computing the same value here lets reports be uploaded by any
//! means. The algorithm is that of `hash` in `src/fingerprints.ts` of github/codeql-action, written
//! here from its description: units are UTF-16, spaces and tabs do not count, every line end is `\n`,
//! the end of the file is the unit 0xFFFF followed by zeros, and a line's hash is the polynomial of
//! the 100 units from its first one, `Σ unit[k] · 37^(99 - k)`, modulo 2^64.

use std::collections::{HashMap, VecDeque};

/// How many units a hash covers.
const BLOCK: u64 = 100;
/// The base of the polynomial.
const BASE: u64 = 37;
/// What stands for the end of the file.
const END_OF_FILE: u16 = 0xFFFF;

/// The hash of each of `lines` (1-based, ascending, each once) in a file of these bytes as stored.
///
/// One pass from the start of the file to just past the last line asked for: the occurrence count
/// depends on every line before. `None` for a line that the file does not have. Code scanning ends
/// lines at a lone `\r`, too, which our line numbers do not; the line it would look at is the one of
/// the same number, so that is the one that is hashed.
pub fn line_hashes(bytes: &[u8], lines: &[u64]) -> Vec<Option<String>> {
    let mut hasher = Hasher::new(lines);
    for chunk in bytes.utf8_chunks() {
        for unit in chunk.valid().encode_utf16() {
            hasher.read(unit);
        }
        if !chunk.invalid().is_empty() {
            hasher.read(char::REPLACEMENT_CHARACTER as u16);
        }
        if hasher.is_done() {
            break;
        }
    }
    hasher.finish()
}

/// A line whose block is not complete yet.
struct Pending {
    line: u64,
    /// How many units came before its first one.
    units_before: u64,
    /// The polynomial of all units before its first one.
    prefix: u64,
}

struct Hasher<'l> {
    wanted: &'l [u64],
    found: Vec<Option<String>>,
    seen: HashMap<u64, u32>,
    pending: VecDeque<Pending>,
    units: u64,
    /// The polynomial of all units so far; the hash of a block is a difference of two of these.
    prefix: u64,
    line: u64,
    at_line_start: bool,
    after_carriage_return: bool,
}

impl<'l> Hasher<'l> {
    fn new(wanted: &'l [u64]) -> Self {
        Self {
            wanted,
            found: Vec::with_capacity(wanted.len()),
            seen: HashMap::new(),
            pending: VecDeque::new(),
            units: 0,
            prefix: 0,
            line: 0,
            at_line_start: true,
            after_carriage_return: false,
        }
    }

    fn is_done(&self) -> bool {
        self.found.len() == self.wanted.len()
    }

    /// Takes the next unit of the file.
    fn read(&mut self, unit: u16) {
        const SPACE: u16 = b' ' as u16;
        const TAB: u16 = b'\t' as u16;
        const LINE_FEED: u16 = b'\n' as u16;
        const CARRIAGE_RETURN: u16 = b'\r' as u16;
        let second_half_of_line_end = self.after_carriage_return && unit == LINE_FEED;
        self.after_carriage_return = unit == CARRIAGE_RETURN;
        if unit == SPACE || unit == TAB || second_half_of_line_end {
            return;
        }
        if self.at_line_start {
            self.line += 1;
            self.pending.push_back(Pending {
                line: self.line,
                units_before: self.units,
                prefix: self.prefix,
            });
        }
        self.at_line_start = unit == LINE_FEED || unit == CARRIAGE_RETURN;
        self.push(if unit == CARRIAGE_RETURN { LINE_FEED } else { unit });
    }

    /// Adds a unit and settles the line whose block it completes.
    fn push(&mut self, unit: u16) {
        self.units += 1;
        self.prefix = self.prefix.wrapping_mul(BASE).wrapping_add(u64::from(unit));
        let completed = self.pending.front().is_some_and(|first| first.units_before + BLOCK == self.units);
        if completed && let Some(first) = self.pending.pop_front() {
            const SHIFT: u64 = BASE.wrapping_pow(BLOCK as u32);
            let hash = self.prefix.wrapping_sub(first.prefix.wrapping_mul(SHIFT));
            self.settle(first.line, hash);
        }
    }

    fn settle(&mut self, line: u64, hash: u64) {
        let occurrence = self.seen.entry(hash).or_default();
        *occurrence += 1;
        if self.wanted.get(self.found.len()) == Some(&line) {
            self.found.push(Some(format!("{hash:x}:{occurrence}")));
        }
    }

    fn finish(mut self) -> Vec<Option<String>> {
        self.read(END_OF_FILE);
        for _ in 0..BLOCK {
            self.push(0);
        }
        self.found.resize(self.wanted.len(), None);
        self.found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(text: &str) -> Vec<String> {
        let count = text.replace("\r\n", "\n").split(['\r', '\n']).count() as u64;
        let hashes = line_hashes(text.as_bytes(), &(1..=count).collect::<Vec<_>>());
        hashes.into_iter().map(|hash| hash.expect("every line has one")).collect()
    }

    /// The values are those that code scanning's action gives for the same texts.
    #[test]
    fn hashes_are_those_of_code_scanning() {
        assert_eq!(all(""), ["c129715d7a2bc9a3:1"]);
        assert_eq!(
            all(" a\nb\n  \t\tc\n d"),
            ["271789c17abda88f:1", "54703d4cd895b18:1", "180aee12dab6264:1", "a23a3dc5e078b07b:1"]
        );
        let greeting = [
            "e9496ae3ebfced30:1", "fb7c023a8b9ccb3f:1", "ce8ba1a563dcdaca:1", "e20e36e16fcb0cc8:1",
            "b3edc88f2938467e:1", "c8e28b0b4002a3a0:1", "c129715d7a2bc9a3:1",
        ];
        for text in [
            " hello; \t\nworld!!!\n\n\n  \t\tGreetings\n End\n",
            " hello; \t\nworld!!!\r\r\r  \t\tGreetings\r End\r",
            " hello; \t\r\nworld!!!\r\n\r\n\r\n  \t\tGreetings\r\n End\r\n",
            " hello; \t\nworld!!!\r\n\n\r  \t\tGreetings\r End\r\n",
        ] {
            assert_eq!(all(text), greeting, "{text:?}");
        }
    }

    #[test]
    fn equal_lines_are_counted() {
        let hashes = all(&"Lorem ipsum dolor sit amet.\n".repeat(10));
        assert_eq!(hashes[..2], ["a7f2ff13bc495cf2:1", "a7f2ff13bc495cf2:2"]);
        assert_eq!(
            hashes[5..],
            [
                "a7f2ff13bc495cf2:6", "a7f2ff1481e87703:1", "a9cf91f7bbf1862b:1", "55ec222b86bcae53:1",
                "cc97dc7b1d7d8f7b:1", "c129715d7a2bc9a3:1",
            ]
        );
    }

    /// The definition in the module's head, computed the slow way, for text that is not ASCII.
    #[test]
    fn the_pass_agrees_with_the_definition() {
        let text = "key = \"é😀\"\n\n  \u{2028}x\r\ny\n".repeat(7);
        let mut units: Vec<u16> = text.replace("\r\n", "\n").encode_utf16().collect();
        units.retain(|unit| *unit != u16::from(b' ') && *unit != u16::from(b'\t'));
        units.push(END_OF_FILE);
        let mut starts = vec![0];
        starts.extend((0..units.len()).filter(|&at| units[at] == u16::from(b'\n')).map(|at| at + 1));
        units.resize(units.len() + 100, 0);
        for (hash, start) in all(&text).iter().zip(starts) {
            let expected = units[start..start + 100]
                .iter()
                .fold(0u64, |sum, unit| sum.wrapping_mul(37).wrapping_add(u64::from(*unit)));
            assert_eq!(hash.split(':').next(), Some(format!("{expected:x}").as_str()));
        }
    }

    #[test]
    fn only_the_lines_asked_for_are_answered() {
        let text = "a\nb\nc\n";
        let every = all(text);
        assert_eq!(line_hashes(text.as_bytes(), &[2, 9]), [Some(every[1].clone()), None]);
        assert_eq!(line_hashes(text.as_bytes(), &[]), []);
    }
}

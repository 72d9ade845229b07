//! Holds redaction to its promise: wherever a stream is cut and whenever somebody waits, no byte of a
//! secret comes out and every other byte does.

use std::sync::LazyLock;

use proptest::prelude::*;

use super::{RedactOptions, Redactor, Style, Until};
use crate::check::template;
use crate::engine::Scanner;
use crate::rule::{Checksum, RuleSet};

/// Lines as programs write them. `$` stands for a secret, `!` for a weak password, `~` for a token that proves
/// itself, `^` for where a code of the terminal may stand.
const LINES: &[&str] = &[
    "2026-01-02T03:04:05.678Z INFO  worker-7 started in 12 ms\n",
    "level=warn msg=\"slow query\" took=1.5s ^password=$^ attempt=3\n",
    "{\"time\":1767323045,\"level\":\"error\",\"password\":\"$\",\"ok\":false}\n",
    "{\"msg\":\"{\\\"api_key\\\":\\\"$\\\",\\\"n\\\":1}\"}\r\n",
    "203.0.113.9 - - [02/Jan/2026:03:04:05 +0000] \"GET /v1/items?access_token=$&page=2 HTTP/1.1\" 200 512\n",
    "> ^Authorization^: Bearer $\r\n",
    "+ export DB_PASSWORD=$\n",
    "connecting to postgres://app:$@db.internal:5432/app\n",
    "pushing with ~^ to origin\n",
    "\r 10%\r 55%\r^100%^\n",
    "level=warn user=root ^password=!^ attempt=3\n",
    "{\"user\":\"root\",\"password\":\"!\",\"ok\":false}\n",
    "    at com.example.Main.run(Main.java:42)\n",
    "token ^~\n",
    "DATABASE_PASSWORD: $\n",
    "curl -u admin:$ https://api.example.com/\n",
    "été 😀 done\n",
    "\n",
];

/// Passwords that protect nothing.
const WEAK: &[&str] = &["root123", "letmein", "admin1234", "47110"];

const CODES: &[&str] = &["", "\x1b[31m", "\x1b[0m", "\x1b[38;5;196m", "\x1b]8;;\x07"];

/// A text, and for each of its bytes whether it is a secret's.
#[derive(Clone, Debug, Default)]
struct Planted {
    bytes: Vec<u8>,
    secret: Vec<bool>,
}

impl Planted {
    fn add(&mut self, text: &str, secret: bool) {
        self.bytes.extend(text.as_bytes());
        self.secret.resize(self.bytes.len(), secret);
    }

    /// A secret, with a code of the terminal after so many of its bytes, if there is one.
    fn add_secret(&mut self, secret: &str, code: &str, after: usize) {
        let (head, tail) = secret.split_at(after.clamp(1, secret.len() - 1));
        self.add(head, true);
        self.add(code, false);
        self.add(tail, true);
    }

    fn line(&mut self, line: &str, seed: u64, code: &str) {
        for character in line.chars() {
            match character {
                '$' => self.add_secret(&password(seed), code, seed as usize % 20),
                '!' => self.add_secret(WEAK[seed as usize % WEAK.len()], code, seed as usize % 20),
                '~' => self.add_secret(&filled("ghp_{base62:30}{checksum}", seed), code, seed as usize % 38),
                '^' => self.add(code, false),
                other => self.add(other.encode_utf8(&mut [0; 4]), false),
            }
        }
    }

    /// A private key, each line with something before it.
    fn key(&mut self, before: &str, seed: u64) {
        self.add(&format!("{before}-----BEGIN RSA PRIVATE KEY-----\n"), false);
        for line in 0..5 {
            self.add(before, false);
            let full = filled("{base64:64}", seed + line);
            self.add(if line == 4 { &full[..22] } else { &full }, true);
            self.add("\n", false);
        }
        self.add(&format!("{before}-----END RSA PRIVATE KEY-----\n"), false);
    }

    /// The text with a star for each byte of a secret.
    fn starred(&self) -> Vec<u8> {
        self.bytes.iter().zip(&self.secret).map(|(byte, secret)| if *secret { b'*' } else { *byte }).collect()
    }
}

/// A password that no rule would take for words or chance.
fn password(seed: u64) -> String {
    // No more than two letters in a row, so that none read as a word.
    filled("k7{base62:2}4{base62:2}8{base62:2}3{base62:2}6{base62:2}1{base62:2}5Z9", seed)
}

fn filled(template: &str, seed: u64) -> String {
    let filled = template::fill_for(&format!("«{template}»"), seed, Some(Checksum::Crc32Base62));
    filled.expect("the template is sound").text
}

/// Patterns are compiled once for all cases.
fn scanner() -> &'static Scanner {
    static SCANNER: LazyLock<Scanner> = LazyLock::new(|| Scanner::new(RuleSet::builtin()));
    &SCANNER
}

/// Redacts a text that comes in pieces; after some of them somebody waits.
fn redact(scanner: &Scanner, style: Style, text: &[u8], cuts: &[(usize, bool)]) -> Vec<u8> {
    let mut redactor = Redactor::new(scanner, RedactOptions { style, ..RedactOptions::default() });
    let (mut out, mut at) = (Vec::new(), 0);
    for &(length, waits) in cuts.iter().cycle().take_while({
        let mut left = text.len();
        move |(length, _)| {
            let goes_on = left > 0;
            left = left.saturating_sub(*length);
            goes_on
        }
    }) {
        let end = (at + length).min(text.len());
        redactor.push(&text[at..end]).expect("it is text");
        at = end;
        redactor
            .release(if waits { Until::Now } else { Until::LastLine }, &mut out)
            .expect("memory has room");
    }
    redactor.release(Until::End, &mut out).expect("memory has room");
    out
}

fn shown(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// What stands in both around the first byte that differs.
fn first_difference(a: &[u8], b: &[u8]) -> Option<(String, String)> {
    let at =
        a.iter().zip(b).position(|(a, b)| a != b).or((a.len() != b.len()).then_some(a.len().min(b.len())))?;
    let around = |text: &[u8]| shown(&text[at.saturating_sub(80).min(text.len())..(at + 80).min(text.len())]);
    Some((around(a), around(b)))
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn secrets_stay_in_and_all_else_comes_out(
        lines in prop::collection::vec((0..LINES.len() + 2, any::<u32>(), 0..CODES.len()), 1..40),
        cuts in prop::collection::vec((1_usize..200, any::<bool>()), 1..60),
    ) {
        let scanner = scanner();
        let mut planted = Planted::default();
        for (line, seed, code) in lines {
            match line.checked_sub(LINES.len()) {
                None => planted.line(LINES[line], seed.into(), CODES[code]),
                Some(0) => planted.key("", seed.into()),
                Some(_) => planted.key("2026-01-02T03:04:05.678Z api-1 | ", seed.into()),
            }
        }
        let stars = redact(scanner, Style::Stars, &planted.bytes, &cuts);
        prop_assert_eq!(first_difference(&stars, &planted.starred()), None);
        // Names stand where the stars do, whatever the pieces.
        let named = redact(scanner, Style::Named, &planted.bytes, &cuts);
        let at_once = redact(scanner, Style::Named, &planted.bytes, &[(planted.bytes.len(), false)]);
        prop_assert_eq!(first_difference(&named, &at_once), None);
    }
}

#[test]
fn what_every_rule_finds_stays_in() {
    let rules = RuleSet::builtin();
    let scanner = scanner();
    // Names of accounts and the like are public by themselves.
    for rule in rules.iter().filter(|rule| !rule.partner_only) {
        for (index, example) in rules.examples(&rule.id).iter().enumerate() {
            let filled =
                template::fill_for(example, index as u64, rule.checksum).expect("examples are sound");
            let Some(secret) = filled.secret else { continue };
            let text = format!("started\n{}\nended\n", filled.text);
            // What a key file says before its private half is public.
            let whole = shown(secret.of(filled.text.as_bytes()));
            let private = whole.rsplit("Private-Lines").next().unwrap_or_default();
            for cut in [usize::MAX, 7] {
                let out = shown(&redact(scanner, Style::Named, text.as_bytes(), &[(cut, true)]));
                for line in private.lines().map(str::trim) {
                    // The line above a body tells its kind, and nothing of what it holds.
                    let is_mark =
                        ["---- ", "-----", ": ", "$ANSIBLE_VAULT;"].iter().any(|mark| line.contains(mark));
                    assert!(
                        is_mark || line.len() < 8 || !out.contains(line),
                        "{} in pieces of {cut}: {out}",
                        rule.id
                    );
                }
                assert!(out.starts_with("started\n") && out.ends_with("\nended\n"), "{out}");
            }
        }
    }
}

#[test]
fn a_line_without_end_goes_in_parts() {
    let scanner = scanner();
    let mut planted = Planted::default();
    for seed in 0..300 {
        planted.add(&"{\"a\":[1,2,3],\"b\":null},".repeat(400 + seed as usize), false);
        planted.add("{\"password\":\"", false);
        planted.add(&password(seed), true);
        planted.add("\"},", false);
    }
    let mut redactor =
        Redactor::new(scanner, RedactOptions { style: Style::Stars, ..RedactOptions::default() });
    let mut out = Vec::new();
    for piece in planted.bytes.chunks(60_000) {
        redactor.push(piece).expect("it is text");
        redactor.release(Until::LastLine, &mut out).expect("memory has room");
        assert!(redactor.held() <= super::LONGEST_LINE && redactor.bytes.len() <= 3 * super::LONGEST_LINE);
    }
    redactor.release(Until::End, &mut out).expect("memory has room");
    assert!(out == planted.starred());
}

#[test]
fn a_secret_keeps_its_name_and_what_is_masked_stays_as_it_is() {
    let scanner = scanner();
    let secret = password(1);
    let text = format!("password={secret}\nlater\nDB_PASSWORD: \"{secret}\"\n");
    let once = redact(scanner, Style::Named, text.as_bytes(), &[(9, true)]);
    let names: Vec<_> = shown(&once).split_inclusive(']').map(str::to_owned).collect();
    let name = |text: &str| text[text.len() - 9..].to_owned();
    assert_eq!(name(&names[0]), name(&names[1]));
    assert_eq!(shown(&redact(scanner, Style::Named, &once, &[(11, false)])), shown(&once));
}

//! Secrets are found in every syntax: each one with exactly its bytes, and nothing beside them.
//!
//! The pages of `fixtures/secrets` are templates. `«…»` marks a secret and what is in it is made up
//! here, from several seeds: random characters by the language of the rules' examples, and two kinds
//! of values that it does not know: `{password}`, as people choose them, and `{basic}`, a user and a
//! password as HTTP's basic authentication encodes them.

use std::collections::BTreeSet;

use data_encoding::BASE64;
use stanch::check::template::fill;

use crate::fixture::{Page, pages, scan};

const SEEDS: std::ops::Range<u64> = 1..4;
const WORDS: &[&str] =
    &["lantern", "harbor", "pickle", "walnut", "thunder", "maple", "otter", "granite", "violet", "saddle"];

/// A marked secret: page, offset of the first byte, the bytes.
type Place = (String, usize, String);

#[test]
fn random_secrets_are_found_in_every_syntax() {
    check("secrets", |path| !path.starts_with("passwords/"));
}

#[test]
fn passwords_that_people_choose_are_found() {
    check("secrets", |path| path.starts_with("passwords/"));
}

fn check(fixture: &str, wanted: impl Fn(&str) -> bool) {
    let mut wrong = Vec::new();
    for seed in SEEDS {
        let (mut filled, mut expected) = (Vec::new(), BTreeSet::new());
        for page in pages(fixture) {
            let path = page.path.to_str().unwrap().to_owned();
            if wanted(&path) {
                let bytes = fill_page(&path, &String::from_utf8(page.bytes).unwrap(), seed, &mut expected);
                filled.push(Page { path: page.path, bytes });
            }
        }
        let found: BTreeSet<Place> = scan(&filled, "medium")
            .into_iter()
            .map(|found| (found.path, found.start, found.secret))
            .collect();
        wrong.extend(expected.difference(&found).map(|place| describe("missed", place, &filled)));
        wrong.extend(found.difference(&expected).map(|place| describe("not marked", place, &filled)));
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

/// The bytes of a page, and where its secrets stand.
fn fill_page(path: &str, template: &str, seed: u64, places: &mut BTreeSet<Place>) -> Vec<u8> {
    let (first, marked) = template.split_once('«').expect("every page holds a secret");
    let mut text = literal(first);
    for (number, piece) in marked.split('«').enumerate() {
        let (secret, rest) = piece.split_once('»').expect("every mark is closed");
        let value = value(secret, seed * 1_000_003 + number as u64 * 7919 + path.len() as u64);
        places.insert((path.to_owned(), text.len(), value.clone()));
        text += &value;
        text += &literal(rest);
    }
    text.into_bytes()
}

fn literal(template: &str) -> String {
    template.replace("{{", "{").replace("}}", "}")
}

fn value(template: &str, seed: u64) -> String {
    match template {
        "{password}" => password(seed),
        "{basic}" => BASE64.encode(format!("deploy:{}", password(seed)).as_bytes()),
        other => fill(other, seed, |_| None).expect("the template is well formed").text,
    }
}

/// One or two words, a number, and a sign here and there.
fn password(seed: u64) -> String {
    let word = |step: u64| WORDS[(seed / step % WORDS.len() as u64) as usize];
    let capital = |word: &str| word[..1].to_uppercase() + &word[1..];
    let number = 11 + seed % 8979;
    match seed % 5 {
        0 => format!("{}{number}!", capital(word(5))),
        1 => format!("{}-{}-{number}", word(5), word(50)),
        2 => format!("{}{}{number}", capital(word(5)), capital(word(50))),
        3 => format!("{number}{}_{}", word(5), word(50)),
        _ => format!("{}+{number}", capital(word(5)).replace('a', "4").replace('e', "3")),
    }
}

fn describe(what: &str, (path, start, secret): &Place, pages: &[Page]) -> String {
    let page = pages.iter().find(|page| page.path.to_str() == Some(path)).unwrap();
    let line = 1 + page.bytes[..*start].iter().filter(|byte| **byte == b'\n').count();
    let text = String::from_utf8_lossy(&page.bytes);
    format!("  {what} in {path}:{line}: {secret}\n      {}", text.lines().nth(line - 1).unwrap_or_default())
}

//! What is drawn at random is found, whatever it is drawn from: a filter that takes chance for a placeholder or
//! for words loses real secrets without a trace, so its share is measured over many draws.

use stanch::engine::{Input, Scanner, Scratch, Verdict};
use stanch::rule::RuleSet;

/// Draws of each alphabet, length and prefix.
const DRAWS: usize = 1_000;
/// At most so many of 10,000 draws may be lost: fewer than one in a thousand.
const MOST_LOST: usize = 9;

const ALPHABETS: &[(&str, &[u8])] = &[
    ("hex", b"0123456789abcdef"),
    ("HEX", b"0123456789ABCDEF"),
    ("alnum", b"abcdefghijklmnopqrstuvwxyz0123456789"),
    ("base32", b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"),
    ("base62", b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"),
    ("base64", b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"),
    ("base64url", b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"),
];

/// The share of draws in 10,000 whose line `before`, value, `after` yields nothing that is kept.
fn lost(scanner: &Scanner, before: &str, after: &str, alphabet: &[u8], length: usize) -> usize {
    let mut state = length as u64 * 1_000_003 + alphabet.len() as u64;
    let mut draw = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        char::from(alphabet[((state >> 33) % alphabet.len() as u64) as usize])
    };
    let (mut text, mut starts) = (String::new(), Vec::new());
    for _ in 0..DRAWS {
        text += before;
        starts.push(text.len());
        text.extend((0..length).map(|_| draw()));
        text += after;
    }
    let mut found = vec![false; starts.len()];
    scanner.scan(Input::whole(text.as_bytes(), false), &mut Scratch::default(), &mut |candidate, verdict| {
        let line = starts.partition_point(|start| *start < candidate.secret.end);
        if !matches!(verdict, Verdict::Drop(_)) && line > 0 {
            found[line - 1] = true;
        }
    });
    found.iter().filter(|found| !**found).count() * 10_000 / DRAWS
}

#[test]
fn what_is_drawn_is_neither_words_nor_a_placeholder() {
    let scanner = Scanner::new(RuleSet::builtin());
    let mut worst = Vec::new();
    for (name, alphabet) in ALPHABETS {
        for prefix in ["", "shippo_test_", "scp-test-", "my-app-secret-"] {
            // Many lengths taken together, since one draw in a thousand is the finest that one can show.
            let lengths = [20, 24, 28, 32, 40];
            let shares = lengths.map(|length| {
                let before = format!("const acmeToken = \"{prefix}");
                lost(&scanner, &before, "\";\n", alphabet, length)
            });
            let share = shares.iter().sum::<usize>() / lengths.len();
            worst.push((share, format!("{name} behind `{prefix}`: {shares:?} in 10,000 lost")));
        }
    }
    worst.sort_by(|a, b| b.cmp(a));
    assert!(worst[0].0 <= MOST_LOST, "{worst:#?}");
}

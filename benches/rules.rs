//! What a rule costs that needs words around its value: the built-in rules and 100 more, against the
//! built-in rules and 1,000 more.
//!
//! Both are run in turns on the same text and compared turn by turn: a change of the machine's load
//! hits both, and the median ratio shows differences of one percent that two separate benches do not.

#![allow(missing_docs, clippy::print_stdout, reason = "prints its figures, as benches do")]

mod haystack;

use std::hint::black_box;
use std::time::{Duration, Instant};

use haystack::{Kind, Random};
use stanch::engine::{Input, Scanner, Scratch};
use stanch::rule::{RuleSet, file};

const FEW: usize = 100;
const MANY: usize = 1000;
const TURNS: usize = 61;

fn main() {
    println!("context rules   {FEW:>7} MB/s {MANY:>6} MB/s   {MANY} / {FEW} (median of {TURNS} pairs)");
    let (few, many) = (scanner(FEW), scanner(MANY));
    for kind in Kind::ALL {
        compare(&kind.to_string(), &few, &many, &[kind.text()]);
    }
    let tree = haystack::tree();
    if !tree.is_empty() {
        compare("tree", &few, &many, &tree);
    }
}

fn compare(name: &str, few: &Scanner, many: &Scanner, files: &[Vec<u8>]) {
    let (mut scratch_few, mut scratch_many) = (Scratch::default(), Scratch::default());
    let mut pairs = Vec::new();
    for turn in 0..=TURNS {
        let (a, b) = if turn % 2 == 0 {
            let a = search(few, &mut scratch_few, files);
            (a, search(many, &mut scratch_many, files))
        } else {
            let b = search(many, &mut scratch_many, files);
            (search(few, &mut scratch_few, files), b)
        };
        if turn > 0 {
            pairs.push((a, b)); // the first turn compiles patterns and grows buffers
        }
    }
    let megabytes = files.iter().map(Vec::len).sum::<usize>() as f64 / 1e6;
    let speed = |time: f64| megabytes / time;
    println!(
        "{name:<15} {:>12.0} {:>11.0}   {:.3}",
        speed(median(pairs.iter().map(|(a, _)| a.as_secs_f64()))),
        speed(median(pairs.iter().map(|(_, b)| b.as_secs_f64()))),
        median(pairs.iter().map(|(a, b)| b.as_secs_f64() / a.as_secs_f64())),
    );
}

fn search(scanner: &Scanner, scratch: &mut Scratch, files: &[Vec<u8>]) -> Duration {
    let started = Instant::now();
    let mut candidates = 0_usize;
    for bytes in files {
        let input = Input::whole(bytes, false);
        scanner.scan(black_box(input), scratch, &mut |_, _| candidates += 1);
    }
    black_box(candidates);
    started.elapsed()
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<_> = values.collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// The built-in rules and `count` invented ones, with names of providers that do not exist.
fn scanner(count: usize) -> Scanner {
    let mut random = Random(0x5CA1E);
    let text: String = (0..count).map(|number| rule(number, &mut random)).collect();
    let file = file::read("invented.toml", text.as_bytes()).expect("the invented rules are well formed");
    let rules = file.rules.into_iter().map(|entry| entry.spec).collect();
    Scanner::new(RuleSet::with_user(rules).expect("the ids are numbered"))
}

fn rule(number: usize, random: &mut Random) -> String {
    let provider = format!("{}{}{}", random.word(), random.word(), random.hex(2));
    let value = ["[0-9a-f]{32}", "[0-9a-f]{40}", "[0-9A-Za-z]{24}", "[0-9A-Za-z]{40}", "[0-9A-Za-z_-]{43}"];
    let value = value[number % value.len()];
    format!(
        "[[context]]\nid = \"synthetic-{number}-key\"\ndescription = \"Competes for time.\"\n\
         category = \"api-key\"\nseverity = \"high\"\nkeywords = [\"{provider}\"]\nvalue = '{value}'\n"
    )
}

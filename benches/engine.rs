//! The engine alone, on text in memory, with the built-in rules and one thread.
//!
//! With `STANCH_BENCH_TREE=DIR` the text files of DIR are searched as well, which says more than any
//! generated text.

#![allow(missing_docs, reason = "benches have no readers but their own")]

mod haystack;

use divan::counter::BytesCount;
use divan::{Bencher, black_box};
use haystack::Kind;
use stanch::engine::{Input, Scanner, Scratch};
use stanch::rule::RuleSet;

fn main() {
    divan::main();
}

/// Text of one kind after the other.
#[divan::bench(args = Kind::ALL)]
fn text(bencher: Bencher<'_, '_>, kind: Kind) {
    measure(bencher, &[kind.text()]);
}

/// The files of a real tree, one by one.
#[divan::bench(name = "tree", sample_count = 20)]
fn tree(bencher: Bencher<'_, '_>) {
    measure(bencher, &haystack::tree());
}

/// Rules made ready, and nothing searched.
#[divan::bench]
fn scanner() -> Scanner {
    Scanner::new(RuleSet::builtin())
}

fn measure(bencher: Bencher<'_, '_>, files: &[Vec<u8>]) {
    let scanner = Scanner::new(RuleSet::builtin());
    let mut scratch = Scratch::default();
    bencher.counter(BytesCount::new(files.iter().map(Vec::len).sum::<usize>())).bench_local(|| {
        let mut candidates = 0_usize;
        for bytes in files {
            let input = Input::whole(bytes, false);
            scanner.scan(black_box(input), &mut scratch, &mut |_, _| candidates += 1);
        }
        candidates
    });
}

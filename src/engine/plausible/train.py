#!/usr/bin/env python3
"""Makes bigrams.rs: how much likelier a letter follows another in words that people write than by chance.

    train.py FOLDER...  > bigrams.rs

Reads the Rust and Markdown files below the folders (the crates that this project depends on, all of them
freely licensed: `cargo vendor` lays them out), splits them into words at every change of case and at
everything that is no letter, and counts neighbouring letters, each distinct word once per file. A cell is
log2(P(next | letter) * 27) in eighths of a bit, row and column 26 standing for the word's edge.
"""
import collections, math, os, re, sys

WORD = re.compile(r"[A-Z]?[a-z]{2,}|[A-Z]{3,}")


def words(path):
    with open(path, encoding="utf8", errors="ignore") as f:
        return {w.lower() for w in WORD.findall(f.read(400_000))}


def main():
    files_with = collections.Counter()
    for root in sys.argv[1:]:
        for folder, _, names in os.walk(root):
            for name in sorted(names):
                if name.endswith((".rs", ".md")):
                    files_with.update(words(os.path.join(folder, name)))
    pairs = [[1.0] * 27 for _ in range(27)]
    for word, files in files_with.items():
        if files < 3 or len(word) > 24:
            continue  # rare ones are often fragments of test data
        letters = [26, *(ord(c) - 97 for c in word), 26]
        for a, b in zip(letters, letters[1:]):
            pairs[a][b] += math.log2(1 + files)
    print("//! Made by `train.py`; do not edit. See there for what the numbers mean.\n")
    print("/// Eighths of a bit by which the second letter is likelier after the first than by chance;")
    print("/// 26 is the edge of a word.")
    print("#[rustfmt::skip]\npub const BIGRAMS: [[i8; 27]; 27] = [")
    for row in pairs:
        total = sum(row)
        cells = [max(-127, min(127, round(8 * math.log2(n / total * 27)))) for n in row]
        print("    [" + ", ".join(map(str, cells)) + "],")
    print("];")


main()

//! Packs, indexes and deltas that are changed at random, for as long as there is time.
//!
//! `STANCH_FUZZ_SECONDS` says how long (a second unless it does), `STANCH_FUZZ_SEED` which case to begin with: a case
//! that fails names its own.

use std::collections::BTreeSet;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant, SystemTime};

use super::delta::Delta;
use super::hostile_test::{Forge, blob, deflate, forged, sound, walk};
use super::*;
use crate::git::{ObjectFormat, ObjectId};

/// So much more memory may be used than before: a few objects of a few KiB are read.
const MOST_MEMORY: u64 = 256 << 20;

/// Runs cases until the time is over; each gets numbers of its own.
fn for_a_while(mut case: impl FnMut(&mut Numbers)) {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let seconds = number("STANCH_FUZZ_SECONDS").unwrap_or(1);
    let now =
        || SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |time| time.as_nanos() as u64);
    let first = number("STANCH_FUZZ_SEED").unwrap_or_else(now);
    let end = Instant::now() + Duration::from_secs(seconds);
    let before = peak_memory();
    for seed in (0..).map(|number| first.wrapping_add(number)) {
        let outcome = catch_unwind(AssertUnwindSafe(|| case(&mut Numbers(seed))));
        assert!(outcome.is_ok(), "again with STANCH_FUZZ_SEED={seed}");
        let more = peak_memory().saturating_sub(before);
        assert!(more < MOST_MEMORY, "{more} bytes more than before");
        if Instant::now() >= end {
            break;
        }
    }
}

/// The most memory that this process ever used, where the system tells.
fn peak_memory() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = line
        .and_then(|line| line.trim().strip_suffix(" kB"))
        .and_then(|text| text.trim().parse::<u64>().ok());
    kib.unwrap_or(0) << 10
}

/// Numbers that look random: SplitMix64.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ self.0 >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ mixed >> 31
    }

    fn below(&mut self, end: usize) -> usize {
        (self.next() % end.max(1) as u64) as usize
    }

    /// Changes some bytes: one, a number, a stretch, or the length.
    fn damage(&mut self, bytes: &mut Vec<u8>) {
        for _ in 0..=self.below(3) {
            let at = self.below(bytes.len());
            let count = 1 + self.below(16);
            let end = (at + count).min(bytes.len());
            match self.below(7) {
                0 => bytes[at..end].iter_mut().take(1).for_each(|byte| *byte ^= 1 << (count % 8)),
                1 => {
                    bytes[at..end].iter_mut().take(1).for_each(|byte| *byte = (count as u8).wrapping_mul(17))
                }
                2 => {
                    let number = [0, u32::MAX, 1 << 31, 1 << 30, 0xFF][self.below(5)].to_be_bytes();
                    bytes[at..end].iter_mut().zip(number).for_each(|(byte, new)| *byte = new);
                }
                3 => drop(bytes.drain(at..end)),
                4 => {
                    let copied = bytes[at..end].to_vec();
                    let to = self.below(bytes.len());
                    drop(bytes.splice(to..to, copied));
                }
                5 => bytes[at..end].fill(0xFF),
                _ if self.below(8) == 0 => bytes.truncate(at),
                _ => bytes[at..end].reverse(),
            }
        }
    }
}

#[test]
fn no_bytes_make_the_reader_of_packs_panic() {
    for_a_while(|numbers| {
        let forge = sound();
        let folder = forged(&forge);
        for name in [&["pack-1.pack"][..], &["pack-1.idx"], &["pack-1.pack", "pack-1.idx"]][numbers.below(3)]
        {
            let path = folder.path().join("pack").join(name);
            let mut bytes = fs::read(&path).expect("it is there");
            numbers.damage(&mut bytes);
            fs::write(&path, bytes).expect("it can be written");
        }
        walk(folder.path(), numbers.below(2) == 0);
        let objects = Objects::open(folder.path(), ObjectFormat::Sha1);
        let mut reader = objects.reader();
        for id in forge.entries.keys() {
            let _ = reader.read(id);
            let _ = reader.stream(id).map(|mut stream| std::io::copy(&mut stream, &mut std::io::sink()));
        }
    });
}

/// A delta that is sound: copies from a base of so many bytes, and insertions.
fn delta(numbers: &mut Numbers, base: usize) -> (Vec<u8>, usize) {
    let (mut instructions, mut size) = (Vec::new(), 0);
    for _ in 0..=numbers.below(6) {
        if numbers.below(2) == 0 {
            let from = numbers.below(base);
            let length = 1 + numbers.below((base - from).min(255));
            instructions.extend([0x91, from as u8, length as u8]);
            size += length;
        } else {
            let length = 1 + numbers.below(20);
            instructions.push(length as u8);
            instructions.extend((0..length).map(|_| b'a' + numbers.below(26) as u8));
            size += length;
        }
    }
    let sizes = [number(base), number(size)].concat();
    ([sizes, instructions].concat(), size)
}

/// Seven bits a byte, the lowest first.
fn number(mut number: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    while number >= 0x80 {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
    bytes
}

#[test]
fn what_a_delta_makes_is_what_it_says_or_an_error() {
    let base: Vec<u8> = (0..200).collect();
    for_a_while(|numbers| {
        let (mut bytes, size) = delta(numbers, base.len());
        let is_damaged = numbers.below(4) > 0;
        if is_damaged {
            numbers.damage(&mut bytes);
        }
        let (mut result, mut copied) = (Vec::new(), Vec::new());
        let applied = Delta::read(&bytes).and_then(|delta| {
            // Whoever applies it has looked at what it claims.
            let is_sane = delta.result_size <= 1 << 20;
            let told = delta.result_size;
            if is_sane {
                delta.apply(&base, &mut result, &mut copied).map(|()| told)
            } else {
                Err(ObjectError::Delta)
            }
        });
        let Ok(told) = applied else { return assert!(is_damaged) };
        assert_eq!(result.len() as u64, told);
        assert!(is_damaged || result.len() == size);
        let mut at = 0;
        for Copied { from, to, length } in copied {
            assert!(length > 0 && to >= at);
            assert_eq!(base[from..from + length], result[to..to + length]);
            at = to + length;
        }
        assert!(at <= result.len());
    });
}

#[test]
fn a_damaged_delta_costs_only_what_is_made_of_it() {
    for_a_while(|numbers| {
        let mut forge = Forge::new();
        let base: Vec<u8> = (0..200).collect();
        let base_id = forge.whole(&base);
        let (mut intact, mut asked): (BTreeSet<ObjectId>, usize) = ([base_id].into(), 1);
        for number in 0..8_u8 {
            let (mut bytes, _) = delta(numbers, base.len());
            let (mut result, mut copied) = (Vec::new(), Vec::new());
            let made = Delta::read(&bytes).and_then(|delta| delta.apply(&base, &mut result, &mut copied));
            assert_eq!(made, Ok(()));
            let is_damaged = numbers.below(2) == 0;
            if is_damaged {
                numbers.damage(&mut bytes);
                // What it makes now, if anything, has another id.
                result.push(number);
            }
            let id = blob(&result);
            if forge.entries.contains_key(&id) {
                continue;
            }
            let kind_and_size =
                if numbers.below(8) == 0 { numbers.next() >> numbers.below(64) } else { bytes.len() as u64 };
            let is_sized = kind_and_size == bytes.len() as u64;
            forge.entry(id, 7, kind_and_size, base_id.as_bytes(), &deflate(&bytes));
            asked += 1;
            if !is_damaged && is_sized {
                intact.insert(id);
            }
        }
        let seen = walk(forged(&forge).path(), true);
        let lost = *seen.lost.lock().expect("no panic") as usize;
        let visited = seen.intact.into_inner().expect("no panic");
        assert!(intact.is_subset(&visited));
        assert!(visited.len() + lost >= asked, "something was lost in silence");
    });
}

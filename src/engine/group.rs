//! Joins the keys of fragments to a few groups, as many as a search by vectors tells apart.
//!
//! A key is four sets of bytes of folded case, those that may stand at each place. A group lets everything pass that
//! any of its keys lets pass there, and so more than its keys; those are joined that let the least pass together.

use std::sync::LazyLock;

/// How many bytes of a fragment are compared.
pub const BYTES: usize = 4;

/// How many groups there may be: one bit each in three tables of bytes.
pub const GROUPS: usize = 24;

/// A set of bytes whose case is folded, one bit each by their numbers.
pub type Set = u64;

/// The number of a byte below 128, its case folded; control characters have those of signs.
const fn folded(byte: u8) -> u8 {
    byte & 0x1F | byte >> 1 & 0x20
}

/// The set of one byte.
pub const fn set(byte: u8) -> Set {
    1 << folded(byte)
}

/// The low and the high halves of a set's bytes, in either case, one bit each.
pub fn halves(set: Set) -> [u16; 2] {
    let bytes = (0..64).filter(|number| set >> number & 1 == 1).map(unfolded);
    let [low, high] =
        bytes.fold([0, 0], |[low, high], byte| [low | 1 << (byte & 15), high | 1 << (byte >> 4)]);
    // Rows 4 and 5 hold the capitals of 6 and 7.
    [low, high | high >> 2 & (1 << 4 | 1 << 5)]
}

/// The smallest set around one that halves of bytes can tell: every low half of its bytes with every high half.
pub fn by_halves(set: Set) -> Set {
    let rows: [u16; 4] = std::array::from_fn(|row| (set >> (16 * row)) as u16);
    let columns = rows.into_iter().fold(0, |columns, row| columns | row);
    let wide = |row: usize| if rows[row] == 0 { 0 } else { u64::from(columns) << (16 * row) };
    (0..4).map(wide).sum()
}

/// What passes for one of some keys.
#[derive(Clone, Copy)]
pub struct Group {
    /// The bytes that may stand at each place.
    pub sets: [Set; BYTES],
    /// The shares of these bytes in source text.
    shares: [f32; BYTES],
}

impl Group {
    fn new(sets: [Set; BYTES]) -> Self {
        Self { sets, shares: sets.map(share) }
    }

    /// The share of places in source text that pass.
    fn share(self) -> f32 {
        self.shares.into_iter().product()
    }

    fn joined(mut self, other: Self, told: fn(Set) -> Set) -> Self {
        for (place, own) in self.sets.iter_mut().enumerate() {
            let joined = told(*own | other.sets[place]);
            self.shares[place] += share(joined & !*own);
            *own = joined;
        }
        self
    }
}

/// Joins keys to at most [`GROUPS`] groups, always those two that let the least pass by being joined; the common ones
/// come first, so that the rare ones find the group that suits them. `told` widens a set to what the search can tell.
pub fn groups(keys: impl Iterator<Item = [Set; BYTES]>, told: fn(Set) -> Set) -> Vec<Group> {
    let mut keys: Vec<Group> = keys.map(|key| Group::new(key.map(told))).collect();
    keys.sort_by(|a, b| b.share().total_cmp(&a.share()));
    let mut groups: Vec<Group> = Vec::new();
    // What it costs to join two groups; only those of a group that changed are computed anew.
    let mut costs = [[0.0_f32; GROUPS + 1]; GROUPS + 1];
    let renew = |groups: &[Group], costs: &mut [[f32; GROUPS + 1]; GROUPS + 1], changed: usize| {
        let group = groups[changed];
        for (index, other) in groups.iter().enumerate().filter(|(index, _)| *index != changed) {
            let cost = group.joined(*other, told).share() - group.share() - other.share();
            costs[changed][index] = cost;
            costs[index][changed] = cost;
        }
    };
    for key in keys {
        groups.push(key);
        renew(&groups, &mut costs, groups.len() - 1);
        if groups.len() <= GROUPS {
            continue;
        }
        let pairs = (0..groups.len()).flat_map(|later| (0..later).map(move |first| (first, later)));
        let cheapest = pairs.min_by(|a, b| costs[a.0][a.1].total_cmp(&costs[b.0][b.1]));
        let (first, later) = cheapest.expect("there are more groups than one");
        groups[first] = groups[first].joined(groups[later], told);
        groups.swap_remove(later);
        // The last one took its place.
        let moved = costs[groups.len()];
        costs[later] = moved;
        costs.iter_mut().zip(moved).for_each(|(row, cost)| row[later] = cost);
        renew(&groups, &mut costs, first);
    }
    groups
}

/// The share of places whose byte is of a set.
fn share(mut set: Set) -> f32 {
    /// Of each byte, by its number.
    static SHARES: LazyLock<[f32; 64]> = LazyLock::new(|| {
        std::array::from_fn(|number| (commonness(unfolded(number as u8)) as f32 / 10.0).exp2() / 10_000.0)
    });
    let mut share = 0.0;
    while set != 0 {
        share += SHARES[set.trailing_zeros() as usize];
        set &= set - 1;
    }
    share
}

/// How common a byte is in source text and logs: about ten times log2 of its share in 10,000.
pub fn commonness(byte: u8) -> u32 {
    const BY_SHARE: &[u8] = b"etaoinsrhldcumfpgwybvkxjqz";
    match unfolded(folded(byte)) {
        b' ' => 107,
        b'0'..=b'9' => 80,
        b'"' | b'*' | b'(' | b')' | b':' | b'.' | b',' | b'/' => 77,
        byte @ b'a'..=b'z' => {
            let rank = BY_SHARE.iter().position(|&letter| letter == byte).unwrap_or(0);
            100 - (rank as u32 * rank as u32) / 9
        }
        _ => 63,
    }
}

/// The small letter or sign of a number.
const fn unfolded(number: u8) -> u8 {
    number & 0x1F | (number & 0x20) << 1 | 0x20
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_lets_pass_what_its_keys_let_pass_and_no_more_than_can_be_told() {
        let set = |bytes: &[u8]| bytes.iter().fold(0, |all, &byte| all | set(byte));
        assert_eq!(by_halves(set(b"a")), set(b"a"));
        assert_eq!(by_halves(set(b"ar")), set(b"aqbr"));
        assert_eq!(by_halves(set(b"-Z")), set(b"-*}z"));
        for told in [by_halves, |set| set] {
            let keys = (0..60_u8).map(|n| [1 << n, 1 << (n + 3), 1 << (60 - n), Set::MAX]);
            let groups = groups(keys.clone(), told);
            assert_eq!(groups.len(), GROUPS);
            for key in keys {
                let passes = |group: &Group| group.sets.iter().zip(key).all(|(set, own)| set & own == own);
                assert!(groups.iter().any(passes));
            }
        }
    }
}

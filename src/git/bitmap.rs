//! Reads EWAH bitmaps, which a split index uses to name entries of the shared one.
//!
//! The format is in git's `Documentation/technical/bitmap-format.adoc`: runs of equal words, each
//! followed by words as they are, in 64-bit big-endian words.

/// The positions of all set bits below `limit`, ascending, and the bytes after the bitmap; `None` when
/// it is cut off.
pub(super) fn set_bits(bytes: &[u8], limit: usize) -> Option<(Vec<usize>, &[u8])> {
    let (_bit_count, bytes) = bytes.split_first_chunk::<4>()?;
    let (word_count, bytes) = bytes.split_first_chunk::<4>()?;
    let (words, bytes) =
        bytes.split_at_checked((u32::from_be_bytes(*word_count) as usize).checked_mul(8)?)?;
    let (_last_run, rest) = bytes.split_first_chunk::<4>()?;
    let (words, _) = words.as_chunks::<8>();
    let mut words = words.iter().map(|word| u64::from_be_bytes(*word));
    let (mut bits, mut at) = (Vec::new(), 0_usize);
    while let Some(run) = words.next() {
        let run_bits = usize::try_from((run >> 1) & 0xFFFF_FFFF).ok()?.saturating_mul(64);
        let end = at.saturating_add(run_bits);
        if run & 1 == 1 {
            bits.extend(at.min(limit)..end.min(limit));
        }
        at = end;
        for _ in 0..run >> 33 {
            let Some(word) = words.next() else { break };
            bits.extend(
                (0..64)
                    .filter(|bit| word >> bit & 1 == 1)
                    .map(|bit| at.saturating_add(bit))
                    .filter(|bit| *bit < limit),
            );
            at = at.saturating_add(64);
        }
    }
    Some((bits, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_and_literal_words_are_read() {
        let mut bytes = vec![0, 0, 0, 130, 0, 0, 0, 2];
        bytes.extend((1_u64 | 1 << 1 | 1 << 33).to_be_bytes()); // 64 ones, then one word as it is
        bytes.extend(0b101_u64.to_be_bytes());
        bytes.extend([0, 0, 0, 0, b'x']);
        let (bits, rest) = set_bits(&bytes, 1000).expect("it is whole");
        assert_eq!(bits, (0..64).chain([64, 66]).collect::<Vec<_>>());
        assert_eq!(rest, b"x");
        assert!(set_bits(&bytes[..20], 1000).is_none());
    }
}

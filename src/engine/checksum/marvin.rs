//! Marvin32, the keyed hash that Microsoft's identifiable keys carry. Source: SymCrypt `marvin32.c`
//! and microsoft/security-utilities.

/// The 32-bit Marvin hash of `bytes`, keyed by eight ASCII characters that name the kind of key.
pub fn hash(bytes: &[u8], key_kind: &[u8; 8]) -> u32 {
    let seed = u64::from_be_bytes(*key_kind);
    let mut state = (seed as u32, (seed >> 32) as u32);
    let mut words = bytes.chunks_exact(4);
    for word in &mut words {
        state.0 = state.0.wrapping_add(little_endian(word));
        mix(&mut state);
    }
    let rest = words.remainder();
    // The end is marked by a bit, as in most hashes of this make.
    state.0 = state.0.wrapping_add(little_endian(rest) | 0x80 << (8 * rest.len()));
    mix(&mut state);
    mix(&mut state);
    state.0 ^ state.1
}

/// At most four bytes, the lowest first.
fn little_endian(bytes: &[u8]) -> u32 {
    bytes.iter().rev().fold(0, |word, byte| word << 8 | u32::from(*byte))
}

fn mix((low, high): &mut (u32, u32)) {
    *high ^= *low;
    *low = low.rotate_left(20).wrapping_add(*high);
    *high = high.rotate_left(9) ^ *low;
    *low = low.rotate_left(27).wrapping_add(*high);
    *high = high.rotate_left(19);
}

#[cfg(test)]
mod tests {
    use super::hash;

    /// The vectors of SymCrypt and .NET have 64 bits, which are folded here.
    #[test]
    fn agrees_with_the_published_vectors() {
        let vectors: [(u64, &[u8], u64); 3] = [
            (0xd53c_d9ce_cd08_93b7, b"abc", 0x22c7_4339_4927_69bf),
            (0x0ddd_deee_efff_f000, b"abcdefghijklmnopqrstuvwxyz", 0xa128_eb7e_7260_aca2),
            (0x004f_b61a_001b_dbcc, b"", 0x30ed_35c1_00cd_3c7d),
        ];
        for (seed, bytes, expected) in vectors {
            assert_eq!(
                hash(bytes, &seed.to_be_bytes()),
                (expected >> 32) as u32 ^ expected as u32,
                "{bytes:?}"
            );
        }
    }
}

//! Which vectors the processor has.

/// The widest vectors that bytes are looked at by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Vectors {
    /// None that are of use.
    None,
    /// 32 bytes; with them come instructions that count and pick bits.
    #[cfg(target_arch = "x86_64")]
    Avx2,
    /// 64 bytes, and tables of as many; with all of the above.
    #[cfg(target_arch = "x86_64")]
    Avx512,
}

impl Vectors {
    /// All that this processor has.
    #[cfg(test)]
    pub fn all() -> impl Iterator<Item = Self> {
        #[cfg(target_arch = "x86_64")]
        const ALL: &[Vectors] = &[Vectors::None, Vectors::Avx2, Vectors::Avx512];
        #[cfg(not(target_arch = "x86_64"))]
        const ALL: &[Vectors] = &[Vectors::None];
        ALL.iter().copied().filter(|vectors| *vectors <= Self::of_this_processor())
    }

    /// Whether tables have room for every letter and sign.
    pub fn have_tables_of_bytes(self) -> bool {
        #[cfg(target_arch = "x86_64")]
        return self == Self::Avx512;
        #[cfg(not(target_arch = "x86_64"))]
        false
    }

    /// The widest of this processor.
    #[inline]
    pub fn of_this_processor() -> Self {
        #[cfg(target_arch = "x86_64")]
        {
            use std::arch::is_x86_feature_detected as has;

            if has!("avx2") && has!("bmi1") && has!("popcnt") {
                return if has!("avx512f") && has!("avx512bw") && has!("avx512vbmi") {
                    Self::Avx512
                } else {
                    Self::Avx2
                };
            }
        }
        Self::None
    }
}

//! Changes from one object to another: stretches to copy from the base, and bytes to insert.

use super::ObjectError;

/// A stretch of the base that stands in the result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Copied {
    /// Where it begins in the base.
    pub from: usize,
    /// Where it begins in the result.
    pub to: usize,
    /// Its length in bytes, never 0.
    pub length: usize,
}

/// The sizes of base and result, and the instructions after them.
pub struct Delta<'a> {
    /// How many bytes it is made for.
    pub base_size: u64,
    /// How many bytes it makes.
    pub result_size: u64,
    instructions: &'a [u8],
}

impl<'a> Delta<'a> {
    /// Reads the sizes.
    ///
    /// # Errors
    /// They are cut off or absurd.
    pub fn read(bytes: &'a [u8]) -> Result<Self, ObjectError> {
        let mut instructions = bytes;
        let base_size = read_size(&mut instructions)?;
        let result_size = read_size(&mut instructions)?;
        Ok(Self { base_size, result_size, instructions })
    }

    /// Writes the result to `result`, and to `copied` what of it comes from where, in order, with
    /// copies joined that continue one another. Both are emptied first.
    ///
    /// # Errors
    /// The delta is for another base, is cut off, or does not make as many bytes as it says.
    pub fn apply(
        &self,
        base: &[u8],
        result: &mut Vec<u8>,
        copied: &mut Vec<Copied>,
    ) -> Result<(), ObjectError> {
        result.clear();
        copied.clear();
        if self.base_size != base.len() as u64 {
            return Err(ObjectError::Delta);
        }
        let size = usize::try_from(self.result_size).map_err(|_| ObjectError::Delta)?;
        result.reserve(size);
        let mut rest = self.instructions;
        while let Some((&instruction, after)) = rest.split_first() {
            rest = after;
            if instruction & 0x80 != 0 {
                let (from, length) = read_copy(instruction, &mut rest)?;
                let bytes = base.get(from..from + length).ok_or(ObjectError::Delta)?;
                note_copy(copied, Copied { from, to: result.len(), length });
                result.extend_from_slice(bytes);
            } else {
                // Inserting nothing is reserved for what nobody has thought of yet.
                let length = usize::from(instruction);
                let (bytes, after) =
                    rest.split_at_checked(length).filter(|_| length > 0).ok_or(ObjectError::Delta)?;
                result.extend_from_slice(bytes);
                rest = after;
            }
            if result.len() > size {
                return Err(ObjectError::Delta);
            }
        }
        if result.len() == size { Ok(()) } else { Err(ObjectError::Delta) }
    }
}

/// Seven bits a byte, the lowest first.
fn read_size(bytes: &mut &[u8]) -> Result<u64, ObjectError> {
    let mut size = 0;
    for shift in (0..63).step_by(7) {
        let (&byte, rest) = bytes.split_first().ok_or(ObjectError::Delta)?;
        *bytes = rest;
        size |= u64::from(byte & 0x7F) << shift;
        if byte & 0x80 == 0 {
            return Ok(size);
        }
    }
    Err(ObjectError::Delta)
}

/// Where to copy from and how much: the bits of the instruction say which bytes of both follow.
#[inline]
fn read_copy(instruction: u8, bytes: &mut &[u8]) -> Result<(usize, usize), ObjectError> {
    let mut fields = 0_u64;
    for bit in 0..7 {
        if instruction & 1 << bit != 0 {
            let (&byte, rest) = bytes.split_first().ok_or(ObjectError::Delta)?;
            *bytes = rest;
            fields |= u64::from(byte) << (8 * bit);
        }
    }
    let length = (fields >> 32) as usize;
    Ok(((fields & 0xFFFF_FFFF) as usize, if length == 0 { 0x1_0000 } else { length }))
}

fn note_copy(copied: &mut Vec<Copied>, copy: Copied) {
    match copied.last_mut() {
        Some(last) if last.from + last.length == copy.from && last.to + last.length == copy.to => {
            last.length += copy.length;
        }
        _ => copied.push(copy),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn apply(delta: &[u8], base: &[u8]) -> Result<(Vec<u8>, Vec<Copied>), ObjectError> {
        let (mut result, mut copied) = (Vec::new(), Vec::new());
        Delta::read(delta)?.apply(base, &mut result, &mut copied)?;
        Ok((result, copied))
    }

    #[test]
    fn copies_that_continue_one_another_are_one() {
        // Copy 0..3, copy 3..6, insert "xy", copy 0..2.
        let delta = [6, 10, 0x90, 3, 0x91, 3, 3, 2, b'x', b'y', 0x90, 2];
        let (result, copied) = apply(&delta, b"abcdef").expect("it is sound");
        assert_eq!(result, b"abcdefxyab");
        assert_eq!(copied, [Copied { from: 0, to: 0, length: 6 }, Copied { from: 0, to: 8, length: 2 }]);
    }

    #[test]
    fn a_length_of_nothing_is_64_kib() {
        let base = vec![b'a'; 0x1_0000];
        let (result, _) = apply(&[0x80, 0x80, 4, 0x80, 0x80, 4, 0x80], &base).expect("it is sound");
        assert_eq!(result, base);
    }

    #[test]
    fn what_does_not_fit_is_an_error() {
        let wrong: &[&[u8]] = &[
            &[],                    // no sizes
            &[5, 1, 1, b'x'],       // another base
            &[6, 2, 1, b'x'],       // too little
            &[6, 1, 2, b'x', b'y'], // too much
            &[6, 4, 4, b'x'],       // an insertion cut off
            &[6, 1, 0],             // the reserved instruction
            &[6, 3, 0x91, 5, 3],    // a copy past the end of the base
            &[6, 3, 0x91],          // a copy cut off
            &[0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 1, 1],
        ];
        for delta in wrong {
            assert_eq!(apply(delta, b"abcdef"), Err(ObjectError::Delta), "{delta:?}");
        }
    }
}

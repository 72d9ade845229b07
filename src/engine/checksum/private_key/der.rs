//! Just enough of DER (X.690) to walk a key: tags, definite lengths, values that may be cut off.

pub const INTEGER: u8 = 0x02;
pub const OCTET_STRING: u8 = 0x04;
pub const OBJECT_ID: u8 = 0x06;
pub const SEQUENCE: u8 = 0x30;

/// A tag, the length it declares, and as much of the value as is there.
#[derive(Clone, Copy)]
pub struct Element<'a> {
    pub tag: u8,
    pub length: usize,
    pub value: &'a [u8],
}

impl Element<'_> {
    /// All of the value is there.
    pub fn is_whole(&self) -> bool {
        self.value.len() == self.length
    }

    /// The number of significant bits of an integer, of which the beginning suffices.
    pub fn bits(&self) -> usize {
        let zeros = self.value.iter().take_while(|byte| **byte == 0).count();
        let first = self.value.get(zeros).map_or(8, |byte| byte.leading_zeros() as usize);
        ((self.length - zeros) * 8).saturating_sub(first)
    }
}

/// Elements one after another; ends where none begins.
pub struct Elements<'a>(pub &'a [u8]);

impl<'a> Iterator for Elements<'a> {
    type Item = Element<'a>;

    fn next(&mut self) -> Option<Element<'a>> {
        let (&[tag, first], rest) = self.0.split_first_chunk()?;
        let length_bytes = match first {
            0..=0x7f => 0,
            0x81..=0x84 => usize::from(first & 0x7f),
            _ => return None,
        };
        let (length, rest) = rest.split_at_checked(length_bytes)?;
        let length = match length_bytes {
            0 => usize::from(first),
            _ => length.iter().fold(0, |length, byte| length << 8 | usize::from(*byte)),
        };
        let shortest = length_bytes == 0 || length >= 0x80 && length >> (8 * (length_bytes - 1)) > 0;
        let (value, rest) = rest.split_at(length.min(rest.len()));
        self.0 = rest;
        shortest.then_some(Element { tag, length, value })
    }
}

#[cfg(test)]
pub mod tests {
    use super::*;

    pub fn element(tag: u8, value: &[u8]) -> Vec<u8> {
        let length = match value.len() {
            length @ 0..0x80 => vec![length as u8],
            length @ 0x80..0x100 => vec![0x81, length as u8],
            length => vec![0x82, (length >> 8) as u8, length as u8],
        };
        [vec![tag], length, value.to_vec()].concat()
    }

    pub fn sequence(elements: &[Vec<u8>]) -> Vec<u8> {
        element(SEQUENCE, &elements.concat())
    }

    #[test]
    fn lengths_of_all_forms_are_read() {
        for size in [0, 1, 127, 128, 255, 256, 5000] {
            let bytes = element(OCTET_STRING, &vec![7; size]);
            let read = Elements(&bytes).next().expect("an element");
            assert!(read.length == size && read.is_whole());
            let cut = Elements(&bytes[..bytes.len() - 1]).next();
            assert!(cut.is_none_or(|cut| !cut.is_whole()), "{size}");
        }
    }

    #[test]
    fn what_is_not_der_ends_the_walk() {
        // Indefinite, five length bytes, longer than needed, cut within the length.
        for bytes in
            [&[0x30, 0x80, 0, 0][..], &[0x30, 0x85, 0, 0, 0, 0, 1], &[0x30, 0x81, 5, 0], &[0x30, 0x82, 1]]
        {
            assert!(Elements(bytes).next().is_none(), "{bytes:x?}");
        }
    }

    #[test]
    fn bits_leave_out_leading_zeros() {
        let bits = |value: &[u8]| Element { tag: INTEGER, length: value.len(), value }.bits();
        assert_eq!((bits(&[0, 0x80, 0]), bits(&[1]), bits(&[0]), bits(&[])), (16, 1, 0, 0));
    }
}

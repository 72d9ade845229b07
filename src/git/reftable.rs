//! Tables of refs (`reftable`), which git may keep in the place of a file for each ref.
//!
//! A stack of tables, each over those before it; in a table, blocks of records whose names share their
//! beginnings (gitformat-reftable). Only refs are read, not the logs. No length is believed that a table claims.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// What each ref holds, as its file would say it.
pub type Texts = BTreeMap<Vec<u8>, Vec<u8>>;

/// Takes the name of a ref and what it holds; nothing, when it was deleted.
type Put<'p> = dyn FnMut(&[u8], Option<Vec<u8>>) + 'p;

/// While git makes one table of several, those that were listed vanish: then the list is read again, so often.
const TRIES: usize = 3;

/// Reads the stack in a folder of git's; one that is not there holds nothing.
///
/// # Errors
/// A table cannot be read; which one and why.
pub fn read(folder: &Path) -> Result<Texts, (PathBuf, String)> {
    let mut read = stack(&folder.join("reftable"));
    for _ in 1..TRIES {
        if read.is_ok() {
            break;
        }
        read = stack(&folder.join("reftable"));
    }
    read
}

fn stack(folder: &Path) -> Result<Texts, (PathBuf, String)> {
    let list = folder.join("tables.list");
    if !folder.is_dir() {
        return Ok(Texts::new());
    }
    let names = fs::read_to_string(&list).map_err(|error| (list, error.to_string()))?;
    let mut texts = Texts::new();
    for name in names.lines() {
        let path = folder.join(Path::new(name).file_name().unwrap_or_default());
        let bytes = fs::read(&path).map_err(|error| (path.clone(), error.to_string()))?;
        let mut put = |name: &[u8], text: Option<Vec<u8>>| match text {
            Some(text) => drop(texts.insert(name.to_vec(), text)),
            None => drop(texts.remove(name)),
        };
        table(&bytes, &mut put).ok_or_else(|| (path, "the table of refs is damaged".to_owned()))?;
    }
    Ok(texts)
}

/// Hands over the refs of a table: the name, and what it holds or that it was deleted. `None`: it is damaged.
fn table(bytes: &[u8], put: &mut Put<'_>) -> Option<()> {
    /// What the footer has beside the header.
    const FOOTER: usize = 44;
    let (header, id_bytes) = match (bytes.get(..4)?, bytes.get(4)?) {
        (b"REFT", 1) => (24, 20),
        (b"REFT", 2) if bytes.get(24..28)? == b"sha1" => (28, 20),
        (b"REFT", 2) if bytes.get(24..28)? == b"s256" => (28, 32),
        _ => return None,
    };
    let (bytes, footer) = bytes.split_at(bytes.len().checked_sub(header + FOOTER)?);
    if bytes.len() < header || !footer.starts_with(b"REFT") {
        return None;
    }
    let block_bytes = u24(bytes.get(5..)?)?;
    let mut start: usize = 0;
    loop {
        // The first block begins with the header; refs come before all else.
        let kind = start.max(header);
        if bytes.get(kind) != Some(&b'r') {
            return Some(());
        }
        let length = u24(bytes.get(kind + 1..)?)?;
        let block = bytes.get(start..start + length)?;
        let restarts = block.len().checked_sub(2).map(|at| u16::from_be_bytes([block[at], block[at + 1]]))?;
        let end = block.len().checked_sub(2 + 3 * usize::from(restarts))?;
        let mut records = block.get(kind - start + 4..end)?;
        let mut name = Vec::new();
        while !records.is_empty() {
            let text = record(&mut records, &mut name, id_bytes)?;
            put(&name, text);
        }
        let next = start + length;
        let is_padded = length < block_bytes && bytes.get(next).is_none_or(|byte| *byte == 0);
        start = if is_padded { start + block_bytes } else { next };
    }
}

/// Reads a record, whose name begins as the one before it.
fn record(records: &mut &[u8], name: &mut Vec<u8>, id_bytes: usize) -> Option<Option<Vec<u8>>> {
    let (shared, suffix) = (number(records)?, number(records)?);
    if shared > name.len() {
        return None;
    }
    name.truncate(shared);
    name.extend_from_slice(take(records, suffix >> 3)?);
    number(records)?; // When it was written.
    let hex = |id: &[u8]| data_encoding::HEXLOWER.encode(id).into_bytes();
    Some(match suffix & 7 {
        0 => None,
        1 => Some(hex(take(records, id_bytes)?)),
        // A tag, and what it leads to.
        2 => Some(hex(take(records, 2 * id_bytes)?.get(..id_bytes)?)),
        3 => {
            let length = number(records)?;
            Some([b"ref: ", take(records, length)?].concat())
        }
        _ => return None,
    })
}

fn take<'b>(bytes: &mut &'b [u8], length: usize) -> Option<&'b [u8]> {
    let (taken, rest) = bytes.split_at_checked(length)?;
    *bytes = rest;
    Some(taken)
}

/// A number of any length, as offsets in packs have it.
fn number(bytes: &mut &[u8]) -> Option<usize> {
    let mut byte = take(bytes, 1)?[0];
    let mut value = usize::from(byte & 0x7f);
    while byte & 0x80 != 0 {
        byte = take(bytes, 1)?[0];
        value = value.checked_add(1)?.checked_mul(128)? | usize::from(byte & 0x7f);
    }
    Some(value)
}

fn u24(bytes: &[u8]) -> Option<usize> {
    let [a, b, c] = *bytes.first_chunk()?;
    Some(usize::from(a) << 16 | usize::from(b) << 8 | usize::from(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        #[test]
        fn no_bytes_make_it_panic_or_go_on_for_ever(
            version in 1_u8..3,
            rest in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..300),
            block in proptest::collection::vec(0_u8..16, 0..200),
        ) {
            let head = [&b"REFT"[..], &[version, 0, 0, 32], &[0; 16], b"sha1"].concat();
            let length = u8::try_from(block.len() % 128).unwrap_or_default();
            for body in [rest, [&[b'r', 0, 0, length][..], &block, &[0; 80]].concat()] {
                let _ = table(&[&head[..if version == 1 { 24 } else { 28 }], &body].concat(), &mut |_, _| {});
            }
        }
    }
}

//! The archives of `ar`: Debian's packages and static libraries, read in order.

use std::io::{self, Read};
use std::sync::Arc;

use super::tar::{decimal, fill};
use super::unpack::{Failure, Unpack};
use crate::blob::Provenance;

/// What an archive begins with.
pub(super) const MAGIC: &[u8] = b"!<arch>\n";
const HEADER: usize = 60;

/// Lends the members of an archive. Long names stand in a member of their own, and are shown as `/12`.
pub(super) fn read(
    unpack: &mut Unpack<'_>,
    mut reader: &mut dyn Read,
    at: &Arc<Provenance>,
) -> Result<(), Failure> {
    let mut magic = [0; MAGIC.len()];
    fill(reader, &mut magic)?;
    loop {
        let mut header = [0; HEADER];
        match fill(reader, &mut header)? {
            0 => return Ok(()),
            // The last member may have a byte after it that makes its length even.
            1 if header[0] == b'\n' => return Ok(()),
            HEADER => {}
            _ => return Err(Failure::cut_short()),
        }
        let size = decimal(header[48..58].trim_ascii_end()).filter(|_| header.ends_with(b"`\n"));
        let size = size.ok_or_else(|| Failure::damaged("no header where one is due"))?;
        let name = header[..16].trim_ascii_end();
        let name = if name.len() > 1 { name.strip_suffix(b"/").unwrap_or(name) } else { name };
        let mut content = Read::take(&mut reader, size);
        let was_read = unpack.member(at, name, &mut content);
        unpack.goes_on()?;
        let rest = content.limit() + size % 2;
        let passed = io::copy(&mut Read::take(&mut reader, rest), &mut io::sink());
        // The byte after the last member may be missing, too.
        if !passed.is_ok_and(|passed| passed + size % 2 >= rest) {
            return Err(if was_read { Failure::cut_short() } else { Failure::Told });
        }
    }
}

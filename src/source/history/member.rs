//! Objects that are archives: what they hold is lent in their place.
//!
//! An object has no name when it is read, so its bytes alone say what it is. What only a name would tell
//! (source maps, the oldest tars) is no archive here and is lent as the text that it is. Members are told
//! apart by their numbers, since the same bytes are always read in the same order.

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use crate::blob::{Blob, Provenance};
use crate::git::ObjectId;
use crate::path::FileKind;
use crate::source::Coverage;
use crate::source::archive::{self, Format, Input};

/// Is handed what archives among the objects hold, by many threads at once.
pub trait Members: Sync {
    /// Whether this object is to be opened if it is an archive.
    fn wants(&self, id: &ObjectId) -> bool;

    /// Takes a member, or with each of its parts one that is too large to be held. What has no number is
    /// the object itself: nothing in it could be read.
    fn member(&self, id: ObjectId, number: Option<u32>, blob: Blob<'_>);

    /// Learns what was covered of an archive.
    fn opened(&self, id: ObjectId, coverage: Coverage);
}

/// The format of an object that is an archive.
pub fn archive_format(bytes: &[u8]) -> Option<Format> {
    Format::of_whole(bytes, bytes, b"")
}

/// What an object is called until its paths are known.
pub fn pathless(id: &ObjectId) -> Provenance {
    Provenance::Object { path: format!("blob:{id}"), kind: FileKind::Unknown }
}

/// Lends what an archive holds, each member with its number, and says what was covered. The archive itself
/// counts as an object.
pub fn lend_members(
    format: Format,
    input: Input<'_>,
    provenance: &Provenance,
    stop: &AtomicBool,
    lend: &(dyn Fn(Option<u32>, Blob<'_>) + Sync),
) -> Coverage {
    let next = AtomicU32::new(0);
    let sink = |blob: Blob<'_>| {
        let is_first = blob.part.is_none_or(|part| part.offset == 0);
        let is_member = matches!(blob.provenance, Provenance::Member { .. });
        // The parts of a large one come one after the other.
        let number = is_member.then(|| match is_first {
            true => next.fetch_add(1, Ordering::Relaxed),
            false => next.load(Ordering::Relaxed).saturating_sub(1),
        });
        lend(number, blob);
        ControlFlow::Continue(())
    };
    let mut coverage = archive::lend(format, input, provenance, stop, &sink);
    if let Some(skipped) = coverage.skipped.get_mut(&format.skip()) {
        for tally in [skipped, &mut coverage.asked] {
            tally.files = tally.files.saturating_sub(1);
            tally.objects += 1;
        }
    }
    coverage
}

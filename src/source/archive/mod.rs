//! Containers: compressed files and archives, whose members are lent in their place.
//!
//! A container is told by its first bytes ([`Format`]) and opened by one loop (`unpack`), which lends each
//! member as a blob of its own and opens containers in it again. Its packed bytes themselves are lent only
//! if nothing could be read of it. One container is read by one thread; sources bring several containers to
//! several threads.
//!
//! Everything in a container was written by a stranger. Sizes it declares are never believed; what it may
//! cost is bounded (`budget`); what is cut off by a bound, or damaged, is a problem of the coverage.

mod ar;
mod budget;
mod bzip2;
mod format;
mod frames;
mod gzip;
mod lz4;
mod peeked;
mod source_map;
mod sqlite;
mod tar;
mod unpack;
mod xz;
mod zip;
mod zstd;

use std::io::{Read, SeekFrom};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

pub use format::{Format, HEAD_BYTES, TAIL_BYTES, stem};
pub(super) use peeked::Peeked;
pub use unpack::{Input, ReadSeek};

use super::coverage::{Coverage, Tally, explain};
use super::{Sink, window};
use crate::blob::Provenance;
use budget::{Budget, Limits, TakingIn};
use unpack::Unpack;

/// Lends what the container of this format holds, and says what was covered.
///
/// `input` is at its start. Uses the calling thread alone, and ends early when `stop` is set, which it sets
/// itself when the sink breaks.
pub fn lend(
    format: Format,
    input: Input<'_>,
    provenance: &Provenance,
    stop: &AtomicBool,
    sink: &Sink<'_>,
) -> Coverage {
    lend_within(Limits::DEFAULT, format, input, provenance, stop, sink)
}

fn lend_within(
    limits: Limits,
    format: Format,
    input: Input<'_>,
    provenance: &Provenance,
    stop: &AtomicBool,
    sink: &Sink<'_>,
) -> Coverage {
    let at = Arc::new(provenance.clone());
    let name = provenance.own_path().into_bytes();
    match input {
        Input::Stream(reader) => {
            let budget = Budget::new(limits, None);
            let mut unpack = Unpack::new(&budget, stop, sink);
            let mut reader = TakingIn { reader, budget: &budget };
            let outcome = unpack.open(format, Input::Stream(&mut reader), &at, &name);
            unpack.tell(outcome, provenance);
            unpack.skip(format.skip(), Tally::file(budget.taken_in()));
            unpack.finish(provenance)
        }
        Input::File(file) => {
            let size = file.seek(SeekFrom::End(0)).and_then(|size| file.rewind().map(|()| size));
            let size = match size {
                Ok(size) => size,
                Err(error) => {
                    let mut coverage = Coverage::default();
                    coverage.problem(Tally::file(0), provenance.display_path(), explain(&error));
                    return coverage;
                }
            };
            let budget = Budget::new(limits, Some(size));
            let mut unpack = Unpack::new(&budget, stop, sink);
            let outcome = unpack.open(
                format,
                Input::File(&mut TakingIn { reader: &mut *file, budget: &budget }),
                &at,
                &name,
            );
            let is_sealed = outcome.is_err() && !unpack.has_lent();
            unpack.tell(outcome, provenance);
            unpack.skip(format.skip(), Tally::file(size));
            let coverage = unpack.finish(provenance);
            if is_sealed && file.rewind().is_ok() {
                // Nothing can be read of it: perhaps its bytes say something.
                window::lend(&mut (&mut *file).take(size), provenance, 0, stop, sink);
            }
            coverage
        }
    }
}

//! Which stretches of a blob are searched when only parts of it are new.
//!
//! A candidate is wanted if it depends on a new byte, and it may depend on bytes far from there. So
//! every new span is widened by [`REACH`], and on through the run of token bytes that it ends in, since
//! a token may be longer than that. Inside the windows the engine looks at the whole blob.

use super::byte;
use crate::span::Span;

/// How many bytes before and after a hit anything but a long run may depend on.
pub const REACH: usize = 1024;

/// How far a window follows a run of token bytes.
pub const LONGEST_RUN: usize = 16 * 1024;

/// Fills `windows` with the stretches of `bytes` to search, ascending and apart.
pub fn windows(bytes: &[u8], fresh: Option<&[Span]>, windows: &mut Vec<Span>) {
    windows.clear();
    let Some(fresh) = fresh else {
        windows.push(Span::new(0, bytes.len()));
        return;
    };
    for span in fresh {
        let wide = span.widen(REACH, REACH, bytes.len());
        let start =
            byte::skip_back(bytes, wide.start, wide.start.saturating_sub(LONGEST_RUN), byte::is_token);
        let end = byte::skip(bytes, wide.end, wide.end + LONGEST_RUN, byte::is_token);
        match windows.last_mut() {
            Some(last) if start <= last.end => last.end = last.end.max(end),
            _ => windows.push(Span::new(start, end)),
        }
    }
}

/// Whether a candidate that depends on `depends_on` is wanted: one of the new spans touches it. A span
/// of no bytes is a seam, between bytes that were not neighbours before.
pub fn is_wanted(depends_on: Span, fresh: Option<&[Span]>) -> bool {
    fresh.is_none_or(|fresh| {
        let first = fresh.partition_point(|span| span.end < depends_on.start);
        fresh.get(first).is_some_and(|span| span.start <= depends_on.end)
    })
}

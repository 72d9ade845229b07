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
    // From where on all bytes up to the end of the last window are known to be of one run.
    let mut run = 0;
    for span in fresh {
        let wide = span.widen(REACH, REACH, bytes.len());
        match windows.last_mut() {
            // It ends where a run does, or in one that is followed no further than from the new span.
            Some(last) if wide.end <= last.end && ends_run(bytes, last.end) => {}
            Some(last) if (run..=last.end).contains(&wide.end) => {
                last.end = last.end.max(byte::skip(bytes, last.end, wide.end + LONGEST_RUN, byte::is_token));
            }
            Some(last) if wide.start <= last.end => {
                last.end = last.end.max(end_of_run(bytes, wide.end));
                run = wide.end;
            }
            last => {
                let limit = wide.start.saturating_sub(LONGEST_RUN);
                let start = byte::skip_back(bytes, wide.start, limit, byte::is_token);
                let end = end_of_run(bytes, wide.end);
                run = wide.end;
                match last {
                    Some(last) if start <= last.end => last.end = last.end.max(end),
                    _ => windows.push(Span::new(start, end)),
                }
            }
        }
    }
}

/// Whether no run goes on at `at`.
fn ends_run(bytes: &[u8], at: usize) -> bool {
    bytes.get(at).is_none_or(|&byte| !byte::is_token(byte))
}

/// Where the run ends that goes on at `from`, as far as it is followed.
fn end_of_run(bytes: &[u8], from: usize) -> usize {
    byte::skip(bytes, from, from + LONGEST_RUN, byte::is_token)
}

/// Whether a candidate that depends on `depends_on` is wanted: one of the new spans touches it. A span
/// of no bytes is a seam, between bytes that were not neighbours before.
pub fn is_wanted(depends_on: Span, fresh: Option<&[Span]>) -> bool {
    fresh.is_none_or(|fresh| {
        let first = fresh.partition_point(|span| span.end < depends_on.start);
        fresh.get(first).is_some_and(|span| span.start <= depends_on.end)
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The windows of each span alone, joined where they touch.
    fn joined(bytes: &[u8], fresh: &[Span]) -> Vec<Span> {
        let mut joined: Vec<Span> = Vec::new();
        for span in fresh {
            let mut alone = Vec::new();
            windows(bytes, Some(&[*span]), &mut alone);
            match joined.last_mut() {
                Some(last) if alone[0].start <= last.end => last.end = last.end.max(alone[0].end),
                _ => joined.extend(alone),
            }
        }
        joined
    }

    proptest! {
        #[test]
        fn many_spans_have_the_windows_that_each_has(
            runs in prop::collection::vec((0_usize..20_000, 0_usize..4), 1..8),
            starts in prop::collection::vec(0_usize..60_000, 1..40),
        ) {
            let mut bytes = Vec::new();
            for (length, blanks) in runs {
                bytes.resize(bytes.len() + length, b'a');
                bytes.resize(bytes.len() + blanks, b' ');
            }
            let mut starts: Vec<_> = starts.into_iter().map(|start| start.min(bytes.len())).collect();
            starts.sort_unstable();
            let fresh: Vec<_> = starts.into_iter().map(|start| Span::new(start, start)).collect();
            let mut found = Vec::new();
            windows(&bytes, Some(&fresh), &mut found);
            prop_assert_eq!(found, joined(&bytes, &fresh));
        }
    }
}

//! Which stretches of a blob are searched when only parts of it are new.
//!
//! A candidate is wanted if it depends on a new byte, and it may depend on bytes far from there. So
//! every new span is widened by [`REACH`], and on through the run of token bytes that it ends in, since
//! a token may be longer than that. Inside the windows the engine looks at the whole blob.

use super::byte;
use crate::span::{self, Span};

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
    for mut window in span::covered(fresh, REACH, bytes.len()) {
        let limit = window.start.saturating_sub(LONGEST_RUN);
        window.start = byte::skip_back(bytes, window.start, limit, byte::is_token);
        window.end = end_of_run(bytes, window.end);
        match windows.last_mut() {
            Some(last) if window.start <= last.end => last.end = last.end.max(window.end),
            _ => windows.push(window),
        }
    }
}

/// Where the run ends that goes on at `from`, as far as it is followed.
fn end_of_run(bytes: &[u8], from: usize) -> usize {
    byte::skip(bytes, from, from + LONGEST_RUN, byte::is_token)
}

/// Tells which candidates are wanted: those that depend on a byte of a new span, or touch one of no bytes. That is a
/// seam, between bytes that were not neighbours before.
pub struct Wanted<'f> {
    fresh: Option<&'f [Span]>,
    /// The first new span that does not end before what was asked for last: places mostly ascend.
    next: usize,
}

impl<'f> Wanted<'f> {
    /// Wants what depends on these spans, ascending and apart; all if there are none.
    pub fn new(fresh: Option<&'f [Span]>) -> Self {
        Self { fresh, next: 0 }
    }

    /// Whether a candidate is wanted that depends on this.
    pub fn is_wanted(&mut self, depends_on: Span) -> bool {
        let Some(fresh) = self.fresh else { return true };
        let is_before = |span: &Span| span.end < depends_on.start;
        if self.next > 0 && !is_before(&fresh[self.next - 1]) {
            self.next = fresh[..self.next].partition_point(is_before);
        } else {
            self.next += fresh[self.next..].iter().take_while(|span| is_before(span)).count();
        }
        fresh.get(self.next).is_some_and(|span| span.start <= depends_on.end)
    }
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
        fn what_touches_a_new_span_is_wanted_in_whatever_order_it_is_asked_for(
            lengths in prop::collection::vec((1_usize..6, 0_usize..4), 0..12),
            asked in prop::collection::vec((0_usize..100, 0_usize..8), 1..40),
        ) {
            let mut at = 0;
            let fresh: Vec<_> = lengths
                .into_iter()
                .map(|(gap, length)| {
                    let start = at + gap;
                    at = start + length;
                    Span::new(start, at)
                })
                .collect();
            let mut wanted = Wanted::new(Some(&fresh));
            for (start, length) in asked {
                let depends_on = Span::new(start, start + length);
                let touches = |span: &Span| span.start <= depends_on.end && depends_on.start <= span.end;
                prop_assert_eq!(wanted.is_wanted(depends_on), fresh.iter().any(touches));
            }
        }

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

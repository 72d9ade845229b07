//! Scans what grows, and hands findings over as they come.
//!
//! Each blob holds what is new and what went before it, so that a key of many lines is found when its last
//! one comes. What was handed over before is not told again.

use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::{DEFECT, Progress, ScanOptions, settle};
use crate::blob::Blob;
use crate::engine::{Scanner, Scratch};
use crate::finding::{Finding, Inspector};
use crate::source::{Coverage, Flow, Follow, Problem};

/// Scans all that `source` lends, until that ends, `found` breaks, or the scan is stopped from outside,
/// which is how it is meant to end. `found` is given what is new, in the order of its places.
pub fn follow<'r>(
    source: Follow,
    scanner: &'r Scanner,
    options: &ScanOptions,
    progress: &Progress,
    found: &mut dyn FnMut(Vec<Finding<'r>>) -> Flow,
) -> Coverage {
    let inspector = Inspector::new(scanner, options.inspect.clone());
    let mut scratch = Scratch::default();
    let mut told = Told::default();
    let mut problems = Vec::new();
    let mut coverage = source.visit(&progress.stop, &mut |blob| {
        let (mut findings, mut notes) = (Vec::new(), Vec::new());
        let work = || inspector.findings(&blob, &mut scratch, &mut findings, &mut notes);
        if catch_unwind(AssertUnwindSafe(work)).is_err() {
            scratch = Scratch::default();
            problems.push(Problem { path: blob.provenance.display_path(), message: DEFECT.into() });
        }
        progress.scanned(blob.fresh.unwrap_or_default().iter().map(|span| span.len()).sum());
        findings = settle(findings, options);
        told.keep_new(&blob, &mut findings);
        if findings.is_empty() { ControlFlow::Continue(()) } else { found(findings) }
    });
    coverage.problems.extend(problems);
    coverage.sort();
    coverage
}

/// What was told of the bytes that may be read again: path, place in the file, rule.
#[derive(Default)]
struct Told(BTreeSet<(String, u64, String)>);

impl Told {
    /// Drops findings that were told before, and remembers the others.
    fn keep_new(&mut self, blob: &Blob<'_>, findings: &mut Vec<Finding<'_>>) {
        if self.0.is_empty() && findings.is_empty() {
            return;
        }
        let path = blob.provenance.display_path();
        let first = blob.part.map_or(0, |part| part.offset);
        let begins = first == 0 && blob.fresh.is_none_or(|fresh| fresh.iter().any(|span| span.start == 0));
        // What is too far back cannot come again; what has begun anew has nothing in common with it.
        self.0.retain(|(of, at, _)| *of != path || *at >= first && !begins);
        findings.retain(|finding| {
            let key = (path.clone(), finding.location.byte_offset, finding.rule.id.to_string());
            self.0.insert(key)
        });
    }
}

//! Scans what grows, and hands findings over as they come.
//!
//! Each blob holds what is new and what went before it, so that a key of many lines is found when its last
//! one comes. What was handed over before is not told again.

use std::collections::{HashSet, VecDeque};
use std::mem;
use std::ops::ControlFlow;

use super::worker::Worker;
use super::{Progress, ScanOptions, settle};
use crate::engine::Scanner;
use crate::finding::{Finding, Fingerprint, Inspector, Note};
use crate::source::{Coverage, Flow, Follow};

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
    let mut worker: Worker<(Vec<Finding<'r>>, Vec<Note>)> = Worker::default();
    let mut told = Told::default();
    let mut coverage = source.visit(&progress.stop, &mut |blob| {
        worker.guard(
            || blob.provenance.display_path(),
            |(findings, notes), scratch| inspector.findings(&blob, scratch, findings, notes),
        );
        let (findings, _) = mem::take(&mut worker.kept);
        progress.scanned(blob.fresh.unwrap_or_default().iter().map(|span| span.len()).sum());
        let mut findings = settle(findings, options);
        told.keep_new(&mut findings);
        if findings.is_empty() { ControlFlow::Continue(()) } else { found(findings) }
    });
    coverage.problems.extend(worker.problems);
    coverage.sort();
    coverage
}

/// The number of findings that are remembered: more than can stand in what is read again.
const REMEMBERED: usize = 16 * 1024;

/// What identifies a finding: path, place in the file, rule, value.
type Identity = (String, u64, String, Fingerprint);

/// The findings that were told last. A file and the one that had its name before are told apart by what
/// stands in them.
#[derive(Default)]
struct Told {
    known: HashSet<Identity>,
    in_order: VecDeque<Identity>,
}

impl Told {
    /// Drops findings that were told before, and remembers the others.
    fn keep_new(&mut self, findings: &mut Vec<Finding<'_>>) {
        findings.retain(|finding| {
            let Finding { location, rule, fingerprint, .. } = finding;
            let identity = (location.path.clone(), location.byte_offset, rule.id.to_string(), *fingerprint);
            let is_new = self.known.insert(identity.clone());
            if is_new {
                self.in_order.push_back(identity);
            }
            is_new
        });
        while self.in_order.len() > REMEMBERED
            && let Some(oldest) = self.in_order.pop_front()
        {
            self.known.remove(&oldest);
        }
    }
}

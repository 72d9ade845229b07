//! Joins source, scanner and findings.
//!
//! The source brings the threads. Each keeps what it found to itself until the end, so a blob without
//! findings costs no shared lock; then everything is sorted, and only then is decided what depends on
//! more than one blob. So neither the number of threads nor their order shows in the outcome.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

use crate::blob::Blob;
use crate::engine::{Scanner, Scratch};
use crate::finding::{self, Finding, InspectOptions, Inspector, Note};
use crate::rule::Confidence;
use crate::source::{Coverage, Flow, Problem, Source};

/// What a panic leaves behind. Its own message may hold scanned bytes, so nobody ever sees it.
const DEFECT: &str = "scanning failed on this file; this is a defect of stanch, please report it";

/// How to scan.
#[derive(Clone, Debug)]
pub struct ScanOptions {
    /// How findings are made.
    pub inspect: InspectOptions,
    /// Findings that are less sure than this are left out.
    pub confidence: Confidence,
}

/// What a scan found and covered.
#[derive(Debug)]
pub struct Outcome<'r> {
    /// Sorted by path, place and rule.
    pub findings: Vec<Finding<'r>>,
    /// What was covered; problems are sorted.
    pub coverage: Coverage,
    /// What is to be told about the scanned text, sorted.
    pub notes: Vec<Note>,
}

impl Outcome<'_> {
    /// How many findings decide the exit status.
    pub fn counted(&self) -> usize {
        self.findings.iter().filter(|finding| finding.counts()).count()
    }
}

/// How far a scan is, for those who wait. Counts only go up.
#[derive(Debug, Default)]
pub struct Progress {
    /// Blobs that were scanned.
    pub blobs: AtomicU64,
    /// Their bytes.
    pub bytes: AtomicU64,
}

/// Scans all that `source` lends.
pub fn scan<'r>(
    source: &dyn Source,
    scanner: &'r Scanner,
    options: &ScanOptions,
    progress: Option<&Progress>,
) -> Outcome<'r> {
    let inspector = Inspector::new(scanner, options.inspect.clone());
    let workers = Workers::default();
    let sink = |blob: Blob<'_>| {
        workers.inspect(&inspector, &blob);
        if let Some(progress) = progress {
            progress.blobs.fetch_add(1, Ordering::Relaxed);
            progress.bytes.fetch_add(blob.bytes.len() as u64, Ordering::Relaxed);
        }
        Flow::Continue(())
    };
    let mut coverage = catch_unwind(AssertUnwindSafe(|| source.visit(&sink))).unwrap_or_else(|_| {
        let problems = vec![Problem { path: ".".into(), message: DEFECT.into() }];
        Coverage { problems, ..Coverage::default() }
    });
    let (mut findings, mut notes) = (Vec::new(), Vec::new());
    for worker in workers.into_inner() {
        findings.extend(worker.findings);
        notes.extend(worker.notes);
        coverage.problems.extend(worker.problems);
    }
    coverage.sort();
    notes.sort();
    // Parts of one whole overlap and may both tell of the same line.
    notes.dedup();
    Outcome { findings: settle(findings, options), coverage, notes }
}

/// Decides what depends on more than one finding.
fn settle<'r>(mut findings: Vec<Finding<'r>>, options: &ScanOptions) -> Vec<Finding<'r>> {
    findings.sort_by(|a, b| a.location.cmp(&b.location).then_with(|| a.rule.id.cmp(&b.rule.id)));
    finding::pair(&mut findings);
    findings.retain(|finding| finding.confidence >= options.confidence);
    finding::find_reuse(&mut findings);
    findings
}

/// What the threads keep to themselves. Each finds its own entry by a number it was given when it
/// first came; threads that share one take turns.
struct Workers<'r>(Vec<Mutex<Worker<'r>>>);

#[derive(Default)]
struct Worker<'r> {
    scratch: Scratch,
    findings: Vec<Finding<'r>>,
    notes: Vec<Note>,
    problems: Vec<Problem>,
}

impl Default for Workers<'_> {
    fn default() -> Self {
        let threads = thread::available_parallelism().map_or(1, usize::from);
        Self((0..4 * threads).map(|_| Mutex::default()).collect())
    }
}

impl<'r> Workers<'r> {
    fn inspect(&self, inspector: &Inspector<'r>, blob: &Blob<'_>) {
        let entry = &self.0[thread_number() % self.0.len()];
        let mut worker = entry.lock().unwrap_or_else(PoisonError::into_inner);
        let Worker { scratch, findings, notes, problems } = &mut *worker;
        let sound = guard(|| inspector.findings(blob, scratch, findings, notes));
        if !sound {
            *scratch = Scratch::default();
            problems.push(Problem { path: blob.provenance.display_path(), message: DEFECT.into() });
        }
    }

    fn into_inner(self) -> impl Iterator<Item = Worker<'r>> {
        self.0.into_iter().map(|worker| worker.into_inner().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Runs `work` and says whether it came to its end without a panic.
fn guard(work: impl FnOnce()) -> bool {
    catch_unwind(AssertUnwindSafe(work)).is_ok()
}

/// The number of this thread: 0 for the first that asks, and so on.
fn thread_number() -> usize {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    thread_local! {
        static OWN: usize = NEXT.fetch_add(1, Ordering::Relaxed);
    }
    OWN.with(|own| *own)
}

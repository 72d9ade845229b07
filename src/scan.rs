//! Joins source, scanner and findings.
//!
//! The source brings the threads. Each keeps what it found to itself until the end, so a blob without
//! findings costs no shared lock; then everything is sorted, and only then is decided what depends on
//! more than one blob. So neither the number of threads nor their order shows in the outcome.

mod chronicle;
mod delta;
mod explain;
mod follow;
mod history;
mod hygiene;
mod memory;
mod names;
mod staged;
mod submodule;
mod worker;

use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

pub use delta::Searched;
pub use explain::{Explanation, explain};
pub use follow::follow;
use history::in_order_of_history;
pub use history::scan_history;
pub use hygiene::hygiene;
use names::{Hidden, Named, Names};
pub use staged::{scan_stage, scan_staged};
pub use submodule::scan_histories;
use worker::{DEFECT, Workers};

use crate::blob::{Blob, Provenance};
use crate::engine::{Scanner, Scratch};
use crate::finding::policy::Judgement;
use crate::finding::{self, Finding, InspectOptions, Inspector, Note};
use crate::rule::Confidence;
use crate::source::{Coverage, Exclude, Flow, Problem, Sink, Source};

/// How to scan.
#[derive(Clone, Debug)]
pub struct ScanOptions {
    /// How findings are made.
    pub inspect: InspectOptions,
    /// Findings that are less sure than this are left out.
    pub confidence: Confidence,
    /// What is silenced where something stood before counts as new elsewhere.
    pub judgement: Judgement,
}

impl ScanOptions {
    /// The paths at which something may be silenced.
    pub fn silent_paths(&self) -> Exclude {
        let judgement = self.judgement.clone();
        Exclude::new(move |path| judgement.may_silence(path))
    }
}

/// What a scan found and covered.
#[derive(Debug, Default)]
pub struct Outcome<'r> {
    /// Sorted by path, place and rule.
    pub findings: Vec<Finding<'r>>,
    /// What was covered; problems are sorted.
    pub coverage: Coverage,
    /// What is to be told about the scanned text, sorted.
    pub notes: Vec<Note>,
    /// Whether it was ended from outside before it was done.
    pub is_interrupted: bool,
}

impl Outcome<'_> {
    /// What comes of something that cannot be opened.
    pub fn of(problem: Problem) -> Self {
        Self { coverage: Coverage { problems: vec![problem], ..Coverage::default() }, ..Self::default() }
    }

    /// What two scans found and covered, of different things.
    pub fn join(mut self, other: Self) -> Self {
        self.findings.extend(other.findings);
        self.findings.sort_by(in_order);
        self.coverage.merge(other.coverage);
        self.coverage.sort();
        self.notes.extend(other.notes);
        self.notes.sort();
        self.is_interrupted |= other.is_interrupted;
        self
    }

    /// How many findings decide the exit status.
    pub fn counted(&self) -> usize {
        self.findings.iter().filter(|finding| finding.counts()).count()
    }
}

/// How far a scan is, for those who wait, and whether they still do. Counts only go up.
#[derive(Debug, Default)]
pub struct Progress {
    /// Blobs that were scanned.
    pub blobs: AtomicU64,
    /// Their bytes.
    pub bytes: AtomicU64,
    /// Set from outside to end the scan early, with what was found so far.
    pub stop: Arc<AtomicBool>,
}

impl Progress {
    fn scanned(&self, bytes: usize) {
        self.blobs.fetch_add(1, Ordering::Relaxed);
        self.bytes.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    fn is_stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }
}

/// What is told of a scan that was ended early.
fn interruption() -> Problem {
    Problem { path: ".".into(), message: "interrupted: the rest was not scanned".into() }
}

/// Scans all that `source` lends, and the names of it.
pub fn scan<'r>(
    source: &dyn Source,
    scanner: &'r Scanner,
    options: &ScanOptions,
    progress: &Progress,
) -> Outcome<'r> {
    let (mut outcome, hidden) = scan_in_clear(source, &[], scanner, options, progress);
    hidden.hide_in(&mut outcome);
    outcome
}

/// The same with the names of what is not lent, and what is to be hidden of names at the end.
fn scan_in_clear<'r>(
    source: &dyn Source,
    unlent: &[Provenance],
    scanner: &'r Scanner,
    options: &ScanOptions,
    progress: &Progress,
) -> (Outcome<'r>, Hidden) {
    let inspector = Inspector::new(scanner, options.inspect.clone());
    let workers: Workers<Found<'r>> = Workers::default();
    let look_at_names = |found: &mut Found<'r>, scratch: &mut Scratch| {
        found.names.look(&inspector, scratch, &mut found.named);
    };
    let sink = |blob: Blob<'_>| {
        if progress.is_stopped() {
            return Flow::Break(());
        }
        workers.guard(
            || blob.provenance.display_path(),
            |found, scratch| {
                inspector.findings(&blob, scratch, &mut found.findings, &mut found.notes);
                if blob.part.is_none_or(|part| part.offset == 0) {
                    found.names.add(blob.provenance);
                }
                if found.names.are_many() {
                    look_at_names(found, scratch);
                }
            },
        );
        progress.scanned(blob.bytes.len());
        ControlFlow::Continue(())
    };
    let mut coverage = visit(source, &sink);
    workers.guard(|| ".".into(), |found, _| unlent.iter().for_each(|it| found.names.add(it)));
    let (mut findings, mut named, mut notes) = (Vec::new(), Vec::new(), Vec::new());
    for worker in workers.guard_each(|| ".".into(), look_at_names) {
        findings.extend(worker.kept.findings);
        named.extend(worker.kept.named);
        notes.extend(worker.kept.notes);
        coverage.problems.extend(worker.problems);
    }
    let is_interrupted = progress.is_stopped();
    if is_interrupted {
        coverage.problems.push(interruption());
    }
    coverage.sort();
    notes.sort();
    // Parts of one whole overlap and may both tell of the same line.
    notes.dedup();
    // Several threads may have met the same folder.
    named.sort_by(|a: &Named<'_>, b| in_order(&a.finding, &b.finding));
    named.dedup_by(|b, a| in_order(&a.finding, &b.finding).is_eq());
    named.retain(|named| named.finding.confidence >= options.confidence);
    let hidden = Hidden::of(&named);
    findings.extend(named.into_iter().filter(|named| !named.is_told).map(|named| named.finding));
    (Outcome { findings: settle(findings, options), coverage, notes, is_interrupted }, hidden)
}

/// Hands all that `source` has to `sink`; a panic of the source becomes a problem.
fn visit(source: &dyn Source, sink: &Sink<'_>) -> Coverage {
    catch_unwind(AssertUnwindSafe(|| source.visit(sink))).unwrap_or_else(|_| {
        let problems = vec![Problem { path: ".".into(), message: DEFECT.into() }];
        Coverage { problems, ..Coverage::default() }
    })
}

/// What a thread found in blobs.
#[derive(Default)]
struct Found<'r> {
    findings: Vec<Finding<'r>>,
    notes: Vec<Note>,
    names: Names,
    /// What was found in names.
    named: Vec<Named<'r>>,
}

/// The order in which findings are told: by path, place and rule.
fn in_order(a: &Finding<'_>, b: &Finding<'_>) -> std::cmp::Ordering {
    a.location.cmp(&b.location).then_with(|| a.rule.id.cmp(&b.rule.id))
}

/// Decides what depends on more than one finding.
fn settle<'r>(mut findings: Vec<Finding<'r>>, options: &ScanOptions) -> Vec<Finding<'r>> {
    findings.sort_by(in_order);
    finding::pair(&mut findings);
    finding::tell_apart(&mut findings);
    findings.sort_by(in_order);
    findings.retain(|finding| finding.confidence >= options.confidence);
    finding::find_reuse(&mut findings);
    findings
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::{RuleSet, file};
    use crate::source::Tally;

    /// Lends texts under names, and panics at the end if told to.
    struct Texts<'a> {
        texts: &'a [(&'a str, String)],
        panics: bool,
    }

    impl Source for Texts<'_> {
        fn visit(&self, sink: &Sink<'_>) -> Coverage {
            let mut coverage = Coverage::default();
            for (name, text) in self.texts {
                let provenance = Provenance::Stream { name: (*name).to_owned() };
                let _ = sink(Blob::whole(text.as_bytes(), &provenance));
                coverage.scanned(Tally::file(text.len() as u64));
            }
            assert!(!self.panics, "told to");
            coverage
        }
    }

    /// Two rules that belong together; the id means nothing alone.
    const RULES: &str = r#"
[[rule]]
id = "acme-key-id"
description = "The public half of a pair."
category = "id"
severity = "info"
confidence = "medium"
literals = ["acid_"]
pattern = 'acid_[a-z0-9]{20}'
pairs_with = ["acme-key"]
partner_only = true
references = ["https://docs.example.com/keys"]
examples = ['id: «acid_{lower:20}»']

[[rule]]
id = "acme-key"
description = "The secret half of a pair."
category = "api-key"
severity = "high"
confidence = "medium"
literals = ["ackey_"]
pattern = 'ackey_[a-z0-9]{20}'
references = ["https://docs.example.com/keys"]
examples = ['key: «ackey_{lower:20}»']
"#;

    fn scan_texts(texts: &[(&str, String)], panics: bool, check: impl FnOnce(Outcome<'_>)) {
        let rules = file::read("rules.toml", RULES.as_bytes()).expect("the rules are sound");
        let scanner = Scanner::new(RuleSet::of(rules.rules.into_iter().map(|entry| entry.spec).collect()));
        let options = ScanOptions {
            inspect: InspectOptions::default(),
            confidence: Confidence::Low,
            judgement: Judgement::default(),
        };
        check(scan(&Texts { texts, panics }, &scanner, &options, &Progress::default()));
    }

    const BODY: &str = "k3x9w2m7q4z8v1t6r5y0";

    #[test]
    fn partners_raise_each_other_and_an_id_alone_is_not_told() {
        let near = format!("id: acid_{BODY}\nkey: ackey_{BODY}\n");
        let far = format!("id: acid_{BODY}\n{}key: ackey_{BODY}\n", "\n".repeat(40));
        scan_texts(&[("near", near), ("far", far)], false, |outcome| {
            let told: Vec<_> = outcome
                .findings
                .iter()
                .map(|finding| {
                    let partner = finding.paired_with.first().map(|partner| (&*partner.rule, partner.line));
                    (&*finding.location.path, &*finding.rule.id, finding.confidence, partner)
                })
                .collect();
            let expected = [
                ("far", "acme-key", Confidence::Medium, None),
                ("near", "acme-key-id", Confidence::High, Some(("acme-key", 2))),
                ("near", "acme-key", Confidence::High, Some(("acme-key-id", 1))),
            ];
            assert_eq!(told, expected);
        });
    }

    #[test]
    fn a_source_that_panics_loses_nothing_that_was_found() {
        scan_texts(&[("a", format!("key: ackey_{BODY}"))], true, |outcome| {
            assert_eq!(outcome.findings.len(), 1);
            assert!(!outcome.coverage.is_complete());
        });
    }
}

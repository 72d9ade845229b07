//! Scans a repository and those that were put into it, as far as they are here.
//!
//! Each has a history of its own and is scanned by itself: what it holds is judged by the paths in it. Only
//! then the path at which it stands is put before those of its findings. No repository is scanned twice,
//! whatever leads to it.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use super::{Outcome, Progress, ScanOptions, in_order_of_history, scan_history};
use crate::blob::Provenance;
use crate::engine::Scanner;
use crate::finding::Finding;
use crate::git::Submodule;
use crate::path;
use crate::source::{History, HistoryOptions};

/// Scans a repository's history and, if all of it was asked for, those of its submodules. One that cannot be opened is
/// a problem of the coverage, as a path that is not there.
pub fn scan_histories<'r>(
    asked: HistoryOptions,
    scanner: &'r Scanner,
    options: &ScanOptions,
    progress: &Progress,
) -> Outcome<'r> {
    let mut outcome = Histories { scanner, options, progress, known: BTreeSet::new() }.scan(asked);
    outcome.hide_in_words(scanner, options);
    outcome
}

struct Histories<'s, 'r> {
    scanner: &'r Scanner,
    options: &'s ScanOptions,
    progress: &'s Progress,
    /// The repositories that were begun.
    known: BTreeSet<PathBuf>,
}

impl<'r> Histories<'_, 'r> {
    fn scan(&mut self, asked: HistoryOptions) -> Outcome<'r> {
        let mut history = match History::open(asked) {
            Ok(history) => history,
            Err(problem) => return Outcome::of(problem),
        };
        self.known.insert(history.store.common_dir.canonicalize().unwrap_or_default());
        let submodules = if history.is_whole() { history.store.submodules() } else { Vec::new() };
        history.submodules = submodules.iter().map(shown).collect();
        let mut outcome = scan_history(&history, self.scanner, self.options, self.progress);
        let options = history.options.clone();
        // Its packs need not be mapped any longer.
        drop(history);
        for submodule in submodules {
            if self.progress.is_stopped() {
                break;
            }
            if self.known.insert(submodule.git_dir.clone()) {
                outcome.join_below(&shown(&submodule), self.scan(options.for_submodule(&submodule)));
            }
        }
        outcome
    }
}

fn shown(submodule: &Submodule) -> String {
    path::shown(submodule.path.as_os_str().as_encoded_bytes())
}

impl<'r> Outcome<'r> {
    /// Adds what was found in a repository at `path`.
    fn join_below(&mut self, path: &str, mut inner: Self) {
        inner.findings.iter_mut().for_each(|finding| put_below(path, finding));
        self.findings.append(&mut inner.findings);
        self.findings.sort_by(in_order_of_history);
        for problem in &mut inner.coverage.problems {
            problem.path = format!("{path}/{}", problem.path);
        }
        for note in &mut inner.coverage.notes {
            *note = format!("in {path}: {note}");
        }
        self.coverage.merge(inner.coverage);
        self.coverage.sort();
        self.is_interrupted |= inner.is_interrupted;
    }
}

/// Puts a path before all that say where a finding stands.
fn put_below(folder: &str, finding: &mut Finding<'_>) {
    let below = |path: &mut String| *path = format!("{folder}/{path}");
    below(&mut finding.location.path);
    finding.provenance = provenance_below(folder, &finding.provenance);
    finding.reused_in.iter_mut().for_each(|reuse| below(&mut reuse.path));
    if let Some(life) = &mut finding.life {
        life.also_at.iter_mut().for_each(|sight| below(&mut sight.location.path));
    }
}

fn provenance_below(folder: &str, provenance: &Provenance) -> Provenance {
    match provenance {
        Provenance::Object { path, kind } => {
            Provenance::Object { path: format!("{folder}/{path}"), kind: *kind }
        }
        Provenance::Member { container, path } => Provenance::Member {
            container: Arc::new(provenance_below(folder, container)),
            path: path.clone(),
        },
        other => other.clone(),
    }
}

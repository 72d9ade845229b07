//! Scans what is staged, and keeps what is new in it.
//!
//! A finding is new unless its value was found before (with any confidence, in any line) in the same file or in one
//! that the stage removes, or unless the very lines that it stands on are lines of its file before, and not silenced
//! there: then only what tells it has changed. So a line that moves within its file adds nothing, nor does a file
//! that moves, unless it comes from where nobody was told of it. What was before is read when there are findings, for
//! their files alone.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;
use std::sync::Mutex;

use super::hygiene::left_in_clear;
use super::names::{Hidden, Names};
use super::{Outcome, Progress, ScanOptions, Searched, scan_in_clear};
use crate::blob::{Blob, Content, Provenance};
use crate::engine::{Scanner, Scratch};
use crate::finding::policy::Judgement;
use crate::finding::{Finding, Fingerprint, Inspector};
use crate::git::StagedFile;
use crate::lock::{into_inner, lock};
use crate::path::{self, FileKind};
use crate::rule::Confidence;
use crate::source::{Coverage, Problem, Sink, Staged, StagedOptions};

/// Scans what is staged in a repository. One that cannot be opened is a problem of the coverage.
pub fn scan_stage<'r>(
    asked: StagedOptions,
    scanner: &'r Scanner,
    options: &ScanOptions,
    progress: &Progress,
) -> Outcome<'r> {
    match Staged::open(asked) {
        Ok(staged) => scan_staged(&staged, scanner, options, progress),
        Err(problem) => Outcome::of(problem),
    }
}

/// Scans what is staged.
pub fn scan_staged<'r>(
    staged: &Staged,
    scanner: &'r Scanner,
    options: &ScanOptions,
    progress: &Progress,
) -> Outcome<'r> {
    let (mut outcome, hidden) = find_new(staged, scanner, options, progress);
    hidden.hide_in(&mut outcome);
    outcome.hide_in_words(scanner, options);
    outcome
}

/// Finds what is new, and what is to be hidden of names at the end.
fn find_new<'r>(
    staged: &Staged,
    scanner: &'r Scanner,
    options: &ScanOptions,
    progress: &Progress,
) -> (Outcome<'r>, Hidden) {
    let moved: Vec<_> = staged
        .moved()
        .map(|path| Provenance::Object { path: path::shown(path), kind: FileKind::Unknown })
        .collect();
    let (mut outcome, hidden) = scan_in_clear(staged, &moved, scanner, options, progress);
    outcome.coverage.notes.extend(staged.files().iter().filter_map(|file| clear_copy(staged, file)));
    if outcome.findings.is_empty() {
        return (outcome, hidden);
    }
    let mut past = Past::new(staged, Inspector::new(scanner, options.inspect.clone()), &options.judgement);
    outcome.findings.retain(|finding| past.is_new(finding));
    // Both sides of a conflict may hold the same.
    let key =
        |finding: &Finding<'r>| (finding.location.clone(), finding.rule.id.clone(), finding.fingerprint);
    outcome.findings.dedup_by(|b, a| key(a) == key(b));
    outcome.coverage.problems.extend(past.problems);
    outcome.coverage.sort();
    (outcome, hidden)
}

/// What was there before the stage, read as far as it is asked for.
struct Past<'s, 'r> {
    staged: &'s Staged,
    inspector: Inspector<'r>,
    judgement: &'s Judgement,
    files: BTreeMap<String, Vec<&'s StagedFile>>,
    /// By the paths of staged files.
    known: BTreeMap<String, Known>,
    removed: Option<Known>,
    /// What was in the names of what the stage removes.
    removed_names: Option<BTreeSet<Identity>>,
    problems: Vec<Problem>,
}

impl<'s, 'r> Past<'s, 'r> {
    fn new(staged: &'s Staged, inspector: Inspector<'r>, judgement: &'s Judgement) -> Self {
        let mut files: BTreeMap<String, Vec<&StagedFile>> = BTreeMap::new();
        for file in staged.files() {
            files.entry(path::shown(&file.path)).or_default().push(file);
        }
        Self {
            staged,
            inspector,
            judgement,
            files,
            known: BTreeMap::new(),
            removed: None,
            removed_names: None,
            problems: Vec::new(),
        }
    }

    fn is_new(&mut self, finding: &Finding<'_>) -> bool {
        if let Provenance::Name { path } = &finding.provenance {
            return !self.staged.had(path) && !self.removed_names().contains(&identity(finding));
        }
        let path = finding.provenance.outermost().display_path();
        if !self.known.contains_key(&path) {
            let known = self.read(&path);
            self.known.insert(path.clone(), known);
        }
        if self.known[&path].holds(finding) {
            return false;
        }
        if self.removed.is_none() {
            let staged = self.staged;
            self.removed = Some(self.known(|sink| staged.removed(sink)));
        }
        // What was silenced for where it stood was no matter to anyone yet.
        let rules = self.inspector.scanner().rules();
        let is_told =
            |(path, line): &(String, u64)| !self.judgement.silences_elsewhere(finding, path, *line, rules);
        let places = self.removed.as_ref().and_then(|removed| removed.identities.get(&identity(finding)));
        !places.is_some_and(|places| places.iter().any(is_told))
    }

    fn removed_names(&mut self) -> &BTreeSet<Identity> {
        let (staged, inspector) = (self.staged, &self.inspector);
        self.removed_names.get_or_insert_with(|| {
            let (mut names, mut found) = (Names::default(), Vec::new());
            for path in staged.removed_paths() {
                names.add(&Provenance::Object { path: path::shown(path), kind: FileKind::Unknown });
            }
            names.look(inspector, &mut Scratch::default(), &mut found);
            found.iter().map(|named| identity(&named.finding)).collect()
        })
    }

    /// What the versions before of the file at a path held.
    fn read(&mut self, path: &str) -> Known {
        let mut all = Known::default();
        let staged = self.staged;
        for file in self.files.get(path).cloned().unwrap_or_default() {
            let before = self.known(|sink| staged.before(file, sink));
            all.identities.extend(before.identities);
            all.silenced.extend(before.silenced);
            if !before.texts.is_empty() {
                let texts = texts(|sink| staged.staged(file, sink));
                all.staged.extend(texts);
                all.texts.extend(before.texts);
            }
        }
        all
    }

    /// Takes in all that is lent.
    fn known(&mut self, lend: impl FnOnce(&Sink<'_>) -> Coverage) -> Known {
        let state = Mutex::new((Known::default(), Scratch::default()));
        let coverage = lend(&|blob| {
            let mut state = lock(&state);
            let (known, scratch) = &mut *state;
            let searched = Searched::new(self.inspector.scanner(), &blob, None, scratch);
            let sightings = self.inspector.sightings(&blob, searched.candidates(), Confidence::Low);
            let path = blob.provenance.display_path();
            for sighting in &sightings {
                let (about, value) = sighting.identity();
                let identity = (about.map(str::to_owned), value);
                // What an allowance silenced was no matter to anyone yet.
                if sighting.suppression.is_some() {
                    known.silenced.insert(identity);
                } else {
                    let places = known.identities.entry(identity).or_default();
                    places.push((path.clone(), sighting.start.line));
                }
            }
            // Nobody was told of lines in what was no text.
            known.texts.extend(text(&blob).filter(|_| blob.content() != Content::Binary));
            ControlFlow::Continue(())
        });
        self.problems.extend(coverage.problems);
        into_inner(state).0
    }
}

/// The rule about circumstances, where something is told of these, and the value.
type Identity = (Option<String>, Fingerprint);

fn identity(finding: &Finding<'_>) -> Identity {
    let is_about = finding.credential.is_some();
    (is_about.then(|| finding.rule.id.to_string()), finding.fingerprint)
}

/// What versions before held.
#[derive(Default)]
struct Known {
    /// Where each stood: path and line.
    identities: BTreeMap<Identity, Vec<(String, u64)>>,
    /// What an allowance silenced.
    silenced: BTreeSet<Identity>,
    /// The versions themselves.
    texts: Vec<Vec<u8>>,
    /// What is staged in their place; in a conflict each side.
    staged: Vec<Vec<u8>>,
}

impl Known {
    fn holds(&self, finding: &Finding<'_>) -> bool {
        let identity = identity(finding);
        self.identities.contains_key(&identity)
            || (matches!(finding.provenance, Provenance::Object { .. })
                && !self.silenced.contains(&identity)
                && self.staged.iter().all(|staged| {
                    lines(staged, finding).is_some_and(|lines| self.texts.iter().any(|text| has(text, lines)))
                })
                && !self.staged.is_empty())
    }
}

/// What is to be said of a file that was encrypted and is staged in clear.
fn clear_copy(staged: &Staged, file: &StagedFile) -> Option<String> {
    let text = |is_now: bool| {
        let texts = texts(|sink| if is_now { staged.staged(file, sink) } else { staged.before(file, sink) });
        texts.first().map(|text| String::from_utf8_lossy(text).into_owned())
    };
    left_in_clear(&path::shown(&file.path), true, false, text)
}

/// All that is lent and is no archive, decoded.
fn texts(lend: impl FnOnce(&Sink<'_>) -> Coverage) -> Vec<Vec<u8>> {
    let texts = Mutex::new(Vec::new());
    lend(&|blob| {
        lock(&texts).extend(text(&blob));
        ControlFlow::Continue(())
    });
    into_inner(texts)
}

/// A blob decoded; `None` of a member of an archive and of what is too large to be held.
fn text(blob: &Blob<'_>) -> Option<Vec<u8>> {
    let is_file = matches!(blob.provenance, Provenance::Object { .. }) && blob.part.is_none();
    is_file.then(|| blob.read().bytes.into_owned())
}

/// The whole lines that a finding stands on, without the end of the last.
fn lines<'t>(text: &'t [u8], finding: &Finding<'_>) -> Option<&'t [u8]> {
    let (start, end) = (finding.location.start.line, finding.location.end);
    let last = if end.column == 1 && end.line > start { end.line - 1 } else { end.line };
    let mut ends = memchr::memchr_iter(b'\n', text);
    let from = match start {
        0 | 1 => 0,
        _ => ends.nth(start as usize - 2)? + 1,
    };
    let to = ends.nth((last - start) as usize).unwrap_or(text.len());
    Some(text[from..to].strip_suffix(b"\r").unwrap_or(&text[from..to]))
}

/// Whether `lines` are whole lines of a text.
fn has(text: &[u8], lines: &[u8]) -> bool {
    memchr::memmem::find_iter(text, lines).any(|at| {
        let begins = at == 0 || text[at - 1] == b'\n';
        begins && matches!(&text[at + lines.len()..], [] | [b'\n', ..] | [b'\r', b'\n', ..])
    })
}

#[cfg(test)]
mod tests {
    use super::has;

    #[test]
    fn lines_are_whole_or_none() {
        for (text, is) in [
            ("a\nkey = x\nb\n", true),
            ("key = x", true),
            ("key = x\r\n", true),
            ("my key = x\n", false),
            ("key = xy\n", false),
            ("my key = x\nkey = x\n", true),
        ] {
            assert_eq!(has(text.as_bytes(), b"key = x"), is, "{text}");
        }
    }
}

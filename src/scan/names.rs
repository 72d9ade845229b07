//! Looks at the names of what is scanned: files and folders are called by what they hold, too.
//!
//! Each name is looked at once, and judged as history judges names: by itself, without a path. To search
//! them one by one would cost as much as small files do, so many are searched together, and those alone
//! by themselves in which anything at all was seen. What was found is hidden wherever a path is told.

use std::collections::HashSet;
use std::sync::Arc;

use super::{Outcome, ScanOptions};
use crate::blob::{Blob, Provenance};
use crate::engine::{Input, Scanner, Scratch};
use crate::finding::{Finding, Inspector};
use crate::path::{self, FileKind};
use crate::secret::MASK;

/// The number of bytes of names that are searched together.
const MANY: usize = 32 * 1024;
/// What stands between two of them.
const BETWEEN: &[u8] = b"\n\n";
/// No secret is as short as shorter names.
const SHORTEST: usize = 8;

/// Names that wait to be looked at, and the folders whose names were.
#[derive(Default)]
pub(super) struct Names {
    known: HashSet<Vec<u8>>,
    waiting: Vec<Name>,
    text: Vec<u8>,
}

/// A name, by itself and with the path that leads to it.
struct Name {
    bytes: Vec<u8>,
    /// The path up to it, as reports show it.
    path: String,
    /// Where it begins in the text of all that wait.
    at: usize,
    /// Whether it is in an archive, of which names are lent beside what it holds.
    is_member: bool,
}

/// What a name held.
pub(super) struct Named<'r> {
    pub finding: Finding<'r>,
    /// The secret as it is written there.
    written: String,
    /// Whether it is told of elsewhere, and is hidden here alone.
    pub is_told: bool,
}

impl Names {
    /// Takes in the names of what is here.
    pub fn add(&mut self, provenance: &Provenance) {
        match provenance {
            Provenance::File { path, shown_from } => {
                let path = path.as_os_str().as_encoded_bytes();
                self.add_path("", path.get(*shown_from..).unwrap_or_default());
            }
            Provenance::Object { path, .. } => self.add_path("", path.as_bytes()),
            Provenance::Member { container, path } => {
                let outer = format!("{}!", container.display_path());
                if !self.known.contains(outer.as_bytes()) {
                    self.known.insert(outer.clone().into_bytes());
                    self.add(container);
                }
                self.add_path(&outer, path);
            }
            Provenance::Stream { .. } | Provenance::Name { .. } => {}
        }
    }

    /// Takes in the last name of a path, and those of folders that were not met before.
    fn add_path(&mut self, outer: &str, path: &[u8]) {
        let mut end = path.len();
        loop {
            let start = memchr::memrchr(b'/', &path[..end]).map_or(0, |slash| slash + 1);
            if end - start >= SHORTEST {
                let name = Name {
                    bytes: path[start..end].to_vec(),
                    path: format!("{outer}{}", path::shown(&path[..end])),
                    at: self.text.len(),
                    is_member: !outer.is_empty(),
                };
                self.text.extend_from_slice(&name.bytes);
                self.text.extend_from_slice(BETWEEN);
                self.waiting.push(name);
            }
            end = start.saturating_sub(1);
            if end == 0 || !self.known.insert([outer.as_bytes(), &path[..end]].concat()) {
                return;
            }
        }
    }

    /// Takes in what is told of a scan: revisions and refs are called by what they hold, too.
    fn add_words(&mut self, words: &str) {
        let at = self.text.len();
        self.text.extend_from_slice(words.as_bytes());
        self.text.extend_from_slice(BETWEEN);
        let bytes = words.as_bytes().to_vec();
        self.waiting.push(Name { bytes, path: String::new(), at, is_member: false });
    }

    /// Whether enough wait.
    pub fn are_many(&self) -> bool {
        self.text.len() >= MANY
    }

    /// Looks at all that wait.
    pub fn look<'r>(&mut self, inspector: &Inspector<'r>, scratch: &mut Scratch, found: &mut Vec<Named<'r>>) {
        let (text, names) = (std::mem::take(&mut self.text), std::mem::take(&mut self.waiting));
        let mut hits = Vec::new();
        // What is dropped among others may be kept by itself.
        inspector.scanner().scan(Input::whole(&text, false), scratch, &mut |candidate, _| {
            hits.push(candidate.matched.union(candidate.secret));
        });
        if hits.is_empty() {
            return;
        }
        let is_hit = |name: &&Name| {
            let end = name.at + name.bytes.len();
            hits.iter().any(|hit| hit.start < end && name.at < hit.end)
        };
        for name in names.iter().filter(is_hit) {
            let provenance = Provenance::Name { path: name.path.clone() };
            let (mut findings, mut notes) = (Vec::new(), Vec::new());
            inspector.findings(&Blob::whole(&name.bytes, &provenance), scratch, &mut findings, &mut notes);
            found.extend(findings.into_iter().map(|finding| {
                let written = written(&name.bytes, &finding);
                Named { finding, written, is_told: name.is_member }
            }));
        }
    }
}

impl Outcome<'_> {
    /// Hides secrets in what is told of the scan as such, where names stand that were given to it or met by it.
    pub(super) fn hide_in_words(&mut self, scanner: &Scanner, options: &ScanOptions) {
        let mut names = Names::default();
        self.coverage.notes.iter().for_each(|note| names.add_words(note));
        self.coverage.problems.iter().for_each(|problem| names.add_words(&problem.message));
        let (inspector, mut named) = (Inspector::new(scanner, options.inspect.clone()), Vec::new());
        names.look(&inspector, &mut Scratch::default(), &mut named);
        Hidden::of(&named).hide_in(self);
    }
}

/// A secret as it is written in a name; all of one that goes over several lines.
fn written(name: &[u8], finding: &Finding<'_>) -> String {
    let (start, end) = (finding.location.start, finding.location.end);
    let name = String::from_utf8_lossy(name);
    if start.line != 1 || end.line != 1 {
        return name.into_owned();
    }
    name.chars().skip(start.column as usize - 1).take((end.column - start.column) as usize).collect()
}

/// Secrets in names, as they are written and as they are shown.
#[derive(Default)]
pub(super) struct Hidden(Vec<String>);

impl Hidden {
    /// Those of these findings.
    pub fn of(named: &[Named<'_>]) -> Self {
        let texts =
            named.iter().flat_map(|named| [named.written.clone(), path::shown(named.written.as_bytes())]);
        let mut texts: Vec<String> = texts.filter(|text| !text.is_empty()).collect();
        // A part of one is hidden with it.
        texts.sort_by_key(|text| (std::cmp::Reverse(text.len()), text.clone()));
        texts.dedup();
        Self(texts)
    }

    /// Hides them in all that is told.
    pub fn hide_in(&self, outcome: &mut Outcome<'_>) {
        if self.0.is_empty() {
            return;
        }
        for finding in &mut outcome.findings {
            self.hide(&mut finding.location.path);
            finding.reused_in.iter_mut().for_each(|reuse| self.hide(&mut reuse.path));
            self.hide_in_provenance(&mut finding.provenance);
        }
        outcome.notes.iter_mut().for_each(|note| self.hide(&mut note.path));
        for problem in &mut outcome.coverage.problems {
            self.hide(&mut problem.path);
            self.hide(&mut problem.message);
        }
        outcome.coverage.notes.iter_mut().for_each(|note| self.hide(note));
    }

    /// Hides them in a text.
    pub fn hide(&self, text: &mut String) {
        for secret in &self.0 {
            if text.contains(secret) {
                *text = text.replace(secret, MASK);
            }
        }
    }

    fn hide_in_provenance(&self, provenance: &mut Provenance) {
        match provenance {
            Provenance::Member { container, path } => {
                let mut outer = container.as_ref().clone();
                self.hide_in_provenance(&mut outer);
                *container = Arc::new(outer);
                let mut shown = path::shown(path);
                self.hide(&mut shown);
                *path = shown.into_bytes();
            }
            Provenance::Name { path } | Provenance::Stream { name: path } => self.hide(path),
            Provenance::File { .. } | Provenance::Object { .. } => {
                let mut shown = provenance.display_path();
                self.hide(&mut shown);
                if shown != provenance.display_path() {
                    *provenance = Provenance::Object { kind: FileKind::of(&shown), path: shown };
                }
            }
        }
    }
}

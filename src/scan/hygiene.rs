//! Files of a work tree that are better kept otherwise: tracked though they hold what is private, not
//! ignored though their like always should be, or in clear though they were encrypted.
//!
//! These are no findings and never change how a scan ends: a file's name proves nothing about what it
//! holds. Names decide which files are opened at all, so the cost is that of the index. What is ignored is
//! asked of git itself.

mod private;

use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use private::{BESIDE, PRIVATE};

use super::ScanOptions;
use super::names::{Hidden, Names};
use crate::blob::Provenance;
use crate::engine::{Scanner, Scratch};
use crate::finding::{Hygiene, HygieneKind, Inspector};
use crate::git::{EntryKind, Index, ObjectId, PathRules, Settings, Store, WorkTree, os_path};
use crate::path::{self, FileKind};

/// The number of first bytes of a file that are looked at.
const LOOKED_AT_BYTES: u64 = 64 << 10;

/// What is to be said of the files of the work tree that `folder` is in, in the order of paths; secrets in their names
/// are hidden.
pub fn hygiene(folder: &Path, scanner: &Scanner, options: &ScanOptions) -> Vec<Hygiene> {
    let (mut found, mut names) = look_at_files(folder);
    let (inspector, mut named) = (Inspector::new(scanner, options.inspect.clone()), Vec::new());
    names.look(&inspector, &mut Scratch::default(), &mut named);
    named.retain(|named| named.finding.confidence >= options.confidence);
    let hidden = Hidden::of(&named);
    for note in &mut found {
        hidden.hide(&mut note.path);
        hidden.hide(&mut note.message);
    }
    found
}

/// The same with the names that are told.
fn look_at_files(folder: &Path) -> (Vec<Hygiene>, Names) {
    let found = std::fs::canonicalize(folder).ok().and_then(|folder| WorkTree::discover(&folder));
    let Some(work_tree) = found else { return Default::default() };
    let format = Settings::read(&work_tree).object_format;
    // An index that cannot be read is told of by the scan itself.
    let Ok(index) = Index::open(&work_tree.git_dir, format) else { return Default::default() };
    let mut look = Survey {
        rules: PathRules::of(&work_tree),
        work_tree,
        store: OnceCell::new(),
        found: Vec::new(),
        names: Names::default(),
        unignored: BTreeMap::new(),
    };
    for entry in index.entries().filter(|entry| entry.kind() == EntryKind::Blob && entry.stage == 0) {
        let path = path::shown(entry.path);
        look.at(&path, entry.path, entry.id, &|path| index.tracks(path));
    }
    look.tell_unignored();
    look.found.sort();
    (look.found, look.names)
}

struct Survey {
    work_tree: WorkTree,
    rules: PathRules,
    /// Opened when an object is asked for.
    store: OnceCell<Option<Store>>,
    found: Vec<Hygiene>,
    /// The names of what is told.
    names: Names,
    /// By the number of the kind, the paths that are not ignored.
    unignored: BTreeMap<usize, Vec<String>>,
}

impl Survey {
    fn at(&mut self, path: &str, bytes: &[u8], id: &[u8], tracks: &dyn Fn(&[u8]) -> bool) {
        let lower = path.to_ascii_lowercase();
        let name = lower.rsplit('/').next().unwrap_or_default();
        for private in PRIVATE.iter().filter(|private| (private.is_named)(&lower, name)) {
            if private.holds.is_none_or(|holds| self.text(bytes).is_some_and(|text| holds(&text))) {
                self.tell(HygieneKind::Tracked, path, private.message.to_owned());
            }
        }
        for (number, beside) in BESIDE.iter().enumerate().filter(|(_, beside)| (beside.is_named)(name)) {
            let folder = bytes.iter().rposition(|byte| *byte == b'/').map_or(0, |slash| slash + 1);
            let other = [&bytes[..folder], beside.name.as_bytes()].concat();
            let shown = path::shown(&other);
            let paths = self.unignored.entry(number).or_default();
            if !paths.contains(&shown)
                && !tracks(&other)
                && self.rules.is_ignored(os_path(&other).as_ref()) == Some(false)
            {
                paths.push(shown);
            }
        }
        self.compare(path, &lower, bytes, id, tracks);
    }

    /// Says when a file is in clear that git holds encrypted, or that stands encrypted beside it.
    fn compare(&mut self, path: &str, lower: &str, bytes: &[u8], id: &[u8], tracks: &dyn Fn(&[u8]) -> bool) {
        let marks = [".enc.", ".sops.", ".encrypted."];
        if let Some(mark) = marks.iter().find(|mark| lower.contains(**mark)) {
            let shown = String::from_utf8_lossy(bytes);
            let clear = shown.replacen(*mark, ".", 1);
            let is_clear = tracks(clear.as_bytes())
                && self.text(bytes).is_some_and(|text| is_encrypted(&text))
                && self.text(clear.as_bytes()).is_some_and(|text| !text.is_empty() && !is_encrypted(&text));
            if is_clear {
                let message = format!("{path} is encrypted, and this copy of it is tracked in clear");
                self.name(path);
                self.tell(HygieneKind::Clear, &path::shown(clear.as_bytes()), message);
            }
        }
        if may_be_encrypted(lower)
            && self.text(bytes).is_some_and(|text| !text.is_empty() && !is_encrypted(&text))
            && self.blob(id).is_some_and(|text| is_encrypted(&text))
            // What git decrypts itself it encrypts again.
            && self.rules.filter(os_path(bytes).as_ref()).is_none()
        {
            let message = "git has it encrypted, and here it is in clear: encrypt it before it is committed";
            self.tell(HygieneKind::Clear, path, message.to_owned());
        }
    }

    fn tell(&mut self, kind: HygieneKind, path: &str, message: String) {
        self.name(path);
        self.found.push(Hygiene { path: path.to_owned(), kind, message });
    }

    fn name(&mut self, path: &str) {
        self.names.add(&Provenance::Object { path: path.to_owned(), kind: FileKind::Unknown });
    }

    fn tell_unignored(&mut self) {
        for (number, paths) in std::mem::take(&mut self.unignored) {
            let Some(first) = paths.first() else { continue };
            let others = match paths.len() - 1 {
                0 => String::new(),
                1 => " (and in another folder)".to_owned(),
                number => format!(" (and in {number} other folders)"),
            };
            self.tell(HygieneKind::NotIgnored, first, format!("{}{others}", BESIDE[number].message));
        }
    }

    /// A blob of the index as text.
    fn blob(&self, id: &[u8]) -> Option<String> {
        let store = self.store.get_or_init(|| Store::open(&self.work_tree.root).ok()).as_ref()?;
        let id = ObjectId::from_bytes(store.format(), id)?;
        let mut reader = store.objects.reader();
        reader.read(&id).ok().map(|object| String::from_utf8_lossy(object.bytes).into_owned())
    }

    /// The beginning of a file of the work tree; `None` when it cannot be read or is no file.
    fn text(&self, path: &[u8]) -> Option<String> {
        let path = self.work_tree.root.join(os_path(path));
        if !std::fs::symlink_metadata(&path).ok()?.is_file() {
            return None;
        }
        let mut bytes = Vec::new();
        File::open(path).ok()?.take(LOOKED_AT_BYTES).read_to_end(&mut bytes).ok()?;
        Some(String::from_utf8_lossy(&bytes).into_owned())
    }
}

/// Whether a file is one of those that people encrypt, by its path in lower case.
fn may_be_encrypted(lower: &str) -> bool {
    ["vault", "secret", "sops", "credential", ".enc"].iter().any(|word| lower.contains(word))
}

/// What is to be said of a file that a change left in clear and that was encrypted before; `text` gives its versions.
pub(super) fn left_in_clear<T>(
    path: &str,
    now: T,
    before: T,
    mut text: impl FnMut(T) -> Option<String>,
) -> Option<String> {
    if !may_be_encrypted(&path.to_ascii_lowercase()) || !is_encrypted(&text(before)?) {
        return None;
    }
    let now = text(now)?;
    (!now.is_empty() && !is_encrypted(&now))
        .then(|| format!("{path} was encrypted and is in clear now: encrypt it, and replace what it holds"))
}

/// Whether a text is what ansible-vault, git-crypt or sops writes.
fn is_encrypted(text: &str) -> bool {
    let is_sops = text.contains("sops") && text.contains("ENC[AES256_GCM,");
    text.starts_with("$ANSIBLE_VAULT;") || text.starts_with("\0GITCRYPT\0") || is_sops
}

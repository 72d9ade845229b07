//! Files of a work tree that are better kept otherwise: tracked though they hold what is private, not
//! ignored though their like always should be, or in clear though they were encrypted.
//!
//! These are no findings and never change how a scan ends: a file's name proves nothing about what it
//! holds. Names decide which files are opened at all, so the cost is that of the index. What is ignored is
//! asked of git itself.

use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use super::ScanOptions;
use super::names::{Hidden, Names};
use crate::blob::Provenance;
use crate::engine::{Scanner, Scratch};
use crate::finding::{Hygiene, HygieneKind, Inspector};
use crate::git::{EntryKind, Index, ObjectId, PathRules, Settings, Store, WorkTree, os_path};
use crate::path::{self, FileKind};

/// So much of a file is looked at.
const LOOKED_AT_BYTES: u64 = 64 << 10;

/// A kind of file that should not be tracked.
struct Private {
    /// Whether a file is one, by its path and its name in lower case.
    is_named: fn(&str, &str) -> bool,
    /// What it must hold to be one; `None` when its name says enough.
    holds: Option<fn(&str) -> bool>,
    message: &'static str,
}

const PRIVATE: &[Private] = &[
    Private {
        is_named: |_, name| is_settings(name),
        holds: Some(|text| text.lines().any(is_set)),
        message: "settings of one machine are tracked; keep an example in its place, and ignore it",
    },
    Private {
        is_named: |path, name| {
            let is_key = ["id_rsa", "id_dsa", "id_ecdsa", "id_ed25519"].contains(&name);
            (is_key || has_extension(name, &["pem", "key", "ppk"])) && !is_for_tests(path)
        },
        holds: Some(|text| text.contains("PRIVATE KEY-----") || text.starts_with("PuTTY-User-Key-File")),
        message: "a private key is tracked; make a new one and keep it elsewhere",
    },
    Private {
        is_named: |path, name| {
            has_extension(name, &["jks", "keystore", "p12", "pfx", "bks", "jceks", "kdbx"])
                && name != "debug.keystore"
                && !is_for_tests(path)
        },
        holds: None,
        message: "a store of keys is tracked; its password is all that protects it",
    },
    Private {
        is_named: |_, name| [".npmrc", ".yarnrc", ".pypirc", ".netrc", "_netrc"].contains(&name),
        holds: Some(has_login),
        message: "a login of a package registry or host is tracked; read it from the environment",
    },
    Private {
        is_named: |_, name| [".git-credentials", ".pgpass"].contains(&name),
        holds: None,
        message: "a file of saved passwords is tracked",
    },
    Private {
        is_named: |_, name| is_state(name),
        holds: None,
        message: "a state of Terraform is tracked; it holds every secret in clear: use a remote backend",
    },
    Private {
        is_named: |path, name| {
            name == "kubeconfig" || has_extension(name, &["kubeconfig"]) || path.ends_with(".kube/config")
        },
        holds: Some(|text| {
            ["client-key-data:", "token:", "password:"].iter().any(|word| text.contains(word))
        }),
        message: "the login of a cluster is tracked; each user should have their own",
    },
];

/// Files of a kind that is tracked, beside which another is written that is to be ignored.
struct Beside {
    is_named: fn(&str) -> bool,
    name: &'static str,
    message: &'static str,
}

const BESIDE: &[Beside] = &[
    Beside {
        is_named: |name| is_example(name).is_some_and(|name| name == ".env"),
        name: ".env",
        message: "there is an example of it and it is not ignored: add `.env` to .gitignore",
    },
    Beside {
        is_named: |name| has_extension(name, &["tf"]),
        name: "terraform.tfstate",
        message: "Terraform writes it here and it is not ignored: add `*.tfstate*` to .gitignore",
    },
];

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
    let mut look = Look {
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

struct Look {
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

impl Look {
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

fn has_extension(name: &str, extensions: &[&str]) -> bool {
    name.rsplit_once('.').is_some_and(|(stem, extension)| !stem.is_empty() && extensions.contains(&extension))
}

fn is_for_tests(path: &str) -> bool {
    let words = ["test", "tests", "testdata", "fixtures", "examples", "example", "spec", "mock", "mocks"];
    path::environment(path) == Some("test") || path.split('/').any(|part| words.contains(&part))
}

/// The file that one is an example of.
fn is_example(name: &str) -> Option<&str> {
    [".example", ".sample", ".template", ".dist", ".tpl"].iter().find_map(|end| name.strip_suffix(end))
}

/// Whether a name is that of settings that frameworks tell people not to commit.
fn is_settings(name: &str) -> bool {
    let Some(rest) = name.strip_prefix(".env") else { return false };
    is_example(name).is_none()
        && (["", ".local", ".prod", ".production", ".staging"].contains(&rest)
            || rest.starts_with('.') && rest.ends_with(".local"))
}

/// Whether a line gives a name a value.
fn is_set(line: &str) -> bool {
    let line = line.trim();
    !line.starts_with('#') && line.split_once('=').is_some_and(|(_, value)| !value.trim().is_empty())
}

fn has_login(text: &str) -> bool {
    text.lines().any(|line| {
        let line = line.trim().to_ascii_lowercase();
        let after = |word: &str| {
            line.split_once(word).map(|(_, value)| value.trim_start_matches([' ', '=', ':', '"']))
        };
        let values = ["_authtoken", "_auth", "_password", "npmauthtoken", "password"]
            .iter()
            .find_map(|word| after(word));
        !line.starts_with(['#', ';'])
            && values.is_some_and(|value| !value.is_empty() && !value.starts_with('$'))
    })
}

fn is_state(name: &str) -> bool {
    name.ends_with(".tfstate") || name.contains(".tfstate.") && name.ends_with(".backup")
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_settings_from_their_examples() {
        for name in [".env", ".env.local", ".env.production", ".env.test.local"] {
            assert!(is_settings(name), "{name}");
        }
        for name in [".env.example", ".env.test", ".environment", "env", ".env.production.dist"] {
            assert!(!is_settings(name), "{name}");
        }
        assert!(is_state("terraform.tfstate") && is_state("x.tfstate.1700000000.backup"));
        assert!(!is_state("tfstate.md") && !is_set("# A=1") && !is_set("A=") && is_set("A=1"));
    }

    #[test]
    fn a_login_is_a_value_and_no_reference() {
        assert!(has_login("//registry.example.com/:_authToken=abc"));
        assert!(has_login("[server]\npassword: abc"));
        assert!(!has_login("//registry.example.com/:_authToken=${TOKEN}\n# _password=abc"));
        assert!(!has_login("registry=https://registry.example.com/"));
    }
}

//! What a repository holds on to: branches, tags and other refs, HEADs, and what reflogs remember.
//!
//! Read from the files themselves, so that one damaged ref hides no other and ids of both lengths are
//! known; what reflogs in tables remember is not.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::ObjectId;
use super::reftable::{self, Texts};

/// Files beside HEAD that name objects while something goes on, or just after.
const PSEUDO_REFS: &[&str] = &[
    "ORIG_HEAD", "FETCH_HEAD", "MERGE_HEAD", "CHERRY_PICK_HEAD", "REVERT_HEAD", "REBASE_HEAD", "BISECT_HEAD",
    "AUTO_MERGE", "MERGE_AUTOSTASH",
];
/// Symbolic refs are followed so far, as git does.
const DEEPEST: usize = 5;

/// Something that keeps an object from being pruned.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ref {
    /// The name in full (`refs/heads/main`), `HEAD`, or `refs/heads/main@{2}` in a reflog.
    pub name: Vec<u8>,
    /// The object, tags not resolved.
    pub target: ObjectId,
}

/// All that a repository holds on to.
#[derive(Clone, Debug, Default)]
pub struct Refs {
    /// Branches, tags, remote branches, notes, the stash and all other refs, by name.
    pub refs: Vec<Ref>,
    /// What HEAD leads to; `None` on a branch without commits.
    pub head: Option<ObjectId>,
    /// The branch that HEAD names.
    pub head_branch: Option<Vec<u8>>,
    /// HEADs of linked work trees, `ORIG_HEAD` and the like, and what reflogs remember.
    pub others: Vec<Ref>,
    /// For each replaced object the one that stands for it.
    pub replaced: BTreeMap<ObjectId, ObjectId>,
    /// Parents that were given to commits by hand.
    pub grafts: BTreeMap<ObjectId, Vec<ObjectId>>,
    /// Commits whose parents were left out when the repository was cloned.
    pub shallow: BTreeSet<ObjectId>,
    /// Files that could not be read, and why.
    pub problems: Vec<(PathBuf, String)>,
}

impl Refs {
    /// Reads everything below `git_dir`, and below `common_dir` what linked work trees share; from tables, if that
    /// is where refs are.
    pub fn read(git_dir: &Path, common_dir: &Path, has_tables: bool) -> Self {
        let mut reader = Reader { has_tables, ..Reader::default() };
        reader.packed(&common_dir.join("packed-refs"));
        let own = (git_dir != common_dir).then_some(git_dir);
        for folder in [Some(common_dir), own].into_iter().flatten() {
            if has_tables {
                // The folder of refs says no more than that there are none.
                let table = reader.table(folder).into_iter();
                reader.values.extend(table.filter(|(name, _)| name.starts_with(b"refs/")));
            } else {
                reader.loose(&folder.join("refs"), b"refs");
            }
        }
        let refs = reader.resolved();
        let mut found = Self { refs, ..Self::default() };
        let head = reader.one(git_dir, "HEAD").unwrap_or_default();
        match parse(&head) {
            Some(Value::Id(id)) => found.head = Some(id),
            Some(Value::Name(name)) => {
                found.head = found.find(name).map(|found| found.target);
                found.head_branch = Some(name.to_vec());
            }
            None => reader.problem(&git_dir.join("HEAD"), "it names neither a branch nor a commit"),
        }
        found.others = reader.others(git_dir, common_dir, &found.refs);
        for own in &found.refs {
            let name = own.name.strip_prefix(b"refs/replace/");
            let original = name.and_then(|name| std::str::from_utf8(name).ok()?.parse().ok());
            found.replaced.extend(original.map(|original: ObjectId| (original, own.target)));
        }
        let ids = |text: Vec<u8>| -> Vec<Vec<ObjectId>> {
            let line =
                |line: &[u8]| String::from_utf8_lossy(line).split_whitespace().map(str::parse).collect();
            text.split(|byte| *byte == b'\n').filter_map(|text| Result::ok(line(text))).collect()
        };
        for line in ids(reader.file(&common_dir.join("info/grafts")).unwrap_or_default()) {
            found.grafts.extend(line.split_first().map(|(commit, parents)| (*commit, parents.to_vec())));
        }
        let shallow = ids(reader.file(&common_dir.join("shallow")).unwrap_or_default());
        found.shallow = shallow.into_iter().flatten().collect();
        found.problems = reader.problems;
        found
    }

    /// The ref of this full name.
    pub fn find(&self, name: &[u8]) -> Option<&Ref> {
        self.refs.binary_search_by(|own| own.name.as_slice().cmp(name)).ok().map(|at| &self.refs[at])
    }

    /// The ref that someone means by a short name, by git's order: as it is, then tags, branches,
    /// remote branches.
    pub fn named(&self, name: &str) -> Option<&Ref> {
        ["", "refs/", "refs/tags/", "refs/heads/", "refs/remotes/"]
            .iter()
            .find_map(|before| self.find(format!("{before}{name}").as_bytes()))
    }
}

/// What HEAD leads to, read without all the other refs; `None` on a branch without commits.
///
/// # Errors
/// HEAD, or the ref that it names, cannot be read.
pub(super) fn head(
    git_dir: &Path,
    common_dir: &Path,
    has_tables: bool,
) -> Result<Option<ObjectId>, (PathBuf, String)> {
    let mut reader = Reader { has_tables, ..Reader::default() };
    let mut text = reader.one(git_dir, "HEAD").unwrap_or_default();
    for _ in 0..=DEEPEST {
        let name = match parse(&text) {
            Some(Value::Id(id)) => return Ok(Some(id)),
            Some(Value::Name(name)) => String::from_utf8_lossy(name).into_owned(),
            None => break,
        };
        let found =
            reader.one(common_dir, &name).or_else(|| packed(&mut reader, common_dir, Path::new(&name)));
        if let Some(problem) = reader.problems.pop() {
            return Err(problem);
        }
        let Some(found) = found else { return Ok(None) };
        text = found;
    }
    Err((git_dir.join("HEAD"), "it names neither a branch nor a commit".to_owned()))
}

/// What the file of packed refs says of one of them.
fn packed(reader: &mut Reader, common_dir: &Path, name: &Path) -> Option<Vec<u8>> {
    let text = reader.file(&common_dir.join("packed-refs"))?;
    let name = name.as_os_str().as_encoded_bytes();
    let line = text
        .split(|byte| *byte == b'\n')
        .find(|line| line.trim_ascii_end().strip_suffix(name).is_some_and(|before| before.ends_with(b" ")))?;
    Some(line.to_vec())
}

/// The commits whose merge is going on, besides HEAD.
pub(super) fn merge_heads(git_dir: &Path) -> Vec<ObjectId> {
    let text = fs::read_to_string(git_dir.join("MERGE_HEAD")).unwrap_or_default();
    text.lines().filter_map(|line| line.trim().parse().ok()).collect()
}

/// What a ref holds.
enum Value<'a> {
    Id(ObjectId),
    Name(&'a [u8]),
}

fn parse(text: &[u8]) -> Option<Value<'_>> {
    if let Some(name) = text.strip_prefix(b"ref:") {
        return Some(Value::Name(name.trim_ascii()));
    }
    let word = text.split(|byte| byte.is_ascii_whitespace()).next()?;
    Some(Value::Id(std::str::from_utf8(word).ok()?.parse().ok()?))
}

#[derive(Default)]
struct Reader {
    /// What stands in each ref's file, or in the file of packed ones.
    values: Texts,
    problems: Vec<(PathBuf, String)>,
    /// Whether refs are kept in tables.
    has_tables: bool,
}

impl Reader {
    fn problem(&mut self, path: &Path, message: impl Into<String>) {
        self.problems.push((path.to_owned(), message.into()));
    }

    /// A file's bytes; `None` when there is none.
    fn file(&mut self, path: &Path) -> Option<Vec<u8>> {
        match fs::read(path) {
            Ok(bytes) => Some(bytes),
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => None,
            Err(error) => {
                self.problem(path, error.to_string());
                None
            }
        }
    }

    /// What the tables of a folder of git's hold, where there are any.
    fn table(&mut self, folder: &Path) -> Texts {
        if !self.has_tables {
            return Texts::new();
        }
        reftable::read(folder).unwrap_or_else(|problem| {
            // Work trees share one stack: what is wrong with it is told once.
            if !self.problems.contains(&problem) {
                self.problems.push(problem);
            }
            Texts::new()
        })
    }

    /// What a ref of a folder of git's holds, in a table or in its file: git writes a HEAD that leads nowhere for
    /// those who know no tables.
    fn one(&mut self, folder: &Path, name: &str) -> Option<Vec<u8>> {
        self.table(folder).remove(name.as_bytes()).or_else(|| self.file(&folder.join(name)))
    }

    fn packed(&mut self, path: &Path) {
        let text = self.file(path).unwrap_or_default();
        for line in text.split(|byte| *byte == b'\n') {
            // `#` begins a header, `^` the object that the tag before it leads to.
            if let Some(space) =
                line.iter().position(|byte| *byte == b' ').filter(|_| !line.starts_with(b"#"))
            {
                self.values.insert(line[space + 1..].trim_ascii_end().to_vec(), line[..space].to_vec());
            }
        }
    }

    /// Reads the refs in a folder; they stand before packed ones of the same name.
    fn loose(&mut self, folder: &Path, name: &[u8]) {
        let Ok(entries) = fs::read_dir(folder) else { return };
        for entry in entries.flatten() {
            let path = entry.path();
            let own = [name, b"/", entry.file_name().as_encoded_bytes()].concat();
            if path.is_dir() {
                self.loose(&path, &own);
            } else if !own.ends_with(b".lock")
                && let Some(text) = self.file(&path)
            {
                self.values.insert(own, text);
            }
        }
    }

    fn resolved(&mut self) -> Vec<Ref> {
        let values = std::mem::take(&mut self.values);
        let mut refs = Vec::new();
        for (name, text) in &values {
            let mut value = parse(text);
            for _ in 0..DEEPEST {
                let Some(Value::Name(next)) = value else { break };
                value = values.get(next).and_then(|text| parse(text));
            }
            match value {
                Some(Value::Id(target)) => refs.push(Ref { name: name.clone(), target }),
                // One that leads to a branch without commits holds nothing.
                _ if text.starts_with(b"ref:") => {}
                _ => self.problem(Path::new(&*String::from_utf8_lossy(name)), "the ref is damaged"),
            }
        }
        refs
    }

    /// HEADs of work trees, pseudo refs and reflogs.
    fn others(&mut self, git_dir: &Path, common_dir: &Path, refs: &[Ref]) -> Vec<Ref> {
        let mut others = Vec::new();
        let mut folders = vec![(common_dir.to_owned(), String::new())];
        if let Ok(entries) = fs::read_dir(common_dir.join("worktrees")) {
            let mut names: Vec<_> = entries.flatten().map(|entry| entry.file_name()).collect();
            names.sort();
            folders.extend(names.into_iter().map(|name| {
                let shown = format!("worktrees/{}/", name.to_string_lossy());
                (common_dir.join("worktrees").join(name), shown)
            }));
        }
        for (folder, prefix) in folders {
            let own = (folder == git_dir).then_some("HEAD");
            let mut table = self.table(&folder);
            for name in PSEUDO_REFS.iter().chain(&["HEAD"]).filter(|name| Some(**name) != own) {
                let text = table.remove(name.as_bytes()).or_else(|| self.file(&folder.join(name)));
                let text = text.unwrap_or_default();
                for line in text.split(|byte| *byte == b'\n') {
                    let target = match parse(line) {
                        Some(Value::Id(target)) => Some(target),
                        Some(Value::Name(name)) => {
                            refs.iter().find(|own| own.name == name).map(|own| own.target)
                        }
                        None => None,
                    };
                    let name = format!("{prefix}{name}").into_bytes();
                    others.extend(target.map(|target| Ref { name, target }));
                }
            }
            self.logs(&folder.join("logs"), prefix.as_bytes(), &mut others);
        }
        others
    }

    /// What the reflogs in a folder remember, the newest first: `name@{0}` is where it stands now.
    fn logs(&mut self, folder: &Path, name: &[u8], found: &mut Vec<Ref>) {
        let Ok(entries) = fs::read_dir(folder) else { return };
        let mut paths: Vec<_> = entries.flatten().map(|entry| (entry.file_name(), entry.path())).collect();
        paths.sort();
        for (file, path) in paths {
            let own = [name, file.as_encoded_bytes()].concat();
            if path.is_dir() {
                self.logs(&path, &[&own, &b"/"[..]].concat(), found);
                continue;
            }
            let text = self.file(&path).unwrap_or_default();
            let lines: Vec<_> = text.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).collect();
            for (age, line) in lines.iter().rev().enumerate() {
                let mut words = line.split(|byte| *byte == b' ');
                let mut id = || -> Option<ObjectId> { std::str::from_utf8(words.next()?).ok()?.parse().ok() };
                let (before, after) = (id(), id());
                let mut push = |target: Option<ObjectId>, age: usize| {
                    let name = [&own, format!("@{{{age}}}").as_bytes()].concat();
                    let real = target.filter(|id| id.as_bytes().iter().any(|byte| *byte != 0));
                    found.extend(real.map(|target| Ref { name, target }));
                };
                push(after, age);
                // The oldest entry alone tells what was before it.
                if age + 1 == lines.len() {
                    push(before, age + 1);
                }
            }
        }
    }
}

//! A repository as a store of objects and what holds on to them, with or without a work tree.
//!
//! Finds it, judges whether it may be read, and gives its objects. Whose repository it is decides
//! libgit2, by the rules of git's `safe.directory`.

use std::fs;
use std::path::{Path, PathBuf};

use git2::{Config, ErrorCode, Repository};

use super::pack::Objects;
use super::refs;
use super::{Given, ObjectFormat, ObjectId, Refs, Signature, WorkTree};

/// A repository that was opened.
pub struct Store {
    /// The root of the work tree, or the repository itself where there is none.
    pub root: PathBuf,
    /// The repository, or the part of it that a linked work tree has for itself.
    pub git_dir: PathBuf,
    /// What linked work trees share; `git_dir` when there are none.
    pub common_dir: PathBuf,
    /// Whether it has no work tree.
    pub is_bare: bool,
    /// Whether objects may be left with the remote until they are asked for.
    pub is_partial: bool,
    /// Whether refs are kept in tables; what their logs remember is not read then.
    pub has_tables: bool,
    /// How refs are kept, if neither in files nor in tables: then they are not read.
    pub ref_storage: Option<String>,
    /// All objects, reachable or not.
    pub objects: Objects,
}

/// Why a repository cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The path is not there.
    #[error("no such file or directory")]
    Missing,
    /// Neither the folder nor one above it is a repository.
    #[error("not a git repository, nor is any folder above it")]
    NoRepository,
    /// What git names is none.
    #[error("GIT_DIR is {}, which is no git repository", .0.display())]
    Given(PathBuf),
    /// It belongs to another user.
    #[error(
        "the repository belongs to another user and is not read \
         (to trust it: git config --global --add safe.directory {0})"
    )]
    Owner(String),
    /// Its ids are of a kind that nobody knows yet.
    #[error("its objects are named by `{0}`, which is not known")]
    Format(String),
}

impl Store {
    /// Opens the repository that `path` is or is in.
    ///
    /// # Errors
    /// There is none, it belongs to someone else, or it is of a form that is not read.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        Self::open_with(path, None, &[])
    }

    /// The same, or the repository that is given in its place, with other folders of objects beside its own.
    ///
    /// # Errors
    /// As for [`Self::open`].
    pub fn open_with(
        path: &Path,
        given: Option<&Given>,
        more_objects: &[PathBuf],
    ) -> Result<Self, StoreError> {
        let path = fs::canonicalize(path).map_err(|_| StoreError::Missing)?;
        let found = match given {
            Some(given) => given.locate(&path).ok_or_else(|| StoreError::Given(given.git_dir.clone()))?,
            None => locate(&path).ok_or(StoreError::NoRepository)?,
        };
        let WorkTree { root, git_dir, common_dir } = found;
        let config = Config::open(&common_dir.join("config")).and_then(|mut config| config.snapshot()).ok();
        let setting = |name: &str| config.as_ref().and_then(|config| config.get_string(name).ok());
        match Repository::open(&git_dir) {
            Err(error) if error.code() == ErrorCode::Owner => {
                return Err(StoreError::Owner(root.display().to_string()));
            }
            // What libgit2 cannot open may be read all the same.
            _ => {}
        }
        let format = match setting("extensions.objectformat") {
            Some(format) if format.eq_ignore_ascii_case("sha256") => ObjectFormat::Sha256,
            Some(format) if !format.eq_ignore_ascii_case("sha1") => return Err(StoreError::Format(format)),
            _ => ObjectFormat::Sha1,
        };
        let ref_storage = setting("extensions.refstorage").filter(|storage| storage != "files");
        let has_tables = ref_storage.as_deref() == Some("reftable");
        let ref_storage = ref_storage.filter(|_| !has_tables);
        let is_partial = setting("extensions.partialclone").is_some() || has_promises(&common_dir);
        // That of a submodule stands apart from its work tree, which may not be there.
        let has_work_tree =
            setting("core.worktree").is_some() || setting("core.bare").is_some_and(|bare| bare == "false");
        let is_bare = root == git_dir && !has_work_tree;
        let mut folders = vec![common_dir.join("objects")];
        folders.extend_from_slice(more_objects);
        let objects = Objects::open_all(folders, format);
        Ok(Self { root, git_dir, common_dir, is_bare, is_partial, has_tables, ref_storage, objects })
    }

    /// What it holds on to.
    pub fn refs(&self) -> Refs {
        if self.ref_storage.is_some() {
            return Refs::default();
        }
        Refs::read(&self.git_dir, &self.common_dir, self.has_tables)
    }

    /// The commits that the next one will follow: HEAD, and those that are being merged.
    ///
    /// # Errors
    /// HEAD cannot be read; which file it is and why.
    pub fn parents(&self) -> Result<Vec<ObjectId>, (PathBuf, String)> {
        if let Some(storage) = &self.ref_storage {
            let message = format!("its refs are kept as `{storage}`, which is not read: HEAD is not known");
            return Err((self.root.clone(), message));
        }
        let head = refs::head(&self.git_dir, &self.common_dir, self.has_tables)?;
        Ok(head.into_iter().chain(refs::merge_heads(&self.git_dir)).collect())
    }

    /// How its objects are named.
    pub fn format(&self) -> ObjectFormat {
        self.objects.format()
    }

    /// Who its people are.
    pub fn people(&self) -> People {
        People(Repository::open(&self.git_dir).and_then(|repository| repository.mailmap()).ok())
    }
}

/// Who people are, by the repository's mailmap.
pub struct People(Option<git2::Mailmap>);

impl People {
    /// Name and address of a person; as written when it says nothing of them.
    pub fn find(&self, written: &Signature<'_>) -> (String, String) {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let (name, email) = (text(written.name), text(written.email));
        self.mailed(&name, &email).unwrap_or((name, email))
    }

    fn mailed(&self, name: &str, email: &str) -> Option<(String, String)> {
        let signature = git2::Signature::new(name, email, &git2::Time::new(0, 0)).ok()?;
        let found = self.0.as_ref()?.resolve_signature(&signature).ok()?;
        Some((found.name().ok()?.to_owned(), found.email().ok()?.to_owned()))
    }
}

/// The repository of a folder: the nearest one whose work tree or insides it is in.
fn locate(path: &Path) -> Option<WorkTree> {
    path.ancestors().find_map(|folder| WorkTree::at(folder).or_else(|| bare(folder)))
}

/// What `folder` is when it is a repository itself.
fn bare(folder: &Path) -> Option<WorkTree> {
    if folder.file_name().is_some_and(|name| name == ".git")
        && let Some(found) = folder.parent().and_then(WorkTree::at)
    {
        return Some(found);
    }
    let common_dir = super::worktree::common_dir(folder);
    super::worktree::is_repository(folder, &common_dir).then(|| WorkTree {
        root: folder.to_owned(),
        git_dir: folder.to_owned(),
        common_dir,
    })
}

/// Whether a pack came from a remote that promised to keep what is missing.
fn has_promises(common_dir: &Path) -> bool {
    let entries = fs::read_dir(common_dir.join("objects/pack")).into_iter().flatten().flatten();
    entries.into_iter().any(|entry| entry.path().extension().is_some_and(|extension| extension == "promisor"))
}

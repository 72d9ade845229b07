//! What git would commit of a work tree: what it tracks, and what it is told to ignore.

use std::borrow::Cow;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{Excludes, Index, Settings, WorkTree};

/// A work tree with its index and the ignore rules that hold for all of it.
pub struct Repository {
    work_tree: WorkTree,
    settings: Settings,
    index: Index,
    /// Whether the index could be read.
    knows_tracked: bool,
    excludes: Option<Arc<Excludes>>,
    notes: Vec<String>,
}

impl Repository {
    /// Reads the settings, the index and the ignore files outside the work tree.
    ///
    /// With an index that cannot be read, nobody knows which ignored files are tracked: then nothing
    /// counts as ignored, and a note says so.
    pub fn open(work_tree: WorkTree) -> Self {
        let mut settings = Settings::read(&work_tree);
        let mut notes: Vec<String> = settings.note.take().into_iter().collect();
        let index = Index::open(&work_tree.git_dir, settings.object_format);
        let knows_tracked = index.is_ok();
        let index = index.unwrap_or_else(|error| {
            let file = work_tree.git_dir.join("index");
            notes.push(format!("{}: {error}; ignored files are scanned, too", file.display()));
            Index::default()
        });
        let exclude_files =
            settings.excludes_file.iter().cloned().chain([work_tree.common_dir.join("info/exclude")]);
        let excludes = exclude_files.fold(None, |below, file| match fs::read(file) {
            Ok(text) => Excludes::parse(&text, b"", settings.ignores_case, below),
            Err(_) => below,
        });
        Self {
            work_tree,
            settings,
            index,
            knows_tracked,
            excludes: excludes.filter(|_| knows_tracked),
            notes,
        }
    }

    /// The root of the work tree.
    pub fn root(&self) -> &Path {
        &self.work_tree.root
    }

    /// A path in the work tree as git writes it: from the root, `/` between its parts.
    pub fn relative<'p>(&self, path: &'p Path) -> Cow<'p, [u8]> {
        let relative = path.strip_prefix(self.root()).unwrap_or(path).as_os_str();
        match cfg!(windows) {
            true => Cow::Owned(relative.to_string_lossy().replace('\\', "/").into_bytes()),
            false => Cow::Borrowed(relative.as_encoded_bytes()),
        }
    }

    /// What it tracks.
    pub fn index(&self) -> &Index {
        &self.index
    }

    /// Where submodules belong that are not there, or are no repositories.
    pub fn absent_submodules(&self) -> impl Iterator<Item = PathBuf> {
        let paths = self.index.submodules().map(|path| self.root().join(os_path(path)));
        paths.filter(|path| WorkTree::at(path).is_none())
    }

    /// The ignore rules of `info/exclude` and `core.excludesFile`.
    pub fn excludes(&self) -> Option<&Arc<Excludes>> {
        self.excludes.as_ref()
    }

    /// Adds the rules of the `.gitignore` in `folder` (relative to the root, empty for it) to those above it.
    pub fn excludes_in(
        &self,
        folder: &[u8],
        text: &[u8],
        above: Option<Arc<Excludes>>,
    ) -> Option<Arc<Excludes>> {
        if self.knows_tracked {
            Excludes::parse(text, folder, self.settings.ignores_case, above)
        } else {
            None
        }
    }

    /// What a person should know of how it was read.
    pub fn notes(&self) -> &[String] {
        &self.notes
    }
}

/// A path of git as the system has it.
#[cfg(unix)]
pub fn os_path(path: &[u8]) -> &Path {
    Path::new(<std::ffi::OsStr as std::os::unix::ffi::OsStrExt>::from_bytes(path))
}

/// A path of git as the system has it.
#[cfg(not(unix))]
pub fn os_path(path: &[u8]) -> PathBuf {
    PathBuf::from(String::from_utf8_lossy(path).into_owned())
}

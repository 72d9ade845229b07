//! The few settings of git that decide what could be committed.

use std::env;
use std::path::PathBuf;

use git2::{Config, ConfigLevel, ErrorCode, Repository};

use super::WorkTree;

/// How objects are named.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ObjectFormat {
    /// 20 bytes.
    #[default]
    Sha1,
    /// 32 bytes.
    Sha256,
}

impl ObjectFormat {
    /// The length of an object's id in bytes.
    pub fn id_bytes(self) -> usize {
        match self {
            Self::Sha1 => 20,
            Self::Sha256 => 32,
        }
    }
}

/// What the configuration says of a work tree.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// `core.excludesFile`, or where git looks when that is not set.
    pub excludes_file: Option<PathBuf>,
    /// `core.ignoreCase`.
    pub ignores_case: bool,
    /// `extensions.objectFormat`.
    pub object_format: ObjectFormat,
    /// What a person should know of how the configuration was read.
    pub note: Option<String>,
}

impl Settings {
    /// Reads system, user and repository configuration.
    ///
    /// A repository that libgit2 cannot open has its configuration read all the same. One that belongs
    /// to someone else has not, as git itself would not; of that, only the object format is needed to
    /// read the index.
    pub fn read(work_tree: &WorkTree) -> Self {
        let (config, note) = match Repository::open(&work_tree.root) {
            Ok(repository) => (repository.config().ok(), None),
            Err(error) if error.code() == ErrorCode::Owner => {
                (Config::open_default().ok(), Some(owner_note(work_tree)))
            }
            Err(_) => (assemble(work_tree), None),
        };
        let own = Config::open(&work_tree.common_dir.join("config")).ok();
        let format = own.and_then(|own| own.get_string("extensions.objectformat").ok());
        let config = config.as_ref();
        Self {
            excludes_file: config
                .and_then(|config| config.get_path("core.excludesfile").ok())
                .or_else(default_excludes_file),
            ignores_case: config.and_then(|config| config.get_bool("core.ignorecase").ok()).unwrap_or(false),
            object_format: match format {
                Some(format) if format.eq_ignore_ascii_case("sha256") => ObjectFormat::Sha256,
                _ => ObjectFormat::Sha1,
            },
            note,
        }
    }
}

/// The configuration of a repository that libgit2 does not open (reftables, SHA-256, new extensions).
fn assemble(work_tree: &WorkTree) -> Option<Config> {
    let mut config = Config::open_default().ok()?;
    for (file, level) in [
        (work_tree.common_dir.join("config"), ConfigLevel::Local),
        (work_tree.git_dir.join("config.worktree"), ConfigLevel::Worktree),
    ] {
        // A file that is not there adds nothing.
        let _ = config.add_file(&file, level, false);
    }
    Some(config)
}

fn owner_note(work_tree: &WorkTree) -> String {
    let root = work_tree.root.display();
    format!(
        "{root} belongs to another user, so its git configuration is not read \
         (to trust it: git config --global --add safe.directory {root})"
    )
}

fn default_excludes_file() -> Option<PathBuf> {
    let configured = env::var_os("XDG_CONFIG_HOME").filter(|folder| !folder.is_empty()).map(PathBuf::from);
    Some(configured.or_else(|| Some(env::home_dir()?.join(".config")))?.join("git").join("ignore"))
}

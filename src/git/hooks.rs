//! Where git looks for the hooks of a repository.

use std::path::PathBuf;

use git2::{Config, ConfigLevel, Repository};

use super::Store;

/// The folder of a repository's hooks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hooks {
    /// The folder, which need not be there.
    pub folder: PathBuf,
    /// Whether other repositories have the same one.
    pub is_shared: bool,
}

impl Store {
    /// Where git looks for hooks: where `core.hooksPath` says, else in what linked work trees share.
    pub fn hooks(&self) -> Hooks {
        let config = Repository::open(&self.git_dir).and_then(|repository| repository.config());
        // What libgit2 cannot open may have hooks all the same.
        let config = config.or_else(|_| {
            let mut config = Config::open_default()?;
            config.add_file(&self.common_dir.join("config"), ConfigLevel::Local, false)?;
            Ok::<_, git2::Error>(config)
        });
        let configured = config.ok().and_then(|config| {
            let level = config.get_entry("core.hookspath").ok()?.level();
            Some((config.get_path("core.hookspath").ok()?, level))
        });
        match configured {
            Some((path, level)) => Hooks {
                folder: self.root.join(path),
                is_shared: !matches!(level, ConfigLevel::Local | ConfigLevel::Worktree),
            },
            None => Hooks { folder: self.common_dir.join("hooks"), is_shared: false },
        }
    }
}

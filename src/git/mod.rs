//! All that is asked of git. Nothing else touches git2 or the files under `.git`.
//!
//! Finding a repository and reading its index and ignore files is done here without libgit2, which
//! refuses sparse and split indexes, reftables and SHA-256, and takes ten times as long for a large
//! index. It reads the configuration, and it judges whose repository this is.

mod bitmap;
mod exclude;
mod glob;
mod index;
mod object;
pub mod pack;
mod repository;
mod settings;
mod worktree;

pub use exclude::Excludes;
pub use index::{Entry, Index, IndexError};
pub use object::{Kind, Object, ObjectId};
pub use repository::Repository;
pub use settings::{ObjectFormat, Settings};
pub use worktree::WorkTree;

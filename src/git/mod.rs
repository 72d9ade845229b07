//! All that is asked of git. Nothing else touches git2 or the files under `.git`.
//!
//! Finding a repository and reading its index and ignore files is done here without libgit2, which
//! refuses sparse and split indexes, reftables and SHA-256, and takes ten times as long for a large
//! index. It reads the configuration, and it judges whose repository this is.

mod ancestry;
mod bitmap;
mod cache_tree;
mod change;
mod commit;
mod exclude;
mod glob;
mod graph;
mod holding;
mod hooks;
mod id_table;
mod index;
mod object;
pub mod pack;
mod past;
mod path_rules;
mod range;
mod refs;
mod reftable;
mod repository;
mod settings;
mod staged;
mod store;
mod submodule;
mod tree;
mod worktree;

pub use ancestry::{Ancestor, Ancestry};
pub use change::{Changes, Edit, each_tree};
pub use commit::{Commit, Signature, Tag, header_text};
pub use exclude::Excludes;
pub use graph::{CommitIndex, Graph, GraphBuilder, NumberSet, RawCommit};
pub use holding::{
    Holding, Holdings, HoldingsBuilder, KnownEntry, KnownTrees, Leaf, Outline, PathId, Paths, ReadTree,
    Wanted,
};
pub use hooks::Hooks;
pub use id_table::IdTable;
pub use index::{Entry, Index, IndexError};
pub use object::{ByObject, Kind, Object, ObjectId};
pub use past::Past;
pub use path_rules::PathRules;
pub use range::Range;
pub use refs::{Ref, Refs};
pub use repository::{Repository, os_path};
pub use settings::{ObjectFormat, Settings};
pub use staged::{Staged, StagedFile};
pub use store::{People, Store, StoreError};
pub use submodule::Submodule;
pub use tree::{EntryKind, TreeEntries, TreeEntry};
pub use worktree::{Given, WorkTree};

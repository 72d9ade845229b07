//! Kinds of input. A source lends blobs and counts what it covered; it knows no rules.

pub mod archive;
mod coverage;
mod file;
mod folder;
mod follow;
mod growing;
mod history;
mod range;
mod root;
mod staged;
mod stream;
mod tree;
mod window;

pub use coverage::{Coverage, Problem, Shard, Skip, Tally};
pub use follow::Follow;
pub use history::{
    History, HistoryOptions, Members, Tip, archive_format, lend_large, lend_members, pathless, unread,
};
pub use range::{Asked, RangeOptions, is_zero};
pub use staged::{Staged, StagedOptions};
pub use stream::Stream;
pub use tree::{Exclude, Tree, TreeOptions};

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::blob::Blob;

/// Whether a source goes on after a blob.
///
/// After a break a source ends soon and counts only what it lent until then; whoever breaks says why.
pub type Flow = ControlFlow<()>;

/// What a source lends its blobs to, from many threads at once.
pub type Sink<'a> = dyn Fn(Blob<'_>) -> Flow + Sync + 'a;

/// A kind of input.
pub trait Source: Sync {
    /// Lends every blob to `sink`, from many threads at once, and says what was covered.
    ///
    /// A bad input is not a bad run: it becomes a [`Problem`] of the coverage and the visit goes on.
    fn visit(&self, sink: &Sink<'_>) -> Coverage;
}

/// Two inputs, one after the other.
pub struct Both<A, B>(pub A, pub B);

impl<A: Source, B: Source> Source for Both<A, B> {
    fn visit(&self, sink: &Sink<'_>) -> Coverage {
        let broke = AtomicBool::new(false);
        let mut coverage = self.0.visit(&|blob| {
            let flow = sink(blob);
            broke.fetch_or(flow.is_break(), Ordering::Relaxed);
            flow
        });
        if !broke.into_inner() {
            coverage.merge(self.1.visit(sink));
        }
        coverage
    }
}

/// Threads for so many `jobs`; 0 for one per core.
pub(crate) fn pool(jobs: usize) -> rayon::ThreadPool {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(jobs).build();
    pool.expect("a thread can be started, or nothing can be scanned")
}

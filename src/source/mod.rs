//! Kinds of input. A source lends blobs and counts what it covered; it knows no rules.

mod coverage;
mod stream;
mod tree;

pub use coverage::{Coverage, Problem, Skip, Tally};
pub use stream::Stream;
pub use tree::{Tree, TreeOptions};

use std::ops::ControlFlow;

use crate::blob::Blob;

/// Whether a source goes on after a blob.
pub type Flow = ControlFlow<()>;

/// A kind of input.
pub trait Source: Sync {
    /// Lends every blob to `sink`, from many threads at once, and says what was covered.
    ///
    /// A bad input is not a bad run: it becomes a [`Problem`] of the coverage and the visit goes on.
    fn visit(&self, sink: &(dyn Fn(Blob<'_>) -> Flow + Sync)) -> Coverage;
}

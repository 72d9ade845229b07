//! What a walk over objects is asked for, and who is handed what it finds.

use std::io::{self, Read};
use std::ops::ControlFlow;

use super::delta::Copied;
use super::{Kinds, ObjectError};
use crate::git::{Kind, Object, ObjectId};

/// How to walk.
#[derive(Clone, Copy, Debug)]
pub struct Walk {
    /// The kinds of objects to visit.
    pub kinds: Kinds,
    /// Whether every object's hash is compared with its id.
    pub verify: bool,
    /// How many bytes of bases may wait for their children.
    pub base_bytes: usize,
}

impl Walk {
    /// A walk over some kinds, with 48 MiB for bases.
    pub fn over(kinds: Kinds) -> Self {
        Self { kinds, verify: false, base_bytes: 48 << 20 }
    }
}

/// What an object is stored as changes to.
#[derive(Debug)]
pub struct Base<'a, K> {
    /// What the visitor kept of it.
    pub kept: &'a K,
    /// Its length in bytes.
    pub length: usize,
    /// What of the object are copies from it, in the object's order; all else is new.
    pub copied: &'a [Copied],
}

/// An object that could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// Its id.
    pub id: ObjectId,
    /// What went wrong.
    pub error: ObjectError,
    /// How many objects, itself among them, could not be visited for it.
    pub lost: u32,
}

/// Is handed the objects of a walk, by many threads at once.
pub trait Visitor: Sync {
    /// What it keeps of an object until all that is stored as changes to it was visited.
    type Kept: Send + Sync;

    /// Takes an object; `base` if it is stored as changes to one that was visited before.
    fn visit(&self, object: Object<'_>, base: Option<Base<'_, Self::Kept>>) -> Self::Kept;

    /// Takes an object of so many bytes that is too large to be held. What it does not read is read
    /// after it, for its checksum.
    ///
    /// # Errors
    /// Those of `reader`.
    fn stream(&self, id: ObjectId, kind: Kind, bytes: u64, reader: &mut dyn Read) -> io::Result<()>;

    /// Learns of what could not be read. What has no kind fails in walks for all kinds.
    fn fail(&self, failure: Failure);

    /// Whether the walk goes on.
    fn flow(&self) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }
}

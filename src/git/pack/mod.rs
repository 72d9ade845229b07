//! Reads packs without asking an object database for one object after the other.
//!
//! [`Objects`] maps the packs of a repository. A [`Reader`] looks single objects up by id. A walk
//! ([`Objects::walk`]) visits all objects of some kinds once, along the trees that their deltas make:
//! every base is at hand when what is stored as changes to it comes, so every byte is inflated once, and
//! the visitor learns which stretches of an object are copies.
//!
//! Files are strangers' work: every offset, size and chain is checked, memory is bounded whatever they
//! claim, and what cannot be read is an error of that object alone. Nothing here scans or interprets
//! what objects hold.

mod delta;
mod entry;
mod forest;
#[cfg(test)]
mod fuzz_test;
#[cfg(test)]
mod hostile_test;
mod idx;
mod inflate;
mod loose;
mod objects;
mod reader;
mod renewal;
mod visitor;
mod walk;
#[cfg(test)]
mod walk_test;
mod worker;

pub use delta::Copied;
pub use objects::Objects;
pub use reader::{Reader, Rebuilt};
pub use visitor::{Base, Failure, Visitor, Walk};

use super::Kind;

/// No object larger than so many bytes is ever held as a whole: what is stored whole is streamed, what
/// is stored as changes is not read. Git itself stores nothing above `core.bigFileThreshold`, 512 MiB
/// unless configured, as changes.
pub const LARGEST_HELD_BYTES: u64 = 512 << 20;

/// Objects above so many bytes are streamed if nothing is stored as changes to them; others are
/// visited one at a time.
pub const LARGE_BYTES: u64 = 32 << 20;

/// Why a pack or its index cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum PackError {
    /// The file cannot be opened.
    #[error("{}", explain(.0))]
    Io(#[from] std::io::Error),
    /// It is shorter than what it says it holds.
    #[error("it is cut off")]
    Truncated,
    /// The index is of a version other than 1 and 2.
    #[error("it is an index of an unknown version")]
    IndexVersion,
    /// The counts of the index go down.
    #[error("its table of counts is damaged")]
    IndexDisorder,
    /// The pack does not begin as a pack of version 2 or 3 does.
    #[error("it is no pack of a known version")]
    NoPack,
    /// There is a pack without index, or the other way round.
    #[error("its {0} is missing")]
    Alone(&'static str),
    /// There are more objects than can be numbered.
    #[error("there are more than 4 billion objects")]
    TooMany,
}

/// Why an object cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ObjectError {
    /// It is neither in a pack nor loose.
    #[error("it is missing")]
    Missing,
    /// The index says that it begins outside the pack, or it is cut off.
    #[error("it reaches past the end of the pack")]
    OutsidePack,
    /// Its header is of no known form.
    #[error("its header is damaged")]
    Header,
    /// What it inflates to is damaged, or its checksum is wrong.
    #[error("its compressed bytes are damaged")]
    Inflate,
    /// It does not inflate to the size that its header says.
    #[error("it is not of the size that it says")]
    Size,
    /// It is stored as changes that do not fit their base.
    #[error("the delta it is stored as is damaged")]
    Delta,
    /// It is stored as changes to an object that is missing or damaged.
    #[error("the object it is stored as changes to cannot be read")]
    Base,
    /// It is stored as changes to itself, if by many steps.
    #[error("it is stored as changes to itself")]
    Loop,
    /// It is stored as changes to what is larger than is held, or is so itself.
    #[error("it is too large to be rebuilt from its delta")]
    TooLarge,
    /// Its bytes have another hash than its id.
    #[error("its bytes do not match its id")]
    Mismatch,
    /// The file of a loose object cannot be read.
    #[error("{0}")]
    Io(String),
}

/// What went wrong in lower case, without the number of the error.
fn explain(error: &std::io::Error) -> String {
    let text = error.to_string();
    text.find(" (os error").map_or(text.as_str(), |end| &text[..end]).to_lowercase()
}

/// Some kinds of objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kinds(u8);

impl Kinds {
    /// The contents of files.
    pub const BLOBS: Self = Self::of(&[Kind::Blob]);

    /// These kinds.
    pub const fn of(kinds: &[Kind]) -> Self {
        let (mut bits, mut index) = (0, 0);
        while index < kinds.len() {
            bits |= 1 << kinds[index] as u8;
            index += 1;
        }
        Self(bits)
    }

    /// Whether `kind` is one of them.
    pub fn contains(self, kind: Kind) -> bool {
        self.0 & 1 << kind as u8 != 0
    }
}

//! What a kind of secret looks like and means: the rules, as data.

mod anchor;
mod builtin;
pub mod file;
pub mod glob;
pub mod pattern;
mod set;
mod spec;
mod table;

pub use set::{RuleError, RuleSet, read_files};
pub use spec::{
    Anchor, Category, Checksum, Circumstance, Confidence, Detection, Form, Freeform, Gate, List, Requirement,
    RuleSpec, Severity, Text,
};

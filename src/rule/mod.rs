//! What a kind of secret looks like and means: the rules, as data.

pub mod anchor;
mod builtin;
mod set;
mod spec;

pub use set::RuleSet;
pub use spec::{
    Anchor, Category, Checksum, Confidence, Detection, Form, Gate, List, RuleSpec, Severity, Text,
};

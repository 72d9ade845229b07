//! The built-in rules, embedded by `rules/build.rs`.

use std::borrow::Cow;

use super::{
    Anchor, Category, Checksum, Circumstance, Confidence, Detection, Form, Gate, RuleSpec, Severity,
};

include!(concat!(env!("OUT_DIR"), "/rules.rs"));

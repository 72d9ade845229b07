//! stanch finds secrets that leaked into files, says where, and what to do about them.
//!
//! Data flows in one line: a source lends blobs, the engine turns bytes into judged candidates,
//! findings give them a place and an identity, a reporter writes them. Modules stand in layer order:
//! each uses only those above it (`tests/integration/architecture.rs` holds them to it).

mod lock;
pub mod secret;
pub mod span;

pub mod path;
pub mod plain;

pub mod blob;

pub mod git;
pub mod rule;

pub mod engine;
pub mod source;

pub mod finding;

pub mod check;

pub mod remedy;

pub mod report;

pub mod redact;
pub mod scan;

pub mod config;

//! The program as its users run it, and its rules.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod clean;
mod fixture;
mod index;
mod picture;
mod readme;
mod report;
mod rules;
mod sample;
mod secrets;
mod tree;

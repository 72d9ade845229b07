//! The program as its users run it, its rules and its reports.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod action;
mod architecture;
mod archive;
mod baseline;
mod chance;
mod clean;
mod cmd;
mod common;
mod config;
mod decode;
mod delta;
mod encoding;
mod fixture;
mod follow;
mod gate;
mod history;
mod history_archive;
mod hook;
mod hygiene;
mod index;
mod large;
mod logs;
mod names;
mod pack;
mod picture;
mod range;
mod readme;
mod receive;
mod redact;
mod report;
mod rules;
mod sample;
mod scan;
mod secrets;
mod syntax;
mod takeover;
mod tree;

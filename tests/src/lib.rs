//! Oracles, golden files, campaigns and command-line tests.

pub mod command;
pub mod words;

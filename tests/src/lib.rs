//! Oracles, golden files, campaigns and command-line tests.

pub mod arranged;
pub mod campaign;
pub mod command;
pub mod compare;
pub mod data;
pub mod exact;
pub mod forge;
pub mod fuzz;
pub mod golden;
pub mod harness;
pub mod invalid;
pub mod layout;
pub mod npy;
pub mod resealed;
pub mod sha256;
pub mod skip;
pub mod stored;
pub mod stores;

//! The `.arrs` file: many chunked, checksummed arrays in one file that a crash cannot break.

mod dtype;

pub use dtype::{DType, Kind};

//! Lazy arrays, planner, executor and kernels.

pub mod display;

pub use arrstore_format::{DType, Kind};

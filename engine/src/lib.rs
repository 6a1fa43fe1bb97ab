//! Lazy arrays, planner, executor and kernels.

pub use arrstore_format::{DType, Kind};

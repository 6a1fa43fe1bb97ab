//! Arrays larger than memory, kept in one file, computed on where they lie.
//!
//! An [`Expr`] is a lazy array: over stored arrays, `.npy` files and memory, through views, elementwise
//! operations, reductions and products of matrices, with NumPy 2's semantics. A [`Plan`] says how to compute
//! some of them together, what it will read and how much memory it will take; [`Plan::run`] does it, tile by
//! tile, in several threads, inside the [`Budget`] of its [`Context`].
//!
//! ```
//! use arrstore::{Expr, Op, Reduction, ReduceOptions, evaluate};
//!
//! let a = Expr::from_ndarray(&ndarray::array![[1.0, 2.0], [3.0, 4.0]])?;
//! let doubled = Expr::apply(Op::Multiply, &[a, Expr::scalar(2)])?;
//! let rows = doubled.reduce(Reduction::Sum, &ReduceOptions { axes: Some(vec![1]), ..Default::default() })?;
//! assert_eq!(evaluate(&rows)?.view::<f64>()?.as_slice(), Some(&[6.0, 14.0][..]));
//! # Ok::<(), arrstore::Error>(())
//! ```

mod budget;
mod buffer;
mod compute;
mod context;
pub mod display;
mod error;
mod exec;
mod expr;
pub mod formats;
mod kernels;
pub mod npy;
mod op;
mod operator;
mod plan;
pub mod profile;
mod program;
mod promote;
mod sink;
mod source;
pub mod text;
mod view;

pub use arrstore_format::{DType, Element, Kind};
pub use budget::{Budget, Permit, machine_limit, machine_memory};
pub use buffer::Buffer;
pub use context::{Context, Metrics, Progress, default_threads, threads_and_why};
pub use error::{Error, Result};
pub use exec::{BACKEND, backend_core};
pub use expr::Expr;
pub use kernels::instruction_set;
pub use op::{Op, Reduction, Scalar};
pub use operator::reduce::ReduceOptions;
pub use operator::scan::ScanOptions;
pub use plan::{Explain, ExplainStage, Plan, Read, Target, Write, evaluate};
pub use promote::PromoteError;
pub use sink::{MemorySink, NpySink, Sink, StoredSink};
pub use source::{Data, FileCrc, Located, Mapped, Reshaped, Source, Stored, Value, c_strides, elements};
pub use view::{AxisMap, Index, View};

/// The README's examples are tests too.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;

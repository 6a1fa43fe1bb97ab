//! Arrays larger than memory, kept in one file, computed on where they lie.
//!
//! An [`Array`] is lazy: it stands for elements of a file, of memory, or of what is computed from them, with the operators,
//! functions, types and views of NumPy 2. Whatever needs the elements plans first, what it will read and how much memory
//! it will take, and then computes tile by tile, in several threads, inside the [`Budget`] of its [`Context`]. A [`Store`]
//! is one file with many named arrays. Everything that a program needs comes with one line:
//!
//! ```
//! use arrstore::prelude::*;
//!
//! # let folder = tempfile::tempdir()?;
//! # std::env::set_current_dir(folder.path())?;
//! let store = Store::create("climate.arrs")?;
//! store.write("/t", &ndarray::array![[1.0, 2.0], [3.0, 6.0]])?;
//!
//! let t = store.array("/t")?;
//! let anomaly = (&t - t.mean(0)) / t.std(0);
//! println!("{}", anomaly.compute()?);
//! store.write("/anomaly", &anomaly)?;
//! # assert_eq!(anomaly.to_string(), "[[-1. -1.]\n [ 1.  1.]]");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Memory
//!
//! Without more words, all that a process computes shares one budget of 70 % of what its container, or the machine, has.
//! [`Context::new`] gives another. Results in memory count while they are computed; afterwards they are the program's.
//!
//! # What else there is
//!
//! [`mod@format`] is the file itself, below all arithmetic. [`text`] reads expressions in Python's grammar.

#![deny(missing_docs)]

pub mod array;
mod budget;
mod buffer;
mod compute;
mod context;
#[doc(hidden)]
pub mod display;
mod error;
mod exec;
mod expr;
pub mod formats;
mod kernels;
pub mod npy;
mod op;
mod operator;
mod place;
mod plan;
pub mod prelude;
#[doc(hidden)]
pub mod profile;
mod program;
mod promote;
mod sink;
mod source;
mod store;
pub mod text;
mod view;

pub use array::{Array, Ellipsis, IntoArray, IntoAxes, IntoShape, Native, NewAxis, Slice, compute_all};
pub use arrstore_format as format;
pub use arrstore_format::{Attributes, Codec, DType, Element, Kind};
pub use budget::Budget;
pub use context::{Context, Metrics, Progress};
pub use error::{Error, ErrorKind, Result};
pub use op::{Op, Reduction, Scalar};
pub use place::open;
pub use plan::{Explain, ExplainStage, Read, Write};
pub use promote::PromoteError;
pub use source::Value;
pub use store::{Layout, Store, Transaction};

/// The crates whose types the library takes and gives, in the versions that it uses.
pub use {half, ndarray, num_complex, serde_json};

/// What the command, the tests and the benches of this workspace need beside the library: its graph, its planner, its
/// sources and sinks. None of it is promised to stay.
#[doc(hidden)]
pub use {
    budget::{Permit, machine_limit, machine_memory},
    buffer::Buffer,
    context::{default_threads, threads_and_why},
    exec::{BACKEND, backend_core},
    expr::Expr,
    kernels::instruction_set,
    operator::{reduce::ReduceOptions, scan::ScanOptions},
    plan::{Plan, Target, evaluate},
    sink::{MemorySink, NpySink, Sink, StoredSink},
    source::{Data, FileCrc, Located, Mapped, Reshaped, Source, Stored, c_strides, elements},
    store::default_chunk,
    view::{AxisMap, Index, View},
};

/// The README's examples are tests too.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;

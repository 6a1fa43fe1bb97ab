//! Arrays larger than memory, kept in one file, with computation directly on that file.
//!
//! An [`Array`] is lazy: it stands for elements in a file, elements in memory, or a computation on other arrays. It has
//! the operators, functions, types and views of NumPy 2. A computation first makes a plan of its reads and its memory.
//! Then it computes tile by tile, in several threads, inside the [`Budget`] of its [`Context`]. A [`Store`] is one file
//! with many named arrays. One line imports everything that a program needs:
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
//! By default, all computations of a process share one budget: 70 % of the memory of its container or of the machine.
//! [`Context::new`] sets another budget. A result in memory counts against the budget while it is computed. Afterwards
//! it belongs to the program and no longer counts.
//!
//! # Other modules
//!
//! [`mod@format`] is the file format, without any arithmetic. [`text`] reads expressions in Python's grammar.

#![deny(missing_docs)]

pub mod array;
mod budget;
mod buffer;
mod compose;
mod compute;
mod context;
#[doc(hidden)]
pub mod display;
mod error;
mod exec;
mod expr;
pub mod formats;
mod kernels;
#[doc(hidden)]
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
mod region;
mod sink;
mod source;
mod spans;
mod store;
pub mod text;
mod time;
mod view;

pub use array::{
    Array, Ellipsis, IntoArray, IntoAxes, IntoBins, IntoPart, IntoParts, IntoShape, Native, NewAxis, Slice,
    compute_all,
};
pub use arrstore_format as format;
pub use arrstore_format::{
    Attributes, Codec, DType, DTypeError, Element, Field, Kind, RecordType, TimeBase, TimeUnit,
};
pub use budget::Budget;
pub use compose::{
    BinRule, Bins, BitOrder, Closeness, CovarianceOptions, Cuts, Description, GridOptions, HistogramOptions,
    IntoQuantiles, Justify, Mode, Pad, ProductOrder, QuantileMethod, QuantileOptions, Samples, Stat,
};
pub use context::{Context, Metrics, Progress};
pub use error::{Error, ErrorKind, Result};
pub use op::{Charset, OnFault, Op, Reduction, Scalar};
pub use operator::{correlate::Overlap, interp::Beyond};
pub use place::open;
pub use plan::{Explain, ExplainStage, Read, Write};
pub use promote::PromoteError;
pub use source::Value;
pub use store::{Layout, Merged, Merging, PartsError, Store, Transaction};

/// The crates whose types appear in the library's interface, in the versions that it uses.
pub use {half, ndarray, num_complex, serde_json};

/// Internals for the command, the tests and the benches of this workspace: the graph, the planner, the sources and the
/// sinks. They may change or vanish in any version.
#[doc(hidden)]
pub use {
    budget::{Permit, machine_limit, machine_memory},
    buffer::Buffer,
    compose::{Part, Quantiles, Unique, UniqueOptions},
    context::{default_threads, threads_and_why},
    exec::{BACKEND, backend_core},
    expr::Expr,
    kernels::instruction_set,
    operator::{reduce::ReduceOptions, scan::ScanOptions},
    plan::{Plan, Target, evaluate},
    sink::{MemorySink, NpySink, Sink, StoredSink},
    source::{Data, FileCrc, Located, Mapped, Reshaped, Source, Stored, c_strides, elements},
    store::{default_chunk, packs_bytes},
    view::{AxisMap, Index, View},
};

/// Runs the README's examples as tests.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;

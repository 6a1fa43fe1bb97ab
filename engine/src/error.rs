//! What can go wrong between an expression and its answer.

use std::path::PathBuf;

use crate::DType;

/// An error of the engine. Every message says what was expected, what was found and, where one is known,
/// the way out.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Shapes that do not go together.
    #[error("{0}")]
    Shape(String),
    /// An axis outside the array.
    #[error("axis {axis} is out of bounds for an array of {ndim} dimension(s)")]
    Axis {
        /// The axis as given.
        axis: i64,
        /// Dimensions of the array.
        ndim: usize,
    },
    /// An axis named twice.
    #[error("axis {0} is named twice")]
    DuplicateAxis(i64),
    /// An index outside the array.
    #[error("index {index} is out of bounds for axis {axis} with size {size}")]
    Index {
        /// The index as given.
        index: i64,
        /// The axis it was used on.
        axis: usize,
        /// Elements along that axis.
        size: u64,
    },
    /// A view that only a copy could give.
    #[error("{0}; write the operand to an array first (`-o`), then take the view of that")]
    NeedsCopy(String),
    /// Types that do not go together.
    #[error(transparent)]
    Promote(#[from] crate::promote::PromoteError),
    /// An operation that has no answer for these values, found while computing.
    #[error("{0}")]
    Value(String),
    /// The memory budget is too small for this plan.
    #[error(
        "{what} needs {needed} bytes of memory, and the budget is {budget} bytes: \
         raise it (`--memory`) to at least {needed} bytes{hint}"
    )]
    Budget {
        /// The step that does not fit.
        what: String,
        /// Bytes that would do.
        needed: u64,
        /// Bytes allowed.
        budget: u64,
        /// Another way out, or empty.
        hint: &'static str,
    },
    /// The run was asked to stop.
    #[error("cancelled; nothing was committed")]
    Cancelled,
    /// A `.npy` file that cannot be used.
    #[error("{path}: {reason}")]
    Npy {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The operating system refused.
    #[error("{path}: {source}")]
    Io {
        /// The file.
        path: PathBuf,
        /// Its words.
        source: std::io::Error,
    },
    /// The array file refused.
    #[error(transparent)]
    Format(#[from] arrstore_format::Error),
    /// A source or sink from outside this crate failed.
    #[error("{0}")]
    Other(String),
}

impl Error {
    /// An I/O error with the file it happened on.
    pub fn io(path: impl Into<PathBuf>, source: std::io::Error) -> Error {
        Error::Io { path: path.into(), source }
    }

    /// Two dtypes where one was wanted.
    pub(crate) fn dtype(what: &str, expected: DType, found: DType) -> Error {
        Error::Shape(format!("{what}: expected elements of {expected}, found {found}"))
    }
}

/// The engine's result.
pub type Result<T> = std::result::Result<T, Error>;

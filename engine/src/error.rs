//! The errors of the library.

use std::panic::Location;
use std::path::PathBuf;
use std::sync::Arc;

use crate::DType;
use crate::display::size;

/// An error of the library. Every message names the expected and the actual value, and a remedy if there is one.
///
/// A program that acts on an error asks for its [`Error::kind`]. For an error that wraps another, such as
/// [`Error::At`], this is the kind of the inner error.
///
/// ```
/// use arrstore::prelude::*;
/// match arrstore::open("no/such/file.arrs:/t") {
///     Err(error) if error.kind() == ErrorKind::NotFound => {}
///     other => panic!("{other:?}"),
/// }
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// An error from building an array, and the place in the program that asked for the failing step.
    #[error("{error}, at {place}")]
    At {
        /// The error.
        error: Arc<Error>,
        /// File, line and column.
        place: &'static Location<'static>,
    },
    /// Shapes that do not fit together.
    #[error("{0}")]
    Shape(String),
    /// Elements of the wrong type.
    #[error("{what}: expected elements of {expected}, found {found}")]
    DType {
        /// The array, or the function.
        what: String,
        /// The type needed.
        expected: DType,
        /// The type given.
        found: DType,
    },
    /// An axis outside the array.
    #[error("axis {axis} is out of bounds for an array with {ndim} dimension(s)")]
    Axis {
        /// The axis as given.
        axis: i64,
        /// Dimensions of the array.
        ndim: usize,
    },
    /// An axis named twice.
    #[error("axis {0} is given twice: name each axis once")]
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
    #[error("{0}; write the operand to an array first, and take the view of that array")]
    NeedsCopy(String),
    /// Types that do not fit together.
    #[error(transparent)]
    Promote(#[from] crate::promote::PromoteError),
    /// An expression in text that has no meaning.
    #[error(transparent)]
    Text(#[from] crate::text::TextError),
    /// An operation that has no result for these values, or a request without a meaning.
    #[error("{0}")]
    Value(String),
    /// A division by 0 on the way to a result, as by weights that add up to 0.
    #[error("{0}")]
    ZeroDivision(String),
    /// The memory budget is too small for this plan.
    #[error(
        "{what} needs {} of memory, but the budget is {}; a budget of {} is enough{}",
        size(*needed), size(*budget), size(*needed), elsewhere(*result)
    )]
    Budget {
        /// The step that does not fit.
        what: String,
        /// Bytes that would be enough.
        needed: u64,
        /// Bytes allowed.
        budget: u64,
        /// Whether less memory would do if the result were written to a file.
        result: bool,
    },
    /// The run was asked to stop.
    #[error("cancelled; nothing was committed")]
    Cancelled,
    /// A file of plain elements that cannot be used.
    #[error("{path}: {reason}")]
    Npy {
        /// The file.
        path: PathBuf,
        /// The reason why the file cannot be used.
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
    /// Part files that cannot be merged.
    #[error(transparent)]
    Parts(Box<crate::PartsError>),
    /// An array of a file cannot be opened, or a result cannot be written to a file.
    #[error("{words}")]
    File {
        /// The kind of the error.
        kind: ErrorKind,
        /// The file, the array in it, and what is wrong.
        words: String,
    },
    /// The program tried to commit a transaction in which a step had failed.
    #[error("nothing was committed, because an earlier step of the transaction failed: {0}")]
    Transaction(String),
    /// A source or sink from outside this crate failed, or the library found a fault of its own.
    #[error("{0}")]
    Other(String),
}

/// The words about another place for a result.
fn elsewhere(result: bool) -> &'static str {
    if result { ", and less if the result is written to a file" } else { "" }
}

/// The kind of an error, for a program that acts on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// Shapes, axes or numbers of elements that do not fit together.
    Shape,
    /// An index or a region outside the array.
    Index,
    /// Element types that do not fit together.
    DType,
    /// A view that only a copy could give.
    NeedsCopy,
    /// Values for which there is no result, or a request without a meaning: an impossible name, layout or text.
    Invalid,
    /// The memory budget is too small.
    Budget,
    /// The run was asked to stop.
    Cancelled,
    /// A file is damaged, has the wrong format, or was written by a newer version.
    Damaged,
    /// No such file, array or commit.
    NotFound,
    /// The name is taken.
    Exists,
    /// Another writer is at work.
    Locked,
    /// The operating system refused.
    Io,
    /// Anything else.
    Other,
}

impl Error {
    /// The kind of the error.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Error::At { error, .. } => error.kind(),
            Error::Shape(_) | Error::Axis { .. } | Error::DuplicateAxis(_) => ErrorKind::Shape,
            Error::Promote(crate::PromoteError::NegativePower) => ErrorKind::Invalid,
            Error::DType { .. } | Error::Promote(_) => ErrorKind::DType,
            Error::Index { .. } => ErrorKind::Index,
            Error::NeedsCopy(_) => ErrorKind::NeedsCopy,
            Error::Text(text) => text.engine_error().map_or(ErrorKind::Invalid, Error::kind),
            Error::Value(_) | Error::ZeroDivision(_) | Error::Transaction(_) | Error::Parts(_) => {
                ErrorKind::Invalid
            }
            Error::Budget { .. } => ErrorKind::Budget,
            Error::Cancelled => ErrorKind::Cancelled,
            Error::Npy { .. } => ErrorKind::Damaged,
            Error::Io { source, .. } => of_system(source),
            Error::Format(error) => of_format(error),
            Error::File { kind, .. } => *kind,
            Error::Other(_) => ErrorKind::Other,
        }
    }

    /// An I/O error with the file it happened on.
    pub fn io(path: impl Into<PathBuf>, source: std::io::Error) -> Error {
        Error::Io { path: path.into(), source }
    }

    /// A state that the library itself should never reach.
    pub(crate) fn internal(what: &str) -> Error {
        Error::Other(format!("internal error: {what}; please report it"))
    }

    /// Elements of type `found` in place of `expected`.
    pub(crate) fn dtype(what: &str, expected: DType, found: DType) -> Error {
        Error::DType { what: what.to_owned(), expected, found }
    }
}

impl From<crate::PartsError> for Error {
    fn from(error: crate::PartsError) -> Error {
        Error::Parts(Box::new(error))
    }
}

pub(crate) fn of_system(error: &std::io::Error) -> ErrorKind {
    match error.kind() {
        std::io::ErrorKind::NotFound => ErrorKind::NotFound,
        std::io::ErrorKind::AlreadyExists => ErrorKind::Exists,
        _ => ErrorKind::Io,
    }
}

pub(crate) fn of_format(error: &arrstore_format::Error) -> ErrorKind {
    use arrstore_format::Error as E;
    match error {
        E::Io { source, .. } => of_system(source),
        E::Index { .. } | E::Region { .. } => ErrorKind::Index,
        E::DataLength { .. } => ErrorKind::Shape,
        E::Meta { .. } | E::Attributes(_) | E::Name(_) | E::Elements { .. } => ErrorKind::Invalid,
        E::OtherLayout { .. } | E::ChunkWritten { .. } => ErrorKind::Invalid,
        E::View { .. } | E::PartOfChunk { .. } => ErrorKind::NeedsCopy,
        E::NoArray { .. } | E::NoArrayId { .. } | E::NoSuchCommit { .. } | E::NoCommit => ErrorKind::NotFound,
        E::Exists { .. } | E::NameTaken { .. } => ErrorKind::Exists,
        E::Locked => ErrorKind::Locked,
        E::NoLocks | E::Poisoned | E::SyncFailed { .. } | E::CommitUnknown { .. } => ErrorKind::Io,
        E::Cancelled => ErrorKind::Cancelled,
        E::Header(_) | E::Slot(_) | E::Node { .. } | E::BlockPlace { .. } | E::BlockCrc { .. } => {
            ErrorKind::Damaged
        }
        E::Names { .. } | E::Record { .. } | E::Chunk { .. } | E::SlotPage { .. } => ErrorKind::Damaged,
        E::NotZero { .. } | E::Overlap { .. } | E::Nameless { .. } | E::Counts { .. } => ErrorKind::Damaged,
        _ => ErrorKind::Other,
    }
}

/// The library's result.
pub type Result<T> = std::result::Result<T, Error>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_for_people_and_enough() {
        let error =
            Error::Budget { what: "a sum".into(), needed: (3 << 30) + 1, budget: 1 << 30, result: false };
        let words = "a sum needs 3.01 GiB of memory, but the budget is 1 GiB; a budget of 3.01 GiB is enough";
        assert_eq!(error.to_string(), words);
        let error = Error::Budget { what: "a sum".into(), needed: 2048, budget: 1023, result: true };
        assert!(error.to_string().contains("2 KiB of memory, but the budget is 1023 bytes"), "{error}");
        assert!(error.to_string().ends_with("written to a file"), "{error}");
    }
}

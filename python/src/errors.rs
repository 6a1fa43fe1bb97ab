//! The library's errors as Python's.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use arrstore::{Error, ErrorKind};
use pyo3::exceptions::{
    PyIndexError, PyKeyError, PyMemoryError, PyOSError, PyOverflowError, PyTypeError, PyValueError,
    PyZeroDivisionError,
};
use pyo3::prelude::*;

use crate::dtype::numpy;

/// Numbers of the system's errors, as Python's `errno` has them.
const ENOENT: i32 = 2;
const EIO: i32 = 5;
const EAGAIN: i32 = 11;
const EEXIST: i32 = 17;
const ECANCELED: i32 = 125;

/// An error of the library on its way to Python.
#[derive(Debug)]
pub(crate) struct Failed(Error);

impl<E: Into<Error>> From<E> for Failed {
    fn from(error: E) -> Failed {
        Failed(error.into())
    }
}

impl From<Failed> for PyErr {
    fn from(failed: Failed) -> PyErr {
        Python::attach(|py| to_python(py, &failed.0))
    }
}

/// Errors that functions of Python raised inside of a computation, by their numbers.
static RAISED: Mutex<BTreeMap<u64, PyErr>> = Mutex::new(BTreeMap::new());

/// How the library's error of one of them begins.
const RAISED_AS: &str = "a function of Python raised error ";

/// The library's error for one that a function of Python raised.
pub(crate) fn raised(error: PyErr) -> Error {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    RAISED.lock().unwrap_or_else(PoisonError::into_inner).insert(number, error);
    Error::Other(format!("{RAISED_AS}{number}"))
}

/// Python's error for one of the library.
pub(crate) fn to_python(py: Python<'_>, error: &Error) -> PyErr {
    let words = error.to_string();
    let number = words.find(RAISED_AS).and_then(|at| words.get(at + RAISED_AS.len()..)?.parse::<u64>().ok());
    if let Some(error) = number.and_then(|n| RAISED.lock().unwrap_or_else(PoisonError::into_inner).remove(&n))
    {
        return error;
    }
    match innermost(error) {
        Error::Budget { needed, budget, .. } => return memory(py, words, *needed, *budget),
        Error::Axis { .. } => return axis(py, words),
        Error::Division(_) => return PyZeroDivisionError::new_err(words),
        Error::Promote(
            arrstore::PromoteError::OutOfBounds { .. } | arrstore::PromoteError::TooLarge { .. },
        ) => return PyOverflowError::new_err(words),
        Error::Promote(arrstore::PromoteError::Unrepresentable { value, .. }) => {
            return if value.is_nan() {
                PyValueError::new_err(words)
            } else {
                PyOverflowError::new_err(words)
            };
        }
        Error::Io { path, source } => {
            return PyOSError::new_err((source.raw_os_error().unwrap_or(EIO), words, path.clone()));
        }
        Error::Format(arrstore::format::Error::Io { source, .. }) => {
            return PyOSError::new_err((source.raw_os_error().unwrap_or(EIO), words));
        }
        Error::Format(
            arrstore::format::Error::NoArray { .. } | arrstore::format::Error::NoSuchCommit { .. },
        ) => {
            return PyKeyError::new_err(words);
        }
        // a call whose arguments cannot be bound, or are of the wrong kind
        Error::Text(text) if text.is_call() => return PyTypeError::new_err(words),
        _ => {}
    }
    match error.kind() {
        ErrorKind::Index => PyIndexError::new_err(words),
        ErrorKind::DType => PyTypeError::new_err(words),
        ErrorKind::Cancelled => PyOSError::new_err((ECANCELED, words)),
        ErrorKind::Damaged => PyOSError::new_err((EIO, words)),
        ErrorKind::NotFound => PyOSError::new_err((ENOENT, words)),
        ErrorKind::Exists => PyOSError::new_err((EEXIST, words)),
        ErrorKind::Locked => PyOSError::new_err((EAGAIN, words)),
        ErrorKind::Io => PyOSError::new_err((EIO, words)),
        _ => PyValueError::new_err(words),
    }
}

/// The error inside of the places and texts around it.
fn innermost(error: &Error) -> &Error {
    match error {
        Error::At { error, .. } => innermost(error),
        Error::Text(text) => text.engine_error().map_or(error, innermost),
        error => error,
    }
}

/// A `MemoryError` with the bytes that would do, and the bytes allowed.
fn memory(py: Python<'_>, words: String, needed: u64, budget: u64) -> PyErr {
    let error = PyMemoryError::new_err(words);
    let value = error.value(py);
    match value.setattr("needed", needed).and_then(|()| value.setattr("budget", budget)) {
        Ok(()) => error,
        Err(other) => other,
    }
}

/// NumPy's error of an axis, which is a `ValueError` and an `IndexError`.
fn axis(py: Python<'_>, words: String) -> PyErr {
    let made = numpy(py)
        .and_then(|numpy| numpy.getattr("exceptions")?.getattr("AxisError")?.call1((words.clone(),)));
    made.map_or_else(|_| PyValueError::new_err(words), PyErr::from_value)
}

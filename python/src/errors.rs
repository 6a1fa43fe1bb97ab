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
const ENOMEM: i32 = 12;
const EACCES: i32 = 13;
const EEXIST: i32 = 17;
const EINVAL: i32 = 22;
const EFBIG: i32 = 27;
const ENOSPC: i32 = 28;
const ECANCELED: i32 = 125;

/// The number that Python's classes of errors are chosen by. The library finds some errors before the system does.
fn errno(error: &std::io::Error) -> i32 {
    use std::io::ErrorKind;
    error.raw_os_error().unwrap_or(match error.kind() {
        ErrorKind::NotFound => ENOENT,
        ErrorKind::OutOfMemory => ENOMEM,
        ErrorKind::PermissionDenied => EACCES,
        ErrorKind::AlreadyExists => EEXIST,
        ErrorKind::InvalidInput => EINVAL,
        ErrorKind::FileTooLarge => EFBIG,
        ErrorKind::StorageFull => ENOSPC,
        _ => EIO,
    })
}

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
    let words = format!("{RAISED_AS}{number}: {error}");
    RAISED.lock().unwrap_or_else(PoisonError::into_inner).insert(number, error);
    Error::Other(words)
}

/// Python's error for one of the library.
pub(crate) fn to_python(py: Python<'_>, error: &Error) -> PyErr {
    let words = error.to_string();
    let after = words.find(RAISED_AS).and_then(|at| words.get(at + RAISED_AS.len()..));
    let number = after.and_then(|after| after.split(':').next()?.parse::<u64>().ok());
    if let Some(error) = number.and_then(|n| RAISED.lock().unwrap_or_else(PoisonError::into_inner).remove(&n))
    {
        return error;
    }
    match innermost(error) {
        Error::Budget { needed, budget, .. } => return memory(py, words, *needed, *budget),
        Error::Axis { .. } => return axis(py, words),
        Error::ZeroDivision(_) => return PyZeroDivisionError::new_err(words),
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
            return PyOSError::new_err((errno(source), words, path.clone()));
        }
        Error::Format(arrstore::format::Error::Io { source, .. }) => {
            return PyOSError::new_err((errno(source), words));
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

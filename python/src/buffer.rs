//! Elements in memory or in a map, handed to NumPy without a copy.

use std::ffi::c_int;

use arrstore::{Buffer, Expr, Value};
use pyo3::exceptions::PyBufferError;
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::PyTuple;

use crate::dtype::{numpy, to_numpy};

/// Bytes that Python objects can look at, by the buffer protocol. As long as one does, the bytes stay: a map is not
/// closed under an array.
#[pyclass(module = "arrstore._arrstore")]
pub(crate) struct Elements(Bytes);

enum Bytes {
    /// The result of a computation, which belongs to nobody else: Python may write to it.
    Owned(Buffer),
    /// A view of a source. Python may only read it.
    InPlace(Expr),
}

#[pymethods]
impl Elements {
    /// The buffer protocol: one row of bytes.
    #[expect(unsafe_code, reason = "the buffer protocol hands out pointers")]
    unsafe fn __getbuffer__(slf: Bound<'_, Self>, view: *mut ffi::Py_buffer, flags: c_int) -> PyResult<()> {
        let (start, len, read_only) = {
            let mut this = slf.borrow_mut();
            match &mut this.0 {
                Bytes::Owned(buffer) => {
                    let bytes = buffer.bytes_mut();
                    (bytes.as_mut_ptr(), bytes.len(), false)
                }
                Bytes::InPlace(expr) => {
                    let window = expr.window(false).map_err(|e| PyBufferError::new_err(e.to_string()))?;
                    let bytes = window.map_or(&[][..], |window| window.bytes);
                    (bytes.as_ptr().cast_mut(), bytes.len(), true)
                }
            }
        };
        // SAFETY: Python passes a valid `view`. The call stores a reference to `slf` in it, so the bytes live as long
        // as the view: the buffer and the expression in `slf` are never replaced, and neither moves its bytes. Nothing
        // in Rust reads or writes an owned buffer after this. The bytes in place are marked as read-only.
        let filled = unsafe {
            ffi::PyBuffer_FillInfo(view, slf.as_ptr(), start.cast(), len as isize, read_only.into(), flags)
        };
        if filled == 0 { Ok(()) } else { Err(PyErr::fetch(slf.py())) }
    }
}

/// A computed array as NumPy's, which takes over its memory.
pub(crate) fn of_value<'py>(py: Python<'py>, value: Value) -> PyResult<Bound<'py, PyAny>> {
    let (dtype, shape) = (to_numpy(py, value.dtype())?, value.shape().to_vec());
    if shape.contains(&0) {
        // no buffer: NumPy may look at the address of an array without elements
        return numpy(py)?.getattr("empty")?.call1((PyTuple::new(py, shape)?, dtype));
    }
    let buffer = value.into_buffer().ok_or_else(|| PyBufferError::new_err("a result is in use elsewhere"))?;
    let elements = Bound::new(py, Elements(Bytes::Owned(buffer)))?;
    ndarray(py)?.call1((PyTuple::new(py, shape)?, dtype, elements))
}

/// An array of NumPy that reads the elements where they lie; `None` where only a computation gives them. With `check`,
/// the checksums of a source that is seen whole are checked first.
pub(crate) fn in_place<'py>(
    py: Python<'py>,
    expr: &Expr,
    check: bool,
) -> PyResult<Option<Bound<'py, PyAny>>> {
    let seen = py.detach(|| {
        let window = expr.window(check && expr.chunk_shape().is_some());
        window.map(|window| window.map(|window| (window.offset, window.strides)))
    });
    let Some((offset, strides)) = seen.map_err(crate::errors::Failed::from)? else { return Ok(None) };
    let (dtype, shape) = (to_numpy(py, expr.dtype())?, PyTuple::new(py, expr.shape())?);
    if expr.shape().contains(&0) {
        return numpy(py)?.getattr("empty")?.call1((shape, dtype)).map(Some);
    }
    let elements = Bound::new(py, Elements(Bytes::InPlace(expr.clone())))?;
    ndarray(py)?.call1((shape, dtype, elements, offset, PyTuple::new(py, strides)?)).map(Some)
}

fn ndarray(py: Python<'_>) -> PyResult<&Bound<'_, PyAny>> {
    use pyo3::sync::PyOnceLock;
    static NDARRAY: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let found = || Ok::<_, PyErr>(numpy(py)?.getattr("ndarray")?.unbind());
    NDARRAY.get_or_try_init(py, found).map(|class| class.bind(py))
}

/// Lets an array of NumPy answer a request for a buffer.
#[expect(unsafe_code, reason = "the buffer protocol hands out pointers")]
pub(crate) fn pass_on(array: &Bound<'_, PyAny>, view: *mut ffi::Py_buffer, flags: c_int) -> PyResult<()> {
    // SAFETY: `view` comes from Python's own request. The array fills it and stores a reference to itself in it, as the
    // protocol allows for an object that passes the request on.
    let filled = unsafe { ffi::PyObject_GetBuffer(array.as_ptr(), view, flags) };
    if filled == 0 { Ok(()) } else { Err(PyErr::fetch(array.py())) }
}

//! Python's operators on lazy arrays.

use arrstore::DType;
use pyo3::basic::CompareOp;
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyBytes, PyString, PyTuple};

use crate::array::Array;
use crate::call::call;
use crate::dtype::numpy;
use crate::object::is_operand;

/// The result of a function of two operands. An operator that cannot take the other operand leaves the attempt to it.
fn two<'py>(
    name: &str,
    a: &Bound<'py, PyAny>,
    b: &Bound<'py, PyAny>,
    other: &Bound<'py, PyAny>,
) -> PyResult<Bound<'py, PyAny>> {
    let py = a.py();
    if is_text(other) {
        let text = numpy(py)?.getattr("asarray")?.call1((other,))?;
        let pair = if a.is(other) { [&text, b] } else { [a, &text] };
        return call(py, name, None, &PyTuple::new(py, pair)?, None);
    }
    match is_operand(other)? {
        true => call(py, name, None, &PyTuple::new(py, [a, b])?, None),
        // Dask and pandas leave operators to other arrays, and have an answer for NumPy's functions
        false if is_dask(other)? => numpys(py, name)?.call1((a, b)),
        false if other.hasattr("__pandas_priority__")? => {
            let function = numpys(py, name)?;
            match a.is(other) {
                true => function.call1((other, b.call_method0("_asarray")?)),
                false => function.call1((a.call_method0("_asarray")?, other)),
            }
        }
        false if is_array_like(other)? => call(py, name, None, &PyTuple::new(py, [a, b])?, None),
        false => Ok(py.NotImplemented().into_bound(py)),
    }
}

/// Whether an object has elements and no operators of its own, such as an array of Zarr. NumPy's operators take those.
fn is_array_like(value: &Bound<'_, PyAny>) -> PyResult<bool> {
    Ok(value.hasattr("__array__")? && !value.hasattr("__array_ufunc__")? && !value.hasattr("__radd__")?)
}

/// NumPy's function of the same name.
fn numpys<'py>(py: Python<'py>, name: &str) -> PyResult<Bound<'py, PyAny>> {
    numpy(py)?.getattr(if name == "**" { "power" } else { name })
}

fn is_dask(value: &Bound<'_, PyAny>) -> PyResult<bool> {
    Ok(value.get_type().module()?.to_cow()?.starts_with("dask.array"))
}

fn is_text(value: &Bound<'_, PyAny>) -> bool {
    value.is_exact_instance_of::<PyString>() || value.is_exact_instance_of::<PyBytes>()
}

macro_rules! operators {
    ($($name:literal $forward:ident $back:ident;)* unary $($one:literal $method:ident;)*) => {
        #[pymethods]
        impl Array {
            $(
                fn $forward<'py>(slf: &Bound<'py, Self>, other: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
                    two($name, slf, other, other)
                }
                fn $back<'py>(slf: &Bound<'py, Self>, other: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
                    two($name, other, slf, other)
                }
            )*
            $(
                fn $method<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
                    call(slf.py(), $one, None, &PyTuple::new(slf.py(), [slf])?, None)
                }
            )*
        }
    };
}

operators! {
    "add" __add__ __radd__;
    "subtract" __sub__ __rsub__;
    "multiply" __mul__ __rmul__;
    "divide" __truediv__ __rtruediv__;
    "floor_divide" __floordiv__ __rfloordiv__;
    "remainder" __mod__ __rmod__;
    "matmul" __matmul__ __rmatmul__;
    "left_shift" __lshift__ __rlshift__;
    "right_shift" __rshift__ __rrshift__;
    "bitwise_and" __and__ __rand__;
    "bitwise_or" __or__ __ror__;
    "bitwise_xor" __xor__ __rxor__;
    unary
    "positive" __pos__;
    "negative" __neg__;
    "bitwise_invert" __invert__;
    "abs" __abs__;
}

#[pymethods]
impl Array {
    fn __pow__<'py>(
        slf: &Bound<'py, Self>,
        other: &Bound<'py, PyAny>,
        modulo: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        match modulo.is_none() {
            true => two("**", slf, other, other),
            false => Ok(slf.py().NotImplemented().into_bound(slf.py())),
        }
    }

    fn __rpow__<'py>(
        slf: &Bound<'py, Self>,
        other: &Bound<'py, PyAny>,
        _modulo: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        two("**", other, slf, other)
    }

    fn __divmod__<'py>(slf: &Bound<'py, Self>, other: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        two("divmod", slf, other, other)
    }

    fn __rdivmod__<'py>(slf: &Bound<'py, Self>, other: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        two("divmod", other, slf, other)
    }

    fn __richcmp__<'py>(
        slf: &Bound<'py, Self>,
        other: &Bound<'py, PyAny>,
        op: CompareOp,
    ) -> PyResult<Bound<'py, PyAny>> {
        let name = match op {
            CompareOp::Lt => "less",
            CompareOp::Le => "less_equal",
            CompareOp::Eq => "equal",
            CompareOp::Ne => "not_equal",
            CompareOp::Gt => "greater",
            CompareOp::Ge => "greater_equal",
        };
        let answer = match op {
            CompareOp::Eq => false,
            CompareOp::Ne => true,
            _ => return two(name, slf, other, other),
        };
        if has_fields(slf) != has_fields(other) {
            return Err(PyTypeError::new_err(
                "records are compared with records alone; take a field, as in r['name']",
            ));
        }
        if other.is_none() || texts_differ(slf, other)? {
            return all(slf, other, answer);
        }
        match two(name, slf, other, other) {
            // elements of one kind compare, or are refused: records of other fields, months beside days
            Err(error) if error.is_instance_of::<PyTypeError>(slf.py()) && kind(slf) != kind(other) => {
                all(slf, other, answer)
            }
            result => result,
        }
    }
}

/// Whether the elements of an array, or a number of NumPy, are records.
fn has_fields(value: &Bound<'_, PyAny>) -> bool {
    let names = value.getattr("dtype").and_then(|dtype| dtype.getattr("names"));
    names.is_ok_and(|names| !names.is_none())
}

/// NumPy's letter for the kind of the elements of an array, or of a number of NumPy.
fn kind(value: &Bound<'_, PyAny>) -> Option<char> {
    value.getattr("dtype").and_then(|dtype| dtype.getattr("kind")?.extract()).ok()
}

/// Whether one has texts of bytes and the other texts of characters, which NumPy does not compare.
fn texts_differ(array: &Bound<'_, Array>, other: &Bound<'_, PyAny>) -> PyResult<bool> {
    let kind = match array.borrow().expr.dtype() {
        DType::Bytes(_) => 'U',
        DType::Str(_) => 'S',
        _ => return Ok(false),
    };
    if let Ok(other) = other.cast::<Array>() {
        return Ok(match other.borrow().expr.dtype() {
            DType::Bytes(_) => kind == 'S',
            DType::Str(_) => kind == 'U',
            _ => false,
        });
    }
    match is_text(other) || is_operand(other)? {
        true => Ok(numpy(other.py())?
            .getattr("asarray")?
            .call1((other,))?
            .getattr("dtype")?
            .getattr("kind")?
            .extract::<char>()?
            == kind),
        false => Ok(false),
    }
}

/// The answer of `==` or `!=` for elements of types that do not compare, such as numbers and texts: the same for each.
fn all<'py>(
    array: &Bound<'py, Array>,
    other: &Bound<'py, PyAny>,
    answer: bool,
) -> PyResult<Bound<'py, PyAny>> {
    let (py, numpy) = (array.py(), numpy(array.py())?);
    let shape = numpy.getattr("shape")?;
    let shape = numpy.getattr("broadcast_shapes")?.call1((shape.call1((array,))?, shape.call1((other,))?))?;
    call(py, "full", None, &PyTuple::new(py, [shape, PyBool::new(py, answer).to_owned().into_any()])?, None)
}

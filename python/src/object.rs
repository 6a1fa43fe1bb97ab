//! Python's objects as the library's, and back.

use std::sync::Arc;

use arrstore::text::object::Object;
use arrstore::{DType, Expr, Scalar, Value};
use num_bigint::BigInt;
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{
    PyBool, PyBytes, PyComplex, PyEllipsis, PyFloat, PyInt, PyList, PyRange, PySlice, PyString, PyTuple,
    PyType,
};

use crate::array::Array;
use crate::dtype::{from_numpy, numpy, to_numpy};

/// Runs a piece of code with `$view` as the elements of an array of NumPy of type `$dtype`.
macro_rules! with_elements {
    ($dtype:expr, $array:expr, $view:ident => $body:expr) => {
        $crate::object::with_elements!(@ $dtype, $array, $view => $body;
            Bool bool, I8 i8, I16 i16, I32 i32, I64 i64, U8 u8, U16 u16, U32 u32, U64 u64,
            F16 arrstore::half::f16, BF16 arrstore::half::bf16, F32 f32, F64 f64,
            C64 numpy::Complex32, C128 numpy::Complex64)
    };
    (@ $dtype:expr, $array:expr, $view:ident => $body:expr; $($variant:ident $t:ty),*) => {
        match $dtype {
            $(arrstore::DType::$variant => {
                use numpy::PyArrayMethods as _;
                let array = $array.cast::<numpy::PyArrayDyn<$t>>()?;
                let held = array.try_readonly().map_err(|e| pyo3::exceptions::PyValueError::new_err(e.to_string()))?;
                let $view = held.as_array();
                $body
            })*
            other => Err(pyo3::exceptions::PyTypeError::new_err(format!("expected numbers, found {other}"))),
        }
    };
}
pub(crate) use with_elements;

/// NumPy's classes.
struct Classes {
    array: Py<PyAny>,
    masked: Py<PyAny>,
    number: Py<PyAny>,
    dtype: Py<PyAny>,
}

fn classes(py: Python<'_>) -> PyResult<&Classes> {
    static CLASSES: PyOnceLock<Classes> = PyOnceLock::new();
    CLASSES.get_or_try_init(py, || {
        let of = |name| Ok::<_, PyErr>(numpy(py)?.getattr(name)?.unbind());
        let masked = numpy(py)?.getattr("ma")?.getattr("MaskedArray")?.unbind();
        Ok(Classes { array: of("ndarray")?, masked, number: of("generic")?, dtype: of("dtype")? })
    })
}

/// Whether this is an array of NumPy.
pub(crate) fn is_ndarray(value: &Bound<'_, PyAny>) -> PyResult<bool> {
    value.is_instance(classes(value.py())?.array.bind(value.py()))
}

/// Whether an operator can take this beside an array.
pub(crate) fn is_operand(value: &Bound<'_, PyAny>) -> PyResult<bool> {
    let known = value.is_instance_of::<Array>()
        || value.is_instance_of::<PyInt>()
        || value.is_instance_of::<PyFloat>()
        || value.is_instance_of::<PyComplex>()
        || value.is_instance_of::<PyList>()
        || value.is_instance_of::<PyTuple>()
        || value.is_instance_of::<PyRange>();
    Ok(known
        || is_ndarray(value)?
        || value.is_instance(classes(value.py())?.number.bind(value.py()))?
        || time(value)?.is_some())
}

/// A point or a span of time of Python or of pandas, as NumPy has it; `None` for anything else.
fn time<'py>(value: &Bound<'py, PyAny>) -> PyResult<Option<Bound<'py, PyAny>>> {
    let py = value.py();
    let module = py.import("datetime")?;
    let class = if value.is_instance(&module.getattr("date")?)? {
        "datetime64"
    } else if value.is_instance(&module.getattr("timedelta")?)? {
        "timedelta64"
    } else {
        return Ok(None);
    };
    // those of pandas know nanoseconds
    match value.hasattr("to_numpy")? {
        true => Ok(Some(value.call_method0("to_numpy")?)),
        false => Ok(Some(numpy(py)?.getattr(class)?.call1((value,))?)),
    }
}

/// The most lists within each other: no array has more axes.
const DEEP: usize = 64;
/// A list of more numbers is an array of NumPy: one with fewer may stand for axes or lengths.
const LONG: usize = 64;

/// Refuses lists that lie too deep within each other, as one that holds itself does.
pub(crate) fn check_depth(depth: usize) -> PyResult<()> {
    match depth <= DEEP {
        true => Ok(()),
        false => Err(PyValueError::new_err(format!(
            "expected lists at most {DEEP} deep within each other, found a list that lies deeper"
        ))),
    }
}

/// An argument of a call. A number of NumPy keeps its type.
pub(crate) fn argument(value: &Bound<'_, PyAny>) -> PyResult<Object> {
    object(value, false, 0)
}

/// An index. In it a number of NumPy is an integer.
pub(crate) fn index(value: &Bound<'_, PyAny>) -> PyResult<Object> {
    object(value, true, 0)
}

/// Whether this is a list of plain numbers, or of such lists.
fn is_plain(value: &Bound<'_, PyAny>, depth: usize) -> bool {
    value.is_exact_instance_of::<PyInt>()
        || value.is_exact_instance_of::<PyFloat>()
        || value.is_exact_instance_of::<PyBool>()
        || depth < DEEP
            && value.cast::<PyList>().is_ok_and(|items| items.iter().all(|item| is_plain(&item, depth + 1)))
}

/// The array of NumPy that a long list of plain numbers is; `None` for other lists.
fn long_list(list: &Bound<'_, PyList>) -> PyResult<Option<Expr>> {
    if list.len() <= LONG || !is_plain(list.as_any(), 0) {
        return Ok(None);
    }
    let array = numpy(list.py())?.getattr("asarray")?.call1((list,))?;
    // large integers have no type of their own
    let known = matches!(array.getattr("dtype")?.getattr("char")?.extract()?, '?' | 'l' | 'q' | 'd');
    known.then(|| elements(&array)).transpose()
}

fn object(value: &Bound<'_, PyAny>, index: bool, depth: usize) -> PyResult<Object> {
    let py = value.py();
    check_depth(depth)?;
    if let Ok(array) = value.cast::<Array>() {
        return Ok(Object::Array(array.borrow().expr.clone()));
    }
    if value.is_none() {
        return Ok(Object::None);
    }
    if value.is_exact_instance_of::<PyBool>() {
        return Ok(Object::Bool(value.extract()?));
    }
    if value.is_exact_instance_of::<PyInt>() {
        return integer(value);
    }
    if value.is_exact_instance_of::<PyFloat>() {
        return Ok(Object::Float(value.extract()?));
    }
    if value.is_exact_instance_of::<PyComplex>() {
        return Ok(Object::Complex(value.extract()?));
    }
    if let Ok(text) = value.cast::<PyString>() {
        return Ok(Object::Str(text.extract()?));
    }
    if value.is(PyEllipsis::get(py)) {
        return Ok(Object::Ellipsis);
    }
    let parts = |items: Vec<Bound<'_, PyAny>>| -> PyResult<Vec<Object>> {
        items.iter().map(|item| object(item, index, depth + 1)).collect()
    };
    if let Ok(items) = value.cast::<PyTuple>() {
        return Ok(Object::Tuple(parts(items.iter().collect())?));
    }
    if let Ok(items) = value.cast::<PyList>() {
        if let Some(array) = long_list(items)? {
            return Ok(Object::Array(array));
        }
        return Ok(Object::List(parts(items.iter().collect())?));
    }
    if let Ok(range) = value.cast::<PyRange>() {
        // as a list, if it may stand for axes or lengths; elements of an array have the type of NumPy's integers
        return match range.len()? {
            1..=LONG => Ok(Object::List(parts(range.try_iter()?.collect::<PyResult<_>>()?)?)),
            _ => Ok(Object::Array(as_elements(value)?)),
        };
    }
    if let Ok(slice) = value.cast::<PySlice>() {
        let end = |name| match slice.getattr(name)? {
            end if end.is_none() => Ok(Object::None),
            end => whole(&end),
        };
        return Ok(Object::Slice(Box::new([end("start")?, end("stop")?, end("step")?])));
    }
    let classes = classes(py)?;
    if value.is_instance(classes.array.bind(py))? {
        return Ok(Object::Array(elements(value)?));
    }
    if value.is_instance(classes.number.bind(py))? {
        return number(value, index);
    }
    if value.is_instance(classes.dtype.bind(py))? || value.is_instance_of::<PyType>() {
        return Ok(Object::DType(from_numpy(value)?));
    }
    if value.is_exact_instance_of::<PyBytes>() || value.hasattr("__array__")? {
        return Ok(Object::Array(as_elements(value)?));
    }
    if value.hasattr("__index__")? {
        return whole(value);
    }
    if value.is_instance_of::<PyFloat>() {
        return Ok(Object::Float(value.extract()?));
    }
    if let Some(time) = time(value)? {
        return Ok(Object::Array(as_elements(&time)?));
    }
    let kind = value.get_type().name()?;
    Err(PyTypeError::new_err(format!(
        "expected an array, a number, a type, a text, a tuple or a list, found {kind}"
    )))
}

/// An integer, or an object that stands for one, such as a lazy array of one element.
fn whole(value: &Bound<'_, PyAny>) -> PyResult<Object> {
    match value.is_exact_instance_of::<PyInt>() {
        true => integer(value),
        false => integer(&value.py().import("operator")?.call_method1("index", (value,))?),
    }
}

fn integer(value: &Bound<'_, PyAny>) -> PyResult<Object> {
    match value.extract::<i64>() {
        Ok(n) => Ok(Object::Int(n.into())),
        Err(_) => Ok(Object::Int(value.extract::<BigInt>()?)),
    }
}

/// A number of NumPy.
fn number(value: &Bound<'_, PyAny>, index: bool) -> PyResult<Object> {
    let dtype = from_numpy(&value.getattr("dtype")?)?;
    let alone = || as_elements(value).map(Object::Array);
    if !dtype.kind().is_number() {
        return alone();
    }
    let plain = object(&value.call_method0("item")?, index, 0)?;
    if index && matches!(plain, Object::Int(_) | Object::Bool(_)) {
        return Ok(plain);
    }
    let scalar: Scalar = match plain {
        Object::Bool(b) => b.into(),
        Object::Float(x) => x.into(),
        Object::Complex(z) => z.into(),
        Object::Int(n) => i128::try_from(n).map_err(|e| PyValueError::new_err(e.to_string()))?.into(),
        _ => return alone(),
    };
    Ok(Object::Array(Expr::scalar(scalar).cast(dtype).map_err(crate::errors::Failed::from)?))
}

/// The elements of anything that NumPy makes an array of.
pub(crate) fn as_elements(value: &Bound<'_, PyAny>) -> PyResult<Expr> {
    elements(&numpy(value.py())?.getattr("asarray")?.call1((value,))?)
}

/// A copy of an array of NumPy.
pub(crate) fn elements(array: &Bound<'_, PyAny>) -> PyResult<Expr> {
    let (dtype, array) = native(array)?;
    if !has_view(dtype, &array)? {
        // as their bytes
        let bytes = array.call_method0("tobytes")?;
        let shape: Vec<u64> = array.getattr("shape")?.extract()?;
        let value = Value::copied_from(dtype, &shape, bytes.cast::<PyBytes>()?.as_bytes());
        let value = Arc::new(value.map_err(crate::errors::Failed::from)?);
        return Ok(Expr::source(value).map_err(crate::errors::Failed::from)?);
    }
    with_elements!(dtype, array, view => {
        let made = arrstore::Array::from(view);
        Ok(made.expr().map_err(crate::errors::Failed::from)?.clone())
    })
}

/// Whether `with_elements` can look at the elements of an array: numbers, along at most 32 axes.
pub(crate) fn has_view(dtype: DType, array: &Bound<'_, PyAny>) -> PyResult<bool> {
    Ok(dtype.kind().is_number() && array.getattr("ndim")?.extract::<usize>()? <= 32)
}

/// The library's type of an array of NumPy, and the array with its elements aligned, in this machine's byte order and whole
/// elements apart.
pub(crate) fn native<'py>(array: &Bound<'py, PyAny>) -> PyResult<(DType, Bound<'py, PyAny>)> {
    let numpy = array.getattr("dtype")?;
    let dtype = from_numpy(&numpy)?;
    refuse_mask(array)?;
    if !numpy.getattr("isnative")?.is_truthy()? {
        let native = numpy.call_method1("newbyteorder", ("=",))?;
        return Ok((dtype, array.call_method1("astype", (native,))?));
    }
    let item = dtype.size().max(1) as isize;
    let apart = |strides: Vec<isize>| strides.iter().all(|stride| stride % item == 0);
    let plain = array.getattr("flags")?.getattr("aligned")?.is_truthy()?
        && (array.getattr("ndim")?.extract::<usize>()? == 0 || apart(array.getattr("strides")?.extract()?));
    let array = if plain { array.clone() } else { array.call_method0("copy")? };
    Ok((dtype, array))
}

/// Refuses an array with masked elements: they would be taken as any others.
pub(crate) fn refuse_mask(array: &Bound<'_, PyAny>) -> PyResult<()> {
    if array.is_instance(classes(array.py())?.masked.bind(array.py()))? {
        let mask = array.getattr("mask")?.call_method0("tobytes")?;
        if mask.cast::<PyBytes>()?.as_bytes().iter().any(|&byte| byte != 0) {
            let words = "a masked array would lose its mask: give a.filled(value), or a.data";
            return Err(PyValueError::new_err(words));
        }
    }
    Ok(())
}

/// A result of the library as a Python object.
pub(crate) fn to_python<'py>(py: Python<'py>, object: Object) -> PyResult<Bound<'py, PyAny>> {
    Ok(match object {
        Object::Array(expr) => Bound::new(py, Array::new(expr))?.into_any(),
        Object::Bool(b) => PyBool::new(py, b).to_owned().into_any(),
        Object::Int(n) => n.into_pyobject(py)?.into_any(),
        Object::Float(x) => x.into_pyobject(py)?.into_any(),
        Object::Complex(z) => z.into_pyobject(py)?.into_any(),
        Object::Str(text) => text.into_pyobject(py)?.into_any(),
        Object::DType(dtype) => to_numpy(py, dtype)?,
        Object::None => py.None().into_bound(py),
        Object::Ellipsis => PyEllipsis::get(py).to_owned().into_any(),
        Object::Slice(_) => return Err(PyTypeError::new_err("a slice is no result")),
        Object::Tuple(parts) => {
            let parts = parts.into_iter().map(|part| to_python(py, part)).collect::<PyResult<Vec<_>>>()?;
            PyTuple::new(py, parts)?.into_any()
        }
        Object::List(parts) => {
            let parts = parts.into_iter().map(|part| to_python(py, part)).collect::<PyResult<Vec<_>>>()?;
            PyList::new(py, parts)?.into_any()
        }
    })
}

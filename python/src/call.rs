//! The functions of the library's tables, called from Python.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use arrstore::formats::{Elements, Format, Location, list, open_at, open_snapshot};
use arrstore::text::{self, Formula, object};
use arrstore::{DType, Plan, Target, Value};
use numpy::{PyArray1, PyArrayMethods as _};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyString, PyTuple};

use crate::array::{Array, Made, Origin};
use crate::dtype::{from_numpy, to_numpy};
use crate::errors::Failed;
use crate::object::{argument, is_ndarray, refuse_mask, to_python};
use crate::run::run;
use crate::{buffer, settings};

/// Calls a function by its name, or a method of `object`.
#[pyfunction]
#[pyo3(signature = (name, object, args, kwargs = None))]
pub(crate) fn call<'py>(
    py: Python<'py>,
    name: &str,
    object: Option<&Bound<'py, PyAny>>,
    args: &Bound<'py, PyTuple>,
    kwargs: Option<&Bound<'py, PyDict>>,
) -> PyResult<Bound<'py, PyAny>> {
    let object = object.map(settled).transpose()?;
    let args = args.iter().map(|value| settled(&value)).collect::<PyResult<Vec<_>>>()?;
    let given = object.as_ref().map(argument).transpose()?;
    let typed = type_parameter(name).map(|at| at - usize::from(object.is_some()));
    let read = |(at, value)| if Some(at) == typed { element_type(value) } else { argument(value) };
    let positional = args.iter().enumerate().map(read).collect::<PyResult<Vec<_>>>()?;
    let mut named = Vec::new();
    let kept = kwargs.filter(|kwargs| !kwargs.is_empty()).map(|_| PyDict::new(py));
    for (name, value) in kwargs.into_iter().flatten() {
        let (name, value) = (name.extract::<String>()?, settled(&value)?);
        if let Some(kept) = &kept {
            kept.set_item(&name, &value)?;
        }
        let object = if name == "dtype" { element_type(&value)? } else { argument(&value)? };
        named.push((name, object));
    }
    // elements are counted here if a shape depends on them
    let bytes = given.iter().chain(&positional).map(bytes).fold(0, u64::saturating_add);
    let result = run(py, bytes, |context| Ok(object::call(name, given, positional, named, context)?))?;
    let result = to_python(py, result)?;
    let (object, args) = (object.map(Bound::unbind), PyTuple::new(py, args)?.unbind());
    let kwargs = kept.map(Bound::unbind);
    let made = |number| Made {
        name: name.to_owned(),
        object: object.as_ref().map(|object| object.clone_ref(py)),
        args: args.clone_ref(py),
        kwargs: kwargs.as_ref().map(|kwargs| kwargs.clone_ref(py)),
        number,
    };
    let note = |array: &Bound<'py, PyAny>, number| {
        if let Ok(array) = array.cast::<Array>() {
            array.borrow_mut().made = Some(Arc::new(made(number)));
        }
    };
    note(&result, None);
    if let Ok(parts) = result.cast::<PyTuple>() {
        for (number, part) in parts.iter().enumerate() {
            note(&part, Some(number));
        }
    }
    Ok(result)
}

/// The place of the parameter `dtype` among those that a function takes by position.
fn type_parameter(name: &str) -> Option<usize> {
    static PLACES: LazyLock<BTreeMap<&'static str, usize>> = LazyLock::new(|| {
        let place = |(name, _, parameters, _): Row| {
            let parameters = parameters.unwrap_or_default();
            let by_position = parameters.iter().take_while(|p| !p.starts_with(['*', '.']));
            by_position.map(|p| p.trim_end_matches('?')).position(|p| p == "dtype").map(|at| (name, at))
        };
        functions().into_iter().filter_map(place).collect()
    });
    PLACES.get(name).copied()
}

/// An argument that is an element type. It may be any that NumPy knows, such as `?`, `<f4` or a list of fields.
fn element_type(value: &Bound<'_, PyAny>) -> PyResult<object::Object> {
    match value.is_instance_of::<PyString>() || value.is_instance_of::<PyList>() {
        true => Ok(object::Object::DType(from_numpy(value)?)),
        false => argument(value),
    }
}

/// Arrays of NumPy become lazy arrays, and lazy ones objects of their own, so that a later change of them changes nothing
/// that was made from them.
pub(crate) fn settled<'py>(value: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    settled_at(value, 0)
}

fn settled_at<'py>(value: &Bound<'py, PyAny>, depth: usize) -> PyResult<Bound<'py, PyAny>> {
    let py = value.py();
    crate::object::check_depth(depth)?;
    if let Ok(array) = value.cast::<Array>() {
        return Ok(Bound::new(py, array.borrow().snapshot())?.into_any());
    }
    if is_ndarray(value)? {
        return Ok(Bound::new(py, Array::new(crate::object::elements(value)?))?.into_any());
    }
    if let Ok(items) = value.cast::<PyTuple>() {
        let items = items.iter().map(|item| settled_at(&item, depth + 1)).collect::<PyResult<Vec<_>>>()?;
        return Ok(PyTuple::new(py, items)?.into_any());
    }
    if let Ok(items) = value.cast::<PyList>() {
        let items = items.iter().map(|item| settled_at(&item, depth + 1)).collect::<PyResult<Vec<_>>>()?;
        return Ok(PyList::new(py, items)?.into_any());
    }
    Ok(value.clone())
}

/// Bytes of the arrays in an argument.
fn bytes(object: &object::Object) -> u64 {
    match object {
        object::Object::Array(expr) => {
            expr.shape().iter().fold(expr.dtype().size() as u64, |all, &n| all.saturating_mul(n))
        }
        object::Object::Tuple(parts) | object::Object::List(parts) => {
            parts.iter().map(bytes).fold(0, u64::saturating_add)
        }
        _ => 0,
    }
}

/// A function: its name, whether it is a method, its parameters and one line of help.
type Row = (&'static str, bool, Option<Vec<String>>, &'static str);

/// The functions, and their other names. Parameters are written as in Python, with `?` after one that is optional; `None`
/// where they are not known.
#[pyfunction]
pub(crate) fn functions() -> Vec<Row> {
    let rows = |entry: text::Entry| {
        let names = std::iter::once(entry.name).chain(entry.aliases);
        let row = move |name| (name, object::is_method(name), parameters(&entry.usage), entry.help);
        names.map(row).collect::<Vec<_>>()
    };
    text::functions().into_iter().flat_map(rows).collect()
}

/// The parameters in a usage such as `sum(a, [axis], *, [keepdims])`.
fn parameters(usage: &str) -> Option<Vec<String>> {
    let inside = usage.split_once('(')?.1.strip_suffix(')')?;
    let optional =
        |p: &str| p.strip_prefix('[').and_then(|p| p.strip_suffix(']')).map(|name| format!("{name}?"));
    let written = inside.split(", ").filter(|p| !p.is_empty());
    (inside != "...").then(|| written.map(|p| optional(p).unwrap_or_else(|| p.to_owned())).collect())
}

/// NumPy's element types, by name.
#[pyfunction]
pub(crate) fn dtypes(py: Python<'_>) -> PyResult<Bound<'_, PyDict>> {
    let all = PyDict::new(py);
    for dtype in DType::ALL {
        // a type of another package is there only if the package is
        if let Ok(made) = to_numpy(py, dtype) {
            all.set_item(dtype.name(), made)?;
        }
    }
    Ok(all)
}

/// The names of variables in the text of an expression.
#[pyfunction]
#[pyo3(signature = (text, variables = None))]
pub(crate) fn eval<'py>(
    py: Python<'py>,
    text: &str,
    variables: Option<&Bound<'py, PyDict>>,
) -> PyResult<Bound<'py, PyAny>> {
    let formula = Formula::parse(text).map_err(Failed::from)?;
    let Some(given) = variables else { return Ok(PyList::new(py, formula.names())?.into_any()) };
    let mut variables = BTreeMap::new();
    let mut all = 0u64;
    for (name, value) in given {
        let object = argument(&value)?;
        all = all.saturating_add(bytes(&object));
        let expr = match object {
            object::Object::Array(expr) => expr,
            object::Object::Bool(b) => arrstore::Expr::scalar(b),
            object::Object::Float(x) => arrstore::Expr::scalar(x),
            object::Object::Complex(z) => arrstore::Expr::scalar(z),
            object::Object::Int(n) => match i128::try_from(n) {
                Ok(n) => arrstore::Expr::scalar(n),
                Err(_) => {
                    return Err(pyo3::exceptions::PyOverflowError::new_err(format!("{name} is too large")));
                }
            },
            _ => crate::object::as_elements(&value)?,
        };
        variables.insert(name.extract()?, expr);
    }
    let found = run(py, all, |context| {
        Ok(formula.results(&variables, Some(context)).map_err(arrstore::Error::from)?)
    })?;
    let mut arrays = found.into_iter().map(|(_, expr)| to_python(py, object::Object::Array(expr)));
    match (arrays.next(), arrays.len()) {
        (Some(only), 0) => only,
        (first, _) => {
            let all = first.into_iter().chain(arrays).collect::<PyResult<Vec<_>>>()?;
            Ok(PyTuple::new(py, all)?.into_any())
        }
    }
}

/// Computes several arrays together, so that what they share is computed once.
#[pyfunction]
pub(crate) fn compute_all<'py>(
    py: Python<'py>,
    arrays: Vec<PyRef<'py, Array>>,
) -> PyResult<Vec<Bound<'py, PyAny>>> {
    let exprs: Vec<_> = arrays.iter().map(|array| array.expr.clone()).collect();
    drop(arrays);
    let bytes = exprs.iter().map(|expr| expr.work_bytes()).fold(0, u64::saturating_add);
    let roots: Vec<_> = exprs.into_iter().map(|expr| (expr, Target::Memory)).collect();
    let values = run(py, bytes, |context| Ok(Plan::new(&roots, context)?.run(context)?))?;
    values.into_iter().flatten().map(|value| buffer::of_value(py, value)).collect()
}

/// Opens one array of a file: its lazy array, its attributes as JSON, and the names of its axes.
#[pyfunction]
#[pyo3(signature = (path, commit = None))]
pub(crate) fn open_array(
    py: Python<'_>,
    path: &str,
    commit: Option<u64>,
) -> PyResult<(Py<Array>, String, Vec<Option<String>>)> {
    let context = settings::context();
    // a relative path means the folder of now, also for a process that unpickles the array elsewhere
    let path = std::path::absolute(path)?.to_string_lossy().into_owned();
    let (input, commit) = py
        .detach(|| {
            let location = Location::of_input(&path)?;
            let commit = match (location.format, commit) {
                (Format::Arrs, None) => Some(open_snapshot(&location)?.seq()),
                (_, commit) => commit,
            };
            Ok((open_at(&location.at_commit(commit)?, &Elements::default(), &context)?, commit))
        })
        .map_err(|error: arrstore::formats::Error| Failed::from(arrstore::Error::from(error)))?;
    let attributes = arrstore::serde_json::Value::Object(input.about.attributes).to_string();
    let origin = Origin::Path { path, commit };
    Ok((Py::new(py, Array { origin: Some(origin), ..Array::new(input.expr) })?, attributes, input.about.dims))
}

/// A lazy array over the plain elements in a file, from byte `offset` on. `fortran` says that the first axis varies fastest.
#[pyfunction]
#[pyo3(signature = (path, dtype, shape = None, offset = 0, fortran = false))]
pub(crate) fn open_raw<'py>(
    py: Python<'py>,
    path: &str,
    dtype: &Bound<'py, PyAny>,
    shape: Option<Vec<u64>>,
    offset: u64,
    fortran: bool,
) -> PyResult<Array> {
    let path = std::path::absolute(path)?.to_string_lossy().into_owned();
    let mut elements = Elements::default();
    elements.dtype = Some(from_numpy(dtype)?);
    let made = crate::dtype::numpy(py)?.getattr("dtype")?.call1((dtype,));
    elements.big_endian =
        made.is_ok_and(|made| made.getattr("byteorder").is_ok_and(|order| order.eq(">").unwrap_or(false)));
    elements.shape = shape.clone();
    elements.offset = Some(offset);
    elements.fortran = fortran;
    let input = py.detach(|| {
        let mut location = Location::of_input(&path)?;
        // whatever the first bytes look like
        location.format = Format::Raw;
        open_at(&location, &elements, &settings::context())
    });
    let input =
        input.map_err(|error: arrstore::formats::Error| Failed::from(arrstore::Error::from(error)))?;
    let args = (path, dtype, shape, offset, fortran).into_pyobject(py)?.unbind();
    let made = Made { name: "raw".to_owned(), object: None, args, kwargs: None, number: None };
    Ok(Array { made: Some(Arc::new(made)), ..Array::new(input.expr) })
}

/// The format of a file, and whether the path names one array in it or a part of one.
#[pyfunction]
pub(crate) fn locate(path: &str) -> PyResult<(&'static str, bool)> {
    let found = Location::of_input(path).map_err(arrstore::Error::from).map_err(Failed::from)?;
    let format = match found.format {
        Format::Arrs => "arrs",
        Format::Npy => "npy",
        Format::Npz => "npz",
        Format::Zarr => "zarr",
        _ => "raw",
    };
    Ok((format, found.name.is_some() || found.subscript.is_some()))
}

/// The names of the arrays of an archive or a folder.
#[pyfunction]
pub(crate) fn list_arrays(py: Python<'_>, path: &str) -> PyResult<Vec<String>> {
    let found = py.detach(|| list(&Location::of_input(path)?));
    let found = found.map_err(arrstore::Error::from).map_err(Failed::from)?;
    Ok(found.into_iter().map(|listed| listed.name).collect())
}

/// A lazy array with a copy of the elements of an array of NumPy.
#[pyfunction]
pub(crate) fn lazy(array: &Bound<'_, PyAny>) -> PyResult<Array> {
    Ok(Array::new(crate::object::elements(array)?))
}

/// The chunks of an array for which none are given.
#[pyfunction]
pub(crate) fn default_chunks(dtype: &Bound<'_, PyAny>, shape: Vec<u64>) -> PyResult<Vec<u64>> {
    Ok(arrstore::default_chunk(crate::dtype::from_numpy(dtype)?, &shape))
}

/// Applies a function of Python to each block of an array. It gets an array of NumPy, and returns one of the same shape
/// with elements of `dtype`.
#[pyfunction]
pub(crate) fn map_blocks<'py>(
    py: Python<'py>,
    array: &Bound<'py, Array>,
    function: Py<PyAny>,
    dtype: &Bound<'py, PyAny>,
) -> PyResult<Array> {
    let (input, output) = (array.borrow().expr.clone(), crate::dtype::from_numpy(dtype)?);
    let from = input.dtype();
    let kept = function.clone_ref(py);
    let apply = move |shape: &[u64], block: &[u8], out: &mut [u8]| -> PyResult<()> {
        // copied before Python's lock is taken, and after other threads have it again
        let value = Value::copied_from(from, shape, block).map_err(Failed::from)?;
        Python::attach(|py| {
            let result = function.call1(py, (buffer::of_value(py, value)?,))?;
            refuse_mask(result.bind(py))?;
            let numpy = crate::dtype::numpy(py)?;
            let result = numpy.getattr("ascontiguousarray")?.call1((result, to_numpy(py, output)?))?;
            let found: Vec<u64> = result.getattr("shape")?.extract()?;
            // NumPy makes an axis of an array without axes
            if found != shape && !(shape.is_empty() && found == [1]) {
                let words = format!(
                    "the function of map_blocks: expected a block of shape {shape:?}, found {found:?}"
                );
                return Err(PyValueError::new_err(words));
            }
            let bytes = result.call_method1("reshape", (-1,))?.call_method1("view", ("u1",))?;
            let bytes = bytes
                .cast::<PyArray1<u8>>()?
                .try_readonly()
                .map_err(|e| PyValueError::new_err(e.to_string()))?;
            let elements = bytes.as_slice().map_err(|e| PyValueError::new_err(e.to_string()))?;
            py.detach(|| out.copy_from_slice(elements));
            Ok(())
        })
    };
    let call = move |shape: &[u64], block: &[u8], out: &mut [u8]| {
        settings::inside(|| apply(shape, block, out)).map_err(crate::errors::raised)
    };
    let mapped = input.map_blocks(output, call).map_err(Failed::from)?;
    let made = Made {
        name: "map_blocks".to_owned(),
        object: Some(settled(array.as_any())?.unbind()),
        args: (kept, dtype).into_pyobject(py)?.unbind(),
        kwargs: None,
        number: None,
    };
    Ok(Array { made: Some(Arc::new(made)), ..Array::new(mapped) })
}

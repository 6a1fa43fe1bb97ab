//! Element types: NumPy's and the library's.

use arrstore::{DType, Field, RecordType};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyTuple};

/// NumPy's type of each of the library's types, by name. Types that NumPy lacks come from `ml_dtypes` when first used.
static KNOWN: PyOnceLock<Py<PyDict>> = PyOnceLock::new();

/// NumPy's module.
pub(crate) fn numpy(py: Python<'_>) -> PyResult<&Bound<'_, PyModule>> {
    static NUMPY: PyOnceLock<Py<PyModule>> = PyOnceLock::new();
    NUMPY.get_or_try_init(py, || Ok(py.import("numpy")?.unbind())).map(|module| module.bind(py))
}

/// NumPy's type of elements of `dtype`.
pub(crate) fn to_numpy<'py>(py: Python<'py>, dtype: DType) -> PyResult<Bound<'py, PyAny>> {
    let known = KNOWN.get_or_init(py, || PyDict::new(py).unbind()).bind(py);
    let name = dtype.name();
    if let Some(found) = known.get_item(&name)? {
        return Ok(found);
    }
    let made = match dtype {
        DType::BF16 => {
            let types = py.import("ml_dtypes").map_err(|_| {
                PyTypeError::new_err("elements of bfloat16 need the package ml_dtypes: pip install ml_dtypes")
            })?;
            numpy(py)?.getattr("dtype")?.call1((types.getattr("bfloat16")?,))?
        }
        DType::Record(record) => {
            let about = PyDict::new(py);
            let fields = record.fields();
            let format = |field: &Field| -> PyResult<_> {
                Ok((to_numpy(py, field.dtype)?, PyTuple::new(py, &field.shape)?))
            };
            about.set_item("names", fields.iter().map(|field| &field.name).collect::<Vec<_>>())?;
            about.set_item("formats", fields.iter().map(format).collect::<PyResult<Vec<_>>>()?)?;
            about.set_item("offsets", fields.iter().map(|field| field.offset).collect::<Vec<_>>())?;
            about.set_item("itemsize", record.size())?;
            numpy(py)?.getattr("dtype")?.call1((about,))?
        }
        _ => numpy(py)?.getattr("dtype")?.call1((&name,))?,
    };
    known.set_item(&name, &made)?;
    Ok(made)
}

/// The library's type for anything that NumPy takes as a type: `"f4"`, `float`, `np.float32`, an `np.dtype`.
pub(crate) fn from_numpy(dtype: &Bound<'_, PyAny>) -> PyResult<DType> {
    let made = numpy(dtype.py())?.getattr("dtype")?.call1((dtype,));
    if let (Err(_), Ok(name)) = (&made, dtype.extract::<String>())
        && let Ok(dtype) = name.parse()
    {
        return Ok(dtype);
    }
    let made = made?;
    if !made.getattr("names")?.is_none() {
        return Ok(DType::Record(record(&made)?));
    }
    // the names of texts count bits
    let is_text = matches!(made.getattr("kind")?.extract()?, 'S' | 'U');
    let name: String = made.getattr(if is_text { "str" } else { "name" })?.extract()?;
    name.trim_start_matches('>').parse().map_err(|error| PyTypeError::new_err(format!("{error}")))
}

/// The library's record type for a structured type of NumPy.
fn record(dtype: &Bound<'_, PyAny>) -> PyResult<RecordType> {
    let mut fields = Vec::new();
    let about = dtype.getattr("fields")?;
    for name in dtype.getattr("names")?.extract::<Vec<String>>()? {
        let field = about.get_item(&name)?;
        let (inner, offset) = (field.get_item(0)?, field.get_item(1)?.extract()?);
        let shape = inner.getattr("shape")?.extract()?;
        fields.push(Field { name, dtype: from_numpy(&inner.getattr("base")?)?, offset, shape });
    }
    fields.sort_by_key(|field| field.offset);
    let made = RecordType::new(fields, dtype.getattr("itemsize")?.extract()?);
    made.map_err(|error| PyTypeError::new_err(format!("{error}")))
}

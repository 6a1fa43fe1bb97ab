//! Element types: NumPy's and the library's.

use arrstore::DType;
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyDict;

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
    let name: String = made?.getattr("name")?.extract()?;
    name.parse().map_err(|error| PyTypeError::new_err(format!("{error}")))
}

//! Transactions: arrays that are written, changed and merged together.

use std::path::PathBuf;

use arrstore::format::Attributes;
use arrstore::text::object::{Object, indices};
use arrstore::{Codec, Error, Expr, Layout, Merging, Scalar};
use pyo3::exceptions::{PyRuntimeError, PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::errors::Failed;
use crate::object::{argument, has_view, index, is_ndarray, native, with_elements};
use crate::run::Running;
use crate::store::describe;

/// Changes to a file that nobody sees before they are committed together.
#[pyclass(module = "arrstore._arrstore")]
pub(crate) struct Transaction {
    inner: Option<arrstore::Transaction>,
    running: Running,
}

fn attributes(json: &str) -> PyResult<Attributes> {
    arrstore::serde_json::from_str(json).map_err(|e| PyValueError::new_err(format!("attributes: {e}")))
}

/// The elements of an array to be written.
enum Value<'py> {
    Lazy(arrstore::Array, u64),
    Elements(arrstore::DType, Bound<'py, PyAny>),
}

fn value<'py>(given: &Bound<'py, PyAny>) -> PyResult<Value<'py>> {
    let py = given.py();
    if is_ndarray(given)? {
        let (dtype, array) = native(given)?;
        if has_view(dtype, &array)? {
            return Ok(Value::Elements(dtype, array));
        }
    }
    let expr = match argument(given)? {
        Object::Array(expr) => expr,
        Object::Bool(b) => Expr::scalar(b),
        Object::Float(x) => Expr::scalar(x),
        Object::Complex(z) => Expr::scalar(z),
        Object::Int(n) if i128::try_from(&n).is_ok() => Expr::scalar(i128::try_from(n).unwrap_or_default()),
        Object::List(_) | Object::Tuple(_) => {
            return value(&crate::dtype::numpy(py)?.getattr("asarray")?.call1((given,))?);
        }
        _ => {
            return Err(PyTypeError::new_err(format!(
                "expected an array or a number, found {}",
                given.get_type().name()?
            )));
        }
    };
    let bytes = expr.work_bytes();
    Ok(Value::Lazy(expr.into(), bytes))
}

/// Runs a step with `$given` as the value, for a lazy array and for the elements of an array of NumPy.
macro_rules! step {
    ($py:expr, $this:expr, $value:expr, $given:ident, $tx:ident => $body:expr) => {{
        let $tx = $this.inner()?;
        match value($value)? {
            Value::Lazy($given, bytes) => $this.running.run($py, bytes, |_| Ok($body?)),
            Value::Elements(dtype, array) => {
                let bytes = array.getattr("nbytes")?.extract::<u64>()?;
                with_elements!(dtype, array, $given => $this.running.run($py, bytes, |_| Ok($body?)))
            }
        }
    }};
}

#[pymethods]
impl Transaction {
    /// The names of all arrays, with those that the transaction has written.
    fn names(&self) -> PyResult<Vec<String>> {
        Ok(self.inner()?.names())
    }

    /// The layout and the attributes of an array.
    fn meta<'py>(&self, py: Python<'py>, name: &str) -> PyResult<Bound<'py, PyDict>> {
        describe(py, &self.inner()?.meta(name).map_err(Failed::from)?)
    }

    /// Writes an array: one of NumPy, a number, or a lazy array, which is computed chunk by chunk. A `part` is the place
    /// of the first element in a whole array, and the shape of that. The fill value is a number, or an `element` as bytes.
    #[expect(clippy::too_many_arguments, reason = "the arguments of a Python function")]
    #[pyo3(signature = (name, value, *, chunks = None, codec = None, shuffle = None, order = None, fill = None, element = None, dims = None, attrs = None, part = None))]
    fn write(
        &self,
        py: Python<'_>,
        name: &str,
        value: &Bound<'_, PyAny>,
        chunks: Option<Vec<u64>>,
        codec: Option<&str>,
        shuffle: Option<bool>,
        order: Option<Vec<u8>>,
        fill: Option<&Bound<'_, PyAny>>,
        element: Option<Vec<u8>>,
        dims: Option<Vec<Option<String>>>,
        attrs: Option<&str>,
        part: Option<(Vec<u64>, Vec<u64>)>,
    ) -> PyResult<()> {
        let mut layout = Layout::new();
        if let Some(chunks) = chunks {
            layout = layout.chunk(chunks);
        }
        if let Some(codec) = codec {
            layout = layout.codec(codec.parse::<Codec>().map_err(PyValueError::new_err)?);
        }
        if let Some(shuffle) = shuffle {
            layout = layout.shuffle(shuffle);
        }
        if let Some(order) = order {
            layout = layout.order(order);
        }
        if let Some(fill) = fill {
            layout = layout.fill(number(fill)?);
        }
        if let Some(element) = element {
            layout = layout.fill_element(element);
        }
        if let Some(dims) = dims {
            layout = layout.dims(dims.into_iter().map(Option::unwrap_or_default));
        }
        for (key, value) in attributes(attrs.unwrap_or("{}"))? {
            layout = layout.attribute(key, value);
        }
        if let Some((start, shape)) = part {
            layout = layout.part(start, shape);
        }
        step!(py, self, value, given, tx => tx.write_with(name, given, &layout))
    }

    /// Makes an array longer along an axis by the elements of another.
    fn append(&self, py: Python<'_>, name: &str, axis: i64, value: &Bound<'_, PyAny>) -> PyResult<()> {
        step!(py, self, value, given, tx => tx.append(name, axis, given))
    }

    /// Assigns to a part of an array.
    fn assign(
        &self,
        py: Python<'_>,
        name: &str,
        key: &Bound<'_, PyAny>,
        value: &Bound<'_, PyAny>,
    ) -> PyResult<()> {
        let region = indices(index(key)?).map_err(Failed::from)?;
        step!(py, self, value, given, tx => tx.assign(name, &region, given))
    }

    /// Changes the lengths of an array's axes.
    fn resize(&self, py: Python<'_>, name: &str, shape: Vec<u64>) -> PyResult<()> {
        let tx = self.inner()?;
        self.running.run(py, 0, |_| Ok(tx.resize(name, shape)?))
    }

    /// Moves the parts in files into the transaction. `existing` names the arrays of which parts change elements.
    fn merge(&self, py: Python<'_>, parts: Vec<PathBuf>, existing: Vec<String>) -> PyResult<()> {
        let tx = self.inner()?;
        let mut merging = Merging::default();
        merging.existing = existing;
        self.running.run(py, u64::MAX, |_| Ok(tx.merge(&parts, &merging).map(drop)?))
    }

    /// Deletes an array.
    fn delete(&self, name: &str) -> PyResult<()> {
        Ok(self.inner()?.delete(name).map_err(Failed::from)?)
    }

    /// Renames an array.
    fn rename(&self, from: &str, to: &str) -> PyResult<()> {
        Ok(self.inner()?.rename(from, to).map_err(Failed::from)?)
    }

    /// Replaces the attributes of an array, given as JSON.
    fn set_attributes(&self, name: &str, json: &str) -> PyResult<()> {
        Ok(self.inner()?.set_attributes(name, attributes(json)?).map_err(Failed::from)?)
    }

    /// Replaces the attributes of the file, given as JSON.
    fn set_file_attributes(&self, json: &str) -> PyResult<()> {
        Ok(self.inner()?.set_store_attributes(attributes(json)?).map_err(Failed::from)?)
    }

    /// Commits all changes together.
    fn commit(&mut self, py: Python<'_>) -> PyResult<()> {
        let inner = self.inner.take().ok_or_else(ended)?;
        self.running.run(py, u64::MAX, |_| Ok(inner.commit()?))
    }

    /// Drops all changes.
    fn rollback(&mut self, py: Python<'_>) {
        let inner = self.inner.take();
        py.detach(|| drop(inner));
    }
}

impl Transaction {
    pub(crate) fn new(inner: arrstore::Transaction, running: Running) -> Transaction {
        Transaction { inner: Some(inner), running }
    }

    fn inner(&self) -> PyResult<&arrstore::Transaction> {
        self.inner.as_ref().ok_or_else(ended)
    }
}

fn ended() -> PyErr {
    PyRuntimeError::new_err("the transaction has ended: begin another")
}

/// A number as the fill value.
fn number(value: &Bound<'_, PyAny>) -> PyResult<Scalar> {
    let plain = match value.hasattr("item")? {
        true => value.call_method0("item")?,
        false => value.clone(),
    };
    match argument(&plain)? {
        Object::Bool(b) => Ok(b.into()),
        Object::Float(x) => Ok(x.into()),
        Object::Complex(z) => Ok(z.into()),
        Object::Int(n) => {
            let large = |_| Failed::from(Error::Value("the fill value is too large".into()));
            Ok(i128::try_from(n).map_err(large)?.into())
        }
        _ => Err(PyTypeError::new_err("a fill value is a number")),
    }
}

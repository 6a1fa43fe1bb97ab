//! Stores: reading the arrays of a file, and transactions.

use std::path::PathBuf;

use arrstore::format::{Attributes, ChunkState, Meta, Snapshot};
use arrstore::text::object::{Object, indices};
use arrstore::{Codec, Error, Expr, Layout, Merging, Scalar, Store};
use pyo3::exceptions::{PyOSError, PyRuntimeError, PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::array::{Array, Origin};
use crate::dtype::to_numpy;
use crate::errors::Failed;
use crate::object::{argument, has_view, index, is_ndarray, native, with_elements};
use crate::run::Running;

/// Number of the system's error for a file that may not be written.
const EROFS: i32 = 30;

/// A commit: number, seconds since 1970, producer, arrays, bytes in use, and bytes of the file.
type Row = (u64, f64, String, u64, u64, u64);

/// A chunk: its index in the grid, how it is stored, where its payload lies in the file, the bytes of that, and the element
/// of a chunk in which all are equal.
type Place = (Vec<u64>, &'static str, u64, u64, Option<Vec<u8>>);

/// An open `.arrs` file.
#[pyclass(frozen, module = "arrstore._arrstore")]
pub(crate) struct File {
    store: Store,
    path: PathBuf,
    /// The commit that is read; `None` for the newest.
    commit: Option<u64>,
    writes: bool,
}

#[pymethods]
impl File {
    /// Opens or begins a file. The modes are `r`, `r+`, `a` (make it if it does not exist), `w` (replace it) and `x`
    /// (it must not exist).
    #[new]
    #[pyo3(signature = (path, mode = "r", commit = None))]
    fn new(py: Python<'_>, path: PathBuf, mode: &str, commit: Option<u64>) -> PyResult<File> {
        let open: fn(&PathBuf) -> arrstore::Result<Store> = match mode {
            "r" | "r+" => |path| Store::open(path),
            "a" => |path| Store::open_or_create(path),
            "w" => |path| Store::create_over(path),
            "x" => |path| Store::create(path),
            _ => {
                let words = format!("mode: expected 'r', 'r+', 'a', 'w' or 'x', found '{mode}'");
                return Err(PyValueError::new_err(words));
            }
        };
        if commit.is_some() && mode != "r" {
            return Err(PyValueError::new_err("an earlier commit can only be read: leave the mode at 'r'"));
        }
        // a relative path means the folder of now, also for a process that unpickles an array elsewhere
        let path = std::path::absolute(path)?;
        let store = py.detach(|| open(&path)).map_err(Failed::from)?;
        let file = File { store, path, commit, writes: mode != "r" };
        file.snapshot()?;
        Ok(file)
    }

    /// The file's path.
    #[getter]
    fn path(&self) -> PathBuf {
        self.path.clone()
    }

    /// The commit that is read: the newest, or the one that was asked for; `None` before the first.
    #[getter]
    fn commit(&self) -> PyResult<Option<u64>> {
        Ok(self.snapshot()?.map(|snapshot| snapshot.seq()))
    }

    /// The uuid of the file, as 32 hexadecimal digits: the same for every commit. `None` before the first.
    #[getter]
    fn uuid(&self) -> PyResult<Option<String>> {
        let digits = |byte: &u8| format!("{byte:02x}");
        Ok(self.snapshot()?.map(|snapshot| snapshot.stat().uuid.iter().map(digits).collect()))
    }

    /// Whether transactions may begin.
    #[getter]
    fn writes(&self) -> bool {
        self.writes
    }

    /// The names of all arrays, in order.
    fn names(&self, py: Python<'_>) -> PyResult<Vec<String>> {
        py.detach(|| match self.snapshot()? {
            Some(snapshot) => Ok(snapshot.arrays().map_err(Failed::from)?),
            None => Ok(Vec::new()),
        })
    }

    /// A lazy array.
    fn array(&self, name: &str) -> PyResult<Array> {
        let stored = self.stored(name)?;
        let commit = stored.snapshot().seq();
        let path = self.path.to_str().map(str::to_owned);
        let origin = path.map(|path| Origin::Stored { path, name: stored.name().to_owned(), commit });
        Ok(Array { origin, ..Array::new(Expr::stored(stored).map_err(Failed::from)?) })
    }

    /// The layout and the attributes of an array.
    fn meta<'py>(&self, py: Python<'py>, name: &str) -> PyResult<Bound<'py, PyDict>> {
        describe(py, self.stored(name)?.meta())
    }

    /// Where the chunks of an array lie: those that were written, in the order of the grid. A chunk is `constant`, `raw`,
    /// or `encoded` by the array's codec.
    fn chunks(&self, py: Python<'_>, name: &str) -> PyResult<Vec<Place>> {
        let stored = self.stored(name)?;
        let mut places = Vec::new();
        py.detach(|| {
            stored.each_chunk(&mut |chunk| {
                let (state, element) = match chunk.state() {
                    ChunkState::Missing => return Ok(()),
                    ChunkState::Constant(element) => ("constant", Some(element.clone())),
                    ChunkState::Raw => ("raw", None),
                    ChunkState::Encoded => ("encoded", None),
                };
                places.push((chunk.index().to_vec(), state, chunk.offset(), chunk.stored_bytes(), element));
                Ok(())
            })
        })
        .map_err(Failed::from)?;
        Ok(places)
    }

    /// The attributes of the file, as JSON.
    fn attributes(&self) -> PyResult<String> {
        match self.snapshot()? {
            Some(snapshot) => Ok(json(snapshot.attributes().map_err(Failed::from)?)),
            None => Ok("{}".to_owned()),
        }
    }

    /// The commits that can still be read, the newest first.
    fn history(&self, py: Python<'_>) -> PyResult<Vec<Row>> {
        let stats = py.detach(|| self.store.history()).map_err(Failed::from)?;
        let seconds = |time: std::time::SystemTime| {
            time.duration_since(std::time::UNIX_EPOCH).unwrap_or_default().as_secs_f64()
        };
        let row = |stat: arrstore::format::Stat| {
            (stat.seq, seconds(stat.time), stat.producer, stat.arrays, stat.live_bytes, stat.length)
        };
        Ok(stats.into_iter().map(row).collect())
    }

    /// Begins a transaction.
    fn begin(&self, py: Python<'_>) -> PyResult<Transaction> {
        if !self.writes {
            let words = "the store was opened to be read: open it with mode 'r+' or 'a' to change it";
            return Err(PyOSError::new_err((EROFS, words, self.path.clone())));
        }
        let running = Running::new();
        let store = self.store.clone().with_context(&running.context);
        let inner = py.detach(|| store.begin()).map_err(Failed::from)?;
        Ok(Transaction { inner: Some(inner), running })
    }
}

impl File {
    fn snapshot(&self) -> Result<Option<Snapshot>, Failed> {
        let file = self.store.file();
        let snapshot = match self.commit {
            Some(commit) => file.snapshot_at(commit),
            None => file.snapshot(),
        };
        match snapshot {
            Ok(snapshot) => Ok(Some(snapshot)),
            Err(arrstore::format::Error::NoCommit) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    fn stored(&self, name: &str) -> Result<arrstore::format::Array, Failed> {
        match self.snapshot()? {
            Some(snapshot) => Ok(snapshot.array(name)?),
            None => Err(arrstore::format::Error::NoArray { name: name.to_owned(), names: Vec::new() }.into()),
        }
    }
}

fn json(attributes: Attributes) -> String {
    arrstore::serde_json::Value::Object(attributes).to_string()
}

fn attributes(json: &str) -> PyResult<Attributes> {
    arrstore::serde_json::from_str(json).map_err(|e| PyValueError::new_err(format!("attributes: {e}")))
}

fn describe<'py>(py: Python<'py>, meta: &Meta) -> PyResult<Bound<'py, PyDict>> {
    let about = PyDict::new(py);
    about.set_item("shape", pyo3::types::PyTuple::new(py, &meta.shape)?)?;
    about.set_item("dtype", to_numpy(py, meta.dtype)?)?;
    about.set_item("chunks", pyo3::types::PyTuple::new(py, &meta.chunk_shape)?)?;
    about.set_item("order", pyo3::types::PyTuple::new(py, &meta.order)?)?;
    about.set_item("codec", meta.codec.to_string())?;
    about.set_item("shuffle", meta.shuffle)?;
    about.set_item("fill", pyo3::types::PyBytes::new(py, &meta.fill))?;
    about.set_item("dims", pyo3::types::PyTuple::new(py, &meta.dims)?)?;
    about.set_item("attrs", json(meta.attributes.clone()))?;
    Ok(about)
}

/// Changes to a file that nobody sees before they are committed together.
#[pyclass(module = "arrstore._arrstore")]
pub(crate) struct Transaction {
    inner: Option<arrstore::Transaction>,
    running: Running,
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
    /// of the first element in a whole array, and the shape of that.
    #[expect(clippy::too_many_arguments, reason = "the arguments of a Python function")]
    #[pyo3(signature = (name, value, *, chunks = None, codec = None, shuffle = None, order = None, fill = None, dims = None, attrs = None, part = None))]
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

//! Stores: reading the arrays of a file, and beginning transactions.

use std::path::PathBuf;

use arrstore::format::{Attributes, ChunkState, Meta, Snapshot};
use arrstore::{Expr, Store};
use pyo3::exceptions::{PyOSError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::array::{Array, Origin};
use crate::dtype::to_numpy;
use crate::errors::Failed;
use crate::run::Running;
use crate::transaction::Transaction;

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
    /// The earlier commit that is read, which stays readable while this is open; `None` for the newest.
    earlier: Option<Snapshot>,
    writes: bool,
}

#[pymethods]
impl File {
    /// Opens or begins a file. The modes are `r`, `r+`, `a` (make it if it does not exist), `w` (replace it) and `x` or `w-`
    /// (it must not exist).
    #[new]
    #[pyo3(signature = (path, mode = "r", commit = None))]
    fn new(py: Python<'_>, path: PathBuf, mode: &str, commit: Option<u64>) -> PyResult<File> {
        let open: fn(&PathBuf) -> arrstore::Result<Store> = match mode {
            "r" | "r+" => |path| Store::open(path),
            "a" => |path| Store::open_or_create(path),
            "w" => |path| Store::create_over(path),
            "x" | "w-" => |path| Store::create(path),
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
        let earlier = commit.map(|commit| store.file().snapshot_at(commit));
        let earlier = earlier.transpose().map_err(Failed::from)?;
        let file = File { store, path, earlier, writes: mode != "r" };
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
        Ok(Transaction::new(inner, running))
    }
}

impl File {
    fn snapshot(&self) -> Result<Option<Snapshot>, Failed> {
        if let Some(earlier) = &self.earlier {
            return Ok(Some(earlier.clone()));
        }
        match self.store.file().snapshot() {
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

/// The layout and the attributes of an array.
pub(crate) fn describe<'py>(py: Python<'py>, meta: &Meta) -> PyResult<Bound<'py, PyDict>> {
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

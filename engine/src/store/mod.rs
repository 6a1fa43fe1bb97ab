//! A store: one `.arrs` file with named arrays.

mod layout;
mod parts;
mod places;
mod scatter;
mod transaction;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrstore_format::{Attributes, CreateOptions, File, Meta, Snapshot, Stat};

pub use layout::{Layout, default_chunk, packs_bytes};
pub use parts::{Merged, Merging, PartsError};
pub(crate) use scatter::{How, SHARE, Scatter, Staged};
pub use transaction::Transaction;

use crate::{Array, Context, Error, Expr, IntoArray, Result};

/// One `.arrs` file: named arrays in groups, with attributes, chunks and checksums. A crash cannot break it.
///
/// A read uses the newest commit. An array from an earlier call keeps the commit that it came from, even after later
/// writes. Writes are transactions; only one transaction is open at a time, in this program and all others.
///
/// ```
/// use arrstore::prelude::*;
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("climate.arrs");
/// let store = Store::create(&path)?;
/// store.write("/ocean/sst", &ndarray::array![[1.0, 2.0], [3.0, 4.0]])?;
/// let sst = store.array("/ocean/sst")?;
/// store.write("/ocean/anomaly", &sst - sst.mean(0))?;
/// assert_eq!(store.names()?, ["/ocean/anomaly", "/ocean/sst"]);
/// assert_eq!(store.array("/ocean/anomaly")?.to_ndarray::<f64>()?[[1, 0]], 1.0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Store {
    file: File,
    path: PathBuf,
    context: Context,
}

impl Store {
    fn new(path: &Path, file: File) -> Store {
        Store { file, path: path.to_owned(), context: Context::default().beside(path) }
    }

    /// Begins a new store. The file gets its name with the first commit; without a commit, nothing is left.
    ///
    /// # Errors
    /// When something has that name, or the folder cannot be written.
    pub fn create(path: impl AsRef<Path>) -> Result<Store> {
        Store::create_as(path.as_ref(), false)
    }

    /// Begins a new store. Its first commit replaces the file of that name; until then the old file stays as it is.
    ///
    /// # Errors
    /// When the folder, or the existing file, cannot be written.
    pub fn create_over(path: impl AsRef<Path>) -> Result<Store> {
        Store::create_as(path.as_ref(), true)
    }

    fn create_as(path: &Path, overwrite: bool) -> Result<Store> {
        let options = CreateOptions::default().overwrite(overwrite);
        Ok(Store::new(path, File::create(path, &options)?))
    }

    /// Opens a store. Only the start of a transaction checks whether the file can be written.
    ///
    /// # Errors
    /// When the file does not exist, is damaged, or has a newer version.
    pub fn open(path: impl AsRef<Path>) -> Result<Store> {
        Ok(Store::new(path.as_ref(), File::open(&path)?))
    }

    /// Opens a store if it exists, else begins one.
    ///
    /// # Errors
    /// As [`Store::open`] and [`Store::create`].
    pub fn open_or_create(path: impl AsRef<Path>) -> Result<Store> {
        // an empty file counts as none
        let exists = std::fs::metadata(&path).is_ok_and(|found| !found.is_file() || found.len() > 0);
        if exists { Store::open(path) } else { Store::create(path) }
    }

    /// The same store, which writes with the memory, threads, progress and cancellation of `context`.
    #[must_use]
    pub fn with_context(self, context: &Context) -> Store {
        Store { context: context.beside(&self.path), ..self }
    }

    /// The file, for functions that only [`arrstore::format`](crate::format) has.
    pub fn file(&self) -> &File {
        &self.file
    }

    /// The newest commit; `None` before the first.
    fn newest(&self) -> Result<Option<Snapshot>> {
        match self.file.snapshot() {
            Ok(snapshot) => Ok(Some(snapshot)),
            Err(arrstore_format::Error::NoCommit) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    fn stored(&self, name: &str, snapshot: Option<Snapshot>) -> Result<arrstore_format::Array> {
        let name = full_name(name);
        match snapshot {
            Some(snapshot) => Ok(snapshot.array(&name)?),
            None => Err(arrstore_format::Error::NoArray { name, names: Vec::new() }.into()),
        }
    }

    /// An array of the newest commit. Nothing of its elements is read yet.
    ///
    /// # Errors
    /// When there is no such array, or its metadata is damaged.
    pub fn array(&self, name: &str) -> Result<Array> {
        Ok(Expr::stored(self.stored(name, self.newest()?)?)?.into())
    }

    /// An array of an earlier commit that the file still holds: see [`Store::history`].
    ///
    /// # Errors
    /// As [`Store::array`], and when the file does not hold the commit.
    pub fn array_at(&self, name: &str, commit: u64) -> Result<Array> {
        let snapshot = self.file.snapshot_at(commit)?;
        Ok(Expr::stored(self.stored(name, Some(snapshot))?)?.into())
    }

    /// The names of all arrays, in order.
    ///
    /// # Errors
    /// When the file cannot be read or is damaged.
    pub fn names(&self) -> Result<Vec<String>> {
        self.newest()?.map_or(Ok(Vec::new()), |snapshot| Ok(snapshot.arrays()?))
    }

    /// The groups that hold arrays, in order: `/ocean` and `/ocean/deep` for `/ocean/deep/salinity`. A group exists as
    /// long as it holds an array.
    ///
    /// # Errors
    /// As [`Store::names`].
    pub fn groups(&self) -> Result<Vec<String>> {
        let mut groups = BTreeSet::new();
        for name in self.names()? {
            let ends = name.match_indices('/').map(|(at, _)| at).filter(|&at| at > 0);
            groups.extend(ends.filter_map(|at| name.get(..at)).map(str::to_owned));
        }
        Ok(groups.into_iter().collect())
    }

    /// Type, shape, chunks, codec, names of the axes and attributes of an array.
    ///
    /// # Errors
    /// As [`Store::array`].
    pub fn meta(&self, name: &str) -> Result<Meta> {
        Ok(self.stored(name, self.newest()?)?.meta().clone())
    }

    /// The attributes of the store itself.
    ///
    /// # Errors
    /// When the file cannot be read or is damaged.
    pub fn attributes(&self) -> Result<Attributes> {
        self.newest()?.map_or(Ok(Attributes::new()), |snapshot| Ok(snapshot.attributes()?))
    }

    /// The commits that [`Store::array_at`] can read, the newest first: as a rule two.
    ///
    /// # Errors
    /// When the file cannot be read or is damaged.
    pub fn history(&self) -> Result<Vec<Stat>> {
        match self.file.history() {
            Err(arrstore_format::Error::NoCommit) => Ok(Vec::new()),
            history => Ok(history?),
        }
    }

    /// Writes an array in one commit: an `ndarray`, a number, or a lazy array, which is computed chunk by chunk inside
    /// the budget. An array of that name is replaced; the new one keeps its chunks, codec, shuffle and order if the
    /// shape is the same.
    ///
    /// # Errors
    /// The error that the array carries; as [`Array::compute`]; [`ErrorKind::Locked`](crate::ErrorKind::Locked) while
    /// another transaction is open. After an error the store is as it was.
    pub fn write(&self, name: &str, array: impl IntoArray) -> Result<()> {
        self.write_with(name, array, &Layout::default())
    }

    /// As [`Store::write`], with this layout.
    ///
    /// # Errors
    /// As [`Store::write`], and when the layout does not suit the array.
    pub fn write_with(&self, name: &str, array: impl IntoArray, layout: &Layout) -> Result<()> {
        self.transaction(|tx| tx.write_with(name, array, layout))
    }

    /// Makes several changes in one commit: all of them, or none if `change` returns an error.
    ///
    /// ```
    /// use arrstore::prelude::*;
    /// # let folder = tempfile::tempdir()?;
    /// # let store = Store::create(folder.path().join("x.arrs"))?;
    /// store.write("/t", &ndarray::array![[1.0, 2.0]])?;
    /// store.transaction(|tx| {
    ///     tx.append("/t", 0, &ndarray::array![[3.0, 4.0]])?;
    ///     tx.set("/t[:, 0]", 0)?;
    ///     tx.set_attribute("/t", "units", "K")
    /// })?;
    /// assert_eq!(store.array("/t")?.to_string(), "[[0. 2.]\n [0. 4.]]");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// Those of `change`; [`ErrorKind::Locked`](crate::ErrorKind::Locked) while another transaction is open; when a
    /// step failed but `change` returned `Ok`; when the disk refuses.
    pub fn transaction<T>(&self, change: impl FnOnce(&Transaction) -> Result<T>) -> Result<T> {
        let transaction = self.begin()?;
        let result = change(&transaction)?;
        transaction.commit()?;
        Ok(result)
    }

    /// Begins a transaction that ends with [`Transaction::commit`]. Without a commit, nothing changes. Where a closure
    /// can hold all changes, [`Store::transaction`] is shorter.
    ///
    /// ```
    /// use arrstore::prelude::*;
    /// # let folder = tempfile::tempdir()?;
    /// # let store = Store::create(folder.path().join("x.arrs"))?;
    /// let tx = store.begin()?;
    /// tx.write("/t", &ndarray::array![1.0, 2.0])?;
    /// assert!(store.names()?.is_empty());
    /// tx.commit()?;
    /// assert_eq!(store.names()?, ["/t"]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::Locked`](crate::ErrorKind::Locked) while another transaction is open; when the file cannot be
    /// written.
    pub fn begin(&self) -> Result<Transaction> {
        Ok(Transaction::new(Arc::new(self.file.begin()?), &self.path, &self.context))
    }
}

/// The name of an array, with a leading `/`.
fn full_name(name: &str) -> String {
    if name.starts_with('/') { name.to_owned() } else { format!("/{name}") }
}

/// Takes `shared` back from a plan that has run and is dropped.
fn finished<T>(shared: Arc<T>) -> Result<T> {
    Arc::into_inner(shared).ok_or_else(|| {
        Error::Other("the transaction cannot end while one of its arrays is still being written".into())
    })
}

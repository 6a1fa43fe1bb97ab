//! A store: one `.arrs` file with named arrays.

mod layout;
mod region;
mod transaction;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use arrstore_format::{Attributes, CreateOptions, File, Meta, Snapshot, Stat};

pub use layout::{Layout, default_chunk};
pub use transaction::Transaction;

use crate::{Array, Context, Error, Expr, IntoArray, Result};

/// One `.arrs` file: named arrays in groups, with attributes, chunks and checksums, which a crash cannot break.
///
/// Reading takes the newest commit: arrays of an earlier call keep the commit that they were taken from, whatever is
/// written since. Writing is done in transactions, of which there is one at a time, here and in other programs.
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

    /// Begins a new store. The file gets its name with the first commit; when that never comes, nothing is left.
    ///
    /// # Errors
    /// When there is something of that name, or the folder cannot be written.
    pub fn create(path: impl AsRef<Path>) -> Result<Store> {
        Store::create_as(path.as_ref(), false)
    }

    /// Begins a new store that takes the place of a file of that name with its first commit. Until then, the old one
    /// stays as it is.
    ///
    /// # Errors
    /// When the folder, or the file that has the name, cannot be written.
    pub fn create_over(path: impl AsRef<Path>) -> Result<Store> {
        Store::create_as(path.as_ref(), true)
    }

    fn create_as(path: &Path, overwrite: bool) -> Result<Store> {
        let options = CreateOptions { overwrite, ..CreateOptions::default() };
        Ok(Store::new(path, File::create(path, &options)?))
    }

    /// Opens a store. Whether it may be written is asked when a transaction begins.
    ///
    /// # Errors
    /// When there is none, or it is damaged or of a newer version.
    pub fn open(path: impl AsRef<Path>) -> Result<Store> {
        Ok(Store::new(path.as_ref(), File::open(&path)?))
    }

    /// Opens a store if there is one, else begins it.
    ///
    /// # Errors
    /// As [`Store::open`] and [`Store::create`].
    pub fn open_or_create(path: impl AsRef<Path>) -> Result<Store> {
        // an empty file is as good as none
        let exists = std::fs::metadata(&path).is_ok_and(|found| !found.is_file() || found.len() > 0);
        if exists { Store::open(path) } else { Store::create(path) }
    }

    /// The same store, written with this memory, these threads, this progress and this way to stop.
    #[must_use]
    pub fn with_context(self, context: &Context) -> Store {
        Store { context: context.beside(&self.path), ..self }
    }

    /// The file, for what only [`arrstore::format`](crate::format) can do.
    pub fn file(&self) -> &File {
        &self.file
    }

    /// The newest commit, none before the first.
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

    /// An array of the newest commit, which nothing is read of yet.
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

    /// The groups that arrays lie in, in order: of `/ocean/deep/salinity`, `/ocean` and `/ocean/deep`. A group is there
    /// when an array is.
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

    /// Writes an array in one commit: an `ndarray`, a lazy array, which is computed chunk by chunk inside the budget, or
    /// a number. An array of that name is replaced, and hands its layout on if it has the same shape.
    ///
    /// # Errors
    /// The error that the array carries; as [`Array::compute`]; [`ErrorKind::Locked`](crate::ErrorKind::Locked) while
    /// another transaction is under way. The store is then as it was.
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

    /// Changes several things in one commit: all of them are done, or, when `change` returns an error, none.
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
    /// Those of `change`; [`ErrorKind::Locked`](crate::ErrorKind::Locked) while another transaction is under way; when
    /// a step failed and `change` went on; when the disk refuses.
    pub fn transaction<T>(&self, change: impl FnOnce(&Transaction) -> Result<T>) -> Result<T> {
        let transaction = Transaction::begin(&self.file, &self.context)?;
        let result = change(&transaction)?;
        transaction.commit()?;
        Ok(result)
    }
}

/// The name of an array from the root.
fn full_name(name: &str) -> String {
    if name.starts_with('/') { name.to_owned() } else { format!("/{name}") }
}

/// What was shared with a plan that has run and is gone.
fn finished<T>(shared: std::sync::Arc<T>) -> Result<T> {
    std::sync::Arc::into_inner(shared).ok_or_else(|| Error::Other("an array is still being written".into()))
}

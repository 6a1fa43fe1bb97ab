//! A file: opening and creating it, taking snapshots, and beginning transactions.

use std::path::Path;
use std::sync::Arc;

use crate::head::read_head;
use crate::open_file::{Backing, Durability, OpenFile};
use crate::snapshot::{self, Snapshot, Stat};
use crate::storage::Storage;
use crate::storage::file::FileStorage;
use crate::{Error, Result, Transaction};

/// How a file is created.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct CreateOptions {
    /// Whether to replace a file of that name. The old file stays as it is until the first commit.
    pub overwrite: bool,
    /// Whether its commits are durable. [`Transaction::commit_with`] can choose otherwise for one commit.
    pub durability: Durability,
}

impl CreateOptions {
    /// The same options, with [`overwrite`](field@CreateOptions::overwrite) set.
    #[must_use]
    pub fn overwrite(self, overwrite: bool) -> CreateOptions {
        CreateOptions { overwrite, ..self }
    }

    /// The same options, with [`durability`](field@CreateOptions::durability) set.
    #[must_use]
    pub fn durability(self, durability: Durability) -> CreateOptions {
        CreateOptions { durability, ..self }
    }
}

/// An `.arrs` file. Clones are handles of the same file.
#[derive(Clone, Debug)]
pub struct File {
    pub(crate) shared: Arc<OpenFile>,
}

impl File {
    /// Opens a file for reading. [`File::begin`] later asks for the permission to write.
    ///
    /// # Errors
    /// When the file does not exist or is not a regular file, or when its header or slots are damaged or of a newer
    /// version.
    pub fn open(path: impl AsRef<Path>) -> Result<File> {
        let file = File::at(path.as_ref());
        read_head(file.shared.reader()?.as_ref())?;
        Ok(file)
    }

    /// As [`File::open`], but fails at once when the file may not be written.
    ///
    /// # Errors
    /// As [`File::open`], when permissions are lacking, or when the file has features that this program would break.
    pub fn open_write(path: impl AsRef<Path>) -> Result<File> {
        let file = File::open(path.as_ref())?;
        let storage = file.shared.writer()?;
        read_head(storage.as_ref())?.newest.accept_for_writing()?;
        Ok(file)
    }

    /// Begins a new file. The first commit gives it the name `path` in one step; without a commit, nothing is left
    /// behind. Symbolic links are followed. The new file takes on the mode of a file that it replaces.
    ///
    /// # Errors
    /// When something other than an empty file has the name and `overwrite` is not set, or when the folder or the file
    /// to be replaced may not be written.
    pub fn create(path: impl AsRef<Path>, options: &CreateOptions) -> Result<File> {
        let path = path.as_ref();
        let there = std::fs::metadata(path);
        if !options.overwrite && there.is_ok_and(|there| !there.is_file() || there.len() > 0) {
            return Err(Error::Exists { path: path.display().to_string() });
        }
        let storage = FileStorage::create(path, options.overwrite)
            .map_err(Error::io(|| format!("creating {}", path.display())))?;
        File::begun(Backing::Path(path.to_owned()), options.durability, Arc::new(storage))
    }

    /// Opens the file that a storage holds.
    ///
    /// # Errors
    /// As [`File::open`].
    pub fn on(storage: Arc<dyn Storage>) -> Result<File> {
        read_head(storage.as_ref())?;
        Ok(File::in_storage(storage))
    }

    /// Begins a new file in a storage, which must be empty unless `overwrite` is set.
    ///
    /// # Errors
    /// When the storage is not empty or fails.
    pub fn create_on(storage: Arc<dyn Storage>, options: &CreateOptions) -> Result<File> {
        let len = storage.len().map_err(Error::io(|| "asking for the storage's length".into()))?;
        if len > 0 {
            if !options.overwrite {
                return Err(Error::Exists { path: "the storage's content".into() });
            }
            storage.set_len(0).map_err(Error::io(|| "emptying the storage".into()))?;
        }
        File::begun(Backing::Storage(storage.clone()), options.durability, storage)
    }

    /// The file at a path, before anything of it is read.
    pub(crate) fn at(path: &Path) -> File {
        File { shared: Arc::new(OpenFile::new(Backing::Path(path.to_owned()), Durability::Full)) }
    }

    /// The file in a storage, before anything of it is read.
    pub(crate) fn in_storage(storage: Arc<dyn Storage>) -> File {
        File { shared: Arc::new(OpenFile::new(Backing::Storage(storage), Durability::Full)) }
    }

    fn begun(backing: Backing, durability: Durability, storage: Arc<dyn Storage>) -> Result<File> {
        Ok(File { shared: Arc::new(OpenFile::unborn(backing, durability, storage)?) })
    }

    /// Lets this handle write although the file system has no locks. Use this only for files that no other process
    /// uses. Freed space is then not used again.
    pub fn force_without_locks(&self) {
        self.shared.force_without_locks();
    }

    /// Lets the next transaction use space that a commit must still wait for.
    #[cfg(test)]
    pub(crate) fn reuse_early(&self) {
        self.shared.reuse_early();
    }

    /// The newest commit, pinned while the snapshot is held.
    ///
    /// # Errors
    /// When there is no commit yet, or header or slots are damaged.
    pub fn snapshot(&self) -> Result<Snapshot> {
        snapshot::take(self.committed()?, None, &self.shared.known)
    }

    /// A commit by its number, pinned while the snapshot is held: the newest one, or the one before it until its slot
    /// is written over.
    ///
    /// # Errors
    /// [`Error::NoSuchCommit`] when the file does not hold the commit, and as [`File::snapshot`].
    pub fn snapshot_at(&self, seq: u64) -> Result<Snapshot> {
        snapshot::take(self.committed()?, Some(seq), &self.shared.known)
    }

    /// The commits that [`File::snapshot_at`] can open, the newest first.
    ///
    /// # Errors
    /// As [`File::snapshot`].
    pub fn history(&self) -> Result<Vec<Stat>> {
        let slots = read_head(self.committed()?.as_ref())?;
        Ok([Some(&slots.newest), slots.previous.as_ref()].into_iter().flatten().map(Stat::of).collect())
    }

    /// The storage to read from, of a file that has a commit.
    fn committed(&self) -> Result<Arc<dyn Storage>> {
        if self.shared.is_unborn() { Err(Error::NoCommit) } else { self.shared.reader() }
    }

    /// Takes the writer's lock and begins a transaction. Nobody sees its changes before it is committed. When it is
    /// dropped instead, nothing remains of it.
    ///
    /// # Errors
    /// [`Error::Locked`] when another transaction is under way, here or in another process; when the file may not
    /// be written, or is damaged.
    pub fn begin(&self) -> Result<Transaction> {
        let (lock, forced) = self.shared.lock()?;
        let base = self.shared.base(&lock.0, forced)?;
        Transaction::new(self.shared.clone(), lock, base)
    }
}

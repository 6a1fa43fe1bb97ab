//! A file: taking snapshots of it, and beginning to write.

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError};

use crate::alloc::Remembered;
use crate::header::Header;
use crate::slot::{Slot, Slots};
use crate::snapshot::{self, Snapshot, Stat, read_head, read_mendable_head};
use crate::storage::{FileStorage, Lock, Storage};
use crate::sync::{Mutex, MutexGuard};
use crate::transaction::{Base, Transaction};
use crate::{Error, FIXED, PAGE, Result};

/// Whether a commit waits until the disk has it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Durability {
    /// Yes: what was committed survives a power failure.
    #[default]
    Full,
    /// No: it survives the death of the process; after a power failure the file may be damaged.
    None,
}

/// How a file is created.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CreateOptions {
    /// Whether a file of that name may be replaced. It stays as it is until the first commit.
    pub overwrite: bool,
    /// How its commits behave, unless one is told otherwise.
    pub durability: Durability,
}

/// An `.arrs` file. Clones are handles of the same one.
#[derive(Clone, Debug)]
pub struct File {
    shared: Arc<Shared>,
}

#[derive(Debug)]
pub(crate) struct Shared {
    place: Place,
    durability: Durability,
    state: Mutex<State>,
}

/// Where the bytes are.
#[derive(Debug)]
enum Place {
    Path(PathBuf),
    Storage(Arc<dyn Storage>),
}

#[derive(Debug, Default)]
struct State {
    /// The description that snapshots read from and pin through.
    reader: Option<Arc<FileStorage>>,
    /// A file that has no commit yet.
    unborn: Option<Unborn>,
    poisoned: bool,
    forced: bool,
    remembered: Remembered,
    /// The commit that this handle made durable itself.
    durable: u64,
}

/// A file before its first commit.
#[derive(Debug)]
pub(crate) struct Unborn {
    uuid: [u8; 16],
    storage: Arc<dyn Storage>,
}

impl File {
    /// Opens a file to read it. [`File::begin`] asks for the permission to write when it is called.
    ///
    /// # Errors
    /// When there is none, it is not a regular file, or header or slots are damaged or of a newer version.
    pub fn open(path: impl AsRef<Path>) -> Result<File> {
        let path = path.as_ref();
        let file = File::new(Place::Path(path.to_owned()), Durability::Full, State::default());
        read_head(file.shared.reader()?.as_ref())?;
        Ok(file)
    }

    /// As [`File::open`], and fails at once when the file may not be written.
    ///
    /// # Errors
    /// As [`File::open`], when permissions are lacking, or the file has features that this program would break.
    pub fn open_write(path: impl AsRef<Path>) -> Result<File> {
        let file = File::open(path.as_ref())?;
        let storage = file.shared.writer()?;
        read_head(storage.as_ref())?.newest.accept_for_writing()?;
        Ok(file)
    }

    /// Begins a new file at `path`, which it gets with its first commit, in one step; when that never comes, nothing is left
    /// behind. Symbolic links are followed. A file that is replaced hands its mode on.
    ///
    /// # Errors
    /// When something has the name, other than an empty file, and `overwrite` is not set; when the folder cannot be
    /// written, or what has the name.
    pub fn create(path: impl AsRef<Path>, options: &CreateOptions) -> Result<File> {
        let path = path.as_ref();
        let there = std::fs::metadata(path);
        if !options.overwrite && there.is_ok_and(|there| !there.is_file() || there.len() > 0) {
            return Err(Error::Exists { path: path.display().to_string() });
        }
        let storage = FileStorage::create(path, options.overwrite)
            .map_err(Error::io(|| format!("creating {}", path.display())))?;
        let state = State { unborn: Some(Unborn::new(Arc::new(storage))?), ..State::default() };
        Ok(File::new(Place::Path(path.to_owned()), options.durability, state))
    }

    /// Opens what a storage holds.
    ///
    /// # Errors
    /// As [`File::open`].
    pub fn on(storage: Arc<dyn Storage>) -> Result<File> {
        read_head(storage.as_ref())?;
        Ok(File::new(Place::Storage(storage), Durability::Full, State::default()))
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
        let state = State { unborn: Some(Unborn::new(storage.clone())?), ..State::default() };
        Ok(File::new(Place::Storage(storage), options.durability, state))
    }

    fn new(place: Place, durability: Durability, state: State) -> File {
        File { shared: Arc::new(Shared { place, durability, state: Mutex::new(state) }) }
    }

    /// Lets this handle write although the file system has no locks. Only for files that no other process uses;
    /// freed space is then not used again.
    pub fn force_without_locks(&self) {
        self.shared.state().forced = true;
    }

    /// Lets the next transaction use space that a commit must still wait for.
    #[cfg(test)]
    pub(crate) fn reuse_early(&self) {
        let remembered = &mut self.shared.state().remembered;
        for (_, runs) in std::mem::take(&mut remembered.waiting) {
            remembered.free.add_all(&runs);
        }
    }

    /// The newest commit, pinned while the snapshot is held.
    ///
    /// # Errors
    /// When there is no commit yet, or header or slots are damaged.
    pub fn snapshot(&self) -> Result<Snapshot> {
        if self.shared.state().unborn.is_some() {
            return Err(Error::NoCommit);
        }
        snapshot::take(self.shared.reader()?, None)
    }

    /// A commit by its number, pinned while the snapshot is held: the newest, or the one before it while its slot
    /// stands.
    ///
    /// # Errors
    /// [`Error::NoSuchCommit`] when the file does not hold it, and as [`File::snapshot`].
    pub fn snapshot_at(&self, seq: u64) -> Result<Snapshot> {
        if self.shared.state().unborn.is_some() {
            return Err(Error::NoCommit);
        }
        snapshot::take(self.shared.reader()?, Some(seq))
    }

    /// The commits that [`File::snapshot_at`] can open, the newest first.
    ///
    /// # Errors
    /// As [`File::snapshot`].
    pub fn history(&self) -> Result<Vec<Stat>> {
        if self.shared.state().unborn.is_some() {
            return Err(Error::NoCommit);
        }
        let slots = read_head(self.shared.reader()?.as_ref())?;
        Ok([Some(&slots.newest), slots.previous.as_ref()].into_iter().flatten().map(Stat::of).collect())
    }

    /// Writes pages that are damaged, or that a crash has left behind, again from what the file holds twice, and gives their
    /// numbers: the header (0), all of which the slots say too, and slot pages (1 to 4), which have copies. There is
    /// no other redundancy in a file.
    ///
    /// # Errors
    /// As [`File::open`] and [`File::begin`]; when the system refuses, the commits stand as before.
    pub fn mend(path: impl AsRef<Path>) -> Result<Vec<usize>> {
        File::new(Place::Path(path.as_ref().to_owned()), Durability::Full, State::default()).mend_pages()
    }

    /// As [`File::mend`], of what a storage holds.
    ///
    /// # Errors
    /// As [`File::mend`].
    pub fn mend_on(storage: Arc<dyn Storage>) -> Result<Vec<usize>> {
        File::new(Place::Storage(storage), Durability::Full, State::default()).mend_pages()
    }

    fn mend_pages(&self) -> Result<Vec<usize>> {
        let (lock, _) = self.lock()?;
        let storage = &lock.0;
        let (slots, headless) = read_mendable_head(storage.as_ref())?;
        slots.newest.accept_for_writing()?;
        if slots.mendable.is_empty() && !headless {
            return Ok(Vec::new());
        }
        let failed = |source| Error::SyncFailed { source };
        // What was read may be in memory only: a copy is on its way to the disk when the other one is there.
        storage.sync_data().and_then(|()| storage.sync_name()).map_err(failed)?;
        let write = |page: usize, bytes: &[u8]| {
            let doing = Error::io(|| format!("writing page {page} again"));
            storage.write_all_at(bytes, (page * PAGE) as u64).map_err(doing)
        };
        let mut mended = Vec::new();
        if headless {
            write(0, &Header { uuid: slots.newest.uuid }.encode())?;
            mended.push(0);
        }
        for &(page, copy) in &slots.mendable {
            let mut bytes = [0; PAGE];
            let doing = Error::io(|| format!("reading page {copy}"));
            storage.read_exact_at(&mut bytes, (copy * PAGE) as u64).map_err(doing)?;
            write(page, &bytes)?;
            mended.push(page);
        }
        storage.sync_data().map_err(failed)?;
        Ok(mended)
    }

    /// Takes the writer's lock and begins a transaction. Nothing that it does is seen before it is committed, and
    /// nothing remains of it when it is dropped.
    ///
    /// # Errors
    /// [`Error::Locked`] when another transaction is under way, here or in another process; when the file may not
    /// be written, or is damaged.
    pub fn begin(&self) -> Result<Transaction> {
        let (lock, forced) = self.lock()?;
        let shared = &self.shared;
        let base = shared.base(&lock.0, forced)?;
        Transaction::new(shared.clone(), lock, base, shared.durability)
    }

    /// Takes the writer's lock, and says whether that was forced.
    fn lock(&self) -> Result<(WriterLock, bool)> {
        let shared = &self.shared;
        if shared.state().poisoned {
            return Err(Error::Poisoned);
        }
        let storage = shared.writer()?;
        let locking = || Error::io(|| "taking the writer's lock".into());
        let forced = match storage.lock_writer().map_err(locking())? {
            Lock::Acquired => false,
            Lock::Held => return Err(Error::Locked),
            Lock::Unsupported if shared.state().forced => true,
            Lock::Unsupported => return Err(Error::NoLocks),
        };
        let lock = WriterLock(storage);
        if !shared.is_current(&lock.0)? {
            // Compacted between opening and locking: the next try opens the new file.
            drop(lock);
            return self.lock();
        }
        Ok((lock, forced))
    }
}

/// Whether a path still names a file: it may have been replaced.
fn is_named(storage: &dyn Storage, path: &Path) -> std::io::Result<bool> {
    let named = std::fs::metadata(path)?;
    Ok(storage.identity()? == Some((named.dev(), named.ino())))
}

impl Unborn {
    fn new(storage: Arc<dyn Storage>) -> Result<Unborn> {
        let uuid = *uuid::Uuid::new_v4().as_bytes();
        let mut head = Header { uuid }.encode();
        head.resize(FIXED as usize, 0);
        debug_assert_eq!(head.len() % PAGE, 0);
        storage.write_all_at(&head, 0).map_err(Error::io(|| "writing the header".into()))?;
        Ok(Unborn { uuid, storage })
    }
}

/// The writer's lock, given back when dropped.
#[derive(Debug)]
pub(crate) struct WriterLock(pub(crate) Arc<dyn Storage>);

impl Drop for WriterLock {
    fn drop(&mut self) {
        self.0.unlock_writer();
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The storage to read from: opened again when another file has got the path.
    fn reader(&self) -> Result<Arc<dyn Storage>> {
        let path = match &self.place {
            Place::Storage(storage) => return Ok(storage.clone()),
            Place::Path(path) => path,
        };
        let opening = || Error::io(|| format!("opening {}", path.display()));
        let mut state = self.state();
        if let Some(reader) = &state.reader
            && is_named(reader.as_ref(), path).map_err(opening())?
        {
            return Ok(reader.clone());
        }
        let reader = Arc::new(FileStorage::open(path, false).map_err(opening())?);
        state.reader = Some(reader.clone());
        Ok(reader)
    }

    /// A storage to write to, with locks of its own: a transaction has to see the pins of its own process.
    fn writer(&self) -> Result<Arc<dyn Storage>> {
        if let Some(unborn) = &self.state().unborn {
            return Ok(unborn.storage.clone());
        }
        match &self.place {
            Place::Storage(storage) => Ok(storage.clone()),
            Place::Path(path) => {
                let opening = Error::io(|| format!("opening {} to write", path.display()));
                Ok(Arc::new(FileStorage::open(path, true).map_err(opening)?))
            }
        }
    }

    /// Whether the path still names what was locked.
    fn is_current(&self, locked: &Arc<dyn Storage>) -> Result<bool> {
        let Place::Path(path) = &self.place else { return Ok(true) };
        if self.state().unborn.is_some() {
            return Ok(true);
        }
        is_named(locked.as_ref(), path).map_err(Error::io(|| format!("looking at {} again", path.display())))
    }

    /// What a transaction starts from.
    fn base(&self, storage: &Arc<dyn Storage>, forced: bool) -> Result<Base> {
        let mut state = self.state();
        if let Some(unborn) = &state.unborn {
            let newest = Slot::empty(unborn.uuid);
            let slots = Slots::of(newest);
            return Ok(Base { slots, remembered: Remembered::default(), mend: false, reuse: true });
        }
        let slots = read_head(storage.as_ref())?;
        slots.newest.accept_for_writing()?;
        let seq = slots.newest.seq;
        let mut remembered = std::mem::take(&mut state.remembered);
        if (remembered.uuid, remembered.seq) != (slots.newest.uuid, seq) {
            state.durable = 0;
            remembered = Remembered { appended: remembered.appended, ..Remembered::default() };
        }
        // What commit F freed may be used by commit F + 2, when no reader holds a commit before F.
        for (freed_by, runs) in std::mem::take(&mut remembered.waiting) {
            let asking = Error::io(|| "asking for readers' locks".into());
            if !forced && freed_by < seq && !storage.is_pinned_below(freed_by).map_err(asking)? {
                remembered.free.add_all(&runs);
            } else {
                remembered.waiting.push((freed_by, runs));
            }
        }
        (remembered.uuid, remembered.seq) = (slots.newest.uuid, seq);
        state.remembered = remembered.clone();
        Ok(Base { mend: state.durable != seq, slots, remembered, reuse: !forced })
    }

    /// A transaction has committed.
    pub(crate) fn committed(&self, remembered: Remembered, durability: Durability) -> Result<()> {
        let unborn = {
            let mut state = self.state();
            state.durable = if durability == Durability::Full { remembered.seq } else { 0 };
            state.remembered = remembered;
            state.unborn.take()
        };
        match unborn {
            Some(unborn) => self.name(&unborn, durability).inspect_err(|_| self.poison()),
            None => Ok(()),
        }
    }

    /// Gives a file its name after its first commit.
    fn name(&self, unborn: &Unborn, durability: Durability) -> Result<()> {
        let path = match &self.place {
            Place::Path(path) => path.display().to_string(),
            Place::Storage(_) => "the storage".into(),
        };
        unborn.storage.publish().map_err(|e| match e.kind() {
            std::io::ErrorKind::AlreadyExists => Error::Exists { path },
            _ => Error::io(|| format!("naming {path}"))(e),
        })?;
        match durability {
            // The name is there, but may not outlive a power failure.
            Durability::Full => {
                unborn.storage.sync_name().map_err(|source| Error::CommitUnknown { seq: 1, source })
            }
            Durability::None => Ok(()),
        }
    }

    /// A write may or may not have reached the disk: nothing more is written through this handle.
    pub(crate) fn poison(&self) {
        self.state().poisoned = true;
    }
}

//! An open file: the state that the clones of a [`crate::File`] and its transactions share.

use std::io::ErrorKind;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::alloc::Remembered;
use crate::head::read_head;
use crate::header::Header;
use crate::slot::Slot;
use crate::slot::pages::Slots;
use crate::snapshot::KnownNames;
use crate::storage::file::FileStorage;
use crate::storage::{Lock, Storage};
use crate::sync::{Mutex, MutexGuard, lock};
use crate::{Error, FIXED, PAGE, Result};

/// Whether a commit waits until the disk has it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Durability {
    /// The commit waits: it survives a power failure.
    #[default]
    Full,
    /// The commit does not wait: it survives the death of the process. After a power failure the file may be damaged.
    None,
}

/// The state that the handles of one file share.
#[derive(Debug)]
pub(crate) struct OpenFile {
    backing: Backing,
    pub(crate) durability: Durability,
    /// The names that its snapshots read last.
    pub(crate) known: Arc<KnownNames>,
    state: Mutex<State>,
}

/// Where the bytes are.
#[derive(Debug)]
pub(crate) enum Backing {
    Path(PathBuf),
    Storage(Arc<dyn Storage>),
}

#[derive(Debug, Default)]
struct State {
    /// The open file description through which snapshots read and pin.
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
struct Unborn {
    uuid: [u8; 16],
    storage: Arc<dyn Storage>,
}

/// The state from which a transaction starts.
#[derive(Debug)]
pub(crate) struct Base {
    pub(crate) slots: Slots,
    pub(crate) remembered: Remembered,
    /// Whether the newest slot has to be written again before a commit can build on it.
    pub(crate) mend: bool,
    /// Whether freed space may be used.
    pub(crate) reuse: bool,
}

/// The writer's lock, given back when dropped.
#[derive(Debug)]
pub(crate) struct WriterLock(pub(crate) Arc<dyn Storage>);

impl Drop for WriterLock {
    fn drop(&mut self) {
        self.0.unlock_writer();
    }
}

/// Whether a path still names a file: another file may have taken the name.
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

impl OpenFile {
    pub(crate) fn new(backing: Backing, durability: Durability) -> OpenFile {
        OpenFile { backing, durability, known: Arc::default(), state: Mutex::default() }
    }

    /// A new file, whose first commit will be written to `storage`.
    pub(crate) fn unborn(
        backing: Backing,
        durability: Durability,
        storage: Arc<dyn Storage>,
    ) -> Result<OpenFile> {
        let state = State { unborn: Some(Unborn::new(storage)?), ..State::default() };
        Ok(OpenFile { backing, durability, known: Arc::default(), state: Mutex::new(state) })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }

    /// Whether the file has no commit yet.
    pub(crate) fn is_unborn(&self) -> bool {
        self.state().unborn.is_some()
    }

    /// Lets transactions begin without locks.
    pub(crate) fn force_without_locks(&self) {
        self.state().forced = true;
    }

    /// Lets the next transaction use space that a commit must still wait for.
    #[cfg(test)]
    pub(crate) fn reuse_early(&self) {
        let remembered = &mut self.state().remembered;
        for (_, runs) in std::mem::take(&mut remembered.waiting) {
            remembered.free.add_all(&runs);
        }
    }

    /// The storage to read from. It is opened again when another file has taken the path.
    pub(crate) fn reader(&self) -> Result<Arc<dyn Storage>> {
        let path = match &self.backing {
            Backing::Storage(storage) => return Ok(storage.clone()),
            Backing::Path(path) => path,
        };
        let opening = || Error::io(|| format!("opening {}", path.display()));
        let mut state = self.state();
        if let Some(reader) = &state.reader
            && !reader.is_inherited()
            && is_named(reader.as_ref(), path).map_err(opening())?
        {
            return Ok(reader.clone());
        }
        let reader = Arc::new(FileStorage::open(path, false).map_err(opening())?);
        state.reader = Some(reader.clone());
        Ok(reader)
    }

    /// A storage to write to. It has locks of its own, because a transaction has to see the pins of its own process.
    pub(crate) fn writer(&self) -> Result<Arc<dyn Storage>> {
        if let Some(unborn) = &self.state().unborn {
            return Ok(unborn.storage.clone());
        }
        match &self.backing {
            Backing::Storage(storage) => Ok(storage.clone()),
            Backing::Path(path) => {
                let opening = Error::io(|| format!("opening {} to write", path.display()));
                Ok(Arc::new(FileStorage::open(path, true).map_err(opening)?))
            }
        }
    }

    /// Takes the writer's lock. The flag says that there are no locks and that writing was forced.
    pub(crate) fn lock(&self) -> Result<(WriterLock, bool)> {
        if self.state().poisoned {
            return Err(Error::Poisoned);
        }
        let storage = self.writer()?;
        let locking = || Error::io(|| "taking the writer's lock".into());
        let forced = match storage.lock_writer().map_err(locking())? {
            Lock::Acquired => false,
            Lock::Held => return Err(Error::Locked),
            Lock::Unsupported if self.state().forced => true,
            Lock::Unsupported => return Err(Error::NoLocks),
        };
        let lock = WriterLock(storage);
        if !self.is_current(&lock.0)? {
            // The file was compacted between opening and locking. The next try opens the new one.
            drop(lock);
            return self.lock();
        }
        Ok((lock, forced))
    }

    /// Whether the path still names the file that was locked.
    fn is_current(&self, locked: &Arc<dyn Storage>) -> Result<bool> {
        let Backing::Path(path) = &self.backing else { return Ok(true) };
        if self.is_unborn() {
            return Ok(true);
        }
        is_named(locked.as_ref(), path).map_err(Error::io(|| format!("looking at {} again", path.display())))
    }

    /// The state from which a transaction starts.
    pub(crate) fn base(&self, storage: &Arc<dyn Storage>, forced: bool) -> Result<Base> {
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
        // Commit F + 2 may use what commit F freed, unless a reader holds a commit before F.
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

    /// Notes that a transaction has committed, and names a new file.
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
        let path = match &self.backing {
            Backing::Path(path) => path.display().to_string(),
            Backing::Storage(_) => "the storage".into(),
        };
        unborn.storage.publish().map_err(|e| match e.kind() {
            ErrorKind::AlreadyExists => Error::Exists { path },
            _ => Error::io(|| format!("naming {path}"))(e),
        })?;
        match durability {
            // The file has its name, but a power failure may undo that.
            Durability::Full => {
                unborn.storage.sync_name().map_err(|source| Error::CommitUnknown { seq: 1, source })
            }
            Durability::None => Ok(()),
        }
    }

    /// Refuses further writes through this handle, because nobody knows whether a write has reached the disk.
    pub(crate) fn poison(&self) {
        self.state().poisoned = true;
    }
}

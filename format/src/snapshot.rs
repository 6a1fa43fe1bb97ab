//! One commit, as it was, for as long as it is held.

use std::sync::{Arc, OnceLock};
use std::time::{Duration, SystemTime};

use crate::attributes::Attributes;
use crate::commit::Commit;
use crate::head::{read_damaged_head, read_head};
use crate::name::Names;
use crate::reference::BlockRef;
use crate::slot::Slot;
use crate::slot::pages::Slots;
use crate::storage::{FileMap, Lock, Storage};
use crate::sync::{Mutex, lock};
use crate::tree::nodes::Nodes;
use crate::{Error, Result};

/// How often a reader tries again when a writer changes the slots meanwhile.
const TRIES: usize = 1000;

/// A pinned commit.
///
/// The pin is a lock on the byte that the commit's number names. It keeps the writer from using the commit's space
/// again. Clones share it.
#[derive(Clone, Debug)]
pub struct Snapshot {
    pub(crate) inner: Arc<Inner>,
}

#[derive(Debug)]
pub(crate) struct Inner {
    pub(crate) nodes: Nodes,
    pub(crate) slots: Slots,
    pinned: bool,
    map: OnceLock<Option<FileMap>>,
    names: OnceLock<Arc<Names>>,
    known: Arc<KnownNames>,
}

/// The names of the commit whose names were read last: a program that looks up array after array, each in a snapshot of
/// its own, reads them once.
#[derive(Debug, Default)]
pub(crate) struct KnownNames(Mutex<Option<(NamesKey, Arc<Names>)>>);

/// The file, the commit, and the place of its names.
type NamesKey = ([u8; 16], u64, BlockRef);

impl KnownNames {
    /// Names of more arrays are not kept.
    const MOST: u64 = 1 << 16;

    /// The names of a commit: those that are known, or those that `read` gives.
    fn of(&self, slot: &Slot, read: impl FnOnce() -> Result<Names>) -> Result<Arc<Names>> {
        let key = (slot.uuid, slot.seq, slot.names);
        let known = lock(&self.0).as_ref().filter(|(of, _)| *of == key).map(|(_, names)| names.clone());
        if let Some(names) = known {
            return Ok(names);
        }
        let names = Arc::new(read()?);
        if slot.arrays <= KnownNames::MOST {
            *lock(&self.0) = Some((key, names.clone()));
        }
        Ok(names)
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        if self.pinned {
            self.nodes.storage.unpin(self.slots.newest.seq);
        }
    }
}

/// A commit's number, time and sizes, as its slot records them.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stat {
    /// Number of the commit.
    pub seq: u64,
    /// Time of the commit.
    pub time: SystemTime,
    /// The program that wrote it.
    pub producer: String,
    /// Number of arrays.
    pub arrays: u64,
    /// Length of the file in bytes, as far as the commit needs it.
    pub length: u64,
    /// Bytes in use.
    pub live_bytes: u64,
    /// Whether the file is sealed: `compact` wrote it, so every flipped bit shows.
    pub sealed: bool,
    /// Version of the format: major and minor.
    pub version: (u16, u16),
    /// Random, the same for every commit of the file.
    pub uuid: [u8; 16],
}

impl Stat {
    /// The fields of a slot.
    pub(crate) fn of(slot: &Slot) -> Stat {
        Stat {
            seq: slot.seq,
            time: SystemTime::UNIX_EPOCH + Duration::from_micros(slot.time),
            producer: slot.producer.clone(),
            arrays: slot.arrays,
            length: slot.length,
            live_bytes: slot.live_bytes,
            sealed: slot.is_sealed(),
            version: (slot.major, slot.minor),
            uuid: slot.uuid,
        }
    }
}

/// As [`take`], for a file that may have lost its header and its end.
pub(crate) fn take_damaged(storage: Arc<dyn Storage>) -> Result<Snapshot> {
    take_as(storage, None, &Arc::default(), read_damaged_head)
}

/// Pins the newest commit, or the commit `wanted`, of a file of which some names may be known.
pub(crate) fn take(
    storage: Arc<dyn Storage>,
    wanted: Option<u64>,
    known: &Arc<KnownNames>,
) -> Result<Snapshot> {
    take_as(storage, wanted, known, read_head)
}

fn take_as(
    storage: Arc<dyn Storage>,
    wanted: Option<u64>,
    known: &Arc<KnownNames>,
    read_head: fn(&dyn Storage) -> Result<Slots>,
) -> Result<Snapshot> {
    let pinning = || Error::io(|| "locking the commit against reuse of its space".into());
    for _ in 0..TRIES {
        let mut slots = read_head(storage.as_ref())?;
        if let Some(seq) = wanted {
            let newest = slots.newest.seq;
            slots = slots.at(seq).ok_or(Error::NoSuchCommit { seq, newest })?;
        }
        let seq = slots.newest.seq;
        let pinned = storage.pin(seq).map_err(pinning())? == Lock::Acquired;
        // The pin counts from now on. If a slot still holds the commit, no writer has used its space yet.
        let again = read_head(storage.as_ref())?;
        if again.newest.seq == seq || again.previous.as_ref().is_some_and(|s| s.seq == seq) {
            return Ok(Snapshot::new(storage, slots, pinned, known.clone()));
        }
        if pinned {
            storage.unpin(seq);
        }
    }
    Err(pinning()(std::io::ErrorKind::WouldBlock.into()))
}
impl Snapshot {
    pub(crate) fn new(
        storage: Arc<dyn Storage>,
        slots: Slots,
        pinned: bool,
        known: Arc<KnownNames>,
    ) -> Snapshot {
        let nodes = Nodes::new(storage, slots.newest.seq);
        let (map, names, known) = (OnceLock::new(), OnceLock::new(), known);
        Snapshot { inner: Arc::new(Inner { nodes, slots, pinned, map, names, known }) }
    }

    pub(crate) fn slot(&self) -> &Slot {
        &self.inner.slots.newest
    }

    pub(crate) fn commit(&self) -> Commit<'_> {
        Commit { nodes: &self.inner.nodes, slot: self.slot() }
    }

    pub(crate) fn storage(&self) -> &dyn Storage {
        self.inner.nodes.storage.as_ref()
    }

    /// The bytes of the commit. The first call maps them.
    pub(crate) fn map(&self) -> Result<Option<&FileMap>> {
        if let Some(map) = self.inner.map.get() {
            return Ok(map.as_ref());
        }
        let length = self.slot().length;
        let map = self.storage().map(length).map_err(Error::io(|| format!("mapping {length} bytes")))?;
        Ok(self.inner.map.get_or_init(|| map).as_ref())
    }

    /// The map, if there is one already.
    pub(crate) fn mapped(&self) -> Option<&FileMap> {
        self.inner.map.get()?.as_ref()
    }

    pub(crate) fn names(&self) -> Result<&Names> {
        if let Some(names) = self.inner.names.get() {
            return Ok(names);
        }
        let names = self.inner.known.of(self.slot(), || self.commit().names())?;
        Ok(self.inner.names.get_or_init(|| names))
    }

    /// Number of the commit, from 1.
    pub fn seq(&self) -> u64 {
        self.slot().seq
    }

    /// The names of the arrays, in order of their bytes.
    ///
    /// # Errors
    /// When the name block is damaged.
    pub fn arrays(&self) -> Result<Vec<String>> {
        Ok(self.names()?.keys().cloned().collect())
    }

    /// The file's attributes.
    ///
    /// # Errors
    /// When they are damaged.
    pub fn attributes(&self) -> Result<Attributes> {
        self.commit().attributes()
    }

    /// The commit's number, time and sizes.
    pub fn stat(&self) -> Stat {
        Stat::of(self.slot())
    }
}

//! One commit, as it was, for as long as it is held.

use std::sync::{Arc, OnceLock};
use std::time::{Duration, SystemTime};

use crate::attributes::{self, Attributes};
use crate::bytes::check;
use crate::header::Header;
use crate::name::{self, NAMES_MAX, Names};
use crate::node::{Entry, Extent, Kind};
use crate::record::{self, Record};
use crate::slot::{self, BlockRef, Root, Slot, Slots};
use crate::storage::{FileMap, Lock, Storage};
use crate::tree::{Nodes, Tree, check_extent};
use crate::{Array, Error, FIXED, HeaderError, PAGE, RecordError, Result, SlotError};

/// Times a reader looks at the slots again when a writer changes them under its eyes.
const TRIES: usize = 1000;

/// A commit.
///
/// Its pin, a lock on a byte named by its number, keeps the writer from using its space again. Clones share it.
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
    names: OnceLock<Names>,
}

impl Drop for Inner {
    fn drop(&mut self) {
        if self.pinned {
            self.nodes.storage.unpin(self.slots.newest.seq);
        }
    }
}

/// What a snapshot says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stat {
    /// Number of the commit.
    pub seq: u64,
    /// When it was made.
    pub time: SystemTime,
    /// What wrote it.
    pub producer: String,
    /// Arrays.
    pub arrays: u64,
    /// Bytes of the file that it reaches.
    pub length: u64,
    /// Of these, bytes in use.
    pub live_bytes: u64,
    /// Whether `compact` wrote it, so that every flipped bit shows.
    pub sealed: bool,
    /// Format version.
    pub version: (u16, u16),
    /// Random, the same for every commit of the file.
    pub uuid: [u8; 16],
}

impl Stat {
    /// What a slot says.
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

/// Reads header and slots.
pub(crate) fn read_head(storage: &dyn Storage) -> Result<Slots> {
    let length = || storage.len().map_err(Error::io(|| "asking for the file's length".into()));
    let len = length()?;
    if len == 0 {
        return Err(HeaderError::Empty.into());
    }
    let mut head = vec![0; FIXED.min(len) as usize];
    storage.read_exact_at(&mut head, 0).map_err(Error::io(|| "reading header and slots".into()))?;
    let whole = head.len() as u64 == FIXED;
    head.resize(FIXED as usize, 0);
    let (pages, _) = head.as_chunks::<PAGE>();
    let Some((first, slots)) = pages.split_first() else { return Err(HeaderError::Empty.into()) };
    let header = match Header::decode(first) {
        Ok(header) if whole => header,
        // Some other file that is short is some other file.
        Err(e @ (HeaderError::Magic { .. } | HeaderError::MangledMagic { .. })) => return Err(e.into()),
        _ if !whole => return Err(HeaderError::TooShort { expected: FIXED, found: len }.into()),
        Err(e) => return Err(e.into()),
        Ok(header) => header,
    };
    match slot::read(slots, &header.uuid, len) {
        // Unless a writer has made the file longer since, and then committed.
        Err(SlotError::Truncated { .. }) => Ok(slot::read(slots, &header.uuid, length()?)?),
        read => Ok(read?),
    }
}

/// Reads the slots of a file that may have lost its header and its end.
fn read_damaged_head(storage: &dyn Storage) -> Result<Slots> {
    read_slots(storage, |_| u64::MAX)
}

/// Reads the slots of a file without its header: they name the file's uuid themselves. `most` turns the file's length
/// into the one that a commit may reach.
fn read_slots(storage: &dyn Storage, most: impl Fn(u64) -> u64) -> Result<Slots> {
    let len = storage.len().map_err(Error::io(|| "asking for the file's length".into()))?;
    let mut head = vec![0; FIXED as usize];
    let there = head.get_mut(..FIXED.min(len) as usize).unwrap_or_default();
    storage.read_exact_at(there, 0).map_err(Error::io(|| "reading the slots".into()))?;
    let (pages, _) = head.as_chunks::<PAGE>();
    let slots = pages.get(1..).unwrap_or_default();
    let uuid = slot::uuid(slots).ok_or(SlotError::NoneValid)?;
    Ok(slot::read(slots, &uuid, most(len))?)
}

/// The slots, and whether the header is damaged: all that it says is in the slots too.
pub(crate) fn read_mendable_head(storage: &dyn Storage) -> Result<(Slots, bool)> {
    use HeaderError::{Crc, Magic, MangledMagic};
    match read_head(storage) {
        Err(Error::Header(lost @ (Crc(_) | Magic { .. } | MangledMagic { .. }))) => {
            // where no slot is found either, it is another kind of file
            read_slots(storage, |len| len).map(|slots| (slots, true)).map_err(|_| lost.into())
        }
        read => read.map(|slots| (slots, false)),
    }
}

/// As [`take`], of a file that may have lost its header and its end.
pub(crate) fn take_damaged(storage: Arc<dyn Storage>) -> Result<Snapshot> {
    take_as(storage, None, read_damaged_head)
}

/// Pins the newest commit, or the one that is asked for.
pub(crate) fn take(storage: Arc<dyn Storage>, wanted: Option<u64>) -> Result<Snapshot> {
    take_as(storage, wanted, read_head)
}

fn take_as(
    storage: Arc<dyn Storage>,
    wanted: Option<u64>,
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
        // The pin counts from now on; if a slot still holds the commit, its space was not yet given away.
        let again = read_head(storage.as_ref())?;
        if again.newest.seq == seq || again.previous.as_ref().is_some_and(|s| s.seq == seq) {
            return Ok(Snapshot::new(storage, slots, pinned));
        }
        if pinned {
            storage.unpin(seq);
        }
    }
    Err(pinning()(std::io::ErrorKind::WouldBlock.into()))
}

/// Reads a block of metadata into memory of its own and checks it; nothing is allocated before its place is
/// found possible.
pub(crate) fn read_block(
    storage: &dyn Storage,
    what: &'static str,
    at: BlockRef,
    most: u64,
    end: u64,
) -> Result<Vec<u8>> {
    if at.is_none() {
        return Ok(Vec::new());
    }
    let refuse = |problem| Error::BlockPlace { what, problem };
    check_extent(at.offset, u64::from(at.len), end.min(at.offset.saturating_add(most))).map_err(refuse)?;
    if !at.offset.is_multiple_of(64) {
        return Err(refuse(crate::EntryError::Alignment { offset: at.offset, alignment: 64 }));
    }
    let mut block = vec![0; at.len as usize];
    storage
        .read_exact_at(&mut block, at.offset)
        .map_err(Error::io(|| format!("reading {what} at byte {}", at.offset)))?;
    check(&block, at.crc).map_err(|problem| Error::BlockCrc { what, offset: at.offset, problem })?;
    Ok(block)
}

/// What can be read of one commit without pinning it: by a snapshot, and by the writer, whom the commit waits for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Commit<'a> {
    pub(crate) nodes: &'a Nodes,
    pub(crate) slot: &'a Slot,
}

impl<'a> Commit<'a> {
    pub(crate) fn storage(&self) -> &'a dyn Storage {
        self.nodes.storage.as_ref()
    }

    pub(crate) fn names(&self) -> Result<Names> {
        let at = self.slot.names;
        let block = read_block(self.storage(), "the name block", at, NAMES_MAX as u64, self.slot.length)?;
        if at.is_none() && self.slot.arrays == 0 {
            return Ok(Names::new());
        }
        name::decode(&block, self.slot.arrays, self.slot.next_id)
            .map_err(|problem| Error::Names { offset: at.offset, problem })
    }

    pub(crate) fn attributes(&self) -> Result<Attributes> {
        let most = crate::ATTRIBUTES_MAX as u64;
        let what = "the file's attributes";
        let block = read_block(self.storage(), what, self.slot.attributes, most, self.slot.length)?;
        Ok(attributes::decode(&block)?)
    }

    pub(crate) fn table(&self) -> Tree<'a> {
        let (root, end) = (self.slot.table, self.slot.length);
        Tree { nodes: self.nodes, root, kind: Kind::Table, owner: 0, end }
    }

    pub(crate) fn index(&self, id: u64, root: Root) -> Tree<'a> {
        Tree { nodes: self.nodes, root, kind: Kind::Chunks, owner: id, end: self.slot.length }
    }

    /// The record of an array and the entry that refers to it.
    pub(crate) fn record(&self, id: u64) -> Result<(Record, Entry)> {
        let entry = self.table().get(id)?;
        Ok((self.record_at(id, &entry)?, entry))
    }

    pub(crate) fn record_at(&self, id: u64, entry: &Entry) -> Result<Record> {
        let refuse = |problem| Error::Record { id, problem };
        let Entry::Record(Extent { offset, len, crc }, _) = *entry else {
            return Err(Error::NoArrayId { id });
        };
        if len != record::LEN as u64 {
            return Err(refuse(RecordError::Length { found: len }));
        }
        let at = BlockRef { offset, len: len as u32, crc };
        let block = read_block(self.storage(), "a record", at, len, self.slot.length)?;
        Record::decode(&block, id).map_err(refuse)
    }
}

impl Snapshot {
    pub(crate) fn new(storage: Arc<dyn Storage>, slots: Slots, pinned: bool) -> Snapshot {
        let nodes = Nodes::new(storage, slots.newest.seq);
        let (map, names) = (OnceLock::new(), OnceLock::new());
        Snapshot { inner: Arc::new(Inner { nodes, slots, pinned, map, names }) }
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

    /// The bytes of the commit, mapped when first asked for.
    pub(crate) fn map(&self) -> Result<Option<&FileMap>> {
        if let Some(map) = self.inner.map.get() {
            return Ok(map.as_ref());
        }
        let length = self.slot().length;
        let map = self.storage().map(length).map_err(Error::io(|| format!("mapping {length} bytes")))?;
        Ok(self.inner.map.get_or_init(|| map).as_ref())
    }

    /// The map, if it was asked for.
    pub(crate) fn mapped(&self) -> Option<&FileMap> {
        self.inner.map.get()?.as_ref()
    }

    pub(crate) fn names(&self) -> Result<&Names> {
        if let Some(names) = self.inner.names.get() {
            return Ok(names);
        }
        let names = self.commit().names()?;
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

    /// An array by its name.
    ///
    /// # Errors
    /// When there is none, or its metadata is damaged.
    pub fn array(&self, name: &str) -> Result<Array> {
        match self.names()?.get(name) {
            Some(&id) => Array::open(self.clone(), name, id),
            None => {
                let mut names: Vec<String> = self.names()?.keys().take(9).cloned().collect();
                if names.len() == 9 {
                    names.truncate(8);
                    names.push("others".into());
                }
                Err(Error::NoArray { name: name.to_owned(), names })
            }
        }
    }

    /// The file's attributes.
    ///
    /// # Errors
    /// When they are damaged.
    pub fn attributes(&self) -> Result<Attributes> {
        self.commit().attributes()
    }

    /// What it says of itself.
    pub fn stat(&self) -> Stat {
        Stat::of(self.slot())
    }
}

//! A transaction: everything between taking the writer's lock and a commit.
//!
//! Payloads are written by the threads that bring them, to space nobody uses; only an entry of 32 bytes is then
//! noted under a lock. Entries wait in memory until there are many, and are then merged into index nodes, which
//! are written to unused pages too. So a transaction of any size needs little memory, and until its last step,
//! the writing of a slot, nothing that a reader can reach has changed.

mod commit;
mod edit;
pub(crate) mod parts;
mod space;
mod write;

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError};

use crate::alloc::{Allocator, Remembered};
use crate::array::Described;
use crate::attributes::Attributes;
use crate::file::{Shared, WriterLock};
use crate::name::{self, Names};
use crate::node::{Entry, Kind};
use crate::record::Record;
use crate::slot::{Root, SEQ_MAX, Slot, Slots};
use crate::snapshot::Commit;
use crate::storage::Storage;
use crate::sync::atomic::AtomicBool;
use crate::sync::{Mutex, MutexGuard};
use crate::tree::{Nodes, Tree};
use crate::{Durability, Error, Result};

/// Entries that wait in memory, at most: some 6 MiB.
const PENDING_MAX: usize = 1 << 16;
/// Locks that keep two threads from changing parts of one chunk at a time.
const STRIPES: usize = 64;
/// No file reaches this far. What a transaction wrote itself lies beyond the end of the last commit.
const END: u64 = 1 << 62;

/// The number of an array, which it keeps when it is renamed. Numbers are not given twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ArrayId(pub(crate) u64);

impl ArrayId {
    /// The number.
    pub fn get(self) -> u64 {
        self.0
    }
}

/// What a transaction starts from.
#[derive(Debug)]
pub(crate) struct Base {
    pub(crate) slots: Slots,
    pub(crate) remembered: Remembered,
    /// Whether the newest slot has to be written again before it can be built on.
    pub(crate) mend: bool,
    /// Whether freed space may be used.
    pub(crate) reuse: bool,
}

/// The one writer's changes, seen by nobody before [`Transaction::commit`].
///
/// Its functions can be called from many threads at once. Dropping it leaves the file at its last commit.
#[derive(Debug)]
pub struct Transaction {
    shared: Arc<Shared>,
    lock: WriterLock,
    base: Base,
    durability: Durability,
    nodes: Nodes,
    space: Mutex<Allocator>,
    /// Whether a scan replaced what was remembered of free space.
    scanned: AtomicBool,
    state: Mutex<State>,
    stripes: [Mutex<()>; STRIPES],
    open: parts::Open,
    committed: bool,
}

#[derive(Debug)]
struct State {
    names: Names,
    names_changed: bool,
    next_id: u64,
    attributes: Option<Attributes>,
    arrays: BTreeMap<u64, Draft>,
    removed: Vec<u64>,
    pending: usize,
    /// Whether entries were lost by a failure, so that nothing can be committed.
    failed: bool,
    /// Whether something was dropped that could not all be read, so that what is in use has to be counted anew.
    uncounted: bool,
    sealed: bool,
}

/// An array in the making.
#[derive(Debug)]
struct Draft {
    described: Arc<Described>,
    described_changed: bool,
    record: Record,
    /// The entry of its record in the table of the last commit.
    old: Entry,
    changes: BTreeMap<u64, Entry>,
    changed: bool,
}

impl Transaction {
    pub(crate) fn new(
        shared: Arc<Shared>,
        lock: WriterLock,
        base: Base,
        durability: Durability,
    ) -> Result<Transaction> {
        let slot = &base.slots.newest;
        if slot.seq >= SEQ_MAX {
            return Err(Error::Exhausted);
        }
        // Nodes of the last commit are accepted, and those this transaction writes.
        let nodes = Nodes::new(lock.0.clone(), slot.seq + 1);
        let names = Commit { nodes: &nodes, slot }.names()?;
        let state = State {
            names,
            names_changed: false,
            next_id: slot.next_id,
            attributes: None,
            arrays: BTreeMap::new(),
            removed: Vec::new(),
            pending: 0,
            failed: false,
            uncounted: false,
            sealed: false,
        };
        Ok(Transaction {
            space: Mutex::new(Allocator::new(slot, &base.remembered)),
            scanned: AtomicBool::new(false),
            state: Mutex::new(state),
            stripes: std::array::from_fn(|_| Mutex::new(())),
            open: Mutex::default(),
            committed: false,
            shared,
            lock,
            base,
            durability,
            nodes,
        })
    }

    fn storage(&self) -> &dyn Storage {
        self.lock.0.as_ref()
    }

    fn slot(&self) -> &Slot {
        &self.base.slots.newest
    }

    /// Number of the commit that this will be.
    pub fn seq(&self) -> u64 {
        self.slot().seq + 1
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn space(&self) -> MutexGuard<'_, Allocator> {
        self.space.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn last(&self) -> Commit<'_> {
        Commit { nodes: &self.nodes, slot: self.slot() }
    }

    /// The index of an array as it is now, without what still waits in memory.
    fn index(&self, id: u64, root: Root) -> Tree<'_> {
        Tree { nodes: &self.nodes, root, kind: Kind::Chunks, owner: id, end: END }
    }

    /// The draft of an array, begun from the last commit when there is none yet.
    fn draft<'s>(&self, state: &'s mut State, id: u64) -> Result<&'s mut Draft> {
        if !state.arrays.contains_key(&id) {
            let name = state.names.iter().find(|(_, other)| **other == id).map(|(name, _)| name.clone());
            let name = name.ok_or(Error::NoArrayId { id })?;
            let (record, old) = self.last().record(id)?;
            let described = Arc::new(Described::read(self.last(), id, &name, &record)?);
            let draft = Draft {
                described,
                described_changed: false,
                record,
                old,
                changes: BTreeMap::new(),
                changed: false,
            };
            state.arrays.insert(id, draft);
        }
        state.arrays.get_mut(&id).ok_or(Error::NoArrayId { id })
    }

    fn described(&self, id: ArrayId) -> Result<Arc<Described>> {
        let mut state = self.state();
        Ok(self.draft(&mut state, id.0)?.described.clone())
    }

    /// What an array is, with the changes made so far.
    ///
    /// # Errors
    /// When there is no such array, or its metadata is damaged.
    pub fn meta(&self, id: ArrayId) -> Result<crate::Meta> {
        Ok(self.described(id)?.meta.clone())
    }

    /// The names of all arrays, with the changes made so far.
    pub fn arrays(&self) -> Vec<String> {
        self.state().names.keys().cloned().collect()
    }

    /// The id of an array.
    ///
    /// # Errors
    /// When there is no such array.
    pub fn find(&self, name: &str) -> Result<ArrayId> {
        let state = self.state();
        state.names.get(name).map(|id| ArrayId(*id)).ok_or_else(|| Error::NoArray {
            name: name.to_owned(),
            names: state.names.keys().take(8).cloned().collect(),
        })
    }

    /// Promises that every byte that is not in use is zero.
    pub(crate) fn seal(&self) {
        self.state().sealed = true;
    }

    fn check_free(names: &Names, name: &str) -> Result<()> {
        name::check(name)?;
        match name::in_the_way(names, name) {
            Some(taken) => Err(Error::NameTaken { name: name.to_owned(), taken }),
            None => Ok(()),
        }
    }
}

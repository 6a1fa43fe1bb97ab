//! A transaction: everything between taking the writer's lock and a commit.
//!
//! Each thread writes its payloads itself, to space that nobody uses. Only an entry of 32 bytes is then noted under a
//! lock. Entries wait in memory until there are many; then they are merged into index nodes, which also go to unused
//! pages. So a transaction of any size needs little memory. Nothing that a reader can reach changes before the last
//! step, the writing of a slot.

mod commit;
mod copy;
mod edit;
mod open_chunk;
mod parts;
mod resize;
mod space;
mod store;
mod target;
mod write;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use crate::alloc::Allocator;
use crate::attributes::Attributes;
use crate::commit::Commit;
use crate::entry::{Entry, TreeKind};
use crate::layout::Layout;
use crate::name::{self, ArrayId, Names};
use crate::open_file::{Base, Durability, OpenFile, WriterLock};
use crate::record::Record;
use crate::reference::Root;
use crate::slot::{SEQ_MAX, Slot};
use crate::storage::Storage;
use crate::sync::atomic::AtomicBool;
use crate::sync::{Mutex, MutexGuard, lock};
use crate::tree::Tree;
use crate::tree::nodes::Nodes;
use crate::{Error, Meta, Result};

use open_chunk::OpenChunk;

/// Entries that wait in memory, at most: some 6 MiB.
const PENDING_MAX: usize = 1 << 16;
/// Locks that keep two threads from changing parts of one chunk at a time.
const STRIPES: usize = 64;
/// No file reaches this far. A transaction writes its own nodes beyond the end of the last commit.
const END: u64 = 1 << 62;

/// The changes of the one writer. Nobody sees them before [`Transaction::commit`].
///
/// Its functions can be called from many threads at once. Dropping it leaves the file at its last commit.
#[derive(Debug)]
pub struct Transaction {
    shared: Arc<OpenFile>,
    lock: WriterLock,
    base: Base,
    nodes: Nodes,
    space: Mutex<Allocator>,
    /// Whether a scan replaced the free space that was remembered.
    scanned: AtomicBool,
    state: Mutex<State>,
    stripes: [Mutex<()>; STRIPES],
    /// The chunks that are being written in parts, by array and number.
    open: Mutex<HashMap<(u64, u64), Arc<OpenChunk>>>,
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
    /// Whether a failure has lost entries, so that nothing can be committed.
    failed: bool,
    /// Whether something was dropped that could not be read whole, so that the space in use has to be counted again.
    uncounted: bool,
    sealed: bool,
}

/// An array with the changes made so far.
#[derive(Debug)]
struct Draft {
    layout: Arc<Layout>,
    layout_changed: bool,
    record: Record,
    /// The entry of its record in the table of the last commit.
    old: Entry,
    changes: BTreeMap<u64, Entry>,
    changed: bool,
}

impl Transaction {
    pub(crate) fn new(shared: Arc<OpenFile>, lock: WriterLock, base: Base) -> Result<Transaction> {
        let slot = &base.slots.newest;
        if slot.seq >= SEQ_MAX {
            return Err(Error::Exhausted);
        }
        // Nodes of the last commit are accepted, and those that this transaction writes.
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
            nodes,
        })
    }

    fn storage(&self) -> &dyn Storage {
        self.lock.0.as_ref()
    }

    fn durability(&self) -> Durability {
        self.shared.durability
    }

    fn slot(&self) -> &Slot {
        &self.base.slots.newest
    }

    /// The number that its commit will have.
    pub fn seq(&self) -> u64 {
        self.slot().seq + 1
    }

    fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }

    fn space(&self) -> MutexGuard<'_, Allocator> {
        lock(&self.space)
    }

    fn last(&self) -> Commit<'_> {
        Commit { nodes: &self.nodes, slot: self.slot() }
    }

    /// The index of an array as it is now, without the entries that wait in memory.
    fn index(&self, id: u64, root: Root) -> Tree<'_> {
        Tree { nodes: &self.nodes, root, kind: TreeKind::Chunks, owner: id, end: END }
    }

    /// The draft of an array, begun from the last commit when there is none yet.
    fn draft<'s>(&self, state: &'s mut State, id: u64) -> Result<&'s mut Draft> {
        if !state.arrays.contains_key(&id) {
            let name = state.names.iter().find(|(_, other)| **other == id).map(|(name, _)| name.clone());
            let name = name.ok_or(Error::NoArrayId { id })?;
            let (record, old) = self.last().record(id)?;
            let layout = Arc::new(Layout::read(self.last(), id, &name, &record)?);
            let draft = Draft {
                layout,
                layout_changed: false,
                record,
                old,
                changes: BTreeMap::new(),
                changed: false,
            };
            state.arrays.insert(id, draft);
        }
        state.arrays.get_mut(&id).ok_or(Error::NoArrayId { id })
    }

    fn layout(&self, id: ArrayId) -> Result<Arc<Layout>> {
        let mut state = self.state();
        Ok(self.draft(&mut state, id.0)?.layout.clone())
    }

    /// The metadata of an array, with the changes made so far.
    ///
    /// # Errors
    /// When there is no such array, or its metadata is damaged.
    pub fn meta(&self, id: ArrayId) -> Result<Meta> {
        Ok(self.layout(id)?.meta.clone())
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

    /// Promises that every unused byte of the file is zero.
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

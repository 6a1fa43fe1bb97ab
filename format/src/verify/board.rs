//! The chunks to be checked, and the threads that check them. Sound chunks may go to another file, in order.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, PoisonError};

use super::item::{Item, Pieces, Work, check_piece};
use super::report::{Damage, Progress};
use crate::chunk::Chunk;
use crate::payload::crc_table::PIECE;
use crate::scratch::with_scratch;
use crate::snapshot::Snapshot;
use crate::sync::{Condvar, Mutex, MutexGuard, lock};
use crate::{Array, Error, FIXED, Result, Transaction};

/// Damage entries listed; the rest is only counted.
const LISTED: usize = 10_000;
/// The most items that wait: enough to keep all threads busy, and few enough to need little memory.
const WAITING: usize = 64;

/// The state that the threads of one check share.
#[derive(Debug)]
pub(crate) struct Board<'a> {
    pub(crate) snapshot: Snapshot,
    /// The transaction that stores sound chunks, if they are to be stored.
    pub(crate) target: Option<Transaction>,
    progress: Shown<'a>,
    state: Mutex<State>,
    changed: Condvar,
}

struct Shown<'a>(Progress<'a>);

impl std::fmt::Debug for Shown<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Progress")
    }
}

#[derive(Debug, Default)]
struct State {
    queue: VecDeque<Item>,
    /// Number of things met so far. It gives chunks and damage their places.
    met: u64,
    /// The places of unfinished chunks, with the number of items left of each.
    open: BTreeMap<u64, usize>,
    closed: bool,
    /// Whether all items were found and done.
    finished: bool,
    failed: Option<Error>,
    found: Found,
    /// Threads that wait for a change. Without any, the system call that would wake them is skipped.
    waiting: usize,
}

/// The results so far.
#[derive(Debug, Default)]
pub(crate) struct Found {
    pub(crate) bytes: u64,
    /// The first entries of damage, by their places.
    pub(crate) damage: BTreeMap<u64, Damage>,
    pub(crate) unlisted: u64,
    /// Number of entries of each array.
    pub(crate) damaged: BTreeMap<usize, u64>,
    /// Chunks stored, and the bytes of their payloads.
    pub(crate) stored: (u64, u64),
}

/// An item that a thread is working on.
struct Running<'b, 'a>(&'b Board<'a>, u64);

impl Drop for Running<'_, '_> {
    fn drop(&mut self) {
        let mut state = self.0.state();
        if std::thread::panicking() {
            state.fail(Error::Failed);
        }
        if let Some(items) = state.open.get_mut(&self.1) {
            *items -= 1;
            if *items == 0 {
                state.open.remove(&self.1);
            }
        }
        self.0.wake(state);
    }
}

/// Dismisses the helpers when it is dropped.
struct Closing<'b, 'a>(&'b Board<'a>);

impl Drop for Closing<'_, '_> {
    fn drop(&mut self) {
        let mut state = self.0.state();
        state.close();
        self.0.wake(state);
    }
}

impl State {
    fn close(&mut self) {
        self.closed = true;
        self.queue.clear();
        self.open.clear();
    }

    fn fail(&mut self, error: Error) {
        self.failed.get_or_insert(error);
        self.close();
    }
}

impl<'a> Board<'a> {
    pub(crate) fn new(snapshot: Snapshot, target: Option<Transaction>, progress: Progress<'a>) -> Board<'a> {
        let (state, changed) = (Mutex::default(), Condvar::new());
        Board { snapshot, target, progress: Shown(progress), state, changed }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }

    /// Waits for a change.
    fn wait<'s>(&self, mut state: MutexGuard<'s, State>) -> MutexGuard<'s, State> {
        state.waiting += 1;
        let mut state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        state.waiting -= 1;
        state
    }

    /// Wakes the waiting threads after a change.
    fn wake(&self, state: MutexGuard<'_, State>) {
        let waiting = state.waiting;
        drop(state);
        if waiting > 0 {
            self.changed.notify_all();
        }
    }

    /// The place of the next thing met.
    fn next(&self) -> u64 {
        let mut state = self.state();
        state.met += 1;
        state.met
    }

    /// Notes damage that the walk meets.
    pub(crate) fn damage(&self, place: Option<usize>, damage: Damage) {
        self.damage_at(self.next(), place, damage);
    }

    /// Notes damage. The first [`LISTED`] entries are kept.
    fn damage_at(&self, at: u64, place: Option<usize>, damage: Damage) {
        let found = &mut self.state().found;
        if let Some(place) = place {
            *found.damaged.entry(place).or_default() += 1;
        }
        found.damage.insert(at, damage);
        if found.damage.len() > LISTED {
            found.damage.pop_last();
            found.unlisted += 1;
        }
    }

    /// Counts bytes that were checked.
    pub(crate) fn checked(&self, bytes: u64) -> Result<()> {
        let done = {
            let found = &mut self.state().found;
            found.bytes += bytes;
            found.bytes
        };
        let total = self.snapshot.slot().live_bytes.saturating_add(FIXED).max(done);
        if (self.progress.0)(done, total) { Ok(()) } else { Err(Error::Cancelled) }
    }

    /// Hands out the items that `find` finds, and returns when all are done.
    pub(crate) fn run(&self, find: impl FnOnce() -> Result<()>) -> Result<()> {
        let _closing = Closing(self);
        find()?;
        self.finish()?;
        self.state().finished = true;
        Ok(())
    }

    /// Whether [`Board::run`] has succeeded.
    pub(crate) fn is_finished(&self) -> bool {
        self.state().finished
    }

    /// Hands a chunk out, a large raw one in pieces.
    pub(crate) fn put(&self, array: &Array, place: Option<usize>, chunk: Chunk) -> Result<()> {
        let at = self.next();
        let item = |work| Item { at, array: array.clone(), place, work };
        let reading = array.reading();
        let has_table = reading.check_len(&chunk).and_then(|()| Ok(reading.table(&chunk)?.is_some()));
        match has_table {
            Ok(false) => self.push(item(Work::Whole(chunk))),
            Ok(true) => {
                let mut starts = (0..chunk.extent.len).step_by(PIECE);
                let pieces = Arc::new(Pieces::new(chunk));
                starts.try_for_each(|start| self.push(item(Work::Piece(pieces.clone(), start))))
            }
            Err(error) => self.refused(at, array, place, &chunk, error),
        }
    }

    /// Hands an item out. When enough items wait, this thread does the oldest one.
    fn push(&self, item: Item) -> Result<()> {
        let mut state = self.state();
        if let Some(error) = state.failed.take() {
            return Err(error);
        }
        *state.open.entry(item.at).or_default() += 1;
        state.queue.push_back(item);
        if state.queue.len() <= WAITING {
            let waiting = state.waiting;
            drop(state);
            if waiting > 0 {
                self.changed.notify_one();
            }
            return Ok(());
        }
        self.take(state);
        Ok(())
    }

    /// Does the oldest item, and says whether there was one.
    fn take(&self, mut state: MutexGuard<'_, State>) -> bool {
        let Some(item) = state.queue.pop_front() else { return false };
        drop(state);
        let running = Running(self, item.at);
        if let Err(error) = self.check(&item) {
            self.state().fail(error);
        }
        drop(running);
        true
    }

    /// Does items until all have been handed out.
    pub(crate) fn help(&self) {
        loop {
            let state = self.state();
            if state.closed && state.queue.is_empty() {
                return;
            }
            if state.queue.is_empty() {
                drop(self.wait(state));
            } else {
                self.take(state);
            }
        }
    }

    /// Does items until all that were handed out are done.
    fn finish(&self) -> Result<()> {
        loop {
            let mut state = self.state();
            if let Some(error) = state.failed.take() {
                return Err(error);
            }
            if state.queue.is_empty() && !state.open.is_empty() {
                drop(self.wait(state));
            } else if !self.take(state) {
                return Ok(());
            }
        }
    }

    pub(crate) fn found(&self) -> Found {
        std::mem::take(&mut self.state().found)
    }

    /// Checks an item. Damage is noted; an error ends the work.
    fn check(&self, item: &Item) -> Result<()> {
        let Item { at, array, place, work } = item;
        let refused = |chunk, error| self.refused(*at, array, *place, chunk, error);
        match work {
            Work::Whole(chunk) => {
                let done = with_scratch(chunk.extent.len as usize, |stored| {
                    Ok(match array.reading().prove(chunk, stored) {
                        Ok(()) => self
                            .checked(chunk.extent.len)
                            .and_then(|()| self.store(*at, array, chunk, stored)),
                        Err(error) => refused(chunk, error),
                    })
                });
                done.unwrap_or_else(|error| refused(chunk, error))
            }
            Work::Piece(pieces, start) => {
                let found = check_piece(array, pieces, *start);
                self.checked(pieces.len(*start))?;
                match pieces.done(*start, found) {
                    Some(Ok(())) => self.store(*at, array, &pieces.chunk, &[]),
                    Some(Err(error)) => refused(&pieces.chunk, error),
                    None => Ok(()),
                }
            }
        }
    }

    /// Notes a damaged chunk. When the system refuses to read a chunk, a salvage counts it as lost, and a mere check
    /// fails.
    fn refused(
        &self,
        at: u64,
        array: &Array,
        place: Option<usize>,
        chunk: &Chunk,
        error: Error,
    ) -> Result<()> {
        if self.target.is_none() && matches!(error, Error::Io { .. }) {
            return Err(error);
        }
        self.damage_at(at, place, Damage::of_chunk(array.layout(), &chunk.index, error));
        Ok(())
    }

    /// Stores a sound chunk in the target, if there is one, after all chunks before it. So the target is the same for
    /// any number of threads. `stored` is the payload; it is empty for a payload in pieces, which is read again.
    fn store(&self, at: u64, array: &Array, chunk: &Chunk, stored: &[u8]) -> Result<()> {
        let Some(target) = &self.target else { return Ok(()) };
        let mut state = self.state();
        while state.open.first_key_value().is_some_and(|(first, _)| *first < at) {
            state = self.wait(state);
        }
        if state.closed {
            return Ok(());
        }
        drop(state);
        target.store_copy(target.find(array.name())?, array, chunk, stored)?;
        let (chunks, bytes) = &mut self.state().found.stored;
        *chunks += 1;
        *bytes += chunk.extent.len;
        Ok(())
    }
}

//! The payloads to be checked, and the threads that check them.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, PoisonError};

use super::{Damage, LISTED, PIECE, Progress};
use crate::array::Described;
use crate::chunk::{Chunk, ChunkState, Reading};
use crate::payload::{BLOCK, PayloadError, check_blocks, check_bools, with_scratch};
use crate::snapshot::Snapshot;
use crate::sync::{Condvar, Mutex, MutexGuard};
use crate::{Error, FIXED, Result};

/// Items that wait, at most: enough that nobody is idle, few enough to be no matter.
const WAITING: usize = 64;

/// A chunk, or a piece of one, that somebody has to check.
#[derive(Debug)]
pub(super) struct Item {
    /// Its place in the order in which damage is told.
    pub(super) at: u64,
    /// Its array's place in the report.
    pub(super) array: usize,
    pub(super) described: Arc<Described>,
    pub(super) part: Part,
}

#[derive(Debug)]
pub(super) enum Part {
    Whole(Chunk),
    /// The piece that begins at this byte.
    Piece(Arc<Pieces>, u64),
}

/// A large raw chunk, checked in pieces, of which the first damage counts.
#[derive(Debug)]
pub(super) struct Pieces {
    chunk: Chunk,
    state: Mutex<(u64, Option<(u64, PayloadError)>)>,
}

impl Pieces {
    pub(super) fn new(chunk: Chunk) -> Pieces {
        let left = chunk.extent.len;
        Pieces { chunk, state: Mutex::new((left, None)) }
    }

    /// The first damage, once the last byte is checked.
    fn done(&self, start: u64, n: u64, problem: Option<PayloadError>) -> Option<PayloadError> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let (left, first) = &mut *state;
        *left -= n;
        if let Some(problem) = problem
            && first.as_ref().is_none_or(|(earlier, _)| start < *earlier)
        {
            *first = Some((start, problem));
        }
        if *left == 0 { first.take().map(|(_, problem)| problem) } else { None }
    }
}

/// What the threads of one check share.
#[derive(Debug)]
pub(super) struct Board<'a> {
    pub(super) snapshot: &'a Snapshot,
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
    /// Items taken and not done.
    running: usize,
    closed: bool,
    failed: Option<Error>,
    found: Found,
}

/// What was found so far.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) bytes: u64,
    /// The first damages, by their places.
    pub(super) damage: BTreeMap<u64, Damage>,
    pub(super) unlisted: u64,
    /// How many there are of each array.
    pub(super) damaged: BTreeMap<usize, u64>,
}

/// An item in somebody's hands.
struct Running<'b, 'a>(&'b Board<'a>);

impl Drop for Running<'_, '_> {
    fn drop(&mut self) {
        self.0.state().running -= 1;
        self.0.changed.notify_all();
    }
}

impl<'a> Board<'a> {
    pub(super) fn new(snapshot: &'a Snapshot, progress: Progress<'a>) -> Board<'a> {
        let (state, changed) = (Mutex::default(), Condvar::new());
        Board { snapshot, progress: Shown(progress), state, changed }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes damage: at most [`LISTED`] of them, the first ones.
    pub(super) fn damage(&self, at: u64, array: Option<usize>, damage: Damage) {
        let found = &mut self.state().found;
        if let Some(array) = array {
            *found.damaged.entry(array).or_default() += 1;
        }
        found.damage.insert(at, damage);
        if found.damage.len() > LISTED {
            found.damage.pop_last();
            found.unlisted += 1;
        }
    }

    /// Counts bytes that were checked.
    pub(super) fn checked(&self, bytes: u64) -> Result<()> {
        let done = {
            let found = &mut self.state().found;
            found.bytes += bytes;
            found.bytes
        };
        let total = self.snapshot.slot().live_bytes.saturating_add(FIXED).max(done);
        if (self.progress.0)(done, total) { Ok(()) } else { Err(Error::Cancelled) }
    }

    /// Hands an item to whoever has time. When enough wait, this thread does the one that waits longest.
    pub(super) fn put(&self, item: Item) -> Result<()> {
        let mut state = self.state();
        if let Some(error) = state.failed.take() {
            return Err(error);
        }
        state.queue.push_back(item);
        if state.queue.len() <= WAITING {
            drop(state);
            self.changed.notify_one();
            return Ok(());
        }
        self.take(state);
        Ok(())
    }

    /// Does the item that waits longest, and says whether there was one.
    fn take(&self, mut state: MutexGuard<'_, State>) -> bool {
        let Some(item) = state.queue.pop_front() else { return false };
        state.running += 1;
        drop(state);
        let running = Running(self);
        if let Err(error) = self.check(&item) {
            let mut state = self.state();
            state.failed.get_or_insert(error);
            state.queue.clear();
            state.closed = true;
        }
        drop(running);
        true
    }

    /// Works until all has been handed out.
    pub(super) fn help(&self) {
        loop {
            let state = self.state();
            if state.closed && state.queue.is_empty() {
                return;
            }
            if state.queue.is_empty() {
                drop(self.changed.wait(state));
            } else {
                self.take(state);
            }
        }
    }

    /// Works until all that was handed out is done.
    pub(super) fn finish(&self) -> Result<()> {
        loop {
            let mut state = self.state();
            if let Some(error) = state.failed.take() {
                return Err(error);
            }
            if state.queue.is_empty() && state.running > 0 {
                drop(self.changed.wait(state));
            } else if !self.take(state) {
                return Ok(());
            }
        }
    }

    /// Sends the helpers home.
    pub(super) fn close(&self) {
        let mut state = self.state();
        state.closed = true;
        state.queue.clear();
        drop(state);
        self.changed.notify_all();
    }

    pub(super) fn found(&self) -> Found {
        std::mem::take(&mut self.state().found)
    }

    /// Checks a payload. Damage is noted; an error is one of reading.
    fn check(&self, item: &Item) -> Result<()> {
        let reading = Reading { storage: self.snapshot.storage(), meta: &item.described.meta };
        let (chunk, refused) = match &item.part {
            Part::Whole(chunk) => {
                let decoded =
                    with_scratch(reading.meta.chunk_bytes(), |elements| reading.decode(chunk, elements));
                if decoded.is_ok() {
                    self.checked(chunk.extent.len)?;
                }
                (chunk, decoded.err())
            }
            Part::Piece(pieces, start) => {
                let (n, problem) = check_piece(reading, &pieces.chunk, *start)?;
                self.checked(n)?;
                let first = pieces.done(*start, n, problem);
                (&pieces.chunk, first.map(|problem| reading.refuse(&pieces.chunk, problem)))
            }
        };
        match refused {
            None => Ok(()),
            Some(error @ (Error::Cancelled | Error::Io { .. })) => Err(error),
            Some(error) => {
                let damage = Damage::of_chunk(&item.described, &chunk.index, error);
                self.damage(item.at, Some(item.array), damage);
                Ok(())
            }
        }
    }
}

/// Checks the piece of a raw payload with a table that begins at `start`, and gives its length.
fn check_piece(reading: Reading<'_>, chunk: &Chunk, start: u64) -> Result<(u64, Option<PayloadError>)> {
    let n = (chunk.extent.len - start).min(PIECE as u64);
    let table = reading.table(chunk)?.unwrap_or_default();
    let crcs = table.get(start as usize / BLOCK * 4..).unwrap_or_default();
    with_scratch(n as usize, |piece| {
        let offset = chunk.extent.offset + start;
        let doing = Error::io(|| format!("reading a chunk of '{}' at byte {offset}", reading.meta.name));
        reading.storage.read_exact_at(piece, offset).map_err(doing)?;
        let blocks = check_blocks(piece, crcs, 0..piece.len());
        let problem = blocks.and_then(|()| check_bools(reading.meta.dtype, piece)).err();
        Ok((n, problem.map(|problem| problem.moved(start))))
    })
}

/// Checks all of a chunk, a piece at a time where it is large and raw.
pub(crate) fn prove(reading: Reading<'_>, chunk: &Chunk) -> Result<()> {
    reading.check_len(chunk)?;
    match chunk.state {
        ChunkState::Missing | ChunkState::Constant(_) => Ok(()),
        ChunkState::Raw if reading.table(chunk)?.is_some() => {
            let mut starts = (0..chunk.extent.len).step_by(PIECE);
            starts.try_for_each(|start| match check_piece(reading, chunk, start)? {
                (_, Some(problem)) => Err(reading.refuse(chunk, problem)),
                (_, None) => Ok(()),
            })
        }
        _ => with_scratch(reading.meta.chunk_bytes(), |elements| reading.decode(chunk, elements)),
    }
}

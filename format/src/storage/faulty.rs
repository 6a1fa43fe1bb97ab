//! A storage that fails and crashes when told to.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::memory::{Locks, slice, splice};
use super::{Lock, Storage};

/// What survives of the writes that were not made durable before a crash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Survivors {
    /// None of them.
    None,
    /// All of them.
    All,
    /// Each 512-byte sector of each of them or not, decided by this seed.
    Some(u64),
}

/// One change that is not yet durable.
#[derive(Clone, Debug)]
enum Change {
    Write { offset: u64, data: Vec<u8> },
    SetLen(u64),
}

#[derive(Debug, Default)]
struct State {
    durable: Vec<u8>,
    volatile: Vec<u8>,
    changes: Vec<Change>,
    operations: u64,
    fail_from: Option<u64>,
    fail_once: bool,
}

/// A file in memory that knows which of its bytes are durable.
///
/// Every write, change of length and sync counts as one operation. From operation [`FaultyStorage::fail_from`]
/// on they fail; [`FaultyStorage::crash`] then gives the file that the disk would hold.
#[derive(Debug, Default)]
pub struct FaultyStorage {
    state: Mutex<State>,
    locks: Mutex<Locks>,
}

impl FaultyStorage {
    /// An empty file.
    pub fn new() -> FaultyStorage {
        FaultyStorage::default()
    }

    /// A file with durable bytes.
    pub fn of(bytes: Vec<u8>) -> FaultyStorage {
        let state = State { durable: bytes.clone(), volatile: bytes, ..State::default() };
        FaultyStorage { state: Mutex::new(state), locks: Mutex::default() }
    }

    /// Operations seen so far.
    pub fn operations(&self) -> u64 {
        self.state().operations
    }

    /// Lets every operation from number `operation` (counted from 0) on fail.
    pub fn fail_from(&self, operation: u64) {
        let mut state = self.state();
        state.fail_from = Some(operation);
        state.fail_once = false;
    }

    /// Lets operation number `operation` alone fail.
    pub fn fail_at(&self, operation: u64) {
        let mut state = self.state();
        state.fail_from = Some(operation);
        state.fail_once = true;
    }

    /// Whether a writer holds the lock.
    pub fn locked(&self) -> bool {
        self.locks().is_locked()
    }

    /// The file that a crash at this moment leaves.
    pub fn crash(&self, survivors: Survivors) -> Arc<FaultyStorage> {
        let state = self.state();
        let bytes = match survivors {
            Survivors::None => state.durable.clone(),
            Survivors::All => state.volatile.clone(),
            Survivors::Some(seed) => torn(&state, seed),
        };
        Arc::new(FaultyStorage::of(bytes))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn locks(&self) -> MutexGuard<'_, Locks> {
        self.locks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Applies a random part of the changes, sector by sector.
fn torn(state: &State, seed: u64) -> Vec<u8> {
    let mut bytes = state.durable.clone();
    let mut random = seed | 1;
    let mut keep = || {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        random >> 32 & 1 == 1
    };
    for change in &state.changes {
        match change {
            Change::SetLen(len) => {
                if keep() {
                    bytes.resize(*len as usize, 0);
                }
            }
            Change::Write { offset, data } => {
                let mut at = *offset;
                let mut rest = data.as_slice();
                while !rest.is_empty() {
                    let n = rest.len().min(512 - (at % 512) as usize);
                    let (sector, tail) = rest.split_at(n);
                    if keep() {
                        // Memory that is there cannot fail to take it.
                        let _ = splice(&mut bytes, sector, at);
                    }
                    at += n as u64;
                    rest = tail;
                }
            }
        }
    }
    bytes
}

impl State {
    fn step(&mut self) -> io::Result<()> {
        let operation = self.operations;
        self.operations += 1;
        match self.fail_from {
            Some(from) if operation == from || (operation > from && !self.fail_once) => {
                Err(io::Error::other(format!("injected failure of operation {operation}")))
            }
            _ => Ok(()),
        }
    }
}

impl Storage for FaultyStorage {
    fn len(&self) -> io::Result<u64> {
        Ok(self.state().volatile.len() as u64)
    }
    fn read_exact_at(&self, out: &mut [u8], offset: u64) -> io::Result<()> {
        out.copy_from_slice(slice(&self.state().volatile, offset, out.len())?);
        Ok(())
    }
    fn write_all_at(&self, data: &[u8], offset: u64) -> io::Result<()> {
        let mut state = self.state();
        let failed = state.step();
        // A write that fails may have reached the disk all the same.
        state.changes.push(Change::Write { offset, data: data.to_vec() });
        failed?;
        splice(&mut state.volatile, data, offset)
    }
    fn set_len(&self, len: u64) -> io::Result<()> {
        let mut state = self.state();
        state.step()?;
        state.changes.push(Change::SetLen(len));
        state.volatile.resize(len as usize, 0);
        Ok(())
    }
    fn sync_data(&self) -> io::Result<()> {
        let mut state = self.state();
        state.step()?;
        state.durable = state.volatile.clone();
        state.changes.clear();
        Ok(())
    }
    fn lock_writer(&self) -> io::Result<Lock> {
        Ok(self.locks().lock_writer())
    }
    fn unlock_writer(&self) {
        self.locks().unlock_writer();
    }
    fn pin(&self, seq: u64) -> io::Result<Lock> {
        Ok(self.locks().pin(seq))
    }
    fn unpin(&self, seq: u64) {
        self.locks().unpin(seq);
    }
    fn is_pinned_below(&self, seq: u64) -> io::Result<bool> {
        Ok(self.locks().is_pinned_below(seq))
    }
}

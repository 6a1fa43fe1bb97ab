//! A file on a disk that fails on demand.

use std::io;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::disk::{Disk, Failure};
use super::image::Op;
use crate::storage::memory::{Locks, slice};
use crate::storage::{Lock, Storage};
use crate::{FIXED, PAGE};

/// A file of a [`Disk`].
#[derive(Debug)]
pub(crate) struct FaultyStorage {
    disk: Disk,
    file: usize,
    locks: Mutex<Locks>,
}

impl FaultyStorage {
    pub(super) fn new(disk: Disk, file: usize) -> FaultyStorage {
        FaultyStorage { disk, file, locks: Mutex::default() }
    }

    /// Whether a writer holds the lock.
    pub(crate) fn is_locked(&self) -> bool {
        self.locks().is_locked()
    }

    fn locks(&self) -> MutexGuard<'_, Locks> {
        self.locks.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Applies `op`, unless the call fails.
    fn change(&self, op: Op) -> io::Result<()> {
        let mut state = self.disk.state();
        match state.call() {
            None => state.apply(op),
            Some(failure) => return Err(failure.error()),
        }
        Ok(())
    }

    fn ask<T>(&self, answer: impl FnOnce(&mut Locks) -> T) -> io::Result<T> {
        let failure = self.disk.state().call();
        failure.map_or_else(|| Ok(answer(&mut self.locks())), |failure| Err(failure.error()))
    }
}

/// Removes the older commit from header and slots.
fn hide_older(head: &mut [u8]) {
    let seq = |page: &[u8]| page[8..16].iter().rev().fold(0u64, |n, &b| n << 8 | u64::from(b));
    let newest = head.chunks(PAGE).skip(1).map(seq).max();
    head.chunks_mut(PAGE).skip(1).filter(|page| Some(seq(page)) != newest).for_each(|page| page.fill(0));
}

impl Storage for FaultyStorage {
    fn len(&self) -> io::Result<u64> {
        let mut state = self.disk.state();
        match state.call() {
            None => Ok(state.image.file(self.file).len() as u64),
            Some(failure) => Err(failure.error()),
        }
    }
    fn read_exact_at(&self, out: &mut [u8], offset: u64) -> io::Result<()> {
        let mut state = self.disk.state();
        let failure = state.call();
        let n = match failure {
            None => out.len(),
            Some(Failure::Half) => out.len() / 2,
            Some(failure) => return Err(failure.error()),
        };
        out[..n].copy_from_slice(slice(state.image.file(self.file), offset, n)?);
        if state.hides_older && (offset, n) == (0, FIXED as usize) {
            hide_older(out);
        }
        failure.map_or(Ok(()), |_| Err(io::ErrorKind::UnexpectedEof.into()))
    }
    fn write_all_at(&self, data: &[u8], offset: u64) -> io::Result<()> {
        let mut state = self.disk.state();
        let failure = state.call();
        let n = match failure {
            None => data.len(),
            Some(Failure::Half) => data.len() / 2,
            Some(failure) => return Err(failure.error()),
        };
        state.apply(Op::Write { file: self.file, offset, data: data[..n].to_vec() });
        failure.map_or(Ok(()), |failure| Err(failure.error()))
    }
    fn set_len(&self, len: u64) -> io::Result<()> {
        self.change(Op::SetLen { file: self.file, len })
    }
    /// Reserves a little more than is asked for, as a real disk does.
    fn reserve(&self, len: u64) -> io::Result<()> {
        let now = self.disk.state().image.file(self.file).len() as u64;
        if len <= now {
            return Ok(());
        }
        self.change(Op::SetLen { file: self.file, len: len.next_multiple_of(64 << 10) })
    }
    fn sync_data(&self) -> io::Result<()> {
        let mut state = self.disk.state();
        let file = self.file;
        match state.call() {
            None => state.apply(Op::Sync { file }),
            Some(failure) => {
                let seed = state.seed();
                state.apply(Op::LostSync { file, seed });
                return Err(failure.error());
            }
        }
        Ok(())
    }
    fn publish(&self) -> io::Result<()> {
        self.change(Op::Name { file: self.file })
    }
    fn sync_name(&self) -> io::Result<()> {
        self.change(Op::SyncName)
    }
    fn lock_writer(&self) -> io::Result<Lock> {
        self.ask(Locks::lock_writer)
    }
    fn unlock_writer(&self) {
        self.locks().unlock_writer();
    }
    fn pin(&self, seq: u64) -> io::Result<Lock> {
        self.ask(|locks| locks.pin(seq))
    }
    fn unpin(&self, seq: u64) {
        self.locks().unpin(seq);
    }
    fn is_pinned_below(&self, seq: u64) -> io::Result<bool> {
        self.ask(|locks| locks.is_pinned_below(seq))
    }
}

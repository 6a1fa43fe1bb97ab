//! A file in memory, for tests and for results that are never written to a disk.

use std::collections::BTreeMap;
use std::io;
use std::sync::PoisonError;

use super::{Lock, Storage};
use crate::sync::{Mutex, MutexGuard, RwLock};

/// A file's bytes in memory. Clones of the `Arc` around it are handles of one file.
#[derive(Debug, Default)]
pub struct MemoryStorage {
    bytes: RwLock<Vec<u8>>,
    locks: Mutex<Locks>,
}

/// The locks of one storage in memory.
#[derive(Debug, Default)]
pub(crate) struct Locks {
    writer: bool,
    pins: BTreeMap<u64, usize>,
}

impl Locks {
    pub(crate) fn lock_writer(&mut self) -> Lock {
        if std::mem::replace(&mut self.writer, true) { Lock::Held } else { Lock::Acquired }
    }
    pub(crate) fn unlock_writer(&mut self) {
        self.writer = false;
    }
    #[cfg(test)]
    pub(crate) fn is_locked(&self) -> bool {
        self.writer
    }
    pub(crate) fn pin(&mut self, seq: u64) -> Lock {
        *self.pins.entry(seq).or_default() += 1;
        Lock::Acquired
    }
    pub(crate) fn unpin(&mut self, seq: u64) {
        if let Some(count) = self.pins.get_mut(&seq) {
            *count -= 1;
            if *count == 0 {
                self.pins.remove(&seq);
            }
        }
    }
    pub(crate) fn is_pinned_below(&self, seq: u64) -> bool {
        self.pins.range(..seq).next().is_some()
    }
}

impl MemoryStorage {
    /// An empty storage.
    pub fn new() -> MemoryStorage {
        MemoryStorage::default()
    }

    /// A storage with the bytes of a file.
    pub fn of(bytes: Vec<u8>) -> MemoryStorage {
        MemoryStorage { bytes: RwLock::new(bytes), locks: Mutex::default() }
    }

    /// A copy of the bytes.
    pub fn bytes(&self) -> Vec<u8> {
        self.bytes.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn locks(&self) -> MutexGuard<'_, Locks> {
        self.locks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The bytes at `offset`, or an error when the file is too short.
pub(crate) fn slice(bytes: &[u8], offset: u64, len: usize) -> io::Result<&[u8]> {
    let start = usize::try_from(offset).unwrap_or(usize::MAX);
    let end = start.saturating_add(len);
    bytes.get(start..end).ok_or_else(|| io::ErrorKind::UnexpectedEof.into())
}

/// Cuts the bytes, or makes them longer with zeros. It is an error when there is no memory.
fn resize(bytes: &mut Vec<u8>, len: usize) -> io::Result<()> {
    bytes.try_reserve(len.saturating_sub(bytes.len())).map_err(|_| io::ErrorKind::OutOfMemory)?;
    bytes.resize(len, 0);
    Ok(())
}

/// Puts `data` at `offset`, and makes the bytes longer when needed.
pub(crate) fn splice(bytes: &mut Vec<u8>, data: &[u8], offset: u64) -> io::Result<()> {
    let start = usize::try_from(offset).map_err(|_| io::ErrorKind::FileTooLarge)?;
    let end = start.checked_add(data.len()).ok_or(io::ErrorKind::FileTooLarge)?;
    if bytes.len() < end {
        resize(bytes, end)?;
    }
    if let Some(target) = bytes.get_mut(start..end) {
        target.copy_from_slice(data);
    }
    Ok(())
}

impl Storage for MemoryStorage {
    fn len(&self) -> io::Result<u64> {
        Ok(self.bytes.read().unwrap_or_else(PoisonError::into_inner).len() as u64)
    }
    fn read_exact_at(&self, out: &mut [u8], offset: u64) -> io::Result<()> {
        let bytes = self.bytes.read().unwrap_or_else(PoisonError::into_inner);
        out.copy_from_slice(slice(&bytes, offset, out.len())?);
        Ok(())
    }
    fn write_all_at(&self, data: &[u8], offset: u64) -> io::Result<()> {
        splice(&mut self.bytes.write().unwrap_or_else(PoisonError::into_inner), data, offset)
    }
    fn set_len(&self, len: u64) -> io::Result<()> {
        let len = usize::try_from(len).map_err(|_| io::ErrorKind::FileTooLarge)?;
        resize(&mut self.bytes.write().unwrap_or_else(PoisonError::into_inner), len)
    }
    fn sync_data(&self) -> io::Result<()> {
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

//! The storage of a file's bytes: what the format needs of it.

mod bus;
pub(crate) mod file;
mod map;
pub(crate) mod memory;

use std::fmt::Debug;
use std::io;
use std::ops::Range;

pub use map::FileMap;

/// The answer to a request for a lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lock {
    /// The lock is acquired, until it is given back or the process ends.
    Acquired,
    /// Somebody else holds the lock.
    Held,
    /// The storage has no locks, like some network file systems.
    Unsupported,
}

/// A sequence of bytes that can be read, written and made durable, with the two locks that the protocol needs.
///
/// Every access of this crate to a file goes through this trait, so that tests can simulate a crash or a fault in
/// memory. Reads and writes come from many threads at once. They never overlap while they are under way.
pub trait Storage: Send + Sync + Debug {
    /// The length in bytes.
    fn len(&self) -> io::Result<u64>;
    /// Whether the length is 0.
    fn is_empty(&self) -> io::Result<bool> {
        Ok(self.len()? == 0)
    }
    /// Fills `out` with the bytes at `offset`. It is an error when there are fewer.
    fn read_exact_at(&self, out: &mut [u8], offset: u64) -> io::Result<()>;
    /// Writes at `offset`, and makes the storage longer when needed.
    fn write_all_at(&self, data: &[u8], offset: u64) -> io::Result<()>;
    /// Cuts the storage to `len`, or makes it longer with zeros.
    fn set_len(&self, len: u64) -> io::Result<()>;
    /// Makes room up to `len`, so that a full disk is found now. This may do nothing.
    fn reserve(&self, len: u64) -> io::Result<()> {
        let _ = len;
        Ok(())
    }
    /// Returns when everything written before is durable.
    fn sync_data(&self) -> io::Result<()>;
    /// Gives a new file its name, in one step. This does nothing for a storage without names.
    fn publish(&self) -> io::Result<()> {
        Ok(())
    }
    /// Returns when the name of the storage is durable.
    fn sync_name(&self) -> io::Result<()> {
        Ok(())
    }
    /// Hints that these bytes were written and have to become durable soon.
    fn start_writeback(&self, range: Range<u64>) {
        let _ = range;
    }
    /// Maps the first `len` bytes; `None` when the storage cannot be mapped.
    fn map(&self, len: u64) -> io::Result<Option<FileMap>> {
        let _ = len;
        Ok(None)
    }
    /// Whether another process opened the storage, and this one is its fork: it must open the storage again.
    fn is_inherited(&self) -> bool {
        false
    }
    /// Device and file number, if the storage has them.
    fn identity(&self) -> io::Result<Option<(u64, u64)>> {
        Ok(None)
    }
    /// Takes the writer's lock, without waiting.
    fn lock_writer(&self) -> io::Result<Lock>;
    /// Gives the writer's lock back.
    fn unlock_writer(&self);
    /// Pins commit `seq` against reuse of its space. Any number of readers may pin it.
    fn pin(&self, seq: u64) -> io::Result<Lock>;
    /// Removes one pin of `seq`.
    fn unpin(&self, seq: u64);
    /// Whether anybody pins a commit before `seq`; `true` when that is unknown.
    fn is_pinned_below(&self, seq: u64) -> io::Result<bool>;
}

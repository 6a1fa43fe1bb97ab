//! The few things the format needs of whatever holds its bytes.

mod bus;
pub(crate) mod file;
mod map;
pub(crate) mod memory;

use std::fmt::Debug;
use std::io;
use std::ops::Range;

pub use map::FileMap;

/// Whether a lock was given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lock {
    /// Yes, until it is given back or the process ends.
    Acquired,
    /// No: somebody else has it.
    Held,
    /// This storage has no locks (some network file systems).
    Unsupported,
}

/// A row of bytes that can be read, written and made durable, with the two kinds of locks the protocol needs.
///
/// Every access of this crate to a file goes through this trait, so that a crash or a fault can be played in
/// memory. Reads and writes come from many threads at once, and never overlap one another while in flight.
pub trait Storage: Send + Sync + Debug {
    /// Bytes there are.
    fn len(&self) -> io::Result<u64>;
    /// Whether there are none.
    fn is_empty(&self) -> io::Result<bool> {
        Ok(self.len()? == 0)
    }
    /// Fills `out` with the bytes at `offset`; an error when they end before that.
    fn read_exact_at(&self, out: &mut [u8], offset: u64) -> io::Result<()>;
    /// Writes at `offset`, growing the storage when needed.
    fn write_all_at(&self, data: &[u8], offset: u64) -> io::Result<()>;
    /// Cuts or grows (with zeros) to `len`.
    fn set_len(&self, len: u64) -> io::Result<()>;
    /// Makes room up to `len`, so that a full disk shows now; may do nothing.
    fn reserve(&self, len: u64) -> io::Result<()> {
        let _ = len;
        Ok(())
    }
    /// Returns when everything written before is durable.
    fn sync_data(&self) -> io::Result<()>;
    /// Gives a new file its name, in one step; nothing to do where there are no names.
    fn publish(&self) -> io::Result<()> {
        Ok(())
    }
    /// Returns when the name of the storage is durable.
    fn sync_name(&self) -> io::Result<()> {
        Ok(())
    }
    /// Hints that these bytes were written and will have to become durable.
    fn start_writeback(&self, range: Range<u64>) {
        let _ = range;
    }
    /// The first `len` bytes, mapped; `None` when this storage cannot.
    fn map(&self, len: u64) -> io::Result<Option<FileMap>> {
        let _ = len;
        Ok(None)
    }
    /// Device and file number, where there are such.
    fn identity(&self) -> io::Result<Option<(u64, u64)>> {
        Ok(None)
    }
    /// Takes the writer's lock, without waiting.
    fn lock_writer(&self) -> io::Result<Lock>;
    /// Gives the writer's lock back.
    fn unlock_writer(&self);
    /// Pins commit `seq` against reuse of its space (shared: any number may pin it).
    fn pin(&self, seq: u64) -> io::Result<Lock>;
    /// Takes one pin of `seq` away.
    fn unpin(&self, seq: u64);
    /// Whether a commit before `seq` is pinned by anybody; `true` when that cannot be known.
    fn is_pinned_below(&self, seq: u64) -> io::Result<bool>;
}

//! Buffers for chunks, which each thread keeps for the next time.

use std::cell::RefCell;

use crate::{Error, Result};

thread_local! {
    static SCRATCH: RefCell<Vec<Vec<u8>>> = const { RefCell::new(Vec::new()) };
}

/// Longer buffers are freed at once.
const SCRATCH_KEPT: usize = 64 << 20;

/// Bytes of buffers that a thread keeps when its work is done.
const IDLE_KEPT: usize = 1 << 20;

/// Frees the memory that this thread keeps for the next chunk, but for one mebibyte. A thread calls this when it has
/// read or written its last chunk for now: the memory was counted as long as it worked.
pub fn trim() {
    SCRATCH.with_borrow_mut(|kept| {
        let mut room = IDLE_KEPT;
        kept.retain(|buffer| {
            let fits = buffer.capacity() <= room;
            room -= if fits { buffer.capacity() } else { 0 };
            fits
        });
    });
    crate::codec::trim();
}

/// A buffer for a chunk, of zeros, or an error when there is no memory: a hostile file may have chosen the length.
/// The system gives the zeros, so the buffer takes no memory before it is written to.
pub(crate) fn buffer(len: usize) -> Result<Vec<u8>> {
    bytemuck::try_zeroed_vec(len).map_err(|()| Error::ChunkTooLarge { bytes: len as u64 })
}

/// Runs `work` with a buffer of `len` bytes, which the thread keeps for the next time. The buffer holds arbitrary
/// bytes.
pub(crate) fn with_scratch<T>(len: usize, work: impl FnOnce(&mut [u8]) -> Result<T>) -> Result<T> {
    let mut kept = SCRATCH.with_borrow_mut(Vec::pop).unwrap_or_default();
    if kept.len() < len {
        drop(kept);
        kept = buffer(len)?;
    }
    let mut buffer = kept;
    let result = work(buffer.get_mut(..len).unwrap_or_default());
    if buffer.len() <= SCRATCH_KEPT {
        SCRATCH.with_borrow_mut(|kept| kept.push(buffer));
    }
    result
}

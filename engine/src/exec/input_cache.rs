//! What the workers of a pass share of its inputs.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use crate::{Buffer, Result};

/// What the workers of a pass share of its inputs: decoded chunks, what was checked of raw ones, and whether pages stay.
pub(super) struct InputCache {
    /// Whether mapped pages are not let go when they have been read.
    pub(super) pages: bool,
    capacity: usize,
    state: Mutex<DecodedState>,
    /// For each input, chunk and 64 of the blocks that have a checksum, a bit for each: only what was come to takes memory,
    /// whatever a file claims to hold.
    checked: Mutex<HashMap<(usize, u64, usize), u64>>,
}

#[derive(Default)]
struct DecodedState {
    held: HashMap<(usize, Vec<u64>), (Arc<Buffer>, u64)>,
    free: Vec<Buffer>,
    clock: u64,
    bytes: usize,
}

impl InputCache {
    /// For inputs of which up to `capacity` bytes of decoded chunks are kept beyond those in use, and mapped `pages` or not.
    pub(super) fn new(capacity: usize, pages: bool) -> InputCache {
        InputCache { pages, capacity, state: Mutex::default(), checked: Mutex::default() }
    }

    /// Those of the `blocks` of chunk `number` of input `load` that nobody has asked for before.
    pub(super) fn unseen(&self, load: usize, number: u64, blocks: Range<usize>) -> Vec<usize> {
        let mut checked = self.checked.lock().unwrap_or_else(PoisonError::into_inner);
        let is_first = |block: &usize| {
            let (word, bit) = (checked.entry((load, number, block / 64)).or_default(), 1 << (block % 64));
            let first = *word & bit == 0;
            *word |= bit;
            first
        };
        blocks.filter(is_first).collect()
    }

    /// The decoded chunk at `index` of input `load`.
    pub(super) fn get(
        &self,
        load: usize,
        index: &[u64],
        len: usize,
        decode: impl FnOnce(&mut [u8]) -> Result<()>,
    ) -> Result<Arc<Buffer>> {
        let key = (load, index.to_vec());
        let mut buffer = {
            let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
            state.clock += 1;
            let now = state.clock;
            if let Some((found, used)) = state.held.get_mut(&key) {
                *used = now;
                return Ok(found.clone());
            }
            state.evict(self.capacity);
            let fit = state.free.iter().position(|b| b.len() == len);
            fit.map(|at| state.free.swap_remove(at))
        };
        let mut fresh = match buffer.take() {
            Some(buffer) => buffer,
            None => Buffer::unfilled(len)?,
        };
        decode(fresh.bytes_mut())?;
        let fresh = Arc::new(fresh);
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let now = state.clock;
        state.bytes += len;
        if let Some((old, _)) = state.held.insert(key, (fresh.clone(), now)) {
            state.bytes -= old.len();
        }
        Ok(fresh)
    }
}

impl DecodedState {
    /// Lets go of the chunks used longest ago that nobody reads now, until no more than `capacity` bytes stay.
    fn evict(&mut self, capacity: usize) {
        while self.bytes > capacity {
            let idle = self.held.iter().filter(|(_, (b, _))| Arc::strong_count(b) == 1);
            let Some(key) = idle.min_by_key(|(_, (_, used))| *used).map(|(k, _)| k.clone()) else { break };
            let Some((buffer, _)) = self.held.remove(&key) else { break };
            self.bytes -= buffer.len();
            // one spare buffer is enough: who evicts is about to need one
            self.free.truncate(1);
            self.free.extend(Arc::into_inner(buffer));
        }
    }
}

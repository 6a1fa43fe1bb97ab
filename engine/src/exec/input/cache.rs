//! The state that the workers of a pass share for its inputs.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use crate::{Buffer, Result};

/// The state that the workers of a pass share for its inputs: decoded chunks, checked blocks of raw chunks, and whether
/// pages stay.
pub(in crate::exec) struct InputCache {
    /// Whether mapped pages stay after they have been read.
    pub(in crate::exec) pages: bool,
    capacity: usize,
    state: Mutex<DecodedState>,
    /// For each input, chunk and group of 64 checksummed blocks, one bit for each block. Only visited blocks take
    /// memory, whatever a file claims to hold.
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
    /// A cache that keeps at most `capacity` bytes of decoded chunks, unless more are in use. `pages` says whether
    /// mapped pages stay.
    pub(in crate::exec) fn new(capacity: usize, pages: bool) -> InputCache {
        InputCache { pages, capacity, state: Mutex::default(), checked: Mutex::default() }
    }

    /// The `blocks` of chunk `number` of input `load` that no worker has asked for before.
    pub(in crate::exec) fn unseen(&self, load: usize, number: u64, blocks: Range<usize>) -> Vec<usize> {
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
    pub(in crate::exec) fn get(
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
    /// Drops the least recently used chunks that no worker reads now, until at most `capacity` bytes stay.
    fn evict(&mut self, capacity: usize) {
        while self.bytes > capacity {
            let idle = self.held.iter().filter(|(_, (b, _))| Arc::strong_count(b) == 1);
            let Some(key) = idle.min_by_key(|(_, (_, used))| *used).map(|(k, _)| k.clone()) else { break };
            let Some((buffer, _)) = self.held.remove(&key) else { break };
            self.bytes -= buffer.len();
            // one more spare buffer is enough: the evicting thread needs a buffer next
            self.free.truncate(1);
            self.free.extend(Arc::into_inner(buffer));
        }
    }
}

//! The state that the workers of a pass share for its inputs.

use std::collections::{BTreeMap, HashMap};
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
    /// For each input and group of 64 checksummed blocks, one bit for each block. Only visited blocks take memory,
    /// whatever a file claims to hold.
    checked: Mutex<HashMap<(usize, u64), u64>>,
}

/// The number of an input, and the index of a chunk.
type Key = (usize, Vec<u64>);

/// Bytes that a chunk takes beside its elements: its keys, and its share of two maps.
pub(in crate::exec) const BESIDE_CHUNK: usize = 256;

#[derive(Default)]
struct DecodedState {
    held: HashMap<Key, (Arc<Buffer>, u64)>,
    /// The held chunks by the time of their last use.
    used: BTreeMap<u64, Key>,
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

    /// Drops the chunks that no worker reads now.
    pub(in crate::exec) fn clear(&self) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.evict(0);
        state.free.clear();
    }

    /// The `blocks` of chunk `number` of input `load` that no worker has asked for before. No chunk has more than `all`
    /// checksummed blocks.
    pub(in crate::exec) fn unseen(
        &self,
        load: usize,
        number: u64,
        all: usize,
        blocks: Range<usize>,
    ) -> Vec<usize> {
        let mut checked = self.checked.lock().unwrap_or_else(PoisonError::into_inner);
        let is_first = |block: &usize| {
            let block = number.saturating_mul(all as u64).saturating_add(*block as u64);
            let (word, bit) = (checked.entry((load, block / 64)).or_default(), 1 << (block % 64));
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
            if let Some(found) = state.find(&key) {
                return Ok(found);
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
        state.insert(key, fresh.clone());
        Ok(fresh)
    }
}

impl DecodedState {
    /// The time, which is another one at each call.
    fn now(&mut self) -> u64 {
        self.clock += 1;
        self.clock
    }

    fn find(&mut self, key: &Key) -> Option<Arc<Buffer>> {
        let now = self.now();
        let (found, used) = self.held.get_mut(key)?;
        let name = self.used.remove(used)?;
        self.used.insert(now, name);
        *used = now;
        Some(found.clone())
    }

    fn insert(&mut self, key: Key, chunk: Arc<Buffer>) {
        let now = self.now();
        self.bytes += chunk.len() + BESIDE_CHUNK;
        self.used.insert(now, key.clone());
        if let Some((old, used)) = self.held.insert(key, (chunk, now)) {
            self.bytes -= old.len() + BESIDE_CHUNK;
            self.used.remove(&used);
        }
    }

    /// Drops the least recently used chunks that no worker reads now, until at most `capacity` bytes stay.
    fn evict(&mut self, capacity: usize) {
        while self.bytes > capacity {
            let is_idle =
                |key: &Key| self.held.get(key).is_some_and(|(chunk, _)| Arc::strong_count(chunk) == 1);
            let Some(used) = self.used.iter().find(|(_, key)| is_idle(key)).map(|(used, _)| *used) else {
                break;
            };
            let Some((buffer, _)) = self.used.remove(&used).and_then(|key| self.held.remove(&key)) else {
                break;
            };
            self.bytes -= buffer.len() + BESIDE_CHUNK;
            // one more spare buffer is enough: the evicting thread needs a buffer next
            self.free.truncate(1);
            self.free.extend(Arc::into_inner(buffer));
        }
    }
}

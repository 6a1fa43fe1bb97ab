//! The threads that compute.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use rayon::ThreadPool;

use crate::{Error, Result};

/// Pools by process and number of threads: threads do not follow into a forked process, which therefore makes its own.
type Pools = HashMap<(u32, usize), Arc<ThreadPool>>;

/// A pool of `threads` threads. It is made once and kept: to start threads takes longer than to compute on a small
/// array.
pub(super) fn pool(threads: usize) -> Result<Arc<ThreadPool>> {
    static POOLS: Mutex<Option<Pools>> = Mutex::new(None);
    let mut pools = POOLS.lock().unwrap_or_else(PoisonError::into_inner);
    let pools = pools.get_or_insert_default();
    let key = (std::process::id(), threads);
    if let Some(pool) = pools.get(&key) {
        return Ok(pool.clone());
    }
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .thread_name(|k| format!("arrstore {k}"))
        .build()
        .map_err(|e| Error::Other(format!("cannot start {threads} threads: {e}; use fewer")))?;
    Ok(pools.entry(key).or_insert(Arc::new(pool)).clone())
}

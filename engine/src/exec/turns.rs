//! Pieces of work that threads take up in turn.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use super::pool::pool;
use crate::{Context, Error, Result};

/// The numbers of the pieces of a stage. Threads take them up in order. When one thread fails, the others stop at their
/// next piece.
pub(crate) struct Turns {
    next: AtomicU64,
    total: u64,
    failed: AtomicBool,
}

impl Turns {
    /// The numbers from 0 to `total`, without it.
    pub(crate) fn new(total: u64) -> Turns {
        Turns { next: AtomicU64::new(0), total, failed: AtomicBool::new(false) }
    }

    /// The next piece; `None` when all have been taken or a thread has failed.
    ///
    /// # Errors
    /// [`Error::Cancelled`].
    pub(crate) fn take(&self, context: &Context) -> Result<Option<u64>> {
        if self.has_failed() {
            return Ok(None);
        }
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        if number >= self.total {
            return Ok(None);
        }
        context.go_on()?;
        Ok(Some(number))
    }

    /// The number of the piece that is taken next.
    pub(crate) fn next(&self) -> u64 {
        if self.has_failed() { self.total } else { self.next.load(Ordering::Relaxed) }
    }

    /// Whether a thread has failed.
    pub(crate) fn has_failed(&self) -> bool {
        self.failed.load(Ordering::Relaxed)
    }

    /// Runs `work` on `workers` threads; it takes up pieces until there are none. If one thread is enough, the calling
    /// thread works alone.
    ///
    /// # Errors
    /// That of the first thread that failed.
    pub(crate) fn run(
        &self,
        workers: u64,
        context: &Context,
        work: impl Fn() -> Result<()> + Sync,
    ) -> Result<()> {
        if workers.min(self.total) <= 1 {
            return work();
        }
        let error: Mutex<Option<Error>> = Mutex::new(None);
        let guarded = || {
            if let Err(e) = work() {
                self.failed.store(true, Ordering::Relaxed);
                error.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(e);
            }
        };
        pool(context.threads)?.scope(|scope| (0..workers).for_each(|_| scope.spawn(|_| guarded())));
        error.into_inner().unwrap_or_else(PoisonError::into_inner).map_or(Ok(()), Err)
    }
}

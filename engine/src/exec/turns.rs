//! Pieces of work that threads take up in turn.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

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
        let work = || {
            let done = work();
            arrstore_format::trim();
            done
        };
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

/// A state that pieces change one after the other in the order of their numbers, whichever threads have taken them up.
pub(crate) struct InOrder<T> {
    /// The number of the piece that comes next, and the state.
    state: Mutex<(u64, T)>,
    changed: Condvar,
}

impl<T> InOrder<T> {
    /// The state before the first piece.
    pub(crate) fn new(state: T) -> InOrder<T> {
        InOrder { state: Mutex::new((0, state)), changed: Condvar::new() }
    }

    /// Runs `work` on the state after the pieces before `number`. Returns `false`, and does nothing, if another thread
    /// has failed.
    ///
    /// # Errors
    /// Those of `work`.
    pub(crate) fn change(
        &self,
        number: u64,
        turns: &Turns,
        work: impl FnOnce(&mut T) -> Result<()>,
    ) -> Result<bool> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        while state.0 != number {
            if turns.has_failed() {
                return Ok(false);
            }
            let waited = self.changed.wait_timeout(state, Duration::from_millis(50));
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        work(&mut state.1)?;
        state.0 += 1;
        drop(state);
        self.changed.notify_all();
        Ok(true)
    }

    /// The state after the last piece.
    pub(crate) fn into_inner(self) -> T {
        self.state.into_inner().unwrap_or_else(PoisonError::into_inner).1
    }
}

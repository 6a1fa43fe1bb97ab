//! The locks and flags of this crate: those of the standard library or, built with `--cfg shuttle`, those of a
//! scheduler that tries the orders in which threads can reach them (`tests/schedules.rs`).

#[cfg(shuttle)]
pub(crate) use shuttle::sync::{Condvar, Mutex, MutexGuard, RwLock, atomic};
#[cfg(not(shuttle))]
pub(crate) use std::sync::{Condvar, Mutex, MutexGuard, RwLock, atomic};

/// Locks a mutex, even one that was poisoned by a panic in another thread.
pub(crate) fn lock<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

//! The locks and flags of this crate: those of the standard library or, built with `--cfg shuttle`, those of a scheduler that
//! tries the orders in which threads may come to them (`tests/schedules.rs`).

#[cfg(shuttle)]
pub(crate) use shuttle::sync::{Condvar, Mutex, MutexGuard, RwLock, atomic};
#[cfg(not(shuttle))]
pub(crate) use std::sync::{Condvar, Mutex, MutexGuard, RwLock, atomic};

//! Carries: the values that a tile needs from the tile before it, in stages whose tiles depend on each other.

use std::collections::HashMap;
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

use super::turns::Turns;

/// The last elements of tiles, for the tiles that follow them.
#[derive(Default)]
pub(crate) struct Carries {
    /// Carries that no tile has taken yet, by line of tiles and place in the line.
    waiting: Mutex<HashMap<(u64, u64), Vec<u8>>>,
    changed: Condvar,
}

impl Carries {
    /// Leaves the carry of a tile, by the line of tiles that it belongs to and its place there.
    pub(crate) fn put(&self, line: u64, place: u64, carry: Vec<u8>) {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).insert((line, place), carry);
        self.changed.notify_all();
    }

    /// Takes the carry of a tile, and waits for it if need be; `None` when a thread has failed.
    pub(crate) fn wait(&self, line: u64, place: u64, turns: &Turns) -> Option<Vec<u8>> {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            if let Some(carry) = waiting.remove(&(line, place)) {
                return Some(carry);
            }
            if turns.has_failed() {
                return None;
            }
            let patience = Duration::from_millis(50);
            let waited = self.changed.wait_timeout(waiting, patience);
            waiting = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

//! Carries: the values that a tile needs from the tile before it, in stages whose tiles depend on each other.
//!
//! Tiles that follow each other along an axis make a *line*, or all tiles do, if elements are scanned in C order as one.
//! Lines need nothing from each other. All threads compute tiles, and wait for a carry only when their tile needs it.

use std::collections::HashMap;
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

use super::turns::Turns;
use super::walk::{Tile, Walk};
use crate::program::Program;
use crate::program::tiles::{Tiles, loop_order};

/// The most bytes of carries that are kept so that tiles beside each other can go first.
const MOST: u64 = 16 << 20;

/// The last elements of tiles, for the tiles that follow them.
pub(crate) struct Carries<'w> {
    walk: &'w Walk,
    /// The axis of the lines; `None`: all tiles are one line.
    axis: Option<usize>,
    /// Carries that no tile has taken yet, by line of tiles and place in the line.
    waiting: Mutex<HashMap<(u64, u64), Vec<u8>>>,
    changed: Condvar,
}

/// The order in which tiles are taken up that carry elements of `item` bytes along `axis`. That axis comes as early as
/// the carries of the faster axes allow.
pub(crate) fn order(feed: &Program, tiles: &Tiles, axis: Option<usize>, item: u64) -> Vec<usize> {
    let Some(axis) = axis else { return (0..feed.domain.len()).collect() };
    let mut order: Vec<usize> = loop_order(feed).into_iter().filter(|&k| k != axis).collect();
    let extents = tiles.extents();
    let carries = |place: usize| {
        let (slow, fast) = order.split_at(place);
        let slow = slow.iter().fold(item, |bytes, &k| bytes.saturating_mul(extents[k]));
        fast.iter().fold(slow, |bytes, &k| bytes.saturating_mul(feed.domain[k]))
    };
    let place = (0..order.len()).find(|&place| carries(place) <= MOST).unwrap_or(order.len());
    order.insert(place, axis);
    order
}

/// Bytes of all carries of a walk that exist at a time.
pub(crate) fn bytes(feed: &Program, walk: &Walk, axis: Option<usize>, item: u64) -> u64 {
    let Some(axis) = axis else { return 2 * item };
    let extents = walk.tiles.extents();
    let place = walk.order.iter().position(|&k| k == axis).unwrap_or(0);
    let (slow, fast) = walk.order.split_at(place);
    let slow = slow.iter().fold(item, |bytes, &k| bytes.saturating_mul(extents[k]));
    let fast = fast.iter().filter(|&&k| k != axis);
    fast.fold(slow, |bytes, &k| bytes.saturating_mul(feed.domain[k])).saturating_mul(2)
}

impl<'w> Carries<'w> {
    /// Carries along `axis`, or through all elements in C order.
    pub(crate) fn new(walk: &'w Walk, axis: Option<usize>) -> Carries<'w> {
        Carries { walk, axis, waiting: Mutex::default(), changed: Condvar::new() }
    }

    /// Runs `work` on a tile and its carry, and leaves the carry for the tile that follows. The first tile of a line
    /// gets `size` zero bytes, and `true`. Returns `false`, and does nothing, if another thread has failed.
    pub(crate) fn pass(
        &self,
        tile: &mut Tile<'_>,
        size: usize,
        work: impl FnOnce(&mut Tile<'_>, &mut [u8], bool),
    ) -> bool {
        let counts = self.walk.tiles.counts();
        let beside = |k: usize| self.axis.is_some_and(|axis| axis != k);
        let number = |wanted: bool| {
            let axes = (0..counts.len()).filter(|&k| beside(k) == wanted);
            axes.fold((0, 1), |(at, n), k| (at * counts[k] + tile.index[k], n * counts[k]))
        };
        let ((line, _), (place, length)) = (number(true), number(false));
        let mut carry = match place {
            0 => vec![0; size],
            _ => match self.wait((line, place), tile.turns) {
                Some(carry) => carry,
                None => return false,
            },
        };
        work(tile, &mut carry, place == 0);
        if place + 1 < length {
            let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
            waiting.insert((line, place + 1), carry);
            drop(waiting);
            self.changed.notify_all();
        }
        true
    }

    /// Takes a carry, and waits for it if need be; `None` when a thread has failed.
    fn wait(&self, tile: (u64, u64), turns: &Turns) -> Option<Vec<u8>> {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            if let Some(carry) = waiting.remove(&tile) {
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

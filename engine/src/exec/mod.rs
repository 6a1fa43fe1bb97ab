//! Running plans: tiles evaluated by workers, products of matrices, results on their way to sinks.

mod bands;
pub(crate) mod carries;
mod delivery;
mod derived;
mod feed;
mod fetch;
mod fold;
mod folded;
mod folding;
mod gemm;
mod input;
mod loops;
mod matmul;
mod pass;
mod pieces;
mod pool;
mod read_ahead;
mod registers;
mod stage;
#[cfg(test)]
mod tests;
mod turns;
mod walk;
mod worker;

pub(crate) use carries::Carries;
pub(crate) use delivery::{ALIKE, Give, deliver, give_alike};
pub(crate) use derived::{CHUNK, Derive, Derived, like};
pub(crate) use feed::{Feed, Reader};
pub(crate) use fold::Reduced;
pub(crate) use folded::Folded;
pub(crate) use gemm::compute_type;
pub use gemm::{BACKEND, backend_core};
pub(crate) use matmul::Product;
pub(crate) use pass::{Output, Pass};
pub(crate) use stage::{Fit, Room, Run, Stage, Told};
pub(crate) use turns::{InOrder, Turns};
pub(crate) use walk::{Bytes, Tile, Walk};

use crate::Result;
use crate::program::tiles::Tiles;

/// The grid index of tile number `n`, where the last axis of `order` varies fastest.
pub(crate) fn tile_index(tiles: &Tiles, order: &[usize], mut n: u64) -> Vec<u64> {
    let counts = tiles.counts();
    let mut index = vec![0; counts.len()];
    for &k in order.iter().rev() {
        index[k] = n % counts[k];
        n /= counts[k];
    }
    index
}

/// Visits every tile, the last axis of `order` varying fastest.
fn each_tile(tiles: &Tiles, order: &[usize], mut visit: impl FnMut(&[u64]) -> Result<()>) -> Result<()> {
    (0..tiles.len()).try_for_each(|n| visit(&tile_index(tiles, order, n)))
}

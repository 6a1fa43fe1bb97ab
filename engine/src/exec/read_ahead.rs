//! Reading ahead: a thread runs ahead of the workers of a pass and has the disk bring the bytes that they read next, so
//! that the disk never waits for them. The thread computes nothing and keeps nothing: the bytes wait in the system's
//! page cache.

use std::sync::Arc;
use std::time::Duration;

use super::input::Input;
use super::input::InputCache;
use super::pass::Pass;
use super::pieces::each_piece;
use super::tile_index;
use super::turns::Turns;
use crate::source::Source;
use crate::{Context, Result};

/// A thread for reading pays for inputs of at least this many bytes.
pub(super) const FROM: u64 = 64 << 20;
/// The greatest distance ahead of the workers, in bytes.
const FAR: u64 = 64 << 20;
/// The pause of the thread when it is that far ahead.
const PAUSE: Duration = Duration::from_micros(500);

/// A reader ahead of the workers, which take up tiles in turn.
pub(super) struct ReadAhead<'p> {
    pass: &'p Pass,
    /// The greatest length of a piece along each axis.
    longest: &'p [u64],
    inputs: Vec<Input<'p>>,
    turns: &'p Turns,
    /// The number of tiles that it may be ahead.
    tiles: u64,
}

impl<'p> ReadAhead<'p> {
    /// A reader, if there is enough to read from files.
    pub(super) fn new(
        pass: &'p Pass,
        longest: &'p [u64],
        sources: &'p [Arc<dyn Source>],
        context: &'p Context,
        shared: &'p InputCache,
        turns: &'p Turns,
    ) -> Option<ReadAhead<'p>> {
        let stored = |(k, source): (usize, &'p Arc<dyn Source>)| {
            source.is_stored().then(|| Input::new(k, &pass.program, source.as_ref(), context, shared))
        };
        let inputs: Vec<Input<'p>> = sources.iter().enumerate().filter_map(stored).collect();
        let item: u64 = inputs.iter().map(Input::item).sum();
        if pass.program.elements().saturating_mul(item) < FROM {
            return None;
        }
        let tile = pass.tiles.extents().iter().product::<u64>() * item;
        let far = FAR.min(context.budget.total() / 8);
        Some(ReadAhead { pass, longest, inputs, turns, tiles: (far / tile.max(1)).max(1) })
    }

    /// Reads ahead until all tiles are taken up.
    pub(super) fn run(mut self) {
        let total = self.pass.tiles.len();
        let mut tile = 0;
        loop {
            // the workers read their current tiles themselves
            let next = self.turns.next();
            tile = tile.max(next);
            if tile >= total {
                return;
            }
            if tile > next + self.tiles {
                std::thread::sleep(PAUSE);
            } else if self.bring(tile).is_ok() {
                tile += 1;
            } else {
                // a worker meets the same error later and reports it
                return;
            }
        }
    }

    fn bring(&mut self, tile: u64) -> Result<()> {
        let pass = self.pass;
        let (start, shape) = pass.tiles.tile(&tile_index(&pass.tiles, &pass.walk, tile));
        let inputs = &mut self.inputs;
        each_piece(&pass.program, &pass.order, self.longest, &start, &shape, |start, shape| {
            inputs.iter_mut().try_for_each(|input| input.bring(start, shape))
        })
    }
}

//! Reading ahead: a thread that goes before the workers of a pass and has the disk bring what they will read, so that it
//! never waits for them. It computes nothing and keeps nothing: what it brings waits in the system's page cache.

use std::sync::Arc;
use std::time::Duration;

use super::input::Input;
use super::input_cache::InputCache;
use super::pass::Pass;
use super::pieces::each_piece;
use super::tile_index;
use super::turns::Turns;
use crate::source::Source;
use crate::{Context, Result};

/// Bytes of inputs from which on a thread for reading pays.
pub(super) const FROM: u64 = 64 << 20;
/// The most that it goes ahead, in bytes.
const FAR: u64 = 64 << 20;
/// How long it waits when it is that far.
const PAUSE: Duration = Duration::from_micros(500);

/// A reader ahead of the workers, who take up tiles in turn.
pub(super) struct ReadAhead<'p> {
    pass: &'p Pass,
    /// Elements of a piece along each axis, at most.
    longest: &'p [u64],
    inputs: Vec<Input<'p>>,
    turns: &'p Turns,
    /// Tiles that it goes ahead.
    tiles: u64,
}

impl<'p> ReadAhead<'p> {
    /// A reader, where there is enough to read from files.
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
            // what the workers are at, they read themselves
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
                // a worker will come to it, and say so
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

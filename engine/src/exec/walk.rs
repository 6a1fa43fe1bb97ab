//! Stages that go through the tiles of one feed: threads take up tiles in turn, compute the elements of each, and give
//! results to the sink. An operator of this kind adds its own work on a tile.

use super::delivery::{Give, deliver};
use super::feed::Feed;
use super::stage::{Fit, Room, Run, Told};
use super::tile_index;
use super::turns::Turns;
use crate::profile::Work;
use crate::program::Program;
use crate::program::tiles::Tiles;
use crate::{Buffer, Context, Error, Result};

/// The tiles of a stage, the order in which they are taken up, and the threads that work on them.
#[derive(Clone, Debug)]
pub(crate) struct Walk {
    pub(crate) tiles: Tiles,
    /// The axes, from the one along which tiles change slowest.
    pub(crate) order: Vec<usize>,
    threads: u64,
}

/// Bytes of memory that a walk takes: for each thread, and once.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bytes {
    pub(crate) each: u64,
    pub(crate) once: u64,
}

/// A tile whose elements have been computed.
pub(crate) struct Tile<'t> {
    /// Its index in the grid of tiles.
    pub(crate) index: Vec<u64>,
    pub(crate) start: Vec<u64>,
    pub(crate) shape: Vec<u64>,
    /// Its elements in C order.
    pub(crate) elements: &'t mut [u8],
    /// A buffer of the thread, for results that do not take the place of the elements.
    pub(crate) spare: &'t mut Buffer,
    /// Gives a box of the result to the sink.
    pub(crate) give: &'t Give<'t>,
    pub(crate) turns: &'t Turns,
    context: &'t Context,
}

impl Walk {
    pub(crate) fn new(tiles: Tiles, order: Vec<usize>) -> Walk {
        Walk { tiles, order, threads: 1 }
    }

    /// This walk by as many threads as memory has room for. If there is no room for one, its tiles are halved along
    /// axes that `may` be cut until there is.
    pub(crate) fn fitted(
        &self,
        room: Room,
        bytes: impl Fn(&Walk) -> Bytes,
        may: impl Fn(&Tiles, usize) -> bool,
    ) -> (Walk, Fit) {
        let mut walk = self.clone();
        loop {
            let Bytes { each, once } = bytes(&walk);
            let fitting = room.free.saturating_sub(once) / each.max(1);
            walk.threads = fitting.min(room.threads).min(walk.tiles.len().max(1));
            if walk.threads > 0 {
                let takes = once + walk.threads * each;
                return (walk, Fit::Takes(takes));
            }
            match walk.tiles.halved(|axis| may(&walk.tiles, axis)) {
                Some(tiles) => walk.tiles = tiles,
                None => return (walk, Fit::Needs(once.saturating_add(each))),
            }
        }
    }

    /// Describes a stage of one `step` over the tiles of `feed`.
    pub(crate) fn explain(&self, kind: &'static str, step: String, feed: &Program) -> Told {
        Told {
            kind,
            steps: vec![step],
            domain: feed.domain.clone(),
            tiles: self.tiles.len(),
            tile: self.tiles.extents(),
            threads: self.threads,
            reads: vec![feed.bytes_read()],
            passes: 1,
            ..Told::default()
        }
    }

    /// Computes the elements of every tile from `program`, and has `work` make results of them. The boxes that `work`
    /// gives are parts of `written`.
    ///
    /// # Errors
    /// Errors of sources and sinks, and those of `work`.
    pub(crate) fn run(
        &self,
        program: &Program,
        run: &Run<'_>,
        written: &Tiles,
        work: impl Fn(&mut Tile<'_>) -> Result<()> + Sync,
    ) -> Result<()> {
        let ([sources], [sink]) = (run.sources, run.sinks) else {
            return Err(Error::internal("a walk over tiles has one input and one output"));
        };
        let context = run.context;
        let feed = Feed::new(program, sources, context, false);
        deliver(sink.as_ref(), written, context, |give| {
            let turns = Turns::new(self.tiles.len());
            turns.run(self.threads, context, || {
                let (mut reader, mut filled, mut spare) =
                    (feed.reader(), Buffer::default(), Buffer::default());
                while let Some(number) = turns.take(context)? {
                    let index = tile_index(&self.tiles, &self.order, number);
                    let (start, shape) = self.tiles.tile(&index);
                    let len = shape.iter().product::<u64>();
                    let elements = filled.reserve(len as usize * program.output_size())?;
                    context.record(Work::Tile, 1, len, || reader.fill(&start, &shape, elements))?;
                    let (spare, turns) = (&mut spare, &turns);
                    work(&mut Tile { index, start, shape, elements, spare, give, turns, context })?;
                    (run.done)(len);
                }
                Ok(())
            })
        })
    }
}

impl Tile<'_> {
    /// Elements.
    pub(crate) fn len(&self) -> u64 {
        self.shape.iter().product()
    }

    /// Runs a part of the operator's work on the tile, and records its time.
    pub(crate) fn record<T>(&mut self, work: impl FnOnce(&mut Self) -> T) -> T {
        let (context, len) = (self.context, self.len());
        context.record(Work::Tile, 1, len, || work(self))
    }
}

//! A caller's function over blocks of an array.

use std::fmt;
use std::sync::Arc;

use super::{Operator, Output};
use crate::exec::{Feed, Fit, Room, Run, Stage, Told, Turns, deliver, tile_index};
use crate::profile::Work;
use crate::program::Program;
use crate::program::tiles::{Tiles, loop_order};
use crate::program::written;
use crate::{Buffer, Error, Result};

/// Bytes of a block, unless chunks that are written whole are larger.
const BLOCK: u64 = 8 << 20;

/// Fills a block of the result, given its start, its shape, the elements of the array, and room for those of the
/// result.
type Call = dyn Fn(&[u64], &[u64], &[u8], &mut [u8]) -> Result<()> + Send + Sync;

/// A function of blocks. Two of them are equal if they are the same function object.
#[derive(Clone)]
pub(crate) struct MapBlocks(Arc<Call>);

impl MapBlocks {
    pub(crate) fn new(
        call: impl Fn(&[u64], &[u64], &[u8], &mut [u8]) -> Result<()> + Send + Sync + 'static,
    ) -> MapBlocks {
        MapBlocks(Arc::new(call))
    }
}

impl fmt::Debug for MapBlocks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MapBlocks")
    }
}

impl Operator for MapBlocks {
    fn name(&self) -> &'static str {
        "map_blocks"
    }

    fn key(&self) -> Vec<u8> {
        Arc::as_ptr(&self.0).addr().to_le_bytes().to_vec()
    }

    fn stage(&self, feeds: Vec<Program>, outputs: &[Output]) -> Result<Box<dyn Stage>> {
        let (Ok([feed]), [output]) = (<[Program; 1]>::try_from(feeds), outputs) else {
            return Err(Error::Other("a function of blocks has one input and one output".into()));
        };
        let tiles = written::tiles(&feed, &output.written, BLOCK);
        let walk = loop_order(&feed);
        Ok(Box::new(Mapping { call: self.clone(), feed, output: output.clone(), tiles, walk, threads: 1 }))
    }
}

/// A function of blocks that is planned.
#[derive(Debug)]
struct Mapping {
    call: MapBlocks,
    feed: Program,
    output: Output,
    tiles: Tiles,
    walk: Vec<usize>,
    threads: u64,
}

impl Mapping {
    /// Bytes of a thread: the block, the function's own result, the result here, and a copy if the writer makes one.
    fn bytes(&self) -> u64 {
        let written = &self.output.written;
        let extents = self.tiles.extents();
        let elements: u64 = extents.iter().product();
        let copies = if written.copies { 3 } else { 2 };
        let results = elements.saturating_mul(written.item).saturating_mul(copies);
        let block = elements.saturating_mul(self.feed.output_size() as u64);
        block + results + written.scratch + Feed::bytes(&self.feed, &extents)
    }
}

impl Stage for Mapping {
    fn feeds(&self) -> Vec<&Program> {
        vec![&self.feed]
    }

    fn fit(&mut self, room: Room) -> Fit {
        loop {
            let each = self.bytes();
            self.threads = (room.free / each.max(1)).min(room.threads).min(self.tiles.len().max(1));
            if self.threads > 0 {
                return Fit::Takes(self.threads * each);
            }
            match self.tiles.halved(|_| self.output.written.chunk.is_none()) {
                Some(tiles) => self.tiles = tiles,
                None => return Fit::Needs(each),
            }
        }
    }

    fn work(&self) -> u64 {
        self.feed.elements()
    }

    fn explain(&self) -> Told {
        Told {
            kind: self.call.name(),
            steps: vec!["a function of the program".to_owned()],
            domain: self.feed.domain.clone(),
            tiles: self.tiles.len(),
            tile: self.tiles.extents(),
            threads: self.threads,
            reads: vec![self.feed.bytes_read()],
            passes: 1,
            ..Told::default()
        }
    }

    fn run(&self, run: &Run<'_>) -> Result<()> {
        let ([sources], [sink]) = (run.sources, run.sinks) else {
            return Err(Error::Other("a function of blocks has one input and one output".into()));
        };
        let feed = Feed::new(&self.feed, sources, run.context, false);
        let (input, item) = (self.feed.output_size(), self.output.written.item as usize);
        deliver(sink.as_ref(), &self.tiles, run.context, |give| {
            let turns = Turns::new(self.tiles.len());
            turns.run(self.threads, run.context, || {
                let (mut reader, mut block, mut result) =
                    (feed.reader(), Buffer::default(), Buffer::default());
                while let Some(number) = turns.take(run.context)? {
                    let (start, shape) = self.tiles.tile(&tile_index(&self.tiles, &self.walk, number));
                    let elements = shape.iter().product::<u64>();
                    let from = block.reserve(elements as usize * input)?;
                    let to = result.reserve(elements as usize * item)?;
                    run.context.record(Work::Tile, 1, elements, || {
                        reader.fill(&start, &shape, from)?;
                        (self.call.0)(&start, &shape, from, to)
                    })?;
                    give(&start, &shape, to)?;
                    (run.done)(elements);
                }
                Ok(())
            })
        })
    }
}

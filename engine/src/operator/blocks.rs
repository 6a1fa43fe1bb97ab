//! A caller's function over blocks of an array.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use super::{Operator, Output, only};
use crate::Result;
use crate::exec::{Bytes, Feed, Fit, Room, Run, Stage, Told, Walk};
use crate::expr::Expr;
use crate::program::Program;
use crate::program::tiles::loop_order;
use crate::program::written;

/// Bytes of a block, unless chunks that are written whole are larger.
const BLOCK: u64 = 8 << 20;

/// Fills a block of the result, given its start, its shape, the elements of the array, and room for those of the
/// result.
type Call = dyn Fn(&[u64], &[u64], &[u8], &mut [u8]) -> Result<()> + Send + Sync;

/// A function of blocks. Two of them are equal if they are the same function object.
#[derive(Clone)]
pub(crate) struct MapBlocks {
    call: Arc<Call>,
    /// Whether the function takes no notice of where a block starts, so that it can be called for a part of the array.
    anywhere: bool,
}

impl MapBlocks {
    pub(crate) fn new(
        call: impl Fn(&[u64], &[u64], &[u8], &mut [u8]) -> Result<()> + Send + Sync + 'static,
    ) -> MapBlocks {
        MapBlocks { call: Arc::new(call), anywhere: false }
    }

    /// A function that gets the shape of a block, its elements and the place of the results.
    pub(crate) fn anywhere(
        call: impl Fn(&[u64], &[u8], &mut [u8]) -> Result<()> + Send + Sync + 'static,
    ) -> MapBlocks {
        let call = move |_: &[u64], shape: &[u64], from: &[u8], to: &mut [u8]| call(shape, from, to);
        MapBlocks { call: Arc::new(call), anywhere: true }
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
        Arc::as_ptr(&self.call).addr().to_le_bytes().to_vec()
    }

    fn needs(&self, part: &mut [Range<u64>], _: &[&[u64]]) -> Option<Vec<Vec<Range<u64>>>> {
        self.anywhere.then(|| vec![part.to_vec()])
    }

    fn stage(&self, feeds: Vec<Program>, outputs: &[Output]) -> Result<Box<dyn Stage>> {
        let (feed, output) = (only(self, feeds)?, only(self, outputs)?.clone());
        let walk = Walk::new(written::tiles(&feed, &output.written, BLOCK), loop_order(&feed));
        Ok(Box::new(Mapping { call: self.clone(), feed, output, walk }))
    }
}

impl Expr {
    /// The same elements, copied to one place before they are read.
    pub(crate) fn copied(&self) -> Expr {
        let copy = MapBlocks::new(|_, _, from, to| {
            to.copy_from_slice(from);
            Ok(())
        });
        Expr::output(copy, vec![self.clone()], self.dtype(), self.shape().to_vec())
    }

    /// The same elements, to be read by several: copied if they are computed.
    pub(crate) fn shared(&self) -> Expr {
        if self.is_stored() { self.clone() } else { self.copied() }
    }
}

/// A function of blocks that is planned.
#[derive(Debug)]
struct Mapping {
    call: MapBlocks,
    feed: Program,
    output: Output,
    walk: Walk,
}

impl Mapping {
    /// Bytes of a thread: the block, the function's own result, the result here, and a copy if the writer makes one.
    fn bytes(&self, walk: &Walk) -> Bytes {
        let written = &self.output.written;
        let extents = walk.tiles.extents();
        let elements: u64 = extents.iter().product();
        let copies = if written.copies { 3 } else { 2 };
        let results = elements.saturating_mul(written.item).saturating_mul(copies);
        let block = elements.saturating_mul(self.feed.output_size() as u64);
        Bytes { each: block + results + written.scratch + Feed::bytes(&self.feed, &extents), once: 0 }
    }
}

impl Stage for Mapping {
    fn feeds(&self) -> Vec<&Program> {
        vec![&self.feed]
    }

    fn fit(&mut self, room: Room) -> Fit {
        let whole = self.output.written.chunk.is_some();
        let (walk, fit) = self.walk.fitted(room, |walk| self.bytes(walk), |_, _| !whole);
        self.walk = walk;
        fit
    }

    fn work(&self) -> u64 {
        self.feed.elements()
    }

    fn explain(&self) -> Told {
        self.walk.explain(self.call.name(), "a function of the program".to_owned(), &self.feed)
    }

    fn run(&self, run: &Run<'_>) -> Result<()> {
        let item = self.output.written.item as usize;
        self.walk.run(&self.feed, run, &self.walk.tiles, |tile| {
            let bytes = tile.len() as usize * item;
            tile.record(|tile| {
                (self.call.call)(&tile.start, &tile.shape, tile.elements, tile.spare.reserve(bytes)?)
            })?;
            (tile.give)(&tile.start, &tile.shape, &tile.spare.bytes()[..bytes])
        })
    }
}

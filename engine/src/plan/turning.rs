//! The sources that are copied into a file before they are used: those that would be decoded again and again, or read in
//! short runs.

use std::sync::Arc;

use super::Plan;
use super::item::Item;
use super::lower::{Builder, lies_as};
use super::target::Dest;
use crate::program::written::{self, Medium};
use crate::program::{Deferred, Id, Leaf, Load};
use crate::source::{Source, elements};
use crate::{Context, Result};

/// An array is spilled first if its chunks are decoded this many times on average.
const OFTEN: f64 = 3.0;
/// A chunk that takes fewer bytes is decoded again as often as it is needed.
const SMALL: u64 = 64 << 10;

impl Plan {
    /// Finds the sources of an item that are decoded too often in place, or read in too short runs, and chooses the
    /// chunks in which they are spilled.
    pub(super) fn turn(&mut self, item: &Item, context: &Context, turned: &mut Vec<Id>) -> Result<()> {
        if item.part.is_some() {
            return Ok(());
        }
        let extents = item.tiles.extents();
        let free = context.budget.total().saturating_sub(self.schedule.held(item.level));
        let mut encoded = Vec::new();
        for (number, load) in item.program.loads.iter().enumerate() {
            match &load.leaf {
                Leaf::Derived(_, deferred) => read_by(deferred.as_ref(), 1.0, &mut encoded),
                Leaf::Source(source) if load.is_encoded() => {
                    let decoded = elements(source.shape())?.saturating_mul(source.dtype().size() as u64);
                    // decoded chunks that are read again are kept if there is room
                    if decoded > free / 2 {
                        let share = load.share(&item.program.domain, source.shape());
                        let visits = share * written::visits(load, &extents);
                        encoded.push(Encoded { load, source, extents: extents.clone(), visits });
                    }
                }
                Leaf::Source(_) => self.turn_stored(item, number, context, turned)?,
                Leaf::Cut(_) => {}
            }
        }
        for Encoded { load, source, extents, visits } in encoded {
            if visits < OFTEN {
                continue;
            }
            let Some(id) = self.graph.source(source).filter(|id| !turned.contains(id)) else { continue };
            if item.is_fold() {
                // the bits of a fold depend on the chunks that it reads
                if lies_as(source.as_ref(), source.chunk_shape()) {
                    self.chunks.insert(id, source.chunk_shape().to_vec());
                    turned.push(id);
                }
                continue;
            }
            // the elements that a tile reads along each axis of the source
            let mut wanted = source.chunk_shape().to_vec();
            for (&extent, access) in extents.iter().zip(&load.access) {
                if let Some(access) = access {
                    wanted[access.axis] = extent.saturating_mul(access.step.unsigned_abs());
                }
            }
            self.chunks.insert(id, written::spill_chunk(source.as_ref(), &wanted));
            turned.push(id);
        }
        Ok(())
    }

    /// The same for a source that is read in place, by an item that is written.
    fn turn_stored(
        &mut self,
        item: &Item,
        number: usize,
        context: &Context,
        turned: &mut Vec<Id>,
    ) -> Result<()> {
        let (program, limit) = (&item.program, self.tile_limit(item.level, context));
        let load = &program.loads[number];
        let (Leaf::Source(source), Dest::Root(root)) = (&load.leaf, item.dest) else { return Ok(()) };
        if item.is_fold() {
            return Ok(());
        }
        // reads from pages that stay mapped need no system call
        let free = context.budget.total().saturating_sub(self.schedule.held(item.level));
        if self.files == Medium::Near && load.mapped_bytes(&program.domain) <= free / 2 {
            return Ok(());
        }
        // only a source of which all elements are read is copied
        let seen = load.is_whole(&program.domain, source.shape());
        let Some(id) = self.graph.source(source).filter(|id| seen && !turned.contains(id)) else {
            return Ok(());
        };
        let written = self.how_written(root);
        if let Some(extent) = written::turned(program, number, &written, limit) {
            let mut wanted = source.shape().to_vec();
            for (&extent, access) in extent.iter().zip(&load.access) {
                if let Some(access) = access {
                    wanted[access.axis] = extent;
                }
            }
            let copy = Builder::of_source(&self.graph, id)?.finish();
            self.chunks.insert(id, written::copied_chunk(&copy, &wanted, limit));
            turned.push(id);
        }
        Ok(())
    }
}

/// A load of encoded chunks, and the way they are read.
struct Encoded<'p> {
    load: &'p Load,
    source: &'p Arc<dyn Source>,
    /// Elements of a box that is read at a time.
    extents: Vec<u64>,
    /// How often a chunk is decoded on average, with those that are not read.
    visits: f64,
}

/// The loads of encoded chunks that a derived result reads. `times` is how often each chunk of the result is computed.
fn read_by<'p>(deferred: &'p dyn Deferred, times: f64, found: &mut Vec<Encoded<'p>>) {
    let feeds = deferred.feeds().iter().zip(deferred.reads()).zip(deferred.visits());
    for ((feed, boxed), visits) in feeds {
        for load in &feed.loads {
            let visits = times * visits;
            match &load.leaf {
                Leaf::Derived(_, inner) => read_by(inner.as_ref(), visits, found),
                Leaf::Source(source) if load.is_encoded() && load.decoded_bytes() > SMALL => {
                    let visits = visits * load.share(&feed.domain, source.shape());
                    found.push(Encoded { load, source, extents: boxed.clone(), visits });
                }
                Leaf::Source(_) | Leaf::Cut(_) => {}
            }
        }
    }
}

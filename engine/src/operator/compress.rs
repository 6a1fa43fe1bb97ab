//! The elements of vectors at the places where a condition holds.
//!
//! The shape of the result depends on data, so the condition is counted when the expression is built.

use std::sync::atomic::{AtomicU64, Ordering};

use super::{Operator, Output};
use crate::exec::{Feed, Fit, Room, Run, Stage, Told, Turns, deliver, tile_index};
use crate::expr::Expr;
use crate::plan::evaluate_in;
use crate::profile::Work;
use crate::program::Program;
use crate::program::tiles::Tiles;
use crate::{Buffer, Context, DType, Error, ReduceOptions, Reduction, Result};

/// Elements of a tile, at most and at least.
const TILE: (u64, u64) = (1 << 18, 1 << 10);

/// The inputs are the condition and vectors of its length. The outputs are the chosen elements of each vector, and
/// perhaps the places that were chosen.
#[derive(Clone, Debug)]
struct Compress;

impl Expr {
    /// The elements of vectors where this boolean vector is true; with `places`, the places of these elements come last,
    /// as `int64`. The condition is counted at once; the elements are computed when they are asked for.
    ///
    /// # Errors
    /// When a vector has another length, and errors of the computation.
    pub(crate) fn marked(&self, vectors: &[Expr], places: bool, context: &Context) -> Result<Vec<Expr>> {
        let options = ReduceOptions { dtype: Some(DType::I64), ..ReduceOptions::default() };
        let count = self.reduce(Reduction::Sum, &options)?;
        let count = evaluate_in(&count, context)?.item::<i64>()?.unsigned_abs();
        let vectors = vectors.iter().map(Expr::typed).collect::<Result<Vec<_>>>()?;
        if let Some(other) = vectors.iter().find(|vector| vector.shape() != self.shape()) {
            let (wanted, found) = (crate::view::show(self.shape()), crate::view::show(other.shape()));
            return Err(Error::Shape(format!(
                "a condition of shape {wanted} chooses from a vector of shape {found}"
            )));
        }
        let types = vectors.iter().map(Expr::dtype).chain(places.then_some(DType::I64));
        let outputs = types.map(|dtype| (dtype, vec![count])).collect();
        Ok(Expr::outputs(Compress, std::iter::once(self.clone()).chain(vectors).collect(), outputs))
    }
}

impl Operator for Compress {
    fn name(&self) -> &'static str {
        "compress"
    }

    fn key(&self) -> Vec<u8> {
        Vec::new()
    }

    fn stage(&self, feeds: Vec<Program>, outputs: &[Output]) -> Result<Box<dyn Stage>> {
        let length = feeds.first().map_or(0, Program::elements);
        Ok(Box::new(Compressing { feeds, outputs: outputs.to_vec(), length, tile: TILE.0, threads: 1 }))
    }
}

/// A choice that is planned.
#[derive(Debug)]
struct Compressing {
    feeds: Vec<Program>,
    outputs: Vec<Output>,
    length: u64,
    /// Elements of a tile.
    tile: u64,
    threads: u64,
}

impl Compressing {
    /// Bytes of a thread, and bytes that all share.
    fn bytes(&self) -> (u64, u64) {
        let tile = self.tile.min(self.length.max(1));
        let read = |feed: &Program| tile * feed.output_size() as u64;
        let write = |output: &Output| {
            tile * output.written.item * if output.written.copies { 2 } else { 1 } + output.written.scratch
        };
        let each = self.feeds.iter().map(read).sum::<u64>()
            + Feed::bytes_together(&self.feeds, &[tile])
            + self.outputs.iter().map(write).sum::<u64>();
        (each, self.tiles().len() * 16)
    }

    fn tiles(&self) -> Tiles {
        Tiles::regular(&[self.length], &[self.tile])
    }

    /// The number of true elements before each tile.
    fn before(&self, run: &Run<'_>) -> Result<Vec<u64>> {
        let (Some(program), Some(sources)) = (self.feeds.first(), run.sources.first()) else {
            return Ok(Vec::new());
        };
        let (feed, tiles) = (Feed::new(program, sources, run.context, false), self.tiles());
        let counts: Vec<AtomicU64> = (0..tiles.len()).map(|_| AtomicU64::new(0)).collect();
        let turns = Turns::new(tiles.len());
        turns.run(self.threads, run.context, || {
            let (mut reader, mut condition) = (feed.reader(), Buffer::default());
            while let Some(number) = turns.take(run.context)? {
                let (start, shape) = tiles.tile(&tile_index(&tiles, &[0], number));
                let condition = condition.reserve(shape[0] as usize)?;
                reader.fill(&start, &shape, condition)?;
                let count = condition.iter().filter(|&&c| c != 0).count() as u64;
                counts[number as usize].store(count, Ordering::Relaxed);
                (run.done)(shape[0]);
            }
            Ok(())
        })?;
        let counts = counts.into_iter().map(AtomicU64::into_inner);
        Ok(counts.scan(0, |sum, count| Some(std::mem::replace(sum, *sum + count))).collect())
    }

    /// Writes output `number`: chosen elements of feed `number + 1`, or places if there is no such feed.
    fn write(&self, run: &Run<'_>, number: usize, before: &[u64]) -> Result<()> {
        let (Some(output), Some(sink)) = (self.outputs.get(number), run.sinks.get(number)) else {
            return Ok(());
        };
        let feed = |k: usize| {
            let (program, sources) = (self.feeds.get(k)?, run.sources.get(k)?);
            Some(Feed::new(program, sources, run.context, false))
        };
        let Some(condition) = feed(0) else { return Ok(()) };
        let (vector, tiles) = (feed(number + 1), self.tiles());
        let item = output.written.item as usize;
        let boxes = Tiles::regular(&output.shape, &[self.tile]);
        deliver(sink.as_ref(), &boxes, run.context, |give| {
            let turns = Turns::new(tiles.len());
            turns.run(self.threads, run.context, || {
                let (mut reader, mut of_vector) = (condition.reader(), vector.as_ref().map(Feed::reader));
                let [mut chosen, mut elements, mut out] = [(); 3].map(|()| Buffer::default());
                while let Some(number) = turns.take(run.context)? {
                    let (start, shape) = tiles.tile(&tile_index(&tiles, &[0], number));
                    let chosen = chosen.reserve(shape[0] as usize)?;
                    reader.fill(&start, &shape, chosen)?;
                    let count = chosen.iter().filter(|&&c| c != 0).count();
                    let out = out.reserve(count * item)?;
                    run.context.record(Work::Tile, 1, shape[0], || -> Result<()> {
                        let places = chosen.iter().enumerate().filter(|(_, c)| **c != 0).map(|(k, _)| k);
                        match &mut of_vector {
                            Some(reader) => {
                                let elements = elements.reserve(shape[0] as usize * item)?;
                                reader.fill(&start, &shape, elements)?;
                                for (to, place) in out.chunks_exact_mut(item).zip(places) {
                                    to.copy_from_slice(&elements[place * item..(place + 1) * item]);
                                }
                            }
                            None => {
                                let out: &mut [u64] = bytemuck::cast_slice_mut(out);
                                out.iter_mut()
                                    .zip(places)
                                    .for_each(|(to, place)| *to = start[0] + place as u64);
                            }
                        }
                        Ok(())
                    })?;
                    if count > 0 {
                        let at = before.get(number as usize).copied().unwrap_or(0);
                        give(&[at], &[count as u64], out)?;
                    }
                    (run.done)(shape[0]);
                }
                Ok(())
            })
        })
    }
}

impl Stage for Compressing {
    fn feeds(&self) -> Vec<&Program> {
        self.feeds.iter().collect()
    }

    fn fit(&mut self, room: Room) -> Fit {
        loop {
            let (each, shared) = self.bytes();
            self.threads = (room.free.saturating_sub(shared) / each.max(1)).min(room.threads);
            match self.threads {
                0 if self.tile > TILE.1 => self.tile /= 2,
                0 => return Fit::Needs(each + shared),
                threads => return Fit::Takes(threads * each + shared),
            }
        }
    }

    fn work(&self) -> u64 {
        (self.outputs.len() as u64 + 1).saturating_mul(self.length)
    }

    fn open(&self, _: usize, threads: u64) -> Option<Vec<u64>> {
        Some(vec![self.tile * (threads + 1)])
    }

    fn explain(&self) -> Told {
        Told {
            kind: "compress",
            steps: vec!["compress: the elements where a condition holds".to_owned()],
            domain: vec![self.length],
            tiles: self.tiles().len(),
            tile: vec![self.tile],
            threads: self.threads,
            reads: self.feeds.iter().map(Program::bytes_read).collect(),
            passes: self.outputs.len() as u64 + 1,
            ..Told::default()
        }
    }

    fn run(&self, run: &Run<'_>) -> Result<()> {
        let before = self.before(run)?;
        (0..self.outputs.len()).try_for_each(|number| self.write(run, number, &before))
    }
}

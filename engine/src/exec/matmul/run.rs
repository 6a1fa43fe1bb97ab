//! Running a product: threads share its blocks, and write them.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use arrstore_format::{Grid, strided};
use rayon::prelude::*;

use super::Product;
use super::block::Block;
use super::hand::{Hand, Hands};
use super::panel::Operand;
use super::prefetch::{self, Want};
use crate::context::Metrics;
use crate::exec::delivery::{Give, deliver};
use crate::exec::feed::Feed;
use crate::exec::gemm::{accumulate, compute_type};
use crate::exec::stage::{Run, Stage};
use crate::exec::tile_index;
use crate::kernels::{self, Arg};
use crate::profile::Work;
use crate::program::tiles::Tiles;
use crate::sink::Sink;
use crate::source::{Source, c_strides};
use crate::{Buffer, Context, Error, Result};

/// Runs a product.
pub(super) fn run(product: &Product, run: &Run<'_>) -> Result<()> {
    let Run { sources: [a, b], sinks: [sink], done, .. } = *run else {
        return Err(Error::internal("a product has two operands and one result"));
    };
    let began = Instant::now();
    let _span = tracing::info_span!("product", flops = product.flops()).entered();
    let context = &Context { threads: product.threads as usize, ..run.context.clone() };
    let work = || multiply(product, [a, b], sink.as_ref(), context, done);
    context.record(Work::Stage, 1, product.work(), work)?;
    Metrics::add(&context.metrics.matmul_ns, began.elapsed().as_nanos() as usize);
    Ok(())
}

fn multiply(
    product: &Product,
    sources: [&[Arc<dyn Source>]; 2],
    sink: &dyn Sink,
    context: &Context,
    done: &(dyn Fn(u64) + Sync),
) -> Result<()> {
    if let Some(recorder) = &context.profile {
        recorder.note_product(compute_type(product.dtype));
    }
    let operand = |k: usize, program| Operand {
        feed: Feed::new(program, sources[k], context, product.block.keeps),
        in_place: product.block.in_place[k],
    };
    let (a, b) = (operand(0, &product.a), operand(1, &product.b));
    let [m, n, _] = product.dims();
    let domain = [product.batch(), &[m, n]].concat();
    let step = [&product.group[..], &[product.block.rows, product.block.columns]].concat();
    let order: Vec<usize> = (0..domain.len()).collect();
    let (tiles, spare) = (Tiles::regular(&domain, &step), Mutex::default());
    let pool = &*crate::exec::pool::pool(context.threads)?;
    let ran = deliver(sink, &tiles, context, |give| {
        let job = Job { product, a, b, sink, give, context, pool, done, tiles: tiles.clone(), order, spare };
        match &product.block {
            Block { own: false, .. } => job.together(),
            Block { parts: 2.., .. } => job.in_parts(),
            Block { divides: true, .. } => job.divided(),
            _ => job.apart(),
        }
    });
    if product.block.keeps {
        sources.into_iter().flatten().for_each(|source| source.release_all());
    }
    ran?;
    context.metrics.flops.fetch_add(product.flops(), Ordering::Relaxed);
    Ok(())
}

/// A product while it runs.
pub(super) struct Job<'p> {
    pub(super) product: &'p Product,
    pub(super) a: Operand<'p>,
    pub(super) b: Operand<'p>,
    sink: &'p dyn Sink,
    give: &'p Give<'p>,
    pub(super) context: &'p Context,
    pool: &'p rayon::ThreadPool,
    pub(super) done: &'p (dyn Fn(u64) + Sync),
    /// The blocks of the result, and the order of their axes.
    tiles: Tiles,
    order: Vec<usize>,
    /// Buffers for pieces of blocks on their way to the sink.
    spare: Mutex<Vec<Buffer>>,
}

/// A box of the result that is written in one go, with the axes batch, rows, columns. It holds a block of one product
/// or of several.
pub(super) struct Part {
    pub(super) start: Vec<u64>,
    pub(super) shape: Vec<u64>,
}

impl Part {
    pub(super) fn rows(&self) -> u64 {
        self.shape[self.shape.len() - 2]
    }

    pub(super) fn columns(&self) -> u64 {
        self.shape[self.shape.len() - 1]
    }

    /// Elements.
    pub(super) fn len(&self) -> usize {
        self.shape.iter().product::<u64>() as usize
    }

    /// The block of each product, with its part of `bytes`. The blocks lie one after the other.
    pub(super) fn blocks<'a>(&self, bytes: &'a mut [u8]) -> Vec<(Part, &'a mut [u8])> {
        let (batch, block) = self.shape.split_at(self.shape.len() - 2);
        let ones = vec![1; batch.len()];
        let grid = Grid::new(batch, &ones);
        let part = |at: Vec<u64>| {
            let start =
                self.start.iter().zip([&at[..], &[0, 0]].concat()).map(|(start, at)| start + at).collect();
            Part { start, shape: [&ones[..], block].concat() }
        };
        let each = bytes.len() / (grid.len().max(1) as usize);
        grid.indices().map(part).zip(bytes.chunks_mut(each.max(1))).collect()
    }
}

impl Job<'_> {
    /// The part with number `number` in the order of computation.
    fn part(&self, number: u64) -> Part {
        let counts = self.tiles.counts();
        let [.., rows, columns] = counts[..] else { return Part { start: Vec::new(), shape: Vec::new() } };
        let (product, within) = (number / (rows * columns), number % (rows * columns));
        let band = if self.product.block.band == 0 { rows } else { self.product.block.band };
        // in a band, rows go fastest: a panel of B that holds all of `k` serves a column of blocks
        let (first, within) = (within / (band * columns) * band, within % (band * columns));
        let band = band.min(rows - first);
        let mut index = tile_index(&self.tiles, &self.order, product * rows * columns);
        let last = index.len() - 1;
        (index[last - 1], index[last]) = (first + within % band, within / band);
        let (start, shape) = self.tiles.tile(&index);
        Part { start, shape }
    }

    /// Bytes of an element in the type that the product is computed in.
    pub(super) fn item(&self) -> usize {
        compute_type(self.product.dtype).size()
    }

    /// All threads work together at one block after the other.
    fn together(&self) -> Result<()> {
        let mut hand = Hand::new(self, Some(self.pool))?;
        let mut result = Buffer::default();
        (0..self.tiles.len()).try_for_each(|number| {
            let part = self.part(number);
            hand.fill(&part, &mut result)?;
            self.write(&part, result.bytes(), Some(self.pool))
        })
    }

    /// Each thread works at parts of its own.
    fn apart(&self) -> Result<()> {
        // in order, so that the small blocks at the edges come last and no thread waits long for another; if there are
        // many parts, a thread takes several neighbours at a time
        let run = (self.tiles.len() / (16 * self.context.threads as u64)).max(1);
        let (next, failed) = (AtomicU64::new(0), AtomicBool::new(false));
        let work = |ahead: Option<&Sender<Want>>| -> Result<()> {
            let (mut hand, mut result) = (None, Buffer::default());
            while !failed.load(Ordering::Relaxed) {
                let first = next.fetch_add(run, Ordering::Relaxed);
                if first >= self.tiles.len() {
                    break;
                }
                let mut parts = first..(first + run).min(self.tiles.len());
                let done = parts.try_for_each(|number| {
                    let hand = match &mut hand {
                        Some(hand) => hand,
                        none => none.insert(Hand::new(self, None)?.with_prefetch(ahead.cloned())),
                    };
                    let following = next.load(Ordering::Relaxed);
                    if following < self.tiles.len() {
                        hand.want_first(&self.part(following));
                    }
                    let part = self.part(number);
                    hand.fill(&part, &mut result)?;
                    self.write(&part, result.bytes(), None)
                });
                failed.fetch_or(done.is_err(), Ordering::Relaxed);
                done?;
            }
            Ok(())
        };
        std::thread::scope(|threads| {
            let ahead = prefetch::start(threads, [&self.a, &self.b]);
            self.pool.broadcast(|_| work(ahead.as_ref())).into_iter().collect()
        })
    }

    /// One part after the other; within a part, each thread works at products of its own.
    fn divided(&self) -> Result<()> {
        let (hands, mut result) = (Hands::new(self), Buffer::default());
        let [_, _, k] = self.product.dims();
        (0..self.tiles.len()).try_for_each(|number| {
            let part = self.part(number);
            let blocks = part.blocks(result.reserve(part.len() * self.item())?);
            let one = |(block, sum): (Part, &mut [u8])| hands.with(|hand| hand.multiply(&block, 0..k, sum));
            self.pool.install(|| blocks.into_par_iter().try_for_each(one))?;
            self.write(&part, result.bytes(), Some(self.pool))
        })
    }

    /// One block after the other. Threads compute its sums over parts of `k` separately; the sums are then added in
    /// order.
    fn in_parts(&self) -> Result<()> {
        let [_, _, k] = self.product.dims();
        let cut = &self.product.block;
        let step = k.div_ceil(cut.depth).div_ceil(cut.parts) * cut.depth;
        let (hands, mut result) = (Hands::new(self), Buffer::default());
        let mut rest: Vec<Buffer> = (1..k.div_ceil(step)).map(|_| Buffer::default()).collect();
        (0..self.tiles.len()).try_for_each(|number| {
            let part = self.part(number);
            for (block, sum) in part.blocks(result.reserve(part.len() * self.item())?) {
                let len = sum.len();
                let terms: Result<Vec<_>> = rest.iter_mut().map(|term| term.reserve(len)).collect();
                let mut sums = terms?;
                sums.insert(0, &mut *sum);
                let one = |(p, sum): (usize, &mut &mut [u8])| {
                    let first = p as u64 * step;
                    hands.with(|hand| hand.multiply(&block, first..(first + step).min(k), sum))
                };
                self.pool.install(|| sums.par_iter_mut().enumerate().try_for_each(one))?;
                for term in &rest {
                    accumulate(compute_type(self.product.dtype), sum, &term.bytes()[..len])?;
                }
            }
            self.write(&part, result.bytes(), None)
        })
    }

    /// Converts a part to the result's type and writes it, piece by piece.
    fn write(&self, part: &Part, computed: &[u8], pool: Option<&rayon::ThreadPool>) -> Result<()> {
        let dtype = self.product.dtype;
        let compute = compute_type(dtype);
        let elements = part.len();
        let converted = if compute == dtype {
            None
        } else {
            let mut out = Buffer::new(elements * dtype.size())?;
            let from = Arg::Block(&computed[..elements * compute.size()]);
            kernels::cast(compute.into(), dtype.into()).run(&[from], out.bytes_mut())?;
            Some(out)
        };
        let bytes = converted.as_ref().map_or(computed, Buffer::bytes);
        let item = dtype.size();
        let step = match self.sink.chunk_shape() {
            Some(chunk) => chunk.to_vec(),
            None => {
                let parts = pool.map_or(1, |pool| 4 * pool.current_num_threads() as u64);
                let block = [part.rows().div_ceil(parts).max(1), part.columns()];
                [&part.shape[..part.shape.len() - 2], &block].concat()
            }
        };
        let pieces = Tiles::regular(&part.shape, &step);
        let strides = c_strides(&part.shape, item);
        let one = |number: u64| -> Result<()> {
            let (at, shape) = pieces.tile(&tile_index(&pieces, &self.order, number));
            let start: Vec<u64> = part.start.iter().zip(&at).map(|(start, at)| start + at).collect();
            let from = at.iter().zip(&strides).map(|(&at, stride)| at as usize * stride.unsigned_abs()).sum();
            let len = shape.iter().product::<u64>() as usize * item;
            let to = c_strides(&shape, item);
            let lies = shape.iter().zip(strides.iter().zip(&to)).all(|(&n, (from, to))| n <= 1 || from == to);
            if lies {
                return (self.give)(&start, &shape, &bytes[from..from + len]);
            }
            let mut piece = lock(&self.spare).pop().unwrap_or_default();
            let out = piece.reserve(len)?;
            let lengths: Vec<usize> = shape.iter().map(|&n| n as usize).collect();
            strided::copy(item, &lengths, bytes, from, &strides, out, 0, &to);
            (self.give)(&start, &shape, out)?;
            lock(&self.spare).push(piece);
            Ok(())
        };
        match pool {
            Some(pool) => pool.install(|| (0..pieces.len()).into_par_iter().try_for_each(one)),
            None => (0..pieces.len()).try_for_each(one),
        }
    }
}

pub(super) fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

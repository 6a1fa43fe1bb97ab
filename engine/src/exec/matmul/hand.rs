//! The computation of one block of a product: panels are brought into memory and multiplied, piece by piece.

use std::ops::Range;
use std::sync::Mutex;
use std::sync::mpsc::Sender;

use super::panel::Panel;
use super::prefetch::Want;
use super::run::{Job, Part, lock};
use crate::exec::gemm::{Target, block_product, compute_type};
use crate::profile::Work;
use crate::{Buffer, Result};

/// Hands of single threads, created on demand.
pub(super) struct Hands<'p> {
    job: &'p Job<'p>,
    free: Mutex<Vec<Hand<'p>>>,
}

impl<'p> Hands<'p> {
    pub(super) fn new(job: &'p Job<'p>) -> Hands<'p> {
        Hands { job, free: Mutex::default() }
    }

    pub(super) fn with(&self, work: impl FnOnce(&mut Hand<'p>) -> Result<()>) -> Result<()> {
        let free = lock(&self.free).pop();
        let mut hand = free.map_or_else(|| Hand::new(self.job, None), Ok)?;
        work(&mut hand)?;
        lock(&self.free).push(hand);
        Ok(())
    }
}

/// The means to compute one block at a time: with the threads of a pool, or with one thread.
pub(super) struct Hand<'p> {
    job: &'p Job<'p>,
    a: Panel<'p>,
    b: Panel<'p>,
    pool: Option<&'p rayon::ThreadPool>,
    /// The way to the prefetching thread, if there is one.
    ahead: Option<Sender<Want>>,
}

impl<'p> Hand<'p> {
    pub(super) fn new(job: &'p Job<'p>, pool: Option<&'p rayon::ThreadPool>) -> Result<Hand<'p>> {
        Ok(Hand { job, a: Panel::new(&job.a, pool)?, b: Panel::new(&job.b, pool)?, pool, ahead: None })
    }

    /// The same, with a way to the prefetching thread.
    pub(super) fn with_prefetch(self, ahead: Option<Sender<Want>>) -> Hand<'p> {
        Hand { ahead, ..self }
    }

    /// All of a part, one block after the other.
    pub(super) fn fill(&mut self, part: &Part, result: &mut Buffer) -> Result<()> {
        let [_, _, k] = self.job.product.dims();
        let blocks = part.blocks(result.reserve(part.len() * self.job.item())?);
        blocks.into_iter().try_for_each(|(block, sum)| self.multiply(&block, 0..k, sum))
    }

    /// The sum over `depths` of `k` of one product's block of the result.
    pub(super) fn multiply(&mut self, block: &Part, depths: Range<u64>, sum: &mut [u8]) -> Result<()> {
        let (item, cut) = (self.job.item(), &self.job.product.block);
        let (rows, columns) = (block.rows(), block.columns());
        let row = columns as usize * item;
        sum.fill(0);
        let (batch, at) = block.start.split_at(block.start.len() - 2);
        for l in depths.clone().step_by(cut.depth.max(1) as usize) {
            let depth = cut.depth.min(depths.end - l);
            self.b.bring(batch, [l, at[1]], [depth, columns], item)?;
            for i in (0..rows).step_by(cut.strip.max(1) as usize) {
                let strip = cut.strip.min(rows - i);
                self.a.bring(batch, [at[0] + i, l], [strip, depth], item)?;
                let out = &mut sum[i as usize * row..(i + strip) as usize * row];
                self.pieces(batch, [at[0] + i, at[1], l], [strip, columns, depth], out)?;
            }
        }
        Ok(())
    }

    /// Asks the prefetching thread for the first pieces of a part.
    pub(super) fn want_first(&mut self, part: &Part) {
        let [_, _, k] = self.job.product.dims();
        let (batch, at) = part.start.split_at(part.start.len() - 2);
        self.want(batch, [at[0], at[1], 0], [part.rows(), part.columns(), k]);
    }

    /// Asks the prefetching thread for the first pieces of both operands that are not in memory. The product has the
    /// lengths `dims` and begins at `first`.
    fn want(&mut self, batch: &[u64], first: [u64; 3], dims: [u64; 3]) {
        let Some(ahead) = self.ahead.clone() else { return };
        let [rows, columns, depth] = [0, 1, 2].map(|axis| first[axis] + dims[axis]);
        let l = first[2];
        let depth = self.a.border(1, l).min(self.b.border(0, l)).min(depth) - l;
        let mut pieces = Vec::new();
        let mut i = first[0];
        while i < rows && self.a.is_in_place() {
            let end = self.a.border(0, i).min(rows);
            pieces.push((0, [i, l], [end - i, depth]));
            i = end;
        }
        let mut j = first[1];
        while j < columns && self.b.is_in_place() {
            let end = self.b.border(1, j).min(columns);
            pieces.push((1, [l, j], [depth, end - j]));
            j = end;
        }
        for (operand, at, shape) in pieces {
            let (start, shape) = ([batch, &at].concat(), [&vec![1; batch.len()][..], &shape].concat());
            let panel = if operand == 0 { &mut self.a } else { &mut self.b };
            if panel.lacks(&start, &shape) {
                // this fails only if the prefetching thread has panicked: each thread then reads for itself
                let _ = ahead.send(Want { operand, start, shape });
            }
        }
    }

    /// Adds to `out` the product of the panels at hand, of lengths `dims` from `first` on. Where chunks cut the panels,
    /// the product goes piece by piece.
    fn pieces(&mut self, batch: &[u64], first: [u64; 3], dims: [u64; 3], out: &mut [u8]) -> Result<()> {
        let (item, dtype) = (self.job.item(), compute_type(self.job.product.dtype));
        let threads = self.pool.map_or(1, rayon::ThreadPool::current_num_threads);
        let end = |axis: usize| first[axis] + dims[axis];
        let mut l = first[2];
        while l < end(2) {
            let depth = self.a.border(1, l).min(self.b.border(0, l)).min(end(2)) - l;
            if l + depth < end(2) {
                let after = [first[0], first[1], l + depth];
                self.want(batch, after, [dims[0], dims[1], end(2) - after[2]]);
            }
            let mut j = first[1];
            while j < end(1) {
                let columns = self.b.border(1, j).min(end(1)) - j;
                let mut i = first[0];
                while i < end(0) {
                    self.job.context.go_on()?;
                    let rows = self.a.border(0, i).min(end(0)) - i;
                    let a = self.a.piece(batch, [i, l], [rows, depth], item)?;
                    let b = self.b.piece(batch, [l, j], [depth, columns], item)?;
                    let row = dims[1] as usize * item;
                    let offset = (i - first[0]) as usize * row + (j - first[1]) as usize * item;
                    let to = Target { bytes: out, offset, row };
                    let made = rows * columns * depth;
                    let shape = [rows as usize, columns as usize, depth as usize];
                    self.job.context.record(Work::Product, threads, made, || {
                        block_product(dtype, shape, to, a, b, self.pool)
                    })?;
                    (self.job.done)(made);
                    self.a.pass();
                    self.b.pass();
                    i += rows;
                }
                j += columns;
            }
            l += depth;
        }
        Ok(())
    }
}

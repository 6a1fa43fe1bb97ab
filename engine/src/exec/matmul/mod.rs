//! Products of matrices larger than memory.
//!
//! The result is computed in blocks of `mb` x `nb`. For each block, panels of A and of B, `kb` deep, are brought into
//! memory and multiplied; they may come from any expression. If the operands are large, all threads work at one block.
//! If one of the three matrices stays in a core's cache, each thread works at blocks of its own. Operands that lie in
//! memory or in a map in a suitable layout need no panels: the pieces that their chunks cut are multiplied in place.
//! This holds for large operands, too, if their pieces are large and there are blocks enough for all threads.

mod block;
mod hand;
mod panel;
mod prefetch;
mod run;

use self::block::{Block, Means};
use super::gemm::{compute_type, is_blas};
use super::input::RELEASE;
use super::stage::{Fit, Room, Run, Stage, Told};
use super::worker::Worker;
use crate::program::written::Written;
use crate::program::{Load, Program, Reg, SHORT};
use crate::{DType, Result};

/// A product of matrices: batches of (m x k)(k x n).
#[derive(Clone, Debug)]
pub(crate) struct Product {
    /// Domain: batch axes, m, k.
    a: Program,
    /// Domain: batch axes, k, n.
    b: Program,
    dtype: DType,
    block: Block,
    /// For each axis of the batch, the number of products whose blocks are written together.
    group: Vec<u64>,
    written: Written,
    /// The number of threads that memory has room for.
    threads: u64,
}

impl Product {
    /// The product of two operands, whose elements have the type that the product is computed in.
    pub(crate) fn new(a: Program, b: Program, dtype: DType, written: Written) -> Product {
        Product { a, b, dtype, block: Block::default(), group: Vec::new(), written, threads: 1 }
    }

    /// The lengths m, n, k.
    fn dims(&self) -> [u64; 3] {
        let last = self.a.domain.len() - 1;
        [self.a.domain[last - 1], self.b.domain[last], self.a.domain[last]]
    }

    fn batch(&self) -> &[u64] {
        &self.a.domain[..self.a.domain.len() - 2]
    }

    /// Products in the batch.
    fn count(&self) -> u64 {
        self.batch().iter().product()
    }

    /// Blocks of the result, over all of the batch.
    fn tiles(&self) -> u64 {
        let [m, n, _] = self.dims();
        self.count() * m.div_ceil(self.block.rows.max(1)) * n.div_ceil(self.block.columns.max(1))
    }

    /// Floating-point operations.
    fn flops(&self) -> u64 {
        let [m, n, k] = self.dims();
        let each = if compute_type(self.dtype).kind() == crate::Kind::Complex { 8 } else { 2 };
        [m, n, k, each].into_iter().fold(self.count(), u64::saturating_mul)
    }

    /// Chooses the blocks within `budget` bytes, of which the threads that fill panels take `workers`.
    fn planned(mut self, budget: u64, threads: u64, workers: u64) -> Product {
        let chunk = self.written.chunk.take();
        let product = self.cut(budget, threads, chunk.as_deref(), workers);
        Product { written: Written { chunk, ..product.written }, threads, ..product }
    }

    fn cut(mut self, budget: u64, threads: u64, chunk: Option<&[u64]>, workers: u64) -> Product {
        let grid = chunk.map_or([1, 1], |c| [c[c.len() - 2], c[c.len() - 1]]);
        let means = Means { room: budget.saturating_sub(workers), ..self.means(threads) };
        let (dims, count) = (self.dims(), self.count());
        let block = Block::choose(dims, count, grid, means);
        // all products that a chunk of the result holds, or fewer if these do not fit
        self.group = match chunk {
            Some(chunk) => self.batch().iter().zip(chunk).map(|(&n, &c)| c.min(n).max(1)).collect(),
            None => vec![1; self.batch().len()],
        };
        loop {
            self.block = block.with_products(self.group.iter().product(), dims, count);
            match self.group.iter_mut().find(|n| **n > 1) {
                Some(n) if self.block.bytes(means) > means.room => *n = n.div_ceil(2),
                _ => return self,
            }
        }
    }

    /// The means of the computation, except memory.
    fn means(&self, threads: u64) -> Means {
        let operands = [&self.a, &self.b];
        Means {
            item: compute_type(self.dtype).size() as u64,
            copies: self.copies(),
            room: 0,
            threads,
            runs: operands.map(runs),
            mapped: operands
                .map(|p| p.loads.iter().map(|l| l.mapped_bytes(&p.domain)).sum::<u64>())
                .iter()
                .sum(),
        }
    }

    /// Copies of a block of the result in memory: one as computed, and one as stored if the types differ.
    fn copies(&self) -> u64 {
        if self.dtype == compute_type(self.dtype) { 1 } else { 2 }
    }

    /// The memory it takes, in bytes. The threads that fill panels take `workers` of them.
    fn footprint(&self, threads: u64, workers: u64) -> u64 {
        self.block.bytes(self.means(threads)).saturating_add(workers)
    }

    /// Bytes that one thread takes to read a panel, beside the panel itself.
    fn panel_bytes(&self) -> u64 {
        let chunk = |l: &Load| match l.is_encoded() {
            true => l.decoded_bytes(),
            false => {
                l.chunk.iter().product::<u64>().saturating_mul(l.dtype.size() as u64).min(RELEASE as u64)
            }
        };
        let one = |p: &Program| Worker::bytes(p, false) + p.loads.iter().map(chunk).sum::<u64>();
        one(&self.a) + one(&self.b)
    }

    /// Bytes read from the inputs of both operands. Blocks may read them more than once.
    fn bytes_read(&self) -> Vec<Vec<u64>> {
        let [m, n, k] = self.dims();
        let once = [m * k, k * n].map(|elements| elements.max(1));
        let operands = [&self.a, &self.b].into_iter().zip(self.block.read([m, n, k])).zip(once);
        let read = |((program, read), once): ((&Program, u64), u64)| {
            let times = read.div_ceil(once);
            program.bytes_read().into_iter().map(|bytes| bytes * times).collect()
        };
        operands.map(read).collect()
    }
}

impl Stage for Product {
    fn feeds(&self) -> Vec<&Program> {
        vec![&self.a, &self.b]
    }

    fn fit(&mut self, room: Room) -> Fit {
        let chunk = self.written.chunk.as_ref();
        let piece = chunk.map_or(0, |c| c.iter().product::<u64>() * self.dtype.size() as u64);
        let each = self.panel_bytes() + self.written.scratch + piece;
        let planned = |threads: u64| {
            let workers = threads * each;
            let product = self.clone().planned(room.free, threads, workers);
            let needed = product.footprint(threads, workers);
            (product, needed)
        };
        // fewer threads take less memory
        match (1..=room.threads).rev().map(planned).find(|(_, needed)| *needed <= room.free) {
            Some((product, needed)) => {
                *self = product;
                Fit::Takes(needed)
            }
            None => Fit::Needs(planned(1).1),
        }
    }

    fn work(&self) -> u64 {
        let [m, n, k] = self.dims();
        [m, n, k].into_iter().fold(self.count(), u64::saturating_mul)
    }

    fn explain(&self) -> Told {
        let [m, n, k] = self.dims();
        Told {
            kind: "matmul",
            steps: vec![format!("({m} x {k}) @ ({k} x {n})")],
            domain: vec![m, n, k],
            tiles: self.tiles(),
            tile: vec![self.block.rows, self.block.columns, self.block.depth],
            threads: self.threads,
            reads: self.bytes_read(),
            passes: 1,
            keeps: self.block.keeps,
            flops: self.flops(),
        }
    }

    fn run(&self, run: &Run<'_>) -> Result<()> {
        run::run(self, run)
    }
}

/// For an operand that a backend can multiply in place: the longest runs along its last two axes within one chunk.
fn runs(operand: &Program) -> Option<[u64; 2]> {
    let ([Reg::Load(0)], [load], []) = (&operand.outputs[..], &operand.loads[..], &operand.steps[..]) else {
        return None;
    };
    let in_place = load.leaf.in_place();
    let last = operand.domain.len() - 2;
    let [Some(rows), Some(columns)] = [load.access[last], load.access[last + 1]] else { return None };
    let [down, along] = [load.stride[last], load.stride[last + 1]];
    let lies = down > 0 && along > 0 && (down == 1 || along == 1);
    let runs = [rows.span(), columns.span()];
    let short = runs.iter().zip(&operand.domain[last..]).any(|(&run, &n)| run < SHORT && run < n);
    (in_place && lies && !short && is_blas(load.dtype)).then_some(runs)
}

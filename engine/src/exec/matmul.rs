//! Products of matrices larger than memory.
//!
//! The result is computed in blocks of `mb` x `nb`. For each, panels `mb` x `kb` of A and `kb` x `nb` of B are
//! brought into memory, whatever expressions they are, and multiplied. Columns are the outer loop: where a
//! panel of B holds all of `k`, it stays for every block of the column, and B is read once.

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Instant;

use arrstore_format::strided;
use rayon::prelude::*;

use super::gemm::{block_product, compute_type};
use super::input::{Decoded, RELEASE};
use super::worker::{Out, Worker};
use crate::context::Metrics;
use crate::kernels::{self, Arg};
use crate::plan::program::{Leaf, Load, Program};
use crate::plan::tiles::{Tiles, loop_order};
use crate::sink::Sink;
use crate::source::{Source, c_strides};
use crate::{Buffer, Context, DType, Result};

/// Rows of a block when there is a choice: enough for the block product to run at full speed.
const ROWS: u64 = 1024;
/// The same for the depth of panels.
const DEPTH: u64 = 512;
/// What the block product packs its operands into, for each thread.
const PACKING: u64 = 4 << 20;

/// A product of matrices: batches of (m x k)(k x n).
#[derive(Debug)]
pub(crate) struct Product {
    /// Domain: batch axes, m, k.
    pub(crate) a: Program,
    /// Domain: batch axes, k, n.
    pub(crate) b: Program,
    pub(crate) dtype: DType,
    /// Elements of a block along m, n, k.
    pub(crate) block: [u64; 3],
}

impl Product {
    /// The lengths m, n, k.
    pub(crate) fn dims(&self) -> [u64; 3] {
        let last = self.a.domain.len() - 1;
        [self.a.domain[last - 1], self.b.domain[last], self.a.domain[last]]
    }

    fn batch(&self) -> &[u64] {
        &self.a.domain[..self.a.domain.len() - 2]
    }

    /// Floating-point operations.
    pub(crate) fn flops(&self) -> u64 {
        let [m, n, k] = self.dims();
        let each = if compute_type(self.dtype).kind() == crate::Kind::Complex { 8 } else { 2 };
        self.batch().iter().product::<u64>() * m * n * k * each
    }

    /// Chooses the block that moves the fewest bytes within `budget` bytes. `chunk` is the grid the result is
    /// written in.
    pub(crate) fn plan(mut self, budget: u64, threads: u64, chunk: Option<&[u64]>, workers: u64) -> Product {
        let [m, n, k] = self.dims().map(|x| x.max(1));
        let fixed = threads * PACKING + workers;
        let item = compute_type(self.dtype).size() as u64;
        let room = budget.saturating_sub(fixed) / item;
        let grid = chunk.map_or([1, 1], |c| [c[c.len() - 2], c[c.len() - 1]]);
        let whole = |x: u64, n: u64, step: u64| (x.max(1) / step * step).max(step).min(n);
        // a column of B stays: A is read once for each column
        let mb = whole(ROWS.min(room / (4 * k).max(1)), m, grid[0]);
        let copies = if self.dtype == compute_type(self.dtype) { 1 } else { 2 };
        let nb = whole(room.saturating_sub(mb * k) / (k + copies * mb), n, grid[1]);
        let column = [mb, nb, k];
        // a block of C stays: both are read several times, in thin panels
        let kb = DEPTH.min(k);
        let side = ((room as f64 / 2.0).sqrt() as u64).saturating_sub(kb).max(1);
        let rows = whole(side, m, grid[0]);
        let columns = whole((room / (1 + copies)).saturating_sub(rows * kb) / (rows + kb), n, grid[1]);
        let blocked = [rows, columns, kb];
        let moved = |[mb, nb, kb]: [u64; 3]| {
            let b_again = if kb == k { 1 } else { m.div_ceil(mb) };
            m * k * n.div_ceil(nb) + k * n * b_again
        };
        let fits = |b: &[u64; 3]| self.block_bytes(*b) + fixed <= budget;
        self.block = [column, blocked].into_iter().filter(fits).min_by_key(|b| moved(*b)).unwrap_or(
            // the smallest there is; the plan says so if it does not fit
            [whole(1, m, grid[0]), whole(1, n, grid[1]), k.min(64)],
        );
        self
    }

    fn block_bytes(&self, [mb, nb, kb]: [u64; 3]) -> u64 {
        let copies = if self.dtype == compute_type(self.dtype) { 1 } else { 2 };
        (mb * kb + kb * nb + copies * mb * nb) * compute_type(self.dtype).size() as u64
    }

    /// The memory it takes, in bytes; `workers` is what filling panels takes beside them.
    pub(crate) fn footprint(&self, threads: u64, workers: u64) -> u64 {
        self.block_bytes(self.block) + threads * PACKING + workers
    }

    /// Bytes that reading a panel takes for each thread, beside the panel.
    pub(crate) fn panel_bytes(&self) -> u64 {
        let chunk = |l: &Load| match &l.leaf {
            Leaf::Source(s) if !s.in_place() => (s.chunk_bytes() + s.scratch_bytes()) as u64,
            _ => l.chunk.iter().product::<u64>().saturating_mul(l.dtype.size() as u64).min(RELEASE as u64),
        };
        let one = |p: &Program| Worker::bytes(p) + p.loads.iter().map(chunk).sum::<u64>();
        one(&self.a).max(one(&self.b))
    }

    /// Bytes read for both operands.
    pub(crate) fn bytes_read(&self) -> u64 {
        let [m, n, k] = self.dims();
        let [mb, nb, kb] = self.block.map(|x| x.max(1));
        let b_again = if kb >= k { 1 } else { m.div_ceil(mb) };
        let size = |p: &Program| p.loads.iter().map(|l| l.dtype.size() as u64).sum::<u64>();
        let batch = self.batch().iter().product::<u64>();
        batch * (m * k * n.div_ceil(nb) * size(&self.a) + k * n * b_again * size(&self.b))
    }
}

/// One operand while the product runs.
struct Operand<'p> {
    program: &'p Program,
    order: Vec<usize>,
    sources: &'p [Arc<dyn Source>],
    decoded: Decoded,
    context: &'p Context,
}

impl<'p> Operand<'p> {
    fn new(program: &'p Program, sources: &'p [Arc<dyn Source>], context: &'p Context) -> Operand<'p> {
        Operand { program, order: loop_order(program), sources, decoded: Decoded::new(0), context }
    }

    /// Evaluates the rows x columns panel at `first` of one batch into `out`, rows in parallel.
    fn panel(
        &self,
        batch: &[u64],
        first: [u64; 2],
        [rows, columns]: [u64; 2],
        item: usize,
        out: &mut [u8],
        pool: &rayon::ThreadPool,
    ) -> Result<()> {
        let row = columns as usize * item;
        let step = (rows as usize).div_ceil(pool.current_num_threads()).max(1);
        let part = |(k, out): (usize, &mut [u8])| -> Result<()> {
            let mut worker =
                Worker::new(self.program, &self.order, self.sources, self.context, &self.decoded)?;
            let mut start = batch.to_vec();
            start.extend([first[0] + (k * step) as u64, first[1]]);
            let mut shape = vec![1; batch.len()];
            shape.extend([(out.len() / row) as u64, columns]);
            let strides = c_strides(&shape, item);
            worker.tile(&start, &shape, &mut [Out::Fill { bytes: out, strides, item }])
        };
        if row == 0 || rows == 0 {
            return Ok(());
        }
        let out = &mut out[..rows as usize * row];
        pool.install(|| out.par_chunks_mut(step * row).enumerate().try_for_each(part))
    }
}

/// Runs a product; `done` hears of the multiplications made.
pub(crate) fn run(
    product: &Product,
    sources: [&[Arc<dyn Source>]; 2],
    sink: &dyn Sink,
    context: &Context,
    pool: &rayon::ThreadPool,
    done: &(dyn Fn(u64) + Sync),
) -> Result<()> {
    let compute = compute_type(product.dtype);
    let item = compute.size();
    let [m, n, k] = product.dims();
    let [mb, nb, kb] = product.block;
    let (a, b) =
        (Operand::new(&product.a, sources[0], context), Operand::new(&product.b, sources[1], context));
    let mut a_panel = Buffer::new((mb * kb) as usize * item)?;
    let mut b_panel = Buffer::new((kb * nb) as usize * item)?;
    let mut c_block = Buffer::new((mb * nb) as usize * item)?;
    let batches = Tiles::regular(product.batch(), &vec![1; product.batch().len()]);
    let axes: Vec<usize> = (0..product.batch().len()).collect();
    super::each_tile(&batches, &axes, |batch| {
        for j in steps(n, nb) {
            let columns = nb.min(n - j);
            let mut b_at = None;
            for i in steps(m, mb) {
                let rows = mb.min(m - i);
                c_block.bytes_mut()[..(rows * columns) as usize * item].fill(0);
                for l in steps(k, kb) {
                    context.go_on()?;
                    let depth = kb.min(k - l);
                    a.panel(batch, [i, l], [rows, depth], item, a_panel.bytes_mut(), pool)?;
                    if b_at != Some(l) {
                        b.panel(batch, [l, j], [depth, columns], item, b_panel.bytes_mut(), pool)?;
                        b_at = Some(l);
                    }
                    let began = Instant::now();
                    let dims = [rows as usize, columns as usize, depth as usize];
                    block_product(
                        compute,
                        dims,
                        c_block.bytes_mut(),
                        a_panel.bytes(),
                        b_panel.bytes(),
                        pool,
                    )?;
                    Metrics::add(&context.metrics.matmul_ns, began.elapsed().as_nanos() as usize);
                    done(rows * columns * depth);
                }
                let block = Block { batch, first: [i, j], shape: [rows, columns] };
                block.write(product.dtype, c_block.bytes(), sink, context, pool)?;
            }
        }
        Ok(())
    })?;
    context.metrics.flops.fetch_add(product.flops(), std::sync::atomic::Ordering::Relaxed);
    Ok(())
}

fn steps(n: u64, step: u64) -> impl Iterator<Item = u64> {
    (0..n).step_by(step.max(1) as usize)
}

/// A finished block of the result.
struct Block<'a> {
    batch: &'a [u64],
    first: [u64; 2],
    shape: [u64; 2],
}

impl Block<'_> {
    /// Converts the block to the result's type and writes it, piece by piece in parallel.
    fn write(
        &self,
        dtype: DType,
        computed: &[u8],
        sink: &dyn Sink,
        context: &Context,
        pool: &rayon::ThreadPool,
    ) -> Result<()> {
        let compute = compute_type(dtype);
        let [rows, columns] = self.shape;
        let elements = (rows * columns) as usize;
        let converted = if compute == dtype {
            None
        } else {
            let mut out = Buffer::new(elements * dtype.size())?;
            let from = Arg::Block(&computed[..elements * compute.size()]);
            kernels::cast(compute, dtype).run(&[from], out.bytes_mut())?;
            Some(out)
        };
        let bytes = converted.as_ref().map_or(computed, Buffer::bytes);
        let item = dtype.size();
        let grid = sink.chunk_shape().map(|c| [c[c.len() - 2], c[c.len() - 1]]);
        let step = grid.unwrap_or([rows.div_ceil(pool.current_num_threads() as u64).max(1), columns]);
        let pieces = Tiles::regular(&self.shape, &step);
        let spare: Mutex<Vec<Buffer>> = Mutex::default();
        let one = |number: u64| -> Result<()> {
            let (at, shape) = pieces.tile(&super::tile_index(&pieces, &[0, 1], number));
            let mut start = self.batch.to_vec();
            start.extend([self.first[0] + at[0], self.first[1] + at[1]]);
            let mut boxed = vec![1; self.batch.len()];
            boxed.extend(&shape);
            let from = ((at[0] * columns + at[1]) as usize) * item;
            let len = (shape[0] * shape[1]) as usize * item;
            Metrics::add(&context.metrics.written, len);
            if shape[1] == columns {
                return sink.write(&start, &boxed, &bytes[from..from + len]);
            }
            let mut piece = spare.lock().unwrap_or_else(PoisonError::into_inner).pop().unwrap_or_default();
            let out = piece.reserve(len)?;
            let shape = [shape[0] as usize, shape[1] as usize];
            let strides = [(columns as usize * item) as isize, item as isize];
            let to = [(shape[1] * item) as isize, item as isize];
            strided::copy(item, &shape, bytes, from, &strides, out, 0, &to);
            sink.write(&start, &boxed, &out[..len])?;
            spare.lock().unwrap_or_else(PoisonError::into_inner).push(piece);
            Ok(())
        };
        pool.install(|| (0..pieces.len()).into_par_iter().try_for_each(one))
    }
}

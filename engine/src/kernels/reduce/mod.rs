//! Reductions: blocks are folded into *states*, states are merged, and each state becomes one element of the result.
//!
//! A state is plain bytes. It covers all elements folded so far, and holds their count if the result depends on it.
//!
//! Rows: a row of a block is cut into leaves of 1024 elements (16384 if elements have one or two bytes). A leaf is
//! folded in several lanes. Each lane takes its elements in order, and the lanes are joined in a fixed order, so that
//! all instruction sets give the same bits. Leaves are merged pairwise.
//!
//! Columns: a leaf is at most 128 rows. Each column has one *lane*, which takes the rows of a leaf one after the other,
//! even if they come in several blocks. At the end of the leaf, the lane is merged into the column's state.
//!
//! Merged real and complex sums carry their rounding errors along, so that the order of the merges hardly matters.

mod arg;
mod fold;
mod lanes;
mod minmax;
mod moments;
mod order;
mod pairwise;
mod product;
mod sum;
mod text;
mod truth;

use std::borrow::Cow;
use std::sync::Arc;

pub(crate) use fold::{At, Columns, Rows};
use fold::{Bytes, Fold, LEAF, LEAF_ROWS, Leaf, of};
pub(in crate::kernels) use order::Ordered;
use pairwise::pairwise;

use super::block::Arg;
use super::widen::Half;
use crate::kernels::Physical;
use crate::op::Reduction;

/// The elements of a block of rows.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Block<'a> {
    pub(crate) values: Arg<'a>,
    /// Elements from one row to the next; `None` if rows follow each other without a gap.
    pub(crate) stride: Option<usize>,
}

/// A reduction, bound to its types.
#[derive(Clone)]
pub(crate) struct Reducer {
    reduction: Reduction,
    fold: Arc<dyn Bytes>,
    /// The 16-bit type of the input, if the fold itself reads `f32`.
    from: Option<Half>,
    /// The 16-bit type of the result, if the fold itself gives `f32`.
    to: Option<Half>,
    /// Bytes of one element of the result.
    item: usize,
    last: Last,
}

/// How a sum of squares becomes the result.
#[derive(Clone, Copy, Debug)]
struct Last {
    ddof: f64,
    /// Whether the result is the square root of the variance.
    root: bool,
}

impl std::fmt::Debug for Reducer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reducer").field("reduction", &self.reduction).finish_non_exhaustive()
    }
}

/// The reducer for these types, which [`crate::promote::reduction`] chose, if there is one.
pub(crate) fn reducer(reduction: Reduction, input: Physical, output: Physical, ddof: f64) -> Option<Reducer> {
    let half = |dtype| match dtype {
        Physical::F16 => Some(Half::F16),
        Physical::BF16 => Some(Half::BF16),
        _ => None,
    };
    let (from, to) = (half(input), half(output));
    let own = fold(reduction, input).filter(|_| from.is_none() || input == output);
    let (fold, from, to) = match own {
        Some(fold) if from.is_some() => (fold, None, None),
        Some(fold) => (fold, None, to),
        None => (fold(reduction, Physical::F32).filter(|_| from.is_some())?, from, to),
    };
    let last = Last { ddof, root: reduction.plain() == Reduction::Std };
    Some(Reducer { reduction, fold, from, to, item: output.size(), last })
}

fn fold(reduction: Reduction, input: Physical) -> Option<Arc<dyn Bytes>> {
    let skip = reduction.skips_nan();
    match reduction.plain() {
        Reduction::Sum => sum::sum(skip, input),
        Reduction::Mean => sum::mean_of(skip, input),
        Reduction::Prod => product::bind(skip, input),
        Reduction::Max => minmax::bind::<true>(skip, input),
        Reduction::Min => minmax::bind::<false>(skip, input),
        Reduction::Argmax => arg::bind::<true>(input).or_else(|| text::bind::<true>(input)),
        Reduction::Argmin => arg::bind::<false>(input).or_else(|| text::bind::<false>(input)),
        Reduction::Var | Reduction::Std => moments::bind(skip, input),
        Reduction::Any | Reduction::All | Reduction::CountNonzero => truth::bind(reduction, input),
        _ => None,
    }
}

impl Reducer {
    /// Bytes of one state.
    pub(crate) fn state_size(&self) -> usize {
        self.fold.state_size()
    }

    /// Bytes of a column's lane.
    pub(crate) fn lane_size(&self) -> usize {
        self.fold.lane_size()
    }

    /// Name of the reduction.
    pub(crate) fn name(&self) -> &'static str {
        self.reduction.name()
    }

    /// Whether the result is the index of an element.
    pub(crate) fn is_arg(&self) -> bool {
        self.reduction.is_arg()
    }

    /// Resets every state, as before any element.
    pub(crate) fn init(&self, states: &mut [u8]) {
        self.fold.init(states);
    }

    /// Folds each row of a block of `rows` x `cols` elements into its own state.
    pub(crate) fn fold_rows(&self, states: &mut [u8], block: Block<'_>, [rows, cols]: [usize; 2], at: At) {
        if rows == 0 || cols == 0 {
            return;
        }
        let (bytes, stride) = spread(block, cols);
        if self.from.is_none() {
            return self.fold.rows(states, &bytes, cols, stride, at);
        }
        let mut wide = [0f32; LEAF];
        for (r, state) in states.chunks_exact_mut(self.state_size()).take(rows).enumerate() {
            let row = &bytes[2 * r * stride..][..2 * cols];
            let mut at = At { base: at.base + r as u64 * at.row_step, ..at };
            for piece in row.chunks(2 * LEAF) {
                let n = piece.len() / 2;
                self.widen(piece, &mut wide[..n]);
                self.fold.rows(state, bytemuck::cast_slice(&wide[..n]), n, n, at);
                at.base += n as u64 * at.col_step;
            }
        }
    }

    /// Folds each column of a block of `count` x `cols` elements into its lane, and the lane into the column's state at
    /// the end of a leaf.
    pub(crate) fn fold_cols(
        &self,
        columns: Columns<'_>,
        block: Block<'_>,
        [count, cols]: [usize; 2],
        rows: Rows,
        at: At,
    ) {
        if count == 0 || cols == 0 {
            return;
        }
        let (bytes, stride) = spread(block, cols);
        if self.from.is_none() {
            return self.fold.columns(columns, &bytes, rows, count, stride, at);
        }
        let (state, lane) = (self.state_size(), self.lane_size());
        let mut wide = [0f32; WIDE];
        for first_col in (0..cols).step_by(WIDE_COLS) {
            let n = WIDE_COLS.min(cols - first_col);
            for first in (0..count).step_by(LEAF_ROWS) {
                let count = LEAF_ROWS.min(count - first);
                for (r, wide) in wide.chunks_exact_mut(n).take(count).enumerate() {
                    let from = 2 * ((first + r) * stride + first_col);
                    self.widen(&bytes[from..from + 2 * n], wide);
                }
                let base = at.base + first as u64 * at.row_step + first_col as u64 * at.col_step;
                let wide = bytemuck::cast_slice(&wide[..count * n]);
                let columns = Columns {
                    states: &mut columns.states[first_col * state..][..n * state],
                    lanes: &mut columns.lanes[first_col * lane..][..n * lane],
                };
                let rows = Rows { at: rows.at + first, ..rows };
                self.fold.columns(columns, wide, rows, count, n, At { base, ..at });
            }
        }
    }

    fn widen(&self, from: &[u8], to: &mut [f32]) {
        if let Some(half) = self.from {
            half.widen(from, to);
        }
    }

    /// Merges each state of `from` into its state of `into`. The elements of `from` come later.
    pub(crate) fn merge(&self, into: &mut [u8], from: &[u8]) {
        self.fold.merge(into, from);
    }

    /// Writes one element of the result for each state.
    pub(crate) fn finish(&self, states: &[u8], out: &mut [u8]) {
        let Some(half) = self.to else {
            return self.fold.finish(states, self.last, self.item, out);
        };
        for (states, out) in states.chunks(WIDE * self.state_size()).zip(out.chunks_mut(WIDE * self.item)) {
            let mut wide = [0f32; WIDE];
            let wide = &mut wide[..out.len() / self.item];
            self.fold.finish(states, self.last, size_of::<f32>(), bytemuck::cast_slice_mut(wide));
            half.narrow(wide, out);
        }
    }
}

/// Small floats of columns that are widened at a time. [`WIDE_COLS`] is the same as columns of [`LEAF_ROWS`] elements.
const WIDE: usize = 4 * LEAF;
const WIDE_COLS: usize = WIDE / LEAF_ROWS;

/// A block's bytes, and the elements from one row to the next.
fn spread(block: Block<'_>, cols: usize) -> (Cow<'_, [u8]>, usize) {
    match block.values {
        Arg::Block(bytes) => (Cow::Borrowed(bytes), block.stride.unwrap_or(cols)),
        Arg::Scalar(one) => (Cow::Owned(one.repeat(cols)), 0),
    }
}

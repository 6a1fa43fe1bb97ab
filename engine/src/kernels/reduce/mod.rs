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
mod lanes;
mod minmax;
mod moments;
mod order;
mod product;
mod sum;
mod truth;

use std::borrow::Cow;

use bytemuck::Pod;

use super::block::{Arg, elements, fill};
use super::dispatch::widest;
use super::widen::Half;
use crate::kernels::Physical;
use crate::op::Reduction;

pub(in crate::kernels) use order::Ordered;

/// Elements of a leaf of a row.
const LEAF: usize = 1024;
/// Elements of a leaf of a row, if they have one or two bytes: 128 for each lane.
const SMALL_LEAF: usize = 16384;
/// Rows of a leaf of columns.
const LEAF_ROWS: usize = 128;

/// Place of a block among the elements that are reduced: element (r, c) has the index `base + r * row_step + c *
/// col_step`.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct At {
    pub(crate) base: u64,
    pub(crate) row_step: u64,
    pub(crate) col_step: u64,
}

/// The elements of a block of rows.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Block<'a> {
    pub(crate) values: Arg<'a>,
    /// Elements from one row to the next; `None` if rows follow each other without a gap.
    pub(crate) stride: Option<usize>,
}

/// Place of a block's rows among the rows of a tile that are folded into the same states. The block's first row is row
/// `at`. Leaves end at multiples of [`LEAF_ROWS`] and at `end`; no leaf holds rows before `start`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rows {
    pub(crate) start: usize,
    pub(crate) at: usize,
    pub(crate) end: usize,
}

/// The part of a leaf that some rows make up.
#[derive(Clone, Copy, Debug)]
struct Leaf {
    /// The rows include the leaf's first.
    begins: bool,
    /// The number of rows of the leaf, if the rows include its last.
    ends: Option<usize>,
}

/// How to reduce elements of one type.
trait Fold: Send + Sync + 'static {
    type In: Pod;
    type State: Pod;
    /// The intermediate result of one column within a leaf. Its size is zero if rows go directly into the states.
    type Lane: Pod;
    /// Whether to compile the loops for each instruction set.
    const VECTORS: bool;

    /// A state before any element.
    fn new() -> Self::State;

    /// Folds a row into its state. The row's first element has the index `at.base`.
    fn row(state: &mut Self::State, row: &[Self::In], at: At);

    /// Folds each column of `block` into its lane, and the lane into the column's state if the leaf ends. The rows of
    /// `block` start `stride` elements apart. There is at least one row, and all rows belong to one leaf.
    fn columns(
        states: &mut [Self::State],
        lanes: &mut [Self::Lane],
        block: &[Self::In],
        rows: usize,
        stride: usize,
        leaf: Leaf,
        at: At,
    );

    /// Merges `from` into `into`. The elements of `from` come later.
    fn merge(into: &mut Self::State, from: &Self::State);

    /// Writes one element of the result.
    fn finish(state: &Self::State, last: Last, out: &mut [u8]);
}

/// [`Fold`] over bytes.
trait Bytes: Send + Sync {
    fn state_size(&self) -> usize;
    fn lane_size(&self) -> usize;
    fn init(&self, states: &mut [u8]);
    fn rows(&self, states: &mut [u8], block: &[u8], cols: usize, stride: usize, at: At);
    fn columns(&self, columns: Columns<'_>, block: &[u8], rows: Rows, count: usize, stride: usize, at: At);
    fn merge(&self, into: &mut [u8], from: &[u8]);
    fn finish(&self, states: &[u8], last: Last, item: usize, out: &mut [u8]);
}

impl<F: Fold> Bytes for F {
    fn state_size(&self) -> usize {
        size_of::<F::State>()
    }

    fn lane_size(&self) -> usize {
        size_of::<F::Lane>()
    }

    fn init(&self, states: &mut [u8]) {
        fill(states, |states: &mut [F::State]| states.fill(F::new()));
    }

    fn rows(&self, states: &mut [u8], block: &[u8], cols: usize, stride: usize, at: At) {
        let block = elements::<F::In>(block);
        fill(states, |states: &mut [F::State]| {
            if F::VECTORS {
                widest(
                    #[inline(always)]
                    || fold_rows::<F>(states, &block, cols, stride, at),
                );
            } else {
                fold_rows::<F>(states, &block, cols, stride, at);
            }
        });
    }

    fn columns(&self, columns: Columns<'_>, block: &[u8], rows: Rows, count: usize, stride: usize, at: At) {
        let block = elements::<F::In>(block);
        fill(columns.states, |states: &mut [F::State]| {
            let mut fold = |lanes: &mut [F::Lane]| {
                if F::VECTORS {
                    widest(
                        #[inline(always)]
                        || fold_columns::<F>(states, lanes, &block, rows, count, stride, at),
                    );
                } else {
                    fold_columns::<F>(states, lanes, &block, rows, count, stride, at);
                }
            };
            match size_of::<F::Lane>() {
                0 => fold(&mut []),
                _ => fill(columns.lanes, fold),
            }
        });
    }

    fn merge(&self, into: &mut [u8], from: &[u8]) {
        let from = elements::<F::State>(from);
        fill(into, |into: &mut [F::State]| {
            into.iter_mut().zip(from.iter()).for_each(|(i, f)| F::merge(i, f));
        });
    }

    fn finish(&self, states: &[u8], last: Last, item: usize, out: &mut [u8]) {
        let states = elements::<F::State>(states);
        out.chunks_exact_mut(item).zip(states.iter()).for_each(|(out, s)| F::finish(s, last, out));
    }
}

#[inline(always)]
fn fold_rows<F: Fold>(states: &mut [F::State], block: &[F::In], cols: usize, stride: usize, at: At) {
    for (r, state) in states.iter_mut().enumerate() {
        let row = &block[r * stride..][..cols];
        F::row(state, row, At { base: at.base + r as u64 * at.row_step, ..at });
    }
}

#[inline(always)]
fn fold_columns<F: Fold>(
    states: &mut [F::State],
    lanes: &mut [F::Lane],
    block: &[F::In],
    rows: Rows,
    count: usize,
    stride: usize,
    at: At,
) {
    let mut r = 0;
    while r < count {
        let place = rows.at + r;
        let first = (place / LEAF_ROWS * LEAF_ROWS).max(rows.start);
        let end = ((place / LEAF_ROWS + 1) * LEAF_ROWS).min(rows.end);
        let n = (end - place).min(count - r);
        let leaf = Leaf { begins: place == first, ends: (place + n == end).then_some(end - first) };
        let at = At { base: at.base + r as u64 * at.row_step, ..at };
        F::columns(states, lanes, &block[r * stride..], n, stride, leaf, at);
        r += n;
    }
}

/// The columns of a fold: their states, and their lanes in the current leaf.
pub(crate) struct Columns<'a> {
    pub(crate) states: &'a mut [u8],
    pub(crate) lanes: &'a mut [u8],
}

/// The most states of a row that wait for their neighbours: as many as a row of 2048 leaves needs.
const LEVELS: usize = 12;

/// The state of a row. Leaves are merged pairwise, as the digits of a binary counter carry, 2048 leaves at a time; no
/// block has that many. `leaf` is called in only one place and has to be inlined there: as a separate function, it
/// would be compiled for the baseline instruction set.
#[inline(always)]
fn pairwise<T, S: Copy>(row: &[T], leaf: impl Fn(&[T]) -> S, merge: impl Fn(&mut S, &S)) -> Option<S> {
    let mut all: Option<S> = None;
    let mut waiting: Option<[S; LEVELS]> = None;
    let most = if size_of::<T>() < 4 { SMALL_LEAF } else { LEAF };
    for part in row.chunks(most << (LEVELS - 1)) {
        let mut depth = 0;
        for (k, values) in part.chunks(most).enumerate() {
            let mut sum = leaf(values);
            if row.len() <= most {
                return Some(sum);
            }
            let waiting = waiting.get_or_insert([sum; LEVELS]);
            let mut count = k + 1;
            while count & 1 == 0 {
                depth -= 1;
                let later = std::mem::replace(&mut sum, waiting[depth]);
                merge(&mut sum, &later);
                count >>= 1;
            }
            waiting[depth] = sum;
            depth += 1;
        }
        let (last, earlier) = waiting.as_ref()?[..depth].split_last()?;
        let mut sum = *last;
        for earlier in earlier.iter().rev() {
            let later = std::mem::replace(&mut sum, *earlier);
            merge(&mut sum, &later);
        }
        match &mut all {
            Some(all) => merge(all, &sum),
            None => all = Some(sum),
        }
    }
    all
}

/// A reduction, bound to its types.
#[derive(Clone, Copy)]
pub(crate) struct Reducer {
    reduction: Reduction,
    fold: &'static dyn Bytes,
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

fn fold(reduction: Reduction, input: Physical) -> Option<&'static dyn Bytes> {
    let skip = reduction.skips_nan();
    match reduction.plain() {
        Reduction::Sum => sum::sum(skip, input),
        Reduction::Mean => sum::mean_of(skip, input),
        Reduction::Prod => product::bind(skip, input),
        Reduction::Max => minmax::bind::<true>(skip, input),
        Reduction::Min => minmax::bind::<false>(skip, input),
        Reduction::Argmax => arg::bind::<true>(input),
        Reduction::Argmin => arg::bind::<false>(input),
        Reduction::Var | Reduction::Std => moments::bind(skip, input),
        Reduction::Any | Reduction::All | Reduction::CountNonzero => truth::bind(reduction, input),
        _ => None,
    }
}

/// A static reference to a fold. Folds have size zero, so that `leak` leaks no memory.
fn of<F: Fold>(fold: F) -> Option<&'static dyn Bytes> {
    const { assert!(size_of::<F>() == 0) };
    Some(Box::leak(Box::new(fold)))
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

#[cfg(test)]
mod tests {
    use super::*;

    /// The bits are the same on every instruction set.
    #[test]
    fn instruction_sets_agree() {
        fn check<F: Fold<In = f64>>(_: F) {
            let values: Vec<f64> = (0..9000).map(|k| (f64::from(k) * 0.37).sin() * 1e3).collect();
            let states = || vec![F::new(); 3];
            let (mut plain, mut wide) = (states(), states());
            fold_rows::<F>(&mut plain, &values, 3000, 3000, At::default());
            widest(
                #[inline(always)]
                || fold_rows::<F>(&mut wide, &values, 3000, 3000, At::default()),
            );
            assert_eq!(bytemuck::cast_slice::<_, u8>(&plain), bytemuck::cast_slice::<_, u8>(&wide));
            let rows = Rows { start: 0, at: 0, end: 3000 };
            let lanes = || vec![bytemuck::Zeroable::zeroed(); 3];
            fold_columns::<F>(&mut plain, &mut lanes(), &values, rows, 3000, 3, At::default());
            widest(
                #[inline(always)]
                || fold_columns::<F>(&mut wide, &mut lanes(), &values, rows, 3000, 3, At::default()),
            );
            assert_eq!(bytemuck::cast_slice::<_, u8>(&plain), bytemuck::cast_slice::<_, u8>(&wide));
        }
        check(sum::float_sum());
        check(moments::variance());
    }
}

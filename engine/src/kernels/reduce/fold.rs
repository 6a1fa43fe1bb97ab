//! Folding blocks into states: the leaves of rows and columns, and the fold of one type of elements.

use std::sync::Arc;

use bytemuck::Pod;

use super::Last;
use crate::kernels::block::{elements, fill};
use crate::kernels::dispatch::widest;

/// Elements of a leaf of a row.
pub(super) const LEAF: usize = 1024;
/// Elements of a leaf of a row, if they have one or two bytes: 128 for each lane.
pub(super) const SMALL_LEAF: usize = 16384;
/// Rows of a leaf of columns.
pub(super) const LEAF_ROWS: usize = 128;

/// Place of a block among the elements that are reduced: element (r, c) has the index `base + r * row_step + c *
/// col_step`.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct At {
    pub(crate) base: u64,
    pub(crate) row_step: u64,
    pub(crate) col_step: u64,
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
pub(super) struct Leaf {
    /// The rows include the leaf's first.
    pub(super) begins: bool,
    /// The number of rows of the leaf, if the rows include its last.
    pub(super) ends: Option<usize>,
}

/// How to reduce elements of one type.
pub(super) trait Fold: Send + Sync + 'static {
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
pub(super) trait Bytes: Send + Sync {
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

/// A fold of elements of one type, over bytes.
pub(super) fn of<F: Fold>(fold: F) -> Option<Arc<dyn Bytes>> {
    Some(Arc::new(fold))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::reduce::{moments, sum};

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

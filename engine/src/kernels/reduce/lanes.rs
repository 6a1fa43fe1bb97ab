//! Folds whose order of elements does not show in their state: sums, products, extremes, counts.

use bytemuck::{Pod, Zeroable};

use super::{At, Fold, Last};

/// Virtual lanes of a leaf.
const LANES: usize = 32;

/// A leaf in lanes: lane k takes elements k, k + 32, ... in order, and the lanes are joined by halves.
#[inline(always)]
pub(super) fn lanes<T: Copy, A: Copy>(
    values: &[T],
    start: A,
    step: impl Fn(A, T) -> A,
    join: impl Fn(A, A) -> A,
) -> A {
    let mut lanes = [start; LANES];
    let (full, rest) = values.as_chunks::<LANES>();
    for values in full {
        for (lane, &x) in lanes.iter_mut().zip(values) {
            *lane = step(*lane, x);
        }
    }
    for (lane, &x) in lanes.iter_mut().zip(rest) {
        *lane = step(*lane, x);
    }
    let mut width = LANES / 2;
    while width > 0 {
        for k in 0..width {
            lanes[k] = join(lanes[k], lanes[k + width]);
        }
        width /= 2;
    }
    lanes[0]
}

/// The columns of a block, by up to 32: `give` takes the first column's number and what its rows came to.
#[inline(always)]
pub(super) fn columns<T: Copy, A: Copy>(
    block: &[T],
    [rows, cols]: [usize; 2],
    stride: usize,
    start: A,
    step: impl Fn(A, T) -> A,
    mut give: impl FnMut(usize, &[A]),
) {
    for first in (0..cols).step_by(LANES) {
        let mut lanes = [start; LANES];
        let width = LANES.min(cols - first);
        for r in 0..rows {
            let row = &block[r * stride + first..][..width];
            if let Ok(row) = <&[T; LANES]>::try_from(row) {
                for (lane, &x) in lanes.iter_mut().zip(row) {
                    *lane = step(*lane, x);
                }
            } else {
                for (lane, &x) in lanes.iter_mut().zip(row) {
                    *lane = step(*lane, x);
                }
            }
        }
        give(first, &lanes[..width]);
    }
}

/// A fold in lanes.
pub(super) trait Monoid: Send + Sync + 'static {
    type In: Pod;
    type Lane: Copy;
    type State: Pod;
    const VECTORS: bool = true;
    /// What a lane starts from.
    const START: Self::Lane;

    fn step(lane: Self::Lane, x: Self::In) -> Self::Lane;
    fn join(a: Self::Lane, b: Self::Lane) -> Self::Lane;
    /// The state of a lane that took `count` elements.
    fn state(lane: Self::Lane, count: usize) -> Self::State;
    fn new() -> Self::State;
    fn merge(into: &mut Self::State, from: &Self::State);
    fn finish(state: &Self::State, out: &mut [u8]);
}

impl<M: Monoid> Fold for M {
    type In = M::In;
    type State = M::State;
    const VECTORS: bool = M::VECTORS;

    fn new() -> M::State {
        M::new()
    }

    #[inline(always)]
    fn leaf(values: &[M::In], _: At) -> M::State {
        M::state(lanes(values, M::START, M::step, M::join), values.len())
    }

    #[inline(always)]
    fn columns(states: &mut [M::State], block: &[M::In], rows: usize, stride: usize, _: At) {
        let shape = [rows, states.len()];
        columns(block, shape, stride, M::START, M::step, |first, lanes| {
            for (state, &lane) in states[first..].iter_mut().zip(lanes) {
                M::merge(state, &M::state(lane, rows));
            }
        });
    }

    #[inline(always)]
    fn merge(into: &mut M::State, from: &M::State) {
        M::merge(into, from);
    }

    #[inline(always)]
    fn finish(state: &M::State, _: Last, out: &mut [u8]) {
        M::finish(state, out);
    }
}

/// Writes the low bytes of an integer.
#[inline(always)]
pub(super) fn put_integer(value: u64, out: &mut [u8]) {
    let bytes = value.to_le_bytes();
    let n = out.len().min(bytes.len());
    out[..n].copy_from_slice(&bytes[..n]);
}

/// Writes floats as `f32` or `f64`, whichever fits `out`: a real number or the two parts of a complex one.
#[inline(always)]
pub(super) fn put_floats<const N: usize>(values: [f64; N], out: &mut [u8]) {
    let item = out.len() / N;
    for (value, out) in values.into_iter().zip(out.chunks_exact_mut(item)) {
        match item {
            4 => out.copy_from_slice(&(value as f32).to_le_bytes()),
            _ => out.copy_from_slice(&value.to_le_bytes()),
        }
    }
}

/// A sum kept together with what rounding lost of it.
#[derive(Clone, Copy, Debug, Pod, Zeroable)]
#[repr(C)]
pub(super) struct Total {
    sum: f64,
    lost: f64,
}

impl Total {
    pub(super) const NEW: Total = Total { sum: 0.0, lost: 0.0 };

    #[inline(always)]
    pub(super) fn of(sum: f64) -> Total {
        Total { sum, lost: 0.0 }
    }

    /// Knuth's exact sum of two numbers, and the errors along.
    #[inline(always)]
    pub(super) fn add(&mut self, other: &Total) {
        let (a, b) = (self.sum, other.sum);
        let sum = a + b;
        let of_b = sum - a;
        let lost = (a - (sum - of_b)) + (b - of_b);
        *self = Total { sum, lost: self.lost + other.lost + lost };
    }

    #[inline(always)]
    pub(super) fn value(&self) -> f64 {
        if self.sum.is_finite() { self.sum + self.lost } else { self.sum }
    }
}

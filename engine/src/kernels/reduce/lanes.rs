//! Folds whose state keeps no places of elements: sums, products, extremes, counts.

use bytemuck::{Pod, Zeroable};

use super::{At, Fold, Last, Leaf, pairwise};

/// Folds each column of `block` into its element of `into`. The rows of `block` start `stride` elements apart.
#[inline(always)]
pub(super) fn accumulate<T: Copy, A: Copy>(
    into: &mut [A],
    block: &[T],
    rows: usize,
    stride: usize,
    step: impl Fn(A, T) -> A,
) {
    let nothing = vec![(); into.len()];
    accumulate_beside(into, &nothing, block, rows, stride, |a, (), x| step(a, x));
}

/// The same, with a number in `beside` for each column, which the steps receive.
#[inline(always)]
pub(super) fn accumulate_beside<T: Copy, A: Copy, B: Copy>(
    into: &mut [A],
    beside: &[B],
    block: &[T],
    rows: usize,
    stride: usize,
    step: impl Fn(A, B, T) -> A,
) {
    let n = into.len();
    let beside = &beside[..n];
    let row = |r: usize| &block[r * stride..][..n];
    // four rows at a time, so that `into` is read and written less often
    for r in (0..rows - rows % 4).step_by(4) {
        let (a, b, c, d) = (row(r), row(r + 1), row(r + 2), row(r + 3));
        for k in 0..n {
            let with = |lane, x| step(lane, beside[k], x);
            into[k] = with(with(with(with(into[k], a[k]), b[k]), c[k]), d[k]);
        }
    }
    for r in rows - rows % 4..rows {
        for ((lane, &beside), &x) in into.iter_mut().zip(beside).zip(row(r)) {
            *lane = step(*lane, beside, x);
        }
    }
}

/// Folds a leaf in lanes. Lane k of n takes the elements k, k + n, ... in order. Then the lanes are widened and joined.
/// A join with `start` must change nothing.
#[inline(always)]
pub(super) fn lanes<T: Copy, A: Copy, B: Copy>(
    values: &[T],
    start: A,
    step: impl Fn(A, T) -> A,
    widen: impl Fn(A) -> B,
    join: impl Fn(B, B) -> B,
) -> B {
    if values.len() < LANES {
        // a short leaf has fewer lanes, and so fewer joins
        let mut few = [start; 8];
        let (full, rest) = values.as_chunks::<8>();
        for values in full {
            few.iter_mut().zip(values).for_each(|(lane, &x)| *lane = step(*lane, x));
        }
        few.iter_mut().zip(rest).for_each(|(lane, &x)| *lane = step(*lane, x));
        let [a, b, c, d, e, f, g, h] = few;
        let pair = |a, b| join(widen(a), widen(b));
        return join(join(pair(a, b), pair(c, d)), join(pair(e, f), pair(g, h)));
    }
    let mut tree = [widen(start); REGISTERS];
    if size_of::<T>() >= 4 && size_of::<A>() == size_of::<T>() {
        // elements are read from first to last, the fastest order for memory
        let mut lanes = [start; REGISTERS];
        let (full, rest) = values.as_chunks::<REGISTERS>();
        for values in full {
            lanes.iter_mut().zip(values).for_each(|(lane, &x)| *lane = step(*lane, x));
        }
        lanes.iter_mut().zip(rest).for_each(|(lane, &x)| *lane = step(*lane, x));
        tree.iter_mut().zip(lanes).for_each(|(wide, lane)| *wide = widen(lane));
    } else if size_of::<T>() >= 4 {
        let lanes: [A; REGISTERS] = in_rows(values, start, &step);
        accumulate(&mut tree, &lanes, 1, REGISTERS, |wide, lane| join(wide, widen(lane)));
    } else {
        let lanes: [A; LANES] = in_rows(values, start, &step);
        accumulate(&mut tree, &lanes, LANES / REGISTERS, REGISTERS, |wide, lane| join(wide, widen(lane)));
    }
    // with a known width, the compiler would take minutes to unroll all additions
    let mut width = std::hint::black_box(REGISTERS / 2);
    while width > 0 {
        let (low, high) = tree.split_at_mut(width);
        low.iter_mut().zip(high).for_each(|(a, b)| *a = join(*a, *b));
        width /= 2;
    }
    tree[0]
}

/// The lanes after a fold of `values`, row by row.
#[inline(always)]
fn in_rows<T: Copy, A: Copy, const N: usize>(values: &[T], start: A, step: impl Fn(A, T) -> A) -> [A; N] {
    let mut lanes = [start; N];
    let rows = values.len() / N;
    accumulate(&mut lanes, values, rows, N, &step);
    let rest = &values[rows * N..];
    accumulate(&mut lanes[..rest.len()], rest, 1, 0, &step);
    lanes
}

/// Lanes of elements of four and eight bytes: as many as registers hold.
const REGISTERS: usize = 32;
/// Lanes of a leaf of smaller elements, unless the leaf has fewer elements than this.
const LANES: usize = 128;

/// A fold in lanes.
pub(super) trait Monoid: Send + Sync + 'static {
    type In: Pod;
    type Lane: Pod;
    /// The widened form of a lane, in which lanes are joined.
    type Wide: Copy;
    type State: Pod;
    const VECTORS: bool = true;
    /// Whether the elements of a row are taken one after the other, because the first of several counts.
    const IN_ORDER: bool = false;
    /// The first value of a lane.
    const START: Self::Lane;

    fn step(lane: Self::Lane, x: Self::In) -> Self::Lane;
    fn widen(lane: Self::Lane) -> Self::Wide;
    fn join(a: Self::Wide, b: Self::Wide) -> Self::Wide;
    /// The state from joined lanes that took `count` elements.
    fn state(lane: Self::Wide, count: usize) -> Self::State;
    fn new() -> Self::State;
    fn merge(into: &mut Self::State, from: &Self::State);
    fn finish(state: &Self::State, out: &mut [u8]);
}

impl<M: Monoid> Fold for M {
    type In = M::In;
    type State = M::State;
    type Lane = M::Lane;
    const VECTORS: bool = M::VECTORS;

    fn new() -> M::State {
        M::new()
    }

    #[inline(always)]
    fn row(state: &mut M::State, row: &[M::In], _: At) {
        let all = pairwise(
            row,
            #[inline(always)]
            |values| {
                let all = match M::IN_ORDER {
                    true => M::widen(values.iter().fold(M::START, |lane, &x| M::step(lane, x))),
                    false => lanes(values, M::START, M::step, M::widen, M::join),
                };
                M::state(all, values.len())
            },
            M::merge,
        );
        if let Some(all) = all {
            M::merge(state, &all);
        }
    }

    #[inline(always)]
    fn columns(
        states: &mut [M::State],
        lanes: &mut [M::Lane],
        block: &[M::In],
        rows: usize,
        stride: usize,
        leaf: Leaf,
        _: At,
    ) {
        if leaf.begins {
            lanes.fill(M::START);
        }
        accumulate(lanes, block, rows, stride, M::step);
        if let Some(count) = leaf.ends {
            for (state, &lane) in states.iter_mut().zip(lanes.iter()) {
                M::merge(state, &M::state(M::widen(lane), count));
            }
        }
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

/// Writes a real number, or the two parts of a complex one, as `f32` or `f64`, depending on the size of `out`.
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

/// Knuth's exact sum of two numbers: the rounded sum and its rounding error.
#[inline(always)]
pub(super) fn two_sum(a: f64, b: f64) -> (f64, f64) {
    let sum = a + b;
    let of_b = sum - a;
    (sum, (a - (sum - of_b)) + (b - of_b))
}

/// A sum together with its rounding error.
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

    /// The sum of two totals, with the sum of their errors.
    #[inline(always)]
    pub(super) fn add(&mut self, other: &Total) {
        let (sum, lost) = two_sum(self.sum, other.sum);
        *self = Total { sum, lost: self.lost + other.lost + lost };
    }

    #[inline(always)]
    pub(super) fn value(&self) -> f64 {
        if self.sum.is_finite() { self.sum + self.lost } else { self.sum }
    }
}

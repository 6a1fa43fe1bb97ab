//! Variances and standard deviations in one pass over the array, as exact as in two.
//!
//! A leaf lies in cache and is read twice. The first time gives its mean, from the distances to its first element. The
//! second time sums the squared distances to the mean, and corrects the sum for the rounding of the mean. A state keeps
//! its mean together with its rounding error: without the error, means that are large beside the deviation could not be
//! told apart. States are merged by Chan's formula.
//!
//! If finite values overflow, the variance is infinite. If a value is infinite or NaN, the variance is NaN.

use std::marker::PhantomData;
use std::sync::Arc;

use super::lanes::{accumulate, accumulate_beside, lanes, put_floats, two_sum};
use super::sum::Terms;
use super::{At, Bytes, Fold, Last, Leaf, of, pairwise};
use crate::kernels::physical::{Physical, by_class};

/// The limit of the gap between two means. The square of this gap is infinite already, and so is that of any wider gap.
const WIDEST_GAP: f64 = 1e160;

/// The count of the elements, the sum of the squared distances to their mean, and this mean. The sum and the mean have
/// their rounding errors beside them. The mean is always finite, even after infinite elements.
#[derive(Clone, Copy)]
struct Moments<const N: usize> {
    count: f64,
    squares: f64,
    lost: f64,
    mean: [f64; N],
    rest: [f64; N],
}

impl<const N: usize> Moments<N> {
    const NEW: Moments<N> = Moments { count: 0.0, squares: 0.0, lost: 0.0, mean: [0.0; N], rest: [0.0; N] };

    /// Reads the `S = 3 + 2 * N` numbers of a state.
    #[inline(always)]
    fn of<const S: usize>(state: &[f64; S]) -> Moments<N> {
        const { assert!(S == 3 + 2 * N) };
        Moments {
            count: state[0],
            squares: state[1],
            lost: state[2],
            mean: std::array::from_fn(|k| state[3 + k]),
            rest: std::array::from_fn(|k| state[3 + N + k]),
        }
    }

    #[inline(always)]
    fn put<const S: usize>(&self, state: &mut [f64; S]) {
        [state[0], state[1], state[2]] = [self.count, self.squares, self.lost];
        state[3..3 + N].copy_from_slice(&self.mean);
        state[3 + N..].copy_from_slice(&self.rest);
    }

    /// Adds the moments of other elements, whose share of all elements is `weight`.
    #[inline(always)]
    fn join(&mut self, other: &Moments<N>, weight: f64) {
        let mut apart = 0.0;
        for k in 0..N {
            let gap = (other.mean[k] - self.mean[k]) + (other.rest[k] - self.rest[k]);
            let gap = gap.clamp(-WIDEST_GAP, WIDEST_GAP);
            apart += gap * gap;
            let (mean, rest) = two_sum(self.mean[k], gap * weight);
            self.mean[k] = mean;
            self.rest[k] += rest;
        }
        let (squares, lost) = two_sum(self.squares, other.squares + apart * (self.count * weight));
        self.squares = squares;
        self.lost += other.lost + lost;
        self.count += other.count;
    }

    #[inline(always)]
    fn add(&mut self, other: &Moments<N>) {
        if other.count == 0.0 {
            return;
        }
        if self.count == 0.0 {
            *self = *other;
            return;
        }
        self.join(other, other.count / (self.count + other.count));
    }

    /// Marks the moments of elements whose squares overflowed, or which are not all `finite`.
    fn unbounded(&mut self, finite: bool) {
        let squares = if finite { f64::INFINITY } else { f64::NAN };
        *self = Moments { count: self.count, squares, ..Moments::NEW };
    }

    fn variance(&self, freedom: f64) -> f64 {
        let squares = if self.squares.is_finite() { self.squares + self.lost } else { self.squares };
        // if the sum overflows, NumPy has no finite mean, so the variance is infinite
        let overflows = squares.is_finite() && self.mean.iter().any(|mean| (mean * self.count).is_infinite());
        (if overflows { f64::INFINITY } else { squares }) / freedom
    }
}

/// Variances, in states of `S` numbers; with `SKIP`, of the elements that are not NaN.
struct Variance<T, const N: usize, const S: usize, const SKIP: bool>(PhantomData<T>);

impl<T: Terms<N>, const N: usize, const S: usize, const SKIP: bool> Variance<T, N, S, SKIP> {
    #[inline(always)]
    fn skipped(x: T) -> bool {
        SKIP && x.parts().iter().any(|p| p.is_nan())
    }

    #[inline(always)]
    fn counted(x: T) -> f64 {
        if Self::skipped(x) { 0.0 } else { 1.0 }
    }

    /// The distance of part `k` of an element from `origin`; 0 for a skipped element.
    #[inline(always)]
    fn gap(x: T, k: usize, origin: f64) -> f64 {
        let gap = x.parts()[k] - origin;
        if Self::skipped(x) { 0.0 } else { gap }
    }

    /// Whether none of `values` is infinite or NaN, except for skipped elements.
    #[cold]
    #[inline(never)]
    fn finite<'v>(mut values: impl Iterator<Item = &'v T>) -> bool
    where
        T: 'v,
    {
        values.all(|&x| Self::skipped(x) || x.parts().iter().all(|p| p.is_finite()))
    }

    #[inline(always)]
    fn leaf(values: &[T]) -> Moments<N> {
        let plus = |a: f64, b: f64| a + b;
        let same = |a: f64| a;
        let count = if SKIP {
            lanes(values, 0.0, |lane, x| lane + Self::counted(x), same, plus)
        } else {
            values.len() as f64
        };
        let first = values.iter().find(|&&x| !Self::skipped(x));
        let Some(pivot) = first.map(|x| x.parts()) else { return Moments::NEW };
        let mut found = Moments { count, ..Moments::NEW };
        for (k, origin) in pivot.into_iter().enumerate() {
            let sum = lanes(values, 0.0, |lane, x| lane + Self::gap(x, k, origin), same, plus);
            let (mean, rest) = two_sum(origin, sum / count);
            (found.mean[k], found.rest[k]) = (mean, rest);
            let square = |lane, x| {
                let gap = Self::gap(x, k, mean);
                lane + gap * gap
            };
            found.squares += lanes(values, 0.0, square, same, plus) - count * (rest * rest);
        }
        if !found.squares.is_finite() {
            found.unbounded(Self::finite(values.iter()));
        }
        found
    }

    /// The first element of each column that is not skipped; 0 if there is none.
    #[inline(always)]
    fn pivots(pivot: &mut [[f64; WIDTH]; N], n: usize, block: &[T], rows: usize, stride: usize) {
        for (k, pivot) in pivot.iter_mut().enumerate() {
            pivot[..n].iter_mut().zip(block).for_each(|(p, &x)| *p = x.parts()[k]);
        }
        if !SKIP {
            return;
        }
        for (c, _) in block[..n].iter().enumerate().filter(|(_, x)| Self::skipped(**x)) {
            let first = Self::column(block, c, rows, stride).find(|x| !Self::skipped(**x));
            let parts = first.map_or([0.0; N], |x| x.parts());
            (0..N).for_each(|k| pivot[k][c] = parts[k]);
        }
    }

    fn column(block: &[T], c: usize, rows: usize, stride: usize) -> impl Iterator<Item = &T> {
        block[c..].iter().step_by(stride.max(1)).take(rows)
    }
}

/// Columns that are folded at a time.
const WIDTH: usize = 256;

impl<T: Terms<N>, const N: usize, const S: usize, const SKIP: bool> Fold for Variance<T, N, S, SKIP> {
    type In = T;
    type State = [f64; S];
    type Lane = [u8; 0];
    const VECTORS: bool = T::FLOAT && N == 1;

    fn new() -> [f64; S] {
        [0.0; S]
    }

    #[inline(always)]
    fn row(state: &mut [f64; S], row: &[T], _: At) {
        let all = pairwise(
            row,
            #[inline(always)]
            |values| Self::leaf(values),
            Moments::add,
        );
        if let Some(all) = all {
            if state[0] == 0.0 {
                return all.put(state);
            }
            let mut moments = Moments::of(state);
            moments.add(&all);
            moments.put(state);
        }
    }

    #[inline(always)]
    fn columns(
        states: &mut [[f64; S]],
        _: &mut [Self::Lane],
        block: &[T],
        rows: usize,
        stride: usize,
        _: Leaf,
        _: At,
    ) {
        for (at, states) in states.chunks_mut(WIDTH).enumerate() {
            let n = states.len();
            let block = &block[at * WIDTH..];
            let mut count = [rows as f64; WIDTH];
            if SKIP {
                count = [0.0; WIDTH];
                accumulate(&mut count[..n], block, rows, stride, |count, x| count + Self::counted(x));
            }
            // pivots at first, then means
            let (mut mean, mut rest, mut squares) = ([[0.0; WIDTH]; N], [[0.0; WIDTH]; N], [0.0; WIDTH]);
            Self::pivots(&mut mean, n, block, rows, stride);
            for (k, (mean, rest)) in mean.iter_mut().zip(&mut rest).enumerate() {
                let gap = |sum, origin, x| sum + Self::gap(x, k, origin);
                accumulate_beside(&mut rest[..n], mean, block, rows, stride, gap);
                let columns = mean[..n].iter_mut().zip(rest.iter_mut()).zip(&mut squares).zip(&count);
                for (((mean, rest), squares), &count) in columns {
                    let offset = if count == 0.0 { 0.0 } else { *rest / count };
                    (*mean, *rest) = two_sum(*mean, offset);
                    *squares -= count * (*rest * *rest);
                }
                let square = |sum, mean, x| {
                    let gap = Self::gap(x, k, mean);
                    sum + gap * gap
                };
                accumulate_beside(&mut squares[..n], mean, block, rows, stride, square);
            }
            let found = |c: usize| Moments::<N> {
                count: count[c],
                squares: squares[c],
                lost: 0.0,
                mean: std::array::from_fn(|k| mean[k][c]),
                rest: std::array::from_fn(|k| rest[k][c]),
            };
            let before = states[0][0];
            let bounded = squares[..n].iter().fold(true, |all, s| all & s.is_finite());
            if !SKIP && bounded && before > 0.0 && states.iter().all(|state| state[0] == before) {
                // one division for all columns
                let weight = count[0] / (before + count[0]);
                for (c, state) in states.iter_mut().enumerate() {
                    let mut moments = Moments::of(state);
                    moments.join(&found(c), weight);
                    moments.put(state);
                }
                continue;
            }
            for (c, state) in states.iter_mut().enumerate() {
                let (mut moments, mut found) = (Moments::of(state), found(c));
                if !found.squares.is_finite() {
                    found.unbounded(Self::finite(Self::column(block, c, rows, stride)));
                }
                moments.add(&found);
                moments.put(state);
            }
        }
    }

    #[inline(always)]
    fn merge(into: &mut [f64; S], from: &[f64; S]) {
        let mut moments = Moments::<N>::of(into);
        moments.add(&Moments::of(from));
        moments.put(into);
    }

    fn finish(state: &[f64; S], last: Last, out: &mut [u8]) {
        let moments = Moments::<N>::of(state);
        let freedom = moments.count - last.ddof;
        let variance = match freedom > 0.0 {
            true => moments.variance(freedom),
            false if SKIP => f64::NAN,
            false => moments.variance(0.0),
        };
        put_floats([if last.root { variance.sqrt() } else { variance }], out);
    }
}

/// The fold of `var` or `nanvar`, or of `std` or `nanstd`.
pub(super) fn bind(skip: bool, input: Physical) -> Option<Arc<dyn Bytes>> {
    fn real<T: Terms<1>>(skip: bool) -> Option<Arc<dyn Bytes>> {
        match skip {
            true => of(Variance::<T, 1, 5, true>(PhantomData)),
            false => of(Variance::<T, 1, 5, false>(PhantomData)),
        }
    }
    fn complex<T: Terms<2>>(skip: bool) -> Option<Arc<dyn Bytes>> {
        match skip {
            true => of(Variance::<T, 2, 7, true>(PhantomData)),
            false => of(Variance::<T, 2, 7, false>(PhantomData)),
        }
    }
    by_class!(input, T {
        truth => real::<T>(false),
        whole => real::<T>(false),
        float => real::<T>(skip),
        complex => complex::<T>(skip),
        half => None,
    })
}

#[cfg(test)]
pub(super) fn variance() -> impl Fold<In = f64> {
    Variance::<f64, 1, 5, false>(PhantomData)
}

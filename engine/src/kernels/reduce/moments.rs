//! Variances and standard deviations in one pass.
//!
//! A leaf lies in cache and is read twice: its mean, then the squares of the distances from it. States are merged
//! by Chan's formula, which loses nothing to cancellation however large the mean is.

use std::marker::PhantomData;

use arrstore_format::DType;
use bytemuck::{Pod, Zeroable};
use num_complex::{Complex32, Complex64};

use super::lanes::{accumulate, accumulate_beside, lanes, put_floats};
use super::sum::Terms;
use super::{At, Bytes, Fold, Last, Leaf, of, pairwise};
use crate::kernels::block::Truth;

/// How many, their mean, and the sum of the squared distances from it. The mean of real numbers has no second
/// part.
#[derive(Clone, Copy, Pod, Zeroable)]
#[repr(C)]
struct Moments {
    count: f64,
    mean: [f64; 2],
    squares: f64,
}

impl Moments {
    #[inline(always)]
    fn add(&mut self, other: &Moments) {
        let count = self.count + other.count;
        if other.count == 0.0 {
            return;
        }
        if self.count == 0.0 {
            *self = *other;
            return;
        }
        self.join(other, other.count / count);
    }

    /// Adds others to some, where `weight` is the others' share of all.
    #[inline(always)]
    fn join(&mut self, other: &Moments, weight: f64) {
        let mut apart = 0.0;
        for (mean, theirs) in self.mean.iter_mut().zip(other.mean) {
            let gap = theirs - *mean;
            *mean += gap * weight;
            apart += gap * gap;
        }
        self.squares += other.squares + apart * self.count * weight;
        self.count += other.count;
    }
}

/// Variances; `SKIP`: of those that are not NaN.
struct Variance<T, const N: usize, const SKIP: bool>(PhantomData<T>);

impl<T: Terms<N>, const N: usize, const SKIP: bool> Variance<T, N, SKIP> {
    #[inline(always)]
    fn skipped(x: T) -> bool {
        SKIP && x.parts().iter().any(|p| p.is_nan())
    }

    /// How far part `k` of an element is from `origin`; 0 of one that is passed over.
    #[inline(always)]
    fn gap(x: T, k: usize, origin: f64) -> f64 {
        let gap = x.parts()[k] - origin;
        if Self::skipped(x) { 0.0 } else { gap }
    }

    /// Distances are measured from an element at first, so that equal elements have a variance of exactly 0.
    #[inline(always)]
    fn origin(x: T, k: usize) -> f64 {
        Self::gap(x, k, 0.0)
    }

    #[inline(always)]
    fn leaf(values: &[T]) -> Moments {
        let plus = |a: f64, b: f64| a + b;
        let same = |a: f64| a;
        let count = if SKIP {
            lanes(values, 0.0, |lane, x| lane + if Self::skipped(x) { 0.0 } else { 1.0 }, same, plus)
        } else {
            values.len() as f64
        };
        let mut found = Moments { count, mean: [0.0; 2], squares: 0.0 };
        if count == 0.0 {
            return found;
        }
        for k in 0..N {
            let origin = Self::origin(values[0], k);
            let sum = lanes(values, 0.0, |lane, x| lane + Self::gap(x, k, origin), same, plus);
            let mean = origin + sum / count;
            let square = |lane, x| {
                let gap = Self::gap(x, k, mean);
                lane + gap * gap
            };
            found.mean[k] = mean;
            found.squares += lanes(values, 0.0, square, same, plus);
        }
        found
    }
}

/// Columns that are folded at a time.
const WIDTH: usize = 256;

impl<T: Terms<N>, const N: usize, const SKIP: bool> Fold for Variance<T, N, SKIP> {
    type In = T;
    type State = Moments;
    type Lane = [u8; 0];
    const VECTORS: bool = T::FLOAT && N == 1;

    fn new() -> Moments {
        Moments { count: 0.0, mean: [0.0; 2], squares: 0.0 }
    }

    #[inline(always)]
    fn row(state: &mut Moments, row: &[T], _: At) {
        let all = pairwise(
            row,
            #[inline(always)]
            |values| Self::leaf(values),
            Moments::add,
        );
        if let Some(all) = all {
            state.add(&all);
        }
    }

    #[inline(always)]
    fn columns(
        states: &mut [Moments],
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
                let one = |count, x| count + if Self::skipped(x) { 0.0 } else { 1.0 };
                accumulate(&mut count[..n], block, rows, stride, one);
            }
            let (mut mean, mut squares) = ([[0.0; WIDTH]; 2], [0.0; WIDTH]);
            for k in 0..N {
                let (mut origin, mut sum) = ([0.0; WIDTH], [0.0; WIDTH]);
                origin[..n].iter_mut().zip(block).for_each(|(o, &x)| *o = Self::origin(x, k));
                let gap = |sum, origin, x| sum + Self::gap(x, k, origin);
                accumulate_beside(&mut sum[..n], &origin, block, rows, stride, gap);
                for c in 0..n {
                    mean[k][c] = origin[c] + if count[c] == 0.0 { 0.0 } else { sum[c] / count[c] };
                }
                let square = |sum, mean, x| {
                    let gap = Self::gap(x, k, mean);
                    sum + gap * gap
                };
                accumulate_beside(&mut squares[..n], &mean[k], block, rows, stride, square);
            }
            let found =
                |c: usize| Moments { count: count[c], mean: [mean[0][c], mean[1][c]], squares: squares[c] };
            let before = states[0].count;
            if !SKIP && before > 0.0 && states.iter().all(|state| state.count == before) {
                // one division for all columns
                let weight = count[0] / (before + count[0]);
                states.iter_mut().enumerate().for_each(|(c, state)| state.join(&found(c), weight));
            } else {
                states.iter_mut().enumerate().for_each(|(c, state)| state.add(&found(c)));
            }
        }
    }

    #[inline(always)]
    fn merge(into: &mut Moments, from: &Moments) {
        into.add(from);
    }

    fn finish(state: &Moments, last: Last, out: &mut [u8]) {
        let freedom = state.count - last.ddof;
        let variance = match freedom > 0.0 {
            true => state.squares / freedom,
            false if SKIP => f64::NAN,
            false => state.squares / 0.0,
        };
        put_floats([if last.root { variance.sqrt() } else { variance }], out);
    }
}

/// The fold of `var` or `nanvar`, or of `std` or `nanstd`.
pub(super) fn bind(skip: bool, input: DType) -> Option<&'static dyn Bytes> {
    fn float<T: Terms<N>, const N: usize>(skip: bool) -> Option<&'static dyn Bytes> {
        match skip {
            true => of(Variance::<T, N, true>(PhantomData)),
            false => of(Variance::<T, N, false>(PhantomData)),
        }
    }
    match input {
        DType::Bool => float::<Truth, 1>(false),
        DType::I8 => float::<i8, 1>(false),
        DType::I16 => float::<i16, 1>(false),
        DType::I32 => float::<i32, 1>(false),
        DType::I64 => float::<i64, 1>(false),
        DType::U8 => float::<u8, 1>(false),
        DType::U16 => float::<u16, 1>(false),
        DType::U32 => float::<u32, 1>(false),
        DType::U64 => float::<u64, 1>(false),
        DType::F32 => float::<f32, 1>(skip),
        DType::F64 => float::<f64, 1>(skip),
        DType::C64 => float::<Complex32, 2>(skip),
        DType::C128 => float::<Complex64, 2>(skip),
        DType::F16 | DType::BF16 => None,
    }
}

#[cfg(test)]
pub(super) fn variance() -> impl Fold<In = f64> {
    Variance::<f64, 1, false>(PhantomData)
}

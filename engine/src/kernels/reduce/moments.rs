//! Variances and standard deviations in one pass.
//!
//! A leaf lies in cache and is read twice: its mean, then the squares of the distances from it. States are merged
//! by Chan's formula, which loses nothing to cancellation however large the mean is.

use std::marker::PhantomData;

use arrstore_format::DType;
use bytemuck::{Pod, Zeroable};
use num_complex::{Complex32, Complex64};

use super::lanes::{columns, lanes, put_floats};
use super::sum::{Terms, plus};
use super::{At, Bytes, Fold, Last, of};
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
        let weight = other.count / count;
        let mut apart = 0.0;
        for (mean, theirs) in self.mean.iter_mut().zip(other.mean) {
            let gap = theirs - *mean;
            *mean += gap * weight;
            apart += gap * gap;
        }
        self.squares += other.squares + apart * self.count * weight;
        self.count = count;
    }
}

/// Variances; `SKIP`: of those that are not NaN. `M` is `N + 1`.
struct Variance<T, const N: usize, const M: usize, const SKIP: bool>(PhantomData<T>);

impl<T: Terms<N>, const N: usize, const M: usize, const SKIP: bool> Variance<T, N, M, SKIP> {
    /// The element and a one, or zeros for a NaN that is passed over.
    #[inline(always)]
    fn terms(x: T) -> [f64; M] {
        let parts = x.parts();
        let nan = SKIP && parts.iter().any(|p| p.is_nan());
        let terms = std::array::from_fn(|k| parts.get(k).copied().unwrap_or(1.0));
        if nan { [0.0; M] } else { terms }
    }

    /// Mean and count of what `terms` came to.
    #[inline(always)]
    fn mean(sums: [f64; M]) -> ([f64; N], f64) {
        let count = sums[M - 1];
        (std::array::from_fn(|k| if count == 0.0 { 0.0 } else { sums[k] / count }), count)
    }

    /// The distance from the mean, and its square.
    #[inline(always)]
    fn distance(x: T, mean: [f64; N]) -> [f64; M] {
        let parts = x.parts();
        let nan = SKIP && parts.iter().any(|p| p.is_nan());
        let mut square = 0.0;
        let gaps: [f64; M] = std::array::from_fn(|k| {
            let gap = if k < N { parts[k] - mean[k] } else { 0.0 };
            square += gap * gap;
            gap
        });
        if nan { [0.0; M] } else { std::array::from_fn(|k| if k < N { gaps[k] } else { square }) }
    }

    /// What the two passes found; the distances' own sum, which is nearly 0, corrects the rounding of the mean.
    #[inline(always)]
    fn moments(mean: [f64; N], count: f64, distances: [f64; M]) -> Moments {
        let mut found = Moments { count, mean: [0.0; 2], squares: distances[M - 1] };
        if count == 0.0 {
            return found;
        }
        for k in 0..N {
            let shift = distances[k] / count;
            found.mean[k] = mean[k] + shift;
            found.squares -= distances[k] * shift;
        }
        found
    }
}

impl<T: Terms<N>, const N: usize, const M: usize, const SKIP: bool> Fold for Variance<T, N, M, SKIP> {
    type In = T;
    type State = Moments;
    const VECTORS: bool = T::FLOAT && N == 1;

    fn new() -> Moments {
        Moments { count: 0.0, mean: [0.0; 2], squares: 0.0 }
    }

    #[inline(always)]
    fn leaf(values: &[T], _: At) -> Moments {
        let sums = lanes(values, [0.0; M], |lane, x| plus(lane, Self::terms(x)), plus);
        let (mean, count) = Self::mean(sums);
        let distances = lanes(values, [0.0; M], |lane, x| plus(lane, Self::distance(x, mean)), plus);
        Self::moments(mean, count, distances)
    }

    #[inline(always)]
    fn columns(states: &mut [Moments], block: &[T], rows: usize, stride: usize, _: At) {
        let add = |lane, x| plus(lane, Self::terms(x));
        columns(block, [rows, states.len()], stride, [0.0; M], add, |first, sums| {
            for (c, (state, &sums)) in states[first..].iter_mut().zip(sums).enumerate() {
                let (mean, count) = Self::mean(sums);
                let mut distances = [0.0; M];
                for r in 0..rows {
                    distances = plus(distances, Self::distance(block[r * stride + first + c], mean));
                }
                state.add(&Self::moments(mean, count, distances));
            }
        });
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
    fn float<T: Terms<N>, const N: usize, const M: usize>(skip: bool) -> Option<&'static dyn Bytes> {
        match skip {
            true => of(Variance::<T, N, M, true>(PhantomData)),
            false => of(Variance::<T, N, M, false>(PhantomData)),
        }
    }
    match input {
        DType::Bool => float::<Truth, 1, 2>(false),
        DType::I8 => float::<i8, 1, 2>(false),
        DType::I16 => float::<i16, 1, 2>(false),
        DType::I32 => float::<i32, 1, 2>(false),
        DType::I64 => float::<i64, 1, 2>(false),
        DType::U8 => float::<u8, 1, 2>(false),
        DType::U16 => float::<u16, 1, 2>(false),
        DType::U32 => float::<u32, 1, 2>(false),
        DType::U64 => float::<u64, 1, 2>(false),
        DType::F32 => float::<f32, 1, 2>(skip),
        DType::F64 => float::<f64, 1, 2>(skip),
        DType::C64 => float::<Complex32, 2, 3>(skip),
        DType::C128 => float::<Complex64, 2, 3>(skip),
        DType::F16 | DType::BF16 => None,
    }
}

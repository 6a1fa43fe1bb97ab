//! The numbers of the bins that elements lie in.

use bytemuck::Pod;
use half::{bf16, f16};

use super::called::Function;
use super::dispatch::widest;
use crate::DType;
use crate::op::{nearest_bf16, nearest_f16};

/// The number of elements outside of all bins. A sum of some of these numbers is negative, too.
pub(crate) const OUTSIDE: i64 = i64::MIN >> 8;

/// Elements whose bins are computed together.
const GROUP: usize = 16;

/// Bins of equal width, numbered with NumPy's arithmetic: a quotient, corrected where it disagrees with the edges.
#[derive(Clone, Debug)]
pub(crate) struct EqualBins {
    pub(crate) first: f64,
    pub(crate) last: f64,
    /// The distance from the first edge to the last as NumPy has it.
    pub(crate) range: f64,
    /// All edges, one more than there are bins.
    pub(crate) edges: Vec<f64>,
    /// The type of elements and edges, a float.
    pub(crate) dtype: DType,
    /// The type of quotients, a float.
    pub(crate) quotient: DType,
}

impl EqualBins {
    /// The function from elements to the numbers of their bins, as `int64`.
    pub(crate) fn function(self) -> Function {
        match (self.dtype, self.quotient) {
            (DType::F64, _) => self.with::<f64>(|x| x, |x| x),
            (DType::F32, DType::F32) => self.with::<f32>(single, single),
            (DType::F32, _) => self.with::<f32>(single, |x| x),
            (DType::F16, DType::F16) => self.with::<f16>(half, half),
            (DType::F16, DType::F32) => self.with::<f16>(half, single),
            (DType::F16, _) => self.with::<f16>(half, |x| x),
            (_, DType::BF16) => self.with::<bf16>(brain, brain),
            (_, DType::F32) => self.with::<bf16>(brain, single),
            _ => self.with::<bf16>(brain, |x| x),
        }
    }

    /// The function for elements `T`. `rounds` rounds a difference of elements, and `divides` a quotient.
    fn with<T: Pod + Into<f64>>(
        self,
        rounds: impl Fn(f64) -> f64 + Send + Sync + 'static,
        divides: impl Fn(f64) -> f64 + Send + Sync + 'static,
    ) -> Function {
        let count = (self.edges.len() - 1) as f64;
        let scale = divides(count);
        let clear = self.clear();
        Function::over_blocks(move |elements: &[T], numbers: &mut [i64]| {
            let place = |x: f64| divides(divides(rounds(x - self.first) / self.range) * scale);
            widest(
                #[inline(always)]
                || {
                    for (elements, numbers) in elements.chunks(GROUP).zip(numbers.chunks_mut(GROUP)) {
                        let mut all_clear = true;
                        for (x, number) in elements.iter().zip(&mut *numbers) {
                            let x: f64 = (*x).into();
                            let inside = (self.first <= x) & (x <= self.last);
                            let place = place(x);
                            let bin = place as i32;
                            let part = place - f64::from(bin);
                            all_clear &= !inside | ((clear < part) & (part < 1.0 - clear));
                            *number = if inside { i64::from(bin) } else { OUTSIDE };
                        }
                        if !all_clear {
                            for (x, number) in elements.iter().zip(numbers) {
                                let x: f64 = (*x).into();
                                if self.first <= x && x <= self.last {
                                    *number = self.corrected(place(x), x);
                                }
                            }
                        }
                    }
                },
            );
        })
    }

    /// A place is exact enough if it is at least so far from the borders of bins: neither the error of the place nor
    /// that of an edge reaches as far. At 1, no place is exact enough.
    fn clear(&self) -> f64 {
        let epsilon = |dtype| match dtype {
            DType::F64 => f64::EPSILON,
            DType::F32 => f32::EPSILON.into(),
            DType::F16 => f16::EPSILON.into(),
            _ => bf16::EPSILON.into(),
        };
        let count = (self.edges.len() - 1) as f64;
        let width = (self.last - self.first) / count;
        let error = epsilon(self.dtype).max(epsilon(self.quotient));
        let clear = 8.0 * (count + self.first.abs().max(self.last.abs()) / width) * error;
        // places have to fit in an i32, too
        if clear < 0.25 && count < f64::from(1 << 30) { clear } else { 1.0 }
    }

    fn corrected(&self, place: f64, x: f64) -> i64 {
        let last = self.edges.len() as i64 - 2;
        let bin = (place as i64).clamp(0, last);
        let edge = |k: i64| self.edges[k as usize];
        if x < edge(bin) {
            (bin - 1).max(0)
        } else if bin < last && x >= edge(bin + 1) {
            bin + 1
        } else {
            bin
        }
    }
}

fn single(x: f64) -> f64 {
    (x as f32).into()
}

fn half(x: f64) -> f64 {
    nearest_f16(x).into()
}

fn brain(x: f64) -> f64 {
    nearest_bf16(x).into()
}

/// The function from elements to the numbers of the bins between `edges`, which ascend, each number times `stride`. A
/// bin begins with its lower edge; the last one ends with its upper edge.
pub(crate) fn between<T: Pod + PartialOrd + Send + Sync>(edges: Vec<T>, stride: i64) -> Function {
    Function::over_blocks(move |elements: &[T], numbers: &mut [i64]| {
        let (Some((last, inner)), Some(first)) = (edges.split_last(), edges.first()) else {
            numbers.fill(OUTSIDE);
            return;
        };
        for (x, number) in elements.iter().zip(numbers) {
            let inside = first <= x && x <= last && !inner.is_empty();
            let bin = inner.partition_point(|edge| edge <= x) as i64 - 1;
            *number = if inside { bin * stride } else { OUTSIDE };
        }
    })
}

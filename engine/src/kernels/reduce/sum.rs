//! Sums and means.

use std::marker::PhantomData;
use std::sync::Arc;

use bytemuck::Pod;
use half::f16;
use num_complex::{Complex, Complex32, Complex64};

use super::lanes::{Monoid, Total, put_floats, put_integer};
use super::{Bytes, of};
use crate::kernels::block::Truth;
use crate::kernels::math::real::Real;
use crate::kernels::physical::{Physical, by_class};
use crate::kernels::time::Time;
use crate::kernels::widen::widened_f16;

/// Integers. A lane adds its integers in a type large enough for 128 of them, and a leaf joins its lanes in a wider
/// type. Leaves are added in 64 bits, where overflow wraps.
pub(super) trait Whole: Pod + Send + Sync {
    type Lane: Pod + Send + Sync;
    type Wide: Copy + Send + Sync;
    const ZERO: Self::Lane;
    fn add(lane: Self::Lane, x: Self) -> Self::Lane;
    fn widen(lane: Self::Lane) -> Self::Wide;
    fn join(a: Self::Wide, b: Self::Wide) -> Self::Wide;
    fn bits(sum: Self::Wide) -> u64;
    fn float(sum: Self::Wide) -> f64;
}

macro_rules! whole {
    ($($t:ty: $x:ident $value:expr, $lane:ident $wide:ident;)+) => { $(
        impl Whole for $t {
            type Lane = $lane;
            type Wide = $wide;
            const ZERO: $lane = 0;
            #[inline(always)]
            fn add(lane: $lane, $x: Self) -> $lane { lane.wrapping_add($value as $lane) }
            #[inline(always)]
            fn widen(lane: $lane) -> $wide { lane.into() }
            #[inline(always)]
            fn join(a: $wide, b: $wide) -> $wide { a.wrapping_add(b) }
            #[inline(always)]
            fn bits(sum: $wide) -> u64 { sum as u64 }
            #[inline(always)]
            fn float(sum: $wide) -> f64 { sum as f64 }
        }
    )+ };
}
whole! {
    Truth: x x.get(), u8 u32;
    i8: x x, i16 i32;
    i16: x x, i32 i32;
    i32: x x, i64 i64;
    u8: x x, u16 u32;
    u16: x x, u32 u32;
    u32: x x, u64 u64;
    u64: x x, u64 u64;
    i64: x x, i64 i64;
}

struct WholeSum<T>(PhantomData<T>);

impl<T: Whole> Monoid for WholeSum<T> {
    type In = T;
    type Lane = T::Lane;
    type Wide = T::Wide;
    type State = u64;
    const START: T::Lane = T::ZERO;
    #[inline(always)]
    fn step(lane: T::Lane, x: T) -> T::Lane {
        T::add(lane, x)
    }
    #[inline(always)]
    fn widen(lane: T::Lane) -> T::Wide {
        T::widen(lane)
    }
    #[inline(always)]
    fn join(a: T::Wide, b: T::Wide) -> T::Wide {
        T::join(a, b)
    }
    #[inline(always)]
    fn state(lane: T::Wide, _: usize) -> u64 {
        T::bits(lane)
    }
    fn new() -> u64 {
        0
    }
    #[inline(always)]
    fn merge(into: &mut u64, from: &u64) {
        *into = into.wrapping_add(*from);
    }
    fn finish(state: &u64, out: &mut [u8]) {
        put_integer(*state, out);
    }
}

/// A sum of spans of time: "not a time" if there is one.
#[derive(Clone, Copy, Pod, bytemuck::Zeroable)]
#[repr(C)]
struct Spans {
    sum: i64,
    /// Not zero if there is one.
    nat: i64,
}

struct TimeSum<T>(PhantomData<T>);

impl Monoid for TimeSum<Time> {
    type In = Time;
    type Lane = Spans;
    type Wide = Spans;
    type State = Spans;
    const START: Spans = Spans { sum: 0, nat: 0 };
    #[inline(always)]
    fn step(lane: Spans, x: Time) -> Spans {
        Spans { sum: lane.sum.wrapping_add(x.0), nat: lane.nat | i64::from(x.is_nat()) }
    }
    #[inline(always)]
    fn widen(lane: Spans) -> Spans {
        lane
    }
    #[inline(always)]
    fn join(a: Spans, b: Spans) -> Spans {
        Spans { sum: a.sum.wrapping_add(b.sum), nat: a.nat | b.nat }
    }
    #[inline(always)]
    fn state(lane: Spans, _: usize) -> Spans {
        lane
    }
    fn new() -> Spans {
        Self::START
    }
    #[inline(always)]
    fn merge(into: &mut Spans, from: &Spans) {
        *into = Self::join(*into, *from);
    }
    fn finish(state: &Spans, out: &mut [u8]) {
        let sum = if state.nat == 0 { Time(state.sum) } else { Time::NAT };
        out.copy_from_slice(bytemuck::bytes_of(&sum));
    }
}

/// Means of integers whose leaves are summed exactly.
struct WholeMean<T>(PhantomData<T>);

impl<T: Whole> Monoid for WholeMean<T> {
    type In = T;
    type Lane = T::Lane;
    type Wide = T::Wide;
    type State = [Total; 2];
    const START: T::Lane = T::ZERO;
    #[inline(always)]
    fn step(lane: T::Lane, x: T) -> T::Lane {
        T::add(lane, x)
    }
    #[inline(always)]
    fn widen(lane: T::Lane) -> T::Wide {
        T::widen(lane)
    }
    #[inline(always)]
    fn join(a: T::Wide, b: T::Wide) -> T::Wide {
        T::join(a, b)
    }
    #[inline(always)]
    fn state(lane: T::Wide, count: usize) -> [Total; 2] {
        [Total::of(T::float(lane)), Total::of(count as f64)]
    }
    fn new() -> [Total; 2] {
        [Total::NEW; 2]
    }
    #[inline(always)]
    fn merge(into: &mut [Total; 2], from: &[Total; 2]) {
        merge(into, from);
    }
    fn finish(state: &[Total; 2], out: &mut [u8]) {
        put_floats(mean::<1, 2>(state), out);
    }
}

/// A number as one or two floats.
pub(super) trait Terms<const N: usize>: Pod + Send + Sync {
    /// Whether the number is a float; an integer has to be converted.
    const FLOAT: bool;

    fn parts(self) -> [f64; N];
}

macro_rules! real_terms {
    ($($t:ident)+: $float:literal) => { $(
        impl Terms<1> for $t {
            const FLOAT: bool = $float;
            #[inline(always)]
            fn parts(self) -> [f64; 1] { [self as f64] }
        }
    )+ };
}
real_terms!(f32 f64: true);
real_terms!(i8 i16 i32 i64 u8 u16 u32 u64: false);

impl Terms<1> for Truth {
    const FLOAT: bool = false;
    #[inline(always)]
    fn parts(self) -> [f64; 1] {
        [self.get().into()]
    }
}

impl<T: Real> Terms<2> for Complex<T>
where
    Complex<T>: Pod,
{
    const FLOAT: bool = true;
    #[inline(always)]
    fn parts(self) -> [f64; 2] {
        [self.re.to_f64(), self.im.to_f64()]
    }
}

#[inline(always)]
fn plus<const N: usize>(mut a: [f64; N], b: [f64; N]) -> [f64; N] {
    for (a, b) in a.iter_mut().zip(b) {
        *a += b;
    }
    a
}

#[inline(always)]
fn merge<const N: usize>(into: &mut [Total; N], from: &[Total; N]) {
    for (into, from) in into.iter_mut().zip(from) {
        into.add(from);
    }
}

/// The mean from N totals and a last total, the count. NumPy divides complex numbers by a complex count. If a part is
/// infinite or NaN, 0 times this part makes the other part NaN.
fn mean<const N: usize, const M: usize>(state: &[Total; M]) -> [f64; N] {
    let count = state[M - 1].value();
    let finite = |(_, part): (usize, &Total)| part.value().is_finite();
    let alone = |k: usize| state[..N].iter().enumerate().filter(|(j, _)| *j != k).all(finite);
    std::array::from_fn(|k| if alone(k) { state[k].value() / count } else { f64::NAN })
}

/// Sums of floats; with `SKIP`, of the floats that are not NaN.
struct Sum<T, const N: usize, const SKIP: bool>(PhantomData<T>);

impl<T: Terms<N>, const N: usize, const SKIP: bool> Monoid for Sum<T, N, SKIP> {
    type In = T;
    type Lane = [f64; N];
    type Wide = [f64; N];
    type State = [Total; N];
    const START: [f64; N] = [0.0; N];
    #[inline(always)]
    fn step(lane: [f64; N], x: T) -> [f64; N] {
        let parts = x.parts();
        let nan = SKIP && parts.iter().any(|p| p.is_nan());
        plus(lane, if nan { [0.0; N] } else { parts })
    }
    #[inline(always)]
    fn widen(lane: [f64; N]) -> [f64; N] {
        lane
    }
    #[inline(always)]
    fn join(a: [f64; N], b: [f64; N]) -> [f64; N] {
        plus(a, b)
    }
    #[inline(always)]
    fn state(lane: [f64; N], _: usize) -> [Total; N] {
        lane.map(Total::of)
    }
    fn new() -> [Total; N] {
        [Total::NEW; N]
    }
    #[inline(always)]
    fn merge(into: &mut [Total; N], from: &[Total; N]) {
        merge(into, from);
    }
    fn finish(state: &[Total; N], out: &mut [u8]) {
        put_floats(std::array::from_fn::<f64, N, _>(|k| state[k].value()), out);
    }
}

/// Sums of `float16`; with `SKIP`, of the numbers that are not NaN. A lane adds its numbers as singles. Their rounding
/// error is far below the precision of a `float16`, and no such sum overflows.
struct HalfSum<const SKIP: bool>;

impl<const SKIP: bool> Monoid for HalfSum<SKIP> {
    type In = f16;
    type Lane = f32;
    type Wide = f64;
    type State = Total;
    const START: f32 = 0.0;
    #[inline(always)]
    fn step(lane: f32, x: f16) -> f32 {
        let x = widened_f16(x);
        lane + if SKIP && x.is_nan() { 0.0 } else { x }
    }
    #[inline(always)]
    fn widen(lane: f32) -> f64 {
        f64::from(lane)
    }
    #[inline(always)]
    fn join(a: f64, b: f64) -> f64 {
        a + b
    }
    #[inline(always)]
    fn state(lane: f64, _: usize) -> Total {
        Total::of(lane)
    }
    fn new() -> Total {
        Total::NEW
    }
    #[inline(always)]
    fn merge(into: &mut Total, from: &Total) {
        into.add(from);
    }
    fn finish(state: &Total, out: &mut [u8]) {
        out.copy_from_slice(&f16::from_f32(state.value() as f32).to_le_bytes());
    }
}

/// Means of floats. `M` is `N + 1`: the last total is the count.
struct Mean<T, const N: usize, const M: usize>(PhantomData<T>);

impl<T: Terms<N>, const N: usize, const M: usize> Monoid for Mean<T, N, M> {
    type In = T;
    type Lane = [f64; N];
    type Wide = [f64; N];
    type State = [Total; M];
    const VECTORS: bool = N == 1;
    const START: [f64; N] = [0.0; N];
    #[inline(always)]
    fn step(lane: [f64; N], x: T) -> [f64; N] {
        plus(lane, x.parts())
    }
    #[inline(always)]
    fn widen(lane: [f64; N]) -> [f64; N] {
        lane
    }
    #[inline(always)]
    fn join(a: [f64; N], b: [f64; N]) -> [f64; N] {
        plus(a, b)
    }
    #[inline(always)]
    fn state(lane: [f64; N], count: usize) -> [Total; M] {
        std::array::from_fn(|k| Total::of(lane.get(k).copied().unwrap_or(count as f64)))
    }
    fn new() -> [Total; M] {
        [Total::NEW; M]
    }
    #[inline(always)]
    fn merge(into: &mut [Total; M], from: &[Total; M]) {
        merge(into, from);
    }
    fn finish(state: &[Total; M], out: &mut [u8]) {
        put_floats(mean::<N, M>(state), out);
    }
}

/// Means of the floats that are not NaN. Each of them is counted.
struct NanMean<T, const N: usize, const M: usize>(PhantomData<T>);

impl<T: Terms<N>, const N: usize, const M: usize> Monoid for NanMean<T, N, M> {
    type In = T;
    type Lane = [f64; M];
    type Wide = [f64; M];
    type State = [Total; M];
    const VECTORS: bool = N == 1;
    const START: [f64; M] = [0.0; M];
    #[inline(always)]
    fn step(lane: [f64; M], x: T) -> [f64; M] {
        let parts = x.parts();
        let terms = std::array::from_fn(|k| parts.get(k).copied().unwrap_or(1.0));
        plus(lane, if parts.iter().any(|p| p.is_nan()) { [0.0; M] } else { terms })
    }
    #[inline(always)]
    fn widen(lane: [f64; M]) -> [f64; M] {
        lane
    }
    #[inline(always)]
    fn join(a: [f64; M], b: [f64; M]) -> [f64; M] {
        plus(a, b)
    }
    #[inline(always)]
    fn state(lane: [f64; M], _: usize) -> [Total; M] {
        lane.map(Total::of)
    }
    fn new() -> [Total; M] {
        [Total::NEW; M]
    }
    #[inline(always)]
    fn merge(into: &mut [Total; M], from: &[Total; M]) {
        merge(into, from);
    }
    fn finish(state: &[Total; M], out: &mut [u8]) {
        put_floats(mean::<N, M>(state), out);
    }
}

/// The fold of `sum` or `nansum`.
pub(super) fn sum(skip: bool, input: Physical) -> Option<Arc<dyn Bytes>> {
    fn float<T: Terms<N>, const N: usize>(skip: bool) -> Option<Arc<dyn Bytes>> {
        if skip { of(Sum::<T, N, true>(PhantomData)) } else { of(Sum::<T, N, false>(PhantomData)) }
    }
    by_class!(input, T {
        truth => of(WholeSum::<T>(PhantomData)),
        whole => of(WholeSum::<T>(PhantomData)),
        float => float::<T, 1>(skip),
        complex => float::<T, 2>(skip),
        time => of(TimeSum::<T>(PhantomData)),
        half => match (input, skip) {
            (Physical::F16, true) => of(HalfSum::<true>),
            (Physical::F16, false) => of(HalfSum::<false>),
            _ => None,
        },
    })
}

/// The fold of `mean` or `nanmean`.
pub(super) fn mean_of(skip: bool, input: Physical) -> Option<Arc<dyn Bytes>> {
    match input {
        Physical::Bool => of(WholeMean::<Truth>(PhantomData)),
        Physical::I8 => of(WholeMean::<i8>(PhantomData)),
        Physical::I16 => of(WholeMean::<i16>(PhantomData)),
        Physical::I32 => of(WholeMean::<i32>(PhantomData)),
        Physical::I64 => of(Mean::<i64, 1, 2>(PhantomData)),
        Physical::U8 => of(WholeMean::<u8>(PhantomData)),
        Physical::U16 => of(WholeMean::<u16>(PhantomData)),
        Physical::U32 => of(WholeMean::<u32>(PhantomData)),
        Physical::U64 => of(Mean::<u64, 1, 2>(PhantomData)),
        Physical::F32 if skip => of(NanMean::<f32, 1, 2>(PhantomData)),
        Physical::F32 => of(Mean::<f32, 1, 2>(PhantomData)),
        Physical::F64 if skip => of(NanMean::<f64, 1, 2>(PhantomData)),
        Physical::F64 => of(Mean::<f64, 1, 2>(PhantomData)),
        Physical::C64 if skip => of(NanMean::<Complex32, 2, 3>(PhantomData)),
        Physical::C64 => of(Mean::<Complex32, 2, 3>(PhantomData)),
        Physical::C128 if skip => of(NanMean::<Complex64, 2, 3>(PhantomData)),
        Physical::C128 => of(Mean::<Complex64, 2, 3>(PhantomData)),
        _ => None,
    }
}

#[cfg(test)]
pub(super) fn float_sum() -> impl super::Fold<In = f64> {
    Sum::<f64, 1, false>(PhantomData)
}

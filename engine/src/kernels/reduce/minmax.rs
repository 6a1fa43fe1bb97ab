//! Least and greatest elements.

use std::marker::PhantomData;

use arrstore_format::DType;
use bytemuck::Pod;
use num_complex::{Complex, Complex32, Complex64};

use super::lanes::Monoid;
use super::{Bytes, of};
use crate::kernels::block::Truth;
use crate::kernels::math::complex;
use crate::kernels::math::real::{self, Real};

/// An element with an order, in which NaN is before or behind all.
trait Ordered: Pod + Send + Sync {
    const VECTORS: bool = true;
    /// What no element is below or, of floats without NaN, what gives way to any.
    const LEAST: Self;
    const GREATEST: Self;
    const NAN: Self;
    fn greater(a: Self, b: Self) -> Self;
    fn smaller(a: Self, b: Self) -> Self;
    /// Those that pass over NaN.
    fn greater_number(a: Self, b: Self) -> Self;
    fn smaller_number(a: Self, b: Self) -> Self;
}

macro_rules! whole {
    ($($t:ident)+) => { $(
        impl Ordered for $t {
            const LEAST: Self = $t::MIN;
            const GREATEST: Self = $t::MAX;
            const NAN: Self = 0;
            #[inline(always)]
            fn greater(a: Self, b: Self) -> Self { a.max(b) }
            #[inline(always)]
            fn smaller(a: Self, b: Self) -> Self { a.min(b) }
            #[inline(always)]
            fn greater_number(a: Self, b: Self) -> Self { a.max(b) }
            #[inline(always)]
            fn smaller_number(a: Self, b: Self) -> Self { a.min(b) }
        }
    )+ };
}
whole!(i8 i16 i32 i64 u8 u16 u32 u64);

macro_rules! floats {
    ($($t:ident)+) => { $(
        impl Ordered for $t {
            const LEAST: Self = $t::NEG_INFINITY;
            const GREATEST: Self = $t::INFINITY;
            const NAN: Self = $t::NAN;
            #[inline(always)]
            fn greater(a: Self, b: Self) -> Self { real::maximum(a, b) }
            #[inline(always)]
            fn smaller(a: Self, b: Self) -> Self { real::minimum(a, b) }
            #[inline(always)]
            fn greater_number(a: Self, b: Self) -> Self { real::fmax(a, b) }
            #[inline(always)]
            fn smaller_number(a: Self, b: Self) -> Self { real::fmin(a, b) }
        }
    )+ };
}
floats!(f32 f64);

impl<T: Real> Ordered for Complex<T>
where
    Complex<T>: Pod,
{
    const VECTORS: bool = false;
    const LEAST: Self = Complex { re: T::NEG_INFINITY, im: T::NEG_INFINITY };
    const GREATEST: Self = Complex { re: T::INFINITY, im: T::INFINITY };
    const NAN: Self = Complex { re: T::NAN, im: T::ZERO };
    #[inline(always)]
    fn greater(a: Self, b: Self) -> Self {
        complex::maximum(a, b)
    }
    #[inline(always)]
    fn smaller(a: Self, b: Self) -> Self {
        complex::minimum(a, b)
    }
    #[inline(always)]
    fn greater_number(a: Self, b: Self) -> Self {
        complex::fmax(a, b)
    }
    #[inline(always)]
    fn smaller_number(a: Self, b: Self) -> Self {
        complex::fmin(a, b)
    }
}

impl Ordered for Truth {
    const LEAST: Self = Truth::FALSE;
    const GREATEST: Self = Truth::TRUE;
    const NAN: Self = Truth::FALSE;
    #[inline(always)]
    fn greater(a: Self, b: Self) -> Self {
        Truth::from(a.get() | b.get())
    }
    #[inline(always)]
    fn smaller(a: Self, b: Self) -> Self {
        Truth::from(a.get() & b.get())
    }
    #[inline(always)]
    fn greater_number(a: Self, b: Self) -> Self {
        Self::greater(a, b)
    }
    #[inline(always)]
    fn smaller_number(a: Self, b: Self) -> Self {
        Self::smaller(a, b)
    }
}

struct Extreme<T, const MAX: bool, const SKIP: bool>(PhantomData<T>);

impl<T: Ordered, const MAX: bool, const SKIP: bool> Monoid for Extreme<T, MAX, SKIP> {
    type In = T;
    type Lane = T;
    type State = T;
    const VECTORS: bool = T::VECTORS;
    const START: T = match (SKIP, MAX) {
        (true, _) => T::NAN,
        (false, true) => T::LEAST,
        (false, false) => T::GREATEST,
    };
    #[inline(always)]
    fn step(lane: T, x: T) -> T {
        match (SKIP, MAX) {
            (false, true) => T::greater(lane, x),
            (false, false) => T::smaller(lane, x),
            (true, true) => T::greater_number(lane, x),
            (true, false) => T::smaller_number(lane, x),
        }
    }
    #[inline(always)]
    fn join(a: T, b: T) -> T {
        Self::step(a, b)
    }
    #[inline(always)]
    fn state(lane: T, _: usize) -> T {
        lane
    }
    fn new() -> T {
        Self::START
    }
    #[inline(always)]
    fn merge(into: &mut T, from: &T) {
        *into = Self::step(*into, *from);
    }
    fn finish(state: &T, out: &mut [u8]) {
        out.copy_from_slice(bytemuck::bytes_of(state));
    }
}

/// The fold of `max` or `min`, and of their forms that pass over NaN.
pub(super) fn bind<const MAX: bool>(skip: bool, input: DType) -> Option<&'static dyn Bytes> {
    fn float<T: Ordered, const MAX: bool>(skip: bool) -> Option<&'static dyn Bytes> {
        if skip {
            of(Extreme::<T, MAX, true>(PhantomData))
        } else {
            of(Extreme::<T, MAX, false>(PhantomData))
        }
    }
    match input {
        DType::Bool => of(Extreme::<Truth, MAX, false>(PhantomData)),
        DType::I8 => of(Extreme::<i8, MAX, false>(PhantomData)),
        DType::I16 => of(Extreme::<i16, MAX, false>(PhantomData)),
        DType::I32 => of(Extreme::<i32, MAX, false>(PhantomData)),
        DType::I64 => of(Extreme::<i64, MAX, false>(PhantomData)),
        DType::U8 => of(Extreme::<u8, MAX, false>(PhantomData)),
        DType::U16 => of(Extreme::<u16, MAX, false>(PhantomData)),
        DType::U32 => of(Extreme::<u32, MAX, false>(PhantomData)),
        DType::U64 => of(Extreme::<u64, MAX, false>(PhantomData)),
        DType::F32 => float::<f32, MAX>(skip),
        DType::F64 => float::<f64, MAX>(skip),
        DType::C64 => float::<Complex32, MAX>(skip),
        DType::C128 => float::<Complex64, MAX>(skip),
        DType::F16 | DType::BF16 => None,
    }
}

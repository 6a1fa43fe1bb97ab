//! Least and greatest elements.

use std::marker::PhantomData;

use arrstore_format::DType;
use half::f16;
use num_complex::{Complex32, Complex64};

use super::lanes::Monoid;
use super::order::Ordered;
use super::{Bytes, of};
use crate::kernels::block::Truth;

struct Extreme<T, const MAX: bool, const SKIP: bool>(PhantomData<T>);

impl<T: Ordered, const MAX: bool, const SKIP: bool> Monoid for Extreme<T, MAX, SKIP> {
    type In = T;
    type Lane = T;
    type Wide = T;
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
    fn widen(lane: T) -> T {
        lane
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
        DType::F16 => float::<f16, MAX>(skip),
        DType::BF16 => None,
    }
}

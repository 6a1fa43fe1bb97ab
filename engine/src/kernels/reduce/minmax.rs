//! Least and greatest elements.

use std::marker::PhantomData;
use std::sync::Arc;

use half::f16;

use super::lanes::Monoid;
use super::order::Ordered;
use super::{Bytes, of};
use crate::kernels::physical::{Physical, by_class};

struct Extreme<T, const MAX: bool, const SKIP: bool>(PhantomData<T>);

impl<T: Ordered, const MAX: bool, const SKIP: bool> Monoid for Extreme<T, MAX, SKIP> {
    type In = T;
    type Lane = T;
    type Wide = T;
    type State = T;
    const VECTORS: bool = T::VECTORS;
    const IN_ORDER: bool = T::NAN_DIFFER;
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

/// The fold of `max` or `min`, or of their forms that skip NaN.
pub(super) fn bind<const MAX: bool>(skip: bool, input: Physical) -> Option<Arc<dyn Bytes>> {
    fn float<T: Ordered, const MAX: bool>(skip: bool) -> Option<Arc<dyn Bytes>> {
        if skip {
            of(Extreme::<T, MAX, true>(PhantomData))
        } else {
            of(Extreme::<T, MAX, false>(PhantomData))
        }
    }
    by_class!(input, T {
        truth => of(Extreme::<T, MAX, false>(PhantomData)),
        whole => of(Extreme::<T, MAX, false>(PhantomData)),
        float => float::<T, MAX>(skip),
        complex => float::<T, MAX>(skip),
        time => float::<T, MAX>(skip),
        half => if input == Physical::F16 { float::<f16, MAX>(skip) } else { None },
    })
}

//! `any`, `all` and `count_nonzero`.

use std::marker::PhantomData;
use std::sync::Arc;

use bytemuck::Pod;
use num_complex::Complex;

use super::lanes::{Monoid, put_integer};
use super::{Bytes, of};
use crate::kernels::block::Truth;
use crate::kernels::math::complex;
use crate::kernels::math::real::Real;
use crate::kernels::physical::{Physical, by_class};
use crate::kernels::time::Time;
use crate::op::Reduction;

/// An element with a truth value.
trait Boolean: Pod + Send + Sync {
    const VECTORS: bool = true;
    fn truth(self) -> bool;
}

macro_rules! number {
    ($($t:ident)+) => { $(
        impl Boolean for $t {
            #[inline(always)]
            fn truth(self) -> bool { self != 0 as $t }
        }
    )+ };
}
number!(i8 i16 i32 i64 u8 u16 u32 u64 f32 f64);

impl Boolean for Truth {
    #[inline(always)]
    fn truth(self) -> bool {
        self.get()
    }
}

/// "Not a time" is true: it is not zero.
impl Boolean for Time {
    #[inline(always)]
    fn truth(self) -> bool {
        self != Time(0)
    }
}

impl<T: Real> Boolean for Complex<T>
where
    Complex<T>: Pod,
{
    const VECTORS: bool = false;
    #[inline(always)]
    fn truth(self) -> bool {
        complex::truth(self)
    }
}

struct Count<T>(PhantomData<T>);

impl<T: Boolean> Monoid for Count<T> {
    type In = T;
    type Lane = u8;
    type Wide = u32;
    type State = u64;
    const VECTORS: bool = T::VECTORS;
    const START: u8 = 0;
    #[inline(always)]
    fn step(lane: u8, x: T) -> u8 {
        lane + u8::from(x.truth())
    }
    #[inline(always)]
    fn widen(lane: u8) -> u32 {
        lane.into()
    }
    #[inline(always)]
    fn join(a: u32, b: u32) -> u32 {
        a + b
    }
    #[inline(always)]
    fn state(lane: u32, _: usize) -> u64 {
        lane.into()
    }
    fn new() -> u64 {
        0
    }
    #[inline(always)]
    fn merge(into: &mut u64, from: &u64) {
        *into += *from;
    }
    fn finish(state: &u64, out: &mut [u8]) {
        put_integer(*state, out);
    }
}

/// Whether all elements are true, or, without `ALL`, any element is.
struct Joined<T, const ALL: bool>(PhantomData<T>);

impl<T: Boolean, const ALL: bool> Monoid for Joined<T, ALL> {
    type In = T;
    type Lane = u8;
    type Wide = u8;
    type State = u8;
    const VECTORS: bool = T::VECTORS;
    const START: u8 = ALL as u8;
    #[inline(always)]
    fn step(lane: u8, x: T) -> u8 {
        Self::join(lane, x.truth().into())
    }
    #[inline(always)]
    fn widen(lane: u8) -> u8 {
        lane
    }
    #[inline(always)]
    fn join(a: u8, b: u8) -> u8 {
        if ALL { a & b } else { a | b }
    }
    #[inline(always)]
    fn state(lane: u8, _: usize) -> u8 {
        lane
    }
    fn new() -> u8 {
        Self::START
    }
    #[inline(always)]
    fn merge(into: &mut u8, from: &u8) {
        *into = Self::join(*into, *from);
    }
    fn finish(state: &u8, out: &mut [u8]) {
        put_integer((*state).into(), out);
    }
}

/// The fold of `any`, `all` or `count_nonzero`.
pub(super) fn bind(reduction: Reduction, input: Physical) -> Option<Arc<dyn Bytes>> {
    fn one<T: Boolean>(reduction: Reduction) -> Option<Arc<dyn Bytes>> {
        match reduction {
            Reduction::Any => of(Joined::<T, false>(PhantomData)),
            Reduction::All => of(Joined::<T, true>(PhantomData)),
            _ => of(Count::<T>(PhantomData)),
        }
    }
    // for integers of either sign, zero has all bits zero
    by_class!(input, T {
        truth => one::<T>(reduction),
        bits => one::<T>(reduction),
        float => one::<T>(reduction),
        complex => one::<T>(reduction),
        time => one::<T>(reduction),
        half => None,
    })
}

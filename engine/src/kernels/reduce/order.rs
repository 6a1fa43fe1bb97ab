//! The order of elements.

use bytemuck::Pod;
use half::f16;
use num_complex::Complex;

use crate::kernels::block::Truth;
use crate::kernels::math::complex;
use crate::kernels::math::real::{self, Real};
use crate::kernels::time::Time;

/// An element with an order. `greater` and `smaller` prefer a NaN to every number.
pub(in crate::kernels) trait Ordered: Pod + Send + Sync {
    const VECTORS: bool = true;
    /// Whether NaN differ, so that the first of them counts.
    const NAN_DIFFER: bool = false;
    /// A value that no element is below: the start of a maximum that does not skip NaN.
    const LEAST: Self;
    const GREATEST: Self;
    /// The start of an extreme that skips NaN. Every element takes its place, or no element differs from it.
    const NAN: Self;
    fn less(a: Self, b: Self) -> bool;
    #[inline(always)]
    fn is_nan(self) -> bool {
        false
    }
    fn greater(a: Self, b: Self) -> Self;
    fn smaller(a: Self, b: Self) -> Self;
    /// The greater of two elements; a NaN gives way to a number.
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
            fn less(a: Self, b: Self) -> bool { a < b }
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
            fn less(a: Self, b: Self) -> bool { a < b }
            #[inline(always)]
            fn is_nan(self) -> bool { Real::is_nan(self) }
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

/// The rank of a number among all numbers, the same for both zeros.
#[inline(always)]
fn place(x: f16) -> i16 {
    let bits = x.to_bits() as i16;
    let sign = bits >> 15;
    ((bits & 0x7fff) ^ sign) - sign
}

#[inline(always)]
fn if_else(first: bool, a: f16, b: f16) -> f16 {
    f16::from_bits(if first { a.to_bits() } else { b.to_bits() })
}

impl Ordered for f16 {
    const LEAST: Self = f16::NEG_INFINITY;
    const GREATEST: Self = f16::INFINITY;
    const NAN: Self = f16::NAN;
    #[inline(always)]
    fn less(a: Self, b: Self) -> bool {
        (place(a) < place(b)) & !Ordered::is_nan(a) & !Ordered::is_nan(b)
    }
    #[inline(always)]
    fn is_nan(self) -> bool {
        self.to_bits() & 0x7fff > f16::INFINITY.to_bits()
    }
    #[inline(always)]
    fn greater(a: Self, b: Self) -> Self {
        if_else((place(a) >= place(b)) & !Ordered::is_nan(b) | Ordered::is_nan(a), a, b)
    }
    #[inline(always)]
    fn smaller(a: Self, b: Self) -> Self {
        if_else((place(a) <= place(b)) & !Ordered::is_nan(b) | Ordered::is_nan(a), a, b)
    }
    #[inline(always)]
    fn greater_number(a: Self, b: Self) -> Self {
        if_else((place(a) >= place(b)) & !Ordered::is_nan(a) | Ordered::is_nan(b), a, b)
    }
    #[inline(always)]
    fn smaller_number(a: Self, b: Self) -> Self {
        if_else((place(a) <= place(b)) & !Ordered::is_nan(a) | Ordered::is_nan(b), a, b)
    }
}

impl<T: Real> Ordered for Complex<T>
where
    Complex<T>: Pod,
{
    const VECTORS: bool = false;
    const NAN_DIFFER: bool = true;
    const LEAST: Self = Complex { re: T::NEG_INFINITY, im: T::NEG_INFINITY };
    const GREATEST: Self = Complex { re: T::INFINITY, im: T::INFINITY };
    const NAN: Self = Complex { re: T::NOTHING, im: T::ZERO };
    #[inline(always)]
    fn less(a: Self, b: Self) -> bool {
        complex::less(a, b)
    }
    #[inline(always)]
    fn is_nan(self) -> bool {
        complex::is_nan(self)
    }
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
        if is_nothing(a) { b } else { complex::fmax(a, b) }
    }
    #[inline(always)]
    fn smaller_number(a: Self, b: Self) -> Self {
        if is_nothing(a) { b } else { complex::fmin(a, b) }
    }
}

/// Whether this is [`Ordered::NAN`], which no element is.
#[inline(always)]
fn is_nothing<T: Real>(a: Complex<T>) -> bool {
    a.re.bits() == T::NOTHING.bits()
}

impl Ordered for Truth {
    const LEAST: Self = Truth::FALSE;
    const GREATEST: Self = Truth::TRUE;
    const NAN: Self = Truth::FALSE;
    #[inline(always)]
    fn less(a: Self, b: Self) -> bool {
        !a.get() & b.get()
    }
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

impl Ordered for Time {
    const LEAST: Self = Time(i64::MIN + 1);
    const GREATEST: Self = Time(i64::MAX);
    const NAN: Self = Time::NAT;
    #[inline(always)]
    fn less(a: Self, b: Self) -> bool {
        Time::less(a, b)
    }
    #[inline(always)]
    fn is_nan(self) -> bool {
        self.is_nat()
    }
    #[inline(always)]
    fn greater(a: Self, b: Self) -> Self {
        Time::later(a, b)
    }
    #[inline(always)]
    fn smaller(a: Self, b: Self) -> Self {
        Time::earlier(a, b)
    }
    #[inline(always)]
    fn greater_number(a: Self, b: Self) -> Self {
        Time::later_known(a, b)
    }
    #[inline(always)]
    fn smaller_number(a: Self, b: Self) -> Self {
        Time::earlier_known(a, b)
    }
}

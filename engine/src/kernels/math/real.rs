//! Functions of real numbers, the same for `f32` and `f64`.
//!
//! The transcendental ones come from `pxfm`, which rounds correctly in single precision and errs by little more
//! than half a unit in the last place in double, on every machine alike.

use std::ops::{Add, Div, Mul, Neg, Rem, Sub};

use bytemuck::Pod;

/// A float that has loops of its own.
pub(crate) trait Real:
    Pod
    + PartialOrd
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Div<Output = Self>
    + Rem<Output = Self>
    + Neg<Output = Self>
    + Send
    + Sync
    + std::fmt::Debug
{
    const ZERO: Self;
    const ONE: Self;
    const TWO: Self;
    const HALF: Self;
    const INFINITY: Self;
    const NEG_INFINITY: Self;
    const NAN: Self;
    const LN_2: Self;
    const LOG2_E: Self;
    const LOG10_E: Self;
    const RADIANS: Self;
    const DEGREES: Self;

    fn from_f64(x: f64) -> Self;
    fn to_f64(self) -> f64;
    fn abs(self) -> Self;
    fn sqrt(self) -> Self;
    fn floor(self) -> Self;
    fn ceil(self) -> Self;
    fn trunc(self) -> Self;
    fn rint(self) -> Self;
    fn copysign(self, sign: Self) -> Self;
    fn signbit(self) -> bool;
    fn is_nan(self) -> bool;
    fn is_infinite(self) -> bool;
    fn is_finite(self) -> bool;
    fn nextafter(self, to: Self) -> Self;
    fn sin(self) -> Self;
    fn cos(self) -> Self;
    fn tan(self) -> Self;
    fn asin(self) -> Self;
    fn acos(self) -> Self;
    fn atan(self) -> Self;
    fn atan2(self, x: Self) -> Self;
    fn sinh(self) -> Self;
    fn cosh(self) -> Self;
    fn tanh(self) -> Self;
    fn asinh(self) -> Self;
    fn acosh(self) -> Self;
    fn atanh(self) -> Self;
    fn exp(self) -> Self;
    fn exp2(self) -> Self;
    fn expm1(self) -> Self;
    fn ln(self) -> Self;
    fn ln_1p(self) -> Self;
    fn log2(self) -> Self;
    fn log10(self) -> Self;
    fn cbrt(self) -> Self;
    fn hypot(self, y: Self) -> Self;
    fn pow(self, y: Self) -> Self;
}

macro_rules! real {
    ($t:ident: $sin:ident $cos:ident $tan:ident $asin:ident $acos:ident $atan:ident $atan2:ident
     $sinh:ident $cosh:ident $tanh:ident $asinh:ident $acosh:ident $atanh:ident
     $exp:ident $exp2:ident $expm1:ident $ln:ident $ln_1p:ident $log2:ident $log10:ident
     $cbrt:ident $hypot:ident) => {
        impl Real for $t {
            const ZERO: Self = 0.0;
            const ONE: Self = 1.0;
            const TWO: Self = 2.0;
            const HALF: Self = 0.5;
            const INFINITY: Self = $t::INFINITY;
            const NEG_INFINITY: Self = $t::NEG_INFINITY;
            const NAN: Self = $t::NAN;
            const LN_2: Self = std::$t::consts::LN_2;
            const LOG2_E: Self = std::$t::consts::LOG2_E;
            const LOG10_E: Self = std::$t::consts::LOG10_E;
            const RADIANS: Self = std::$t::consts::PI / 180.0;
            const DEGREES: Self = 180.0 / std::$t::consts::PI;

            #[inline(always)]
            fn from_f64(x: f64) -> Self {
                x as $t
            }
            #[inline(always)]
            fn to_f64(self) -> f64 {
                self.into()
            }
            #[inline(always)]
            fn abs(self) -> Self {
                $t::abs(self)
            }
            #[inline(always)]
            fn sqrt(self) -> Self {
                $t::sqrt(self)
            }
            #[inline(always)]
            fn floor(self) -> Self {
                $t::floor(self)
            }
            #[inline(always)]
            fn ceil(self) -> Self {
                $t::ceil(self)
            }
            #[inline(always)]
            fn trunc(self) -> Self {
                $t::trunc(self)
            }
            #[inline(always)]
            fn rint(self) -> Self {
                $t::round_ties_even(self)
            }
            #[inline(always)]
            fn copysign(self, sign: Self) -> Self {
                $t::copysign(self, sign)
            }
            #[inline(always)]
            fn signbit(self) -> bool {
                $t::is_sign_negative(self)
            }
            #[inline(always)]
            fn is_nan(self) -> bool {
                $t::is_nan(self)
            }
            #[inline(always)]
            fn is_infinite(self) -> bool {
                $t::is_infinite(self)
            }
            #[inline(always)]
            fn is_finite(self) -> bool {
                $t::is_finite(self)
            }
            #[inline(always)]
            fn nextafter(self, to: Self) -> Self {
                if self == to {
                    to
                } else if self.is_nan() || to.is_nan() {
                    self + to
                } else if self < to {
                    self.next_up()
                } else {
                    self.next_down()
                }
            }
            fn sin(self) -> Self {
                pxfm::$sin(self)
            }
            fn cos(self) -> Self {
                pxfm::$cos(self)
            }
            fn tan(self) -> Self {
                pxfm::$tan(self)
            }
            fn asin(self) -> Self {
                pxfm::$asin(self)
            }
            fn acos(self) -> Self {
                pxfm::$acos(self)
            }
            fn atan(self) -> Self {
                pxfm::$atan(self)
            }
            fn atan2(self, x: Self) -> Self {
                pxfm::$atan2(self, x)
            }
            fn sinh(self) -> Self {
                if self == 0.0 { self } else { pxfm::$sinh(self) }
            }
            fn cosh(self) -> Self {
                pxfm::$cosh(self)
            }
            fn tanh(self) -> Self {
                pxfm::$tanh(self)
            }
            fn asinh(self) -> Self {
                pxfm::$asinh(self)
            }
            fn acosh(self) -> Self {
                pxfm::$acosh(self)
            }
            fn atanh(self) -> Self {
                pxfm::$atanh(self)
            }
            fn exp(self) -> Self {
                pxfm::$exp(self)
            }
            fn exp2(self) -> Self {
                pxfm::$exp2(self)
            }
            fn expm1(self) -> Self {
                pxfm::$expm1(self)
            }
            fn ln(self) -> Self {
                pxfm::$ln(self)
            }
            fn ln_1p(self) -> Self {
                pxfm::$ln_1p(self)
            }
            fn log2(self) -> Self {
                pxfm::$log2(self)
            }
            fn log10(self) -> Self {
                pxfm::$log10(self)
            }
            fn cbrt(self) -> Self {
                pxfm::$cbrt(self)
            }
            fn hypot(self, y: Self) -> Self {
                if self.is_infinite() || y.is_infinite() {
                    return Self::INFINITY;
                }
                pxfm::$hypot(self, y)
            }
            fn pow(self, y: Self) -> Self {
                f64::powf(self.into(), y.into()) as $t
            }
        }
    };
}

real!(f32: f_sinf f_cosf f_tanf f_asinf f_acosf f_atanf f_atan2f
    f_sinhf f_coshf f_tanhf f_asinhf f_acoshf f_atanhf
    f_expf f_exp2f f_expm1f f_logf f_log1pf f_log2f f_log10f f_cbrtf f_hypotf);
real!(f64: f_sin f_cos f_tan f_asin f_acos f_atan f_atan2
    f_sinh f_cosh f_tanh f_asinh f_acosh f_atanh
    f_exp f_exp2 f_expm1 f_log f_log1p f_log2 f_log10 f_cbrt f_hypot);

/// Python's floor of the quotient and the remainder that goes with it.
#[inline]
fn divmod<T: Real>(a: T, b: T) -> (T, T) {
    let mut rest = a % b;
    let mut quotient = (a - rest) / b;
    if rest != T::ZERO {
        if (b < T::ZERO) != (rest < T::ZERO) {
            rest = rest + b;
            quotient = quotient - T::ONE;
        }
    } else {
        rest = T::ZERO.copysign(b);
    }
    if quotient != T::ZERO {
        let mut floor = quotient.floor();
        if quotient - floor > T::HALF {
            floor = floor + T::ONE;
        }
        return (floor, rest);
    }
    (T::ZERO.copysign(a / b), rest)
}

/// `a // b`.
pub(crate) fn floor_divide<T: Real>(a: T, b: T) -> T {
    if b == T::ZERO { a / b } else { divmod(a, b).0 }
}

/// `a % b`, with the sign of `b`.
pub(crate) fn remainder<T: Real>(a: T, b: T) -> T {
    if b == T::ZERO { a % b } else { divmod(a, b).1 }
}

#[inline(always)]
pub(crate) fn sign<T: Real>(x: T) -> T {
    if x > T::ZERO {
        T::ONE
    } else if x < T::ZERO {
        -T::ONE
    } else if x == T::ZERO {
        T::ZERO
    } else {
        x
    }
}

#[inline(always)]
pub(crate) fn heaviside<T: Real>(x: T, at_zero: T) -> T {
    if x > T::ZERO {
        T::ONE
    } else if x < T::ZERO {
        T::ZERO
    } else if x == T::ZERO {
        at_zero
    } else {
        x
    }
}

/// The greater; the first NaN, where there is one.
#[inline(always)]
pub(crate) fn maximum<T: Real>(a: T, b: T) -> T {
    if a >= b || a.is_nan() { a } else { b }
}

/// The smaller; the first NaN, where there is one.
#[inline(always)]
pub(crate) fn minimum<T: Real>(a: T, b: T) -> T {
    if a <= b || a.is_nan() { a } else { b }
}

/// The greater of those that are not NaN.
#[inline(always)]
pub(crate) fn fmax<T: Real>(a: T, b: T) -> T {
    if a >= b || b.is_nan() { a } else { b }
}

/// The smaller of those that are not NaN.
#[inline(always)]
pub(crate) fn fmin<T: Real>(a: T, b: T) -> T {
    if a <= b || b.is_nan() { a } else { b }
}

/// `x` between two bounds: the upper one where they cross, NaN where one is NaN.
#[inline(always)]
pub(crate) fn clip<T: Real>(x: T, low: T, high: T) -> T {
    let x = if x < low || (low.is_nan() && !x.is_nan()) { low } else { x };
    if x > high || (high.is_nan() && !x.is_nan()) { high } else { x }
}

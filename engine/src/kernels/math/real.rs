//! Functions of real numbers, the same for `f32` and `f64`.
//!
//! The transcendental functions here work on one number at a time. They serve complex numbers, and arguments that the
//! vectorised functions ([`super::lane`]) do not handle. They come from `pxfm`, which rounded correctly in all our
//! checks, in single and in double precision. For doubles, the system's function is used instead if it is several times
//! as fast and its error is below one unit in the last place.

use std::ops::{Add, Div, Mul, Neg, Rem, Sub};

use bytemuck::Pod;

/// A float type that has its own loops.
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
    /// The signed integer type of the same size.
    type Bits: Ord + Copy;

    const ZERO: Self;
    const ONE: Self;
    const TWO: Self;
    const HALF: Self;
    const INFINITY: Self;
    const NEG_INFINITY: Self;
    const NAN: Self;
    /// A NaN that stands for no element at all; no operation gives one of these bits.
    const NOTHING: Self;
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
    /// The bits as a signed integer. They are negative if the float has a sign. The others have the order of the
    /// floats, with NaN above infinity.
    fn bits(self) -> Self::Bits;
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
    ($t:ident, $bits:ident: $sin:path, $cos:path, $tan:path, $asin:path, $acos:path, $atan:path, $atan2:path, $sinh:path, $cosh:path, $tanh:path, $asinh:path, $acosh:path, $atanh:path, $exp:path, $expm1:path, $ln:path, $ln_1p:path, $log2:path, $log10:path, $cbrt:path, $hypot:path) => {
        impl Real for $t {
            type Bits = $bits;

            const ZERO: Self = 0.0;
            const ONE: Self = 1.0;
            const TWO: Self = 2.0;
            const HALF: Self = 0.5;
            const INFINITY: Self = $t::INFINITY;
            const NEG_INFINITY: Self = $t::NEG_INFINITY;
            const NAN: Self = $t::NAN;
            const NOTHING: Self = $t::from_bits($t::NAN.to_bits() | 1);
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
            fn bits(self) -> $bits {
                self.to_bits() as $bits
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
                $sin(self)
            }
            fn cos(self) -> Self {
                $cos(self)
            }
            fn tan(self) -> Self {
                $tan(self)
            }
            fn asin(self) -> Self {
                $asin(self)
            }
            fn acos(self) -> Self {
                $acos(self)
            }
            fn atan(self) -> Self {
                $atan(self)
            }
            fn atan2(self, x: Self) -> Self {
                $atan2(self, x)
            }
            fn sinh(self) -> Self {
                if self == 0.0 { self } else { $sinh(self) }
            }
            fn cosh(self) -> Self {
                $cosh(self)
            }
            fn tanh(self) -> Self {
                $tanh(self)
            }
            fn asinh(self) -> Self {
                $asinh(self)
            }
            fn acosh(self) -> Self {
                $acosh(self)
            }
            fn atanh(self) -> Self {
                $atanh(self)
            }
            fn exp(self) -> Self {
                $exp(self)
            }
            fn expm1(self) -> Self {
                $expm1(self)
            }
            fn ln(self) -> Self {
                $ln(self)
            }
            fn ln_1p(self) -> Self {
                $ln_1p(self)
            }
            fn log2(self) -> Self {
                $log2(self)
            }
            fn log10(self) -> Self {
                $log10(self)
            }
            fn cbrt(self) -> Self {
                $cbrt(self)
            }
            fn hypot(self, y: Self) -> Self {
                $hypot(self, y)
            }
            fn pow(self, y: Self) -> Self {
                f64::powf(self.into(), y.into()) as $t
            }
        }
    };
}

real!(f32, i32: pxfm::f_sinf, pxfm::f_cosf, pxfm::f_tanf, pxfm::f_asinf, pxfm::f_acosf, pxfm::f_atanf, pxfm::f_atan2f, pxfm::f_sinhf, pxfm::f_coshf, pxfm::f_tanhf, pxfm::f_asinhf, pxfm::f_acoshf, pxfm::f_atanhf, pxfm::f_expf, pxfm::f_expm1f, pxfm::f_logf, pxfm::f_log1pf, pxfm::f_log2f, pxfm::f_log10f, pxfm::f_cbrtf, hypotf);
real!(f64, i64: f64::sin, f64::cos, pxfm::f_tan, pxfm::f_asin, pxfm::f_acos, f64::atan, pxfm::f_atan2, pxfm::f_sinh, pxfm::f_cosh, pxfm::f_tanh, pxfm::f_asinh, pxfm::f_acosh, pxfm::f_atanh, f64::exp, pxfm::f_expm1, f64::ln, pxfm::f_log1p, f64::log2, pxfm::f_log10, pxfm::f_cbrt, f64::hypot);

/// The squares of singles and their sum do not overflow in a double.
#[inline(always)]
fn hypotf(x: f32, y: f32) -> f32 {
    if x.is_infinite() || y.is_infinite() {
        return f32::INFINITY;
    }
    let (x, y) = (f64::from(x), f64::from(y));
    (x * x + y * y).sqrt() as f32
}

/// Python's floor of the quotient, and the matching remainder.
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

/// The greater number, or the first NaN if there is any.
#[inline(always)]
pub(crate) fn maximum<T: Real>(a: T, b: T) -> T {
    if a >= b || a.is_nan() { a } else { b }
}

/// The smaller number, or the first NaN if there is any.
#[inline(always)]
pub(crate) fn minimum<T: Real>(a: T, b: T) -> T {
    if a <= b || a.is_nan() { a } else { b }
}

/// The greater of the operands that are not NaN.
#[inline(always)]
pub(crate) fn fmax<T: Real>(a: T, b: T) -> T {
    if a >= b || b.is_nan() { a } else { b }
}

/// The smaller of the operands that are not NaN.
#[inline(always)]
pub(crate) fn fmin<T: Real>(a: T, b: T) -> T {
    if a <= b || b.is_nan() { a } else { b }
}

/// `x` clipped to two bounds. The result is the upper bound if the bounds cross, and NaN if any operand is NaN.
#[inline(always)]
pub(crate) fn clip<T: Real>(x: T, low: T, high: T) -> T {
    let x = if x < low || (low.is_nan() && !x.is_nan()) { low } else { x };
    if x > high || (high.is_nan() && !x.is_nan()) { high } else { x }
}

/// The distance from `x` to the next float away from zero, with the sign of `x`.
#[inline(always)]
pub(crate) fn spacing<T: Real>(x: T) -> T {
    if x.is_infinite() {
        return T::NAN;
    }
    let away = if x < T::ZERO { T::NEG_INFINITY } else { T::INFINITY };
    x.nextafter(away) - x
}

/// The part of a number after the point, with its sign.
#[inline(always)]
pub(crate) fn fraction<T: Real>(x: T) -> T {
    let fraction = if x.is_infinite() { T::ZERO } else { x - x.trunc() };
    fraction.copysign(x)
}

/// `x` times two to the power `n`, rounded once.
pub(crate) fn ldexp(x: f64, n: i64) -> f64 {
    const UP: f64 = f64::from_bits((1023 + 1023) << 52);
    // the digits of a number that becomes subnormal stay, so that only the last product rounds
    const DOWN: f64 = f64::from_bits((1023 - 969) << 52);
    let power = |n: i64| f64::from_bits(((1023 + n) as u64) << 52);
    let (mut x, mut n) = (x, n.clamp(-3000, 3000));
    for _ in 0..2 {
        if n > 1023 {
            (x, n) = (x * UP, n - 1023);
        } else if n < -1022 {
            (x, n) = (x * DOWN, n + 969);
        }
    }
    x * power(n.clamp(-1022, 1023))
}

/// The digits of a number, between 1/2 and 1, and its exponent of two. A zero, an infinity and a NaN are their own
/// digits, with the exponent 0.
pub(crate) fn frexp(x: f64) -> (f64, i32) {
    const DIGITS: u64 = 0x800f_ffff_ffff_ffff;
    if x == 0.0 || !x.is_finite() {
        return (x, 0);
    }
    let subnormal = x.abs() < f64::MIN_POSITIVE;
    let bits = if subnormal { x * f64::from_bits((1023 + 54) << 52) } else { x }.to_bits();
    let exponent = (bits >> 52 & 0x7ff) as i32 - 1022;
    (f64::from_bits(bits & DIGITS | 1022 << 52), exponent - if subnormal { 54 } else { 0 })
}

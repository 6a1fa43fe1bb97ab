//! Roots, exponentials, logarithms, and circular and hyperbolic functions of complex numbers.
//!
//! They are computed in double precision for both complex types. Special values are those of C99's Annex G as
//! glibc reads it.

use std::f64::consts::LN_2;

use num_complex::{Complex, Complex64};

use super::real::Real;

pub(super) type C<T> = Complex<T>;

#[inline]
pub(super) fn wide<T: Real>(z: C<T>) -> Complex64 {
    C::new(z.re.to_f64(), z.im.to_f64())
}

#[inline]
pub(super) fn narrow<T: Real>(z: Complex64) -> C<T> {
    C::new(T::from_f64(z.re), T::from_f64(z.im))
}

/// Defines functions of both complex types from one function of doubles.
macro_rules! in_double {
    ($($name:ident $function:ident)+) => { $(
        pub(crate) fn $name<T: $crate::kernels::math::real::Real>(
            z: num_complex::Complex<T>,
        ) -> num_complex::Complex<T> {
            $crate::kernels::math::complex_exp::narrow($function($crate::kernels::math::complex_exp::wide(z)))
        }
    )+ };
}
pub(super) use in_double;

in_double! {
    sqrt sqrt64 exp exp64 log log64 log1p log1p_64
    sin sin64 cos cos64 tan tan64 sinh sinh64 cosh cosh64 tanh tanh64
}

/// i z, and back.
fn turned(z: Complex64) -> Complex64 {
    C::new(-z.im, z.re)
}

fn back(z: Complex64) -> Complex64 {
    C::new(z.im, -z.re)
}

pub(super) fn hypot(x: f64, y: f64) -> f64 {
    Real::hypot(x, y)
}

fn sqrt64(z: Complex64) -> Complex64 {
    let Complex { re: x, im: y } = z;
    if x == 0.0 && y == 0.0 {
        return C::new(0.0, y);
    }
    if y.is_infinite() {
        return C::new(f64::INFINITY, y);
    }
    if x.is_infinite() {
        return match x > 0.0 {
            true => C::new(x, if y.is_nan() { y } else { 0f64.copysign(y) }),
            false => C::new(if y.is_nan() { y } else { 0.0 }, x.abs().copysign(y)),
        };
    }
    if x.is_nan() || y.is_nan() {
        return C::new(f64::NAN, f64::NAN);
    }
    // scaling by powers of 4 keeps the modulus away from overflow and underflow
    let greater = x.abs().max(y.abs());
    let (scale, root) = match greater {
        g if g > 1e307 => (0.0625, 4.0),
        g if g < 1e-290 => (2f64.powi(108), 2f64.powi(-54)),
        _ => (1.0, 1.0),
    };
    let (x, y) = (x * scale, y * scale);
    let t = ((x.abs() + hypot(x, y)) * 0.5).sqrt();
    let (large, small) = (t * root, y.abs() / (2.0 * t) * root);
    if x >= 0.0 { C::new(large, small.copysign(y)) } else { C::new(small, large.copysign(y)) }
}

/// `exp(x) * factor`, even if the exponential alone overflows.
fn exp_times(x: f64, factor: f64) -> f64 {
    if x < 709.0 {
        return Real::exp(x) * factor;
    }
    let quarter = Real::exp(x.min(2800.0) * 0.25);
    factor * quarter * quarter * quarter * quarter
}

fn exp64(z: Complex64) -> Complex64 {
    let Complex { re: x, im: y } = z;
    if y == 0.0 {
        return C::new(Real::exp(x), y);
    }
    if !y.is_finite() {
        return match x {
            f64::NEG_INFINITY => C::new(0.0, 0f64.copysign(y)),
            f64::INFINITY => C::new(f64::INFINITY, f64::NAN),
            _ => C::new(f64::NAN, f64::NAN),
        };
    }
    if x.is_nan() {
        return C::new(x, x);
    }
    C::new(exp_times(x, Real::cos(y)), exp_times(x, Real::sin(y)))
}

pub(crate) fn exp2<T: Real>(z: C<T>) -> C<T> {
    let z = C::new(z.re * T::LN_2, z.im * T::LN_2);
    if z.re.to_f64().abs() < 80.0 && z.im.is_finite() {
        let modulus = z.re.exp();
        return C::new(modulus * z.im.cos(), modulus * z.im.sin());
    }
    exp(z)
}

pub(crate) fn expm1<T: Real>(z: C<T>) -> C<T> {
    let half = (z.im * T::HALF).sin();
    let re = z.re.expm1() * z.im.cos() - T::TWO * half * half;
    C::new(re, z.re.exp() * z.im.sin())
}

/// Logarithm of the modulus.
fn log_modulus(x: f64, y: f64) -> f64 {
    let (x, y) = (x.abs(), y.abs());
    let (great, small) = if x >= y { (x, y) } else { (y, x) };
    if great.is_finite() && great > 1e300 {
        return Real::ln(hypot(x * 0.25, y * 0.25)) + 2.0 * LN_2;
    }
    if great > 0.0 && great < 1e-290 {
        let scale = 2f64.powi(200);
        return Real::ln(hypot(x * scale, y * scale)) - 200.0 * LN_2;
    }
    if great > 0.5 && great < 1.75 && small < 1.5 {
        return Real::ln_1p((great - 1.0) * (great + 1.0) + small * small) * 0.5;
    }
    Real::ln(hypot(x, y))
}

pub(super) fn log64(z: Complex64) -> Complex64 {
    C::new(log_modulus(z.re, z.im), Real::atan2(z.im, z.re))
}

fn log1p_64(z: Complex64) -> Complex64 {
    let Complex { re: x, im: y } = z;
    let re = if x.abs() < 0.5 && y.abs() < 0.5 {
        Real::ln_1p(x * (2.0 + x) + y * y) * 0.5
    } else {
        log_modulus(x + 1.0, y)
    };
    C::new(re, Real::atan2(y, x + 1.0))
}

pub(crate) fn log2<T: Real>(z: C<T>) -> C<T> {
    let log = log(z);
    C::new(log.re * T::LOG2_E, log.im * T::LOG2_E)
}

pub(crate) fn log10<T: Real>(z: C<T>) -> C<T> {
    let log = log(z);
    C::new(log.re * T::LOG10_E, log.im * T::LOG10_E)
}

fn sinh64(z: Complex64) -> Complex64 {
    let Complex { re: x, im: y } = z;
    if x.is_nan() || y.is_nan() || y.is_infinite() {
        return match (x, y) {
            _ if x == 0.0 => C::new(x, f64::NAN),
            _ if x.is_infinite() => C::new(f64::INFINITY, f64::NAN),
            _ if y == 0.0 => C::new(x, y),
            _ => C::new(f64::NAN, f64::NAN),
        };
    }
    if y == 0.0 {
        return C::new(Real::sinh(x), y);
    }
    let (sin, cos) = (Real::sin(y), Real::cos(y));
    if x.abs() < 700.0 {
        return C::new(Real::sinh(x) * cos, Real::cosh(x) * sin);
    }
    C::new(exp_times(x.abs(), 0.5 * cos.copysign(cos * x)), exp_times(x.abs(), 0.5 * sin))
}

fn cosh64(z: Complex64) -> Complex64 {
    let Complex { re: x, im: y } = z;
    if x.is_nan() || y.is_nan() || y.is_infinite() {
        return match (x, y) {
            _ if x == 0.0 => C::new(f64::NAN, 0.0),
            _ if x.is_infinite() => C::new(f64::INFINITY, f64::NAN),
            _ if y == 0.0 => C::new(x, y),
            _ => C::new(f64::NAN, f64::NAN),
        };
    }
    if y == 0.0 {
        return C::new(Real::cosh(x), y * 1f64.copysign(x));
    }
    let (sin, cos) = (Real::sin(y), Real::cos(y));
    if x.abs() < 700.0 {
        return C::new(Real::cosh(x) * cos, Real::sinh(x) * sin);
    }
    C::new(exp_times(x.abs(), 0.5 * cos), exp_times(x.abs(), 0.5 * sin.copysign(sin * x)))
}

fn tanh64(z: Complex64) -> Complex64 {
    let Complex { re: x, im: y } = z;
    if x.is_infinite() {
        let im = if y.is_finite() && y.abs() > 1.0 { Real::sin(y) * Real::cos(y) } else { y };
        return C::new(1f64.copysign(x), 0f64.copysign(im));
    }
    if y == 0.0 {
        return C::new(Real::tanh(x), y);
    }
    if x.is_nan() || !y.is_finite() {
        return C::new(if x == 0.0 { x } else { f64::NAN }, f64::NAN);
    }
    let (sin, cos) = (Real::sin(y), Real::cos(y));
    if x.abs() > 22.0 {
        // 4 sin cos exp(-2|x|), in two factors, so that no intermediate value underflows early
        let decay = Real::exp(-x.abs().min(2000.0));
        return C::new(1f64.copysign(x), 4.0 * sin * cos * decay * decay);
    }
    let (sinh, cosh) = (Real::sinh(x), Real::cosh(x));
    let scale = sinh * sinh + cos * cos;
    C::new(sinh * cosh / scale, sin * cos / scale)
}

fn sin64(z: Complex64) -> Complex64 {
    let turned = back(sinh64(turned(z)));
    // Annex G leaves the sign of this infinity open; this is glibc's choice
    if z.im.is_infinite() && !z.re.is_finite() { C::new(turned.re, f64::INFINITY) } else { turned }
}

fn cos64(z: Complex64) -> Complex64 {
    cosh64(turned(z))
}

fn tan64(z: Complex64) -> Complex64 {
    back(tanh64(turned(z)))
}

//! Functions of complex numbers.
//!
//! Arithmetic is NumPy's, operation by operation. The functions are computed in double precision for both
//! complex types; special values are those of C99's Annex G as glibc reads it. The inverse functions follow Hull,
//! Fairgrieve and Tang (1997), which keeps both components accurate beside the branch cuts and for huge and tiny
//! arguments.

use std::f64::consts::{FRAC_PI_2, LN_2};

use num_complex::{Complex, Complex64};

use super::real::Real;

type C<T> = Complex<T>;

#[inline(always)]
pub(crate) fn multiply<T: Real>(a: C<T>, b: C<T>) -> C<T> {
    C::new(a.re * b.re - a.im * b.im, a.re * b.im + a.im * b.re)
}

/// Smith's division, as in NumPy.
#[inline(always)]
pub(crate) fn divide<T: Real>(a: C<T>, b: C<T>) -> C<T> {
    let (re, im) = (b.re.abs(), b.im.abs());
    if re >= im {
        if re == T::ZERO && im == T::ZERO {
            return C::new(a.re / re, a.im / re);
        }
        let ratio = b.im / b.re;
        let scale = T::ONE / (b.re + b.im * ratio);
        C::new((a.re + a.im * ratio) * scale, (a.im - a.re * ratio) * scale)
    } else {
        let ratio = b.re / b.im;
        let scale = T::ONE / (b.im + b.re * ratio);
        C::new((a.re * ratio + a.im) * scale, (a.im * ratio - a.re) * scale)
    }
}

#[inline(always)]
pub(crate) fn reciprocal<T: Real>(a: C<T>) -> C<T> {
    if a.im.abs() <= a.re.abs() {
        let ratio = a.im / a.re;
        let scale = a.re + a.im * ratio;
        C::new(T::ONE / scale, -ratio / scale)
    } else {
        let ratio = a.re / a.im;
        let scale = a.re * ratio + a.im;
        C::new(ratio / scale, -T::ONE / scale)
    }
}

/// `z / |z|`.
pub(crate) fn sign<T: Real>(a: C<T>) -> C<T> {
    let modulus = a.re.hypot(a.im);
    if modulus.is_nan() || (a.re.is_infinite() && a.im.is_infinite()) {
        C::new(T::NAN, T::NAN)
    } else if a.re.is_infinite() {
        C::new(T::ONE.copysign(a.re), T::ZERO)
    } else if a.im.is_infinite() {
        C::new(T::ZERO, T::ONE.copysign(a.im))
    } else if modulus == T::ZERO {
        C::new(T::ZERO, T::ZERO)
    } else {
        C::new(a.re / modulus, a.im / modulus)
    }
}

#[inline(always)]
pub(crate) fn is_nan<T: Real>(a: C<T>) -> bool {
    a.re.is_nan() | a.im.is_nan()
}

#[inline(always)]
pub(crate) fn truth<T: Real>(a: C<T>) -> bool {
    (a.re != T::ZERO) | (a.im != T::ZERO)
}

/// Lexicographic order, in which nothing holds beside a NaN that would decide.
#[inline(always)]
pub(crate) fn less<T: Real>(a: C<T>, b: C<T>) -> bool {
    (a.re < b.re) & !a.im.is_nan() & !b.im.is_nan() | (a.re == b.re) & (a.im < b.im)
}

#[inline(always)]
pub(crate) fn less_equal<T: Real>(a: C<T>, b: C<T>) -> bool {
    (a.re < b.re) & !a.im.is_nan() & !b.im.is_nan() | (a.re == b.re) & (a.im <= b.im)
}

/// The greater; the first with a NaN, where there is one.
#[inline(always)]
pub(crate) fn maximum<T: Real>(a: C<T>, b: C<T>) -> C<T> {
    if less_equal(b, a) || is_nan(a) { a } else { b }
}

#[inline(always)]
pub(crate) fn minimum<T: Real>(a: C<T>, b: C<T>) -> C<T> {
    if less_equal(a, b) || is_nan(a) { a } else { b }
}

/// The greater of those without a NaN.
#[inline(always)]
pub(crate) fn fmax<T: Real>(a: C<T>, b: C<T>) -> C<T> {
    if less_equal(b, a) || is_nan(b) { a } else { b }
}

#[inline(always)]
pub(crate) fn fmin<T: Real>(a: C<T>, b: C<T>) -> C<T> {
    if less_equal(a, b) || is_nan(b) { a } else { b }
}

#[inline(always)]
pub(crate) fn clip<T: Real>(x: C<T>, low: C<T>, high: C<T>) -> C<T> {
    let before = |a: C<T>, b: C<T>| if a.re == b.re { a.im < b.im } else { a.re < b.re };
    let x = if is_nan(x) || before(low, x) { x } else { low };
    if is_nan(x) || before(x, high) { x } else { high }
}

/// `a ** b` by NumPy's rules: small whole powers by multiplication, others by logarithms.
pub(crate) fn pow<T: Real>(a: C<T>, b: C<T>) -> C<T> {
    let (zero, one) = (C::new(T::ZERO, T::ZERO), C::new(T::ONE, T::ZERO));
    if !truth(b) {
        return one;
    }
    if !truth(a) {
        return if b.re > T::ZERO { zero } else { C::new(T::NAN, T::NAN) };
    }
    let exponent = b.re.to_f64();
    if b.im == T::ZERO && exponent.abs() < 100.0 && exponent.trunc() == exponent {
        match exponent as i32 {
            1 => return a,
            2 => return multiply(a, a),
            3 => return multiply(a, multiply(a, a)),
            _ => {}
        }
        // from one on, which shows in infinite results
        let (mut left, mut square, mut power) = (exponent.abs() as u32, a, one);
        while left != 0 {
            if left & 1 == 1 {
                power = multiply(power, square);
            }
            left >>= 1;
            if left != 0 {
                square = multiply(square, square);
            }
        }
        return if exponent < 0.0 { divide(one, power) } else { power };
    }
    exp(annex_g_product(b, log(a)))
}

/// The product in which an infinite operand is not lost to NaN.
fn annex_g_product<T: Real>(a: C<T>, b: C<T>) -> C<T> {
    let plain = multiply(a, b);
    if !(plain.re.is_nan() && plain.im.is_nan()) {
        return plain;
    }
    let unit = |x: T| if x.is_infinite() { T::ONE.copysign(x) } else { T::ZERO.copysign(x) };
    let tame = |x: T| if x.is_nan() { T::ZERO.copysign(x) } else { x };
    let infinite = |z: C<T>| z.re.is_infinite() || z.im.is_infinite();
    let (mut p, mut q, mut again) = (a, b, false);
    if infinite(p) {
        (p, q) = (C::new(unit(p.re), unit(p.im)), C::new(tame(q.re), tame(q.im)));
        again = true;
    }
    if infinite(q) {
        (q, p) = (C::new(unit(q.re), unit(q.im)), C::new(tame(p.re), tame(p.im)));
        again = true;
    }
    let terms = [a.re * b.re, a.im * b.im, a.re * b.im, a.im * b.re];
    if !again && terms.iter().any(|t| t.is_infinite()) {
        (p, q) = (C::new(tame(p.re), tame(p.im)), C::new(tame(q.re), tame(q.im)));
        again = true;
    }
    if !again {
        return plain;
    }
    let product = multiply(p, q);
    C::new(T::INFINITY * product.re, T::INFINITY * product.im)
}

#[inline]
fn wide<T: Real>(z: C<T>) -> Complex64 {
    C::new(z.re.to_f64(), z.im.to_f64())
}

#[inline]
fn narrow<T: Real>(z: Complex64) -> C<T> {
    C::new(T::from_f64(z.re), T::from_f64(z.im))
}

macro_rules! in_double {
    ($($name:ident $function:ident)+) => { $(
        pub(crate) fn $name<T: Real>(z: C<T>) -> C<T> {
            narrow($function(wide(z)))
        }
    )+ };
}

in_double! {
    sqrt sqrt64 exp exp64 log log64 log1p log1p_64
    sin sin64 cos cos64 tan tan64 sinh sinh64 cosh cosh64 tanh tanh64
    asin asin64 acos acos64 atan atan64 asinh asinh64 acosh acosh64 atanh atanh64
}

/// i z, and back.
fn turned(z: Complex64) -> Complex64 {
    C::new(-z.im, z.re)
}

fn back(z: Complex64) -> Complex64 {
    C::new(z.im, -z.re)
}

/// Real and imaginary part exchanged.
fn swapped(z: Complex64) -> Complex64 {
    C::new(z.im, z.re)
}

fn hypot(x: f64, y: f64) -> f64 {
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
    // powers of 4 that keep the modulus away from both ends
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

/// `exp(x) * factor`, where the exponential alone may overflow.
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

fn log64(z: Complex64) -> Complex64 {
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
        // 4 sin cos exp(-2|x|), in steps that do not underflow early
        let decay = Real::exp(-x.abs().min(2000.0));
        return C::new(1f64.copysign(x), 4.0 * sin * cos * decay * decay);
    }
    let (sinh, cosh) = (Real::sinh(x), Real::cosh(x));
    let scale = sinh * sinh + cos * cos;
    C::new(sinh * cosh / scale, sin * cos / scale)
}

fn sin64(z: Complex64) -> Complex64 {
    let turned = back(sinh64(turned(z)));
    // the sign of this infinity is anyone's choice; glibc's
    if z.im.is_infinite() && !z.re.is_finite() { C::new(turned.re, f64::INFINITY) } else { turned }
}

fn cos64(z: Complex64) -> Complex64 {
    cosh64(turned(z))
}

fn tan64(z: Complex64) -> Complex64 {
    back(tanh64(turned(z)))
}

const EPSILON: f64 = f64::EPSILON;

/// (sqrt(x^2 + b^2) - b) / 2 without cancellation, given the root.
fn half_gap(x: f64, b: f64, root: f64) -> f64 {
    if b < 0.0 {
        (root - b) * 0.5
    } else if b == 0.0 {
        x * 0.5
    } else {
        x * x / (root + b) * 0.5
    }
}

/// The two parts of asinh and acos for x, y >= 0 that are neither huge nor tiny: Re asinh(x + iy), and the
/// angle whose sine is Im asinh: as the operands of `atan2`.
fn hull(x: f64, y: f64) -> (f64, Angle) {
    let (r, s) = (hypot(x, y + 1.0), hypot(x, y - 1.0));
    let a = ((r + s) * 0.5).max(1.0);
    let near = x >= EPSILON * (y - 1.0).abs();
    let re = if a >= 10.0 {
        Real::ln(a + (a * a - 1.0).sqrt())
    } else if y == 1.0 && x < EPSILON * EPSILON / 128.0 {
        x.sqrt()
    } else if near {
        let above = half_gap(x, 1.0 + y, r) + half_gap(x, 1.0 - y, s);
        Real::ln_1p(above + (above * (a + 1.0)).sqrt())
    } else if y < 1.0 {
        x / ((1.0 - y) * (1.0 + y)).sqrt()
    } else {
        Real::ln_1p((y - 1.0) + ((y - 1.0) * (y + 1.0)).sqrt())
    };
    if y < 4.0 * f64::MIN_POSITIVE.sqrt() {
        let scale = 2.0 / EPSILON;
        return (re, Angle::Sides(y * scale, a * scale));
    }
    let ratio = y / a;
    if ratio <= 0.6417 {
        return (re, Angle::Sine(ratio));
    }
    let angle = if y == 1.0 && x < EPSILON / 128.0 {
        Angle::Sides(y, x.sqrt() * ((a + y) * 0.5).sqrt())
    } else if near {
        let above = half_gap(x, y + 1.0, r) + half_gap(x, y - 1.0, s);
        Angle::Sides(y, (above * (a + y)).sqrt())
    } else if y > 1.0 {
        let scale = 4.0 / EPSILON / EPSILON;
        Angle::Sides(y * scale, x * scale * y / ((y + 1.0) * (y - 1.0)).sqrt())
    } else {
        Angle::Sides(y, ((1.0 - y) * (1.0 + y)).sqrt())
    };
    (re, angle)
}

/// An angle of the first quadrant.
enum Angle {
    Sine(f64),
    /// The side opposite, and the adjacent one.
    Sides(f64, f64),
}

fn is_huge(z: Complex64) -> bool {
    z.re.abs() > 1.0 / EPSILON || z.im.abs() > 1.0 / EPSILON
}

fn asinh64(z: Complex64) -> Complex64 {
    let Complex { re: x, im: y } = z;
    let (ax, ay) = (x.abs(), y.abs());
    if x.is_nan() || y.is_nan() {
        return match (x, y) {
            _ if x.is_infinite() => C::new(x, y),
            _ if y.is_infinite() => C::new(f64::INFINITY, x),
            _ if y == 0.0 => C::new(x, y),
            _ => C::new(f64::NAN, f64::NAN),
        };
    }
    if is_huge(z) {
        let log = log64(C::new(ax, ay));
        return C::new((log.re + LN_2).copysign(x), log.im.copysign(y));
    }
    if ax < 1e-9 && ay < 1e-9 {
        return z;
    }
    let (re, angle) = hull(ax, ay);
    let im = match angle {
        Angle::Sine(s) => Real::asin(s),
        Angle::Sides(o, a) => Real::atan2(o, a),
    };
    C::new(re.copysign(x), im.copysign(y))
}

fn asin64(z: Complex64) -> Complex64 {
    swapped(asinh64(swapped(z)))
}

fn acos64(z: Complex64) -> Complex64 {
    let Complex { re: x, im: y } = z;
    let (ax, ay) = (x.abs(), y.abs());
    if x.is_nan() || y.is_nan() {
        return match (x, y) {
            _ if x.is_infinite() => C::new(y, f64::NEG_INFINITY),
            _ if y.is_infinite() => C::new(x, -y),
            _ if x == 0.0 => C::new(FRAC_PI_2, y),
            _ => C::new(f64::NAN, f64::NAN),
        };
    }
    if is_huge(z) {
        let log = log64(z);
        let im = log.re + LN_2;
        return C::new(log.im.abs(), if y.is_sign_negative() { im } else { -im });
    }
    if x == 1.0 && y == 0.0 {
        return C::new(0.0, -y);
    }
    if ax < 1e-9 && ay < 1e-9 {
        return C::new(FRAC_PI_2 - x, -y);
    }
    let (im, angle) = hull(ay, ax);
    let re = match angle {
        Angle::Sine(s) => Real::acos(s.copysign(x)),
        Angle::Sides(o, a) => Real::atan2(a, o.copysign(x)),
    };
    C::new(re, im.copysign(-y))
}

fn acosh64(z: Complex64) -> Complex64 {
    let Complex { re, im } = acos64(z);
    match (re.is_nan(), im.is_nan()) {
        (true, true) => C::new(im, re),
        (true, false) => C::new(im.abs(), re),
        (false, true) => C::new(im, if z.re == 0.0 { FRAC_PI_2 } else { im }),
        (false, false) => C::new(im.abs(), re.copysign(z.im)),
    }
}

fn atanh64(z: Complex64) -> Complex64 {
    let Complex { re: x, im: y } = z;
    let (ax, ay) = (x.abs(), y.abs());
    if y == 0.0 && ax <= 1.0 {
        return C::new(Real::atanh(x), y);
    }
    if x == 0.0 {
        return C::new(x, Real::atan(y));
    }
    if x.is_nan() || y.is_nan() {
        return match (x, y) {
            _ if x.is_infinite() => C::new(0f64.copysign(x), y),
            _ if y.is_infinite() => C::new(0f64.copysign(x), FRAC_PI_2.copysign(y)),
            _ => C::new(f64::NAN, f64::NAN),
        };
    }
    if is_huge(z) {
        return C::new(real_of_reciprocal(x, y), FRAC_PI_2.copysign(y));
    }
    if ax < 1e-9 && ay < 1e-9 {
        return z;
    }
    let re = if ax == 1.0 && ay < EPSILON {
        (LN_2 - Real::ln(ay)) * 0.5
    } else {
        let square = if ay < 1e-150 { 0.0 } else { ay * ay };
        Real::ln_1p(4.0 * ax / ((ax - 1.0) * (ax - 1.0) + square)) * 0.25
    };
    let im = if ax == 1.0 {
        Real::atan2(2.0, -ay)
    } else {
        let square = if ay < EPSILON { 0.0 } else { ay * ay };
        Real::atan2(2.0 * ay, (1.0 - ax) * (1.0 + ax) - square)
    };
    C::new(re.copysign(x), (im * 0.5).copysign(y))
}

/// x / (x^2 + y^2) for a huge argument.
fn real_of_reciprocal(x: f64, y: f64) -> f64 {
    if x.is_infinite() || y.is_infinite() {
        return 0f64.copysign(x);
    }
    let (x, y) = (x * 0.25, y * 0.25);
    let modulus = hypot(x, y);
    x / modulus / modulus * 0.25
}

fn atan64(z: Complex64) -> Complex64 {
    swapped(atanh64(swapped(z)))
}

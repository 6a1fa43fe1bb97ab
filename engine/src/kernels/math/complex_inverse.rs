//! Inverse circular and hyperbolic functions of complex numbers.
//!
//! They follow Hull, Fairgrieve and Tang (1997), which keeps both components accurate beside the branch cuts and
//! for huge and tiny arguments.

use std::f64::consts::{FRAC_PI_2, LN_2};

use num_complex::Complex64;

use super::complex_exp::{C, hypot, in_double, log64};
use super::real::Real;

in_double! {
    asin asin64 acos acos64 atan atan64 asinh asinh64 acosh acosh64 atanh atanh64
}

/// Real and imaginary part exchanged.
fn swapped(z: Complex64) -> Complex64 {
    C::new(z.im, z.re)
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

/// The two parts of asinh and acos for x, y >= 0 that are neither huge nor tiny: Re asinh(x + iy), and the angle whose
/// sine is Im asinh, as the operands of `atan2`.
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
    /// The opposite and the adjacent side.
    Sides(f64, f64),
}

fn is_huge(z: Complex64) -> bool {
    z.re.abs() > 1.0 / EPSILON || z.im.abs() > 1.0 / EPSILON
}

fn asinh64(z: Complex64) -> Complex64 {
    let Complex64 { re: x, im: y } = z;
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
    let Complex64 { re: x, im: y } = z;
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
    let Complex64 { re, im } = acos64(z);
    match (re.is_nan(), im.is_nan()) {
        (true, true) => C::new(im, re),
        (true, false) => C::new(im.abs(), re),
        (false, true) => C::new(im, if z.re == 0.0 { FRAC_PI_2 } else { im }),
        (false, false) => C::new(im.abs(), re.copysign(z.im)),
    }
}

fn atanh64(z: Complex64) -> Complex64 {
    let Complex64 { re: x, im: y } = z;
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

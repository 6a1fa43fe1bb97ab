//! Arithmetic of complex numbers, with the same steps as in NumPy.

use num_complex::Complex;

use super::complex_exp::{exp, log};
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

/// Lexicographic order. With a NaN in any part, the comparison is false.
#[inline(always)]
pub(crate) fn less<T: Real>(a: C<T>, b: C<T>) -> bool {
    (a.re < b.re) & !a.im.is_nan() & !b.im.is_nan() | (a.re == b.re) & (a.im < b.im)
}

#[inline(always)]
pub(crate) fn less_equal<T: Real>(a: C<T>, b: C<T>) -> bool {
    (a.re < b.re) & !a.im.is_nan() & !b.im.is_nan() | (a.re == b.re) & (a.im <= b.im)
}

/// The greater number, or the first one with a NaN if there is any.
#[inline(always)]
pub(crate) fn maximum<T: Real>(a: C<T>, b: C<T>) -> C<T> {
    if less_equal(b, a) || is_nan(a) { a } else { b }
}

#[inline(always)]
pub(crate) fn minimum<T: Real>(a: C<T>, b: C<T>) -> C<T> {
    if less_equal(a, b) || is_nan(a) { a } else { b }
}

/// The greater of the numbers without a NaN.
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
        // the product starts from one, which matters for infinite results
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

/// The product by C99's Annex G, in which an infinite operand does not become NaN.
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

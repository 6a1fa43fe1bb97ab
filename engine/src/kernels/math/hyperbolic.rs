//! Hyperbolic functions and their inverses.
//!
//! `sinh` and `cosh` are half the difference and half the sum of exp(x), in two parts, and its inverse. The inverse
//! functions are logarithms of a sum or a quotient, computed together with its rounding error.

use super::exp::expm1_of_rest;
use super::lane::{Lane, if_known, poly};
use super::log::ln_1p_parts;

/// For a positive number with x = n log(2) + r: exp(r) - 1, and quarters of 2^n and of exp(-x).
#[inline(always)]
fn quarters<T: Lane>(x: T) -> [T; 3] {
    let x = if x > T::SINH_END { T::SINH_END } else { x };
    let [n, start] = x.whole_and_power(T::LOG2_E, -T::TWO);
    let more = expm1_of_rest(x, n);
    [more, start, T::from_f64(0.0625) / start.fma(more, start)]
}

/// `sinh(x)`, an odd polynomial for small numbers.
#[inline(always)]
pub(crate) fn sinh<T: Lane>(x: T) -> T {
    let y = x.abs();
    let z = y * y;
    let near = (z * y).fma(poly(z, T::SINH), y);
    let [more, start, inverse] = quarters(y);
    let far = (start + start.fma(more, -inverse)) * T::TWO;
    (if y < T::from_f64(1.2) { near } else { far }).copysign(x)
}

/// `cosh(x)`.
#[inline(always)]
pub(crate) fn cosh<T: Lane>(x: T) -> T {
    let [more, start, inverse] = quarters(x.abs());
    (start + start.fma(more, inverse)) * T::TWO
}

/// `asinh(x)`, the logarithm of |x| + root(1 + x^2).
#[inline(always)]
pub(crate) fn asinh<T: Lane>(x: T) -> T {
    let y = x.abs();
    let large = y > T::ROOT_ONE;
    let square = y * y;
    let below = square + T::ONE;
    let root = below.sqrt();
    // the rounding error of the root: the error of its square over twice the root; it matters only for a root near 1,
    // where 1 / (2 root) is about 1 - root / 2
    let lost = (square - (below - T::ONE)) + y.fma(y, -square) + (-root).fma(root, below);
    let lost = if root < T::TWO { lost * root.fma(-T::HALF, T::ONE) } else { T::ZERO };
    let sum = y + root;
    let lost = (y - (sum - root)) + lost;
    let (sum, lost, twice) = if large { (y, T::ZERO, T::ONE) } else { (sum, lost, T::ZERO) };
    if_known(y < T::INFINITY, ln_1p_parts(sum, lost, twice).copysign(x))
}

/// `acosh(x)`, the logarithm of x + root(x^2 - 1), which is 1 + t + root(t (t + 2)).
#[inline(always)]
pub(crate) fn acosh<T: Lane>(x: T) -> T {
    let large = x > T::ROOT_ONE;
    let t = x - T::ONE;
    let (twice, square) = (t + t, t * t);
    let below = square + twice;
    let root = below.sqrt();
    // the error of the squared root
    let short = (square - (below - twice)) + t.fma(t, -square) + (-root).fma(root, below);
    let short = if root > T::ZERO && t < T::TWO { T::HALF * short / root } else { T::ZERO };
    let sum = x + root;
    let lost = root - (sum - x) + short;
    let (sum, lost, twice) = if large { (x, T::ZERO, T::ONE) } else { (sum, lost, T::ZERO) };
    if_known(x >= T::ONE && x < T::INFINITY, ln_1p_parts(sum, lost, twice))
}

/// `atanh(x)`: half the logarithm of (1 + x) / (1 - x) = 2^k (1 + s) / (1 - s).
#[inline(always)]
pub(crate) fn atanh<T: Lane>(x: T) -> T {
    let y = x.abs();
    let k = (T::ONE + y).exponent_over(T::ONE - y);
    let scale = k.pow2();
    let (more, less) = (T::ONE + scale, T::ONE - scale);
    let s = y.fma(more, less) / y.fma(less, more);
    let z = s * s;
    let [high, low] = T::LN_2_PARTS;
    let rest = k.fma(low, s * z * poly(z, T::ATANH)) * T::HALF;
    // for arguments nearer to 1, the sum with 2^k is rounded
    if_known(y < T::TANGENT_END, k.fma(high * T::HALF, s + rest).copysign(x))
}

//! Hyperbolic functions and their inverses.
//!
//! `sinh` and `cosh` take x = n log(2) + r apart as the exponential does; the inverse functions are logarithms of a
//! sum, or of a quotient, whose lost digits are kept.

use super::exp::reduced;
use super::lane::{Lane, if_known, poly};
use super::log::ln_1p_parts;

/// For a positive number: a quarter of 2^n and of 2^-n, cosh(r) - 1, and r and what sinh(r) has beyond it.
#[inline(always)]
fn taken_apart<T: Lane>(x: T) -> [T; 5] {
    let [n, r, rest] = reduced(if x > T::SINH_END { T::SINH_END } else { x });
    let up = (n - T::TWO).pow2();
    let down = (-T::TWO - if n > T::MANY { T::MANY } else { n }).pow2();
    let z = r * r;
    let cosh = z.fma(z * poly(z, T::COSH), z * T::HALF);
    [up, down, cosh, r, (z * r).fma(poly(z, T::SINH), rest)]
}

/// `sinh(x)`.
#[inline(always)]
pub(crate) fn sinh<T: Lane>(x: T) -> T {
    let magnitude = x.abs();
    let [up, down, cosh, r, more] = taken_apart(magnitude);
    let (c, s) = (up + down, up - down);
    let step = r * c;
    let high = s + step;
    // s is above the step, or zero
    let lost = r.fma(c, -step) + (step - (high - s));
    let result = (high + (lost + more.fma(c, cosh * s))) * T::TWO;
    (if magnitude < T::TINY { magnitude } else { result }).copysign(x)
}

/// `cosh(x)`.
#[inline(always)]
pub(crate) fn cosh<T: Lane>(x: T) -> T {
    let [up, down, cosh, r, more] = taken_apart(x.abs());
    (up + (down + cosh.fma(up + down, (r + more) * (up - down)))) * T::TWO
}

/// `asinh(x)`, the logarithm of |x| + root(1 + x^2).
#[inline(always)]
pub(crate) fn asinh<T: Lane>(x: T) -> T {
    let y = x.abs();
    let large = y > T::ROOT_ONE;
    let square = y * y;
    let below = square + T::ONE;
    let root = below.sqrt();
    // what the root lacks, over twice the root, which matters where that is about 2 - root
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
    // what the root lacks
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
    // nearer to 1, the sum with 2^k is rounded
    if_known(y < T::TANGENT_END, k.fma(high * T::HALF, s + rest).copysign(x))
}

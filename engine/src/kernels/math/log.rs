//! Logarithms: x = 2^k (1 + f), and log(1 + f) = 2 atanh(s) with s = f / (2 + f), as in Sun's fdlibm.
//!
//! They handle only positive normal numbers.

use super::lane::{Lane, if_known, poly};

/// Whether `x` is a positive normal number.
#[inline(always)]
fn is_known<T: Lane>(x: T) -> bool {
    x >= T::NORMAL && x < T::INFINITY
}

/// The parts of `log(1 + f)`: f^2 / 2, s, and (log(1 + f) - f + f^2 / 2) / s.
#[inline(always)]
pub(super) fn parts<T: Lane>(f: T) -> [T; 3] {
    let s = f / (T::TWO + f);
    let z = s * s;
    let half = T::HALF * f * f;
    [half, s, z.fma(poly(z, T::LOG), half)]
}

/// `log(x)`.
#[inline(always)]
pub(crate) fn ln<T: Lane>(x: T) -> T {
    let [k, m] = x.split();
    let f = m - T::ONE;
    let [half, s, rest] = parts(f);
    let [ln2, ln2_low] = T::LN_2_PARTS;
    if_known(is_known(x), k.fma(ln2, f - (half - s.fma(rest, k * ln2_low))))
}

/// `k`, f, and f - log(1 + f), for x = 2^k (1 + f).
#[inline(always)]
fn split_log<T: Lane>(x: T) -> [T; 3] {
    let [k, m] = x.split();
    let f = m - T::ONE;
    let [half, s, rest] = parts(f);
    [k, f, (-s).fma(rest, half)]
}

/// `log2(x)`.
#[inline(always)]
pub(crate) fn log2<T: Lane>(x: T) -> T {
    let [k, f, less] = split_log(x);
    if_known(is_known(x), k + f.fma(T::LOG2_E, -(less * T::LOG2_E)))
}

/// `log10(x)`.
#[inline(always)]
pub(crate) fn log10<T: Lane>(x: T) -> T {
    let [k, f, less] = split_log(x);
    let [step, step_low] = T::LOG10_2_PARTS;
    if_known(is_known(x), k.fma(step, f.fma(T::LOG10_E, (-less).fma(T::LOG10_E, k * step_low))))
}

/// `log(1 + x)`.
#[inline(always)]
pub(crate) fn ln_1p<T: Lane>(x: T) -> T {
    let sum = x + T::ONE;
    let (greater, smaller) = if x > T::ONE { (x, T::ONE) } else { (T::ONE, x) };
    let result = ln_1p_parts(sum, smaller - (sum - greater), T::ZERO).copysign(x);
    if_known(x > -T::ONE && x < T::INFINITY, result)
}

/// `log(2^more (sum + lost))`, where `lost` is the rounding error of a sum that may be very near 1.
#[inline(always)]
pub(super) fn ln_1p_parts<T: Lane>(sum: T, lost: T, more: T) -> T {
    let [k, m] = sum.split();
    let f = m - T::ONE;
    let [half, s, rest] = parts(f);
    // the sum's rounding error times the derivative of the logarithm, which is nearly 1 / m = (1 - s) / (1 + s)
    let slope = s.fma(s.fma(T::TWO, -T::TWO), T::ONE);
    let scale = (if k > T::MANY { -T::MANY } else { -k }).pow2();
    let k = k + more;
    let [ln2, ln2_low] = T::LN_2_PARTS;
    let low = s.fma(rest, (lost * scale).fma(slope, k * ln2_low));
    k.fma(ln2, f - (half - low))
}

//! Exponentials: x = n log(2) + r with a whole n, and a polynomial of r, which is at most log(2) / 2.

use super::lane::{Lane, bounded, poly};

/// `n` and `r` with x = n log(2) + r, and the rounding error of `r`.
#[inline(always)]
pub(super) fn reduced<T: Lane>(x: T) -> [T; 3] {
    let n = x.fma(T::LOG2_E, T::WHOLE) - T::WHOLE;
    let [high, low] = T::LN_2_PARTS;
    // exact: the difference has no more digits than its operands
    let whole_part = n.fma(-high, x);
    let r = n.fma(-low, whole_part);
    [n, r, n.fma(-low, whole_part - r)]
}

/// `exp(r) - 1` for the rest r of `x` after `n` log(2).
#[inline(always)]
pub(super) fn expm1_of_rest<T: Lane>(x: T, n: T) -> T {
    let [high, low] = T::LN_2_PARTS;
    let r = n.fma(-low, n.fma(-high, x));
    (r * r).fma(poly(r, T::EXP), r)
}

/// `exp(x)`.
#[inline(always)]
pub(crate) fn exp<T: Lane>(x: T) -> T {
    let x = bounded(x, T::EXP_RANGE);
    let [n, a, b] = x.whole_and_powers(T::LOG2_E);
    (expm1_of_rest(x, n) + T::ONE) * a * b
}

/// `2^x`.
#[inline(always)]
pub(crate) fn exp2<T: Lane>(x: T) -> T {
    let x = bounded(x, T::EXP2_RANGE);
    let [n, a, b] = x.whole_and_powers(T::ONE);
    let r = x - n;
    r.fma(poly(r, T::EXP2), T::ONE) * a * b
}

/// `exp(x) - 1`. The loop computes half of it, so that no intermediate value overflows before the result does.
#[inline(always)]
pub(crate) fn expm1<T: Lane>(x: T) -> T {
    let [low, high] = T::EXP_RANGE;
    let [n, r, rest] = reduced(bounded(x, [low * T::HALF, high]));
    let scale = (n - T::ONE).pow2();
    let start = scale - T::HALF;
    let step = scale * r;
    let half = start + step;
    // |start| is above |step|, or is zero
    let lost = step - (half - start);
    let result = (half + scale.fma((r * r).fma(poly(r, T::EXP), rest), lost)) * T::TWO;
    if x.abs() < T::TINY { x } else { result }
}

/// `tanh(x)`: an odd polynomial, and for larger numbers 1 - 2 / (exp(2x) + 1), to which the exponential's error
/// contributes little.
#[inline(always)]
pub(crate) fn tanh<T: Lane>(x: T) -> T {
    let y = x.abs();
    let z = y * y;
    let near = (z * y).fma(poly(z, T::TANH), y);
    let [log, _] = T::TWICE_LOG2_E;
    let far = if y > T::TANH_END { T::TANH_END } else { y };
    let [n, power] = far.whole_and_power(log, T::ZERO);
    let r = far.fma(log, -n);
    let below = r.fma(poly(r, T::EXP2), T::ONE).fma(power, T::ONE);
    (if y < T::from_f64(0.67) { near } else { T::ONE - T::TWO / below }).copysign(x)
}

//! Exponentials: x = n log(2) + r with a whole n, and a polynomial of r, which is at most log(2) / 2.

use super::lane::{Lane, bounded, poly, scaled, whole};

/// `n` and `r` with x = n log(2) + r, and what `r` lacks.
#[inline(always)]
pub(super) fn reduced<T: Lane>(x: T) -> [T; 3] {
    let n = whole(x * T::LOG2_E);
    let [high, low] = T::LN_2_PARTS;
    // exact: the difference has no more digits than its operands
    let whole_part = n.fma(-high, x);
    let r = n.fma(-low, whole_part);
    [n, r, n.fma(-low, whole_part - r)]
}

/// `exp(x)`.
#[inline(always)]
pub(crate) fn exp<T: Lane>(x: T) -> T {
    let [n, r, _] = reduced(bounded(x, T::EXP_RANGE));
    scaled((r * r).fma(poly(r, T::EXP), r) + T::ONE, n)
}

/// `2^x`.
#[inline(always)]
pub(crate) fn exp2<T: Lane>(x: T) -> T {
    let x = bounded(x, T::EXP2_RANGE);
    let n = whole(x);
    let r = x - n;
    scaled(r.fma(poly(r, T::EXP2), T::ONE), n)
}

/// `(exp(x) - 1) s` in two parts, where `s` is 2 to the power of `shift`.
#[inline(always)]
pub(super) fn expm1_parts<T: Lane>(x: T, shift: T) -> [T; 2] {
    let [n, r, rest] = reduced(x);
    let scale = (n + shift).pow2();
    let start = scale - shift.pow2();
    let step = scale * r;
    let high = start + step;
    // |start| is above |step|, or is zero
    let lost = step - (high - start);
    [high, scale.fma((r * r).fma(poly(r, T::EXP), rest), lost)]
}

/// `exp(x) - 1`.
#[inline(always)]
pub(crate) fn expm1<T: Lane>(x: T) -> T {
    let [low, high] = T::EXP_RANGE;
    // half of it has no overflow before its time
    let [a, b] = expm1_parts(bounded(x, [low * T::HALF, high]), -T::ONE);
    let result = (a + b) * T::TWO;
    if x.abs() < T::TINY { x } else { result }
}

/// `tanh(x)`, which is E / (E + 2) with E = exp(2x) - 1.
#[inline(always)]
pub(crate) fn tanh<T: Lane>(x: T) -> T {
    let twice = x.abs() * T::TWO;
    // a negative zero, which added to any number leaves it, needs no addition
    let [a, b] = expm1_parts(if twice > T::TANH_END { T::TANH_END } else { twice }, -T::ZERO);
    let high = a + b;
    let low = b - (high - a);
    let below = high + T::TWO;
    let inverse = T::ONE / below;
    let quotient = high * inverse;
    let below_low = high - (below - T::TWO) + low;
    let rest = (-quotient).fma(below, high) + (-quotient).fma(below_low, low);
    rest.fma(inverse, quotient).copysign(x)
}

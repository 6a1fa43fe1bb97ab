//! Powers: x^y is 2 to the power y log2(x), of a logarithm in two parts, so that multiplied by a thousand it still
//! has all the digits of a fraction.

use super::lane::{Lane, bounded, if_known, poly, scaled, whole};
use super::pair::Pair;
use super::real::Real;

/// log2 of a normal positive number in two parts, to about 1.2 times the digits.
///
/// x = 2^k m, and log(m) = 2 atanh(s) with s = (m - 1) / (m + 1); what the series s + s^3 / 3 + ... has after its
/// second term needs no second part.
#[inline(always)]
fn log2<T: Lane>(x: T) -> Pair<T> {
    let [k, m] = x.split();
    let f = m - T::ONE;
    let below = Pair::ordered_sum(T::TWO, f);
    let inverse = T::ONE / below.high;
    let high = f * inverse;
    let low = (-high).fma(below.low, (-high).fma(below.high, f)) * inverse;
    let s = Pair { high, low };
    let z = s.times_pair(s);
    let [third, third_low] = T::THIRD;
    let series = Pair::ordered_sum(third, z.high * poly(z.high, T::LOG_REST)).and(third_low);
    let cubic = s.times_pair(z).times_pair(series);
    let half = Pair::ordered_sum(s.high, cubic.high).and(s.low + cubic.low);
    let [scale, scale_low] = T::TWICE_LOG2_E;
    let log = half.times_pair(Pair { high: scale, low: scale_low });
    Pair::ordered_sum(k, log.high).and(log.low)
}

/// `x^y` of a normal base, save for the exponents that [`slow`] has a plain operation for.
#[inline(always)]
pub(crate) fn pow<T: Lane>(x: T, y: T) -> T {
    let log = log2(x.abs()).times(y);
    let high = bounded(log.high, T::POW_RANGE);
    let n = whole(high);
    let r = (high - n) + bounded(log.low, [-T::ONE, T::ONE]);
    let result = scaled(r.fma(poly(r, T::EXP2), T::ONE), n);
    // a negative base has a sign for odd exponents, and no power for fractions
    let half = y * T::HALF;
    let is_whole = y.floor() == y;
    let sign = if half.floor() == half { T::ONE } else { x };
    let normal = x.abs() >= T::NORMAL && x.abs() < T::INFINITY;
    let plain = y == T::TWO || y == T::HALF || y == T::ONE;
    if_known(normal && !plain && (x > T::ZERO || is_whole), result.copysign(sign))
}

/// `x^y` of any numbers; for the exponents that are met most, what the plain operation gives.
pub(crate) fn slow<T: Real>(x: T, y: T) -> T {
    if y == T::TWO {
        square(x)
    } else if y == T::HALF {
        root(x)
    } else if y == T::ONE {
        x
    } else {
        x.pow(y)
    }
}

/// `x^2`.
#[inline(always)]
pub(crate) fn square<T: Real>(x: T) -> T {
    x * x
}

/// `x^(1/2)`, which has its own way with negative infinity and zero.
#[inline(always)]
pub(crate) fn root<T: Real>(x: T) -> T {
    if x == T::NEG_INFINITY { T::INFINITY } else { (x + T::ZERO).sqrt() }
}

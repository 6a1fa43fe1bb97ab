//! Powers: x^y is 2 to the power y log2(x). The logarithm is in two parts, so that its fraction still has all digits
//! after a multiplication by a thousand.

use super::lane::{Lane, bounded, if_known, poly};
use super::pair::Pair;
use super::real::Real;

/// log2 of a normal positive number in two parts, to about 1.2 times the digits.
///
/// x = 2^k m, and log(m) = 2 atanh(s) with s = (m - 1) / (m + 1). In the series s + s^3 / 3 + ..., only the first two
/// terms need a second part.
#[inline(always)]
fn log2<T: Lane>(x: T) -> Pair<T> {
    let [k, m] = x.split();
    let f = m - T::ONE;
    let s = f / (m + T::ONE);
    // f - 2s is exact, because 2s differs from f by less than a fifth
    let rest = (-s).fma(f, s.fma(-T::TWO, f));
    let z = s * s;
    let z_low = s.fma(s, -z);
    let [first, first_low] = T::TWICE_LOG2_E;
    let [third, third_low] = T::TWICE_LOG2_E_THIRD;
    let slope = z.fma(third, first);
    let slope_low = z.fma(third, first - slope) + z_low.fma(third, z.fma(third_low, first_low));
    let slope_low = (z * z).fma(poly(z, T::LOG2_REST), slope_low);
    // the error of `s` is rest / (m + 1), and the derivative of the logarithm there is first / (1 - z); their product
    // is rest log2(e) / (1 + s), for which a few digits are enough
    let derivative = s.fma(s.fma(T::from_f64(1.4847), T::from_f64(-1.4746)), T::from_f64(1.44257));
    let log = s * slope;
    let sum = Pair::ordered_sum(k, log);
    let low = rest.fma(derivative, s.fma(slope, -log) + sum.low);
    Pair { high: sum.high, low: s.fma(slope_low, low) }
}

/// log2(|x|^y) in two parts, for a normal base.
#[inline(always)]
pub(crate) fn exponent<T: Lane>(x: T, y: T) -> [T; 2] {
    let Pair { high, low } = log2(x.abs()).times(y);
    [bounded(high, T::POW_RANGE), bounded(low, [-T::ONE, T::ONE])]
}

/// `x^y` from its [`exponent`], for a positive normal base. It does not handle the exponents for which [`slow`] has a
/// plain operation.
#[inline(always)]
pub(crate) fn of_positive<T: Lane>(x: T, y: T, [high, low]: [T; 2]) -> T {
    let [n, a, b] = high.whole_and_powers(T::ONE);
    let r = (high - n) + low;
    let result = r.fma(poly(r, T::EXP2), T::ONE) * a * b;
    let normal = x >= T::NORMAL && x < T::INFINITY;
    let plain = y == T::TWO || y == T::HALF || y == T::ONE;
    if_known(normal && !plain, result)
}

/// The same for any normal base. For a negative base, an odd exponent gives a negative power, and a fraction gives
/// none.
#[inline(always)]
pub(crate) fn of_any<T: Lane>(x: T, y: T, exponent: [T; 2]) -> T {
    let half = y * T::HALF;
    let is_whole = y.floor() == y;
    let sign = if half.floor() == half { T::ONE } else { x };
    if_known(x > T::ZERO || is_whole, of_positive(x.abs(), y, exponent).copysign(sign))
}

/// `x^y` of any numbers. For the most common exponents it is the result of a plain operation.
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

/// `x^(1/2)`, which differs from the square root for negative infinity and negative zero.
#[inline(always)]
pub(crate) fn root<T: Real>(x: T) -> T {
    if x == T::NEG_INFINITY { T::INFINITY } else { (x + T::ZERO).sqrt() }
}

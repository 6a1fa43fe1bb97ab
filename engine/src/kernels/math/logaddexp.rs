//! `log(exp(a) + exp(b))`, without overflow and without loss of digits if the result is near zero.
//!
//! With `a >= b` the result is `a + log1p(exp(b - a))`. The loops compute the second term to a few more digits than a
//! float has. This is not enough if the two terms cancel: then [`slow`] computes everything in pairs of doubles.

use super::exp::reduced;
use super::lane::{Lane, bounded, if_known, poly, scaled, whole};
use super::log::parts;
use super::pair::Pair;
use super::real::Real;

/// `log(exp(a) + exp(b))`; NaN, for unknown, if the two terms cancel and the second is above 1e-6.
#[inline(always)]
pub(crate) fn logaddexp<T: Lane>(a: T, b: T) -> T {
    let log = term(a, b);
    let result = total(a, b, log.high, log.low);
    let cancelling = log.high > T::from_f64(1e-6) && result.abs() < log.high * T::from_f64(0.5);
    if_known(!cancelling, result)
}

/// `log2(2^a + 2^b)`.
#[inline(always)]
pub(crate) fn logaddexp2<T: Lane>(a: T, b: T) -> T {
    let (greater, smaller) = if a >= b { (a, b) } else { (b, a) };
    let gap = smaller - greater;
    let more = lost(smaller, greater, gap);
    let gap = bounded(gap, T::EXP2_RANGE);
    let n = whole(gap);
    let r = gap - n;
    let power = Pair::ordered_sum(T::ONE, (r + more) * poly(r, T::EXP2));
    let log = ln_1p(power, n);
    let [scale, scale_low] = T::TWICE_LOG2_E;
    let scale = Pair { high: scale * T::HALF, low: scale_low * T::HALF };
    let log = log.times_pair(scale);
    if a == b { a + T::ONE } else { total(a, b, log.high, log.low) }
}

/// The logarithm that is added to the greater number.
#[inline(always)]
fn term<T: Lane>(a: T, b: T) -> Pair<T> {
    let (greater, smaller) = if a >= b { (a, b) } else { (b, a) };
    let gap = smaller - greater;
    let more = lost(smaller, greater, gap);
    let [n, r, rest] = reduced(bounded(gap, T::EXP_RANGE));
    let power = Pair::ordered_sum(T::ONE, r);
    let power = power.and((r * r).fma(poly(r, T::EXP), more.fma(power.high, rest)));
    ln_1p(Pair::ordered_sum(power.high, power.low), n)
}

/// The rounding error of the difference of two numbers.
#[inline(always)]
fn lost<T: Lane>(a: T, b: T, difference: T) -> T {
    let lost = Pair::sum(a, -b).low;
    if difference > T::NEG_INFINITY { lost } else { T::ZERO }
}

/// `log(1 + 2^n * power)`, for a power of at most 1.
#[inline(always)]
fn ln_1p<T: Lane>(power: Pair<T>, n: T) -> Pair<T> {
    let sum = Pair::ordered_sum(T::ONE, scaled(power.high, n)).and(scaled(power.low, n));
    let [k, m] = sum.high.split();
    let f = m - T::ONE;
    let [half, s, rest] = parts(f);
    let slope = s.fma(s.fma(T::TWO, -T::TWO), T::ONE);
    let scale = (-k).pow2();
    let [ln2, ln2_low] = T::LN_2_PARTS;
    let low = s.fma(rest, (sum.low * scale).fma(slope, k * ln2_low)) - half;
    let high = Pair::ordered_sum(k * ln2, f);
    Pair::ordered_sum(high.high, high.low + low)
}

/// The sum of the greater number and a logarithm in two parts; infinities stay.
#[inline(always)]
fn total<T: Lane>(a: T, b: T, high: T, low: T) -> T {
    let (greater, smaller) = if a >= b { (a, b) } else { (b, a) };
    let sum = Pair::sum(greater, high);
    if greater.abs() == T::INFINITY && smaller <= greater { greater } else { sum.high + (sum.low + low) }
}

/// exp(x) - 1 for moderate x: the Taylor series for x / 256, then eight doublings of the argument.
fn expm1(x: Pair<f64>) -> Pair<f64> {
    const HALVINGS: i32 = 8;
    let x = x.scaled(0.5f64.powi(HALVINGS));
    let (mut term, mut sum) = (x, x);
    for k in 2..16 {
        term = term.times_pair(x);
        // division by a small integer, with twice the digits
        let high = term.high / f64::from(k);
        term = Pair::sum(high, ((-high).mul_add(f64::from(k), term.high) + term.low) / f64::from(k));
        sum = sum.plus(term);
    }
    for _ in 0..HALVINGS {
        sum = sum.scaled(2.0).plus(sum.times_pair(sum));
    }
    sum
}

/// `logaddexp` of numbers whose terms cancel.
pub(crate) fn slow<T: Real>(a: T, b: T) -> T {
    let (a, b) = (a.to_f64(), b.to_f64());
    if a.is_nan() || b.is_nan() {
        return T::NAN;
    }
    let (greater, smaller) = if a >= b { (a, b) } else { (b, a) };
    let one = Pair { high: 1.0, low: 0.0 };
    let exp = expm1(Pair::sum(smaller, -greater)).plus(one);
    let rough = Real::ln_1p(exp.high);
    // one Newton step: exp(y) - 1 should equal exp
    let error = exp.plus(expm1(Pair { high: rough, low: 0.0 }).scaled(-1.0));
    let log = Pair::sum(rough, error.high / (1.0 + exp.high));
    let sum = log.plus(Pair { high: greater, low: 0.0 });
    T::from_f64(sum.high + sum.low)
}

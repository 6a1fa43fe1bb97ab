//! `log(exp(a) + exp(b))`, without overflow and without losing digits where the result is near zero.
//!
//! With `a >= b` the result is `a + log1p(exp(b - a))`. Where the two terms cancel, the second one is needed to
//! more digits than a double has: it is then computed in pairs of doubles, `hi + lo`.

use super::real::Real;

/// A number as the sum of a double and a small correction.
#[derive(Clone, Copy)]
struct Pair {
    hi: f64,
    lo: f64,
}

impl Pair {
    fn sum(a: f64, b: f64) -> Pair {
        let hi = a + b;
        let of_b = hi - a;
        Pair { hi, lo: (a - (hi - of_b)) + (b - of_b) }
    }

    fn plus(self, other: Pair) -> Pair {
        let hi = Pair::sum(self.hi, other.hi);
        Pair::sum(hi.hi, hi.lo + self.lo + other.lo)
    }

    fn times(self, other: Pair) -> Pair {
        // a correctly rounded multiplication gives away its error
        let hi = self.hi * other.hi;
        let lo = self.hi.mul_add(other.hi, -hi);
        Pair::sum(hi, lo + self.hi * other.lo + self.lo * other.hi)
    }

    fn scaled(self, by: f64) -> Pair {
        Pair { hi: self.hi * by, lo: self.lo * by }
    }
}

/// exp(x) - 1 for moderate x: the Taylor series of x / 256, doubled up.
fn expm1(x: Pair) -> Pair {
    const HALVINGS: i32 = 8;
    let x = x.scaled(0.5f64.powi(HALVINGS));
    let (mut term, mut sum) = (x, x);
    for k in 2..16 {
        term = term.times(x);
        // division by a small integer, to twice the digits
        let hi = term.hi / f64::from(k);
        term = Pair::sum(hi, ((-hi).mul_add(f64::from(k), term.hi) + term.lo) / f64::from(k));
        sum = sum.plus(term);
    }
    for _ in 0..HALVINGS {
        sum = sum.scaled(2.0).plus(sum.times(sum));
    }
    sum
}

/// `greater + log1p(exp(gap))`, `gap <= 0`.
fn cancelling(greater: f64, gap: Pair) -> f64 {
    let one = Pair { hi: 1.0, lo: 0.0 };
    let exp = expm1(gap).plus(one);
    let rough = Real::ln_1p(exp.hi);
    // one step of Newton's: exp(y) - 1 should be exp
    let error = exp.plus(expm1(Pair { hi: rough, lo: 0.0 }).scaled(-1.0));
    let log = Pair::sum(rough, error.hi / (1.0 + exp.hi));
    let sum = log.plus(Pair { hi: greater, lo: 0.0 });
    sum.hi + sum.lo
}

/// `log(exp(a) + exp(b))`.
pub(crate) fn logaddexp<T: Real>(a: T, b: T) -> T {
    let (a, b) = (a.to_f64(), b.to_f64());
    if a == b {
        return T::from_f64(a + std::f64::consts::LN_2);
    }
    let (greater, smaller) = if a >= b { (a, b) } else { (b, a) };
    let gap = smaller - greater;
    if gap.is_nan() {
        return T::from_f64(gap);
    }
    let log = Real::ln_1p(Real::exp(gap));
    let sum = greater + log;
    if sum.abs() < 0.25 * log && log > 1e-6 {
        return T::from_f64(cancelling(greater, Pair::sum(smaller, -greater)));
    }
    T::from_f64(sum)
}

/// `log2(2**a + 2**b)`.
pub(crate) fn logaddexp2<T: Real>(a: T, b: T) -> T {
    let (a, b) = (a.to_f64(), b.to_f64());
    if a == b {
        return T::from_f64(a + 1.0);
    }
    let (greater, smaller) = if a >= b { (a, b) } else { (b, a) };
    let gap = smaller - greater;
    if gap.is_nan() {
        return T::from_f64(gap);
    }
    T::from_f64(greater + std::f64::consts::LOG2_E * Real::ln_1p(Real::exp2(gap)))
}

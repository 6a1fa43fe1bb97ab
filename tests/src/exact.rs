//! Reference sums: correctly rounded, and pairwise as in NumPy; moments in exact arithmetic.

use num_bigint::BigInt;
use num_traits::{One, Signed, ToPrimitive, Zero};

/// The sum of finite numbers, correctly rounded except for ties, by partial sums that do not overlap (Shewchuk 1997,
/// the algorithm of Python's `math.fsum`).
pub fn sum(values: impl IntoIterator<Item = f64>) -> f64 {
    let mut partials: Vec<f64> = Vec::new();
    for mut x in values {
        let mut kept = 0;
        for i in 0..partials.len() {
            let mut y = partials[i];
            if x.abs() < y.abs() {
                (x, y) = (y, x);
            }
            let high = x + y;
            let low = y - (high - x);
            if low != 0.0 {
                partials[kept] = low;
                kept += 1;
            }
            x = high;
        }
        partials.truncate(kept);
        partials.push(x);
    }
    partials.iter().rev().fold(0.0, |sum, p| sum + p)
}

/// NumPy's sum of contiguous numbers: it halves them down to 128, which eight accumulators add.
pub fn pairwise(values: &[f64]) -> f64 {
    if values.len() < 8 {
        return values.iter().fold(-0.0, |sum, v| sum + v);
    }
    if values.len() <= 128 {
        let mut lanes: [f64; 8] = std::array::from_fn(|i| values[i]);
        let (body, rest) = values[8..].as_chunks::<8>();
        for block in body {
            lanes.iter_mut().zip(block).for_each(|(l, v)| *l += v);
        }
        let [a, b, c, d, e, f, g, h] = lanes;
        return rest.iter().fold(((a + b) + (c + d)) + ((e + f) + (g + h)), |sum, v| sum + v);
    }
    let half = values.len() / 2 / 8 * 8;
    pairwise(&values[..half]) + pairwise(&values[half..])
}

/// Moments of finite numbers in exact arithmetic, each rounded to a float after a relative error of at most 2**-80.
#[derive(Clone, Copy, Debug)]
pub struct Moments {
    /// Their sum.
    pub sum: f64,
    /// The sum of their absolute values.
    pub size: f64,
    /// Their mean.
    pub mean: f64,
    /// The mean of the squares of their distances from the mean.
    pub variance: f64,
}

/// The moments of numbers that are multiples of 2**-200.
///
/// # Panics
/// When a number is not such a multiple.
pub fn moments(values: &[f64]) -> Moments {
    let (mut sum, mut size, mut squares) = (BigInt::zero(), BigInt::zero(), BigInt::zero());
    for x in values {
        let bits = x.to_bits();
        let (exponent, fraction) = ((bits >> 52 & 0x7FF) as i64, bits & ((1 << 52) - 1));
        let whole = BigInt::from(if exponent == 0 { fraction } else { fraction | 1 << 52 });
        let up = exponent.max(1) - 1075 + 200;
        let whole = if up < 0 {
            assert!((&whole % (BigInt::one() << -up)).is_zero(), "{x:e} is too fine");
            whole >> -up
        } else {
            whole << up
        };
        squares += &whole * &whole;
        size += &whole;
        sum += if x.is_sign_negative() { -whole } else { whole };
    }
    let n = BigInt::from(values.len());
    let variance = quotient(&(&squares * &n - &sum * &sum), &(&n * &n), 400);
    Moments {
        sum: quotient(&sum, &BigInt::one(), 200),
        size: quotient(&size, &BigInt::one(), 200),
        mean: quotient(&sum, &n, 200),
        variance,
    }
}

/// `a / b / 2**down`.
fn quotient(a: &BigInt, b: &BigInt, down: i32) -> f64 {
    let up = (150 + b.bits() as i64 - a.bits() as i64).max(0) as i32;
    let value: BigInt = (a.abs() << up) / b;
    let excess = (value.bits() as i32 - 140).max(0);
    let float = (value >> excess).to_f64().unwrap_or(f64::NAN);
    // in two steps, because one power of two may be out of range
    let exponent = excess - up - down;
    let float = float * 2f64.powi(exponent / 2) * 2f64.powi(exponent - exponent / 2);
    if a.is_negative() { -float } else { float }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cancellation_loses_nothing() {
        assert_eq!(sum([1e100, 1.0, -1e100, 1e-9]), 1.0 + 1e-9);
        assert_eq!(sum(std::iter::repeat_n(0.1, 10)), 1.0);
        assert_eq!(sum([]), 0.0);
    }

    #[test]
    fn moments_are_exact() {
        let found = moments(&[1e15, 1e15 + 1.0, 1e15 + 2.0, -0.5]);
        assert_eq!((found.sum, found.size), (3e15 + 2.5, 3e15 + 3.5));
        let tiny = f64::powi(0.5, 180);
        let found = moments(&[tiny, 3.0 * tiny]);
        assert_eq!((found.mean, found.variance), (2.0 * tiny, tiny * tiny));
        assert_eq!(moments(&[0.1; 7]).variance, 0.0);
        assert_eq!(moments(&[0.1; 7]).mean, 0.1);
    }

    #[test]
    fn pairwise_is_near() {
        let values: Vec<f64> = (0..1000).map(|i| f64::from(i) * 0.1).collect();
        assert!((pairwise(&values) - sum(values.iter().copied())).abs() < 1e-9);
        // NumPy 2.4: np.full(1000, 0.1).sum()
        assert_eq!(pairwise(&[0.1; 1000]), 100.000_000_000_000_01);
    }
}

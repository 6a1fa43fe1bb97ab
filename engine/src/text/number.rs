//! Python's numbers: integers of any size, floats and complex numbers, and conversions between them.

use std::cmp::Ordering;

use num_bigint::{BigInt, BigUint};
use num_complex::Complex64;
use num_traits::{FromPrimitive, One, Signed, ToPrimitive, Zero};

use crate::Scalar;

/// The longest integer, in bits. The greatest float, as an integer, has 1024 bits.
pub(super) const MAX_BITS: u64 = 16384;

/// A number with which Python computes before an array takes part.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Number {
    Bool(bool),
    Int(BigInt),
    Float(f64),
    Complex(Complex64),
}

impl From<Scalar> for Number {
    fn from(value: Scalar) -> Number {
        match value {
            Scalar::Bool(b) => Number::Bool(b),
            Scalar::Int(n) => Number::Int(n.into()),
            Scalar::Large(x) => BigInt::from_f64(x).map_or(Number::Float(x), Number::Int),
            Scalar::Float(x) => Number::Float(x),
            Scalar::Complex(z) => Number::Complex(z),
        }
    }
}

impl Number {
    /// The number as an operand beside arrays.
    pub(super) fn scalar(&self) -> Scalar {
        match self {
            Number::Bool(b) => Scalar::Bool(*b),
            Number::Int(n) => match i128::try_from(n) {
                Ok(n) => Scalar::Int(n),
                Err(_) => Scalar::Large(float(n).unwrap_or(if n.is_negative() {
                    f64::NEG_INFINITY
                } else {
                    f64::INFINITY
                })),
            },
            Number::Float(x) => Scalar::Float(*x),
            Number::Complex(z) => Scalar::Complex(*z),
        }
    }

    /// The number, with a boolean as 0 or 1.
    pub(super) fn counted(self) -> Number {
        match self {
            Number::Bool(b) => Number::Int(u8::from(b).into()),
            other => other,
        }
    }
}

/// The float nearest to an integer; `None` if it is infinite.
pub(super) fn float(n: &BigInt) -> Option<f64> {
    quotient(n, &BigInt::one())
}

/// The float nearest to `a / b`, ties to even; `None` if it is infinite. `b` must not be 0.
pub(super) fn quotient(a: &BigInt, b: &BigInt) -> Option<f64> {
    let negative = a.is_negative() != b.is_negative();
    let (a, b) = (a.magnitude(), b.magnitude());
    if a.is_zero() {
        return Some(0.0);
    }
    // 56 or 57 bits of the quotient; the last bit is set if any of the following bits are
    let down = a.bits() as i64 - b.bits() as i64 - 56;
    let (rest, mut bits) = {
        let (a, b) =
            if down > 0 { (a.clone(), b << down as u64) } else { (a << down.unsigned_abs(), b.clone()) };
        let whole: BigUint = &a / &b;
        (a - &whole * b, whole.to_u64()?)
    };
    bits |= u64::from(!rest.is_zero());
    // the number of bits that a float cannot hold; it holds no bits below 2**-1074
    let extra = (i64::from(64 - bits.leading_zeros()) - 53).max(-1074 - down).clamp(0, 63) as u32;
    let (kept, lost, half) = (bits >> extra, bits & ((1 << extra) - 1), 1 << extra >> 1);
    let up = lost > half || (lost == half && half > 0 && kept & 1 == 1);
    let exponent = down + i64::from(extra);
    // in two steps, because the power of two may be out of range even if the product is not
    let power = |e: i64| 2f64.powi(e.clamp(-2000, 2000) as i32);
    let value = (kept + u64::from(up)) as f64 * power(exponent / 2) * power(exponent - exponent / 2);
    value.is_finite().then_some(if negative { -value } else { value })
}

/// The exact comparison of an integer with a float.
pub(super) fn order(n: &BigInt, x: f64) -> Option<Ordering> {
    match BigInt::from_f64(x.trunc()) {
        Some(whole) => Some(n.cmp(&whole).then(0.0.partial_cmp(&x.fract())?)),
        None if x.is_nan() => None,
        None => Some(if x > 0.0 { Ordering::Less } else { Ordering::Greater }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotients_are_rounded_once() {
        let big = |shift: u32, more: i64| (BigInt::one() << shift) + more;
        let cases = [
            (big(53, 1), BigInt::one(), 2f64.powi(53)),
            (big(53, 3), BigInt::one(), 2f64.powi(53) + 4.0),
            (big(120, 1) << 1, big(120, 0), 2.0),
            (big(200, 0), big(190, 0), 1024.0),
            (BigInt::one(), big(1074, 0), f64::from_bits(1)),
            (BigInt::one(), big(1075, 0), 0.0),
            (BigInt::from(3), big(1076, 0), f64::from_bits(1)),
            (BigInt::from(3), big(1075, 0), f64::from_bits(2)),
            (BigInt::one(), big(9000, 0), 0.0),
            (BigInt::from(-1), BigInt::from(3), -1.0 / 3.0),
            (BigInt::from(7), BigInt::from(10), 0.7),
            (big(1024, -1) - (BigInt::one() << 970u32), BigInt::one(), f64::MAX),
        ];
        for (a, b, expected) in cases {
            assert_eq!(quotient(&a, &b), Some(expected), "{a} / {b}");
        }
        assert_eq!(float(&big(1024, 0)), None);
        assert_eq!(float(&(-big(1024, -1))), None);
    }

    #[test]
    fn integers_compare_exactly_with_floats() {
        let n = (BigInt::one() << 53u32) + 1;
        assert_eq!(order(&n, 2f64.powi(53)), Some(Ordering::Greater));
        assert_eq!(order(&BigInt::from(-3), -3.5), Some(Ordering::Greater));
        assert_eq!(order(&BigInt::from(3), 3.5), Some(Ordering::Less));
        assert_eq!(order(&BigInt::from(3), f64::INFINITY), Some(Ordering::Less));
        assert_eq!(order(&BigInt::from(3), f64::NAN), None);
    }
}

//! Operators between Python's own numbers, which Python computes before an array takes part.
//!
//! The result stays a Python number, so that `a * (2 * pi)` has the type of `a * 6.28`.

use std::cmp::Ordering;
use std::ops::Range;

use num_bigint::BigInt;
use num_complex::Complex64;
use num_integer::Integer;
use num_traits::{One, Signed, ToPrimitive, Zero};

use super::ast::{Binary, Unary};
use super::error::{Fault, Result};
use super::number::{self, MAX_BITS, Number};

/// Python's result of `a op b`, at `span` of the text.
pub(super) fn binary(op: Binary, span: &Range<usize>, a: &Number, b: &Number) -> Result<Number> {
    use Number::{Bool, Complex, Float, Int};
    if let (Bool(a), Bool(b)) = (a, b)
        && let Some(answer) = booleans(op, *a, *b)
    {
        return Ok(Bool(answer));
    }
    let pair = (a.clone().counted(), b.clone().counted());
    if let Some(answer) = compared(op, &pair.0, &pair.1) {
        return Ok(Bool(answer));
    }
    match pair {
        (Int(a), Int(b)) => integers(op, span, &a, &b),
        (a @ Complex(_), b) | (a, b @ Complex(_)) => {
            complexes(op, span, complex(span, &a)?, complex(span, &b)?).map(Complex)
        }
        (a, b) => match floats(op, span, float(span, &a)?, float(span, &b)?)? {
            Ok(x) => Ok(Float(x)),
            Err(z) => Ok(Complex(z)),
        },
    }
}

/// Python's result of a sign before a number.
pub(super) fn unary(op: Unary, span: &Range<usize>, a: &Number) -> Result<Number> {
    Ok(match (op, a.clone().counted()) {
        (Unary::Plus, a) => a,
        (Unary::Minus, Number::Int(n)) => Number::Int(-n),
        (Unary::Minus, Number::Float(x)) => Number::Float(-x),
        (Unary::Minus, Number::Complex(z)) => Number::Complex(-z),
        (Unary::Invert, Number::Int(n)) => Number::Int(!n),
        (Unary::Minus | Unary::Invert, _) => return Err(Fault::new(span, "~ needs an integer")),
    })
}

fn float(span: &Range<usize>, a: &Number) -> Result<f64> {
    let large = || Fault::new(span, "this integer is too large for a float");
    match a {
        Number::Bool(b) => Ok((*b).into()),
        Number::Int(n) => number::float(n).ok_or_else(large),
        Number::Float(x) => Ok(*x),
        Number::Complex(z) => Ok(z.re),
    }
}

fn complex(span: &Range<usize>, a: &Number) -> Result<Complex64> {
    match a {
        Number::Complex(z) => Ok(*z),
        other => Ok(Complex64::new(float(span, other)?, 0.0)),
    }
}

fn booleans(op: Binary, a: bool, b: bool) -> Option<bool> {
    match op {
        Binary::And => Some(a & b),
        Binary::Or => Some(a | b),
        Binary::Xor => Some(a ^ b),
        _ => None,
    }
}

/// The result of a comparison. Complex numbers can be equal, but have no order.
fn compared(op: Binary, a: &Number, b: &Number) -> Option<bool> {
    use Number::{Complex, Float, Int};
    let real = |z: &Complex64| Float(z.re);
    let order = match (a, b) {
        (Int(a), Int(b)) => Some(a.cmp(b)),
        (Int(a), Float(b)) => number::order(a, *b),
        (Float(a), Int(b)) => number::order(b, *a).map(Ordering::reverse),
        (Float(a), Float(b)) => a.partial_cmp(b),
        (Complex(a), Complex(b)) => (a == b).then_some(Ordering::Equal),
        (Complex(z), other) | (other, Complex(z)) => {
            let equal = z.im == 0.0 && compared(Binary::Eq, &real(z), other)?;
            equal.then_some(Ordering::Equal)
        }
        _ => return None,
    };
    let ordered = !matches!((a, b), (Complex(_), _) | (_, Complex(_)));
    match op {
        Binary::Eq => Some(order == Some(Ordering::Equal)),
        Binary::Ne => Some(order != Some(Ordering::Equal)),
        Binary::Lt if ordered => Some(order == Some(Ordering::Less)),
        Binary::Gt if ordered => Some(order == Some(Ordering::Greater)),
        Binary::Le if ordered => Some(matches!(order, Some(Ordering::Less | Ordering::Equal))),
        Binary::Ge if ordered => Some(matches!(order, Some(Ordering::Greater | Ordering::Equal))),
        _ => None,
    }
}

fn zero(span: &Range<usize>) -> Fault {
    Fault::new(span, "division by zero")
        .help("Python refuses to divide numbers by zero; arrays give inf or nan, as in NumPy")
}

fn overflow(span: &Range<usize>) -> Fault {
    Fault::new(span, "the result is too large for a float")
}

fn integers(op: Binary, span: &Range<usize>, a: &BigInt, b: &BigInt) -> Result<Number> {
    let divides = matches!(op, Binary::Div | Binary::FloorDiv | Binary::Mod);
    if (divides && b.is_zero()) || (op == Binary::Pow && a.is_zero() && b.is_negative()) {
        return Err(zero(span));
    }
    if matches!(op, Binary::Shl | Binary::Shr) && b.is_negative() {
        return Err(Fault::new(span, "the shift count is negative: expected a number from 0 on"));
    }
    let answer = match op {
        Binary::Add => a + b,
        Binary::Sub => a - b,
        Binary::Mul => a * b,
        Binary::Div => return number::quotient(a, b).map(Number::Float).ok_or_else(|| overflow(span)),
        Binary::FloorDiv => a.div_floor(b),
        Binary::Mod => a.mod_floor(b),
        Binary::Pow if b.is_negative() => {
            let (a, b) = (Number::Float(float(span, &Number::Int(a.clone()))?), Number::Int(b.clone()));
            return binary(op, span, &a, &b);
        }
        Binary::Pow => power(a, b).ok_or_else(|| too_long(span))?,
        Binary::Shl if a.is_zero() => BigInt::zero(),
        Binary::Shl => match b.to_u64().filter(|&n| n <= MAX_BITS) {
            Some(n) => a << n,
            None => return Err(too_long(span)),
        },
        Binary::Shr => match b.to_u64() {
            Some(n) => a >> n,
            None => BigInt::from(if a.is_negative() { -1 } else { 0 }),
        },
        Binary::And => a & b,
        Binary::Or => a | b,
        Binary::Xor => a ^ b,
        _ => {
            return Err(
                Fault::new(span, "@ multiplies matrices, and these are numbers").help("use * for numbers")
            );
        }
    };
    if answer.bits() > MAX_BITS { Err(too_long(span)) } else { Ok(Number::Int(answer)) }
}

fn too_long(span: &Range<usize>) -> Fault {
    Fault::new(span, format!("the integer is too large: it has more than {MAX_BITS} bits"))
}

/// `a` to the power `b`, which must not be negative; `None` if the result is too long.
fn power(a: &BigInt, b: &BigInt) -> Option<BigInt> {
    if a.magnitude().is_one() {
        return Some(if a.is_negative() && b.is_odd() { a.clone() } else { BigInt::one() });
    }
    if a.is_zero() {
        return Some(if b.is_zero() { BigInt::one() } else { BigInt::zero() });
    }
    let exponent = b.to_u32().filter(|&n| u64::from(n).saturating_mul(a.bits() - 1) <= MAX_BITS)?;
    Some(a.pow(exponent))
}

/// The result for two floats. A negative base with a fractional exponent gives a complex number.
fn floats(op: Binary, span: &Range<usize>, a: f64, b: f64) -> Result<std::result::Result<f64, Complex64>> {
    let divides = matches!(op, Binary::Div | Binary::FloorDiv | Binary::Mod);
    if (divides && b == 0.0) || (op == Binary::Pow && a == 0.0 && b < 0.0 && b.is_finite()) {
        return Err(zero(span));
    }
    Ok(Ok(match op {
        Binary::Add => a + b,
        Binary::Sub => a - b,
        Binary::Mul => a * b,
        Binary::Div => a / b,
        Binary::FloorDiv => divided(a, b).0,
        Binary::Mod => divided(a, b).1,
        Binary::Pow if a < 0.0 && a.is_finite() && b.is_finite() && b.fract() != 0.0 => {
            return complexes(op, span, a.into(), b.into()).map(Err);
        }
        Binary::Pow => match a.powf(b) {
            x if x.is_infinite() && a.is_finite() && b.is_finite() => return Err(overflow(span)),
            x => x,
        },
        _ => return Err(Fault::new(span, format!("{} does not work on floats", op.function()))),
    }))
}

/// `a // b` and `a % b`, by Python's algorithm.
fn divided(a: f64, b: f64) -> (f64, f64) {
    let mut rest = a % b;
    let mut times = (a - rest) / b;
    if rest == 0.0 {
        rest = 0f64.copysign(b);
    } else if (rest < 0.0) != (b < 0.0) {
        rest += b;
        times -= 1.0;
    }
    if times == 0.0 {
        return (0f64.copysign(a / b), rest);
    }
    let floor = times.floor();
    (if times - floor > 0.5 { floor + 1.0 } else { floor }, rest)
}

fn complexes(op: Binary, span: &Range<usize>, a: Complex64, b: Complex64) -> Result<Complex64> {
    match op {
        Binary::Add => Ok(a + b),
        Binary::Sub => Ok(a - b),
        Binary::Mul => Ok(a * b),
        Binary::Div => ratio(a, b).ok_or_else(|| zero(span)),
        Binary::Pow => {
            let answer = complex_power(a, b).ok_or_else(|| {
                Fault::new(span, "0 cannot be raised to a negative or complex power")
                    .help("this divides by zero")
            })?;
            if answer.re.is_infinite() || answer.im.is_infinite() { Err(overflow(span)) } else { Ok(answer) }
        }
        _ => Err(Fault::new(span, format!("{} does not work on complex numbers", op.function()))),
    }
}

/// The quotient by Smith's formula; `None` for a division by 0.
fn ratio(a: Complex64, b: Complex64) -> Option<Complex64> {
    if b == Complex64::ZERO {
        return None;
    }
    Some(if b.re.abs() >= b.im.abs() {
        let part = b.im / b.re;
        let whole = b.re + b.im * part;
        Complex64::new((a.re + a.im * part) / whole, (a.im - a.re * part) / whole)
    } else if b.im.abs() >= b.re.abs() {
        let part = b.re / b.im;
        let whole = b.re * part + b.im;
        Complex64::new((a.re * part + a.im) / whole, (a.im * part - a.re) / whole)
    } else {
        Complex64::new(f64::NAN, f64::NAN)
    })
}

/// The power, by Python's algorithm: multiplications for a whole exponent up to 100, otherwise angle and modulus.
/// `None` for a division by 0.
fn complex_power(a: Complex64, b: Complex64) -> Option<Complex64> {
    if b.im == 0.0 && b.re.fract() == 0.0 && b.re.abs() <= 100.0 {
        let (mut product, mut square, mut left) = (Complex64::ONE, a, b.re.abs() as u32);
        while left > 0 {
            if left & 1 == 1 {
                product *= square;
            }
            square *= square;
            left >>= 1;
        }
        return if b.re > 0.0 { Some(product) } else { ratio(Complex64::ONE, product) };
    }
    if b == Complex64::ZERO {
        return Some(Complex64::ONE);
    }
    if a == Complex64::ZERO {
        return (b.im == 0.0 && b.re >= 0.0).then_some(Complex64::ZERO);
    }
    let (size, angle) = (a.norm(), a.arg());
    let (mut length, mut phase) = (size.powf(b.re), angle * b.re);
    if b.im != 0.0 {
        length /= (angle * b.im).exp();
        phase += b.im * size.ln();
    }
    Some(Complex64::new(length * phase.cos(), length * phase.sin()))
}

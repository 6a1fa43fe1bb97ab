//! What Python computes itself: operators between its own numbers, before an array is met.
//!
//! The result stays a Python number, so that `a * (2 * pi)` has the type of `a * 6.28`.

use std::cmp::Ordering;
use std::ops::Range;

use num_complex::Complex64;

use super::ast::{Binary, Unary};
use super::error::{Fault, Result};
use crate::Scalar;

/// Python's answer to `a op b`, at `span` of the text.
pub(super) fn binary(op: Binary, span: &Range<usize>, a: Scalar, b: Scalar) -> Result<Scalar> {
    use Scalar::{Bool, Complex, Float, Int};
    if let (Bool(a), Bool(b)) = (a, b)
        && let Some(answer) = booleans(op, a, b)
    {
        return Ok(Bool(answer));
    }
    match (number(a), number(b)) {
        (Int(a), Int(b)) => integers(op, span, a, b),
        (Complex(a), b) => complexes(op, span, a, complex(b)),
        (a, Complex(b)) => complexes(op, span, complex(a), b),
        (a, b) => floats(op, span, float(a), float(b)).map(|answer| match answer {
            Float(x) if x.is_nan() && is_power(op) && float(a) < 0.0 => Complex(complex(a).powc(complex(b))),
            other => other,
        }),
    }
}

/// Python's answer to a sign before a number.
pub(super) fn unary(op: Unary, span: &Range<usize>, a: Scalar) -> Result<Scalar> {
    let large = || Fault::new(span, "integer too large");
    Ok(match (op, number(a)) {
        (Unary::Plus, a) => a,
        (Unary::Minus, Scalar::Int(n)) => Scalar::Int(n.checked_neg().ok_or_else(large)?),
        (Unary::Minus, Scalar::Complex(z)) => Scalar::Complex(-z),
        (Unary::Minus, a) => Scalar::Float(-float(a)),
        (Unary::Invert, Scalar::Int(n)) => Scalar::Int(!n),
        (Unary::Invert, _) => return Err(Fault::new(span, "~ needs an integer")),
    })
}

fn is_power(op: Binary) -> bool {
    op == Binary::Pow
}

/// A truth value counts as 0 or 1.
fn number(a: Scalar) -> Scalar {
    match a {
        Scalar::Bool(b) => Scalar::Int(b.into()),
        other => other,
    }
}

fn float(a: Scalar) -> f64 {
    match number(a) {
        Scalar::Int(n) => n as f64,
        Scalar::Float(x) => x,
        _ => f64::NAN,
    }
}

fn complex(a: Scalar) -> Complex64 {
    match a {
        Scalar::Complex(z) => z,
        other => Complex64::new(float(other), 0.0),
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

fn order(op: Binary, order: Option<Ordering>) -> Option<Scalar> {
    let holds = match op {
        Binary::Lt => order == Some(Ordering::Less),
        Binary::Le => matches!(order, Some(Ordering::Less | Ordering::Equal)),
        Binary::Gt => order == Some(Ordering::Greater),
        Binary::Ge => matches!(order, Some(Ordering::Greater | Ordering::Equal)),
        Binary::Eq => order == Some(Ordering::Equal),
        Binary::Ne => order != Some(Ordering::Equal),
        _ => return None,
    };
    Some(Scalar::Bool(holds))
}

fn zero(span: &Range<usize>) -> Fault {
    Fault::new(span, "division by zero")
        .help("Python refuses it between numbers; between arrays NumPy gives inf or nan")
}

fn integers(op: Binary, span: &Range<usize>, a: i128, b: i128) -> Result<Scalar> {
    if let Some(answer) = order(op, Some(a.cmp(&b))) {
        return Ok(answer);
    }
    let divides = matches!(op, Binary::Div | Binary::FloorDiv | Binary::Mod);
    if (divides && b == 0) || (is_power(op) && a == 0 && b < 0) {
        return Err(zero(span));
    }
    if matches!(op, Binary::Shl | Binary::Shr) && b < 0 {
        return Err(Fault::new(span, "negative shift count"));
    }
    let count = u32::try_from(b).ok();
    let answer = match op {
        Binary::Add => a.checked_add(b),
        Binary::Sub => a.checked_sub(b),
        Binary::Mul => a.checked_mul(b),
        Binary::Div => return Ok(Scalar::Float(a as f64 / b as f64)),
        Binary::FloorDiv => a.checked_div(b).map(|q| q - i128::from(a % b != 0 && (a < 0) != (b < 0))),
        Binary::Mod => a.checked_rem(b).map(|r| if r != 0 && (r < 0) != (b < 0) { r + b } else { r }),
        Binary::Pow if b < 0 => return floats(op, span, a as f64, b as f64),
        Binary::Pow => match (a, count) {
            (0 | 1, _) => Some(if b == 0 { 1 } else { a }),
            (-1, _) => Some(if b % 2 == 0 { 1 } else { -1 }),
            (_, Some(n)) => a.checked_pow(n),
            _ => None,
        },
        Binary::Shl => count.filter(|&n| n < 127).and_then(|n| a.checked_mul(1 << n)),
        Binary::Shr => Some(a >> b.min(127)),
        Binary::And => Some(a & b),
        Binary::Or => Some(a | b),
        Binary::Xor => Some(a ^ b),
        _ => return Err(Fault::new(span, "matrix product of numbers").help("use * for numbers")),
    };
    answer.map(Scalar::Int).ok_or_else(|| Fault::new(span, "the integer becomes too large"))
}

fn floats(op: Binary, span: &Range<usize>, a: f64, b: f64) -> Result<Scalar> {
    if let Some(answer) = order(op, a.partial_cmp(&b)) {
        return Ok(answer);
    }
    let divides = matches!(op, Binary::Div | Binary::FloorDiv | Binary::Mod);
    if (divides && b == 0.0) || (is_power(op) && a == 0.0 && b < 0.0) {
        return Err(zero(span));
    }
    let modulo = || {
        let r = a % b;
        if r == 0.0 {
            0f64.copysign(b)
        } else if (r < 0.0) != (b < 0.0) {
            r + b
        } else {
            r
        }
    };
    Ok(Scalar::Float(match op {
        Binary::Add => a + b,
        Binary::Sub => a - b,
        Binary::Mul => a * b,
        Binary::Div => a / b,
        Binary::Mod => modulo(),
        Binary::FloorDiv => ((a - modulo()) / b).round(),
        Binary::Pow => a.powf(b),
        _ => return Err(Fault::new(span, format!("{} does not work on floats", op.function()))),
    }))
}

fn complexes(op: Binary, span: &Range<usize>, a: Complex64, b: Complex64) -> Result<Scalar> {
    Ok(Scalar::Complex(match op {
        Binary::Add => a + b,
        Binary::Sub => a - b,
        Binary::Mul => a * b,
        Binary::Div if b == Complex64::ZERO => return Err(zero(span)),
        Binary::Div => a / b,
        Binary::Pow => a.powc(b),
        Binary::Eq => return Ok(Scalar::Bool(a == b)),
        Binary::Ne => return Ok(Scalar::Bool(a != b)),
        _ => return Err(Fault::new(span, format!("{} does not work on complex numbers", op.function()))),
    }))
}

//! Compares an answer with NumPy's.

use std::fmt;

use arrstore_format::{DType, Kind};
use half::{bf16, f16};

use crate::golden::Array;

/// The required answer.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'a> {
    /// The answer.
    pub want: &'a Array,
    /// Other elements that are also right.
    pub also: Option<&'a Array>,
    /// Greatest distance from `want`, one `f64` for each component; `None` means equal.
    pub tol: Option<&'a Array>,
}

/// The difference between an answer and the required one.
#[derive(Clone, Debug, PartialEq)]
pub enum Mismatch {
    /// The type, as wanted and as found.
    DType(DType, DType),
    /// The shape, as wanted and as found.
    Shape(Vec<u64>, Vec<u64>),
    /// Elements.
    Elements {
        /// The number of elements that differ.
        count: usize,
        /// C-order position of the first.
        first: usize,
        /// The element wanted there.
        want: String,
        /// The element found there.
        got: String,
        /// The greatest error allowed there.
        allowed: f64,
    },
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Mismatch::DType(want, got) => write!(f, "dtype: expected {want}, got {got}"),
            Mismatch::Shape(want, got) => write!(f, "shape: expected {want:?}, got {got:?}"),
            Mismatch::Elements { count, first, want, got, allowed } => {
                write!(
                    f,
                    "{count} element(s), first at {first}: expected {want} (within {allowed:e}), got {got}"
                )
            }
        }
    }
}

/// Compares an answer with the required one. NaN equals NaN, the sign of zero counts, and a tolerance does not apply to
/// infinities and NaN.
///
/// # Errors
/// The difference.
pub fn compare(wanted: Wanted<'_>, dtype: DType, shape: &[u64], bytes: &[u8]) -> Result<(), Mismatch> {
    let want = wanted.want;
    if dtype != want.dtype {
        return Err(Mismatch::DType(want.dtype, dtype));
    }
    if shape != want.shape || bytes.len() != want.bytes.len() {
        return Err(Mismatch::Shape(want.shape.clone(), shape.to_vec()));
    }
    let (part, parts) = components(dtype);
    let size = part.size();
    let tolerance = |i: usize| wanted.tol.map_or(0.0, |t| number(DType::F64, &t.bytes[8 * i..]));
    let right = |i: usize| {
        let at = i * size..(i + 1) * size;
        let (w, g) = (&want.bytes[at.clone()], &bytes[at.clone()]);
        same(part, w, g)
            || wanted.also.is_some_and(|a| same(part, &a.bytes[at], g))
            || near(part, w, g, tolerance(i))
    };
    // Most answers are equal byte for byte, so that is compared first.
    let wrong: Vec<usize> = (0..bytes.len() / size).filter(|&i| !right(i)).collect();
    match wrong.first() {
        None => Ok(()),
        Some(&i) => {
            let first = i / parts;
            let at = first * dtype.size()..(first + 1) * dtype.size();
            Err(Mismatch::Elements {
                count: wrong.len(),
                first,
                want: show(dtype, &want.bytes[at.clone()]),
                got: show(dtype, &bytes[at]),
                allowed: tolerance(i),
            })
        }
    }
}

/// Same bits, or both NaN.
fn same(part: DType, a: &[u8], b: &[u8]) -> bool {
    a == b || (part.kind() == Kind::Float && number(part, a).is_nan() && number(part, b).is_nan())
}

fn near(part: DType, want: &[u8], got: &[u8], tol: f64) -> bool {
    if part.kind() != Kind::Float || tol == 0.0 {
        return false;
    }
    let (w, g) = (number(part, want), number(part, got));
    w.is_finite() && g.is_finite() && (w - g).abs() <= tol
}

/// The type of a component, and the number of components of an element.
fn components(dtype: DType) -> (DType, usize) {
    match dtype {
        DType::C64 => (DType::F32, 2),
        DType::C128 => (DType::F64, 2),
        other => (other, 1),
    }
}

/// The value of a float at the start of `bytes`, which may be longer.
pub fn number(dtype: DType, bytes: &[u8]) -> f64 {
    let word = |n: usize| bytes[..n].iter().rev().fold(0u64, |w, &b| w << 8 | u64::from(b));
    match dtype {
        DType::F16 => f16::from_bits(word(2) as u16).to_f64(),
        DType::BF16 => bf16::from_bits(word(2) as u16).to_f64(),
        DType::F32 => f64::from(f32::from_bits(word(4) as u32)),
        _ => f64::from_bits(word(8)),
    }
}

/// An element as text, with all its digits.
pub fn show(dtype: DType, bytes: &[u8]) -> String {
    let (part, parts) = components(dtype);
    if parts == 2 {
        let (re, im) = bytes.split_at(part.size());
        return format!("({}, {})", show(part, re), show(part, im));
    }
    let word = bytes.iter().rev().fold(0u64, |w, &b| w << 8 | u64::from(b));
    let unused = 64 - 8 * bytes.len().clamp(1, 8) as u32;
    match dtype.kind() {
        Kind::Float if dtype == DType::F32 => format!("{:?}", number(dtype, bytes) as f32),
        Kind::Float => format!("{:?}", number(dtype, bytes)),
        Kind::Signed => (((word << unused) as i64) >> unused).to_string(),
        Kind::Bool if word < 2 => (word == 1).to_string(),
        _ => word.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn floats(values: &[f64]) -> Array {
        let bytes = values.iter().flat_map(|v| v.to_le_bytes()).collect();
        Array { dtype: DType::F64, shape: vec![values.len() as u64], bytes }
    }

    fn differs(want: &[f64], also: Option<&[f64]>, tol: Option<&[f64]>, got: &[f64]) -> bool {
        let (want, also, tol, got) = (floats(want), also.map(floats), tol.map(floats), floats(got));
        let wanted = Wanted { want: &want, also: also.as_ref(), tol: tol.as_ref() };
        compare(wanted, got.dtype, &got.shape, &got.bytes).is_err()
    }

    #[test]
    fn bits_and_signs_of_zero_count() {
        assert!(!differs(&[1.0, f64::NAN], None, None, &[1.0, -f64::NAN]));
        assert!(differs(&[1.0], None, None, &[1.0 + f64::EPSILON]));
        assert!(differs(&[0.0], None, None, &[-0.0]));
        assert!(differs(&[f64::NAN], None, None, &[1.0]));
        assert!(!differs(&[0.0], Some(&[-0.0]), None, &[-0.0]));
    }

    #[test]
    fn tolerances_move_finite_numbers_alone() {
        assert!(!differs(&[1.0], None, Some(&[f64::EPSILON]), &[1.0 + f64::EPSILON]));
        assert!(differs(&[1.0], None, Some(&[f64::EPSILON]), &[1.0 + 2.0 * f64::EPSILON]));
        assert!(differs(&[f64::INFINITY], None, Some(&[f64::INFINITY]), &[f64::MAX]));
        assert!(differs(&[1.0], None, Some(&[f64::INFINITY]), &[f64::NAN]));
        assert!(differs(&[0.0], None, Some(&[0.0]), &[-0.0]));
    }

    #[test]
    fn types_and_shapes_count() {
        let want = floats(&[1.0]);
        let wanted = Wanted { want: &want, also: None, tol: None };
        let (dtype, shape) = (DType::I64, vec![1, 1]);
        assert_eq!(compare(wanted, dtype, &[1], &want.bytes), Err(Mismatch::DType(DType::F64, dtype)));
        assert_eq!(compare(wanted, DType::F64, &shape, &want.bytes), Err(Mismatch::Shape(vec![1], shape)));
    }

    #[test]
    fn elements_are_shown_with_all_digits() {
        assert_eq!(show(DType::I8, &[0x80]), "-128");
        assert_eq!(show(DType::U64, &u64::MAX.to_le_bytes()), "18446744073709551615");
        assert_eq!(show(DType::Bool, &[1]), "true");
        assert_eq!(show(DType::F32, &0.1f32.to_le_bytes()), "0.1");
        assert_eq!(show(DType::C64, &[0, 0, 0, 0x80, 0, 0, 0xc0, 0x7f]), "(-0.0, NaN)");
    }
}

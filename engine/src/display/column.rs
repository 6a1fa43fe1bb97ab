//! The common form of a column of floats: positional or scientific, and the width.

use arrstore_format::DType;

use super::digits::{self, Digits, Real};

const PRECISION: usize = 8;

pub(super) struct Column {
    plus: bool,
    /// Digits of the exponent, when the form is scientific.
    exponent: Option<usize>,
    /// Characters before and after the point.
    left: usize,
    right: usize,
    /// Digits after the point of the scientific form.
    precision: usize,
}

impl Column {
    /// With `plus`, positive numbers have a sign too, for imaginary parts.
    pub(super) fn new(values: &[Real], plus: bool) -> Column {
        let finite: Vec<Real> = values.iter().copied().filter(|x| x.value.is_finite()).collect();
        let sign = |d: &Digits| d.integer.len() + usize::from(plus && !d.integer.starts_with('-'));
        let mut column = Column { plus, exponent: None, left: 0, right: 0, precision: PRECISION };
        if wants_exponent(&finite) {
            let all: Vec<Digits> = finite.iter().map(|&x| digits::scientific(x, Some(PRECISION))).collect();
            let exponent = all.iter().map(|d| digits::power(d.exponent, 2).len() - 2).max().unwrap_or(2);
            column.precision = all.iter().map(|d| d.fraction.len()).max().unwrap_or(0);
            column.left = all.iter().map(sign).max().unwrap_or(0);
            column.right = exponent + 2 + column.precision;
            column.exponent = Some(exponent);
        } else {
            let all: Vec<Digits> = finite.iter().map(|&x| digits::positional(x, Some(PRECISION))).collect();
            column.left = all.iter().map(sign).max().unwrap_or(0);
            column.right = all.iter().map(|d| d.fraction.len()).max().unwrap_or(0);
        }
        if finite.len() < values.len() {
            let signed = plus || values.iter().any(|x| x.value == f64::NEG_INFINITY);
            let longest = "inf".len() + usize::from(signed);
            column.left = column.left.max(longest.saturating_sub(column.right + 1));
        }
        column
    }

    pub(super) fn word(&self, x: Real) -> String {
        let plus = if self.plus && !(x.value < 0.0 || is_negative_zero(x.value)) { "+" } else { "" };
        if !x.value.is_finite() {
            let name = match x.value {
                v if v.is_nan() => "nan",
                v if v < 0.0 => "-inf",
                _ => "inf",
            };
            let width = self.left + self.right + 1;
            return format!("{:>width$}", format!("{plus}{name}"));
        }
        let left = self.left;
        if let Some(width) = self.exponent {
            // If the column has more places than this number needs, the number's own next digits fill them.
            let d = digits::exact(x, self.precision);
            let places = self.precision;
            let integer = format!("{plus}{}", d.integer);
            return format!("{integer:>left$}.{:0<places$}{}", d.fraction, digits::power(d.exponent, width));
        }
        let d = digits::positional(x, Some(PRECISION));
        let (integer, right) = (format!("{plus}{}", d.integer), self.right);
        format!("{integer:>left$}.{:<right$}", d.fraction)
    }
}

fn is_negative_zero(x: f64) -> bool {
    x == 0.0 && x.is_sign_negative()
}

/// NumPy's rule for the scientific form: the largest size is at least 1e8 (1e6 for `float32`, 1e3 for `float16`), the
/// smallest is below 1e-4, or their quotient is above 1000.
///
/// NumPy compares in the array's own type, so the bounds and the quotient are rounded to this type.
fn wants_exponent(finite: &[Real]) -> bool {
    let sizes = || finite.iter().map(|x| x.value.abs()).filter(|&x| x != 0.0);
    let (Some(dtype), Some(most)) = (finite.first().map(|x| x.dtype), sizes().reduce(f64::max)) else {
        return false;
    };
    let least = sizes().fold(most, f64::min);
    let round = |x: f64| match dtype {
        DType::F16 => crate::op::nearest_f16(x).to_f64(),
        DType::F32 => f64::from(x as f32),
        _ => x,
    };
    let largest = match dtype {
        DType::F16 => 1e3,
        DType::F32 => 1e6,
        _ => 1e8,
    };
    most >= largest || least < round(0.0001) || round(most / least) > 1000.0
}

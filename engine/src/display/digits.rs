//! One number as digits: the fewest digits that distinguish it from its neighbours, or fewer, rounded, if these are too
//! many.

use arrstore_format::DType;

/// A float of any width, with its type, which decides how many digits distinguish it from its neighbours.
#[derive(Clone, Copy)]
pub(super) struct Real {
    pub(super) value: f64,
    /// `F16`, `F32` or `F64`.
    pub(super) dtype: DType,
}

/// The parts of a finite number: its sign, its digits before and after the point, and its power of ten.
pub(super) struct Digits {
    /// The digits before the point, after a `-` if the number is negative.
    pub(super) integer: String,
    /// The digits after the point, without trailing zeros. It may be empty.
    pub(super) fraction: String,
    pub(super) exponent: i32,
}

/// The shortest digits that read back as the same number, as `d.ddd` and a power of ten.
///
/// If two results are equally short and equally near, NumPy takes the one with the even last digit. Rust's formatter
/// does so with a precision, but not without one.
fn shortest(x: Real) -> String {
    let same = |text: &str| match x.dtype {
        DType::F32 => text.parse::<f32>().is_ok_and(|v| f64::from(v) == x.value),
        DType::F16 => text.parse::<f64>().is_ok_and(|v| crate::op::nearest_f16(v).to_f64() == x.value),
        _ => text.parse::<f64>().is_ok_and(|v| v == x.value),
    };
    let rounded = |p: usize| Some(format!("{:.p$e}", x.value)).filter(|text| same(text));
    let unique = match x.dtype {
        DType::F32 => format!("{:e}", x.value as f32),
        DType::F16 => return (0..8).find_map(rounded).unwrap_or_default(),
        _ => format!("{:e}", x.value),
    };
    rounded(places(&unique)).unwrap_or(unique)
}

/// Digits after the point of `d.ddde±x`.
fn places(text: &str) -> usize {
    let mantissa = text.split('e').next().unwrap_or("");
    mantissa.split_once('.').map_or(0, |(_, fraction)| fraction.len())
}

fn split(mantissa: &str, exponent: i32) -> Digits {
    let (integer, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    Digits { integer: integer.to_owned(), fraction: fraction.trim_end_matches('0').to_owned(), exponent }
}

/// `d.ddde±x`, at most `precision` digits after the point.
pub(super) fn scientific(x: Real, precision: Option<usize>) -> Digits {
    let text = shortest(x);
    match precision {
        Some(p) if places(&text) > p => exact(x, p),
        _ => cut(&text),
    }
}

/// `d.ddde±x` with the number's own digits, rounded to `places` after the point. These can be more digits than the
/// shortest form has.
pub(super) fn exact(x: Real, places: usize) -> Digits {
    cut(&format!("{:.places$e}", x.value))
}

fn cut(text: &str) -> Digits {
    let (mantissa, exponent) = text.split_once('e').unwrap_or((text, "0"));
    split(mantissa, exponent.parse().unwrap_or(0))
}

/// `ddd.ddd`, at most `precision` digits after the point.
pub(super) fn positional(x: Real, precision: Option<usize>) -> Digits {
    let unique = scientific(x, None);
    let places = unique.fraction.len() as i64 - i64::from(unique.exponent);
    if let Some(p) = precision
        && places > p as i64
    {
        return split(&format!("{:.p$}", x.value), 0);
    }
    let (sign, first) = match unique.integer.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", unique.integer.as_str()),
    };
    let all = format!("{first}{}", unique.fraction);
    let point = i64::from(unique.exponent) + 1;
    let (integer, fraction) = if point <= 0 {
        ("0".to_owned(), format!("{}{all}", "0".repeat(point.unsigned_abs() as usize)))
    } else {
        let point = point as usize;
        let padded = format!("{all:0<point$}");
        let (integer, fraction) = padded.split_at(point);
        (integer.to_owned(), fraction.to_owned())
    };
    Digits {
        integer: format!("{sign}{integer}"),
        fraction: fraction.trim_end_matches('0').to_owned(),
        exponent: 0,
    }
}

/// `str()` of NumPy's scalar, with all significant digits. With `point`, a whole number keeps its `.0`.
pub(super) fn scalar(x: Real, point: bool) -> String {
    let size = x.value.abs();
    if size.is_nan() {
        return "nan".to_owned();
    }
    if size.is_infinite() {
        return if x.value < 0.0 { "-inf" } else { "inf" }.to_owned();
    }
    let largest = match x.dtype {
        DType::F16 => 1e3,
        DType::F32 => 1e6,
        _ => 1e16,
    };
    if size == 0.0 || (1e-4..largest).contains(&size) {
        let d = positional(x, None);
        return match (d.fraction.as_str(), point) {
            ("", true) => format!("{}.0", d.integer),
            ("", false) => d.integer,
            (fraction, _) => format!("{}.{fraction}", d.integer),
        };
    }
    let d = scientific(x, None);
    let dot = if d.fraction.is_empty() { "" } else { "." };
    format!("{}{dot}{}{}", d.integer, d.fraction, power(d.exponent, 2))
}

/// `e+07`
pub(super) fn power(exponent: i32, width: usize) -> String {
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("e{sign}{:0width$}", exponent.unsigned_abs())
}

/// C's `%g`, by which `ml_dtypes` prints a bfloat16.
pub(super) fn general(x: f64) -> String {
    if !x.is_finite() {
        return if x.is_nan() { "nan".to_owned() } else { format!("{x}") };
    }
    let rounded = format!("{x:.5e}");
    let (mantissa, exponent) = rounded.split_once('e').unwrap_or((&rounded, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let trim = |text: &str| match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => text.to_owned(),
    };
    if (-4..6).contains(&exponent) {
        let places = (5 - exponent) as usize;
        return trim(&format!("{x:.places$}"));
    }
    trim(mantissa) + &power(exponent, 2)
}

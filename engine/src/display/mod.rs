//! Results as NumPy prints them: `print(a)` with its default options.
//!
//! This module makes the layout: aligned columns, lines of 75 characters, and three items at each edge of an array of
//! more than a thousand elements. `digits` turns a number into digits. `column` finds a common form for a column of
//! numbers.

mod column;
mod corners;
mod digits;
mod record;
mod text;

use std::ops::Range;

use arrstore_format::{DType, Kind, TimeUnit};

use column::Column;
pub use corners::Corners;
use digits::Real;
pub use text::{bytes_text, str_text};

/// An array of more elements than this is printed only at its edges.
pub const THRESHOLD: u64 = 1000;

/// Items printed at each end of a shortened axis.
pub const EDGE_ITEMS: u64 = 3;

const LINE_WIDTH: usize = 75;

/// Bytes in readable form, as in `12.5 MiB`. They are rounded up, so that a budget of the printed size is enough.
pub(crate) fn size(bytes: u64) -> String {
    const UNITS: [&str; 6] = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
    if bytes < 1024 {
        return format!("{bytes} bytes");
    }
    let power = (bytes.ilog2() / 10) as usize;
    // in hundredths of the unit
    let hundredths = (u128::from(bytes) * 100).div_ceil(1 << (10 * power));
    let (whole, part) = (hundredths / 100, hundredths % 100);
    let unit = UNITS.get(power - 1).unwrap_or(&"");
    match (part, part % 10) {
        (0, _) => format!("{whole} {unit}"),
        (_, 0) => format!("{whole}.{} {unit}", part / 10),
        _ => format!("{whole}.{part:02} {unit}"),
    }
}

/// Prints an array, as `str()` of NumPy's array or (for no axis) of NumPy's scalar.
///
/// `data` holds the elements in C order, little-endian. If it is too short, the elements that it holds are printed.
pub fn display(dtype: DType, shape: &[u64], data: &[u8]) -> String {
    match summary(shape) {
        None => display_summary(dtype, shape, data),
        Some(axes) => display_summary(dtype, shape, &edges(shape, &axes, data)),
    }
}

/// The printed indices along each axis of an array that is too large to be printed whole; `None` for smaller arrays.
///
/// A caller without the whole array in memory reads only these parts (their product over the axes, in C order) and
/// prints them with [`display_summary`].
fn summary(shape: &[u64]) -> Option<Vec<Vec<Range<u64>>>> {
    let count = shape.iter().try_fold(1u64, |count, &n| count.checked_mul(n));
    if shape.contains(&0) || count.is_some_and(|n| n <= THRESHOLD) {
        return None;
    }
    let axis = |&len: &u64| {
        let cut = len > 2 * EDGE_ITEMS;
        let (head, tail) = if cut { (EDGE_ITEMS, len - EDGE_ITEMS) } else { (len, len) };
        [0..head, tail..len].into_iter().filter(|r| !r.is_empty()).collect()
    };
    Some(shape.iter().map(axis).collect())
}

/// Prints an array of `shape`. `data` holds only the parts that [`Corners`] names.
pub fn display_summary(dtype: DType, shape: &[u64], data: &[u8]) -> String {
    let size = dtype.size();
    if shape.is_empty() {
        return data.get(..size).map_or_else(String::new, |element| scalar(dtype, element));
    }
    if shape.contains(&0) {
        return "[]".to_owned();
    }
    let words = words(dtype, data);
    let mut printer = Printer { shape, cut: summary(shape).is_some(), words: words.iter() };
    printer.axis(0, 1, LINE_WIDTH)
}

/// Cuts the printed parts out of a whole array.
fn edges(shape: &[u64], axes: &[Vec<Range<u64>>], data: &[u8]) -> Vec<u8> {
    let Some((&len, inner)) = shape.split_first() else { return data.to_vec() };
    let step = data.len() / len.max(1) as usize;
    let Some((ranges, inner_axes)) = axes.split_first() else { return Vec::new() };
    let mut out = Vec::new();
    for i in ranges.iter().cloned().flatten() {
        let item = data.get(i as usize * step..(i as usize + 1) * step).unwrap_or(&[]);
        out.extend(edges(inner, inner_axes, item));
    }
    out
}

/// Each element as a word. All words have the same width if NumPy aligns them.
fn words(dtype: DType, data: &[u8]) -> Vec<String> {
    let elements = data.chunks_exact(dtype.size());
    match dtype.kind() {
        Kind::Bool => elements.map(|e| if e == [0] { "False" } else { " True" }.to_owned()).collect(),
        Kind::Signed | Kind::Unsigned => {
            let numbers: Vec<String> = elements.map(|e| integer(dtype, e).to_string()).collect();
            let width = numbers.iter().map(String::len).max().unwrap_or(0);
            numbers.iter().map(|n| format!("{n:>width$}")).collect()
        }
        Kind::Float if dtype == DType::BF16 => {
            elements.map(|e| digits::general(real(dtype, e).value)).collect()
        }
        Kind::Float => {
            let values: Vec<Real> = elements.map(|e| real(dtype, e)).collect();
            let column = Column::new(&values, false);
            values.iter().map(|&x| column.word(x)).collect()
        }
        Kind::Complex => {
            let (re, im): (Vec<Real>, Vec<Real>) = elements.map(|e| complex(dtype, e)).unzip();
            let (left, right) = (Column::new(&re, false), Column::new(&im, true));
            re.iter().zip(&im).map(|(&re, &im)| left.word(re) + &imaginary(&right.word(im))).collect()
        }
        Kind::DateTime | Kind::TimeDelta => times(dtype, &elements.map(count).collect::<Vec<_>>()),
        Kind::Bytes | Kind::Str => elements.map(|e| text::quoted(dtype, e)).collect(),
        Kind::Record => record::words(dtype, data, false),
    }
}

/// Times as words of the width of the latest and the earliest, as NumPy aligns them.
fn times(dtype: DType, counts: &[i64]) -> Vec<String> {
    let word = |&count: &i64| match (dtype, count) {
        (_, TimeUnit::NAT) => "'NaT'".to_owned(),
        (DType::DateTime(unit), count) => format!("'{}'", crate::time::text(count, unit)),
        (_, count) => count.to_string(),
    };
    let known = || counts.iter().filter(|&&count| count != TimeUnit::NAT);
    let ends = known().max().into_iter().chain(known().min()).map(word);
    let nat = counts.contains(&TimeUnit::NAT).then(|| "'NaT'".to_owned());
    let width = ends.chain(nat).map(|word| word.len()).max().unwrap_or(0);
    counts.iter().map(|count| format!("{:>width$}", word(count))).collect()
}

/// The count of a time.
fn count(element: &[u8]) -> i64 {
    i64::from_le_bytes(bytes(element))
}

/// The `j` stands before the spaces that pad an imaginary part.
fn imaginary(word: &str) -> String {
    let digits = word.trim_end();
    format!("{digits}j{}", &" ".repeat(word.len() - digits.len()))
}

fn scalar(dtype: DType, element: &[u8]) -> String {
    match dtype.kind() {
        Kind::Bool => if element == [0] { "False" } else { "True" }.to_owned(),
        Kind::Signed | Kind::Unsigned => integer(dtype, element).to_string(),
        Kind::Float if dtype == DType::BF16 => digits::general(real(dtype, element).value),
        Kind::Float => digits::scalar(real(dtype, element), true),
        Kind::Complex => {
            let (re, im) = complex(dtype, element);
            let imaginary = digits::scalar(im, false);
            if re.value == 0.0 && re.value.is_sign_positive() {
                return imaginary + "j";
            }
            let sign = if imaginary.starts_with('-') { "" } else { "+" };
            format!("({}{sign}{imaginary}j)", digits::scalar(re, false))
        }
        Kind::DateTime | Kind::TimeDelta => match dtype {
            DType::DateTime(unit) => crate::time::text(count(element), unit),
            other => crate::time::delta(count(element), other.time_unit().unwrap_or(TimeUnit::GENERIC)),
        },
        Kind::Bytes => text::quoted(dtype, element),
        Kind::Str => text::shown(&str_text(element)),
        Kind::Record => record::words(dtype, element, true).pop().unwrap_or_default(),
    }
}

/// The element's bytes, widened with zeros or cut to `N`.
fn bytes<const N: usize>(element: &[u8]) -> [u8; N] {
    let mut out = [0; N];
    for (to, from) in out.iter_mut().zip(element) {
        *to = *from;
    }
    out
}

fn integer(dtype: DType, element: &[u8]) -> i128 {
    match dtype {
        DType::I8 => i8::from_le_bytes(bytes(element)).into(),
        DType::I16 => i16::from_le_bytes(bytes(element)).into(),
        DType::I32 => i32::from_le_bytes(bytes(element)).into(),
        DType::I64 => i64::from_le_bytes(bytes(element)).into(),
        _ => u64::from_le_bytes(bytes(element)).into(),
    }
}

fn real(dtype: DType, element: &[u8]) -> Real {
    let value = match dtype {
        DType::F16 => half::f16::from_le_bytes(bytes(element)).to_f64(),
        DType::BF16 => half::bf16::from_le_bytes(bytes(element)).to_f64(),
        DType::F32 => f32::from_le_bytes(bytes(element)).into(),
        _ => f64::from_le_bytes(bytes(element)),
    };
    Real { value, dtype }
}

fn complex(dtype: DType, element: &[u8]) -> (Real, Real) {
    let part = if dtype == DType::C64 { DType::F32 } else { DType::F64 };
    let (re, im) = element.split_at(element.len() / 2);
    (real(part, re), real(part, im))
}

/// Lays words out in brackets and lines.
struct Printer<'a, I> {
    shape: &'a [u64],
    cut: bool,
    words: I,
}

impl<'a, I: Iterator<Item = &'a String>> Printer<'a, I> {
    /// One axis and all axes within it. `indent` is the number of brackets before it, and `width` the most characters
    /// of a line.
    fn axis(&mut self, axis: usize, indent: usize, width: usize) -> String {
        let len = self.shape.get(axis).copied().unwrap_or(0);
        let cut = self.cut && len > 2 * EDGE_ITEMS;
        let items = if cut { 2 * EDGE_ITEMS } else { len };
        let gap_before = cut.then_some(EDGE_ITEMS);
        let left = self.shape.len() - axis;
        if left == 1 {
            return self.line(items, gap_before, indent, width.saturating_sub(1));
        }
        let hanging = " ".repeat(indent);
        let separator = "\n".repeat(left - 1);
        let mut out = String::new();
        for i in 0..items {
            if gap_before == Some(i) {
                out += &format!("{hanging}...{separator}");
            }
            out += &hanging;
            out += &self.axis(axis + 1, indent + 1, width - 1);
            if i + 1 < items {
                out += &separator;
            }
        }
        format!("[{}]", out.get(indent..).unwrap_or(""))
    }

    /// The last axis: words separated by spaces, wrapped.
    fn line(&mut self, items: u64, gap_before: Option<u64>, indent: usize, width: usize) -> String {
        let hanging = " ".repeat(indent);
        let mut done = String::new();
        let mut line = hanging.clone();
        let mut extend = |line: &mut String, word: &str| {
            let length = |text: &str| text.chars().count();
            if length(line) + length(word) > width && line.len() > indent {
                done += line.trim_end();
                done += "\n";
                line.clone_from(&hanging);
            }
            *line += word;
        };
        for i in 0..items {
            if gap_before == Some(i) {
                extend(&mut line, "...");
                line.push(' ');
            }
            extend(&mut line, self.words.next().map_or("", String::as_str));
            if i + 1 < items {
                line.push(' ');
            }
        }
        done += &line;
        format!("[{}]", done.get(indent..).unwrap_or(""))
    }
}

#[cfg(test)]
mod tests;

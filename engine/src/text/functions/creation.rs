//! Arrays made of nothing but numbers.

use super::{Function, functions};
use crate::compose::Samples;
use crate::text::call::{Bound, Call};
use crate::text::error::{Fault, Result};
use crate::text::literal;
use crate::text::meaning::{Meaning, Placed};
use crate::text::number::Number;
use crate::{DType, Expr, Scalar};

/// The functions of this file.
pub(super) const FUNCTIONS: &[Function] = functions! {
    "arange" false "numbers at equal distances before an end": arange;
    "array" false "an array of the elements of lists, numbers or arrays": array;
    "asarray" false "an array of the elements of lists, numbers or arrays": array;
    "bartlett" false "the Bartlett window, a triangle": taper;
    "blackman" false "the Blackman window": taper;
    "empty" false "zeros (whatever lies in memory, in NumPy)": filled;
    "empty_like" false "zeros in the shape and type of an array": filled_like;
    "eye" false "ones on a diagonal of a matrix of zeros": eye;
    "full" false "one value everywhere": full;
    "full_like" false "one value, in the shape and type of an array": filled_like;
    "geomspace" false "numbers with equal ratios between two ends": geomspace;
    "hamming" false "the Hamming window": taper;
    "hanning" false "the Hann window": taper;
    "identity" false "ones on the diagonal of a square matrix of zeros": eye;
    "kaiser" false "the Kaiser window": taper;
    "linspace" false "numbers at equal distances between two ends": linspace;
    "logspace" false "powers with equal distances of their exponents": logspace;
    "ones" false "ones": filled;
    "ones_like" false "ones in the shape and type of an array": filled_like;
    "tri" false "ones at and below a diagonal of a matrix of zeros": eye;
    "vander" false "the powers of a vector as columns": vander;
    "zeros" false "zeros": filled;
    "zeros_like" false "zeros in the shape and type of an array": filled_like;
};

/// A number for a range, from a number or a constant of one element.
fn number(placed: &Placed) -> Result<Scalar> {
    placed.number().map(|n| n.scalar()).ok_or_else(|| {
        placed.wrong("a number").help("the length of a range is needed before elements are read")
    })
}

fn arange(_: &str, call: &Call<'_>) -> Result<Expr> {
    let b = call.bind(&["start?", "stop?", "step?", "dtype?"])?;
    let of_times = |name: &&str| {
        b.some(name).is_some_and(|placed| match &placed.meaning {
            Meaning::Array(array) => array.dtype().kind().is_time(),
            _ => false,
        })
    };
    let dtype = b.dtype("dtype")?;
    if dtype.is_some_and(|dtype| dtype.kind().is_time()) || ["start", "stop", "step"].iter().any(of_times) {
        return times(&b, dtype, call);
    }
    let one = |name: &str| b.some(name).map(number).transpose();
    let (start, stop, step) = (one("start")?, one("stop")?, one("step")?);
    let (start, stop) = match (start, stop) {
        (Some(start), Some(stop)) => (start, stop),
        (Some(end), None) | (None, Some(end)) => (Scalar::Int(0), end),
        (None, None) => {
            return Err(Fault::new(&b.at, "arange needs an end").help("arange(10), arange(2, 10)"));
        }
    };
    Expr::arange(start, stop, step.unwrap_or(Scalar::Int(1)), dtype).map_err(|e| Fault::engine(&b.at, e))
}

/// A range of points or spans of time.
fn times(b: &Bound, dtype: Option<DType>, call: &Call<'_>) -> Result<Expr> {
    if let Some(other) = dtype.filter(|dtype| !dtype.kind().is_time()) {
        return Err(Fault::new(&b.at, format!("a range of times has no elements of {other}"))
            .help("leave dtype out, and cast the range: arange(...).astype(...)"));
    }
    let one = |name: &str| b.some(name).map(Placed::array).transpose();
    let (start, stop, step) = (one("start")?, one("stop")?, one("step")?);
    let (start, stop) = match (start, stop) {
        (start, Some(stop)) => (start, stop),
        (Some(end), None) => (None, end),
        (None, None) => {
            return Err(Fault::new(&b.at, "arange needs an end").help("arange(10), arange(2, 10)"));
        }
    };
    Expr::arange_times(start.as_ref(), &stop, step.as_ref(), dtype, &call.context())
        .map_err(|e| Fault::engine(&b.at, e))
}

fn array(name: &str, call: &Call<'_>) -> Result<Expr> {
    let b = match name {
        "array" => call.bind(&["object", "dtype?", "*", "copy?", "ndmin?"])?,
        _ => call.bind(&["a", "dtype?", "*", "copy?"])?,
    };
    b.check_idle()?;
    let object = if name == "array" { "object" } else { "a" };
    let (placed, dtype) = (b.need(object)?, b.dtype("dtype")?);
    let fault = |e| b.fault(object, e);
    let array = match (&placed.meaning, dtype) {
        (Meaning::Tuple(items) | Meaning::List(items), _) => literal::array_of(&placed.span, items, dtype)?,
        (_, Some(dtype)) => placed.array()?.cast(dtype).map_err(fault)?,
        (_, None) => placed.array()?.typed().map_err(fault)?,
    };
    let ndmin = usize::try_from(b.integer_or("ndmin", 0)?).unwrap_or(0);
    if ndmin > 64 {
        return Err(Fault::value(&b.at, format!("{ndmin} axes are too many, expected at most 64")));
    }
    array.with_axes_before(ndmin).map_err(fault)
}

/// The type of an array that is filled. Texts without a width have one character, as in NumPy.
fn dtype(b: &Bound) -> Result<Option<DType>> {
    match b.some("dtype").and_then(Placed::is_texts) {
        Some(true) => Ok(Some(DType::Str(1))),
        Some(false) => Ok(Some(DType::Bytes(1))),
        None => b.dtype("dtype"),
    }
}

fn filled(name: &str, call: &Call<'_>) -> Result<Expr> {
    let b = call.bind(&["shape", "dtype?", "order?"])?;
    b.check_idle()?;
    let dtype = dtype(&b)?.unwrap_or(DType::F64);
    let shape = b.shape("shape")?;
    let made = if name == "ones" { Expr::ones(&shape, dtype) } else { Expr::zeros(&shape, dtype) };
    made.map_err(|e| b.fault("shape", e))
}

fn full(_: &str, call: &Call<'_>) -> Result<Expr> {
    let b = call.bind(&["shape", "fill_value", "dtype?", "order?"])?;
    b.check_idle()?;
    let value = b.array("fill_value")?;
    Expr::full(&b.shape("shape")?, &value, dtype(&b)?).map_err(|e| b.fault("fill_value", e))
}

fn filled_like(name: &str, call: &Call<'_>) -> Result<Expr> {
    let b = match name {
        "full_like" => call.bind(&["a", "fill_value", "dtype?", "order?", "subok?", "shape?"])?,
        _ => call.bind(&["a", "dtype?", "order?", "subok?", "shape?"])?,
    };
    b.check_idle()?;
    let a = b.array("a")?.typed().map_err(|e| b.fault("a", e))?;
    let dtype = dtype(&b)?.unwrap_or(a.dtype());
    let shape = match b.some("shape") {
        Some(shape) => shape.lengths()?,
        None => a.shape().to_vec(),
    };
    let made = match name {
        "full_like" => Expr::full(&shape, &b.array("fill_value")?, Some(dtype)),
        "ones_like" => Expr::ones(&shape, dtype),
        _ => Expr::zeros(&shape, dtype),
    };
    made.map_err(|e| b.fault("fill_value", e))
}

fn eye(name: &str, call: &Call<'_>) -> Result<Expr> {
    let b = match name {
        "identity" => call.bind(&["N", "dtype?"])?,
        "tri" => call.bind(&["N", "M?", "k?", "dtype?"])?,
        _ => call.bind(&["N", "M?", "k?", "dtype?", "order?"])?,
    };
    b.check_idle()?;
    let length = |name: &str, otherwise| b.some(name).map_or(Ok(otherwise), points);
    let rows = length("N", 0)?;
    let columns = length("M", rows)?;
    let (k, dtype) = (b.diagonal("k")?, dtype(&b)?.unwrap_or(DType::F64));
    for placed in ["N", "M"].into_iter().filter(|_| name != "tri").filter_map(|name| b.some(name)) {
        placed.lengths()?;
    }
    match name {
        "tri" => Expr::tri(rows, columns, k, dtype),
        _ => Expr::eye(rows, columns, k, dtype),
    }
    .map_err(|e| b.fault("N", e))
}

/// A number of rows or points. NumPy takes a float, and goes on as long as the places are below it.
pub(super) fn points(placed: &Placed) -> Result<u64> {
    match placed.number() {
        Some(Number::Float(x)) if x.is_finite() => Ok(x.ceil().max(0.0) as u64),
        _ => placed.integer().map(|n| n.max(0) as u64),
    }
}

/// The options of numbers between two ends.
fn samples(b: &Bound) -> Result<Samples> {
    let num = b.integer_or("num", 50)?;
    let endpoint = b.get("endpoint").map_or(Ok(true), Placed::boolean)?;
    Ok(Samples::new(num).endpoint(endpoint).dtype(b.dtype("dtype")?).axis(b.integer_or("axis", 0)?))
}

fn linspace(_: &str, call: &Call<'_>) -> Result<Meaning> {
    let b = call.bind(&["start", "stop", "num?", "endpoint?", "retstep?", "dtype?", "axis?"])?;
    let (y, step) = Expr::linspace(&b.array("start")?, &b.array("stop")?, &samples(&b)?)
        .map_err(|e| b.fault("start", e))?;
    Ok(if b.boolean("retstep")? { vec![y, step].into() } else { y.into() })
}

fn logspace(_: &str, call: &Call<'_>) -> Result<Expr> {
    let b = call.bind(&["start", "stop", "num?", "endpoint?", "base?", "dtype?", "axis?"])?;
    let base = b.get("base").map_or_else(|| Ok(Expr::scalar(10.0)), Placed::array)?;
    Expr::logspace(&b.array("start")?, &b.array("stop")?, &base, &samples(&b)?)
        .map_err(|e| b.fault("start", e))
}

fn geomspace(_: &str, call: &Call<'_>) -> Result<Expr> {
    let b = call.bind(&["start", "stop", "num?", "endpoint?", "dtype?", "axis?"])?;
    Expr::geomspace(&b.array("start")?, &b.array("stop")?, &samples(&b)?).map_err(|e| b.fault("start", e))
}

fn vander(_: &str, call: &Call<'_>) -> Result<Expr> {
    let b = call.bind(&["x", "N?", "increasing?"])?;
    let columns = b.some("N").map(|n| n.lengths()).transpose()?.and_then(|n| n.first().copied());
    b.array("x")?.vander(columns, b.boolean("increasing")?).map_err(|e| b.fault("x", e))
}

fn taper(name: &str, call: &Call<'_>) -> Result<Expr> {
    let b = match name {
        "kaiser" => call.bind(&["M", "beta"])?,
        _ => call.bind(&["M"])?,
    };
    let length = b.need("M")?.float()?;
    match name {
        "bartlett" => Expr::bartlett(length),
        "blackman" => Expr::blackman(length),
        "hamming" => Expr::hamming(length),
        "hanning" => Expr::hanning(length),
        _ => Expr::kaiser(length, b.need("beta")?.float()?),
    }
    .map_err(|e| b.fault("M", e))
}

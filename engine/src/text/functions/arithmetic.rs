//! Elementwise functions of several steps or of several results, and comparisons of whole arrays.

use super::{Function, functions};
use crate::plan::evaluate_in;
use crate::text::call::{Bound, Call};
use crate::text::error::{Fault, Result};
use crate::text::meaning::Meaning;
use crate::text::number::Number;
use crate::{Beyond, Closeness, Expr, Kind, Op, Scalar};

/// The functions of this file.
pub(super) const FUNCTIONS: &[Function] = functions! {
    "allclose" false "whether all elements are close": compare;
    "angle" false "angle of complex numbers": step;
    "array_equal" false "whether shapes and all elements are equal": compare;
    "array_equiv" false "whether all elements are equal once the shapes are broadcast": compare;
    "divmod" false "floor of the quotient, and remainder": several;
    "fabs" false "magnitude of real numbers, as floats": step;
    "float_power" false "x1 to the power x2, as float64 or complex128": step;
    "frexp" false "digits and exponent of two": several;
    "interp" false "values between points, along straight lines": interp;
    "isclose" false "|a - b| <= atol + rtol * |b|": compare;
    "iscomplex" false "imaginary part is not zero": step;
    "iscomplexobj" false "whether the elements are complex numbers": of_type;
    "isneginf" false "is minus infinity": step;
    "isposinf" false "is plus infinity": step;
    "isreal" false "imaginary part is zero": step;
    "isrealobj" false "whether the elements are no complex numbers": of_type;
    "modf" false "part after the point, and whole part": several;
    "nan_to_num" false "NaN and infinities replaced by numbers": nan_to_num;
    "real_if_close" false "the real parts, if all imaginary parts are about 0": real_if_close;
    "sinc" false "sin(pi x) / (pi x)": step;
    "unwrap" false "angles without the jumps of a period": unwrap;
};

fn several(name: &str, call: &Call<'_>) -> Result<Vec<Expr>> {
    let fail = |e| Fault::engine(&call.at, e);
    if name == "divmod" {
        let b = call.bind(&["x1", "x2"])?;
        return b.array("x1")?.divmod(&b.array("x2")?).map(Vec::from).map_err(fail);
    }
    let x = call.bind(&["x"])?.array("x")?;
    if name == "modf" { x.modf() } else { x.frexp() }.map(Vec::from).map_err(fail)
}

fn step(name: &str, call: &Call<'_>) -> Result<Expr> {
    let fail = |e| Fault::engine(&call.at, e);
    match name {
        "angle" => {
            let b = call.bind(&["z", "deg?"])?;
            b.array("z")?.angle(b.boolean("deg")?)
        }
        "float_power" => {
            let b = call.bind(&["x1", "x2"])?;
            b.array("x1")?.float_power(&b.array("x2")?)
        }
        "fabs" => call.bind(&["x"])?.array("x")?.fabs(),
        "iscomplex" => call.bind(&["x"])?.array("x")?.iscomplex(),
        "isreal" => call.bind(&["x"])?.array("x")?.isreal(),
        "sinc" => call.bind(&["x"])?.array("x")?.sinc(),
        _ => call.bind(&["x"])?.array("x")?.is_signed_infinity(name == "isneginf"),
    }
    .map_err(fail)
}

fn of_type(name: &str, call: &Call<'_>) -> Result<Meaning> {
    let x = call.bind(&["x"])?.array("x")?;
    let complex = x.dtype().kind() == Kind::Complex;
    Ok(Meaning::Number(Number::Bool(complex == (name == "iscomplexobj"))))
}

fn compare(name: &str, call: &Call<'_>) -> Result<Expr> {
    let fail = |e| Fault::engine(&call.at, e);
    match name {
        "array_equal" => {
            let b = call.bind(&["a1", "a2", "equal_nan?"])?;
            b.array("a1")?.array_equal(&b.array("a2")?, b.boolean("equal_nan")?)
        }
        "array_equiv" => {
            let b = call.bind(&["a1", "a2"])?;
            b.array("a1")?.array_equiv(&b.array("a2")?)
        }
        _ => {
            let b = call.bind(&["a", "b", "rtol?", "atol?", "equal_nan?"])?;
            let usual = Closeness::default();
            let how = Closeness {
                rtol: or(&b, "rtol", usual.rtol)?,
                atol: or(&b, "atol", usual.atol)?,
                equal_nan: b.boolean("equal_nan")?,
            };
            let (x, y) = (b.array("a")?, b.array("b")?);
            if name == "isclose" { x.isclose(&y, &how) } else { x.allclose(&y, &how) }
        }
    }
    .map_err(fail)
}

/// An argument that is an array, or its default.
fn or(b: &Bound, name: &str, usual: Expr) -> Result<Expr> {
    b.get(name).map_or(Ok(usual), |p| p.array())
}

fn nan_to_num(_: &str, call: &Call<'_>) -> Result<Expr> {
    let b = call.bind(&["x", "copy?", "nan?", "posinf?", "neginf?"])?;
    b.check_idle()?;
    let end = |name| b.some(name).map(|p| p.array()).transpose();
    let nan = or(&b, "nan", Expr::scalar(0.0))?;
    b.array("x")?
        .nan_to_num(&nan, end("posinf")?.as_ref(), end("neginf")?.as_ref())
        .map_err(|e| Fault::engine(&call.at, e))
}

fn interp(_: &str, call: &Call<'_>) -> Result<Expr> {
    let b = call.bind(&["x", "xp", "fp", "left?", "right?", "period?"])?;
    let end = |name| match b.some(name).map(|p| (p, p.number())) {
        None => Ok(None),
        Some((_, Some(number))) => Ok(Some(number.scalar())),
        Some((p, None)) => Err(Fault::new(&p.span, "expected a number")),
    };
    let period = b.some("period").map(|p| p.float()).transpose()?;
    let beyond = Beyond { left: end("left")?, right: end("right")?, period };
    b.array("x")?.interp(&b.array("xp")?, &b.array("fp")?, beyond).map_err(|e| Fault::engine(&call.at, e))
}

fn real_if_close(_: &str, call: &Call<'_>) -> Result<Expr> {
    let b = call.bind(&["a", "tol?"])?;
    let a = b.array("a")?.typed().map_err(|e| b.fault("a", e))?;
    let tolerance = b.get("tol").map_or(Ok(100.0), |p| p.float())?;
    if a.dtype().kind() != Kind::Complex {
        return Ok(a);
    }
    let all = a.is_about_real(tolerance).and_then(|all| evaluate_in(&all, &call.context()));
    match all.map_err(|e| b.fault("a", e))?.bytes() == [1] {
        true => Expr::apply(Op::Real, &[a]).map_err(|e| b.fault("a", e)),
        false => Ok(a),
    }
}

fn unwrap(_: &str, call: &Call<'_>) -> Result<Expr> {
    let b = call.bind(&["p", "discont?", "axis?", "*", "period?"])?;
    let axis = b.get("axis").map_or(Ok(-1), |p| p.integer())?;
    let period = match b.get("period") {
        None => Scalar::Float(2.0 * std::f64::consts::PI),
        Some(p) => match p.number() {
            Some(number) => number.scalar(),
            None => return Err(Fault::new(&p.span, "a period is a number")),
        },
    };
    let discont = b.some("discont").map(|p| p.array()).transpose()?;
    b.array("p")?.unwrap(discont.as_ref(), axis, period).map_err(|e| b.fault("axis", e))
}

//! Differences, gradients, integrals, and vectors that slide along others.

use super::{Function, functions};
use crate::text::call::Call;
use crate::text::error::{Fault, Result};
use crate::text::meaning::{Meaning, Placed};
use crate::{Expr, Overlap};

/// The functions of this file.
pub(super) const FUNCTIONS: &[Function] = functions! {
    "convolve" false "convolution of two vectors": slide;
    "correlate" false "cross-correlation of two vectors": slide;
    "diff" false "differences of neighbours along an axis": diff;
    "ediff1d" false "differences of all neighbours, between given ends": ediff1d;
    "gradient" false "gradient by central differences, along each axis": gradient;
    "trapezoid" false "integral by the trapezoidal rule": trapezoid;
};

fn diff(_: &str, call: &Call<'_>) -> Result<Expr> {
    let b = call.bind(&["a", "n?", "axis?", "prepend?", "append?"])?;
    let edge = |name| b.get(name).map(|p| p.array()).transpose();
    let (n, axis) =
        (b.get("n").map_or(Ok(1), |p| p.integer())?, b.get("axis").map_or(Ok(-1), |p| p.integer())?);
    b.array("a")?
        .diff(n, axis, edge("prepend")?.as_ref(), edge("append")?.as_ref())
        .map_err(|e| b.fault("axis", e))
}

fn ediff1d(_: &str, call: &Call<'_>) -> Result<Expr> {
    let b = call.bind(&["ary", "to_end?", "to_begin?"])?;
    let edge = |name| b.some(name).map(|p| p.array()).transpose();
    b.array("ary")?
        .ediff1d(edge("to_end")?.as_ref(), edge("to_begin")?.as_ref())
        .map_err(|e| Fault::engine(&call.at, e))
}

fn trapezoid(_: &str, call: &Call<'_>) -> Result<Expr> {
    let b = call.bind(&["y", "x?", "dx?", "axis?"])?;
    let x = b.some("x").map(|p| p.array()).transpose()?;
    let dx = b.get("dx").map_or(Ok(Expr::scalar(1.0)), |p| p.array())?;
    let axis = b.get("axis").map_or(Ok(-1), |p| p.integer())?;
    b.array("y")?.trapezoid(x.as_ref(), &dx, axis).map_err(|e| b.fault("axis", e))
}

fn gradient(_: &str, call: &Call<'_>) -> Result<Meaning> {
    let named = |name: &str| {
        call.given.iter().find(|(keyword, _)| keyword.as_ref().is_some_and(|k| k.0 == name)).map(|g| &g.1)
    };
    if let Some((Some((name, at)), _)) =
        call.given.iter().find(|g| g.0.as_ref().is_some_and(|k| k.0 != "axis" && k.0 != "edge_order"))
    {
        let fault = Fault::new(at, format!("gradient has no argument '{name}'"));
        return Err(fault.help("gradient(f, spacing, ..., [axis], [edge_order])"));
    }
    let mut arrays = call.positional().map(Placed::array).collect::<Result<Vec<_>>>()?;
    if arrays.is_empty() {
        return Err(Fault::new(&call.at, "gradient needs an array"));
    }
    let f = arrays.remove(0);
    let axes = named("axis").map_or(Ok(None), Placed::axes)?;
    let edge_order = named("edge_order").map_or(Ok(1), Placed::integer)?;
    let along = axes.as_ref().map_or(f.ndim(), Vec::len);
    let is_one = matches!(&arrays[..], [one] if one.ndim() == 0);
    if !arrays.is_empty() && !is_one && arrays.len() != along {
        let found = arrays.len();
        let words = format!("expected one spacing or {along}, one for each axis, found {found}");
        return Err(Fault::new(&call.at, words));
    }
    let mut parts = f
        .gradient(&arrays, axes.as_deref(), edge_order, &call.context())
        .map_err(|e| Fault::engine(&call.at, e))?;
    match parts.len() {
        1 => Ok(parts.remove(0).into()),
        _ => Ok(parts.into()),
    }
}

fn slide(name: &str, call: &Call<'_>) -> Result<Expr> {
    let b = call.bind(&["a", "v", "mode?"])?;
    let mode = match b.get("mode") {
        None if name == "convolve" => Overlap::Full,
        None => Overlap::Valid,
        Some(p) => match &p.meaning {
            Meaning::Str(mode) => mode.parse().map_err(|e| Fault::engine(&p.span, e))?,
            _ => return Err(p.not_one_of("'full', 'same' or 'valid'")),
        },
    };
    let (a, v) = (b.array("a")?, b.array("v")?);
    match name {
        "convolve" => a.convolve(&v, mode),
        _ => a.correlate(&v, mode),
    }
    .map_err(|e| Fault::engine(&call.at, e))
}

//! Methods of elementwise functions: `add.reduce(a)`, `maximum.accumulate(a)`, `add.reduceat(a, [0, 3])`,
//! `multiply.outer(a, b)`.

use super::reduced_axes;
use crate::text::call::{Bound, Call};
use crate::text::error::{Fault, Result};
use crate::text::subscript::places;
use crate::{Expr, Op, ReduceOptions};

/// The names of the methods.
pub(in crate::text) const METHODS: [&str; 5] = ["reduce", "accumulate", "outer", "reduceat", "at"];

/// A method of an operation.
pub(in crate::text) fn evaluate(op: Op, call: &Call<'_>) -> Result<Expr> {
    let fail = |e| Fault::engine(&call.at, e);
    match call.name {
        _ if op.arity() != 2 => {
            Err(Fault::new(&call.at, format!("{} has no method '{}'", op.name(), call.name))
                .help("only functions of two arrays have it, such as add"))
        }
        "outer" => {
            let b = call.bind(&["A", "B"])?;
            b.array("A")?.outer_by(op, &b.array("B")?).map_err(fail)
        }
        "reduce" => reduce(op, call),
        "accumulate" => accumulate(op, call),
        "reduceat" => reduceat(op, call),
        name => Err(Fault::new(&call.at, format!("no function has the method '{name}' here"))
            .help("reduce, accumulate, reduceat and outer are there")),
    }
}

fn reduce(op: Op, call: &Call<'_>) -> Result<Expr> {
    let b = call.bind(&["array", "axis?", "dtype?", "*", "keepdims?", "initial?", "where?"])?;
    let a = b.array("array")?;
    let axes = match b.get("axis") {
        None => Some(vec![0]),
        Some(_) => reduced_axes(&b, &a)?,
    };
    let options = ReduceOptions {
        axes,
        keepdims: b.boolean("keepdims")?,
        dtype: b.dtype("dtype")?,
        ddof: 0.0,
        only: b.get("where").map(|p| p.array()).transpose()?,
        initial: b.some("initial").map(|p| p.array()).transpose()?,
        mean: None,
    };
    a.reduce_by(op, &options).map_err(|e| b.fault("axis", e))
}

fn accumulate(op: Op, call: &Call<'_>) -> Result<Expr> {
    let b = call.bind(&["array", "axis?", "dtype?"])?;
    let axis = b.integer_or("axis", 0)?;
    along_axes(&b)?.accumulate_by(op, axis, b.dtype("dtype")?).map_err(|e| b.fault("axis", e))
}

fn reduceat(op: Op, call: &Call<'_>) -> Result<Expr> {
    let b = call.bind(&["array", "indices", "axis?", "dtype?"])?;
    let indices = b.need("indices")?;
    let places = places(indices)?;
    if places.ndim() != 1 {
        return Err(indices.wrong("indices along one axis"));
    }
    let places = call.elements(&places, &indices.span)?;
    let axis = b.integer_or("axis", 0)?;
    along_axes(&b)?.reduce_at(op, &places, axis, b.dtype("dtype")?).map_err(|e| b.fault("indices", e))
}

/// The array of a method that goes along an axis.
fn along_axes(b: &Bound) -> Result<Expr> {
    let array = b.array("array")?;
    match array.ndim() {
        0 => Err(Fault::new(&b.at, "expected an array of one axis or more, found a single element")),
        _ => Ok(array),
    }
}

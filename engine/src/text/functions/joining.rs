//! Arrays joined to larger ones, and elements inserted and deleted.

use super::{Function, functions};
use crate::compose::Blocks;
use crate::text::call::{Bound, Call};
use crate::text::error::{Fault, Result};
use crate::text::meaning::{Meaning, Placed};
use crate::text::number::Number;
use crate::{DType, Expr, Kind};

/// The functions of this file.
pub(super) const FUNCTIONS: &[Function] = functions! {
    "append" false "values joined to the end of an array": append;
    "block" false "an array put together from nested lists of blocks": block;
    "column_stack" false "arrays side by side, vectors as columns": stacked;
    "concatenate" false "arrays joined along an axis": concatenate;
    "delete" false "an array without the elements at some places": change;
    "dstack" false "arrays joined along the third axis": stacked;
    "hstack" false "arrays side by side": stacked;
    "insert" false "an array with values inserted before some places": change;
    "stack" false "arrays joined along a new axis": stack;
    "vstack" false "arrays one below the other": stacked;
};

/// An axis, 0 if the call has none, `None` for `None`.
fn axis_or_none(b: &Bound, otherwise: Option<i64>) -> Result<Option<i64>> {
    match b.get("axis") {
        Some(p) if p.is_none() => Ok(None),
        Some(p) => p.integer().map(Some),
        None => Ok(otherwise),
    }
}

fn concatenate(_: &str, call: &Call<'_>) -> Result<Expr> {
    let b = call.bind(&["arrays", "axis?", "*", "dtype?"])?;
    let (arrays, axis) = (b.arrays("arrays")?, axis_or_none(&b, Some(0))?);
    Expr::concatenate(&arrays, axis, b.dtype("dtype")?).map_err(|e| b.fault("axis", e))
}

fn stack(_: &str, call: &Call<'_>) -> Result<Expr> {
    let b = call.bind(&["arrays", "axis?", "*", "dtype?"])?;
    let (arrays, axis) = (b.arrays("arrays")?, b.integer_or("axis", 0)?);
    Expr::stack(&arrays, axis, b.dtype("dtype")?).map_err(|e| b.fault("axis", e))
}

fn stacked(name: &str, call: &Call<'_>) -> Result<Expr> {
    let b = match name {
        "vstack" | "hstack" => call.bind(&["tup", "*", "dtype?"])?,
        _ => call.bind(&["tup"])?,
    };
    let arrays = b.arrays("tup")?;
    match name {
        "vstack" => Expr::vstack(&arrays, b.dtype("dtype")?),
        "hstack" => Expr::hstack(&arrays, b.dtype("dtype")?),
        "dstack" => Expr::dstack(&arrays),
        _ => Expr::column_stack(&arrays),
    }
    .map_err(|e| b.fault("tup", e))
}

fn append(_: &str, call: &Call<'_>) -> Result<Expr> {
    let b = call.bind(&["arr", "values", "axis?"])?;
    let axis = axis_or_none(&b, None)?;
    b.array("arr")?.append(&b.array("values")?, axis).map_err(|e| b.fault("axis", e))
}

fn block(_: &str, call: &Call<'_>) -> Result<Expr> {
    let b = call.bind(&["arrays"])?;
    Expr::block(&blocks(b.need("arrays")?)?).map_err(|e| b.fault("arrays", e))
}

fn blocks(placed: &Placed) -> Result<Blocks> {
    match &placed.meaning {
        Meaning::List(items) => items.iter().map(blocks).collect::<Result<_>>().map(Blocks::List),
        Meaning::Tuple(_) => Err(placed.wrong("a list of blocks")),
        _ => placed.array().map(Blocks::Array),
    }
}

fn change(name: &str, call: &Call<'_>) -> Result<Expr> {
    let b = match name {
        "delete" => call.bind(&["arr", "obj", "axis?"])?,
        _ => call.bind(&["arr", "obj", "values", "axis?"])?,
    };
    let (arr, axis) = (b.array("arr")?, axis_or_none(&b, None)?);
    let places = places(b.need("obj")?, name == "delete")?;
    match name {
        "delete" => arr.delete(&places, axis, &call.context()),
        _ => arr.insert(&places, &b.array("values")?, axis, &call.context()),
    }
    .map_err(|e| b.fault("obj", e))
}

/// Places along an axis: a number, or an array of numbers or truth values. Numbers along several axes count as one row if
/// `flat`.
fn places(placed: &Placed, flat: bool) -> Result<Expr> {
    if let Meaning::Number(Number::Int(_)) = placed.meaning {
        return placed.integer().map(Expr::scalar);
    }
    let array = placed.array()?;
    let empty = array.shape().contains(&0);
    let exact = matches!(array.dtype().kind(), Kind::Bool | Kind::Signed | Kind::Unsigned);
    let rows = array.ndim() > 1 && !(flat && array.dtype() != DType::Bool);
    if rows || !(exact || empty) {
        return Err(Fault::new(&placed.span, "expected an integer, or a list of integers or truth values"));
    }
    Ok(array)
}

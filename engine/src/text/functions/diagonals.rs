//! Diagonals and triangles of matrices.

use std::collections::BTreeMap;

use super::creation::points;
use super::{Function, functions};
use crate::text::call::Call;
use crate::text::error::Result;
use crate::text::meaning::{Meaning, Placed};
use crate::text::number::Number;
use crate::{DType, Error, Expr};

/// The functions of this file.
pub(super) const FUNCTIONS: &[Function] = functions! {
    "diag" false "a diagonal of a matrix, or the matrix with a vector on a diagonal": diagonal;
    "diagflat" false "the matrix with all elements on a diagonal": diagonal;
    "diag_indices" false "the places of the diagonal of an array of equal axes": diagonal_places;
    "diag_indices_from" false "the places of the diagonal of this array": diagonal_places;
    "diagonal" true "the diagonals of two axes": diagonals;
    "trace" true "the sums of the diagonals of two axes": diagonals;
    "mask_indices" false "the places that a function such as triu keeps of a square matrix": kept_places;
    "tril" false "the lower triangle of the last two axes": triangle;
    "tril_indices" false "the places of a lower triangle": triangle_places;
    "tril_indices_from" false "the places of the lower triangle of a matrix": triangle_places;
    "triu" false "the upper triangle of the last two axes": triangle;
    "triu_indices" false "the places of an upper triangle": triangle_places;
    "triu_indices_from" false "the places of the upper triangle of a matrix": triangle_places;
};

fn diagonal(name: &str, call: &Call<'_>) -> Result<Expr> {
    let b = call.bind(&["v", "k?"])?;
    let (v, k) = (b.array("v")?, b.integer_or("k", 0)?);
    let made = if name == "diag" { v.diag(k) } else { v.diag_flat(k) };
    made.map_err(|e| b.fault("v", e))
}

fn diagonals(name: &str, call: &Call<'_>) -> Result<Expr> {
    let b = match name {
        "trace" => call.bind(&["a", "offset?", "axis1?", "axis2?", "dtype?"])?,
        _ => call.bind(&["a", "offset?", "axis1?", "axis2?"])?,
    };
    let a = b.array("a")?;
    let (offset, one, two) =
        (b.integer_or("offset", 0)?, b.integer_or("axis1", 0)?, b.integer_or("axis2", 1)?);
    let made = match name {
        "trace" => a.trace(offset, one, two, b.dtype("dtype")?),
        _ => a.diagonal(offset, one, two),
    };
    made.map_err(|e| b.fault("a", e))
}

/// The places where a function of a matrix of ones and of `k` gives elements other than 0.
fn kept_places(_: &str, call: &Call<'_>) -> Result<Meaning> {
    let b = call.bind(&["n", "mask_func", "k?"])?;
    let (n, function) = (b.need("n")?, b.need("mask_func")?);
    let ones = n.lengths()?.repeat(2);
    let ones = Expr::ones(&ones, DType::I64).map_err(|e| b.fault("n", e))?;
    let apply = |name: &str, given: Vec<Meaning>| {
        let given = given.into_iter().map(|meaning| (None, Placed { meaning, span: function.span.clone() }));
        let (at, given) = (function.span.clone(), given.collect());
        let call = Call { name, at, object: None, context: call.context, given };
        super::evaluate(&call, &BTreeMap::new())
    };
    let k = b.get("k").map_or(Meaning::Number(Number::Int(0.into())), |k| k.meaning.clone());
    let kept = apply(function.text()?, vec![ones.into(), k])?;
    apply("nonzero", vec![kept])
}

fn triangle(name: &str, call: &Call<'_>) -> Result<Expr> {
    let b = call.bind(&["m", "k?"])?;
    b.array("m")?.triangle(b.diagonal("k")?, name == "triu").map_err(|e| b.fault("m", e))
}

fn triangle_places(name: &str, call: &Call<'_>) -> Result<Vec<Expr>> {
    let from = name.ends_with("_from");
    let b = if from { call.bind(&["arr", "k?"])? } else { call.bind(&["n", "k?", "m?"])? };
    let about = if from { "arr" } else { "n" };
    let shape = if from {
        match b.array("arr")?.shape() {
            &[rows, columns] => [rows, columns],
            shape => {
                let text = format!("{name} takes a matrix, found {} axes", shape.len());
                return Err(b.fault("arr", Error::Shape(text)));
            }
        }
    } else {
        let rows = points(b.need("n")?)?;
        [rows, b.some("m").map_or(Ok(rows), points)?]
    };
    Expr::triangle_indices(shape, b.diagonal("k")?, name.starts_with("triu"), &call.context())
        .map_err(|e| b.fault(about, e))
}

fn diagonal_places(name: &str, call: &Call<'_>) -> Result<Vec<Expr>> {
    if name == "diag_indices_from" {
        let b = call.bind(&["arr"])?;
        return b.array("arr")?.diag_indices_from().map_err(|e| b.fault("arr", e));
    }
    let b = call.bind(&["n", "ndim?"])?;
    let n = b.need("n")?.integer()?.max(0) as u64;
    let ndim = b.integer_or("ndim", 2)?.clamp(0, 64) as usize;
    Expr::diag_indices(n, ndim).map_err(|e| b.fault("n", e))
}

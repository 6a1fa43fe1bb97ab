//! Diagonals and triangles of matrices.

use super::{Function, functions};
use crate::Expr;
use crate::text::call::Call;
use crate::text::error::Result;

/// The functions of this file.
pub(super) const FUNCTIONS: &[Function] = functions! {
    "diag" false "a diagonal of a matrix, or the matrix with a vector on a diagonal": diagonal;
    "diagflat" false "the matrix with all elements on a diagonal": diagonal;
    "diagonal" true "the diagonals of two axes": diagonals;
    "trace" true "the sums of the diagonals of two axes": diagonals;
    "tril" false "the lower triangle of the last two axes": triangle;
    "triu" false "the upper triangle of the last two axes": triangle;
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

fn triangle(name: &str, call: &Call<'_>) -> Result<Expr> {
    let b = call.bind(&["m", "k?"])?;
    b.array("m")?.triangle(b.diagonal("k")?, name == "triu").map_err(|e| b.fault("m", e))
}

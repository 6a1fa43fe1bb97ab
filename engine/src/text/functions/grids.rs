//! Grids of indices and coordinates, and arrays brought to one shape.

use super::{Function, functions};
use crate::text::call::Call;
use crate::text::error::{Fault, Result};
use crate::text::meaning::{Meaning, Placed};
use crate::{DType, Expr};

/// The functions of this file.
pub(super) const FUNCTIONS: &[Function] = functions! {
    "atleast_1d" false "arrays with at least one axis": at_least;
    "atleast_2d" false "arrays with at least two axes": at_least;
    "atleast_3d" false "arrays with at least three axes": at_least;
    "broadcast_arrays" false "arrays, each broadcast to their common shape": broadcast_arrays;
    "indices" false "the indices of a grid along each axis": indices;
    "meshgrid" false "the coordinates of a grid from those along each axis": meshgrid;
};

fn at_least(name: &str, call: &Call<'_>) -> Result<Meaning> {
    let (given, _) = call.bind_rest(&["*arys"])?;
    let ndim = match name {
        "atleast_1d" => 1,
        "atleast_2d" => 2,
        _ => 3,
    };
    let one = |placed: &&Placed| placed.array()?.at_least(ndim).map_err(|e| Fault::engine(&placed.span, e));
    let mut arrays = given.iter().map(one).collect::<Result<Vec<_>>>()?;
    match (arrays.len(), arrays.pop()) {
        (1, Some(array)) => Ok(array.into()),
        (_, Some(last)) => {
            arrays.push(last);
            Ok(arrays.into())
        }
        _ => Ok(arrays.into()),
    }
}

fn broadcast_arrays(_: &str, call: &Call<'_>) -> Result<Vec<Expr>> {
    let (given, b) = call.bind_rest(&["*args"])?;
    let arrays = given.iter().map(|placed| placed.array()).collect::<Result<Vec<_>>>()?;
    Expr::broadcast_arrays(&arrays).map_err(|e| Fault::engine(&b.at, e))
}

fn indices(_: &str, call: &Call<'_>) -> Result<Meaning> {
    let b = call.bind(&["dimensions", "dtype?", "sparse?"])?;
    let (shape, dtype) = (b.shape("dimensions")?, b.dtype("dtype")?.unwrap_or(DType::I64));
    let fault = |e| b.fault("dimensions", e);
    match b.boolean("sparse")? {
        true => Ok(Expr::sparse_indices(&shape, dtype).map_err(fault)?.into()),
        false => Ok(Expr::indices(&shape, dtype).map_err(fault)?.into()),
    }
}

fn meshgrid(_: &str, call: &Call<'_>) -> Result<Vec<Expr>> {
    let (given, b) = call.bind_rest(&["*xi", "copy?", "sparse?", "indexing?"])?;
    b.check_idle()?;
    let arrays = given.iter().map(|placed| placed.array()).collect::<Result<Vec<_>>>()?;
    let xy = match b.get("indexing") {
        None => true,
        Some(placed) => match &placed.meaning {
            Meaning::Str(word) if word == "xy" || word == "ij" => word == "xy",
            _ => return Err(placed.not_one_of("'xy' or 'ij'")),
        },
    };
    Expr::meshgrid(&arrays, xy, b.boolean("sparse")?).map_err(|e| Fault::engine(&b.at, e))
}

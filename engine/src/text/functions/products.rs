//! Products of arrays.

use super::{Function, elementwise, functions};
use crate::text::call::Call;
use crate::text::error::{Fault, Result};
use crate::{Expr, ReduceOptions, Reduction};

/// The functions of this file.
pub(super) const FUNCTIONS: &[Function] = functions! {
    "dot" true "product of vectors or matrices": product;
    "matmul" false "product of matrices": product;
    "outer" false "all products of the elements of two vectors": product;
    "vecdot" false "sum of products along the last axis": product;
};

fn product(name: &str, call: &Call<'_>) -> Result<Expr> {
    let b = call.bind(&["a", "b"])?;
    let (x, y) = (b.array("a")?, b.array("b")?);
    let fail = |e| Fault::engine(&call.at, e);
    match name {
        "matmul" => x.matmul(&y).map_err(fail),
        "dot" if x.ndim() == 0 || y.ndim() == 0 => elementwise("multiply", &b.at, &[x, y]),
        "dot" if y.ndim() > 2 => {
            Err(Fault::new(&b.at, "dot takes a second operand of at most two axes").help("use matmul"))
        }
        "dot" => x.matmul(&y).map_err(fail),
        "vecdot" => {
            let terms = elementwise("multiply", &b.at, &[elementwise("conj", &b.at, &[x])?, y])?;
            let options = ReduceOptions { axes: Some(vec![-1]), ..ReduceOptions::default() };
            terms.reduce(Reduction::Sum, &options).map_err(fail)
        }
        _ => {
            if x.ndim() != 1 || y.ndim() != 1 {
                return Err(Fault::new(&b.at, "outer takes arrays with one axis").help("use a[:, None] * b"));
            }
            elementwise("multiply", &b.at, &[x.expand_dims(&[1]).map_err(fail)?, y])
        }
    }
}

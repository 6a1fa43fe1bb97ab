//! Functions that are composed of others, a file for each family.

mod median;
mod quantile;

pub use quantile::{QuantileMethod, QuantileOptions, Quantiles};

use std::sync::Arc;

use crate::op::Op;
use crate::source::Value;
use crate::{DType, Expr, Result};

/// An operation on operands that broadcast together.
fn op(op: Op, args: &[&Expr]) -> Result<Expr> {
    Expr::apply(op, &args.iter().map(|&arg| arg.clone()).collect::<Vec<_>>())
}

/// Some integers along one axis, in memory.
fn integers(values: &[i64]) -> Result<Expr> {
    let value = Value::copied_from(DType::I64, &[values.len() as u64], bytemuck::cast_slice(values))?;
    Expr::source(Arc::new(value))
}

/// The same array with `count` more axes of length 1 at its end.
fn spread(expr: &Expr, count: usize) -> Result<Expr> {
    let ndim = expr.ndim();
    expr.expand_dims(&(ndim..ndim + count).map(|axis| axis as i64).collect::<Vec<_>>())
}

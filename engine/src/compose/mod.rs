//! Functions that are composed of others, a file for each family.

mod average;
mod covariance;
mod describe;
mod histogram;
mod median;
mod quantile;
mod small;
mod tallies;

pub use covariance::CovarianceOptions;
pub use describe::Description;
pub use histogram::{BinRule, Bins, HistogramOptions};
pub use quantile::{IntoQuantiles, QuantileMethod, QuantileOptions, Quantiles};
pub use tallies::GridOptions;
pub(crate) use tallies::{columns, histogramdd};

use crate::op::Op;
use crate::{Expr, Result};

/// An operation on operands that broadcast together.
fn op(op: Op, args: &[&Expr]) -> Result<Expr> {
    Expr::apply(op, &args.iter().map(|&arg| arg.clone()).collect::<Vec<_>>())
}

/// The same array with `count` more axes of length 1 at its end.
fn spread(expr: &Expr, count: usize) -> Result<Expr> {
    let ndim = expr.ndim();
    expr.expand_dims(&(ndim..ndim + count).map(|axis| axis as i64).collect::<Vec<_>>())
}

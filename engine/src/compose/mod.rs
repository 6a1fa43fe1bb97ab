//! Functions that are compositions of others, a file for each family.
//!
//! Most of NumPy needs no operator of its own. These functions use the methods of [`Expr`](crate::Expr) that any user
//! has, so that they are planned, fused and kept within memory like the text that a user would write instead.

mod arithmetic;
mod bits;
mod chosen;
mod covariance;
mod creation;
mod describe;
mod diagonals;
mod differences;
mod einsum;
mod folds;
mod grids;
mod held;
mod histogram;
mod indexing;
mod inserting;
mod interpolating;
mod joining;
mod keys;
mod median;
mod order;
mod pad;
mod parts;
mod places;
mod polynomials;
mod products;
mod quadratic;
mod quantile;
mod reduce;
mod reduceat;
mod repeating;
mod rows;
mod sets;
mod small;
mod spaces;
mod splitting;
mod strided;
mod subscript;
mod tallies;
mod tapers;
mod texts;
mod times;
mod trimming;
mod weighted;

use crate::{Expr, Op, Result};

pub use arithmetic::Closeness;
pub use bits::BitOrder;
pub use covariance::CovarianceOptions;
pub use describe::Description;
pub use einsum::ProductOrder;
pub use histogram::{BinRule, Bins, HistogramOptions};
pub use indexing::Mode;
pub(crate) use joining::Blocks;
pub use pad::{Pad, Stat};
pub use quantile::{IntoQuantiles, QuantileMethod, QuantileOptions, Quantiles};
pub use sets::{Unique, UniqueOptions};
pub use spaces::Samples;
pub use splitting::Cuts;
pub(crate) use subscript::Indexed;
pub use subscript::Part;
pub use tallies::GridOptions;
pub(crate) use tallies::{columns, histogramdd};
pub use texts::Justify;

fn one(op: Op, x: &Expr) -> Result<Expr> {
    Expr::apply(op, std::slice::from_ref(x))
}

fn two(op: Op, x: &Expr, y: &Expr) -> Result<Expr> {
    Expr::apply(op, &[x.clone(), y.clone()])
}

/// `yes` where `condition` is true, else `no`.
fn choose(condition: &Expr, yes: &Expr, no: &Expr) -> Result<Expr> {
    Expr::apply(Op::Where, &[condition.clone(), yes.clone(), no.clone()])
}

/// An operation on operands that broadcast together.
fn op(op: Op, args: &[&Expr]) -> Result<Expr> {
    Expr::apply(op, &args.iter().map(|&arg| arg.clone()).collect::<Vec<_>>())
}

/// The same array with `count` more axes of length 1 at its end.
fn spread(expr: &Expr, count: usize) -> Result<Expr> {
    let ndim = expr.ndim();
    expr.expand_dims(&(ndim..ndim + count).map(|axis| axis as i64).collect::<Vec<_>>())
}

//! Functions that are compositions of others, a file for each family.
//!
//! Most of NumPy needs no operator of its own. These functions use the methods of [`Expr`](crate::Expr) that any user
//! has, so that they are planned, fused and kept within memory like the text that a user would write instead.

mod arithmetic;
mod chosen;
mod differences;
mod einsum;
mod products;
mod quadratic;

use crate::{Expr, Op, Result};

pub use arithmetic::Closeness;
pub(crate) use chosen::{moments, reduce_chosen};
pub use einsum::ProductOrder;

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

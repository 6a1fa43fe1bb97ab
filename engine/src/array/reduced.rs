//! The reduction that an array comes from.

use crate::{Expr, Op, ReduceOptions, Reduction, Result};

/// The reduction of an array, kept so that its options can still change.
pub(super) struct Reduced {
    pub(super) input: Expr,
    pub(super) by: By,
    pub(super) options: ReduceOptions,
}

/// The way in which elements are put together.
#[derive(Clone, Copy)]
pub(super) enum By {
    Reduction(Reduction),
    Op(Op),
}

impl Reduced {
    /// The reduction with its options.
    pub(super) fn expr(&self) -> Result<Expr> {
        match self.by {
            By::Reduction(reduction) => self.input.reduce(reduction, &self.options),
            By::Op(op) => self.input.reduce_by(op, &self.options),
        }
    }
}

//! The reduction that an array comes from.

use crate::{Expr, ReduceOptions, Reduction};

/// The reduction of an array, kept so that its options can still change.
pub(super) struct Reduced {
    pub(super) input: Expr,
    pub(super) reduction: Reduction,
    pub(super) options: ReduceOptions,
}

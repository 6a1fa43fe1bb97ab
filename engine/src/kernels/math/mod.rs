//! Functions of one or two numbers.

pub(super) mod complex;
pub(super) mod complex_exp;
pub(super) mod complex_inverse;
pub(super) mod logaddexp;
pub(super) mod real;

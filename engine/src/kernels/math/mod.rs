//! Functions of one or two numbers.

pub(super) mod complex;
pub(super) mod logaddexp;
pub(super) mod real;

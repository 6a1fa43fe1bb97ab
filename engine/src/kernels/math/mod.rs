//! Functions of one or two numbers.

pub(super) mod bessel;
pub(super) mod complex;
pub(super) mod complex_exp;
pub(super) mod complex_inverse;
mod double;
pub(super) mod exp;
pub(super) mod hyperbolic;
pub(super) mod inverse;
pub(super) mod lane;
pub(super) mod log;
pub(super) mod logaddexp;
mod pair;
pub(super) mod pow;
pub(super) mod real;
mod single;
#[cfg(test)]
mod tests;
pub(super) mod trig;

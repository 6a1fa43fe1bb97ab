//! Real and imaginary parts: which elements have them, and complex numbers in order.

use super::{one, two};
use crate::{DType, Expr, Kind, Op, Result};

impl Expr {
    /// Whether the imaginary part of each element is not zero.
    ///
    /// # Errors
    /// For records.
    pub fn iscomplex(&self) -> Result<Expr> {
        match self.dtype().kind() {
            Kind::Complex => two(Op::NotEqual, &one(Op::Imag, &self.typed()?)?, &Expr::scalar(0)),
            _ => Expr::zeros(self.shape(), DType::Bool),
        }
    }

    /// Whether the imaginary part of each element is zero. A text and a point in time have no such part that equals 0.
    ///
    /// # Errors
    /// For records.
    pub fn isreal(&self) -> Result<Expr> {
        match self.dtype().kind() {
            Kind::Complex => two(Op::Equal, &one(Op::Imag, &self.typed()?)?, &Expr::scalar(0)),
            kind => Expr::full(
                self.shape(),
                &Expr::scalar(kind.is_number() || kind == Kind::TimeDelta),
                Some(DType::Bool),
            ),
        }
    }

    /// The elements along the last axis as complex numbers in ascending order: `complex64` for integers of at most 16
    /// bits and for `complex64`, else `complex128`.
    ///
    /// # Errors
    /// When the array has no axes, or its elements are not numbers.
    pub fn sort_complex(&self) -> Result<Expr> {
        let sorted = self.typed()?.sort(Some(-1))?;
        let short = [DType::I8, DType::U8, DType::I16, DType::U16, DType::C64];
        sorted.cast(if short.contains(&sorted.dtype()) { DType::C64 } else { DType::C128 })
    }

    /// The magnitude of real numbers, as floats.
    ///
    /// # Errors
    /// For complex numbers, and elements that are not numbers.
    pub fn fabs(&self) -> Result<Expr> {
        let x = self.typed()?;
        let dtype = x.float_type("fabs")?;
        one(Op::Abs, &x.cast(dtype)?)
    }
}

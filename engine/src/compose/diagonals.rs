//! Matrices from their diagonals, and sums of diagonals.

use crate::{DType, Error, Expr, Op, ReduceOptions, Reduction, Result, Scalar};

impl Expr {
    /// A diagonal of a matrix, or the matrix with a vector on its diagonal `k`, as NumPy's `diag`.
    ///
    /// # Errors
    /// When the array has neither one nor two axes.
    pub fn diag(&self, k: i64) -> Result<Expr> {
        match self.ndim() {
            1 => self.diag_flat(k),
            2 => self.diagonal(k, 0, 1),
            n => Err(Error::Shape(format!("diag takes an array of one or two axes, found {n}"))),
        }
    }

    /// The matrix with all elements of the array on its diagonal `k`, as NumPy's `diagflat`.
    ///
    /// # Errors
    /// When there are too many elements to count.
    pub fn diag_flat(&self, k: i64) -> Result<Expr> {
        let v = self.typed()?.reshape(&[-1])?;
        let n = v.shape()[0].saturating_add(k.unsigned_abs());
        crate::source::bytes(v.dtype().size(), &[n, n])?;
        let zeros = Expr::zeros(&[k.unsigned_abs()], v.dtype())?;
        let rows = match k {
            0 => v,
            1.. => Expr::concatenate(&[v, zeros], Some(0), None)?,
            _ => Expr::concatenate(&[zeros, v], Some(0), None)?,
        };
        let row = Expr::ramp(Scalar::Int(k.into()), Scalar::Int(1), n, DType::I64)?.expand_dims(&[1])?;
        let on = Expr::apply(Op::Equal, &[row, Expr::indices_along(n)?])?;
        let zero = Expr::zero(rows.dtype());
        Expr::apply(Op::Where, &[on, rows.expand_dims(&[1])?, zero])
    }

    /// The sums of the diagonals of two axes, as NumPy's `trace`.
    ///
    /// # Errors
    /// As [`Expr::diagonal`], and when the type has no sum.
    pub fn trace(&self, offset: i64, axis1: i64, axis2: i64, dtype: Option<DType>) -> Result<Expr> {
        let options = ReduceOptions { axes: Some(vec![-1]), dtype, ..ReduceOptions::default() };
        self.diagonal(offset, axis1, axis2)?.reduce(Reduction::Sum, &options)
    }
}

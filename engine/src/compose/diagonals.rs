//! Matrices from their diagonals, and sums of diagonals.

use crate::{Context, DType, Error, Expr, Op, ReduceOptions, Reduction, Result, Scalar};

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

    /// The places of the elements at and below diagonal `k` of a matrix, or (`upper`) at and above it: its rows and its
    /// columns, as NumPy's `tril_indices` and `triu_indices`. They are counted with the memory and threads of `context`.
    ///
    /// # Errors
    /// When there are too many elements to count.
    pub fn triangle_indices(
        [rows, columns]: [u64; 2],
        k: i64,
        upper: bool,
        context: &Context,
    ) -> Result<Vec<Expr>> {
        let below = Expr::tri(rows, columns, k.saturating_sub(i64::from(upper)), DType::Bool)?;
        if upper { Expr::apply(Op::LogicalNot, &[below])?.nonzero(context) } else { below.nonzero(context) }
    }

    /// The places of the diagonal of an array of `ndim` axes of length `n`, as NumPy's `diag_indices`.
    ///
    /// # Errors
    /// When the length is too large.
    pub fn diag_indices(n: u64, ndim: usize) -> Result<Vec<Expr>> {
        Ok(vec![Expr::indices_along(n)?; ndim])
    }

    /// The places of the diagonal of this array, whose axes all have one length, as NumPy's `diag_indices_from`.
    ///
    /// # Errors
    /// When the array has fewer than two axes, or their lengths differ.
    pub fn diag_indices_from(&self) -> Result<Vec<Expr>> {
        match self.shape() {
            [n, others @ ..] if !others.is_empty() && others.iter().all(|other| other == n) => {
                Expr::diag_indices(*n, self.ndim())
            }
            shape => Err(Error::Shape(format!(
                "diag_indices_from takes at least two axes of equal length, found shape {}",
                crate::view::show(shape)
            ))),
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

//! Arrays of one value, identities, and matrices that are computed from their indices. None of them takes memory.

use crate::source::bytes;
use crate::{DType, Error, Expr, Op, Result, Scalar};

impl Expr {
    /// An array of `shape` whose elements all have one value, or the values of an array that is broadcast, as NumPy's
    /// `full`. `dtype`: `None` for the type of the value.
    ///
    /// # Errors
    /// When the value does not fit the type or does not broadcast, or there are too many elements to count.
    pub fn full(shape: &[u64], value: &Expr, dtype: Option<DType>) -> Result<Expr> {
        let value = match dtype {
            Some(dtype) => value.cast(dtype)?,
            None => value.typed()?,
        };
        bytes(value.dtype().size(), shape)?;
        value.broadcast_to(shape)
    }

    /// Zeros, as NumPy's `zeros`.
    ///
    /// # Errors
    /// When there are too many elements to count.
    pub fn zeros(shape: &[u64], dtype: DType) -> Result<Expr> {
        Expr::full(shape, &Expr::zero(dtype), None)
    }

    /// Ones, as NumPy's `ones`.
    ///
    /// # Errors
    /// As [`Expr::zeros`].
    pub fn ones(shape: &[u64], dtype: DType) -> Result<Expr> {
        Expr::full(shape, &Expr::scalar(1), Some(dtype))
    }

    /// Ones on a diagonal of a matrix of zeros, as NumPy's `eye`.
    ///
    /// # Errors
    /// As [`Expr::zeros`].
    pub fn eye(rows: u64, columns: u64, k: i64, dtype: DType) -> Result<Expr> {
        bytes(dtype.size(), &[rows, columns])?;
        let one = Expr::scalar(1).cast(dtype)?;
        Expr::apply(Op::Where, &[Expr::compared(Op::Equal, rows, columns, k)?, one, Expr::zero(dtype)])
    }

    /// Ones at and below a diagonal of a matrix of zeros, as NumPy's `tri`.
    ///
    /// # Errors
    /// As [`Expr::zeros`].
    pub fn tri(rows: u64, columns: u64, k: i64, dtype: DType) -> Result<Expr> {
        bytes(dtype.size(), &[rows, columns])?;
        Expr::compared(Op::GreaterEqual, rows, columns, k)?.cast(dtype)
    }

    /// The comparison of `row + k` with the column, for each element of a matrix.
    fn compared(op: Op, rows: u64, columns: u64, k: i64) -> Result<Expr> {
        // beyond the matrix, all diagonals are alike
        let far = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
        let k = k.clamp(-far(rows), far(columns));
        let row = Expr::ramp(Scalar::Int(k.into()), Scalar::Int(1), rows, DType::I64)?;
        Expr::apply(op, &[row.expand_dims(&[1])?, Expr::indices_along(columns)?])
    }

    /// The lower triangle of the last two axes, with zeros above diagonal `k`, as NumPy's `tril`; `upper`: the upper
    /// one, with zeros below it, as `triu`. A vector stands for a matrix of equal rows.
    ///
    /// # Errors
    /// When the array has no axes.
    pub fn triangle(&self, k: i64, upper: bool) -> Result<Expr> {
        let m = self.typed()?;
        let m = match m.shape() {
            [] => return Err(Error::Shape("a triangle needs an array of at least one axis".into())),
            &[n] => m.broadcast_to(&[n, n])?,
            _ => m,
        };
        let [.., rows, columns] = m.shape() else { return Ok(m) };
        let zero = Expr::zero(m.dtype());
        match upper {
            false => {
                let below = Expr::compared(Op::GreaterEqual, *rows, *columns, k)?;
                Expr::apply(Op::Where, &[below, m, zero])
            }
            true => {
                let below = Expr::compared(Op::GreaterEqual, *rows, *columns, k.saturating_sub(1))?;
                Expr::apply(Op::Where, &[below, zero, m])
            }
        }
    }

    /// The powers of a vector as columns, as NumPy's `vander`: the highest first, unless `increasing`.
    ///
    /// # Errors
    /// When the array has another number of axes than 1.
    pub fn vander(&self, columns: Option<u64>, increasing: bool) -> Result<Expr> {
        let x = self.typed()?;
        let &[n] = x.shape() else {
            return Err(Error::Shape(format!("vander takes an array of one axis, found {}", x.ndim())));
        };
        let columns = columns.unwrap_or(n);
        let dtype = crate::promote::promote_types(x.dtype(), DType::I64)?;
        let ones = Expr::ones(&[n, columns.min(1)], dtype)?;
        let powers = match columns.checked_sub(1) {
            None | Some(0) => ones,
            Some(more) => {
                let repeated = x.cast(dtype)?.expand_dims(&[1])?.broadcast_to(&[n, more])?;
                let options =
                    crate::ScanOptions { axis: Some(1), dtype: Some(dtype), include_initial: false };
                Expr::concatenate(&[ones, repeated.cumprod(&options)?], Some(1), None)?
            }
        };
        if increasing { Ok(powers) } else { powers.flip(Some(&[1])) }
    }
}

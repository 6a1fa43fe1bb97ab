//! Grids of indices and of coordinates.

use crate::view::broadcast_shape;
use crate::{DType, Error, Expr, Result, Scalar};

impl Expr {
    /// For each axis of a grid of `shape`, the indices along it, in an array that broadcasts to the grid: NumPy's
    /// `indices(..., sparse=True)`.
    ///
    /// # Errors
    /// When there are too many elements to count.
    pub fn sparse_indices(shape: &[u64], dtype: DType) -> Result<Vec<Expr>> {
        let along = |(axis, &n): (usize, &u64)| {
            let others: Vec<i64> = (0..shape.len()).filter(|&k| k != axis).map(|k| k as i64).collect();
            Expr::ramp(Scalar::Int(0), Scalar::Int(1), n, dtype)?.expand_dims(&others)
        };
        shape.iter().enumerate().map(along).collect()
    }

    /// The indices of a grid of `shape`, one array for each axis, stacked along a first axis, as NumPy's `indices`.
    ///
    /// # Errors
    /// As [`Expr::sparse_indices`].
    pub fn indices(shape: &[u64], dtype: DType) -> Result<Expr> {
        let sparse = Expr::sparse_indices(shape, dtype)?;
        if sparse.is_empty() {
            return Expr::zeros(&[0], dtype);
        }
        let full = sparse.iter().map(|one| one.broadcast_to(shape)).collect::<Result<Vec<_>>>()?;
        Expr::stack(&full, 0, None)
    }

    /// The arrays, each broadcast to the shape that all of them broadcast to.
    ///
    /// # Errors
    /// When they do not broadcast together.
    pub fn broadcast_arrays(arrays: &[Expr]) -> Result<Vec<Expr>> {
        let shape = broadcast_shape(arrays.iter().map(Expr::shape))?;
        arrays.iter().map(|array| array.typed()?.broadcast_to(&shape)).collect()
    }

    /// The coordinates of a grid, one array for each of its axes, from the coordinates along each axis, as NumPy's
    /// `meshgrid`. With `xy`, the first two axes of the grid are exchanged. `sparse` arrays have length 1 along all
    /// axes but one.
    ///
    /// # Errors
    /// When an array has more than one axis, or there are too many elements to count.
    pub fn meshgrid(arrays: &[Expr], xy: bool, sparse: bool) -> Result<Vec<Expr>> {
        let ndim = arrays.len();
        let axis = |k: usize| match k {
            0 | 1 if xy && ndim > 1 => 1 - k,
            other => other,
        };
        let along = |(k, array): (usize, &Expr)| {
            let flat = array.typed()?.reshape(&[-1])?;
            let others: Vec<i64> =
                (0..ndim).filter(|&other| other != axis(k)).map(|other| other as i64).collect();
            flat.expand_dims(&others)
        };
        let arrays = arrays.iter().enumerate().map(along).collect::<Result<Vec<_>>>()?;
        if sparse { Ok(arrays) } else { Expr::broadcast_arrays(&arrays) }
    }

    /// The array with at least `ndim` axes, as NumPy's `atleast_1d`, `atleast_2d` and `atleast_3d`: new axes come first,
    /// but the third axis of a matrix comes last.
    ///
    /// # Errors
    /// When `ndim` is more than 3.
    pub fn at_least(&self, ndim: usize) -> Result<Expr> {
        let array = self.typed()?;
        let axes: &[i64] = match (ndim, array.ndim()) {
            (_, have) if have >= ndim => &[],
            (1, _) | (2, 1) => &[0],
            (2, _) => &[0, 1],
            (3, 0) => &[0, 1, 2],
            (3, 1) => &[0, 2],
            (3, _) => &[2],
            _ => return Err(Error::Value(format!("at_least takes 1, 2 or 3 axes, found {ndim}"))),
        };
        array.expand_dims(axes)
    }

    /// The array with axes of length 1 before its own, up to `ndim` axes.
    pub(crate) fn with_axes_before(&self, ndim: usize) -> Result<Expr> {
        let array = self.typed()?;
        let new: Vec<i64> = (0..ndim.saturating_sub(array.ndim()) as i64).collect();
        array.expand_dims(&new)
    }
}

//! Differences, gradients, integrals, and vectors that slide along others.

use super::{Array, IntoArray};
use crate::{Context, Expr, Overlap, Result};

impl Array {
    /// The `n`-th differences of neighbours along an axis, which has `n` elements fewer then. Differences of booleans
    /// say whether neighbours differ.
    ///
    /// ```
    /// use arrstore::prelude::*;
    /// let a = Array::from(vec![1, 4, 9, 16]);
    /// assert_eq!(a.diff(1, 0).compute()?.to_string(), "[3 5 7]");
    /// assert_eq!(a.diff(2, 0).compute()?.to_string(), "[2 2]");
    /// # Ok::<(), arrstore::Error>(())
    /// ```
    #[track_caller]
    pub fn diff(&self, n: i64, axis: i64) -> Array {
        Array::make(|| self.expr()?.diff(n, axis, None, None))
    }

    /// The differences of neighbours of all elements in C order.
    #[track_caller]
    pub fn ediff1d(&self) -> Array {
        Array::make(|| self.expr()?.ediff1d(None, None))
    }

    /// The gradient along an axis: central differences inside, one-sided ones at both ends. `spacing` is the distance
    /// of the points, or the points themselves.
    ///
    /// ```
    /// use arrstore::prelude::*;
    /// let a = Array::from(vec![1.0, 2.0, 4.0, 7.0]);
    /// assert_eq!(a.gradient(0, 1).compute()?.to_string(), "[1.  1.5 2.5 3. ]");
    /// # Ok::<(), arrstore::Error>(())
    /// ```
    ///
    /// The points of a vector are read once when the gradient is built, to find out if they lie evenly.
    #[track_caller]
    pub fn gradient(&self, axis: i64, spacing: impl IntoArray) -> Array {
        let spacing = spacing.into_array();
        Array::make(|| {
            let spacing = [spacing.expr()?.clone()];
            let parts = self.expr()?.gradient(&spacing, Some(&[axis]), 1, &Context::default())?;
            parts.into_iter().next().ok_or_else(|| crate::Error::Other("a gradient has one axis".into()))
        })
    }

    /// The integral along an axis by the trapezoidal rule, over points that are `dx` apart.
    #[track_caller]
    pub fn trapezoid(&self, dx: impl IntoArray, axis: i64) -> Array {
        let dx = dx.into_array();
        Array::make(|| self.expr()?.trapezoid(None, dx.expr()?, axis))
    }

    /// The integral along an axis by the trapezoidal rule, over points `x`: one axis, or the array's shape.
    #[track_caller]
    pub fn trapezoid_over(&self, x: impl IntoArray, axis: i64) -> Array {
        let x = x.into_array();
        Array::make(|| self.expr()?.trapezoid(Some(x.expr()?), &Expr::scalar(1.0), axis))
    }

    /// The convolution of two vectors. It takes as many multiplications as the product of their lengths.
    ///
    /// ```
    /// use arrstore::{Overlap, prelude::*};
    /// let a = Array::from(vec![1, 2, 3]);
    /// assert_eq!(a.convolve(vec![0, 1, 2], Overlap::Same).compute()?.to_string(), "[1 4 7]");
    /// # Ok::<(), arrstore::Error>(())
    /// ```
    #[track_caller]
    pub fn convolve(&self, other: impl IntoArray, mode: Overlap) -> Array {
        self.slide(other, |a, v| a.convolve(v, mode))
    }

    /// The cross-correlation of two vectors: the sum over n of `a[n + k] conj(v[n])`.
    #[track_caller]
    pub fn correlate(&self, other: impl IntoArray, mode: Overlap) -> Array {
        self.slide(other, |a, v| a.correlate(v, mode))
    }

    #[track_caller]
    fn slide(&self, other: impl IntoArray, sums: impl FnOnce(&Expr, &Expr) -> Result<Expr>) -> Array {
        let other = other.into_array();
        Array::make(|| sums(self.expr()?, other.expr()?))
    }
}

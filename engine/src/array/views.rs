//! Views, casts and products: the same elements in another order, shape or type.

use super::{Array, IntoArray, IntoAxes, IntoShape, Slice};
use crate::view::Index;
use crate::{DType, Error, Expr, Result};

impl Array {
    /// A part of the array, always a view: see [`s!`](crate::s).
    ///
    /// ```
    /// use arrstore::prelude::*;
    /// let a = Array::from(&ndarray::array![[0, 1, 2], [3, 4, 5]]);
    /// assert_eq!(a.slice(s![1, ..;-1]).compute()?.to_string(), "[5 4 3]");
    /// assert_eq!(a.slice(s![Ellipsis, 0]).compute()?.to_string(), "[0 3]");
    /// # Ok::<(), arrstore::Error>(())
    /// ```
    #[track_caller]
    pub fn slice(&self, parts: impl AsRef<[Slice]>) -> Array {
        let (ascending, turning): (Vec<Index>, Vec<Option<Index>>) =
            parts.as_ref().iter().map(|part| part.turned()).unzip();
        let turning: Vec<Index> = turning.into_iter().flatten().collect();
        Array::make(|| {
            let part = self.expr()?.index(&ascending)?;
            // without a negative step there is nothing to reverse
            let turns = |i: &Index| matches!(i, Index::Slice { step: Some(_), .. });
            if turning.iter().any(turns) { part.index(&turning) } else { Ok(part) }
        })
    }

    /// The axes in reverse order, as NumPy's `a.T`.
    #[track_caller]
    pub fn t(&self) -> Array {
        Array::make(|| Ok(self.expr()?.transpose()))
    }

    /// The axes in another order: axis `k` of the result is axis `axes[k]` of this array.
    #[track_caller]
    pub fn permute(&self, axes: impl IntoAxes) -> Array {
        match axes.into_axes() {
            Some(axes) => Array::make(|| self.expr()?.permute(&axes)),
            None => self.clone(),
        }
    }

    /// Two axes exchanged.
    #[track_caller]
    pub fn swap_axes(&self, a: i64, b: i64) -> Array {
        Array::make(|| self.expr()?.swap_axes(a, b))
    }

    /// The same elements in C order under another shape, if no element has to move; one length may be -1. A reshape
    /// that needs a copy is refused, with the reason: write the array to a store first.
    #[track_caller]
    pub fn reshape(&self, shape: impl IntoShape) -> Array {
        let shape = shape.into_shape();
        Array::make(|| self.expr()?.reshape(&shape))
    }

    /// The array repeated along new axes and along axes of length 1, to a larger shape.
    #[track_caller]
    pub fn broadcast_to(&self, shape: impl IntoShape) -> Array {
        let shape = shape.into_shape();
        Array::make(|| {
            let length = |&n: &i64| {
                u64::try_from(n)
                    .map_err(|_| Error::Shape(format!("{n} is not a length: expected a number from 0 on")))
            };
            self.expr()?.broadcast_to(&shape.iter().map(length).collect::<Result<Vec<_>>>()?)
        })
    }

    /// The array without these axes, which must have length 1; `..` removes all axes of length 1.
    #[track_caller]
    pub fn squeeze(&self, axes: impl IntoAxes) -> Array {
        let axes = axes.into_axes();
        Array::make(|| self.expr()?.squeeze(axes.as_deref()))
    }

    /// New axes of length 1 at these positions of the result.
    #[track_caller]
    pub fn expand_dims(&self, axes: impl IntoAxes) -> Array {
        let axes = axes.into_axes().unwrap_or_default();
        Array::make(|| self.expr()?.expand_dims(&axes))
    }

    /// The elements along these axes in reverse order.
    #[track_caller]
    pub fn flip(&self, axes: impl IntoAxes) -> Array {
        let axes = axes.into_axes();
        Array::make(|| self.expr()?.flip(axes.as_deref()))
    }

    /// The elements converted to another type, as NumPy's `astype`.
    #[track_caller]
    pub fn astype(&self, dtype: DType) -> Array {
        Array::make(|| self.expr()?.cast(dtype))
    }

    /// The matrix product of the last two axes, by the rules of NumPy's `matmul`; the other axes broadcast.
    #[track_caller]
    pub fn matmul(&self, other: impl IntoArray) -> Array {
        let other = other.into_array();
        Array::make(|| self.expr()?.matmul(other.expr()?))
    }

    /// NumPy's `dot`: the product with a number, the inner product of two vectors, or the matrix product of arrays of
    /// up to two axes.
    #[track_caller]
    pub fn dot(&self, other: impl IntoArray) -> Array {
        let other = other.into_array();
        Array::make(|| {
            let (a, b): (&Expr, &Expr) = (self.expr()?, other.expr()?);
            match (a.ndim(), b.ndim()) {
                (0, _) | (_, 0) => Expr::apply(crate::Op::Multiply, &[a.clone(), b.clone()]),
                (_, 1 | 2) => a.matmul(b),
                _ => Err(Error::Shape(format!(
                    "dot: the second operand has {} axes, but dot takes at most two; use matmul",
                    b.ndim()
                ))),
            }
        })
    }
}

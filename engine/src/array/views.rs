//! Views, casts and products: the same elements in another order, shape or type.

use super::{Array, IntoArray, IntoAxes, IntoShape, Slice};
use crate::view::Index;
use crate::{DType, Error, Result};

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

    /// A field of an array of records, as NumPy's `r['name']`: a view. A field of several elements has axes of its own,
    /// behind those of the array.
    ///
    /// # Errors
    /// Reported when the array is computed: elements that are not records, or have no such field.
    #[track_caller]
    pub fn field(&self, name: &str) -> Array {
        Array::make(|| self.expr()?.field(name))
    }

    /// Several fields of an array of records, as NumPy's `r[['a', 'b']]`: records of these fields.
    ///
    /// # Errors
    /// Reported when the array is computed, as for [`Array::field`]; also fields that are not in their order.
    #[track_caller]
    pub fn fields(&self, names: &[&str]) -> Array {
        Array::make(|| self.expr()?.fields(names))
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

    /// Axes moved to other places; the others stay in order.
    #[track_caller]
    pub fn moveaxis(&self, from: impl IntoAxes, to: impl IntoAxes) -> Array {
        let (from, to) = (from.into_axes(), to.into_axes());
        Array::make(|| {
            let all = || (0..self.ndim().unwrap_or(0) as i64).collect::<Vec<_>>();
            self.expr()?.move_axes(&from.unwrap_or_else(all), &to.unwrap_or_else(all))
        })
    }

    /// The same elements in C order under another shape; one length may be -1. It is a view where no element has to
    /// move. Otherwise elements move when they are read, chunk by chunk; `explain` then names the reshape.
    ///
    /// ```
    /// use arrstore::prelude::*;
    /// let a = Array::from(&ndarray::array![[1, 2, 3], [4, 5, 6]]);
    /// assert_eq!(a.t().reshape([2, -1]).compute()?.to_string(), "[[1 4 2]\n [5 3 6]]");
    /// # Ok::<(), arrstore::Error>(())
    /// ```
    #[track_caller]
    pub fn reshape(&self, shape: impl IntoShape) -> Array {
        let shape = shape.into_shape();
        Array::make(|| self.expr()?.reshape(&shape))
    }

    /// The same, but always a view: a reshape that has to move elements is refused, with the reason, as by NumPy's
    /// `reshape(..., copy=False)`.
    #[track_caller]
    pub fn reshape_view(&self, shape: impl IntoShape) -> Array {
        let shape = shape.into_shape();
        Array::make(|| self.expr()?.reshape_view(&shape))
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

    /// The elements as texts that are wide enough for any element of their type, as NumPy's `astype(str)`.
    ///
    /// ```
    /// use arrstore::prelude::*;
    /// let a = Array::from(&ndarray::array![1.5, -2.0]);
    /// assert_eq!(a.as_texts().compute()?.to_string(), "['1.5' '-2.0']");
    /// # Ok::<(), arrstore::Error>(())
    /// ```
    #[track_caller]
    pub fn as_texts(&self) -> Array {
        Array::make(|| self.expr()?.as_texts(true))
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
}

//! Arrays joined, cut, repeated and rolled, and elements inserted and deleted. No elements are copied before the result
//! is read.

use std::borrow::Borrow;

use super::creation::{exprs, lengths};
use super::{Array, IntoArray, IntoAxes, IntoShape};
use crate::compose::{Cuts, Pad};
use crate::{Context, DType, Error, Expr, Result};

/// One axis, or `None` for all.
fn one_axis(axes: impl IntoAxes) -> Result<Option<i64>> {
    match axes.into_axes().as_deref() {
        None => Ok(None),
        Some(&[axis]) => Ok(Some(axis)),
        Some(several) => Err(Error::Value(format!("expected one axis or .., found {} axes", several.len()))),
    }
}

/// Joining, cutting, repeating and padding, by NumPy's names.
impl Array {
    /// Arrays joined along an axis; `..` joins all of them flattened. Nothing is copied: the arrays are read where the
    /// result is read.
    ///
    /// ```
    /// use arrstore::prelude::*;
    /// let a = Array::from(&ndarray::array![[1, 2], [3, 4]]);
    /// let b = Array::concatenate(&[&a, &a.t()], 1);
    /// assert_eq!(b.compute()?.to_string(), "[[1 2 1 3]\n [3 4 2 4]]");
    /// # Ok::<(), arrstore::Error>(())
    /// ```
    #[track_caller]
    pub fn concatenate<A: Borrow<Array>>(arrays: &[A], axis: impl IntoAxes) -> Array {
        let axis = one_axis(axis);
        Array::make(|| Expr::concatenate(&exprs(arrays)?, axis?, None))
    }

    /// Arrays of one shape as the parts of an array along a new axis.
    #[track_caller]
    pub fn stack<A: Borrow<Array>>(arrays: &[A], axis: i64) -> Array {
        Array::make(|| Expr::stack(&exprs(arrays)?, axis, None))
    }

    /// Arrays one below the other; vectors are rows.
    #[track_caller]
    pub fn vstack<A: Borrow<Array>>(arrays: &[A]) -> Array {
        Array::make(|| Expr::vstack(&exprs(arrays)?, None))
    }

    /// Arrays side by side: joined along axis 1, or along axis 0 if they are vectors.
    #[track_caller]
    pub fn hstack<A: Borrow<Array>>(arrays: &[A]) -> Array {
        Array::make(|| Expr::hstack(&exprs(arrays)?, None))
    }

    /// Arrays joined along the third axis.
    #[track_caller]
    pub fn dstack<A: Borrow<Array>>(arrays: &[A]) -> Array {
        Array::make(|| Expr::dstack(&exprs(arrays)?))
    }

    /// Arrays side by side; vectors are columns.
    #[track_caller]
    pub fn column_stack<A: Borrow<Array>>(arrays: &[A]) -> Array {
        Array::make(|| Expr::column_stack(&exprs(arrays)?))
    }

    /// An array put together from rows of blocks.
    ///
    /// ```
    /// use arrstore::prelude::*;
    /// let (one, none) = (Array::eye(2, 2, 0, DType::I64), Array::zeros([2, 1], DType::I64));
    /// let a = Array::block(&[vec![&one, &none], vec![&none, &one]]);
    /// assert_eq!(a.compute()?.to_string(), "[[1 0 0]\n [0 1 0]\n [0 1 0]\n [0 0 1]]");
    /// # Ok::<(), arrstore::Error>(())
    /// ```
    #[track_caller]
    pub fn block<A: Borrow<Array>, R: AsRef<[A]>>(rows: &[R]) -> Array {
        Array::make(|| {
            let row = |row: &R| Expr::concatenate(&exprs(row.as_ref())?, Some(-1), None);
            Expr::concatenate(&rows.iter().map(row).collect::<Result<Vec<_>>>()?, Some(-2), None)
        })
    }

    /// Values joined to the end of the array along an axis; `..` flattens both.
    #[track_caller]
    pub fn append(&self, values: impl IntoArray, axis: impl IntoAxes) -> Array {
        let (axis, values) = (one_axis(axis), values.into_array());
        Array::make(|| self.expr()?.append(values.expr()?, axis?))
    }

    /// The array with `values` inserted before some places along an axis; `..` flattens the array first. The values are
    /// cast to the array's type and broadcast. The places are read now, with the default context.
    ///
    /// ```
    /// use arrstore::prelude::*;
    /// let a = Array::from(&ndarray::array![1, 2, 3]);
    /// assert_eq!(a.insert([0, 2], 9, ..).compute()?.to_string(), "[9 1 2 9 3]");
    /// # Ok::<(), arrstore::Error>(())
    /// ```
    #[track_caller]
    pub fn insert(&self, places: impl IntoArray, values: impl IntoArray, axis: impl IntoAxes) -> Array {
        let (axis, places, values) = (one_axis(axis), places.into_array(), values.into_array());
        Array::make(|| self.expr()?.insert(places.expr()?, values.expr()?, axis?, &Context::default()))
    }

    /// The array without the elements at some places along an axis, or where truth values are true; `..` flattens the
    /// array first. The places are read now, with the default context.
    #[track_caller]
    pub fn delete(&self, places: impl IntoArray, axis: impl IntoAxes) -> Array {
        let (axis, places) = (one_axis(axis), places.into_array());
        Array::make(|| self.expr()?.delete(places.expr()?, axis?, &Context::default()))
    }

    /// Equal parts of the array along an axis, or the parts between some indices. They are views.
    ///
    /// # Errors
    /// When the axis is not there or does not divide into equal parts, or the array could not be built.
    pub fn split(&self, cuts: impl Into<Cuts>, axis: i64) -> Result<Vec<Array>> {
        Ok(self.expr()?.split(&cuts.into(), axis)?.into_iter().map(Array::from).collect())
    }

    /// The same, where some parts may be one longer than the others.
    ///
    /// # Errors
    /// When the axis is not there, the number of parts is not positive, or the array could not be built.
    pub fn array_split(&self, cuts: impl Into<Cuts>, axis: i64) -> Result<Vec<Array>> {
        Ok(self.expr()?.array_split(&cuts.into(), axis)?.into_iter().map(Array::from).collect())
    }

    /// The elements along an axis, each as an array without it.
    ///
    /// # Errors
    /// When the axis is not there, or the array could not be built.
    pub fn unstack(&self, axis: i64) -> Result<Vec<Array>> {
        Ok(self.expr()?.unstack(axis)?.into_iter().map(Array::from).collect())
    }

    /// Copies of the array beside each other, `times[k]` along axis `k`. Missing axes come first.
    #[track_caller]
    pub fn tile(&self, times: impl IntoShape) -> Array {
        let times = times.into_shape();
        Array::make(|| self.expr()?.tile(&lengths(times)?))
    }

    /// An array of another shape and size: the elements in C order, again and again if there are too few.
    #[track_caller]
    pub fn resize(&self, shape: impl IntoShape) -> Array {
        let shape = shape.into_shape();
        Array::make(|| self.expr()?.resize(&lengths(shape)?))
    }

    /// Each element along an axis repeated: one number of times for all, or one for each element. `..` flattens the
    /// array first. The counts are added up now, with the default context.
    ///
    /// ```
    /// use arrstore::prelude::*;
    /// let a = Array::from(&ndarray::array![1, 2, 3]);
    /// assert_eq!(a.repeat([2, 0, 1], 0).compute()?.to_string(), "[1 1 3]");
    /// # Ok::<(), arrstore::Error>(())
    /// ```
    #[track_caller]
    pub fn repeat(&self, counts: impl IntoArray, axis: impl IntoAxes) -> Array {
        let (axis, counts) = (one_axis(axis), counts.into_array());
        Array::make(|| {
            let (array, counts, context) = (self.expr()?, counts.expr()?, Context::default());
            match axis? {
                Some(axis) => array.repeat(counts, axis, &context),
                None => array.reshape(&[-1])?.repeat(counts, 0, &context),
            }
        })
    }

    /// The elements moved by `shifts` along `axes`; those that leave at the end come in at the front. `..` rolls the
    /// array as if it were flat.
    #[track_caller]
    pub fn roll(&self, shifts: impl IntoShape, axes: impl IntoAxes) -> Array {
        let (shifts, axes) = (shifts.into_shape(), axes.into_axes());
        Array::make(|| self.expr()?.roll(&shifts, axes.as_deref()))
    }

    /// The array turned by `k` quarters in the plane of two axes, from the first to the second.
    #[track_caller]
    pub fn rot90(&self, k: i64, axes: [i64; 2]) -> Array {
        Array::make(|| self.expr()?.rot90(k, axes))
    }

    /// The array with margins: for each axis, the number of elements before and after it, or one pair for all axes.
    ///
    /// ```
    /// use arrstore::{Pad, prelude::*};
    /// let a = Array::from(&ndarray::array![1, 2, 3]);
    /// assert_eq!(a.pad(&[[2, 1]], &Pad::Edge).compute()?.to_string(), "[1 1 1 2 3 3]");
    /// # Ok::<(), arrstore::Error>(())
    /// ```
    #[track_caller]
    pub fn pad(&self, widths: &[[u64; 2]], how: &Pad) -> Array {
        Array::make(|| self.expr()?.pad(widths, how))
    }

    /// A diagonal of a matrix, `k` above the main one, or the matrix with a vector on that diagonal.
    #[track_caller]
    pub fn diag(&self, k: i64) -> Array {
        Array::make(|| self.expr()?.diag(k))
    }

    /// The matrix with all elements of the array on the diagonal `k` above the main one.
    #[track_caller]
    pub fn diagflat(&self, k: i64) -> Array {
        Array::make(|| self.expr()?.diag_flat(k))
    }

    /// The diagonals of two axes, `offset` above the main ones. They are the last axis of the result.
    #[track_caller]
    pub fn diagonal(&self, offset: i64, axis1: i64, axis2: i64) -> Array {
        Array::make(|| self.expr()?.diagonal(offset, axis1, axis2))
    }

    /// The sums of the diagonals of two axes. `dtype`: `None` for NumPy's choice.
    #[track_caller]
    pub fn trace(&self, offset: i64, axis1: i64, axis2: i64, dtype: impl Into<Option<DType>>) -> Array {
        Array::make(|| self.expr()?.trace(offset, axis1, axis2, dtype.into()))
    }

    /// The lower triangle of the last two axes, with zeros above the diagonal `k`.
    #[track_caller]
    pub fn tril(&self, k: i64) -> Array {
        Array::make(|| self.expr()?.triangle(k, false))
    }

    /// The upper triangle of the last two axes, with zeros below the diagonal `k`.
    #[track_caller]
    pub fn triu(&self, k: i64) -> Array {
        Array::make(|| self.expr()?.triangle(k, true))
    }

    /// All elements in C order along one axis.
    #[track_caller]
    pub fn ravel(&self) -> Array {
        self.reshape(-1)
    }

    /// The array with at least one axis.
    #[track_caller]
    pub fn atleast_1d(&self) -> Array {
        Array::make(|| self.expr()?.at_least(1))
    }

    /// The array with at least two axes: new ones come first.
    #[track_caller]
    pub fn atleast_2d(&self) -> Array {
        Array::make(|| self.expr()?.at_least(2))
    }

    /// The array with at least three axes: a vector becomes `(1, n, 1)` and a matrix `(m, n, 1)`.
    #[track_caller]
    pub fn atleast_3d(&self) -> Array {
        Array::make(|| self.expr()?.at_least(3))
    }

    /// All windows of the array: windows of `lengths` along `axes` (`..`: one for each axis). The axes of the windows
    /// come last. A sum, mean, product, minimum or maximum of short windows takes one pass.
    ///
    /// ```
    /// use arrstore::prelude::*;
    /// let a = Array::from(&ndarray::array![1.0, 2.0, 6.0, 4.0]);
    /// assert_eq!(a.sliding_window_view(3, 0).mean(-1).compute()?.to_string(), "[3. 4.]");
    /// # Ok::<(), arrstore::Error>(())
    /// ```
    #[track_caller]
    pub fn sliding_window_view(&self, lengths: impl IntoShape, axes: impl IntoAxes) -> Array {
        let (shape, axes) = (lengths.into_shape(), axes.into_axes());
        Array::make(|| self.expr()?.sliding_windows(&self::lengths(shape)?, axes.as_deref()))
    }

    /// An array of `shape` over the elements of this one: an index of 1 along axis `k` is `strides[k]` bytes away in an
    /// array in C order. Strides that lead outside the array are an error.
    #[track_caller]
    pub fn as_strided(&self, shape: impl IntoShape, strides: impl IntoShape) -> Array {
        let (shape, strides) = (shape.into_shape(), strides.into_shape());
        Array::make(|| self.expr()?.as_strided(&lengths(shape)?, &strides))
    }

    /// Windows of `size` elements along one axis, `step` apart. The elements of a window are the last axis.
    #[track_caller]
    pub fn unfold(&self, axis: i64, size: u64, step: u64) -> Array {
        Array::make(|| self.expr()?.unfold(axis, size, step))
    }
}

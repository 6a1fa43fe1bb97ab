//! Arrays as sets of elements.
//!
//! The shapes of these results depend on data. So they are computed at once, within the default [`Context`] or that of
//! the methods that take one.

use super::{Array, IntoArray};
use crate::compose::{Unique, UniqueOptions};
use crate::{Context, Error, Expr, Result};

impl Array {
    /// The distinct elements in ascending order, as NumPy's `unique`. All NaN count as one element.
    ///
    /// ```
    /// use arrstore::prelude::*;
    /// let a = Array::from(&ndarray::array![[3, 1], [1, 3]]);
    /// assert_eq!(a.unique().compute()?.to_string(), "[1 3]");
    /// # Ok::<(), arrstore::Error>(())
    /// ```
    #[track_caller]
    pub fn unique(&self) -> Array {
        self.unique_in(&Context::default())
    }

    /// As [`Array::unique`], with the memory and threads of `context`.
    #[track_caller]
    pub fn unique_in(&self, context: &Context) -> Array {
        Array::make(|| Ok(self.expr()?.unique(&UniqueOptions::default(), context)?.values))
    }

    /// The distinct elements in ascending order, and how often each occurs.
    ///
    /// ```
    /// use arrstore::prelude::*;
    /// let a = Array::from(&ndarray::array![3, 1, 3]);
    /// let (values, counts) = a.unique_counts(&Context::default())?;
    /// assert_eq!(values.compute()?.to_string(), "[1 3]");
    /// assert_eq!(counts.compute()?.to_string(), "[1 2]");
    /// # Ok::<(), arrstore::Error>(())
    /// ```
    ///
    /// # Errors
    /// The error that the array carries, and errors of the computation.
    pub fn unique_counts(&self, context: &Context) -> Result<(Array, Array)> {
        let options = UniqueOptions { counts: true, ..UniqueOptions::default() };
        let found = self.expr()?.unique(&options, context)?;
        Ok((found.values.into(), asked(found.counts)?))
    }

    /// The distinct elements in ascending order, and the place of each element of the array among them, in the array's
    /// shape.
    ///
    /// # Errors
    /// As [`Array::unique_counts`].
    pub fn unique_inverse(&self, context: &Context) -> Result<(Array, Array)> {
        let options = UniqueOptions { inverse: true, ..UniqueOptions::default() };
        let found = self.expr()?.unique(&options, context)?;
        Ok((found.values.into(), asked(found.inverse)?))
    }

    /// The distinct elements in ascending order; the position in C order of the first of each; the place of each
    /// element of the array among them; and how often each occurs.
    ///
    /// # Errors
    /// As [`Array::unique_counts`].
    pub fn unique_all(&self, context: &Context) -> Result<[Array; 4]> {
        let options = UniqueOptions { index: true, inverse: true, counts: true, ..UniqueOptions::default() };
        let Unique { values, index, inverse, counts } = self.expr()?.unique(&options, context)?;
        Ok([values.into(), asked(index)?, asked(inverse)?, asked(counts)?])
    }

    /// The distinct parts along an axis in ascending order, as NumPy's `unique` with an axis. Parts are compared element
    /// by element; those that hold a NaN are all different.
    ///
    /// ```
    /// use arrstore::prelude::*;
    /// let a = Array::from(&ndarray::array![[3, 1], [2, 9], [3, 1]]);
    /// assert_eq!(a.unique_along(0).compute()?.to_string(), "[[2 9]\n [3 1]]");
    /// # Ok::<(), arrstore::Error>(())
    /// ```
    #[track_caller]
    pub fn unique_along(&self, axis: i64) -> Array {
        let options = UniqueOptions { axis: Some(axis), ..UniqueOptions::default() };
        Array::make(|| Ok(self.expr()?.unique(&options, &Context::default())?.values))
    }

    /// The distinct parts along an axis in ascending order; the position of the first of each along the axis; the place
    /// of each part of the array among them; and how often each occurs.
    ///
    /// # Errors
    /// As [`Array::unique_counts`], and when the axis is not there.
    pub fn unique_all_along(&self, axis: i64, context: &Context) -> Result<[Array; 4]> {
        let options =
            UniqueOptions { index: true, inverse: true, counts: true, equal_nan: true, axis: Some(axis) };
        let Unique { values, index, inverse, counts } = self.expr()?.unique(&options, context)?;
        Ok([values.into(), asked(index)?, asked(inverse)?, asked(counts)?])
    }

    /// The elements that are in this array or in another, distinct and in ascending order, as NumPy's `union1d`.
    #[track_caller]
    pub fn union1d(&self, other: impl IntoArray) -> Array {
        self.set(other, Expr::union1d)
    }

    /// The elements that are in this array and in another, distinct and in ascending order, as NumPy's `intersect1d`.
    #[track_caller]
    pub fn intersect1d(&self, other: impl IntoArray) -> Array {
        self.set(other, |a, b, context| a.intersect1d(b, context).map(|[values, ..]| values))
    }

    /// The distinct elements of this array that are not in another, in ascending order, as NumPy's `setdiff1d`.
    #[track_caller]
    pub fn setdiff1d(&self, other: impl IntoArray) -> Array {
        self.set(other, Expr::setdiff1d)
    }

    /// The elements that are in this array or in another but not in both, distinct and in ascending order, as NumPy's
    /// `setxor1d`.
    #[track_caller]
    pub fn setxor1d(&self, other: impl IntoArray) -> Array {
        self.set(other, Expr::setxor1d)
    }

    #[track_caller]
    fn set(
        &self,
        other: impl IntoArray,
        operation: impl FnOnce(&Expr, &Expr, &Context) -> Result<Expr>,
    ) -> Array {
        let other = other.into_array();
        Array::make(|| operation(self.expr()?, other.expr()?, &Context::default()))
    }
}

/// A result that was asked for.
fn asked(part: Option<Expr>) -> Result<Array> {
    part.map(Array::from).ok_or_else(|| Error::internal("a result that was asked for is missing"))
}

//! Elements by their places and by masks, and the places of elements.

use super::{Array, IntoArray, IntoAxes, Slice};
use crate::{Context, Expr, Mode, Part, Result};

/// One part of a subscript with arrays, in [`Array::at`]: all that [`s!`](crate::s) takes but negative steps, and lazy
/// arrays of indices or of booleans.
pub trait IntoPart {
    /// The part.
    #[doc(hidden)]
    fn into_part(self) -> Result<Part>;
}

impl<T: Into<Slice>> IntoPart for T {
    fn into_part(self) -> Result<Part> {
        let turned = || {
            crate::Error::Value("a subscript with arrays has a negative step: flip the array first".into())
        };
        self.into().ascending().map(Part::Index).ok_or_else(turned)
    }
}

impl IntoPart for &Array {
    fn into_part(self) -> Result<Part> {
        self.expr().map(|expr| Part::Array(expr.clone()))
    }
}

impl IntoPart for Array {
    fn into_part(self) -> Result<Part> {
        (&self).into_part()
    }
}

/// The parts of a subscript with arrays: one part, or a tuple of up to six.
pub trait IntoParts {
    /// The parts.
    #[doc(hidden)]
    fn into_parts(self) -> Result<Vec<Part>>;
}

macro_rules! tuples {
    ($(($($name:ident)+);)*) => { $(
        impl<$($name: IntoPart),+> IntoParts for ($($name,)+) {
            #[allow(non_snake_case)]
            fn into_parts(self) -> Result<Vec<Part>> {
                let ($($name,)+) = self;
                Ok(vec![$($name.into_part()?),+])
            }
        }
    )* };
}
tuples! { (A); (A B); (A B C); (A B C D); (A B C D E); (A B C D E F); }

impl Array {
    /// The elements that arrays of indices and masks name, beside slices, integers, [`NewAxis`](crate::NewAxis) and
    /// [`Ellipsis`](crate::Ellipsis): NumPy's `a[...]`, with NumPy's shapes. Arrays of indices broadcast together. A mask
    /// is counted now, with the default context: see [`Array::mask_in`].
    ///
    /// ```
    /// use arrstore::prelude::*;
    /// let a = Array::from(&ndarray::array![[0, 1, 2], [3, 4, 5]]);
    /// let columns = Array::from([2i64, 0]);
    /// assert_eq!(a.at((.., &columns)).compute()?.to_string(), "[[2 0]\n [5 3]]");
    /// assert_eq!(a.at((Array::from([1i64, 0]), &columns)).compute()?.to_string(), "[5 0]");
    /// # Ok::<(), arrstore::Error>(())
    /// ```
    #[track_caller]
    pub fn at(&self, parts: impl IntoParts) -> Array {
        let parts = parts.into_parts();
        Array::make(|| self.expr()?.subscript(&parts?, &Context::default()))
    }

    /// The elements at `index` along `axis`, as NumPy's `take`: rows 2 and 0 are `a.take([2i64, 0], 0)`. An index out of
    /// bounds is an error; a negative index counts from the end.
    ///
    /// ```
    /// use arrstore::prelude::*;
    /// let a = Array::from(&ndarray::array![[0, 1], [2, 3], [4, 5]]);
    /// assert_eq!(a.take([2i64, 0], 0).compute()?.to_string(), "[[4 5]\n [0 1]]");
    /// # Ok::<(), arrstore::Error>(())
    /// ```
    #[track_caller]
    pub fn take(&self, index: impl IntoArray, axis: i64) -> Array {
        let index = index.into_array();
        Array::make(|| self.expr()?.take(index.expr()?, Some(axis), Mode::Raise))
    }

    /// The elements at `index`, which counts all elements in C order. The result has the shape of the index.
    #[track_caller]
    pub fn take_flat(&self, index: impl IntoArray) -> Array {
        let index = index.into_array();
        Array::make(|| self.expr()?.take(index.expr()?, None, Mode::Raise))
    }

    /// The element at `index` of each line along `axis`, as NumPy's `take_along_axis`. Both arrays have the same number
    /// of axes; the other axes broadcast.
    #[track_caller]
    pub fn take_along_axis(&self, index: impl IntoArray, axis: i64) -> Array {
        let index = index.into_array();
        Array::make(|| self.expr()?.take_along_axis(index.expr()?, Some(axis)))
    }

    /// The elements where `mask` is true, as NumPy's `a[mask]`: in C order if the mask has all axes of the array, else
    /// the parts at the true elements of its first axes. The mask is counted now, with the default context.
    ///
    /// ```
    /// use arrstore::prelude::*;
    /// let a = Array::from(&ndarray::array![[1, 5], [7, 2]]);
    /// assert_eq!(a.mask(a.gt(2)).compute()?.to_string(), "[5 7]");
    /// # Ok::<(), arrstore::Error>(())
    /// ```
    #[track_caller]
    pub fn mask(&self, mask: impl IntoArray) -> Array {
        self.mask_in(mask, &Context::default())
    }

    /// As [`Array::mask`]; the mask is counted with the memory, threads, progress and cancellation of `context`. If the
    /// elements take less than a sixteenth of its budget, the pass that counts them keeps them.
    #[track_caller]
    pub fn mask_in(&self, mask: impl IntoArray, context: &Context) -> Array {
        let mask = mask.into_array();
        Array::make(|| {
            let mask = mask.expr()?;
            if mask.dtype() != crate::DType::Bool {
                return Err(crate::Error::dtype("a mask", crate::DType::Bool, mask.dtype()));
            }
            self.expr()?.subscript(&[Part::Array(mask.clone())], context)
        })
    }

    /// The parts along `axis` where a condition of one axis is true, as NumPy's `compress`. The condition is counted
    /// now, with the default context.
    #[track_caller]
    pub fn compress(&self, condition: impl IntoArray, axis: i64) -> Array {
        let condition = condition.into_array();
        Array::make(|| self.expr()?.compress(condition.expr()?, Some(axis), &Context::default()))
    }

    /// The places of the elements that are not zero, in C order, one array for each axis: NumPy's `nonzero`. They are
    /// counted now, with the memory, threads, progress and cancellation of `context`.
    ///
    /// # Errors
    /// The error that the array carries; when it has no axes; as [`Array::compute`].
    pub fn nonzero(&self, context: &Context) -> Result<Vec<Array>> {
        Ok(self.expr()?.nonzero(context)?.into_iter().map(Array::from).collect())
    }

    /// The index of each element that is not zero, in C order, one row for each: NumPy's `argwhere`. They are counted
    /// now, with the default context.
    ///
    /// ```
    /// use arrstore::prelude::*;
    /// let a = Array::from(&ndarray::array![[0, 5], [7, 0]]);
    /// assert_eq!(a.argwhere().compute()?.to_string(), "[[0 1]\n [1 0]]");
    /// # Ok::<(), arrstore::Error>(())
    /// ```
    #[track_caller]
    pub fn argwhere(&self) -> Array {
        Array::make(|| self.expr()?.argwhere(&Context::default()))
    }

    /// The places of the elements that are not zero, counted in C order: NumPy's `flatnonzero`. They are counted now,
    /// with the default context.
    #[track_caller]
    pub fn flatnonzero(&self) -> Array {
        Array::make(|| self.expr()?.flatnonzero(&Context::default()))
    }

    /// The element of `choices` number `self`, for each element of `self`: NumPy's `choose`. `mode` says what a number
    /// without a choice means.
    ///
    /// ```
    /// use arrstore::{Mode, prelude::*};
    /// let n = Array::from([0i64, 1, 0]);
    /// let chosen = n.choose(&[Array::from([1i64, 2, 3]), Array::from(-1)], Mode::Raise);
    /// assert_eq!(chosen.compute()?.to_string(), "[ 1 -1  3]");
    /// # Ok::<(), arrstore::Error>(())
    /// ```
    #[track_caller]
    pub fn choose(&self, choices: &[Array], mode: Mode) -> Array {
        Array::make(|| self.expr()?.choose(&exprs(choices)?, mode))
    }

    /// For each element the value of the last condition that is true there, in the array's type: NumPy's `piecewise`. One
    /// more value than conditions stands for the other elements; without it, they are zero.
    #[track_caller]
    pub fn piecewise(&self, conditions: &[Array], values: &[Array]) -> Array {
        Array::make(|| self.expr()?.piecewise(&exprs(conditions)?, &exprs(values)?))
    }

    /// The smallest box of the array outside of which all elements are zero: NumPy's `trim_zeros`. Elements are read now,
    /// with the default context.
    ///
    /// ```
    /// use arrstore::prelude::*;
    /// assert_eq!(Array::from(vec![0, 0, 1, 0, 2, 0]).trim_zeros(..).compute()?.to_string(), "[1 0 2]");
    /// # Ok::<(), arrstore::Error>(())
    /// ```
    #[track_caller]
    pub fn trim_zeros(&self, axes: impl IntoAxes) -> Array {
        let axes = axes.into_axes();
        Array::make(|| self.expr()?.trim_zeros([true; 2], axes.as_deref(), &Context::default()))
    }

    /// The places of the elements at and below diagonal `k` of a matrix of `shape`, its rows and its columns: NumPy's
    /// `tril_indices`. They are counted now, with the memory, threads, progress and cancellation of `context`.
    ///
    /// # Errors
    /// When there are too many elements to count; as [`Array::compute`].
    pub fn tril_indices(shape: [u64; 2], k: i64, context: &Context) -> Result<Vec<Array>> {
        let places = Expr::triangle_indices(shape, k, false, context)?;
        Ok(places.into_iter().map(Array::from).collect())
    }

    /// The places of the elements at and above diagonal `k` of a matrix of `shape`: see [`Array::tril_indices`].
    ///
    /// # Errors
    /// As [`Array::tril_indices`].
    pub fn triu_indices(shape: [u64; 2], k: i64, context: &Context) -> Result<Vec<Array>> {
        let places = Expr::triangle_indices(shape, k, true, context)?;
        Ok(places.into_iter().map(Array::from).collect())
    }

    /// The places of the diagonal of the array, whose axes all have one length: NumPy's `diag_indices_from`.
    ///
    /// # Errors
    /// The error that the array carries; when it has fewer than two axes, or their lengths differ.
    pub fn diag_indices_from(&self) -> Result<Vec<Array>> {
        Ok(self.expr()?.diag_indices_from()?.into_iter().map(Array::from).collect())
    }

    /// For each element the choice of the first condition that is true, else the default: NumPy's `select`.
    #[track_caller]
    pub fn select(conditions: &[Array], choices: &[Array], default: impl IntoArray) -> Array {
        let default = default.into_array();
        Array::make(|| Expr::select(&exprs(conditions)?, &exprs(choices)?, default.expr()?))
    }
}

/// The expressions of several arrays.
fn exprs(arrays: &[Array]) -> Result<Vec<Expr>> {
    arrays.iter().map(|array| array.expr().cloned()).collect()
}

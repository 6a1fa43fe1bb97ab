//! Arrays of nothing but numbers. They are computed where they are read and take no memory.

use std::borrow::Borrow;

use super::{Array, IntoArray, IntoShape, Native};
use crate::compose::Samples;
use crate::operator::generated::Generated;
use crate::{Context, DType, Error, Expr, Result, Scalar};

/// Lengths that are not negative.
pub(super) fn lengths(shape: Vec<i64>) -> Result<Vec<u64>> {
    let length = |n: i64| u64::try_from(n).map_err(|_| Error::Shape(format!("{n} is not a length")));
    shape.into_iter().map(length).collect()
}

/// Constructors by NumPy's names.
impl Array {
    /// Zeros.
    ///
    /// ```
    /// use arrstore::prelude::*;
    /// assert_eq!(Array::zeros([2, 3], DType::I64).compute()?.to_string(), "[[0 0 0]\n [0 0 0]]");
    /// # Ok::<(), arrstore::Error>(())
    /// ```
    #[track_caller]
    pub fn zeros(shape: impl IntoShape, dtype: DType) -> Array {
        let shape = shape.into_shape();
        Array::make(|| Expr::zeros(&lengths(shape)?, dtype))
    }

    /// Ones.
    #[track_caller]
    pub fn ones(shape: impl IntoShape, dtype: DType) -> Array {
        let shape = shape.into_shape();
        Array::make(|| Expr::ones(&lengths(shape)?, dtype))
    }

    /// Zeros: an array takes its elements when it is written, so there is no memory to leave as it was.
    #[track_caller]
    pub fn empty(shape: impl IntoShape, dtype: DType) -> Array {
        Array::zeros(shape, dtype)
    }

    /// One value everywhere, or the values of an array that broadcasts to the shape. `dtype`: `None` for the type of the
    /// value.
    ///
    /// ```
    /// use arrstore::prelude::*;
    /// assert_eq!(Array::full([2, 2], 1.5, None).compute()?.to_string(), "[[1.5 1.5]\n [1.5 1.5]]");
    /// # Ok::<(), arrstore::Error>(())
    /// ```
    #[track_caller]
    pub fn full(shape: impl IntoShape, value: impl IntoArray, dtype: impl Into<Option<DType>>) -> Array {
        let (shape, value) = (shape.into_shape(), value.into_array());
        Array::make(|| Expr::full(&lengths(shape)?, value.expr()?, dtype.into()))
    }

    /// Zeros in the shape and type of this array.
    #[track_caller]
    pub fn zeros_like(&self) -> Array {
        Array::make(|| self.expr().and_then(|a| Expr::zeros(a.shape(), a.typed()?.dtype())))
    }

    /// Ones in the shape and type of this array.
    #[track_caller]
    pub fn ones_like(&self) -> Array {
        Array::make(|| self.expr().and_then(|a| Expr::ones(a.shape(), a.typed()?.dtype())))
    }

    /// Zeros in the shape and type of this array: see [`Array::empty`].
    #[track_caller]
    pub fn empty_like(&self) -> Array {
        self.zeros_like()
    }

    /// One value everywhere, in the shape and type of this array.
    #[track_caller]
    pub fn full_like(&self, value: impl IntoArray) -> Array {
        let value = value.into_array();
        Array::make(|| {
            let a = self.expr()?;
            Expr::full(a.shape(), value.expr()?, Some(a.dtype()))
        })
    }

    /// Numbers from `start` on, `step` apart, before `stop`. `dtype`: `None` for NumPy's choice.
    ///
    /// ```
    /// use arrstore::prelude::*;
    /// assert_eq!(Array::arange(2, 9, 3, None).compute()?.to_string(), "[2 5 8]");
    /// # Ok::<(), arrstore::Error>(())
    /// ```
    #[track_caller]
    pub fn arange(
        start: impl Into<Scalar>,
        stop: impl Into<Scalar>,
        step: impl Into<Scalar>,
        dtype: impl Into<Option<DType>>,
    ) -> Array {
        Array::make(|| Expr::arange(start.into(), stop.into(), step.into(), dtype.into()))
    }

    /// Points or spans of time from `start` on, `step` apart, before `stop`, as NumPy's `arange` of times. The ends and
    /// the step are single times or integers; beside points, a `stop` that is a span or an integer counts from `start`.
    /// The elements have the unit that all of them are multiples of.
    ///
    /// ```
    /// use arrstore::prelude::*;
    /// use arrstore::Expr;
    /// let start = Array::from(Expr::datetime("2024-02-28", None)?);
    /// let days = Array::arange_times(&start, 3, 1);
    /// assert_eq!(days.compute()?.to_string(), "['2024-02-28' '2024-02-29' '2024-03-01']");
    /// # Ok::<(), arrstore::Error>(())
    /// ```
    #[track_caller]
    pub fn arange_times(start: impl IntoArray, stop: impl IntoArray, step: impl IntoArray) -> Array {
        let (start, stop, step) = (start.into_array(), stop.into_array(), step.into_array());
        Array::make(|| {
            let [start, stop, step] = [start.expr()?, stop.expr()?, step.expr()?];
            Expr::arange_times(Some(start), stop, Some(step), None, &Context::default())
        })
    }

    /// Numbers at equal distances from `start` to `stop`: a number of them, or [`Samples`] with more options. The ends
    /// may be arrays, which broadcast.
    ///
    /// ```
    /// use arrstore::prelude::*;
    /// assert_eq!(Array::linspace(0, 1, 5).compute()?.to_string(), "[0.   0.25 0.5  0.75 1.  ]");
    /// # Ok::<(), arrstore::Error>(())
    /// ```
    #[track_caller]
    pub fn linspace(start: impl IntoArray, stop: impl IntoArray, samples: impl Into<Samples>) -> Array {
        let (start, stop) = (start.into_array(), stop.into_array());
        Array::make(|| Ok(Expr::linspace(start.expr()?, stop.expr()?, &samples.into())?.0))
    }

    /// Powers of `base` from `base ** start` to `base ** stop`, at equal distances of their exponents.
    #[track_caller]
    pub fn logspace(
        start: impl IntoArray,
        stop: impl IntoArray,
        base: impl IntoArray,
        samples: impl Into<Samples>,
    ) -> Array {
        let (start, stop, base) = (start.into_array(), stop.into_array(), base.into_array());
        Array::make(|| Expr::logspace(start.expr()?, stop.expr()?, base.expr()?, &samples.into()))
    }

    /// Numbers from `start` to `stop` with equal ratios. Neither end may be 0.
    #[track_caller]
    pub fn geomspace(start: impl IntoArray, stop: impl IntoArray, samples: impl Into<Samples>) -> Array {
        let (start, stop) = (start.into_array(), stop.into_array());
        Array::make(|| Expr::geomspace(start.expr()?, stop.expr()?, &samples.into()))
    }

    /// A matrix of `rows` x `columns` with ones on the diagonal `k` above the main one, and zeros elsewhere.
    #[track_caller]
    pub fn eye(rows: u64, columns: u64, k: i64, dtype: DType) -> Array {
        Array::make(|| Expr::eye(rows, columns, k, dtype))
    }

    /// A square matrix with ones on the diagonal and zeros elsewhere.
    #[track_caller]
    pub fn identity(n: u64, dtype: DType) -> Array {
        Array::eye(n, n, 0, dtype)
    }

    /// A matrix of `rows` x `columns` with ones at and below the diagonal `k` above the main one, and zeros elsewhere.
    #[track_caller]
    pub fn tri(rows: u64, columns: u64, k: i64, dtype: DType) -> Array {
        Array::make(|| Expr::tri(rows, columns, k, dtype))
    }

    /// The powers of a vector as `columns` columns: the highest first, unless `increasing`.
    #[track_caller]
    pub fn vander(&self, columns: u64, increasing: bool) -> Array {
        Array::make(|| self.expr()?.vander(Some(columns), increasing))
    }

    /// The indices of a grid along each of its axes, stacked along a first axis.
    ///
    /// ```
    /// use arrstore::prelude::*;
    /// let grid = Array::indices([2, 3], DType::I64);
    /// assert_eq!(grid.slice(s![1]).compute()?.to_string(), "[[0 1 2]\n [0 1 2]]");
    /// # Ok::<(), arrstore::Error>(())
    /// ```
    #[track_caller]
    pub fn indices(shape: impl IntoShape, dtype: DType) -> Array {
        let shape = shape.into_shape();
        Array::make(|| Expr::indices(&lengths(shape)?, dtype))
    }

    /// An array whose element at each index is `function` of that index. Several threads call the function, in any
    /// order, and more than once for an element that is read more than once. NumPy's function takes whole arrays of
    /// indices instead; [`Array::indices`] gives these.
    ///
    /// ```
    /// use arrstore::prelude::*;
    /// let a = Array::fromfunction([2, 3], |index| 10.0 * index[0] as f64 + index[1] as f64);
    /// assert_eq!(a.compute()?.to_string(), "[[ 0.  1.  2.]\n [10. 11. 12.]]");
    /// # Ok::<(), arrstore::Error>(())
    /// ```
    #[track_caller]
    pub fn fromfunction<T: Native>(
        shape: impl IntoShape,
        function: impl Fn(&[u64]) -> T + Send + Sync + 'static,
    ) -> Array {
        let shape = shape.into_shape();
        Array::make(|| {
            let shape = lengths(shape)?;
            crate::source::bytes(T::DTYPE.size(), &shape)?;
            let call = move |index: &[u64], place: &mut [u8]| {
                place.copy_from_slice(bytemuck::bytes_of(&function(index).stored()));
            };
            Ok(Expr::output(Generated::new(call), Vec::new(), T::DTYPE, shape))
        })
    }

    /// The Bartlett window, a triangle, of `length` points.
    #[track_caller]
    pub fn bartlett(length: u64) -> Array {
        Array::make(|| Expr::bartlett(length as f64))
    }

    /// The Blackman window of `length` points.
    #[track_caller]
    pub fn blackman(length: u64) -> Array {
        Array::make(|| Expr::blackman(length as f64))
    }

    /// The Hamming window of `length` points.
    #[track_caller]
    pub fn hamming(length: u64) -> Array {
        Array::make(|| Expr::hamming(length as f64))
    }

    /// The Hann window of `length` points.
    #[track_caller]
    pub fn hanning(length: u64) -> Array {
        Array::make(|| Expr::hanning(length as f64))
    }

    /// The Kaiser window of `length` points and shape `beta`.
    ///
    /// ```
    /// use arrstore::prelude::*;
    /// assert_eq!(Array::kaiser(3, 0.0).compute()?.to_string(), "[1. 1. 1.]");
    /// # Ok::<(), arrstore::Error>(())
    /// ```
    #[track_caller]
    pub fn kaiser(length: u64, beta: impl Into<f64>) -> Array {
        Array::make(|| Expr::kaiser(length as f64, beta.into()))
    }

    /// The coordinates of a grid, one array for each of its axes, from the coordinates along each axis. The axes of the
    /// grid are in the order of the arrays, as with NumPy's `indexing='ij'`; `xy` exchanges the first two.
    ///
    /// # Errors
    /// When the grid has too many elements to count, or an array could not be built.
    pub fn meshgrid<A: Borrow<Array>>(arrays: &[A], xy: bool) -> Result<Vec<Array>> {
        Ok(Expr::meshgrid(&exprs(arrays)?, xy, false)?.into_iter().map(Array::from).collect())
    }

    /// The arrays, each broadcast to the shape that all of them broadcast to.
    ///
    /// # Errors
    /// When they do not broadcast together, or one could not be built.
    pub fn broadcast_arrays<A: Borrow<Array>>(arrays: &[A]) -> Result<Vec<Array>> {
        Ok(Expr::broadcast_arrays(&exprs(arrays)?)?.into_iter().map(Array::from).collect())
    }
}

/// The expressions of some arrays.
pub(super) fn exprs<A: Borrow<Array>>(arrays: &[A]) -> Result<Vec<Expr>> {
    arrays.iter().map(|array| array.borrow().expr().cloned()).collect()
}

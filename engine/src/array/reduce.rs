//! A method for each reduction of the table, and the options of the last reduction.

use std::sync::Arc;

use super::reduced::{By, Reduced};
use super::{Array, IntoArray, IntoAxes};
use crate::op::reductions;
use crate::{DType, Error, Expr, Op, ReduceOptions, Reduction, Scalar};

impl Array {
    #[track_caller]
    fn reduce(&self, by: By, axes: impl IntoAxes) -> Array {
        let options = ReduceOptions { axes: axes.into_axes(), ..ReduceOptions::default() };
        match &self.made {
            Ok(input) => Array::of_reduction(Reduced { input: input.clone(), by, options }),
            Err(_) => self.clone(),
        }
    }

    /// The elements along axes put together by an operation of two arrays, from the first to the last, as NumPy's
    /// `subtract.reduce`. It takes the options of a reduction.
    ///
    /// ```
    /// use arrstore::{Op, prelude::*};
    /// let a = Array::from(&ndarray::array![[10, 1, 2], [7, 8, 9]]);
    /// assert_eq!(a.reduce_by(Op::Subtract, 1).compute()?.to_string(), "[  7 -10]");
    /// assert_eq!(a.reduce_by(Op::BitwiseOr, ..).compute()?.to_string(), "15");
    /// # Ok::<(), arrstore::Error>(())
    /// ```
    #[track_caller]
    pub fn reduce_by(&self, op: Op, axes: impl IntoAxes) -> Array {
        self.reduce(By::Op(op), axes)
    }

    /// Reductions of parts along `axis` by an operation of two arrays, as NumPy's `add.reduceat`: each part begins at an
    /// index, and ends before the next. Where the next index is not larger, the part is the element at the index.
    ///
    /// ```
    /// use arrstore::{Op, prelude::*};
    /// let a = Array::from(vec![1, 2, 3, 4]);
    /// assert_eq!(a.reduce_at(Op::Add, &[0, 2], 0).compute()?.to_string(), "[3 7]");
    /// # Ok::<(), arrstore::Error>(())
    /// ```
    #[track_caller]
    pub fn reduce_at(&self, op: Op, indices: &[i64], axis: i64) -> Array {
        Array::make(|| self.expr()?.reduce_at(op, indices, axis, None))
    }

    #[track_caller]
    fn of_reduction(reduced: Reduced) -> Array {
        let mut array = Array::make(|| reduced.expr());
        array.reduced = Some(Arc::new(reduced));
        array
    }

    /// The same reduction with another option.
    #[track_caller]
    fn reduce_again(&self, option: &str, change: impl FnOnce(&mut ReduceOptions)) -> Array {
        match (&self.reduced, &self.made) {
            (Some(reduced), _) => {
                let mut options = reduced.options.clone();
                change(&mut options);
                let (input, by) = (reduced.input.clone(), reduced.by);
                Array::of_reduction(Reduced { input, by, options })
            }
            (None, Err(_)) => self.clone(),
            (None, Ok(_)) => Array::make(|| {
                Err(Error::Value(format!(
                    "{option} is an option of a reduction: write it directly after one, as in a.mean(0).{option}"
                )))
            }),
        }
    }

    /// Keeps the axes of the preceding reduction with length 1, so that the result broadcasts against the array.
    ///
    /// ```
    /// use arrstore::prelude::*;
    /// let a = Array::from(&ndarray::array![[1.0, 3.0], [5.0, 7.0]]);
    /// assert_eq!(a.mean(1).keepdims().shape()?, [2, 1]);
    /// # Ok::<(), arrstore::Error>(())
    /// ```
    #[track_caller]
    pub fn keepdims(&self) -> Array {
        self.reduce_again("keepdims()", |options| options.keepdims = true)
    }

    /// Subtracts `ddof` from the count of the preceding `var` or `std`: 1 gives the sample variance or deviation.
    #[track_caller]
    pub fn ddof(&self, ddof: impl Into<f64>) -> Array {
        self.reduce_again("ddof(1)", |options| options.ddof = ddof.into())
    }

    /// Only the elements where `chosen` is true take part in the preceding reduction: NumPy's `where=`. The booleans
    /// broadcast to the array's shape.
    ///
    /// ```
    /// use arrstore::prelude::*;
    /// let a = Array::from(vec![1, 2, 3]);
    /// assert_eq!(a.sum(0).only(a.gt(1)).compute()?.to_string(), "5");
    /// assert_eq!(a.max(0).initial(0).only(a.lt(3)).compute()?.to_string(), "2");
    /// # Ok::<(), arrstore::Error>(())
    /// ```
    #[track_caller]
    pub fn only(&self, chosen: impl IntoArray) -> Array {
        let chosen = chosen.into_array();
        match chosen.expr() {
            Ok(chosen) => self.reduce_again("only(condition)", |options| options.only = Some(chosen.clone())),
            Err(_) => chosen,
        }
    }

    /// A number that takes part in the preceding sum, product, greatest or smallest element: NumPy's `initial=`.
    #[track_caller]
    pub fn initial(&self, value: impl Into<Scalar>) -> Array {
        let value = Expr::scalar(value);
        self.reduce_again("initial(0)", |options| options.initial = Some(value))
    }

    /// The mean of the preceding `var` or `std`, if it is known already: NumPy's `mean=`.
    #[track_caller]
    pub fn about(&self, mean: impl IntoArray) -> Array {
        let mean = mean.into_array();
        match mean.expr() {
            Ok(mean) => self.reduce_again("about(mean)", |options| options.mean = Some(mean.clone())),
            Err(_) => mean,
        }
    }

    /// The index of the greatest element that is not NaN along an axis. Where all are NaN, the computation fails.
    #[track_caller]
    pub fn nanargmax(&self, axes: impl IntoAxes) -> Array {
        self.nanarg(Reduction::Argmax, axes)
    }

    /// The index of the smallest element that is not NaN along an axis. Where all are NaN, the computation fails.
    #[track_caller]
    pub fn nanargmin(&self, axes: impl IntoAxes) -> Array {
        self.nanarg(Reduction::Argmin, axes)
    }

    #[track_caller]
    fn nanarg(&self, reduction: Reduction, axes: impl IntoAxes) -> Array {
        let options = ReduceOptions { axes: axes.into_axes(), ..ReduceOptions::default() };
        Array::make(|| self.expr()?.nanarg(reduction, &options))
    }

    /// The mean with weights, which have the array's shape or the lengths of these axes. Where the weights add up to 0,
    /// the computation fails.
    #[track_caller]
    pub fn average(&self, weights: impl IntoArray, axes: impl IntoAxes) -> Array {
        let (weights, axes) = (weights.into_array(), axes.into_axes());
        Array::make(|| {
            let [mean, _] = self.expr()?.average(Some(weights.expr()?), axes.as_deref(), false)?;
            Ok(mean)
        })
    }

    /// Computes the preceding reduction in this type, as NumPy's `dtype=`: elements are cast to it first.
    #[track_caller]
    pub fn in_dtype(&self, dtype: DType) -> Array {
        self.reduce_again("in_dtype(DType::F64)", |options| options.dtype = Some(dtype))
    }
}

macro_rules! methods {
    (
        $(#[$meta:meta])*
        $table:ident { $($reduction:ident $arity:tt $doc:literal : $name:ident $($alias:literal)*;)+ }
        hidden {}
    ) => {
        /// The reductions of NumPy, over a number, several numbers or, as `..`, all axes.
        impl Array { $(
            #[doc = concat!("Along axes: ", $doc, ".")]
            #[track_caller]
            pub fn $name(&self, axes: impl IntoAxes) -> Array {
                self.reduce(By::Reduction(Reduction::$reduction), axes)
            }
        )+ }
    };
}
reductions!(methods);

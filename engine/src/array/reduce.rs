//! A method for each reduction of the table, and the options of the last reduction.

use std::sync::Arc;

use super::reduced::Reduced;
use super::{Array, IntoAxes};
use crate::op::reductions;
use crate::{DType, Error, ReduceOptions, Reduction};

impl Array {
    #[track_caller]
    fn reduce(&self, reduction: Reduction, axes: impl IntoAxes) -> Array {
        let options = ReduceOptions { axes: axes.into_axes(), ..ReduceOptions::default() };
        match &self.made {
            Ok(input) => Array::of_reduction(Reduced { input: input.clone(), reduction, options }),
            Err(_) => self.clone(),
        }
    }

    #[track_caller]
    fn of_reduction(reduced: Reduced) -> Array {
        let mut array = Array::make(|| reduced.input.reduce(reduced.reduction, &reduced.options));
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
                let (input, reduction) = (reduced.input.clone(), reduced.reduction);
                Array::of_reduction(Reduced { input, reduction, options })
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
                self.reduce(Reduction::$reduction, axes)
            }
        )+ }
    };
}
reductions!(methods);

//! The order of elements.

use super::Array;
use crate::{Expr, Result};

impl Array {
    /// The elements in ascending order along `axis`, as NumPy's `sort`. `None` sorts all elements into one dimension.
    /// NaN comes last, and equal elements stay in their order.
    ///
    /// Lines along the axis may be longer than the memory: they are then sorted by way of a temporary file.
    ///
    /// ```
    /// use arrstore::prelude::*;
    /// let a = Array::from(&ndarray::array![[3, 1], [2, 4]]);
    /// assert_eq!(a.sort(1).compute()?.to_string(), "[[1 3]\n [2 4]]");
    /// assert_eq!(a.sort(None).compute()?.to_string(), "[1 2 3 4]");
    /// # Ok::<(), arrstore::Error>(())
    /// ```
    #[track_caller]
    pub fn sort(&self, axis: impl Into<Option<i64>>) -> Array {
        let axis = axis.into();
        self.ordered(|expr| expr.sort(axis))
    }

    /// The positions of the elements in ascending order along `axis`, as NumPy's `argsort` with `stable=True`: `int64`.
    /// `None` orders all elements, and gives their positions in C order.
    ///
    /// ```
    /// use arrstore::prelude::*;
    /// let a = Array::from(&ndarray::array![3.0, 1.0, f64::NAN, 2.0]);
    /// assert_eq!(a.argsort(0).compute()?.to_string(), "[1 3 0 2]");
    /// # Ok::<(), arrstore::Error>(())
    /// ```
    #[track_caller]
    pub fn argsort(&self, axis: impl Into<Option<i64>>) -> Array {
        let axis = axis.into();
        self.ordered(|expr| expr.argsort(axis))
    }

    #[track_caller]
    fn ordered(&self, order: impl FnOnce(&Expr) -> Result<Expr>) -> Array {
        match &self.made {
            Ok(input) => Array::make(|| order(input)),
            Err(_) => self.clone(),
        }
    }
}

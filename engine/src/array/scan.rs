//! Cumulative sums and products.

use super::Array;
use crate::{Op, ScanOptions};

impl Array {
    /// The cumulative sum along `axis`, as NumPy's `cumsum`: the same shape, and small integers become 64 bits wide.
    ///
    /// ```
    /// use arrstore::prelude::*;
    /// let a = Array::from(&ndarray::array![[1, 2], [3, 4]]);
    /// assert_eq!(a.cumsum(0).compute()?.to_string(), "[[1 2]\n [4 6]]");
    /// # Ok::<(), arrstore::Error>(())
    /// ```
    #[track_caller]
    pub fn cumsum(&self, axis: i64) -> Array {
        self.scanned(|expr| expr.cumsum(&ScanOptions { axis: Some(axis), ..ScanOptions::default() }))
    }

    /// The cumulative product along `axis`, as NumPy's `cumprod`.
    #[track_caller]
    pub fn cumprod(&self, axis: i64) -> Array {
        self.scanned(|expr| expr.cumprod(&ScanOptions { axis: Some(axis), ..ScanOptions::default() }))
    }

    /// The cumulative sum along `axis`, NaN counted as 0.
    #[track_caller]
    pub fn nancumsum(&self, axis: i64) -> Array {
        self.scanned(|expr| {
            expr.without_nan(0)?.cumsum(&ScanOptions { axis: Some(axis), ..ScanOptions::default() })
        })
    }

    /// The cumulative product along `axis`, NaN counted as 1.
    #[track_caller]
    pub fn nancumprod(&self, axis: i64) -> Array {
        self.scanned(|expr| {
            expr.without_nan(1)?.cumprod(&ScanOptions { axis: Some(axis), ..ScanOptions::default() })
        })
    }

    /// The greatest element up to each one along `axis`, as NumPy's `maximum.accumulate`. A NaN stays to the end.
    ///
    /// ```
    /// use arrstore::prelude::*;
    /// let a = Array::from(vec![1, 3, 2]);
    /// assert_eq!(a.cummax(0).compute()?.to_string(), "[1 3 3]");
    /// # Ok::<(), arrstore::Error>(())
    /// ```
    #[track_caller]
    pub fn cummax(&self, axis: i64) -> Array {
        self.scanned(|expr| expr.accumulate_by(Op::Maximum, axis, None))
    }

    /// The smallest element up to each one along `axis`, as NumPy's `minimum.accumulate`.
    #[track_caller]
    pub fn cummin(&self, axis: i64) -> Array {
        self.scanned(|expr| expr.accumulate_by(Op::Minimum, axis, None))
    }

    /// Each element along `axis` put together with all before it by an operation of two arrays, as NumPy's
    /// `subtract.accumulate`.
    ///
    /// ```
    /// use arrstore::{Op, prelude::*};
    /// let a = Array::from(vec![10, 1, 2]);
    /// assert_eq!(a.accumulate_by(Op::Subtract, 0).compute()?.to_string(), "[10  9  7]");
    /// # Ok::<(), arrstore::Error>(())
    /// ```
    #[track_caller]
    pub fn accumulate_by(&self, op: Op, axis: i64) -> Array {
        self.scanned(|expr| expr.accumulate_by(op, axis, None))
    }

    #[track_caller]
    fn scanned(&self, scan: impl FnOnce(&crate::Expr) -> crate::Result<crate::Expr>) -> Array {
        match &self.made {
            Ok(input) => Array::make(|| scan(input)),
            Err(_) => self.clone(),
        }
    }
}

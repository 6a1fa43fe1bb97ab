//! Cumulative sums and products.

use super::Array;
use crate::ScanOptions;

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

    #[track_caller]
    fn scanned(&self, scan: impl FnOnce(&crate::Expr) -> crate::Result<crate::Expr>) -> Array {
        match &self.made {
            Ok(input) => Array::make(|| scan(input)),
            Err(_) => self.clone(),
        }
    }
}

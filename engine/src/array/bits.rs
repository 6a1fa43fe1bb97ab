//! Truth values as bits of bytes, and bits of bytes as numbers.

use super::Array;
use crate::BitOrder;

impl Array {
    /// Whether elements are zero, as bits of `uint8`, as NumPy's `packbits`: eight along an axis (`None`: of all in C
    /// order) make one byte, and the last byte is filled up with zeros.
    ///
    /// ```
    /// use arrstore::{BitOrder, prelude::*};
    /// let a = Array::from(vec![true, false, true]);
    /// assert_eq!(a.packbits(0, BitOrder::Big).compute()?.to_string(), "[160]");
    /// # Ok::<(), arrstore::Error>(())
    /// ```
    #[track_caller]
    pub fn packbits(&self, axis: impl Into<Option<i64>>, order: BitOrder) -> Array {
        Array::make(|| self.expr()?.packbits(axis.into(), order))
    }

    /// The bits of `uint8` as numbers 0 and 1, as NumPy's `unpackbits`: eight for each element along an axis (`None`: of
    /// all in C order). The result has `count` of them (`None`: all): more are zeros, and a negative count leaves out as
    /// many at the end.
    #[track_caller]
    pub fn unpackbits(
        &self,
        axis: impl Into<Option<i64>>,
        count: impl Into<Option<i64>>,
        order: BitOrder,
    ) -> Array {
        Array::make(|| self.expr()?.unpackbits(axis.into(), count.into(), order))
    }
}

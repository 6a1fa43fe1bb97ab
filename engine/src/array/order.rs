//! The order of elements.

use super::{Array, IntoArray};
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

    /// The elements along the last axis as complex numbers in ascending order, as NumPy's `sort_complex`.
    #[track_caller]
    pub fn sort_complex(&self) -> Array {
        self.ordered(Expr::sort_complex)
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

    /// The elements along `axis`, with those at the places `kth` as if sorted, as NumPy's `partition`. All elements are
    /// sorted, which NumPy allows.
    #[track_caller]
    pub fn partition(&self, kth: &[i64], axis: impl Into<Option<i64>>) -> Array {
        let axis = axis.into();
        self.ordered(|expr| expr.partition(kth, axis))
    }

    /// The positions of the elements of [`Array::partition`], as NumPy's `argpartition`.
    #[track_caller]
    pub fn argpartition(&self, kth: &[i64], axis: impl Into<Option<i64>>) -> Array {
        let axis = axis.into();
        self.ordered(|expr| expr.argpartition(kth, axis))
    }

    /// The `k` greatest elements along `axis`, the greatest first, as Dask's `topk`. With a negative `k`, the `-k`
    /// smallest elements, the smallest first. `None` looks at all elements.
    ///
    /// ```
    /// use arrstore::prelude::*;
    /// let a = Array::from(&ndarray::array![[3, 1, 2], [9, 7, 8]]);
    /// assert_eq!(a.topk(2, 1).compute()?.to_string(), "[[3 2]\n [9 8]]");
    /// assert_eq!(a.topk(-2, None).compute()?.to_string(), "[1 2]");
    /// # Ok::<(), arrstore::Error>(())
    /// ```
    #[track_caller]
    pub fn topk(&self, k: i64, axis: impl Into<Option<i64>>) -> Array {
        let axis = axis.into();
        self.ordered(|expr| expr.topk(k, axis))
    }

    /// The positions of the elements along `axis` in the order of several keys, as NumPy's `lexsort`: the last key
    /// decides first. The keys of one element take at most 256 bytes of a sort; with more, lines are sorted several times.
    #[track_caller]
    pub fn lexsort(keys: &[Array], axis: i64) -> Array {
        Array::make(|| {
            let keys = keys.iter().map(|key| key.expr().cloned()).collect::<Result<Vec<_>>>()?;
            Expr::lexsort(&keys, axis)
        })
    }

    /// The places in this sorted vector where the elements of `v` belong, before equal elements or `after` them, as
    /// NumPy's `searchsorted`: `int64`, in the shape of `v`. The vector is held in memory; of texts and records, `v` is, too.
    ///
    /// ```
    /// use arrstore::prelude::*;
    /// let a = Array::from(&ndarray::array![1, 3, 3, 5]);
    /// assert_eq!(a.searchsorted(3, false).compute()?.to_string(), "1");
    /// assert_eq!(a.searchsorted(3, true).compute()?.to_string(), "3");
    /// # Ok::<(), arrstore::Error>(())
    /// ```
    #[track_caller]
    pub fn searchsorted(&self, v: impl IntoArray, after: bool) -> Array {
        let v = v.into_array();
        Array::make(|| self.expr()?.searchsorted(v.expr()?, after, None))
    }

    /// The number of the bin of each element, between edges that ascend or descend, as NumPy's `digitize`. With
    /// `right`, a bin includes its right edge instead of its left one. The edges are held in memory.
    #[track_caller]
    pub fn digitize(&self, bins: impl IntoArray, right: bool) -> Array {
        let bins = bins.into_array();
        Array::make(|| self.expr()?.digitize(bins.expr()?, right))
    }

    /// Whether each element is among `elements`, as NumPy's `isin`. `elements` are held in memory.
    ///
    /// ```
    /// use arrstore::prelude::*;
    /// let a = Array::from(&ndarray::array![1, 2, 3, 4]);
    /// let few = Array::from(&ndarray::array![4, 2]);
    /// assert_eq!(a.isin(&few).compute()?.to_string(), "[False  True False  True]");
    /// # Ok::<(), arrstore::Error>(())
    /// ```
    #[track_caller]
    pub fn isin(&self, elements: impl IntoArray) -> Array {
        let elements = elements.into_array();
        Array::make(|| self.expr()?.isin(elements.expr()?, false))
    }

    #[track_caller]
    fn ordered(&self, order: impl FnOnce(&Expr) -> Result<Expr>) -> Array {
        match &self.made {
            Ok(input) => Array::make(|| order(input)),
            Err(_) => self.clone(),
        }
    }
}

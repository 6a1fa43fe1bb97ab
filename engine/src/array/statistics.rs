//! Medians and quantiles.

use super::{Array, IntoAxes};
use crate::compose::{IntoQuantiles, QuantileOptions, Quantiles};
use crate::{Context, Expr, Result};

impl Array {
    /// The median along axes, as NumPy's `median`: NaN where a line of elements holds a NaN. Lines of any length are
    /// selected from exactly, in several passes if they do not fit in memory.
    ///
    /// ```
    /// use arrstore::prelude::*;
    /// let a = Array::from(&ndarray::array![[10, 7, 4], [3, 2, 1]]);
    /// assert_eq!(a.median(..).compute()?.to_string(), "3.5");
    /// assert_eq!(a.median(0).compute()?.to_string(), "[6.5 4.5 2.5]");
    /// # Ok::<(), arrstore::Error>(())
    /// ```
    #[track_caller]
    pub fn median(&self, axes: impl IntoAxes) -> Array {
        self.composed(|expr| expr.median(axes.into_axes().as_deref(), false))
    }

    /// The median of the elements that are not NaN, as NumPy's `nanmedian`.
    #[track_caller]
    pub fn nanmedian(&self, axes: impl IntoAxes) -> Array {
        self.composed(|expr| expr.nanmedian(axes.into_axes().as_deref(), false))
    }

    /// Quantiles along axes, as NumPy's `quantile`: `q` is one number from 0 to 1, or several, which become the first
    /// axis of the result.
    ///
    /// ```
    /// use arrstore::prelude::*;
    /// let a = Array::from(&ndarray::array![[10.0, 7.0, 4.0], [3.0, 2.0, 1.0]]);
    /// assert_eq!(a.quantile(0.5, ..).compute()?.to_string(), "3.5");
    /// assert_eq!(a.quantile([0.0, 0.25], 1).compute()?.to_string(), "[[4.  1. ]\n [5.5 1.5]]");
    /// # Ok::<(), arrstore::Error>(())
    /// ```
    #[track_caller]
    pub fn quantile(&self, q: impl IntoQuantiles, axes: impl IntoAxes) -> Array {
        self.quantile_with(q, &QuantileOptions { axes: axes.into_axes(), ..QuantileOptions::default() })
    }

    /// As [`Array::quantile`], of the elements that are not NaN.
    #[track_caller]
    pub fn nanquantile(&self, q: impl IntoQuantiles, axes: impl IntoAxes) -> Array {
        let options =
            QuantileOptions { axes: axes.into_axes(), skip_nan: true, ..QuantileOptions::default() };
        self.quantile_with(q, &options)
    }

    /// As [`Array::quantile`], with `q` in percent.
    #[track_caller]
    pub fn percentile(&self, q: impl IntoQuantiles, axes: impl IntoAxes) -> Array {
        let options = QuantileOptions { axes: axes.into_axes(), ..QuantileOptions::default() };
        self.composed(|expr| {
            expr.quantile(&Quantiles::percent(&q.into_quantiles()?, &Context::default())?, &options)
        })
    }

    /// As [`Array::percentile`], of the elements that are not NaN.
    #[track_caller]
    pub fn nanpercentile(&self, q: impl IntoQuantiles, axes: impl IntoAxes) -> Array {
        let options =
            QuantileOptions { axes: axes.into_axes(), skip_nan: true, ..QuantileOptions::default() };
        self.composed(|expr| {
            expr.quantile(&Quantiles::percent(&q.into_quantiles()?, &Context::default())?, &options)
        })
    }

    /// Quantiles with all options: the axes, the method, and whether NaN is passed over.
    ///
    /// ```
    /// use arrstore::prelude::*;
    /// use arrstore::{QuantileMethod, QuantileOptions};
    /// let a = Array::from(&ndarray::array![1.0, 2.0, 4.0, 8.0]);
    /// let options = QuantileOptions { method: QuantileMethod::Lower, ..QuantileOptions::default() };
    /// assert_eq!(a.quantile_with(0.5, &options).compute()?.to_string(), "2.0");
    /// # Ok::<(), arrstore::Error>(())
    /// ```
    #[track_caller]
    pub fn quantile_with(&self, q: impl IntoQuantiles, options: &QuantileOptions) -> Array {
        self.composed(|expr| {
            expr.quantile(&Quantiles::new(&q.into_quantiles()?, &Context::default())?, options)
        })
    }

    #[track_caller]
    fn composed(&self, compose: impl FnOnce(&Expr) -> Result<Expr>) -> Array {
        match &self.made {
            Ok(input) => Array::make(|| compose(input)),
            Err(_) => self.clone(),
        }
    }
}

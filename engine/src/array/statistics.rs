//! Medians, quantiles, histograms, averages and covariances.

use std::panic::Location;

use super::{Array, Fault, IntoAxes};
use crate::compose::{
    BinRule, Bins, CovarianceOptions, HistogramOptions, IntoQuantiles, QuantileMethod, QuantileOptions,
    Quantiles,
};
use crate::{Context, Expr, Result};

/// The bins of a histogram: their number, their edges, or a rule that finds their number.
pub trait IntoBins {
    /// The bins.
    ///
    /// # Errors
    /// That of the array of the edges.
    fn into_bins(self) -> Result<Bins>;
}

impl IntoBins for i64 {
    fn into_bins(self) -> Result<Bins> {
        Ok(Bins::Count(self))
    }
}

impl IntoBins for i32 {
    fn into_bins(self) -> Result<Bins> {
        Ok(Bins::Count(self.into()))
    }
}

impl IntoBins for BinRule {
    fn into_bins(self) -> Result<Bins> {
        Ok(Bins::Rule(self))
    }
}

impl<const N: usize> IntoBins for [f64; N] {
    fn into_bins(self) -> Result<Bins> {
        self.into_quantiles().map(Bins::Edges)
    }
}

impl IntoBins for &Array {
    fn into_bins(self) -> Result<Bins> {
        self.expr().cloned().map(Bins::Edges)
    }
}

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

    /// Quantiles of elements with weights, which have the array's shape or the lengths of these axes, as NumPy's
    /// `quantile` with `weights=` and `method='inverted_cdf'`: the first element in ascending order at which the weights
    /// so far have a share of at least `q` of all. Where weights are negative or not finite, or those of a line are all
    /// 0, the computation fails.
    ///
    /// ```
    /// use arrstore::prelude::*;
    /// let a = Array::from(&ndarray::array![1.0, 2.0, 4.0, 8.0]);
    /// let weights = Array::from(&ndarray::array![1, 1, 1, 5]);
    /// assert_eq!(a.weighted_quantile(&weights, [0.25, 0.5], ..).compute()?.to_string(), "[2. 8.]");
    /// # Ok::<(), arrstore::Error>(())
    /// ```
    #[track_caller]
    pub fn weighted_quantile(&self, weights: &Array, q: impl IntoQuantiles, axes: impl IntoAxes) -> Array {
        self.composed(|expr| {
            let options = QuantileOptions {
                axes: axes.into_axes(),
                method: QuantileMethod::InvertedCdf,
                weights: Some(weights.expr()?.clone()),
                ..QuantileOptions::default()
            };
            expr.quantile(&Quantiles::new(&q.into_quantiles()?, &Context::default())?, &options)
        })
    }

    /// The histogram of all elements and its edges, as NumPy's `histogram`. A `range` gives the first and the last edge;
    /// without one, these are the least and the greatest element, and the array is read at once to find them.
    ///
    /// ```
    /// use arrstore::prelude::*;
    /// let a = Array::from(&ndarray::array![1.0, 2.0, 1.0, 4.0]);
    /// let (counts, edges) = a.histogram(3, None);
    /// assert_eq!(counts.compute()?.to_string(), "[2 1 1]");
    /// assert_eq!(edges.compute()?.to_string(), "[1. 2. 3. 4.]");
    /// # Ok::<(), arrstore::Error>(())
    /// ```
    #[track_caller]
    pub fn histogram(&self, bins: impl IntoBins, range: Option<(f64, f64)>) -> (Array, Array) {
        self.histogram_of(None, bins, range)
    }

    /// As [`Array::histogram`], with a weight for each element. The counts have the type of the weights.
    #[track_caller]
    pub fn weighted_histogram(
        &self,
        weights: &Array,
        bins: impl IntoBins,
        range: Option<(f64, f64)>,
    ) -> (Array, Array) {
        self.histogram_of(Some(weights), bins, range)
    }

    #[track_caller]
    fn histogram_of(
        &self,
        weights: Option<&Array>,
        bins: impl IntoBins,
        range: Option<(f64, f64)>,
    ) -> (Array, Array) {
        let place = Location::caller();
        let build = || {
            let options = HistogramOptions {
                bins: bins.into_bins()?,
                range: range.map(|(first, last)| (Expr::scalar(first), Expr::scalar(last))),
                weights: weights.map(|weights| weights.expr().cloned()).transpose()?,
                density: false,
            };
            self.expr()?.histogram(&options, &Context::default())
        };
        match build() {
            Ok((counts, edges)) => (counts.into(), edges.into()),
            Err(error) => {
                let failed = Array { made: Err(Fault::new(error, place)), reduced: None };
                (failed.clone(), failed)
            }
        }
    }

    /// How often each number from 0 on occurs in an array of integers along one axis, as NumPy's `bincount`. The array
    /// is read at once to find the length of the result: one more than the greatest number, and at least `minlength`.
    ///
    /// ```
    /// use arrstore::prelude::*;
    /// let a = Array::from(&ndarray::array![1, 3, 1, 0]);
    /// assert_eq!(a.bincount(0).compute()?.to_string(), "[1 2 0 1]");
    /// # Ok::<(), arrstore::Error>(())
    /// ```
    #[track_caller]
    pub fn bincount(&self, minlength: u64) -> Array {
        self.composed(|expr| expr.bincount(None, minlength, &Context::default()))
    }

    /// As [`Array::bincount`], but the sum of the weights at the places where a number occurs.
    #[track_caller]
    pub fn weighted_bincount(&self, weights: &Array, minlength: u64) -> Array {
        self.composed(|expr| expr.bincount(Some(weights.expr()?), minlength, &Context::default()))
    }

    /// The covariances of the rows, as NumPy's `cov`.
    #[track_caller]
    pub fn cov(&self) -> Array {
        self.composed(|expr| expr.cov(None, &CovarianceOptions::default(), &Context::default()))
    }

    /// The correlations of the rows, as NumPy's `corrcoef`.
    #[track_caller]
    pub fn corrcoef(&self) -> Array {
        self.composed(|expr| expr.corrcoef(None, &CovarianceOptions::default(), &Context::default()))
    }

    #[track_caller]
    fn composed(&self, compose: impl FnOnce(&Expr) -> Result<Expr>) -> Array {
        match &self.made {
            Ok(input) => Array::make(|| compose(input)),
            Err(_) => self.clone(),
        }
    }
}

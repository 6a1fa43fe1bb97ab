//! A summary of an array's elements.

use super::op;
use super::quantile::{QuantileOptions, Quantiles};
use super::small::values;
use crate::op::Op;
use crate::promote::is_exact;
use crate::view::resolve_axes;
use crate::{Context, DType, Expr, ReduceOptions, Reduction, Result};

/// A summary of elements along axes. NaN is counted and passed over.
#[derive(Clone, Debug)]
pub struct Description {
    /// The number of elements that are not NaN, `int64`.
    pub count: Expr,
    /// The number of NaN, `int64`.
    pub nan: Expr,
    /// The least element, as `nanmin`.
    pub min: Expr,
    /// The greatest element, as `nanmax`.
    pub max: Expr,
    /// The mean, as `nanmean`.
    pub mean: Expr,
    /// The standard deviation, as `nanstd`.
    pub std: Expr,
    /// The quartiles along a first axis, as `nanquantile` at 0.25, 0.5 and 0.75.
    pub quantiles: Expr,
}

impl Expr {
    /// A summary of the elements along axes (`None`: all). Everything but the quantiles is computed in one pass; those
    /// take one or two more.
    ///
    /// # Errors
    /// When the array has no such axis, no elements along one, or its elements are complex.
    pub fn describe(&self, axes: Option<&[i64]>) -> Result<Description> {
        let a = self.typed()?;
        // means and deviations of truth values are those of 0 and 1
        let a = if a.dtype() == DType::Bool { a.cast(DType::U8)? } else { a };
        let options = ReduceOptions { axes: axes.map(<[i64]>::to_vec), ..ReduceOptions::default() };
        let of = |reduction| a.reduce(reduction, &options);
        let mean = of(Reduction::Nanmean)?;
        let nan = match is_exact(a.dtype()) {
            true => Expr::scalar(0).cast(DType::I64)?.broadcast_to(mean.shape())?,
            false => op(Op::Isnan, &[&a])?.reduce(Reduction::CountNonzero, &options)?,
        };
        let along: u64 = match axes {
            None => crate::source::elements(a.shape())?,
            Some(axes) => resolve_axes(axes, a.ndim())?.into_iter().map(|axis| a.shape()[axis]).product(),
        };
        let quantiles =
            QuantileOptions { axes: options.axes.clone(), skip_nan: true, ..QuantileOptions::default() };
        let quartiles = Quantiles::new(&values(&[0.25, 0.5, 0.75])?, &Context::default())?;
        Ok(Description {
            count: op(Op::Subtract, &[&Expr::scalar(along as i64), &nan])?,
            nan,
            min: of(Reduction::Nanmin)?,
            max: of(Reduction::Nanmax)?,
            mean,
            std: of(Reduction::Nanstd)?,
            quantiles: a.quantile(&quartiles, &quantiles)?,
        })
    }
}

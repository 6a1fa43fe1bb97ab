//! Weights of elements, and quantiles of elements with weights.

use super::quantile::{QuantileOptions, Sorted};
use super::sets::{has_nan, is_nan};
use super::{choose, one, spread, two};
use crate::op::Op;
use crate::view::{Index, resolve_axes, show};
use crate::{DType, Error, Expr, Kind, ReduceOptions, Reduction, Result, ScanOptions};

impl Expr {
    /// Weights of this array's elements that broadcast to its shape, from weights of its shape or of the lengths of
    /// `axes`.
    pub(super) fn weights(&self, weights: &Expr, axes: Option<&[i64]>) -> Result<Expr> {
        let weights = weights.typed()?;
        if weights.shape() == self.shape() {
            return Ok(weights);
        }
        let axes = axes.map(|axes| resolve_axes(axes, self.ndim())).transpose()?;
        match axes {
            Some(axes) if weights.shape() == axes.iter().map(|&k| self.shape()[k]).collect::<Vec<_>>() => {
                let mut order: Vec<i64> = (0..axes.len() as i64).collect();
                order.sort_by_key(|&k| axes[k as usize]);
                let others: Vec<i64> =
                    (0..self.ndim()).filter(|k| !axes.contains(k)).map(|k| k as i64).collect();
                weights.permute(&order)?.expand_dims(&others)
            }
            _ => Err(Error::Shape(format!(
                "expected weights of the array's shape {}, or of the lengths of the axes, found {}",
                show(self.shape()),
                show(weights.shape())
            ))),
        }
    }

    /// Quantiles of elements with weights, as NumPy's with `method='inverted_cdf'`: the first element in ascending order
    /// at which the weights so far have a share of at least `q` of all. Lines are sorted, by way of a temporary file if
    /// they do not fit in memory.
    pub(super) fn weighted_quantile(
        &self,
        q: &Expr,
        weights: &Expr,
        sorted: &Sorted,
        options: &QuantileOptions,
    ) -> Result<Expr> {
        let weights = self.weights(weights, options.axes.as_deref())?;
        if !weights.dtype().kind().is_number() || weights.dtype().kind() == Kind::Complex {
            return Err(Error::dtype("the weights of quantiles", DType::F64, weights.dtype()));
        }
        let weights = Sorted::of(&weights.broadcast_to(self.shape())?, options.axes.as_deref())?.lines()?;
        let negative = two(Op::Less, &weights, &Expr::scalar(0))?;
        let lines = sorted.lines()?;
        let order = lines.argsort(Some(-1))?;
        let lines = lines.take_along_axis(&order, Some(-1))?;
        let mut weights = weights.cast(DType::F64)?.take_along_axis(&order, Some(-1))?;
        let nan = has_nan(&lines).then(|| is_nan(&lines)).transpose()?;
        if let (Some(nan), true) = (&nan, options.skip_nan) {
            weights = choose(nan, &Expr::scalar(0.0), &weights)?;
        }
        let sums = weights.cumsum(&ScanOptions { axis: Some(-1), ..ScanOptions::default() })?;
        let last = [Index::Ellipsis, Index::Slice { start: Some(-1), stop: None, step: None }];
        let total = sums.index(&last)?;
        let over = |x: &Expr, reduction| {
            let options = ReduceOptions { axes: Some(vec![-1]), keepdims: true, ..ReduceOptions::default() };
            x.reduce(reduction, &options)
        };
        let sound =
            two(Op::LogicalAnd, &two(Op::Greater, &total, &Expr::scalar(0))?, &one(Op::Isfinite, &total)?)?;
        let mut wrong = one(Op::LogicalNot, &sound)?;
        if let (Some(nan), true) = (&nan, options.skip_nan) {
            // a line without numbers has no weights to judge
            wrong = two(Op::LogicalAnd, &wrong, &one(Op::LogicalNot, &over(nan, Reduction::All)?)?)?;
        }
        let wrong = two(Op::LogicalOr, &wrong, &over(&negative, Reduction::Any)?)?;
        let mut shares = two(Op::Divide, &sums, &two(Op::Shared, &total, &wrong)?)?;
        if q.dtype().kind() == Kind::Float && q.dtype() != DType::BF16 {
            shares = shares.cast(q.dtype())?;
        }
        // elements of no weight before the first that has one are not quantile 0
        let none = two(Op::Equal, &shares, &Expr::scalar(0))?;
        let shares = choose(&none, &Expr::scalar(-1), &shares)?;
        let before = two(Op::Less, &shares, &spread(q, lines.ndim())?)?;
        let ranks = over(&before, Reduction::CountNonzero)?;
        let leading: Vec<i64> = (0..q.ndim() as i64).collect();
        let found = lines.expand_dims(&leading)?.take_along_axis(&ranks, Some(-1))?;
        let found = match &nan {
            Some(nan) if !options.skip_nan => choose(&nan.index(&last)?, &lines.index(&last)?, &found)?,
            _ => found,
        };
        found.squeeze(Some(&[-1]))
    }
}

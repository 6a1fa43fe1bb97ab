//! Weighted averages.

use super::op;
use crate::op::Op;
use crate::promote::{is_exact, result_type};
use crate::view::{resolve_axes, show};
use crate::{DType, Error, Expr, ReduceOptions, Reduction, Result};

impl Expr {
    /// The average and the sum of its weights, as NumPy's `average` with `returned`. Weights have the shape of the
    /// array, or of the averaged axes. Without weights, it is the mean and the number of elements.
    ///
    /// NumPy refuses weights whose sum is 0; here the quotient is infinite or NaN, as for any division.
    ///
    /// # Errors
    /// When the array has no such axis, or the weights have another shape.
    pub fn average(
        &self,
        weights: Option<&Expr>,
        axes: Option<&[i64]>,
        keepdims: bool,
    ) -> Result<(Expr, Expr)> {
        let a = self.typed()?;
        let options = ReduceOptions { axes: axes.map(<[i64]>::to_vec), keepdims, ..ReduceOptions::default() };
        let Some(weights) = weights else {
            let mean = a.reduce(Reduction::Mean, &options)?;
            let ratio =
                crate::source::elements(a.shape())? as f64 / crate::source::elements(mean.shape())? as f64;
            let count = Expr::scalar(ratio).cast(mean.dtype())?.broadcast_to(mean.shape())?;
            return Ok((mean, count));
        };
        let weights = a.weights_beside(&weights.typed()?, axes)?;
        let operands = [a.operand(), weights.operand()];
        let mut dtype = result_type(&operands)?;
        if is_exact(a.dtype()) {
            dtype = result_type(&[
                crate::promote::Operand::Typed(dtype),
                crate::promote::Operand::Typed(DType::F64),
            ])?;
        }
        let (a, wide) = (a.cast(dtype)?, weights.cast(dtype)?);
        let scale =
            weights.reduce(Reduction::Sum, &ReduceOptions { dtype: Some(dtype), ..options.clone() })?;
        let sum = op(Op::Multiply, &[&a, &wide])?.reduce(Reduction::Sum, &options)?;
        let average = op(Op::Divide, &[&sum, &scale])?;
        let scale = scale.broadcast_to(average.shape())?;
        Ok((average, scale))
    }

    /// Weights as an array that broadcasts to this one: of its shape, or along `axes`.
    pub(super) fn weights_beside(&self, weights: &Expr, axes: Option<&[i64]>) -> Result<Expr> {
        let axes = axes.map(|axes| resolve_axes(axes, self.ndim())).transpose()?;
        if weights.shape() == self.shape() {
            return Ok(weights.clone());
        }
        let wrong = |what: &str| {
            Error::Value(format!(
                "weights of shape {} do not go with an array of shape {}: {what}",
                show(weights.shape()),
                show(self.shape())
            ))
        };
        let Some(axes) = axes else { return Err(wrong("without an axis, they need its shape")) };
        let along: Vec<u64> = axes.iter().map(|&axis| self.shape()[axis]).collect();
        if weights.shape() != along {
            return Err(wrong("they need its shape, or that of the given axes"));
        }
        let mut order: Vec<usize> = (0..axes.len()).collect();
        order.sort_by_key(|&k| axes[k]);
        let sorted = weights.permute(&order.iter().map(|&k| k as i64).collect::<Vec<_>>())?;
        let others: Vec<i64> = (0..self.ndim()).filter(|k| !axes.contains(k)).map(|k| k as i64).collect();
        sorted.expand_dims(&others)
    }
}

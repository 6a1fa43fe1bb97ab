//! The methods of an operation of two arrays: reductions and scans by the operation.

use super::chosen::{chosen_elements, initial_value, no_initial};
use super::two;
use crate::promote::{self, Operand};
use crate::view::show;
use crate::{DType, Error, Expr, Op, ReduceOptions, Reduction, Result, ScanOptions};

impl Expr {
    /// The elements along axes put together by `op`, from the first to the last, as NumPy's `subtract.reduce` and its
    /// kin. Of no elements, the result is the operation's identity.
    ///
    /// # Errors
    /// When an axis is not there, or several axes are given and the result depends on the order; when the results of
    /// `op` have another type than its operands; when there are no elements, or `only` chooses among them, and the
    /// operation has no identity and `options` no initial value.
    pub fn reduce_by(&self, op: Op, options: &ReduceOptions) -> Result<Expr> {
        let a = self.typed()?;
        let Some(reduction) = reduction(op) else { return a.fold_by(op, options) };
        if matches!(reduction, Reduction::Sum | Reduction::Prod) {
            return a.reduce(reduction, options);
        }
        let a = if options.dtype.is_some() { a.operands(op, options.dtype)? } else { a };
        let rest = ReduceOptions { dtype: None, ..options.clone() };
        match &options.initial {
            Some(initial) if promote::gives_truth(op) => {
                two(op, &a.reduce(reduction, &ReduceOptions { initial: None, ..rest })?, initial)
            }
            _ => a.reduce(reduction, &rest),
        }
    }

    /// [`Expr::reduce_by`] of an operation without a reduction of its own.
    fn fold_by(&self, op: Op, options: &ReduceOptions) -> Result<Expr> {
        let a = self.operands(op, options.dtype)?;
        let axes = a.axes_to_reduce(Reduction::Any, options)?;
        let identity = identity(op, a.dtype())?;
        if axes.len() > 1 && identity.is_none() {
            let text =
                "the result depends on the order of the elements, so at most one axis may be specified";
            return Err(Error::Value(format!("{}.reduce: {text}", op.name())));
        }
        let start = initial_value(options, || Ok(a.dtype()))?;
        let only = chosen_elements(options, a.shape())?;
        // the axes as the last one, if they are not one already
        let axis = if let [axis] = axes[..] { axis } else { a.ndim() - axes.len() };
        let in_lines = |x: &Expr| match axes.len() {
            1 => Ok(x.clone()),
            _ => {
                let kept = (0..x.ndim()).filter(|k| !axes.contains(k));
                let order: Vec<i64> = kept.chain(axes.iter().copied()).map(|k| k as i64).collect();
                let moved = x.permute(&order)?;
                let (outer, inner) = moved.shape().split_at(axis);
                let shape: Vec<u64> = outer.iter().copied().chain([inner.iter().product()]).collect();
                moved.reshaped_to(&shape)
            }
        };
        let (mut lines, mut only) = (in_lines(&a)?, only.as_ref().map(in_lines).transpose()?);
        let length = lines.shape()[axis];
        let start = start.or(identity.clone().filter(|_| only.is_some() || length == 0));
        let mut front = lines.shape().to_vec();
        front[axis] = 1;
        let before = |first: &Expr, rest: &Expr| {
            Expr::concatenate(&[first.broadcast_to(&front)?, rest.clone()], Some(axis as i64), None)
        };
        let folded = match &start {
            Some(start) => {
                lines = before(start, &lines)?;
                let chosen = Expr::scalar(true).cast(DType::Bool)?;
                only = only.map(|only| before(&chosen, &only)).transpose()?;
                lines.left_fold(op, axis, only.as_ref())?
            }
            None if only.is_some() => return Err(no_initial(&format!("{}.reduce", op.name()))),
            None if length > 0 => lines.left_fold(op, axis, None)?,
            None => {
                return Err(Error::Shape(format!(
                    "{}.reduce over no elements, of an array of shape {}: expected at least one, because it has no \
                     value for none",
                    op.name(),
                    show(a.shape())
                )));
            }
        };
        let folded = match &identity {
            // an element alone is put together with the identity, too
            Some(identity) if start.is_none() && length == 1 => two(op, identity, &folded)?,
            _ => folded,
        };
        let folded = folded.squeeze(Some(&[axis as i64]))?;
        match options.keepdims {
            true => folded.expand_dims(&axes.iter().map(|&k| k as i64).collect::<Vec<_>>()),
            false => Ok(folded),
        }
    }

    /// A left fold in NumPy's precision: along the last axis, `float16` is rounded at the end only.
    pub(super) fn left_fold(&self, op: Op, axis: usize, only: Option<&Expr>) -> Result<Expr> {
        let half = self.dtype() == DType::F16 && matches!(op, Op::Subtract | Op::Divide);
        match half && axis + 1 == self.ndim() {
            true => self.cast(DType::F32)?.folded(op, axis, only)?.cast(DType::F16),
            false => self.folded(op, axis, only),
        }
    }

    /// Each element along an axis put together with all before it by `op`, as NumPy's `subtract.accumulate` and its kin.
    ///
    /// # Errors
    /// When the axis is not there, or the results of `op` have another type than its operands.
    pub fn accumulate_by(&self, op: Op, axis: i64, dtype: Option<DType>) -> Result<Expr> {
        let a = self.typed()?;
        if a.ndim() == 0 {
            return Err(Error::Shape("cannot accumulate on a scalar".into()));
        }
        let options = ScanOptions { axis: Some(axis), dtype, include_initial: false };
        match op {
            Op::Add => a.cumsum(&options),
            Op::Multiply => a.cumprod(&options),
            // the greatest of truth values is true once one is
            Op::LogicalOr => a.operands(op, dtype)?.running(Op::Maximum, axis),
            Op::LogicalAnd => a.operands(op, dtype)?.running(Op::Minimum, axis),
            _ => a.operands(op, dtype)?.running(op, axis),
        }
    }

    /// The array in the type in which `op` gives results of the type of its operands: in `dtype`, if there is one.
    pub(super) fn operands(&self, op: Op, dtype: Option<DType>) -> Result<Expr> {
        let a = match dtype {
            Some(dtype) => self.cast(dtype)?,
            None if matches!(op, Op::LogicalAnd | Op::LogicalOr | Op::LogicalXor) => return self.truths(),
            None => self.clone(),
        };
        let operands = [Operand::Typed(a.dtype()); 2];
        let signature = promote::signature(op, &operands)?;
        let to = signature.output;
        if signature.inputs.iter().any(|&input| input != to) || dtype.is_some_and(|dtype| dtype != to) {
            let hint = "; its results have another type than its operands";
            return Err(promote::no_loop(op.name(), &operands, hint).into());
        }
        a.cast(to)
    }
}

/// The reduction that puts elements together by `op`.
pub(super) fn reduction(op: Op) -> Option<Reduction> {
    Some(match op {
        Op::Add => Reduction::Sum,
        Op::Multiply => Reduction::Prod,
        Op::Maximum => Reduction::Max,
        Op::Minimum => Reduction::Min,
        Op::Fmax => Reduction::Nanmax,
        Op::Fmin => Reduction::Nanmin,
        Op::LogicalAnd => Reduction::All,
        Op::LogicalOr => Reduction::Any,
        _ => return None,
    })
}

/// The element that changes no other under `op`. Operations that have one give the same results in any order of axes.
fn identity(op: Op, dtype: DType) -> Result<Option<Expr>> {
    let zero = || Expr::scalar(0).cast(dtype);
    Ok(Some(match op {
        Op::BitwiseAnd => super::one(Op::BitwiseInvert, &zero()?)?,
        Op::BitwiseOr | Op::BitwiseXor | Op::LogicalXor | Op::Gcd | Op::Hypot => zero()?,
        Op::Logaddexp | Op::Logaddexp2 => Expr::scalar(f64::NEG_INFINITY).cast(dtype)?,
        _ => return Ok(None),
    }))
}

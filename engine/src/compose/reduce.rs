//! Reductions as NumPy has them, of which some are compositions of folds.

use super::chosen::{moments, reduce_chosen};
use super::{choose, one, two};
use crate::expr;
use crate::promote::{self, Operand};
use crate::{DType, Expr, Kind, Op, ReduceOptions, Reduction, Result};

impl Expr {
    /// A reduction.
    ///
    /// # Errors
    /// When an axis is not there or named twice, the type does not go with the reduction, or a reduction
    /// without an identity has nothing to reduce.
    pub fn reduce(&self, reduction: Reduction, options: &ReduceOptions) -> Result<Expr> {
        let typed = self.typed()?;
        if typed.dtype().kind().is_text()
            && matches!(reduction, Reduction::Any | Reduction::All | Reduction::CountNonzero)
        {
            return typed.truths()?.reduce(reduction, options);
        }
        if let Some(dtype) = options.dtype
            && dtype.kind() == Kind::Complex
            && matches!(reduction.plain(), Reduction::Var | Reduction::Std)
        {
            // the answer is real; NumPy gives it in the type that was asked for
            let inner = if typed.dtype().kind() == Kind::Complex { dtype } else { promote::part(dtype) };
            return typed
                .reduced_as(reduction, &ReduceOptions { dtype: Some(inner), ..options.clone() })?
                .cast(dtype);
        }
        typed.reduced_as(reduction, options)
    }

    /// The same, where variances and deviations are real.
    fn reduced_as(&self, reduction: Reduction, options: &ReduceOptions) -> Result<Expr> {
        let typed = self;
        if options.only.is_some() || options.initial.is_some() || options.mean.is_some() {
            return reduce_chosen(typed, reduction, options);
        }
        if let expr::Kind::Output { of, .. } = &typed.0.kind {
            let axes = typed.axes_to_reduce(reduction, options)?;
            if let Some(reduced) = of.operator.reduced(&of.inputs, reduction, &axes, options)? {
                return Ok(reduced);
            }
        }
        match options.dtype {
            None if typed.dtype().kind() == Kind::TimeDelta && reduction.plain() == Reduction::Mean => {
                typed.mean_span(options)
            }
            Some(dtype) if promote::is_exact(dtype) => typed.reduced_to(dtype, reduction, options),
            // whole numbers have no NaN, although their floats could
            Some(_) if promote::is_exact(typed.dtype()) => typed.reduced(reduction.plain(), options),
            _ => typed.reduced(reduction, options),
        }
    }

    /// A reduction in integers or truth values, which NumPy composes of several steps.
    fn reduced_to(&self, dtype: DType, reduction: Reduction, options: &ReduceOptions) -> Result<Expr> {
        use Reduction::{All, Any, Mean, Prod, Std, Sum, Var};
        let with = |dtype| ReduceOptions { dtype, ..options.clone() };
        let plain = reduction.plain();
        let sums = matches!(plain, Sum | Prod);
        if reduction.skips_nan()
            && !promote::is_exact(self.dtype())
            && (sums || matches!(plain, Mean | Std | Var))
        {
            if !sums {
                let hint = "; where NaN is passed over, the mean of floats is a float";
                return Err(promote::no_loop(reduction.name(), &[Operand::Typed(dtype)], hint).into());
            }
            let neutral = Expr::scalar(i64::from(plain == Prod));
            return choose(&one(Op::Isnan, self)?, &neutral, self)?.reduced_to(dtype, plain, options);
        }
        match plain {
            Sum if dtype == DType::Bool => self.reduced(Any, &with(None)),
            Prod if dtype == DType::Bool => self.reduced(All, &with(None)),
            Mean | Var | Std => moments(self, plain, options, None, None),
            _ => self.reduced(reduction, &with(Some(dtype))),
        }
    }

    /// The mean of spans of time: their sum, divided by their number and rounded to zero.
    fn mean_span(&self, options: &ReduceOptions) -> Result<Expr> {
        let axes = self.axes_to_reduce(Reduction::Mean, options)?;
        let count = axes.iter().map(|&k| self.shape()[k]).product::<u64>();
        let sum = self.reduced(Reduction::Sum, options)?;
        two(Op::Divide, &sum, &Expr::scalar(count))
    }
}

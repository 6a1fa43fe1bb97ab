//! Reductions, with NumPy's meaning of `dtype=`.

use super::{Fold, Operator};
use crate::expr::Expr;
use crate::kernels;
use crate::op::{Op, Reduction};
use crate::promote::{self, Operand};
use crate::view::{resolve_axes, show};
use crate::{DType, Error, Result};

/// A reduction over `axes`, which are ascending.
#[derive(Debug)]
struct Reduce {
    reduction: Reduction,
    axes: Vec<usize>,
    ddof: f64,
}

impl Operator for Reduce {
    fn name(&self) -> &'static str {
        self.reduction.name()
    }

    fn key(&self) -> Vec<u8> {
        let axes = self.axes.iter().flat_map(|axis| axis.to_le_bytes());
        self.ddof.to_le_bytes().into_iter().chain(axes).collect()
    }

    fn fold(&self, from: DType, to: DType) -> Option<Fold<'_>> {
        let reducer = kernels::reducer(self.reduction, from.into(), to.into(), self.ddof)?;
        Some(Fold { reducer, axes: &self.axes })
    }
}

/// Options of a reduction.
#[derive(Clone, Debug, Default)]
pub struct ReduceOptions {
    /// The axes, negative ones counted from the end; `None`: all. Where NumPy allows it, an array without axes is
    /// reduced over its axis 0 or -1.
    pub axes: Option<Vec<i64>>,
    /// Whether reduced axes stay, with length 1.
    pub keepdims: bool,
    /// The type to compute in, as in NumPy: elements are cast to it first. `None`: NumPy's choice.
    pub dtype: Option<DType>,
    /// The number subtracted from the count in `var` and `std`.
    pub ddof: f64,
}

impl Expr {
    /// A reduction.
    ///
    /// # Errors
    /// When an axis is not there or named twice, the type does not go with the reduction, or a reduction
    /// without an identity has nothing to reduce.
    pub fn reduce(&self, reduction: Reduction, options: &ReduceOptions) -> Result<Expr> {
        let typed = self.typed()?;
        match options.dtype {
            Some(dtype) if promote::is_exact(dtype) => typed.reduced_to(dtype, reduction, options),
            _ => typed.reduced(reduction, options),
        }
    }

    fn reduced(&self, reduction: Reduction, options: &ReduceOptions) -> Result<Expr> {
        let axes = self.reduced_axes(reduction, options)?;
        let (compute, output) = promote::reduction(reduction, self.dtype(), options.dtype)?;
        let shape = (0..self.ndim()).filter(|k| !axes.contains(k)).map(|k| self.shape()[k]).collect();
        if axes.iter().any(|&k| self.shape()[k] == 0) && !reduction.has_identity() {
            return Err(Error::Shape(format!(
                "{} over no elements, of an array of shape {}: expected at least one, because it has no value for none",
                reduction.name(),
                show(self.shape())
            )));
        }
        let input = self.cast(compute)?;
        let reduce = Reduce { reduction, axes: axes.clone(), ddof: options.ddof };
        let result = Expr::output(reduce, vec![input], output, shape);
        if options.keepdims {
            return result.expand_dims(&axes.iter().map(|&k| k as i64).collect::<Vec<_>>());
        }
        Ok(result)
    }

    /// The axes to reduce, ascending.
    fn reduced_axes(&self, reduction: Reduction, options: &ReduceOptions) -> Result<Vec<usize>> {
        let ndim = self.ndim();
        let mut axes = match options.axes.as_deref() {
            None => (0..ndim).collect(),
            Some([0 | -1]) if ndim == 0 && takes_lone_element(reduction, self.dtype()) => Vec::new(),
            Some(axes) => resolve_axes(axes, ndim)?,
        };
        axes.sort_unstable();
        if reduction.is_arg() && options.axes.is_some() && axes.len() > 1 {
            return Err(Error::Shape(format!("{} takes a single axis or none", reduction.name())));
        }
        Ok(axes)
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
            let is_nan = Expr::apply(Op::Isnan, std::slice::from_ref(self))?;
            let neutral = Expr::scalar(i64::from(plain == Prod));
            return Expr::apply(Op::Where, &[is_nan, neutral, self.clone()])?
                .reduced_to(dtype, plain, options);
        }
        match plain {
            Sum if dtype == DType::Bool => self.reduced(Any, &with(None)),
            Prod if dtype == DType::Bool => self.reduced(All, &with(None)),
            Mean | Var | Std => self.mean_in(dtype, plain, options),
            _ => self.reduced(reduction, &with(Some(dtype))),
        }
    }

    /// `mean`, `var` or `std` by way of sums of `dtype`; the result of every step is cast to that type.
    fn mean_in(&self, dtype: DType, reduction: Reduction, options: &ReduceOptions) -> Result<Expr> {
        let axes = self.reduced_axes(reduction, options)?;
        let count = axes.iter().map(|&k| self.shape()[k] as f64).product::<f64>();
        let mean = |x: &Expr, keepdims: bool, count: f64| {
            let options = ReduceOptions { dtype: Some(dtype), keepdims, ..options.clone() };
            Expr::apply(Op::Divide, &[x.reduce(Reduction::Sum, &options)?, Expr::scalar(count)])?.cast(dtype)
        };
        if reduction == Reduction::Mean {
            return mean(self, options.keepdims, count);
        }
        let gap = Expr::apply(Op::Subtract, &[self.clone(), mean(self, true, count)?])?;
        let squares = match self.dtype() {
            DType::C64 | DType::C128 => {
                let conjugate = Expr::apply(Op::Conj, std::slice::from_ref(&gap))?;
                Expr::apply(Op::Real, &[Expr::apply(Op::Multiply, &[gap, conjugate])?])?
            }
            _ => Expr::apply(Op::Multiply, &[gap.clone(), gap])?,
        };
        let variance = mean(&squares, options.keepdims, (count - options.ddof).max(0.0))?;
        match reduction {
            Reduction::Std if variance.ndim() == 0 => Expr::apply(Op::Sqrt, &[variance])?.cast(dtype),
            Reduction::Std => {
                let hint = "; along axes a deviation is a float";
                Err(promote::no_loop(reduction.name(), &[Operand::Typed(dtype)], hint).into())
            }
            _ => Ok(variance),
        }
    }
}

/// Whether NumPy reduces an array without axes over its axis 0 or -1. Its means look up the axis and fail. Its means
/// that skip NaN fail only for types without NaN.
fn takes_lone_element(reduction: Reduction, dtype: DType) -> bool {
    let is_mean = matches!(reduction.plain(), Reduction::Mean | Reduction::Std | Reduction::Var);
    !is_mean || (reduction.skips_nan() && !promote::is_exact(dtype))
}

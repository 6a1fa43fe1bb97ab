//! Reductions, with NumPy's meaning of `dtype=`.

use super::{Fold, Operator};
use crate::expr::Expr;
use crate::kernels;
use crate::op::Reduction;
use crate::promote;
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
    /// NumPy's `where`: booleans that broadcast to the array's shape and choose the elements that take part.
    pub only: Option<Expr>,
    /// A number that takes part in a sum, a product, a greatest or a smallest element.
    pub initial: Option<Expr>,
    /// The mean of `var` and `std`, if it is known already.
    pub mean: Option<Expr>,
}

impl Expr {
    /// A fold over axes, in the type that `options` name or NumPy chooses.
    pub(crate) fn reduced(&self, reduction: Reduction, options: &ReduceOptions) -> Result<Expr> {
        let axes = self.axes_to_reduce(reduction, options)?;
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
    pub(crate) fn axes_to_reduce(&self, reduction: Reduction, options: &ReduceOptions) -> Result<Vec<usize>> {
        let ndim = self.ndim();
        let mut axes = match options.axes.as_deref() {
            None => (0..ndim).collect(),
            Some([0 | -1]) if ndim == 0 && takes_lone_element(reduction, self.dtype(), options) => Vec::new(),
            Some(axes) => resolve_axes(axes, ndim)?,
        };
        axes.sort_unstable();
        if reduction.is_arg() && options.axes.is_some() && axes.len() > 1 {
            return Err(Error::Shape(format!("{} takes a single axis or none", reduction.name())));
        }
        Ok(axes)
    }
}

/// Whether NumPy reduces an array without axes over its axis 0 or -1. Its means look up the axis and fail, unless
/// elements are chosen. Its means that skip NaN fail only for types without NaN.
fn takes_lone_element(reduction: Reduction, dtype: DType, options: &ReduceOptions) -> bool {
    let is_mean = matches!(reduction.plain(), Reduction::Mean | Reduction::Std | Reduction::Var);
    !is_mean || options.only.is_some() || (reduction.skips_nan() && !promote::is_exact(dtype))
}

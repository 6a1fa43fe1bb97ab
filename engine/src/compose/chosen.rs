//! Reductions of chosen elements (`where=`), with an initial value (`initial=`), or about a given mean (`mean=`).

use arrstore_format::TimeUnit;

use super::{choose, one, two};
use crate::promote::{self, is_exact};
use crate::view::{resolve_axes, show};
use crate::{DType, Error, Expr, Op, ReduceOptions, Reduction, Result, Scalar};

/// A reduction with `only`, `initial` or `mean` among its options. Elements that are not chosen are replaced by a value
/// that changes nothing: 0 in a sum, NaN or NaT where they are skipped. So the reduction stays one pass over the data.
///
/// # Errors
/// As [`Expr::reduce`]; also if the reduction does not take an option, `only` is not of booleans or does not broadcast
/// to the array's shape, or a greatest or smallest element is asked of chosen elements without an initial value.
pub(super) fn reduce_chosen(a: &Expr, reduction: Reduction, options: &ReduceOptions) -> Result<Expr> {
    use Reduction::{All, Any, Max, Mean, Min, Prod, Std, Sum, Var};
    let reduction = if is_exact(a.dtype()) { reduction.plain() } else { reduction };
    let (plain, skips) = (reduction.plain(), reduction.skips_nan());
    let takes = |option: &str, taken: bool| match taken {
        true => Ok(()),
        false => Err(Error::Value(format!("{} takes no '{option}'", reduction.name()))),
    };
    takes(
        "where",
        options.only.is_none() || matches!(plain, Sum | Prod | Max | Min | Any | All | Mean | Std | Var),
    )?;
    takes("initial", options.initial.is_none() || matches!(plain, Sum | Prod | Max | Min))?;
    takes("mean", options.mean.is_none() || matches!(plain, Std | Var))?;
    let axes = a.axes_to_reduce(reduction, options)?;
    let axes = Some(axes.into_iter().map(|axis| axis as i64).collect());
    let rest = ReduceOptions { axes, only: None, initial: None, mean: None, ..options.clone() };
    let only = chosen_elements(options, a.shape())?;
    let initial = initial_value(options, || Ok(promote::reduction(reduction, a.dtype(), options.dtype)?.1))?;
    if let Some(mean) = &options.mean {
        let only = match only {
            only if !skips => only,
            None => Some(numbers(a)?),
            Some(only) => Some(two(Op::LogicalAnd, &only, &numbers(a)?)?),
        };
        return moments(a, reduction, &rest, only.as_ref(), Some(mean));
    }
    let is_chosen = only.is_some();
    let chosen = match (only, plain) {
        (None, _) => a.clone(),
        (Some(only), _) if skips => {
            let skipped = match a.dtype().kind().is_time() {
                true => Expr::scalar(TimeUnit::NAT).cast(a.dtype())?,
                false => Expr::scalar(f64::NAN),
            };
            choose(&only, a, &skipped)?
        }
        (Some(only), Mean | Std | Var) => return moments(a, reduction, &rest, Some(&only), None),
        (Some(only), Max | Min) => match &initial {
            Some(initial) => choose(&only, a, initial)?,
            None => return Err(no_initial(reduction.name())),
        },
        (Some(only), _) => choose(&only, a, &Expr::scalar(matches!(plain, Prod | All)))?,
    };
    if is_chosen && initial.is_none() && !reduction.has_identity() {
        return Err(no_initial(reduction.name()));
    }
    let Some(initial) = initial else { return chosen.reduce(reduction, &rest) };
    let combine = match reduction {
        Reduction::Max => Op::Maximum,
        Reduction::Min => Op::Minimum,
        Reduction::Nanmax => Op::Fmax,
        Reduction::Nanmin => Op::Fmin,
        _ if plain == Prod => Op::Multiply,
        _ => Op::Add,
    };
    if a.shape().contains(&0) {
        // of no elements, the initial value remains; a count has the shape
        let shape = a.reduce(Reduction::CountNonzero, &ReduceOptions { dtype: None, ..rest.clone() })?;
        let dtype = promote::reduction(reduction, a.dtype(), options.dtype)?.1;
        return initial.cast(dtype)?.broadcast_to(shape.shape());
    }
    two(combine, &chosen.reduce(reduction, &rest)?, &initial)
}

pub(super) fn no_initial(name: &str) -> Error {
    Error::Value(format!(
        "{name} of chosen elements needs a value for the case that none is chosen: give 'initial' too"
    ))
}

/// The initial value as a number of the type in which a reduction computes.
pub(super) fn initial_value(
    options: &ReduceOptions,
    dtype: impl FnOnce() -> Result<DType>,
) -> Result<Option<Expr>> {
    match &options.initial {
        Some(initial) if initial.ndim() > 0 => {
            let found = show(initial.shape());
            Err(Error::Shape(format!("the initial value is one number, found shape {found}")))
        }
        Some(initial) => initial.as_number(dtype()?).map(Some),
        None => Ok(None),
    }
}

/// Where the elements are numbers.
fn numbers(a: &Expr) -> Result<Expr> {
    one(Op::LogicalNot, &one(Op::Isnan, a)?)
}

/// The elements that take part in a reduction, if not all do: truth values of this shape.
pub(super) fn chosen_elements(options: &ReduceOptions, shape: &[u64]) -> Result<Option<Expr>> {
    // a plain `True` chooses as no mask does
    let only = options.only.as_ref().filter(|only| only.as_scalar() != Some(Scalar::Bool(true)));
    only.map(|only| mask(only, shape)).transpose()
}

/// The elements that are chosen, as truth values of this shape.
fn mask(only: &Expr, shape: &[u64]) -> Result<Expr> {
    let only = if only.as_scalar().is_some() { only.cast(DType::Bool)? } else { only.clone() };
    if only.dtype() != DType::Bool {
        return Err(Error::dtype("the argument 'where' of a reduction", DType::Bool, only.dtype()));
    }
    only.broadcast_to(shape)
}

/// `mean`, `var` or `std` by way of sums, over the elements of `only` (all without it), and about a given `mean`. The
/// result of every step is cast to the type of the sums, as in NumPy. `options` has none of these three.
pub(super) fn moments(
    a: &Expr,
    reduction: Reduction,
    options: &ReduceOptions,
    only: Option<&Expr>,
    mean: Option<&Expr>,
) -> Result<Expr> {
    let plain = reduction.plain();
    let half = matches!(a.dtype(), DType::F16 | DType::BF16) && plain == Reduction::Mean;
    let wide = match options.dtype {
        None if is_exact(a.dtype()) => Some(DType::F64),
        None if half => Some(DType::F32),
        dtype => dtype,
    };
    let sum = |x: &Expr, keepdims: bool, dtype: Option<DType>| {
        let chosen = only.map_or(Ok(x.clone()), |only| choose(only, x, &Expr::scalar(false)))?;
        let axes = options.axes.clone();
        chosen.reduce(Reduction::Sum, &ReduceOptions { axes, keepdims, dtype, ..ReduceOptions::default() })
    };
    let ones = Expr::scalar(true).cast(DType::Bool)?.broadcast_to(a.shape())?;
    let count = |keepdims: bool| match only {
        Some(_) => sum(&ones, keepdims, None),
        None => {
            let axes = a.axes_to_reduce(reduction, options)?;
            Expr::scalar(axes.iter().map(|&k| a.shape()[k]).product::<u64>()).cast(DType::I64)
        }
    };
    let quotient = |sum: Expr, count: &Expr| two(Op::Divide, &sum, count)?.cast(sum.dtype());
    if plain == Reduction::Mean {
        let mean = quotient(sum(a, options.keepdims, wide)?, &count(options.keepdims)?)?;
        return if half && options.dtype.is_none() { mean.cast(a.dtype()) } else { Ok(mean) };
    }
    let about = match mean {
        Some(mean) => mean.clone(),
        None => quotient(sum(a, true, wide)?, &count(true)?)?,
    };
    let gap = two(Op::Subtract, a, &about)?;
    let squares = match gap.dtype() {
        DType::C64 | DType::C128 => one(Op::Real, &two(Op::Multiply, &gap, &one(Op::Conj, &gap)?)?)?,
        _ => two(Op::Multiply, &gap, &gap)?,
    };
    let free = two(Op::Subtract, &count(options.keepdims)?, &Expr::scalar(options.ddof))?;
    let divisor = two(Op::Maximum, &free, &Expr::scalar(0))?;
    let mut variance = quotient(sum(&squares, options.keepdims, wide.map(promote::part))?, &divisor)?;
    if reduction.skips_nan() {
        let none = two(Op::LessEqual, &free, &Expr::scalar(0))?;
        variance = choose(&none, &Expr::scalar(f64::NAN), &variance)?;
    }
    match (plain, options.dtype) {
        (Reduction::Std, Some(dtype)) if is_exact(dtype) && variance.ndim() > 0 => {
            let hint = "; along axes a deviation is a float";
            Err(promote::no_loop(reduction.name(), &[promote::Operand::Typed(dtype)], hint).into())
        }
        (Reduction::Std, Some(dtype)) => one(Op::Sqrt, &variance)?.cast(promote::part(dtype)),
        (Reduction::Std, None) => one(Op::Sqrt, &variance),
        _ => Ok(variance),
    }
}

impl Expr {
    /// The index of the greatest or smallest element that is not NaN ([`Reduction::Argmax`], [`Reduction::Argmin`]), as
    /// NumPy's `nanargmax` and `nanargmin`.
    ///
    /// # Errors
    /// As [`Expr::reduce`]. Where all elements are NaN, the computation fails.
    pub fn nanarg(&self, reduction: Reduction, options: &ReduceOptions) -> Result<Expr> {
        let a = self.typed()?;
        if is_exact(a.dtype()) || a.dtype().kind().is_time() || a.dtype().kind().is_text() {
            return a.reduce(reduction, options);
        }
        let worst = if reduction == Reduction::Argmax { f64::NEG_INFINITY } else { f64::INFINITY };
        let nan = one(Op::Isnan, &a)?;
        let index = choose(&nan, &Expr::scalar(worst), &a)?.reduce(reduction, options)?;
        match a.shape().contains(&0) {
            true => Ok(index),
            false => two(Op::Unless, &index, &nan.reduce(Reduction::All, options)?),
        }
    }

    /// The mean with weights, and the sum of the weights. Weights have the array's shape, or the lengths of `axes`.
    ///
    /// # Errors
    /// When an axis is not there, the weights do not fit, or without weights there are no means. Where the weights add
    /// up to 0, the computation fails.
    pub fn average(&self, weights: Option<&Expr>, axes: Option<&[i64]>, keepdims: bool) -> Result<[Expr; 2]> {
        let a = self.typed()?;
        // unlike other reductions, it has no axis 0 of an array without axes
        axes.map(|axes| resolve_axes(axes, a.ndim())).transpose()?;
        let options = |dtype| ReduceOptions {
            axes: axes.map(<[i64]>::to_vec),
            keepdims,
            dtype,
            ..ReduceOptions::default()
        };
        let Some(weights) = weights else {
            let mean = a.reduce(Reduction::Mean, &options(None))?;
            let (all, of) = (crate::elements(a.shape())?, crate::elements(mean.shape())?);
            if of == 0 {
                let found = show(mean.shape());
                return Err(Error::ZeroDivision(format!(
                    "average: expected one mean or more, found shape {found}"
                )));
            }
            let total =
                Expr::scalar(all as f64 / of as f64).cast(mean.dtype())?.broadcast_to(mean.shape())?;
            return Ok([mean, total]);
        };
        let weights = a.weights(weights, axes)?;
        let mut operands = vec![a.operand(), weights.operand()];
        if is_exact(a.dtype()) {
            operands.push(promote::Operand::Typed(DType::F64));
        }
        let dtype = promote::result_type(&operands)?;
        let weights = weights.cast(dtype)?;
        let total = weights.broadcast_to(a.shape())?.reduce(Reduction::Sum, &options(Some(dtype)))?;
        let total = two(Op::Weighed, &total, &two(Op::Equal, &total, &Expr::scalar(0))?)?;
        let sum = two(Op::Multiply, &a.cast(dtype)?, &weights)?.reduce(Reduction::Sum, &options(None))?;
        Ok([two(Op::Divide, &sum, &total)?, total])
    }
}

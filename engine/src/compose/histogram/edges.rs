//! Edges of bins.

use super::{Bins, HistogramOptions};
use crate::compose::op;
use crate::compose::small::{computed, floats, number, one};
use crate::promote::{Operand, is_exact, result_type};
use crate::view::Index;
use crate::{Context, DType, Error, Expr, Op, ReduceOptions, Reduction, Result, Scalar};

/// Edges that are settled.
pub(super) struct Edges {
    /// In memory.
    pub(super) edges: Expr,
    /// The first and the last one, if the bins have equal widths.
    pub(super) ends: Option<(Expr, Expr)>,
}

impl Expr {
    /// The array as histograms take it. Complex numbers, which are ordered by their real parts first, lie in no bins of
    /// equal width.
    pub(super) fn countable(&self, bins: &Bins) -> Result<Expr> {
        let typed = self.typed()?;
        match typed.dtype() {
            DType::Bool => typed.cast(DType::U8),
            DType::C64 | DType::C128 if !matches!(bins, Bins::Edges(_)) => Err(Error::dtype(
                "histogram, which has no bins of equal width for complex numbers and needs their edges",
                DType::F64,
                typed.dtype(),
            )),
            _ => Ok(typed),
        }
    }

    pub(super) fn edges(&self, options: &HistogramOptions, context: &Context) -> Result<Edges> {
        let count = match &options.bins {
            Bins::Edges(edges) => {
                let edges = ascending(edges, context)?;
                return Ok(Edges { edges, ends: None });
            }
            Bins::Count(count) => match u64::try_from(*count) {
                Ok(count) if count > 0 => Some(count),
                _ => return Err(Error::Value(format!("expected at least 1 bin, found {count}"))),
            },
            Bins::Rule(_) if options.weights.is_some() => {
                return Err(Error::Value(
                    "a rule for the number of bins does not go with weights; give a number of bins".into(),
                ));
            }
            Bins::Rule(_) => None,
        };
        let (first, last) = self.outer_edges(options.range.as_ref(), context)?;
        let count = match (count, &options.bins) {
            (Some(count), _) => count,
            (None, Bins::Rule(rule)) => {
                self.bins_by(*rule, &first, &last, options.range.is_some(), context)?
            }
            (None, _) => 1,
        };
        let mut dtype = result_type(&[first.operand(), last.operand(), self.operand()])?;
        if is_exact(dtype) {
            dtype = DType::F64;
        }
        let edges = evenly(&first, &last, count, dtype, context)?;
        let steps = floats(&edges, context)?;
        if steps.windows(2).any(|pair| pair[0] >= pair[1]) {
            return Err(Error::Value(format!(
                "too many bins for the range of the data: {count} bins would have no width"
            )));
        }
        Ok(Edges { edges, ends: Some((first, last)) })
    }

    /// The first and the last edge. Numbers of the program stay numbers; elements become arrays without axes.
    pub(in crate::compose) fn outer_edges(
        &self,
        range: Option<&(Expr, Expr)>,
        context: &Context,
    ) -> Result<(Expr, Expr)> {
        let (first, last) = match range {
            Some((first, last)) => (first.clone(), last.clone()),
            None if self.shape().contains(&0) => (Expr::scalar(0), Expr::scalar(1)),
            None => {
                let of = |reduction| self.reduce(reduction, &ReduceOptions::default());
                let [first, last] = computed(&[of(Reduction::Min)?, of(Reduction::Max)?], context)?;
                (first, last)
            }
        };
        let [low, high] = [number(&first, context)?, number(&last, context)?];
        if low > high {
            return Err(Error::Value(format!("a range begins at {low} and ends at {high}, which is less")));
        }
        if !low.is_finite() || !high.is_finite() {
            let what = if range.is_some() { "the range" } else { "the range of the data" };
            return Err(Error::Value(format!("{what}, from {low} to {high}, is not finite")));
        }
        if low < high {
            return Ok((first, last));
        }
        let moved = |edge: &Expr, by: f64| match edge.as_scalar() {
            Some(_) => Ok(Expr::scalar(low + by)),
            None => op(Op::Add, &[edge, &Expr::scalar(by)]),
        };
        Ok((moved(&first, -0.5)?, moved(&last, 0.5)?))
    }
}

/// `count + 1` numbers from `first` to `last`, with the arithmetic of NumPy's `linspace`, in memory.
///
/// # Errors
/// When they take more than a quarter of the budget.
pub(in crate::compose) fn evenly(
    first: &Expr,
    last: &Expr,
    count: u64,
    dtype: DType,
    context: &Context,
) -> Result<Expr> {
    let inner = result_type(&[first.operand(), last.operand()])?;
    let inner = if is_exact(inner) { DType::F64 } else { inner };
    let (first, last) = (first.cast(inner)?, last.cast(inner)?);
    // the edges are held, and counting takes a copy of them
    let bytes = count.saturating_add(1).saturating_mul(8);
    if bytes > context.budget.total() / 4 {
        return Err(context.budget.refusal(bytes.saturating_mul(4), "a histogram of so many bins"));
    }
    let numbers = Expr::ramp(Scalar::Int(0), Scalar::Int(1), count.saturating_add(1), DType::F64)?;
    let steps = numbers.cast(inner)?;
    let whole = op(Op::Subtract, &[&last, &first])?;
    let step = op(Op::Divide, &[&whole, &Expr::scalar(count as i64)])?;
    let away = match number(&step, context)? == 0.0 {
        true => op(Op::Multiply, &[&op(Op::Divide, &[&steps, &Expr::scalar(count as i64)])?, &whole])?,
        false => op(Op::Multiply, &[&steps, &step])?,
    };
    let all = op(Op::Add, &[&away, &first])?;
    let at = op(Op::Equal, &[&numbers, &Expr::scalar(count as f64)])?;
    let all = op(Op::Where, &[&at, &last, &all])?.cast(dtype)?;
    one(&all, context)
}

/// Edges in memory, which ascend.
pub(in crate::compose) fn ascending(edges: &Expr, context: &Context) -> Result<Expr> {
    if edges.ndim() != 1 {
        return Err(Error::Value(format!(
            "expected the edges of bins along one axis, found {} axes",
            edges.ndim()
        )));
    }
    let edges = one(edges, context)?;
    let length = edges.shape()[0];
    if length > 1 {
        let [lower, upper] = neighbours(&edges)?;
        let falls = op(Op::Greater, &[&lower, &upper])?.reduce(Reduction::Any, &ReduceOptions::default())?;
        if number(&falls, context)? != 0.0 {
            return Err(Error::Value("the edges of bins must ascend".into()));
        }
    }
    Ok(edges)
}

/// All elements along one axis but the last, and all but the first.
fn neighbours(edges: &Expr) -> Result<[Expr; 2]> {
    let part = |start, stop| edges.index(&[Index::Slice { start, stop, step: None }]);
    Ok([part(None, Some(-1))?, part(Some(1), None)?])
}

/// The differences of neighbours along one axis.
pub(in crate::compose) fn difference(edges: &Expr) -> Result<Expr> {
    let [lower, upper] = neighbours(edges)?;
    op(Op::Subtract, &[&upper, &lower])
}

/// The distance between the ends of a range: unsigned for integers, as it may exceed the signed ones.
pub(super) fn span(first: &Expr, last: &Expr) -> Result<Expr> {
    let dtype = result_type(&[Operand::Typed(first.dtype()), Operand::Typed(last.dtype())])?;
    let dtype = match (first.as_scalar(), last.as_scalar()) {
        (Some(_), Some(_)) => dtype,
        _ => result_type(&[first.operand(), last.operand()])?,
    };
    let unsigned = match dtype {
        DType::I8 => DType::U8,
        DType::I16 => DType::U16,
        DType::I32 => DType::U32,
        DType::I64 => DType::U64,
        _ => dtype,
    };
    // casts of integers wrap around, and so does the difference
    let of = |x: &Expr| x.cast(dtype)?.cast(unsigned);
    op(Op::Subtract, &[&of(last)?, &of(first)?])
}

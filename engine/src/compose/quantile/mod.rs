//! Quantiles, with the arithmetic of NumPy: a probability gives a place in the sorted order, and the elements beside
//! that place are interpolated.

mod method;

use method::Place;
pub use method::QuantileMethod;

use super::sets::{has_nan, is_nan};
use super::small::{computed, floats, integers, values};
use super::{op, spread};
use crate::op::{Op, Scalar};
use crate::promote::is_exact;
use crate::source::elements;
use crate::view::{Index, resolve_axes};
use crate::{Context, DType, Error, Expr, ReduceOptions, Reduction, Result};

/// Up to this many elements of a line are selected; for more, lines are sorted.
const FEW: u64 = 64;

/// Options of a quantile.
#[derive(Clone, Debug, Default)]
pub struct QuantileOptions {
    /// The axes, negative ones counted from the end; `None`: all.
    pub axes: Option<Vec<i64>>,
    /// Whether reduced axes stay, with length 1.
    pub keepdims: bool,
    /// The way to find a quantile between two elements.
    pub method: QuantileMethod,
    /// Whether NaN is passed over, as in NumPy's `nanquantile`.
    pub skip_nan: bool,
    /// Weights from 0 on, of the array's shape or of the lengths of the axes. They need the method
    /// [`QuantileMethod::InvertedCdf`].
    pub weights: Option<Expr>,
}

/// Probabilities from 0 to 1: one, or several along one or two axes.
#[derive(Clone, Debug)]
pub struct Quantiles {
    /// In memory.
    values: Expr,
    /// Whether it was a number of the program and not an array: it then leaves small floats their type.
    weak: bool,
}

impl Quantiles {
    /// The probabilities `q`, computed in `context`.
    ///
    /// # Errors
    /// When one of them is not from 0 to 1, or they have more than two axes.
    pub fn new(q: &Expr, context: &Context) -> Result<Quantiles> {
        Quantiles::checked(q, q, 1.0, context)
    }

    /// The same, given in percent.
    ///
    /// # Errors
    /// As [`Quantiles::new`].
    pub fn percent(q: &Expr, context: &Context) -> Result<Quantiles> {
        Quantiles::checked(q, &op(Op::Divide, &[q, &Expr::scalar(100)])?, 100.0, context)
    }

    fn checked(given: &Expr, q: &Expr, most: f64, context: &Context) -> Result<Quantiles> {
        let weak = matches!(given.as_scalar(), Some(Scalar::Int(_) | Scalar::Float(_)));
        let values = q.typed()?;
        if matches!(values.dtype(), DType::C64 | DType::C128) {
            return Err(Error::dtype("the probabilities of quantiles", DType::F64, values.dtype()));
        }
        if values.ndim() > 2 {
            return Err(Error::Value(format!(
                "the probabilities of quantiles have {} axes; give one number or one axis of numbers",
                values.ndim()
            )));
        }
        let [values] = computed(&[values], context)?;
        let outside = |q: &&f64| !(0.0..=1.0).contains(*q);
        if let Some(q) = floats(&values, context)?.iter().find(outside) {
            return Err(Error::Value(format!(
                "a quantile is wanted at {}; expected a number from 0 to {most}",
                q * most
            )));
        }
        Ok(Quantiles { values, weak })
    }
}

/// Lines that are selected from: an array whose last axes form a line.
pub(super) struct Sorted {
    pub(super) moved: Expr,
    /// Axes before those of a line.
    pub(super) kept: usize,
    /// Axes of a line.
    pub(super) along: usize,
    /// Elements of a line.
    pub(super) length: u64,
    /// The axes of a line in the array, ascending.
    axes: Vec<usize>,
}

/// The number of elements of a line that count.
pub(super) enum Count {
    /// All elements.
    All(u64),
    /// Those that are not NaN, for each line.
    Each(Expr),
}

impl Sorted {
    /// The lines along `axes`; `None`: all elements are one line.
    pub(super) fn of(array: &Expr, axes: Option<&[i64]>) -> Result<Sorted> {
        let ndim = array.ndim();
        let mut axes = axes.map_or_else(|| Ok((0..ndim).collect()), |axes| resolve_axes(axes, ndim))?;
        axes.sort_unstable();
        let across = (0..ndim).filter(|axis| !axes.contains(axis));
        let order: Vec<i64> = across.chain(axes.iter().copied()).map(|axis| axis as i64).collect();
        let length = axes.iter().map(|&axis| array.shape()[axis]).product();
        let moved = array.permute(&order)?;
        Ok(Sorted { moved, kept: ndim - axes.len(), along: axes.len(), length, axes })
    }

    /// The number of elements of each line that are not NaN.
    pub(super) fn numbers(&self) -> Result<Count> {
        if is_exact(self.moved.dtype()) {
            return Ok(Count::All(self.length));
        }
        let axes = (self.kept..self.kept + self.along).map(|axis| axis as i64).collect();
        let options = ReduceOptions { axes: Some(axes), ..ReduceOptions::default() };
        let nan = op(Op::Isnan, &[&self.moved])?.reduce(Reduction::CountNonzero, &options)?;
        op(Op::Subtract, &[&Expr::scalar(self.length as i64), &nan]).map(Count::Each)
    }

    /// The elements at places of the sorted order of each line: see [`Expr::order_statistics`]. For many places, lines
    /// are sorted.
    fn at(&self, ranks: &Expr, nan: bool) -> Result<Expr> {
        let (lead, _) = ranks.shape().split_at(ranks.ndim() - self.kept);
        if elements(lead)? <= FEW {
            return self.moved.order_statistics(ranks, self.along, nan);
        }
        let sorted = self.lines()?.sort(Some(-1))?;
        // places beside each other along the last axis, as the elements of lines are
        let kept = &sorted.shape()[..self.kept];
        let shape = [lead, kept].concat();
        let axes: Vec<i64> = (0..lead.len() as i64).collect();
        let last: Vec<i64> = (self.kept as i64..shape.len() as i64).collect();
        let beside = ranks.cast(DType::I64)?.broadcast_to(&shape)?.move_axes(&axes, &last)?;
        let lines = beside.reshaped_to(&[kept, &[elements(lead)?]].concat())?;
        let end = Expr::scalar(self.length as i64);
        let negative = op(Op::Less, &[&lines, &Expr::scalar(0)])?;
        let lines = op(Op::Where, &[&negative, &op(Op::Add, &[&lines, &end])?, &lines])?;
        let lines = op(Op::Clip, &[&lines, &Expr::scalar(0), &Expr::scalar(self.length as i64 - 1)])?;
        let mut found = sorted.gather_along(&lines, self.kept, false)?;
        if nan && has_nan(&sorted) {
            let greatest = sorted.index(&[Index::Ellipsis, (self.length - 1..self.length).into()])?;
            found = op(Op::Where, &[&is_nan(&greatest)?, &greatest, &found])?;
        }
        found.reshaped_to(beside.shape())?.move_axes(&last, &axes)
    }

    /// The lines, each along one last axis.
    pub(super) fn lines(&self) -> Result<Expr> {
        if self.along == 1 {
            return Ok(self.moved.clone());
        }
        let mut shape: Vec<i64> = self.moved.shape()[..self.kept].iter().map(|&n| n as i64).collect();
        shape.push(self.length as i64);
        self.moved.reshape(&shape)
    }

    /// A result of `lead` axes and the kept ones, with the axes of a line at their places if they are to be kept.
    pub(super) fn result(&self, found: Expr, lead: usize, keepdims: bool) -> Result<Expr> {
        match keepdims {
            true => found.expand_dims(&self.axes.iter().map(|&k| (lead + k) as i64).collect::<Vec<_>>()),
            false => Ok(found),
        }
    }
}

impl Count {
    /// The number plus `more`, as an operand beside probabilities of a type: it does not change that type.
    fn plus(&self, more: i64, beside: DType) -> Result<Expr> {
        match self {
            Count::All(count) => Ok(Expr::scalar(*count as i64 + more)),
            Count::Each(count) => {
                let kind = if is_exact(beside) { DType::I64 } else { beside };
                op(Op::Add, &[count, &Expr::scalar(more)])?.cast(kind)
            }
        }
    }
}

impl Expr {
    /// Refuses complex numbers, which have no order.
    pub(crate) fn check_real(&self) -> Result<()> {
        match self.dtype() {
            complex @ (DType::C64 | DType::C128) => {
                Err(Error::dtype("quantile, which has no order of complex numbers", DType::F64, complex))
            }
            _ => Ok(()),
        }
    }

    /// Quantiles, as NumPy's `quantile` and `nanquantile`. The axes of `q` come first in the result. Lines of any
    /// length are selected from exactly, in passes if they do not fit in memory.
    ///
    /// # Errors
    /// When the array has no such axis, its elements are complex, lines have no elements, or there are weights and the
    /// method is not [`QuantileMethod::InvertedCdf`]. Where weights are negative or not finite, or those of a line are
    /// all 0, the computation fails.
    pub fn quantile(&self, q: &Quantiles, options: &QuantileOptions) -> Result<Expr> {
        let typed = self.typed()?;
        let (axes, method) = (options.axes.as_deref(), options.method);
        typed.check_real()?;
        if options.skip_nan && typed.shape().contains(&0) {
            return typed.mean_of_nothing(Reduction::Nanmean, axes, options.keepdims);
        }
        let sorted = Sorted::of(&typed, axes)?;
        if sorted.length == 0 {
            return Err(Error::Index { index: -1, axis: 0, size: 0 });
        }
        if let Some(weights) = &options.weights {
            if method != QuantileMethod::InvertedCdf {
                return Err(Error::Value(format!(
                    "the method '{method}' takes no weights; 'inverted_cdf' does"
                )));
            }
            let found = typed.weighted_quantile(&q.values, weights, &sorted, options)?;
            return sorted.result(found, q.values.ndim(), options.keepdims);
        }
        let count = if options.skip_nan { sorted.numbers()? } else { Count::All(sorted.length) };
        let values = spread(&q.values, sorted.kept)?;
        let select = |ranks: &Expr| sorted.at(ranks, !options.skip_nan);
        let found = match method.place(&count, &values)? {
            Place::At(ranks) => select(&ranks)?,
            Place::Between(place) => {
                let least = op(Op::Less, &[&place, &Expr::scalar(0)])?;
                let last = op(Op::GreaterEqual, &[&place, &count.plus(-1, place.dtype())?])?;
                let beside = |index: &Expr, end: &Expr| -> Result<Expr> {
                    let inside = op(Op::Where, &[&last, end, index])?;
                    op(Op::Where, &[&least, &Expr::scalar(0), &inside])
                };
                let floor = op(Op::Floor, &[&place])?.cast(DType::I64)?;
                let end = count.plus(-1, DType::I64)?;
                let steps = spread(&integers(&[0, 1])?, place.ndim())?;
                let ranks = beside(&op(Op::Add, &[&floor, &steps])?, &end)?;
                let pair = select(&ranks)?;
                let [previous, next] = [0, 1].map(|k| pair.index(&[crate::view::Index::At(k)]));
                // NumPy takes the last element as the one before the first here
                let index = beside(&floor, &Expr::scalar(-1))?.cast(DType::I64)?;
                let gamma = op(Op::Subtract, &[&place, &index])?;
                let weight = method.weight(&gamma, &place)?.cast(place.dtype())?;
                interpolated(&previous?, &next?, &weight, q.weak)?
            }
        };
        sorted.result(found, q.values.ndim(), options.keepdims)
    }
}

/// NumPy's interpolation between two elements. A `weak` weight does not change the type of floats.
fn interpolated(previous: &Expr, next: &Expr, weight: &Expr, weak: bool) -> Result<Expr> {
    let is_time = previous.dtype().kind().is_time();
    let dtype = if is_exact(previous.dtype()) || is_time { DType::F64 } else { previous.dtype() };
    let weight = if weak { weight.cast(DType::F64)? } else { weight.clone() };
    let rest = op(Op::Subtract, &[&Expr::scalar(1), &weight])?;
    let [forth, back] = [&weight, &rest].map(|x| if weak { x.cast(dtype) } else { Ok(x.clone()) });
    let gap = op(Op::Subtract, &[next, previous])?;
    let from_previous = op(Op::Add, &[previous, &op(Op::Multiply, &[&gap, &forth?])?])?;
    let dtype = from_previous.dtype();
    let step = op(Op::Multiply, &[&gap, &back?])?;
    let step = if is_time { step } else { step.cast(dtype)? };
    let from_next = op(Op::Subtract, &[&next.cast(dtype)?, &step])?;
    let near = op(Op::GreaterEqual, &[&weight, &Expr::scalar(0.5)])?;
    op(Op::Where, &[&near, &from_next, &from_previous])
}

/// One number, or several along one axis, as probabilities.
pub trait IntoQuantiles {
    /// The array of the numbers.
    ///
    /// # Errors
    /// When memory is short.
    fn into_quantiles(self) -> Result<Expr>;
}

impl IntoQuantiles for f64 {
    fn into_quantiles(self) -> Result<Expr> {
        Ok(Expr::scalar(self))
    }
}

impl IntoQuantiles for &[f64] {
    fn into_quantiles(self) -> Result<Expr> {
        values(self)
    }
}

impl<const N: usize> IntoQuantiles for [f64; N] {
    fn into_quantiles(self) -> Result<Expr> {
        self.as_slice().into_quantiles()
    }
}

impl IntoQuantiles for Vec<f64> {
    fn into_quantiles(self) -> Result<Expr> {
        self.as_slice().into_quantiles()
    }
}

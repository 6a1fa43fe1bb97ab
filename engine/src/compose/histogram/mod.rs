//! Histograms: how many elements lie between neighbouring edges.
//!
//! The edges are settled when the expression is built. If they depend on the data, as the least and the greatest
//! element do, the data is read then.

mod edges;
mod rules;

use super::small::{floats, number, read};
use super::{choose, op};
use crate::kernels::{EqualBins, between};
use crate::op::Op;
use crate::operator::tally::Tally;
use crate::promote::{Operand, is_exact, result_type};
use crate::{Context, DType, Error, Expr, ReduceOptions, Reduction, Result};
use edges::{Edges, span};
pub(super) use edges::{ascending, difference, evenly};
pub use rules::BinRule;

/// The bins of a histogram.
#[derive(Clone, Debug)]
pub enum Bins {
    /// So many bins of equal width.
    Count(i64),
    /// Bins between edges, which ascend.
    Edges(Expr),
    /// As many bins of equal width as a rule says.
    Rule(BinRule),
}

/// Options of a histogram.
#[derive(Clone, Debug)]
pub struct HistogramOptions {
    /// The bins.
    pub bins: Bins,
    /// The least and the greatest edge; `None`: the least and the greatest element.
    pub range: Option<(Expr, Expr)>,
    /// A weight for each element; `None`: 1.
    pub weights: Option<Expr>,
    /// Whether the result is a density, whose integral is 1, and not a count.
    pub density: bool,
}

impl Default for HistogramOptions {
    fn default() -> HistogramOptions {
        HistogramOptions { bins: Bins::Count(10), range: None, weights: None, density: false }
    }
}

impl Expr {
    /// The histogram of all elements and its edges, as NumPy's `histogram`. Data is read now if edges depend on it.
    ///
    /// # Errors
    /// When complex elements come without edges, weights have another shape, edges do not ascend, or a range is not finite.
    pub fn histogram(&self, options: &HistogramOptions, context: &Context) -> Result<(Expr, Expr)> {
        let a = self.countable(&options.bins)?;
        if let Some(weights) = &options.weights
            && weights.shape() != a.shape()
        {
            return Err(Error::Shape(format!(
                "histogram: weights should have the shape of the array, {}; found {}",
                crate::view::show(a.shape()),
                crate::view::show(weights.shape())
            )));
        }
        let Edges { edges, ends } = a.edges(options, context)?;
        let count = edges.shape().first().map_or(0, |n| n.saturating_sub(1));
        let numbers = match &ends {
            Some((first, last)) => a.equal_bins(&edges, first, last, options.range.is_some(), context)?,
            None => a.bins_between(&edges, 1, context)?,
        };
        let counts = match &options.weights {
            None => numbers.tally(&[count])?,
            Some(weights) => weighed(&numbers, &weights.typed()?, count)?,
        };
        if !options.density {
            return Ok((counts, edges));
        }
        let widths = difference(&edges)?.cast(DType::F64)?;
        let sum = counts.reduce(Reduction::Sum, &ReduceOptions::default())?;
        Ok((op(Op::Divide, &[&op(Op::Divide, &[&counts, &widths])?, &sum])?, edges))
    }

    /// The edges of [`Expr::histogram`], as NumPy's `histogram_bin_edges`.
    ///
    /// # Errors
    /// As [`Expr::histogram`].
    pub fn histogram_bin_edges(&self, options: &HistogramOptions, context: &Context) -> Result<Expr> {
        Ok(self.countable(&options.bins)?.edges(options, context)?.edges)
    }

    /// The numbers of the bins of equal width that elements lie in.
    fn equal_bins(
        &self,
        edges: &Expr,
        first: &Expr,
        last: &Expr,
        given: bool,
        context: &Context,
    ) -> Result<Expr> {
        let dtype = edges.dtype();
        let range = span(first, last)?;
        let quotient = result_type(&[Operand::Typed(dtype), range.operand()])?;
        let mut elements = self.cast(dtype)?;
        if given && matches!(self.dtype(), DType::I64 | DType::U64) {
            // a cast may round an integer across an end of the range
            let inside = self.inside(first, last)?;
            elements = op(Op::Where, &[&inside, &elements, &Expr::scalar(f64::NAN)])?;
        }
        let bins = EqualBins {
            first: number(&first.cast(dtype)?, context)?,
            last: number(&last.cast(dtype)?, context)?,
            range: number(&range, context)?,
            edges: floats(edges, context)?,
            dtype,
            quotient,
        };
        elements.called(bins.function(), DType::I64)
    }

    fn inside(&self, first: &Expr, last: &Expr) -> Result<Expr> {
        op(Op::LogicalAnd, &[&op(Op::GreaterEqual, &[self, first])?, &op(Op::LessEqual, &[self, last])?])
    }

    /// The numbers of the bins between edges, times `stride`.
    pub(super) fn bins_between(&self, edges: &Expr, stride: i64, context: &Context) -> Result<Expr> {
        let common = result_type(&[self.operand(), edges.operand()])?;
        let (mut elements, edges) = (self.cast(common)?, edges.cast(common)?);
        let (function, wide) = match common {
            DType::C64 | DType::C128 => {
                // a number with a part that is NaN lies in no bin
                let nan = op(Op::Isnan, &[&elements])?;
                elements = choose(&nan, &Expr::scalar(f64::NAN), &elements)?;
                (between::<[f64; 2]>(read(&edges.cast(DType::C128)?, context)?, stride), DType::C128)
            }
            DType::U64 => (between::<u64>(read(&edges, context)?, stride), DType::U64),
            _ if is_exact(common) => {
                (between::<i64>(read(&edges.cast(DType::I64)?, context)?, stride), DType::I64)
            }
            _ => (between::<f64>(floats(&edges, context)?, stride), DType::F64),
        };
        elements.cast(wide)?.called(function, DType::I64)
    }
}

/// The sums of the weights of bins, in the type of the weights, as NumPy has them.
fn weighed(numbers: &Expr, weights: &Expr, count: u64) -> Result<Expr> {
    let part = match weights.dtype() {
        DType::C64 => DType::F32,
        DType::C128 => DType::F64,
        dtype => {
            return numbers.tally_weights(weights, &[count], Tally::Blocks { wide: false }, dtype);
        }
    };
    let of = |which: Op| {
        numbers.tally_weights(&op(which, &[weights])?, &[count], Tally::Blocks { wide: true }, part)
    };
    let imaginary = op(Op::Multiply, &[&of(Op::Imag)?, &Expr::scalar(num_complex::Complex64::I)])?;
    op(Op::Add, &[&of(Op::Real)?, &imaginary])
}

//! Counts by number, and histograms of several dimensions.

use super::histogram::{Bins, ascending, difference, evenly};
use super::small::{computed, integers, number, read};
use super::{op, spread};
use crate::op::Op;
use crate::operator::tally::Tally;
use crate::promote::{is_exact, result_type};
use crate::view::{Index, show};
use crate::{Context, DType, Error, Expr, ReduceOptions, Reduction, Result};

/// Numbers that are counted before the greatest one is known.
const LIKELY: u64 = 1 << 16;
/// Elements that are looked at first.
const FIRST: i64 = 1 << 14;

impl Expr {
    /// How often each number from 0 on occurs in an array of integers along one axis, or the sum of the weights at
    /// these places, as NumPy's `bincount`. The array is read now, because the length of the result depends on it: one
    /// more than the greatest number, and at least `minlength`.
    ///
    /// # Errors
    /// When elements are not integers, one is negative, or the array has not one axis.
    pub fn bincount(&self, weights: Option<&Expr>, minlength: u64, context: &Context) -> Result<Expr> {
        let x = self.typed()?;
        if x.ndim() == 1 && !is_exact(x.dtype()) {
            return Err(Error::dtype("bincount", DType::I64, x.dtype()));
        }
        if x.ndim() != 1 {
            return Err(Error::Value(format!(
                "bincount: expected an array of one axis, found shape {}",
                show(x.shape())
            )));
        }
        if weights.is_none()
            && let Some(counts) = x.small_counts(minlength, context)?
        {
            return Ok(counts);
        }
        let mut count = minlength;
        if x.shape() != [0] {
            let of = |reduction| x.reduce(reduction, &ReduceOptions::default());
            let [least, greatest] = computed(&[of(Reduction::Min)?, of(Reduction::Max)?], context)?;
            let least = number(&least, context)?;
            if least < 0.0 {
                return Err(Error::Value(format!("bincount: expected no negative numbers, found {least}")));
            }
            // exact: no tally has as many as 2^53 numbers
            count = count.max((number(&greatest, context)? as u64).saturating_add(1));
        }
        // as in NumPy, the counts of no numbers are whole, also with weights
        let Some(weights) = weights.filter(|_| x.shape() != [0]) else { return x.tally(&[count]) };
        let weights = weights.typed()?;
        if matches!(weights.dtype(), DType::C64 | DType::C128) {
            return Err(Error::dtype("the weights of bincount", DType::F64, weights.dtype()));
        }
        if weights.shape() != x.shape() {
            return Err(Error::Value(format!(
                "bincount: the weights and the numbers have different lengths: shapes {} and {}",
                show(weights.shape()),
                show(x.shape())
            )));
        }
        x.tally_weights(&weights, &[count], Tally::Weights, DType::F64)
    }

    /// The counts of a vector of small numbers, in one pass; `None` if it has others, or its first elements promise that.
    fn small_counts(&self, minlength: u64, context: &Context) -> Result<Option<Expr>> {
        let likely = LIKELY.min(context.budget.total() >> 10);
        let first = Index::Slice { start: None, stop: Some(FIRST), step: None };
        let promise = self.index(&[first])?.reduce(Reduction::Max, &ReduceOptions::default());
        if minlength > likely || self.shape() == [0] || number(&promise?, context)? >= likely as f64 {
            return Ok(None);
        }
        let mut counts: Vec<i64> = read(&self.tally(&[likely])?, context)?;
        if counts.iter().sum::<i64>() as u64 != self.shape()[0] {
            return Ok(None);
        }
        let length = counts.iter().rposition(|&count| count > 0).map_or(0, |last| last + 1);
        counts.truncate(length.max(minlength as usize));
        integers(&counts).map(Some)
    }
}

/// Options of a histogram of several dimensions.
#[derive(Clone, Debug, Default)]
pub struct GridOptions {
    /// The bins along each dimension, or one for all of them: counts or edges.
    pub bins: Vec<Bins>,
    /// For each dimension the least and the greatest edge; `None`: those of the data. No entries: all from the data.
    pub ranges: Vec<Option<(Expr, Expr)>>,
    /// A weight for each sample.
    pub weights: Option<Expr>,
    /// Whether the result is a density, whose integral is 1, and not a count.
    pub density: bool,
}

/// The histogram of samples whose coordinates are given, one array of one axis for each dimension, and the edges along
/// each dimension, as NumPy's `histogramdd`. Data is read now if edges depend on it.
///
/// # Errors
/// When coordinates are complex or of different lengths, edges do not ascend, or a range is not finite.
pub(crate) fn histogramdd(
    samples: &[Expr],
    options: &GridOptions,
    context: &Context,
) -> Result<(Expr, Vec<Expr>)> {
    let operands: Vec<_> = samples.iter().map(Expr::operand).collect();
    let common = result_type(&operands)?;
    if matches!(common, DType::C64 | DType::C128) {
        return Err(Error::dtype("histogramdd", DType::F64, common));
    }
    let samples = samples.iter().map(|x| x.cast(common)).collect::<Result<Vec<_>>>()?;
    let mut lengths = samples.iter().map(Expr::shape);
    let first = lengths.next().unwrap_or_default();
    if first.len() != 1 || lengths.any(|shape| shape != first) {
        return Err(Error::Shape("the coordinates of samples need one axis each, of one length".into()));
    }
    let dimensions = samples.len();
    let fits = |n: usize| n == dimensions;
    if !(fits(options.bins.len()) || options.bins.len() == 1)
        || !(options.ranges.is_empty() || fits(options.ranges.len()))
    {
        return Err(Error::Value(format!("expected bins and ranges for each of {dimensions} dimension(s)")));
    }
    let mut all = Vec::new();
    for (k, x) in samples.iter().enumerate() {
        let range = options.ranges.get(k).and_then(Option::as_ref);
        all.push(match options.bins.get(k).or(options.bins.first()) {
            Some(Bins::Edges(edges)) => ascending(edges, context)?,
            Some(Bins::Count(count)) if *count >= 1 => {
                let (first, last) = x.outer_edges(range, context)?;
                let dtype = result_type(&[first.operand(), last.operand()])?;
                let dtype = if is_exact(dtype) { DType::F64 } else { dtype };
                evenly(&first, &last, *count as u64, dtype, context)?
            }
            _ => return Err(Error::Value("expected at least 1 bin along each dimension, or edges".into())),
        });
    }
    let shape: Vec<u64> = all.iter().map(|edges| edges.shape()[0].saturating_sub(1)).collect();
    let mut numbers = Expr::scalar(0).cast(DType::I64)?.broadcast_to(first)?;
    let mut stride = 1_u64;
    for (k, (x, edges)) in samples.iter().zip(&all).enumerate().rev() {
        numbers = op(Op::Add, &[&numbers, &x.bins_between(edges, stride as i64, context)?])?;
        stride = stride.saturating_mul(shape[k].max(1));
    }
    let mut found = match &options.weights {
        None => numbers.tally(&shape)?.cast(DType::F64)?,
        Some(weights) if weights.shape() == first => {
            numbers.tally_weights(weights, &shape, Tally::Weights, DType::F64)?
        }
        Some(_) => return Err(Error::Value("there is not one weight for each sample".into())),
    };
    if options.density {
        let sum = found.reduce(Reduction::Sum, &ReduceOptions::default())?;
        for (k, edges) in all.iter().enumerate() {
            found = op(Op::Divide, &[&found, &spread(&difference(edges)?, dimensions - 1 - k)?])?;
        }
        found = op(Op::Divide, &[&found, &sum])?;
    }
    Ok((found, all))
}

/// The columns of an array of samples, one row for each.
///
/// # Errors
/// When it has not two axes.
pub(crate) fn columns(samples: &Expr) -> Result<Vec<Expr>> {
    match samples.shape() {
        &[_, dimensions] => {
            let column = |k: u64| samples.index(&[Index::ALL, Index::At(k as i64)]);
            (0..dimensions).map(column).collect()
        }
        shape => {
            Err(Error::Shape(format!("expected samples as rows of two axes, found shape {}", show(shape))))
        }
    }
}

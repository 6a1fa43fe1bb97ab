//! Histograms: how many elements lie between neighbouring edges.
//!
//! The edges are settled when the expression is built. If they depend on the data, as the least and the greatest
//! element do, the data is read then.

use std::str::FromStr;

use super::small::{computed, floats, integers, number, one, read, values};
use super::{Quantiles, op};
use crate::kernels::{EqualBins, between};
use crate::op::Op;
use crate::operator::tally::Tally;
use crate::promote::{Operand, is_exact, result_type};
use crate::view::Index;
use crate::{Context, DType, Error, Expr, QuantileOptions, ReduceOptions, Reduction, Result};

/// NumPy's rules for the number of bins of equal width.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum BinRule {
    /// The finer of Sturges' and a limited Freedman and Diaconis' rule.
    Auto,
    /// Doane's rule.
    Doane,
    /// The rule of Freedman and Diaconis.
    Fd,
    /// Rice's rule.
    Rice,
    /// Scott's rule.
    Scott,
    /// The square root of the number of elements.
    Sqrt,
    /// Stone's rule, which tries many numbers of bins: it reads the data as often.
    Stone,
    /// Sturges' rule.
    Sturges,
}

/// All rules, by NumPy's names.
const RULES: [(&str, BinRule); 8] = [
    ("auto", BinRule::Auto),
    ("doane", BinRule::Doane),
    ("fd", BinRule::Fd),
    ("rice", BinRule::Rice),
    ("scott", BinRule::Scott),
    ("sqrt", BinRule::Sqrt),
    ("stone", BinRule::Stone),
    ("sturges", BinRule::Sturges),
];

impl FromStr for BinRule {
    type Err = Error;

    fn from_str(name: &str) -> Result<BinRule> {
        RULES.iter().find(|(known, _)| *known == name).map(|(_, rule)| *rule).ok_or_else(|| {
            let names = RULES.map(|(name, _)| format!("'{name}'")).join(", ");
            Error::Value(format!("'{name}' is not a rule for the number of bins; use one of {names}"))
        })
    }
}

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

/// Edges that are settled.
struct Edges {
    /// In memory.
    edges: Expr,
    /// The first and the last one, if the bins have equal widths.
    ends: Option<(Expr, Expr)>,
}

impl Expr {
    /// The histogram of all elements and its edges, as NumPy's `histogram`. Data is read now if edges depend on it.
    ///
    /// # Errors
    /// When elements are complex, weights have another shape, edges do not ascend, or a range is not finite.
    pub fn histogram(&self, options: &HistogramOptions, context: &Context) -> Result<(Expr, Expr)> {
        let a = self.countable()?;
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
        Ok(self.countable()?.edges(options, context)?.edges)
    }

    /// The array as histograms take it.
    fn countable(&self) -> Result<Expr> {
        let typed = self.typed()?;
        match typed.dtype() {
            DType::Bool => typed.cast(DType::U8),
            DType::C64 | DType::C128 => Err(Error::dtype(
                "histogram, which has no bins of complex numbers",
                DType::F64,
                typed.dtype(),
            )),
            _ => Ok(typed),
        }
    }

    fn edges(&self, options: &HistogramOptions, context: &Context) -> Result<Edges> {
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
    pub(super) fn outer_edges(
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
        let (elements, edges) = (self.cast(common)?, edges.cast(common)?);
        let (function, wide) = match common {
            DType::U64 => (between::<u64>(read(&edges, context)?, stride), DType::U64),
            _ if is_exact(common) => {
                (between::<i64>(read(&edges.cast(DType::I64)?, context)?, stride), DType::I64)
            }
            _ => (between::<f64>(floats(&edges, context)?, stride), DType::F64),
        };
        elements.cast(wide)?.called(function, DType::I64)
    }

    /// The number of bins by a rule.
    fn bins_by(
        &self,
        rule: BinRule,
        first: &Expr,
        last: &Expr,
        given: bool,
        context: &Context,
    ) -> Result<u64> {
        let trimmed = match given {
            true => {
                let kept = if is_exact(self.dtype()) { self.cast(DType::F64)? } else { self.clone() };
                op(Op::Where, &[&self.inside(first, last)?, &kept, &Expr::scalar(f64::NAN)])?
            }
            false => self.clone(),
        };
        let data = Data::of(&trimmed, given, context)?;
        if data.size == 0 {
            return Ok(1);
        }
        let Some(width) = data.width(rule, context, |count| {
            let options = HistogramOptions {
                bins: Bins::Count(count),
                range: Some((first.clone(), last.clone())),
                ..HistogramOptions::default()
            };
            Ok(self.histogram(&options, context)?.0)
        })?
        else {
            return Ok(1);
        };
        let wide = number(&width, context)?;
        if wide == 0.0 || wide.is_nan() {
            return if wide == 0.0 {
                Ok(1)
            } else {
                Err(Error::Value("the width of bins is not a number".into()))
            };
        }
        let width = if is_exact(self.dtype()) && wide < 1.0 { Expr::scalar(1) } else { width };
        let count = number(&op(Op::Ceil, &[&op(Op::Divide, &[&span(first, last)?, &width])?])?, context)?;
        if count.is_nan() || count < 1.0 {
            return Err(Error::Value(format!("a rule finds no width for bins: it gives {wide}")));
        }
        Ok(count as u64)
    }
}

/// The elements that a rule looks at.
struct Data {
    elements: Expr,
    /// Whether elements outside of the range are NaN and do not count.
    trimmed: bool,
    /// Elements that count.
    size: i64,
    /// The greatest element less the least.
    span: Option<Expr>,
}

impl Data {
    fn of(elements: &Expr, trimmed: bool, context: &Context) -> Result<Data> {
        let all = crate::source::elements(elements.shape())? as i64;
        let none = Data { elements: elements.clone(), trimmed, size: all, span: None };
        if all == 0 {
            return Ok(none);
        }
        let size = match trimmed {
            true => {
                let nan =
                    op(Op::Isnan, &[elements])?.reduce(Reduction::CountNonzero, &ReduceOptions::default())?;
                all - number(&nan, context)? as i64
            }
            false => all,
        };
        if size == 0 {
            return Ok(Data { size, ..none });
        }
        let [least, greatest] =
            computed(&[none.reduced(Reduction::Min)?, none.reduced(Reduction::Max)?], context)?;
        Ok(Data { size, span: Some(span(&least, &greatest)?), ..none })
    }

    /// A reduction of the elements that count.
    fn reduced(&self, reduction: Reduction) -> Result<Expr> {
        let reduction = match (self.trimmed, reduction) {
            (true, Reduction::Min) => Reduction::Nanmin,
            (true, Reduction::Max) => Reduction::Nanmax,
            (true, Reduction::Mean) => Reduction::Nanmean,
            (true, Reduction::Std) => Reduction::Nanstd,
            _ => reduction,
        };
        self.elements.reduce(reduction, &ReduceOptions::default())
    }

    /// The width of a bin by a rule; `None` for one bin.
    fn width(
        &self,
        rule: BinRule,
        context: &Context,
        histogram: impl Fn(i64) -> Result<Expr>,
    ) -> Result<Option<Expr>> {
        let Some(span) = &self.span else { return Ok(None) };
        let n = self.size as f64;
        let over = |x: Expr| op(Op::Divide, &[span, &x]);
        Ok(Some(match rule {
            BinRule::Sqrt => over(wide(n.sqrt())?)?,
            BinRule::Sturges => over(wide(n.log2() + 1.0)?)?,
            BinRule::Rice => over(Expr::scalar(2.0 * n.powf(1.0 / 3.0)))?,
            BinRule::Scott => {
                let factor = (24.0 * std::f64::consts::PI.sqrt() / n).powf(1.0 / 3.0);
                let deviation = self.reduced(Reduction::Std)?;
                op(Op::Multiply, &[&Expr::scalar(factor), &deviation])?
            }
            BinRule::Fd => self.quartiles(context)?,
            BinRule::Auto => {
                let [fd, sqrt, sturges] =
                    [self.quartiles(context)?, over(wide(n.sqrt())?)?, over(wide(n.log2() + 1.0)?)?];
                let half = op(Op::Divide, &[&sqrt, &Expr::scalar(2)])?;
                op(Op::Minimum, &[&op(Op::Maximum, &[&fd, &half])?, &sturges])?
            }
            BinRule::Doane => return self.doane(context),
            BinRule::Stone => {
                if self.size <= 1 || number(span, context)? == 0.0 {
                    return Ok(None);
                }
                let most = (n.sqrt() as i64).max(100);
                let width = number(span, context)?;
                let mut best: Option<(f64, i64)> = None;
                for count in 1..=most {
                    let shares: Vec<f64> =
                        floats(&histogram(count)?, context)?.into_iter().map(|k| k / n).collect();
                    let squares = shares.iter().map(|share| share * share).sum::<f64>();
                    let risk = (2.0 - (n + 1.0) * squares) / (width / count as f64);
                    if best.is_none_or(|(least, _)| risk < least) {
                        best = Some((risk, count));
                    }
                }
                over(Expr::scalar(best.map_or(1, |(_, count)| count)))?
            }
        }))
    }

    /// The width by the rule of Freedman and Diaconis.
    fn quartiles(&self, context: &Context) -> Result<Expr> {
        let q = Quantiles::percent(&integers(&[75, 25])?, context)?;
        let options = QuantileOptions { skip_nan: self.trimmed, ..QuantileOptions::default() };
        let quartiles = self.elements.quantile(&q, &options)?;
        let [upper, lower] = [0, 1].map(|k| quartiles.index(&[Index::At(k)]));
        let range = op(Op::Subtract, &[&upper?, &lower?])?;
        let range = op(Op::Multiply, &[&Expr::scalar(2.0), &range])?;
        op(Op::Multiply, &[&range, &Expr::scalar((self.size as f64).powf(-1.0 / 3.0))])
    }

    fn doane(&self, context: &Context) -> Result<Option<Expr>> {
        let (n, Some(span)) = (self.size as f64, &self.span) else { return Ok(None) };
        if self.size <= 2 {
            return Ok(None);
        }
        let moments = [self.reduced(Reduction::Mean)?, self.reduced(Reduction::Std)?];
        let [mean, deviation] = computed(&moments, context)?;
        if number(&deviation, context)? <= 0.0 {
            return Ok(None);
        }
        let scaled = op(Op::Divide, &[&op(Op::Subtract, &[&self.elements, &mean])?, &deviation])?;
        let cubes = op(Op::Pow, &[&scaled, &Expr::scalar(3)])?;
        let skew = if self.trimmed { Reduction::Nanmean } else { Reduction::Mean };
        let skew = op(Op::Abs, &[&cubes.reduce(skew, &ReduceOptions::default())?])?;
        let error = (6.0 * (n - 2.0) / ((n + 1.0) * (n + 3.0))).sqrt();
        let more = (1.0 + number(&skew, context)? / error).log2();
        op(Op::Divide, &[span, &wide(1.0 + n.log2() + more)?]).map(Some)
    }
}

/// A number of NumPy's, which makes small floats wide.
fn wide(x: f64) -> Result<Expr> {
    values(&[x])?.index(&[Index::At(0)])
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

/// `count + 1` numbers from `first` to `last`, with the arithmetic of NumPy's `linspace`.
pub(super) fn evenly(first: &Expr, last: &Expr, count: u64, dtype: DType, context: &Context) -> Result<Expr> {
    let inner = result_type(&[first.operand(), last.operand()])?;
    let inner = if is_exact(inner) { DType::F64 } else { inner };
    let (first, last) = (first.cast(inner)?, last.cast(inner)?);
    let steps: Vec<f64> = (0..=count).map(|k| k as f64).collect();
    let steps = values(&steps)?.cast(inner)?;
    let whole = op(Op::Subtract, &[&last, &first])?;
    let step = op(Op::Divide, &[&whole, &Expr::scalar(count as i64)])?;
    let away = match number(&step, context)? == 0.0 {
        true => op(Op::Multiply, &[&op(Op::Divide, &[&steps, &Expr::scalar(count as i64)])?, &whole])?,
        false => op(Op::Multiply, &[&steps, &step])?,
    };
    let all = op(Op::Add, &[&away, &first])?;
    let at = values(&(0..=count).map(|k| f64::from(u8::from(k == count))).collect::<Vec<_>>())?;
    let all = op(Op::Where, &[&at.cast(DType::Bool)?, &last, &all])?.cast(dtype)?;
    one(&all, context)
}

/// Edges in memory, which ascend.
pub(super) fn ascending(edges: &Expr, context: &Context) -> Result<Expr> {
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
pub(super) fn difference(edges: &Expr) -> Result<Expr> {
    let [lower, upper] = neighbours(edges)?;
    op(Op::Subtract, &[&upper, &lower])
}

/// The distance between the ends of a range: unsigned for integers, as it may exceed the signed ones.
fn span(first: &Expr, last: &Expr) -> Result<Expr> {
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

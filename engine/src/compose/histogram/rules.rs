//! Rules that choose the number of bins.

use std::str::FromStr;

use super::{Bins, HistogramOptions, span};
use crate::compose::small::{computed, floats, integers, number, values};
use crate::compose::{Quantiles, op};
use crate::promote::is_exact;
use crate::view::Index;
use crate::{Context, DType, Error, Expr, Op, QuantileOptions, ReduceOptions, Reduction, Result};

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

impl Expr {
    /// The number of bins by a rule.
    pub(super) fn bins_by(
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
        // no array has as many elements as the greatest `i64`
        Ok(count as i64 as u64)
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

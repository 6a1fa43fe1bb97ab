//! Arrays with margins, as NumPy's `pad`.

use std::ops::Range;

use super::spaces::Samples;
use crate::{Error, Expr, Kind, Op, ReduceOptions, Reduction, Result, Scalar};

/// The elements of the margins.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Pad {
    /// For each axis, a value before and a value after the array, or one pair for all axes.
    Constant(Vec<[Scalar; 2]>),
    /// The elements at the edges.
    Edge,
    /// Numbers at equal distances from a value to the edge; the values are given as for constants.
    LinearRamp(Vec<[Scalar; 2]>),
    /// A statistic of the elements along each axis; for each axis the number of elements before and after that take
    /// part (`None`: all).
    Statistic(Stat, Vec<[Option<u64>; 2]>),
    /// The array mirrored at its edge elements. With `odd`, differences to the edge change their sign.
    Reflect {
        /// Whether differences to the edge change their sign.
        odd: bool,
    },
    /// The array mirrored at its borders, edge elements included.
    Symmetric {
        /// Whether differences to the edge change their sign.
        odd: bool,
    },
    /// The array again and again.
    Wrap,
}

/// A statistic of the elements along an axis.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Stat {
    /// The greatest element.
    Maximum,
    /// The mean.
    Mean,
    /// The median.
    Median,
    /// The smallest element.
    Minimum,
}

/// The value for an axis, from one for each axis or one for all.
fn of_axis<T>(values: &[T], axis: usize) -> Option<&T> {
    if values.len() == 1 { values.first() } else { values.get(axis) }
}

impl Pad {
    /// One value everywhere.
    pub fn constant(value: impl Into<Scalar>) -> Pad {
        Pad::Constant(vec![[value.into(); 2]])
    }
}

/// A sequence of at most this many periods is a join of parts.
const PERIODS: u64 = 8;

impl Expr {
    /// The array with margins: for each axis, the number of elements before and after, or one pair for all axes.
    ///
    /// # Errors
    /// When the number of pairs is neither 1 nor that of the axes, an axis without elements would be extended by them,
    /// or the result has too many elements to count.
    pub fn pad(&self, widths: &[[u64; 2]], how: &Pad) -> Result<Expr> {
        let mut padded = self.typed()?;
        let ndim = padded.ndim();
        let given = match how {
            Pad::Constant(values) | Pad::LinearRamp(values) => values.len(),
            Pad::Statistic(_, lengths) => lengths.len(),
            _ => 1,
        };
        for found in [widths.len(), given] {
            if found != 1 && found != ndim {
                return Err(Error::Shape(format!(
                    "pad: expected one pair for all axes or {ndim} pairs, found {found}"
                )));
            }
        }
        let empty = padded.shape().contains(&0);
        for axis in 0..ndim {
            let Some(&[before, after]) = of_axis(widths, axis) else { continue };
            if before == 0 && after == 0 {
                continue;
            }
            if padded.shape()[axis] == 0 && !matches!(how, Pad::Constant(_)) {
                return Err(Error::Value(format!(
                    "pad: axis {axis} has no elements to extend it by; a constant can extend it"
                )));
            }
            padded = match how {
                _ if empty && !matches!(how, Pad::Constant(_)) => {
                    let mut shape = padded.shape().to_vec();
                    shape[axis] = shape[axis].saturating_add(before).saturating_add(after);
                    Expr::zeros(&shape, padded.dtype())?
                }
                Pad::Reflect { odd } | Pad::Symmetric { odd } if padded.shape()[axis] > 1 => {
                    let edge = matches!(how, Pad::Symmetric { .. });
                    match odd {
                        false => padded.mirrored(axis, [before, after], edge)?,
                        true => padded.mirrored_odd(axis, [before, after], edge)?,
                    }
                }
                Pad::Wrap => padded.wrapped(axis, [before, after])?,
                _ => {
                    let [left, right] = padded.margins(axis, [before, after], how)?;
                    let parts = [left, padded, right];
                    let all: Vec<(usize, Range<u64>)> =
                        parts.iter().enumerate().map(|(k, part)| (k, 0..part.shape()[axis])).collect();
                    Expr::join("pad", &parts, axis, &all)?
                }
            };
        }
        Ok(padded)
    }

    /// The margins along an axis that depend on the edges or on nothing.
    fn margins(&self, axis: usize, widths: [u64; 2], how: &Pad) -> Result<[Expr; 2]> {
        let n = self.shape()[axis];
        let wide = |value: &Expr, width: u64| {
            let mut shape = self.shape().to_vec();
            shape[axis] = width;
            crate::source::bytes(self.dtype().size(), &shape)?;
            value.typed()?.cast(self.dtype())?.broadcast_to(&shape)
        };
        let edges = || Ok::<_, Error>([self.range_of(axis, 0..1)?, self.range_of(axis, n - 1..n)?]);
        let values = match how {
            Pad::Constant(values) => {
                of_axis(values, axis).copied().unwrap_or([Scalar::Int(0); 2]).map(Expr::scalar)
            }
            Pad::Statistic(stat, lengths) => {
                let [left, right] = of_axis(lengths, axis).copied().unwrap_or([None, None]);
                let [left, right] = [left, right].map(|length| length.unwrap_or(n).min(n));
                [self.statistic(*stat, axis, 0..left)?, self.statistic(*stat, axis, n - right..n)?]
            }
            Pad::LinearRamp(ends) => {
                let [low, high] = edges()?;
                let ends = of_axis(ends, axis).copied().unwrap_or([Scalar::Int(0); 2]).map(Expr::scalar);
                let ramp = |end: &Expr, edge: Expr, num: u64| {
                    let edge = edge.squeeze(Some(&[axis as i64]))?;
                    let num = i64::try_from(num).unwrap_or(i64::MAX);
                    let samples = Samples::new(num).endpoint(false).dtype(self.dtype()).axis(axis as i64);
                    Ok::<_, Error>(Expr::linspace(end, &edge, &samples)?.0)
                };
                let right = ramp(&ends[1], high, widths[1])?.flip(Some(&[axis as i64]))?;
                return Ok([ramp(&ends[0], low, widths[0])?, right]);
            }
            _ => edges()?,
        };
        Ok([wide(&values[0], widths[0])?, wide(&values[1], widths[1])?])
    }

    /// A statistic of a part of an axis, which stays with length 1.
    fn statistic(&self, stat: Stat, axis: usize, range: Range<u64>) -> Result<Expr> {
        if range.is_empty() && matches!(stat, Stat::Maximum | Stat::Minimum) {
            return Err(Error::Value("stat_length of 0 yields no value for padding".into()));
        }
        let (part, axes) = (self.range_of(axis, range)?, vec![axis as i64]);
        let reduce = |reduction| {
            let options =
                ReduceOptions { axes: Some(axes.clone()), keepdims: true, ..ReduceOptions::default() };
            part.reduce(reduction, &options)
        };
        let value = match stat {
            Stat::Maximum => reduce(Reduction::Max)?,
            Stat::Mean => reduce(Reduction::Mean)?,
            Stat::Median => part.median(Some(&axes), true)?,
            Stat::Minimum => reduce(Reduction::Min)?,
        };
        match self.dtype().kind() {
            // a greatest or smallest integer is exact, and may have no float of its own
            Kind::Signed | Kind::Unsigned if value.dtype() != self.dtype() => Expr::apply(Op::Rint, &[value]),
            _ => Ok(value),
        }
    }

    /// The array repeated along an axis beyond its ends.
    fn wrapped(&self, axis: usize, widths: [u64; 2]) -> Result<Expr> {
        let n = self.shape()[axis];
        self.repeating(axis, n, widths, std::slice::from_ref(self), |period| vec![(0, period)])
    }

    /// The array mirrored along an axis at its ends; `edge` says whether the mirror image begins with the edge.
    fn mirrored(&self, axis: usize, widths: [u64; 2], edge: bool) -> Result<Expr> {
        let n = self.shape()[axis];
        // forwards, then backwards: the second input is the array in reverse order
        let back = if edge { 0..n } else { 1..n - 1 };
        let period = n + (back.end - back.start);
        let inputs = [self.clone(), self.flip(Some(&[axis as i64]))?];
        self.repeating(axis, period, widths, &inputs, |range| {
            let forwards = range.start.min(n)..range.end.min(n);
            let shifted = |at: u64| at.max(n) - n + back.start;
            vec![(0, forwards), (1, shifted(range.start)..shifted(range.end))]
        })
    }

    /// A periodic sequence along an axis, from `before` elements before the array to `after` elements behind it. `parts`
    /// gives the parts of `inputs` that a range within one period has.
    fn repeating(
        &self,
        axis: usize,
        period: u64,
        [before, after]: [u64; 2],
        inputs: &[Expr],
        parts: impl Fn(Range<u64>) -> Vec<(usize, Range<u64>)>,
    ) -> Result<Expr> {
        let mut shape = self.shape().to_vec();
        shape[axis] = shape[axis].saturating_add(before).saturating_add(after);
        crate::source::bytes(self.dtype().size(), &shape)?;
        let (first, length) = ((period - before % period) % period, shape[axis]);
        if (first + length).div_ceil(period) <= PERIODS {
            let begins = (0..PERIODS).map(|k| k * period).take_while(|&begin| begin < first + length);
            let range = |begin: u64| first.max(begin) - begin..period.min(first + length - begin);
            let all: Vec<_> = begins.flat_map(|begin| parts(range(begin))).collect();
            return Expr::join("pad", inputs, axis, &all);
        }
        let one = Expr::join("pad", inputs, axis, &parts(0..period))?;
        let mut times = vec![1; self.ndim()];
        times[axis] = (first + length).div_ceil(period);
        one.tile(&times)?.range_of(axis, first..first + length)
    }

    /// The same with the sign of the difference to the edge changed, step by step from the edges, as NumPy computes it.
    fn mirrored_odd(&self, axis: usize, [mut before, mut after]: [u64; 2], edge: bool) -> Result<Expr> {
        let original = self.shape()[axis];
        let mut padded = self.clone();
        let two = Expr::scalar(2);
        while before > 0 || after > 0 {
            let n = padded.shape()[axis];
            let skipped = u64::from(!edge);
            let reach = match edge {
                true => n / original * original,
                false => (n - 1) / (original - 1) * (original - 1),
            };
            let image = |range: Range<u64>, at: u64| {
                let part = padded.range_of(axis, range)?.flip(Some(&[axis as i64]))?;
                let twice = Expr::apply(Op::Multiply, &[two.clone(), padded.range_of(axis, at..at + 1)?])?;
                Expr::apply(Op::Subtract, &[twice, part])?.cast(self.dtype())
            };
            let left = reach.min(before);
            let right = reach.min(after);
            let images = [
                image(skipped..skipped + left, 0)?,
                padded.clone(),
                image(n - skipped - right..n - skipped, n - 1)?,
            ];
            let parts: Vec<(usize, Range<u64>)> =
                images.iter().enumerate().map(|(k, part)| (k, 0..part.shape()[axis])).collect();
            padded = Expr::join("pad", &images, axis, &parts)?;
            (before, after) = (before - left, after - right);
        }
        Ok(padded)
    }
}

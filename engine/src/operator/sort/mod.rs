//! Sorting: the elements in ascending order, or their positions in that order.
//!
//! The order is NumPy's: NaN comes last, and complex numbers are ordered by their real part, then by their imaginary
//! part. Equal elements stay in their order, so the signs of zeros do, too.

mod either;
pub(super) mod line;
mod lines;
mod long;
mod packed;
mod task;
#[cfg(test)]
mod tests;
mod top;

pub(crate) use packed::MOST;

use std::ops::Range;
use std::sync::Arc;

use self::either::Either;
use self::lines::Lines;
use self::long::Long;
use self::packed::Packed;
use super::{Operator, Output};
use crate::exec::Stage;
use crate::expr::Expr;
use crate::kernels::order::{Code, Coder, Unit, Wanted, Word, code};
use crate::program::Program;
use crate::view::resolve_axes;
use crate::{DType, Error, Result};

/// Bytes of a line that one thread sorts by itself in any case.
const SHORT: u64 = 256 << 10;
/// Bytes of the longest line that one thread sorts by itself if there are other lines and enough memory.
const LONG: u64 = 1 << 20;

/// A sort of lines.
#[derive(Clone, Debug)]
struct Sort {
    wanted: Wanted,
    /// The type of the elements.
    dtype: DType,
    /// The parts by which elements are ordered, the most significant one first; none if their type has one key.
    units: Arc<[Unit]>,
    /// The axis of the lines. `None`: all elements in C order are one line.
    axis: Option<usize>,
}

impl Expr {
    /// The elements in ascending order along an axis, as NumPy's `sort`. Without an axis, all elements are sorted and
    /// the result has one dimension.
    ///
    /// # Errors
    /// When the axis is not there.
    pub fn sort(&self, axis: Option<i64>) -> Result<Expr> {
        let typed = self.typed()?;
        if typed.has_order_units() {
            return typed.sort_by(&[], axis);
        }
        typed.sorted(Wanted::Values, &[], axis)
    }

    /// The positions of the elements in ascending order, as NumPy's `argsort` with `stable=True`: `int64`, counted along
    /// the axis. Without an axis, they are counted over all elements in C order.
    ///
    /// # Errors
    /// When the axis is not there.
    pub fn argsort(&self, axis: Option<i64>) -> Result<Expr> {
        let typed = self.typed()?;
        if typed.has_order_units() {
            return typed.argsort_by(&[], axis);
        }
        match (typed.ndim(), axis) {
            // NumPy gives the position of the lone element in an array of one
            (0, Some(0 | -1)) => typed.sorted(Wanted::Positions, &[], None),
            _ => typed.sorted(Wanted::Positions, &[], axis),
        }
    }

    /// The elements or their positions in the order of these units; without any, in that of their type.
    pub(crate) fn sorted(&self, wanted: Wanted, units: &[Unit], axis: Option<i64>) -> Result<Expr> {
        let dtype = match wanted {
            Wanted::Values => self.dtype(),
            Wanted::Positions => DType::I64,
        };
        let input = if self.ndim() == 0 && axis.is_none() { self.expand_dims(&[0])? } else { self.clone() };
        let axis = match axis {
            None if input.ndim() == 1 => Some(0),
            None => None,
            Some(axis) => resolve_axes(&[axis], input.ndim())?.first().copied(),
        };
        if let Some(axis) = axis
            && axis + 1 < input.ndim()
            && input.shape()[axis].saturating_mul(input.dtype().size() as u64) > LONG
        {
            return input.sorted_apart(wanted, units, axis);
        }
        let shape = match axis {
            Some(_) => input.shape().to_vec(),
            None => vec![input.shape().iter().product()],
        };
        let sort = Sort { wanted, dtype: self.dtype(), units: units.into(), axis };
        Ok(Expr::output(sort, vec![input], dtype, shape))
    }
}

impl Expr {
    /// The same for long lines that may lie across each other: they are copied first, so that each lies in one piece.
    fn sorted_apart(&self, wanted: Wanted, units: &[Unit], axis: usize) -> Result<Expr> {
        let mut axes: Vec<i64> = (0..self.ndim() as i64).collect();
        let moved = axes.remove(axis);
        axes.push(moved);
        let sorted = self.permute(&axes)?.copied().sorted(wanted, units, Some(-1))?;
        let mut back: Vec<i64> = (0..self.ndim() as i64 - 1).collect();
        back.insert(axis, self.ndim() as i64 - 1);
        sorted.permute(&back)
    }
}

impl Operator for Sort {
    fn name(&self) -> &'static str {
        match self.wanted {
            Wanted::Values => "sort",
            Wanted::Positions => "argsort",
        }
    }

    fn key(&self) -> Vec<u8> {
        let axis = self.axis.map_or(u64::MAX, |axis| axis as u64).to_le_bytes();
        axis.into_iter().chain(self.units.iter().flat_map(|unit| unit.name())).collect()
    }

    /// Every line is sorted by itself.
    fn needs(&self, part: &mut [Range<u64>], shapes: &[&[u64]]) -> Option<Vec<Vec<Range<u64>>>> {
        let axis = self.axis?;
        *part.get_mut(axis)? = 0..*shapes.first()?.get(axis)?;
        Some(vec![part.to_vec()])
    }

    fn stage(&self, feeds: Vec<Program>, outputs: &[Output]) -> Result<Box<dyn Stage>> {
        let (Ok([feed]), [output]) = (<[Program; 1]>::try_from(feeds), outputs) else {
            return Err(Error::internal("a sort has one input and one output"));
        };
        let length = self.length(&feed);
        if !self.units.is_empty() {
            return Ok(Box::new(Packed::new(self.clone(), feed, output.clone())));
        }
        Ok(match code(self.dtype.into(), self.wanted, length)? {
            Code::Small(coder) => self.planned(coder, &feed, output),
            Code::Middle(coder) => self.planned(coder, &feed, output),
            Code::Large(coder) => self.planned(coder, &feed, output),
            Code::Triple(coder) => self.planned(coder, &feed, output),
        })
    }
}

impl Sort {
    /// The elements of a line.
    fn length(&self, feed: &Program) -> u64 {
        match self.axis {
            Some(axis) => feed.domain[axis],
            None => feed.domain.iter().product(),
        }
    }

    fn planned<W: Word>(&self, coder: Coder<W>, feed: &Program, output: &Output) -> Box<dyn Stage> {
        let length = self.length(feed);
        let bytes = length.saturating_mul(feed.output_size() as u64);
        let alone = feed.elements() == length;
        let long = |coder: Coder<W>| Long::new(self.clone(), coder, feed.clone(), output.clone(), length);
        let (Some(axis), true) = (self.axis, bytes <= if alone { SHORT } else { LONG }) else {
            return Box::new(long(coder));
        };
        let lines = |coder, whole| Lines::new(self.clone(), axis, coder, feed.clone(), output.clone(), whole);
        if bytes <= SHORT {
            return Box::new(lines(coder, true));
        }
        Box::new(Either { lines: lines(coder.clone(), false), long: long(coder), fits: true })
    }
}

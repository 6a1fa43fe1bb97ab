//! Overlapping windows of an array.

use std::sync::Arc;

use arrstore_format::strided;

use super::Operator;
use crate::exec::{Derive, Reader};
use crate::expr::Expr;
use crate::program::Program;
use crate::promote;
use crate::source::{bytes, c_strides};
use crate::view::{Index, show};
use crate::{Buffer, DType, Error, Kind, Op, ReduceOptions, Reduction, Result};

/// Windows of at most this many elements are reduced element by element, all windows at a time.
const SHORT: u64 = 64;

/// All windows of an array: the axes of the array come first, then one axis for each axis of a window.
#[derive(Clone, Debug)]
struct Windows {
    /// The axis of the array along which each axis of a window runs.
    axes: Vec<usize>,
    lengths: Vec<u64>,
}

impl Expr {
    /// All windows of the array, as NumPy's `sliding_window_view`: windows of `lengths` along `axes` (`None`: one for
    /// each axis). The axes of the windows come last. An axis may be named twice.
    ///
    /// # Errors
    /// When the number of lengths and axes differs, an axis is not there, or a window is longer than its axis.
    pub fn sliding_windows(&self, lengths: &[u64], axes: Option<&[i64]>) -> Result<Expr> {
        let input = self.typed()?;
        let axes: Vec<usize> = match axes {
            None => (0..input.ndim()).collect(),
            Some(axes) => {
                let one = |&axis: &i64| Ok(crate::view::resolve_axes(&[axis], input.ndim())?[0]);
                axes.iter().map(one).collect::<Result<_>>()?
            }
        };
        if axes.len() != lengths.len() {
            return Err(Error::Shape(format!(
                "expected a window length for each of {} axes, found {}",
                axes.len(),
                lengths.len()
            )));
        }
        let mut shape = input.shape().to_vec();
        for (&axis, &length) in axes.iter().zip(lengths) {
            shape[axis] =
                (shape[axis] + 1).checked_sub(length).filter(|_| shape[axis] >= length).ok_or_else(|| {
                    Error::Shape(format!(
                        "a window of {length} is longer than axis {axis} of an array of shape {}",
                        show(input.shape())
                    ))
                })?;
        }
        shape.extend_from_slice(lengths);
        bytes(input.dtype().size(), &shape)?;
        let dtype = input.dtype();
        Ok(Expr::output(Windows { axes, lengths: lengths.to_vec() }, vec![input], dtype, shape))
    }
}

impl Windows {
    /// The box of the input that a box of the result takes.
    fn covered(&self, shape: &[u64]) -> Vec<u64> {
        let (outer, inner) = shape.split_at(shape.len() - self.axes.len());
        let mut covered = outer.to_vec();
        for (&axis, &n) in self.axes.iter().zip(inner) {
            covered[axis] += n.saturating_sub(1);
        }
        covered
    }
}

impl Operator for Windows {
    fn name(&self) -> &'static str {
        "sliding_window_view"
    }

    fn key(&self) -> Vec<u8> {
        let axes = self.axes.iter().map(|&axis| axis as u64);
        axes.chain(self.lengths.iter().copied()).flat_map(u64::to_le_bytes).collect()
    }

    fn derive(&self) -> Option<Arc<dyn Derive>> {
        Some(Arc::new(self.clone()))
    }

    /// A reduction of short windows is a sum (or product, or maximum) of the array with shifted copies of itself, which
    /// takes one pass and no memory.
    fn reduced(
        &self,
        inputs: &[Expr],
        reduction: Reduction,
        axes: &[usize],
        options: &ReduceOptions,
    ) -> Result<Option<Expr>> {
        let [input] = inputs else { return Ok(None) };
        let outer = input.ndim();
        let all: Vec<usize> = (outer..outer + self.axes.len()).collect();
        let count = self.lengths.iter().fold(1, |n: u64, &length| n.saturating_mul(length));
        let is_complex = input.dtype().kind() == Kind::Complex;
        let op = match reduction {
            Reduction::Sum | Reduction::Mean => Op::Add,
            Reduction::Var | Reduction::Std if !is_complex => Op::Add,
            Reduction::Prod => Op::Multiply,
            Reduction::Min => Op::Minimum,
            Reduction::Max => Op::Maximum,
            _ => return Ok(None),
        };
        if axes != all || axes.is_empty() || count == 0 || count > SHORT || options.dtype.is_some() {
            return Ok(None);
        }
        // each copy of a derived result would be computed by itself, with buffers of its own
        if input.derives() {
            return Ok(None);
        }
        let (_, output) = promote::reduction(reduction, input.dtype(), None)?;
        // as in a fold, small numbers are added in wider ones
        let wide = match (reduction, output) {
            (Reduction::Min | Reduction::Max, _) => output,
            (_, DType::F16 | DType::BF16 | DType::F32) => DType::F64,
            (_, DType::C64) => DType::C128,
            _ => output,
        };
        let parts = self.shifted(input, count, wide)?;
        let number = Expr::scalar(count);
        let apply = |op, a: Expr, b: &Expr| Expr::apply(op, &[a, b.clone()]);
        let mut result = match reduction {
            Reduction::Mean => apply(Op::Divide, pairwise(op, parts)?, &number)?,
            Reduction::Var | Reduction::Std => {
                let mean = apply(Op::Divide, pairwise(op, parts.clone())?, &number)?;
                let square = |part: Expr| {
                    let gap = apply(Op::Subtract, part, &mean)?;
                    apply(Op::Multiply, gap.clone(), &gap)
                };
                let squares = parts.into_iter().map(square).collect::<Result<_>>()?;
                let left = Expr::scalar((count as f64 - options.ddof).max(0.0));
                let variance = apply(Op::Divide, pairwise(op, squares)?, &left)?;
                if reduction == Reduction::Std { Expr::apply(Op::Sqrt, &[variance])? } else { variance }
            }
            _ => pairwise(op, parts)?,
        }
        .cast(output)?;
        if options.keepdims {
            result = result.expand_dims(&all.iter().map(|&k| k as i64).collect::<Vec<_>>())?;
        }
        Ok(Some(result))
    }
}

impl Windows {
    /// For each of the `count` elements of a window, the array of this element of all windows.
    fn shifted(&self, input: &Expr, count: u64, dtype: DType) -> Result<Vec<Expr>> {
        let one = |number: u64| {
            let mut rest = number;
            let mut from = vec![0; input.ndim()];
            let mut left = input.shape().to_vec();
            for (&axis, &length) in self.axes.iter().zip(&self.lengths).rev() {
                from[axis] += rest % length;
                left[axis] -= length - 1;
                rest /= length;
            }
            let parts: Vec<Index> =
                from.iter().zip(&left).map(|(&from, n)| (from..from + n).into()).collect();
            input.index(&parts)?.cast(dtype)
        };
        (0..count).map(one).collect()
    }
}

/// All parts put together, in pairs of pairs, so that rounding errors grow with the logarithm of their number.
fn pairwise(op: Op, mut parts: Vec<Expr>) -> Result<Expr> {
    while parts.len() > 1 {
        let pair = |pair: &[Expr]| match pair {
            [one] => Ok(one.clone()),
            both => Expr::apply(op, both),
        };
        parts = parts.chunks(2).map(pair).collect::<Result<_>>()?;
    }
    parts.pop().ok_or_else(|| Error::Other("a window of nothing".into()))
}

impl Derive for Windows {
    fn reads(&self, _: &[Program], of: &[u64]) -> Vec<Vec<u64>> {
        vec![self.covered(of)]
    }

    fn scratch(&self, feeds: &[Program], of: &[u64]) -> u64 {
        let item = feeds.first().map_or(1, Program::output_size) as u64;
        self.covered(of).iter().product::<u64>() * item
    }

    fn fill(&self, feeds: &mut [Reader<'_>], start: &[u64], shape: &[u64], out: &mut [u8]) -> Result<()> {
        let [feed] = feeds else { return Ok(()) };
        let item = out.len() / shape.iter().product::<u64>().max(1) as usize;
        let outer = shape.len() - self.axes.len();
        let mut from = start[..outer].to_vec();
        for (&axis, &at) in self.axes.iter().zip(&start[outer..]) {
            from[axis] += at;
        }
        let covered = self.covered(shape);
        let mut elements = Buffer::unfilled(covered.iter().product::<u64>() as usize * item)?;
        feed.fill(&from, &covered, elements.bytes_mut())?;
        let strides = c_strides(&covered, item);
        let inner = self.axes.iter().map(|&axis| strides[axis]);
        let steps: Vec<isize> = strides.iter().copied().chain(inner).collect();
        let lengths: Vec<usize> = shape.iter().map(|&n| n as usize).collect();
        strided::copy(item, &lengths, elements.bytes(), 0, &steps, out, 0, &c_strides(shape, item));
        Ok(())
    }
}

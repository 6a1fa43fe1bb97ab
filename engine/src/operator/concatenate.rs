//! Arrays joined along an axis.

use std::sync::Arc;

use super::Operator;
use crate::exec::{Derive, Reader, like};
use crate::expr::Expr;
use crate::program::Program;
use crate::promote::{self, Operand};
use crate::source::{c_strides, elements};
use crate::view::{resolve_axes, show};
use crate::{DType, Error, Result};

/// Arrays joined along an axis.
#[derive(Clone, Debug)]
struct Concatenate {
    axis: usize,
    /// The length of each array along the axis.
    lengths: Vec<u64>,
}

impl Expr {
    /// Arrays joined along an axis (`None`: all of them flattened), as NumPy's `concatenate`. Nothing is copied: the
    /// arrays are read where the result is.
    ///
    /// # Errors
    /// When there are no arrays, they have different numbers of axes or differ in another axis, or NumPy has no common
    /// type for them.
    pub fn concatenate(arrays: &[Expr], axis: Option<i64>, dtype: Option<DType>) -> Result<Expr> {
        let flat = |array: &Expr| match axis {
            None => array.typed()?.reshape(&[-1]),
            Some(_) => array.typed(),
        };
        let arrays = arrays.iter().map(flat).collect::<Result<Vec<_>>>()?;
        let Some(first) = arrays.first() else {
            return Err(Error::Value("need at least one array to concatenate".into()));
        };
        if first.ndim() == 0 {
            return Err(Error::Shape("zero-dimensional arrays cannot be concatenated".into()));
        }
        let axis = resolve_axes(&[axis.unwrap_or(0)], first.ndim())?[0];
        for array in &arrays {
            let rest = |e: &Expr| {
                let mut shape = e.shape().to_vec();
                if axis < shape.len() {
                    shape.remove(axis);
                }
                shape
            };
            if array.ndim() != first.ndim() || rest(array) != rest(first) {
                return Err(Error::Shape(format!(
                    "arrays to concatenate must agree in all axes but axis {axis}, found shapes {} and {}",
                    show(first.shape()),
                    show(array.shape())
                )));
            }
        }
        let operands: Vec<Operand> = arrays.iter().map(Expr::operand).collect();
        let dtype = dtype.map_or_else(|| promote::result_type(&operands), Ok)?;
        let cast = arrays.iter().map(|array| array.cast(dtype)).collect::<Result<Vec<_>>>()?;
        if let [alone] = &cast[..] {
            return Ok(alone.clone());
        }
        let lengths: Vec<u64> = cast.iter().map(|array| array.shape()[axis]).collect();
        let mut shape = first.shape().to_vec();
        shape[axis] = lengths.iter().fold(0, |all: u64, &n| all.saturating_add(n));
        elements(&shape)?;
        Ok(Expr::output(Concatenate { axis, lengths }, cast, dtype, shape))
    }

    /// Arrays of one shape as the parts of an array along a new axis, as NumPy's `stack`.
    ///
    /// # Errors
    /// As [`Expr::concatenate`], and when the shapes differ.
    pub fn stack(arrays: &[Expr], axis: i64) -> Result<Expr> {
        if let Some(pair) = arrays.windows(2).find(|pair| pair[0].shape() != pair[1].shape()) {
            return Err(Error::Shape(format!(
                "all input arrays must have the same shape, found {} and {}",
                show(pair[0].shape()),
                show(pair[1].shape())
            )));
        }
        let parts = arrays.iter().map(|array| array.expand_dims(&[axis])).collect::<Result<Vec<_>>>()?;
        Expr::concatenate(&parts, Some(axis), None)
    }
}

impl Operator for Concatenate {
    fn name(&self) -> &'static str {
        "concatenate"
    }

    fn key(&self) -> Vec<u8> {
        (self.axis as u64).to_le_bytes().to_vec()
    }

    fn derive(&self) -> Option<Arc<dyn Derive>> {
        Some(Arc::new(self.clone()))
    }
}

impl Derive for Concatenate {
    fn chunk(&self, feeds: &[Program], shape: &[u64], item: u64) -> Vec<u64> {
        like(feeds.first(), shape, item)
    }

    fn reads(&self, feeds: &[Program], of: &[u64]) -> Vec<Vec<u64>> {
        let read = |feed: &Program| of.iter().zip(&feed.domain).map(|(&n, &all)| n.min(all)).collect();
        feeds.iter().map(read).collect()
    }

    fn fill(&self, feeds: &mut [Reader<'_>], start: &[u64], shape: &[u64], out: &mut [u8]) -> Result<()> {
        let item = out.len() / shape.iter().product::<u64>().max(1) as usize;
        let strides = c_strides(shape, item);
        let (from, to) = (start[self.axis], start[self.axis] + shape[self.axis]);
        let mut begin = 0;
        for (feed, &length) in feeds.iter_mut().zip(&self.lengths) {
            let (low, high) = (from.max(begin), to.min(begin + length));
            if low < high {
                let (mut start, mut shape) = (start.to_vec(), shape.to_vec());
                start[self.axis] = low - begin;
                shape[self.axis] = high - low;
                let skipped = (low - from) as usize * strides[self.axis] as usize;
                let room = out.get_mut(skipped..).unwrap_or_default();
                feed.fill_strided(&start, &shape, room, strides.clone())?;
            }
            begin += length;
        }
        Ok(())
    }
}

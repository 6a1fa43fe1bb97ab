//! Diagonals of two axes of an array.

use std::sync::Arc;

use super::Operator;
use crate::exec::{Derive, Reader};
use crate::expr::Expr;
use crate::program::Program;
use crate::source::c_strides;
use crate::view::resolve_axes;
use crate::{Error, Result};

/// A diagonal: element `i` is the element at `first + i` and `second + i` along two axes of the input, which are in the
/// order of the array. It is the last axis of the result.
#[derive(Clone, Debug)]
struct Diagonal {
    axes: [usize; 2],
    from: [u64; 2],
}

impl Expr {
    /// The diagonals of the axes `axis1` and `axis2`, `offset` above the main diagonal, as NumPy's `diagonal`. They are
    /// the last axis of the result.
    ///
    /// # Errors
    /// When the array has fewer than two axes, or an axis is not there or named twice.
    pub fn diagonal(&self, offset: i64, axis1: i64, axis2: i64) -> Result<Expr> {
        let input = self.typed()?;
        if input.ndim() < 2 {
            return Err(Error::Shape(format!(
                "diag requires an array of at least two dimensions, found {}",
                input.ndim()
            )));
        }
        let axes = resolve_axes(&[axis1, axis2], input.ndim())?;
        let past = offset.unsigned_abs();
        let skipped = if offset < 0 { [past, 0] } else { [0, past] };
        let left = |k: usize| input.shape()[axes[k]].saturating_sub(skipped[k]);
        let length = left(0).min(left(1));
        let mut shape = input.shape().to_vec();
        shape.remove(axes[0].max(axes[1]));
        shape.remove(axes[0].min(axes[1]));
        shape.push(length);
        let mut places = [(axes[0], skipped[0]), (axes[1], skipped[1])];
        places.sort_unstable();
        let diagonal = Diagonal { axes: places.map(|p| p.0), from: places.map(|p| p.1) };
        let dtype = input.dtype();
        Ok(Expr::output(diagonal, vec![input], dtype, shape))
    }
}

impl Operator for Diagonal {
    fn name(&self) -> &'static str {
        "diagonal"
    }

    fn key(&self) -> Vec<u8> {
        let axes = self.axes.iter().map(|&axis| axis as u64);
        axes.chain(self.from).flat_map(u64::to_le_bytes).collect()
    }

    fn derive(&self) -> Option<Arc<dyn Derive>> {
        Some(Arc::new(self.clone()))
    }
}

impl Diagonal {
    /// A box of the input, from the lengths along the other axes.
    fn boxed<T: Copy>(&self, others: &[T], along: [T; 2]) -> Vec<T> {
        let mut boxed = others.to_vec();
        boxed.insert(self.axes[0], along[0]);
        boxed.insert(self.axes[1], along[1]);
        boxed
    }
}

impl Derive for Diagonal {
    fn reads(&self, _: &[Program], of: &[u64]) -> Vec<Vec<u64>> {
        vec![self.boxed(&of[..of.len() - 1], [1, 1])]
    }

    fn fill(&self, feeds: &mut [Reader<'_>], start: &[u64], shape: &[u64], out: &mut [u8]) -> Result<()> {
        let ([feed], [others @ .., length]) = (feeds, shape) else { return Ok(()) };
        let item = out.len() / shape.iter().product::<u64>().max(1) as usize;
        let strides = c_strides(shape, item);
        let (first, _) = start.split_at(others.len());
        let begin = start[others.len()];
        for i in 0..*length {
            let along = self.from.map(|from| from + begin + i);
            let room = out.get_mut(i as usize * item..).unwrap_or_default();
            let steps = self.boxed(&strides[..others.len()], [0, 0]);
            feed.fill_strided(&self.boxed(first, along), &self.boxed(others, [1, 1]), room, steps)?;
        }
        Ok(())
    }
}

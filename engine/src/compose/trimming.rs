//! Arrays without the zeros at their ends.

use super::small::read;
use super::{choose, two};
use crate::view::{Index, resolve_axes};
use crate::{Context, DType, Expr, Op, ReduceOptions, Reduction, Result};

impl Expr {
    /// The smallest box of the array outside of which all elements are zero, as NumPy's `trim_zeros`. `ends` says whether
    /// the front and the back of each axis are trimmed. `axes`: the axes to trim (`None`: all). Elements are read now.
    ///
    /// # Errors
    /// When an axis is not there, and errors of reading elements.
    pub fn trim_zeros(&self, ends: [bool; 2], axes: Option<&[i64]>, context: &Context) -> Result<Expr> {
        let a = self.typed()?;
        let axes = match axes {
            Some(axes) => resolve_axes(axes, a.ndim())?,
            None => (0..a.ndim()).collect(),
        };
        if axes.is_empty() {
            return Ok(a);
        }
        let mut parts: Vec<Index> = vec![Index::ALL; a.ndim()];
        if a.shape().contains(&0) {
            axes.iter().for_each(|&axis| parts[axis] = (0..0).into());
            return a.index(&parts);
        }
        let truths = a.truths()?;
        let mut bounds = Vec::new();
        for &axis in &axes {
            let others = (0..a.ndim()).filter(|&k| k != axis).map(|k| k as i64).collect();
            let options = ReduceOptions { axes: Some(others), ..ReduceOptions::default() };
            let any = truths.reduce(Reduction::Any, &options)?;
            let n = a.shape()[axis];
            let places = Expr::indices_along(n)?;
            let nowhere = Expr::scalar(n).cast(DType::I64)?;
            let first = choose(&any, &places, &nowhere)?.reduce(Reduction::Min, &ReduceOptions::default())?;
            let zero = Expr::scalar(0).cast(DType::I64)?;
            let end = choose(&any, &two(Op::Add, &places, &Expr::scalar(1))?, &zero)?;
            bounds.extend([first, end.reduce(Reduction::Max, &ReduceOptions::default())?]);
        }
        let bounds = read::<i64>(&Expr::stack(&bounds, 0, None)?, context)?;
        for (&axis, bound) in axes.iter().zip(bounds.chunks_exact(2)) {
            let [first, end] = bound else { continue };
            let (start, stop) = match end {
                // all elements are zero: nothing is left, whichever end is trimmed
                0 => (0, 0),
                _ => (if ends[0] { *first } else { 0 }, if ends[1] { *end } else { a.shape()[axis] as i64 }),
            };
            parts[axis] = Index::Slice { start: Some(start), stop: Some(stop), step: None };
        }
        a.index(&parts)
    }
}

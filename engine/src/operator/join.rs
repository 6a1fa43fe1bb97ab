//! Arrays joined along an axis, whole or in parts.

use std::ops::Range;
use std::sync::Arc;

use super::Operator;
use crate::exec::{Derive, Reader, like};
use crate::expr::Expr;
use crate::program::Program;
use crate::promote::{self, Operand};
use crate::source::{bytes, c_strides};
use crate::view::{Index, resolve_axes, show};
use crate::{DType, Error, ReduceOptions, Reduction, Result};

/// A reduction goes to the parts of a join of at most this many parts.
const FEW: usize = 16;

/// Up to this many arrays are held open at the same time.
const OPEN: usize = 4;

/// Parts of arrays, one after the other along an axis.
#[derive(Clone, Debug)]
struct Join {
    name: &'static str,
    axis: usize,
    /// The number of arrays.
    arrays: usize,
    parts: Arc<[Part]>,
}

/// A part of an input along the axis, and its place in the result.
#[derive(Clone, Copy, Debug)]
struct Part {
    input: usize,
    from: u64,
    begin: u64,
    end: u64,
}

impl Expr {
    /// Arrays joined along an axis (`None`: all of them flattened), as NumPy's `concatenate`. Nothing is copied: the
    /// arrays are read where the result is.
    ///
    /// # Errors
    /// When there are no arrays, they have different numbers of axes or differ in another axis, or NumPy has no common
    /// type for them.
    pub fn concatenate(arrays: &[Expr], axis: Option<i64>, dtype: Option<DType>) -> Result<Expr> {
        // flattened, Python's numbers take the type of the arrays, as beside them in arithmetic
        let common = match (axis, dtype) {
            (None, None) if !arrays.is_empty() => {
                Some(promote::common_type(&arrays.iter().map(Expr::operand).collect::<Vec<_>>())?)
            }
            _ => None,
        };
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
        if let Some(dtype) = dtype {
            arrays.iter().try_for_each(|array| promote::same_kind(array.dtype(), dtype))?;
        }
        let dtype = dtype.or(common).map_or_else(|| promote::common_type(&operands), Ok)?;
        let cast = arrays.iter().map(|array| array.cast(dtype)).collect::<Result<Vec<_>>>()?;
        let parts: Vec<_> = cast.iter().enumerate().map(|(k, array)| (k, 0..array.shape()[axis])).collect();
        Expr::join("concatenate", &cast, axis, &parts)
    }

    /// Arrays of one shape as the parts of an array along a new axis, as NumPy's `stack`.
    ///
    /// # Errors
    /// As [`Expr::concatenate`], and when the shapes differ.
    pub fn stack(arrays: &[Expr], axis: i64, dtype: Option<DType>) -> Result<Expr> {
        if let Some(pair) = arrays.windows(2).find(|pair| pair[0].shape() != pair[1].shape()) {
            return Err(Error::Shape(format!(
                "all input arrays must have the same shape, found {} and {}",
                show(pair[0].shape()),
                show(pair[1].shape())
            )));
        }
        let parts = arrays.iter().map(|array| array.expand_dims(&[axis])).collect::<Result<Vec<_>>>()?;
        if parts.is_empty() {
            return Err(Error::Value("need at least one array to stack".into()));
        }
        Expr::concatenate(&parts, Some(axis), dtype)
    }

    /// Parts of `arrays` along `axis`, one after the other. Each part names an array and a range of its indices. The
    /// arrays have one type and agree in the other axes. `name` is the name for people.
    ///
    /// # Errors
    /// When a part is outside its array, or the result has too many elements to count.
    pub(crate) fn join(
        name: &'static str,
        arrays: &[Expr],
        axis: usize,
        parts: &[(usize, Range<u64>)],
    ) -> Result<Expr> {
        let outside = || Error::Other(format!("{name}: a part lies outside its array"));
        let first = arrays.first().ok_or_else(outside)?;
        let mut end = 0;
        let mut placed = Vec::new();
        for (input, range) in parts.iter().filter(|(_, range)| !range.is_empty()) {
            let length = arrays.get(*input).and_then(|array| array.shape().get(axis));
            if length.is_none_or(|&n| range.end > n) {
                return Err(outside());
            }
            let begin = end;
            end = range.end.saturating_sub(range.start).saturating_add(begin);
            placed.push(Part { input: *input, from: range.start, begin, end });
        }
        let mut shape = first.shape().to_vec();
        *shape.get_mut(axis).ok_or_else(outside)? = end;
        bytes(first.dtype().size(), &shape)?;
        let slice = |array: &Expr, range: Range<u64>| {
            let mut index = vec![Index::ALL; axis];
            index.push(range.into());
            array.index(&index)
        };
        match &placed[..] {
            [] => slice(first, 0..0),
            [part] => slice(&arrays[part.input], part.from..part.from + part.end),
            _ => {
                let dtype = first.dtype();
                let join = Join { name, axis, arrays: arrays.len(), parts: placed.into() };
                Ok(Expr::output(join, arrays.to_vec(), dtype, shape))
            }
        }
    }
}

impl Operator for Join {
    fn name(&self) -> &'static str {
        self.name
    }

    fn key(&self) -> Vec<u8> {
        let parts = self.parts.iter().flat_map(|part| [part.input as u64, part.from, part.begin, part.end]);
        std::iter::once(self.axis as u64).chain(parts).flat_map(u64::to_le_bytes).collect()
    }

    fn holder(&self, part: &[Range<u64>]) -> Option<(usize, Vec<i64>)> {
        let along = part.get(self.axis)?;
        let holder = self.parts.iter().find(|held| held.begin <= along.start && along.end <= held.end)?;
        let mut shift = vec![0; part.len()];
        shift[self.axis] = holder.from as i64 - holder.begin as i64;
        Some((holder.input, shift))
    }

    fn derive(&self) -> Option<Arc<dyn Derive>> {
        Some(Arc::new(self.clone()))
    }

    /// Along the other axes, each part is reduced by itself, and the results are joined.
    fn reduced(
        &self,
        inputs: &[Expr],
        reduction: Reduction,
        axes: &[usize],
        options: &ReduceOptions,
    ) -> Result<Option<Expr>> {
        if axes.is_empty() || axes.contains(&self.axis) || self.parts.len() > FEW {
            return Ok(None);
        }
        let reduce = |part: &Part| {
            let mut index = vec![Index::ALL; self.axis];
            index.push((part.from..part.from + (part.end - part.begin)).into());
            inputs[part.input].index(&index)?.reduce(reduction, options)
        };
        let parts = self.parts.iter().map(reduce).collect::<Result<Vec<_>>>()?;
        let gone = if options.keepdims { 0 } else { axes.iter().filter(|&&k| k < self.axis).count() };
        Expr::concatenate(&parts, Some((self.axis - gone) as i64), None).map(Some)
    }
}

impl Derive for Join {
    fn chunk(&self, feeds: &[Program], shape: &[u64], item: u64) -> Vec<u64> {
        // of the largest inputs, the first
        like(feeds.iter().rev().max_by_key(|feed| feed.elements()), shape, item)
    }

    fn one_by_one(&self) -> bool {
        self.arrays > OPEN
    }

    fn reads(&self, feeds: &[Program], of: &[u64]) -> Vec<Vec<u64>> {
        let read = |feed: &Program| of.iter().zip(&feed.domain).map(|(&n, &all)| n.min(all)).collect();
        feeds.iter().map(read).collect()
    }

    fn fill(&self, feeds: &mut [Reader<'_>], start: &[u64], shape: &[u64], out: &mut [u8]) -> Result<()> {
        let item = out.len() / shape.iter().product::<u64>().max(1) as usize;
        let strides = c_strides(shape, item);
        let (from, to) = (start[self.axis], start[self.axis] + shape[self.axis]);
        let first = self.parts.partition_point(|part| part.end <= from);
        for part in self.parts[first..].iter().take_while(|part| part.begin < to) {
            let (low, high) = (from.max(part.begin), to.min(part.end));
            let (mut start, mut shape) = (start.to_vec(), shape.to_vec());
            start[self.axis] = part.from + (low - part.begin);
            shape[self.axis] = high - low;
            let skipped = (low - from) as usize * strides[self.axis] as usize;
            let room = out.get_mut(skipped..).unwrap_or_default();
            let feed = &mut feeds[part.input];
            feed.fill_strided(&start, &shape, room, strides.clone())?;
            if self.one_by_one() {
                feed.rest();
            }
        }
        Ok(())
    }
}

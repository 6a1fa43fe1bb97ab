//! Elements repeated along an axis, each a number of times of its own.

use std::sync::Arc;

use super::Operator;
use crate::exec::{Derive, Reader};
use crate::expr::Expr;
use crate::program::Program;
use crate::source::{bytes, c_strides};
use crate::view::{Index, resolve_axes, show};
use crate::{Buffer, Error, Result};

/// Elements repeated along an axis. The copies of element `i` end before `ends[i]`.
#[derive(Clone, Debug)]
struct Repeat {
    axis: usize,
    ends: Arc<[u64]>,
}

impl Expr {
    /// Each element along `axis` repeated `counts[i]` times, as NumPy's `repeat`. One count stands for all.
    ///
    /// # Errors
    /// When the number of counts is not the length of the axis, or the result has too many elements to count.
    pub fn repeat(&self, counts: &[u64], axis: i64) -> Result<Expr> {
        let input = self.typed()?.at_least(1)?;
        let axis = resolve_axes(&[axis], input.ndim())?[0];
        let n = input.shape()[axis];
        let mut shape = input.shape().to_vec();
        if let &[count] = counts {
            // a view of each element as a row of its copies, and the rows joined
            shape[axis] = n.saturating_mul(count);
            bytes(input.dtype().size(), &shape)?;
            let mut rows = input.shape().to_vec();
            rows.insert(axis + 1, count);
            return input.expand_dims(&[axis as i64 + 1])?.broadcast_to(&rows)?.reshaped_to(&shape);
        }
        if counts.len() as u64 != n {
            return Err(Error::Shape(format!(
                "expected one count for all or {n} counts for axis {axis} of an array of shape {}, found {}",
                show(input.shape()),
                counts.len()
            )));
        }
        let ends: Arc<[u64]> = counts
            .iter()
            .scan(0u64, |end, &count| {
                *end = end.saturating_add(count);
                Some(*end)
            })
            .collect();
        shape[axis] = ends.last().copied().unwrap_or(0);
        bytes(input.dtype().size(), &shape)?;
        if shape[axis] == 0 {
            let mut index = vec![Index::ALL; axis];
            index.push((0..0).into());
            return input.index(&index);
        }
        let dtype = input.dtype();
        Ok(Expr::output(Repeat { axis, ends }, vec![input], dtype, shape))
    }
}

impl Operator for Repeat {
    fn name(&self) -> &'static str {
        "repeat"
    }

    fn key(&self) -> Vec<u8> {
        std::iter::once(self.axis as u64)
            .chain(self.ends.iter().copied())
            .flat_map(u64::to_le_bytes)
            .collect()
    }

    fn derive(&self) -> Option<Arc<dyn Derive>> {
        Some(Arc::new(self.clone()))
    }
}

impl Repeat {
    /// The elements of the input whose copies lie in a range of the result.
    fn sources(&self, from: u64, to: u64) -> (usize, usize) {
        let first = self.ends.partition_point(|&end| end <= from);
        let last = self.ends.partition_point(|&end| end < to);
        (first, last + 1)
    }
}

impl Derive for Repeat {
    fn reads(&self, feeds: &[Program], of: &[u64]) -> Vec<Vec<u64>> {
        let mut read = of.to_vec();
        // elements that are repeated 0 times are not read alone, but may lie between others
        read[self.axis] = feeds.first().map_or(1, |feed| feed.domain[self.axis]).min(of[self.axis]);
        vec![read]
    }

    fn scratch(&self, feeds: &[Program], of: &[u64]) -> u64 {
        let item = feeds.first().map_or(1, Program::output_size) as u64;
        self.reads(feeds, of).iter().flatten().product::<u64>() * item
    }

    fn fill(&self, feeds: &mut [Reader<'_>], start: &[u64], shape: &[u64], out: &mut [u8]) -> Result<()> {
        let [feed] = feeds else { return Ok(()) };
        let item = out.len() / shape.iter().product::<u64>().max(1) as usize;
        let (from, to) = (start[self.axis], start[self.axis] + shape[self.axis]);
        let (first, last) = self.sources(from, to);
        let most = shape[self.axis] as usize;
        let (outer, inner) = (&shape[..self.axis], &shape[self.axis + 1..]);
        let row = inner.iter().product::<u64>() as usize * item;
        let outer = outer.iter().product::<u64>() as usize;
        let mut elements = Buffer::unfilled(0)?;
        let mut at = first;
        while at < last {
            // at most as many elements at a time as the result has
            let end = last.min(at + most);
            let (mut begin, mut boxed) = (start.to_vec(), shape.to_vec());
            begin[self.axis] = at as u64;
            boxed[self.axis] = (end - at) as u64;
            let read = elements.reserve(boxed.iter().product::<u64>() as usize * item)?;
            feed.fill_strided(&begin, &boxed, read, c_strides(&boxed, item))?;
            for (k, source) in (at..end).enumerate() {
                let before = if source == 0 { 0 } else { self.ends[source - 1] };
                let (low, high) = (before.max(from), self.ends[source].min(to));
                for line in (0..outer).filter(|_| low < high) {
                    let one = (line * (end - at) + k) * row;
                    let one = read.get(one..one + row).unwrap_or_default();
                    let place = (line as u64 * shape[self.axis] + (low - from)) as usize * row;
                    let copies = out.get_mut(place..place + (high - low) as usize * row).unwrap_or_default();
                    copies.chunks_exact_mut(row.max(1)).for_each(|copy| copy.copy_from_slice(one));
                }
            }
            at = end;
        }
        Ok(())
    }
}

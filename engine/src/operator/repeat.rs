//! Elements repeated along an axis, each a number of times of its own.

use std::ops::Range;
use std::sync::Arc;

use super::Operator;
use crate::exec::{Derive, Reader};
use crate::expr::Expr;
use crate::program::Program;
use crate::source::{bytes, c_strides};
use crate::{Buffer, Error, Result};

/// Ends of copies that are read at a time.
pub(crate) const STEP: u64 = 4096;

/// Elements of the first input repeated along an axis. The second input gives for each element where its copies end.
#[derive(Clone, Debug)]
struct Repeat {
    axis: usize,
    /// The last of each [`STEP`] ends.
    marks: Arc<[u64]>,
}

impl Expr {
    /// The elements along `axis` repeated: the copies of element `i` end before `ends[i]`. `marks` are the last of each
    /// [`STEP`] ends, and `total` is the last of all.
    pub(crate) fn repeated(&self, axis: usize, ends: Expr, marks: Vec<u64>, total: u64) -> Result<Expr> {
        let mut shape = self.shape().to_vec();
        shape[axis] = total;
        bytes(self.dtype().size(), &shape)?;
        let repeat = Repeat { axis, marks: marks.into() };
        Ok(Expr::output(repeat, vec![self.clone(), ends], self.dtype(), shape))
    }
}

impl Operator for Repeat {
    fn name(&self) -> &'static str {
        "repeat"
    }

    fn key(&self) -> Vec<u8> {
        // the marks follow from the ends
        (self.axis as u64).to_le_bytes().to_vec()
    }

    fn derive(&self) -> Option<Arc<dyn Derive>> {
        Some(Arc::new(self.clone()))
    }
}

impl Derive for Repeat {
    fn reads(&self, feeds: &[Program], of: &[u64]) -> Vec<Vec<u64>> {
        let along = |number: usize, axis: usize| feeds.get(number).map_or(1, |feed| feed.domain[axis]);
        let mut read = of.to_vec();
        // elements that are repeated 0 times are not read alone, but may lie between others
        read[self.axis] = along(0, self.axis).min(of[self.axis]);
        vec![read, vec![along(1, 0).min(STEP)]]
    }

    fn scratch(&self, feeds: &[Program], of: &[u64]) -> u64 {
        let item = feeds.first().map_or(1, Program::output_size) as u64;
        let elements = self.reads(feeds, of).first().map_or(0, |read| read.iter().product::<u64>());
        elements * item + STEP * 8
    }

    fn fill(&self, feeds: &mut [Reader<'_>], start: &[u64], shape: &[u64], out: &mut [u8]) -> Result<()> {
        let [array, all] = feeds else { return Ok(()) };
        let n = array.shape()[self.axis];
        let (from, to) = (start[self.axis], start[self.axis] + shape[self.axis]);
        // ends before the block that is read are at most `from`
        let block = self.marks.partition_point(|&end| end <= from);
        let mut at = block as u64 * STEP;
        let mut before = block.checked_sub(1).and_then(|last| self.marks.get(last)).copied().unwrap_or(0);
        let [mut ends, mut elements] = [Buffer::default(), Buffer::default()];
        while before < to && at < n {
            let count = STEP.min(n - at);
            let read = ends.reserve(count as usize * 8)?;
            all.fill(&[at], &[count], read)?;
            let ends: &[u64] = bytemuck::try_cast_slice(read).map_err(|e| Error::internal(&e.to_string()))?;
            let copies = Copies { start, shape, axis: self.axis, at, before, ends };
            copies.fill(array, &mut elements, out)?;
            before = ends.last().copied().unwrap_or(to);
            at += count;
        }
        Ok(())
    }
}

/// Elements one after the other, and a box of the result that takes copies of them.
struct Copies<'a> {
    start: &'a [u64],
    shape: &'a [u64],
    axis: usize,
    /// The first element, and where its copies begin.
    at: u64,
    before: u64,
    /// Where the copies of each element end.
    ends: &'a [u64],
}

impl Copies<'_> {
    /// Reads the elements whose copies lie in the box, at most as many at a time as the box has, and copies them.
    fn fill(&self, array: &mut Reader<'_>, elements: &mut Buffer, out: &mut [u8]) -> Result<()> {
        let most = self.shape[self.axis] as usize;
        let (from, to) = (self.start[self.axis], self.start[self.axis] + most as u64);
        let item = out.len() / self.shape.iter().product::<u64>().max(1) as usize;
        let first = self.ends.partition_point(|&end| end <= from);
        let last = self.ends.partition_point(|&end| end < to) + 1;
        for first in (first..last.min(self.ends.len())).step_by(most.max(1)) {
            let count = most.min(last.min(self.ends.len()) - first);
            let (mut start, mut shape) = (self.start.to_vec(), self.shape.to_vec());
            start[self.axis] = self.at + first as u64;
            shape[self.axis] = count as u64;
            let read = elements.reserve(shape.iter().product::<u64>() as usize * item)?;
            array.fill_strided(&start, &shape, read, c_strides(&shape, item))?;
            self.copy(first..first + count, read, item, out);
        }
        Ok(())
    }

    /// Copies elements that were read to their places in the box.
    fn copy(&self, numbers: Range<usize>, read: &[u8], item: usize, out: &mut [u8]) {
        let most = self.shape[self.axis];
        let (from, to) = (self.start[self.axis], self.start[self.axis] + most);
        let (outer, inner) = (&self.shape[..self.axis], &self.shape[self.axis + 1..]);
        let row = inner.iter().product::<u64>() as usize * item;
        let mut low = numbers.start.checked_sub(1).map_or(self.before, |last| self.ends[last]).max(from);
        for (k, &end) in self.ends[numbers.clone()].iter().enumerate() {
            let high = end.min(to);
            for line in (0..outer.iter().product::<u64>()).filter(|_| low < high) {
                let one = (line as usize * numbers.len() + k) * row;
                let one = read.get(one..one + row).unwrap_or_default();
                let place = (line * most + (low - from)) as usize * row;
                let copies = out.get_mut(place..place + (high - low) as usize * row).unwrap_or_default();
                copies.chunks_exact_mut(row.max(1)).for_each(|copy| copy.copy_from_slice(one));
            }
            low = low.max(high);
        }
    }
}

//! Windows that are copied into a buffer: boxes of several chunks, and boxes that use little of each page.

use arrstore_format::strided;

use super::{ALL, DENSE, Held, Input, grain};
use crate::context::Metrics;
use crate::exec::fetch::{Part, fetch};
use crate::{Buffer, Result};

impl<'p> Input<'p> {
    /// Whether a box of the chunk at hand uses so little of each page that its pages are not mapped: a small or sparse
    /// box is read into a buffer. [`Input::place`] has set its first element.
    pub(super) fn is_scattered(&self, shape: &[u64]) -> bool {
        match &self.held {
            Held::InPlace(_, bytes) if self.source.is_mapped() && !self.shared.pages => {
                let reach = self.reach(shape, bytes.len());
                !self.lends && (reach.span.len() < DENSE || reach.is_sparse(0))
            }
            _ => false,
        }
    }

    /// Whether a box touches more than one chunk.
    pub(super) fn crosses(&self, start: &[u64], shape: &[u64]) -> bool {
        let mut axes = self.load.access.iter().zip(start).zip(shape);
        axes.any(|((a, &s), &n)| a.is_some_and(|a| a.next_border(s) < s + n))
    }

    /// Visits the parts of a box that lie in one chunk each. Along a broadcast axis, only the first element is visited.
    pub(super) fn each_chunk(
        &mut self,
        start: &[u64],
        shape: &[u64],
        mut visit: impl FnMut(&mut Self, &[u64], &[u64]) -> Result<()>,
    ) -> Result<()> {
        let load = self.load;
        let ends = start.iter().zip(shape).zip(&load.access);
        let ends: Vec<u64> = ends.map(|((s, &n), a)| s + if a.is_some() { n } else { n.min(1) }).collect();
        let mut at = start.to_vec();
        let mut boxed = vec![0; at.len()];
        'chunks: loop {
            for k in 0..at.len() {
                boxed[k] = load.access[k].map_or(ends[k], |a| a.next_border(at[k]).min(ends[k])) - at[k];
            }
            visit(self, &at, &boxed)?;
            for k in (0..at.len()).rev() {
                at[k] += boxed[k];
                if at[k] < ends[k] {
                    continue 'chunks;
                }
                at[k] = start[k];
                // the next turn of the loop finds the extent of this axis' first chunk
            }
            return Ok(());
        }
    }

    /// Copies the elements of a box out of all chunks that it touches.
    pub(super) fn gather(&mut self, start: &[u64], shape: &[u64]) -> Result<()> {
        let item = self.load.dtype.size();
        let ndim = shape.len();
        let mut strides = vec![0isize; ndim];
        let mut len = item;
        // axes in the order of the chunks' layout, so that long runs are copied
        for k in self.load.closest_first() {
            strides[k] = len as isize;
            len *= shape[k] as usize;
        }
        let mut out = match self.gathered.take() {
            Some(buffer) if buffer.len() >= len => buffer,
            _ => Buffer::unfilled(len)?,
        };
        self.each_chunk(start, shape, |input, at, boxed| {
            let (index, within) = input.chunk_of(at);
            input.hold(&index)?;
            let to: isize = (0..ndim).map(|k| (at[k] - start[k]) as isize * strides[k]).sum();
            let boxed: Vec<usize> = boxed.iter().map(|&n| n as usize).collect();
            input.copy_from_chunk(item, &boxed, &within, out.bytes_mut(), to as usize, &strides)
        })?;
        Metrics::add(&self.context.metrics.copied, len);
        self.checked.set(ALL);
        self.strides = strides;
        self.gathered = Some(out);
        Ok(())
    }

    /// Copies a box of the chunk at hand without mapping its pages. [`Input::place`] has set its first element.
    pub(super) fn fetch(
        &mut self,
        item: usize,
        shape: &[usize],
        out: &mut [u8],
        to: usize,
        strides: &[isize],
    ) -> Result<()> {
        let Held::InPlace(located, bytes) = &self.held else { return Ok(()) };
        let checks = self.checks && self.whole;
        let grain = if checks { grain(bytes.len()) } else { 1 };
        let part = Part { item, grain, shape, from: (self.offset, &self.strides), to: (to, strides) };
        let mut stage = std::mem::take(&mut self.stage);
        let mut scout = std::mem::take(&mut self.scout);
        let done = fetch(self.source, located, &part, out, (&mut stage, &mut scout), |range| {
            Metrics::add(&self.context.metrics.mapped, range.len());
            if checks { self.unseen(range, bytes.len()) } else { Vec::new() }
        });
        (self.stage, self.scout) = (stage, scout);
        done
    }

    /// Copies the box of `shape` from element `within` of the chunk at hand.
    pub(super) fn copy_from_chunk(
        &mut self,
        item: usize,
        shape: &[usize],
        within: &[u64],
        out: &mut [u8],
        to: usize,
        strides: &[isize],
    ) -> Result<()> {
        self.place(within);
        let wide: Vec<u64> = shape.iter().map(|&n| n as u64).collect();
        if matches!(&self.held, Held::InPlace(..)) && self.source.is_mapped() && !self.shared.pages {
            return self.fetch(item, shape, out, to, strides);
        }
        self.begin_check(&wide);
        self.check_all()?;
        match &self.held {
            Held::Nothing => {}
            Held::Constant(value) => {
                let none = vec![0; shape.len()];
                strided::copy(item, shape, value, 0, &none, out, to, strides);
            }
            Held::InPlace(_, bytes) => {
                strided::copy(item, shape, bytes, self.offset, &self.strides, out, to, strides);
            }
            Held::Decoded(buffer) => {
                strided::copy(item, shape, buffer.bytes(), self.offset, &self.strides, out, to, strides);
            }
        }
        Ok(())
    }
}

//! One element of each line along an axis, at the place that an index gives.

use std::sync::Arc;

use super::Operator;
use super::gather::{BLOCK, resolve, visits};
use crate::exec::{CHUNK, Derive, Reader};
use crate::expr::Expr;
use crate::program::Program;
use crate::program::tiles::lead;
use crate::source::{c_strides, elements};
use crate::{Buffer, DType, Error, Result};

/// The elements of an array, its first input, at the places along an axis that its second input gives. Both have the
/// same lengths along all other axes.
#[derive(Clone, Debug)]
struct Along {
    axis: usize,
    /// Whether a negative index counts from the end; else it is out of bounds.
    from_end: bool,
}

impl Expr {
    /// The elements at `index` along `axis`. The index has the same lengths along all other axes.
    pub(crate) fn gather_along(&self, index: &Expr, axis: usize, from_end: bool) -> Result<Expr> {
        let (array, shape) = (self.typed()?, index.shape().to_vec());
        elements(&shape)?;
        let dtype = array.dtype();
        let index = index.typed()?.cast(DType::I64)?;
        Ok(Expr::output(Along { axis, from_end }, vec![array, index], dtype, shape))
    }
}

impl Operator for Along {
    fn name(&self) -> &'static str {
        "take_along_axis"
    }

    fn key(&self) -> Vec<u8> {
        [&(self.axis as u64).to_le_bytes()[..], &[u8::from(self.from_end)]].concat()
    }

    fn derive(&self) -> Option<Arc<dyn Derive>> {
        Some(Arc::new(self.clone()))
    }
}

impl Along {
    /// The same box with another first element, or another length, along the axis.
    fn with(&self, of: &[u64], along: u64) -> Vec<u64> {
        let mut of = of.to_vec();
        if let Some(length) = of.get_mut(self.axis) {
            *length = along;
        }
        of
    }

    /// The longest run along the axis that is read as a block.
    fn run(&self, of: &[u64], item: u64) -> u64 {
        let beside = self.with(of, 1).iter().product::<u64>().saturating_mul(item);
        (BLOCK / beside.max(1)).max(1)
    }
}

impl Derive for Along {
    /// Long along the axis, then along the axes whose elements lie closest in the array.
    fn chunk(&self, feeds: &[Program], shape: &[u64], item: u64) -> Vec<u64> {
        let mut order = vec![self.axis];
        order.extend(feeds.first().and_then(lead).map_or_else(Vec::new, |load| load.closest_first()));
        order.extend((0..shape.len()).rev());
        let mut room = (CHUNK / item.max(1)).max(1);
        let mut extent = vec![0; shape.len()];
        for axis in order {
            if extent[axis] == 0 {
                extent[axis] = shape[axis].clamp(1, room);
                room = (room / extent[axis]).max(1);
            }
        }
        extent
    }

    fn reads(&self, feeds: &[Program], of: &[u64]) -> Vec<Vec<u64>> {
        let item = feeds.first().map_or(1, Program::output_size) as u64;
        let length = feeds.first().map_or(1, |feed| feed.domain[self.axis]);
        vec![self.with(of, length.min(self.run(of, item))), of.to_vec()]
    }

    fn scratch(&self, feeds: &[Program], of: &[u64]) -> u64 {
        let Some(array) = feeds.first() else { return 0 };
        let count = of.iter().product::<u64>();
        let block = array.bytes().min(BLOCK);
        count.saturating_mul(8).saturating_add(block.max(Reader::picking(array, count)))
    }

    fn visits(&self, feeds: &[Program], shape: &[u64], chunk: &[u64]) -> Vec<f64> {
        let mut all = vec![1.0; feeds.len()];
        if let (Some(array), Some(first)) = (feeds.first(), all.first_mut()) {
            let within = |axis: usize| (axis != self.axis).then(|| chunk.get(axis).copied().unwrap_or(1));
            *first = visits(array, (shape, chunk), within, chunk.iter().product());
        }
        all
    }

    fn reads_all(&self, input: usize) -> bool {
        input > 0
    }

    fn fill(&self, feeds: &mut [Reader<'_>], start: &[u64], shape: &[u64], out: &mut [u8]) -> Result<()> {
        let [array, index] = feeds else { return Ok(()) };
        let count = shape.iter().product::<u64>() as usize;
        let item = out.len() / count.max(1);
        let mut places = Buffer::unfilled(count * 8)?;
        index.fill(start, shape, places.bytes_mut())?;
        let places: &mut [i64] =
            bytemuck::try_cast_slice_mut(places.bytes_mut()).map_err(|e| Error::internal(&e.to_string()))?;
        let size = array.shape()[self.axis];
        for place in places.iter_mut() {
            if *place < 0 && !self.from_end {
                return Err(Error::Index { index: *place, axis: self.axis, size });
            }
            *place = resolve(*place, size, self.axis)? as i64;
        }
        let (low, high) = (places.iter().min().copied(), places.iter().max().copied());
        let (Some(low), Some(high)) = (low, high) else { return Ok(()) };
        let span = (high - low) as u64 + 1;
        let steps = c_strides(shape, 1);
        let axes = || shape.iter().zip(&steps).enumerate();
        if span <= self.run(shape, item as u64) {
            let boxed = self.with(shape, span);
            let mut block = Buffer::unfilled(boxed.iter().product::<u64>() as usize * item)?;
            array.fill(&self.with(start, low as u64), &boxed, block.bytes_mut())?;
            let inside = c_strides(&boxed, 1);
            for (number, (to, place)) in out.chunks_exact_mut(item).zip(places.iter()).enumerate() {
                let at = axes().zip(&inside).map(|((k, (&n, &step)), &lies)| {
                    let at = if k == self.axis {
                        (place - low) as usize
                    } else {
                        number / step as usize % n as usize
                    };
                    at * lies as usize
                });
                let from = at.sum::<usize>() * item;
                to.copy_from_slice(block.bytes().get(from..from + item).unwrap_or_default());
            }
            return Ok(());
        }
        let mut all = vec![0; count * shape.len()];
        for (number, (to, &place)) in all.chunks_exact_mut(shape.len().max(1)).zip(places.iter()).enumerate()
        {
            for (to, (k, (&n, &step))) in to.iter_mut().zip(axes()) {
                *to = if k == self.axis { place as u64 } else { start[k] + number as u64 / step as u64 % n };
            }
        }
        array.pick(&all, out)
    }
}

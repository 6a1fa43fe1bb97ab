//! Elements at given places: indexing by arrays of integers, as NumPy's `a[i]`, `a[:, i]` and `a[i, j]`.
//!
//! The indices of a box of the result are read and sorted. Along one axis, near ones are read together as a block, and
//! the elements are picked out of it; whole rows go straight to their place. Elements at scattered places are copied
//! one by one.

mod boxed;

use std::sync::Arc;

use super::Operator;
use crate::exec::{CHUNK, Derive, Reader};
use crate::expr::Expr;
use crate::program::Program;
use crate::program::tiles::{lead, rows};
use crate::source::elements;
use crate::view::broadcast_shape;
use crate::{DType, Error, Result};
use boxed::Boxed;

/// Bytes of a block that is read at a time, unless the elements at one index are more.
pub(super) const BLOCK: u64 = 512 << 10;
/// Chunks of an array of at most this many bytes are not cut.
const WHOLE: u64 = 2 << 20;
/// Up to this many elements at an index are copied one by one.
const FEW: u64 = 32;
/// Elements of a chunk of the result whose elements are copied one by one, at least and at most.
const POINTS: [u64; 2] = [1 << 16, 1 << 18];
/// Bytes of the array for each element of such a chunk, so that elements lie close enough to be read together.
const APART: u64 = 1 << 10;

/// Elements of an array, its first input, at the indices that the other inputs give.
#[derive(Clone, Debug)]
struct Gather {
    /// The indexed axes of the array, one for each array of indices. Without any, the indices count all elements in C
    /// order.
    axes: Vec<usize>,
    /// The names of these axes in errors.
    names: Vec<usize>,
    /// The place of the axes of the indices among the axes of the result, and their number.
    place: usize,
    rank: usize,
}

impl Expr {
    /// The elements at `indices`, which broadcast together: one array of indices for each of `axes`. In the result, the
    /// axes of the indices take the place `place` among the other axes. `names` are the axes as errors name them.
    pub(crate) fn gather(
        &self,
        axes: &[usize],
        names: &[usize],
        indices: &[Expr],
        place: usize,
    ) -> Result<Expr> {
        let shape = broadcast_shape(indices.iter().map(Expr::shape))?;
        for ((index, &axis), &name) in indices.iter().zip(axes).zip(names) {
            index.check_known(self.shape()[axis], name)?;
        }
        let mut kept: Vec<u64> =
            (0..self.ndim()).filter(|k| !axes.contains(k)).map(|k| self.shape()[k]).collect();
        kept.splice(place..place, shape.iter().copied());
        let gather = Gather { axes: axes.to_vec(), names: names.to_vec(), place, rank: shape.len() };
        self.gathered(gather, indices, &shape, kept)
    }

    /// The elements at `index`, which counts all elements in C order. The result has the shape of the index.
    pub(crate) fn gather_flat(&self, index: &Expr) -> Result<Expr> {
        index.check_known(elements(self.shape())?, 0)?;
        let shape = index.shape().to_vec();
        let gather = Gather { axes: Vec::new(), names: vec![0], place: 0, rank: shape.len() };
        self.gathered(gather, std::slice::from_ref(index), &shape, shape.clone())
    }

    /// Checks indices that lie in memory: whether they are within `size` elements along `axis`. Gives whether they do
    /// lie there.
    pub(crate) fn check_known(&self, size: u64, axis: usize) -> Result<bool> {
        let Some(known) = self.known_integers()? else { return Ok(false) };
        known.into_iter().try_for_each(|index| resolve(index, size, axis).map(|_| ()))?;
        Ok(true)
    }

    fn gathered(&self, gather: Gather, indices: &[Expr], common: &[u64], shape: Vec<u64>) -> Result<Expr> {
        elements(&shape)?;
        let array = self.typed()?;
        let dtype = array.dtype();
        let mut inputs = vec![array];
        for index in indices {
            inputs.push(index.typed()?.cast(DType::I64)?.broadcast_to(common)?);
        }
        Ok(Expr::output(gather, inputs, dtype, shape))
    }
}

/// An index that may count from the end, as a place.
pub(crate) fn resolve(index: i64, size: u64, axis: usize) -> Result<u64> {
    let place = if index < 0 { index.saturating_add_unsigned(size) } else { index };
    if place < 0 || place as u64 >= size {
        return Err(Error::Index { index, axis, size });
    }
    Ok(place as u64)
}

impl Operator for Gather {
    fn name(&self) -> &'static str {
        "take"
    }

    fn key(&self) -> Vec<u8> {
        let numbers = self.axes.iter().chain(&self.names).chain([&self.place, &self.rank]);
        numbers.flat_map(|&n| (n as u64).to_le_bytes()).collect()
    }

    fn derive(&self) -> Option<Arc<dyn Derive>> {
        Some(Arc::new(self.clone()))
    }
}

impl Gather {
    fn is_flat(&self) -> bool {
        self.axes.is_empty()
    }

    /// Whether elements may be copied one by one, for boxes of `unit` elements at each index.
    fn may_pick(&self, unit: u64) -> bool {
        unit <= FEW
    }

    /// Splits a list over the axes of the result into the axes of the indices and the others.
    fn split(&self, of: &[u64]) -> (Vec<u64>, Vec<u64>) {
        let indexed = self.place..self.place + self.rank;
        let part = |wanted: bool| {
            let kept = of.iter().enumerate().filter(|(k, _)| indexed.contains(k) == wanted);
            kept.map(|(_, &n)| n).collect()
        };
        (part(true), part(false))
    }

    /// A box of the array: `kept` along the axes that are not indexed, `indexed` along the others.
    fn whole(&self, ndim: usize, kept: &[u64], indexed: impl Fn(usize) -> u64) -> Vec<u64> {
        let mut kept = kept.iter().copied();
        let along = |k| match self.axes.iter().position(|&axis| axis == k) {
            Some(number) => indexed(number),
            None => kept.next().unwrap_or(1),
        };
        (0..ndim).map(along).collect()
    }

    /// Longest run of indices along the only axis that is read as a block, for `unit` bytes at each index.
    fn run(&self, unit: u64) -> u64 {
        (BLOCK / unit.max(1)).max(1)
    }
}

/// How often each chunk of an array is read for a result of `shape` in chunks of `chunk`: a chunk of the result reads
/// `within` elements along an axis (`None`: any of them), and no more than `most` chunks in all along these others.
pub(super) fn visits(
    array: &Program,
    (shape, chunk): (&[u64], &[u64]),
    mut within: impl FnMut(usize) -> Option<u64>,
    most: u64,
) -> f64 {
    let Some(load) = lead(array) else { return 1.0 };
    let boxes: f64 = shape.iter().zip(chunk).map(|(&n, &c)| n.div_ceil(c.max(1)) as f64).product();
    let (mut touched, mut anywhere, mut all) = (1.0, 1.0, 1.0);
    for (axis, &n) in array.domain.iter().enumerate() {
        let span = load.access.get(axis).copied().flatten().map_or(n, |access| access.span()).max(1);
        let count = n.div_ceil(span).max(1) as f64;
        all *= count;
        match within(axis) {
            Some(extent) => touched *= extent.div_ceil(span).max(1) as f64,
            None => anywhere *= count,
        }
    }
    boxes * touched * anywhere.min(most as f64) / all
}

impl Derive for Gather {
    /// Long along the axes whose elements lie closest in the array.
    fn chunk(&self, feeds: &[Program], shape: &[u64], item: u64) -> Vec<u64> {
        let bytes = feeds.first().map_or(0, Program::bytes);
        let points = (bytes / APART).clamp(POINTS[0], POINTS[1]);
        let one = |array: &&Program| self.axes.len() == 1 && array.domain.len() > 1;
        let Some(array) = feeds.first().filter(one) else {
            return rows(shape, points.min(WHOLE / item.max(1)));
        };
        let room = CHUNK / item.max(1);
        let (ndim, lead) = (array.domain.len(), lead(array));
        // of an array in chunks, a box takes all that it needs of each chunk
        let span = |axis: usize| lead.and_then(|load| load.access[axis]).map_or(u64::MAX, |a| a.span());
        let chunk: Vec<u64> = array.domain.iter().enumerate().map(|(k, &n)| span(k).min(n).max(1)).collect();
        let whole = chunk.iter().fold(item, |bytes: u64, &n| bytes.saturating_mul(n));
        let cut = whole <= WHOLE && chunk != array.domain;
        let most = |axis: usize| if cut && !self.axes.contains(&axis) { chunk[axis] } else { u64::MAX };
        let room = if cut { room.max(WHOLE / item.max(1)) } else { room };
        let mut order = lead.map_or_else(Vec::new, |load| load.closest_first());
        order.extend((0..ndim).rev().filter(|k| !order.contains(k)).collect::<Vec<_>>());
        let mut extent = vec![1; shape.len()];
        let mut room = room.max(1);
        let mut along = |axis: usize, most: u64| {
            extent[axis] = shape[axis].min(most).clamp(1, room.max(1));
            room /= extent[axis];
        };
        for axis in order {
            if self.axes.contains(&axis) {
                (self.place..self.place + self.rank).rev().for_each(|k| along(k, u64::MAX));
            } else {
                let kept = (0..axis).filter(|k| !self.axes.contains(k)).count();
                along(if kept < self.place { kept } else { kept + self.rank }, most(axis));
            }
        }
        extent
    }

    fn reads(&self, feeds: &[Program], of: &[u64]) -> Vec<Vec<u64>> {
        let (indexed, kept) = self.split(of);
        let array = feeds.first().map_or(&[][..], |feed| &feed.domain);
        let item = feeds.first().map_or(1, Program::output_size) as u64;
        let unit = kept.iter().product::<u64>().saturating_mul(item);
        let longest = if self.axes.len() == 1 { self.run(unit) } else { 1 };
        let reach = |number: usize| self.axes.get(number).map_or(1, |&axis| array[axis].min(longest));
        let mut reads = vec![self.whole(array.len(), &kept, reach)];
        reads.extend(feeds.iter().skip(1).map(|_| indexed.clone()));
        reads
    }

    fn scratch(&self, feeds: &[Program], of: &[u64]) -> u64 {
        let (indexed, kept) = self.split(of);
        let (count, unit) = (indexed.iter().product::<u64>(), kept.iter().product::<u64>());
        let Some(array) = feeds.first() else { return 0 };
        let item = array.output_size() as u64;
        // indices, their order, and their moves
        let indices = count.saturating_mul(8 * feeds.len() as u64 + 16);
        let block = if self.axes.len() == 1 { BLOCK.max(unit.saturating_mul(item)) } else { 0 };
        let block = block.min(array.bytes());
        let points = if self.may_pick(unit) { Reader::picking(array, count.saturating_mul(unit)) } else { 0 };
        indices.saturating_add(block.max(points))
    }

    fn visits(&self, feeds: &[Program], shape: &[u64], chunk: &[u64]) -> Vec<f64> {
        let (indexed, kept) = self.split(chunk);
        let mut kept = kept.into_iter();
        let within = |axis| match self.is_flat() || self.axes.contains(&axis) {
            true => None,
            false => Some(kept.next().unwrap_or(1)),
        };
        let mut all = vec![1.0; feeds.len()];
        if let (Some(array), Some(first)) = (feeds.first(), all.first_mut()) {
            *first = visits(array, (shape, chunk), within, indexed.iter().product());
        }
        all
    }

    fn reads_all(&self, input: usize) -> bool {
        input > 0
    }

    fn fill(&self, feeds: &mut [Reader<'_>], start: &[u64], shape: &[u64], out: &mut [u8]) -> Result<()> {
        let Some((array, feeds)) = feeds.split_first_mut() else { return Ok(()) };
        let boxed = Boxed::read(self, array.shape(), feeds, (start, shape), out.len())?;
        match self.axes.len() == 1 {
            true if self.may_pick(boxed.unit()) && array.picks() && boxed.is_sparse() => {
                boxed.pick(array, out)
            }
            true => boxed.runs(array, out),
            false if self.is_flat() || self.may_pick(boxed.unit()) => boxed.pick(array, out),
            false => boxed.units(array, out),
        }
    }
}

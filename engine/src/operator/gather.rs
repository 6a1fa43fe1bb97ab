//! Elements at given places: indexing by arrays of integers, as NumPy's `a[i]`, `a[:, i]` and `a[i, j]`.
//!
//! The indices of a box of the result are read and sorted. Along one axis, near ones are read together as a block, and
//! the elements are picked out of it; whole rows go straight to their place. Elements at scattered places are copied
//! one by one.

use std::sync::Arc;

use super::Operator;
use crate::exec::{Derive, Reader};
use crate::expr::Expr;
use crate::program::Program;
use crate::program::tiles::{lead, rows};
use crate::source::{c_strides, elements};
use crate::view::broadcast_shape;
use crate::{Buffer, DType, Error, Result};

/// Bytes of a chunk of the result.
const CHUNK: u64 = 512 << 10;
/// Bytes of a block that is read at a time, unless the elements at one index are more.
pub(super) const BLOCK: u64 = 512 << 10;
/// Bytes that are read although no index asks for them, instead of a second block.
const BETWEEN: u64 = 64 << 10;
/// Up to this many elements at an index are copied one by one,
const FEW: u64 = 32;
/// if at most one of this many elements between the least and the greatest index is asked for.
const SPARSE: u64 = 16;
/// Elements of a chunk of the result whose elements are copied one by one.
const POINTS: u64 = 1 << 16;

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

    /// Checks indices that lie in memory: whether they are within `size` elements along `axis`.
    pub(crate) fn check_known(&self, size: u64, axis: usize) -> Result<()> {
        let known = self.known_integers()?.unwrap_or_default();
        known.into_iter().try_for_each(|index| resolve(index, size, axis).map(|_| ()))
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

/// The indices of a box of the result, and the box as the elements before, at and after each index.
struct Boxed {
    /// For each indexed axis, the indices in C order.
    indices: Vec<Buffer>,
    count: usize,
    outer: usize,
    inner: usize,
    item: usize,
}

impl Boxed {
    fn indices(&self, number: usize) -> &[u64] {
        let bytes = self.indices.get(number).map_or(&[][..], Buffer::bytes);
        bytemuck::try_cast_slice(bytes).ok().and_then(|all: &[u64]| all.get(..self.count)).unwrap_or_default()
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

    /// Copies elements one by one.
    fn pick(
        &self,
        array: &mut Reader<'_>,
        boxed: &Boxed,
        kept: (&[u64], &[u64]),
        out: &mut [u8],
    ) -> Result<()> {
        let shape = array.shape();
        let total = boxed.outer * boxed.count * boxed.inner;
        let mut places = Buffer::unfilled((total * shape.len() * 8).max(8))?;
        let places: &mut [u64] =
            bytemuck::try_cast_slice_mut(places.bytes_mut()).map_err(|e| Error::Other(e.to_string()))?;
        let (start, lengths) = kept;
        for (number, place) in places.chunks_exact_mut(shape.len().max(1)).enumerate() {
            let (inner, rest) = (number % boxed.inner, number / boxed.inner);
            let at = rest % boxed.count;
            if self.is_flat() {
                let mut rest = boxed.indices(0).get(at).copied().unwrap_or(0);
                for (place, &n) in place.iter_mut().zip(shape).rev() {
                    *place = rest % n.max(1);
                    rest /= n.max(1);
                }
                continue;
            }
            // the elements beside an index, in C order
            let mut beside = (rest / boxed.count * boxed.inner + inner) as u64;
            let mut axis = lengths.len();
            for (k, place) in place.iter_mut().enumerate().rev() {
                *place = match self.axes.iter().position(|&axis| axis == k) {
                    Some(indexed) => boxed.indices(indexed).get(at).copied().unwrap_or(0),
                    None => {
                        axis = axis.saturating_sub(1);
                        let (first, n) = (start.get(axis).unwrap_or(&0), lengths.get(axis).unwrap_or(&1));
                        let at = first + beside % n.max(&1);
                        beside /= n.max(&1);
                        at
                    }
                };
            }
        }
        array.pick(places, out)
    }

    /// Copies the elements at each index as a box.
    fn units(
        &self,
        array: &mut Reader<'_>,
        boxed: &Boxed,
        kept: (&[u64], &[u64]),
        strides: &[isize],
        out: &mut [u8],
    ) -> Result<()> {
        let ndim = array.shape().len();
        let shape = self.whole(ndim, kept.1, |_| 1);
        for number in 0..boxed.count {
            let at = |indexed| boxed.indices(indexed).get(number).copied().unwrap_or(0);
            let start = self.whole(ndim, kept.0, at);
            let room = out.get_mut(number * boxed.inner * boxed.item..).unwrap_or_default();
            array.fill_strided(&start, &shape, room, strides.to_vec())?;
        }
        Ok(())
    }

    /// Reads blocks along the only indexed axis, and picks the elements out of them.
    fn runs(
        &self,
        array: &mut Reader<'_>,
        boxed: &Boxed,
        kept: (&[u64], &[u64]),
        strides: &[isize],
        out: &mut [u8],
    ) -> Result<()> {
        let Boxed { count, outer, inner, item, .. } = *boxed;
        let ndim = array.shape().len();
        let indices = boxed.indices(0);
        let at = |number: u32| indices.get(number as usize).copied().unwrap_or(0);
        let mut order: Vec<u32> = (0..count as u32).collect();
        if !indices.is_sorted() {
            order.sort_by_key(|&number| at(number));
        }
        let unit = (outer * inner * item) as u64;
        let (longest, between) = (self.run(unit), BETWEEN / unit.max(1));
        let mut block = Buffer::default();
        let mut rest = &order[..];
        while let Some(&first) = rest.first() {
            let low = at(first);
            let near = |pair: &[u32]| at(pair[1]) - at(pair[0]) <= between + 1 && at(pair[1]) - low < longest;
            let members = 1 + rest.windows(2).take_while(|pair| near(pair)).count();
            let (members, others) = rest.split_at(members);
            rest = others;
            let span = members.last().map_or(1, |&last| at(last) - low + 1);
            let (start, shape) = (self.whole(ndim, kept.0, |_| low), self.whole(ndim, kept.1, |_| span));
            let in_line =
                members.windows(2).all(|pair| pair[1] == pair[0] + 1 && at(pair[1]) == at(pair[0]) + 1);
            if in_line {
                let room = out.get_mut(first as usize * inner * item..).unwrap_or_default();
                array.fill_strided(&start, &shape, room, strides.to_vec())?;
                continue;
            }
            // the block lies as the result does: what is before the index, the index, what is after it
            let bytes = block.reserve(outer * span as usize * inner * item)?;
            let lies = self.strides(ndim, kept.1, span as usize * inner * item, inner * item, item);
            array.fill_strided(&start, &shape, bytes, lies)?;
            let moves: Vec<(u32, u32)> = members.iter().map(|&m| ((at(m) - low) as u32, m)).collect();
            let lines = bytes.chunks_exact(span as usize * inner * item);
            for (from, to) in lines.zip(out.chunks_exact_mut(count * inner * item)) {
                take(from, to, inner * item, &moves);
            }
        }
        Ok(())
    }

    /// Byte strides along the axes of the array, for elements that lie in C order as before, at and after an index:
    /// `line` bytes for all indices, and `unit` for one.
    fn strides(&self, ndim: usize, kept: &[u64], line: usize, unit: usize, item: usize) -> Vec<isize> {
        let before = self.place.min(kept.len());
        let (outer, inner) = kept.split_at(before);
        let mut of_kept = c_strides(outer, line);
        of_kept.extend(c_strides(inner, item));
        let mut of_kept = of_kept.into_iter();
        let along = |k| if self.axes.contains(&k) { unit as isize } else { of_kept.next().unwrap_or(0) };
        (0..ndim).map(along).collect()
    }
}

/// Copies units of `unit` bytes: each move says from which to which.
fn take(from: &[u8], to: &mut [u8], unit: usize, moves: &[(u32, u32)]) {
    fn of<const N: usize>(from: &[u8], to: &mut [u8], moves: &[(u32, u32)]) {
        let (from, to) = (from.as_chunks::<N>().0, to.as_chunks_mut::<N>().0);
        for &(source, target) in moves {
            if let (Some(from), Some(to)) = (from.get(source as usize), to.get_mut(target as usize)) {
                *to = *from;
            }
        }
    }
    match unit {
        1 => of::<1>(from, to, moves),
        2 => of::<2>(from, to, moves),
        4 => of::<4>(from, to, moves),
        8 => of::<8>(from, to, moves),
        16 => of::<16>(from, to, moves),
        _ => {
            for &(source, target) in moves {
                let (source, target) = (source as usize * unit, target as usize * unit);
                if let (Some(from), Some(to)) =
                    (from.get(source..source + unit), to.get_mut(target..target + unit))
                {
                    to.copy_from_slice(from);
                }
            }
        }
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
        let room = CHUNK / item.max(1);
        let Some(array) = feeds.first().filter(|_| !self.is_flat() && self.axes.len() == 1) else {
            return rows(shape, room.min(POINTS));
        };
        let ndim = array.domain.len();
        let mut order = lead(array).map_or_else(Vec::new, |load| load.closest_first());
        order.extend((0..ndim).rev().filter(|k| !order.contains(k)).collect::<Vec<_>>());
        let mut extent = vec![1; shape.len()];
        let mut room = room.max(1);
        let mut along = |axis: usize| {
            extent[axis] = shape[axis].clamp(1, room.max(1));
            room /= extent[axis];
        };
        for axis in order {
            if self.axes.contains(&axis) {
                (self.place..self.place + self.rank).rev().for_each(&mut along);
            } else {
                let kept = (0..axis).filter(|k| !self.axes.contains(k)).count();
                along(if kept < self.place { kept } else { kept + self.rank });
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
        let item = feeds.first().map_or(1, Program::output_size) as u64;
        let ndim = feeds.first().map_or(0, |feed| feed.domain.len());
        // indices, their order, and their moves
        let indices = count.saturating_mul(8 * feeds.len() as u64 + 16);
        let block = if self.axes.len() == 1 { BLOCK.max(unit.saturating_mul(item)) } else { 0 };
        let points = if self.may_pick(unit) { Reader::picking(count.saturating_mul(unit), ndim) } else { 0 };
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
        let total = shape.iter().product::<u64>().max(1) as usize;
        let item = out.len() / total;
        let ((index_start, index_shape), (first, lengths)) =
            ((self.split(start).0, self.split(shape).0), (self.split(start).1, self.split(shape).1));
        let count = index_shape.iter().product::<u64>() as usize;
        let mut indices = Vec::with_capacity(feeds.len());
        for (number, feed) in feeds.iter_mut().enumerate() {
            let mut bytes = Buffer::unfilled(count * 8)?;
            feed.fill(&index_start, &index_shape, bytes.bytes_mut())?;
            let all: &mut [i64] =
                bytemuck::try_cast_slice_mut(bytes.bytes_mut()).map_err(|e| Error::Other(e.to_string()))?;
            let size = match self.axes.get(number) {
                Some(&axis) => array.shape()[axis],
                None => array.shape().iter().product(),
            };
            let name = self.names.get(number).copied().unwrap_or(0);
            for index in all {
                *index = resolve(*index, size, name)? as i64;
            }
            indices.push(bytes);
        }
        let before = self.place.min(lengths.len());
        let outer = lengths[..before].iter().product::<u64>() as usize;
        let inner = lengths[before..].iter().product::<u64>() as usize;
        let boxed = Boxed { indices, count, outer, inner, item };
        let unit = (outer * inner) as u64;
        let kept = (&first[..], &lengths[..]);
        let strides = self.strides(array.shape().len(), &lengths, count * inner * item, inner * item, item);
        let sparse = || {
            let of = boxed.indices(0);
            let ends = of.iter().min().zip(of.iter().max());
            ends.is_some_and(|(low, high)| (high - low) / SPARSE > count as u64)
        };
        match self.axes.len() == 1 {
            true if self.may_pick(unit) && array.picks() && sparse() => self.pick(array, &boxed, kept, out),
            true => self.runs(array, &boxed, kept, &strides, out),
            false if self.is_flat() || self.may_pick(unit) => self.pick(array, &boxed, kept, out),
            false => self.units(array, &boxed, kept, &strides, out),
        }
    }
}

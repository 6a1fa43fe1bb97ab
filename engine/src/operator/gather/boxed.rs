//! A box of gathered elements: its indices, and the ways to read it.

use super::{Gather, resolve};
use crate::exec::Reader;
use crate::source::c_strides;
use crate::{Buffer, Error, Result};

/// Bytes that are read although no index asks for them, instead of a second block.
const BETWEEN: u64 = 64 << 10;
/// Elements are copied one by one if at most one of this many between the least and the greatest index is asked for.
const SPARSE: u64 = 16;

/// A box of the result: the elements before, at and after each index, in C order.
pub(super) struct Boxed<'g> {
    gather: &'g Gather,
    /// For each array of indices, the indices in C order, as places.
    indices: Vec<Buffer>,
    /// The box along the axes of the array that are not indexed.
    start: Vec<u64>,
    lengths: Vec<u64>,
    count: usize,
    outer: usize,
    inner: usize,
    item: usize,
}

impl<'g> Boxed<'g> {
    /// Reads the indices of the box of `shape` at `start`, which takes `bytes`. The array has the shape `array`.
    pub(super) fn read(
        gather: &'g Gather,
        array: &[u64],
        feeds: &mut [Reader<'_>],
        (start, shape): (&[u64], &[u64]),
        bytes: usize,
    ) -> Result<Boxed<'g>> {
        let item = bytes / shape.iter().product::<u64>().max(1) as usize;
        let ((index_start, start), (index_shape, lengths)) = (gather.split(start), gather.split(shape));
        let count = index_shape.iter().product::<u64>() as usize;
        let mut indices = Vec::with_capacity(feeds.len());
        for (number, feed) in feeds.iter_mut().enumerate() {
            let mut bytes = Buffer::unfilled(count * 8)?;
            feed.fill(&index_start, &index_shape, bytes.bytes_mut())?;
            let size = match gather.axes.get(number) {
                Some(&axis) => array[axis],
                None => array.iter().product(),
            };
            let name = gather.names.get(number).copied().unwrap_or(0);
            for index in numbers(&mut bytes)? {
                *index = resolve(*index as i64, size, name)?;
            }
            indices.push(bytes);
        }
        let before = gather.place.min(lengths.len());
        let outer = lengths[..before].iter().product::<u64>() as usize;
        let inner = lengths[before..].iter().product::<u64>() as usize;
        Ok(Boxed { gather, indices, start, lengths, count, outer, inner, item })
    }

    /// Elements at each index.
    pub(super) fn unit(&self) -> u64 {
        (self.outer * self.inner) as u64
    }

    /// Whether the indices of the first array lie far apart.
    pub(super) fn is_sparse(&self) -> bool {
        let indices = self.indices(0);
        let ends = indices.iter().min().zip(indices.iter().max());
        ends.is_some_and(|(low, high)| (high - low) / SPARSE > self.count as u64)
    }

    fn indices(&self, number: usize) -> &[u64] {
        let bytes = self.indices.get(number).map_or(&[][..], Buffer::bytes);
        bytemuck::try_cast_slice(bytes).ok().and_then(|all: &[u64]| all.get(..self.count)).unwrap_or_default()
    }

    /// The place that index `at` of an array of indices gives.
    fn index(&self, number: usize, at: usize) -> u64 {
        self.indices(number).get(at).copied().unwrap_or(0)
    }

    /// Copies elements one by one.
    pub(super) fn pick(&self, array: &mut Reader<'_>, out: &mut [u8]) -> Result<()> {
        let shape = array.shape();
        let total = self.outer * self.count * self.inner;
        let mut places = Buffer::unfilled((total * shape.len() * 8).max(8))?;
        let places = numbers(&mut places)?;
        for (number, place) in places.chunks_exact_mut(shape.len().max(1)).enumerate() {
            let (inner, rest) = (number % self.inner, number / self.inner);
            let (at, outer) = (rest % self.count, rest / self.count);
            match self.gather.is_flat() {
                true => spread(self.index(0, at), shape, place),
                false => self.place(at, (outer * self.inner + inner) as u64, place),
            }
        }
        array.pick(places, out)
    }

    /// The place in the array of element number `beside` of those at an index.
    fn place(&self, at: usize, mut beside: u64, place: &mut [u64]) {
        let mut kept = self.start.iter().zip(&self.lengths).rev();
        for (axis, place) in place.iter_mut().enumerate().rev() {
            *place = match self.gather.axes.iter().position(|&indexed| indexed == axis) {
                Some(number) => self.index(number, at),
                None => {
                    let (&first, &n) = kept.next().unwrap_or((&0, &1));
                    let place = first + beside % n.max(1);
                    beside /= n.max(1);
                    place
                }
            };
        }
    }

    /// Copies the elements at each index as a box.
    pub(super) fn units(&self, array: &mut Reader<'_>, out: &mut [u8]) -> Result<()> {
        let ndim = array.shape().len();
        let (shape, strides) =
            (self.gather.whole(ndim, &self.lengths, |_| 1), self.strides(ndim, self.count));
        for at in 0..self.count {
            let start = self.gather.whole(ndim, &self.start, |number| self.index(number, at));
            let room = out.get_mut(at * self.inner * self.item..).unwrap_or_default();
            array.fill_strided(&start, &shape, room, strides.clone())?;
        }
        Ok(())
    }

    /// Reads blocks along the only indexed axis, and picks the elements out of them.
    pub(super) fn runs(&self, array: &mut Reader<'_>, out: &mut [u8]) -> Result<()> {
        let ndim = array.shape().len();
        let indices = self.indices(0);
        let at = |number: u32| indices.get(number as usize).copied().unwrap_or(0);
        let mut order: Vec<u32> = (0..self.count as u32).collect();
        if !indices.is_sorted() {
            order.sort_by_key(|&number| at(number));
        }
        let piece = self.inner * self.item;
        let unit = (self.outer * piece) as u64;
        let (longest, between) = (self.gather.run(unit), BETWEEN / unit.max(1));
        let mut block = Buffer::default();
        let near =
            |low: u64, pair: &[u32]| at(pair[1]) - at(pair[0]) <= between + 1 && at(pair[1]) - low < longest;
        let groups = || {
            let mut rest = &order[..];
            std::iter::from_fn(move || {
                let low = at(*rest.first()?);
                let count = 1 + rest.windows(2).take_while(|pair| near(low, pair)).count();
                let (members, others) = rest.split_at(count);
                rest = others;
                Some((low, members))
            })
        };
        let boxed = |(low, members): (u64, &[u32])| {
            let span = members.last().map_or(1, |&last| at(last) - low + 1);
            let start = self.gather.whole(ndim, &self.start, |_| low);
            (start, self.gather.whole(ndim, &self.lengths, |_| span), span)
        };
        if groups().nth(1).is_some() {
            array.bring(&groups().map(&boxed).map(|(start, shape, _)| (start, shape)))?;
        }
        for (low, members) in groups() {
            let (start, shape, span) = boxed((low, members));
            let first = members.first().copied().unwrap_or(0);
            let follows = |pair: &[u32]| pair[1] == pair[0] + 1 && at(pair[1]) == at(pair[0]) + 1;
            if members.windows(2).all(follows) {
                let room = out.get_mut(first as usize * piece..).unwrap_or_default();
                array.fill_strided(&start, &shape, room, self.strides(ndim, self.count))?;
                continue;
            }
            let line = span as usize * piece;
            let bytes = block.reserve(self.outer * line)?;
            array.fill_strided(&start, &shape, bytes, self.strides(ndim, span as usize))?;
            let moves: Vec<(u32, u32)> = members.iter().map(|&m| ((at(m) - low) as u32, m)).collect();
            for (from, to) in bytes.chunks_exact(line).zip(out.chunks_exact_mut(self.count * piece)) {
                take(from, to, piece, &moves);
            }
        }
        Ok(())
    }

    /// Byte strides along the axes of the array for elements that lie as in the result: those before an index, `count`
    /// indices, and those after an index.
    fn strides(&self, ndim: usize, count: usize) -> Vec<isize> {
        let unit = self.inner * self.item;
        let (outer, inner) = self.lengths.split_at(self.gather.place.min(self.lengths.len()));
        let mut kept = c_strides(outer, count * unit).into_iter().chain(c_strides(inner, self.item));
        let along = |k| if self.gather.axes.contains(&k) { unit as isize } else { kept.next().unwrap_or(0) };
        (0..ndim).map(along).collect()
    }
}

/// The numbers that a buffer is for.
fn numbers(buffer: &mut Buffer) -> Result<&mut [u64]> {
    bytemuck::try_cast_slice_mut(buffer.bytes_mut()).map_err(|e| Error::internal(&e.to_string()))
}

/// A place counted in C order, along each axis of `shape`.
fn spread(mut flat: u64, shape: &[u64], place: &mut [u64]) {
    for (place, &n) in place.iter_mut().zip(shape).rev() {
        *place = flat % n.max(1);
        flat /= n.max(1);
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

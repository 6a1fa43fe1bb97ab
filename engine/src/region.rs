//! Assignment into a region of a stored array, with any steps.
//!
//! Values follow NumPy's `a[...] = value`: leading axes of length 1 that the region does not have are dropped. A number
//! must fit the type: integers refuse NaN, infinity and values out of range; real types refuse complex numbers. An
//! array is cast without a check of its values. The caller hears when that drops imaginary parts.

use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use arrstore_format::{ArrayId, Codec, Meta, Transaction, strided};

use crate::sink::{Sink, writes_parts};
use crate::source::c_strides;
use crate::spans::advance;
use crate::view::{AxisMap, Index, View};
use crate::{DType, Error, Expr, Kind, Result};

/// A region of a stored array. If a step is not 1, it is written element by element.
///
/// A box of the region is a box of the array, perhaps with gaps. For each chunk that the box touches, the sink reads
/// the elements between, lays the elements of the region over them, and writes the result back. Boxes of the region
/// that share no element become boxes of the array that share none, for any steps, so several boxes are written at a
/// time. Two regions may interlace, so their boxes take turns.
pub(crate) struct RegionSink {
    /// `None` when the region is only planned.
    place: Option<(Arc<Transaction>, ArrayId)>,
    meta: Meta,
    /// For each axis of the array, the source of its index.
    maps: Vec<AxisMap>,
    shape: Vec<u64>,
    /// Whether the region consists of whole chunks, so that each is written once.
    whole: bool,
    /// The turn of regions that are written at the same time; `None` for a region that is written alone.
    turn: Option<Arc<Mutex<()>>>,
}

/// The part of one axis of the array that a box of the region covers.
struct Cover {
    /// The lowest index in the array.
    first: u64,
    /// Distance between neighbours; 1 for a single element.
    step: u64,
    count: u64,
    /// Stride of the data along this axis for ascending indices of the array, and the offset of the first element.
    stride: isize,
    begin: isize,
}

impl Cover {
    fn last(&self) -> Option<u64> {
        Some(self.first + self.step * self.count.checked_sub(1)?)
    }

    /// Whether both cover a common index.
    fn meets(&self, other: &Cover) -> bool {
        let (wide, narrow) = if self.step >= other.step { (self, other) } else { (other, self) };
        let (Some(wide_last), Some(narrow_last)) = (wide.last(), narrow.last()) else { return false };
        let begin = narrow.first.saturating_sub(wide.first).div_ceil(wide.step);
        // After `narrow.step` candidates the remainders repeat.
        (begin..begin.saturating_add(narrow.step))
            .map_while(|k| wide.step.checked_mul(k)?.checked_add(wide.first))
            .take_while(|&index| index <= wide_last.min(narrow_last))
            .any(|index| (index - narrow.first).is_multiple_of(narrow.step))
    }
}

impl RegionSink {
    /// The region of an array that `subscript` names. Regions that are written at the same time share a `turn`.
    pub(crate) fn new(
        place: Option<(Arc<Transaction>, ArrayId)>,
        meta: Meta,
        subscript: &[Index],
        turn: Option<Arc<Mutex<()>>>,
    ) -> Result<RegionSink> {
        let (view, shape) = View::subscript(&meta.shape, subscript)?;
        let along = |(k, map): (usize, &AxisMap)| match *map {
            AxisMap::Along { axis, start, step: 1 } if axis == k => {
                let (end, chunk) = (start as u64 + shape[k], meta.chunk_shape[k]);
                (start as u64).is_multiple_of(chunk) && (end == meta.shape[k] || end.is_multiple_of(chunk))
            }
            _ => false,
        };
        let whole =
            shape.len() == meta.ndim() && view.0.iter().enumerate().all(along) && !writes_parts(&meta);
        Ok(RegionSink { place, meta, maps: view.0, shape, whole, turn })
    }

    /// Whether an element of the array lies in both regions.
    pub(crate) fn meets(&self, other: &RegionSink) -> bool {
        let all = |sink: &RegionSink| sink.covers(&vec![0; sink.shape.len()], &sink.shape);
        all(self).iter().zip(&all(other)).all(|(a, b)| a.meets(b))
    }

    /// `value`, cast and broadcast to the region, and whether that drops imaginary parts.
    pub(crate) fn fitted(&self, value: &Expr, subscript: &[Index]) -> Result<(Expr, bool)> {
        let lone = !subscript.is_empty() && subscript.iter().all(|part| matches!(part, Index::At(_)));
        if lone && self.shape.is_empty() && value.ndim() > 0 {
            return Err(Error::Shape(format!(
                "an array with {} axes cannot be broadcast to a single element; take one element of it, as with [0]",
                value.ndim()
            )));
        }
        let dtype = self.meta.dtype;
        let drops =
            value.dtype().kind() == Kind::Complex && !matches!(dtype.kind(), Kind::Complex | Kind::Bool);
        let mut fitted = value.cast(dtype)?;
        let more = value.ndim().saturating_sub(self.shape.len());
        let ones = value.shape().iter().take(more).take_while(|&&n| n == 1).count();
        if ones > 0 {
            fitted = fitted.squeeze(Some(&(0..ones as i64).collect::<Vec<_>>()))?;
        }
        Ok((fitted.broadcast_to(&self.shape)?, drops))
    }

    fn covers(&self, start: &[u64], shape: &[u64]) -> Vec<Cover> {
        let item = self.meta.dtype.size();
        let strides = c_strides(shape, item);
        let cover = |map: &AxisMap| match *map {
            AxisMap::At(index) => Cover { first: index, step: 1, count: 1, stride: 0, begin: 0 },
            AxisMap::Along { axis, start: origin, step } => {
                let at = |i: u64| (origin + step * i as i64) as u64;
                let (from, count) = (start[axis], shape[axis]);
                let last = from + count.saturating_sub(1);
                let stride = strides[axis];
                if step > 0 {
                    Cover { first: at(from), step: step.unsigned_abs(), count, stride, begin: 0 }
                } else {
                    let begin = stride * count.saturating_sub(1) as isize;
                    Cover { first: at(last), step: step.unsigned_abs(), count, stride: -stride, begin }
                }
            }
        };
        self.maps.iter().map(cover).collect()
    }

    /// Writes the elements of `covers` that lie in the chunk whose box is `chunk`.
    fn write_chunk(
        &self,
        covers: &[Cover],
        chunk: &[Range<u64>],
        data: &[u8],
        buffer: &mut Vec<u8>,
    ) -> Result<()> {
        let Some((transaction, id)) = &self.place else {
            return Err(Error::Value(
                "this output was opened for planning only, so nothing can be written to it".into(),
            ));
        };
        let item = self.meta.dtype.size();
        let (mut start, mut extent, mut counts) = (Vec::new(), Vec::new(), Vec::new());
        let (mut from, mut from_strides, mut gaps) = (0isize, Vec::new(), Vec::new());
        for (cover, chunk) in covers.iter().zip(chunk) {
            // The elements i of the cover with first + step * i inside the chunk.
            let low = chunk.start.saturating_sub(cover.first).div_ceil(cover.step);
            let high = chunk.end.saturating_sub(cover.first).div_ceil(cover.step).min(cover.count);
            if low >= high {
                return Ok(());
            }
            let count = high - low;
            start.push(cover.first + cover.step * low);
            extent.push((count - 1) * cover.step + 1);
            counts.push(count as usize);
            from += cover.begin + cover.stride * low as isize;
            from_strides.push(cover.stride);
            gaps.push(if count == 1 { 1 } else { cover.step });
        }
        let bytes = extent.iter().product::<u64>() as usize * item;
        buffer.resize(bytes, 0);
        if gaps.iter().any(|&g| g > 1) {
            transaction.read(*id, &start, &extent, buffer)?;
        }
        let box_strides = c_strides(&extent, item);
        let to_strides: Vec<isize> = box_strides.iter().zip(&gaps).map(|(s, &g)| s * g as isize).collect();
        strided::copy(item, &counts, data, from as usize, &from_strides, buffer, 0, &to_strides);
        Ok(transaction.write(*id, &start, &extent, buffer)?)
    }
}

impl Sink for RegionSink {
    fn dtype(&self) -> DType {
        self.meta.dtype
    }
    fn shape(&self) -> &[u64] {
        &self.shape
    }
    fn chunk_shape(&self) -> Option<&[u64]> {
        self.whole.then_some(&self.meta.chunk_shape)
    }
    fn encodes(&self) -> bool {
        self.meta.codec != Codec::None
    }
    fn scratch_bytes(&self) -> usize {
        self.meta.chunk_bytes().saturating_add(self.meta.encode_scratch())
    }
    fn write(&self, start: &[u64], shape: &[u64], data: &[u8]) -> Result<()> {
        if shape.contains(&0) {
            return Ok(());
        }
        let covers = self.covers(start, shape);
        let size = &self.meta.chunk_shape;
        let spans: Vec<Range<u64>> = covers
            .iter()
            .zip(size)
            .map(|(c, &size)| c.first / size..(c.first + c.step * (c.count - 1)) / size + 1)
            .collect();
        let turn = self.turn.as_ref();
        let _turn = turn.map(|turn| turn.lock().unwrap_or_else(PoisonError::into_inner));
        let mut buffer = Vec::new();
        let mut index: Vec<u64> = spans.iter().map(|s| s.start).collect();
        loop {
            let chunk: Vec<Range<u64>> = index.iter().zip(size).map(|(&i, &n)| i * n..(i + 1) * n).collect();
            self.write_chunk(&covers, &chunk, data, &mut buffer)?;
            if !advance(&mut index, &spans) {
                return Ok(());
            }
        }
    }
    fn label(&self) -> String {
        format!("{} (region)", self.meta.name)
    }
}

#[cfg(test)]
mod tests {
    use super::Cover;

    #[test]
    fn covers_meet_where_an_index_is_in_both() {
        for k in 0..4096u64 {
            let cover =
                |k: u64| Cover { first: k % 4, step: 1 + k / 4 % 4, count: k / 16 % 4, stride: 0, begin: 0 };
            let (a, b) = (cover(k % 64), cover(k / 64));
            let indices = |c: &Cover| (0..c.count).map(|i| c.first + c.step * i).collect::<Vec<_>>();
            let both = indices(&a).iter().any(|i| indices(&b).contains(i));
            assert_eq!(a.meets(&b), both, "{:?} {:?}", indices(&a), indices(&b));
        }
    }
}

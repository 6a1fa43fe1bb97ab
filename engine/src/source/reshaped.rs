//! A single chunk under another shape, without moving elements.

use std::ops::Range;
use std::sync::Arc;

use super::{Located, Source};
use crate::view::{AxisMap, View};
use crate::{DType, Result};

/// A view of a source of one chunk, under another shape.
#[derive(Debug)]
pub struct Reshaped {
    inner: Arc<dyn Source>,
    shape: Vec<u64>,
    chunk: Vec<u64>,
    strides: Vec<isize>,
    offset: usize,
}

impl Reshaped {
    /// The elements of `inner` as an array of `shape`. The view `view` of `inner` has the shape `from`, with as many
    /// elements as `shape`. The result is `None` if elements would have to move, or if `inner` has several chunks.
    pub fn new(inner: &Arc<dyn Source>, view: &View, from: &[u64], shape: &[u64]) -> Option<Reshaped> {
        if inner.shape().iter().zip(inner.chunk_shape()).any(|(n, c)| n > c) {
            return None;
        }
        let mut offset = inner.offset() as isize;
        let mut strides = vec![0; from.len()];
        for (map, &stride) in view.0.iter().zip(inner.strides()) {
            match *map {
                AxisMap::At(k) => offset += k as isize * stride,
                AxisMap::Along { axis, start, step } => {
                    offset += start as isize * stride;
                    *strides.get_mut(axis)? = step as isize * stride;
                }
            }
        }
        Some(Reshaped {
            inner: inner.clone(),
            chunk: shape.iter().map(|&n| n.max(1)).collect(),
            strides: reshaped_strides(from, &strides, shape, inner.dtype().size())?,
            offset: usize::try_from(offset).ok()?,
            shape: shape.to_vec(),
        })
    }

    /// The only chunk of the source underneath.
    fn inner<'a>(&self, chunk: &'a Located<'_>) -> Located<'a> {
        let data = match &chunk.data {
            super::Data::Constant(v) => super::Data::Constant(v.clone()),
            super::Data::InPlace(b) => super::Data::InPlace(b),
            super::Data::Encoded => super::Data::Encoded,
        };
        Located { data, index: vec![0; self.inner.shape().len()], stored: chunk.stored.clone() }
    }
}

impl Source for Reshaped {
    fn dtype(&self) -> DType {
        self.inner.dtype()
    }
    fn shape(&self) -> &[u64] {
        &self.shape
    }
    fn chunk_shape(&self) -> &[u64] {
        &self.chunk
    }
    fn strides(&self) -> &[isize] {
        &self.strides
    }
    fn offset(&self) -> usize {
        self.offset
    }
    fn label(&self) -> String {
        self.inner.label()
    }
    fn in_place(&self) -> bool {
        self.inner.in_place()
    }
    fn chunk_bytes(&self) -> usize {
        self.inner.chunk_bytes()
    }
    fn scratch_bytes(&self) -> usize {
        self.inner.scratch_bytes()
    }
    fn locate(&self, index: &[u64]) -> Result<Located<'_>> {
        let mut chunk = self.inner.locate(&vec![0; self.inner.shape().len()])?;
        chunk.index = index.to_vec();
        Ok(chunk)
    }
    fn decode(&self, chunk: &Located<'_>, out: &mut [u8]) -> Result<()> {
        self.inner.decode(&self.inner(chunk), out)
    }
    fn read(&self, chunk: &Located<'_>, start: usize, out: &mut [u8]) -> Result<()> {
        self.inner.read(&self.inner(chunk), start, out)
    }
    fn has_checksums(&self) -> bool {
        self.inner.has_checksums()
    }
    fn check(&self, chunk: &Located<'_>, bytes: Range<usize>) -> Result<()> {
        self.inner.check(&self.inner(chunk), bytes)
    }
    fn check_read(&self, chunk: &Located<'_>, start: usize, bytes: &[u8]) -> Result<()> {
        self.inner.check_read(&self.inner(chunk), start, bytes)
    }
    fn intact(&self) -> Result<()> {
        self.inner.intact()
    }
    fn bring(&self, chunk: &Located<'_>, bytes: Range<usize>) {
        self.inner.bring(&self.inner(chunk), bytes);
    }
    fn expect(&self, chunk: &Located<'_>, bytes: Range<usize>) {
        self.inner.expect(&self.inner(chunk), bytes);
    }
    fn holds(&self, chunk: &Located<'_>, bytes: Range<usize>) -> bool {
        self.inner.holds(&self.inner(chunk), bytes)
    }
    fn release(&self, chunk: &Located<'_>, bytes: Range<usize>) {
        self.inner.release(&self.inner(chunk), bytes);
    }
    fn release_all(&self) {
        self.inner.release_all();
    }
    fn is_stored(&self) -> bool {
        self.inner.is_stored()
    }
    fn is_mapped(&self) -> bool {
        self.inner.is_mapped()
    }
}

/// The strides that give an array of shape `from` the shape `to`, in C order of both; `None` if there are no such
/// strides. As in NumPy, axes are split into the smallest groups with equally many elements on both sides. A group must
/// be evenly strided, and is then divided into its new axes.
fn reshaped_strides(from: &[u64], strides: &[isize], to: &[u64], item: usize) -> Option<Vec<isize>> {
    let old: Vec<(u64, isize)> =
        from.iter().copied().zip(strides.iter().copied()).filter(|(n, _)| *n != 1).collect();
    if old.iter().any(|(_, stride)| *stride == 0) {
        return None;
    }
    let mut out = vec![item as isize; to.len()];
    let (mut i, mut k) = (0, 0);
    while i < old.len() && k < to.len() {
        let (first, group) = (i, k);
        let (mut have, mut want) = (old[i].0, to[k]);
        while have != want {
            if have < want {
                i += 1;
                have *= old.get(i)?.0;
            } else {
                k += 1;
                want *= to.get(k)?;
            }
        }
        if old[first..=i].windows(2).any(|w| w[0].1 != w[1].1 * w[1].0 as isize) {
            return None;
        }
        let mut step = old[i].1;
        for axis in (group..=k).rev() {
            out[axis] = step;
            step *= to[axis] as isize;
        }
        i += 1;
        k += 1;
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strides_as_in_numpy() {
        let c = |from: &[u64], strides: &[isize], to: &[u64]| reshaped_strides(from, strides, to, 1);
        assert_eq!(c(&[7, 5, 6], &[30, 6, 1], &[7, 30]), Some(vec![30, 1]));
        assert_eq!(c(&[7, 5, 6], &[30, 6, 1], &[1, 210, 1]), Some(vec![210, 1, 1]));
        assert_eq!(c(&[4, 5, 6], &[60, 6, 1], &[4, 5, 3, 2]), Some(vec![60, 6, 2, 1]));
        assert_eq!(c(&[4, 5, 6], &[60, 6, 1], &[20, 6]), None);
        assert_eq!(c(&[6, 4], &[1, 6], &[2, 3, 2, 2]), Some(vec![3, 1, 12, 6]));
        assert_eq!(c(&[6, 4], &[1, 6], &[24]), None);
        assert_eq!(c(&[6], &[-2], &[2, 3]), Some(vec![-6, -2]));
        assert_eq!(c(&[1, 1], &[9, 9], &[1]), Some(vec![1]));
        assert_eq!(c(&[3, 2], &[0, 1], &[6]), None);
    }
}

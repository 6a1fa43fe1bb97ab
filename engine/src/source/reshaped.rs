//! The bytes of another source's chunks as other elements: under another shape, or as a field of records. No element
//! moves.

use std::ops::Range;
use std::sync::Arc;

use arrstore_format::Field;

use super::{Data, Located, Source, c_strides};
use crate::view::{AxisMap, View};
use crate::{DType, Result};

/// A source of one chunk under another shape, or a field of a source of records.
#[derive(Debug)]
pub struct Reshaped {
    inner: Arc<dyn Source>,
    dtype: DType,
    /// The bytes of an element within one of the inner source, for chunks of one value; `None` if one such value gives
    /// several different elements.
    within: Option<Range<usize>>,
    /// Whether the inner source is one chunk. Otherwise its chunks are those of this source.
    single: bool,
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
        let dtype = inner.dtype();
        Some(Reshaped {
            inner: inner.clone(),
            dtype,
            within: Some(0..dtype.size()),
            single: true,
            chunk: shape.iter().map(|&n| n.max(1)).collect(),
            strides: reshaped_strides(from, &strides, shape, inner.dtype().size())?,
            offset: usize::try_from(offset).ok()?,
            shape: shape.to_vec(),
        })
    }

    /// The field of the records of `inner`. A field of several elements has axes of its own, behind those of the records.
    pub fn field(inner: &Arc<dyn Source>, field: &Field) -> Reshaped {
        let own: Vec<u64> = field.shape.iter().map(|&n| n.into()).collect();
        let begin = field.offset as usize;
        let join = |outer: &[u64]| [outer, &own[..]].concat();
        Reshaped {
            dtype: field.dtype,
            within: own.is_empty().then(|| begin..begin + field.dtype.size()),
            single: false,
            shape: join(inner.shape()),
            chunk: join(inner.chunk_shape()),
            strides: [inner.strides(), &c_strides(&own, field.dtype.size())[..]].concat(),
            offset: inner.offset() + begin,
            inner: inner.clone(),
        }
    }

    fn inner_index(&self, index: &[u64]) -> Vec<u64> {
        let ndim = self.inner.shape().len();
        if self.single { vec![0; ndim] } else { index.iter().take(ndim).copied().collect() }
    }

    /// The chunk of the source underneath.
    fn inner<'a>(&self, chunk: &'a Located<'_>) -> Located<'a> {
        let data = match &chunk.data {
            Data::Constant(v) => Data::Constant(v.clone()),
            Data::InPlace(b) => Data::InPlace(b),
            Data::Encoded => Data::Encoded,
        };
        Located { data, index: self.inner_index(&chunk.index), stored: chunk.stored.clone() }
    }
}

impl Source for Reshaped {
    fn dtype(&self) -> DType {
        self.dtype
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
        // a value that gives several elements is unpacked into a chunk
        self.inner.in_place() && (self.within.is_some() || !self.inner.has_values())
    }
    fn has_values(&self) -> bool {
        self.inner.has_values()
    }
    fn key(&self) -> Option<Vec<u8>> {
        let inner =
            self.inner.key().unwrap_or_else(|| Arc::as_ptr(&self.inner).addr().to_le_bytes().to_vec());
        let numbers = self.shape.iter().copied().chain(self.strides.iter().map(|&s| s as u64));
        let own = numbers.chain([self.offset as u64]).flat_map(u64::to_le_bytes);
        Some(inner.into_iter().chain(own).collect())
    }
    fn chunk_bytes(&self) -> usize {
        self.inner.chunk_bytes()
    }
    fn scratch_bytes(&self) -> usize {
        self.inner.scratch_bytes()
    }
    fn locate(&self, index: &[u64]) -> Result<Located<'_>> {
        let mut chunk = self.inner.locate(&self.inner_index(index))?;
        chunk.index = index.to_vec();
        if let Data::Constant(value) = &chunk.data {
            chunk.data = match &self.within {
                Some(within) => Data::Constant(value.get(within.clone()).unwrap_or_default().to_vec()),
                None => Data::Encoded,
            };
        }
        Ok(chunk)
    }
    fn decode(&self, chunk: &Located<'_>, out: &mut [u8]) -> Result<()> {
        let inner = self.inner(chunk);
        if self.within.is_none()
            && let Data::Constant(value) = self.inner.locate(&inner.index)?.data
        {
            out.chunks_exact_mut(value.len().max(1)).for_each(|element| element.copy_from_slice(&value));
            return Ok(());
        }
        self.inner.decode(&inner, out)
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

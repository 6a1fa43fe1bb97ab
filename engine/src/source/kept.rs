//! Results that a pass has kept in memory while their number was counted.

use super::{Data, Located, Source, c_strides};
use crate::budget::Hold;
use crate::{Buffer, DType, Result};

/// An array in memory, in chunks along its first axis.
#[derive(Debug)]
pub(crate) struct Kept {
    dtype: DType,
    shape: Vec<u64>,
    chunk: Vec<u64>,
    strides: Vec<isize>,
    bytes: Buffer,
    hold: Hold,
}

impl Kept {
    /// The array whose elements are `parts`, one after the other in C order. A chunk has `chunk` elements; it takes all
    /// of every axis but the first. `hold` is the memory of the array: see [`Kept::size`].
    ///
    /// # Errors
    /// When memory is short.
    pub(crate) fn new(
        dtype: DType,
        shape: &[u64],
        chunk: &[u64],
        parts: impl Iterator<Item = Vec<u8>>,
        hold: Hold,
    ) -> Result<Kept> {
        let mut bytes = Buffer::new(Kept::size(dtype, shape, chunk) as usize)?;
        let mut room = bytes.bytes_mut();
        for part in parts {
            let Some((here, rest)) = std::mem::take(&mut room).split_at_mut_checked(part.len()) else {
                break;
            };
            here.copy_from_slice(&part);
            room = rest;
        }
        let strides = c_strides(chunk, dtype.size());
        Ok(Kept { dtype, shape: shape.to_vec(), chunk: chunk.to_vec(), strides, bytes, hold })
    }

    /// Bytes of such an array: the last chunk is as long as the others.
    pub(crate) fn size(dtype: DType, shape: &[u64], chunk: &[u64]) -> u64 {
        let each = chunk.iter().product::<u64>() * dtype.size() as u64;
        let length = shape.first().copied().unwrap_or(1);
        length.div_ceil(chunk.first().copied().unwrap_or(1).max(1)).max(1) * each
    }
}

impl Source for Kept {
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
    fn label(&self) -> String {
        "selected elements in memory".into()
    }
    fn in_place(&self) -> bool {
        true
    }
    fn has_values(&self) -> bool {
        false
    }
    fn chunk_bytes(&self) -> usize {
        self.chunk.iter().product::<u64>() as usize * self.dtype.size()
    }
    fn locate(&self, index: &[u64]) -> Result<Located<'_>> {
        let first = index.first().copied().unwrap_or(0) as usize * self.chunk_bytes();
        let bytes = self.bytes.bytes().get(first..first + self.chunk_bytes()).unwrap_or_default();
        Ok(Located::new(index, Data::InPlace(bytes)))
    }
    fn hold(&self) -> Option<&Hold> {
        Some(&self.hold)
    }
}

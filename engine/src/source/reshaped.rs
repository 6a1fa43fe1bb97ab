//! One C-ordered piece seen under another shape.

use std::ops::Range;
use std::sync::Arc;

use super::{Located, Source, c_strides};
use crate::{DType, Result};

/// A source in one C-ordered piece, under another shape.
#[derive(Debug)]
pub struct Reshaped {
    inner: Arc<dyn Source>,
    shape: Vec<u64>,
    chunk: Vec<u64>,
    strides: Vec<isize>,
}

impl Reshaped {
    /// `inner` as an array of `shape`, which must have as many elements; `None` when it does not lie in one
    /// C-ordered piece.
    pub fn new(inner: &Arc<dyn Source>, shape: &[u64]) -> Option<Reshaped> {
        let item = inner.dtype().size();
        let one_piece =
            inner.shape().iter().zip(inner.chunk_shape()).all(|(n, c)| n == c || (*n == 0 && *c == 1));
        let c_order = inner
            .strides()
            .iter()
            .zip(c_strides(inner.shape(), item))
            .zip(inner.shape())
            .all(|((&s, c), &n)| s == c || n <= 1);
        (one_piece && c_order).then(|| Reshaped {
            inner: inner.clone(),
            shape: shape.to_vec(),
            chunk: shape.iter().map(|&n| n.max(1)).collect(),
            strides: c_strides(shape, item),
        })
    }

    /// The chunk underneath: the only one.
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
        self.inner.offset()
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
    fn check(&self, chunk: &Located<'_>, bytes: Range<usize>) -> Result<()> {
        self.inner.check(&self.inner(chunk), bytes)
    }
    fn prefetch(&self, chunk: &Located<'_>) {
        self.inner.prefetch(&self.inner(chunk));
    }
    fn release(&self, chunk: &Located<'_>, bytes: Range<usize>) {
        self.inner.release(&self.inner(chunk), bytes);
    }
}

//! Results in an `.arrs` file.

use std::sync::Arc;

use arrstore_format::{ArrayId, Codec, Meta, Transaction};

use super::Sink;
use crate::{DType, Error, Result};

/// An array of a transaction. The caller commits the transaction after a successful run.
#[derive(Debug)]
pub struct StoredSink {
    /// `None` when the array is only planned.
    place: Option<(Arc<Transaction>, ArrayId)>,
    label: String,
    dtype: DType,
    shape: Vec<u64>,
    chunk: Vec<u64>,
    /// Axes of a chunk, outermost first.
    order: Vec<usize>,
    /// Whether chunks are written in parts.
    parts: bool,
    scratch: usize,
    encodes: bool,
}

/// A raw chunk of more bytes than this is written in parts.
const WHOLE: usize = 16 << 20;

/// Whether the chunks of an array are written in parts: raw chunks too large for memory to hold several.
pub(crate) fn writes_parts(meta: &Meta) -> bool {
    meta.takes_parts() && meta.chunk_bytes() > WHOLE
}

impl StoredSink {
    /// Writes to the array `id` of `transaction`.
    ///
    /// # Errors
    /// When the transaction has no such array.
    pub fn new(transaction: Arc<Transaction>, id: ArrayId) -> Result<StoredSink> {
        let meta = transaction.meta(id)?;
        Ok(StoredSink { place: Some((transaction, id)), ..StoredSink::planned(&meta, &meta.name) })
    }

    /// Stands for an array that is described and not written: a plan for it can be explained.
    pub(crate) fn planned(meta: &Meta, label: &str) -> StoredSink {
        let parts = writes_parts(meta);
        StoredSink {
            place: None,
            label: label.to_owned(),
            dtype: meta.dtype,
            shape: meta.shape.clone(),
            chunk: meta.chunk_shape.clone(),
            order: meta.order.iter().map(|&axis| axis.into()).collect(),
            parts,
            scratch: if parts { 0 } else { meta.encode_scratch() },
            encodes: meta.codec != Codec::None,
        }
    }
}

impl Sink for StoredSink {
    fn dtype(&self) -> DType {
        self.dtype
    }
    fn shape(&self) -> &[u64] {
        &self.shape
    }
    fn chunk_shape(&self) -> Option<&[u64]> {
        (!self.parts).then_some(&self.chunk)
    }
    fn element_strides(&self) -> Vec<u64> {
        let mut strides = vec![1; self.chunk.len()];
        let mut step = 1u64;
        for &axis in self.order.iter().rev() {
            strides[axis] = step;
            step = step.saturating_mul(self.chunk[axis]);
        }
        strides
    }
    fn copies_boxes(&self) -> bool {
        self.parts
    }
    fn scratch_bytes(&self) -> usize {
        self.scratch
    }
    fn encodes(&self) -> bool {
        self.encodes
    }
    fn write(&self, start: &[u64], shape: &[u64], data: &[u8]) -> Result<()> {
        match &self.place {
            Some((transaction, id)) => Ok(transaction.write(*id, start, shape, data)?),
            None => Err(Error::Value(
                "this output was opened for planning only, so nothing can be written to it".into(),
            )),
        }
    }
    fn label(&self) -> String {
        self.label.clone()
    }
}

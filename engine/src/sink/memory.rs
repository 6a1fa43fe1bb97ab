//! Results in memory.

use std::sync::{Mutex, MutexGuard, PoisonError};

use arrstore_format::strided;

use super::Sink;
use crate::source::{Value, c_strides, elements};
use crate::{Buffer, DType, Result};

/// A result collected in memory.
#[derive(Debug)]
pub struct MemorySink {
    dtype: DType,
    shape: Vec<u64>,
    strides: Vec<isize>,
    len: usize,
    /// Empty until the first write.
    bytes: Mutex<Buffer>,
}

impl MemorySink {
    /// A sink for an array. Take the array's bytes from the budget first.
    ///
    /// # Errors
    /// When the array is larger than any memory.
    pub fn new(dtype: DType, shape: &[u64]) -> Result<MemorySink> {
        Ok(MemorySink {
            dtype,
            shape: shape.to_vec(),
            strides: c_strides(shape, dtype.size()),
            len: elements(shape)? as usize * dtype.size(),
            bytes: Mutex::default(),
        })
    }

    /// The collected elements, with zeros where nothing was written.
    ///
    /// # Errors
    /// As [`Value::new`], and when memory is short.
    pub fn into_value(self) -> Result<Value> {
        let mut bytes = self.bytes.into_inner().unwrap_or_else(PoisonError::into_inner);
        if bytes.is_empty() {
            bytes = Buffer::new(self.len)?;
        }
        Value::new(self.dtype, &self.shape, bytes)
    }
}

impl Sink for MemorySink {
    fn dtype(&self) -> DType {
        self.dtype
    }
    fn shape(&self) -> &[u64] {
        &self.shape
    }
    fn chunk_shape(&self) -> Option<&[u64]> {
        None
    }
    fn write(&self, start: &[u64], shape: &[u64], data: &[u8]) -> Result<()> {
        let item = self.dtype.size();
        let offset: isize = start.iter().zip(&self.strides).map(|(&i, s)| i as isize * s).sum();
        let shape: Vec<usize> = shape.iter().map(|&n| n as usize).collect();
        let from = strided::c_strides(&shape, item);
        let mut bytes = self.bytes.lock().unwrap_or_else(PoisonError::into_inner);
        if bytes.is_empty() {
            *bytes = Buffer::new(self.len)?;
        }
        strided::copy(item, &shape, data, 0, &from, bytes.bytes_mut(), offset as usize, &self.strides);
        Ok(())
    }
    fn memory(&self) -> Result<Option<MutexGuard<'_, Buffer>>> {
        let mut bytes = self.bytes.lock().unwrap_or_else(PoisonError::into_inner);
        bytes.reserve(self.len)?;
        Ok(Some(bytes))
    }
    fn label(&self) -> String {
        "memory".into()
    }
}

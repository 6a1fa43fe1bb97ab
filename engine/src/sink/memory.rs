//! Results in memory.

use std::sync::{Mutex, PoisonError};

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
    bytes: Mutex<Buffer>,
}

impl MemorySink {
    /// Room for an array; its bytes must have been taken from the budget.
    ///
    /// # Errors
    /// When memory is short.
    pub fn new(dtype: DType, shape: &[u64]) -> Result<MemorySink> {
        let bytes = elements(shape)? as usize * dtype.size();
        Ok(MemorySink {
            dtype,
            shape: shape.to_vec(),
            strides: c_strides(shape, dtype.size()),
            bytes: Mutex::new(Buffer::new(bytes)?),
        })
    }

    /// What was collected.
    ///
    /// # Errors
    /// As [`Value::new`].
    pub fn into_value(self) -> Result<Value> {
        let bytes = self.bytes.into_inner().unwrap_or_else(PoisonError::into_inner);
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
        strided::copy(item, &shape, data, 0, &from, bytes.bytes_mut(), offset as usize, &self.strides);
        Ok(())
    }
    fn label(&self) -> String {
        "memory".into()
    }
}

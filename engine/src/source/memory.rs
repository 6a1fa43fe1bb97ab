//! Arrays in memory.

use std::sync::Arc;

use super::{Data, Located, Source, c_strides, elements};
use crate::budget::Hold;
use crate::{Buffer, DType, Error, Result};

/// An array in memory, in C order: the result of a computation, or an input of one.
#[derive(Clone, Debug)]
pub struct Value {
    dtype: DType,
    shape: Vec<u64>,
    chunk: Vec<u64>,
    strides: Vec<isize>,
    bytes: Arc<Buffer>,
    hold: Option<Arc<Hold>>,
}

impl Value {
    /// An array of `shape` with the elements `bytes`, little-endian and in C order.
    ///
    /// # Errors
    /// When the number of bytes does not match the shape.
    pub fn new(dtype: DType, shape: &[u64], bytes: Buffer) -> Result<Value> {
        let expected = elements(shape)?.saturating_mul(dtype.size() as u64);
        if bytes.len() as u64 != expected {
            return Err(Error::Shape(format!(
                "an array of shape {} and type {dtype} has {expected} bytes, found {}",
                crate::view::show(shape),
                bytes.len()
            )));
        }
        Ok(Value {
            dtype,
            chunk: shape.iter().map(|&n| n.max(1)).collect(),
            strides: c_strides(shape, dtype.size()),
            shape: shape.to_vec(),
            bytes: Arc::new(bytes),
            hold: None,
        })
    }

    /// The same array, whose memory `hold` takes from a budget.
    pub(crate) fn holding(self, hold: Hold) -> Value {
        Value { hold: Some(Arc::new(hold)), ..self }
    }

    /// The buffer of the elements, if no clone of the value shares it.
    #[doc(hidden)]
    pub fn into_buffer(self) -> Option<Buffer> {
        Arc::into_inner(self.bytes)
    }

    /// Copies `bytes`, as [`Value::new`].
    ///
    /// # Errors
    /// As [`Value::new`].
    pub fn copied_from(dtype: DType, shape: &[u64], bytes: &[u8]) -> Result<Value> {
        let mut buffer = Buffer::unfilled(bytes.len())?;
        buffer.bytes_mut().copy_from_slice(bytes);
        Value::new(dtype, shape, buffer)
    }

    /// Copies an `ndarray` of any layout.
    ///
    /// # Errors
    /// When memory is short.
    pub fn from_ndarray<T, D>(array: &ndarray::ArrayRef<T, D>) -> Result<Value>
    where
        T: arrstore_format::Element,
        D: ndarray::Dimension,
    {
        let shape: Vec<u64> = array.shape().iter().map(|&n| n as u64).collect();
        let mut buffer = Buffer::unfilled(array.len() * size_of::<T>())?;
        let out: &mut [T] = bytemuck::cast_slice_mut(buffer.bytes_mut());
        for (to, from) in out.iter_mut().zip(array) {
            *to = *from;
        }
        Value::new(T::DTYPE, &shape, buffer)
    }

    /// The array as an `ndarray` view, without a copy.
    ///
    /// # Errors
    /// When `T` is not the element type.
    pub fn view<T: arrstore_format::Element>(&self) -> Result<ndarray::ArrayViewD<'_, T>> {
        if T::DTYPE != self.dtype {
            return Err(Error::dtype("view", self.dtype, T::DTYPE));
        }
        let shape: Vec<usize> = self.shape.iter().map(|&n| n as usize).collect();
        let elements = bytemuck::try_cast_slice(self.bytes()).map_err(|e| Error::Other(e.to_string()))?;
        ndarray::ArrayViewD::from_shape(shape, elements).map_err(|e| Error::Shape(e.to_string()))
    }

    /// Type of the elements.
    pub fn dtype(&self) -> DType {
        self.dtype
    }

    /// Elements along each axis.
    pub fn shape(&self) -> &[u64] {
        &self.shape
    }

    /// The elements in C order, little-endian.
    pub fn bytes(&self) -> &[u8] {
        self.bytes.bytes()
    }
}

impl Source for Value {
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
        "an array in memory".into()
    }
    fn in_place(&self) -> bool {
        true
    }
    fn hold(&self) -> Option<&Hold> {
        self.hold.as_deref()
    }
    fn has_values(&self) -> bool {
        false
    }
    fn chunk_bytes(&self) -> usize {
        self.bytes.len()
    }
    fn locate(&self, index: &[u64]) -> Result<Located<'_>> {
        Ok(Located::new(index, Data::InPlace(self.bytes())))
    }
}

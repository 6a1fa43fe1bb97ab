//! Views of arrays in place, without a copy.

use ndarray::{ArrayViewD, IxDyn, ShapeBuilder};

use crate::{DType, Element};

/// Why an array or a chunk cannot be viewed in place.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ViewError {
    /// Elements of another type.
    #[error("expected elements of {expected}, found {found}")]
    DType {
        /// The element type of the array.
        expected: DType,
        /// The element type asked for.
        found: DType,
    },
    /// An array of several chunks.
    #[error("it has {count} chunks; view one chunk at a time, or store it in one chunk")]
    SeveralChunks {
        /// Number of chunks.
        count: u64,
    },
    /// Chunks that are packed or shuffled.
    #[error("its chunks are packed or shuffled; store it with codec none and without shuffle")]
    Encoded,
    /// A chunk without elements in the file.
    #[error("its chunk is missing or constant, so its elements are not in the file")]
    NoPayload,
    /// A storage that cannot be mapped.
    #[error("its storage cannot be mapped")]
    Unmappable,
    /// A big-endian machine.
    #[error("this machine is not little-endian")]
    ByteOrder,
    /// A shape that does not fit the address space.
    #[error("shape and strides do not match: {0}")]
    Shape(String),
}

/// Elements of a chunk as an `ndarray` of `shape`, with `strides` in bytes.
pub(crate) fn elements<'a, T: Element>(
    bytes: &'a [u8],
    dtype: DType,
    shape: &[u64],
    strides: &[usize],
) -> Result<ArrayViewD<'a, T>, ViewError> {
    if !T::can_view(dtype) {
        return Err(ViewError::DType { expected: dtype, found: T::DTYPE });
    }
    if cfg!(target_endian = "big") {
        return Err(ViewError::ByteOrder);
    }
    let shape: Vec<usize> = shape.iter().map(|&n| n as usize).collect();
    let strides: Vec<usize> = strides.iter().map(|s| s / dtype.size()).collect();
    if shape.contains(&0) {
        let empty = ArrayViewD::from_shape(IxDyn(&shape), &[]);
        return empty.map_err(|e| ViewError::Shape(e.to_string()));
    }
    let elements = bytemuck::try_cast_slice(bytes).map_err(|e| ViewError::Shape(e.to_string()))?;
    ArrayViewD::from_shape(IxDyn(&shape).strides(IxDyn(&strides)), elements)
        .map_err(|e| ViewError::Shape(e.to_string()))
}

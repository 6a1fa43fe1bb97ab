//! Array metadata: element type, shape, chunks, codec, names of the axes, attributes.

mod block;
mod check;
pub(crate) mod error;
pub(crate) mod limits;

use std::ops::Range;

use crate::attributes::Attributes;
use crate::grid::Grid;
use crate::payload::crc_table::TABLE_ABOVE;
use crate::{Codec, DType, strided};

/// Bytes of the chunks that are stored in parts: large enough for a checksum per block, small enough for a file.
const IN_PARTS: Range<usize> = TABLE_ABOVE as usize + 1..1 << 42;

/// The metadata of an array.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Meta {
    /// The array's path in the file, set by [`crate::Transaction::create_array`].
    pub name: String,
    /// Type of the elements.
    pub dtype: DType,
    /// Elements along each axis.
    pub shape: Vec<u64>,
    /// Elements of one chunk along each axis, at least 1. A chunk may be larger than the array.
    pub chunk_shape: Vec<u64>,
    /// The order of the axes in a chunk, outermost first: `[0, 1]` is C order, `[1, 0]` Fortran order.
    pub order: Vec<u8>,
    /// The codec that packs the chunks.
    pub codec: Codec,
    /// Whether the bytes of a chunk are shuffled before they are packed: grouped by their place in the element.
    pub shuffle: bool,
    /// The bytes of the fill value: the value of elements that were never written.
    pub fill: Vec<u8>,
    /// Names of the axes; `None` for an axis without one.
    pub dims: Vec<Option<String>>,
    /// The attributes: a JSON object.
    pub attributes: Attributes,
}

impl Meta {
    /// An array of `shape` in raw chunks of `chunk_shape`, in C order, filled with zeros.
    pub fn new(dtype: DType, shape: &[u64], chunk_shape: &[u64]) -> Meta {
        Meta {
            name: String::new(),
            dtype,
            shape: shape.to_vec(),
            chunk_shape: chunk_shape.to_vec(),
            order: (0..shape.len() as u8).collect(),
            codec: Codec::None,
            shuffle: false,
            fill: vec![0; dtype.size()],
            dims: vec![None; shape.len()],
            attributes: Attributes::new(),
        }
    }

    /// The same metadata with another codec, with or without shuffle.
    #[must_use]
    pub fn encoded(mut self, codec: Codec, shuffle: bool) -> Meta {
        (self.codec, self.shuffle) = (codec, shuffle);
        self
    }

    /// The number of axes.
    pub fn ndim(&self) -> usize {
        self.shape.len()
    }

    /// The grid of its chunks.
    pub fn grid(&self) -> Grid {
        Grid::new(&self.shape, &self.chunk_shape)
    }

    /// Bytes of a decoded chunk. [`Meta::check`] makes sure that the number fits.
    pub fn chunk_bytes(&self) -> usize {
        let bytes = self.chunk_shape.iter().fold(self.dtype.size() as u64, |n, &c| n.saturating_mul(c));
        usize::try_from(bytes).unwrap_or(usize::MAX)
    }

    /// Bytes from one element of a decoded chunk to the next along each axis.
    pub fn chunk_strides(&self) -> Vec<isize> {
        let shape: Vec<usize> = self.chunk_shape.iter().map(|&n| n as usize).collect();
        strided::strides(&shape, self.dtype.size(), self.order.iter().map(|&axis| usize::from(axis)))
    }

    /// Whether chunks are stored as they are, so that they can be used in place.
    pub fn is_raw(&self) -> bool {
        self.codec == Codec::None && !self.shuffle
    }

    /// Whether the elements of a chunk are in C order.
    pub fn is_c_order(&self) -> bool {
        self.order.iter().enumerate().all(|(k, &axis)| usize::from(axis) == k)
    }

    /// Whether a payload of one array is a payload of the other, for the same chunk: element type, chunk shape, element
    /// order, fill value, codec and filter are equal. The level of a codec may differ.
    pub fn is_like(&self, other: &Meta) -> bool {
        self.dtype == other.dtype
            && self.chunk_shape == other.chunk_shape
            && self.order == other.order
            && self.fill == other.fill
            && self.codec.is_like(other.codec)
            && self.shuffle == other.shuffle
    }

    /// Whether the region of `shape` at `start` consists of whole chunks. At the array's edge, a chunk that hangs over
    /// is whole, too.
    pub fn holds_whole_chunks(&self, start: &[u64], shape: &[u64]) -> bool {
        let axes = start.iter().zip(shape).zip(self.shape.iter().zip(&self.chunk_shape));
        axes.into_iter().all(|((&start, &n), (&whole, &chunk))| {
            let ends = |end: u64| end == whole || end.is_multiple_of(chunk);
            start.is_multiple_of(chunk) && start.checked_add(n).is_some_and(ends)
        })
    }

    /// Whether chunks are stored in parts: raw, and so large that a part is written in place without reading the
    /// rest.
    pub fn takes_parts(&self) -> bool {
        self.is_raw() && IN_PARTS.contains(&self.chunk_bytes())
    }

    /// The most bytes that a thread needs to store one chunk, beside its elements.
    pub fn encode_scratch(&self) -> usize {
        let chunk = self.chunk_bytes();
        let assembled = chunk; // A chunk that is written in part is read, changed and stored.
        let ordered = if self.is_c_order() { 0 } else { chunk };
        let shuffled = if self.shuffle { chunk } else { 0 };
        let packed = match self.codec {
            Codec::None => 0,
            codec => codec.most_stored(self.dtype, chunk).saturating_add(codec.encoder_bytes()),
        };
        assembled.saturating_add(ordered).saturating_add(shuffled).saturating_add(packed)
    }
}

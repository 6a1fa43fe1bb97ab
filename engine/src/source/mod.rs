//! Sources of elements: arrays of chunks that lie in memory or in a map, or have to be decoded.

mod crc;
mod kept;
mod mapped;
mod memory;
mod reshaped;
mod spilled;
mod stored;

use std::fmt::Debug;
use std::ops::Range;

pub use crc::FileCrc;
pub(crate) use kept::Kept;
pub use mapped::Mapped;
pub use memory::Value;
pub use reshaped::Reshaped;
pub(crate) use spilled::Spilled;
pub use stored::Stored;

use crate::budget::Hold;
use crate::{DType, Error, Result};

/// An array of chunks that can be read from several threads.
///
/// Chunks form a regular grid of `chunk_shape`. A chunk at the far edge is as large as the others and padded. An
/// unchunked array is one chunk of its whole shape.
pub trait Source: Send + Sync + Debug {
    /// Type of the elements.
    fn dtype(&self) -> DType;
    /// Elements along each axis.
    fn shape(&self) -> &[u64];
    /// Elements of one chunk along each axis, each at least 1.
    fn chunk_shape(&self) -> &[u64];
    /// Bytes from one element to the next along each axis of a chunk, from [`Source::offset`] on.
    fn strides(&self) -> &[isize];
    /// Offset in bytes of a chunk's first element within the chunk.
    fn offset(&self) -> usize {
        0
    }
    /// A name for messages.
    fn label(&self) -> String;
    /// Whether chunks that hold varied values are read directly from memory or a map, without a buffer.
    fn in_place(&self) -> bool;
    /// Whether a chunk may be one value that stands for all of its elements.
    fn has_values(&self) -> bool {
        true
    }
    /// For a view of another source: bytes that are equal for equal views, which are then read once.
    fn key(&self) -> Option<Vec<u8>> {
        None
    }
    /// Bytes of one decoded chunk.
    fn chunk_bytes(&self) -> usize;
    /// Bytes of memory that [`Source::decode`] needs in addition to its output.
    fn scratch_bytes(&self) -> usize {
        0
    }
    /// Finds the chunk at `index` of the grid, without reading its elements.
    fn locate(&self, index: &[u64]) -> Result<Located<'_>>;
    /// Writes the [`Source::chunk_bytes`] of an encoded chunk to `out`.
    fn decode(&self, chunk: &Located<'_>, out: &mut [u8]) -> Result<()> {
        let _ = (chunk, out);
        Err(Error::Other(format!("{}: holds no encoded chunk", self.label())))
    }
    /// Copies bytes of a chunk in place, starting at byte `start`. It does not map bytes that are stored in a file.
    fn read(&self, chunk: &Located<'_>, start: usize, out: &mut [u8]) -> Result<()> {
        let Data::InPlace(bytes) = chunk.data else {
            return Err(Error::Other(format!("{}: a chunk that is not in place was read", self.label())));
        };
        let wanted = start..start.saturating_add(out.len());
        match bytes.get(wanted.clone()) {
            Some(found) => out.copy_from_slice(found),
            None => {
                let label = self.label();
                return Err(Error::Other(format!(
                    "{label}: bytes {wanted:?} of a chunk of {} were asked for",
                    bytes.len()
                )));
            }
        }
        Ok(())
    }
    /// Whether chunks in place have checksums, or belong to a checksum over more bytes that the source computes along
    /// the way.
    fn has_checksums(&self) -> bool {
        false
    }
    /// Checks the bytes of a chunk in place against their checksums.
    fn check(&self, chunk: &Located<'_>, bytes: Range<usize>) -> Result<()> {
        let _ = (chunk, bytes);
        Ok(())
    }
    /// The same check for `bytes` that [`Source::read`] has copied, which start at byte `start` of the chunk. They
    /// begin and end at a multiple of 64 KiB or with the chunk. For a chunk of up to 1 MiB, `bytes` is the whole chunk.
    fn check_read(&self, chunk: &Located<'_>, start: usize, bytes: &[u8]) -> Result<()> {
        let _ = (chunk, start, bytes);
        Ok(())
    }
    /// Checks at the end that all bytes read so far existed and were correct. A mapped file can be truncated meanwhile,
    /// and a checksum over more than one chunk can be compared only at the end.
    fn intact(&self) -> Result<()> {
        Ok(())
    }
    /// Announces that most bytes in a range of a stored chunk will be read, so that they come from the disk at once.
    fn bring(&self, chunk: &Located<'_>, bytes: Range<usize>) {
        let _ = (chunk, bytes);
    }
    /// Announces that a range of a stored chunk will be read soon, but few of the bytes around it.
    fn expect(&self, chunk: &Located<'_>, bytes: Range<usize>) {
        let _ = (chunk, bytes);
    }
    /// Whether a range of a stored chunk is in memory already, so that it need not come from a disk.
    fn holds(&self, chunk: &Located<'_>, bytes: Range<usize>) -> bool {
        let _ = (chunk, bytes);
        true
    }
    /// Announces that bytes of a chunk in place are not needed for now, so that their pages can leave memory.
    fn release(&self, chunk: &Located<'_>, bytes: Range<usize>) {
        let _ = (chunk, bytes);
    }
    /// Releases all chunks at once, which takes far less time than one chunk after the other.
    fn release_all(&self) {}
    /// The memory of a budget that the source holds.
    #[doc(hidden)]
    fn hold(&self) -> Option<&Hold> {
        None
    }
    /// Whether chunks are read from a file.
    fn is_stored(&self) -> bool {
        self.is_mapped()
    }
    /// Whether elements in place lie in pages of a map, which take memory while they are read.
    fn is_mapped(&self) -> bool {
        false
    }
}

/// A chunk that [`Source::locate`] has found.
#[derive(Debug)]
pub struct Located<'a> {
    /// The content of the chunk.
    pub data: Data<'a>,
    /// The grid index.
    pub index: Vec<u64>,
    /// The place of a stored chunk in its file. Only the chunk's own source uses it.
    pub(crate) stored: Option<arrstore_format::Chunk>,
}

/// The content of a chunk.
#[derive(Debug)]
pub enum Data<'a> {
    /// The bytes of the one value that every element has.
    Constant(Vec<u8>),
    /// The elements themselves, in memory or in a map.
    InPlace(&'a [u8]),
    /// Encoded bytes, for [`Source::decode`].
    Encoded,
}

impl<'a> Located<'a> {
    /// A chunk of a source that needs only the index to find the chunk again.
    pub fn new(index: &[u64], data: Data<'a>) -> Located<'a> {
        Located { data, index: index.to_vec(), stored: None }
    }
}

/// Number of elements of a shape.
///
/// # Errors
/// When the number is larger than `i64::MAX`. As in NumPy, the other axes must not exceed it even if one axis has
/// length 0.
pub fn elements(shape: &[u64]) -> Result<u64> {
    bytes(1, shape)
}

/// Bytes of an array of `shape` with `item` bytes per element. Errors are those of [`elements`].
pub(crate) fn bytes(item: usize, shape: &[u64]) -> Result<u64> {
    let mut lengths = shape.iter().filter(|&&n| n > 0);
    let all =
        lengths.try_fold(item as u64, |bytes, &n| bytes.checked_mul(n).filter(|&b| b <= i64::MAX as u64));
    match all {
        Some(_) if shape.contains(&0) => Ok(0),
        Some(bytes) => Ok(bytes),
        None => Err(Error::Shape(format!(
            "an array of shape {} is too large: its number of elements exceeds 64 bits",
            crate::view::show(shape)
        ))),
    }
}

/// Byte strides of an array of `shape` in C order.
pub fn c_strides(shape: &[u64], item: usize) -> Vec<isize> {
    let mut strides = vec![0; shape.len()];
    let mut step = item as isize;
    for (stride, &n) in strides.iter_mut().zip(shape).rev() {
        *stride = step;
        step = step.saturating_mul(n.max(1) as isize);
    }
    strides
}

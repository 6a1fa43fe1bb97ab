//! Sinks: the destinations of results.

mod assembled;
mod file;
mod memory;
mod nowhere;
mod spill;
mod stored;

pub(crate) use assembled::Assembled;
pub use file::NpySink;
pub(crate) use file::check_room;
pub use memory::MemorySink;
pub(crate) use nowhere::Nowhere;
pub(crate) use spill::Spill;
pub use stored::StoredSink;
pub(crate) use stored::writes_parts;

use std::sync::MutexGuard;

use arrstore_format::Grid;

use crate::{Buffer, DType, Result};

/// Strides in elements of an array in C order.
pub(crate) fn c_order(shape: &[u64]) -> Vec<u64> {
    crate::source::c_strides(shape, 1).into_iter().map(|s| s.unsigned_abs() as u64).collect()
}

/// The part of a box that lies in one chunk.
struct Part {
    /// The grid index of the chunk.
    index: Vec<u64>,
    /// Elements of the box along each axis before the part.
    skipped: Vec<u64>,
    /// Elements of the chunk along each axis before the part.
    within: Vec<u64>,
    /// Elements of the part along each axis.
    shape: Vec<u64>,
}

/// The parts of the box of `shape` at `start`, chunk by chunk.
fn parts<'a>(grid: &'a Grid, start: &'a [u64], shape: &'a [u64]) -> impl Iterator<Item = Part> + 'a {
    grid.touching(start, shape).map(move |index| {
        let (first, extent) = (grid.start(&index), grid.extent(&index));
        let low: Vec<u64> = first.iter().zip(start).map(|(c, s)| *c.max(s)).collect();
        let ends = first.iter().zip(&extent).zip(start.iter().zip(shape));
        let lengths = ends.zip(&low).map(|(((c, e), (s, n)), low)| (c + e).min(s + n) - low);
        Part {
            shape: lengths.collect(),
            skipped: low.iter().zip(start).map(|(low, s)| low - s).collect(),
            within: low.iter().zip(&first).map(|(low, c)| low - c).collect(),
            index,
        }
    })
}

/// An array being written, box by box, from several threads.
pub trait Sink: Send + Sync {
    /// Type of the elements.
    fn dtype(&self) -> DType;
    /// Elements along each axis.
    fn shape(&self) -> &[u64];
    /// The shape of chunks that have to be written whole. Every box given to [`Sink::write`] then covers whole chunks
    /// (clipped at the array's end), except for chunks of many matrices that do not fit in the budget. `None`: boxes
    /// may have any shape.
    fn chunk_shape(&self) -> Option<&[u64]>;
    /// Strides in elements, if chunks are not written whole. They tell which boxes are written in long runs.
    fn element_strides(&self) -> Vec<u64> {
        c_order(self.shape())
    }
    /// Bytes of memory that [`Sink::write`] needs in addition to `data`, for each thread.
    fn scratch_bytes(&self) -> usize {
        0
    }
    /// Whether [`Sink::write`] may also need as much memory again as `data` takes.
    fn copies_boxes(&self) -> bool {
        false
    }
    /// Whether the sink compresses elements before it writes them.
    fn encodes(&self) -> bool {
        false
    }
    /// Writes the box of `shape` at `start`. `data` holds its elements in C order.
    fn write(&self, start: &[u64], shape: &[u64], data: &[u8]) -> Result<()>;
    /// The elements themselves, in C order, if the sink is in memory. A run may write to them directly instead of
    /// calling [`Sink::write`], and then writes all of them.
    ///
    /// # Errors
    /// When memory is short.
    fn memory(&self) -> Result<Option<MutexGuard<'_, Buffer>>> {
        Ok(None)
    }
    /// A name for messages.
    fn label(&self) -> String;
}

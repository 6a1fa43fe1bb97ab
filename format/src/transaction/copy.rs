//! Copying chunks from another array without decoding them.

use super::Transaction;
use crate::chunk::{Chunk, ChunkState, Reading};
use crate::entry::{Entry, Extent};
use crate::name::ArrayId;
use crate::payload::crc_table::{PIECE, table_len, table_start};
use crate::scratch::with_scratch;
use crate::{Array, Error, Result};

impl Transaction {
    /// Stores a chunk of another array without decoding it. Its payload is checked on the way. Both arrays must
    /// have the same element type, chunk shape, element order, codec and filter.
    ///
    /// # Errors
    /// When they differ, the grid has no such chunk, the payload is damaged, or the disk is full.
    pub fn copy_chunk(&self, id: ArrayId, from: &Array, chunk: &Chunk) -> Result<()> {
        let layout = self.layout_of_chunk(id, chunk.index())?;
        let (to, meta) = (&layout.meta, from.meta());
        let same = to.dtype == meta.dtype
            && to.chunk_shape == meta.chunk_shape
            && to.order == meta.order
            && to.codec.is_like(meta.codec)
            && to.shuffle == meta.shuffle;
        if !same {
            return Err(Error::OtherLayout { array: to.name.clone(), from: meta.name.clone() });
        }
        let stored = if has_table(chunk) { Vec::new() } else { from.payload(chunk)? };
        self.store_copy(id, from, chunk, &stored)
    }

    /// As [`Transaction::copy_chunk`], between arrays that are known to be alike. `stored` is the checked payload, or
    /// empty for a payload with a table, which is read here.
    pub(crate) fn store_copy(&self, id: ArrayId, from: &Array, chunk: &Chunk, stored: &[u8]) -> Result<()> {
        let layout = self.layout_of_chunk(id, chunk.index())?;
        let entry = match chunk.state() {
            ChunkState::Missing => Entry::Missing,
            ChunkState::Constant(value) => Entry::constant(value, self.seq()),
            ChunkState::Raw if has_table(chunk) => self.copy_raw(from.reading(), chunk)?,
            ChunkState::Raw => self.store_raw(stored)?,
            ChunkState::Encoded => self.store_encoded(stored)?,
        };
        self.note(id, layout.numbering.number(chunk.index()), entry)
    }

    /// Copies a raw payload with its table, a piece at a time.
    pub(crate) fn copy_raw(&self, reading: Reading<'_>, chunk: &Chunk) -> Result<Entry> {
        let Extent { len, crc, .. } = chunk.extent;
        let table = reading.table(chunk)?.unwrap_or_default();
        let offset = self.take_payload(len, true)?;
        let mut start = 0;
        while start < len {
            let n = (len - start).min(PIECE as u64);
            with_scratch(n as usize, |piece| {
                reading.read_piece(chunk, start, piece)?;
                self.put_bytes(piece, offset + start)
            })?;
            start += n;
        }
        self.put_bytes(table, offset + table_start(len))?;
        Ok(Entry::Raw(Extent { offset, len, crc }, self.seq()))
    }
}

fn has_table(chunk: &Chunk) -> bool {
    chunk.state == ChunkState::Raw && table_len(chunk.stored_bytes()) > 0
}

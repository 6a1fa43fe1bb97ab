//! Chunks that are copied without decoding them.

use super::Transaction;
use crate::chunk::{Chunk, ChunkState, Reading};
use crate::entry::{Entry, Extent};
use crate::name::ArrayId;
use crate::payload::crc_table::{BLOCK, check_blocks, table_len, table_start};
use crate::scratch::with_scratch;
use crate::{Array, Error, Result};

/// Bytes of a raw payload copied at a time.
const PIECE: usize = 16 * BLOCK;

impl Transaction {
    /// Stores a chunk of another array without decoding it; its payload is checked on the way. Both arrays must
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

    /// As [`Transaction::copy_chunk`], to an array known to be alike. `stored` is the payload, checked; one that has a
    /// table is read here.
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

    /// A raw payload with its table, some blocks at a time.
    pub(crate) fn copy_raw(&self, reading: Reading<'_>, chunk: &Chunk) -> Result<Entry> {
        let Extent { offset: source, len, crc } = chunk.extent;
        let table = reading.table(chunk)?.unwrap_or_default();
        let offset = self.take_payload(len, true)?;
        let mut start = 0;
        while start < len {
            let n = (len - start).min(PIECE as u64);
            with_scratch(n as usize, |piece| {
                let doing = Error::io(|| format!("reading a chunk of '{}'", reading.meta.name));
                reading.storage.read_exact_at(piece, source + start).map_err(doing)?;
                let crcs = table.get(start as usize / BLOCK * 4..).unwrap_or_default();
                check_blocks(piece, crcs, 0..piece.len())
                    .map_err(|problem| reading.refuse(chunk, problem.moved(start)))?;
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

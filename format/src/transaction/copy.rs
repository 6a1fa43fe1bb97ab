//! Copying chunks from another array without decoding them.
//!
//! A payload passes through a small buffer, a piece at a time, and its checksum is proved on the way. So a copy of any
//! length needs little memory, and a damaged payload is never committed.

use super::Transaction;
use super::target::Target;
use crate::chunk::{Chunk, ChunkState, Reading};
use crate::entry::{Entry, Extent};
use crate::name::ArrayId;
use crate::payload::PayloadError;
use crate::payload::crc_table::{PIECE, table_start};
use crate::region::check_region;
use crate::scratch::with_scratch;
use crate::{Array, Error, Meta, Result, bytes};

/// Called after each piece that was copied, with its bytes. An error stops the copy.
type Copied<'a> = &'a mut dyn FnMut(u64) -> Result<()>;

impl Transaction {
    /// Stores a chunk of another array without decoding it. Its checksum is proved on the way. Both arrays must have
    /// the same element type, chunk shape, element order, fill value, codec and filter. `copied` is called with the
    /// bytes of each piece of the payload that was copied; its error stops the copy.
    ///
    /// # Errors
    /// When the arrays differ, the grid has no such chunk, the payload is damaged, `copied` fails, or the disk is full.
    pub fn copy_chunk(&self, id: ArrayId, from: &Array, chunk: &Chunk, copied: Copied<'_>) -> Result<()> {
        let layout = self.layout_of_chunk(id, chunk.index())?;
        check_alike(&layout.meta, from.meta())?;
        self.copy_to(&Target { id, layout: &layout, index: chunk.index() }, from, chunk, copied)
    }

    /// Stores another array as the part of an array that begins at element `start`, without decoding it. Both arrays
    /// must be alike, as for [`Transaction::copy_chunk`]. Along every axis, the part must begin where a chunk begins,
    /// and end where a chunk ends or at the array's edge.
    ///
    /// Missing chunks of the part are skipped: the array's chunks there stay as they are. A chunk that this transaction
    /// has already written is not overwritten, so two parts that overlap are refused.
    ///
    /// The checksum of each payload is proved. The elements beyond the edge of a chunk at the array's edge are copied
    /// with it: as for every reader, they are not compared with the fill value.
    ///
    /// # Errors
    /// When the arrays differ, the part reaches outside the array ([`Error::Region`]) or ends within a chunk
    /// ([`Error::PartOfChunk`]), a chunk was written before ([`Error::ChunkWritten`]), a payload or the index of the part
    /// is damaged, `copied` fails, or the disk is full. Chunks that were copied before the error stay.
    pub fn copy_part(&self, id: ArrayId, start: &[u64], from: &Array, copied: Copied<'_>) -> Result<()> {
        let layout = self.layout(id)?;
        let (to, part) = (&layout.meta, from.meta());
        check_region(to, start, &part.shape)?;
        check_alike(to, part)?;
        if !to.holds_whole_chunks(start, &part.shape) {
            return Err(Error::PartOfChunk {
                array: to.name.clone(),
                start: start.to_vec(),
                shape: part.shape.clone(),
                chunk: to.chunk_shape.clone(),
            });
        }
        let first: Vec<u64> = start.iter().zip(&to.chunk_shape).map(|(s, c)| s / c).collect();
        let mut found = 0;
        from.each_chunk(&mut |chunk| {
            let index: Vec<u64> = first.iter().zip(chunk.index()).map(|(first, i)| first + i).collect();
            let target = Target { id, layout: &layout, index: &index };
            layout.check_index(&index)?;
            self.close_chunk(id, target.number())?;
            if self.entry(&target)?.birth() == self.seq() {
                return Err(Error::ChunkWritten { array: to.name.clone(), index });
            }
            found += 1;
            self.copy_to(&target, from, chunk, copied)
        })?;
        if found == from.present() {
            return Ok(());
        }
        Err(Error::Counts { array: part.name.clone(), expected: from.present(), found })
    }

    /// Stores a chunk of an array that is known to be like the target's.
    fn copy_to(&self, target: &Target<'_>, from: &Array, chunk: &Chunk, copied: Copied<'_>) -> Result<()> {
        if target.layout.meta.takes_parts() {
            self.close_chunk(target.id, target.number())?;
        }
        let entry = match chunk.state() {
            ChunkState::Missing => Entry::Missing,
            ChunkState::Constant(value) => Entry::constant(value, self.seq()),
            ChunkState::Raw | ChunkState::Encoded => self.copy_payload(from.reading(), chunk, copied)?,
        };
        self.note(target.id, target.number(), entry)
    }

    /// As [`Transaction::copy_chunk`], between arrays that are known to be alike. `stored` is the checked payload, or
    /// empty for a payload that is to be read here.
    pub(crate) fn store_copy(&self, id: ArrayId, from: &Array, chunk: &Chunk, stored: &[u8]) -> Result<()> {
        let layout = self.layout_of_chunk(id, chunk.index())?;
        let target = Target { id, layout: &layout, index: chunk.index() };
        let entry = match chunk.state() {
            ChunkState::Raw if !stored.is_empty() => self.store_raw(stored)?,
            ChunkState::Encoded if !stored.is_empty() => self.store_encoded(stored)?,
            _ => return self.copy_to(&target, from, chunk, &mut |_| Ok(())),
        };
        self.note(id, target.number(), entry)
    }

    /// Copies a payload, with its table if it has one, a piece at a time, and proves its checksum.
    pub(super) fn copy_payload(
        &self,
        reading: Reading<'_>,
        chunk: &Chunk,
        copied: Copied<'_>,
    ) -> Result<Entry> {
        reading.check_len(chunk)?;
        let (table, raw) = (reading.table(chunk)?, chunk.state == ChunkState::Raw);
        let Extent { len, crc, .. } = chunk.extent;
        let offset = self.take_payload(len, raw)?;
        let extent = Extent { offset, len, crc };
        let entry = if raw { Entry::Raw(extent, self.seq()) } else { Entry::Encoded(extent, self.seq()) };
        let mut whole = crc32fast::Hasher::new();
        let done = (0..len).step_by(PIECE).try_for_each(|start| {
            let n = (len - start).min(PIECE as u64);
            with_scratch(n as usize, |piece| {
                reading.read(chunk, piece, chunk.extent.offset + start)?;
                match table {
                    Some(_) => reading.check_piece(chunk, start, piece)?,
                    None => whole.update(piece),
                }
                self.put_payload(piece, offset + start)
            })?;
            copied(n)
        });
        let proved = done.and_then(|()| match table {
            Some(table) => self.put_bytes(table, offset + table_start(len)),
            None => bytes::check_crc(whole.finalize(), crc).map_err(|mismatch| {
                reading.refuse(chunk, PayloadError::Crc { what: "its payload", mismatch })
            }),
        });
        // The space of a payload that is not used is free again.
        proved.inspect_err(|_| self.space().drop_entry(&entry))?;
        Ok(entry)
    }
}

impl Array {
    /// The most bytes of memory that copying a chunk takes ([`Transaction::copy_part`]).
    pub fn copy_scratch(&self) -> usize {
        let meta = self.meta();
        let most = meta.codec.most_stored(meta.dtype, meta.chunk_bytes());
        let table =
            if meta.is_raw() { crate::payload::crc_table::table_len(most as u64) as usize } else { 0 };
        most.min(PIECE).saturating_add(table)
    }
}

/// Checks that chunks of one array are chunks of the other.
fn check_alike(to: &Meta, from: &Meta) -> Result<()> {
    if to.is_like(from) {
        return Ok(());
    }
    Err(Error::OtherLayout { array: to.name.clone(), from: from.name.clone() })
}

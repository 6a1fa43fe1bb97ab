//! Large raw chunks written in parts.
//!
//! A raw chunk may be larger than memory. Its payload gets its place when the first part of it is written, and each
//! part goes there at once. The chunk is *closed* before it is read, replaced or committed. Closing reads the payload
//! back in pieces, fills the elements that no part covers, and computes the checksums.

use std::sync::{Arc, PoisonError};

use super::Transaction;
use super::open_chunk::{OpenChunk, copy_covered};
use super::target::{Source, Target};
use crate::chunk::{self, Chunk, Reading};
use crate::entry::{Entry, Extent};
use crate::name::ArrayId;
use crate::payload::crc_table::PIECE;
use crate::payload::{check_bools, crc_table};
use crate::region::{Intersection, offset_of};
use crate::scratch::with_scratch;
use crate::sync::{Mutex, RwLock, lock};
use crate::{Error, Meta, Result, strided};

/// The most parts that are remembered of a chunk. A chunk with more is closed in between; its payload is then whole.
const PARTS: usize = 1 << 12;

impl Transaction {
    /// Writes a part of a large raw chunk.
    pub(super) fn write_part(&self, target: &Target<'_>, source: Source<'_>) -> Result<()> {
        let (meta, part) = (&target.layout.meta, source.part);
        check_bools(meta.dtype, source.data).map_err(|problem| target.refuse(problem))?;
        loop {
            let open = self.open_chunk(target)?;
            let closed = open.closed.read().unwrap_or_else(PoisonError::into_inner);
            if *closed {
                continue;
            }
            let full = {
                let mut parts = lock(&open.parts);
                if open.fill.is_some() {
                    let extent = part.shape.iter().map(|&n| n as u64).collect();
                    parts.push([part.in_chunk.clone(), extent]);
                }
                parts.len() >= PARTS
            };
            self.put_part(meta, source, open.offset)?;
            drop(closed);
            return if full { self.close_chunk(target.id, target.number()) } else { Ok(()) };
        }
    }

    /// Writes a part to its place in the payload at `base`.
    fn put_part(&self, meta: &Meta, source: Source<'_>, base: u64) -> Result<()> {
        let (item, part, shape) = (meta.dtype.size(), source.part, source.whole());
        let order: Vec<usize> = meta.order.iter().map(|&axis| axis.into()).collect();
        if meta.is_c_order() && part.shape == shape {
            return self.put_runs(meta, part, &order, source.data, base);
        }
        let (from, to) =
            (strided::c_strides(&shape, item), strided::strides(&part.shape, item, order.iter().copied()));
        with_scratch(part.shape.iter().product::<usize>() * item, |bytes| {
            let offset = offset_of(&part.in_region, &from);
            strided::copy(item, &part.shape, source.data, offset, &from, bytes, 0, &to);
            self.put_runs(meta, part, &order, bytes, base)
        })
    }

    /// Writes the elements of a part, which are in the chunk's order, to their places in the payload at `base`.
    fn put_runs(
        &self,
        meta: &Meta,
        part: &Intersection,
        order: &[usize],
        bytes: &[u8],
        base: u64,
    ) -> Result<()> {
        let strides = meta.chunk_strides();
        let mut run = meta.dtype.size();
        let mut outer = order.len();
        while outer > 0 {
            let axis = order[outer - 1];
            run *= part.shape[axis];
            outer -= 1;
            if part.shape[axis] as u64 != meta.chunk_shape[axis] {
                break;
            }
        }
        if run == 0 {
            return Ok(());
        }
        let first = base + offset_of(&part.in_chunk, &strides) as u64;
        let outer = &order[..outer];
        let mut at = vec![0usize; outer.len()];
        for piece in bytes.chunks_exact(run) {
            let ahead: usize = at.iter().zip(outer).map(|(&i, &axis)| i * strides[axis].unsigned_abs()).sum();
            self.put_bytes(piece, first + ahead as u64)?;
            for (i, &axis) in at.iter_mut().zip(outer).rev() {
                *i += 1;
                if *i < part.shape[axis] {
                    break;
                }
                *i = 0;
            }
        }
        Ok(())
    }

    /// The open chunk of a target. It is opened if it was not.
    fn open_chunk(&self, target: &Target<'_>) -> Result<Arc<OpenChunk>> {
        let key = (target.id.0, target.number());
        let mut all = lock(&self.open);
        if let Some(open) = all.get(&key) {
            return Ok(open.clone());
        }
        let meta = &target.layout.meta;
        let room = || {
            let len = meta.chunk_bytes() as u64;
            let offset = self.take_payload(len, true)?;
            // Closing reads the whole payload back, even if no part reaches its end.
            self.put_bytes(&[0], offset + len - 1)?;
            Ok::<_, Error>(offset)
        };
        let (offset, fill) = match self.entry(target)? {
            Entry::Missing => (room()?, Some(meta.fill.clone())),
            Entry::Constant(value, _) => (room()?, value.get(..meta.dtype.size()).map(<[u8]>::to_vec)),
            entry => {
                let chunk = Chunk::new(target.index, &entry, meta.dtype.size());
                let reading = Reading { storage: self.storage(), meta };
                reading.check_len(&chunk)?;
                match self.copy_payload(reading, &chunk, &mut |_| Ok(()))? {
                    Entry::Raw(extent, _) => (extent.offset, None),
                    _ => (room()?, Some(meta.fill.clone())),
                }
            }
        };
        let chunk = Arc::new(OpenChunk {
            index: target.index.to_vec(),
            offset,
            fill,
            parts: Mutex::default(),
            closed: RwLock::new(false),
        });
        all.insert(key, chunk.clone());
        Ok(chunk)
    }

    /// Closes all chunks that are open.
    pub(super) fn close_chunks(&self) -> Result<()> {
        let keys: Vec<(u64, u64)> = lock(&self.open).keys().copied().collect();
        keys.into_iter().try_for_each(|(id, number)| self.close_chunk(ArrayId(id), number))
    }

    /// Closes a chunk, if it is open.
    pub(super) fn close_chunk(&self, id: ArrayId, number: u64) -> Result<()> {
        let found = lock(&self.open).get(&(id.0, number)).cloned();
        let Some(open) = found else { return Ok(()) };
        let mut closed = open.closed.write().unwrap_or_else(PoisonError::into_inner);
        if *closed {
            return Ok(());
        }
        let done = self.finish_chunk(id, number, &open);
        // The parts that were written are lost.
        self.state().failed |= done.is_err();
        *closed = true;
        lock(&self.open).remove(&(id.0, number));
        done
    }

    /// Forgets the open chunks of an array that is deleted.
    pub(super) fn drop_chunks(&self, id: ArrayId, len: u64) {
        let mut all = lock(&self.open);
        all.retain(|(array, _), open| {
            if *array == id.0 {
                let extent = Extent { offset: open.offset, len, crc: 0 };
                self.space().drop_entry(&Entry::Raw(extent, self.seq()));
            }
            *array != id.0
        });
    }

    /// Fills what no part of an open chunk covers, computes its checksums, and enters it.
    fn finish_chunk(&self, id: ArrayId, number: u64, open: &OpenChunk) -> Result<()> {
        let layout = self.layout(id)?;
        let meta = &layout.meta;
        let len = meta.chunk_bytes() as u64;
        let parts = lock(&open.parts);
        // Parts do not overlap, so their sizes tell whether they cover the whole chunk. Padding is filled in any case.
        let covered: u64 = parts.iter().map(|[_, shape]| shape.iter().product::<u64>()).sum();
        let all = meta.chunk_shape.iter().product::<u64>() == covered;
        let mut table = Vec::new();
        with_scratch(PIECE, |piece| {
            for at in (0..len).step_by(PIECE) {
                let piece = piece.get_mut(..PIECE.min((len - at) as usize)).unwrap_or_default();
                let doing = Error::io(|| format!("reading back chunk {:?} of '{}'", open.index, meta.name));
                self.storage().read_exact_at(piece, open.offset + at).map_err(doing)?;
                if let (false, Some(fill)) = (all, &open.fill) {
                    self.fill_gaps(meta, &parts, fill, open.offset, at, piece)?;
                }
                table.extend(crc_table::table(piece));
            }
            Ok::<_, Error>(())
        })?;
        self.put_bytes(&table, open.offset + crc_table::table_start(len))?;
        let extent = Extent { offset: open.offset, len, crc: crc32fast::hash(&table) };
        self.note(id, number, Entry::Raw(extent, self.seq()))
    }

    /// Writes the fill value to the elements of a piece of a payload that no part covers.
    fn fill_gaps(
        &self,
        meta: &Meta,
        parts: &[[Vec<u64>; 2]],
        fill: &[u8],
        base: u64,
        at: u64,
        piece: &mut [u8],
    ) -> Result<()> {
        let strides = meta.chunk_strides();
        with_scratch(piece.len(), |whole| {
            let (low, high) = (at as usize, at as usize + piece.len());
            chunk::fill_from(low % meta.dtype.size(), whole, fill);
            for [start, shape] in parts {
                copy_covered(meta, &strides, [start, shape], [low, high], piece, whole);
            }
            if whole != piece {
                self.put_bytes(whole, base + at)?;
                piece.copy_from_slice(whole);
            }
            Ok(())
        })
    }
}

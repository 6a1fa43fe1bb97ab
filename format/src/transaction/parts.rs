//! Large raw chunks written in parts.
//!
//! A raw chunk may be larger than memory. Its payload is given its place when the first part of it is written, and each
//! part goes there at once. What the parts do not cover is filled, and the checksums are computed, by reading the payload
//! back in pieces when the chunk is *closed*: before it is read, replaced or committed.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError};

use super::{ArrayId, Described, Transaction};
use crate::array::{Part, offset_of};
use crate::chunk::{self, Chunk, Reading};
use crate::node::{Entry, Extent};
use crate::payload::{self, with_scratch};
use crate::sync::{Mutex, RwLock};
use crate::{Codec, Error, Meta, Result, strided};

/// Bytes of a chunk from which on it is written in parts: above this it has a checksum for each block.
const LARGE: usize = 1 << 20;
/// Bytes of a chunk that no file holds.
const HUGE: usize = 1 << 42;
/// Bytes that are read back at a time; whole blocks.
const PIECE: usize = 1 << 20;
/// Parts that are remembered of a chunk, at most. One that is written in more is closed in between, and then whole.
const PARTS: usize = 1 << 12;

/// The chunks that are open, by array and number.
pub(super) type Open = Mutex<HashMap<(u64, u64), Arc<OpenChunk>>>;

/// A chunk that is being written in parts.
#[derive(Debug)]
pub(super) struct OpenChunk {
    index: Vec<u64>,
    offset: u64,
    /// What elements that no part covers have; nothing where the payload was whole from the start.
    fill: Option<Vec<u8>>,
    /// The parts written, in elements of the chunk: start and shape.
    parts: Mutex<Vec<[Vec<u64>; 2]>>,
    /// Whether it is closed. Those who write a part hold this to read, who closes it to write.
    closed: RwLock<bool>,
}

/// Whether a chunk of an array is written in parts.
pub(crate) fn takes_parts(meta: &Meta) -> bool {
    meta.codec == Codec::None && !meta.shuffle && (LARGE + 1..HUGE).contains(&meta.chunk_bytes())
}

impl Transaction {
    /// Writes a part of a large raw chunk, which comes from a box of `shape`.
    pub(super) fn write_part(
        &self,
        id: ArrayId,
        described: &Described,
        index: &[u64],
        part: &Part,
        shape: &[u64],
        data: &[u8],
    ) -> Result<()> {
        let meta = &described.meta;
        let refuse = |problem| Error::Elements { array: meta.name.clone(), index: index.to_vec(), problem };
        payload::check_bools(meta.dtype, data).map_err(refuse)?;
        loop {
            let open = self.open_chunk(id, described, index)?;
            let closed = open.closed.read().unwrap_or_else(PoisonError::into_inner);
            if *closed {
                continue;
            }
            let full = {
                let mut parts = open.parts.lock().unwrap_or_else(PoisonError::into_inner);
                if open.fill.is_some() {
                    let extent = part.shape.iter().map(|&n| n as u64).collect();
                    parts.push([part.in_chunk.clone(), extent]);
                }
                parts.len() >= PARTS
            };
            self.put_part(meta, part, shape, data, open.offset)?;
            drop(closed);
            return if full { self.close_chunk(id, described.numbering.number(index)) } else { Ok(()) };
        }
    }

    /// Writes a part to where it belongs in the payload at `base`.
    fn put_part(&self, meta: &Meta, part: &Part, shape: &[u64], data: &[u8], base: u64) -> Result<()> {
        let item = meta.dtype.size();
        let shape: Vec<usize> = shape.iter().map(|&n| n as usize).collect();
        let order: Vec<usize> = meta.order.iter().map(|&axis| axis.into()).collect();
        if meta.is_c_order() && part.shape == shape {
            return self.put_runs(meta, part, &order, data, base);
        }
        let (from, to) =
            (strided::c_strides(&shape, item), strided::strides(&part.shape, item, order.iter().copied()));
        with_scratch(part.shape.iter().product::<usize>() * item, |bytes| {
            strided::copy(item, &part.shape, data, offset_of(&part.in_box, &from), &from, bytes, 0, &to);
            self.put_runs(meta, part, &order, bytes, base)
        })
    }

    /// Writes the elements of a part, which lie in the chunk's order, to where they belong in the payload at `base`.
    fn put_runs(&self, meta: &Meta, part: &Part, order: &[usize], bytes: &[u8], base: u64) -> Result<()> {
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

    /// The open chunk at `index`, opened if it was not.
    fn open_chunk(&self, id: ArrayId, described: &Described, index: &[u64]) -> Result<Arc<OpenChunk>> {
        let key = (id.0, described.numbering.number(index));
        let mut all = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(open) = all.get(&key) {
            return Ok(open.clone());
        }
        let meta = &described.meta;
        let room = || {
            let len = meta.chunk_bytes() as u64;
            let offset = self.take_payload(len, true)?;
            // the payload is read back when it is closed, also where no part came to its end
            self.put_bytes(&[0], offset + len - 1)?;
            Ok::<_, Error>(offset)
        };
        let (offset, fill) = match self.entry(id, described, index)? {
            Entry::Missing => (room()?, Some(meta.fill.clone())),
            Entry::Constant(value, _) => (room()?, value.get(..meta.dtype.size()).map(<[u8]>::to_vec)),
            entry => {
                let chunk = Chunk::new(index, &entry, meta.dtype.size());
                let reading = Reading { storage: self.storage(), meta };
                reading.check_len(&chunk)?;
                match self.copy_raw(reading, &chunk)? {
                    Entry::Raw(extent, _) => (extent.offset, None),
                    _ => (room()?, Some(meta.fill.clone())),
                }
            }
        };
        let chunk = Arc::new(OpenChunk {
            index: index.to_vec(),
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
        let keys: Vec<(u64, u64)> = {
            let all = self.open.lock().unwrap_or_else(PoisonError::into_inner);
            all.keys().copied().collect()
        };
        keys.into_iter().try_for_each(|(id, number)| self.close_chunk(ArrayId(id), number))
    }

    /// Closes a chunk, if it is open.
    pub(super) fn close_chunk(&self, id: ArrayId, number: u64) -> Result<()> {
        let found = |all: &mut HashMap<(u64, u64), Arc<OpenChunk>>| all.get(&(id.0, number)).cloned();
        let Some(open) = found(&mut self.open.lock().unwrap_or_else(PoisonError::into_inner)) else {
            return Ok(());
        };
        let mut closed = open.closed.write().unwrap_or_else(PoisonError::into_inner);
        if *closed {
            return Ok(());
        }
        let done = self.finish_chunk(id, number, &open);
        // what was written of it is lost
        self.state().failed |= done.is_err();
        *closed = true;
        self.open.lock().unwrap_or_else(PoisonError::into_inner).remove(&(id.0, number));
        done
    }

    /// Forgets the open chunks of an array that is deleted.
    pub(super) fn drop_chunks(&self, id: ArrayId, len: u64) {
        let mut all = self.open.lock().unwrap_or_else(PoisonError::into_inner);
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
        let described = self.described(id)?;
        let meta = &described.meta;
        let len = meta.chunk_bytes() as u64;
        let parts = open.parts.lock().unwrap_or_else(PoisonError::into_inner);
        // parts do not overlap, so that their sizes tell whether they cover all; padding is filled in any case
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
                table.extend(payload::table(piece));
            }
            Ok::<_, Error>(())
        })?;
        self.put_bytes(&table, open.offset + payload::table_start(len))?;
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
        let item = meta.dtype.size();
        let strides = meta.chunk_strides();
        with_scratch(piece.len(), |whole| {
            chunk::fill(whole, fill);
            let (low, high) = (at as usize / item, (at as usize + piece.len()) / item);
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

/// Copies the elements of a part that are among the elements `[low, high)` of a payload.
fn copy_covered(
    meta: &Meta,
    strides: &[isize],
    [start, shape]: [&[u64]; 2],
    [low, high]: [usize; 2],
    from: &[u8],
    to: &mut [u8],
) {
    let item = meta.dtype.size();
    let order: Vec<usize> = meta.order.iter().map(|&axis| axis.into()).collect();
    let (run, outer) = match order.split_last() {
        Some((&last, outer)) => (shape[last] as usize, outer),
        None => (1, &order[..]),
    };
    let step = |axis: usize| strides[axis].unsigned_abs() / item;
    let first: usize = (0..start.len()).map(|k| start[k] as usize * step(k)).sum();
    // runs come in the order in which they lie: those before the piece are passed over in larger steps
    let mut visit = |at: usize| {
        let (begin, end) = (at.max(low), (at + run).min(high));
        if begin < end {
            let bytes = (begin - low) * item..(end - low) * item;
            if let (Some(to), Some(from)) = (to.get_mut(bytes.clone()), from.get(bytes)) {
                to.copy_from_slice(from);
            }
        }
    };
    runs(outer, shape, &step, first, run, [low, high], &mut visit);
}

/// Visits the runs of a part that reach into `[low, high)`.
fn runs(
    outer: &[usize],
    shape: &[u64],
    step: &impl Fn(usize) -> usize,
    first: usize,
    run: usize,
    [low, high]: [usize; 2],
    visit: &mut impl FnMut(usize),
) {
    let Some((&axis, inner)) = outer.split_first() else { return visit(first) };
    let reach: usize = inner.iter().map(|&k| (shape[k] as usize - 1) * step(k)).sum::<usize>() + run;
    let step_here = step(axis).max(1);
    // the steps whose runs end after `low` and begin before `high`
    let from = low.saturating_sub(first + reach - 1).div_ceil(step_here);
    let until = high.saturating_sub(first).div_ceil(step_here).min(shape[axis] as usize);
    for i in from..until {
        runs(inner, shape, step, first + i * step_here, run, [low, high], visit);
    }
}

//! Writing elements: whole chunks straight, parts of chunks by reading what was there.

use std::sync::{Arc, PoisonError};

use super::parts::takes_parts;
use super::{ArrayId, Described, PENDING_MAX, STRIPES, Transaction};
use crate::array::{Part, check_data, check_region, offset_of};
use crate::chunk::{self, Chunk, Reading};
use crate::node::{Entry, Extent};
use crate::payload::{self, with_scratch};
use crate::{Codec, Error, Result, strided};

/// Payloads of at least this many bytes are sent to the disk at once, so that the commit has less to wait for.
const WRITEBACK: usize = 1 << 20;

impl Transaction {
    /// Stores one chunk: `data` is all its elements in C order of the chunk shape. Elements beyond the array's
    /// edge are replaced by the fill value. Threads that store different chunks do not wait for each other.
    ///
    /// # Errors
    /// When there is no such chunk, `data` has another length or holds booleans other than 0 and 1, or the disk
    /// is full.
    pub fn put_chunk(&self, id: ArrayId, index: &[u64], data: &[u8]) -> Result<()> {
        let described = self.described_chunk(id, index)?;
        let (meta, grid) = (&described.meta, &described.grid);
        check_data(meta, &meta.chunk_shape, data.len())?;
        if meta.is_c_order() && !grid.hangs_over(index) {
            return self.store(id, &described, index, data);
        }
        let zeros = vec![0; index.len()];
        let shape = grid.extent(index).iter().map(|&n| n as usize).collect();
        let part = Part { in_chunk: zeros.clone(), in_box: zeros, shape };
        self.lay_over(id, &described, index, &part, &meta.chunk_shape, data)
    }

    /// What an array is, if it has such a chunk.
    pub(crate) fn described_chunk(&self, id: ArrayId, index: &[u64]) -> Result<Arc<Described>> {
        let described = self.described(id)?;
        if described.grid.contains(index) {
            return Ok(described);
        }
        Err(Error::Index {
            array: described.meta.name.clone(),
            index: index.to_vec(),
            counts: described.grid.counts().to_vec(),
        })
    }

    /// Writes a box of elements in C order. Chunks that it covers are replaced, the others keep the rest of their
    /// elements. Boxes written by different threads must not overlap; they may share chunks.
    ///
    /// # Errors
    /// When the box is not inside the array, `data` has another length, the disk is full, or a chunk to be changed
    /// is damaged.
    pub fn write(&self, id: ArrayId, start: &[u64], shape: &[u64], data: &[u8]) -> Result<()> {
        let described = self.described(id)?;
        let (meta, grid) = (&described.meta, &described.grid);
        check_region(meta, start, shape)?;
        check_data(meta, shape, data.len())?;
        for index in grid.touching(start, shape) {
            let first = grid.start(&index);
            if first == start && meta.chunk_shape == shape && meta.is_c_order() && !grid.hangs_over(&index) {
                self.store(id, &described, &index, data)?;
                continue;
            }
            let part = Part::new(grid, &index, start, shape);
            let covered = part.shape.iter().zip(&meta.chunk_shape).all(|(&n, &c)| n as u64 == c);
            if !covered && takes_parts(meta) {
                self.write_part(id, &described, &index, &part, shape, data)?;
            } else {
                self.lay_over(id, &described, &index, &part, shape, data)?;
            }
        }
        Ok(())
    }

    /// Reads a box, with the changes made so far, in C order.
    ///
    /// # Errors
    /// When the box is not inside the array, `out` has another length, or a chunk is damaged.
    pub fn read(&self, id: ArrayId, start: &[u64], shape: &[u64], out: &mut [u8]) -> Result<()> {
        let described = self.described(id)?;
        let meta = &described.meta;
        check_region(meta, start, shape)?;
        check_data(meta, shape, out.len())?;
        let whole: Vec<usize> = shape.iter().map(|&n| n as usize).collect();
        let item = meta.dtype.size();
        let (from, to) = (meta.chunk_strides(), strided::c_strides(&whole, item));
        for index in described.grid.touching(start, shape) {
            let part = Part::new(&described.grid, &index, start, shape);
            with_scratch(meta.chunk_bytes(), |elements| {
                self.load(id, &described, &index, elements)?;
                let (a, b) = (offset_of(&part.in_chunk, &from), offset_of(&part.in_box, &to));
                strided::copy(item, &part.shape, elements, a, &from, out, b, &to);
                Ok::<_, Error>(())
            })?;
        }
        Ok(())
    }

    /// Stores a chunk of which `part` comes from a box of `shape`, and the rest from what was there.
    fn lay_over(
        &self,
        id: ArrayId,
        described: &Described,
        index: &[u64],
        part: &Part,
        shape: &[u64],
        data: &[u8],
    ) -> Result<()> {
        let (meta, grid) = (&described.meta, &described.grid);
        let covered = part.shape.iter().zip(grid.extent(index)).all(|(&n, e)| n as u64 == e);
        let stripe = self.stripes.get(described.numbering.number(index) as usize % STRIPES);
        let guard = match stripe {
            Some(stripe) if !covered => Some(stripe.lock().unwrap_or_else(PoisonError::into_inner)),
            _ => None,
        };
        let item = meta.dtype.size();
        let shape: Vec<usize> = shape.iter().map(|&n| n as usize).collect();
        let (from, to) = (strided::c_strides(&shape, item), meta.chunk_strides());
        let result = with_scratch(meta.chunk_bytes(), |elements| {
            match (covered, grid.hangs_over(index)) {
                (true, true) => chunk::fill(elements, &meta.fill),
                (true, false) => {}
                (false, _) => self.load(id, described, index, elements)?,
            }
            let (a, b) = (offset_of(&part.in_box, &from), offset_of(&part.in_chunk, &to));
            strided::copy(item, &part.shape, data, a, &from, elements, b, &to);
            self.store(id, described, index, elements)
        });
        drop(guard);
        result
    }

    /// The entry of a chunk as it is now.
    pub(super) fn entry(&self, id: ArrayId, described: &Described, index: &[u64]) -> Result<Entry> {
        let number = described.numbering.number(index);
        let root = {
            let mut state = self.state();
            let draft = self.draft(&mut state, id.0)?;
            if let Some(entry) = draft.changes.get(&number) {
                return Ok(*entry);
            }
            // Under the lock, so that no other thread writes the nodes anew meanwhile.
            let root = draft.record.index;
            self.index(id.0, root).get(number)?
        };
        described.check_entry(&root).map_err(|problem| Error::Node {
            owner: id.0,
            offset: 0,
            problem: crate::NodeError::Entry { number, problem },
        })?;
        Ok(root)
    }

    /// Reads a chunk as it is now, in its own element order.
    pub(super) fn load(
        &self,
        id: ArrayId,
        described: &Described,
        index: &[u64],
        out: &mut [u8],
    ) -> Result<()> {
        self.close_chunk(id, described.numbering.number(index))?;
        let entry = self.entry(id, described, index)?;
        let chunk = Chunk::new(index, &entry, described.meta.dtype.size());
        Reading { storage: self.storage(), meta: &described.meta }.decode(&chunk, out)
    }

    /// Stores the elements of a chunk, in its own element order.
    pub(super) fn store(
        &self,
        id: ArrayId,
        described: &Described,
        index: &[u64],
        elements: &[u8],
    ) -> Result<()> {
        let meta = &described.meta;
        if takes_parts(meta) {
            self.close_chunk(id, described.numbering.number(index))?;
        }
        let refuse = |problem| Error::Elements { array: meta.name.clone(), index: index.to_vec(), problem };
        payload::check_bools(meta.dtype, elements).map_err(refuse)?;
        let item = meta.dtype.size();
        let entry = if payload::is_constant(elements, item) {
            Entry::constant(elements.get(..item).unwrap_or_default(), self.seq())
        } else {
            match (meta.codec, meta.shuffle) {
                (Codec::None, false) => self.store_raw(elements)?,
                (Codec::None, true) => with_scratch(elements.len(), |shuffled| {
                    payload::shuffle(item, elements, shuffled);
                    self.store_encoded(shuffled)
                })?,
                (codec, shuffle) => with_scratch(codec.most_stored(meta.dtype, elements.len()), |packed| {
                    let n = match shuffle {
                        false => codec.pack(meta.dtype, elements, packed).map_err(refuse)?,
                        true => with_scratch(elements.len(), |shuffled| {
                            payload::shuffle(item, elements, shuffled);
                            codec.pack(meta.dtype, shuffled, packed).map_err(refuse)
                        })?,
                    };
                    self.store_encoded(packed.get(..n).unwrap_or_default())
                })?,
            }
        };
        self.note(id, described.numbering.number(index), entry)
    }

    pub(crate) fn store_raw(&self, elements: &[u8]) -> Result<Entry> {
        let len = elements.len() as u64;
        let offset = self.take_payload(len, true)?;
        let crc = if payload::table_len(len) > 0 {
            let table = payload::table(elements);
            self.put_bytes(&table, offset + payload::table_start(len))?;
            crc32fast::hash(&table)
        } else {
            crc32fast::hash(elements)
        };
        self.put_payload(elements, offset)?;
        Ok(Entry::Raw(Extent { offset, len, crc }, self.seq()))
    }

    pub(crate) fn store_encoded(&self, payload: &[u8]) -> Result<Entry> {
        let offset = self.take_payload(payload.len() as u64, false)?;
        self.put_payload(payload, offset)?;
        let extent = Extent { offset, len: payload.len() as u64, crc: crc32fast::hash(payload) };
        Ok(Entry::Encoded(extent, self.seq()))
    }

    fn put_payload(&self, payload: &[u8], offset: u64) -> Result<()> {
        self.put_bytes(payload, offset)?;
        if payload.len() >= WRITEBACK && self.durability == crate::Durability::Full {
            self.storage().start_writeback(offset..offset + payload.len() as u64);
        }
        Ok(())
    }

    /// Remembers where a chunk is now.
    pub(crate) fn note(&self, id: ArrayId, number: u64, entry: Entry) -> Result<()> {
        let mut state = self.state();
        let draft = self.draft(&mut state, id.0)?;
        draft.changed = true;
        match draft.changes.insert(number, entry) {
            Some(old) => self.space().drop_entry(&old),
            None => state.pending += 1,
        }
        if state.pending > PENDING_MAX { self.merge(&mut state) } else { Ok(()) }
    }

    /// Writes the entries that wait in memory into index nodes.
    pub(super) fn merge(&self, state: &mut super::State) -> Result<()> {
        if state.failed {
            return Err(Error::Failed);
        }
        state.failed = true;
        for (&id, draft) in state.arrays.iter_mut().filter(|(_, draft)| !draft.changes.is_empty()) {
            let changes: Vec<(u64, Entry)> = std::mem::take(&mut draft.changes).into_iter().collect();
            let mut space = self.tree_space();
            draft.record.index = self.index(id, draft.record.index).update(&changes, &mut space)?;
            let added = changes.iter().filter(|(_, e)| !e.is_missing()).count() as u64;
            let bytes: u64 = changes.iter().map(|(_, e)| e.stored()).sum();
            let record = &mut draft.record;
            record.present = (record.present + added).saturating_sub(space.replaced);
            record.stored = (record.stored + bytes).saturating_sub(space.replaced_bytes);
        }
        state.pending = 0;
        state.failed = false;
        Ok(())
    }
}

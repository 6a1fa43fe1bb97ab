//! Storing chunks: the payload goes to the file, its entry to the array's index.

use super::target::Target;
use super::{Durability, PENDING_MAX, State, Transaction};
use crate::chunk::{Chunk, Reading};
use crate::entry::{Entry, Extent};
use crate::name::ArrayId;
use crate::payload::shuffle::shuffle;
use crate::payload::{check_bools, crc_table, is_constant};
use crate::scratch::with_scratch;
use crate::{Codec, Error, Result};

/// Payloads of at least this many bytes go to the disk at once, so that the commit has less to wait for.
const WRITEBACK: usize = 1 << 20;

impl Transaction {
    /// The entry of a chunk as it is now.
    pub(super) fn entry(&self, target: &Target<'_>) -> Result<Entry> {
        let (id, number) = (target.id.0, target.number());
        let entry = {
            let mut state = self.state();
            let draft = self.draft(&mut state, id)?;
            if let Some(entry) = draft.changes.get(&number) {
                return Ok(*entry);
            }
            // Under the lock, so that no other thread rewrites the nodes meanwhile.
            let root = draft.record.index;
            self.index(id, root).get(number)?
        };
        target.layout.check_entry(&entry).map_err(|problem| target.refuse_entry(problem))?;
        Ok(entry)
    }

    /// Reads a chunk as it is now, in its own element order.
    pub(super) fn load(&self, target: &Target<'_>, out: &mut [u8]) -> Result<()> {
        self.close_chunk(target.id, target.number())?;
        let entry = self.entry(target)?;
        let meta = &target.layout.meta;
        let chunk = Chunk::new(target.index, &entry, meta.dtype.size());
        Reading { storage: self.storage(), meta }.decode(&chunk, out)
    }

    /// Stores the elements of a chunk, in its own element order.
    pub(super) fn store(&self, target: &Target<'_>, elements: &[u8]) -> Result<()> {
        let meta = &target.layout.meta;
        if meta.takes_parts() {
            self.close_chunk(target.id, target.number())?;
        }
        let refuse = |problem| target.refuse(problem);
        check_bools(meta.dtype, elements).map_err(refuse)?;
        let item = meta.dtype.size();
        let entry = if item <= Entry::VALUE && is_constant(elements, item) {
            Entry::constant(elements.get(..item).unwrap_or_default(), self.seq())
        } else {
            match (meta.codec, meta.shuffle) {
                (Codec::None, false) => self.store_raw(elements)?,
                (Codec::None, true) => with_scratch(elements.len(), |shuffled| {
                    shuffle(item, elements, shuffled);
                    self.store_encoded(shuffled)
                })?,
                (codec, shuffled) => with_scratch(codec.most_stored(meta.dtype, elements.len()), |packed| {
                    let n = match shuffled {
                        false => codec.pack(meta.dtype, elements, packed).map_err(refuse)?,
                        true => with_scratch(elements.len(), |shuffled| {
                            shuffle(item, elements, shuffled);
                            codec.pack(meta.dtype, shuffled, packed).map_err(refuse)
                        })?,
                    };
                    self.store_encoded(packed.get(..n).unwrap_or_default())
                })?,
            }
        };
        self.note(target.id, target.number(), entry)
    }

    pub(super) fn store_raw(&self, elements: &[u8]) -> Result<Entry> {
        let len = elements.len() as u64;
        let offset = self.take_payload(len, true)?;
        let crc = if crc_table::table_len(len) > 0 {
            let table = crc_table::table(elements);
            self.put_bytes(&table, offset + crc_table::table_start(len))?;
            crc32fast::hash(&table)
        } else {
            crc32fast::hash(elements)
        };
        self.put_payload(elements, offset)?;
        Ok(Entry::Raw(Extent { offset, len, crc }, self.seq()))
    }

    pub(super) fn store_encoded(&self, payload: &[u8]) -> Result<Entry> {
        let offset = self.take_payload(payload.len() as u64, false)?;
        self.put_payload(payload, offset)?;
        let extent = Extent { offset, len: payload.len() as u64, crc: crc32fast::hash(payload) };
        Ok(Entry::Encoded(extent, self.seq()))
    }

    pub(super) fn put_payload(&self, payload: &[u8], offset: u64) -> Result<()> {
        self.put_bytes(payload, offset)?;
        if payload.len() >= WRITEBACK && self.durability() == Durability::Full {
            self.storage().start_writeback(offset..offset + payload.len() as u64);
        }
        Ok(())
    }

    /// Notes the new entry of a chunk.
    pub(super) fn note(&self, id: ArrayId, number: u64, entry: Entry) -> Result<()> {
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
    pub(super) fn merge(&self, state: &mut State) -> Result<()> {
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

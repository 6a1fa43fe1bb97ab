//! The commit: payloads are in place, now everything that leads to them, and last the slot.

use std::time::SystemTime;

use super::{State, Transaction};
use crate::name;
use crate::node::{Entry, Extent, Kind};
use crate::record;
use crate::slot::{BlockRef, Slot, places};
use crate::snapshot::Commit;
use crate::sync::atomic::Ordering;
use crate::tree::Tree;
use crate::{Durability, Error, Result, reach};

impl Transaction {
    /// Makes all changes stand, at once, and gives the number of the commit. Returns when they are durable, unless
    /// the file was created or opened otherwise.
    ///
    /// # Errors
    /// When anything cannot be written: then nothing has changed. [`Error::CommitUnknown`] when only the last step
    /// failed.
    pub fn commit(self) -> Result<u64> {
        let durability = self.durability;
        self.commit_with(durability)
    }

    /// As [`Transaction::commit`], durable or not.
    ///
    /// # Errors
    /// As [`Transaction::commit`].
    pub fn commit_with(mut self, durability: Durability) -> Result<u64> {
        self.close_chunks()?;
        let slot = {
            let mut state = self.state();
            let slot = self.write_metadata(&mut state)?;
            drop(state);
            slot
        };
        let sync = |transaction: &Transaction| match durability {
            Durability::Full => transaction.storage().sync_data(),
            Durability::None => Ok(()),
        };
        let storage = self.storage();
        storage
            .set_len(slot.length)
            .map_err(Error::io(|| format!("setting the length to {}", slot.length)))?;
        let failed = |source| {
            self.shared.poison();
            Error::SyncFailed { source }
        };
        // The last commit and the name may have been read from memory and never have reached the disk, or a copy may be
        // damaged. One copy is written before a sync, the other after it, so that no crash can tear both; nor may
        // another writer, since dead, have left one of them on its way.
        let mend = (self.base.mend && durability == Durability::Full)
            .then_some((self.base.slots.mending(), &self.base.slots.page));
        if let Some(([place, _], old)) = &mend {
            storage.sync_data().and_then(|()| storage.sync_name()).map_err(failed)?;
            self.put_bytes(old, *place)?;
        }
        sync(&self).map_err(failed)?;
        if let Some(([_, place], old)) = &mend {
            self.put_bytes(old, *place)?;
        }
        let page = slot.encode();
        let written: std::io::Result<()> =
            places(slot.seq).iter().try_for_each(|&at| storage.write_all_at(&page, at));
        if let Err(source) = written.and_then(|()| sync(&self)) {
            self.shared.poison();
            self.committed = true;
            return Err(Error::CommitUnknown { seq: slot.seq, source });
        }
        self.committed = true;
        let mut waiting = self.base.remembered.waiting.clone();
        if self.scanned.load(Ordering::Relaxed) {
            // What the oldest commit that was looked at no longer reached is among the pages found.
            let slots = &self.base.slots;
            let oldest = slots.previous.as_ref().map_or(slots.newest.seq, |slot| slot.seq);
            waiting.retain(|(freed_by, _)| *freed_by > oldest);
        }
        let space = std::mem::replace(
            &mut *self.space(),
            crate::alloc::Allocator::new(&slot, &crate::alloc::Remembered::default()),
        );
        self.shared.committed(space.remember(waiting), durability)?;
        Ok(slot.seq)
    }

    /// Writes index nodes, metadata, records, the array table and the names, and gives the slot that leads to them.
    fn write_metadata(&self, state: &mut State) -> Result<Slot> {
        self.merge(state)?;
        let seq = self.seq();
        let last = self.slot();
        let mut slot = Slot { time: now(), producer: producer(), ..last.next() };
        let mut table: Vec<(u64, Entry)> = state.removed.iter().map(|&id| (id, Entry::Missing)).collect();
        for (&id, draft) in state.arrays.iter_mut().filter(|(_, draft)| draft.changed) {
            if draft.described_changed {
                let described = &draft.described;
                let block = described
                    .meta
                    .encode(id, &described.numbering)
                    .map_err(|problem| Error::Meta { array: described.meta.name.clone(), problem })?;
                self.drop_block(draft.record.meta);
                draft.record.meta = self.put_block(&block)?;
                draft.described_changed = false;
            }
            let block = self.put_block(&draft.record.encode(id))?;
            debug_assert_eq!(block.len as usize, record::LEN);
            let extent = Extent { offset: block.offset, len: u64::from(block.len), crc: block.crc };
            table.push((id, Entry::Record(extent, seq)));
        }
        table.sort_by_key(|(id, _)| *id);
        let tree =
            Tree { nodes: &self.nodes, root: last.table, kind: Kind::Table, owner: 0, end: super::END };
        slot.table = tree.update(&table, &mut self.tree_space())?;
        if state.names_changed {
            self.drop_block(last.names);
            slot.names = match state.names.is_empty() {
                true => BlockRef::default(),
                false => {
                    let block = name::encode(&state.names);
                    if block.len() > name::NAMES_MAX {
                        let problem = crate::NamesError::TooLong { found: block.len() as u64 };
                        return Err(Error::Names { offset: 0, problem });
                    }
                    self.put_block(&block)?
                }
            };
        }
        if let Some(attributes) = &state.attributes {
            self.drop_block(last.attributes);
            slot.attributes = self.put_block(&crate::attributes::encode(attributes)?)?;
        }
        slot.arrays = state.names.len() as u64;
        slot.next_id = state.next_id;
        slot.set_sealed(state.sealed);
        let mut space = self.space();
        slot.length = space.finish();
        slot.live_bytes = space.live_bytes;
        slot.nodes = space.nodes;
        drop(space);
        // Where other damage is left this cannot be known, and what was dropped counts until that is dropped too.
        if state.uncounted
            && let Ok(counted) = reach::occupied(Commit { nodes: &self.nodes, slot: &slot })
        {
            (slot.live_bytes, slot.nodes) = counted;
        }
        Ok(slot)
    }
}

fn now() -> u64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    since.as_micros() as u64
}

fn producer() -> String {
    concat!(env!("CARGO_PKG_NAME"), " ", env!("CARGO_PKG_VERSION")).into()
}

impl Drop for Transaction {
    fn drop(&mut self) {
        if !self.committed {
            // What was appended means nothing; giving it back is a courtesy.
            let committed = self.slot().length;
            if self.storage().len().is_ok_and(|len| len > committed) {
                let _ = self.storage().set_len(committed);
            }
        }
    }
}

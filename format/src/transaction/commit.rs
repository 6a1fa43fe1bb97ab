//! The commit. The payloads are in place; this writes everything that leads to them, and last the slot.

use std::time::SystemTime;

use super::{END, State, Transaction};
use crate::alloc::{Allocator, Remembered};
use crate::commit::Commit;
use crate::entry::{Entry, Extent, TreeKind};
use crate::name::{self, NamesError};
use crate::open_file::Durability;
use crate::reference::BlockRef;
use crate::slot::Slot;
use crate::slot::pages::places;
use crate::sync::atomic::Ordering;
use crate::tree::Tree;
use crate::{Error, Result, attributes, record, usage};

impl Transaction {
    /// Commits all changes at once, and gives the number of the commit. Returns when they are durable, unless the file
    /// was created with [`Durability::None`].
    ///
    /// # Errors
    /// When anything cannot be written; then nothing has changed. [`Error::CommitUnknown`] when only the last step
    /// failed.
    pub fn commit(self) -> Result<u64> {
        let durability = self.durability();
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
        // The last commit and the name were perhaps read from memory and never reached the disk, or one copy of the slot
        // is damaged. So both copies are written again, one before a sync and one after it: no crash can tear both. The
        // first sync also completes a write that another writer, since dead, may have left under way.
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
            // The scan has found the pages that the oldest commit it looked at no longer reached.
            let slots = &self.base.slots;
            let oldest = slots.previous.as_ref().map_or(slots.newest.seq, |slot| slot.seq);
            waiting.retain(|(freed_by, _)| *freed_by > oldest);
        }
        let space = std::mem::replace(&mut *self.space(), Allocator::new(&slot, &Remembered::default()));
        self.shared.committed(space.remember(waiting), durability)?;
        Ok(slot.seq)
    }

    /// Writes index nodes, metadata, records, the array table and the names. Gives the slot that leads to them.
    fn write_metadata(&self, state: &mut State) -> Result<Slot> {
        self.merge(state)?;
        let seq = self.seq();
        let last = self.slot();
        let mut slot = Slot { time: now(), producer: producer(), ..last.next() };
        let mut table: Vec<(u64, Entry)> = state.removed.iter().map(|&id| (id, Entry::Missing)).collect();
        for (&id, draft) in state.arrays.iter_mut().filter(|(_, draft)| draft.changed) {
            if draft.layout_changed {
                let layout = &draft.layout;
                let block = layout
                    .meta
                    .encode(id, &layout.numbering)
                    .map_err(|problem| Error::Meta { array: layout.meta.name.clone(), problem })?;
                self.drop_block(draft.record.meta);
                draft.record.meta = self.put_block(&block)?;
                draft.layout_changed = false;
            }
            let block = self.put_block(&draft.record.encode(id))?;
            debug_assert_eq!(block.len as usize, record::LEN);
            let extent = Extent { offset: block.offset, len: u64::from(block.len), crc: block.crc };
            table.push((id, Entry::Record(extent, seq)));
        }
        table.sort_by_key(|(id, _)| *id);
        let tree = Tree { nodes: &self.nodes, root: last.table, kind: TreeKind::Table, owner: 0, end: END };
        slot.table = tree.update(&table, &mut self.tree_space())?;
        if state.names_changed {
            self.drop_block(last.names);
            slot.names = match state.names.is_empty() {
                true => BlockRef::default(),
                false => {
                    let block = name::encode(&state.names);
                    if block.len() > name::NAMES_MAX {
                        let problem = NamesError::TooLong { found: block.len() as u64 };
                        return Err(Error::Names { offset: 0, problem });
                    }
                    self.put_block(&block)?
                }
            };
        }
        if let Some(attributes) = &state.attributes {
            self.drop_block(last.attributes);
            slot.attributes = self.put_block(&attributes::encode(attributes)?)?;
        }
        slot.arrays = state.names.len() as u64;
        slot.next_id = state.next_id;
        slot.set_sealed(state.sealed);
        let mut space = self.space();
        slot.length = space.finish();
        slot.live_bytes = space.live_bytes;
        slot.nodes = space.nodes;
        drop(space);
        // With other damage left, the totals are unknown. The dropped space then counts until the damage is dropped too.
        if state.uncounted
            && let Ok(counted) = usage::totals(Commit { nodes: &self.nodes, slot: &slot })
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
            // No commit needs the bytes that were appended. Giving them back is a courtesy.
            let committed = self.slot().length;
            if self.storage().len().is_ok_and(|len| len > committed) {
                let _ = self.storage().set_len(committed);
            }
        }
    }
}

//! Creating, deleting and renaming arrays, and setting attributes.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Draft, State, Transaction};
use crate::attributes::{self, Attributes};
use crate::entry::Entry;
use crate::grid::Numbering;
use crate::layout::Layout;
use crate::name::ArrayId;
use crate::record::Record;
use crate::{Error, Meta, Result};

impl Transaction {
    /// Adds an array. Its chunks are missing: they read as the fill value.
    ///
    /// # Errors
    /// When the name is taken or invalid, or the metadata is invalid.
    pub fn create_array(&self, name: &str, mut meta: Meta) -> Result<ArrayId> {
        name.clone_into(&mut meta.name);
        meta.check().map_err(|problem| Error::Meta { array: name.to_owned(), problem })?;
        attributes::encode(&meta.attributes)?;
        let mut state = self.state();
        Transaction::check_free(&state.names, name)?;
        let id = state.next_id;
        state.next_id += 1;
        state.names.insert(name.to_owned(), id);
        state.names_changed = true;
        let numbering = Numbering::fitting(&meta.grid());
        let draft = Draft {
            layout: Arc::new(Layout::new(meta, numbering)),
            layout_changed: true,
            record: Record::default(),
            old: Entry::Missing,
            changes: BTreeMap::new(),
            changed: true,
        };
        state.arrays.insert(id, draft);
        Ok(ArrayId(id))
    }

    /// Deletes the array of this name, if there is one, and adds another.
    ///
    /// # Errors
    /// As [`Transaction::create_array`].
    pub fn replace(&self, name: &str, meta: Meta) -> Result<ArrayId> {
        if let Ok(old) = self.find(name) {
            self.delete(old)?;
        }
        self.create_array(name, meta)
    }

    /// Deletes an array, sound or damaged.
    ///
    /// # Errors
    /// When there is no such array, or the table of arrays is damaged.
    pub fn delete(&self, id: ArrayId) -> Result<()> {
        if let Ok(layout) = self.layout(id) {
            self.drop_chunks(id, layout.meta.chunk_bytes() as u64);
        }
        let mut state = self.state();
        let (record, old) = match state.arrays.remove(&id.0) {
            Some(draft) => {
                state.pending = state.pending.saturating_sub(draft.changes.len());
                draft.changes.values().for_each(|entry| self.space().drop_entry(entry));
                (Ok(draft.record), draft.old)
            }
            None if state.names.values().any(|other| *other == id.0) => {
                let old = self.last().table().get(id.0)?;
                (self.last().record_at(id.0, &old), old)
            }
            None => return Err(Error::NoArrayId { id: id.0 }),
        };
        // Parts that cannot be read stay allocated. A later scan finds what lay below them.
        let whole = match record {
            Ok(record) => {
                self.drop_block(record.meta);
                self.index(id.0, record.index).clear(&mut self.tree_space())?
            }
            Err(_) => false,
        };
        state.uncounted |= !whole;
        if !old.is_missing() {
            state.removed.push(id.0);
        }
        state.names.retain(|_, other| *other != id.0);
        state.names_changed = true;
        Ok(())
    }

    /// Gives an array another name.
    ///
    /// # Errors
    /// When there is no such array, or the name is taken or invalid.
    pub fn rename(&self, id: ArrayId, name: &str) -> Result<()> {
        let mut state = self.state();
        let mut layout = self.draft(&mut state, id.0)?.layout.as_ref().clone();
        let mut names = state.names.clone();
        names.remove(&layout.meta.name);
        Transaction::check_free(&names, name)?;
        names.insert(name.to_owned(), id.0);
        state.names = names;
        state.names_changed = true;
        name.clone_into(&mut layout.meta.name);
        self.relayout(&mut state, id, layout)
    }

    /// Replaces an array's attributes.
    ///
    /// # Errors
    /// When there is no such array, or they are too long.
    pub fn set_attributes(&self, id: ArrayId, attributes: Attributes) -> Result<()> {
        attributes::encode(&attributes)?;
        let mut state = self.state();
        let mut layout = self.draft(&mut state, id.0)?.layout.as_ref().clone();
        layout.meta.attributes = attributes;
        self.relayout(&mut state, id, layout)
    }

    /// Replaces the file's attributes.
    ///
    /// # Errors
    /// When they are too long.
    pub fn set_file_attributes(&self, attributes: Attributes) -> Result<()> {
        attributes::encode(&attributes)?;
        self.state().attributes = Some(attributes);
        Ok(())
    }

    pub(super) fn relayout(&self, state: &mut State, id: ArrayId, layout: Layout) -> Result<()> {
        let draft = self.draft(state, id.0)?;
        draft.layout = Arc::new(layout);
        draft.layout_changed = true;
        draft.changed = true;
        Ok(())
    }
}
